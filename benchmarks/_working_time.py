"""
Working time for the benchmark: the job, the limit by hand, twelve cases, and what peers make of them.

Run by a Python that has peers, it measures each that it finds against the limit by hand, and prints lines of JSON.
"""

# ruff: noqa: PLC0415 - a peer is imported where it is measured

import json
import os
import random
import statistics
import sys
import time
import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")
HOUR = timedelta(hours=1)
MONTH = timedelta(days=30)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

HOLIDAYS = [
    date(*day)
    for day in (
        (2025, 1, 1), (2025, 4, 18), (2025, 4, 21), (2025, 5, 5), (2025, 5, 26), (2025, 8, 25), (2025, 12, 25),
        (2025, 12, 26), (2026, 1, 1), (2026, 4, 3), (2026, 4, 6), (2026, 5, 4), (2026, 5, 25), (2026, 8, 31),
        (2026, 12, 25), (2026, 12, 28),
    )
]  # fmt: skip
"""England's bank holidays of 2025 and 2026 that fall on a weekday."""

CALENDARS = {
    "office": (9, 17, range(5), HOLIDAYS),
    "weeknights": (22, 6, range(5), []),
    "nights": (22, 6, range(7), []),
}
"""First and last hour, days of the week from Monday on, closed dates; all in London."""


def london(*parts: int) -> datetime:
    """Give an instant by London's clocks."""
    return datetime(*parts, tzinfo=LONDON).astimezone(UTC)


# what, calendar, the start, and hours to add with the answer, or an end with the hours between
ADDED = {
    "1 add 8 h over the change in spring": ("office", london(2026, 3, 27, 16), 8.0, london(2026, 3, 30, 16)),
    "2 add 8 h over the change in autumn": ("office", london(2026, 10, 23, 16), 8.0, london(2026, 10, 26, 16)),
    "3 add 8 h before opening: that day's close": ("office", london(2026, 6, 2, 6, 30), 8.0, london(2026, 6, 2, 17)),
    "4 add 15 min after close, Easter ahead": ("office", london(2026, 4, 2, 18, 15), 0.25, london(2026, 4, 7, 9, 15)),
    "5 add 1 h on a holiday before another": ("office", london(2026, 12, 25, 11), 1.0, london(2026, 12, 29, 10)),
    "6 add nothing on a Saturday: unchanged": ("office", london(2026, 6, 6, 12), 0.0, london(2026, 6, 6, 12)),
    "9 add 1 h in New York's odd weeks": (
        "office", datetime(2026, 3, 16, 14, tzinfo=NEW_YORK).astimezone(UTC), 1.0, london(2026, 3, 17, 10)
    ),
    "12 add 5 h in Friday's night": ("weeknights", london(2026, 6, 6, 2), 5.0, london(2026, 6, 8, 23)),
}  # fmt: skip
MEASURED = {
    "7 between, inside a weekend": ("office", london(2026, 6, 6, 10), london(2026, 6, 7, 20), 0.0),
    "8 between, 30 days with Easter": ("office", london(2026, 3, 20, 12), london(2026, 4, 19, 12), 149.0),
    "10 between, the short night of spring": ("nights", london(2026, 3, 28, 22), london(2026, 3, 29, 6), 7.0),
    "11 between, the long night of autumn": ("nights", london(2026, 10, 24, 22), london(2026, 10, 25, 6), 9.0),
}


def starts(n: int) -> list[datetime]:
    """Give instants in 2025 and 2026, on whole minutes."""
    chance, first = random.Random(3), london(2025, 1, 6)
    return [first + timedelta(minutes=chance.randrange(640 * 24 * 60)) for _ in range(n)]


class ByHand:
    """The limit: intervals of UTC seconds and their running sums, worked out before, and two bisects for an answer."""

    def __init__(self, calendar: str, first: date = date(2024, 12, 1), last: date = date(2027, 2, 1)) -> None:
        """Work the intervals out."""
        opens, closes, working, closed = CALENDARS[calendar]
        self.opens, self.closes, self.sums = [], [], [0]
        for day in (first + timedelta(days=number) for number in range((last - first).days)):
            if day.weekday() in working and day not in closed:
                end = day + timedelta(days=closes <= opens)
                start_at = int(datetime(day.year, day.month, day.day, opens, tzinfo=LONDON).timestamp())
                end_at = int(datetime(end.year, end.month, end.day, closes, tzinfo=LONDON).timestamp())
                self.opens.append(start_at)
                self.closes.append(end_at)
                self.sums.append(self.sums[-1] + end_at - start_at)

    def passed(self, at: float) -> float:
        """Give the working seconds up to an instant."""
        place = bisect_right(self.opens, at) - 1
        if place < 0:
            return 0
        close = self.closes[place]
        return self.sums[place] + (at if at < close else close) - self.opens[place]  # noqa: FURB136 - by hand it must be fast

    def add(self, start: datetime, seconds: float) -> datetime:
        """Add working seconds."""
        if not seconds:
            return start
        wanted = self.passed(start.timestamp()) + seconds
        place = bisect_left(self.sums, wanted) - 1
        return datetime.fromtimestamp(self.opens[place] + wanted - self.sums[place], UTC)

    def between(self, start: datetime, end: datetime) -> float:
        """Measure working seconds."""
        return self.passed(end.timestamp()) - self.passed(start.timestamp())


