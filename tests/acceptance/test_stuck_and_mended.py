"""A fault in a policy, a phone that rings out and a mail server that is down: nothing is lost, and people mend it."""

from datetime import timedelta

import pytest

from supporttiers import SupportDesk, SupportProcess, Tier
from supporttiers.clock import FakeClock
from supporttiers.errors import NotifyError, ParkedError
from supporttiers.protocols import Backlog
from supporttiers.readings import Pass


class Faulty:
    """A rule that fails about some cases until it is mended."""

    name, revision = "acme.faulty", 1
    about = frozenset()

    def permit(self, situation, /):
        """Fail, or have no opinion."""
        if situation.case.id in self.about and situation.trigger in {"escalate", "note"}:
            raise KeyError("plan")


class Line:
    """A way to people that raises what it is told to."""

    def __init__(self, name, *, repeats=True):
        self.name, self.repeats = name, repeats
        self.sent, self.failures = [], []

    def notify(self, notification, /, *, key):
        """Fail, or deliver."""
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((notification.case_id, notification.reason.code))


@pytest.fixture(params=["memory:", "sqlite"])
def store(request, tmp_path):
    """Give the URL of a store."""
    return request.param if request.param == "memory:" else f"sqlite:///{tmp_path / 'support.db'}"


@pytest.fixture
def clock():
    """Stand at nine in the morning."""
    return FakeClock("2026-03-23T09:00Z")


@pytest.fixture
def mail():
    """Give a mail server."""
    return Line("mail")


@pytest.fixture
def phone():
    """Give a phone, by which nobody is to be rung up twice about one thing."""
    return Line("phone", repeats=False)


@pytest.fixture
def rule():
    """Give a faulty rule."""
    return type("Faulty", (Faulty,), {"about": {"T-1"}})()


@pytest.fixture
def desk(store, clock, mail, phone, rule):
    """Give a desk on which two cases escalate after a quarter of an hour."""
    tiers = [Tier(level=1, name="Desk", escalates_to=[2], time_limit="15m"), Tier(level=2, name="Experts")]
    process = SupportProcess(name="acme", tiers=tiers, policies=[rule])
    with SupportDesk(process, store=store, clock=clock, notifiers=[mail, phone]) as desk:
        desk.open("No VPN", id="T-1", by="jane")
        desk.open("No mail", id="T-2", by="joe")
        yield desk


def parked(desk, clock):
    """Let time pass until a case is set aside."""
    clock.advance("15m")
    while not desk.run_due().parked:
        clock.advance("1h")


def test_case_is_parked_told_explained_mended_and_goes_on(desk, clock, mail, rule):
    """Others are not kept from their deadlines, management hears of it, and what had been due happens in the end."""
    parked(desk, clock)

    assert {"T-1": 1, "T-2": 2} == {case.id: case.tier for case in desk.find()}
    assert ["T-1"] == [found.case.id for found in desk.parked()]
    assert 1 == desk.backlog().parked
    assert "T-1" in [case_id for case_id, code in mail.sent if code == "park.undecided"]
    assert "park.undecided" == desk.explain("T-1").here[0].code
    with pytest.raises(ParkedError, match=r"KeyError in policy 'acme.faulty', permit\(\), \S+; mend that, then call"):
        desk.note("T-1", by="bob")

    rule.about.clear()
    assert desk.unpark("T-1")
    assert 1 == desk.run_due().fired
    assert (2, (), Backlog()) == (desk.get("T-1").tier, desk.parked(), desk.backlog())
    assert () == desk.verify("T-1")


def test_command_mends_a_parked_case(desk, clock, rule):
    """Whoever acts on it once the fault is mended needs no other step."""
    parked(desk, clock)
    rule.about.clear()
    desk.note("T-1", by="bob")

    assert (2, ()) == (desk.get("T-1").tier, desk.parked())


def test_messages_that_went_wrong_are_listed_and_mended(desk, clock, mail, phone):
    """One is given up, one may have arrived; a person has the first sent again, and lets go of the second."""
    desk.inform_management("T-1", by="bob")
    mail.failures = [NotifyError("mail", "no such address", retryable=False)]
    phone.failures = [TimeoutError()]

    assert Pass(failed=2) == desk.run_due()
    assert Backlog(dead=1, ambiguous=1) == desk.backlog()
    (dead,), (doubtful,) = desk.messages(state="dead"), desk.messages(state="ambiguous")
    desk.retry(dead.key)
    desk.discard(doubtful.key)

    assert Pass(relayed=1) == desk.run_due()
    assert ([("T-1", "management.asked")], []) == (mail.sent, phone.sent)
    assert [("done", "sent"), ("done", "discarded")] == [(one.state, one.result) for one in desk.messages(case="T-1")]


def test_long_outage_is_caught_up_with(desk, clock, rule):
    """Whatever was due happens once, at its own instant, and none of it is lost."""
    rule.about.clear()
    for number in range(250):
        desk.open("Waiting", id=f"W-{number:03}", by="jane")
    clock.advance(timedelta(days=3))

    first, second = desk.run_due(), desk.run_due()
    assert (252, Pass()) == (first.fired, second)
    assert {2: 252} == desk.counts(by="tier")
    assert {"09:15"} == {f"{case.tier_entered_at:%H:%M}" for case in desk.find(limit=1000)}
