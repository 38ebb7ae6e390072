"""Scenarios: stories of support in TOML, played step by step; each fault at its place, each failure with timelines."""

import json
import pickle
import shutil
import sys
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import jsonschema
import pytest

from supporttiers import DefinitionError, SupportProcess
from supporttiers.errors import PolicyConfigError
from supporttiers.testing import Scenario, ScenarioError, ScenarioFailedError
from supporttiers.testing.scenarios.json_schema import json_schema
from supporttiers.testing.times import instant_at

ROOT = Path(__file__).parents[2]
FRIDAY = datetime(2026, 3, 20, 16, 50, tzinfo=ZoneInfo("Europe/London"))
STORY = """
[scenario]
title = "A printer fails late on Friday"
process = "acme.toml"
start = "2026-03-20 15:50"
directory = "people.toml"
never = [{ match = { assignee = "", tier = 2 }, longer_than = "30m", within = "office", name = "nobody has it" }]

[[steps]]
do = "open"
by = "jane"
subject = "SECRET printer"
priority = "high"
then = { tier = 1, assignee = "", path = "t1 15:50" }

[[steps]]
at = "Mon 09:20"
then = { tier = 2, assignee = "", path = "t1 15:50 -> t2 23 Mar 09:05 (tier 1)", not_told = "manager" }

[[steps]]
do = "start"
by = "bob"
then = { status = "in_progress", assignee = { not = "" } }

[[steps]]
do = "start"
by = "bob"
then = { refused = "refused.move" }

[[steps]]
at = "Tue 09:20"
then = { tier = 4, told = ["manager", { to = "assignee", reason = "move.limit", before = "2026-03-24 09:00" }] }

[[steps]]
at = "+1m"
do = "vendor_says"
status = "resolved"
then = { tier = 2 }
"""


@pytest.fixture(autouse=True)
def _beside(tmp_path, monkeypatch):
    """Work where the process of the examples lies."""
    for name in ("acme.toml", "people.toml"):
        shutil.copy(ROOT / "examples" / name, tmp_path)
    monkeypatch.chdir(tmp_path)


def written(text, name="story.scenario.toml"):
    """Write a file."""
    Path(name).write_text(text, "utf-8")
    return name


def with_steps(*steps, setting=""):
    """Write a scenario that is played against the default process."""
    return (
        f'scenario = {{ start = "2026-03-23 09:00"{setting} }}\nsteps = [\n'
        + "".join(f"  {step},\n" for step in steps)
        + "]"
    )


def played(*steps, setting="", process=None):
    """Play a scenario."""
    return Scenario.from_text(with_steps(*steps, setting=setting), process=process or SupportProcess.default()).play()


def failure(*steps, setting="", process=None):
    """Play a scenario that fails; give what it says."""
    with pytest.raises(ScenarioFailedError) as caught:
        played(*steps, setting=setting, process=process)
    return caught.value


OPEN = '{ do = "open", by = "jane" }'


def test_story_is_played_to_its_end():
    """Each step at its own instant, in the zone of the process's working time; the rehearsal can go on."""
    scenario = Scenario.from_toml(written(STORY))
    assert ("A printer fails late on Friday", "story.scenario.toml", 6) == (
        scenario.title,
        scenario.source,
        len(scenario.steps),
    )
    with scenario.play(store="sqlite:///story.db") as rehearsal:
        story = rehearsal.story("T-1")
        rehearsal.advance("20m")
        assert ("t1", "t2", "t4", "t2") == story.path.places

    assert scenario == Scenario.from_toml("story.scenario.toml")
    assert str(scenario.steps[1]) == "Mon 2026-03-23 09:20, time passes"


def test_schema_takes_what_is_read():
    """The published schema is the present one, and editors find the same as we do."""
    file = ROOT / "src" / "supporttiers" / "scenario.schema.json"
    assert json_schema() == json.loads(file.read_text("utf-8"))

    import tomllib

    check = jsonschema.Draft202012Validator(json_schema())
    check.check_schema(json_schema())
    assert [] == list(check.iter_errors(tomllib.loads(STORY)))
    wrong = [
        'steps = [{ att = "09:00" }]',
        'steps = [{ do = "opne" }]',
        "scenario = { nver = [] }\nsteps = [{}]",
        "steps = []",
    ]
    wrong += ["steps = []", "steps = [{ then = { tire = 1 } }]", "steps = [{}]\nscenarios = [{ steps = [{}] }]"]
    assert [] == [text for text in wrong if check.is_valid(tomllib.loads(text))]


