"""
Accounts: what became of a rehearsal, as lines for reports.

They hold no customer text: neither subjects nor what was written, only who had a case, who was told what, and when.
They are plain data, bounded in size, so that one process can hand them to another.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from itertools import islice
from operator import itemgetter
from typing import Any, Final, Self

import attrs

from supporttiers._fields import clipped, safe
from supporttiers.errors import safe_text
from supporttiers.events import Event
from supporttiers.monitors import Telling
from supporttiers.process import SupportProcess
from supporttiers.reasons import Reason
from supporttiers.testing.paths import Path
from supporttiers.timelines import instant_text, timeline

MAX_STORIES: Final = 20
MAX_LINES: Final = 200
MAX_LINE: Final = 400
MAX_PICTURE: Final = 256 * 1024


# -- what is taken from a rehearsal while its store is there


@attrs.frozen(kw_only=True)
class TakenStory:
    """One case of a rehearsal as it was at an instant."""

    case_id: str
    history: Sequence[Event]
    told: Sequence[Telling]
    next: Sequence[Reason]


@attrs.frozen(kw_only=True)
class Taken:
    """A rehearsal as it was at an instant; cheap to take, and written out only where somebody wants to read it."""

    process: SupportProcess
    zone: tzinfo
    start: datetime
    now: datetime
    stories: tuple[TakenStory, ...] = ()
    more: bool = False
    problem: str = ""


def take(rehearsal: Any) -> Taken:  # noqa: ANN401 - a Rehearsal, which imports this
    """Take down a rehearsal as it is now; where its store cannot be read any more, that is told, and nothing raised."""
    taken = Taken(process=rehearsal.desk.process, zone=rehearsal.zone, start=rehearsal.start, now=rehearsal.clock.now())
    try:
        ids = _ids(rehearsal)
        stories = tuple(_story(rehearsal, case_id) for case_id in ids[:MAX_STORIES])
    except Exception as error:  # noqa: BLE001 - a store of anybody's, which may be gone: the test's own failure counts
        return attrs.evolve(taken, problem=f"its cases cannot be read: {safe_text(error)}")
    return attrs.evolve(taken, stories=stories, more=len(ids) > MAX_STORIES)


def _ids(rehearsal: Any) -> list[str]:  # noqa: ANN401 - as above
    """Give the ids of its stories, and then of the cases that came up by themselves."""
    others = rehearsal.desk.find(order="opened_at", limit=MAX_STORIES + 1)
    return list(dict.fromkeys([*(story.id for story in rehearsal.stories), *(case.id for case in others)]))


def _story(rehearsal: Any, case_id: str) -> TakenStory:  # noqa: ANN401 - as above
    return TakenStory(
        case_id=case_id, history=rehearsal.desk.history(case_id),
        told=tuple(telling for telling in rehearsal.told if telling.case_id == case_id),
        next=rehearsal.desk.explain(case_id).next,
    )  # fmt: skip


# -- what is told of it


@attrs.frozen(kw_only=True)
class StoryAccount:
    """
    What became of one case.

    Attributes:
        case_id: Which case.
        path: Its way.
        timeline: What happened, and who was told what, a line each, in order; times in the rehearsal's zone.
        told: Who was told what, a line each.
        next: What would have happened next by itself.
        picture: The timeline as SVG; empty where it was not drawn.
    """

    case_id: str
    path: str
    timeline: tuple[str, ...]
    told: tuple[str, ...]
    next: tuple[str, ...]
    picture: str = ""

    @classmethod
    def of(cls, taken: TakenStory, *, zone: tzinfo, picture: str = "") -> Self:
        """Write a story out."""
        told = [_telling(telling, zone) for telling in taken.told]
        return cls(
            case_id=_line(taken.case_id), path=clipped(safe(Path.of(taken.history, zone=zone)), MAX_LINE * 10),
            timeline=_lines(told_and_done(taken.history, taken.told, zone=zone)), told=_lines(told),
            next=_lines(map(str, taken.next)),
            picture=picture if len(picture) <= MAX_PICTURE else "",
        )  # fmt: skip

    def lines(self, already: str = "") -> Iterator[str]:
        """
        Tell it, a line each.

        Args:
            already: What the reader has read: a timeline that stands there is not told again.
        """
        yield f"case {self.case_id}: {self.path}"
        if not (self.timeline and all(line in already for line in self.timeline)):
            yield from (f"  {line}" for line in self.timeline)
        yield from (f"  next: {line}" for line in self.next)


@attrs.frozen(kw_only=True)
class Account:
    """
    What became of a rehearsal.

    Attributes:
        process: The name of its process.
        revision: The revision of its process.
        start: When it began, in its zone.
        now: Where it stood, in its zone.
        zone: In which times are told.
        stories: Of each case.
        more: Whether there were more cases.
        problem: Why nothing can be told; empty where it can.
    """

    process: str
    revision: str
    start: str
    now: str
    zone: str = "UTC"
    stories: tuple[StoryAccount, ...] = ()
    more: bool = False
    problem: str = ""

    @classmethod
    def of(cls, taken: Taken, *, pictures: bool = False) -> Self:
        """
        Write a rehearsal out.

        Args:
            taken: The rehearsal.
            pictures: Whether its stories are drawn, too.
        """
        stories = (
            StoryAccount.of(story, zone=taken.zone, picture=_drawn(taken, story) if pictures else "")
            for story in taken.stories
        )
        return cls(
            process=_line(taken.process.name), revision=taken.process.revision, start=_local(taken.start, taken.zone),
            now=_local(taken.now, taken.zone), zone=_line(str(taken.zone)), stories=tuple(stories), more=taken.more,
            problem=_line(taken.problem),
        )  # fmt: skip

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_data` gave."""
        stories = (
            StoryAccount(**{**story, **{name: tuple(story[name]) for name in ("timeline", "told", "next")}})
            for story in data["stories"]
        )
        return cls(**{**data, "stories": tuple(stories)})

    def to_data(self) -> dict[str, Any]:
        """Give it as plain data: texts, lists and tables."""
        data: dict[str, Any] = attrs.asdict(self)
        stories = [
            {key: list(value) if isinstance(value, tuple) else value for key, value in story.items()}
            for story in data["stories"]
        ]
        return {**data, "stories": stories}

    def lines(self, already: str = "") -> Iterator[str]:
        """Tell it, a line each; see `StoryAccount.lines`."""
        span = f"from {self.start} to {self.now}"
        yield f"process {self.process!r}, revision {self.revision}, {span}; times are those of {self.zone}"
        if self.problem:
            yield self.problem
        for story in self.stories:
            yield ""
            yield from story.lines(already)
        if self.more:
            yield ""
            yield f"and more cases: only {MAX_STORIES} are told"


