"""What policies answer."""

from datetime import UTC, datetime

import pytest

from supporttiers.actors import SYSTEM
from supporttiers.commands import Close
from supporttiers.decisions import Decision, Destination, Later
from supporttiers.errors import PolicyConfigError


def test_destination_takes_a_tier_a_team_and_tags():
    """Only the tier is needed; tags may be any collection."""
    assert ("a", "b") == Destination(tier=99, team="front", tags=["a", "b"]).tags
    assert (0, None, ()) == (Destination(tier=0).tier, Destination(tier=0).team, Destination(tier=0).tags)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"tier": 100}, "Destination.tier: is 100; possible is 0 to 99"),
        ({"tier": -1}, "Destination.tier: is -1; possible is 0 to 99"),
        ({"tier": "1"}, "Destination.tier: must be a whole number (0 to 99), not str"),
        ({"tier": 1, "team": ""}, "Destination.team: must not be empty"),
        ({"tier": 1, "tags": "vip"}, "Destination.tags: must be a collection of tags, not str"),
        ({"tier": 1, "tags": ["t"] * 51}, "Destination.tags: has 51 tags; at most 50 are possible"),
    ],
)
def test_destination_refuses_what_is_no_place(values, text):
    """The policy's author hears which field is wrong."""
    with pytest.raises(PolicyConfigError) as caught:
        Destination(**values)

    assert text == str(caught.value)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"at": datetime(2026, 3, 23)}, "Later.at: is naive; give it a time zone, such as datetime.now(UTC)"),  # noqa: DTZ001
        ({"command": "close"}, "Later.command: must be a command, not str"),
        ({"name": ""}, "Later.name: must not be empty"),
        ({"while_status": "queued"}, "Later.while_status: must be a collection of statuses, not str"),
        ({"while_status": ["gone"]}, "Later.while_status: must be a status, not str"),
        ({"when": {"tier": 1}}, "Later.when: must be a Match, not dict"),
    ],
)
def test_later_refuses_what_cannot_be_kept(values, text):
    """The policy's author hears which field is wrong."""
    given = {"command": Close(case_id="T-1", by=SYSTEM), "at": datetime(2026, 3, 23, tzinfo=UTC), "name": "close"}
    with pytest.raises(PolicyConfigError) as caught:
        Later(**{**given, **values})

    assert text == str(caught.value)


def test_decision_of_nothing_has_nothing():
    """A decision says only what came of it."""
    empty = Decision(case=None)

    assert ((), (), None, False, None) == (
        empty.events,
        empty.effects,
        empty.wakes_at,
        empty.replayed,
        empty.refusal,
    )