def test_failure_tells_step_asked_is_and_timeline():
    """And what would have come next; but nothing of what people wrote."""
    failed = failure(
        '{ do = "open", by = "jane", subject = "SECRET", attributes = { room = "SECRET" } }',
        '{ at = "+20m", then = { tier = 1, status = ["waiting"], tier_entered_at = "2026-03-23T09:00Z",'
        ' "attributes.room" = "12", path = "t1 09:00", told = "manager" } }',
    )  # fmt: skip

    lines = str(failed).splitlines()
    assert "scenario 'scenario 1' fails at step 2, Mon 2026-03-23 09:20, time passes" == lines[0]
    assert ["  asked: tier=1", "     is: tier=2", "  asked: status='waiting'", "     is: status='queued'"] == lines[1:5]
    assert "     is: tier_entered_at='2026-03-23T09:15:00+00:00'" in lines
    assert "     is: attributes.room has another value" in lines
    assert "  asked: path 't1 09:00'" in lines
    assert "     is: the ways differ from leg 2 on" in lines
    assert "         >  2  t2 09:15 (tier 1)  -" in lines
    assert "     is: told so far: nobody" == lines[lines.index("  asked: told manager") + 1]
    assert "case T-1: t1 09:00 -> t2 09:15 (tier 1)" in lines
    assert "  next: nothing happens by itself; it waits for somebody to act" == lines[-1]
    assert "SECRET" not in str(failed)
    assert ("T-1", 2) == (failed.account.stories[0].case_id, failed.step)
    assert isinstance(failed, AssertionError)


@pytest.mark.parametrize(
    ("steps", "asked", "found"),
    [
        (['{ do = "open", by = "jane", priority = "huge" }'], "open, which is not refused", "refused with input."),
        ([OPEN, '{ do = "resume", by = "bob" }'], "resume, which is not refused", "refused with refused.move: case"),
        (
            [OPEN, '{ do = "resume", by = "bob", then = { refused = ["refused.team", "acme.x"] } }'],
            "refused with refused.team or acme.x",
            "refused with refused.move: case 'T-1'",
        ),
        ([OPEN, '{ do = "start", by = "b", then = { refused = "no.x" } }'], "refused with no.x", "not refused"),
        ([OPEN, '{ case = "T-7" }'], "a case, which is not refused", "refused with input.not_found"),
    ],
)  # fmt: skip
def test_refusals_are_what_was_asked_for(steps, asked, found):
    """What is refused without being asked for fails, and the other way round."""
    [difference] = failure(*steps).differences

    assert asked == difference.asked
    assert difference.found.startswith(found)


@pytest.mark.parametrize(
    "step",
    [
        '{ do = "open", by = "jane", priority = "huge", then = { refused = "input.invalid", tier = 1 } }',
        '{ do = "start", by = "bob", case = "T-9", then = { refused = "input.not_found", tier = 1 } }',
    ],
)
def test_nothing_is_so_of_a_case_that_is_not_there(step):
    """It is not the case of the step before that is meant."""
    [difference] = failure(OPEN, step).differences

    assert (difference.asked, difference.found) == ("a case of which that is so", "there is no such case")
    played(OPEN, step.replace(", tier = 1", ""))


def test_monitors_are_looked_at():
    """A rule that is broken fails the step in which it is, wherever in it that happens."""
    setting = ', never = [{ told = { to = "manager" } }, { match = { tier = 2 }, name = "nobody goes up" }]'
    failed = failure(OPEN, '{ at = "+1h" }', setting=setting)
    [difference] = failed.differences

    assert (2, "rule: nobody goes up", "case T-1 at 2026-03-23 09:15: nobody goes up") == (
        failed.step, difference.asked, difference.found
    )  # fmt: skip


def test_rule_is_named_whole():
    """Whatever stands in its name."""
    setting = ', never = [{ match = { tier = 2 }, name = "tier 2: nobody goes up" }]'
    [difference] = failure(OPEN, '{ at = "+1h" }', setting=setting).differences

    assert "rule: tier 2: nobody goes up" == difference.asked


