"""Process files: every fault of a file has its place and says what is possible; the schema says the same."""

import copy
import json
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

import attrs
import jsonschema
import pytest

from supporttiers.config.files import MAX_BYTES
from supporttiers.config.json_schema import json_schema
from supporttiers.config.reading import read
from supporttiers.config.settings import Settings
from supporttiers.config.writing import data_from
from supporttiers.errors import PolicyConfigError, ProcessError
from supporttiers.limits import MEASURES, VERBS, Threshold, TimeLimit
from supporttiers.policies import BUILT_IN
from supporttiers.process import SupportProcess
from supporttiers.tiers import Tier

ROOT = Path(__file__).parents[2]
ACME = (ROOT / "examples" / "acme.toml").read_text("utf-8")
SECTIONS = (
    "process, calendars, tiers, limits, contracts, routes, policies, cascades, messages, texts, notifications, check"
)
SCHEMA = jsonschema.Draft202012Validator(json_schema())
RULES = "supporttiers.route-by-rules"
ROUTE = {"when": {"category": "network"}, "to": {"tier": 1}}
TARGETS = "possible are working time ('8h'), '2 business days', '2 calendar days' and 'until close'"
DURATIONS = "say it in hours, minutes and seconds, such as '15m', '2h30m' or '72h'"

PLAIN = {
    "process": {"name": "plain"},
    "tiers": [
        {"level": 1, "name": "First", "teams": ["front"], "escalates_to": [2]},
        {"level": 2, "name": "Second", "hands_back_to": [1]},
    ],
    "limits": [
        {"name": "resolve", "target": {"high": "4h", "*": "8h"}, "thresholds": [{"at": "75%", "do": ["escalate"]}]}
    ],
    "routes": [{"when": {"category": "printing"}, "to": {"tier": 1, "team": "front"}}],
}


def plain(place, value):
    """Give the plain process with one thing changed: `limits.0.name`; a value of `...` takes it away."""
    data = copy.deepcopy(PLAIN)
    *path, last = [int(word) if word.isdecimal() else word for word in place.split("/")]
    inner = data
    for word in path:
        inner = inner[word]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return data


def faults_of(build, *given, **named):
    """Give the faults, as texts, that building something is refused with."""
    with pytest.raises(ProcessError) as caught:
        build(*given, **named)
    return [str(fault) for fault in caught.value.faults]


# -- the file


def test_file_is_read(tmp_path):
    """A file is read as UTF-8, with or without a byte order mark, and named in errors."""
    path = tmp_path / "acme.toml"
    path.write_text(ACME, "utf-8-sig")

    assert SupportProcess.from_text(ACME) == SupportProcess.from_toml(path)
    assert SupportProcess.from_text(ACME) == SupportProcess.from_toml(str(path))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"name = '\xff'", "the file is not UTF-8 from byte 8 on; save it as UTF-8"),
        (b"#" * (MAX_BYTES + 1), "is larger than 1048576 bytes (1 MiB); a process file is some kilobytes"),
        (b"", "process.name: is missing"),
    ],
    ids=["latin", "huge", "empty"],
)
def test_file_that_cannot_be_read_is_refused(tmp_path, content, fault):
    """Whatever is wrong with a file is a fault of the process, named by its path."""
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    with pytest.raises(ProcessError) as caught:
        SupportProcess.from_toml(path)

    assert str(path) == caught.value.source
    assert fault == str(caught.value.faults[0])


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("nowhere.toml", "the file cannot be read: No such file or directory ({here}/nowhere.toml)"),
        (".", "the file cannot be read: Is a directory"),
        ("nul\0.toml", "the file cannot be read: embedded null byte"),
        (5, "must be the path of a file, not int"),
    ],
)
def test_file_that_is_not_there_is_refused(tmp_path, monkeypatch, path, fault):
    """Nothing but a process error comes from a path that leads nowhere."""
    monkeypatch.chdir(tmp_path)

    assert [fault.replace("{here}", str(tmp_path))] == faults_of(SupportProcess.from_toml, path)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[process]\nname = ", "line 2, column 8: is not valid TOML: Invalid value"),
        ("[process]\nname = 'a'\nname = 'b'", "line 3, column 11: is not valid TOML: Cannot overwrite a value"),
        ("[process]\nname = 'a", 'line 2, column 10: is not valid TOML: Expected "\'"'),
        ("a = " + "[" * 5000, "is nested too deeply"),
        ("a = " + "9" * 5000, "is not valid TOML: Exceeds the limit"),
        ("#" * MAX_BYTES + "#", "is larger than 1048576 bytes (1 MiB); a process file is some kilobytes"),
        ("#\ud800", "process.name: is missing"),
        (b"[process]", "must be a text in TOML, not bytes"),
    ],
    ids=["value", "twice", "end", "deep", "digits", "huge", "surrogate", "bytes"],
)
def test_text_that_is_no_toml_is_refused(text, fault):
    """A mistake of writing is told by line and column."""
    [first, *_] = faults_of(SupportProcess.from_text, text)

    assert first.startswith(fault)


