"""
Rehearsals: a desk on virtual time, on which a support process is played through in milliseconds.

Nothing is global and nothing is patched: a rehearsal has a clock, a desk and people of its own, so that tests run
beside each other.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta, tzinfo
from functools import partial
from itertools import count
from pathlib import Path as FilePath
from typing import Any, Final, Self

from supporttiers._fields import duration_of, instant_of, nearest, type_name
from supporttiers.actors import Actor
from supporttiers.cases import Case
from supporttiers.clock import FakeClock
from supporttiers.config.monitors import monitors_of
from supporttiers.desk import SupportDesk
from supporttiers.errors import InputError, PluginError, PolicyConfigError
from supporttiers.monitors import Course, Monitor, Telling, Violation
from supporttiers.process import SupportProcess
from supporttiers.protocols import CaseStore
from supporttiers.testing import stages
from supporttiers.testing._given import check_given
from supporttiers.testing.accounts import take
from supporttiers.testing.doubles import RecordingNotifier, ScriptedVendor
from supporttiers.testing.naming import misnamed, names_in
from supporttiers.testing.stories import Story
from supporttiers.testing.times import instant_at, zone_of
from supporttiers.worker.virtual_time import check_empty

_PASSES: Final = 1000
"""So many passes at one instant are too many: the process runs in a circle."""
_STEPS: Final = 100_000
_PAGE: Final = 1000
_ALIKE: Final = 0.8
_FAR: Final = timedelta(days=3660)


class MonitorViolatedError(AssertionError):
    """
    What must never be so, was: the message has the rule, why, and the timeline of the case that broke it.

    Attributes:
        violation: Which case broke which rule, and when, in the rehearsal's zone.
    """

    def __init__(self, violation: Violation, story: str) -> None:
        """Say what was, and how it came to it: *story* is told by lines."""
        super().__init__(violation, story)
        self.violation: Violation = violation
        self._story = story

    def __str__(self) -> str:
        """Say which case broke which rule, why where that is not said yet, and what happened."""
        because = [f"because {self.violation.because}"] if self.violation.because else []
        return "\n".join((str(self.violation), *because, self._story))


class _Numbered:
    """Gives cases the ids T-1, T-2 and so on: a test and its failures read better with them."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def new_id(self, _now: datetime, /) -> str:
        return f"T-{next(self._numbers)}"


