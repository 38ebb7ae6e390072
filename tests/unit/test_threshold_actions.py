"""What a threshold does besides telling and escalating: any command, given by time itself through the same verbs."""

import attrs
import pytest

from supporttiers import events as happened
from supporttiers._engine import decide
from supporttiers._engine.deciding import MAX_CHAINED
from supporttiers.actors import Actor
from supporttiers.commands import Note, Open
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.match import Match

JANE, BOB = Actor.customer("jane"), Actor.agent("bob")


@pytest.fixture
def limited(make_desk, calm):
    """Make a desk of limits of two hours that do this at their target."""

    def make(*do, process=None, hold=False, **fields):
        limit = {"name": "own", "target": "2h", "thresholds": [Threshold("100%", do, hold=hold)], **fields}
        return make_desk(attrs.evolve(calm, limits=[TimeLimit(**limit)], **process or {}))

    return make


def lived(desk, clock, *commands, priority=None):
    """Open at tier 2 with Bob, do these, and come to the target."""
    case = desk.open(by="jane", priority=priority)
    case = desk.escalate(case, by="bob")
    case = desk.start(case, by="bob")
    for verb, fields in commands:
        case = getattr(desk, verb)(case, by="bob", **fields)
    clock.advance("2h")
    desk.run_due()
    return desk.get(case.id)


@pytest.mark.parametrize(
    ("do", "expected"),
    [
        ("hand_back", {"tier": 1, "status": "queued", "assignee": None}),
        ("hand_back:1", {"tier": 1}),
        ("escalate", {"tier": 4}),
        ("transfer:desktop", {"team": "desktop", "tier": 2}),
        ("assign:anna", {"assignee": "anna", "owner": "bob"}),
        ("release", {"assignee": None, "status": "queued"}),
        ("raise_priority", {"priority": "high"}),
        ("raise_priority:critical", {"priority": "critical"}),
        ("raise_priority:low", {"priority": "medium"}),
        ("dispatch:acme-print", {"vendors": ("acme-print",), "tier": 2}),
        ("wait:scheduled", {"status": "waiting", "wait_reason": "scheduled"}),
        ("resolve", {"status": "resolved"}),
        ("cancel", {"status": "cancelled"}),
        ("inform_management", {"status": "in_progress"}),
        ("note:nobody has looked at it", {"status": "in_progress"}),
    ],
)
def test_threshold_gives_a_command(limited, clock, do, expected):
    """Each does what the verb of that name does, in the name of the system, and for the limit's reason."""
    desk = limited(do)
    case = lived(desk, clock)
    caused = [event for event in desk.history(case) if event.at == clock.now() and event.reason is not None]

    assert expected == {field: getattr(case, field) for field in expected}
    assert {("system", "move.limit")} == {(event.by.id, event.reason.code) for event in caused}
    assert "ActionRefused" not in {type(event).__name__ for event in caused}


@pytest.mark.parametrize(
    ("do", "before", "expected"),
    [
        ("resume", ("wait", {"wait_reason": "scheduled"}), {"status": "in_progress"}),
        ("close", ("resolve", {}), {"status": "closed"}),
        ("reopen", ("resolve", {}), {"status": "queued", "tier": 2}),
    ],
)
def test_threshold_gives_a_command_to_a_case_that_waits_or_has_ended(limited, clock, do, before, expected):
    """A limit with conditions of its own may run where the named ones do not."""
    everywhere = Match(status=["queued", "in_progress", "waiting", "resolved"])
    desk = limited(do, start=everywhere, stop=Match(tags="done"))
    case = lived(desk, clock, before)

    assert expected == {field: getattr(case, field) for field in expected}


def test_informing_management_says_why(limited, clock, pager):
    """Who is told hears of the limit; nothing moves."""
    desk = limited("inform_management")
    lived(desk, clock)

    assert [("manager", "move.limit")] == pager.told


def test_priority_at_the_top_is_not_raised(limited, clock, pager, kinds):
    """There is nothing to do, and nothing to tell."""
    desk = limited("raise_priority")
    case = lived(desk, clock, priority="critical")

    assert ("critical", []) == (case.priority, pager.told)
    assert "ThresholdFired" == kinds(desk, case)[-1]


def test_raised_priority_changes_what_other_clocks_allow(make_desk, calm, clock, at):
    """One settlement after the other, in one order: the second limit has its shorter target at once."""
    limits = [
        TimeLimit(name="first", target="1h", thresholds=[Threshold("100%", ["raise_priority:critical"])]),
        TimeLimit(name="second", target={"critical": "2h", "*": "8h"}),
    ]
    desk = make_desk(attrs.evolve(calm, limits=limits))
    case = desk.open(by="jane")
    clock.advance("1h")
    desk.run_due()

    assert at("11:00") == desk.get(case.id).stopwatch("second").due_at


