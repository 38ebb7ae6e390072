"""A counterexample as a test: text for pytest that runs as it is, with nothing from the exploration."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import PurePath
from pprint import pformat
from typing import Any, Final

import attrs

from supporttiers._fields import duration_text
from supporttiers.actors import Actor, ActorKind
from supporttiers.commands import COMMANDS, Command
from supporttiers.events import Event, VendorDispatched
from supporttiers.match import Match
from supporttiers.monitors import Disclosed, Monitor, Told
from supporttiers.policies import BUILT_IN
from supporttiers.process import SupportProcess
from supporttiers.testing.exploring.alphabet import own_fields
from supporttiers.testing.exploring.findings import ADVANCE, VENDOR_UPDATE, Choice, Invariant
from supporttiers.testing.exploring.worlds import CASE_ID

_WIDTH: Final = 110
_OF_DIRECTORIES: Final = frozenset({"agents", "on_call", "manager", "workload"})
_HOMES: Final = {
    "supporttiers": ("Actor", "SupportProcess"),
    "supporttiers.calendars": ("WorkingHours",),
    "supporttiers.calendars.holidays": ("ClosedDates",),
    "supporttiers.commands": tuple(kind.__name__ for kind in COMMANDS),
    "supporttiers.facts": ("FactSource",),
    "supporttiers.links": ("Attachment", "Link"),
    "supporttiers.match": ("AtLeast", "AtMost", "Match", "Not"),
    "supporttiers.monitors": ("Either",),
    "supporttiers.testing": ("Disclosed", "Rehearsal", "ScriptedVendor", "Told", "always", "explore", "never"),
}


@attrs.frozen(kw_only=True)
class Scene:
    """
    What a test has to set up.

    Attributes:
        process: The process.
        path: The path of its file; None where it came as a value.
        start: When it begins.
        requester: Who opens the case.
        opening: What the case is opened with besides.
        facts: What is known from outside.
        actors: Who was named; None where nobody was.
        commands: What was to be done; None where nobody said.
        may_wait: Cases that may stand without a clock.
        ends: The statuses that are a proper end.
        looks_at: Fields that count besides.
    """

    process: SupportProcess
    path: str | None
    start: datetime
    requester: Actor
    opening: Mapping[str, object]
    facts: Mapping[str, object]
    actors: tuple[Actor, ...] | None
    commands: tuple[str | Command, ...] | None
    may_wait: Match | None
    ends: tuple[str, ...]
    looks_at: tuple[str, ...]


def test_text(
    scene: Scene, rule: Invariant | Monitor, choices: Sequence[Choice], events: Sequence[Event], *, left: int
) -> str:
    """
    Write a test that fails as an exploration has found it.

    Args:
        scene: What is set up.
        rule: What does not hold.
        choices: What is done.
        events: What becomes of it; the vendors in it are set up too.
        left: How deep one has to look from there to see that no way leads to an end.
    """
    body = "\n".join(_body(scene, rule, choices, events, left))
    used = set(re.findall(r"\b[A-Za-z_]+\b", body))
    lines = [f'"""A way in which this does not hold: {_plain(_rule_text(rule))}."""', ""]
    standard = ["import datetime"] if "datetime." in body else []
    standard += ["from pathlib import Path"] if "Path(__file__)" in body else []
    lines += [*standard, ""] if standard else []
    for home, names in sorted(_HOMES.items()):
        if found := [name for name in names if name in used]:
            lines.append(f"from {home} import {', '.join(found)}")
    lines += sorted(
        f"from {kind.__module__} import {kind.__qualname__}" for kind in _foreign(scene.process)
    )  # fmt: skip
    return "\n".join((*lines, "", body, ""))


def _rule_text(rule: Invariant | Monitor) -> str:
    return rule.says if isinstance(rule, Invariant) else str(rule)


def _plain(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', "'")


def _body(
    scene: Scene, rule: Invariant | Monitor, choices: Sequence[Choice], events: Sequence[Event], left: int
) -> Iterator[str]:
    yield from _process(scene)
    if isinstance(rule, Monitor):
        yield f"MONITOR = {monitor_text(rule)}"
    yield ""
    yield ""
    name = re.sub(r"\W+", "_", _rule_text(rule).lower()).strip("_")[:60].strip("_")
    yield f"def test_{name}():"
    yield f'    """It must hold: {_plain(_rule_text(rule))}."""'
    vendors = _vendors(scene.process, events)
    if vendors:
        yield f"    vendors = [{', '.join(f'ScriptedVendor({name!r})' for name in vendors)}]"
    given = [f"start={scene.start.isoformat()!r}"]
    given += ["monitors=[MONITOR]"] if isinstance(rule, Monitor) else []
    given += ["vendors=vendors"] if vendors else []
    yield f"    with Rehearsal(PROCESS, {', '.join(given)}{_sources(scene)}) as rehearsal:"
    opening = given_text(scene.opening)
    yield f"        story = rehearsal.open(by={by_text(scene.requester, requester=scene.requester)}{opening})"
    for choice in choices:
        yield from _done(choice, scene)
    if isinstance(rule, Invariant):
        depth = 0 if rule is Invariant.HAS_A_CLOCK else left
        asked = f"start=story, depth={depth}, invariants=[{rule.value!r}]{_asked(scene)}"
        yield f"        found = explore(PROCESS, {asked})"
        yield "        assert not found.counterexamples, str(found)"


def _process(scene: Scene) -> Iterator[str]:
    foreign = ", ".join(kind.__qualname__ for kind in _foreign(scene.process))
    classes = f", policies=[{foreign}]" if foreign else ""
    if scene.path is None:
        data = pformat(scene.process.to_data(), width=_WIDTH, sort_dicts=False)
        yield f"PROCESS = SupportProcess.from_data(\n{_indented(data)}{classes}\n)"
    elif PurePath(scene.path).is_absolute():
        yield f"PROCESS = SupportProcess.from_toml({scene.path!r}{classes})  # an absolute path: as it was given"
    else:
        path = repr(PurePath(scene.path).as_posix())
        yield "# The file is looked for beside this test, and in the directories above it: keep the test there."
        yield f"ABOVE = (each for each in Path(__file__).resolve().parents if (each / {path}).is_file())"
        yield f"PROCESS = SupportProcess.from_toml(next(ABOVE, Path()) / {path}{classes})"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def _foreign(process: SupportProcess) -> tuple[type, ...]:
    return tuple(dict.fromkeys(type(policy) for policy in process.policies if type(policy) not in BUILT_IN.values()))


def _vendors(process: SupportProcess, events: Sequence[Event]) -> list[str]:
    named = [tier.vendor for tier in process.tiers if tier.vendor is not None]
    return list(dict.fromkeys((*named, *(each.vendor for each in events if isinstance(each, VendorDispatched)))))


def _sources(scene: Scene) -> str:
    needed = dict.fromkeys((*scene.process.needs, *scene.facts))
    named = [name for name in needed if name in scene.facts or name not in _OF_DIRECTORIES]
    if not named:
        return ""
    shown = ", ".join(
        f"FactSource({name!r}, lambda _tenant, keys: dict.fromkeys(keys, {scene.facts.get(name)!r}), keyed_by='tenant')"
        for name in named
    )
    return f", facts=[{shown}]"


def _asked(scene: Scene) -> str:
    """Give what the exploration was asked with, so that the test asks the same."""
    found = ""
    if scene.may_wait is not None:
        found += f", may_wait={scene.may_wait!r}"
    if scene.ends:
        found += f", ends={list(scene.ends)!r}"
    if scene.facts:
        found += f", facts={dict(scene.facts)!r}"
    if scene.looks_at:
        found += f", looks_at={list(scene.looks_at)!r}"
    if scene.actors is not None:
        found += f", actors=[{', '.join(map(_actor, scene.actors))}]"
    if scene.commands is not None:
        found += f", commands=[{', '.join(map(_command, scene.commands))}]"
    return found


def _command(given: str | Command) -> str:
    if isinstance(given, str):
        return repr(given)
    more = "".join(f", {name}={_value(value)}" for name, value in own_fields(given).items())
    return f"{type(given).__name__}(case_id={CASE_ID!r}, by={_actor(given.by)}{more})"


# -- what is done


def _done(choice: Choice, scene: Scene) -> Iterator[str]:
    if choice.verb == ADVANCE:
        yield f"        rehearsal.advance(to={choice.given['to'].isoformat()!r})"
    else:
        yield f"        {done_text('story', choice, requester=scene.requester)}"


def done_text(story: str, choice: Choice, *, requester: Actor) -> str:
    """Write what is done with a case, as a verb of its story."""
    if choice.verb == VENDOR_UPDATE:
        return f"{story}.vendor_says({choice.given['status'].value!r}, ticket={choice.given['ticket']})"
    assert choice.by is not None  # a command has an actor; for the type checker
    return f"{story}.{choice.verb}(by={by_text(choice.by, requester=requester)}{given_text(choice.given)})"


def given_text(given: Mapping[str, Any]) -> str:
    """Write what a verb is given besides."""
    return "".join(f", {name}={_value(value)}" for name, value in _parameters(given))


def _parameters(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give what the desk's verb takes for what the command has."""
    for name, value in given.items():
        if name == "link":
            yield from (("to", value.case_id), ("kind", value.kind))
        else:
            yield name, value


