"""A real log of 7,554 incidents runs through the desk, and every figure is derived again from the file itself."""

import csv
import gzip
import json
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from supporttiers.analysis import replay
from supporttiers.cli import main

EXAMPLES = Path(__file__).parents[2] / "examples" / "replay"
SECOND = timedelta(seconds=1)


def tier_of(team):
    """Give the support line of a team, the combined one being the second."""
    if team.endswith((" 2nd", " 2nd 3rd")):
        return 2
    return 3 if team.endswith(" 3rd") else 1


def has_ended(row):
    """Whether a row says that the case is over."""
    return row.status == "Completed"


@pytest.fixture(scope="module")
def log(shared_data):
    """Give the path of the log."""
    return shared_data / "bpic2013_incidents.csv.gz"


@pytest.fixture(scope="module")
def plain(log):
    """Read the log by itself: the rows of each case."""
    cases = {}
    with gzip.open(log, "rt", encoding="utf-8", newline="") as file:
        for record in csv.DictReader(file):
            row = SimpleNamespace(
                at=datetime.fromisoformat(record["time:timestamp"]),
                status=record["concept:name"],
                detail=record["lifecycle:transition"],
                team=record["org:group"],
                tier=tier_of(record["org:group"]),
            )
            cases.setdefault(record["case:concept:name"], []).append(row)
    return list(cases.values())


@pytest.fixture(scope="module")
def steps(plain):
    """Give every row with the one after it, of the same case."""
    return [step for rows in plain for step in pairwise(rows)]


@pytest.fixture(scope="module")
def result(log):
    """Replay the log with a process that takes what it says."""
    return replay(log, mapping=EXAMPLES / "volvo.toml", process=EXAMPLES / "permissive.toml")


def seconds_by(steps, key):
    """Sum up how long states lasted; a row's state lasts until the next row."""
    sums = Counter()
    for row, after in steps:
        sums[key(row)] += (after.at - row.at) // SECOND
    return sums


def test_replay_finds_every_case_and_refuses_nothing(result, plain):
    """Every case and row is there, and the permissive process takes all of it."""
    assert (result.cases, result.rows) == (len(plain), sum(map(len, plain))) == (7554, 65533)
    assert (result.refused_cases, result.refusals, result.refusals_in_all) == (0, {}, {})


def test_replay_finds_how_far_cases_went(result, plain):
    """Highest and last tier, and the tiers that saw a case."""
    sets = Counter("+".join(map(str, sorted({row.tier for row in rows}))) for rows in plain)

    assert result.highest_tier == Counter(max(row.tier for row in rows) for rows in plain)
    assert result.highest_tier == {1: 4546, 2: 2468, 3: 540}
    assert result.last_tier == Counter(rows[-1].tier for rows in plain) == {1: 5332, 2: 1869, 3: 353}
    assert result.tier_sets == sets


def test_replay_finds_every_move(result, steps):
    """Moves between tiers, by pair and direction; four went down after the case had ended."""
    pairs = Counter((row.tier, after.tier) for row, after in steps if row.tier != after.tier)
    down_ended = [
        row for row, after in steps if after.tier < row.tier and has_ended(row) and has_ended(after)
    ]  # fmt: skip

    assert result.moves == {f"{before}>{after}": count for (before, after), count in pairs.items()}
    assert result.moves_up == sum(count for (before, after), count in pairs.items() if after > before) == 3245
    assert result.moves_down == sum(count for (before, after), count in pairs.items() if after < before) == 1755
    assert result.moves_down_ended == len(down_ended) == 4


def test_replay_finds_bounces(result, plain):
    """A bounce is a move back to the team that the case had just come from: the published figures of teams agree."""
    bounces = 0
    bounced = set()
    for number, rows in enumerate(plain):
        teams = [row.team for place, row in enumerate(rows) if place == 0 or row.team != rows[place - 1].team]
        found = sum(first == third for first, third in zip(teams, teams[2:], strict=False))
        bounces += found
        bounced |= {number} if found else set()

    assert (result.bounces, result.bounced_cases) == (bounces, len(bounced)) == (2394, 1177)


def test_replay_finds_reopenings(result, plain):
    """A case is reopened when a row that is not Completed follows one that is."""
    counts = [sum(has_ended(row) and not has_ended(after) for row, after in pairwise(rows)) for rows in plain]

    assert result.reopenings == sum(counts) == 580
    assert result.reopened_cases == sum(map(bool, counts)) == 514


def test_replay_finds_where_time_went(result, steps):
    """Seconds by tier, status and wait state, on the absolute scale of time."""
    waiting = seconds_by((step for step in steps if step[0].detail.startswith("Wait")), lambda row: row.detail)

    assert result.seconds_total == sum(seconds_by(steps, lambda row: row.tier).values()) == 7_883_772_512
    assert result.seconds_by_tier == seconds_by(steps, lambda row: row.tier)
    assert result.seconds_waiting == waiting
    assert round(result.seconds_waiting["Wait - User"] / 86_400, 2) == 19308.85
    assert result.seconds_by_wait_reason["customer"] == waiting["Wait - User"] + waiting["Wait - Customer"]
    assert result.seconds_by_status == seconds_by(steps, status_of)


def status_of(row):
    """Give our status of a row."""
    if row.detail.startswith("Wait"):
        return "waiting"
    if row.status == "Completed":
        return {"Resolved": "resolved", "In Call": "resolved", "Closed": "closed", "Cancelled": "cancelled"}[row.detail]
    return "in_progress" if row.status == "Accepted" else "queued"


def test_replay_finds_how_cases_stand_in_the_end(result, plain):
    """The last row says it; eight cases are left open."""
    assert result.last_status == Counter(status_of(rows[-1]) for rows in plain)
    assert result.open_cases == sum(not has_ended(rows[-1]) for rows in plain) == 8


def first_refusal(rows):
    """Say what a process would mind first that starts at tier 1, goes up one tier at a time, and never down."""
    if rows[0].tier > 1:
        return f"start at tier {rows[0].tier}"
    for row, after in pairwise(rows):
        if after.tier < row.tier:
            return "down"
        if after.tier > row.tier + 1:
            return "skip"
    return None


def test_replay_finds_what_a_strict_process_would_refuse(log, plain):
    """By the book, 1,965 cases are refused something; the first refusal of each says what."""
    result = replay(log, mapping=EXAMPLES / "volvo.toml", process=EXAMPLES / "strict.toml")
    expected = Counter(filter(None, map(first_refusal, plain)))

    assert result.refusals == expected
    assert expected == {"down": 969, "start at tier 2": 704, "start at tier 3": 148, "skip": 144}
    assert result.refused_cases == expected.total() == 1965
    assert result.moves_down == 0


def test_replay_command_gives_the_same_figures(log, result, capsys):
    """The command line answers in JSON with the figures' names."""
    words = ["replay", str(log), "--mapping", str(EXAMPLES / "volvo.toml")]
    assert main([*words, "--process", str(EXAMPLES / "permissive.toml"), "--json"]) == 0

    assert json.loads(capsys.readouterr().out) == result.to_data()
