"""Notifications as signed webhooks: Standard Webhooks around CloudEvents."""

import json
from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import ClassVar, Final, Self
from urllib.parse import quote, urlsplit

from supporttiers import _fields as fields
from supporttiers.backends.notification._options import checked, flag, one, options_of, seconds, time_limit
from supporttiers.backends.signatures import key_of, message_id, sign
from supporttiers.backends.transport import (
    HttpRequest,
    HttpResponse,
    HttpTransport,
    Transport,
    TransportError,
    check_url,
    retry_after,
)
from supporttiers.clock import Clock, SystemClock
from supporttiers.effects import Notification
from supporttiers.errors import DefinitionError, NotifyError, PluginError
from supporttiers.reasons import Reason

TIMEOUT: Final = timedelta(seconds=20)
"""So long one attempt may take."""

RETRIES: Final = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5),
    timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
)  # fmt: skip
"""The waits after the first attempt, the second and so on, as Standard Webhooks recommends: three days in all."""

TYPE: Final = "supporttiers.notification"
"""The `type` of the events."""

_OPTIONS: Final = ("secret", "texts", "source", "timeout")
_PREFIX: Final = "webhook+"
_GONE: Final = 410
_THROTTLED: Final = frozenset({429, 502, 503, 504})
_UNSURE: Final = frozenset({502, 504})
"""A gateway says these; what lies behind it may have had the request."""


