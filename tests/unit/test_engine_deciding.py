"""decide: what was due first, then the command; and what a refusal leaves behind."""

from datetime import timedelta
from itertools import pairwise

import attrs
import pytest

from supporttiers._engine import decide, verbs
from supporttiers._engine.deciding import MAX_SETTLED
from supporttiers._engine.verbs import VERBS
from supporttiers.actors import Actor
from supporttiers.commands import Note, Open, Reply
from supporttiers.desk import SupportDesk
from supporttiers.errors import CaseNotFoundError, InputError, MoveRefusedError, StaleCaseError
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.match import Match
from supporttiers.tiers import Tier

BOB = Actor.agent("bob")


@pytest.fixture
def case(desk):
    """Give a case that Jane has just opened: 15 minutes at tier 1, 8 hours to its resolution."""
    return desk.open("Printer", id="T-1", by="jane")


@pytest.fixture
def limited(make_desk, calm):
    """Make a desk of these limits, with tiers one above the other."""

    def make(*limits, tiers=(), **changes):
        return make_desk(attrs.evolve(calm, limits=limits, tiers=tiers or calm.tiers, **changes))

    return make


def a_limit(name="own", *, target="2h", at="100%", do=(), **more):
    """Give a limit with one threshold."""
    return TimeLimit(name=name, target=target, thresholds=[Threshold(at, do=do)], **more)


def timeline(desk, case):
    """Say what happened when, shortly."""
    return [f"{event.at:%H:%M} {type(event).__name__}" for event in desk.history(case)]


# -- the one order


@pytest.mark.parametrize(("sweeps"), [[], ["09:15"], ["09:20"], ["09:15", "09:20", "13:00"]], ids=str)
def test_deadlines_are_settled_before_the_command_whatever_was_swept(desk, case, clock, at, sweeps):
    """The same history comes out however late the worker is: the case was at tier 2 when the agent began."""
    for instant in sweeps:
        clock.advance(to=at(instant))
        desk.run_due()
    clock.advance(to=at("14:00"))
    desk.start(case, by="dora")

    assert [
        "09:00 CaseOpened",
        "09:00 StopwatchStarted",
        "09:00 StopwatchStarted",
        "09:15 ThresholdFired",
        "09:15 CaseEscalated",
        "09:15 StopwatchStopped",
        "13:00 ThresholdFired",
        "14:00 CaseStarted",
    ] == timeline(desk, case)


@pytest.mark.parametrize(("instant", "tier"), [("09:14:59", 1), ("09:15", 1), ("09:15:00.000001", 2)])
def test_command_comes_before_what_is_due_at_its_instant(desk, case, clock, at, instant, tier):
    """Only what was due before it is settled first."""
    clock.advance(to=at(instant))

    assert tier == desk.note(case, by="bob").tier


@pytest.mark.parametrize(("instant", "fired"), [("09:14:59", 0), ("09:15", 1), ("09:16", 1)])
def test_sweep_takes_what_is_due_at_its_instant(desk, case, clock, at, instant, fired):
    """From the very moment; the escalation is judged at its due instant, and says why."""
    clock.advance(to=at(instant))
    done = desk.run_due()
    case = desk.get("T-1")

    assert (fired, 1 + fired) == (done.fired, case.tier)
    if fired:
        _, escalated, _ = desk.history(case)[-3:]
        assert (at("09:15"), at("09:15"), "system") == (escalated.at, case.tier_entered_at, escalated.by.id)
        assert "limit 'tier 1' reached 100% of 0:15:00 at 2026-03-23T09:15:00+00:00" == str(escalated.reason)


def test_command_of_the_past_settles_only_what_was_due_then(desk, case, clock, at):
    """A command judged at an earlier instant comes before what was due after it."""
    clock.advance(to=at("09:30"))
    noted = desk.note(case, by="bob", at=at("09:10"))

    assert (1, at("09:10"), at("09:10")) == (noted.tier, noted.changed_at, desk.history(case)[-1].at)


def test_command_is_not_judged_before_the_last_event(desk, case, clock, at):
    """Histories do not go back: a machine whose clock is behind speaks at the case's last instant."""
    clock.advance(to=at("09:30"))
    desk.run_due()
    noted = desk.note(case, by="bob", at=at("09:10"))

    assert at("09:15") == desk.history(case)[-1].at == noted.changed_at