@pytest.mark.parametrize(
    ("do", "why"),
    [
        ("reopen", "the process has no such move"),
        ("transfer:network", "team 'network' is there already"),
        ("transfer:front", "tier 2 has no team 'front'; it has: network, desktop"),
        ("resume", "the process has no such move"),
        ("wait:vendor", "waiting for a vendor needs an open vendor ticket; dispatch first"),
        ("close", "the process has no such move"),
    ],
)
def test_refused_command_is_recorded_and_management_is_told(limited, clock, pager, do, why):
    """The threshold counts as fired, the case stays as it was, and what comes after it in the list is done."""
    desk = limited(do, "notify:ann")
    case = lived(desk, clock)
    refused = desk.history(case)[-1]

    assert (do, f"the process refuses {do!r}: {why}") == (refused.action, str(refused.reason))
    assert [("manager", "limit.no_action"), ("ann", "move.limit")] == pager.told
    assert (2, "in_progress", "bob") == (case.tier, case.status, case.assignee)


def test_refused_dispatch_leaves_no_second_ticket(limited, clock):
    """A vendor who has the case already is not asked twice."""
    desk = limited("dispatch:acme-print")
    case = lived(desk, clock, ("dispatch", {"vendor": "acme-print"}))

    assert 1 == len(case.vendor_tickets)
    assert ["dispatch:acme-print"] == [
        event.action for event in desk.history(case) if isinstance(event, happened.ActionRefused)
    ]


@pytest.mark.parametrize("do", ["transfer:desktop", "assign:anna", "resolve", "raise_priority", "release"])
def test_overtaken_threshold_only_tells(limited, clock, at, pager, do):
    """Whoever has the case since the due instant keeps it as it is: people are told, and nothing else is done."""
    desk = limited(do, "inform_management", "note:late", target={"critical": "1h", "*": "8h"})
    case = desk.open(by="jane")
    clock.advance(to=at("10:30"))
    case = desk.escalate(case, by="bob")
    case = desk.start(case, by="bob")
    desk.amend(case, by="bob", priority="critical")
    desk.run_due()
    history = desk.history(case)
    fired = next(event for event in history if isinstance(event, happened.ThresholdFired))

    assert (True, at("10:00")) == (fired.overtaken, fired.due_at)
    assert ["ManagementInformed", "CaseNoted"] == [type(event).__name__ for event in history[fired.version :]]
    assert [("manager", "move.limit")] == pager.told


def test_actions_of_one_threshold_come_one_after_the_other(limited, clock):
    """The second one finds what the first has made."""
    desk = limited("hand_back", "assign:anna", "note:back again")

    case = lived(desk, clock)

    assert (1, "anna") == (case.tier, case.assignee)


# -- reassign


@attrs.frozen
class Nearest:
    """Gives cases to these agents, in this order."""

    name = "test.nearest"
    revision = 1
    needs = ()
    agents: tuple[str, ...] = ()

    def assign(self, situation):
        """Give the first who is not left out."""
        return next((agent for agent in self.agents if agent not in situation.exclude), None)


@pytest.mark.parametrize(
    ("agents", "assignee", "last"), [(("bob", "ann"), "ann", "CaseAssigned"), (("bob",), "bob", "ActionRefused")]
)
def test_reassigning_asks_the_policies_for_somebody_else(limited, clock, agents, assignee, last):
    """Whoever has it now is left out; where nobody else is named, that is a refusal."""
    desk = limited("reassign", process={"policies": [Nearest(agents)]})
    case = lived(desk, clock, ("assign", {"assignee": "bob"}))

    assert (assignee, last) == (case.assignee, type(desk.history(case)[-1]).__name__)


def test_reassigning_finds_somebody_for_a_case_that_nobody_has(limited, clock):
    """Nobody is left out then."""
    desk = limited("reassign", process={"policies": [Nearest(("bob",))]})
    case = lived(desk, clock, ("release", {}))

    assert "bob" == case.assignee


# -- held to working time


@pytest.mark.parametrize(
    ("opened", "everywhere", "told"),
    [
        ("09:30", False, "11:30"),  # the target lies within the hours
        ("10:00", False, "13:00"),  # at noon the office closes
        ("10:00", True, "13:00"),
    ],
)
def test_held_alert_waits_for_the_next_opening(
    make_desk, calm, with_calendar, office, clock, at, pager, opened, everywhere, told
):
    """The threshold fires at its instant; people hear of it when the office is open."""
    limits = [TimeLimit(name="own", target="2h", thresholds=[Threshold("100%", ["notify:ann"], hold=True)])]
    process = with_calendar(attrs.evolve(calm, limits=limits), office, of_process=office if everywhere else None)
    desk = make_desk(process)
    clock.advance(to=at(opened))
    desk.open(by="jane")
    clock.advance("2h")
    desk.run_due()
    early = list(pager.told)
    clock.advance(to=at(told))
    desk.run_due()

    assert ([("ann", "move.limit")] if told == "11:30" else []) == early
    assert [("ann", "move.limit")] == pager.told


