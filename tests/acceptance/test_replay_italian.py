"""A second real log, in which activities say tier and status, runs through the desk by its mapping file alone."""

import csv
import gzip
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from supporttiers.analysis import replay

EXAMPLES = Path(__file__).parents[2] / "examples" / "replay"
SECOND = timedelta(seconds=1)
TIERS = {
    "Insert ticket": 1, "Assign seriousness": 1, "Take in charge ticket": 2, "Create SW anomaly": 3,
    "Resolve SW anomaly": 3, "Require upgrade": 3,
}  # fmt: skip
"""The tier of an activity; every other one leaves the case where it is."""

STATUSES = {
    "Insert ticket": "queued", "Assign seriousness": "queued", "Wait": "waiting", "Schedule intervention": "waiting",
    "Take in charge ticket": "in_progress", "Create SW anomaly": "in_progress", "Resolve SW anomaly": "in_progress",
    "Require upgrade": "in_progress", "Closed": "closed",
}  # fmt: skip
"""The status of an activity; every other one resolves."""


@pytest.fixture(scope="module")
def log(shared_data):
    """Give the path of the log."""
    return shared_data / "helpdesk_italian.csv.gz"


@pytest.fixture(scope="module")
def plain(log):
    """Read the log by itself: for each case its rows as instant, activity, status and tier."""
    cases = {}
    with gzip.open(log, "rt", encoding="utf-8", newline="") as file:
        for record in csv.DictReader(file):
            rows = cases.setdefault(record["case:concept:name"], [])
            activity = record["concept:name"]
            tier = TIERS.get(activity, rows[-1][3] if rows else 1)
            at = datetime.fromisoformat(record["time:timestamp"])
            rows.append((at, activity, STATUSES.get(activity, "resolved"), tier))
    return list(cases.values())


@pytest.fixture(scope="module")
def result(log):
    """Replay the log with a process that takes what it says."""
    return replay(log, mapping=EXAMPLES / "italian.toml", process=EXAMPLES / "permissive.toml")


def test_italian_replay_finds_every_case_and_refuses_nothing(result, plain):
    """Every case and row is there, and the permissive process takes all of it."""
    assert (result.cases, result.rows) == (len(plain), sum(map(len, plain))) == (4580, 21348)
    assert result.refusals_in_all == {}


def test_italian_replay_finds_how_far_cases_went(result, plain):
    """Highest and last tier; 145 cases needed the makers of the software."""
    assert result.highest_tier == Counter(max(row[3] for row in rows) for rows in plain)
    assert result.highest_tier[3] == 145
    assert result.last_tier == Counter(rows[-1][3] for rows in plain)


def test_italian_replay_finds_every_move(result, plain):
    """Moves between tiers, by pair."""
    moves = Counter((row[3], after[3]) for rows in plain for row, after in pairwise(rows) if row[3] != after[3])

    assert result.moves == {f"{before}>{after}": count for (before, after), count in moves.items()}


def test_italian_replay_finds_reopenings(result, plain):
    """152 cases were worked on again after they had been resolved."""
    ends = {"resolved", "closed"}
    counts = [sum(row[2] in ends and after[2] not in ends for row, after in pairwise(rows)) for rows in plain]

    assert result.reopenings == sum(counts)
    assert result.reopened_cases == sum(map(bool, counts)) == 152


def test_italian_replay_finds_where_time_went(result, plain):
    """Seconds by status and tier; waiting is 7.5 % of all time."""
    by_status, by_tier, waiting = Counter(), Counter(), Counter()
    for row, after in (step for rows in plain for step in pairwise(rows)):
        seconds = (after[0] - row[0]) // SECOND
        by_status[row[2]] += seconds
        by_tier[row[3]] += seconds
        if row[2] == "waiting":
            waiting[row[1]] += seconds

    assert result.seconds_by_status == by_status
    assert result.seconds_by_tier == by_tier
    assert result.seconds_waiting == waiting
    assert result.seconds_total == by_tier.total()
    assert round(result.seconds_waiting["Wait"] / result.seconds_total, 3) == 0.075
