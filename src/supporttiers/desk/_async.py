"""The methods of AsyncSupportDesk: it drives the same flows as `SupportDesk`, in asyncio."""

from collections.abc import Coroutine, Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, Self, Unpack, overload

from supporttiers._flows import Call, Flow, adrive
from supporttiers.actors import Actor
from supporttiers.backends.directory.stored import AsyncPeople
from supporttiers.cases import Case
from supporttiers.commands import Command
from supporttiers.decisions import Decision
from supporttiers.desk._core import Core
from supporttiers.desk._parts import store_of_people
from supporttiers.desk._questions import EVERYTHING
from supporttiers.desk._talking import Headers
from supporttiers.desk._verbs import Verbs
from supporttiers.desk._view import Common
from supporttiers.errors import CaseError, SupportTiersError
from supporttiers.events import Event
from supporttiers.match import Match
from supporttiers.protocols import Backlog, Message, ParkedCase
from supporttiers.readings import ClockReading, Explanation, Option, Page, Pass, Receipt, Redaction, VendorReading
from supporttiers.reasons import Reason

if TYPE_CHECKING:
    from supporttiers.diagrams import CaseTimeline


class Awaited(Core, Verbs[Coroutine[Any, Any, Case]]):
    """Everything that `SupportDesk` can do, awaited."""

    _awaits = True
    _driven = staticmethod(adrive)

    @property
    def people(self) -> AsyncPeople:
        """See `SupportDesk.people`; its methods are awaited."""
        return AsyncPeople(store_of_people(self._directory), self._tenant)

    # -- any command

    def _execute(self, command: Command, *, by_id: bool = False) -> Flow[Decision]:
        flow = super()._execute(command, by_id=by_id)
        if self._joins or not command.case_id:  # the database lets nobody pass; or nobody else can name its id yet
            return (yield from flow)
        end = yield Call(self._turns.take, self._tenant, command.case_id)
        try:
            return (yield from flow)
        finally:
            end()

    async def execute(self, command: Command) -> Decision:
        """See `SupportDesk.execute`."""
        return await adrive(self._execute(command))

    async def execute_all(self, commands: Iterable[Command]) -> list[Decision | SupportTiersError]:
        """See `SupportDesk.execute_all`."""
        return await adrive(self._execute_all(commands))

    async def adopt(self, commands: Iterable[Command]) -> dict[str, Decision | CaseError]:
        """See `SupportDesk.adopt`."""
        return await adrive(self._adopt(commands))

    async def preview(self, command: Command) -> Decision:
        """See `SupportDesk.preview`."""
        return await adrive(self._preview(command))

    async def next_for(self, agent: str) -> Case | None:
        """See `SupportDesk.next_for`."""
        return await adrive(self._next_for(agent))

    # -- reading

    async def get(self, case_id: str) -> Case:
        """See `SupportDesk.get`."""
        return await adrive(self._get(case_id))

    async def find(
        self, match: Match = EVERYTHING, *, order: str = "id", after: str | None = None, limit: int = 50
    ) -> Page:
        """See `SupportDesk.find`."""
        return await adrive(self._find(match, order=order, after=after, limit=limit))

    async def counts(self, match: Match = EVERYTHING, *, by: str = "status") -> Mapping[str | int | None, int]:
        """See `SupportDesk.counts`."""
        return await adrive(self._counts(match, by=by))

    async def clocks(self, case: Case | str) -> tuple[ClockReading, ...]:
        """See `SupportDesk.clocks`."""
        return await adrive(self._clocks(case))

    async def options(self, case: Case | str, *, by: Actor | str | None = None) -> tuple[Option, ...]:
        """See `SupportDesk.options`."""
        return await adrive(self._options(case, by=by))

    async def history(self, case: Case | str, *, visible_to: Actor | str | None = None) -> tuple[Event, ...]:
        """See `SupportDesk.history`."""
        return await adrive(self._history(case, visible_to=visible_to))

    async def timeline(self, case: Case | str, *, zone: tzinfo = UTC, until: datetime | None = None) -> "CaseTimeline":
        """See `SupportDesk.timeline`."""
        return await adrive(self._timeline(case, zone=zone, until=until))

    async def explain(self, case: Case | str) -> Explanation:
        """See `SupportDesk.explain`."""
        return await adrive(self._explain(case))

    async def verify(self, case: Case | str) -> tuple[Reason, ...]:
        """See `SupportDesk.verify`."""
        return await adrive(self._verify(case))

    # -- what goes wrong by itself

    async def parked(self, *, after: str | None = None, limit: int = 50) -> Sequence[ParkedCase]:
        """See `SupportDesk.parked`."""
        return await adrive(self._parked(after=after, limit=limit))

    async def unpark(self, case: Case | str) -> bool:
        """See `SupportDesk.unpark`."""
        return await adrive(self._unpark(case))

    async def backlog(self, *, all_tenants: bool = True) -> Backlog:
        """See `SupportDesk.backlog`."""
        return await adrive(self._backlog(all_tenants=all_tenants))

    async def messages(
        self, *, state: str | None = None, case: Case | str | None = None, after: str | None = None, limit: int = 50
    ) -> Sequence[Message]:
        """See `SupportDesk.messages`."""
        return await adrive(self._messages(state=state, case=case, after=after, limit=limit))

    async def retry(self, key: str) -> None:
        """See `SupportDesk.retry`."""
        await adrive(self._retry(key))

    async def discard(self, key: str) -> None:
        """See `SupportDesk.discard`."""
        await adrive(self._discard(key))

    # -- vendors

    async def receive(self, vendor: str, headers: Headers, body: bytes) -> Receipt:
        """See `SupportDesk.receive`."""
        return await adrive(self._receive(vendor, headers, body))

    async def check_vendors(self) -> tuple[VendorReading, ...]:
        """See `SupportDesk.check_vendors`."""
        return await adrive(self._check_vendors())

    # -- what is kept

    @overload
    async def redact(self, case: Case | str, /, **common: Unpack[Common]) -> Case: ...
    @overload
    async def redact(self, /, *, person: str, **common: Unpack[Common]) -> Redaction: ...
    async def redact(
        self, case: Case | str | None = None, /, *, person: str | None = None, **common: Unpack[Common]
    ) -> Case | Redaction:
        """See `SupportDesk.redact`."""
        found: Case | Redaction = await adrive(self._redact(case, person, common))
        return found

    async def export(self, case: Case | str) -> dict[str, Any]:
        """See `SupportDesk.export`."""
        return await adrive(self._export(case))

    # -- time

    async def run_due(self, *, limit: int = 1000, tenant: str | None = None) -> Pass:
        """See `SupportDesk.run_due`."""
        return await adrive(self._run_due(limit=limit, tenant=tenant))

    async def next_wake(self, *, tenant: str | None = None) -> datetime | None:
        """See `SupportDesk.next_wake`."""
        return await adrive(self._next_wake(tenant))

    async def __aenter__(self) -> Self:
        """Use the desk for a while."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Let go of what the store holds."""
        await self.shut_down()

    async def shut_down(self) -> None:
        """See `SupportDesk.shut_down`."""
        await adrive(self._shut_down())
