"""The one desk of this project; whoever needs it imports it from here."""

import logging

from supporttiers import SupportDesk, SupportProcess

log = logging.getLogger(__name__)


class Mail:
    """Stands for whatever tells people."""

    name = "mail"

    def notify(self, notification, /, *, key):
        """Say who would be told; your own would send it."""
        log.info("%s is told of case %s: %s", notification.to, notification.case_id, notification.reason.code)


desk = SupportDesk(SupportProcess.default(), store="django:default", notifiers=[Mail()])
