"""What a desk can be asked: cases, their clocks and histories, what may be done with them, and why."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from supporttiers._flows import drive
from supporttiers.actors import Actor
from supporttiers.cases import Case
from supporttiers.desk._questions import EVERYTHING, Questions
from supporttiers.events import Event
from supporttiers.match import Match
from supporttiers.readings import ClockReading, Explanation, Option, Page
from supporttiers.reasons import Reason

if TYPE_CHECKING:
    from supporttiers.diagrams import CaseTimeline


class Reading(Questions):
    """Everything about a desk that writes nothing, called."""

    def get(self, case_id: str) -> Case:
        """
        Read a case.

        Raises:
            CaseNotFoundError: There is none of this id for this tenant.
        """
        return drive(self._get(case_id))

    def find(self, match: Match = EVERYTHING, *, order: str = "id", after: str | None = None, limit: int = 50) -> Page:
        """
        Read cases that meet a condition, a page at a time.

        Args:
            match: The condition; all cases when left out.
            order: `id`, `opened_at`, `changed_at` or `due_at`; with `-` before it for descending. Cases without a value
                come last.
            after: The `next` of the page before.
            limit: How many at most; 1 to 1000.

        Returns:
            The cases in order; `next` is None on the last page.

        Raises:
            InputError: The order, the page mark or the limit is not possible.
        """
        return drive(self._find(match, order=order, after=after, limit=limit))

    def counts(self, match: Match = EVERYTHING, *, by: str = "status") -> Mapping[str | int | None, int]:
        """
        Count cases that meet a condition, by the values of a field.

        Raises:
            InputError: Cases cannot be counted by that field.
        """
        return drive(self._counts(match, by=by))

    def clocks(self, case: Case | str) -> tuple[ClockReading, ...]:
        """Read every stopwatch of a case, as it stands now."""
        return drive(self._clocks(case))

    def options(self, case: Case | str, *, by: Actor | str | None = None) -> tuple[Option, ...]:
        """
        Say what an actor may do with a case now, and why not for the rest.

        Returns:
            An option for each verb and target, allowed or not; each was decided and thrown away, so it is the truth.
        """
        return drive(self._options(case, by=by))

    def history(self, case: Case | str, *, visible_to: Actor | str | None = None) -> tuple[Event, ...]:
        """
        Read what happened to a case, in order.

        Args:
            case: Which.
            visible_to: Leave out what this actor may not see: customers and vendors see public events only, without
                the reasons that others gave in their own words, and without the facts that were used. So does an id,
                unless a directory says who it is.

        Raises:
            CaseNotFoundError: There is no such case.
        """
        return drive(self._history(case, visible_to=visible_to))

    def timeline(self, case: Case | str, *, zone: tzinfo = UTC, until: datetime | None = None) -> "CaseTimeline":
        """
        Draw what became of a case: who had it and when it waited, its clocks, and who was told.

        `str()` of it is a drawing for the terminal, `to_svg()` and `to_html()` are for a page. It is for the house: it
        holds all of the history but what people wrote.

        Args:
            case: Which.
            zone: In which times are shown, such as `ZoneInfo("Europe/Berlin")`.
            until: Up to when it is drawn; up to now, of an ended case up to its last event, when None.

        Raises:
            CaseNotFoundError: There is no such case.
            InputError: *until* is naive.

        .. versionadded:: 0.1.0
        """
        return drive(self._timeline(case, zone=zone, until=until))

    def explain(self, case: Case | str) -> Explanation:
        """Say why a case stands where it stands, and what happens next if nobody acts; `str()` of it is text."""
        return drive(self._explain(case))

    def verify(self, case: Case | str) -> tuple[Reason, ...]:
        """
        Check the history of a case, and the case made of it.

        Returns:
            What is wrong: gaps, edits, reordering; empty means sound.

        Raises:
            CaseNotFoundError: There is no such case.
        """
        return drive(self._verify(case))