# -- peers: each gives, for a calendar, how it adds hours and how it measures them, in its own kind of instant


class UnableError(Exception):
    """The peer has no such operation."""


def naive(at: datetime) -> datetime:
    """Give London's clocks, as a peer without zones wants them."""
    return at.astimezone(LONDON).replace(tzinfo=None)


def pendulum_of(at: datetime) -> datetime:
    """Give an instant of pendulum."""
    import pendulum

    return pendulum.instance(at.astimezone(LONDON))


def business_time_delta(calendar: str) -> tuple:
    """Make businesstimedelta's."""
    import businesstimedelta as peer
    import pytz

    opens, closes, working, closed = CALENDARS[calendar]
    zone = pytz.timezone("Europe/London")
    days = peer.WorkDayRule(time_of_day(opens), time_of_day(closes), working_days=list(working), tz=zone)
    rules = peer.Rules([days, *([peer.HolidayRule(set(closed), tz=zone)] if closed else [])])

    def add(at: datetime, hours: float) -> datetime:
        return at + peer.BusinessTimeDelta(rules, seconds=hours * 3600)

    return add, lambda one, two: rules.difference(one, two).timedelta / HOUR, lambda at: at


def business_duration(calendar: str) -> tuple:
    """Make business-duration's."""
    from business_duration import businessDuration

    opens, closes, working, closed = CALENDARS[calendar]
    rest = [day for day in range(7) if day not in working]
    limits = time_of_day(opens), time_of_day(closes), rest, closed, "hour"
    return None, lambda one, two: businessDuration(one, two, *limits), naive


def pyshiftsla(calendar: str) -> tuple:
    """Make pyshiftsla's."""
    from pyshiftsla.shift import Shift
    from pyshiftsla.shifts_builder import DailyShift, ShiftsBuilder

    opens, closes, working, closed = CALENDARS[calendar]
    hours = [(opens, closes, 0)] if opens < closes else [(0, closes, 0), (opens, 23, 59)]
    shifts = [Shift(start=time_of_day(one), end=time_of_day(two, last, last)) for one, two, last in hours]
    rota = ShiftsBuilder(workdays_weekly=set(working), daily_shifts=DailyShift(shifts), days_off_ranges=list(closed))
    return None, lambda one, two: rota.calculate_sla(one, two) / 3.6e6, naive


def timegrid(calendar: str) -> tuple:
    """Make timegrid's."""
    import timegrid as peer

    opens, closes, working, closed = CALENDARS[calendar]
    names = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
    grid = peer.TimeGridCalendar.create()
    for day in working:
        grid.add_open_rule(getattr(peer.DayOfWeek, names[day]), time_of_day(opens), time_of_day(closes))
    for day in closed:
        grid.add_holiday(day)

    def add(at: datetime, hours: float) -> datetime:
        return grid.add_work_duration(at, timedelta(hours=hours))

    return add, lambda one, two: grid.get_working_duration(one, two) / HOUR, naive


def sla_calculator(calendar: str) -> tuple:
    """Make sla-calculator's, which takes the zone of the process and a country's holidays."""
    if calendar != "office":
        raise UnableError
    os.environ["TZ"] = "Europe/London"
    time.tzset()
    from sla_calculator import SLA_Calculator

    peer = SLA_Calculator()
    return lambda at, hours: peer.calculate(at, 9, 17, country_name="England", sla_in_hours=hours), None, pendulum_of


def simple_sla_calc(calendar: str) -> tuple:
    """Make simpleslacalc's."""
    if calendar != "office":
        raise UnableError
    from SimpleSLACalc import SLACalculator

    peer, closed = SLACalculator(), [day.isoformat() for day in HOLIDAYS]

    def add(at: datetime, hours: float) -> datetime:
        return peer.calculate(
            start_time=at, open_hour=9, close_hour=17, time_zone="Europe/London", skip_business_hours=False,
            sla_hours=hours, excluded_dates=closed,
        ).sla_expiration_time  # fmt: skip

    return add, None, pendulum_of