class WebhookNotifier:
    """
    Sends each notification to one URL, as a signed CloudEvent in JSON.

    The body holds ids, the reason as a code with parameters, and where the case stands; subject and text only if asked
    for. `webhook-id` stays the same when a notification is sent again: by it a receiver can tell.

    >>> WebhookNotifier("https://hooks.example.org/in/8f2c", secrets=["whsec_" + "A" * 32], name="hooks")
    WebhookNotifier('hooks', 'hooks.example.org')

    Attributes:
        name: By which outbox and logs speak of this notifier.
        retries: How long is waited after an attempt that failed.

    .. versionadded:: 0.1.0
    """

    schemes: ClassVar[tuple[str, ...]] = ("webhook+https", "webhook+http")
    retries: ClassVar[tuple[timedelta, ...]] = RETRIES

    def __init__(
        self,
        url: str,
        *,
        secrets: Sequence[str],
        name: str = "webhook",
        texts: bool = False,
        source: str = "/supporttiers",
        timeout: timedelta = TIMEOUT,
        transport: Transport | None = None,
        clock: Clock | None = None,
    ) -> None:
        """
        Name the receiver; nothing is sent yet.

        Args:
            url: Where to; it is never shown, because many a URL is a secret.
            secrets: `whsec_` and base64; what is sent is signed with each, so that one can be changed for another.
            name: By which outbox and logs speak of this notifier.
            texts: Whether subject and text are sent along.
            source: What the events' `source` begins with; the tenant follows.
            timeout: How long one attempt may take; at most two minutes.
            transport: Carries the requests; `HttpTransport` when None.
            clock: Tells the time for signatures.

        Raises:
            PluginError: One of these cannot be so. Neither URL nor secrets are shown.
        """
        self.name = name
        checked(name, fields.name(name), "name")
        checked(name, time_limit(timeout), "timeout")
        checked(name, _uri(source), "source")
        if isinstance(secrets, str) or not secrets:
            raise PluginError(name, "secrets must be a list of one at least, such as ['whsec_...']")
        try:
            self._url: Final = check_url(url, "url")
            for secret in secrets:
                key_of(secret)
        except DefinitionError as error:
            raise PluginError(name, str(error)) from None
        self._secrets: Final = tuple(secrets)
        self._texts: Final = texts
        self._source: Final = source.rstrip("/")
        self._timeout: Final = timeout
        self._transport: Final = transport or HttpTransport()
        self._clock: Final = clock or SystemClock()

    @classmethod
    def from_url(cls, url: str, *, name: str | None = None) -> Self:
        """
        Read a URL.

        >>> WebhookNotifier.from_url("webhook+https://hooks.example.org/in?team=a#secret=whsec_" + "A" * 32)
        WebhookNotifier('webhook', 'hooks.example.org')

        Args:
            url: `webhook+https://HOST/PATH?QUERY#secret=whsec_...`. What stands after `#` is not sent: one or more
                `secret`, and possible are also `texts=yes`, `source`, and `timeout` in seconds.
            name: By which outbox and logs speak of this notifier; `webhook` when None.

        Raises:
            PluginError: It cannot be read, or says what cannot be so. It is not shown: it holds a secret.
        """
        label = name or "webhook"
        if not url.startswith(tuple(f"{scheme}://" for scheme in cls.schemes)):
            raise PluginError(label, "its URL must be as in webhook+https://hooks.example.org/in#secret=whsec_...")
        address, _, options = url.removeprefix(_PREFIX).partition("#")
        found = options_of(options, label, possible=_OPTIONS)
        return cls(
            address, secrets=found.get("secret", []), name=label, texts=flag(found, "texts", label),
            source=one(found, "source", label) or "/supporttiers",
            timeout=seconds(found, "timeout", label, otherwise=TIMEOUT),
        )  # fmt: skip

    def __repr__(self) -> str:
        """Show where to as far as the host: what follows may be a secret."""
        return f"{type(self).__name__}({self.name!r}, {urlsplit(self._url).hostname!r})"

    def notify(self, notification: Notification, /, *, key: str) -> None:
        """
        Send; only an answer 2xx means that it has arrived.

        Raises:
            NotifyError: It was not taken: for now, for good (410: the receiver wants no more), or nobody knows
                (`ambiguous`: no answer in time). `retry_after` is what the receiver asks for.
        """
        now = self._clock.now()
        id = message_id(notification.tenant, key)
        body = self._body(notification, id=id, key=key)
        signed = sign(body, id=id, at=now, secrets=self._secrets)
        headers = {
            "content-type": "application/cloudevents+json; charset=utf-8",
            "user-agent": "supporttiers",
            **signed,
        }
        try:
            answer = self._transport.send(
                HttpRequest(url=self._url, headers=headers, body=body, reads=0), within=self._timeout
            )
        except TransportError as error:
            raise NotifyError(self.name, error.problem, retryable=True, ambiguous=error.ambiguous) from error
        if answer.status // 100 != 2:  # noqa: PLR2004 - the class of success
            raise self._not_taken(answer)

    def _not_taken(self, answer: HttpResponse) -> NotifyError:
        if answer.status == _GONE:
            return NotifyError(self.name, "the receiver wants no more of these (410); take it out", retryable=False)
        wait = None
        if answer.status in _THROTTLED:
            wait = retry_after(answer.headers.get("retry-after"), now=self._clock.now())
        return NotifyError(
            self.name, f"the receiver answered {answer.status}", retryable=True, ambiguous=answer.status in _UNSURE,
            retry_after=wait,
        )  # fmt: skip

    def _body(self, notification: Notification, *, id: str, key: str) -> bytes:
        data: dict[str, object] = {
            "tenant": notification.tenant, "case_id": notification.case_id, "key": key, "to": notification.to,
            "recipients": [person.id for person in notification.recipients],
            "reason": _plain(notification.reason), "earlier": [_plain(reason) for reason in notification.earlier],
            "tier": notification.tier, "status": notification.status,
        }  # fmt: skip
        if self._texts:
            told = {"subject": notification.subject, "text": notification.text, "language": notification.language}
            data |= {"texts": told}
        event = {
            "specversion": "1.0", "id": id, "source": f"{self._source}/{quote(notification.tenant, safe='')}",
            "type": TYPE, "subject": notification.case_id,
            "time": notification.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json", "data": data,
        }  # fmt: skip
        try:
            return json.dumps(event, default=str, allow_nan=False, separators=(",", ":")).encode()
        except (ValueError, TypeError):  # an infinite number, say, or a table whose keys are no texts
            problem = f"the parameters of reason {notification.reason.code!r} cannot be written as JSON"
            raise NotifyError(self.name, problem, retryable=False) from None


def _plain(reason: Reason) -> dict[str, object]:
    return {"code": reason.code, "params": dict(reason.params)}


def _uri(value: object) -> str | None:
    fits = isinstance(value, str) and value.isascii() and value.isprintable()
    return None if fits else "must be a URI in ASCII"