def test_deadlines_of_one_instant_go_in_process_order(limited, clock, at, pager):
    """Limits in their order, then thresholds in theirs, then the agreed end of waiting."""
    second = TimeLimit(
        name="second",
        target="2h",
        thresholds=[Threshold("100%", do=["notify:ann"]), Threshold("0s", do=["notify:ben"])],
    )
    desk = limited(a_limit("first", do=["notify:zoe"]), second)
    case = desk.open(by="jane")
    desk.wait(case, by="bob", wait_reason="scheduled", until=at("11:00"))
    clock.advance("5h")
    desk.run_due()

    assert ["zoe", "ann", "ben"] == [to for to, _ in pager.told]
    assert ["11:00 ThresholdFired"] * 3 + ["11:00 CaseResumed"] == timeline(desk, case)[-4:]


def test_deadlines_that_deadlines_create_are_settled_too(limited, clock, at):
    """A tier's limit begins at the due instant of the one before, not when somebody looks."""
    tiers = [
        Tier(level=1, name="One", escalates_to=[2], time_limit="15m"),
        Tier(level=2, name="Two", escalates_to=[3], time_limit="1h"),
        Tier(level=3, name="Three"),
    ]
    desk = limited(a_limit("at three", target="1h", measures="tier", tier=3), tiers=tiers)
    case = desk.open(by="jane")
    clock.advance("24h")
    done = desk.run_due()
    case = desk.get(case.id)

    assert (1, 3, at("10:15")) == (done.fired, case.tier, case.tier_entered_at)
    assert at("11:15") == case.stopwatch("at three").due_at
    assert timedelta(hours=23, minutes=45) == done.lag
    assert ["10:15 StopwatchStarted", "11:15 ThresholdFired"] == timeline(desk, case)[-2:]


@pytest.fixture
def crowded(limited):
    """Give a desk on which 1,023 deadlines of a case lie in its first two hours."""
    marks = [Threshold(f"{percent}%") for percent in range(1, 33)]
    limits = [TimeLimit(name=f"limit {number}", target="2h", thresholds=marks) for number in range(31)]
    return limited(*limits)


@pytest.mark.parametrize("desk_class", [SupportDesk], ids=["called"], indirect=True)  # long, and of what both share
def test_sweep_settles_at_most_a_thousand_at_once(crowded, clock, kinds):
    """The rest waits for the next pass, and comes in the same order."""
    case = crowded.open(id="T-1", by="jane")
    clock.advance("3h")
    fired = [crowded.run_due().fired]
    first = kinds(crowded, case).count("ThresholdFired")
    fired += [crowded.run_due().fired, crowded.run_due().fired]

    assert (MAX_SETTLED, [1, 1, 0]) == (first, fired)
    assert 1023 == kinds(crowded, case).count("ThresholdFired")
    assert all(earlier.at <= later.at for earlier, later in pairwise(crowded.history(case)))


@pytest.mark.parametrize("desk_class", [SupportDesk], ids=["called"], indirect=True)  # long, and of what both share
def test_command_settles_all_of_it(crowded, clock, kinds):
    """A command cannot wait for a second pass: what was due before it is settled, however much."""
    case = crowded.open(id="T-1", by="jane")
    clock.advance("3h")
    crowded.note(case, by="bob")

    assert ["ThresholdFired"] * 1023 + ["CaseNoted"] == kinds(crowded, case, after=32)


def test_reset_that_goes_on_holding_does_not_go_round(limited, clock, kinds):
    """A stopwatch whose reset still holds is not started anew by its own threshold."""
    desk = limited(a_limit(reset=Match(tags="again")))
    case = desk.open(by="jane", tags=["again"])
    clock.advance("24h")
    desk.run_due()

    assert ["CaseOpened", "StopwatchStarted", "ThresholdFired"] == kinds(desk, case)


# -- what a refusal leaves behind


def test_what_is_settled_stays_when_the_command_is_refused(desk, case, clock, at):
    """The sweep's part is written, the command's is not."""
    clock.advance("20m")
    with pytest.raises(MoveRefusedError) as caught:
        desk.close(case, by="bob", idempotency_key="k-1")
    after = desk.get("T-1")

    assert "tier2.queued" == caught.value.state
    assert (2, at("09:15")) == (after.tier, after.changed_at)
    assert "StopwatchStopped" == type(desk.history(case)[-1]).__name__
    assert desk.close(desk.resolve(case, by="bob"), by="bob", idempotency_key="k-1").status == "closed"


