"""What a desk can be asked: cases, their clocks and histories, what may be done with them, and why."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Final

import attrs

from supporttiers import _flows as flows
from supporttiers._engine import readings
from supporttiers._fields import at_least, instance_of, one_of, optional
from supporttiers._flows import Ports, drive
from supporttiers.actors import Actor, ActorKind
from supporttiers.cases import Case
from supporttiers.clock import Clock
from supporttiers.desk._parts import must
from supporttiers.errors import InputError
from supporttiers.events import Event
from supporttiers.match import Match, facts_in
from supporttiers.process import SupportProcess
from supporttiers.protocols import GROUPS
from supporttiers.readings import ClockReading, Explanation, Option, Page
from supporttiers.reasons import Reason
from supporttiers.tiers import Visibility

_EVERYTHING: Final = Match()


class Reading:
    """Everything about a desk that writes nothing."""

    _ports: Ports
    _tenant: str
    _clock: Clock

    @abstractmethod
    def _actor(self, by: Actor | str | None) -> tuple[Actor, bool]: ...

    @abstractmethod
    def _actor_on(self, case: Case, by: Actor | str | None) -> Actor: ...

    @abstractmethod
    def _id_of(self, case: Case | str) -> str: ...

    def get(self, case_id: str) -> Case:
        """
        Read a case.

        Raises:
            CaseNotFoundError: There is none of this id for this tenant.
        """
        return drive(flows.get(self._ports, self._tenant, self._id_of(case_id)))

    def find(self, match: Match = _EVERYTHING, *, order: str = "id", after: str | None = None, limit: int = 50) -> Page:
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
        resolved = self._resolved(match)
        must(instance_of(str, "a text"), "order", order)
        must(optional(instance_of(str, "a text")), "after", after)
        must(at_least(1, 1000), "limit", limit)
        cases, mark = self._ports.store.find(self._tenant, resolved, order=order, after=after, limit=limit)
        return Page(cases=tuple(cases), next=mark)

    def counts(self, match: Match = _EVERYTHING, *, by: str = "status") -> Mapping[str | int | None, int]:
        """
        Count cases that meet a condition, by the values of a field.

        Raises:
            InputError: Cases cannot be counted by that field.
        """
        resolved = self._resolved(match)
        must(one_of(GROUPS), "by", by)
        return self._ports.store.counts(self._tenant, resolved, by=by)

    def _resolved(self, match: Match) -> Match:
        must(instance_of(Match, "a Match"), "match", match)
        if facts_in(match):
            raise InputError("", "match", "speaks of facts, by which cases cannot be found; possible are their fields")
        return match.resolved(self._ports.default.priorities)

    def clocks(self, case: Case | str) -> tuple[ClockReading, ...]:
        """Read every stopwatch of a case, as it stands now."""
        found = self.get(self._id_of(case))
        return readings(self._process_of(found), found, self._clock.now())

    def options(self, case: Case | str, *, by: Actor | str | None = None) -> tuple[Option, ...]:
        """
        Say what an actor may do with a case now, and why not for the rest.

        Returns:
            An option for each verb and target, allowed or not; each was decided and thrown away, so it is the truth.
        """
        found = self.get(self._id_of(case))
        return drive(flows.options_for(self._ports, found, self._actor_on(found, by), self._clock.now()))

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
        case_id = self._id_of(case)
        events = drive(flows.history(self._ports, self._tenant, case_id))
        if visible_to is None:
            return tuple(events)
        actor, by_id = self._actor(visible_to)
        if not by_id and actor.kind not in {ActorKind.CUSTOMER, ActorKind.VENDOR}:
            return tuple(events)
        public = (event for event in events if event.visibility is Visibility.PUBLIC)
        return tuple(
            attrs.evolve(event, facts=None, said=event.said if event.by.id == actor.id else "") for event in public
        )

    def explain(self, case: Case | str) -> Explanation:
        """Say why a case stands where it stands, and what happens next if nobody acts; `str()` of it is text."""
        found = self.get(self._id_of(case))
        return drive(flows.explained(self._ports, found, self._clock.now()))

    def verify(self, case: Case | str) -> tuple[Reason, ...]:
        """
        Check the history of a case, and the case made of it.

        Returns:
            What is wrong: gaps, edits, reordering; empty means sound.

        Raises:
            CaseNotFoundError: There is no such case.
        """
        case_id = self._id_of(case)
        findings = self._ports.store.verify(self._tenant, case_id)
        if not findings:
            self.get(case_id)  # of a case that does not exist nothing is sound
        return findings

    def _process_of(self, case: Case) -> SupportProcess:
        return drive(flows.process_of(self._ports, case))