def test_alert_of_a_limit_round_the_clock_waits_for_the_hours_of_the_process(
    calm, with_calendar, office, every_other_hour, at
):
    """A limit may run at night, and who is told may sleep; what is not held goes out at once."""
    limits = [
        TimeLimit(name=name, target="2h", thresholds=[Threshold("100%", [f"notify:{name}"], hold=name == "held")])
        for name in ("held", "urgent")
    ]
    process = with_calendar(attrs.evolve(calm, limits=limits), every_other_hour, of_process=office)
    case = decide(process, None, Open(case_id="T-1", by=JANE, at=at("15:00")), at("15:00")).case
    held, urgent = decide(process, case, None, at("23:00")).effects

    assert at("18:00") == case.due_at
    assert ("held", "2026-03-24T09:00:00+00:00") == (held.to, held.not_before.isoformat())
    assert ("urgent", None) == (urgent.to, urgent.not_before)


# -- too many at one instant


def many(number):
    """Give limits that all do something at one instant."""
    return [
        TimeLimit(
            name=f"limit {place}", target="1h",
            thresholds=[Threshold("100%", [f"note:{place}" if place % 2 else f"assign:agent {place}"])],
        )
        for place in range(number)
    ]  # fmt: skip


@pytest.mark.parametrize("by_command", [False, True])
def test_many_commands_at_one_instant_are_told_and_go_on_in_the_next_pass(calm, at, by_command):
    """After sixteen management hears of it, once; a pass leaves the rest to the next, a command waits for none."""
    process = attrs.evolve(calm, limits=many(MAX_CHAINED + 4))
    case = decide(process, None, Open(case_id="T-1", by=JANE, at=at("09:00")), at("09:00")).case
    if by_command:
        decisions = [decide(process, case, Note(case_id="T-1", by=BOB, at=at("11:00"), text="x"), at("11:00"))]
    else:
        first = decide(process, case, None, at("11:00"))
        assert at("10:00") == first.wakes_at
        decisions = [first, decide(process, first.case, None, at("11:00"))]
    events = [event for decision in decisions for event in decision.events]
    told = [effect for decision in decisions for effect in decision.effects]
    fired = [event.limit for event in events if isinstance(event, happened.ThresholdFired)]
    (informed,) = [event for event in events if isinstance(event, happened.ManagementInformed)]

    assert [limit.name for limit in process.limits] == fired
    assert None is decisions[-1].wakes_at
    assert ["limit.chain"] == [effect.reason.code for effect in told]
    assert "time gave 16 commands at one instant" in str(informed.reason)
    assert f"limit {MAX_CHAINED - 1}" == next(
        event.limit for event in reversed(events[: events.index(informed)]) if hasattr(event, "limit")
    )


def test_sixteen_commands_at_one_instant_are_not_too_many(calm, at):
    """The number itself is allowed, and so is the same again an instant later."""
    later = [attrs.evolve(limit, name=f"{limit.name} later", target="2h") for limit in many(MAX_CHAINED)]
    process = attrs.evolve(calm, limits=[*many(MAX_CHAINED), *later])
    case = decide(process, None, Open(case_id="T-1", by=JANE, at=at("09:00")), at("09:00")).case
    decision = decide(process, case, None, at("11:00"))

    assert (None, ()) == (decision.wakes_at, decision.effects)


def test_held_alert_keeps_nothing_else_waiting(make_desk, calm, with_calendar, office, clock, at, pager):
    """Whatever else is told of the case is told at once."""
    limits = [TimeLimit(name="own", target="1h", thresholds=[Threshold("100%", ["notify:ann"], hold=True)])]
    desk = make_desk(with_calendar(attrs.evolve(calm, limits=limits), office, of_process=office))
    clock.advance(to=at("11:00"))
    case = desk.open(by="jane")
    clock.advance(to=at("12:10"))
    desk.run_due()
    desk.inform_management(case, by="bob")
    desk.run_due()
    at_noon = list(pager.told)
    clock.advance(to=at("13:00"))
    desk.run_due()

    assert [("manager", "management.asked")] == at_noon
    assert [("manager", "management.asked"), ("ann", "move.limit")] == pager.told
