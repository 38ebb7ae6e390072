"""A vendor by mail: what we ask for goes out by SMTP, and what it answers is read from a mailbox by IMAP."""

import logging
import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import ClassVar, Final, Self

from supporttiers import _fields as fields
from supporttiers.backends._mail.mailroom import MailroomError, Reading
from supporttiers.backends._mail.submission import ABOUT_LOGIN, SubmissionError
from supporttiers.backends.rest import TIMEOUT
from supporttiers.backends.vendor._letters import entry_id_of, letter_of
from supporttiers.backends.vendor._mail_settings import (
    address_of,
    believed_of,
    mailroom_of,
    sender_of,
    submission_of,
)
from supporttiers.backends.vendor._mail_writing import Writer
from supporttiers.backends.vendor._settings import Settings, time_limit
from supporttiers.backends.vendor._thread import (
    REFERENCE,
    WITHDRAWAL,
    Parties,
    Thread,
    thread_of,
    tickets_of,
)
from supporttiers.clock import Clock, SystemClock
from supporttiers.effects import (
    VendorAnswer,
    VendorChanges,
    VendorFile,
    VendorIdentity,
    VendorMessage,
    VendorRequest,
)
from supporttiers.errors import PluginError, VendorError
from supporttiers.links import VendorStatus, reference_of

log: Final = logging.getLogger("supporttiers.vendors")

SETTLE_TIME: Final = timedelta(minutes=10)
"""So long the copy of a mail may be on its way to the mailbox."""

MAX_FILE: Final = 10 * 1024 * 1024
"""So many bytes a file may have that goes out by mail."""

_SETTINGS: Final = (
    "to", "sender", "mailbox", "smtp", "imap", "password", "smtp_password", "senders", "generated",
)  # fmt: skip
_GENERATED: Final = {"acknowledged": VendorStatus.ACKNOWLEDGED, "answered": VendorStatus.ANSWERED}
_CURSOR: Final = re.compile(r"([0-9]{1,10}):([0-9]{1,10})")
_WINDOW: Final = 10_000
_MOST_NOTED: Final = 10_000
_FINAL: Final = frozenset({"rejected", "gone"})
_PERMANENT: Final = 500


