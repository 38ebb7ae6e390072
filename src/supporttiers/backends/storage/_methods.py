"""The methods of a `CaseStore`, each handing a procedure to whatever runs it: at once, or to be awaited."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from supporttiers.actors import Agent
from supporttiers.backends.storage._procedures import Procedures
from supporttiers.backends.storage._statements import Work
from supporttiers.match import Match
from supporttiers.protocols import Commit, Decide, OpenTicket, Settled

# What comes back is the answer, or something that has to be awaited for it.
# ruff: noqa: ANN401


class Methods:
    """What a `CaseStore` can do; `_do` says how."""

    _sql: Procedures

    @abstractmethod
    def _do(self, work: Work[Any]) -> Any: ...

    # -- one case

    def load(self, tenant: str, case_id: str, /, *, key: str | None = None) -> Any:
        """Read a case, and the use of an idempotency key, in one statement."""
        return self._do(Work("load a case", lambda: self._sql.load(tenant, case_id, key)))

    def load_many(self, tenant: str, case_ids: Sequence[str], /) -> Any:
        """Read several cases; those that do not exist are left out."""
        return self._do(Work("load cases", lambda: self._sql.load_many(tenant, case_ids)))

    def history(self, tenant: str, case_id: str, /, *, after: int = 0) -> Any:
        """Read the events of a case above a version, in order, `recorded_at` included."""
        return self._do(Work("read a history", lambda: self._sql.history(tenant, case_id, after)))

    def verify(self, tenant: str, case_id: str, /) -> Any:
        """Check a history, its digests, and the case made of it; empty means sound."""
        return self._do(Work("verify a history", lambda: self._sql.verify(tenant, case_id), "snapshot"))

    # -- writing

    def commit(self, commits: Sequence[Commit], /) -> Any:
        """Write decisions in one transaction, each all or nothing; see `CaseStore.commit`."""
        return self._do(Work("commit", lambda: self._sql.commit(commits), self._sql.mode_of(commits)))

    def settle(self, settled: Settled, /) -> Any:
        """Write down what became of a message; say whether it was: not of one no longer pending, or leased anew."""
        mode = self._sql.SETTLING if settled.more else "once"
        return self._do(Work("settle a message", lambda: self._sql.settle(settled), mode))

    # -- many cases

    def find(
        self, tenant: str, match: Match, /, *, order: str = "id", after: str | None = None, limit: int = 50
    ) -> Any:
        """Read cases that meet a condition, a page at a time; see `CaseStore.find`."""
        return self._do(Work("find cases", lambda: self._sql.find(tenant, match, order, after, limit), "snapshot"))

    def counts(self, tenant: str, match: Match, /, *, by: str) -> Any:
        """Count cases that meet a condition by the values of one field."""
        return self._do(Work("count cases", lambda: self._sql.counts(tenant, match, by)))

    def incoming(
        self, tenant: str, case_id: str, /, *, kind: str | None = None, after: tuple[str, str] | None = None,
        limit: int | None = None,
    ) -> Any:  # fmt: skip
        """Read (kind, case id) of the cases that link to a case, a page at a time; see `CaseStore.incoming`."""
        return self._do(Work("read links", lambda: self._sql.incoming(tenant, case_id, kind, after, limit)))

    def workload(self, tenant: str, agents: Sequence[str], /) -> Any:
        """Count what agents have on their desks; each that is asked for is in the answer."""
        return self._do(Work("count work", lambda: self._sql.workload(tenant, agents), "snapshot"))

    # -- the worker's questions

    def claim(self, now: datetime, /, *, limit: int, decide: Decide, tenant: str | None = None) -> Any:
        """Take what is due, have it decided, and write, in one transaction; see `CaseStore.claim`."""
        return self._do(Work("claim what is due", lambda: self._sql.claim(now, limit, decide, tenant), "write"))

    def overdue(self, before: datetime, /, *, limit: int, tenant: str | None = None) -> Any:
        """Read the cases whose wake-up lies before an instant, the earliest first; nothing is claimed."""
        return self._do(Work("look for what is overdue", lambda: self._sql.overdue(before, limit, tenant)))

    def next_wake(self, /, *, tenant: str | None = None) -> Any:
        """Give the earliest wake-up of all cases."""
        return self._do(Work("look for what is next", lambda: self._sql.next_wake(tenant)))

    def parked(self, /, *, tenant: str | None = None, after: tuple[str, str] | None = None, limit: int = 50) -> Any:
        """Read the cases that were set aside; see `CaseStore.parked`."""
        return self._do(Work("read what is parked", lambda: self._sql.parked(tenant, after, limit)))

    def unpark(self, tenant: str, case_id: str, at: datetime, /) -> Any:
        """Let a case that was set aside be tried again; say whether it had been."""
        return self._do(Work("unpark a case", lambda: self._sql.unpark(tenant, case_id, at), "once"))

    def backlog(self, now: datetime, /, *, tenant: str | None = None, limit: int = 10_000) -> Any:
        """Say what waits; see `CaseStore.backlog`."""
        return self._do(Work("count what waits", lambda: self._sql.backlog(now, tenant, limit), "snapshot"))

    def lease(self, now: datetime, /, *, until: datetime, token: str, limit: int, tenant: str | None = None) -> Any:
        """Take messages to be carried out; see `CaseStore.lease`."""
        sql = self._sql
        return self._do(Work("lease messages", lambda: sql.lease(now, until, token, limit, tenant), sql.LEASING))

    def messages(
        self, tenant: str, /, *, state: str | None = None, case_id: str | None = None, after: str | None = None,
        limit: int = 50,
    ) -> Any:  # fmt: skip
        """Read messages, in the order in which they were caused; see `CaseStore.messages`."""
        return self._do(Work("read messages", lambda: self._sql.messages(tenant, state, case_id, after, limit)))

    def retry(self, tenant: str, key: str, at: datetime, /) -> Any:
        """Let a dead or ambiguous message be tried anew from an instant on; say whether it was one."""
        return self._do(Work("retry a message", lambda: self._sql.retry(tenant, key, at), "once"))

    def discard(self, tenant: str, key: str, /) -> Any:
        """Let go of a dead or ambiguous message; say whether it was one."""
        return self._do(Work("discard a message", lambda: self._sql.discard(tenant, key), "once"))

    def key_uses(self, tenant: str, case_id: str, /) -> Any:
        """Read the uses of idempotency keys on a case, by key."""
        return self._do(Work("read keys", lambda: self._sql.key_uses(tenant, case_id)))

    def forget_keys(self, before: datetime, /) -> Any:
        """Free idempotency keys used before an instant; give their number."""
        return self._do(Work("forget keys", lambda: self._sql.forget_keys(before), "once"))

    def open_tickets(self, asked_before: datetime, /, *, limit: int, tenant: str | None = None) -> Any:
        """Read vendor tickets that have a remote id, are not finished, and were not asked about since an instant."""
        return self._do(Work("look for open tickets", lambda: self._sql.open_tickets(asked_before, limit, tenant)))

    def asked(self, tickets: Sequence[OpenTicket], at: datetime, /, *, reached: bool = False) -> Any:
        """Write down that vendors were asked about tickets, and whether they answered."""
        return self._do(Work("note questions", lambda: self._sql.asked(tickets, at, reached=reached), "write"))

    def tickets(self, vendor: str, remote_ids: Sequence[str], /, *, tenant: str | None = None) -> Any:
        """Read a vendor's tickets by the vendor's own ids, open or not."""
        return self._do(Work("look for tickets", lambda: self._sql.tickets(vendor, remote_ids, tenant)))

    def vendor_cursor(self, vendor: str, /) -> Any:
        """Read how far the changes at a vendor have been read; None for not at all."""
        return self._do(Work("read a cursor", lambda: self._sql.vendor_cursor(vendor)))

    def keep_vendor_cursor(self, vendor: str, cursor: str, at: datetime, /) -> Any:
        """Write down how far the changes at a vendor have been read."""
        return self._do(Work("keep a cursor", lambda: self._sql.keep_vendor_cursor(vendor, cursor, at), "write"))

    # -- processes and people

    def put_process(self, name: str, revision: str, body: str, at: datetime, /) -> Any:
        """Keep a revision of a process; one that is there already stays."""
        return self._do(Work("keep a process", lambda: self._sql.put_process(name, revision, body, at), "once"))

    def process_kept_at(self, name: str, revision: str, /) -> Any:
        """Say when a revision of a process was first kept; None where it was not."""
        return self._do(Work("read a process", lambda: self._sql.process_kept_at(name, revision)))

    def wake_followers(self, name: str, revision: str, at: datetime, /) -> Any:
        """Enqueue what has to follow another revision of its process's limits; give how many."""
        return self._do(Work("wake cases", lambda: self._sql.wake_followers(name, revision, at), "once"))

    def get_process(self, name: str, revision: str, /) -> Any:
        """Read a revision of a process."""
        return self._do(Work("read a process", lambda: self._sql.get_process(name, revision)))

    def put_agent(self, tenant: str, agent: Agent, /) -> Any:
        """Keep an agent, in place of the one of the same id."""
        return self._do(Work("keep an agent", lambda: self._sql.put_agent(tenant, agent), "once"))

    def remove_agent(self, tenant: str, agent_id: str, /) -> Any:
        """Forget an agent; say whether there was one."""
        return self._do(Work("forget an agent", lambda: self._sql.remove_agent(tenant, agent_id), "once"))

    def agents(self, tenant: str, /, *, ids: Sequence[str] | None = None) -> Any:
        """Read agents, all of them or those of some ids, in the order of their ids."""
        return self._do(Work("read agents", lambda: self._sql.agents(tenant, ids)))
