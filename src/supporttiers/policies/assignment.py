"""Assignment: who of a team should work on a case."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Final, Self

import attrs

from supporttiers._fields import PARTS, each, name, one_of, optional, part, tuple_of, type_name
from supporttiers.actors import OTHER_CHANNELS, Availability, room_of
from supporttiers.cases import Case
from supporttiers.decisions import Situation
from supporttiers.match import Match, Predicate, facts_in
from supporttiers.reasons import Reason


def _condition(value: object) -> str | None:
    if not isinstance(value, Match):
        return f"must be a Match, not {type_name(value)}"
    return "is empty, and would mean every case; say which cases are meant" if value.is_empty else None


def _words(value: object) -> str | None:
    return each(name, at_most=50, what="skills")(value) or (None if value else "is empty; name at least one skill")


def _rules(value: object) -> str | None:
    if not isinstance(value, tuple) or not all(isinstance(rule, SkillRule) for rule in value):
        return "must be a collection of SkillRule"
    return None


@attrs.frozen
class SkillRule:
    """
    What certain cases take to be worked on.

    >>> SkillRule(Match(category="vpn"), skills=["network", "vpn"], need="any").missing({"network"})
    ()

    Attributes:
        when: Which cases; a condition that asks for nothing is refused.
        skills: What somebody must be able to do.
        need: `all` of the skills, or `any` of them.

    .. versionadded:: 0.1.0
    """

    when: Match = attrs.field(validator=part(_condition))
    skills: tuple[str, ...] = attrs.field(converter=tuple_of, validator=part(_words))
    need: str = attrs.field(default="all", validator=part(one_of(("all", "any"))))

    def missing(self, skills: Iterable[str]) -> tuple[str, ...]:
        """Give what somebody with these skills lacks; empty when they can do it."""
        lacking = tuple(skill for skill in self.skills if skill not in skills)
        return () if self.need == "any" and len(lacking) < len(self.skills) else lacking


@attrs.frozen(kw_only=True)
class _Person:
    """
    Somebody who could be chosen.

    Attributes:
        id: Who.
        lacks: The skills that the case takes and they do not have.
        availability: Whether they are there.
        open: How many open cases they have.
        room: How many more they take; None for any number.
        assigned_at: When they were last given a case, as a text that can be compared; empty for never.
    """

    id: str
    lacks: tuple[str, ...]
    availability: str
    open: int
    room: int | None
    assigned_at: str

    @property
    def is_full(self) -> bool:
        return self.room == 0

    @property
    def said(self) -> dict[str, object]:
        return {"agent": self.id, "open": self.open, "since": self.assigned_at or "never"}


@attrs.frozen(kw_only=True)
class _AssignToTeam:
    """What the policies below share: who is considered, in which order of preference, and why the others are not."""

    name: ClassVar[str]
    revision: ClassVar[int] = 1

    when: Match | None = attrs.field(default=None, validator=part(optional(_condition)))
    skills: tuple[SkillRule, ...] = attrs.field(
        default=(), converter=tuple_of, validator=part(_rules), metadata={PARTS: SkillRule}
    )
    without_skill: str = attrs.field(default="team", validator=part(one_of(("team", "queue"))))
    reach: str = attrs.field(default="everybody", validator=part(one_of(("active", "away", "everybody"))))
    when_full: str = attrs.field(default="queue", validator=part(one_of(("queue", "assign"))))

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """The agents of the case's team, their work, and the facts of which the conditions speak."""
        conditions = (self.when, *(rule.when for rule in self.skills))
        return tuple(dict.fromkeys(("agents", "workload", *(fact for when in conditions for fact in facts_in(when)))))

    def assign(self, situation: Situation, /) -> str | None:
        """
        Choose an agent of the case's team.

        Returns:
            An id; None where the policy does not speak of the case, where nobody is known, and where the case is to
            stay in the queue.

        Raises:
            PolicyConfigError: A condition compares the order of priorities, and was not `resolved` before.
        """
        people = self._people(situation)
        chosen = self._chosen(people, situation.exclude) if people else None
        return None if chosen is None else chosen.id

    def because(self, situation: Situation, /) -> tuple[Reason, ...]:
        """Say who was chosen, and why each of the others was passed over."""
        if not self._speaks_of(situation.case):
            return (Reason("assign.not_meant", {"policy": self.name}),)
        people = self._people(situation)
        if people is None:
            return (Reason("assign.unrecorded"),)
        if not people:
            return (Reason("assign.no_agents", {"team": situation.case.team}),)
        chosen = self._chosen(people, situation.exclude)
        first = (
            Reason("assign.nobody", {"policy": self.name, "team": situation.case.team})
            if chosen is None
            else Reason("assign.chosen", {**chosen.said, "team": situation.case.team})
        )
        others = sorted((person for person in people if person != chosen), key=lambda person: person.id)
        return (first, *(self._against(person, chosen, situation.exclude) for person in others))

    def objections(self, situation: Situation, agent: str, /) -> tuple[Reason, ...] | None:
        """
        Say what stands against an agent's taking a case themselves, be they there or not.

        Returns:
            Reasons, empty when they may; None where the policy does not speak of the case.
        """
        if not self._speaks_of(situation.case):
            return None
        people = self._people(situation) or ()
        lacking = next((person for person in people if person.id == agent and person.lacks), None)
        if lacking is None:
            return ()
        skilled = [person for person in people if not person.lacks and not person.is_full]
        if self.without_skill == "team" and not self._present(skilled):
            return ()
        return (self._unskilled(lacking),)

    def resolved(self, priorities: tuple[str, ...]) -> Self:
        """Give the same policy with comparisons of priorities replaced by the priorities meant."""
        return attrs.evolve(
            self,
            when=None if self.when is None else self.when.resolved(priorities),
            skills=[attrs.evolve(rule, when=rule.when.resolved(priorities)) for rule in self.skills],
        )

    # -- who there is

    @cached_property
    def _compiled(self) -> tuple[tuple[Predicate, SkillRule], ...]:
        return tuple((rule.when.compile(), rule) for rule in self.skills)

    @cached_property
    def _meant(self) -> Predicate | None:
        return None if self.when is None else self.when.compile()

    def _speaks_of(self, case: Case) -> bool:
        return self._meant is None or self._meant(case)

    def _people(self, situation: Situation) -> list[_Person] | None:
        """Read the facts; None where they are not what they should be, or the case is not meant."""
        agents = situation.facts.get("agents")
        if not isinstance(agents, list) or not self._speaks_of(situation.case):
            return None
        rules = [rule for holds, rule in self._compiled if holds(situation.case)]
        work = situation.facts.get("workload")
        loads: Mapping[str, Any] = work if isinstance(work, Mapping) else {}
        known = (agent for agent in agents if isinstance(agent, Mapping) and isinstance(agent.get("id"), str))
        return [_person(agent, loads.get(agent["id"]), rules, situation.case.channel) for agent in known]

    # -- who is chosen

    def _chosen(self, people: Sequence[_Person], exclude: Sequence[str]) -> _Person | None:
        pool = [person for person in people if person.id not in exclude]
        groups = [[person for person in pool if not person.lacks]]
        if self.without_skill == "team":
            groups.append(pool)
        full: list[_Person] = []
        for there in self._there(groups):
            able = [person for person in there if not person.is_full]
            if able:
                return min(able, key=self._preference)
            full = full or there
        return min(full, key=self._preference) if full and self.when_full == "assign" else None

    def _there(self, groups: Sequence[list[_Person]]) -> list[list[_Person]]:
        """Those who are there, of each group; everybody, only where nobody of any group is."""
        found = [there for group in groups if (there := self._present(group))]
        return found if found or self.reach != "everybody" else [group for group in groups if group]

    def _present(self, group: Sequence[_Person]) -> list[_Person]:
        for rung in _RUNGS[: 1 if self.reach == "active" else 2]:
            there = [person for person in group if person.availability == rung]
            if there:
                return there
        return []

    @abstractmethod
    def _preference(self, person: _Person) -> tuple[Any, ...]: ...  # the least is preferred

    # -- why not the others

    def _against(self, person: _Person, chosen: _Person | None, exclude: Sequence[str]) -> Reason:
        if person.id in exclude:
            return Reason("assign.excluded", {"agent": person.id})
        if person.lacks and (self.without_skill == "queue" or (chosen is not None and not chosen.lacks)):
            return self._unskilled(person)
        if person.availability != (chosen.availability if chosen else Availability.ACTIVE):
            return Reason("assign.unavailable", {"agent": person.id, "availability": person.availability})
        if person.is_full:
            return Reason("assign.full", {"agent": person.id, "open": person.open})
        return Reason("assign.after", {**person.said, "chosen": None if chosen is None else chosen.id})

    @staticmethod
    def _unskilled(person: _Person) -> Reason:
        return Reason("assign.unskilled", {"agent": person.id, "skills": ", ".join(person.lacks)})


