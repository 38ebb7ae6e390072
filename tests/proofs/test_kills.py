"""Whatever kills a worker, and wherever: each deadline fires once, nothing is lost, little is sent twice."""

import itertools
import signal
from collections import Counter

from tests.proofs.crew import FAULTS, crew
from tests.proofs.world import BEGIN, LONG_AFTER, STEP, Receipts, desk_on, story, thresholds

from supporttiers.worker import run_until


def opened(desk, count, round_):
    """Open cases, and give their ids."""
    return [desk.open(f"Case {number}", id=f"C-{round_}-{number}", by="jane").id for number in range(count)]


def undisturbed(tmp_path, opened_at):
    """Live the same day in memory, where nobody is killed."""
    desk = desk_on("memory:", tmp_path / "reference", BEGIN)
    for now, ids in opened_at:
        run_until(desk, desk._clock, now)
        for case_id in ids:
            desk.open("Case", id=case_id, by="jane")
    run_until(desk, desk._clock, opened_at[-1][0] + LONG_AFTER)
    return desk


def delivered(receipts):
    """Count what was delivered, by what it says, each key once; and how many deliveries were one too many."""
    all_of_them = Receipts("", receipts).read()
    once = {key: (what, *rest) for what, key, *rest in all_of_them}
    return Counter(once.values()), len(all_of_them) - len(once)


def test_kills_lose_nothing_and_fire_nothing_twice(tmp_path, url, receipts, soak):
    """Workers die at each of the points in turn, others go on beside them and after them."""
    wanted, kills, days = (120 if soak else 12), Counter(), []
    with crew(url, receipts) as workers:
        for round_ in itertools.count():
            now = BEGIN + STEP * round_
            with desk_on(url, receipts, now) as desk:
                days.append((now, opened(desk, 3, round_)))
            doomed = {"fault": FAULTS[kills.total() % len(FAULTS)], "times": round_ % 3 + 1}
            ended = workers.send(now, doomed, {})
            assert set(ended) <= {0, -signal.SIGKILL, -signal.SIGALRM}
            kills.update({doomed["fault"]: 1} if any(ended) else {})
            if kills.total() >= wanted:
                break
            assert round_ < wanted * 3, "the workers do not reach the points at which they would die"
        for later in range(1, LONG_AFTER // STEP + 1):
            assert [0] == workers.send(now + STEP * later, {"limit": 1000})

    expected = undisturbed(tmp_path, days)
    with desk_on(url, receipts, now + LONG_AFTER) as desk:
        for case_id in (case_id for _, ids in days for case_id in ids):
            assert Counter(thresholds(expected, case_id)) == thresholds(desk, case_id)
            assert story(expected, case_id) == story(desk, case_id)
            assert desk.verify(case_id) == ()
        assert not desk.run_due().relayed
    requests = Counter(key for what, key, *_ in Receipts("", receipts).read() if what == "open")
    assert {1} == set(requests.values())  # what may have arrived was looked for, and never sent again
    should, _ = delivered(tmp_path / "reference")
    told, twice = delivered(receipts)
    assert should == told
    assert twice <= kills.total()
    assert set(FAULTS) == set(kills), "at each point somebody died"