class EmailVendor:
    """
    Writes to a vendor's address, and reads what comes back.

    The id of a ticket is our own reference of it, which stands in the id of each mail of ours and in its subject. Each
    mail goes to the vendor and, in the same breath, to our own mailbox: the server takes it for both or for nobody, so
    that the copy shows whether it was taken.

    >>> vendor = EmailVendor(
    ...     "acme",
    ...     to="help@acme.example",
    ...     sender="Desk <desk@example.org>",
    ...     smtp="smtp://desk@mail.example.org",
    ...     imap="imaps://desk@mail.example.org",
    ...     password="secret",
    ... )
    >>> vendor
    EmailVendor('acme', to 'help@acme.example', smtp 'mail.example.org', imap 'mail.example.org')

    Attributes:
        name: By which processes and outbox speak of this vendor.
        statuses: Those that mails can show: never `resolved`, which is only a sentence.
        settle_time: How long the copy of a mail may be on its way.

    .. versionadded:: 0.1.0
    """

    statuses: ClassVar[frozenset[VendorStatus]] = frozenset(
        {
            VendorStatus.OPEN, VendorStatus.ACKNOWLEDGED, VendorStatus.ANSWERED, VendorStatus.WITHDRAWN,
            VendorStatus.FAILED,
        }
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        *,
        to: str,
        sender: str,
        smtp: str,
        imap: str,
        password: str = "",
        smtp_password: str | None = None,
        mailbox: str | None = None,
        senders: Sequence[str] = (),
        generated: str = "acknowledged",
        timeout: timedelta = TIMEOUT,
        settle_time: timedelta = SETTLE_TIME,
        context: ssl.SSLContext | None = None,
        clock: Clock | None = None,
    ) -> None:
        """
        Name the servers; nothing is sent or read yet.

        Args:
            name: By which processes and outbox speak of this vendor.
            to: The vendor's address.
            sender: Who writes: an address, or a name and an address.
            smtp: The server that takes mail: `smtp://USER@HOST:PORT`, or `smtps://`; after `?` may stand `security=`
                with `starttls`, `tls` or `plain`. When it stands nowhere, it is `plain` to this very machine only.
            imap: The server of the mailbox: `imap://USER@HOST:PORT/FOLDER`, or `imaps://`; the same.
            password: With which to log in to both.
            smtp_password: With which to log in to the server that takes mail, where it is another one.
            mailbox: The address whose mailbox is read, to which the vendor is to answer; the sender's when None.
            senders: From where the vendor writes: addresses, and domains as in `@acme.example`; *to* when empty. What
                comes from elsewhere is passed over, whatever stands in it.
            generated: What a mail means that says a machine has made it: `acknowledged`, or `answered`, for vendors
                whose system says so of what people have written.
            timeout: How long one conversation may take; at most two minutes.
            settle_time: How long the copy of a mail may be on its way.
            context: How TLS is spoken; when None, with the authorities that the machine trusts, host names verified.
            clock: Tells the time for `Date`.

        Raises:
            PluginError: One of these cannot be so. Passwords are not shown.
        """
        problem = fields.name(name)
        if problem:
            raise PluginError("email", f"its name {problem}")
        self.name = name
        self.settle_time = settle_time
        for field, wrong in (("timeout", time_limit(timeout)), ("settle_time", fields.positive_duration(settle_time))):
            if wrong:
                raise PluginError(name, f"its {field!r} {wrong}")
        if generated not in _GENERATED:
            raise PluginError(name, f"its 'generated' must be one of: {', '.join(_GENERATED)}")
        self._to: Final = address_of(name, "to", to)
        self._sender, shown = sender_of(name, sender)
        self._mailbox: Final = self._sender if mailbox is None else address_of(name, "mailbox", mailbox)
        if self._to.is_same_as(self._sender) or self._to.is_same_as(self._mailbox):
            raise PluginError(name, "its 'to' is our own address: we would write to ourselves")
        self._server: Final = submission_of(
            name, smtp, password if smtp_password is None else smtp_password, helo=self._sender.domain,
            timeout=timeout, context=context,
        )  # fmt: skip
        self._room: Final = mailroom_of(name, imap, password, timeout=timeout, context=context)
        self._parties: Final = Parties(
            ours=str(self._sender).casefold(), domain=self._sender.domain,
            believed=believed_of(name, tuple(senders) or (str(self._to),)), generated=_GENERATED[generated],
        )  # fmt: skip
        self._writer: Final = Writer(
            sender=self._sender, name=shown, to=self._to, mailbox=self._mailbox, parties=self._parties,
            clock=clock or SystemClock(),
        )  # fmt: skip
        self._noted: Final[set[tuple[int, int]]] = set()

    @classmethod
    def from_settings(cls, name: str, settings: Mapping[str, object]) -> Self:
        """
        Make one from settings: `to`, `sender`, `smtp`, `imap` and a password must stand there.

        >>> EmailVendor.from_settings(
        ...     "acme",
        ...     {
        ...         "use": "email",
        ...         "to": "help@acme.example",
        ...         "sender": "desk@example.org",
        ...         "password": "secret",
        ...         "smtp": "smtps://desk@mail.example.org",
        ...         "imap": "imaps://desk@mail.example.org/Vendors/Acme",
        ...     },
        ... )
        EmailVendor('acme', to 'help@acme.example', smtp 'mail.example.org', imap 'mail.example.org')

        Raises:
            PluginError: They are not such as it needs.
        """
        found = Settings(name, settings, possible=(*_SETTINGS, "settle_time"))
        return cls(
            name, to=found.needed("to"), sender=found.needed("sender"), smtp=found.needed("smtp"),
            imap=found.needed("imap"), password=found.needed("password"),
            smtp_password=found.text("smtp_password", otherwise=None), mailbox=found.text("mailbox", otherwise=None),
            senders=found.several("senders"),
            generated=found.text("generated", otherwise="acknowledged"), timeout=found.timeout(),
            settle_time=found.duration("settle_time", otherwise=SETTLE_TIME),
        )  # fmt: skip

    def __repr__(self) -> str:
        """Show to whom and by which servers; neither user nor password."""
        servers = f"smtp {self._server.host!r}, imap {self._room.host!r}"
        return f"{type(self).__name__}({self.name!r}, to {str(self._to)!r}, {servers})"

    # -- what a gateway must do

    def open(self, request: VendorRequest, /, *, key: str) -> VendorAnswer:
        """
        Write the mail that opens a ticket.

        Raises:
            VendorError: It was not taken, or nobody knows (`ambiguous`): then `find` looks for its copy.
        """
        reference = request.reference or reference_of(key)
        self._send(self._writer.opening(request, reference))
        return VendorAnswer(remote_id=reference, status=VendorStatus.OPEN, raw_status="sent", reference=reference)

    def fetch(self, remote_id: str, /) -> VendorAnswer:
        """
        Read the mails of a ticket, and say what they mean.

        Raises:
            VendorError: The mailbox cannot be read, or the id is none of ours.
        """
        self._known(remote_id)
        with self._opened() as reading:
            return self._answer(reading, self._thread(reading, remote_id))

    # -- what it can do besides

    def check(self) -> VendorIdentity:
        """
        Log in to both servers, and open the mailbox; nothing is sent.

        Raises:
            VendorError: One of them cannot be reached, or does not know us.
        """
        try:
            with self._server.connected() as server:
                server.part()
        except SubmissionError as error:
            raise self._not_sent(error) from error.__cause__
        with self._opened():
            return VendorIdentity(account=self._room.login[0])

    def find(self, reference: str, /) -> Sequence[VendorAnswer]:
        """
        Look for proof that the mail that opens a ticket was taken: its copy, an answer to it, or a report of it.

        Raises:
            VendorError: The mailbox cannot be read.
        """
        if not REFERENCE.fullmatch(reference):
            return ()
        with self._opened() as reading:
            thread = self._thread(reading, reference)
            return (self._answer(reading, thread),) if thread.arrived(self._parties) else ()

    def comment(self, remote_id: str, message: VendorMessage, /, *, key: str) -> str:
        """
        Write a mail in the thread; give the id of its entry.

        Raises:
            VendorError: The thread cannot be read, so that nothing was sent; or the mail was not taken, or nobody knows
                (`ambiguous`): then its copy is among the entries of the ticket, or will be.
        """
        return self._say(remote_id, message.reference or reference_of(key), message.text, purpose=message.purpose)

    def attach(self, remote_id: str, file: VendorFile, /, *, key: str) -> str:
        """
        Send a file in the thread; give its id.

        Raises:
            VendorError: It is too large (`rejected`); or as `comment`.
        """
        if len(file.content) > MAX_FILE:
            problem = f"a file of {len(file.content)} bytes is too large for a mail; at most {MAX_FILE} are possible"
            raise self._failed(problem, "rejected")
        return f"{self._say(remote_id, reference_of(key), '', file=file)}/1"

    def withdraw(self, remote_id: str, message: VendorMessage, /, *, key: str) -> VendorAnswer:
        """
        Write that the request is taken back; no system of the vendor's says that it is.

        Raises:
            VendorError: As `comment`.
        """
        self._say(remote_id, message.reference or reference_of(key), message.text, purpose=WITHDRAWAL)
        return VendorAnswer(
            remote_id=remote_id, status=VendorStatus.WITHDRAWN, raw_status="withdrawn", reference=remote_id
        )  # fmt: skip

    def changes(self, cursor: str | None, /, *, limit: int) -> VendorChanges:
        """
        Say to which tickets mails have come since.

        A mailbox that is numbered anew is gone through from its beginning, and so it is for a cursor that is none of
        it: what is given twice does no harm.

        Raises:
            VendorError: The mailbox cannot be read.
        """
        with self._opened() as reading:
            last = self._last(reading)
            if cursor is None:
                return VendorChanges(cursor=f"{reading.validity}:{last}")
            since = _since(cursor, reading.validity, last)
            until = min(last, since + _WINDOW)
            uids = reading.search(f"UID {since + 1}:{until}") if until > since else []
            some = uids[:limit]
            if len(uids) > limit:
                until = some[-1]
            ids = self._tickets(reading, some)
        return VendorChanges(
            remote_ids=tuple(sorted(ids)), cursor=f"{reading.validity}:{max(since, until)}", more=until < last
        )

    # -- reading

    @contextmanager
    def _opened(self) -> Iterator[Reading]:
        try:
            with self._room.opened() as reading:
                yield reading
        except MailroomError as error:
            raise self._failed(error.problem, error.kind) from None

    def _failed(self, problem: str, kind: str) -> VendorError:
        return VendorError(self.name, problem, retryable=kind not in _FINAL, ambiguous=False, kind=kind)

    def _known(self, remote_id: str) -> None:
        if not REFERENCE.fullmatch(remote_id):
            raise self._failed("there is no such ticket: its id is no reference of ours", "gone")

    def _thread(self, reading: Reading, reference: str) -> Thread:
        thread = thread_of(reading, self._parties, reference)
        for uid in thread.passed_over:
            self._note(reading, uid)
        return thread

    def _note(self, reading: Reading, uid: int) -> None:
        """Log once that a mail was passed over: it speaks of a ticket, and nobody who is believed has written it."""
        mail = (reading.validity, uid)
        if mail not in self._noted and len(self._noted) < _MOST_NOTED:
            self._noted.add(mail)
            log.warning("vendor %s: mail %d of mailbox %d names a ticket, and is not from its senders", self.name, uid,
                        reading.validity)  # fmt: skip

    def _answer(self, reading: Reading, thread: Thread) -> VendorAnswer:
        status, words = thread.status(self._parties)
        return VendorAnswer(
            remote_id=thread.reference, status=status, raw_status=words, reference=thread.reference,
            entries=thread.entries(reading, self._parties),
            updated_at=max(filter(None, (each.arrived_at for each in thread.letters)), default=None),
        )  # fmt: skip

    @staticmethod
    def _last(reading: Reading) -> int:
        """Give the number of the newest mail; where the server does not say, it is looked for."""
        if reading.next:
            return reading.next - 1
        return max(reading.search("UID *"), default=0)

    def _tickets(self, reading: Reading, uids: Sequence[int]) -> set[str]:
        found: set[str] = set()
        for envelope in reading.headers(uids):
            letter = letter_of(envelope)
            found |= tickets_of(reading, self._parties, letter)
        return found

    # -- writing

    def _say(
        self, remote_id: str, reference: str, text: str, *, purpose: str = "", file: VendorFile | None = None
    ) -> str:
        """Write a mail in a thread; give the id of its entry."""
        self._known(remote_id)
        with self._opened() as reading:
            thread = self._thread(reading, remote_id)
        self._send(self._writer.further(thread, reference, text, purpose=purpose, file=file))
        return entry_id_of(self._parties.id_of(remote_id, reference))

    def _send(self, content: bytes) -> None:
        to = [(self._to, "the vendor"), (self._mailbox, "our own mailbox")]
        try:
            self._server.hand_over(content, sender=str(self._mailbox), to=to)
        except SubmissionError as error:
            raise self._not_sent(error) from error.__cause__

    def _not_sent(self, error: SubmissionError) -> VendorError:
        kind = "auth" if error.code in ABOUT_LOGIN else "rejected" if error.code >= _PERMANENT else "unavailable"
        return VendorError(
            self.name, error.problem, retryable=error.retryable, ambiguous=error.ambiguous, kind=kind
        )  # fmt: skip


def _since(cursor: str, validity: int, last: int) -> int:
    """Give the number of the last mail that a cursor knows; 0 where it knows none of this mailbox."""
    found = _CURSOR.fullmatch(cursor)
    known = found is not None and int(found[1]) == validity and int(found[2]) <= last
    return int(found[2]) if found is not None and known else 0
