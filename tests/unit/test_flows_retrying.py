"""When a message that failed is tried again: by the outbox's own waits, the notifier's, or the receiver's wish."""

from datetime import timedelta

import pytest

from supporttiers.errors import NotifyError, PluginError

WAITS = (timedelta(seconds=5), timedelta(minutes=5), timedelta(hours=24))


def failing(desk, clock, pager, error, key="T-1"):
    """Open a case of which somebody is told, and give the waits between attempts until the message is given up."""
    desk.open("Stuck", id=key, by="jane")
    desk.inform_management(key, by="bob")
    pager.failures = [error] * 50
    waits = []
    while True:
        desk.run_due()
        [message] = [message for message in desk.messages() if message.case_id == key]
        if message.state != "pending":
            return waits, message.state
        waits.append(message.not_before - clock.now())
        clock.advance(waits[-1])


def busy(after=None, *, ambiguous=False):
    """Make an error of a receiver that has no time."""
    return NotifyError("pager", "busy", retryable=True, ambiguous=ambiguous, retry_after=after)


def test_notifier_may_have_waits_of_its_own(calm_desk, clock, pager):
    """Each is lengthened by a tenth at most; after the last one it is given up."""
    pager.retries = WAITS
    waits, state = failing(calm_desk, clock, pager, busy())

    assert "dead" == state
    assert [True] * 3 == [wait <= found <= wait * 1.1 for wait, found in zip(WAITS, waits, strict=True)]


def test_messages_do_not_all_come_back_at_one_instant(calm_desk, clock, pager):
    """Each has its own part of the tenth."""
    pager.retries = WAITS
    found = {failing(calm_desk, clock, pager, busy(), key)[0][1] for key in ("T-1", "T-2", "T-3")}

    assert 3 == len(found)


def test_notifier_without_waits_tries_once(calm_desk, clock, pager):
    """An empty list says so."""
    pager.retries = ()

    assert ([], "dead") == failing(calm_desk, clock, pager, busy())


def test_message_is_left_alone_as_long_as_the_receiver_asks(calm_desk, clock, pager):
    """Where that is longer than it would have waited; a day at most."""
    pager.retries = (timedelta(minutes=10),) * 3

    assert [timedelta(hours=24)] * 3 == failing(calm_desk, clock, pager, busy(timedelta(days=400)))[0]
    waits, _ = failing(calm_desk, clock, pager, busy(timedelta(0)), "T-2")
    assert all(timedelta(minutes=10) <= wait <= timedelta(minutes=11) for wait in waits)


def test_receivers_wish_counts_with_the_outboxs_own_waits(calm_desk, clock, pager):
    """In place of a minute, two, four and so on; a wish for no time at all is none."""
    waits, state = failing(calm_desk, clock, pager, busy(timedelta(minutes=3), ambiguous=True))

    assert "ambiguous" == state
    assert [timedelta(minutes=3)] * 9 == waits
    waits, _ = failing(calm_desk, clock, pager, busy(timedelta(0)), "T-2")
    assert [timedelta(minutes=each) for each in (1, 2, 4, 8, 16, 32, 60, 60, 60)] == waits


@pytest.mark.parametrize("waits", [None, 5, "5s", [5], [timedelta(seconds=-1)]])
def test_waits_that_are_none_are_refused_when_the_desk_is_built(make_desk, calm, pager, waits):
    """By name: it must not be found out when something else has failed already."""
    pager.retries = waits

    with pytest.raises(PluginError, match="'pager' does not fit: its `retries` must be a tuple of timedeltas"):
        make_desk(calm, notifiers=[pager])
