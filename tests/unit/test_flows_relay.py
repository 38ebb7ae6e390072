"""The outbox: what is carried out, tried again, given up, and told."""

import logging
from datetime import timedelta
from itertools import pairwise

import pytest

from supporttiers.actors import Actor
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.errors import NotifyError
from supporttiers.readings import Pass

BOB = Actor.agent("bob")
SECRET = "my password is hunter2"


def paged(desk, *ids):
    """Open cases about which management is to be told."""
    for case_id in ids:
        desk.open(SECRET, id=case_id, by="jane", text=SECRET)
        desk.inform_management(case_id, by="bob", reason=SECRET)


# -- notifications


def test_relay_hands_each_notifier_the_message_with_its_key(make_desk, calm, clock, pager):
    """Every notifier of the desk is handed it, once; the key is its own, and holds across passes."""
    other = type(pager)("board")
    desk = make_desk(calm, notifiers=[pager, other])
    paged(desk, "T-1")
    clock.advance("5m")

    assert (2, 0) == (desk.run_due().relayed, desk.run_due().relayed)
    assert [1, 1] == [len(pager.sent), len(other.sent)]
    assert [True, True] == [pager.keys[0].startswith("T-1:"), pager.keys[0] != other.keys[0]]


def test_desk_without_notifiers_says_once_that_nobody_is_told(make_desk, calm, tmp_path, caplog):
    """What it decides is told to nobody, on a store that others may share; in memory it is alone, and known to be."""
    desk = make_desk(calm, notifiers=[], store=f"sqlite:///{tmp_path / 'desk.db'}")
    paged(desk, "T-1", "T-2")
    paged(make_desk(calm, notifiers=[]), "T-1")

    told = "case T-1: manager is told nothing of management.asked, for this desk has no notifiers; give it those of "
    assert [told + "the desk that sends"] == [record.getMessage() for record in caplog.records]
    assert () == tuple(desk.messages())


def test_desk_without_notifiers_does_not_name_people_in_the_log(make_desk, calm, tmp_path, caplog):
    """Whom a process names may be a person."""
    desk = make_desk(calm, notifiers=[], store=f"sqlite:///{tmp_path / 'desk.db'}")
    desk.inform(desk.open(by="jane"), by="bob", to="jane.doe")

    assert "somebody is told nothing of" in caplog.text
    assert "jane.doe" not in caplog.text


def test_notification_says_where_the_case_is_when_sent_and_when_it_happened(make_desk, calm, clock, pager, at):
    """Who receives it is looked up at sending; the instant is that of the cause."""
    desk = make_desk(calm)
    paged(desk, "T-1")
    clock.advance("5m")
    desk.escalate("T-1", by="bob")
    desk.run_due()

    (sent,) = pager.sent
    assert ("default", "T-1", "manager", (), 2, "queued") == (
        sent.tenant, sent.case_id, sent.to, sent.recipients, sent.tier, sent.status
    )  # fmt: skip
    assert at("09:00") == sent.at


@pytest.mark.parametrize("error", [OSError("down"), NotifyError("pager", "busy", retryable=True), KeyError("bug")])
def test_failed_message_is_tried_again_after_a_minute(calm_desk, clock, pager, error):
    """Whatever a notifier raises, the message is kept; not before its time, and with the same key."""
    paged(calm_desk, "T-1")
    pager.failures = [error]

    passes = [calm_desk.run_due()]
    for wait in ("59s", "1s", "1m"):
        clock.advance(wait)
        passes.append(calm_desk.run_due())

    assert [Pass(failed=1), Pass(), Pass(relayed=1), Pass()] == passes
    assert 1 == len(set(pager.keys))


def test_failed_message_waits_longer_each_time_and_is_given_up_after_ten(calm_desk, clock, pager):
    """Waits double from a minute to an hour; after the tenth failure nobody asks again."""
    paged(calm_desk, "T-1")
    pager.failures = [OSError("down")] * 11
    tries, start = [], clock.now()
    while clock.now() < start + timedelta(days=1):
        if calm_desk.run_due().failed:
            tries.append(clock.now())
        clock.advance("1m")

    waits = [(later - earlier) / timedelta(minutes=1) for earlier, later in pairwise(tries)]
    assert [1, 2, 4, 8, 16, 32, 60, 60, 60] == waits
    assert (1, []) == (len(pager.failures), pager.sent)


