"""Reactions: what policies want done because of what has just happened, at once or later."""

from datetime import datetime
from functools import lru_cache, partial
from typing import Final

import attrs

from supporttiers import events as happened
from supporttiers._engine import linking, rules
from supporttiers._engine.clocks import update_clocks
from supporttiers._engine.observing import by_rule
from supporttiers._engine.verbs import carry_out
from supporttiers._engine.work import Work
from supporttiers.actors import SYSTEM
from supporttiers.commands import Command, Scheduled
from supporttiers.decisions import Later
from supporttiers.errors import CaseError
from supporttiers.match import Match, Predicate
from supporttiers.reasons import Reason

MAX_CHAINED: Final = 16
"""So many commands may follow from one another at one instant; the rest is dropped, and management is told."""


def react(work: Work, since: int) -> None:
    """Let policies and links react to the events from a place on, those that follow from it included."""
    if work.draft.scheduled:
        drop_scheduled(work)
    if work.process.asked("react"):
        _ask(work, since)
    linking.spread(work, since)
    work.forget_used()  # what was asked about and led to nothing belongs to no later event


def _ask(work: Work, since: int) -> None:
    carried_out = 0
    place = since
    while place < len(work.events):
        event = work.events[place]
        place += 1
        for policy, wish in list(rules.reactions(work, event)):
            if carried_out == MAX_CHAINED:
                by_rule(work, partial(_tell_of_chain, work, policy))
                return
            carried_out += _grant(work, policy, wish)


def _tell_of_chain(work: Work, policy: str) -> None:
    why = Reason("react.chain", {"policy": policy, "limit": MAX_CHAINED})
    work.by_time(work.at, why)
    work.tell_management(why)


def _grant(work: Work, policy: str, wish: Command | Later) -> bool:
    """Do what a policy wants, or see to it that it is done later; say whether that changed anything."""
    before = len(work.events) + len(work.effects)
    why = Reason("react.policy", {"policy": policy})
    command = wish.command if isinstance(wish, Later) else wish
    if isinstance(wish, Later) and wish.at > work.at:
        _schedule(work, wish, why)
    elif command.case_id != work.case_id:
        work.tell(attrs.evolve(command, at=work.at, by=SYSTEM))
    else:
        work.by_time(work.at, why)
        by_rule(work, partial(_try, work, command, policy))
    return len(work.events) + len(work.effects) > before


def _schedule(work: Work, wish: Later, why: Reason) -> None:
    scheduled = Scheduled(
        name=wish.name, due_at=wish.at, command=attrs.evolve(wish.command, at=None, by=SYSTEM),
        while_status=wish.while_status or (work.draft.status,), when=wish.when,
    )  # fmt: skip
    if scheduled not in work.draft.scheduled:
        work.by_time(work.at, why)
        work.emit(happened.CommandScheduled, scheduled=scheduled)


def _try(work: Work, command: Command, policy: str) -> None:
    """Carry out a command of a policy's; a refusal is recorded, and management is told."""
    command = attrs.evolve(command, at=None, by=SYSTEM, expected_version=None, idempotency_key=None)
    before, used = work.mark(), work.used
    try:
        carry_out(work, command)
    except CaseError as refusal:
        work.take_back(before)
        work.forget_used(but=used)
        refused = Reason("react.refused", {"policy": policy, "trigger": command.trigger, "why": str(refusal.reason)})
        work.emit(happened.ReactionRefused, policy=policy, trigger=command.trigger, reason=refused)
        work.notify("manager", refused)
    work.reason = None
    update_clocks(work)
    drop_scheduled(work)


def drop_scheduled(work: Work) -> None:
    """Drop what was to be done later if the case no longer is as it was meant to be."""
    for scheduled in work.draft.scheduled:
        if work.draft.status not in scheduled.while_status or not _still_meant(work, scheduled):
            work.emit(happened.ScheduleEnded, name=scheduled.name, dropped=True)


def _still_meant(work: Work, scheduled: Scheduled) -> bool:
    return scheduled.when is None or _compiled(scheduled.when, work.process.priorities)(work.draft)


@lru_cache(maxsize=256)  # asked after every command, for as long as something is to be done later
def _compiled(match: Match, priorities: tuple[str, ...]) -> Predicate:
    return match.compile(priorities)


def carry_out_scheduled(work: Work, place: int, at: datetime) -> None:
    """Carry out what was to be done at this instant."""
    scheduled = work.draft.scheduled[place]
    why = Reason("move.scheduled", {"name": scheduled.name})
    work.by_time(at, why)
    work.emit(happened.ScheduleEnded, name=scheduled.name)
    by_rule(work, partial(_try, work, scheduled.command, scheduled.name))
