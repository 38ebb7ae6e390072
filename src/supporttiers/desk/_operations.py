"""What whoever runs a desk can ask and do, as flows: cases set aside, messages that could not be carried out."""

from collections.abc import Sequence

from supporttiers import _fields as fields
from supporttiers import _flows as flows
from supporttiers._fields import at_least, flag, one_of, optional
from supporttiers._flows import Flow
from supporttiers.cases import Case
from supporttiers.desk._parts import must
from supporttiers.desk._view import View
from supporttiers.protocols import STATES, Backlog, Message, ParkedCase


class Operations(View):
    """What goes wrong by itself, and how it goes on."""

    def _parked(self, *, after: str | None, limit: int) -> Flow[Sequence[ParkedCase]]:
        must(optional(fields.name), "after", after)
        must(at_least(1, 1000), "limit", limit)
        return (yield from flows.parked(self._ports, self._tenant, after=after, limit=limit))

    def _unpark(self, case: Case | str) -> Flow[bool]:
        return (yield from flows.unpark(self._ports, self._tenant, self._id_of(case), self._clock.now()))

    def _backlog(self, *, all_tenants: bool) -> Flow[Backlog]:
        must(flag, "all_tenants", all_tenants)
        tenant = None if all_tenants else self._tenant
        return (yield from flows.backlog(self._ports, self._clock.now(), tenant=tenant))

    def _messages(
        self, *, state: str | None, case: Case | str | None, after: str | None, limit: int
    ) -> Flow[Sequence[Message]]:
        must(optional(one_of(STATES)), "state", state)
        must(optional(fields.text), "after", after)
        must(at_least(1, 1000), "limit", limit)
        asked = None if case is None else self._id_of(case)
        found = flows.messages(self._ports, self._tenant, state=state, case_id=asked, after=after, limit=limit)
        return (yield from found)

    def _retry(self, key: str) -> Flow[None]:
        must(fields.text, "key", key)
        yield from flows.retry(self._ports, self._tenant, key, self._clock.now())

    def _discard(self, key: str) -> Flow[None]:
        must(fields.text, "key", key)
        yield from flows.discard(self._ports, self._tenant, key)
