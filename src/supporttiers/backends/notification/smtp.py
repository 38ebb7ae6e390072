"""Notifications as mail, by SMTP."""

import ssl
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parseaddr
from typing import ClassVar, Final, Self
from urllib.parse import unquote, urlsplit

from supporttiers import _fields as fields
from supporttiers.actors import Contact
from supporttiers.backends._mail.submission import (
    PORTS,
    Security,
    Submission,
    SubmissionError,
    is_this_machine,
    printable,
)
from supporttiers.backends._mail.writing import Mailbox, Sender, on_the_line
from supporttiers.backends.notification._mail import compose
from supporttiers.backends.notification._options import checked, one, options_of, seconds, time_limit
from supporttiers.clock import Clock, SystemClock
from supporttiers.effects import Notification
from supporttiers.errors import NotifyError, PluginError

TIMEOUT: Final = timedelta(seconds=30)
"""So long one mail may take, from the connection to the server's word that it has it."""

_OPTIONS: Final = ("from", "security", "bounces", "reply_to", "list_id", "timeout")


class SmtpNotifier:
    """
    Sends each recipient a mail of their own.

    The address is the recipient's `email`. Mails of one case stand in one thread, are marked as made by a machine, so
    that no machine answers them, and keep their `Message-ID` when they are sent again.

    >>> mail = SmtpNotifier("mail.example.org", sender="Support <support@example.org>", username="desk", password="x")
    >>> mail
    SmtpNotifier('smtp', 'mail.example.org', 587, starttls)

    Attributes:
        name: By which outbox and logs speak of this notifier.
        per_recipient: It is handed one recipient at a time: what fails for one is tried again for that one alone.

    .. versionadded:: 0.1.0
    """

    per_recipient: ClassVar[bool] = True
    schemes: ClassVar[tuple[str, ...]] = ("smtp", "smtps")

    def __init__(
        self,
        host: str,
        port: int | None = None,
        *,
        sender: str,
        name: str = "smtp",
        security: str | None = None,
        username: str = "",
        password: str = "",
        bounces: str | None = None,
        reply_to: str | None = None,
        list_id: str = "",
        addresses: Mapping[str, str] | None = None,
        timeout: timedelta = TIMEOUT,
        context: ssl.SSLContext | None = None,
        clock: Clock | None = None,
    ) -> None:
        """
        Name the server; nothing is sent yet.

        Args:
            host: The mail server.
            port: When None, 587 for `starttls`, 465 for `tls`, 25 for `plain`.
            sender: Who writes: an address, or a name and an address, as in `Support <support@example.org>`.
            name: By which outbox and logs speak of this notifier.
            security: `starttls`, `tls` or `plain`; when None, `plain` to this very machine, else `starttls`.
            username: With which to log in; empty for no login.
            password: The same.
            bounces: Where mail that cannot be delivered comes back to; the sender when None, nowhere when empty.
            reply_to: Where answers go; the sender when None.
            list_id: By which readers sort these mails, such as `support.example.org`.
            addresses: Of people, by id, where a recipient has no `email` of their own. A desk hands over people only:
                where it knows nobody for a role or a word, nobody is written to.
            timeout: How long one mail may take; at most two minutes.
            context: How TLS is spoken; when None, with the authorities that the machine trusts, host names verified.
            clock: Tells the time for `Date`.

        Raises:
            PluginError: One of these cannot be so. Passwords are not shown.
        """
        self.name = name
        checked(name, fields.name(name), "name")
        checked(name, fields.name(host), "host")
        self._host: Final = host
        self._security: Final = self._checked_security(security)
        self._port: Final = PORTS[self._security] if port is None else port
        checked(name, fields.at_least(1, 65535)(self._port), "port")
        checked(name, time_limit(timeout), "timeout")
        self._login: Final = (username, password) if username else None
        if self._login and self._security is Security.PLAIN and not is_this_machine(host):
            raise PluginError(name, f"it would send its password to {host} in plain text; take security 'starttls'")
        checked(name, printable(f"{username}{password}"), "login")
        self._sender: Final = self._sender_of(sender, reply_to, list_id)
        self._bounces: Final = self._bounces_of(bounces)
        self._addresses: Final = dict(addresses or {})
        self._server: Final = Submission(
            host=host, port=self._port, security=self._security, login=self._login, helo=self._sender.mailbox.domain,
            timeout=timeout, context=context,
        )  # fmt: skip
        self._clock: Final = clock or SystemClock()

    @classmethod
    def from_url(cls, url: str, *, name: str | None = None) -> Self:
        """
        Read a URL.

        >>> SmtpNotifier.from_url("smtps://desk:secret@mail.example.org?from=support@example.org")
        SmtpNotifier('smtp', 'mail.example.org', 465, tls)

        Args:
            url: `smtp://USER:PASSWORD@HOST:PORT?from=ADDRESS`, or `smtps://` for TLS from the beginning; possible
                after `?` are also `security`, `bounces`, `reply_to`, `list_id`, and `timeout` in seconds. What is no
                letter or digit in user and password is written with percent signs.
            name: By which outbox and logs speak of this notifier; `smtp` when None.

        Raises:
            PluginError: It cannot be read, or says what cannot be so. It is not shown: it holds a password.
        """
        label = name or "smtp"
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise PluginError(label, "its URL must name a host, and a port only as a number") from None
        if parts.scheme not in cls.schemes or not host or parts.path not in {"", "/"} or parts.fragment:
            raise PluginError(label, "its URL must be as in smtp://user:password@mail.example.org:587?from=ADDRESS")
        found = options_of(parts.query, label, possible=_OPTIONS)
        sender, security = one(found, "from", label), one(found, "security", label)
        if sender is None:
            raise PluginError(label, "its URL does not say who writes; add ?from=support@example.org")
        return cls(
            host, port, sender=sender, name=label,
            security="tls" if parts.scheme == "smtps" and security is None else security,
            username=unquote(parts.username or ""), password=unquote(parts.password or ""),
            bounces=one(found, "bounces", label), reply_to=one(found, "reply_to", label),
            list_id=one(found, "list_id", label) or "", timeout=seconds(found, "timeout", label, otherwise=TIMEOUT),
        )  # fmt: skip

    def __repr__(self) -> str:
        """Show neither user nor password."""
        return f"{type(self).__name__}({self.name!r}, {self._host!r}, {self._port}, {self._security})"

    # -- how it is made

    def _checked_security(self, given: str | None) -> Security:
        if given is None:
            return Security.PLAIN if is_this_machine(self._host) else Security.STARTTLS
        checked(self.name, fields.one_of(tuple(Security))(given), "security")
        return Security(given)

    def _sender_of(self, sender: object, reply_to: str | None, list_id: str) -> Sender:
        shown, address = parseaddr(sender) if isinstance(sender, str) and sender.isprintable() else ("", "")
        mailbox = self._mailbox(address, "sender")
        reply = None if reply_to is None else self._mailbox(reply_to, "reply_to")
        domain = Mailbox.of(f"list@{list_id}") if list_id else mailbox
        checked(self.name, None if domain else "must be written as a domain, such as support.example.org", "list_id")
        return Sender(
            mailbox=mailbox, name=shown, reply_to=reply, list_id=domain.domain if domain and list_id else ""
        )  # fmt: skip

    def _bounces_of(self, given: str | None) -> Mailbox | None:
        if given is None:
            return self._sender.mailbox
        return self._mailbox(given, "bounces") if given else None

    def _mailbox(self, address: object, field: str) -> Mailbox:
        found = Mailbox.of(address) if isinstance(address, str) else None
        if found is None or found.international:
            raise PluginError(self.name, f"{field} must be an address in ASCII, such as support@example.org")
        return found

    # -- sending

    def notify(self, notification: Notification, /, *, key: str) -> None:
        """
        Send a mail.

        Raises:
            NotifyError: It was not taken: for now (4xx, no connection, no login), for good (5xx, no address), or nobody
                knows (`ambiguous`: the server had the text, and did not say that it takes it).
        """
        to, who, shown = self._recipient(notification)
        mail = compose(
            notification, key=key, sender=self._sender, to=to, to_name=shown, now=self._clock.now()
        )  # fmt: skip
        bounces = "" if self._bounces is None else str(self._bounces)
        try:
            self._server.hand_over(on_the_line(mail), sender=bounces, to=[(to, repr(who))])
        except SubmissionError as error:
            raise NotifyError(
                self.name, error.problem, retryable=error.retryable, ambiguous=error.ambiguous
            ) from error.__cause__  # fmt: skip

    def _recipient(self, notification: Notification) -> tuple[Mailbox, str, str]:
        """Give the address, who that is by id, and what they are called."""
        if len(notification.recipients) > 1:
            raise self._final(f"it was handed {len(notification.recipients)} recipients at once, and writes to one")
        person = notification.recipients[0] if notification.recipients else Contact(id=notification.to)
        address = person.addresses.get("email") or self._addresses.get(person.id)
        if not address:
            raise self._final(f"{person.id!r} has no address under 'email'")
        found = Mailbox.of(address)
        if found is None:
            raise self._final(f"the address of {person.id!r} is none that can be written to")
        own = (self._sender.mailbox, self._bounces or self._sender.mailbox)
        if found.local.casefold() == "mailer-daemon" or any(map(found.is_same_as, own)):
            raise self._final(f"the address of {person.id!r} is that of a machine that would answer; nothing is sent")
        return found, person.id, person.name

    def _final(self, problem: str) -> NotifyError:
        return NotifyError(self.name, problem, retryable=False)
