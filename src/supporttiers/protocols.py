"""
Protocols of policies and ports: what to build to plug something in. Shapes, and next to no code.

A *policy* is a rule that the engine asks; a *port* is a way out into the world, handed to the desk as an object.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final, Protocol, runtime_checkable

import attrs

from supporttiers.actors import Actor, Agent
from supporttiers.calendars.targets import Target
from supporttiers.cases import Case
from supporttiers.commands import Command
from supporttiers.decisions import Destination, FollowUp, Hold, Later, Refusal, Situation
from supporttiers.effects import Effect, Notification, VendorAnswer, VendorRequest
from supporttiers.events import Event
from supporttiers.match import Match
from supporttiers.reasons import Reason

# -- policies


class Policy(Protocol):
    """
    A rule that the engine asks: a value with one of the methods below, of one argument, or several of them.

    Attributes:
        name: By which process files, stored revisions and events know it; process files say `use = "<name>"`.
        revision: Raised when its answers change: it is part of the process's revision.

    A policy may also have `needs`, a tuple of names of facts: `situation.facts` then has them. And it may have
    `because(situation)`, which gives the `Reason`s of its answer for `explain`.
    """

    name: ClassVar[str]
    revision: ClassVar[int]


@runtime_checkable
class RoutePolicy(Policy, Protocol):
    """Says where a new case should go."""

    def route(self, situation: Situation, /) -> Destination | None:
        """Give a destination, or None for no opinion; pure."""
        ...


@runtime_checkable
class AssignPolicy(Policy, Protocol):
    """Says who should work on a case that has come to a team."""

    def assign(self, situation: Situation, /) -> str | None:
        """Give an agent's id, or None for no opinion; pure."""
        ...


@runtime_checkable
class PriorityPolicy(Policy, Protocol):
    """Says how urgent a case is."""

    def prioritise(self, situation: Situation, /) -> str | None:
        """Give one of the process's priorities, or None for no opinion; pure."""
        ...


@runtime_checkable
class PermitPolicy(Policy, Protocol):
    """Says what stands against a command. All are asked, and every refusal is kept."""

    def permit(self, situation: Situation, /) -> Refusal | Hold | None:
        """Give what stands against it, or None for no objection; pure."""
        ...


@runtime_checkable
class TargetPolicy(Policy, Protocol):
    """Says how much working time a limit allows a case."""

    def target(self, situation: Situation, /) -> Target | None:
        """Give a duration above zero, or days, for `situation.limit`, or None for no opinion; pure."""
        ...


@runtime_checkable
class ReactPolicy(Policy, Protocol):
    """Says what follows from what has just happened."""

    def react(self, situation: Situation, /) -> Sequence[Command | Later]:
        """Give commands on this case or others, at once or later; empty for nothing. Pure."""
        ...


@runtime_checkable
class ReopenPolicy(Policy, Protocol):
    """Says whether a word after the end of a case still brings it back."""

    def reopen(self, situation: Situation, /) -> FollowUp | Refusal | None:
        """Give what is done instead of reopening, or None for no opinion; pure."""
        ...


@runtime_checkable
class VendorPolicy(Policy, Protocol):
    """Says to which vendor a case goes that has come to a vendor tier without a vendor of its own."""

    def dispatch(self, situation: Situation, /) -> str | None:
        """Give a vendor's name, or None for no opinion; pure."""
        ...


METHODS: Final = ("route", "assign", "prioritise", "permit", "target", "react", "reopen", "dispatch")
"""What policies are asked."""


def methods_of(policy: object) -> tuple[str, ...]:
    """Give what a policy can be asked."""
    return tuple(method for method in METHODS if callable(getattr(policy, method, None)))


# -- ports


@runtime_checkable
class Directory(Protocol):
    """Knows people."""

    def actor(self, id: str, /) -> Actor | None:
        """Give the actor of an id, or None where nobody is known by it."""
        ...


