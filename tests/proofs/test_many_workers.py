"""Many workers on one database: each thing is done by one of them."""

from collections import Counter, defaultdict

from tests.proofs.crew import crew
from tests.proofs.world import BEGIN, STEP, Receipts, desk_on, story, thresholds

from supporttiers.worker import run_until

EIGHT = [{"limit": 5}] * 8


def test_eight_workers_do_everything_once_and_in_order(tmp_path, url, receipts, soak):
    """Nobody fires what another has fired, sends what another has sent, or overtakes what another is sending."""
    ids = [f"C-{number:03}" for number in range(400 if soak else 40)]
    with desk_on(url, receipts, BEGIN) as desk, crew(url, receipts) as workers:
        expected = desk_on("memory:", tmp_path / "reference", BEGIN)
        for case_id in ids:
            desk.open("Case", id=case_id, by="jane")
            expected.open("Case", id=case_id, by="jane")
        for later in (1, 2, 3, 5, 9):
            assert [0] * 8 == workers.send(BEGIN + STEP * later, *EIGHT)
            run_until(expected, expected._clock, BEGIN + STEP * later)

        for case_id in ids:
            assert thresholds(expected, case_id) == thresholds(desk, case_id)
            assert story(expected, case_id) == story(desk, case_id)
            assert desk.verify(case_id) == ()
        assert desk.next_wake() is None

    delivered = Receipts("", receipts).read()
    should = Receipts("", tmp_path / "reference").read()
    assert Counter((what, *rest) for what, _, *rest in should) == Counter((what, *rest) for what, _, *rest in delivered)
    lanes = defaultdict(list)
    for what, key, case_id, *_ in delivered:
        if what == "notify":
            _, version, place, _ = key.split(":")
            lanes[case_id].append((int(version), int(place)))
    assert [sorted(lane) for lane in lanes.values()] == list(lanes.values())
