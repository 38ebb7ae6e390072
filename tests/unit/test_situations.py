"""Situations for tests of policies: one line, all else as ordinary as can be, and errors that name what is wrong."""

from datetime import UTC, datetime
from typing import ClassVar

import attrs
import pytest

from supporttiers import events as happened
from supporttiers.actors import SYSTEM, Actor
from supporttiers.cases import Case, Place
from supporttiers.commands import COMMANDS, Escalate
from supporttiers.decisions import Destination
from supporttiers.errors import InputError
from supporttiers.links import Link
from supporttiers.match import Match
from supporttiers.process import SupportProcess
from supporttiers.testing import situation
from supporttiers.testing._case_fields import READINGS, CaseFields
from supporttiers.testing.builders import AGENT, NOON, happens, opening
from supporttiers.testing.situations import a_command
from supporttiers.tiers import CaseKind, Status, Tier

HOUSE = SupportProcess(
    name="acme",
    priorities=["low", "high"],
    tiers=[
        Tier(level=1, name="Desk", teams=["front", "night"], escalates_to=[2]),
        Tier(level=2, name="Technical", teams=["network"]),
    ],
)


@attrs.frozen
class PrintersGoUp:
    name: ClassVar = "acme.printers-go-up"
    revision: ClassVar = 1

    def route(self, asked):
        """Give tier 2 for printers."""
        return Destination(tier=2) if asked.case.category == "printing" else None


def test_first_test_of_a_policy_is_one_line():
    """What this module is for."""
    assert PrintersGoUp().route(situation(category="printing")) == Destination(tier=2)
    assert PrintersGoUp().route(situation()) is None


def test_situation_is_ordinary_where_nothing_is_said():
    """A new case at the lowest staffed tier, at noon; time acts; no facts."""
    asked = situation()

    assert (1, Status.QUEUED, "medium", NOON) == (
        asked.case.tier, asked.case.status, asked.case.priority, asked.case.opened_at
    )  # fmt: skip
    assert (None, NOON, {}, SYSTEM, "", None, None, None, (), ()) == (
        asked.command, asked.now, asked.facts, asked.by, asked.trigger, asked.to, asked.event, asked.limit,
        asked.exclude, asked.skipped,
    )  # fmt: skip
    assert ["24x7"] == list(asked.calendars)


def test_fields_of_the_case_are_read_as_a_process_file_has_them():
    """Words for statuses, texts for instants, lists for tuples."""
    case = situation(
        id="C-7", status="waiting", kind="problem", resume_to="queued", opened_at="2026-03-23T09:00+01:00",
        resolved_at=None, tags=["vip"], links=[Link("follows", "T-0")], attributes={"site": "York"}, came_from=Place(2),
        bounces={"1-2": 3}, subject="Help", version=7, satisfaction=5, watchers={"eve"},
    ).case  # fmt: skip

    assert ("C-7", Status.WAITING, CaseKind.PROBLEM, Status.QUEUED) == (case.id, case.status, case.kind, case.resume_to)
    assert datetime(2026, 3, 23, 8, tzinfo=UTC) == case.opened_at == case.changed_at
    assert (("vip",), (Link("follows", "T-0"),), {"site": "York"}) == (case.tags, case.links, case.attributes)
    assert (None, Place(2), {"1-2": 3}, ("eve",)) == (case.resolved_at, case.came_from, case.bounces, case.watchers)
    assert situation(resume_to=None).case.resume_to is None


def test_every_field_of_a_case_can_be_said():
    """A field that is added to cases is added here, too."""
    known = {field.name for field in attrs.fields(Case)} - {"process", "facts"}

    assert known == set(CaseFields.__annotations__) == set(READINGS)


@pytest.mark.parametrize("verb", [kind.trigger for kind in COMMANDS])
def test_command_may_be_said_by_its_verb(verb):
    """Whatever a command cannot do without is filled in; permission is asked about its verb."""
    asked = situation(command=verb, by="bob", id="T-9")

    assert (verb, verb, "T-9") == (asked.command.trigger, asked.trigger, asked.command.case_id)
    assert Actor.agent("bob") == asked.by == asked.command.by


def test_command_says_who_acts_when_and_whereto():
    """What is said beside it counts more."""
    command = Escalate(case_id="T-1", by=AGENT, tier=2, team="network", at=datetime(2026, 5, 1, tzinfo=UTC))
    asked = situation(command=command)
    other = situation(command=command, by=Actor.manager("mia"), now="2026-06-01T00:00Z", to=3, trigger="")

    assert (AGENT, command.at, Place(2, "network"), "escalate") == (asked.by, asked.now, asked.to, asked.trigger)
    assert (Actor.manager("mia"), datetime(2026, 6, 1, tzinfo=UTC), Place(3), "") == (
        other.by, other.now, other.to, other.trigger
    )  # fmt: skip
    assert AGENT == situation(command="start").by == a_command("start", asked.case).by