def test_whoever_must_not_be_told_is_named():
    """With the message that they got."""
    [difference] = failure(
        '{ do = "open", by = "jane", priority = "high" }',
        '{ at = "2026-03-23 09:20", do = "start", by = "bob" }',
        '{ at = "2026-03-24 09:31", then = { told = [{ to = "manager", after = "2026-03-24 09:30" }],'
        ' not_told = [{ to = "assignee", after = "2026-03-23 10:00", before = "2026-03-23 17:00" }] } }',
        process="acme.toml",
    ).differences

    assert "not told assignee, not before Mon 2026-03-23 10:00, before Mon 2026-03-23 17:00" == difference.asked
    assert difference.found.startswith("16:00 assignee (bob): limit 'resolve' reached 75%")


def test_name_that_is_like_that_of_a_role_is_a_name():
    """Where it stands in the process, among the people, or in a step."""
    Path("house.toml").write_text('[[agents]]\nid = "manager1"\n', "utf-8")
    asked = '{ then = { not_told = ["manager1", "owner2"] } }'

    played('{ do = "open", by = "owner2" }', asked, setting=', directory = "house.toml"')
    with pytest.raises(DefinitionError, match=r"directory '.*nobody\.toml' is not valid"):
        played('{ do = "open", by = "owner2" }', '{ then = { not_told = "x" } }', setting=', directory = "nobody.toml"')


def test_steps_speak_of_cases_by_name():
    """One may be named when it is opened; a step without a name goes on with the one of the step before."""
    rehearsal = played(
        '{ do = "open", case = "printer", by = "jane", kind = "problem" }',
        '{ do = "open", by = { id = "bob", kind = "agent", roles = ["lead"] }, requester = "jane" }',
        '{ do = "link", by = "bob", to = "printer", kind = "known_issue", then = { kind = "incident" } }',
        '{ do = "escalate", case = "printer", by = "bob" }',
        '{ do = "wait", case = "printer", by = "bob", until = "+2h", wait_reason = "scheduled" }',
        '{ at = "10:59", then = { status = "waiting", wait_until = "2026-03-23T11:00Z" } }',
        '{ at = "11:00", then = { status = "queued" } }',
        '{ do = "assign", by = "bob", assignee = "anna" }',
        '{ do = "assign", by = "bob", assignee = "", then = { assignee = "" } }',
        '{ do = "attach", by = "bob", attachments = [{ id = "a.png", name = "a" }] }',
        '{ do = "reply", by = "jane", occurred_at = "2026-03-23 10:58" }',
        '{ case = "T-1", then = { kind = "incident" } }',
    )

    assert {"printer", "T-1"} == {story.id for story in rehearsal.stories}
    assert "a.png" == rehearsal.story("printer").case.attachments[0].id
    assert datetime(2026, 3, 23, 10, 58, tzinfo=UTC) == rehearsal.story("printer").history[-1].occurred_at


def test_vendors_do_as_they_are_told():
    """Scripts, and what goes wrong; those of whom nothing is said are silent."""
    rehearsal = played(
        '{ do = "open", by = "jane" }', '{ do = "escalate", by = "bob" }', '{ do = "escalate", by = "bob" }',
        '{ at = "+3h", then = { path = "t1 09:00 -> t2 09:00 (bob) -> t4 09:00 (bob) -> t2 11:03 (acme-print)" } }',
        setting=', vendors.acme-print = { says = [{ after = "2h", status = "resolved", text = "D" }], failures = 2 }',
        process="acme.toml",
    )  # fmt: skip

    assert "resolved" == rehearsal.story("T-1").case.vendor_tickets[0].status
    played(OPEN, setting=', vendors = { acme-print = [{ after = "2h", status = "resolved" }] }', process="acme.toml")