def test_refusal_in_the_middle_of_a_command_leaves_nothing_of_it(acme, case, clock, monkeypatch):
    """Neither events nor effects that came before the refusal are kept."""

    def half(work, command):
        VERBS[Reply](work, command)
        work.notify("manager", None)
        raise work.refuse("note", "refused.absent", what="half", which="other")

    monkeypatch.setattr(verbs, "VERBS", {**VERBS, Reply: half})
    decision = decide(acme, case, Reply(case_id="T-1", by=BOB, text="x"), clock.advance("1h"))
    swept = decide(acme, case, None, clock.now())

    assert swept.case == decision.case
    assert (swept.events, swept.effects, swept.wakes_at) == (decision.events, decision.effects, decision.wakes_at)
    assert "half 'other' is not there" == str(decision.refusal.reason)


@pytest.mark.parametrize(("expected", "stale"), [(3, True), (6, False)])
def test_expected_version_is_compared_after_settling(desk, case, clock, expected, stale):
    """Whoever looked before time moved the case has seen another case; what was settled stays."""
    clock.advance("20m")
    if stale:
        with pytest.raises(StaleCaseError) as caught:
            desk.note(case, by="bob", expected_version=expected)
        assert (3, 6) == (caught.value.expected, caught.value.found)
    else:
        desk.note(case, by="bob", expected_version=expected)

    assert (7 - stale, 2) == (desk.get("T-1").version, desk.get("T-1").tier)


@pytest.mark.parametrize(("expected", "opened"), [(0, True), (1, False)])
def test_expected_version_of_an_opening_is_zero(desk, expected, opened):
    """Before it is opened, a case is at version 0."""
    if opened:
        assert 3 == desk.open(id="T-2", by="jane", expected_version=expected).version
        return
    with pytest.raises(StaleCaseError):
        desk.open(id="T-2", by="jane", expected_version=expected)

    assert [] == list(desk.find(Match(id="T-2")))


def test_malformed_command_settles_nothing(desk, case, clock, at):
    """What cannot be a command is refused before anything is judged."""
    clock.advance("20m")
    with pytest.raises(InputError) as caught:
        desk.note(case, by="bob", at=at("09:10"), occurred_at=at("09:11"))

    assert "case 'T-1': occurred_at lies after `at`; what is still to come cannot have occurred" == str(caught.value)
    assert case == desk.get("T-1")


def test_command_on_no_case_is_refused(acme, clock):
    """Only an opening makes a case; a sweep of none finds nothing."""
    with pytest.raises(CaseNotFoundError, match="case 'T-9' does not exist for tenant 'acme'"):
        decide(acme, None, Note(case_id="T-9", by=BOB), clock.now(), tenant="acme")
    swept = decide(acme, None, None, clock.now())

    assert (None, (), None) == (swept.case, swept.events, swept.wakes_at)


def test_refused_opening_has_no_case(acme, clock):
    """The refusal is the whole decision."""
    decision = decide(acme, None, Open(case_id="T-1", by=BOB, tier=4), clock.now())

    assert (None, (), (), None) == (decision.case, decision.events, decision.effects, decision.wakes_at)
    assert isinstance(decision.refusal, MoveRefusedError)


def test_command_that_changes_nothing_is_no_event(desk, case, clock):
    """It is allowed, and leaves the case as a sweep would."""
    same = desk.amend(case, by="bob", priority="medium")
    clock.advance("20m")
    later = desk.amend(case, by="bob", priority="medium")

    assert case == same
    assert (2, 6) == (later.tier, later.version)


# -- when to wake


def test_decision_says_when_something_happens_next(desk, case, acme, clock, at):
    """The earliest of what runs; None when nothing will."""
    wakes = [desk.next_wake()]
    for minutes in ("15m", "3h45m", "4h"):
        clock.advance(minutes)
        desk.run_due()
        wakes.append(desk.next_wake())

    assert [at("09:15"), at("13:00"), at("17:00"), None] == wakes


def test_decide_is_a_function_of_its_arguments(acme, case, clock):
    """The same question has the same answer, and asking changes nothing."""
    command = Reply(case_id="T-1", by=BOB, text="x")
    now = clock.advance("20m")
    before = attrs.asdict(case, recurse=False)
    first, second = (decide(acme, case, command, now) for _ in range(2))

    assert first == second
    assert before == attrs.asdict(case, recurse=False)


def test_limit_that_the_process_does_not_know_makes_nothing_due(acme, calm, case, clock):
    """A stopwatch of a limit that is gone stands there, and fires nothing."""
    now = clock.advance("24h")
    decision = decide(calm, case, None, now)

    assert ((), None) == (decision.events, decision.wakes_at)
