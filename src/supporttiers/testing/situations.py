"""Situations: what a policy is asked about, with everything that a test does not care about filled in."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final, Unpack

import attrs

from supporttiers._engine.asking import SAMPLES
from supporttiers._fields import instance_of, optional, type_name
from supporttiers.actors import SYSTEM, Actor
from supporttiers.cases import Case, Place, fold
from supporttiers.commands import COMMANDS, Command, CountAffected, VendorUnreachable, VendorUpdate
from supporttiers.decisions import Situation
from supporttiers.errors import InputError
from supporttiers.events import CaseOpened, Event
from supporttiers.facts import plain_fact
from supporttiers.links import VendorStatus
from supporttiers.process import SupportProcess
from supporttiers.testing._case_fields import CaseFields, instant, listed, must, near, texts, value_of
from supporttiers.testing.builders import AGENT, CUSTOMER, NOON
from supporttiers.tiers import entry_level

__all__ = ["CaseFields", "a_command", "situation"]


def situation(
    *,
    command: Command | str | None = None,
    now: datetime | str | None = None,
    facts: Mapping[str, object] | None = None,
    event: Event | None = None,
    process: SupportProcess | None = None,
    by: Actor | str | None = None,
    trigger: str | None = None,
    to: Place | int | None = None,
    limit: str | None = None,
    exclude: Iterable[str] = (),
    skipped: Iterable[int] = (),
    **case: Unpack[CaseFields],
) -> Situation:
    """
    Make what a policy is asked about; whatever is left out is as ordinary as can be.

    >>> situation(category="printing").case.category
    'printing'
    >>> situation(command="escalate", by="bob", facts={"plan": "gold"}).facts["plan"]
    'gold'

    Args:
        command: What is being carried out: a command, or the verb of one; None where time acts.
        now: The instant of judgement, aware or as an ISO 8601 text; by default that of the command or event, else a
            Monday at noon in UTC.
        facts: What the policy needs from outside, by name; conditions see them, too (`facts.plan`).
        event: What has just happened, for `react`. Of a `CaseOpened` the case is the one that it opens.
        process: Whose tiers, teams, priorities and calendars there are; a default one, where you leave it out, which
            has an opinion on none of the fields.
        by: Who acts, as an actor or the id of an agent; by default whoever gives the command, else the system.
        trigger: The verb that is being asked about; by default that of the command, and `react` with an event.
        to: Where the case would go, as a place or the level of a tier; by default where the command says.
        limit: The limit whose target is asked for.
        exclude: Agents who are not to be chosen.
        skipped: The levels of the tiers that the case would pass over.
        **case: Fields of the case; instants may be texts, and statuses and kinds their words.

    Returns:
        A situation of a new case: at the lowest staffed tier, queued, opened now.

    Raises:
        InputError: There is no such field, verb or place, or a value cannot be so; the error names it, and what is
            possible.

    .. versionadded:: 0.1.0
    """
    house = _default() if process is None else _a_process(process)
    actor = Actor.agent(by) if isinstance(by, str) else by
    must("by", optional(instance_of(Actor, "an Actor, or the id of an agent"))(actor))
    must("event", optional(instance_of(Event, "an event, such as CaseResolved(...)"))(event))
    must("command", optional(instance_of((Command, str), "a command, or a verb such as 'escalate'"))(command))
    given = None if isinstance(command, str) else command
    said = _said_at(now, given, event)
    known = _plain(facts)
    about = _a_case(house, case, event, said, known, judged=process is not None)
    if isinstance(command, str):
        given = a_command(command, about, by=actor or AGENT)
    place = Place(to) if isinstance(to, int) else to
    must("to", optional(instance_of(Place, "a Place, or the level of a tier"))(place))
    return Situation(
        case=about, command=given, now=said, facts=known, event=event, limit=limit, exclude=texts("exclude", exclude),
        skipped=tuple(skipped), calendars=house.calendars_by_name, to=place or _goal(given),
        by=actor or next((cause.by for cause in (given, event) if cause is not None), SYSTEM),
        trigger=_trigger(given, event) if trigger is None else trigger,
    )  # fmt: skip


# -- commands

_MORE_SAMPLES: Final[Mapping[type[Command], Mapping[str, Any]]] = {
    VendorUpdate: {"vendor": "a vendor", "key": "T-1:1", "status": VendorStatus.OPEN},
    VendorUnreachable: {"vendor": "a vendor", "key": "T-1:1", "since": NOON},
    CountAffected: {"other": "another case", "counts": True},
}
_VERBS: Final = {kind.trigger: kind for kind in COMMANDS}


def a_command(verb: str, case: Case, *, by: Actor = AGENT) -> Command:
    """
    Make the command of a verb, with something in each field that it cannot do without.

    >>> a_command("wait", situation().case).trigger
    'wait'

    Raises:
        InputError: There is no such verb.
    """
    kind = _VERBS.get(verb)
    if kind is None:
        possible = f"{near(verb, _VERBS)}possible are: {listed(_VERBS)}"
        raise InputError("", "command", f"{verb[:40]!r} is no verb; {possible}")
    sample = SAMPLES.get(kind) or _MORE_SAMPLES.get(kind, {})
    return kind(case_id=case.id, by=by, **sample)


def _goal(command: Command | None) -> Place | None:
    tier = getattr(command, "tier", None)
    return None if tier is None else Place(tier, getattr(command, "team", None))


def _said_at(now: object, command: Command | None, event: Event | None) -> datetime:
    """Give the instant of judgement: the first that is said."""
    if now is not None:
        said: datetime = instant("now", now)
        return said
    moments = (cause.at for cause in (command, event) if cause is not None)
    return next((moment for moment in moments if moment is not None), NOON)


def _trigger(command: Command | None, event: Event | None) -> str:
    if event is not None:
        return "react"
    return "" if command is None else command.trigger


# -- the case


@cache
def _default() -> SupportProcess:
    return SupportProcess.default()


def _a_process(process: object) -> SupportProcess:
    if not isinstance(process, SupportProcess):
        problem = f"must be a SupportProcess, not {type_name(process)}; SupportProcess.from_toml(path) reads a file"
        raise InputError("", "process", problem)
    return process


def _a_case(
    process: SupportProcess, given: Mapping[str, Any], event: Event | None, now: datetime,
    facts: Mapping[str, object], *, judged: bool,
) -> Case:  # fmt: skip
    """Make the case: that which an event opens, or an ordinary one, with what was given in place of its fields."""
    said = {name: value_of(name, value) for name, value in given.items()}
    before = fold(None, event) if isinstance(event, CaseOpened) else _ordinary(process, said, event, now)
    made = attrs.evolve(before, **said, facts={**before.facts, **facts})
    if judged:
        _judge(process, made)
    return made


def _ordinary(process: SupportProcess, said: Mapping[str, Any], event: Event | None, now: datetime) -> Case:
    level = said.get("tier", entry_level(process.tiers))
    teams = next((tier.teams for tier in process.tiers if tier.level == level), ())
    opened = CaseOpened(
        case_id="T-1" if event is None else event.case_id, version=1, at=said.get("opened_at", now), by=CUSTOMER,
        tenant="default", process=process.name, revision="r1", tier=level, team=next(iter(teams), None),
        requester=CUSTOMER.id, priority=process.default_priority_name,
    )  # fmt: skip
    return fold(None, opened)


def _judge(process: SupportProcess, case: Case) -> None:
    """Refuse what a case of the process cannot have."""
    levels = process.tiers_by_level
    if case.tier not in levels:
        raise InputError("", "tier", f"is {case.tier}; process {process.name!r} has: {listed(map(str, levels))}")
    teams = levels[case.tier].teams
    if case.team is not None and case.team not in teams:
        raise InputError("", "team", f"is {case.team!r}; tier {case.tier} has: {listed(teams)}")
    if case.priority is not None and case.priority not in process.priorities:
        raise InputError("", "priority", f"is {case.priority!r}; possible are: {listed(process.priorities)}")


# -- facts


class _Given(dict[str, object]):
    """Facts by name; one that was not given is told as such."""

    def __missing__(self, name: str) -> object:
        message = f"situation() was given no fact {name!r} (it has: {listed(self)}); add facts={{{name!r}: ...}}"
        raise KeyError(message)


def _plain(facts: object) -> _Given:
    given = {} if facts is None else facts
    if not isinstance(given, Mapping):
        raise InputError("", "facts", f"must be a table by name, such as {{'plan': 'gold'}}, not {type_name(facts)}")
    found = _Given()
    for name, value in given.items():
        try:
            found[name] = plain_fact(value)
        except ValueError:
            raise InputError("", "facts", f"under {name!r} has what is no plain data of at most 64 KiB") from None
    return found
