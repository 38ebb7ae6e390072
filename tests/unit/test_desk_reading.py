"""What a desk answers when it is asked."""

from datetime import timedelta

import attrs
import pytest

from supporttiers.actors import Actor
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.errors import CaseNotFoundError, InputError
from supporttiers.match import AtLeast, Match
from supporttiers.tiers import Status


@pytest.fixture
def three(calm_desk, clock):
    """Give a desk with three cases of three priorities, opened a minute apart."""
    for case_id, priority in (("T-1", "low"), ("T-2", "critical"), ("T-3", "high")):
        calm_desk.open("Stuck", id=case_id, by="jane", priority=priority)
        clock.advance("1m")
    return calm_desk


# -- get, find, counts


def test_get_gives_the_case_as_it_is(desk):
    """What a verb gave is what is read."""
    assert desk.open("Stuck", id="T-1", by="jane") == desk.get("T-1")


def test_get_of_an_unknown_case_says_so(desk):
    """Nothing is not a case."""
    with pytest.raises(CaseNotFoundError, match=r"^case 'T-9' does not exist for tenant 'default'"):
        desk.get("T-9")


def test_find_gives_all_cases_in_order_of_their_ids(three):
    """Without a condition every case of the tenant is found."""
    page = three.find()

    assert (["T-1", "T-2", "T-3"], None) == ([case.id for case in page], page.next)


@pytest.mark.parametrize(
    ("match", "ids"),
    [
        (Match(priority="low"), ["T-1"]),
        (Match(priority=AtLeast("high")), ["T-2", "T-3"]),
        (Match(status="closed"), []),
        (Match(status=[Status.QUEUED], tier=1), ["T-1", "T-2", "T-3"]),
    ],
    ids=["equal", "at least", "none", "any of"],
)
def test_find_takes_a_condition(three, match, ids):
    """Priorities are compared in the order of the process, not of the alphabet."""
    assert ids == [case.id for case in three.find(match)]
    assert len(ids) == sum(three.counts(match).values())


def test_find_goes_on_page_by_page(three):
    """The mark of a page leads to the next, in the order asked for."""
    first = three.find(order="-opened_at", limit=2)
    second = three.find(order="-opened_at", limit=2, after=first.next)

    assert (["T-3", "T-2"], ["T-1"], None) == ([case.id for case in first], [case.id for case in second], second.next)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"match": {"tier": 1}}, "match must be a Match, not dict"),
        ({"order": 1}, "order must be a text, not int"),
        ({"order": "subject"}, "order must be one of"),
        ({"after": 1}, "after must be a text, not int"),
        ({"after": "nonsense"}, "after "),
        ({"limit": 0}, "limit is 0; possible is 1 to 1000"),
        ({"limit": 1001}, "limit is 1001; possible is 1 to 1000"),
        ({"limit": True}, "limit must be a whole number"),
    ],
    ids=str,
)
def test_find_refuses_what_cannot_be_asked(three, options, problem):
    """The parameter is named, and what is possible."""
    with pytest.raises(InputError) as caught:
        three.find(**options)
    assert str(caught.value).startswith(problem)


def test_find_refuses_a_condition_on_an_unknown_priority(three):
    """A priority that the process does not have orders nothing."""
    with pytest.raises((InputError, ValueError), match="urgent"):
        three.find(Match(priority=AtLeast("urgent")))


def test_counts_by_a_field(three):
    """Each value with its number; cases without a value are counted under None."""
    three.start("T-1", by="bob")

    assert {"queued": 2, "in_progress": 1} == three.counts()
    assert {"bob": 1, None: 2} == three.counts(by="assignee")
    assert {1: 2} == three.counts(Match(status="queued"), by="tier")


@pytest.mark.parametrize("by", ["subject", 1, None])
def test_counts_refuses_other_fields(three, by):
    """It lists what can be counted by."""
    with pytest.raises(InputError, match=r"^by must be one of: status, tier, team"):
        three.counts(by=by)


# -- clocks, options, explain, verify


def test_clocks_are_read_at_the_present(desk, clock, at):
    """What has passed and what remains, by the desk's clock; a case or its id will do."""
    case = desk.open("Stuck", id="T-1", by="jane")
    clock.advance("10m")

    own, whole = desk.clocks(case)
    assert ("tier 1", timedelta(minutes=10), timedelta(minutes=5), at("09:15"), False) == (
        own.limit, own.elapsed, own.remaining, own.due_at, own.breached
    )  # fmt: skip
    assert ("resolve", at("17:00")) == (whole.limit, whole.due_at)
    assert (own, whole) == desk.clocks("T-1")