class Rehearsal:
    """
    A support process on virtual time.

    >>> rehearsal = Rehearsal(SupportProcess.default(), start="2026-03-23T09:00Z")
    >>> story = rehearsal.open("The printer prints hieroglyphs", by="jane")
    >>> rehearsal.advance("15m")
    >>> story.path
    't1 09:00 -> t2 09:15 (tier 1)'

    Attributes:
        desk: The desk that is rehearsed on; all of it can be used.
        clock: Its clock.
        start: The instant at which it began, in UTC.
        zone: In which times are told: that of the start, or of the process's working time.
        recorder: The notifier that remembers who was told what.

    .. versionadded:: 0.1.0
    """

    def __init__(
        self,
        process: SupportProcess | str | FilePath,
        /,
        *,
        start: str | datetime = "2026-01-05T09:00Z",
        store: str | CaseStore | None = None,
        monitors: Monitor | Iterable[Monitor] | str | FilePath = (),
        notifiers: Iterable[Any] = (),
        vendors: Iterable[Any] | str | FilePath | None = None,
        **parts: Any,  # noqa: ANN401 - as the desk takes them
    ) -> None:
        """
        Set the stage.

        Args:
            process: A process, or the path of its file.
            start: The instant at which it begins: an aware datetime, or a text such as `"2026-03-23 09:00"`, which is
                in the zone of the process's working time unless it has an offset. With an offset, times are told in
                that one, in summer and in winter.
            store: Where cases are kept, as for `SupportDesk`, and none are yet; in memory when None.
            monitors: What must never, or always, be so, or the path of a file that says it; looked at after whatever
                happens.
            notifiers: More of them, beside the one that remembers.
            vendors: As for `SupportDesk`; for each that the process names and that is not among them, one that takes
                tickets and stays silent.
            parts: What else `SupportDesk` takes: `directory`, `facts`, `policies`, `plugins`.

        Raises:
            InputError: The instant is none, the store has cases already, or a monitor has a name that is misspelt.
            ProcessError: The process is not valid.
            PluginError: A part does not fit, or the name of a vendor is nearly that of another.
            MonitorsError: The file of monitors is not valid.
        """
        if not isinstance(process, SupportProcess):
            process = SupportProcess.from_toml(process, policies=parts.get("policies", ()))
        gateways = vendors if isinstance(vendors, str | FilePath) else tuple(vendors or ())
        self.monitors: tuple[Monitor, ...] = monitors_of(monitors, process.calendars_by_name)
        _check_names(process, self.monitors, directory=parts.get("directory"), vendors=gateways)
        begins = _start_of(start, zone_of(process))
        self.clock: FakeClock = FakeClock(begins)
        self.zone: tzinfo = begins.tzinfo or zone_of(process)
        self.recorder: RecordingNotifier = RecordingNotifier(
            clock=self.clock, zone=self.zone, resolves=parts.get("directory") is not None
        )
        self.desk: SupportDesk = SupportDesk(
            process, store=store, clock=self.clock, ids=_Numbered(), notifiers=[self.recorder, *notifiers],
            vendors=gateways, **parts,
        )  # fmt: skip
        with ExitStack() as refused:
            refused.callback(self.desk.shut_down)
            check_empty(self.desk, to="rehearse")
            self._fill_in_vendors()
            refused.pop_all()
        for double in self._doubles():
            double.follow(self.clock)
        self._stories: dict[str, Story] = {}
        self._judged: dict[str, int] = {}
        self.start: datetime = self.clock.now()
        self._stage: stages.Stage | None = stages.present()
        if self._stage is not None:
            self._stage.begin(self)

    def _fill_in_vendors(self) -> None:
        """Give each vendor that the process names a silent double, where there is none; refuse names that are wrong."""
        gateways: Any = self.desk._ports.vendors  # noqa: SLF001 - a rehearsal is a desk
        missing = sorted(self.desk.process.named_vendors.names - gateways.keys())
        for name in sorted(gateways.keys() - self.desk.process.named_vendors.names):
            near = nearest(name, missing, cutoff=_ALIKE)
            if near is not None:
                raise PluginError(name, f"the process names no such vendor; did you mean {near!r}?")
        gateways.update({name: ScriptedVendor(name) for name in missing})

    def __enter__(self) -> Self:
        """Rehearse for a while."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Let go of what the store holds."""
        if self._stage is not None:
            self._stage.end(self, partial(take, self))
        self.desk.shut_down()

    # -- cases

    def open(self, subject: str = "", /, *, by: str | Actor, **given: Any) -> Story:  # noqa: ANN401 - as the desk takes it
        """
        Open a case, with all that follows at once.

        Args:
            subject: One line.
            by: Who opens it.
            given: What else the desk's `open` takes.

        Returns:
            The case's story, which goes on with it.

        Raises:
            TypeError: It takes something else.
        """
        check_given("open", given)
        case = self.desk.open(subject, by=by, **given)
        story = self.story(case.id)
        self.settle()
        return story

    def story(self, case: Case | str) -> Story:
        """Give the story of a case that is there; the same one each time."""
        case_id = self.desk.get(case if isinstance(case, str) else case.id).id
        return self._stories.setdefault(case_id, Story(self, case_id))

    @property
    def stories(self) -> tuple[Story, ...]:
        """The stories that were asked for so far, in order."""
        return tuple(self._stories.values())

    @property
    def told(self) -> Sequence[Telling]:
        """Who was told what so far, about all cases."""
        return self.recorder.told

    # -- time

    @property
    def now(self) -> datetime:
        """The present instant of the rehearsal, in its zone."""
        return self.clock.now().astimezone(self.zone)

    def instant(self, said: str | datetime, *, after: datetime | None = None) -> datetime:
        """
        Say which instant is meant; a text without an offset is in the rehearsal's zone.

        Args:
            said: An aware datetime, or a text.
            after: The instant after which a text such as `"Mon 09:20"` is; without it, a date is needed.

        Raises:
            InputError: It is none.
        """
        if not isinstance(said, str):
            return instant_of(said)
        try:
            return instant_of(instant_at(said, before=after, zone=self.zone))
        except PolicyConfigError as error:
            raise InputError("", "instant", error.problem) from None

    def advance(self, by: str | timedelta = "0s", /, *, to: str | datetime | None = None) -> None:
        """
        Let time pass, and everything happen that falls due on the way, each at its own instant.

        Args:
            by: How far: a timedelta, or a text such as `"3h"`.
            to: Where to, in place of *by*: an instant, or a text such as `"2026-03-23 09:20"`, `"09:20"` on the same
                day or `"Mon 09:20"`, which are in the rehearsal's zone unless they have an offset.

        Raises:
            InputError: It would go back.
            MonitorViolatedError: Something was that must never be.
        """
        until = self.clock.now() + duration_of(by) if to is None else self.instant(to, after=self.now)
        if until < self.clock.now():
            raise InputError("", "to", f"lies before the present of this rehearsal, {self.now.isoformat()}")
        while (due := self.next_at()) is not None and due <= until:
            self._step(due)
        self.clock.advance(to=until)
        self.settle()

    def run_until_idle(self, *, at_most: str | timedelta = _FAR) -> None:
        """
        Let time pass until nothing is to happen by itself any more.

        Args:
            at_most: No longer than this.

        Raises:
            InputError: By then something is still to happen.
            MonitorViolatedError: Something was that must never be.
        """
        until = self.clock.now() + duration_of(at_most)
        self.settle()
        for _ in range(_STEPS):
            due = self.next_at()
            if due is None:
                return
            if due > until:
                problem = f"leaves something to be done, next at {due.astimezone(self.zone).isoformat()}"
                raise InputError("", "at_most", problem)
            self._step(due)
        problem = f"is not enough: {_STEPS} instants have been gone through, and more come up; it runs in a circle"
        raise InputError("", "at_most", problem)

    def settle(self) -> None:
        """Do all that is due at the present instant, and what comes of it; then look at the monitors."""
        quiet = 0
        for _ in range(_PASSES):
            done = self.desk.run_due()
            quiet = 0 if done.fired or done.relayed else quiet + 1
            if quiet > bool(done.polled or done.failed):  # what vendors said, or did not say, may have to be told
                break
        else:
            problem = f"has not come to rest after {_PASSES} passes at {self.now.isoformat()}; it runs in a circle"
            raise InputError("", "process", problem)
        self._look()

    def _step(self, due: datetime) -> None:
        before = self.clock.now()
        self.clock.advance(to=max(due, before))
        self.settle()
        after = self.next_at()
        if after is not None and after <= due:
            problem = f"has something due at {after.isoformat()} that a pass at that instant does not do"
            raise InputError("", "process", problem)

    def next_at(self) -> datetime | None:
        """Give the next instant at which something happens by itself, in UTC; None when nothing will."""
        now = self.clock.now()
        found = [self.desk.next_wake(), *(one.not_before for one in self._pending() if one.not_before > now)]
        said = (double.next_at() for double in self._doubles() if hasattr(double, "next_at"))
        found += [instant for instant in said if instant is not None and instant > now]
        return min((instant for instant in found if instant is not None), default=None)

    def _doubles(self) -> Iterable[Any]:
        ports = self.desk._ports  # noqa: SLF001 - a rehearsal is a desk
        return (each for each in (*ports.vendors.values(), *ports.notifiers.values()) if hasattr(each, "follow"))

    def _pending(self) -> Iterable[Any]:
        after: str | None = None
        while True:
            page = self.desk.messages(state="pending", after=after, limit=_PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].key

    # -- what must never be

    def _look(self) -> None:
        if not self.monitors:
            return
        for story in self._all():
            told = story.told  # what was told is judged once, by what the case was like then
            course = Course.of(story.history, told=told[self._judged.get(story.id, 0) :], until=self.clock.now())
            self._judged[story.id] = len(told)
            for monitor in self.monitors:
                violation = monitor.judge(course, priorities=self.desk.process.priorities)
                if violation is not None:
                    raise MonitorViolatedError(violation.in_zone(self.zone), str(story))

    def _all(self) -> Iterable[Story]:
        """Give the stories that were asked for, and those of cases that came up by themselves."""
        yield from self.stories
        known = set(self._stories)
        after: str | None = None
        while True:
            page = self.desk.find(after=after, limit=_PAGE)
            yield from (Story(self, case.id) for case in page if case.id not in known)
            after = page.next
            if after is None:
                return


def _check_names(process: SupportProcess, monitors: Sequence[Monitor], *, directory: object, vendors: object) -> None:
    """Refuse a monitor that speaks of nobody: it would always hold."""
    people = names_in(directory) if monitors else ()
    gateways = [getattr(each, "name", "") for each in vendors] if isinstance(vendors, tuple) else []
    for monitor in monitors:
        for fault in misnamed(process, monitor, people, vendors=gateways):
            raise InputError("", "monitors", f"has {str(monitor)!r}: {fault}")


def _start_of(start: object, zone: tzinfo) -> datetime:
    """Give when it begins; a text without an offset is in the zone of the process, and one with an offset in that."""
    if isinstance(start, datetime) and start.tzinfo is not None:
        return start
    if not isinstance(start, str):
        raise InputError("", "start", f"must be an aware datetime, or a text, not {type_name(start)}")
    try:
        found = instant_at(start, before=None, zone=zone)
    except PolicyConfigError as error:
        raise InputError("", "start", error.problem) from None
    said = datetime.fromisoformat(start.strip()).tzinfo
    return found if said is None else found.astimezone(said)
