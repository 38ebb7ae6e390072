"""
Parts of one's own, each proved by its suite: a policy, a source of facts, a notifier, and a vendor's gateway.

Run it: `python examples/prove_plugin.py`; or, as in your own project: `pytest -ra prove_plugin.py`.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import attrs
import pytest

from supporttiers import Destination, Situation, VendorStatus
from supporttiers.effects import Notification, VendorAnswer, VendorRequest
from supporttiers.errors import NotifyError, VendorError
from supporttiers.facts import FactSource
from supporttiers.testing import situation
from supporttiers.testing.suites import FactSourceSuite, NotifierSuite, PolicySuite, VendorSuite

# -- a policy


@attrs.frozen
class RouteByPlan:
    """Whoever pays for fast help gets it."""

    name: ClassVar[str] = "acme.route-by-plan"
    revision: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]] = ("plan",)

    within_hours: int = 4

    def route(self, asked: Situation) -> Destination | None:
        """Say where a case of such a plan goes."""
        plan = asked.facts["plan"]
        return Destination(tier=2) if plan is not None and plan["hours"] <= self.within_hours else None


def test_gold_goes_to_the_specialists() -> None:
    """The first test of a policy is one line."""
    assert RouteByPlan().route(situation(facts={"plan": {"hours": 4}})) == Destination(tier=2)


class TestRouteByPlan(PolicySuite):
    """It is a value, answers by what it is asked about, and comes back from a process file."""

    facts: ClassVar[Mapping[str, object]] = {"plan": {"hours": 4}}

    @pytest.fixture
    def policy(self) -> RouteByPlan:
        """Give the policy."""
        return RouteByPlan(within_hours=8)


# -- a source of facts

PLANS = {"c-1": {"hours": 4}, "c-2": {"hours": 48}}


def read_plans(_tenant: str, customers: Sequence[str]) -> dict[str, object]:
    return {customer: PLANS.get(customer) for customer in customers}


class TestPlans(FactSourceSuite):
    """It answers batches of keys, and says what it cannot do."""

    waived: ClassVar[Mapping[str, str]] = {"test_tenants_are_kept_apart": "there is one house, and no other tenant"}

    @pytest.fixture
    def source(self) -> FactSource:
        """Give the source."""
        return FactSource("plan", read_plans, keyed_by="customer")

    @pytest.fixture
    def known(self) -> Mapping[str, object]:
        """Give some keys, with what it knows of them."""
        return PLANS


# -- a notifier


class Board:
    """Puts messages on a board in the office."""

    name = "board"

    def __init__(self) -> None:
        """Begin with an empty board."""
        self.cards: dict[str, str] = {}
        self.locked = False

    def notify(self, notification: Notification, /, *, key: str) -> None:
        """Put up a card, once for each key."""
        if self.locked:
            raise NotifyError(self.name, "the board is locked", retryable=True)
        people = ", ".join(map(str, notification.recipients)) or notification.to
        title = " ".join(notification.subject.split())
        self.cards.setdefault(key, f"{people}: {title}\n{notification.text}")


class TestBoard(NotifierSuite):
    """It delivers what comes once, survives what customers write, and fails as it should."""

    capabilities: ClassVar[set[str]] = {"words", "recipients"}

    @pytest.fixture
    def notifier(self) -> Board:
        """Give the notifier."""
        return Board()

    @pytest.fixture
    def delivered(self, notifier: Board) -> Callable[[], Sequence[str]]:
        """Tell what stands on the board."""
        return lambda: list(notifier.cards.values())

    @pytest.fixture
    def failing(self) -> Board:
        """Give one that cannot deliver."""
        board = Board()
        board.locked = True
        return board


# -- a vendor's gateway

KEY = "an-agreed-word"


class AcmePrint:
    """Speaks with a vendor; its system is a table, by our references."""

    name = "acme-print"

    def __init__(self, system: dict[str, VendorAnswer], key: str) -> None:
        """Say who we are."""
        self.system = system
        self.key = key

    def open(self, request: VendorRequest, /, *, key: str) -> VendorAnswer:  # noqa: ARG002 - there is a reference
        """Open a ticket."""
        self.log_in()
        ticket = VendorAnswer(remote_id=f"AP-{request.reference}", reference=request.reference)
        return self.system.setdefault(request.reference, ticket)

    def fetch(self, remote_id: str, /) -> VendorAnswer:
        """Say how far it is."""
        self.log_in()
        gone = VendorAnswer(remote_id=remote_id, status=VendorStatus.GONE)
        return next((ticket for ticket in list(self.system.values()) if ticket.remote_id == remote_id), gone)

    def log_in(self) -> None:
        """Make sure that the vendor knows us."""
        if self.key != KEY:
            raise VendorError(self.name, "it does not know us", retryable=True, kind="auth")


class TestAcmePrint(VendorSuite):
    """It opens one ticket for each key, takes what customers write, and says when it is not let in."""

    secrets: ClassVar[Sequence[str]] = (KEY,)

    @pytest.fixture
    def connect(self) -> Callable[..., AcmePrint]:
        """Give a function that makes gateways to one system."""
        system: dict[str, VendorAnswer] = {}

        def connect(_url: str, /, *, wrong_key: bool = False, **_given: object) -> AcmePrint:
            return AcmePrint(system, "wrong" if wrong_key else KEY)

        return connect


if __name__ == "__main__":
    alone = ["-ra", "-q", "--noconftest", "-p", "no:cacheprovider", "-c", os.devnull, __file__]
    done = subprocess.run([sys.executable, "-m", "pytest", *alone], check=False, text=True, capture_output=True)  # noqa: S603 - itself
    print(done.stdout)
    raise SystemExit(done.returncode)
