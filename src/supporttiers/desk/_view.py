"""What every part of a desk works with, and how one command on a case comes about."""

from abc import abstractmethod
from datetime import datetime
from typing import Any, TypedDict

from supporttiers._flows import Flow, Ports
from supporttiers.actors import Actor
from supporttiers.cases import Case
from supporttiers.clock import Clock
from supporttiers.commands import Command
from supporttiers.decisions import Decision


class Common(TypedDict, total=False):
    """
    What every verb takes besides its own.

    Attributes:
        by: Who acts: an Actor, or an id; may be left out on a desk with a bound actor.
        at: When it is judged; the desk's clock says so when left out.
        occurred_at: When it really happened, if that was earlier.
        idempotency_key: The caller's key; the same command with it again changes nothing.
        expected_version: The version that the caller has seen; another one raises StaleCaseError.
        reason: Why, in the actor's own words.
    """

    by: Actor | str
    at: datetime
    occurred_at: datetime
    idempotency_key: str
    expected_version: int
    reason: str


class View:
    """A desk, as its parts see it; `Core` says how."""

    _ports: Ports
    _tenant: str
    _clock: Clock

    @abstractmethod
    def _execute(self, command: Command, *, by_id: bool) -> Flow[Decision]: ...

    @abstractmethod
    def _known(self, by: Actor | str | None) -> tuple[Actor, bool] | None:
        """Give who acts, as far as it can be said without I/O."""

    @abstractmethod
    def _actor(self, by: Actor | str | None) -> Flow[tuple[Actor, bool]]:
        """Give who acts, and whether only an id is known, so that the case has yet to say if it is its requester."""

    @abstractmethod
    def _id_of(self, case: Case | str) -> str: ...

    def _doing(self, verb: type[Command], case: Case | str, common: Common, own: dict[str, Any]) -> Flow[Case]:
        case_id = self._id_of(case)
        by = common.pop("by", None)
        actor, by_id = self._known(by) or (yield from self._actor(by))
        own.update(common)
        decision = yield from self._execute(verb(case_id=case_id, by=actor, **own), by_id=by_id)
        return case_of(decision)


def case_of(decision: Decision) -> Case:
    assert decision.case is not None  # noqa: S101 - what is not refused has a case; for the type checker
    return decision.case
