"""A process that only watches runs over a log, and plain arithmetic on the file finds the limits that it reaches."""

import csv
import gzip
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import attrs
import pytest

from supporttiers.analysis import replay
from supporttiers.cli import main
from supporttiers.process import SupportProcess

EXAMPLES = Path(__file__).parents[2] / "examples" / "replay"
PILOT = SupportProcess.from_toml(EXAMPLES / "pilot.toml")
SECOND, QUEUE, WHOLE, NOTHING = timedelta(seconds=1), timedelta(hours=4), timedelta(hours=40), timedelta(0)
LONDON = ZoneInfo("Europe/London")
ENDS = {"Resolved": "resolved", "In Call": "resolved", "Closed": "closed", "Cancelled": "cancelled"}


# -- the log by itself


def row_of(record):
    """Read a row: when, at which support line, and how it stands there."""
    team, detail = record["org:group"], record["lifecycle:transition"]
    tier = 2 if team.endswith((" 2nd", " 2nd 3rd")) else 3 if team.endswith(" 3rd") else 1
    status = "in_progress" if record["concept:name"] == "Accepted" else "queued"
    if detail.startswith("Wait"):
        status = "customer" if detail in {"Wait - User", "Wait - Customer"} else "waiting"
    at = datetime.fromisoformat(record["time:timestamp"]).astimezone(UTC)
    return SimpleNamespace(at=at, tier=tier, status=ENDS.get(detail, status))


@pytest.fixture(scope="module", params=["incidents.csv", "bpic2013_incidents.csv.gz"])
def log(request):
    """Give the path of a log: one that is made up, and a real one where it is at hand."""
    own = EXAMPLES / request.param
    return own if own.exists() else request.getfixturevalue("shared_data") / request.param


@pytest.fixture(scope="module")
def plain(log):
    """Read the log by itself: the rows of each case."""
    cases = {}
    opened = gzip.open if log.suffix == ".gz" else open
    with opened(log, "rt", encoding="utf-8", newline="") as file:
        for record in csv.DictReader(file):
            cases.setdefault(record["case:concept:name"], []).append(row_of(record))
    return list(cases.values())


# -- working time by itself


def always(start, end):
    """Measure every hour."""
    return max(end - start, NOTHING)


def in_london(start, end):
    """Measure Monday to Friday, 9 to 17 in London, day by day."""
    total, day = NOTHING, start.astimezone(LONDON).date()
    while day <= end.astimezone(LONDON).date():
        if day.weekday() < 5:
            opens, closes = (datetime.combine(day, time(hour), LONDON).astimezone(UTC) for hour in (9, 17))
            total += max(min(end, closes) - max(start, opens), NOTHING)
        day += timedelta(days=1)
    return total


# -- what is reached


def spans(rows, end):
    """Give every row with the instant up to which it holds, a second short of the next: what ends then is in time."""
    steps = [(row, after.at - SECOND) for row, after in pairwise(rows)]
    return [*steps, (rows[-1], end)]


def queues_reached(cases, measure, end):
    """Count, by tier, the stays in a queue that lasted four hours of working time."""
    reached = Counter()
    for rows in cases:
        since = None
        for place, (row, until) in enumerate(spans(rows, end)):
            entered = place == 0 or (rows[place - 1].tier, rows[place - 1].status) != (row.tier, "queued")
            if row.status == "queued":
                since = row.at if entered else since
                goes_on = place + 1 < len(rows) and (rows[place + 1].tier, rows[place + 1].status) == (
                    row.tier,
                    "queued",
                )
                reached[f"queue {row.tier} 100%"] += not goes_on and measure(since, until) >= QUEUE
    return +reached


def whole_reached(cases, measure, end):
    """Count the cases that were with us for 30 and for 40 hours of working time; a cancelled case begins anew."""
    reached = Counter()
    for rows in cases:
        used = NOTHING
        for row, until in spans(rows, end):
            if row.status == "cancelled":
                used = NOTHING
            elif row.status in {"queued", "in_progress", "waiting"}:
                after = used + measure(row.at, until)
                for mark, target in (("75%", WHOLE * 0.75), ("100%", WHOLE)):
                    reached[f"resolve {mark}"] += used < target <= after
                used = after if until == end else after + measure(until, until + SECOND)
    return +reached


@pytest.mark.parametrize(("calendar", "measure"), [("24x7", always), ("london", in_london)])
def test_watching_process_reaches_the_limits_that_the_log_says(log, plain, calendar, measure):
    """What fires is what a few lines of arithmetic find: every stay in a queue, and every case that takes too long."""
    result = replay(log, mapping=EXAMPLES / "volvo.toml", process=attrs.evolve(PILOT, calendar=calendar))
    end = max(rows[-1].at for rows in plain)

    expected = queues_reached(plain, measure, end) + whole_reached(plain, measure, end)
    assert result.fired_limits == expected
    assert len(expected) == 5


def test_watching_process_moves_nothing_and_says_what_it_would_have_done(log, plain):
    """Cases go where the log has them, and nowhere else, though the process forbids it and its limits escalate."""
    patient = attrs.evolve(PILOT, bounce_limit=1000)  # so that only limits speak
    result = replay(log, mapping=EXAMPLES / "volvo.toml", process=patient)
    moves = Counter((row.tier, after.tier) for rows in plain for row, after in pairwise(rows) if row.tier != after.tier)
    fired = result.fired_limits

    assert result.moves == {f"{before}>{after}": count for (before, after), count in moves.items()}
    assert result.last_tier == Counter(rows[-1].tier for rows in plain)
    assert result.refused_cases > 0
    assert result.refusals_in_all["start at tier 2"] == sum(rows[0].tier == 2 for rows in plain)
    assert result.would_have["notify:owner"] == fired["resolve 75%"]
    assert result.would_have["notify:manager"] == sum(fired.values()) - fired["resolve 75%"]
    assert result.would_have["escalate:2"] == fired["queue 1 100%"]
    assert result.would_have["escalate:3"] == fired["queue 2 100%"]


def test_replay_command_shows_what_would_have_been_done(capsys):
    """The command line lists it beside the limits; `--observing` lets any process only watch."""
    words = ["replay", str(EXAMPLES / "incidents.csv"), "--mapping", str(EXAMPLES / "volvo.toml")]
    assert main([*words, "--process", str(EXAMPLES / "pilot.toml")]) == 0
    told = capsys.readouterr().out
    assert main([*words, "--process", str(EXAMPLES / "pilot.toml"), "--observing"]) == 0

    assert capsys.readouterr().out == told
    assert "would have" in told
    assert "escalate:2" in told


def test_replay_command_watches_no_process_that_is_not_named(capsys):
    """Without a process there is nothing to watch, and the command says so."""
    words = ["replay", str(EXAMPLES / "incidents.csv"), "--mapping", str(EXAMPLES / "volvo.toml"), "--observing"]

    assert main(words) == 2
    assert "--process" in capsys.readouterr().err
