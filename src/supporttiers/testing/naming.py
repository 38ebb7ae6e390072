"""
Names in tests: those of reasons, vendors and people, held against what a process, its people and the library know.

A misspelt name breaks nothing: a rule about somebody whom nobody tells always holds. So it is found by its looks.
"""

import re
from collections.abc import Iterable, Iterator
from os import PathLike
from typing import Any, Final

from supporttiers._fields import nearest
from supporttiers.backends.directory import ON_THE_STORE, House, directory_of
from supporttiers.effects import RECIPIENTS
from supporttiers.errors import DirectoryError, Fault
from supporttiers.match import Match
from supporttiers.match import tests_of as comparisons_in
from supporttiers.monitors import Disclosed, Monitor, Told
from supporttiers.monitors.courses import REQUESTER
from supporttiers.process import SupportProcess
from supporttiers.reasons import CODES

_NOTIFY: Final = "notify:"
_ALIKE: Final = 0.8
_SHOWN: Final = 20
_LONGEST: Final = 80


def misnamed(
    process: SupportProcess,
    watched: Monitor | Told | Disclosed | Match,
    people: Iterable[str] = (),
    *,
    vendors: Iterable[str] = (),
) -> tuple[Fault, ...]:
    """
    Find names that are probably misspelt.

    >>> from supporttiers.monitors import never
    >>> for fault in misnamed(SupportProcess.default(), never(Told("manger", reason="move.limt"))):
    ...     print(fault)
    told.to: 'manger' is not known here; did you mean 'manager'?
    told.reason: 'move.limt' is no code of a reason; did you mean 'move.limit'?

    Args:
        process: Whose vendors there are, and whom its limits, rules and messages tell.
        watched: A monitor, or what is watched of who is told.
        people: Who is known besides: people, teams and roles, as `names_in` gives them.
        vendors: Which vendors there are besides.

    Returns:
        A fault for each name, its place within what is watched: `told.to`, `told.reason`, `disclosed`, or the field of
        a condition on the case, such as `match.team` or `when.vendors`. People of whom nothing is known are none, nor
        are teams and vendors in conditions, unless their name is nearly one that is known.
    """
    conditions = watched.conditions if isinstance(watched, Monitor) else (watched,)
    when = watched.when if isinstance(watched, Monitor) else None
    known, found = (*known_to(process), *people), list[Fault]()
    found += _of_match(process, when, "when", vendors)
    for condition in conditions:
        if isinstance(condition, Told):
            found += [Fault("told.to", said) for said in _said(problem_of_person, condition.to, known)]
            found += [Fault("told.reason", said) for said in _said(problem_of_reason, condition.reason)]
        elif isinstance(condition, Disclosed):
            problems = (problem_of_vendor(process, name, (REQUESTER, *vendors)) for name in condition.to or ())
            found += [Fault("disclosed", said) for said in problems if said]
        else:
            found += _of_match(process, condition, "match", vendors)
    return tuple(found)


def _of_match(process: SupportProcess, match: Match | None, place: str, vendors: Iterable[str]) -> Iterator[Fault]:
    """Find teams and vendors in a condition that are probably called otherwise."""
    known = {
        "team": {team for tier in process.tiers for team in tier.teams},
        "vendors": {*process.named_vendors.names, *vendors},
    }
    for test in () if match is None else comparisons_in(match):
        for value in test.values if test.field in known else ():
            problem = problem_of_person(value, known[test.field]) if isinstance(value, str) else None
            if problem:
                yield Fault(f"{place}.{test.field}", problem)


def _said(problem_of: Any, names: tuple[str, ...] | None, *more: Any) -> Iterator[str]:  # noqa: ANN401 - one of those below
    return (said for said in (problem_of(name, *more) for name in names or ()) if said)


# -- one name