def by_text(actor: Actor, *, requester: Actor) -> str:
    """Write who acts: an id is the requester, or else an agent without roles."""
    is_requester = actor == requester and actor.kind is ActorKind.CUSTOMER
    is_agent = actor.kind is ActorKind.AGENT and not actor.roles and actor.id != requester.id
    return repr(actor.id) if is_requester or is_agent else _actor(actor)


def _actor(actor: Actor) -> str:
    kind = actor.kind.value
    roles = f", roles={list(actor.roles)!r}" if actor.roles else ""
    if kind in {"agent", "manager"}:
        return f"Actor.{kind}({actor.id!r}{roles})"
    return f"Actor({actor.id!r}, {kind!r}{roles})"


def _value(value: object) -> str:
    if isinstance(value, datetime):
        return f"datetime.datetime.fromisoformat({value.isoformat()!r})"
    return repr(str(value)) if isinstance(value, str) else repr(value)


# -- monitors


def monitor_text(monitor: Monitor) -> str:
    """Write a monitor as it is made."""
    shown = [repr(each) if isinstance(each, Match) else _told(each) for each in monitor.conditions]
    if all(isinstance(each, Match) for each in monitor.conditions[:2]) and len(shown) > 1:
        shown = [f"Either({', '.join(shown)})"]
    given = [" | ".join(shown)]
    given += [] if monitor.when is None else [f"when={monitor.when!r}"]
    given += [] if monitor.longer_than is None else [f"longer_than={duration_text(monitor.longer_than)!r}"]
    given += [f"{name}={hours!r}" for name in ("outside", "within") if (hours := getattr(monitor, name)) is not None]
    given += [f"name={monitor.name!r}"] if monitor.name else []
    return f"{'always' if monitor.wanted else 'never'}({', '.join(given)})"


def _told(told: Told | Disclosed) -> str:
    kind = type(told)
    fields = [(field.name, getattr(told, field.name)) for field in attrs.fields(kind)]
    return f"{kind.__name__}({', '.join(f'{name}={value!r}' for name, value in fields if value is not None)})"
