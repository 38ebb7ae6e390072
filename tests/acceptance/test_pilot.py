"""A month beside an old system: a desk that only watches is told what happens, and says what it would have done."""

import csv
import gzip
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import attrs
import pytest

from supporttiers import Actor, SupportDesk, SupportProcess
from supporttiers import commands as wanted
from supporttiers import events as happened
from supporttiers.actors import SYSTEM
from supporttiers.analysis import would_have
from supporttiers.cases import rebuild
from supporttiers.clock import FakeClock

EXAMPLES = Path(__file__).parents[2] / "examples" / "replay"
PROCESS = attrs.evolve(SupportProcess.from_toml(EXAMPLES / "pilot.toml"), observes=False)
DAY = timedelta(days=1)
SAID = {
    "Resolved": wanted.Resolve, "In Call": wanted.Resolve, "Closed": wanted.Close, "Cancelled": wanted.Cancel,
    "Awaiting Assignment": wanted.Release, "In Progress": wanted.Start, "Assigned": wanted.Start,
    "Unmatched": wanted.Release,
}  # fmt: skip


@pytest.fixture(scope="module", params=["2026-03 incidents.csv", "2012-04 bpic2013_incidents.csv.gz"])
def month(request):
    """Give the rows of a month, in order of time: of a log that is made up, and of a real one where it is at hand."""
    first, _, name = request.param.partition(" ")
    path = EXAMPLES / name
    path = path if path.exists() else request.getfixturevalue("shared_data") / name
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["time:timestamp"].startswith(first)]
    return sorted(rows, key=when)


def when(row):
    """Say when a row happened."""
    return datetime.fromisoformat(row["time:timestamp"])


def told(row, before):
    """Say what the old system would tell of a row: where the case is now, and what was done to it."""
    team, detail = row["org:group"], row["lifecycle:transition"]
    tier = 2 if team.endswith((" 2nd", " 2nd 3rd")) else 3 if team.endswith(" 3rd") else 1
    common = {"case_id": row["case:concept:name"], "by": Actor(row["org:resource"] or "nobody"), "at": when(row)}
    if before is None:
        yield wanted.Open(**common, tier=tier)
    elif before != tier:
        yield (wanted.Escalate if tier > before else wanted.HandBack)(**common, tier=tier)
    if detail.startswith("Wait"):
        yield wanted.Wait(**common, wait_reason="customer" if "User" in detail or "Customer" in detail else "unstated")
    else:
        yield SAID[detail](**common)


@pytest.fixture(scope="module")
def pilot(month):
    """Tell a desk that only watches everything, a day at a time, with a worker that comes by every night."""
    sent = []
    clock = FakeClock(when(month[0]))
    desk = SupportDesk(PROCESS.observing(), clock=clock, notifiers=[Telling(sent)])
    tiers, answers, passes = {}, [], []
    for row in month:
        while clock.now() + DAY < when(row):
            clock.advance("24h")
            passes.append(desk.run_due())
        commands = list(told(row, tiers.get(row["case:concept:name"])))
        tiers[row["case:concept:name"]] = getattr(commands[0], "tier", tiers.get(row["case:concept:name"]))
        clock.advance(to=max(clock.now(), when(row)))
        answers += desk.execute_all(commands)
    clock.advance("24h")
    passes.append(desk.run_due())
    return desk, answers, passes, sent, tiers


class Telling:
    """A notifier that must have nothing to do."""

    name = "telling"

    def __init__(self, sent):
        self.sent = sent

    def notify(self, notification, /, *, key):
        """Keep it."""
        self.sent.append((key, notification))


def test_pilot_takes_everything_it_is_told(pilot):
    """Nothing that the old system says is refused, and cases stand where it says."""
    desk, answers, _, _, tiers = pilot

    assert [] == [answer for answer in answers if isinstance(answer, Exception)]
    assert tiers == {case.id: case.tier for case in every_case(desk)}


def test_pilot_moves_nothing_and_sends_nothing(pilot):
    """No event that the clock made changes where a case is or who has it; no message waited to be relayed."""
    desk, _, passes, sent, _ = pilot
    by_itself = [event for events in histories(desk) for event in events if event.by == SYSTEM]
    observed = happened.StopwatchEvent | happened.ActionWithheld | happened.RefusalObserved

    assert all(isinstance(event, observed) for event in by_itself)
    assert (0, 0) == (sum(done.relayed for done in passes), sum(done.polled for done in passes))
    assert [] == sent
    assert list(map(rebuild, histories(desk))) == every_case(desk)


def test_pilot_says_what_it_would_have_done(pilot):
    """The report adds up what stands in the histories: a threshold for each thing that a limit wanted."""
    desk, _, _, _, _ = pilot
    rows = {(row.action, row.rule): row.times for row in would_have(desk)}
    fired = Counter(
        f"{event.limit} {event.mark}"
        for events in histories(desk) for event in events if isinstance(event, happened.ThresholdFired)
    )  # fmt: skip
    queues = {f"queue {tier} 100%" for tier in (1, 2, 3)} & fired.keys()

    assert queues
    assert {rule: fired[rule] for rule in queues} == {rule: rows["notify:manager", rule] for rule in queues}
    assert fired["queue 1 100%"] == rows["escalate:2", "queue 1 100%"]
    assert any(action == "refuse:hand_back" for action, _ in rows)


def every_case(desk):
    """Read all cases."""
    cases, page = [], desk.find(limit=1000)
    while page.next is not None:
        cases += page
        page = desk.find(limit=1000, after=page.next)
    return [*cases, *page]


def histories(desk):
    """Read all histories, in the order of the cases."""
    return [desk.history(case) for case in every_case(desk)]
