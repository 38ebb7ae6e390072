"""What a case says to vendors: requests, words about them, and that they are not needed any more."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from supporttiers import events as happened
from supporttiers._engine import rules
from supporttiers._engine.work import Work
from supporttiers.calendars._hours import zone_of
from supporttiers.cases import DAY, open_ticket_at
from supporttiers.commands import Dispatch, TellVendor
from supporttiers.contracts import MESSAGES_A_DAY, STALE_AFTER, VendorContract
from supporttiers.errors import InputError
from supporttiers.links import Attachment, VendorStatus, VendorTicket, key_of
from supporttiers.match import facts_in
from supporttiers.reasons import Reason

# -- requests


def dispatch(work: Work, command: Dispatch) -> None:
    """Send the case to a vendor, wherever it stands."""
    work.must_be_open("dispatch")
    files = _files(work, command.trigger, command.attachments)
    if open_ticket_at(work.draft, command.vendor) is not None:
        work.forbid(work.refuse("dispatch", "refused.duplicate", what="an open ticket at", which=command.vendor))
    objection = _objection(work, command.vendor)
    if objection is not None:
        work.forbid(work.refuse("dispatch", objection.code, **objection.params))
    _send(work, command.vendor, command.text, files)


def send_by_rule(work: Work, vendor: str) -> Reason | None:
    """
    Send a case that has come to a vendor's tier; say why not, where the vendor does not have it.

    A vendor that has answered before is asked to look again. Where the contract does not allow it nothing is sent, and
    management is told why.
    """
    ticket = open_ticket_at(work.draft, vendor)
    objection: Reason | None = None
    if ticket is None:
        objection = _objection(work, vendor)
        if objection is None:
            _send(work, vendor, "", ())
    elif ticket.status is VendorStatus.ANSWERED:
        objection = _too_much(work, vendor)
        if objection is None:
            _say(work, ticket, "message", "", (), words="vendor.again")
    if objection is not None:
        work.tell_management(objection)
    return objection


def _send(work: Work, vendor: str, text: str, files: Sequence[Attachment]) -> None:
    key = key_of(work.draft.tenant, work.case_id, work.version + 1)
    follows = next(
        (ticket.remote_id for ticket in reversed(work.draft.vendor_tickets)
         if ticket.vendor == vendor and ticket.remote_id is not None), None,
    )  # fmt: skip
    work.emit(
        happened.VendorDispatched, vendor=vendor, key=key, text=text, tier=work.draft.tier,
        attachments=tuple(file.id for file in files),
    )  # fmt: skip
    work.ask_vendor(vendor, key, text, attachments=tuple(files), follows=follows)


def _files(work: Work, trigger: str, ids: Sequence[str]) -> tuple[Attachment, ...]:
    """Give the case's attachments that are named; one that is not there is told by its place, as elsewhere."""
    known = {attachment.id: attachment for attachment in work.draft.attachments}
    for place, name in enumerate(ids, 1):
        if name not in known:
            raise work.refuse(trigger, "refused.absent", what="attachment", which=place)
    return tuple(known[name] for name in dict.fromkeys(ids))


# -- what a contract allows


def contract_with(work: Work, vendor: str) -> VendorContract | None:
    """Give the contract with a vendor, or None where there is none."""
    return work.process.contracts_by_vendor.get(vendor)


def stale_after(work: Work, vendor: str) -> timedelta:
    """Give after how long it is an alarm that a vendor cannot be asked."""
    contract = contract_with(work, vendor)
    return STALE_AFTER if contract is None else contract.stale_after


def _objection(work: Work, vendor: str) -> Reason | None:
    """Say why a case may not go to a vendor now: by its contract, or because it has been there too often."""
    contract = contract_with(work, vendor)
    if contract is not None:
        calendar = work.process.calendars_by_name[contract.calendar or work.process.calendar]
        today = work.at.astimezone(zone_of(calendar.zone)).date()
        if contract.starts is not None and today < contract.starts:
            return Reason("refused.contract_not_begun", {"vendor": vendor, "starts": str(contract.starts)})
        if contract.ends is not None and today > contract.ends:
            return Reason("refused.contract_over", {"vendor": vendor, "ends": str(contract.ends)})
        if (failing := _failing(work, contract)) is not None:
            return Reason("refused.not_covered", {"vendor": vendor, "failing": failing})
    return _too_much(work, vendor)


