"""What policies are asked in their suite, and what they may answer."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, get_args

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import type_name
from supporttiers.actors import SYSTEM, Actor
from supporttiers.calendars.targets import Target
from supporttiers.cases import Case, Place, fold_all
from supporttiers.commands import COMMANDS, Command, Open
from supporttiers.decisions import Destination, FollowUp, Hold, Later, Refusal, Situation
from supporttiers.events import Event
from supporttiers.protocols import methods_of
from supporttiers.testing.builders import AGENT, CUSTOMER, every_event
from supporttiers.testing.situations import a_command, situation
from supporttiers.tiers import Status

# -- what is asked

_ACTORS: Final = (CUSTOMER, AGENT, Actor.manager("mia", roles=["manager"]), SYSTEM)
_MOVES: Final = ("escalate", "hand_back", "transfer", "reopen")
Asked = tuple[str, Situation]
"""A method, and the situation about which it is asked."""


def asked_of(policy: Any) -> Sequence[Asked]:  # noqa: ANN401 - any policy
    """Give what a policy is asked: each of its methods, in situations as the engine has them."""
    return [(method, each) for method in methods_of(policy) for each in _SITUATIONS[method](policy)]


def _moments() -> Iterator[tuple[Case, Event]]:
    """Give each moment of an eventful life: the case as it is after an event, and the event."""
    case: Case | None = None
    for event in every_event(tenant="default"):
        case = fold_all(case, [event])
        assert case is not None
        yield case, event


def _about(case: Case, event: Event, /, **more: Any) -> Situation:  # noqa: ANN401 - any field
    return attrs.evolve(situation(now=event.at), **{"case": case, "by": event.by, **more})


def _plainly(_policy: object) -> Iterator[Situation]:
    """Ask about new cases, as they are opened, and about others."""
    for category in (None, "printing", "network"):
        for priority in ("low", "critical"):
            asked = situation(category=category, priority=priority, customer="c-1", channel="chat", impact="high")
            opening = Open(by=CUSTOMER, case_id=asked.case.id, category=category)
            yield attrs.evolve(asked, command=opening, by=CUSTOMER)
    for case, event in _moments():
        yield _about(case, event)


def _of_limits(policy: object) -> Iterator[Situation]:
    for asked in _plainly(policy):
        for limit in ("resolve", "response", "tier 1"):
            yield attrs.evolve(asked, limit=limit)


def _of_people(policy: object) -> Iterator[Situation]:
    for asked in _plainly(policy):
        yield asked
        yield attrs.evolve(asked, exclude=("bob",))


def _of_commands(policy: Any) -> Iterator[Situation]:  # noqa: ANN401
    """Ask about every verb, in every status, by everybody."""
    verbs = getattr(policy, "verbs", [kind.trigger for kind in COMMANDS])
    for case, event in _one_of_each_status():
        for verb in (kind.trigger for kind in COMMANDS if kind.trigger in verbs):
            to = Place(case.tier + 2) if verb in _MOVES else None
            for actor in _ACTORS:
                command = a_command(verb, case, by=actor)
                yield _about(
                    case, event, command=command, by=actor, trigger=verb, to=to,
                    skipped=() if to is None else (case.tier + 1,),
                )  # fmt: skip


def _one_of_each_status() -> Iterator[tuple[Case, Event]]:
    found: dict[Status, tuple[Case, Event]] = {}
    for case, event in _moments():
        found.setdefault(case.status, (case, event))
    return iter(found.values())


def _of_events(_policy: object) -> Iterator[Situation]:
    for case, event in _moments():
        yield _about(case, event, event=event, trigger="react")


def _of_ends(_policy: object) -> Iterator[Situation]:
    for case, event in _moments():
        if not case.is_open:
            for to in (Place(1), None):
                command = a_command("reopen", case, by=CUSTOMER)
                yield _about(case, event, command=command, by=CUSTOMER, trigger="reopen", to=to)


_SITUATIONS: Final[Mapping[str, Callable[[Any], Iterable[Situation]]]] = {
    "route": _plainly,
    "assign": _of_people,
    "prioritise": _plainly,
    "permit": _of_commands,
    "target": _of_limits,
    "react": _of_events,
    "reopen": _of_ends,
    "dispatch": _plainly,
}

# -- what is answered


def problem_of(method: str, answer: Any, priorities: Sequence[str]) -> str | None:  # noqa: ANN401 - anything may come
    """Say what is wrong with an answer; None where the engine takes it."""
    if answer is None:
        return None
    if method == "react":
        return _wishes(answer)
    kind = _KINDS[method]
    if not isinstance(answer, kind):
        return f"{method}() gave {type_name(answer)}; possible are {_listed(kind)} and None"
    problem = _WORDS[method](answer, priorities) if method in _WORDS else None
    return f"{method}() gave what {problem}" if problem else None


_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "route": (Destination,), "assign": (str,), "prioritise": (str,), "permit": (Refusal, Hold),
    "target": get_args(Target), "reopen": (FollowUp, Refusal), "dispatch": (str,),
}  # fmt: skip
_WORDS: Final[Mapping[str, Callable[[Any, Sequence[str]], str | None]]] = {
    "assign": lambda answer, _: fields.name(answer),
    "dispatch": lambda answer, _: fields.name(answer),
    "prioritise": lambda answer, priorities: fields.one_of(priorities)(answer),
    "target": lambda answer, _: fields.positive_duration(answer) if isinstance(answer, timedelta) else None,
}


def _wishes(answer: object) -> str | None:
    if isinstance(answer, Command | Later) or not isinstance(answer, Iterable):
        return f"react() gave {type_name(answer)}; possible is a list of commands"
    wrong = next((wish for wish in answer if not isinstance(wish, Command | Later)), None)
    return None if wrong is None else f"react() gave a list with {type_name(wrong)}; possible are a Command or Later"


def _listed(kinds: Iterable[type]) -> str:
    return ", ".join(kind.__name__ for kind in kinds)
