"""Notifications by Apprise, which knows more than a hundred services; the only file that knows the package."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any, ClassVar, Final, Self

from supporttiers import _fields as fields
from supporttiers.backends._mail.words import one_line, plain_text
from supporttiers.backends.notification._options import checked
from supporttiers.effects import Notification
from supporttiers.errors import NotifyError, PluginError

_PREFIX: Final = "apprise:"
_EXTRA: Final = 'Apprise is not installed; pip install "supporttiers[apprise]"'


class AppriseNotifier:
    """
    Sends each notification to one place that a URL of Apprise's names: a channel, a room, a phone.

    The place is the same for every notification, whoever the recipients are. One notifier leads to one place, so that
    what failed for one is not sent again to all.

    >>> AppriseNotifier("json://hooks.example.org/in/8f2c", name="chat")
    AppriseNotifier('chat', json)

    Attributes:
        name: By which outbox and logs speak of this notifier.

    .. versionadded:: 0.1.0
    """

    schemes: ClassVar[tuple[str, ...]] = ("apprise",)

    def __init__(self, url: str, *, name: str = "apprise") -> None:
        """
        Name the place; nothing is sent yet.

        Args:
            url: A URL of Apprise's, such as `slack://...` or `json://host/path`; it is never shown.
            name: By which outbox and logs speak of this notifier.

        Raises:
            PluginError: Apprise is not installed, knows no such URL, or the URL names several places.
        """
        self.name = name
        checked(name, fields.name(name), "name")
        checked(name, fields.text(url), "url")
        self._apprise: Final = _loaded(name)
        with _quiet():
            place = self._apprise.Apprise.instantiate(url, asset=self._asset())
        if place is None:
            raise PluginError(name, "Apprise knows no service for its URL, or the URL lacks what that service needs")
        if len(place) != 1:
            raise PluginError(name, f"its URL names {len(place)} places; make one notifier for each")
        self._scheme: Final = url.partition(":")[0]
        self._desk: Final = self._apprise.Apprise(asset=self._asset())
        self._desk.add(place)

    @classmethod
    def from_url(cls, url: str, *, name: str | None = None) -> Self:
        """
        Read a URL of Apprise's behind `apprise:`.

        >>> AppriseNotifier.from_url("apprise:json://hooks.example.org/in/8f2c")
        AppriseNotifier('apprise', json)

        Raises:
            PluginError: It does not begin so, or see the constructor. It is not shown: it may hold a secret.
        """
        label = name or "apprise"
        if not url.startswith(_PREFIX):
            raise PluginError(label, "its URL must be one of Apprise's behind apprise:, as in apprise:json://host/path")
        return cls(url.removeprefix(_PREFIX), name=label)

    def __repr__(self) -> str:
        """Show of the URL by which service, and nothing else."""
        return f"{type(self).__name__}({self.name!r}, {self._scheme})"

    def notify(self, notification: Notification, /, *, key: str) -> None:  # noqa: ARG002 - Apprise has no place for it
        """
        Send.

        Raises:
            NotifyError: It was not taken; Apprise does not say why, so that it is tried again. `ambiguous` where it did
                not end in time.
        """
        title, body = one_line(notification.subject), plain_text(notification.text or str(notification.reason))
        if not body.strip():  # which Apprise would not send
            body = f"case {notification.case_id}"
        result = self._desk.notify(title=title, body=body, body_format=self._apprise.NotifyFormat.TEXT)
        if result:
            return
        status = getattr(getattr(result, "status", None), "name", "")  # of 2.x; 1.x gives True, False or None
        if result is None or status == "NOMATCH":
            raise NotifyError(self.name, "Apprise found no service to send it by", retryable=False)
        raise NotifyError(
            self.name, f"{self._scheme} did not take it; the log of Apprise says why", retryable=True,
            ambiguous=status == "TIMEOUT",
        )  # fmt: skip

    def _asset(self) -> Any:  # noqa: ANN401 - Apprise's own
        return self._apprise.AppriseAsset(app_id="supporttiers", app_desc="supporttiers", async_mode=False)


@contextmanager
def _quiet() -> Iterator[None]:
    """Let Apprise log nothing meanwhile, in this thread: of a URL that it cannot read it logs all, with its secrets."""
    log, here = logging.getLogger("apprise"), get_ident()

    def is_elsewhere(_record: logging.LogRecord) -> bool:
        return get_ident() != here

    log.addFilter(is_elsewhere)
    try:
        yield
    finally:
        log.removeFilter(is_elsewhere)


def _loaded(name: str) -> Any:  # noqa: ANN401 - a module that may be missing
    try:
        import apprise  # noqa: PLC0415 - an extra
    except ImportError:
        raise PluginError(name, _EXTRA) from None
    return apprise
