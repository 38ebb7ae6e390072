"""What the desk answers when it is asked: options, clock readings, explanations, pages, passes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import overload

import attrs

from supporttiers.cases import Case
from supporttiers.effects import VendorIdentity
from supporttiers.reasons import Reason
from supporttiers.stopwatches import Stage
from supporttiers.tiers import Agreement


@attrs.frozen(kw_only=True)
class Option:
    """
    Something that an actor might do with a case now.

    Attributes:
        trigger: The verb: `escalate`.
        target: To which tier (`tier2`) or for whom (`customer`); empty where there is only one way.
        required: Fields that have to be handed in with it, and what is missing before it is allowed.
        refused: Why not; empty when it is allowed.
        held: What has to be approved first: the command is taken, and waits for that.
    """

    trigger: str
    target: str = ""
    required: tuple[str, ...] = ()
    refused: tuple[Reason, ...] = ()
    held: tuple[Reason, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether nothing stands against it."""
        return not self.refused


@attrs.frozen(kw_only=True)
class ClockReading:
    """
    What one stopwatch shows at an instant.

    Attributes:
        limit: The limit's name.
        agreement: With whom it is agreed.
        instance: Which instance.
        stage: Where it stands.
        target: Working time allowed.
        elapsed: Working time passed.
        actual_elapsed: Time on the wall that passed while it ran.
        paused_for: Time on the wall for which it stood still while the case was open.
        completed_for: Time on the wall in which the case had ended, before it was worked on again.
        remaining: Working time left; negative once overrun; frozen while paused.
        due_at: When the target is, or was, reached; None while paused before it.
        projected_due_at: When it would be reached if the clock ran from now on; only while paused before the target.
        breached: Whether the target was passed.
    """

    limit: str
    agreement: Agreement
    instance: int
    stage: Stage
    target: timedelta
    elapsed: timedelta
    actual_elapsed: timedelta
    paused_for: timedelta
    completed_for: timedelta
    remaining: timedelta
    due_at: datetime | None
    projected_due_at: datetime | None
    breached: bool


@attrs.frozen(kw_only=True)
class Explanation:
    """
    Why a case stands where it stands, and what happens next if nobody acts; `str()` is text.

    Attributes:
        case_id: Which case.
        here: Why it stands here.
        next: What happens by itself, in order of time.
        due: Of every clock that runs or is paused, how its due time came about.
        rules: What stands against what: permissions, requirements and approvals that are about it as it is.
    """

    case_id: str
    here: tuple[Reason, ...]
    next: tuple[Reason, ...]
    due: tuple[Reason, ...] = ()
    rules: tuple[Reason, ...] = ()

    def __str__(self) -> str:
        """Write it as a short paragraph a line each."""
        lines = [f"case {self.case_id}", *(f"  {reason}" for reason in self.here)]
        for word, reasons in (("due", self.due), ("rule", self.rules), ("next", self.next)):
            lines += [f"  {word}: {reason}" for reason in reasons]
        return "\n".join(lines)


@attrs.frozen(kw_only=True)
class Page(Sequence[Case]):
    """
    A page of cases.

    Attributes:
        cases: In the order asked for.
        next: Hand it back as `after=` for the next page; None when this is the last.
    """

    cases: tuple[Case, ...] = ()
    next: str | None = None

    @overload
    def __getitem__(self, index: int) -> Case: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Case, ...]: ...
    def __getitem__(self, index: int | slice) -> Case | tuple[Case, ...]:
        """Give one case, or several."""
        return self.cases[index]

    def __len__(self) -> int:
        """Count the cases of this page."""
        return len(self.cases)

    def __iter__(self) -> Iterator[Case]:
        """Go through the cases of this page."""
        return iter(self.cases)


@attrs.frozen(kw_only=True)
class Redaction:
    """
    What redacting all cases of a person did.

    Attributes:
        cases: The ids of the cases that were redacted.
        unwatched: The ids of those that they only followed, and follow no longer.
        failed: By case id, why one was left as it is.
    """

    cases: tuple[str, ...] = ()
    unwatched: tuple[str, ...] = ()
    failed: Mapping[str, Reason] = attrs.field(factory=dict, hash=False)

    def __len__(self) -> int:
        """Count the cases that were redacted."""
        return len(self.cases)


@attrs.frozen(kw_only=True)
class Pass:
    """
    What one pass of the desk did.

    Attributes:
        fired: Cases for which time made something happen.
        relayed: Messages carried out.
        polled: Vendor tickets asked about.
        failed: Cases that could not be decided, messages and polls that failed; they are tried again.
        parked: Cases set aside because they could not be decided.
        lag: How late the most overdue case was; zero when none was due.
        left: Cases that are due and were left to other desks, because this one cannot load their process: it is not in
            the store, or names policies that the desk was not given.
    """

    fired: int = 0
    relayed: int = 0
    polled: int = 0
    failed: int = 0
    parked: int = 0
    lag: timedelta = timedelta(0)
    left: int = 0

    @property
    def idle(self) -> bool:
        """Whether it found nothing that it could do."""
        return not (self.fired or self.relayed or self.polled)

    def plus(self, other: "Pass") -> "Pass":
        """Give the sum of both; of the lag, the longer; of what was left, which each pass meets anew, the more."""
        return Pass(
            fired=self.fired + other.fired, relayed=self.relayed + other.relayed, polled=self.polled + other.polled,
            failed=self.failed + other.failed, parked=self.parked + other.parked, lag=max(self.lag, other.lag),
            left=max(self.left, other.left),
        )  # fmt: skip


@attrs.frozen(kw_only=True)
class Receipt:
    """
    What became of a vendor's call that was taken.

    Attributes:
        http_status: What to answer: 200, or 202 where it is looked into by the next pass.
        case_id: The case that it concerns; None where it concerns none that we know, or several.
        duplicate: Whether it had been taken before.
        reason: What was done.
    """

    http_status: int
    case_id: str | None = None
    duplicate: bool = False
    reason: Reason


@attrs.frozen(kw_only=True)
class VendorReading:
    """
    A vendor's gateway, as a desk has it, or needs it.

    Attributes:
        name: By which tiers refer to it.
        capabilities: What it can do beyond `open` and `fetch`: some of `protocols.VENDOR_CAPABILITIES`.
        identity: As whom the vendor knows us; None where the gateway cannot ask, or could not.
        problem: Why it could not, or that there is no such gateway; empty where nothing is wrong.
        processes: The processes of the desk that name it, sorted; empty where none does.
    """

    name: str
    capabilities: frozenset[str]
    identity: VendorIdentity | None = None
    problem: str = ""
    processes: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class PluginReading:
    """
    A plugin of a desk.

    Attributes:
        name: By which errors, logs and the outbox speak of it.
        distribution: The installed package from which it comes, where there is one.
        version: Of that package.
        api: The version of the hooks for which it is written.
    """

    name: str
    distribution: str | None
    version: str | None
    api: int


@attrs.frozen(kw_only=True)
class HookReading:
    """
    A hook, and who implements it.

    Attributes:
        hook: Its name.
        plugins: In the order in which they are asked.
    """

    hook: str
    plugins: tuple[PluginReading, ...]