def _drawn(taken: Taken, story: TakenStory) -> str:
    """Draw a story; a picture that cannot be drawn is left out, and fails no test."""
    from supporttiers.diagrams import CaseTimeline  # noqa: PLC0415 - only where a picture is wanted

    process = taken.process
    try:
        timeline_of = CaseTimeline.of(
            story.history, zone=taken.zone, until=taken.now, tiers=process.tiers, limits=process.all_limits
        )
        return timeline_of.telling(story.told).to_svg()
    except Exception:  # noqa: BLE001 - as above
        return ""


_TOLD: Final = "  told: "


def told_and_done(history: Sequence[Event], told: Sequence[Telling], *, zone: tzinfo) -> Iterator[str]:
    """
    Tell a history, and who was told what, a line each; in one instant what happened comes first.

    Args:
        history: What happened, in order.
        told: Who was told what, in order.
        zone: In which times are told.
    """
    happened = zip((event.at for event in history), timeline(history, texts=False, zone=zone), strict=True)
    heard = [
        (each.at, safe(f"{instant_text(each.at, zone)}{_TOLD}{each.whom}: {each.reason}")) for each in told
    ]  # fmt: skip
    return (line for _, line in sorted([*happened, *heard], key=itemgetter(0)))


def _telling(telling: Telling, zone: tzinfo) -> str:
    return f"{instant_text(telling.at, zone)}  {telling.whom}: {telling.reason}"


def _local(instant: datetime, zone: tzinfo) -> str:
    return f"{instant.astimezone(zone):%a %Y-%m-%d %H:%M %z}"


def _line(text: str) -> str:
    return clipped(safe(text), MAX_LINE)


def _lines(found: Iterable[str]) -> tuple[str, ...]:
    """Keep lines within bounds: the first and the last of many."""
    lines = [_line(line) for line in found]
    if len(lines) <= MAX_LINES:
        return tuple(lines)
    half = MAX_LINES // 2
    return (*islice(lines, half), f"... and {len(lines) - 2 * half} lines ...", *lines[-half:])