@pytest.mark.parametrize(
    ("place", "value", "fault"),
    [
        ("process/x", {"a": 2**63}, "process.x.a: is a number beyond 64 bits"),
        ("process/x", float("nan"), "process.x: must be a finite number"),
        ("process/name", "x" * 1001, "process.name: has 1001 characters; at most 1000 are possible"),
        (
            "process/name",
            "a\0",
            "process.name: contains U+0000 or a lone surrogate, which no store can keep; remove it",
        ),
        (
            "process/x",
            timedelta(1),
            "process.x: is a timedelta; possible are texts, numbers, true, false, lists and tables",
        ),
        ("process/x", {1: 2}, "process.x: has a key that must be a text, not int"),
        ("process/x", {"y" * 1001: 2}, "process.x: has a key that has 1001 characters; at most 1000 are possible"),
        (
            "tiers/1/x",
            [[b""]],
            "tiers[1].x[0][0]: is a bytes; possible are texts, numbers, true, false, lists and tables",
        ),
        (
            "process/a\nb",
            b"",
            "process.'a\\nb': is a bytes; possible are texts, numbers, true, false, lists and tables",
        ),
    ],
)
def test_data_that_no_file_can_hold_is_refused(place, value, fault):
    """Data from elsewhere is held to what a file can say."""
    assert [fault] == faults_of(SupportProcess.from_data, plain(place, value))


def test_data_nested_too_deeply_is_refused():
    """Depth is bounded before anything is read."""
    deep = {}
    for _ in range(40):
        deep = {"all": [deep]}

    [fault] = faults_of(SupportProcess.from_data, plain("routes/0/when", deep))

    assert fault.endswith(".all[0].all: is nested too deeply; at most 32 levels are possible")


def test_data_that_is_no_table_is_refused():
    """A list is no process."""
    assert ["must be a table, not list"] == faults_of(SupportProcess.from_data, [])


# -- the parts


