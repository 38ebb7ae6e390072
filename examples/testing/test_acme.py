"""Tests of a support process: pytest finds the fixture `rehearsal` by itself where supporttiers is installed."""

import pytest

from supporttiers import Match
from supporttiers.testing import Rehearsal, Told, never

pytestmark = pytest.mark.support_process("../acme.toml", start="2026-03-23T09:00+00:00", directory="../people.toml")


def test_first_line_limit_escalates_at_the_limit(rehearsal: Rehearsal) -> None:
    """An untouched case goes up from the very moment the limit is reached."""
    story = rehearsal.open("Printer", by="jane")
    rehearsal.advance("14m59s")
    assert story.path == "t1 09:00"

    rehearsal.advance("1s")
    assert story.path == "t1 09:00 -> t2 09:15 (tier 1)"


@pytest.mark.support_process(store="sqlite", monitors=[never(Told("manager"), when=Match(category="wishlist"))])
def test_nobody_is_called_for_a_wish(rehearsal: Rehearsal) -> None:
    """It has no limit; this is rehearsed on a real database."""
    story = rehearsal.open("A longer cable", by="jane", category="wishlist")
    rehearsal.advance("72h")

    assert story.path.places == ("t1", "t2")
    assert not story.told
