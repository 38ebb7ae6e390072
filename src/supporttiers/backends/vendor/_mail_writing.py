"""Mails of ours to a vendor: the one that opens a ticket, and what is said on it later, in the vendor's own thread."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

import attrs

from supporttiers.backends._mail.words import plain_text
from supporttiers.backends._mail.writing import Form, Mailbox, header_line, ids_line, on_the_line, shown
from supporttiers.backends.vendor._letters import OWN_ID_HEADER, PURPOSE_HEADER
from supporttiers.backends.vendor._thread import TAG, Parties, Thread, tagged
from supporttiers.clock import Clock
from supporttiers.effects import VendorFile, VendorRequest

_MEDIA: Final = re.compile(r"([a-z0-9][a-z0-9.+-]{0,60})/([a-z0-9][a-z0-9.+-]{0,100})")
_CONTAINERS: Final = frozenset({"message", "multipart", "text"})
_AGAIN: Final = re.compile(r"^\s*(?:re|aw|sv|antw|rif)\s*:\s*", re.IGNORECASE)
_MOST_NAMED: Final = 20


@attrs.frozen(kw_only=True)
class Writer:
    """
    Writes to one vendor.

    Attributes:
        sender: Who writes.
        name: What they are called.
        to: To whom.
        mailbox: Where answers go.
        parties: By whose ids the mails are known.
        clock: Tells the time for `Date`.
    """

    sender: Mailbox = attrs.field(repr=False)
    name: str = attrs.field(repr=False)
    to: Mailbox = attrs.field(repr=False)
    mailbox: Mailbox = attrs.field(repr=False)
    parties: Parties
    clock: Clock = attrs.field(repr=False)

    def opening(self, request: VendorRequest, reference: str) -> bytes:
        """Write the mail that opens a ticket, as it goes over the line."""
        facts = (("Category", request.category), ("Priority", request.priority), ("Follows", request.follows))
        lines = "\n".join(f"{word}: {value}" for word, value in facts if value)
        mail = self._mail(f"{tagged(reference)} {request.subject}", self.parties.id_of(reference))
        mail.set_content(_body(f"{request.text or request.subject}\n\n{lines}"))
        return self._whole(mail)

    def further(
        self, thread: Thread, reference: str, text: str, *, purpose: str = "", file: VendorFile | None = None
    ) -> bytes:
        """Write a mail in a thread, as an answer to the last one of the vendor's, under the subject that it has."""
        mail = self._mail(self._subject(thread), self.parties.id_of(thread.reference, reference))
        if purpose:
            mail[PURPOSE_HEADER] = header_line(purpose)
        mail.set_content(_body(text))
        if file is not None:
            _attach(mail, file)
        first, *rest = dict.fromkeys((self.parties.id_of(thread.reference), *self._known(thread)))
        ids = [first, *rest[-_MOST_NAMED:]]
        return self._whole(mail, ids_line("In-Reply-To", ids[-1:]) + ids_line("References", ids))

    @staticmethod
    def _whole(mail: EmailMessage, before: bytes = b"") -> bytes:
        """Put the id there a second time: some servers that take mail give it another one."""
        return on_the_line(mail, before=ids_line(OWN_ID_HEADER, [str(mail["Message-ID"])]) + before)

    def _known(self, thread: Thread) -> Iterator[str]:
        """Give the ids of the vendor's by which its system knows the ticket, and then those of its mails."""
        answers = thread.answers(self.parties)
        for letter in answers:
            yield from (each for each in letter.references if not self.parties.own([each]))
        yield from (each.message_id for each in answers if each.message_id)

    def _subject(self, thread: Thread) -> str:
        """Give the vendor's last subject, in which its own tag stands, or ours; under our tag, and no other of ours."""
        said = thread.answers(self.parties) or list(thread.letters)
        words = TAG.sub("", _AGAIN.sub("", said[-1].subject)) if said else ""
        return f"Re: {tagged(thread.reference)} {words}"

    def _mail(self, subject: str, message_id: str) -> EmailMessage:
        mail = EmailMessage(policy=Form(linesep="\r\n", cte_type="7bit"))
        mail["From"] = shown(self.sender, self.name)
        mail["To"] = shown(self.to, "")
        if not self.mailbox.is_same_as(self.sender):
            mail["Reply-To"] = shown(self.mailbox, "")
        mail["Subject"] = header_line(subject)
        mail["Date"] = format_datetime(self.clock.now())
        mail["Message-ID"] = message_id
        return mail


def _body(text: str) -> str:
    return plain_text(text).rstrip("\n") + "\n"


def _attach(mail: EmailMessage, file: VendorFile) -> None:
    """Put a file into a mail; what could be taken for a part of the mail itself goes as mere bytes."""
    found = _MEDIA.fullmatch(file.media_type.lower())
    media = found.groups() if found and found[1] not in _CONTAINERS else ("application", "octet-stream")
    name = header_line(file.name or file.id)
    mail.add_attachment(file.content, maintype=media[0], subtype=media[1], filename=name)
