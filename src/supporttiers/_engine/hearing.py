"""What vendors say about their tickets, and what a case makes of it; and that a vendor cannot be heard at all."""

import hashlib
from datetime import datetime, timedelta
from functools import partial
from typing import Final, NamedTuple

from supporttiers import events as happened
from supporttiers._engine import moves, vendors
from supporttiers._engine.observing import by_rule
from supporttiers._engine.work import Work
from supporttiers.cases import DAY
from supporttiers.commands import VendorUnreachable, VendorUpdate
from supporttiers.errors import InputError
from supporttiers.links import TEXT, VENDOR_UNHEARD, VendorEntry, VendorStatus, VendorTicket
from supporttiers.reasons import Reason
from supporttiers.tiers import Status

MAX_TAKEN: Final = 100
"""So many entries and texts of one ticket are taken in a day; the rest is heard later."""

MOST_AHEAD: Final = timedelta(hours=1)
"""So far a vendor's clock may be ahead of ours; what it says of when is passed over where it is further."""

_ANSWERS: Final = frozenset({
    VendorStatus.ANSWERED, VendorStatus.RESOLVED, VendorStatus.CLOSED, VendorStatus.REJECTED, VendorStatus.GONE,
    VendorStatus.FAILED, VendorStatus.WITHDRAWN,
})  # fmt: skip
"""With these the vendor has nothing more to do for now: the case comes back to be verified."""

_REJECTS: Final = frozenset({VendorStatus.REJECTED, VendorStatus.WITHDRAWN})
"""The vendor does not do it; that a request is withdrawn, a vendor says of what its own people have dropped."""

_TOLD_TO_MANAGEMENT: Final = _REJECTS | {VendorStatus.GONE, VendorStatus.FAILED}
_WORKED_ON: Final = frozenset({VendorStatus.ACKNOWLEDGED, VendorStatus.IN_PROGRESS})


class News(NamedTuple):
    """
    What an update says that a case did not know.

    Attributes:
        ticket: As it was before.
        entries: New words of the vendor's.
        text: The same, where entries cannot be told apart; empty where it is the text that is known.
        told: Ids by which words are known that are no entries of the vendor's: words of ours, and *text*.
        put_off: How many new words are left for later.
        reported: What the vendor says about the status; None where it says nothing, or nothing that counts.
        status: How far the vendor is by that.
        moved: The vendor's new id, where it has another one.
    """

    ticket: VendorTicket
    entries: tuple[VendorEntry, ...]
    text: str
    told: tuple[str, ...]
    put_off: int
    reported: VendorStatus | None
    status: VendorStatus
    moved: str | None


def vendor_update(work: Work, command: VendorUpdate) -> None:
    """Take note of what a vendor's system says, and let the case go on by it."""
    ticket = _ticket_of(work, command)
    if ticket.unreachable_since is not None and command.status is not VendorStatus.FAILED:
        work.emit(happened.VendorFound, vendor=ticket.vendor, key=ticket.key)
    news = _news(work, ticket, command)
    for entry in news.entries:
        work.emit(
            happened.VendorReplied, vendor=ticket.vendor, key=ticket.key, entry=entry.id, text=entry.text,
            entered_at=entry.at, attachments=entry.attachments, visibility=entry.visibility,
        )  # fmt: skip
    put_off = news.put_off if _is_told_of_flood(work, ticket) else 0
    if _is_news(work, news, command) or put_off:
        why = _unreached(news, command)
        if news.moved:
            why = Reason("vendor.moved", {"vendor": ticket.vendor, "was": ticket.remote_id, "now": news.moved})
        work.emit(
            happened.VendorTicketUpdated, vendor=ticket.vendor, key=ticket.key, text=news.text, told=news.told,
            remote_id=command.remote_id or ticket.remote_id, status=news.status, reported=news.reported,
            raw_status=command.raw_status if news.reported else "", put_off=put_off,
            heard=_says_something(news),
            updated_at=_watermark(work, ticket, command), reason=why,
        )  # fmt: skip
    by_rule(work, partial(_go_on, work, command, news, put_off))


def _ticket_of(work: Work, command: VendorUpdate | VendorUnreachable) -> VendorTicket:
    tickets: tuple[VendorTicket, ...] = work.draft.vendor_tickets
    ticket = next((ticket for ticket in tickets if ticket.key == command.key), None)
    if ticket is None or ticket.vendor != command.vendor:
        raise work.refuse(command.trigger, "refused.absent", what="vendor ticket", which=command.key)
    return ticket


# -- what is new


