"""
Working hours by themselves: what is due when, over a lunch break, a holiday, and a night in which clocks change.

Nothing here needs a desk. In a process the same calendar is a `[calendars.office]` table, or an item of
`SupportProcess(calendars=[...])`.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from supporttiers import WorkingHours, business_days, calendar_days, until_close

LONDON = ZoneInfo("Europe/London")
OFFICE = WorkingHours(
    name="office",
    zone="Europe/London",
    week={"mon-thu": ["09:00-12:30", "13:30-17:30"], "fri": "09:00-16:00"},
    closed=["2026-12-25", "2026-12-28"],
    overrides={"2026-12-24": "09:00-12:00"},
)
NIGHT_SHIFT = WorkingHours(name="nights", zone="Europe/London", week={"mon-sun": "22:00-06:00"})


def show(what: str, instant: datetime) -> None:
    """Print an instant by London's clocks."""
    print(f"{what:<56} {instant.astimezone(LONDON):%a %d %b %Y %H:%M %Z}")


def main() -> None:
    """Ask both calendars."""
    eve = datetime(2026, 12, 24, 11, tzinfo=LONDON)
    show("Christmas Eve at 11, and two hours of work:", OFFICE.add(eve, timedelta(hours=2)))
    friday = datetime(2026, 6, 5, 15, tzinfo=LONDON)
    for target in (until_close(), business_days(1), calendar_days(1), until_close(2)):
        show(f"a Friday in June at 15, {target}:", OFFICE.after(friday, target))
    show("a Saturday at noon, when it opens:", OFFICE.next_opening(datetime(2026, 6, 6, 12, tzinfo=LONDON)))

    for month, day in ((3, 28), (6, 6), (10, 24)):
        evening = datetime(2026, month, day, 22, tzinfo=LONDON)
        worked = NIGHT_SHIFT.between(evening, evening + timedelta(days=1) - timedelta(hours=12))
        print(f"{f'the night of {evening:%d %B}, 22:00 to 06:00:':<56} {worked} hours")

    assert OFFICE.add(eve, timedelta(hours=2)) == datetime(2026, 12, 29, 10, tzinfo=UTC)


main()
