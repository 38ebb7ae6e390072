"""What became of a case, as a picture: who had it and when it waited, its clocks, and who was told."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, Self

import attrs

from supporttiers._fields import aware, type_name
from supporttiers.calendars._timeline import FIRST_YEAR, LAST_YEAR
from supporttiers.errors import InputError
from supporttiers.events import Event
from supporttiers.limits import TimeLimit
from supporttiers.monitors import Telling
from supporttiers.tiers import Tier

_LEAST: Final = timedelta(seconds=1)


@attrs.frozen(kw_only=True)
class Span:
    """
    A time in which something lasted.

    Attributes:
        start: When it began.
        end: When it was over; the end of the timeline where it goes on.
        state: Of a tier `queued`, `in_progress`, `waiting`, `vendor` (it waits for a vendor, or is in the queue with a
            ticket open there) or `ended`; of a vendor `vendor`; of a clock `running`, `paused` or `late`.
        status: Of a tier the status, in words.
        text: Who had it, or what it waited for.
    """

    start: datetime
    end: datetime
    state: str
    status: str = ""
    text: str = ""


@attrs.frozen(kw_only=True)
class Mark:
    """
    An instant at which something happened.

    Attributes:
        at: When.
        kind: Of a clock `fired`, `overtaken` (the case had moved on), `passed` (it was late already), `refused`, `due`,
            `met`, `late` or `cancelled`; of the others `told`.
        text: What: the threshold, such as `75%` or `+2h`, or who was told.
    """

    at: datetime
    kind: str
    text: str


@attrs.frozen(kw_only=True)
class Lane:
    """
    One line of a timeline.

    Attributes:
        kind: `tier`, `vendor`, `clock` or `told`.
        name: `tier 2`, the vendor, or the limit.
        about: The name of the tier; of a clock with whom it is agreed, and what it allows.
        spans: In order; they do not overlap.
        marks: In order.
    """

    kind: str
    name: str
    about: str = ""
    spans: tuple[Span, ...] = ()
    marks: tuple[Mark, ...] = ()


@attrs.frozen(kw_only=True)
class CaseTimeline:
    """
    What became of a case, as a picture: `str()` draws it for the terminal, `to_svg()` and `to_html()` for a page.

    It tells ids of people and teams, and nothing that anybody wrote.

    >>> from supporttiers import SupportProcess
    >>> from supporttiers.testing import Rehearsal
    >>> rehearsal = Rehearsal(SupportProcess.default(), start="2026-03-23T09:00Z")
    >>> story = rehearsal.open("It hums", by="jane")
    >>> rehearsal.advance("20m")
    >>> [(lane.kind, lane.name) for lane in CaseTimeline.of(story.history).lanes]
    [('tier', 'tier 1'), ('tier', 'tier 2'), ('clock', 'tier 1')]

    Attributes:
        case_id: Which case.
        process: The name of its process.
        events: How many events it is made of.
        standing: Where the case stands at the end.
        start: The first instant.
        end: The last one; later than the first.
        zone: In which times are shown.
        lanes: The tiers at which it was, by level; the vendors, the clocks, and who was told.

    .. versionadded:: 0.1.0
    """

    case_id: str
    process: str
    events: int
    standing: str
    start: datetime
    end: datetime
    zone: tzinfo
    lanes: tuple[Lane, ...]

    @classmethod
    def of(
        cls,
        events: Sequence[Event],
        *,
        zone: tzinfo = UTC,
        until: datetime | None = None,
        tiers: Iterable[Tier] = (),
        limits: Iterable[TimeLimit] = (),
    ) -> Self:
        """
        Draw up the timeline of a history.

        Args:
            events: The whole history of one case, in order. Kinds of events that are not known here are passed over.
            zone: In which times are shown.
            until: Up to when it is drawn, never before the last event; when None a little longer than that, so that it
                is seen where the case stands.
            tiers: Those of its process, for their names.
            limits: Those of its process, for whom their thresholds tell: those with `unless` are passed over, since
                nobody knows any more whether that was met.

        Raises:
            InputError: There are no events, *until* is naive or outside of the years 2 to 9998, or *zone* is none.
            ValueError: The history does not begin with the opening of a case.
        """
        from supporttiers.diagrams._happening import lanes_of  # noqa: PLC0415 - only what draws loads it

        if not events:
            raise InputError("", "events", "has none; a timeline needs the whole history of a case")
        if until is not None and (problem := aware(until)):
            raise InputError(events[0].case_id, "until", problem)
        if until is not None and not FIRST_YEAR <= until.year <= LAST_YEAR:
            raise InputError(events[0].case_id, "until", f"lies outside of the years {FIRST_YEAR} to {LAST_YEAR}")
        given: object = zone
        if not isinstance(given, tzinfo):
            problem = f"must be a tzinfo, such as ZoneInfo('Europe/London'), not {type_name(given)}"
            raise InputError(events[0].case_id, "zone", problem)
        start, last = events[0].at, events[-1].at
        end = max(last, until or last + (last - start) / 20, start + _LEAST).astimezone(UTC).replace(microsecond=0)
        end = max(end, last)
        drawn = lanes_of(events, end, tiers=tuple(tiers), limits=tuple(limits))
        return cls(
            case_id=events[0].case_id, process=drawn.process, events=len(events), standing=drawn.standing, start=start,
            end=end, zone=zone, lanes=drawn.lanes,
        )  # fmt: skip

    def telling(self, told: Iterable[Telling]) -> Self:
        """Give the same with what people were told by what somebody has recorded, in place of what rules say."""
        from supporttiers.diagrams._happening import told_lane  # noqa: PLC0415

        others = tuple(lane for lane in self.lanes if lane.kind != "told")
        return attrs.evolve(self, lanes=(*others, *told_lane(told)))

    def to_svg(self) -> str:
        """
        Draw it as SVG.

        Returns:
            An `<svg>` element, which can stand in a page or be a file; the same bytes for the same timeline. However
            long the history is, it stays below some 200 KiB: what lies too close together is drawn as one.
        """
        from supporttiers.diagrams._timeline_svg import svg_of  # noqa: PLC0415

        return svg_of(self)

    def to_html(self) -> str:
        """Draw it as a page of HTML by itself, without scripts."""
        from supporttiers.diagrams._page import page  # noqa: PLC0415

        return page(f"Case {self.case_id}", self.to_svg())

    def __str__(self) -> str:
        """Draw it for a terminal, 100 columns wide, in ASCII but for names."""
        from supporttiers.diagrams._timeline_text import text_of  # noqa: PLC0415

        return text_of(self)