def test_options_are_what_the_actor_may_do(calm_desk):
    """Each was decided, so what is offered works, and what is not says why."""
    case = calm_desk.open("Stuck", id="T-1", by="jane")
    options = {(option.trigger, option.target): option for option in calm_desk.options(case, by="bob")}

    assert options["escalate", "tier2"].allowed
    assert not options["resume", ""].allowed
    calm_desk.escalate(case, by="bob", tier=2)


def test_options_know_the_requester_by_their_id(calm_desk):
    """An id that is the requester's may do what a requester may, on a desk with a bound actor as well."""
    calm_desk.open("Stuck", id="T-1", by="jane")
    calm_desk.resolve("T-1", by="bob")
    rate = {by: next(o for o in calm_desk.bind(by=by).options("T-1") if o.trigger == "rate") for by in ("jane", "bob")}

    assert {"jane": True, "bob": False} == {by: option.allowed for by, option in rate.items()}


def test_options_leave_no_trace(desk, clock):
    """Asking what could be done does nothing, not even what is due."""
    desk.open("Stuck", id="T-1", by="jane")
    clock.advance("16m")
    before = desk.history("T-1")

    assert any(option.trigger == "hand_back" and option.allowed for option in desk.options("T-1", by="bob"))
    assert before == desk.history("T-1")


def test_explain_says_why_and_what_comes_next(desk):
    """Reasons as data, and as text for people."""
    case = desk.open("secret", id="T-1", by="jane")
    explanation = desk.explain(case)

    assert "T-1" == explanation.case_id
    assert ["case.tier", "case.opened", "case.status", "case.unassigned"] == [why.code for why in explanation.here]
    assert "next.threshold" == explanation.next[0].code
    assert str(explanation).startswith("case T-1\n  at tier 1 (Service desk)")
    assert "secret" not in str(explanation)


def test_verify_finds_a_desks_own_work_sound(desk, clock):
    """Whatever a desk has written, and time has done, holds together."""
    desk.open("Stuck", id="T-1", by="jane")
    clock.advance("5h")
    desk.run_due()

    assert () == desk.verify("T-1")


def test_verify_tells_what_was_tampered_with(make_desk, calm):
    """A case that is not what its history makes is found."""
    store = MemoryStore()
    desk = make_desk(calm, store=store)
    desk.open("Stuck", id="T-1", by="jane")
    row = store._rows["default", "T-1"]
    store._rows["default", "T-1"] = row._replace(case=attrs.evolve(row.case, tier=2))

    assert ["verify.fold"] == [finding.code for finding in desk.verify("T-1")]


@pytest.mark.parametrize("ask", ["get", "clocks", "options", "history", "explain", "verify"])
def test_reading_an_unknown_case_says_so(desk, ask):
    """Every question about a case that is not there has the same answer."""
    with pytest.raises(CaseNotFoundError, match="'T-9'"):
        getattr(desk, ask)("T-9", **({"by": "bob"} if ask == "options" else {}))


@pytest.mark.parametrize("ask", ["get", "clocks", "options", "history", "explain", "verify"])
def test_reading_refuses_what_is_no_case(desk, ask):
    """A wrong type is named, and not looked up."""
    with pytest.raises(InputError, match=r"^case must be a text, not int$"):
        getattr(desk, ask)(7, **({"by": "bob"} if ask == "options" else {}))


# -- history


def test_history_shows_everybody_outside_public_events_only(calm_desk):
    """Customers and vendors never see what the house writes for itself; the house sees everything."""
    case = calm_desk.open("Stuck", id="T-1", by="jane")
    calm_desk.note(case, by="bob", text="Psst.")
    calm_desk.note(case, by="bob", text="Hm.", visibility="public")
    calm_desk.reply(case, by="bob", text="Hello.")

    def seen(by):
        return [type(event).__name__ for event in calm_desk.history(case, visible_to=by)]

    public = ["CaseOpened", "CaseNoted", "CaseReplied"]
    everything = ["CaseOpened", "CaseNoted", "CaseNoted", "CaseReplied"]
    outside = ("jane", "mallory", "bob", Actor.customer("joe"), Actor.vendor("acme-print"))
    inside = (None, Actor.agent("bob"), Actor.manager("max"), Actor.assistant("bot"))
    assert [public] * 5 == [seen(by) for by in outside]
    assert [everything] * 4 == [seen(by) for by in inside]


def test_history_says_when_events_were_recorded(desk, clock, at):
    """What was due while nobody looked is judged at its instant, and recorded when it was settled."""
    desk.open("Stuck", id="T-1", by="jane")
    clock.advance("20m")
    desk.run_due()

    fired = next(event for event in desk.history("T-1") if type(event).__name__ == "ThresholdFired")
    assert (at("09:15"), at("09:20")) == (fired.at, fired.recorded_at)
