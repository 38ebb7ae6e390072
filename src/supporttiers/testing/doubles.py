"""Doubles of what is outside: notifiers that only remember, and vendors that do as a script says."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import given, nearest, read_duration, type_name
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.clock import Clock, SystemClock
from supporttiers.effects import Notification, VendorAnswer, VendorRequest
from supporttiers.errors import InputError, NotifyError, VendorError
from supporttiers.links import VendorStatus
from supporttiers.monitors import Telling


class RecordingNotifier:
    """
    A notifier that remembers what it was handed, and fails as often as it is told to.

    >>> RecordingNotifier("mail").told
    ()
    """

    def __init__(
        self,
        name: str = "recorder",
        *,
        clock: Clock | None = None,
        zone: tzinfo = UTC,
        failures: int = 0,
        resolves: bool = False,
    ) -> None:
        """
        Begin with nothing told.

        Args:
            name: By which outbox and logs speak of it.
            clock: Says when something was told; the machine's when None. In a rehearsal it is the rehearsal's.
            zone: In which instants are remembered.
            failures: So many calls fail at first, in a way that may pass.
            resolves: Whether a directory says who a role stands for: where it names nobody, nobody is told.
        """
        self.name = name
        self._zone = zone
        self._resolves = resolves
        self._clock = clock or SystemClock()
        self._failures = failures
        self._told: list[Telling] = []
        self._keys: set[str] = set()

    @property
    def told(self) -> Sequence[Telling]:
        """What was told, in order; what came twice with one key counts once."""
        return tuple(self._told)

    def follow(self, clock: Clock) -> None:
        """Tell the time by another clock from now on; a rehearsal has its doubles follow its own."""
        self._clock = clock

    def notify(self, notification: Notification, /, *, key: str) -> None:
        """
        Remember a message.

        Raises:
            NotifyError: It is one of the calls that are to fail.
        """
        if self._failures > 0:
            self._failures -= 1
            raise NotifyError(self.name, "it fails, as the test wants it", retryable=True)
        if key in self._keys:
            return
        self._keys.add(key)
        at = self._clock.now().astimezone(self._zone)
        self._told.append(Telling.of(notification, at=at, notifier=self.name, resolves=self._resolves))


def _status(value: Any) -> Any:  # noqa: ANN401 - attrs converters run before validators: anything may come
    return VendorStatus(value) if isinstance(value, str) and value in set(VendorStatus) else value


def _is_status(value: object) -> str | None:
    """Check how far a vendor says that it is; the words are ours, so that a wrong one can be shown."""
    if value is None or isinstance(value, VendorStatus):
        return None
    listed = ", ".join(VendorStatus)
    if not isinstance(value, str):
        return f"must be one of: {listed}, not {type_name(value)}"
    near = nearest(value, VendorStatus)
    hint = "" if near is None else f"did you mean {str(near)!r}? "
    return f"must not be {value[:40]!r}; {hint}possible are: {listed}"


@attrs.frozen
class Says:
    """
    What a scripted vendor does with each of its tickets.

    >>> Says("2h", "resolved", text="Replaced the drum.").after
    datetime.timedelta(seconds=7200)

    Attributes:
        after: How long after the ticket was opened: a timedelta, or a text such as `"2h"`.
        status: How far it says that it is then: a `VendorStatus`, or its word; as before when None.
        text: What it writes.
    """

    after: timedelta = attrs.field(
        converter=read_duration, validator=given(fields.instance_of(timedelta, "a duration"))
    )
    status: VendorStatus | None = attrs.field(
        default=None,
        converter=_status,
        validator=given(_is_status),
    )
    text: str = attrs.field(default="", kw_only=True, validator=given(fields.text), repr=False)


class ScriptedVendor(InProcessVendor):
    """
    A vendor that does with each ticket what its script says, at its own instants; without a script it stays silent.

    It can be late, answer twice, or take back what it has said: the script is a list. In a rehearsal it follows the
    rehearsal's clock, which stops at each of its instants.

    >>> vendor = ScriptedVendor("acme-print", Says("10m", "acknowledged"), Says("2h", "resolved", text="New drum."))
    >>> vendor.name
    'acme-print'
    """

    poll_every: Final = timedelta(0)
    changes: Any = None  # it is asked about each ticket, so that all come at their instants

    def __init__(self, name: str, *script: Says, clock: Clock | None = None) -> None:
        """
        Learn a script.

        Args:
            name: By which tiers refer to it.
            script: What it does with each ticket, in order of time.
            clock: Tells the time; the machine's when None. In a rehearsal it is the rehearsal's.

        Raises:
            InputError: The script is made of something else.
        """
        super().__init__(name)
        said: Any = script
        for each in said:
            if not isinstance(each, Says):
                problem = f"must be of Says, such as Says('1h', 'resolved'), not {type_name(each)}"
                raise InputError("", "script", problem)
        self._script = script
        self._clock = clock or SystemClock()
        self._opened: dict[str, datetime] = {}
        self._said: dict[str, int] = {}

    def follow(self, clock: Clock) -> None:
        """Tell the time by another clock from now on; a rehearsal has its doubles follow its own."""
        self._clock = clock

    def next_at(self) -> datetime | None:
        """Give the next instant at which it has something to say; None when nothing lies ahead."""
        now = self._clock.now()
        said = (
            opened + self._script[self._said[remote_id]].after
            for remote_id, opened in self._opened.items()
            if self._said[remote_id] < len(self._script)
        )
        return min((at for at in said if at > now), default=None)

    def open(self, request: VendorRequest, /, *, key: str) -> VendorAnswer:
        """Open a ticket, or give the one that this key opened before."""
        ticket = super().open(request, key=key)
        if ticket.remote_id not in self._opened:
            self._opened[ticket.remote_id] = self._clock.now()
            self._said[ticket.remote_id] = 0
        return ticket

    def fetch(self, remote_id: str, /) -> VendorAnswer:
        """Say how far a ticket is by now."""
        self._catch_up(remote_id)
        return super().fetch(remote_id)

    def _catch_up(self, remote_id: str) -> None:
        opened = self._opened.get(remote_id)
        while opened is not None and self._said[remote_id] < len(self._script):
            says = self._script[self._said[remote_id]]
            if opened + says.after > self._clock.now():
                return
            self._said[remote_id] += 1
            if says.text:
                self.write(remote_id, says.text)
            if says.status is not None:
                self.update(remote_id, status=says.status)


_ASKED_AGAIN: Final = timedelta(minutes=1)


class FlakyVendor(ScriptedVendor):
    """
    A scripted vendor that cannot always be reached. In a rehearsal it is asked again a minute later, as by a worker.

    >>> FlakyVendor("acme-print", Says("2h", "resolved"), failures=3).name
    'acme-print'
    """

    def __init__(
        self, name: str, *script: Says, failures: int = 0, lost: int = 0, silent: int = 0, clock: Clock | None = None
    ) -> None:
        """
        Learn a script, and how often it goes wrong.

        Args:
            name: By which tiers refer to it.
            script: As for `ScriptedVendor`.
            failures: So many openings are not taken at first.
            lost: Of so many openings after these the ticket is opened, and the answer is lost.
            silent: So many questions about tickets are not answered at first.
            clock: As for `ScriptedVendor`.
        """
        super().__init__(name, *script, clock=clock)
        self._failures, self._lost, self._silent = failures, lost, silent
        self._failed_at: datetime | None = None

    def next_at(self) -> datetime | None:
        """Give the next instant at which it has something to say, or is asked again."""
        says = super().next_at()
        again = None if self._failed_at is None else self._failed_at + _ASKED_AGAIN
        if again is None or again <= self._clock.now():
            return says
        return again if says is None else min(says, again)

    def open(self, request: VendorRequest, /, *, key: str) -> VendorAnswer:
        """
        Open a ticket.

        Raises:
            VendorError: It is one of the calls that go wrong; `ambiguous` where the ticket is there all the same.
        """
        if self._failures > 0:
            self._failures -= 1
            raise VendorError(self.name, "it is down, as the test wants it", retryable=True)
        ticket = super().open(request, key=key)
        if self._lost > 0:
            self._lost -= 1
            raise VendorError(self.name, "its answer is lost, as the test wants it", retryable=True, ambiguous=True)
        return ticket

    def fetch(self, remote_id: str, /) -> VendorAnswer:
        """
        Say how far a ticket is.

        Raises:
            VendorError: It is one of the calls that go wrong.
        """
        self._failed_at = None
        if self._silent > 0:
            self._silent -= 1
            self._failed_at = self._clock.now()
            raise VendorError(self.name, "it is down, as the test wants it", retryable=True)
        return super().fetch(remote_id)
