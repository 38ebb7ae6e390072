"""
An observing process: what its rules would have done is tried out, put on record, and not done.

Rules act through `by_rule`, so that there is one place that lets them, and one that does not. Effects are withheld
where a step ends, whoever asked for them.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from supporttiers import events as happened
from supporttiers._engine.work import Mark, Work
from supporttiers.effects import DispatchToVendor, Effect, MessageVendor, Notify, Tell, TellLinked
from supporttiers.errors import MoveRefusedError, NotPermittedError
from supporttiers.events import Event
from supporttiers.reasons import Reason


def by_rule(work: Work, act: Callable[[], object]) -> object:
    """
    Let a rule act.

    An observing process lets it act on trial: what came of it is put on record, and taken back.

    Args:
        work: The work on the case.
        act: What the rule does to it.

    Returns:
        What *act* gives; None where it was only tried out.
    """
    if not work.observes:
        return act()
    before, judged, why = work.mark(), work.judged, work.reason
    work.trying, refusal = True, None
    try:
        act()
    except (MoveRefusedError, NotPermittedError) as error:
        refusal = error
    finally:
        work.trying = False
    _withhold(work, before, why)
    work.judged = judged
    if refusal is not None:
        work.forbid(refusal)
    return None


def _withhold(work: Work, before: Mark, why: Reason | None) -> None:
    """Take back what came of a trial, and put it on record."""
    _, events, effects = before
    tried, wanted = work.events[events:], work.effects[effects:]
    work.take_back(before)
    for event in tried:
        kind = type(event)
        if kind in _REFUSED:
            work.observed.append((kind, _fields_of(event)))
        elif not issubclass(kind, _SILENT):
            verb, field = _VERBS.get(kind, (_snake(kind.__name__), ""))
            work.withhold(verb, getattr(event, field, ""), event.reason, facts=event.facts)
    _withhold_effects(work, wanted, work.reason or why)  # a reaction has put its own away by now


def _withhold_effects(work: Work, effects: list[Effect], reason: Reason | None) -> None:
    for effect in effects:
        verb, argument = _described(effect)
        work.withhold(verb, argument, getattr(effect, "reason", reason))


def record(work: Work) -> None:
    """End a step: put on record what an observing process would have done or refused, and keep back what it sends."""
    if not work.process.observes:
        return
    _withhold_effects(work, work.effects, None)
    work.effects.clear()
    for kind, fields in work.observed:
        work.by_time(work.at, None)
        work.emit(kind, **fields)
    work.observed.clear()


# -- in the words of a process file

_VERBS: Final[Mapping[type[Event], tuple[str, str]]] = {
    happened.CaseStarted: ("start", ""),
    happened.CaseReleased: ("release", ""),
    happened.CaseAssigned: ("assign", "assignee"),
    happened.CaseReplied: ("reply", ""),
    happened.CaseNoted: ("note", ""),
    happened.CaseEscalated: ("escalate", "tier"),
    happened.CaseHandedBack: ("hand_back", "tier"),
    happened.CaseTransferred: ("transfer", "team"),
    happened.WaitStarted: ("wait", "wait_reason"),
    happened.CaseResumed: ("resume", ""),
    happened.CaseResolved: ("resolve", ""),
    happened.CaseReopened: ("reopen", "tier"),
    happened.FollowUpOpened: ("follow_up", ""),
    happened.CaseClosed: ("close", ""),
    happened.CaseCancelled: ("cancel", ""),
    happened.CaseAmended: ("amend", "priority"),
    happened.CaseLinked: ("link", ""),
    happened.WatchersAdded: ("watch", ""),
    happened.CaseRedacted: ("redact", ""),
}
"""The verb that leads to each event, and the field that says where to, to whom or what; others go by their names."""

_SILENT: Final = (
    happened.StopwatchEvent, happened.ScheduleEnded, happened.VendorDispatched, happened.VendorTold,
    happened.VendorWithdrawn, happened.ManagementInformed, happened.PeopleInformed,
)  # fmt: skip
"""What follows by itself, and what the effect beside it says."""

_SAID: Final = {
    "message": "tell_vendor", "reminder": "remind", "escalation": "escalate_at", "withdrawal": "withdraw",
}  # fmt: skip
"""By which word a rule says something to a vendor, by its purpose."""

_REFUSED: Final = (happened.ActionRefused, happened.ReactionRefused)
"""What the process would have refused its own rules: it stands as it is."""

_SET_ANEW: Final = frozenset({"case_id", "version", "at", "by", "occurred_at"})


def _fields_of(event: Event) -> dict[str, Any]:
    kind: Any = type(event)
    return {field.name: getattr(event, field.name) for field in attrs.fields(kind) if field.name not in _SET_ANEW}


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _described(effect: Effect) -> tuple[str, str]:
    """Say what was to be sent, and to whom."""
    match effect:
        case Notify(to=to):
            return "notify", to
        case DispatchToVendor(vendor=vendor):
            return "dispatch", vendor
        case MessageVendor(vendor=vendor, purpose=purpose):
            return _SAID[purpose], vendor
        case Tell(command=command):
            return "tell", f"{command.trigger} {command.case_id}"
    assert isinstance(effect, TellLinked)  # noqa: S101 - the last kind; for the type checker
    return "tell_linked", f"{effect.command.trigger} {effect.link}"
