"""Stores: where cases, their histories and the outbox are kept."""

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, runtime_checkable

from supporttiers.actors import Agent
from supporttiers.cases import Case
from supporttiers.events import Event
from supporttiers.match import Match
from supporttiers.protocols.records import (
    Backlog,
    Commit,
    Decide,
    DueCase,
    KeyUse,
    Loaded,
    Message,
    OpenTicket,
    ParkedCase,
    Settled,
    Workload,
)
from supporttiers.reasons import Reason


@runtime_checkable
class CaseStore(Protocol):
    """
    Keeps cases, their histories and the outbox. All methods are safe to call from several threads.

    Every method binds its tenant; only what a worker asks (`claim`, `overdue`, `backlog`, `next_wake`, `lease`,
    `tickets` and `open_tickets`) may look across tenants (with `tenant=None`). Errors of the medium are raised as
    `StoreError`.
    """

    @property
    def name(self) -> str:
        """By which errors and logs speak of it."""
        ...

    @property
    def capabilities(self) -> frozenset[str]:
        """What it can do beyond what every store must: some of `CAPABILITIES`."""
        ...

    def load(self, tenant: str, case_id: str, /, *, key: str | None = None) -> Loaded:
        """Read a case, and the use of an idempotency key; in one round trip where that counts."""
        ...

    def load_many(self, tenant: str, case_ids: Sequence[str], /) -> Mapping[str, Case]:
        """Read several cases; those that do not exist are left out."""
        ...

    def commit(self, commits: Sequence[Commit], /) -> Sequence[bool]:
        """
        Write decisions in one transaction, each all or nothing.

        Returns:
            One answer for each, in order: True when written; False, with nothing of it written, when the case is no
            longer at `previous` (or exists already where that is 0), or its idempotency key has been used.

        A case that is written is no longer parked, and has not failed. A commit with a `CaseRedacted` among its events
        deletes the private parts of all earlier events of the case, their salts, what its messages say, and the hashes
        of its idempotency keys; the commitments stay, so that the history can still be verified.
        `Commit.redacts_before` says before which version, `Message.redacted` what is left of a message.
        """
        ...

    def history(self, tenant: str, case_id: str, /, *, after: int = 0) -> Sequence[Event]:
        """Read the events of a case above a version, in order, `recorded_at` included."""
        ...

    def find(
        self, tenant: str, match: Match, /, *, order: str = "id", after: str | None = None, limit: int = 50
    ) -> tuple[Sequence[Case], str | None]:
        """
        Read cases that meet a condition, a page at a time.

        Args:
            tenant: Whose.
            match: The condition; comparisons of priorities have been resolved to names.
            order: A name of `ORDERS`, with `-` before it for descending; cases without a value come last; ties by id.
            after: Where the last page ended.
            limit: How many at most.

        Returns:
            The cases, and where the next page begins (None when there is none).
        """
        ...

    def counts(self, tenant: str, match: Match, /, *, by: str) -> Mapping[str | int | None, int]:
        """Count cases that meet a condition by the values of one field of `GROUPS`."""
        ...

    def workload(self, tenant: str, agents: Sequence[str], /) -> Mapping[str, Workload]:
        """Count what agents have on their desks; each that is asked for is in the answer."""
        ...

    def claim(self, now: datetime, /, *, limit: int, decide: Decide, tenant: str | None = None) -> Sequence[bool]:
        """
        Take cases whose wake-up is at or before *now*, the earliest first; have them decided; write: one transaction.

        Nobody else gets the same cases meanwhile; those that somebody else has are passed over, or waited for.

        Args:
            now: The instant.
            limit: How many at most.
            decide: Called inside the transaction with what was found; it must not touch this store. Where a store has
                to begin the transaction anew, it is called again, and only the last call counts.
            tenant: Whose; of all tenants when None.

        Returns:
            One answer for each case that was found: True where its `Commit` or `Setback` was written.
        """
        ...

    def overdue(self, before: datetime, /, *, limit: int, tenant: str | None = None) -> Sequence[DueCase]:
        """Read the cases whose wake-up lies before an instant, the earliest first; nothing is claimed."""
        ...

    def parked(
        self, /, *, tenant: str | None = None, after: tuple[str, str] | None = None, limit: int = 50
    ) -> Sequence[ParkedCase]:
        """Read the cases that were set aside, by tenant and id, after the one where the last page ended."""
        ...

    def unpark(self, tenant: str, case_id: str, at: datetime, /) -> bool:
        """Let a case that was set aside be tried again from an instant on; say whether it had been set aside."""
        ...

    def backlog(self, now: datetime, /, *, tenant: str | None = None, limit: int = 10_000) -> Backlog:
        """Say what waits; each count by an index, and of what is due no more than *limit*."""
        ...

    def next_wake(self, /, *, tenant: str | None = None) -> datetime | None:
        """Give the earliest wake-up of all cases."""
        ...

    def lease(
        self, now: datetime, /, *, until: datetime, token: str, limit: int, tenant: str | None = None
    ) -> Sequence[Message]:
        """
        Take messages to be carried out: those whose time came first, given in the order in which they were caused.

        Of each case and target only the earliest that is pending is given: later ones wait until it is done or given
        up. One that is held to working time (`not_before` ahead, never tried) holds back nothing but itself. What is
        leased is given to nobody else until the lease ends, by being settled or by its time.

        Args:
            now: The instant; those whose `not_before` lies after it wait.
            until: When the lease ends by itself, for others to take over what its holder left.
            token: Marks the lease; `settle` needs it.
            limit: How many at most.
            tenant: Whose; of all tenants when None.
        """
        ...

    def messages(
        self, tenant: str, /, *, state: str | None = None, case_id: str | None = None, after: str | None = None,
        limit: int = 50,
    ) -> Sequence[Message]:  # fmt: skip
        """
        Read messages, in the order in which they were caused.

        Args:
            tenant: Whose.
            state: Only those in this state.
            case_id: Only those that this case has caused.
            after: The key of the message where the last page ended.
            limit: How many at most.
        """
        ...

    def retry(self, tenant: str, key: str, at: datetime, /) -> bool:
        """
        Let a dead or ambiguous message be tried anew from an instant on; say whether it was one.

        It counts as never tried, and what was last remembered of it stays.
        """
        ...

    def discard(self, tenant: str, key: str, /) -> bool:
        """Let go of a dead or ambiguous message: it is `done`, as `discarded`; say whether it was one."""
        ...

    def key_uses(self, tenant: str, case_id: str, /) -> Sequence[KeyUse]:
        """Read the uses of idempotency keys on a case, by key."""
        ...

    def settle(self, settled: Settled, /) -> bool:
        """
        Write down what became of a message, and the messages that come of it, in one transaction.

        One that is no longer pending, or leased anew, stays as it is, and nothing comes of it. Of those that come of
        it, one whose key is known already stays as it is.

        Returns:
            Whether it was written down: False tells a worker that its lease is lost.
        """
        ...

    def open_tickets(self, asked_before: datetime, /, *, limit: int, tenant: str | None = None) -> Sequence[OpenTicket]:
        """Read vendor tickets that have a remote id, are not finished, and were not asked about since an instant."""
        ...

    def asked(self, tickets: Sequence[OpenTicket], at: datetime, /, *, reached: bool = False) -> None:
        """
        Write down that vendors were asked about tickets.

        Args:
            tickets: Which.
            at: When; an earlier instant has them asked about sooner, a later one later.
            reached: Whether they answered, at that instant.
        """
        ...

    def tickets(self, vendor: str, remote_ids: Sequence[str], /, *, tenant: str | None = None) -> Sequence[OpenTicket]:
        """Read a vendor's tickets by the vendor's own ids, open or not, by tenant, case id and key."""
        ...

    def vendor_cursor(self, vendor: str, /) -> str | None:
        """Read how far the changes at a vendor have been read; None for not at all."""
        ...

    def keep_vendor_cursor(self, vendor: str, cursor: str, at: datetime, /) -> None:
        """Write down how far the changes at a vendor have been read."""
        ...

    def incoming(
        self, tenant: str, case_id: str, /, *, kind: str | None = None, after: tuple[str, str] | None = None,
        limit: int | None = None,
    ) -> Sequence[tuple[str, str]]:  # fmt: skip
        """
        Read (kind, case id) of the cases that link to a case, in that order.

        Args:
            tenant: Whose.
            case_id: To which case.
            kind: Only links of this kind.
            after: Only what comes after this one: where the last page ended.
            limit: How many at most; all when None.
        """
        ...

    def put_process(self, name: str, revision: str, body: str, at: datetime, /) -> None:
        """Keep a revision of a process; one that is there already stays."""
        ...

    def process_kept_at(self, name: str, revision: str, /) -> datetime | None:
        """Say when a revision of a process was first kept; None where it was not."""
        ...

    def wake_followers(self, name: str, revision: str, at: datetime, /) -> int:
        """
        Enqueue what has to follow another revision of its process's limits.

        Cases of the process, of all tenants, that have not been closed or cancelled, and whose limits follow a revision
        that was kept earlier than this one, get *at* for their wake-up, unless theirs is earlier. Those that could not
        be decided when they were last tried wait for their next try, and those that are parked for somebody.

        Returns:
            How many.
        """
        ...

    def get_process(self, name: str, revision: str, /) -> str | None:
        """Read a revision of a process."""
        ...

    def put_agent(self, tenant: str, agent: Agent, /) -> None:
        """Keep an agent, in place of the one of the same id."""
        ...

    def remove_agent(self, tenant: str, agent_id: str, /) -> bool:
        """Forget an agent; say whether there was one."""
        ...

    def agents(self, tenant: str, /, *, ids: Sequence[str] | None = None) -> Sequence[Agent]:
        """Read agents, all of them or those of some ids, in the order of their ids."""
        ...

    def forget_keys(self, before: datetime, /) -> int:
        """Free idempotency keys used before an instant; give their number."""
        ...

    def verify(self, tenant: str, case_id: str, /) -> tuple[Reason, ...]:
        """Check a history and the case made of it; empty means sound."""
        ...

    def close(self) -> None:
        """Let go of what is held; a later call opens it again."""
        ...


