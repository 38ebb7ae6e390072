"""How a worker is, as data."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import attrs

from supporttiers.protocols import Backlog
from supporttiers.readings import Pass
from supporttiers.reasons import Reason


class WorkerState(StrEnum):
    """What a worker is about."""

    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"


@attrs.frozen(kw_only=True)
class LastError:
    """
    What last ended a pass early.

    Attributes:
        type: The name of its class; its text stands in the log, where it can be trusted to name ids only.
        at: When.
    """

    type: str
    at: datetime


@attrs.frozen(kw_only=True)
class WorkerStatus:
    """
    How a worker is, and what it has done since it started.

    Attributes:
        state: `running`; `stopping` while it ends its pass; `stopped`, also before its start.
        started_at: When it began; None before.
        passes: Whole passes.
        fired: Cases for which time made something happen.
        relayed: Messages carried out.
        polled: Vendor tickets asked about.
        failed: Cases, messages and polls that failed; they are tried again.
        parked: Cases set aside.
        errors: Passes that an error ended early.
        last_pass: What the last whole pass did.
        last_pass_at: When it ended.
        last_error: What last ended a pass early.
        next_wake: When something will be due by itself, as far as it can be read.
        backlog: What waits in the store; None where it cannot be read.
        findings: What is wrong; empty means healthy.

    .. versionadded:: 0.1.0
    """

    state: WorkerState = WorkerState.STOPPED
    started_at: datetime | None = None
    passes: int = 0
    fired: int = 0
    relayed: int = 0
    polled: int = 0
    failed: int = 0
    parked: int = 0
    errors: int = 0
    last_pass: Pass | None = None
    last_pass_at: datetime | None = None
    last_error: LastError | None = None
    next_wake: datetime | None = None
    backlog: Backlog | None = None
    findings: tuple[Reason, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def to_data(self) -> dict[str, Any]:
        """
        Give it as plain values for JSON: instants as ISO 8601 texts, durations in seconds.

        >>> WorkerStatus().to_data()["state"]
        'stopped'
        """
        return {"healthy": self.healthy, **_plain(self)}

    # -- what it becomes

    def started(self, at: datetime) -> "WorkerStatus":
        """Give it as of a start."""
        return attrs.evolve(self, state=WorkerState.RUNNING, started_at=at)

    def stopping(self) -> "WorkerStatus":
        """Give it as of when it was asked to stop: it may still have a pass to end."""
        return self if self.state is WorkerState.STOPPED else attrs.evolve(self, state=WorkerState.STOPPING)

    def stopped(self) -> "WorkerStatus":
        """Give it as of its end."""
        return attrs.evolve(self, state=WorkerState.STOPPED)

    def passed(self, done: Pass, at: datetime) -> "WorkerStatus":
        """Give it with one more pass."""
        return attrs.evolve(
            self, passes=self.passes + 1, fired=self.fired + done.fired, relayed=self.relayed + done.relayed,
            polled=self.polled + done.polled, failed=self.failed + done.failed, parked=self.parked + done.parked,
            last_pass=done, last_pass_at=at,
        )  # fmt: skip

    def erred(self, error: Exception, at: datetime) -> "WorkerStatus":
        """Give it with one more pass that an error ended."""
        return attrs.evolve(self, errors=self.errors + 1, last_error=LastError(type=type(error).__name__, at=at))

    def read(self, backlog: Backlog | None, next_wake: datetime | None, findings: tuple[Reason, ...]) -> "WorkerStatus":
        """Give it with what was read from the store, and what is to be said of it."""
        return attrs.evolve(self, backlog=backlog, next_wake=next_wake, findings=findings)


def findings_of(
    seen: WorkerStatus, backlog: Backlog | None, now: datetime, *, pass_within: timedelta, lag_within: timedelta
) -> tuple[Reason, ...]:
    """
    Say what is wrong with a worker.

    Args:
        seen: What it has done.
        backlog: What waits; None where it cannot be read.
        now: The instant.
        pass_within: The last whole pass may be so old; a little older is too old.
        lag_within: What is due may have been waiting for so long.
    """
    found = []
    if seen.state is WorkerState.STOPPED:
        found.append(Reason("worker.stopped"))
    since = seen.last_pass_at or seen.started_at
    if since is not None and now - since > pass_within:
        found.append(Reason("worker.stuck", {"since": since.isoformat(), "within": str(pass_within)}))
    if backlog is None:
        return (*found, Reason("worker.unread"))
    for what, lag in (("cases", backlog.lag), ("messages", backlog.message_lag)):
        if lag > lag_within:
            found.append(Reason("worker.late", {"what": what, "lag": str(lag), "within": str(lag_within)}))
    return tuple(found)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    if isinstance(value, Reason):
        return {"code": value.code, "params": dict(value.params), "text": str(value)}
    if attrs.has(type(value)):
        return {field.name: _plain(getattr(value, field.name)) for field in attrs.fields(type(value))}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return _scalar(value)


def _scalar(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value) if isinstance(value, StrEnum) else value
