"""
What can go wrong, split by who must act.

```
SupportTiersError         every one carries reason: Reason(code, params); str() is English
├─ DefinitionError        the author of process, policy or plugin: at set-up, never mid-case
│  ├─ ProcessError        (all faults at once, each with its place)
│  ├─ DirectoryError      (as ProcessError, of a file of people)
│  ├─ CalendarError  ├─ PolicyConfigError (also ValueError)  └─ PluginError (its error as __cause__)
├─ CaseError              the caller; carries case_id
│  ├─ CaseNotFoundError (also LookupError)  ├─ MoveRefusedError (trigger, state, possible)
│  ├─ NotPermittedError (refusals, missing) ├─ InputError (field, problem; also ValueError)
│  ├─ StaleCaseError (expected, found)      ├─ IdempotencyError
│  └─ ParkedError (why; what went wrong as __cause__)
├─ WebhookRefusedError    whoever called `desk.receive`: answer with its http_status
├─ TransactionError       the caller of `desk.on(connection)`
│  ├─ UnsupportedConnectionError  └─ AutocommitError
└─ BackendError           the operator; carries backend, retryable; original as __cause__
   ├─ StoreError  ├─ FactsError  ├─ NotifyError  └─ VendorError
```

All are positional attrs classes, so that they pickle.
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import PurePath
from typing import Final

import attrs

from supporttiers.reasons import Reason


class SupportTiersError(Exception):
    """The root of everything that this library raises on purpose."""

    @property
    def reason(self) -> Reason:
        """Why, as data, for hosts that translate."""
        return Reason("error", {"text": str(self)})


def safe_text(error: Exception) -> str:
    """
    Say what went wrong, for logs and records: errors of ours hold no customer text, those of others may.

    >>> safe_text(ValueError("Jane Doe")), safe_text(StoreError("sqlite", "the file is full", retryable=False))
    ('ValueError', 'sqlite: the file is full; trying again will not help')
    """
    if isinstance(error, SupportTiersError):
        return str(error)
    return " ".join([type(error).__name__, *(note for note in _notes(error) if isinstance(note, _Where))])


def _notes(error: Exception) -> Sequence[object]:
    notes: Sequence[object] = getattr(error, "__notes__", ())
    return notes


class _Where(str):
    """A note of ours on another's error: it holds names of the host's code, and no customer text."""

    __slots__ = ()


def say_where(error: Exception, what: str) -> None:
    """
    Note on an error in what of the host's it was raised, and on which line; it is raised on as it is.

    >>> error = ValueError("Jane Doe")
    >>> say_where(error, "policy 'acme.careful'")
    >>> safe_text(error)
    "ValueError in policy 'acme.careful'"
    """
    if any(isinstance(note, _Where) for note in _notes(error)):
        return
    place, trace = "", error.__traceback__
    while trace is not None:
        place = f", {PurePath(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    error.add_note(_Where(f"in {what}{place}"))


class DefinitionError(SupportTiersError):
    """A process, policy or plugin is wrong; its author must act. Raised at set-up, never in the middle of a case."""


@attrs.frozen
class Fault:
    """
    One fault of a definition.

    Attributes:
        place: Where in the file or object: `tiers[2].escalates_to`.
        problem: What is wrong, and what is possible instead.
    """

    place: str
    problem: str

    def __str__(self) -> str:
        """Say place and problem in one line."""
        return f"{self.place}: {self.problem}" if self.place else self.problem


def faults_text(what: str, faults: Sequence[Fault]) -> str:
    """Say what is not valid, and list every fault, one a line when there are several."""
    if len(faults) == 1:
        return f"{what} is not valid: {faults[0]}"
    listed = "".join(f"\n  - {fault}" for fault in faults)
    return f"{what} is not valid, {len(faults)} faults:{listed}"


@attrs.define
class ProcessError(DefinitionError):
    """
    A support process does not hold together; all faults are listed at once.

    Attributes:
        source: The file or the name of the process.
        faults: Every fault found, each with its place; never empty.
    """

    source: str
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        """List every fault, one a line when there are several."""
        return faults_text(f"process {self.source!r}", self.faults)

    @property
    def reason(self) -> Reason:
        """Why, as data."""
        return Reason("process.faults", {"count": len(self.faults), "faults": [str(fault) for fault in self.faults]})


@attrs.define
class DirectoryError(DefinitionError):
    """
    A file of people does not hold together; all faults are listed at once.

    Attributes:
        source: The file.
        faults: Every fault found, each with its place; never empty.
    """

    source: str
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        """List every fault, one a line when there are several."""
        return faults_text(f"directory {self.source!r}", self.faults)

    @property
    def reason(self) -> Reason:
        """Why, as data."""
        return Reason("directory.faults", {"count": len(self.faults), "faults": [str(fault) for fault in self.faults]})


@attrs.define
class CalendarError(DefinitionError):
    """A calendar is wrong, or was asked for something without an answer."""

    problem: str

    def __str__(self) -> str:
        """Say the problem."""
        return self.problem

    @property
    def reason(self) -> Reason:
        """Why, as data."""
        return Reason("calendar.invalid", {"problem": self.problem})


@attrs.define
class PolicyConfigError(DefinitionError, ValueError):
    """A part of a process (a policy, tier, limit or condition) was built with a value that it cannot have."""

    field: str
    problem: str

    def __str__(self) -> str:
        """Name the field and the problem."""
        return f"{self.field}: {self.problem}"

    @property
    def reason(self) -> Reason:
        """Why, as data."""
        return Reason("policy.invalid", {"field": self.field, "problem": str(self)})


@attrs.define
class PluginError(DefinitionError):
    """An adapter or plugin does not fit; the message names it."""

    plugin: str
    problem: str

    def __str__(self) -> str:
        """Name the culprit and the problem."""
        return f"{self.plugin!r} does not fit: {self.problem}"

    @property
    def reason(self) -> Reason:
        """Why, as data."""
        return Reason("plugin.invalid", {"plugin": self.plugin, "problem": str(self)})


@attrs.define
class CaseError(SupportTiersError):
    """The caller asked for something that this case, or this input, does not allow. Nothing was changed."""

    case_id: str


@attrs.define
class CaseNotFoundError(CaseError, LookupError):
    """There is no case of this id for this tenant."""

    tenant: str

    def __str__(self) -> str:
        """Name case and tenant."""
        return (
            f"case {self.case_id!r} does not exist for tenant {self.tenant!r}; open it first, or look it up with find()"
        )

    @property
    def reason(self) -> Reason:
        """Why, as data."""
        return Reason("input.not_found", {"case_id": self.case_id, "tenant": self.tenant})


@attrs.define
class MoveRefusedError(CaseError):
    """
    The process has no such move from here.

    Attributes:
        trigger: What was asked: `escalate`.
        state: Where the case stands: `tier4.queued`, or `new`.
        possible: What can be done instead, as texts: `hand_back to 2`.
        why: What exactly stands against it.
    """

    trigger: str
    state: str
    possible: tuple[str, ...]
    why: Reason

    def __str__(self) -> str:
        """Say what was asked, why not, and what is possible."""
        ways = ", ".join(self.possible) or "nothing"
        return f"case {self.case_id!r} cannot {self.trigger} from {self.state}: {self.why}; from here it can: {ways}"

    @property
    def reason(self) -> Reason:
        """Why, as data."""
        return self.why


@attrs.define
class NotPermittedError(CaseError):
    """
    The move exists, but this actor may not make it, or something required is missing.

    Attributes:
        trigger: What was asked.
        by: Who asked (an actor's id).
        refusals: Every reason against it.
        missing: What has to be handed in first; may be empty.
    """

    trigger: str
    by: str
    refusals: tuple[Reason, ...]
    missing: tuple[str, ...]

    def __str__(self) -> str:
        """Say who may not do what, and what is missing."""
        why = "; ".join(str(refusal) for refusal in self.refusals)
        wanted = f"; hand in first: {', '.join(self.missing)}" if self.missing else ""
        return f"case {self.case_id!r}: {self.by!r} may not {self.trigger}: {why}{wanted}"

    @property
    def reason(self) -> Reason:
        """Why, as data: the first refusal."""
        return self.refusals[0] if self.refusals else Reason("input.not_permitted")


@attrs.define
class InputError(CaseError, ValueError):
    """
    A value that was handed in cannot be taken; it is named, and never shown unless it is an id.

    Attributes:
        field: The parameter.
        problem: What is wrong with it, and what is possible.
    """

    field: str
    problem: str

    def __str__(self) -> str:
        """Name case, field and problem."""
        where = f"case {self.case_id!r}: " if self.case_id else ""
        return f"{where}{self.field} {self.problem}"

    @property
    def reason(self) -> Reason:
        """Why, as data."""
        return Reason("input.invalid", {"field": self.field, "problem": self.problem})


@attrs.define
class StaleCaseError(CaseError):
    """The case has changed since the caller looked at it."""

    expected: int
    found: int

    def __str__(self) -> str:
        """Say both versions."""
        return (
            f"case {self.case_id!r} is at version {self.found}, not {self.expected}; "
            "read it again and decide again, or leave expected_version out"
        )

    @property
    def reason(self) -> Reason:
        """Why, as data."""
        return Reason("input.stale", {"expected": self.expected, "found": self.found})


@attrs.define
class IdempotencyError(CaseError):
    """An idempotency key was used before, for another command."""

    key: str

    def __str__(self) -> str:
        """Name the key."""
        return (
            f"case {self.case_id!r}: idempotency key {self.key!r} was used for another command; "
            "use a new key for a new command"
        )

    @property
    def reason(self) -> Reason:
        """Why, as data."""
        return Reason("input.idempotency", {"key": self.key})


@attrs.define
class ParkedError(CaseError):
    """
    The case has been set aside, because what is due on it cannot be decided, and it still cannot.

    Attributes:
        why: Why not.
    """

    why: Reason

    def __str__(self) -> str:
        """Say why, and how it goes on."""
        return f"case {self.case_id!r} is set aside: {self.why}; mend that, then call unpark({self.case_id!r})"

    @property
    def reason(self) -> Reason:
        """Why, as data."""
        return self.why


class TransactionError(SupportTiersError):
    """A connection that was handed to `desk.on` cannot be used; its caller must act."""


@attrs.define
class UnsupportedConnectionError(TransactionError):
    """
    The desk cannot work on such a connection.

    Attributes:
        kind: The type that was handed in.
        problem: Why not, and what is possible instead.
    """

    kind: str
    problem: str

    def __str__(self) -> str:
        """Name the type and the problem."""
        return f"on() cannot work on a {self.kind}: {self.problem}"

    @property
    def reason(self) -> Reason:
        """Why, as data."""
        return Reason("transaction.unsupported", {"kind": self.kind, "problem": self.problem})


@attrs.define
class AutocommitError(TransactionError):
    """
    The connection commits each statement by itself, so that there is no transaction to take part in.

    Attributes:
        kind: The type that was handed in.
        how: How to begin a transaction on it.
    """

    kind: str
    how: str

    def __str__(self) -> str:
        """Say what is missing, and how to begin it."""
        return f"this {self.kind} is in autocommit mode, and no transaction is open on it; {self.how}"

    @property
    def reason(self) -> Reason:
        """Why, as data."""
        return Reason("transaction.autocommit", {"kind": self.kind, "how": self.how})


@attrs.define
class BackendError(SupportTiersError):
    """
    The world outside failed; the operator must act. The original error is the `__cause__`.

    Attributes:
        backend: Which store, notifier or vendor.
        problem: What failed; never contains customer text or secrets.
        retryable: Whether the same call may succeed later.
    """

    backend: str
    problem: str
    retryable: bool

    def __str__(self) -> str:
        """Name the backend, the problem, and whether to try again."""
        advice = "it may be tried again" if self.retryable else "trying again will not help"
        return f"{self.backend}: {self.problem}; {advice}"

    @property
    def reason(self) -> Reason:
        """Why, as data."""
        return Reason("backend.failed", {"backend": self.backend, "problem": self.problem})


@attrs.define
class StoreError(BackendError):
    """A case store could not be opened, read or written."""


@attrs.define
class FactsError(BackendError):
    """A source of facts could not be read, so that a command could not be decided; nothing of it was written."""


@attrs.define
class NotifyError(BackendError):
    """
    A notifier could not deliver.

    Attributes:
        ambiguous: Whether it may have arrived all the same: the answer did not come in time, say.
        retry_after: After how long to try again, where the receiver has said so; 24 hours at most.
    """

    ambiguous: bool = False
    retry_after: timedelta | None = None


FAULTS: Final = (
    "unavailable", "rate_limited", "auth", "permission", "rejected", "gone", "conflict", "not_applied", "protocol",
)  # fmt: skip
"""The kinds of a `VendorError`."""
CERTAIN: Final = frozenset({"auth", "permission", "rejected", "rate_limited"})
"""Those of them after which nothing has been done, unless the gateway says otherwise."""


@attrs.define
class VendorError(BackendError):
    """
    A vendor's system could not be reached, or answered what cannot be understood.

    Attributes:
        ambiguous: Whether the request may have arrived all the same: the answer did not come in time, say. Where
            nothing is said, what can be looked up at the vendor is looked up before it is done again, unless *kind* is
            one of `CERTAIN` or *retryable* is False; what cannot be looked up counts as not arrived.
        kind: One of `FAULTS`: `unavailable` (it cannot be reached, or fails), `rate_limited`, `auth` (it does not know
            us), `permission` (it knows us, and forbids it), `rejected` (it does not take what was asked), `gone` (the
            ticket is not there), `conflict` (somebody was faster), `not_applied` (it said yes, and did nothing), or
            `protocol` (it answered something else than its interface says). After `auth` and `rate_limited` the vendor
            is left alone for a while.
        retry_after: After how long to try again, where the vendor has said so; 24 hours at most.
    """

    ambiguous: bool | None = None
    kind: str = "unavailable"
    retry_after: timedelta | None = None

    def __str__(self) -> str:
        """Name the vendor, the problem, and how it goes on."""
        if self.kind == "auth":  # whatever the gateway says: the vendor is left alone for a while, and then tried again
            return f"{self.backend}: {self.problem}; people must see to the key, and it is tried again at times"
        return BackendError.__str__(self)

    @property
    def may_have_arrived(self) -> bool:
        """Whether it has to be looked up if the request has arrived: the gateway says so, or says nothing of it."""
        if self.ambiguous is None:
            return self.retryable and self.kind not in CERTAIN
        return self.ambiguous


@attrs.define
class WebhookRefusedError(SupportTiersError):
    """
    A call that claims to come from a vendor was refused; answer it with the status.

    Attributes:
        vendor: To which vendor's address it came.
        http_status: What to answer: 400, 401, 404, 413, 429 or 500.
        problem: What was wrong; holds nothing of what came.
    """

    vendor: str
    http_status: int
    problem: str

    def __str__(self) -> str:
        """Say who called, and what was wrong."""
        return f"a call for vendor {self.vendor!r} was refused ({self.http_status}): {self.problem}"

    @property
    def reason(self) -> Reason:
        """Why, as data."""
        return Reason("webhook.refused", {"vendor": self.vendor, "problem": self.problem})