def test_message_that_can_never_arrive_is_given_up_at_once(calm_desk, clock, pager):
    """A notifier that says so is not asked again."""
    paged(calm_desk, "T-1")
    pager.failures = [NotifyError("pager", "no such number", retryable=False)]

    assert Pass(failed=1) == calm_desk.run_due()
    clock.advance("2h")
    assert Pass() == calm_desk.run_due()


def test_messages_of_one_case_to_one_target_keep_their_order(make_desk, calm, clock, pager):
    """What comes later waits for what failed; other cases, and other targets, go on."""
    other = type(pager)("board")
    desk = make_desk(calm, notifiers=[pager, other])
    paged(desk, "T-1", "T-2")
    desk.inform_management("T-1", by="eve")
    pager.failures = [OSError("down")]

    assert Pass(relayed=4, failed=1) == desk.run_due()
    assert (["T-2"], ["T-1", "T-2", "T-1"]) == (
        [sent.case_id for sent in pager.sent], [sent.case_id for sent in other.sent]
    )  # fmt: skip

    clock.advance("1m")
    desk.run_due()
    assert ["bob", "eve"] == [sent.reason.params["by"] for sent in pager.sent if sent.case_id == "T-1"]


def test_message_waits_for_a_notifier_that_is_not_there(make_desk, calm, clock, pager):
    """A desk without that notifier keeps the message for one that has it."""
    store = MemoryStore()
    paged(make_desk(calm, store=store), "T-1")

    assert Pass(failed=1) == make_desk(calm, store=store, notifiers=[]).run_due()
    clock.advance("1m")
    assert Pass(relayed=1) == make_desk(calm, store=store).run_due()
    assert 1 == len(pager.sent)


@pytest.mark.parametrize(
    ("to", "people"),
    [("assignee", ("bob",)), ("owner", ("bob",)), ("requester", ("jane",)), ("watchers", ("eve", "max")),
     ("team", ()), ("night-shift", ())],
)  # fmt: skip
def test_recipients_are_the_people_for_whom_a_role_stands(calm_desk, to, people):
    """Roles that the case knows give people; groups are the host's to resolve."""
    from supporttiers._flows.driving import drive
    from supporttiers._flows.people import recipients

    case = calm_desk.open("Stuck", by="jane")
    assert () == drive(recipients(None, case, "assignee"))
    case = calm_desk.start(case, by="bob")
    case = calm_desk.watch(case, by="bob", watchers=["eve", "max"])

    assert people == drive(recipients(None, case, to))


def test_relay_carries_out_no_more_than_asked(calm_desk, pager):
    """A small limit leaves the rest for the next pass."""
    paged(calm_desk, "T-1", "T-2", "T-3")

    assert [2, 1, 0] == [calm_desk.run_due(limit=2).relayed for _ in range(3)]


# -- other cases


def test_merge_lets_people_watch_the_other_case(calm_desk):
    """The other case is told by the relay, and only once."""
    for case_id in ("T-1", "T-2"):
        calm_desk.open("Stuck", id=case_id, by="jane")
    calm_desk.merge("T-1", by="bob", into="T-2")

    assert [1, 0] == [calm_desk.run_due().relayed, calm_desk.run_due().relayed]
    assert ("jane",) == calm_desk.get("T-2").watchers


def test_told_case_may_refuse_and_the_message_is_settled(calm_desk, clock):
    """A command that the other case cannot take is not tried for ever."""
    for case_id in ("T-1", "T-2"):
        calm_desk.open("Stuck", id=case_id, by="jane")
    calm_desk.watch("T-2", by="bob", watchers=[f"u-{number}" for number in range(100)])
    calm_desk.merge("T-1", by="bob", into="T-2")

    assert Pass(relayed=1) == calm_desk.run_due()
    clock.advance("2h")
    assert Pass() == calm_desk.run_due()
    assert 100 == len(calm_desk.get("T-2").watchers)


# -- logs


def test_logs_hold_ids_only(make_desk, calm, caplog, pager):
    """What customers, agents and vendors wrote never reaches a log, not even through an exception's text."""
    caplog.set_level(logging.DEBUG)
    desk = make_desk(calm, vendors=[])
    paged(desk, "T-1")
    desk.dispatch("T-1", by="bob", vendor="acme-print", text=SECRET)
    pager.failures = [OSError(SECRET)]
    desk.run_due()

    first = "message T-1:2:0:pager to pager failed: OSError in notifier 'pager', conftest.py:34"
    gone = "acme-print: this desk has no such vendor; it may be tried again"
    assert [first, f"message T-1:3:0:acme-print to acme-print failed: {gone}"] == caplog.messages
    assert SECRET not in caplog.text