def test_event_is_what_has_just_happened():
    """Rules that react are asked about it; that of an opening brings its own case."""
    opened = opening("T-5", tenant="umbrella", category="printing").events[0]
    resolved = happens(happened.CaseResolved, opening("T-6").case)

    asked = situation(event=opened, tags=["vip"])
    assert ("T-5", "umbrella", "printing", ("vip",)) == (
        asked.case.id, asked.case.tenant, asked.case.category, asked.case.tags
    )  # fmt: skip
    assert ("react", opened.by, opened.at) == (asked.trigger, asked.by, asked.now)
    assert ("T-6", resolved) == ((asked := situation(event=resolved)).case.id, asked.event)


def test_facts_are_seen_by_policies_and_conditions():
    """As the desk has them: plain data, a copy of what was given."""
    given = {"plan": {"level": "gold", "hours": (1, 2)}}
    asked = situation(facts=given)

    assert {"plan": {"level": "gold", "hours": [1, 2]}} == asked.facts == asked.case.facts
    assert Match({"facts.plan.level": "gold"}).holds(asked.case)
    with pytest.raises(KeyError, match=r"situation\(\) was given no fact 'site' \(it has: plan\); add facts="):
        asked.facts["site"]


def test_process_says_what_there_is():
    """The case is at its entry, with its default priority; calendars are at hand."""
    case = situation(process=HOUSE).case

    assert ("acme", 1, "front", "low") == (case.process, case.tier, case.team, case.priority)
    assert ("network", 2) == ((case := situation(process=HOUSE, tier=2).case).team, case.tier)
    assert situation(process=HOUSE, team=None, priority=None).case.place == Place(1)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"categry": "x"}, r"categry is no field of a case that situation\(\) takes; did you mean 'category'\? poss"),
        ({"facts_": {}}, r"facts_ is no field of a case that situation\(\) takes; possible are: id, tenant, "),
        ({"category": 7}, "category must be a text, not int"),
        ({"tier": "2"}, r"tier must be a whole number \(0 to 99\), not str"),
        ({"status": "asleep"}, "status must be one of: queued, in_progress, "),
        ({"resume_to": "asleep"}, "resume_to must be one of: queued, in_progress, "),
        ({"tags": "vip"}, "tags must be a collection of names, not str"),
        ({"links": ["T-2"]}, "links must be a Link, not str"),
        ({"came_from": 2}, "came_from must be a Place, not int"),
        ({"attributes": {"a": []}}, "attributes under 'a' is a list; possible are"),
        ({"opened_at": datetime(2026, 1, 1)}, "opened_at is naive; give it a time zone"),  # noqa: DTZ001 - refused
        ({"opened_at": None}, "opened_at '' is not an ISO 8601 instant"),
        ({"due_at": "soon"}, "due_at 'soon' is not an ISO 8601 instant"),
        ({"now": "soon"}, "now 'soon' is not an ISO 8601 instant"),
        ({"command": "escalte"}, r"command 'escalte' is no verb; did you mean 'escalate'\? possible are: open, start"),
        ({"command": 5}, "command must be a command, or a verb such as 'escalate', not int"),
        ({"event": "resolved"}, "event must be an event, such as CaseResolved"),
        ({"by": 5}, "by must be an Actor, or the id of an agent, not int"),
        ({"to": "tier 2"}, "to must be a Place, or the level of a tier, not str"),
        ({"exclude": "anna"}, "exclude must be a collection of names, not str"),
        ({"facts": ["plan"]}, "facts must be a table by name, such as .*, not list"),
        ({"facts": {"plan": object()}}, "facts under 'plan' has what is no plain data"),
        ({"process": "acme.toml"}, r"process must be a SupportProcess, not str; SupportProcess.from_toml\(path\)"),
        ({"process": HOUSE, "tier": 7}, "tier is 7; process 'acme' has: 1, 2"),
        ({"process": HOUSE, "team": "network"}, "team is 'network'; tier 1 has: front, night"),
        ({"process": HOUSE, "priority": "medium"}, "priority is 'medium'; possible are: low, high"),
    ],
)  # fmt: skip
def test_situation_names_what_is_wrong(said, problem):
    """And what is possible instead."""
    with pytest.raises(InputError, match=f"^{problem}"):
        situation(**said)