@pytest.mark.parametrize(
    ("place", "value", "fault"),
    [
        (
            "proces",
            {},
            (f"proces: is not known here; did you mean 'process'? possible are: {SECTIONS}"),
        ),
        (
            "zzz",
            {},
            f"zzz: is not known here; possible are: {SECTIONS}",
        ),
        ("calendars", [], "calendars: must be a table of calendars by their names, not list"),
        ("cascades", {}, "cascades: must be a list of tables, not dict"),
        ("policies", {}, "policies: must be a list of tables, not dict"),
        ("policies", [5], "policies[0]: must be a table with `use`, the name of a policy"),
        ("policies", [{"use": 5}], "policies[0]: must be a table with `use`, the name of a policy"),
        (
            "policies",
            [{"use": "acme.unheard-of"}],
            (
                f"policies[0].use: 'acme.unheard-of' is not known; possible are: {', '.join(sorted(BUILT_IN))}; "
                "hand in classes of your own with policies="
            ),
        ),
        ("policies", [{"use": RULES}], "policies[0].routes: is missing"),
        ("policies", [{"use": RULES, "routes": 5}], "policies[0].routes: must be a list of tables, not int"),
        (
            "policies",
            [{"use": RULES, "routes": [{"when": {"tier": 1}, "to": {"team": "x"}}]}],
            "policies[0].routes[0].to.tier: is missing",
        ),
        (
            "policies",
            [{"use": RULES, "colour": 1, "routes": [ROUTE]}],
            "policies[0].colour: is not known here; possible are: routes",
        ),
        ("process", 5, "process: must be a table, not int"),
        ("process/name", ..., "process.name: is missing"),
        ("process/name", "", "process.name: must not be empty"),
        ("process/in_flight", "new", "process.in_flight: must be one of: pin, live, not 'new'"),
        ("process/bounce_limit", -1, "process.bounce_limit: is -1; possible is 0 to 1000"),
        ("process/priorities", "high", "process.priorities: must be a collection of names, not str"),
        ("process/reply_resumes", 1, "process.reply_resumes: must be true or false, not int"),
        (
            "process/on_priority_change",
            "forget",
            ("process.on_priority_change: must be one of: retroactive, carry_elapsed, restart, keep, not 'forget'"),
        ),
        ("tiers", {}, "tiers: must be a list of tables, not dict"),
        ("tiers/0", 1, "tiers[0]: must be a table, not int"),
        ("tiers/0/level", ..., "tiers[0].level: is missing"),
        ("tiers/0/level", "1", "tiers[0].level: must be a whole number (0 to 99), not str"),
        (
            "tiers/0/escalate_to",
            [2],
            (
                "tiers[0].escalate_to: is not known here; did you mean 'escalates_to'? possible "
                "are: level, name, kind, teams, vendor, escalates_to, hands_back_to, time_limit, calendar, "
                "returns_to"
            ),
        ),
        ("tiers/0/time_limit", "1 day", f"tiers[0].time_limit: '1 day' is not a duration; {DURATIONS}"),
        ("limits", 5, "limits: must be a list of tables, not int"),
        (
            "limits/0/on_reopening",
            "never",
            ("limits[0].on_reopening: must be one of: resume, continue, first_only, new_cycle, restart, not 'never'"),
        ),
        (
            "limits/0/vendor",
            "acme",
            "limits[0].vendor: is only for the measures of vendors: vendor, vendor_acknowledgement, vendor_update",
        ),
        (
            "process/response_by",
            ["customer"],
            "process.response_by: must be one of: agent, manager, vendor, assistant, not 'customer'",
        ),
        ("limits/0/target", ..., "limits[0].target: is missing"),
        ("limits/0/target", 5, f"limits[0].target: must be a text or a timedelta, not int; {TARGETS}"),
        ("limits/0/target", {}, "limits[0].target: has no durations; give one, or a table of durations by priority"),
        ("limits/0/target/high", "x", f"limits[0].target.high: 'x' is no target; {TARGETS}"),
        (
            "limits/0/target",
            "2 days",
            f"limits[0].target: '2 days' may mean days of work or of the calendar, which differ; {TARGETS}",
        ),
        ("limits/0/target/high", "-4h", "limits[0].target.high: for 'high' must be longer than zero"),
        ("limits/0/measures", "tier", "limits[0].tier: is needed for measures = 'tier', and only there"),
        (
            "limits/0/measures",
            "joy",
            f"limits[0].measures: must be one of: {', '.join(MEASURES)}, not 'joy'",
        ),
        ("limits/0/thresholds", "75%", "limits[0].thresholds: must be a list of tables, not str"),
        (
            "limits/0/thresholds/0/at",
            "75",
            "limits[0].thresholds[0].at: '75' has no unit; say '75%' of the target, or a time: '-30m'",
        ),
        ("limits/0/thresholds/0/do", "escalate", "limits[0].thresholds[0].do: must be a list of texts, not str"),
        (
            "limits/0/thresholds/0/do/0",
            "reassign",
            (
                "limits[0].thresholds[0].do[0]: reassign needs an assignment policy; or name somebody, such as "
                "'assign:anna'"
            ),
        ),
        (
            "limits/0/thresholds/0/do",
            ["escalate"] * 17,
            ("limits[0].thresholds[0].do: has 17 actions; at most 16 are possible"),
        ),
        ("limits/0/thresholds", [{"at": "1%"}] * 2, "limits[0].thresholds: has two thresholds at one point: 1%, 1%"),
        (
            "limits/0/thresholds",
            [{"at": f"{n}%"} for n in range(1, 40)],
            ("limits[0].thresholds: has 39 thresholds; at most 32 are possible"),
        ),
        ("limits/0/when", 5, "limits[0].when: must be a table of fields, not int"),
        (
            "limits/0/when",
            {"colour": "red"},
            (
                "limits[0].when.colour: is no field of a case; did you mean 'attributes.colour', a value of your own, "
                "or 'facts.colour', one from outside?"
            ),
        ),
        (
            "limits/0/when",
            {"facts.plan": [{"level": 1}]},
            "limits[0].when.facts.plan: is compared with a dict; possible is a attribute",
        ),
        (
            "limits/0/when",
            {"opened_at": "0001-01-01T00:00+14:00"},
            "limits[0].when.opened_at: lies outside the years 1 to 9999 in UTC",
        ),
        (
            "limits/0/pause",
            {"any": [{}, {"status": "gone"}]},
            (
                "limits[0].pause.any[1].status: is compared with 'gone'; "
                "possible are: queued, in_progress, waiting, resolved, closed, cancelled"
            ),
        ),
        ("limits/0/stop", {"all": {"tier": 1}}, "limits[0].stop.all: must be a list of conditions, not dict"),
        ("routes", "x", "routes: must be a list of tables, not str"),
        ("routes/0/use", "x", "routes[0].use: is not known here; possible are: when, to"),
        (
            "routes/0/when",
            {},
            (
                "routes[0].when: is empty, and would send every case this way; say which are meant, or 'otherwise' in "
                "the last route"
            ),
        ),
        ("routes/0/when", ..., "routes[0].when: is missing"),
        ("routes/0/to", 1, "routes[0].to: must be a table, not int"),
        ("routes/0/to", {}, "routes[0].to.tier: is missing"),
        ("routes/0/to/tags", ["x"] * 51, "routes[0].to.tags: has 51 tags; at most 50 are possible"),
    ],
)
def test_part_that_cannot_be_read_is_refused(place, value, fault):
    """One thing wrong gives one fault, at its place."""
    assert [fault] == faults_of(SupportProcess.from_data, plain(place, value))