@runtime_checkable
class AsyncCaseStore(Protocol):
    """A `CaseStore` whose methods are awaited; each says there what it must do."""

    @property
    def name(self) -> str:
        """See `CaseStore.name`."""
        ...

    @property
    def capabilities(self) -> frozenset[str]:
        """See `CaseStore.capabilities`."""
        ...

    async def load(self, tenant: str, case_id: str, /, *, key: str | None = None) -> Loaded:
        """See `CaseStore.load`."""
        ...

    async def load_many(self, tenant: str, case_ids: Sequence[str], /) -> Mapping[str, Case]:
        """See `CaseStore.load_many`."""
        ...

    async def commit(self, commits: Sequence[Commit], /) -> Sequence[bool]:
        """See `CaseStore.commit`."""
        ...

    async def history(self, tenant: str, case_id: str, /, *, after: int = 0) -> Sequence[Event]:
        """See `CaseStore.history`."""
        ...

    async def find(
        self, tenant: str, match: Match, /, *, order: str = "id", after: str | None = None, limit: int = 50
    ) -> tuple[Sequence[Case], str | None]:
        """See `CaseStore.find`."""
        ...

    async def counts(self, tenant: str, match: Match, /, *, by: str) -> Mapping[str | int | None, int]:
        """See `CaseStore.counts`."""
        ...

    async def workload(self, tenant: str, agents: Sequence[str], /) -> Mapping[str, Workload]:
        """See `CaseStore.workload`."""
        ...

    async def claim(self, now: datetime, /, *, limit: int, decide: Decide, tenant: str | None = None) -> Sequence[bool]:
        """See `CaseStore.claim`."""
        ...

    async def overdue(self, before: datetime, /, *, limit: int, tenant: str | None = None) -> Sequence[DueCase]:
        """See `CaseStore.overdue`."""
        ...

    async def parked(
        self, /, *, tenant: str | None = None, after: tuple[str, str] | None = None, limit: int = 50
    ) -> Sequence[ParkedCase]:
        """See `CaseStore.parked`."""
        ...

    async def unpark(self, tenant: str, case_id: str, at: datetime, /) -> bool:
        """See `CaseStore.unpark`."""
        ...

    async def backlog(self, now: datetime, /, *, tenant: str | None = None, limit: int = 10_000) -> Backlog:
        """See `CaseStore.backlog`."""
        ...

    async def next_wake(self, /, *, tenant: str | None = None) -> datetime | None:
        """See `CaseStore.next_wake`."""
        ...

    async def lease(
        self, now: datetime, /, *, until: datetime, token: str, limit: int, tenant: str | None = None
    ) -> Sequence[Message]:
        """See `CaseStore.lease`."""
        ...

    async def messages(
        self, tenant: str, /, *, state: str | None = None, case_id: str | None = None, after: str | None = None,
        limit: int = 50,
    ) -> Sequence[Message]:  # fmt: skip
        """See `CaseStore.messages`."""
        ...

    async def retry(self, tenant: str, key: str, at: datetime, /) -> bool:
        """See `CaseStore.retry`."""
        ...

    async def discard(self, tenant: str, key: str, /) -> bool:
        """See `CaseStore.discard`."""
        ...

    async def key_uses(self, tenant: str, case_id: str, /) -> Sequence[KeyUse]:
        """See `CaseStore.key_uses`."""
        ...

    async def settle(self, settled: Settled, /) -> bool:
        """See `CaseStore.settle`."""
        ...

    async def open_tickets(
        self, asked_before: datetime, /, *, limit: int, tenant: str | None = None
    ) -> Sequence[OpenTicket]:
        """See `CaseStore.open_tickets`."""
        ...

    async def asked(self, tickets: Sequence[OpenTicket], at: datetime, /, *, reached: bool = False) -> None:
        """See `CaseStore.asked`."""
        ...

    async def tickets(
        self, vendor: str, remote_ids: Sequence[str], /, *, tenant: str | None = None
    ) -> Sequence[OpenTicket]:
        """See `CaseStore.tickets`."""
        ...

    async def vendor_cursor(self, vendor: str, /) -> str | None:
        """See `CaseStore.vendor_cursor`."""
        ...

    async def keep_vendor_cursor(self, vendor: str, cursor: str, at: datetime, /) -> None:
        """See `CaseStore.keep_vendor_cursor`."""
        ...

    async def incoming(
        self, tenant: str, case_id: str, /, *, kind: str | None = None, after: tuple[str, str] | None = None,
        limit: int | None = None,
    ) -> Sequence[tuple[str, str]]:  # fmt: skip
        """See `CaseStore.incoming`."""
        ...

    async def put_process(self, name: str, revision: str, body: str, at: datetime, /) -> None:
        """See `CaseStore.put_process`."""
        ...

    async def process_kept_at(self, name: str, revision: str, /) -> datetime | None:
        """See `CaseStore.process_kept_at`."""
        ...

    async def wake_followers(self, name: str, revision: str, at: datetime, /) -> int:
        """See `CaseStore.wake_followers`."""
        ...

    async def get_process(self, name: str, revision: str, /) -> str | None:
        """See `CaseStore.get_process`."""
        ...

    async def put_agent(self, tenant: str, agent: Agent, /) -> None:
        """See `CaseStore.put_agent`."""
        ...

    async def remove_agent(self, tenant: str, agent_id: str, /) -> bool:
        """See `CaseStore.remove_agent`."""
        ...

    async def agents(self, tenant: str, /, *, ids: Sequence[str] | None = None) -> Sequence[Agent]:
        """See `CaseStore.agents`."""
        ...

    async def forget_keys(self, before: datetime, /) -> int:
        """See `CaseStore.forget_keys`."""
        ...

    async def verify(self, tenant: str, case_id: str, /) -> tuple[Reason, ...]:
        """See `CaseStore.verify`."""
        ...

    async def close(self) -> None:
        """See `CaseStore.close`."""
        ...