def _news(work: Work, ticket: VendorTicket, command: VendorUpdate) -> News:
    known = {*ticket.heard, *command.told}
    fresh = {entry.id: entry for entry in command.entries if entry.id not in known}
    theirs = [entry for entry in fresh.values() if not (entry.ours or entry.reference)]
    ours = [entry.id for entry in fresh.values() if entry.ours or entry.reference]
    told = tuple(dict.fromkeys(one for one in (*command.told, *ours) if one not in ticket.heard))
    room = MAX_TAKEN - (ticket.taken if _counts(work, ticket) else 0)
    reported = _reported(ticket, command)
    text = "" if _is_known_text(ticket, reported, command) else command.text
    status = _status_by(ticket, reported, heard=bool(theirs or text))
    was, now = ticket.remote_id, command.remote_id
    put_off = max(0, len(theirs) + bool(text) - room)
    text = text if len(theirs) < room else ""
    return News(
        ticket=ticket, entries=tuple(theirs[:room]), text=text, told=(*told, text_id(text)) if text else told,
        put_off=put_off, reported=reported, status=status,
        moved=now if was is not None and now is not None and now != was else None,
    )  # fmt: skip


def text_id(text: str) -> str:
    """
    Give the id by which a text is known again that is no entry, and has none of its own.

    >>> text_id("We look at it.")
    'text:50024cb4'
    """
    return TEXT + hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]


def _is_known_text(ticket: VendorTicket, reported: VendorStatus | None, command: VendorUpdate) -> bool:
    """
    Whether a text is the one that was heard last: a ticket that is asked about shows it each time.

    With another status, or in a call of the vendor's own, the same words are said again.
    """
    if not command.text or command.idempotency_key is not None or reported not in {None, ticket.reported}:
        return False
    return text_id(command.text) == next((one for one in reversed(ticket.heard) if one.startswith(TEXT)), None)


def _counts(work: Work, ticket: VendorTicket) -> bool:
    """Whether what was taken before still counts for this day."""
    return ticket.taken_since is not None and work.at - ticket.taken_since < DAY


def _is_told_of_flood(work: Work, ticket: VendorTicket) -> bool:
    return ticket.put_off_at is None or work.at - ticket.put_off_at >= DAY


def _reported(ticket: VendorTicket, command: VendorUpdate) -> VendorStatus | None:
    """What an answer says that is older than what is known says nothing, whichever has arrived last."""
    if command.updated_at is not None and ticket.updated_at is not None and command.updated_at < ticket.updated_at:
        return None
    return command.status


def _status_by(ticket: VendorTicket, reported: VendorStatus | None, *, heard: bool) -> VendorStatus:
    """
    Say how far the vendor is.

    A withdrawn ticket stays withdrawn, and a word that nobody can translate brings no ticket back that was over. After
    an answer of ours the ball is the vendor's: that its status is still the one that we have answered is no news, until
    the vendor says something besides.
    """
    was = ticket.status
    if reported is None or was is VendorStatus.WITHDRAWN:
        return was
    if reported is VendorStatus.UNKNOWN and not ticket.is_live:
        return was
    answered = was is VendorStatus.IN_PROGRESS and ticket.reported in _TURNED
    return was if answered and reported is ticket.reported and not heard else reported


_TURNED: Final = frozenset({VendorStatus.WAITING_FOR_US, VendorStatus.ANSWERED})


def _is_news(work: Work, news: News, command: VendorUpdate) -> bool:
    ticket = news.ticket
    return (
        bool(news.told)
        or news.status is not ticket.status
        or news.reported not in {None, ticket.reported or ticket.status}
        or (command.remote_id or ticket.remote_id) != ticket.remote_id
        or (news.reported is not None and command.raw_status not in {"", ticket.raw_status})
        or _watermark(work, ticket, command) is not None
    )


def _says_something(news: News) -> bool:
    """Whether a vendor's people have done something; a word that nobody can translate may be the system's own."""
    ticket, reported = news.ticket, news.reported
    if news.text:
        return True
    if reported is None or reported in VENDOR_UNHEARD or reported is ticket.reported:
        return False
    return reported is not VendorStatus.UNKNOWN or not ticket.is_unacknowledged


def _watermark(work: Work, ticket: VendorTicket, command: VendorUpdate) -> datetime | None:
    """
    Give the vendor's own instant, where it is later than the one that is known.

    One that lies far ahead is not believed: all that the vendor says until then would be older.
    """
    known, told = ticket.updated_at, command.updated_at
    if told is None or told > work.at + MOST_AHEAD:
        return None
    return told if known is None or told > known else None