def pandas_hours(calendar: str) -> tuple:
    """Make those of pandas: CustomBusinessHour."""
    import pandas as pd

    opens, closes, working, closed = CALENDARS[calendar]
    mask = " ".join(DAYS[day].title() for day in working)
    hour = pd.offsets.CustomBusinessHour(start=f"{opens:02}:00", end=f"{closes:02}:00", weekmask=mask, holidays=closed)

    def add(at: datetime, hours: float) -> datetime:
        if hours != int(hours):
            raise UnableError
        return at + int(hours) * hour

    return add, None, lambda at: pd.Timestamp(at).tz_convert("Europe/London")


PEERS = {
    "businesstimedelta": business_time_delta,
    "business-duration": business_duration,
    "pyshiftsla": pyshiftsla,
    "timegrid": timegrid,
    "sla-calculator": sla_calculator,
    "simpleslacalc": simple_sla_calc,
    "pandas CustomBusinessHour": pandas_hours,
}


def back(answer: datetime) -> datetime:
    """Read a peer's answer; one without a zone is meant by London's clocks."""
    plain = datetime.fromisoformat(answer.isoformat())
    return (plain if plain.tzinfo else plain.replace(tzinfo=LONDON)).astimezone(UTC)


def judged(peer: Callable[[str], tuple]) -> Iterator[tuple[str, str]]:
    """Give what a peer makes of every case: right, wrong, or no such operation."""
    for what, (calendar, start, given, expected) in {**ADDED, **MEASURED}.items():
        try:
            add, between, own = peer(calendar)
            operation = add if what in ADDED else between
            if operation is None:
                raise UnableError  # noqa: TRY301 - it goes the way of a peer's own
            if what in ADDED:
                right = abs(back(operation(own(start), given)) - expected) < timedelta(seconds=1)
            else:
                right = abs(operation(own(start), own(given)) - expected) < 1 / 3600
        except UnableError:
            yield what, "-"
        except Exception as error:  # noqa: BLE001 - whatever a peer raises
            yield what, f"WRONG ({type(error).__name__})"
        else:
            yield what, "right" if right else "WRONG"


def measured(peer: Callable[[str], tuple], job: int, n: int) -> dict | None:
    """Measure a peer against the limit by hand, in turn in one process; None where it has no such operation."""
    hand, (add, between, own) = ByHand("office"), peer("office")
    operation = (add, between)[job]
    if operation is None:
        return None
    instants = starts(n)
    given = [(own(at), 8.0 if job == 0 else own(at + MONTH)) for at in instants]
    ratios, costs, wrong = [], [], 0
    for _ in range(3):
        begun = time.perf_counter()
        answers = [answered(operation, *pair) for pair in given]
        theirs = time.perf_counter() - begun
        begun = time.perf_counter()
        expected = [hand.add(at, 28800) if job == 0 else hand.between(at, at + MONTH) / 3600 for at in instants]
        ratios.append(theirs / (time.perf_counter() - begun))
        costs.append(theirs / n)
        wrong = sum(not agrees(hand, job, *pair) for pair in zip(answers, expected, strict=True))
    return {"ratio": statistics.median(ratios), "seconds": statistics.median(costs), "wrong": wrong / n}


def answered(operation: Callable[..., object], *given: object) -> object:
    """Ask; a peer that fails has no answer, and is measured all the same."""
    try:
        return operation(*given)
    except Exception:  # noqa: BLE001 - whatever a peer raises
        return None


def agrees(hand: ByHand, job: int, answer: object, expected: object) -> bool:
    """Say whether an answer is right; the next opening instead of the close is another convention, and no mistake."""
    if answer is None:
        return False
    if job == 0:
        one, two = sorted((back(answer), expected))
        return two - one < timedelta(seconds=1) or hand.between(one, two) == 0
    return abs(answer - expected) < 1 / 3600


def main() -> None:
    """Measure every peer that this Python has."""
    warnings.simplefilter("ignore")
    n = int(sys.argv[1])
    for name, peer in PEERS.items():
        try:
            peer("office")
        except ImportError:
            continue
        jobs = [measured(peer, job, n) for job in (0, 1)]
        print(json.dumps({"peer": name, "jobs": jobs, "cases": dict(judged(peer))}), flush=True)


if __name__ == "__main__":
    main()
