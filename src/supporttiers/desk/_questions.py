"""What a desk can be asked, as flows: cases, their clocks and histories, what may be done with them, and why."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Final

import attrs

from supporttiers import _flows as flows
from supporttiers._engine import readings
from supporttiers._fields import at_least, instance_of, one_of, optional
from supporttiers._flows import Call, Flow
from supporttiers.actors import Actor, ActorKind
from supporttiers.cases import Case
from supporttiers.desk._parts import must
from supporttiers.desk._view import View
from supporttiers.errors import InputError
from supporttiers.events import Event
from supporttiers.match import Match, facts_in
from supporttiers.protocols import GROUPS
from supporttiers.readings import ClockReading, Explanation, Option, Page
from supporttiers.reasons import Reason
from supporttiers.tiers import Visibility

if TYPE_CHECKING:
    from supporttiers.diagrams import CaseTimeline

EVERYTHING: Final = Match()


class Questions(View):
    """Everything about a desk that writes nothing."""

    def _get(self, case_id: Case | str) -> Flow[Case]:
        return (yield from flows.get(self._ports, self._tenant, self._id_of(case_id)))

    def _find(self, match: Match, *, order: str, after: str | None, limit: int) -> Flow[Page]:
        resolved = self._resolved(match)
        must(instance_of(str, "a text"), "order", order)
        must(optional(instance_of(str, "a text")), "after", after)
        must(at_least(1, 1000), "limit", limit)
        cases, mark = yield Call(self._ports.store.find, self._tenant, resolved, order=order, after=after, limit=limit)
        return Page(cases=tuple(cases), next=mark)

    def _counts(self, match: Match, *, by: str) -> Flow[Mapping[str | int | None, int]]:
        resolved = self._resolved(match)
        must(one_of(GROUPS), "by", by)
        found: Mapping[str | int | None, int] = yield Call(self._ports.store.counts, self._tenant, resolved, by=by)
        return found

    def _resolved(self, match: Match) -> Match:
        must(instance_of(Match, "a Match"), "match", match)
        if facts_in(match):
            raise InputError("", "match", "speaks of facts, by which cases cannot be found; possible are their fields")
        return match.resolved(self._ports.default.priorities)

    def _clocks(self, case: Case | str) -> Flow[tuple[ClockReading, ...]]:
        found = yield from self._get(case)
        process = yield from flows.process_of(self._ports, found)
        return readings(process, found, self._clock.now())

    def _options(self, case: Case | str, *, by: Actor | str | None) -> Flow[tuple[Option, ...]]:
        found = yield from self._get(case)
        actor, by_id = yield from self._actor(by)
        if by_id and actor.id == found.requester:
            actor = Actor.customer(actor.id)
        return (yield from flows.options_for(self._ports, found, actor, self._clock.now()))

    def _history(self, case: Case | str, *, visible_to: Actor | str | None) -> Flow[tuple[Event, ...]]:
        events = yield from flows.history(self._ports, self._tenant, self._id_of(case))
        if visible_to is None:
            return tuple(events)
        actor, by_id = yield from self._actor(visible_to)
        if not by_id and actor.kind not in {ActorKind.CUSTOMER, ActorKind.VENDOR}:
            return tuple(events)
        public = (event for event in events if event.visibility is Visibility.PUBLIC)
        return tuple(
            attrs.evolve(event, facts=None, said=event.said if event.by.id == actor.id else "") for event in public
        )

    def _timeline(self, case: Case | str, *, zone: tzinfo, until: datetime | None) -> "Flow[CaseTimeline]":
        from supporttiers.diagrams import CaseTimeline  # noqa: PLC0415 - only who draws loads what draws

        found = yield from self._get(case)
        process = yield from flows.process_of(self._ports, found)
        events = yield from flows.history(self._ports, self._tenant, found.id)
        now = until or (self._clock.now() if found.is_open else None)
        limits = () if process.observes else process.all_limits
        return CaseTimeline.of(events, zone=zone, until=now, tiers=process.tiers, limits=limits)

    def _explain(self, case: Case | str) -> Flow[Explanation]:
        found = yield from self._get(case)
        return (yield from flows.explained(self._ports, found, self._clock.now()))

    def _verify(self, case: Case | str) -> Flow[tuple[Reason, ...]]:
        case_id = self._id_of(case)
        findings: tuple[Reason, ...] = yield Call(self._ports.store.verify, self._tenant, case_id)
        if not findings:
            yield from self._get(case_id)  # of a case that does not exist nothing is sound
        return findings