def test_facts_policies_and_plugins_are_those_of_the_house(monkeypatch, tmp_path):
    """What rules need from outside is said in the file; classes and plugins are named as on the command line."""
    (tmp_path / "house_rules.py").write_text(
        """
from typing import ClassVar
import attrs
from supporttiers import Destination

@attrs.frozen
class ByPlan:
    name: ClassVar[str] = "house.by-plan"
    revision: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]] = ("plan",)

    def route(self, situation):
        return Destination(tier=2) if situation.facts["plan"] == "gold" else None
""",
        "utf-8",
    )
    (tmp_path / "house.toml").write_text(
        '[process]\nname = "house"\nentry = [2]\n[[tiers]]\nlevel = 1\nname = "One"\nescalates_to = [2]\n'
        '[[tiers]]\nlevel = 2\nname = "Two"\n[[policies]]\nuse = "house.by-plan"\n',
        "utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    setting = ', process = "house.toml", policies = ["house_rules:ByPlan"], facts = { plan = "gold" }'
    step = (
        '{ do = "open", by = "jane", customer = "acme", then = { tier = 2, not_told = "manager1" } }'  # code may tell
    )
    assert "house" == played(step, setting=setting).desk.process.name

    written(with_steps(step, setting=setting.replace('policies = ["house_rules:ByPlan"], ', "")))
    Scenario.from_toml("story.scenario.toml", policies=[sys.modules["house_rules"].ByPlan]).play()


def test_several_scenarios_share_what_they_have_in_common():
    """Each may say it anew; one of them is read by its title."""
    written("""
scenario = { process = "acme.toml", start = "2026-03-23 09:00", never = [{ match = { tier = 4 } }] }

[[scenarios]]
title = "Nobody looks at it"
steps = [{ do = "open", by = "jane" }, { at = "09:20", then = { tier = 2 } }]

[[scenarios]]
start = "2026-03-23 12:00"
zone = "Europe/Berlin"
steps = [{ do = "open", by = "jane", then = { path = "t1 12:00" } }]
""")
    first, second = Scenario.all_from_toml("story.scenario.toml")

    assert ("Nobody looks at it", "scenario 2") == (first.title, second.title)
    assert first.setting.process is second.setting.process
    assert "2026-03-23T12:00:00+01:00" == second.setting.start.isoformat()
    assert first == Scenario.from_toml("story.scenario.toml", title="Nobody looks at it")
    second.play()
    with pytest.raises(
        ScenarioError, match="has several scenarios; name one with title=: 'Nobody looks at it', 'scenario 2'"
    ):
        Scenario.from_toml("story.scenario.toml")
    with pytest.raises(ScenarioError, match="has no scenario 'Other'"):
        Scenario.from_toml("story.scenario.toml", title="Other")
    with pytest.raises(ScenarioError, match="are several; one is possible here"):
        Scenario.from_text(Path("story.scenario.toml").read_text("utf-8"))


# -- times


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("16:50", "2026-03-20 16:50"),
        ("Fri 16:50", "2026-03-20 16:50"),
        ("fri 16:49", "2026-03-27 16:49"),
        ("Monday 9:20", "2026-03-23 09:20"),
        ("+90m", "2026-03-20 18:20"),
        ("2026-03-29 12:00", "2026-03-29 12:00"),
        ("2026-03-21T09:00Z", "2026-03-21 09:00"),
        (time(17, 5), "2026-03-20 17:05"),
        (date(2026, 4, 1), "2026-04-01 00:00"),
        (datetime(2026, 4, 1, 9, tzinfo=UTC).replace(tzinfo=None), "2026-04-01 09:00"),
        (datetime(2026, 4, 1, 9, tzinfo=UTC), "2026-04-01 10:00"),
    ],
)
def test_times_are_said_as_people_say_them(said, meant):
    """Of the day, of the week, since the step before, or with a date; in the zone of the scenario."""
    assert meant == f"{instant_at(said, before=FRIDAY, zone=FRIDAY.tzinfo):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("said", "before", "problem"),
    [
        ("16:40", FRIDAY, "goes back: Fri 2026-03-20 16:40 is before Fri 2026-03-20 16:50; for another day say it"),
        ("2026-03-19 09:00", FRIDAY, "goes back: Thu 2026-03-19 09:00 is before Fri 2026-03-20 16:50"),
        ("25:00", FRIDAY, "'25:00' is no time of the day; say it as '09:20'"),
        ("Xyz 09:00", FRIDAY, "'Xyz' is no day of the week"),
        ("soon", FRIDAY, "'soon' is no time; say it as '09:20', 'Mon 09:20'"),
        ("+1d", FRIDAY, "'+1d' is not a duration"),
        ("09:00", None, "'09:00' is no time; say it as '2026-03-23 09:20'"),
        ("+99999999h", FRIDAY, "lies outside of the years 2 to 9998"),
        ("Mon 09:00", datetime(9998, 12, 31, 9, tzinfo=UTC), "lies outside of the years 2 to 9998"),
        (time(9), None, "must be a time, not time"),
        (7, FRIDAY, "must be a time, not int"),
    ],
)
def test_wrong_times_are_refused(said, before, problem):
    """And it is said how they are said."""
    with pytest.raises(PolicyConfigError) as caught:
        instant_at(said, before=before, zone=UTC if before is None else before.tzinfo)
    assert caught.value.problem.startswith(problem)