@pytest.mark.parametrize("key", ["language", "quiet_hours"])
def test_what_notifications_say_is_not_looked_for_in_vain(key):
    """Whoever writes it under the process itself is told where it stands."""
    (fault,) = faults_of(SupportProcess.from_data, plain(f"process/{key}", "en"))

    assert fault.startswith(f"process.{key}: is not known here; it stands in [notifications]; possible are: entry, ")


def test_faults_are_told_all_at_once_in_the_order_of_the_file():
    """Faults of writing and of meaning come together; what could not be read causes no others."""
    text = """
    [process]
    name = "bad"
    default_priority = "urgent"
    bounce_limit = "three"

    [[tiers]]
    level = 1
    name = "First"
    escalates_to = [9]

    [[tiers]]
    level = 2
    name = "First"
    colour = "red"

    [[limits]]
    name = "resolve"
    target = { sometimes = "4h" }
    thresholds = [{ at = "75%", do = ["escalate:7", "shout"] }]

    [[routes]]
    when = { priority = { at_least = "high" }, status = "gone" }
    to = { tier = 8 }
    """

    assert [
        "process.bounce_limit: must be a whole number (0 to 1000), not str",
        "process.default_priority: 'urgent' is not known; possible are: low, medium, high, critical",
        "tiers[0].escalates_to: 9 is not known; possible are: 1, 2",
        (
            "tiers[1].colour: is not known here; possible are: level, name, kind, teams, vendor, escalates_to, "
            "hands_back_to, time_limit, calendar, returns_to"
        ),
        "tiers[1].name: 'First' is taken by tiers[0]",
        "limits[0].target: 'sometimes' is not known; possible are: low, medium, high, critical, *",
        f"limits[0].thresholds[0].do[1]: must be one of: {', '.join(VERBS)}, not 'shout'",
        "routes[0].to.tier: 8 is not known; possible are: 1, 2",
        (
            "routes[0].when.status: is compared with 'gone'; possible are: queued, in_progress, waiting, resolved, "
            "closed, cancelled"
        ),
    ] == faults_of(SupportProcess.from_text, text)


def test_references_are_judged_beside_fields_that_cannot_be_read():
    """A fault in one field of a tier, limit or route hides nothing that is wrong with the others, and causes none."""
    text = """
    [process]
    name = "bad"
    entry = [7]

    [[tiers]]
    level = 1
    name = "First"
    time_limit = "15 minutes"
    escalates_to = [2, 9]

    [[tiers]]
    level = 1
    name = ""
    kind = "robot"
    vendor = "acme"

    [[tiers]]
    level = 3
    name = "Third"
    hands_back_to = "1"
    teams = "back"

    [[limits]]
    name = "resolve"
    target = "soon"
    measures = "joy"
    tier = 2
    thresholds = [{ at = "100%", do = ["escalate:8"] }]

    [[limits]]
    name = "resolve"
    target = "1h"
    calendar = 5

    [[routes]]
    when = { team = "back" }
    to = { tier = 3, team = "back" }

    [[routes]]
    to = { tier = 5 }
    """

    assert [
        "process.entry: 7 is not known; possible are: 1, 3",
        "tiers[0].escalates_to: 2 is not known; possible are: 1, 3",
        "tiers[0].escalates_to: 9 is not known; possible are: 1, 3",
        "tiers[0].time_limit: '15 minutes' is not a duration",
        "tiers[1].kind: must be one of: self_service, team, vendor, not 'robot'",
        "tiers[1].level: 1 is taken by tiers[0]",
        "tiers[1].name: must not be empty",
        "tiers[2].hands_back_to: must be a collection of levels, not str",
        "tiers[2].teams: must be a collection of names, not str",
        f"limits[0].measures: must be one of: {', '.join(MEASURES)}, not 'joy'",
        f"limits[0].target: 'soon' is no target; {TARGETS}",
        "limits[0].thresholds[0].do[0]: no tier escalates to any other",
        "limits[1].calendar: must be a text, not int",
        "limits[1].name: 'resolve' is taken by limits[0]",
        "routes[1].to.tier: 5 is not known; possible are: 1, 3",
        "routes[1].when: is missing",
    ] == [fault.partition("; say")[0] for fault in faults_of(SupportProcess.from_text, text)]