def problem_of_reason(code: str) -> str | None:
    """Say that a code is none: of a family of ours that has no such member; other families are those of plugins."""
    family = code.partition(".")[0]
    members = [known for known in CODES if known.startswith(f"{family}.")]
    near = nearest(code, CODES, cutoff=0.6 if members else _ALIKE)
    if code in CODES or not (members or near):
        return None
    hint = f"did you mean {near!r}?" if near else f"possible are: {_listed(members)}"
    return f"{code[:_LONGEST]!r} is no code of a reason; {hint}"


def problem_of_vendor(process: SupportProcess, name: str, more: Iterable[str] = ()) -> str | None:
    """Say that a vendor is none of a process; where a policy of one's own chooses vendors, only that it is misspelt."""
    known = sorted({*process.named_vendors.names, *more})
    near = nearest(name, known, cutoff=_ALIKE)
    if name in known or (process.named_vendors.chooses and near is None):
        return None
    hint = f"did you mean {near!r}? " if near else ""
    return f"{name[:_LONGEST]!r} is no vendor of the process; {hint}possible are: {_listed(known) or 'none'}"


def problem_of_person(name: str, known: Iterable[str]) -> str | None:
    """Say that somebody is probably called otherwise: a name of the house's own looks like any other."""
    words = set(known)
    near = None if name in words else nearest(name, sorted(words), cutoff=_ALIKE)
    if near is None or _without_number(near) == _without_number(name):  # agent-1 and agent-2 are two
        return None
    return f"{name[:_LONGEST]!r} is not known here; did you mean {near!r}?"


def _without_number(name: str) -> str:
    return re.sub(r"\d+", "", name)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")


# -- who is known


def known_to(process: SupportProcess) -> tuple[str, ...]:
    """
    Give the names that a process and the library tell people by: roles, teams, and words of the house's own.

    >>> known_to(SupportProcess.default())[:3]
    ('assignee', 'owner', 'team')
    """
    actions = [action for limit in process.limits for threshold in limit.thresholds for action in threshold.do]
    actions += [action for contract in process.contracts for action in contract.actions]
    told = [action.argument for action in actions if action.verb == "notify"]
    told += [message.to for message in process.messages if message.to is not None]
    told += [team for tier in process.tiers for team in tier.teams]
    for policy in process.policies:
        told += _of_policy(policy)
    return tuple(dict.fromkeys((*RECIPIENTS, *told)))


def _of_policy(policy: object) -> Iterator[str]:
    """Give whom a policy tells, and to whom it leaves something."""
    for wish in _members(policy, "do"):
        if isinstance(wish, str) and wish.startswith(_NOTIFY):
            yield wish.removeprefix(_NOTIFY)
    for step in _members(policy, "steps"):
        yield from (tell for tell in [getattr(step, "tell", None)] if isinstance(tell, str))
    for rule in _members(policy, "rules"):
        for field in ("roles", "approvers"):
            yield from (name for name in _members(rule, field) if isinstance(name, str))


def _members(part: object, field: str) -> tuple[object, ...]:
    found = getattr(part, field, ())
    return found if isinstance(found, tuple) else ()


def names_in(directory: object) -> tuple[str, ...]:
    """
    Give the people, teams and roles that stand in a file of people; nothing where they are kept elsewhere.

    Args:
        directory: As for `Rehearsal`: the path of a file, a directory, or None.
    """
    if isinstance(directory, str | PathLike) and directory != ON_THE_STORE:
        try:
            directory = directory_of(directory, None)  # type: ignore[arg-type] # a file needs no store
        except DirectoryError:  # which is told by whoever sets the stage
            return ()
    if not isinstance(directory, House):
        return ()
    found: list[str] = [*getattr(directory, "_teams", ())]
    for agent in directory._agents.values():  # noqa: SLF001 - a directory has nothing that gives everybody
        found += [agent.id, *agent.teams, *agent.on_call, *agent.manages, *agent.roles]
    return tuple(dict.fromkeys(found))