_RUNGS: Final = (Availability.ACTIVE, Availability.AWAY)


def _person(agent: Mapping[str, Any], load: Any, rules: Sequence[SkillRule], channel: str | None) -> _Person:  # noqa: ANN401
    load = load if isinstance(load, Mapping) else {}
    skills = agent.get("skills", ())
    capacity = agent.get("capacity")
    capacity = {OTHER_CHANNELS: capacity} if isinstance(capacity, int) else capacity
    return _Person(
        id=agent["id"],
        lacks=tuple(dict.fromkeys(skill for rule in rules for skill in rule.missing(skills))),
        availability=agent.get("availability", Availability.ACTIVE),
        open=load.get("open", 0),
        room=room_of(capacity, load.get("channels", {}), channel),
        assigned_at=load.get("assigned_at", ""),
    )


@attrs.frozen(kw_only=True)
class AssignRoundRobin(_AssignToTeam):
    """
    Give a case to whoever of its team has waited longest for one, among those who have room for it.

    >>> from supporttiers.match import Match
    >>> AssignRoundRobin(skills=[SkillRule(Match(category="vpn"), skills=["network"])], when_full="assign").needs
    ('agents', 'workload')

    Needs the facts `agents` and `workload`, which a desk has when its directory knows agents.

    Attributes:
        when: Which cases it speaks of; all of them when None.
        skills: What certain cases take; several rules that hold add up.
        without_skill: `team`: where nobody with the skills is there and has room, anybody of the team; `queue`: then
            nobody.
        reach: `active`: only those who are active; `away`: those who are away, where nobody is active; `everybody`:
            also those who are offline, where nobody is there at all.
        when_full: Where all who are there are full: `queue`: the case stays in the queue; `assign`: somebody gets it
            all the same.

    .. versionadded:: 0.1.0
    """

    name: ClassVar[str] = "supporttiers.assign-round-robin"

    def _preference(self, person: _Person) -> tuple[Any, ...]:
        return person.assigned_at, person.id


@attrs.frozen(kw_only=True)
class AssignLeastLoaded(_AssignToTeam):
    """
    Give a case to whoever of its team has the most room; of those alike, to who has the fewest open cases.

    >>> AssignLeastLoaded(reach="active").when_full
    'queue'

    Needs the facts `agents` and `workload`, which a desk has when its directory knows agents.

    Attributes:
        when: Which cases it speaks of; all of them when None.
        skills: What certain cases take; several rules that hold add up.
        without_skill: `team`: where nobody with the skills is there and has room, anybody of the team; `queue`: then
            nobody.
        reach: `active`: only those who are active; `away`: those who are away, where nobody is active; `everybody`:
            also those who are offline, where nobody is there at all.
        when_full: Where all who are there are full: `queue`: the case stays in the queue; `assign`: somebody gets it
            all the same.

    .. versionadded:: 0.1.0
    """

    name: ClassVar[str] = "supporttiers.assign-least-loaded"

    def _preference(self, person: _Person) -> tuple[Any, ...]:
        room = float("inf") if person.room is None else person.room
        return -room, person.open, person.assigned_at, person.id
