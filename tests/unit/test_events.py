"""Events: every kind is listed, and none shows what people said."""

import attrs
import pytest

from supporttiers.actors import SYSTEM, Actor
from supporttiers.events import EVENTS, CaseClosed, Event
from supporttiers.tiers import Visibility


def _below(kind):
    """Name a class and everything that derives from it."""
    return {kind.__name__}.union(*(_below(sub) for sub in kind.__subclasses__()))


def test_events_are_all_listed_once():
    """Every class that can stand in a history is in the list; what only gathers fields is not."""
    shared = {"Event", "CaseMoved", "StopwatchEvent"}

    assert _below(Event) - shared == {kind.__name__ for kind in EVENTS}
    assert len(set(EVENTS)) == len(EVENTS)


def test_public_events_are_what_the_customer_may_see():
    """Everything else stays inside the house unless it is said otherwise."""
    public = {kind.__name__ for kind in EVENTS if attrs.fields_dict(kind)["visibility"].default is Visibility.PUBLIC}

    assert public == {
        "CaseOpened",
        "CaseReplied",
        "CaseResolved",
        "CaseReopened",
        "FollowUpOpened",
        "CaseClosed",
        "CaseCancelled",
        "CaseRated",
    }


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_event_hides_its_private_fields(kind):
    """Whatever is marked private is not shown."""
    private = [field for field in attrs.fields(kind) if field.metadata.get("private")]

    assert "said" in {field.name for field in private}
    assert not any(field.repr for field in private)


def test_event_happened_when_it_occurred(at):
    """What is known late counts from when it happened; otherwise the instant of judgement does."""
    close = CaseClosed(case_id="T-1", version=2, at=at("10:00"), by=SYSTEM)

    assert at("10:00") == close.effective_at
    assert at("09:30") == attrs.evolve(close, occurred_at=at("09:30")).effective_at


def test_event_is_the_same_whenever_it_was_written(at):
    """When it was recorded is no part of what happened."""
    close = CaseClosed(case_id="T-1", version=2, at=at("10:00"), by=Actor("bob"))

    assert close == attrs.evolve(close, recorded_at=at("11:00"))
    assert close != attrs.evolve(close, at=at("11:00"))
