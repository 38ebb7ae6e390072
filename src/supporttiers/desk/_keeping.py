"""What is kept about cases and people: given out whole, or deleted."""

from abc import abstractmethod
from datetime import datetime
from typing import Any, Final, TypeVar, Unpack, overload

from supporttiers import _fields as fields
from supporttiers import _flows as flows
from supporttiers._codec import exported
from supporttiers._flows import Flow, Ports, drive
from supporttiers.actors import Actor
from supporttiers.cases import Case
from supporttiers.clock import Clock
from supporttiers.commands import Command, Redact
from supporttiers.desk._parts import must
from supporttiers.desk._verbs import Common
from supporttiers.errors import InputError
from supporttiers.readings import Redaction

T = TypeVar("T")

_OF_A_PERSON: Final = frozenset({"by", "reason"})


class Keeping:
    """Redaction and export."""

    _ports: Ports
    _tenant: str
    _clock: Clock

    @abstractmethod
    def _actor(self, by: Actor | str | None) -> tuple[Actor, bool]: ...

    @abstractmethod
    def _id_of(self, case: Case | str) -> str: ...

    @abstractmethod
    def _do(self, verb: type[Command], case: Case | str, common: Common, /, **own: Any) -> Case: ...  # noqa: ANN401

    @abstractmethod
    def _run(self, flow: Flow[T], now: datetime) -> T: ...

    @overload
    def redact(self, case: Case | str, /, **common: Unpack[Common]) -> Case: ...
    @overload
    def redact(self, /, *, person: str, by: Actor | str | None = None, reason: str = "") -> Redaction: ...
    def redact(
        self, case: Case | str | None = None, /, *, person: str | None = None, **common: Unpack[Common]
    ) -> Case | Redaction:
        """
        Delete the personal texts and names of a case, or of all cases of a person, for good.

        What happened, when and how long it took stays, and the history can still be verified. Each case of a person is
        redacted in a transaction of its own: after a failure, the same call goes on with those that are left.

        Args:
            case: Which case. One about which nobody has said anything since it was last redacted is left as it is.
            person: Instead of a case: an id. Every case whose requester or customer this is, is redacted; they no
                longer watch any other.
            **common: See `Common`; with *person*, only `by` and `reason`. Customers, vendors and assistants are
                refused.

        Returns:
            The case; or, of a person, which cases were redacted, and which could not be and why.

        Raises:
            InputError: Neither a case nor a person is named, or both are.
            NotPermittedError: The actor may not redact this case.
        """
        if (case is None) == (person is None):
            raise InputError("", "case", "name one case, or person=, not both")
        if case is not None:
            return self._do(Redact, case, common)
        must(fields.name, "person", person)
        if unknown := sorted(common.keys() - _OF_A_PERSON):
            raise InputError("", unknown[0], "belongs to one case; with person= only `by` and `reason` are possible")
        actor, _ = self._actor(common.get("by"))
        said = common.get("reason", "")
        must(fields.text, "reason", said)
        now = self._clock.now()
        return self._run(flows.redact_person(self._ports, self._tenant, str(person), actor, now, said=said), now)

    def export(self, case: Case | str) -> dict[str, Any]:
        """
        Give out everything that is kept about a case, as plain values that `json.dumps` takes.

        Returns:
            `format` (1), `case`, `events` with all their parts, `messages`, `idempotency_keys`, `links_in`: the names
            are those of the attributes, and stay. Files that are attached are kept by the caller: what is here are
            references.

        Raises:
            CaseNotFoundError: There is no such case.
        """
        return exported(**drive(flows.parts_of(self._ports, self._tenant, self._id_of(case))))