# -- what follows


def _go_on(work: Work, command: VendorUpdate, news: News, put_off: int) -> None:
    ticket, status = news.ticket, news.status
    _tell_what_is_odd(work, command, news, put_off)
    said = bool(news.entries or news.text)
    changed = status is not ticket.status
    if not (said or changed):
        return
    params = {"vendor": ticket.vendor, "status": str(status)}
    unreached = _unreached(news, command)
    work.reason = why = unreached or Reason("move.vendor", params)
    if not ticket.is_live:
        work.notify(_keeper(work), Reason("vendor.after_end", params))
        return
    if not changed:
        _tell_of_words(work, ticket)
    elif status in _ANSWERS:
        if status in _TOLD_TO_MANAGEMENT:
            work.notify("manager", why)
        moves.come_back(work, ticket, rejected=status in _REJECTS)
        answered = Reason("vendor.answered_with_words" if said else "vendor.answered", params)
        _tell_worker(work, unreached or answered, management_knows=status in _TOLD_TO_MANAGEMENT)
    elif status is VendorStatus.WAITING_FOR_US:
        work.notify(_keeper(work), Reason("vendor.asks", {"vendor": ticket.vendor}))
    else:
        if status in _WORKED_ON and moves.is_at_vendor(work, ticket) and work.draft.status is Status.QUEUED:
            work.emit(happened.CaseStarted, assignee=None)
        if said:
            _tell_of_words(work, ticket)


def _unreached(news: News, command: VendorUpdate) -> Reason | None:
    """Give why a request has failed of which the vendor never knew; None for whatever a vendor says itself."""
    ticket = news.ticket
    if news.reported is not VendorStatus.FAILED or ticket.remote_id is not None or command.remote_id is not None:
        return None
    return Reason("vendor.unreached", {"vendor": ticket.vendor})


def _tell_what_is_odd(work: Work, command: VendorUpdate, news: News, put_off: int) -> None:
    """Tell management, each once: of a word that nobody can translate, and of more entries than are taken in a day."""
    vendor = news.ticket.vendor
    if put_off:
        work.tell_management(Reason("vendor.flood", {"vendor": vendor, "count": put_off, "limit": MAX_TAKEN}))
    word = command.raw_status
    if news.reported is VendorStatus.UNKNOWN and word and not _is_known(work, vendor, word, news.ticket):
        work.tell_management(Reason("vendor.unmapped", {"vendor": vendor, "word": word}))


def _is_known(work: Work, vendor: str, word: str, before: VendorTicket) -> bool:
    """Whether management has heard of a vendor's word about this case."""
    others = (ticket for ticket in work.draft.vendor_tickets if ticket.vendor == vendor and ticket.key != before.key)
    return any(word in ticket.unmapped for ticket in (before, *others))


def _tell_of_words(work: Work, ticket: VendorTicket) -> None:
    """Tell whoever works on the case, or keeps it, that there is something to read; with nobody, it waits there."""
    draft = work.draft
    if work.is_open and (draft.assignee or draft.owner):
        to = "assignee" if draft.assignee else "owner"
        work.notify(to, Reason("vendor.replied", {"vendor": ticket.vendor}))


def _tell_worker(work: Work, why: Reason, *, management_knows: bool) -> None:
    """Tell whoever goes on with an open case: who works on it, else who keeps it, else the team that has it now."""
    draft = work.draft
    roles = (("assignee", draft.assignee), ("owner", draft.owner), ("team", draft.team))
    to = next((role for role, somebody in roles if somebody), "manager")
    if work.is_open and not (to == "manager" and management_knows):
        work.notify(to, why)


def _keeper(work: Work) -> str:
    return "owner" if work.draft.owner else "manager"


# -- a vendor that cannot be heard


def vendor_unreachable(work: Work, command: VendorUnreachable) -> None:
    """Write down that a vendor cannot be asked, once it has lasted too long; management hears of it once."""
    ticket = _ticket_of(work, command)
    if command.since > work.at:
        raise InputError(work.case_id, "since", "lies after the command itself; name the first attempt that failed")
    lasted = work.at - command.since
    if not ticket.is_live or ticket.unreachable_since is not None or lasted < vendors.stale_after(work, ticket.vendor):
        return
    why = Reason("vendor.unreachable", {"vendor": ticket.vendor, "since": command.since.isoformat()})
    work.emit(
        happened.VendorLost, vendor=ticket.vendor, key=ticket.key, since=command.since, problem=command.problem,
        reason=why,
    )  # fmt: skip
    by_rule(work, partial(work.tell_management, why))
