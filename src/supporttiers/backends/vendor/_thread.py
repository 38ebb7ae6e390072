"""
The mails of one ticket: which of a mailbox belong to it, and what they say together of how it stands.

A mail belongs to a ticket because it answers a mail of ours, by the ids in its header, or because our tag stands in
its subject; or because it answers a mail that does. A vendor's system shows our ids in its first answer only, and from
then on only its own: so these are learnt from what is believed, and looked for again.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

import attrs

from supporttiers.backends._mail.mailroom import Reading, quoted
from supporttiers.backends.vendor._letters import ID, Kind, Letter, letter_of
from supporttiers.backends.vendor._mail_content import Content, content_of
from supporttiers.links import MAX_ENTRIES, VendorEntry, VendorStatus

REFERENCE: Final = re.compile(r"ST-[A-Z2-7]{16}")
TAG: Final = re.compile(r"\[(ST-[A-Z2-7]{16})\]")

MAX_READ: Final = 1024 * 1024
"""So many bytes of one mail are read."""

_READ_IN_ALL: Final = 16 * MAX_READ
_NOT_READ: Final = "[not read: there are too many, and too large, mails of this ticket; it lies in the mailbox]"
_MAX_FOUND: Final = 2 * MAX_ENTRIES
_MAX_REPORTS: Final = 16
_ROUNDS: Final = 3
_TOKENS: Final = 24
_TOKENS_AT_ONCE: Final = 8
WITHDRAWAL: Final = "withdrawal"


def tagged(reference: str) -> str:
    """Give the tag of a ticket, as it stands in subjects."""
    return f"[{reference}]"


@attrs.frozen(kw_only=True)
class Parties:
    """
    Who writes to whom.

    Attributes:
        ours: Our address, in small letters.
        domain: Of our ids.
        believed: The addresses, and domains with an @ before them, from which a vendor writes; in small letters.
        generated: How far the vendor is, once a machine has written that does not say it answers.
    """

    ours: str = attrs.field(repr=False)
    domain: str
    believed: Collection[str] = attrs.field(repr=False)
    generated: VendorStatus

    def id_of(self, reference: str, message: str = "") -> str:
        """Give the id of a mail of ours: the one that opens a ticket, or one that says something more on it."""
        return f"<{reference}{'.' if message else ''}{message}@{self.domain}>"

    def own(self, ids: Iterable[str]) -> list[tuple[str, str]]:
        """Give those ids that are ours, as ticket and message; this is empty of the mail that opens the ticket."""
        end = f"@{self.domain}>"
        parts = (each[1 : -len(end)].partition(".") for each in ids if each.endswith(end))
        found = ((ticket, message) for ticket, _, message in parts)
        return [
            (ticket, message) for ticket, message in found
            if REFERENCE.fullmatch(ticket) and (not message or REFERENCE.fullmatch(message))
        ]  # fmt: skip

    def tickets(self, letter: Letter) -> set[str]:
        """Give the tickets that a mail names itself: one of ours belongs to that in its id, whatever its subject."""
        if own := self.wrote(letter):
            return {own[0]}
        ids = (letter.message_id, *letter.references)
        return {*TAG.findall(letter.subject), *(ticket for ticket, _ in self.own(ids))}

    def wrote(self, letter: Letter) -> tuple[str, str] | None:
        """Give ticket and message of a mail that is ours; None where it is not."""
        found = self.own([letter.message_id, letter.own_id]) if letter.sender == self.ours else []
        return found[0] if found else None

    def believes(self, letter: Letter) -> bool:
        """Whether a mail comes from where the vendor writes from."""
        return letter.sender in self.believed or letter.sender[letter.sender.rfind("@") :] in self.believed


@attrs.frozen(kw_only=True)
class Thread:
    """
    The mails of one ticket, as they came to the mailbox.

    Attributes:
        reference: Of the ticket.
        letters: Ours, the vendor's, and reports of mail servers.
        reports: What these reports say, by number.
        passed_over: The numbers of mails that speak of the ticket, and come from nobody who is believed.
    """

    reference: str
    letters: tuple[Letter, ...] = attrs.field(repr=False)
    reports: Mapping[int, Content] = attrs.field(repr=False)
    passed_over: tuple[int, ...] = ()

    def status(self, parties: Parties) -> tuple[VendorStatus, str]:
        """Say how far the vendor is, and in which words, as far as mails can tell: never that anything is resolved."""
        status, words = VendorStatus.OPEN, "sent"
        for letter in self.letters:
            status, words = self._after(letter, parties, status, words)
        return status, words

    def _after(self, letter: Letter, parties: Parties, status: VendorStatus, words: str) -> tuple[VendorStatus, str]:
        own, report = parties.wrote(letter), self.reports.get(letter.uid)
        if status is VendorStatus.WITHDRAWN or (own and letter.purpose == WITHDRAWAL):
            return VendorStatus.WITHDRAWN, "withdrawn"
        if own:
            return (VendorStatus.ACKNOWLEDGED, "told again") if status is VendorStatus.ANSWERED else (status, words)
        if report is not None:
            ends = status is VendorStatus.OPEN and report.failed and (self.reference, "") in parties.own(report.about)
            return (VendorStatus.FAILED, f"bounced {report.number}".strip()) if ends else (status, words)
        means = {
            Kind.PERSON: VendorStatus.ANSWERED, Kind.GENERATED: parties.generated
        }.get(letter.kind, VendorStatus.ACKNOWLEDGED)  # fmt: skip
        if means is VendorStatus.ANSWERED:
            return means, "replied"
        return (status, words) if status is VendorStatus.ANSWERED else (means, "replied by a machine")

    def arrived(self, parties: Parties) -> bool:
        """Whether the mail that opens the ticket is known to have been taken: by its copy, or an answer to it."""
        opening, first = parties.id_of(self.reference), (self.reference, "")
        shown = (
            parties.wrote(letter) == first or (opening in letter.references and not parties.wrote(letter))
            for letter in self.letters
        )  # fmt: skip
        return any(shown) or any(first in parties.own(report.about) for report in self.reports.values())

    def answers(self, parties: Parties) -> list[Letter]:
        """Give what the vendor has written."""
        return [each for each in self.letters if parties.wrote(each) is None and each.uid not in self.reports]

    def entries(self, reading: Reading, parties: Parties) -> tuple[VendorEntry, ...]:
        """Read the mails, the newest first, as long as there are not too many; a mail that lies there twice is one."""
        found: dict[str, VendorEntry] = {}
        left = _READ_IN_ALL
        once = {letter.entry_id: letter for letter in reversed(self.letters)}  # of two, the one that came first
        for letter in list(once.values())[:MAX_ENTRIES]:
            own = parties.wrote(letter)
            content = self.reports.get(letter.uid)
            if content is None:
                taken = min(letter.size, MAX_READ)
                content = _read(reading, letter) if taken <= left else Content(text=_NOT_READ)
                left -= taken
            found[letter.entry_id] = VendorEntry(
                id=letter.entry_id, text=content.text, at=letter.sent_at or letter.arrived_at, ours=own is not None,
                reference=(own[1] or own[0]) if own else "", attachments=content.files,
            )  # fmt: skip
        return tuple(reversed(found.values()))


def _read(reading: Reading, letter: Letter) -> Content:
    envelope = reading.mail(letter.uid, at_most=MAX_READ)
    return Content(text="") if envelope is None else content_of(envelope, letter.entry_id)


def thread_of(reading: Reading, parties: Parties, reference: str) -> Thread:
    """Look for the mails of a ticket."""
    named = any_of(
        f"HEADER Message-ID {quoted(reference)}", f"HEADER References {quoted(reference)}",
        f"HEADER In-Reply-To {quoted(reference)}", f"SUBJECT {quoted(tagged(reference))}",
    )  # fmt: skip
    known = _letters(reading, reading.search(named))
    mine = {letter.uid: letter for letter in known if reference in parties.tickets(letter)}
    believed = {uid: letter for uid, letter in mine.items() if parties.wrote(letter) or parties.believes(letter)}
    reports = _reports(reading, parties, reference)
    forged = tuple(uid for uid in mine if uid not in believed and uid not in reports)
    _learn(reading, parties, reference, believed)
    letters = {**believed, **{uid: letter for uid, (letter, _) in reports.items()}}
    return Thread(
        reference=reference, letters=tuple(letters[uid] for uid in sorted(letters)),
        reports={uid: content for uid, (_, content) in reports.items()}, passed_over=forged,
    )  # fmt: skip


def any_of(*criteria: str) -> str:
    """Join criteria of IMAP, of which one is enough."""
    first, *rest = criteria
    return f"OR {first} {any_of(*rest)}" if rest else first


def _letters(reading: Reading, uids: Sequence[int]) -> list[Letter]:
    return [letter_of(each) for each in reading.headers(uids[-_MAX_FOUND:])]


def _reports(reading: Reading, parties: Parties, reference: str) -> dict[int, tuple[Letter, Content]]:
    """
    Look for what mail servers say of our mails: that they were not delivered.

    The id stands in the header of the mail that comes back within the report; there Dovecot finds it with TEXT alone.
    """
    uids = reading.search(f"HEADER Content-Type {quoted('multipart/report')} TEXT {quoted(reference)}")
    found = {}
    for letter in _letters(reading, uids[-_MAX_REPORTS:]):
        content = _read(reading, letter) if letter.kind is Kind.BOUNCE else Content(text="")
        if reference in {ticket for ticket, _ in parties.own(content.about)}:
            found[letter.uid] = letter, content
    return found


def _learn(reading: Reading, parties: Parties, reference: str, believed: dict[int, Letter]) -> None:
    """
    Follow the vendor's own ids to mails that name no ticket of ours.

    An id under which a mail of another ticket of ours stands, too, leads nowhere: the vendor has it for several.
    """
    asked: set[str] = set()
    shared: set[str] = set()
    for _ in range(_ROUNDS):
        tokens = _tokens(believed.values(), parties) - asked
        if not tokens:
            return
        asked |= tokens
        some = sorted(tokens)
        uids: set[int] = set()
        for begin in range(0, len(some), _TOKENS_AT_ONCE):
            batch = some[begin : begin + _TOKENS_AT_ONCE]
            criteria = (f"HEADER {header} {quoted(each)}" for each in batch for header in ("References", "In-Reply-To"))
            uids |= set(reading.search(any_of(*criteria)))
        found = [each for each in _letters(reading, sorted(uids - believed.keys())) if parties.believes(each)]
        for letter in found:
            others = parties.tickets(letter)
            shared |= set(letter.references) if others and reference not in others else set()
        for letter in found:
            if not parties.tickets(letter) and (asked - shared).intersection(letter.references):
                believed[letter.uid] = letter


def _tokens(letters: Iterable[Letter], parties: Parties) -> set[str]:
    """Give the ids by which the vendor may go on, of the newest mails first."""
    newest = sorted(letters, key=lambda letter: -letter.uid)
    ids = (each for letter in newest for each in (letter.message_id, *letter.references))
    found = dict.fromkeys(each for each in ids if ID.fullmatch(each) and not parties.own([each]))
    return set(list(found)[:_TOKENS])


def tickets_of(reading: Reading, parties: Parties, letter: Letter) -> set[str]:
    """Say to which tickets a mail that is new may belong; too many do no harm."""
    if parties.wrote(letter):
        return set()
    if letter.kind is Kind.BOUNCE:
        return {ticket for ticket, _ in parties.own(_read(reading, letter).about)}
    named = parties.tickets(letter)
    if named or not parties.believes(letter):
        return named if parties.believes(letter) else set()
    found: set[str] = set()
    for token in letter.references[-_TOKENS:]:
        criteria = (f"HEADER {header} {quoted(token)}" for header in ("Message-ID", "References", "In-Reply-To"))
        for each in _letters(reading, reading.search(any_of(*criteria))):
            found |= parties.tickets(each) if parties.wrote(each) or parties.believes(each) else set()
    return found