@runtime_checkable
class AgentDirectory(Directory, Protocol):
    """A directory that also knows who works where: the desk then has the facts `agents` and `workload`."""

    def agent(self, id: str, /) -> Agent | None:
        """Give an agent, or None where nobody of the house is known by this id."""
        ...

    def agents_of(self, teams: Sequence[str], /) -> Mapping[str, Sequence[Agent]]:
        """Give the agents of each team, whether they are there or not; a team that is left out has nobody."""
        ...


@runtime_checkable
class OnCallDirectory(Directory, Protocol):
    """A directory that also knows who takes calls: the desk then has the fact `on_call`."""

    def on_call_of(self, teams: Sequence[str], /) -> Mapping[str, Sequence[str]]:
        """Give the ids of those who take the calls of each team now, the first to be called first."""
        ...


@runtime_checkable
class ManagerDirectory(Directory, Protocol):
    """A directory that also knows managers: the desk then has the fact `manager`."""

    def managers_of(self, teams: Sequence[str], /) -> Mapping[str, str | None]:
        """Give the id of each team's manager."""
        ...

    def manager_of(self, id: str, /) -> str | None:
        """Give the id of a person's own manager."""
        ...


@runtime_checkable
class TenantDirectory(Directory, Protocol):
    """A directory of several houses."""

    def of_tenant(self, tenant: str, /) -> Directory:
        """
        Give the directory of one tenant.

        What it can do is found out when the desk is built, of the tenant `default`.
        """
        ...


@runtime_checkable
class Notifier(Protocol):
    """Carries messages to people."""

    name: str

    def notify(self, notification: Notification, /, *, key: str) -> None:
        """
        Deliver; at least once, so that a second call with the same *key* should deliver nothing new.

        Raises:
            NotifyError: It could not be delivered; `retryable` says whether to try again.
        """
        ...


@runtime_checkable
class VendorGateway(Protocol):
    """Speaks with a vendor's ticket system."""

    name: str

    def open(self, request: VendorRequest, /, *, key: str) -> VendorAnswer:
        """
        Open a ticket; a second call with the same *key* must give the same ticket, not a second one.

        Raises:
            VendorError: It could not be opened; `retryable` says whether to try again.
        """
        ...

    def fetch(self, remote_id: str, /) -> VendorAnswer:
        """
        Say how far a ticket is.

        Raises:
            VendorError: The vendor could not be asked.
        """
        ...


# -- storage


@attrs.frozen(kw_only=True)
class KeyUse:
    """
    A use of an idempotency key.

    Attributes:
        key: The caller's key.
        case_id: The case it was used on.
        version: The version of the case after that command.
        body: The hash of the command without its times.
        used_at: When; after 30 days the key is free again.
    """

    key: str
    case_id: str
    version: int
    body: str
    used_at: datetime


@attrs.frozen(kw_only=True)
class Message:
    """
    A row of the outbox: one effect for one target.

    Attributes:
        tenant: Whose case.
        key: Its identity, which is also the key handed to notifiers; a vendor is handed that of its request.
        case_id: The case that caused it.
        kind: `notify`, `dispatch`, `tell` or `tell_linked`.
        target: The notifier's or vendor's name, or the other case.
        effect: What to do.
        at: When it was caused; messages of one case and target keep their order.
        not_before: When to try it next.
        attempts: How often it was tried.
        result: What was last remembered of it: how far it has got, where it goes on step by step.
    """

    tenant: str
    key: str
    case_id: str
    kind: str
    target: str
    effect: Effect
    at: datetime
    not_before: datetime
    attempts: int = 0
    result: str = ""


@attrs.frozen(kw_only=True)
class Settled:
    """
    What became of a message.

    Attributes:
        tenant: Whose.
        key: Which.
        state: `done`, `pending` (to be tried again) or `dead`.
        result: What to remember: a ticket's id, or the code of an error; never customer text.
        attempts: How often it was tried.
        not_before: When to try it next.
    """

    tenant: str
    key: str
    state: str
    result: str
    attempts: int
    not_before: datetime