def _failing(work: Work, contract: VendorContract) -> str | None:
    """Say what of a contract's condition does not hold; None where the contract covers the case."""
    covers = contract.covers
    if covers is None:
        return None
    case = rules.knowing(work, work.snapshot(), facts_in(covers))
    if work.process.covers[contract.vendor](case):
        return None
    return ", ".join(dict.fromkeys(map(str, covers.failing(case, work.process.priorities))))


_CEILING: Final = "refused.vendor_ceiling"


def _too_much(work: Work, vendor: str) -> Reason | None:
    count, ceiling = _said_today(work, vendor), _ceiling(work, vendor)
    return None if count < ceiling else Reason(_CEILING, {"vendor": vendor, "count": count, "limit": ceiling})


def _ceiling(work: Work, vendor: str) -> int:
    contract = contract_with(work, vendor)
    return MESSAGES_A_DAY if contract is None else contract.messages_a_day


def _said_today(work: Work, vendor: str) -> int:
    """Count what a vendor was told about the case in the last 24 hours, requests included."""
    return sum(
        work.at - instant < DAY
        for ticket in work.draft.vendor_tickets
        if ticket.vendor == vendor
        for instant in (ticket.requested_at, *ticket.told_at)
    )


# -- words


def tell_vendor(work: Work, command: TellVendor) -> None:
    """Say something on the open ticket at a vendor."""
    ticket = must_have_ticket(work, command.trigger, command.vendor)
    files = _files(work, command.trigger, command.attachments)
    if command.purpose == "message" and not command.text and not files:
        raise InputError(work.case_id, "text", "is empty; say something, or name attachments")
    too_much = _too_much(work, command.vendor)
    if too_much is not None:
        work.forbid(work.refuse(command.trigger, too_much.code, **too_much.params))
    _say(work, ticket, command.purpose, command.text, files)


def must_have_ticket(work: Work, trigger: str, vendor: str) -> VendorTicket:
    """Give the open ticket at a vendor; without one, what was asked for is refused."""
    ticket = open_ticket_at(work.draft, vendor)
    if ticket is None:
        raise work.refuse(trigger, "refused.absent", what="an open ticket at", which=vendor)
    return ticket


_WORDS: Final = {"reminder": "vendor.reminder", "escalation": "vendor.escalation", "withdrawal": "vendor.withdrawal"}
"""In which words a vendor is told what nobody has put into words of their own."""


def _say(
    work: Work, ticket: VendorTicket, purpose: str, text: str, files: Sequence[Attachment], *, words: str = ""
) -> None:
    words = words or _WORDS.get(purpose, "")
    last = purpose != "withdrawal" and _is_last(work, ticket)
    work.emit(
        happened.VendorTold, vendor=ticket.vendor, key=ticket.key, purpose=purpose, text=text, last=last,
        attachments=tuple(file.id for file in files),
    )  # fmt: skip
    said = text or (str(Reason(words)) if words else "")
    work.message_vendor(ticket.vendor, ticket.key, purpose, said, attachments=tuple(files))
    if last:
        ceiling = _ceiling(work, ticket.vendor)
        work.notify("manager", Reason("vendor.ceiling", {"vendor": ticket.vendor, "limit": ceiling}))


def _is_last(work: Work, ticket: VendorTicket) -> bool:
    """Whether this reaches the ceiling of a day, and management has not heard of that for a day."""
    told = [one.ceiling_at for one in work.draft.vendor_tickets if one.vendor == ticket.vendor and one.ceiling_at]
    recently = any(work.at - instant < DAY for instant in told)
    return not recently and _said_today(work, ticket.vendor) + 1 >= _ceiling(work, ticket.vendor)


def tell_of_unreached(work: Work, ticket: VendorTicket) -> None:
    """Tell management in place of a vendor that does not even have the request, and could not be late with it."""
    since = ticket.requested_at.isoformat()
    work.tell_management(Reason("vendor.not_told", {"vendor": ticket.vendor, "since": since}))


# -- not needed any more


def take_back(work: Work, ticket: VendorTicket, text: str = "") -> None:
    """Take a request back; the case stays where it is."""
    _say(work, ticket, "withdrawal", text, ())
    work.emit(happened.VendorWithdrawn, vendor=ticket.vendor, key=ticket.key)


def withdraw_all(work: Work) -> None:
    """Take back, of a case that has ended, what its vendors need not do any more, where their contracts say so."""
    for ticket in work.draft.vendor_tickets:
        contract = contract_with(work, ticket.vendor)
        if ticket.is_live and contract is not None and contract.withdraw:
            take_back(work, ticket)
