"""The one desk of this project; whoever needs it imports it from here."""

import logging
import os

from supporttiers import SupportDesk, SupportProcess
from supporttiers.backends.vendor.webhook import WebhookVendor

log = logging.getLogger(__name__)


class Mail:
    """Stands for whatever tells people."""

    name = "mail"

    def notify(self, notification, /, *, key):
        """Say who would be told; your own would send it."""
        log.info("%s is told of case %s: %s", notification.to, notification.case_id, notification.reason.code)


SECRET = os.environ.get("ACME_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")  # that of the standard's example
acme = WebhookVendor("acme", url="https://tickets.acme.example/support", secrets=[SECRET])

desk = SupportDesk(SupportProcess.default(), store="django:default", notifiers=[Mail()], vendors=[acme])