def test_faults_beyond_a_hundred_are_counted():
    """A file that is wholly wrong gives an error that can be read."""
    faults = faults_of(SupportProcess.from_data, PLAIN | {"tiers": [5] * 1000})

    assert 101 == len(faults)
    assert "tiers[99]: must be a table, not int" == faults[99]
    assert "and 900 more" == faults[100]


def test_unknown_keys_are_told_up_to_a_number():
    """Many unknown keys are not each compared with the known ones."""
    assert 51 == len(read({f"key{n}": n for n in range(1000)}, policies={}).faults)


# -- writing


@attrs.frozen
class Limit:
    at: datetime
    words: frozenset


def test_data_from_writes_what_a_file_can_say():
    """Durations, instants, sets and values of ours become texts, lists and tables."""
    seen = Limit(datetime.fromisoformat("2026-03-23T09:00+00:00"), frozenset({"b", "a"}))

    assert {"at": "2026-03-23T09:00:00+00:00", "words": ["a", "b"]} == data_from(seen)
    assert "1.5s" == data_from(timedelta(seconds=1.5))
    assert {"at": "-15m", "hold": False} == data_from(Threshold("-15m"))


def test_data_from_refuses_what_is_no_data():
    """A function cannot be written down."""
    with pytest.raises(PolicyConfigError, match=r"^function: is no data; possible are texts, numbers, collections and"):
        data_from([len, faults_of][1:])


# -- the schema


def test_schema_is_the_published_one():
    """The packaged file is what the code gives; after a change: `supporttiers schema > process.schema.json`."""
    published = files("supporttiers").joinpath("process.schema.json").read_text("utf-8")

    assert json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n" == published


def test_schema_is_a_schema():
    """It is valid by the rules of its own dialect."""
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize(("section", "kind"), [("process", Settings), ("tier", Tier), ("limit", TimeLimit)])
def test_schema_describes_every_key(section, kind):
    """Whatever can be written is described, in one sentence."""
    properties = json_schema()["$defs"][section]["properties"]

    assert set(attrs.fields_dict(kind)) == set(properties)
    assert all(described["description"].endswith(".") for described in properties.values())


@pytest.mark.parametrize(
    "process", [SupportProcess.from_text(ACME), SupportProcess.from_data(PLAIN), SupportProcess.default()], ids=repr
)
def test_schema_takes_what_we_write(process):
    """What a process writes is a valid file."""
    SCHEMA.validate(process.to_data())


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("zzz", {}),
        ("process", ...),
        ("process/name", " "),
        ("process/name", "x" * 201),
        ("process/calendar", 5),
        ("process/priorities", []),
        ("process/in_flight", "new"),
        ("process/bounce_limit", 1001),
        ("process/entry", "some"),
        ("process/moves", "all"),
        ("process/reopen_from", ["queued"]),
        ("process/transfer_when", ["gone"]),
        ("process/reply_reopens", "yes"),
        ("tiers", []),
        ("tiers/0/level", 100),
        ("tiers/0/kind", "bot"),
        ("tiers/0/time_limit", "-15m"),
        ("tiers/0/time_limit", "1d"),
        ("tiers/0/escalates_to", 2),
        ("limits/0/name", ...),
        ("limits/0/agreement", "slo"),
        ("limits/0/target", {}),
        ("limits/0/thresholds/0/at", "soon"),
        ("limits/0/thresholds/0/at", ...),
        ("limits/0/thresholds/0/do/0", "close:now"),
        ("limits/0/when", {"colour": "red"}),
        ("limits/0/when", {"attributes.": "red"}),
        ("limits/0/when", {"tier": []}),
        ("limits/0/when", {"tier": {"over": 1}}),
        ("limits/0/when", {"tier": {"at_least": 1, "at_most": 2}}),
        ("routes/0/when", {}),
        ("routes/0/to/tier", ...),
    ],
)
def test_schema_refuses_only_what_we_refuse(place, value):
    """Where the schema says no, so does the library."""
    data = plain(place, value)

    assert not SCHEMA.is_valid(data)
    assert faults_of(SupportProcess.from_data, data)