@attrs.frozen(kw_only=True)
class Loaded:
    """
    What a store knows of a case.

    Attributes:
        case: None where there is none.
        used: The use of the idempotency key that was asked about, if any.
    """

    case: Case | None
    used: KeyUse | None = None


@attrs.frozen(kw_only=True)
class Commit:
    """
    What one decision writes: all of it, or nothing.

    Attributes:
        tenant: Whose case.
        case: The case after it.
        previous: The version before it; 0 for a new case.
        events: What happened; their versions go from `previous + 1` to `case.version`.
        wakes_at: When something happens next by itself.
        messages: New rows of the outbox.
        used: The idempotency key that it uses up.
        settled: A message whose delivery caused this commit.
        recorded_at: The writing transaction's now.
    """

    tenant: str
    case: Case
    previous: int
    events: tuple[Event, ...]
    wakes_at: datetime | None
    messages: tuple[Message, ...] = ()
    used: KeyUse | None = None
    settled: Settled | None = None
    recorded_at: datetime


@attrs.frozen(kw_only=True)
class DueCase:
    """A case that has something due, with the instant at which it is."""

    case: Case
    wakes_at: datetime


@attrs.frozen(kw_only=True)
class OpenTicket:
    """A vendor ticket on which somebody still owes something."""

    tenant: str
    case_id: str
    vendor: str
    key: str
    remote_id: str


@attrs.frozen(kw_only=True)
class Workload:
    """
    What an agent has on their desk.

    Attributes:
        channels: How many open cases are assigned to them, by channel; under an empty text those that came by none.
        assigned_at: When they were last given a case, whatever became of it; None for never.
    """

    channels: Mapping[str, int] = attrs.field(factory=dict, hash=False)
    assigned_at: datetime | None = None

    @property
    def open(self) -> int:
        """How many open cases are assigned to them."""
        return sum(self.channels.values())


@runtime_checkable
class CaseStore(Protocol):
    """
    Keeps cases, their histories and the outbox. All methods are safe to call from several threads.

    Every method binds its tenant; only `due`, `next_wake`, `pending` and `open_tickets` may look across tenants (with
    `tenant=None`), because the worker does. Errors of the medium are raised as `StoreError`.
    """

    @property
    def name(self) -> str:
        """By which errors and logs speak of it."""
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

    def due(self, now: datetime, /, *, limit: int, tenant: str | None = None) -> Sequence[DueCase]:
        """Read the cases whose wake-up is at or before *now*, the earliest first."""
        ...

    def next_wake(self, /, *, tenant: str | None = None) -> datetime | None:
        """Give the earliest wake-up of all cases."""
        ...

    def pending(self, now: datetime, /, *, limit: int, tenant: str | None = None) -> Sequence[Message]:
        """Read the messages to be carried out, in the order in which they were caused."""
        ...

    def settle(self, settled: Settled, /) -> None:
        """Write down what became of a message; one that is no longer pending stays as it is."""
        ...

    def open_tickets(self, asked_before: datetime, /, *, limit: int, tenant: str | None = None) -> Sequence[OpenTicket]:
        """Read vendor tickets that have a remote id, are not finished, and were not asked about since an instant."""
        ...

    def asked(self, tickets: Sequence[OpenTicket], at: datetime, /) -> None:
        """Write down that vendors were asked about tickets."""
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
        that was kept earlier than this one, get *at* for their wake-up, unless theirs is earlier.

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


KEY_LIFE: Final = timedelta(days=30)
"""For how long an idempotency key is kept."""

ORDERS: Final = ("id", "opened_at", "changed_at", "due_at")
"""What `find` can order by."""

GROUPS: Final = ("status", "tier", "team", "assignee", "priority", "category", "kind", "channel", "process")
"""What `counts` can count by."""