def test_times_are_in_order_where_clocks_change():
    """A time that comes twice is the one that does not go back; one that is left out is as much later."""
    zone, found = ZoneInfo("Europe/London"), []
    for said in ("2026-10-25 01:30", "+1h", "01:40", "Sun 01:50", "Sun 01:20", "2026-03-29 01:30"):
        found.append(instant_at(said, before=found[-1] if found and said[0] != "2" else None, zone=zone))
    told = [f"{instant.astimezone(UTC):%m-%d %H:%M}" for instant in found]

    assert told == ["10-25 00:30", "10-25 01:30", "10-25 01:40", "10-25 01:50", "11-01 01:20", "03-29 01:30"]
    with pytest.raises(PolicyConfigError, match="goes back: Sun 2026-03-29 02:10 is before Sun 2026-03-29 02:30"):
        instant_at("02:10", before=found[-1], zone=zone)
    assert instant_at(time(9, 20, 30), before=FRIDAY.replace(hour=8), zone=zone).second == 30


# -- faults

SETTING = {
    'proces = "x"': ("scenario.proces", "is not known here; did you mean 'process'?"),
    'title = " "': ("scenario.title", "must not be empty"),
    'title = "\\u001b[2J"': ("scenario.title", "contains a control character; remove it"),
    "title = 7": ("scenario.title", "must be a text, not int"),
    'start = "soon"': ("scenario.start", "'soon' is no time; say it as '2026-03-23 09:20'"),
    'zone = "Mars"': ("scenario.zone", "must be the IANA name of a time zone"),
    "facts = 7": ("scenario.facts", "must be a table, not int"),
    "plugins = 7": ("scenario.plugins", "must be a list of texts, not int"),
    'policies = ["nowhere:Class"]': ("scenario.policies", "'nowhere:Class' cannot be imported (No module"),
    'policies = ["os:environ"]': ("scenario.policies", "'os:environ' is no class of a policy: "),
    'policies = [".x:y"]': ("scenario.policies", "'.x:y' cannot be imported (TypeError: "),
    "vendors.acme-print = [{ after = 7 }]": ("scenario.vendors.acme-print.says[0].after", "must be a duration, not"),
    "start = 0001-01-01T00:00:00+14:00": ("scenario.start", "lies outside of the years 2 to 9998"),
    "vendors = { acme-prnt = [] }": ("scenario.vendors.acme-prnt", "is no vendor of the process; did you mean 'ac"),
    "vendors = { xyzzy = [] }": ("scenario.vendors.xyzzy", "is no vendor of the process; possible are: acme-print"),
    "vendors.acme-print = { failure = 1 }": ("scenario.vendors.acme-print.failure", "is not known here; did you mean"),
    "vendors.acme-print = { lost = -1 }": ("scenario.vendors.acme-print.lost", "is -1; possible is at least 0"),
    "vendors.acme-print = [{ status = 'resolved' }]": ("scenario.vendors.acme-print.says[0].after", "is missing"),
    "vendors.acme-print = [{ after = '1h', status = 'solved' }]": (
        "scenario.vendors.acme-print.says[0].status", "must not be 'solved'; did you mean 'resolved'? possible are: "),
    "vendors.acme-print = [{ after = '1h', status = 7 }]": (
        "scenario.vendors.acme-print.says[0].status", "must be one of: requested, open"),
    "never = [{ told = 'manger' }]": ("scenario.never[0].told.to", "'manger' is not known here; did you mean 'manag"),
    "never = [{ told = { reason = 'move.limt' } }]": (
        "scenario.never[0].told.reason", "'move.limt' is no code of a reason; did you mean 'move.limit'?"),
    "never = [{ disclosed = 'acme-prnt' }]": (
        "scenario.never[0].disclosed", "'acme-prnt' is no vendor of the process; did you mean 'acme-print'?"),
    "never = [{ match = { tire = 1 } }]": ("scenario.never[0].match", "tire: is no field of a case; did you mean"),
    "always = [{ match = {} }]": ("scenario.always[0]", "says nothing that must always be so; say it with `match`"),
    "never = [{ disclosed = [] }]": ("scenario.never[0].disclosed", "is an empty list"),
    'always = [{ match = { tier = 1 }, within = "offic" }]': ("scenario.always[0].within", "names no calendar; "),
}  # fmt: skip
STEPS = {
    '{ do = "opne" }': ("steps[0].do", "'opne' is no verb; did you mean 'open'?"),
    '{ do = "xyzzy" }': ("steps[0].do", "'xyzzy' is no verb; possible are: open, start"),
    '{ do = "open" }': ("steps[0].by", "is missing; say who does it"),
    '{ do = "open", by = 7 }': ("steps[0].by", "must be a table, not int"),
    '{ do = "open", by = { id = "a", kind = "boss" } }': ("steps[0].by.kind", "must be one of: customer, agent"),
    '{ do = "open", by = "a", id = "x" }': ("steps[0].id", "is not known here"),
    '{ do = "start", by = "a" }': ("steps[0]", "comes before any case is open; begin with do = 'open'"),
    f'{OPEN}, {{ do = "start", by = "a", tier = 2 }}': ("steps[1].tier", "is not known here"),
    f'{OPEN}, {{ at = "08:00" }}': ("steps[1].at", "goes back: Mon 2026-03-23 08:00 is before Mon 2026-03-23 09:00"),
    f'{OPEN}, {{ att = "08:00" }}': ("steps[1].att", "is not known here; did you mean 'at'?"),
    f"{OPEN}, {{ then = {{ tire = 1 }} }}": ("steps[1].then.tire", "is no field of a case; did you mean 'tier'?"),
    f'{OPEN}, {{ then = {{ tier = 1, pth = "x" }} }}': ("steps[1].then.pth", "is not known here; did you mean 'path'?"),
    f"{OPEN}, {{ then = {{ refused = 7 }} }}": ("steps[1].then.refused", "must be the code of a reason"),
    f"{OPEN}, {{ then = {{ refused = 'refusd.move' }} }}": ("steps[1].then.refused", "'refusd.move' is no code of a "),
    f"{OPEN}, {{ then = {{ refused = ['x.y', 'permit.not_named'] }} }}": (
        "steps[1].then.refused[1]", "'permit.not_named' is no code of a reason; did you mean 'permit."),
    f"{OPEN}, {{ then = {{ vendors = 'acme-prnt' }} }}": ("steps[1].then.vendors", "'acme-prnt' is not known here; di"),
    f"{OPEN}, {{ do = 'dispatch', by = 'anna', vendor = 'acme-prnt' }}": (
        "steps[1].vendor", "'acme-prnt' is no vendor of the process; did you mean 'acme-print'?"),
    f"{OPEN}, {{ then = {{ told = 'manger' }} }}": ("steps[1].then.told", "'manger' is not known here; did you mean "),
    f"{OPEN}, {{ then = {{ not_told = ['manager', {{ to = 'manger' }}] }} }}": (
        "steps[1].then.not_told[1].to", "'manger' is not known here; did you mean 'manager'?"),
    f"{OPEN}, {{ then = {{ told = {{ reason = 'move.limt' }} }} }}": (
        "steps[1].then.told.reason", "'move.limt' is no code of a reason; did you mean 'move.limit'?"),
    f"{OPEN}, {{ then = {{}} }}": ("steps[1].then", "says nothing; leave it out"),
    f"{OPEN}, {{ then = {{ told = [] }} }}": ("steps[1].then.told", "says nothing; leave it out"),
    f"{OPEN}, {{ then = {{ not_told = {{ to = [] }} }} }}": ("steps[1].then.not_told", "to: is an empty list"),
    f"{OPEN}, {{ then = {{ any = [] }} }}": ("steps[1].then.any", "says nothing; leave it out"),
    f'{OPEN}, {{ then = {{ not_told = {{ after = "2026-03-23 09:00", before = "2026-03-23 09:00" }} }} }}': (
        "steps[1].then.not_told.before", "is not later than `after`: no message lies between"),
    f'{OPEN}, {{ do = "vendor_says" }}': ("steps[1].status", "is missing; 'vendor_says' takes it"),
    f'{OPEN}, {{ do = "transfer", by = "bob" }}': ("steps[1].team", "is missing; 'transfer' takes it"),
    f"{OPEN}, {{ then = {{ told = 7 }} }}": ("steps[1].then.told", "must be a name, or a table, not int"),
    f'{OPEN}, {{ then = {{ told = [{{ too = "x" }}] }} }}': ("steps[1].then.told[0]", "too: is not known here; did "),
    f'{OPEN}, {{ then = {{ told = [{{ to = "x", after = "x" }}] }} }}': ("steps[1].then.told[0].after", "'x' is no "),
    f'{OPEN}, {{ do = "attach", by = "a", attachments = [{{ name = "a" }}] }}': ("steps[1].attachments[0].id", "must "),
    '{ do = "open", by = "a", case = "disk" }, { case = "dsk" }': ("steps[1].case", "is 'dsk'; did you mean "),
    '{ do = "open", by = "a", case = "disk" }, { case = "xyzzy" }': ("steps[1].case", "is 'xyzzy'; open are: disk"),
    "7": ("steps[0]", "must be a table, not int"),
}  # fmt: skip


