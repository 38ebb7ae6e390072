"""Processes go to data and back unchanged, revisions tell them apart, and broken data gives process errors only."""

import copy
import json
from datetime import date

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from supporttiers.calendars import WorkingHours
from supporttiers.calendars.holidays import ClosedDates
from supporttiers.config.json_schema import json_schema
from supporttiers.decisions import Destination
from supporttiers.errors import PolicyConfigError, ProcessError
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.match import AtLeast, AtMost, Match, Not
from supporttiers.policies.routing import Route, RouteByRules
from supporttiers.process import SupportProcess
from supporttiers.tiers import OPEN, Status, Tier

SCHEMA = jsonschema.Draft202012Validator(json_schema())
PRIORITIES = ("low", "medium", "high")

names = st.text(st.characters(categories=["L", "Nd", "P"]), min_size=1, max_size=12)
durations = st.integers(1, 10**6).map("{}s".format)
plain_values = st.one_of(names, st.integers(-5, 5), st.booleans(), st.floats(-5, 5))


JUNK = st.recursive(
    st.none()
    | plain_values
    | st.floats()
    | st.sampled_from(["1h", "75%", "any", "low", "escalate", "x" * 300, "09:00-17:00", "2026-06-01", "closed"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["tier", "all", "x", "at", "not"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def some_of(values, **bounds):
    """Draw a few of several values, each once."""
    return st.lists(st.sampled_from(list(values)), unique=True, **bounds)


@st.composite
def conditions(draw, levels, depth=1):
    """Draw a condition that asks for something, with keys in any order."""
    fields = {
        "priority": st.sampled_from([*PRIORITIES, AtLeast("medium"), AtMost("medium"), Not(["low", "high"])]),
        "tier": st.sampled_from([*levels, AtLeast(1), Not(levels[0])]),
        "category": st.one_of(names, st.none(), names.map(Not), st.lists(names, min_size=1, max_size=3)),
        "status": st.sampled_from([status.value for status in Status]),
        "opened_at": st.just(AtLeast("2026-03-23T09:00:00.5+02:00")),
        "attributes.site": st.one_of(plain_values, plain_values.map(Not)),
    }
    chosen = draw(some_of(fields, min_size=1))
    nested = st.lists(conditions(levels, depth - 1), max_size=2) if depth else st.just([])
    return Match({field: draw(fields[field]) for field in chosen}, all=draw(nested), any=draw(nested))


@st.composite
def limits(draw, levels, *, escalates):
    """Draw a limit without its name."""
    level = draw(st.sampled_from([None, *levels]))
    actions = ["notify:owner", "notify:manager"] + (["escalate"] if escalates and level is None else [])
    marks = draw(st.lists(st.integers(1, 200).map("{}%".format) | durations.map("-{}".format), unique=True, max_size=3))
    try:
        return TimeLimit(
            name=draw(names), agreement=draw(st.sampled_from(["sla", "ola", "uc"])),
            measures="resolution" if level is None else "tier", tier=level,
            target=draw(durations | st.dictionaries(st.sampled_from([*PRIORITIES, "*"]), durations, min_size=1)),
            when=draw(st.none() | conditions(levels)), pause=draw(st.none() | conditions(levels)),
            thresholds=[Threshold(mark, draw(some_of(actions))) for mark in marks],
        )  # fmt: skip
    except PolicyConfigError:  # two marks that say one point
        return TimeLimit(name=draw(names), target="1h")


@st.composite
def calendars(draw):
    """Draw a calendar."""
    hours = st.sampled_from([["09:00-12:30", "13:30-17:00"], "00:00-24:00", ["18:00-22:00"]])
    dates = st.dates(date(2026, 1, 1), date(2026, 12, 31))
    closed = draw(st.lists(dates, max_size=3))
    town = ClosedDates(source="town", first=2026, last=2026, dates=draw(st.lists(dates, max_size=2)))
    return WorkingHours(
        name=draw(names.filter(lambda name: name != "24x7")), zone=draw(st.sampled_from(["UTC", "Europe/London"])),
        week=draw(st.dictionaries(st.sampled_from(["mon-fri", "sat", "sun"]), hours, min_size=1)), closed=closed,
        overrides={day: draw(hours) for day in draw(st.lists(dates, max_size=2)) if day not in closed},
        holidays=draw(st.sampled_from([[], [town]])),
    )  # fmt: skip


@st.composite
def processes(draw):
    """Draw a process that holds together."""
    levels = sorted(draw(some_of(range(8), min_size=1, max_size=4)))
    tiers = [
        Tier(
            level=level, name=f"Tier {level}", teams=draw(st.lists(names, unique=True, max_size=2)),
            escalates_to=draw(some_of(levels[place + 1 :])) if levels[place + 1 :] else [],
            hands_back_to=draw(some_of(levels[:place])) if place else [],
        )
        for place, level in enumerate(levels)
    ]  # fmt: skip
    found = draw(st.lists(limits(levels, escalates=any(tier.escalates_to for tier in tiers)), max_size=3))
    routes = [
        Route(when, Destination(tier=draw(st.sampled_from(levels)), tags=draw(st.lists(names, max_size=2))))
        for when in draw(st.lists(conditions(levels), max_size=2))
    ]
    hours = {calendar.name: calendar for calendar in draw(st.lists(calendars(), max_size=2))}
    fields = {
        "name": draw(names), "calendars": hours.values(), "calendar": draw(st.sampled_from(["24x7", *hours])),
        "tiers": tiers, "priorities": PRIORITIES, "entry": "any",
        "limits": {limit.name: limit for limit in found}.values(),
        "policies": [RouteByRules(routes)] if routes else [],
        "default_priority": draw(st.none() | st.sampled_from(PRIORITIES)), "bounce_limit": draw(st.integers(0, 9)),
        "transfer_when": draw(some_of(sorted(OPEN))), "resolve_when": draw(some_of(Status)),
        "wait_reasons": draw(some_of(["parts", "lunch"])), "reply_resumes": draw(st.booleans()),
    }  # fmt: skip
    try:
        return SupportProcess(**fields)
    except ProcessError:  # a limit whose stopwatch could never start, or never run
        return SupportProcess(**fields | {"limits": ()})


def shuffled(value, random):
    """Write the same data with the keys of every table in another order."""
    if isinstance(value, dict):
        keys = list(value)
        random.shuffle(keys)
        return {key: shuffled(value[key], random) for key in keys}
    return [shuffled(item, random) for item in value] if isinstance(value, list) else value


def places(value, place=()):
    """List every place in tables and lists."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in members:
        yield (*place, key)
        yield from places(item, (*place, key))


def attempt(build, given):
    """Give what was built and None, or None and the refusal; anything else that is raised fails the test."""
    try:
        return build(given), None
    except ProcessError as refusal:
        return None, refusal


@settings(max_examples=50)
@given(process=processes(), random=st.randoms(use_true_random=False))
def test_process_round_trip(process, random):
    """Data and JSON give an equal process back; the order of keys changes no revision; the schema takes it."""
    data = process.to_data()

    assert process == SupportProcess.from_data(json.loads(json.dumps(data)))
    assert process == SupportProcess.from_json(process.to_json())
    assert process.revision == SupportProcess.from_data(shuffled(data, random)).revision
    SCHEMA.validate(data)


@given(process=processes(), data=st.data())
def test_process_of_changed_data_is_refused_or_whole(process, data):
    """
    Whatever stands at whatever place, the answer is a process or a process error.

    A process is equal to the one before exactly where the revision is; what the schema refuses has been refused.
    """
    changed = copy.deepcopy(process.to_data())
    *path, last = data.draw(st.sampled_from(list(places(changed))))
    inner = changed
    for key in path:
        inner = inner[key]
    inner[last] = data.draw(JUNK)

    built, refusal = attempt(SupportProcess.from_data, changed)

    if refusal:
        assert str(refusal).startswith("process 'data' is not valid")
    else:
        assert SCHEMA.is_valid(changed)
        assert built == SupportProcess.from_data(built.to_data())
        assert (built == process) == (built.revision == process.revision)


@given(text=st.text() | st.text("[]{}=.\"'#\n 1aprocestilmu").map("[process]\nname = 'x'\n{}".format))
def test_process_of_any_text_is_a_process_error(text):
    """No text makes anything but a process error (none of these texts has a tier)."""
    assert attempt(SupportProcess.from_text, text)[1].faults