class JoiningStore(Protocol):
    """A store that can work inside a transaction of the caller's: it has `joins` among its capabilities."""

    def on(self, connection: Any, /) -> CaseStore | AsyncCaseStore:  # noqa: ANN401 - many libraries' connections
        """
        Give a store that works on a connection, and neither begins, commits, rolls back nor retries there.

        Raises:
            UnsupportedConnectionError: It is no connection that this store knows.
            AutocommitError: It is in autocommit mode, and no transaction is open on it.
        """
        ...


class SchemaStore(Protocol):
    """A store with tables that may have to be made, or brought up to date: it has `schema` among its capabilities."""

    def schema_version(self) -> int | Awaitable[int]:
        """Say which version of the tables is there; 0 for none."""
        ...

    def upgrade(self) -> int | Awaitable[int]:
        """Make the tables, or bring them up to date, in one transaction; give the version that was there."""
        ...


CAPABILITIES: Final = ("durable", "digests", "joins", "schema")
"""
What stores may declare: `durable` (what was answered outlives the process), `digests` (an edit of a history is found),
`joins` (it is a `JoiningStore`), `schema` (it is a `SchemaStore`).
"""

STATES: Final = ("pending", "done", "dead", "ambiguous")
"""
How a message may stand: to be carried out; carried out; given up; sent, and nobody knows whether it has arrived.
"""

KEY_LIFE: Final = timedelta(days=30)
"""For how long an idempotency key is kept."""

ORDERS: Final = ("id", "opened_at", "changed_at", "due_at")
"""What `find` can order by."""

GROUPS: Final = ("status", "tier", "team", "assignee", "priority", "category", "kind", "channel", "process")
"""What `counts` can count by."""