def faults(text, process="acme.toml"):
    """Read what is not valid; give its faults by their places."""
    with pytest.raises(ScenarioError) as caught:
        Scenario.from_text(text, process=process)
    assert isinstance(caught.value, DefinitionError)
    return {fault.place: fault.problem for fault in caught.value.faults}


@pytest.mark.parametrize("said", SETTING)
def test_fault_of_the_setting_has_its_place(said):
    """And says what was probably meant."""
    place, problem = SETTING[said]

    assert faults(with_steps(OPEN, setting=", " + said if "start" not in said else "").replace(
        'start = "2026-03-23 09:00"', said if "start" in said else 'start = "2026-03-23 09:00"'
    ))[place].startswith(problem)  # fmt: skip


@pytest.mark.parametrize("said", STEPS)
def test_fault_of_a_step_has_its_place(said):
    """The number of the step, from 0 as in every file, and the key."""
    place, problem = STEPS[said]

    assert faults(with_steps(said))[place].startswith(problem)


def test_fault_names_step_and_scenario():
    """As people count, beside the place in the file."""
    text = """
scenario.start = "2026-03-23 09:00"
[[scenarios]]
title = "Nobody looks at it"
steps = [{ do = "open", by = "jane" }, { at = "08:00" }]
"""
    [(place, problem)] = faults(text).items()

    assert "scenarios[0].steps[1].at" == place
    assert problem.endswith(" (step 2 of 'Nobody looks at it')")


