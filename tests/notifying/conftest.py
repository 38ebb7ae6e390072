"""What the tests of notifiers share: a notification, receivers, and certificates."""

import attrs
import pytest
from tests.servers import receivers

from supporttiers.actors import Contact
from supporttiers.clock import FakeClock
from supporttiers.effects import Notification
from supporttiers.reasons import Reason
from supporttiers.tiers import Status

SECRET_TEXT = "my password is hunter2"


@pytest.fixture
def clock():
    """Stand at nine in the morning."""
    return FakeClock("2026-03-23T09:00Z")


@pytest.fixture
def notification(clock):
    """Give a notification for Anna; what is handed in is put in its place."""
    base = Notification(
        tenant="default", case_id="T-1", to="assignee",
        recipients=(Contact(id="anna", name="Anna Ant", addresses={"email": "anna@example.org"}),),
        reason=Reason("case.waiting", {"wait_reason": "customer"}), subject="Case T-1 waits",
        text=f"Dear Anna,\n\n{SECRET_TEXT}\n", language="en", tier=1, status=Status.WAITING, at=clock.now(),
    )  # fmt: skip
    return lambda **changes: attrs.evolve(base, **changes)


@pytest.fixture
def receiver():
    """Run a receiver in plain text."""
    with receivers.receiver() as found:
        yield found
