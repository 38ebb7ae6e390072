"""Records: what stores are handed, and what they give back."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Self

import attrs

from supporttiers._codec import blank_effect
from supporttiers.cases import Case
from supporttiers.effects import DispatchToVendor, Effect, Notify
from supporttiers.events import CaseRedacted, Event
from supporttiers.reasons import Reason

LANE: Final = "#"
"""Parts the name of a notifier from the mark of one recipient, in the target of a message for them alone."""

PROBLEM: Final = ": "
"""Parts the kind of an error from its problem, in the result of a message that failed."""

ENDED_BY_REDACTION: Final = "redacted"
"""The result of a message that could not be carried out any more when its case was redacted."""


@attrs.frozen(kw_only=True)
class KeyUse:
    """
    A use of an idempotency key.

    Attributes:
        key: The caller's key.
        case_id: The case it was used on.
        version: The version of the case after that command.
        body: The hash of the command without its times; empty once its case has been redacted.
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
        kind: `notify`, `dispatch`, `message_vendor`, `tell`, `tell_linked` or `tell_observer`.
        target: The notifier's or vendor's name, or the other case; of a message for one recipient alone, the notifier's
            name, `#`, and a mark of the recipient.
        effect: What to do.
        at: When it was caused; messages of one case and target keep their order.
        not_before: When to try it next.
        attempts: How often it was tried.
        result: What was last remembered of it: how far it has got, where it goes on step by step.
        state: One of `STATES`.
        lease: The token under which it is leased, for whoever carries it out.
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
    state: str = "pending"
    lease: str | None = None

    @property
    def adapter(self) -> str:
        """The name of the notifier or vendor that carries it out."""
        return self.target.partition(LANE)[0] if self.kind == "notify" else self.target

    @property
    def is_for_one(self) -> bool:
        """Whether it is for one recipient alone."""
        return isinstance(self.effect, Notify) and self.effect.recipient is not None

    def redacted(self) -> Self:
        """
        Give it as it stands once its case has been redacted.

        What cannot be carried out without what it said is over: a request to a vendor, a command with a text in it,
        and what was for somebody by name. What tells a role goes on. Nothing is left of who it was for.
        """
        effect = blank_effect(self.effect)
        if isinstance(effect, Notify) and isinstance(self.effect, Notify):
            goes_on = (effect.to, effect.recipient) == (self.effect.to, self.effect.recipient)
        else:
            goes_on = effect == self.effect and not isinstance(effect, DispatchToVendor)
        blank = attrs.evolve(self, effect=effect, target=self.adapter, result=self._blank_result())
        if goes_on or self.state == "done":
            return blank
        return attrs.evolve(blank, state="done", result=ENDED_BY_REDACTION, lease=None)

    def _blank_result(self) -> str:
        """Give the kind of an error without its problem, which may name a recipient."""
        kind, parted, _ = self.result.partition(PROBLEM)
        return kind if parted and kind.isidentifier() and self.state != "done" else self.result


@attrs.frozen(kw_only=True)
class Settled:
    """
    What became of a message.

    Attributes:
        tenant: Whose.
        key: Which.
        state: `done`, `pending` (to be tried again, or being sent), `dead` or `ambiguous`.
        result: What to remember: a ticket's id, or the kind of an error, and its problem behind `: ` where it is one of
            ours; never customer text.
        attempts: How often it was tried.
        not_before: When to try it next.
        lease: The token under which it was leased; where somebody else has leased it since, nothing is written down.
            Whoever gives None writes whatever the lease; the empty text stands for one that nobody has leased.
        keep: The lease goes on: it is being sent just now.
        more: New rows of the outbox, which are written where this is written down, and with it; none of a commit's
            `settled`, which has messages of its own.
    """

    tenant: str
    key: str
    state: str
    result: str
    attempts: int
    not_before: datetime
    lease: str | None = None
    keep: bool = False
    more: tuple[Message, ...] = ()


@attrs.frozen(kw_only=True)
class Loaded:
    """
    What a store knows of a case.

    Attributes:
        case: None where there is none.
        used: The use of the idempotency key that was asked about, if any.
        parked: Why the case was set aside, if it is.
    """

    case: Case | None
    used: KeyUse | None = None
    parked: Reason | None = None


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

    @property
    def redacts_before(self) -> int:
        """The version before which everything private is to be deleted; 0 where nothing is."""
        return max((event.version for event in self.events if isinstance(event, CaseRedacted)), default=0)


@attrs.frozen(kw_only=True)
class DueCase:
    """
    A case that has something due.

    Attributes:
        case: The case.
        wakes_at: The instant at which it is.
        failures: How often in a row it could not be decided.
    """

    case: Case
    wakes_at: datetime
    failures: int = 0


@attrs.frozen(kw_only=True)
class Setback:
    """
    What becomes of a due case that could not be decided: nothing is written but when it is tried again.

    Attributes:
        tenant: Whose case.
        case_id: Which.
        version: At which version it stands; at another one nothing is written.
        failures: How often in a row it could not be decided, this time included.
        reason: Why not.
        at: When that was.
        wakes_at: When it is tried again; None parks it: nothing happens by itself until it is unparked, or somebody's
            command is carried out on it.
        messages: New rows of the outbox: who is to be told that it is parked.
    """

    tenant: str
    case_id: str
    version: int
    failures: int
    reason: Reason
    at: datetime
    wakes_at: datetime | None
    messages: tuple[Message, ...] = ()


@attrs.frozen(kw_only=True)
class ParkedCase:
    """
    A case that was set aside, because what is due on it could not be decided.

    Attributes:
        case: The case.
        reason: Why.
        parked_at: Since when.
        failures: How often in a row it was tried.
    """

    case: Case
    reason: Reason
    parked_at: datetime
    failures: int


Decide = Callable[[Sequence[DueCase]], Sequence[Commit | Setback | None]]
"""What becomes of due cases: for each, in order, what is to be written; None leaves it as it is."""


@attrs.frozen(kw_only=True)
class Backlog:
    """
    What waits, as of an instant.

    Attributes:
        due: Cases whose wake-up has come, counted up to a limit.
        lag: How long the earliest of them has been waiting; zero when none is due.
        parked: Cases that were set aside.
        messages: Messages that could be carried out now, counted up to a limit.
        message_lag: How long the earliest of them has been waiting.
        dead: Messages that were given up.
        ambiguous: Messages of which nobody knows whether they have arrived.
    """

    due: int = 0
    lag: timedelta = timedelta(0)
    parked: int = 0
    messages: int = 0
    message_lag: timedelta = timedelta(0)
    dead: int = 0
    ambiguous: int = 0


@attrs.frozen(kw_only=True)
class OpenTicket:
    """
    A ticket in a vendor's system, as the store knows it.

    Attributes:
        tenant: Whose case.
        case_id: Which case.
        vendor: The gateway's name.
        key: Our key of the request that opened it.
        remote_id: The vendor's own id.
        is_open: Whether somebody still owes something on it.
        reached_at: When the vendor last answered a question about it, or when we began to ask again after we had not
            asked for long; None where neither has been.
        asked_at: When it was last asked about, as far as `asked` said; None where it never was, or the store does not
            say. Two tickets that differ in nothing else are equal.
    """

    tenant: str
    case_id: str
    vendor: str
    key: str
    remote_id: str
    is_open: bool = True
    reached_at: datetime | None = None
    asked_at: datetime | None = attrs.field(default=None, eq=False)


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