def test_fault_of_what_scenarios_have_in_common_is_told_once():
    """At the place where it stands; one that a scenario has of its own stands there."""
    text = """
scenario = { start = "2026-03-23 09:00", zone = "Mars", never = [{ told = "manger" }] }
[[scenarios]]
title = "a"
steps = [{ do = "open", by = "jane" }]
[[scenarios]]
title = "b"
steps = [{ do = "open", by = "jane" }]
[[scenarios]]
title = "c"
zone = "Pluto"
never = []
steps = [{ do = "open", by = "jane" }]
"""
    assert ["scenario.zone", "scenario.never[0].told.to", "scenarios[2].zone"] == list(faults(text))
    with pytest.raises(ScenarioError) as caught:
        Scenario.from_text(text, process="acme.toml")
    assert 3 == len(caught.value.faults)


def test_whoever_acts_or_works_in_the_house_is_known():
    """So is what limits tell; two whose names look alike are two."""
    steps = (
        '{ do = "open", by = "hannah" }',
        '{ do = "watch", by = "hannah", watchers = ["hannahs"], then = { not_told = ["hannah", "hannahs"] } }',
        '{ then = { not_told = ["anna", "manager", "somebody.else"] } }',
    )
    with played(*steps, setting=', directory = "people.toml"'):
        pass


