"""Laws of when the steps of a scenario are."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supporttiers.errors import PolicyConfigError
from supporttiers.testing.times import instant_at

ZONES = st.sampled_from(["UTC", "Europe/London", "America/New_York", "Asia/Kathmandu"]).map(ZoneInfo)
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
DAYS = ["", "Mon ", "tuesday ", "WED ", "thu ", "Fri ", "sat ", "Sun "]
TIMES = st.builds("{}{:02}:{:02}".format, st.sampled_from(DAYS), st.integers(0, 23), st.integers(0, 59))


@given(TIMES, INSTANTS, ZONES)
def test_time_is_the_next_such_or_is_refused(said, before, zone):
    """It never goes back, is what was said, lies within the week; and what is refused lies earlier on the same day."""
    before = before.astimezone(zone)
    today = datetime.combine(before.date(), time.fromisoformat(said[-5:]), zone)
    if said[0].isdigit() and today < before:
        with pytest.raises(PolicyConfigError, match="goes back"):
            instant_at(said, before=before, zone=zone)
        return
    found = instant_at(said, before=before, zone=zone)

    assert found >= before
    assert said[-5:] == f"{found:%H:%M}"
    assert found.date() - before.date() <= timedelta(days=7)
    assert said[0].isdigit() or said.strip().lower()[:3] == f"{found:%a}".lower()


@given(st.timedeltas(timedelta(0), timedelta(days=30)), INSTANTS, ZONES)
def test_span_passes_on_the_clock_of_the_world(span, before, zone):
    """Also where clocks are changed in between."""
    seconds = int(span.total_seconds())
    found = instant_at(f"+{seconds}s", before=before.astimezone(zone), zone=zone)

    assert timedelta(seconds=seconds) == found.astimezone(UTC) - before
