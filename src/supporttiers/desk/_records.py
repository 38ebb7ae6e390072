"""What is kept about cases and people, as flows: given out whole, or deleted."""

from abc import abstractmethod
from typing import Any, Final

from supporttiers import _fields as fields
from supporttiers import _flows as flows
from supporttiers._codec import exported
from supporttiers._flows import Flow
from supporttiers.cases import Case
from supporttiers.commands import Redact
from supporttiers.desk._parts import must
from supporttiers.desk._view import Common, View
from supporttiers.errors import InputError
from supporttiers.readings import Redaction

_OF_A_PERSON: Final = frozenset({"by", "reason"})


class Records(View):
    """Redaction and export."""

    @abstractmethod
    def _begin(self) -> Flow[None]: ...

    def _redact(self, case: Case | str | None, person: str | None, common: Common) -> Flow[Any]:
        if (case is None) == (person is None):
            raise InputError("", "case", "or person= has to be given, and not both")
        if case is None:
            return (yield from self._redact_person(person, common))
        return (yield from self._doing(Redact, case, common, {}))

    def _redact_person(self, person: str | None, common: Common) -> Flow[Redaction]:
        must(fields.name, "person", person)
        if unknown := sorted(common.keys() - _OF_A_PERSON):
            raise InputError("", unknown[0], "belongs to one case; with person= only `by` and `reason` are possible")
        yield from self._begin()
        actor, _ = yield from self._actor(common.get("by"))
        said = common.get("reason", "")
        must(fields.text, "reason", said)
        redaction = flows.redact_person(self._ports, self._tenant, str(person), actor, self._clock.now(), said=said)
        return (yield from redaction)

    def _export(self, case: Case | str) -> Flow[dict[str, Any]]:
        parts = yield from flows.parts_of(self._ports, self._tenant, self._id_of(case))
        return exported(**parts)