def test_module_of_policies_that_cannot_be_loaded_is_a_fault(monkeypatch, tmp_path):
    """Whatever it raises."""
    (tmp_path / "falling.py").write_text("raise RuntimeError('no database')", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    found = faults(with_steps(OPEN, setting=', policies = ["falling:Own"]'))["scenario.policies"]
    assert found.startswith("'falling:Own' cannot be imported (RuntimeError: no database); name a module and a class")


def test_file_without_scenarios_says_nothing():
    """It would pass whatever happens."""
    assert faults("scenarios = []") == {"scenarios": "is empty; a file without scenarios says nothing"}


def test_faults_of_the_whole_file_are_told(monkeypatch):
    """What is no scenario file, is too large, or has none of what it needs."""
    assert {"step": "is not known here; did you mean 'steps'? possible are: scenario, steps, scenarios"} == {
        "step": faults("step = []")["step"]
    }
    assert "are missing; a scenario without steps says nothing" == faults("")["steps"]
    assert faults("steps = [{}]", process=None)["scenario.process"].startswith("is missing; name a process file")
    assert "must be a list of tables, not int" == faults("steps = 7")["steps"]
    assert faults('steps = [{}]\nscenarios = [{ title = "a", steps = [] }]')["steps"].startswith(
        "stands beside `scenarios`"
    )
    twice = '[[scenarios]]\ntitle = "a"\nsteps = [{ do = "open", by = "a" }]\n' * 2
    assert "'a' is the title of an earlier scenario, too" == faults(twice)["scenarios[1].title"]
    missing = 'scenario = { process = "nowhere.toml" }\n' + twice
    assert faults(missing)["scenario.process"].startswith(
        "process 'nowhere.toml' is not valid: the file cannot be read"
    )
    assert ["line 1, column 4"] == list(faults("a ="))
    assert "must be a finite number" == faults("steps = [{ a = nan }]")["steps[0].a"]
    monkeypatch.setattr("supporttiers.testing.scenarios.reading.MAX_STEPS", 1)
    assert "has 2 members; at most 1 are possible" == faults(with_steps(OPEN, OPEN))["steps"]

    with pytest.raises(
        ScenarioError, match=r"scenario file 'nowhere\.toml' is not valid: the file cannot be read"
    ) as caught:
        Scenario.from_toml("nowhere.toml")
    assert isinstance(caught.value.__cause__, OSError)
    Path("large.toml").write_text("#" * 2**20 + "\n", "utf-8")
    with pytest.raises(ScenarioError, match=r"is larger than 1048576 bytes"):
        Scenario.from_toml("large.toml")


def test_errors_are_values():
    """They pickle, list all faults, and carry a reason."""
    with pytest.raises(ScenarioError) as caught:
        Scenario.from_text("a = 1\nb = 2\nsteps = [7]", process="acme.toml")
    error = caught.value
    assert ("scenario.faults", len(error.faults)) == (error.reason.code, error.reason.params["count"])
    assert "is not valid, 3 faults:\n  - a: is not known here" in str(error)
    assert str(error) == str(pickle.loads(pickle.dumps(error)))
    failed = failure(OPEN, "{ then = { tier = 3 } }")
    assert str(failed) == str(pickle.loads(pickle.dumps(failed)))


def test_what_cannot_be_played_is_an_error_of_the_one_who_knows():
    """A directory that is not there is no failure of a scenario."""
    with pytest.raises(DefinitionError, match=r"directory '.*nobody\.toml' is not valid"):
        played(OPEN, setting=', directory = "nobody.toml"')


def test_value_of_the_wrong_type_is_refused_by_the_verb():
    """It fails the step, with the verb's own words."""
    for step in (
        '{ do = "open", by = "jane", tags = "loud" }',
        '{ do = "open", by = "jane", requester = [] }',
        f'{OPEN}, {{ do = "vendor_says", status = [] }}',
        f'{OPEN}, {{ do = "vendor_says", status = "resolved", ticket = "" }}',
    ):
        [difference] = failure(step).differences

        assert difference.found.startswith("refused with input.invalid: ")
