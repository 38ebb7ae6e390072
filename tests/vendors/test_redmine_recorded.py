"""What a Redmine has said is on record: played back, it comes to what it came to beside the server."""

import attrs
import pytest
from tests.recorded import redmine as recorded
from tests.servers import http_tape
from tests.servers.redmine import PROJECT

from supporttiers.backends.vendor.redmine import RedmineVendor
from supporttiers.clock import FakeClock


def played(story, tape):
    """Tell a story to a record; give what was told, and what was left of the record."""
    player = http_tape.Player(tape)

    def connect(whose, **said):
        options = {"project": PROJECT, "transport": player, "clock": FakeClock(tape.at), **said}
        return RedmineVendor("acme", url=http_tape.URL, api_key="a-key", **options)

    told = recorded.Story(connect)
    story(told)
    return told.told, player.left


@pytest.mark.parametrize("story", recorded.STORIES, ids=lambda story: story.__name__)
def test_recorded_exchange_comes_to_the_same(story):
    """All that was asked is asked, in the same words, and nothing else."""
    told, left = played(story, http_tape.read(recorded.path(story)))

    assert recorded.STORIES[story] == told
    assert [] == left


def test_recorded_exchange_is_not_answered_where_another_is_said():
    """Else a gateway that has changed what it says would pass."""
    tape = http_tape.read(recorded.path(recorded.subject))
    other = attrs.evolve(tape.exchanges[0], asked=("GET", "/elsewhere", {"text": ""}))

    with pytest.raises(AssertionError):
        played(recorded.subject, attrs.evolve(tape, exchanges=(other, *tape.exchanges[1:])))
