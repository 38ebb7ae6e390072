"""Clocks and ids."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from supporttiers.clock import Clock, FakeClock, IdFactory, SystemClock
from supporttiers.errors import InputError, PolicyConfigError


def test_system_clock_tells_the_time_in_utc():
    """The machine's clock gives aware instants in UTC that do not go back."""
    first, second = SystemClock().now(), SystemClock().now()

    assert UTC is first.tzinfo
    assert first <= second


@pytest.mark.parametrize("clock", [SystemClock(), FakeClock()])
def test_clock_is_the_protocol_of_both(clock):
    """Both clocks can be handed to a desk."""
    assert isinstance(clock, Clock)


def test_fake_clock_stands_still_until_it_is_moved():
    """It begins on a Monday morning, and moves only when told to."""
    clock = FakeClock()
    before = clock.now()
    clock.advance()

    assert datetime(2026, 1, 5, 9, tzinfo=UTC) == before == clock.now()


@pytest.mark.parametrize(
    ("move", "expected"),
    [
        ({"by": "15m"}, "2026-03-23T09:15:00+00:00"),
        ({"by": timedelta(hours=1)}, "2026-03-23T10:00:00+00:00"),
        ({"to": "2026-03-23T11:00+01:00"}, "2026-03-23T10:00:00+00:00"),
        ({"to": datetime(2026, 3, 23, 9, tzinfo=UTC)}, "2026-03-23T09:00:00+00:00"),
    ],
)
def test_fake_clock_moves_forward(move, expected):
    """By a duration or to an instant, its own present included, and it answers in UTC."""
    clock = FakeClock("2026-03-23T10:00+01:00")

    assert expected == clock.advance(**move).isoformat() == clock.now().isoformat()


@pytest.mark.parametrize("move", [{"by": "-1s"}, {"to": "2026-03-23T08:59:59Z"}])
def test_fake_clock_never_goes_back(move):
    """Time does not run backwards, and the clock stays where it was."""
    clock = FakeClock("2026-03-23T09:00Z")
    with pytest.raises(InputError) as caught:
        clock.advance(**move)

    assert str(caught.value) == "to lies before the present of this clock, 2026-03-23T09:00:00+00:00"
    assert clock.now() == datetime(2026, 3, 23, 9, tzinfo=UTC)


def test_fake_clock_needs_an_aware_start():
    """A naive instant says nothing."""
    with pytest.raises(PolicyConfigError, match="instant: is naive"):
        FakeClock("2026-03-23T09:00")


def test_ids_are_ordered_uuids_of_version_7():
    """Ids sort in the order in which they are made, within one instant and when a clock goes back."""
    ids = IdFactory()
    now = datetime(2026, 3, 23, 9, tzinfo=UTC)
    made = [ids.new_id(now), ids.new_id(now), ids.new_id(now - timedelta(hours=1)), ids.new_id(now + timedelta(1))]

    assert sorted(made) == made
    assert {7} == {uuid.UUID(one).version for one in made}
    assert {uuid.RFC_4122} == {uuid.UUID(one).variant for one in made}


def test_id_begins_with_the_milliseconds_of_its_instant():
    """The first 48 bits are the Unix time in milliseconds, as RFC 9562 says."""
    now = datetime(2026, 3, 23, 9, 0, 0, 123_456, tzinfo=UTC)
    made = uuid.UUID(IdFactory().new_id(now))

    assert int(now.timestamp() * 1000) == made.int >> 80


def test_ids_do_not_repeat_their_random_part():
    """Two factories at one instant do not give one id."""
    now = datetime(2026, 3, 23, 9, tzinfo=UTC)

    assert IdFactory().new_id(now) != IdFactory().new_id(now)


def test_salts_are_16_different_bytes():
    """Each salt is new."""
    ids = IdFactory()
    first, second = ids.salt(), ids.salt()

    assert (16, 16) == (len(first), len(second))
    assert first != second
