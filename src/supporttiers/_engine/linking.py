"""What travels along links: cascades, how many cases a known issue affects, and cases that go on with others."""

from hashlib import sha256

from supporttiers import events as happened
from supporttiers._engine.work import Work, known_issues_of
from supporttiers._fields import MAX_ID
from supporttiers.actors import SYSTEM, ActorKind
from supporttiers.commands import Command, CountAffected, LinkCase, Open, Reopen, Reply, Unlink
from supporttiers.effects import TellLinked
from supporttiers.links import FOLLOWS, Link
from supporttiers.reasons import Reason

# -- links


def unlink(work: Work, command: Unlink) -> None:
    """Take a link back."""
    link = command.link
    if link not in work.draft.links:
        raise work.refuse("unlink", "refused.absent", what=link.kind, which=link.case_id)
    work.emit(happened.CaseUnlinked, link=link)


def count_affected(work: Work, command: CountAffected) -> None:
    """Count one case more or less; what was never counted is not taken away."""
    total = max(0, work.draft.affected + (1 if command.counts else -1))
    work.emit(
        happened.AffectedCounted, other=command.other, counts=command.counts, total=total,
        peak=total > work.draft.most_affected,
    )  # fmt: skip


# -- what others are told


def spread(work: Work, since: int) -> None:
    """Let other cases know what the events from a place on mean to them."""
    if work.draft.links or work.counted:
        _tell_known_issues(work)
    if work.process.cascades:
        _cascade(work, since)


def _tell_known_issues(work: Work) -> None:
    """Let known issues count this case while it is open and linked to them, each change once."""
    before, after = work.counted, known_issues_of(work.draft)
    if before == after:
        return
    work.counted = after
    for case_id in sorted(before ^ after):
        work.tell(
            CountAffected(case_id=case_id, by=SYSTEM, at=work.at, other=work.case_id, counts=case_id in after)
        )  # fmt: skip


def _cascade(work: Work, since: int) -> None:
    for event in work.events[since:]:
        for cascade, holds in work.process.cascades_by_event.get(type(event), ()):
            if cascade.is_about(event) and holds(work.draft):
                for command in cascade.commands(work.draft):
                    work.effects.append(
                        TellLinked(
                            case_id=work.case_id, version=event.version, link=cascade.link, command=command,
                            among=cascade.among,
                        )
                    )  # fmt: skip


# -- cases that go on with others


def follow_up(work: Work, command: Command, text: str, why: Reason) -> None:
    """Have another case go on with the matter: one that does so already is told, else a new one is opened."""
    known = work.draft.follow_up
    if known is not None:
        if isinstance(command, Reopen):
            raise work.refuse("reopen", "refused.duplicate", what="follow-up case", which=known)
        work.tell(Reply(case_id=known, by=command.by, at=work.at, text=text))
        return
    new_id = _follow_up_id(work)
    work.emit(happened.FollowUpOpened, follow_up=new_id, reason=why)
    work.tell(_opening(work, new_id, command, text))
    work.tell(LinkCase(case_id=new_id, by=SYSTEM, at=work.at, link=Link(FOLLOWS, work.case_id)))


def _follow_up_id(work: Work) -> str:
    """Give an id that follows from what is known, so that a second telling opens no second case; no caller's own."""
    digest = sha256(f"{work.draft.tenant}/{work.case_id}/{work.version + 1}".encode()).hexdigest()
    readable = f"{work.case_id}-{digest[:12]}"
    return readable if len(readable) <= MAX_ID else digest


def _opening(work: Work, new_id: str, command: Command, text: str) -> Open:
    draft = work.draft
    weighed = bool(work.process.asked("prioritise"))
    # of a redacted case nobody knows any more who needed help; a customer who says so does
    asks = draft.requester == happened.REDACTED and command.by.kind is ActorKind.CUSTOMER
    return Open(
        case_id=new_id, by=command.by, at=work.at, reason=command.reason, subject=draft.subject, text=text,
        requester=command.by.id if asks else draft.requester, customer=draft.customer, process=draft.process,
        kind=draft.kind, category=draft.category, channel=getattr(command, "channel", None) or draft.channel,
        locale=draft.locale, impact=draft.impact, urgency=draft.urgency, priority=None if weighed else draft.priority,
        tags=draft.tags, attributes=draft.attributes,
    )  # fmt: skip
