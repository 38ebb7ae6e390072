"""What monitors remember while ways are followed, so that each step is judged as the whole way would be."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from supporttiers.cases import Case
from supporttiers.errors import InputError
from supporttiers.match import Match
from supporttiers.monitors import Course, Disclosed, Disclosure, Monitor, Told, Violation
from supporttiers.monitors.courses import REQUESTER, Words, disclosures
from supporttiers.testing.exploring.states import fields_of
from supporttiers.testing.exploring.worlds import Outcome

_FORTNIGHT: Final = timedelta(days=14)
_MOMENT: Final = timedelta(seconds=1)


@attrs.frozen
class Memory:
    """
    What is remembered of a way.

    Attributes:
        since: For each monitor since when what it is about has been so: just before the present instant, and now.
        words: What is written on the case, where a monitor asks for what is disclosed.
    """

    since: tuple[tuple[datetime | None, datetime | None], ...]
    words: Words | None = None


@attrs.define
class _Watched:
    """One monitor, and what can be asked about it quickly."""

    monitor: Monitor
    holds: Any
    tells: tuple[Told, ...]
    discloses: tuple[Disclosed, ...]

    @property
    def lasts(self) -> bool:
        """Whether it matters for how long, or when, something is so."""
        monitor = self.monitor
        return monitor.longer_than is not None or monitor.outside is not None or monitor.within is not None


class Watch:
    """The monitors of an exploration; each is asked until it is broken once."""

    def __init__(self, monitors: Iterable[Monitor], priorities: Sequence[str]) -> None:
        """
        Compile them.

        Raises:
            InputError: One asks for words, which nobody writes out here.
        """
        self._priorities = tuple(priorities)
        self.watched: list[_Watched] = [self._of(monitor) for monitor in monitors]

    def _of(self, monitor: Monitor) -> _Watched:
        tells = tuple(condition for condition in monitor.conditions if isinstance(condition, Told))
        if any(condition.text is not None for condition in tells):
            raise InputError("", "monitors", f"has {str(monitor)!r}, which is about words; a rehearsal writes them out")
        asked = [condition for condition in monitor.conditions if isinstance(condition, Match)]
        meant = Match(any=asked).compile(self._priorities) if asked else None
        when = (monitor.when or Match()).compile(self._priorities)
        wanted = monitor.wanted
        return _Watched(
            monitor, None if meant is None else lambda case: when(case) and bool(meant(case)) is not wanted, tells,
            tuple(condition for condition in monitor.conditions if isinstance(condition, Disclosed)),
        )  # fmt: skip

    @property
    def tells(self) -> bool:
        """Whether any of them asks who is told."""
        return any(each.tells for each in self.watched)

    @property
    def discloses(self) -> bool:
        """Whether any of them asks what is disclosed."""
        return any(each.discloses for each in self.watched)

    @property
    def by_the_clock(self) -> bool:
        """Whether any of them asks what time it is."""
        return any(each.monitor.outside or each.monitor.within for each in self.watched)

    @property
    def conditions(self) -> tuple[Match, ...]:
        """What they ask about cases."""
        asked = (condition for each in self.watched for condition in (each.monitor.when, *each.monitor.conditions))
        return tuple(condition for condition in asked if isinstance(condition, Match))

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of a case of which they speak."""
        named = dict.fromkeys(name.partition(".")[0] for name in fields_of(self.conditions))
        return tuple(name for name in named if name != "facts")

    def begin(self, after: Outcome) -> tuple[Memory, list[tuple[int, Violation]]]:
        """Look at a case that has just been opened."""
        nothing = tuple((None, None) for _ in self.watched)
        return self.follow(Memory(nothing, Words() if self.discloses else None), None, after)

    def follow(
        self, memory: Memory, before: Outcome | None, after: Outcome, broken: frozenset[int] = frozenset()
    ) -> tuple[Memory, list[tuple[int, Violation]]]:
        """Follow one step, and say which monitors it breaks, by their places."""
        remembered: list[tuple[datetime | None, datetime | None]] = []
        found: list[tuple[int, Violation]] = []
        now = after.now
        passed = before is not None and now > before.now
        words, disclosed = memory.words, tuple[Disclosure, ...]()
        if words is not None:
            disclosed, words = disclosures(after.events, (), (REQUESTER,), words)
        for place, watched in enumerate(self.watched):
            if place in broken:
                remembered.append((None, None))
                continue
            was, since = memory.since[place]
            earlier = since if passed else was
            present: datetime | None = None
            if watched.holds is not None and watched.holds(after.case):
                present = earlier if earlier is not None else now
            if violation := self._judged(watched, before, after, earlier=earlier, present=present, disclosed=disclosed):
                found.append((place, violation))
            remembered.append((earlier, present))
        return Memory(tuple(remembered), words), found

    def _judged(
        self, watched: _Watched, before: Outcome | None, after: Outcome, *, earlier: datetime | None,
        present: datetime | None, disclosed: tuple[Disclosure, ...],
    ) -> Violation | None:  # fmt: skip
        """Let the monitor itself judge, where it can have anything to say."""
        longest, now = watched.monitor.longer_than, after.now
        lasted = earlier is not None and (longest is None or now - earlier > longest)
        begun = present is not None and longest is None
        told = any(told.holds(each) for told in watched.tells for each in after.told)
        if not (lasted or begun or told or (disclosed and watched.discloses)):
            return None
        moments: list[tuple[datetime, Case]] = [(now, after.case)]
        if before is not None and before.now < now:
            moments.insert(0, (earlier or before.now, before.case))
        elif earlier is not None and present is not None:
            moments = [(earlier, after.case)]
        course = Course(moments=tuple(moments), told=tuple(after.told), disclosed=disclosed, until=now)
        return watched.monitor.judge(course, priorities=self._priorities)

    def idle(self, memory: Memory, after: Outcome, broken: frozenset[int]) -> list[tuple[int, Violation, datetime]]:
        """Say which monitors a case breaks that is left as it is for ever, and by when that shows."""
        found = []
        for place, watched in enumerate(self.watched):
            since = memory.since[place][1]
            if since is None or not watched.lasts or place in broken:
                continue
            monitor = watched.monitor
            hours = monitor.outside is not None or monitor.within is not None
            span = (monitor.longer_than or timedelta(0)) * (8 if hours else 1)
            until = after.now + span + (_FORTNIGHT if hours else _MOMENT)
            course = Course(moments=((since, after.case),), until=until)
            violation = monitor.judge(course, priorities=self._priorities)
            if violation is not None:
                found.append((place, violation, violation.at + _MOMENT))
        return found

    def key(self, memory: Memory, now: datetime, broken: frozenset[int]) -> tuple[object, ...]:
        """Give what of it may matter later."""
        return (
            None if memory.words is None else memory.words.key,
            *[
                None if place in broken or not self.watched[place].lasts else _lasted(was, since, now)
                for place, (was, since) in enumerate(memory.since)
            ],
        )


def _lasted(was: datetime | None, since: datetime | None, now: datetime) -> tuple[timedelta | None, bool]:
    """Give since when it has been so; what ended at this instant may go on within it, as if it had never ended."""
    began = since if was is None else was
    return None if began is None else began - now, since is None
