"""Clocks that disagree, and a clock that is set back: nothing is lost, and nothing happens twice."""

from collections import Counter
from datetime import timedelta

from tests.proofs.world import BEGIN, LONG_AFTER, STEP, Receipts, desk_on, story, thresholds

from supporttiers.worker import run_until

HOUR = timedelta(hours=1)


def test_workers_whose_clocks_disagree_do_everything_once(tmp_path, url, receipts):
    """One is an hour ahead, the other is right; each deadline fires once, at its own instant."""
    ids = []
    expected = desk_on("memory:", tmp_path / "reference", BEGIN)
    with desk_on(url, receipts, BEGIN) as right, desk_on(url, receipts, BEGIN + HOUR) as ahead:
        for round_ in range(16):
            now = BEGIN + STEP * round_
            right._clock.advance(to=now)
            ahead._clock.advance(to=now + HOUR)
            run_until(expected, expected._clock, now)
            ids.append(right.open("Case", id=f"C-{round_}", by="jane").id)
            expected.open("Case", id=f"C-{round_}", by="jane")
            for desk in (ahead, right) if round_ % 2 else (right, ahead):
                desk.run_due(limit=4)
        for desk in (right, ahead):
            desk._clock.advance(LONG_AFTER)
            while (done := desk.run_due()).fired or done.relayed:
                pass
        run_until(expected, expected._clock, now + LONG_AFTER)

        for case_id in ids:
            assert thresholds(expected, case_id) == thresholds(right, case_id)
            assert story(expected, case_id) == story(right, case_id)
            assert right.verify(case_id) == ()
        assert right.next_wake() is None
    assert told(tmp_path / "reference") == told(receipts)


def test_clock_that_is_set_back_undoes_nothing(url, receipts):
    """A command after it is judged at the case's last event, and what has fired stays fired."""
    with desk_on(url, receipts, BEGIN) as early:
        early.open("Case", id="C-1", by="jane")
        with desk_on(url, receipts, BEGIN + 2 * HOUR) as late:
            while late.run_due().fired:
                pass
            before = thresholds(late, "C-1")
        early._clock.advance(STEP)
        done = early.run_due()
        case = early.reply("C-1", text="We are on it.", by="anna")

        assert not done.fired
        assert case.changed_at == BEGIN + 2 * HOUR
        assert before == thresholds(early, "C-1")
        assert early.verify("C-1") == ()


def told(receipts):
    """Count what was delivered, by what it says."""
    return Counter((what, *rest) for what, _, *rest in Receipts("", receipts).read())
