"""What can be wrong with a process as a whole: names that lead nowhere, doubles, contradicting moves."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import at_least, type_name
from supporttiers.calendars import ALWAYS_OPEN
from supporttiers.config.settings import Settings, StoredPolicy
from supporttiers.config.writing import described
from supporttiers.contracts import TARGETS, VendorContract
from supporttiers.errors import Fault, PolicyConfigError, ProcessError
from supporttiers.limits import ANY_PRIORITY, Action, TimeLimit, limit_of_tier
from supporttiers.links import LINK_KINDS
from supporttiers.match import Comparison, Match
from supporttiers.policies.cascades import Cascade
from supporttiers.policies.conditions import Conditional
from supporttiers.policies.informing import InformInSteps
from supporttiers.policies.routing import Route
from supporttiers.process.conditions import World, faults_of
from supporttiers.protocols import METHODS, methods_of
from supporttiers.tiers import OPEN, WAIT_REASONS, Tier, TierKind, entry_level

MAX_SHOWN: Final = 100
_SECTIONS: Final = {"": 0, "process": 1, "calendars": 2, "tiers": 3, "limits": 4, "contracts": 5, "routes": 6}
_CONDITIONS: Final = ("when", "start", "pause", "resume", "stop", "reset", "cancel")
_OUTCOME: Final = frozenset({
    "tiers.kind", "tiers.vendor",
    *(f"limits.{field}" for field in (*_CONDITIONS, "measures", "tier", "vendor", "target", "satisfied_by")),
})  # fmt: skip
"""The fields without which nothing can be said of what a limit's conditions come to."""


def error_of(source: str, faults: Iterable[Fault]) -> ProcessError:
    """Make the error that lists faults in the order of the file; of more than 100 the rest is only counted."""
    found = sorted(dict.fromkeys(faults), key=_file_order)
    shown = found[:MAX_SHOWN]
    if len(found) > MAX_SHOWN:
        shown.append(Fault("", f"and {len(found) - MAX_SHOWN} more"))
    return ProcessError(source, tuple(shown))


def _file_order(fault: Fault) -> tuple[int, list[object]]:
    words = re.split(r"(\d+)", fault.place, flags=re.ASCII)
    natural = [int(word) if place % 2 else word for place, word in enumerate(words)]
    return _SECTIONS.get(re.split(r"[.\[]", fault.place)[0], len(_SECTIONS)), natural


def policy_faults(policy: Any, place: int) -> Iterator[Fault]:  # noqa: ANN401 - it may be anything
    """Judge whether an object can be asked as a policy, and what it is can be written down."""
    where, kind = f"policies[{place}]", type_name(policy)
    if isinstance(policy, type):
        yield Fault(where, f"is the class {policy.__name__}; hand in an instance of it")
        return
    before = [
        f"{kind} has no usable {name}: it {problem}"
        for name, problem in (
            ("name", fields.name(getattr(policy, "name", None))),
            ("revision", at_least(0)(getattr(policy, "revision", None))),
        )
        if problem
    ]
    if not methods_of(policy) and not isinstance(policy, StoredPolicy):
        before.append(f"{kind} answers nothing; possible are methods of one argument: {', '.join(METHODS)}")
    needs = getattr(policy, "needs", ())
    if isinstance(needs, str) or not all(isinstance(need, str) for need in needs):
        before.append(f"{kind} has no usable needs: it must be a collection of names of facts")
    yield from (Fault(where, problem) for problem in before)
    if not before:
        try:
            described(policy)
        except PolicyConfigError as error:
            yield Fault(where, f"{policy.name}: a {error}")


def _conditions_in(place: str, part: Any) -> Iterator[tuple[str, Match]]:  # noqa: ANN401 - a policy, or a part of it
    if isinstance(part, Match):
        yield place, part
    elif isinstance(part, tuple):
        for number, member in enumerate(part):
            yield from _conditions_in(f"{place}[{number}]", member)
    elif attrs.has(type(part)):
        for field in attrs.fields(type(part)):
            yield from _conditions_in(f"{place}.{field.name}", getattr(part, field.name))


@attrs.frozen(kw_only=True)
class Whole:
    """
    The parts of a process, as far as they could be read.

    Nothing is said of what could not be read: it has its own fault already.

    Attributes:
        settings: By name.
        broken: The settings that could not be read, and `tiers`, `limits` or `calendars` if they are no collections.
        calendars: Their names, those that could not be read included.
        tiers: None stands for one that could not be read, here and below.
        limits: The process's own.
        contracts: In order.
        routes: With their places.
        cascades: In order.
        judged: The other policies, with their places.
    """

    settings: Mapping[str, Any]
    broken: frozenset[str]
    calendars: Sequence[str]
    tiers: Sequence[Tier | None]
    limits: Sequence[TimeLimit | None]
    routes: Sequence[tuple[str, Route]]
    contracts: Sequence[VendorContract | None] = ()
    cascades: Sequence[Cascade | None] = ()
    judged: Sequence[tuple[str, Any]] = ()

    def faults(self) -> list[Fault]:
        """Find every fault."""
        return [
            *self._of_settings(), *self._of_tiers(), *self._of_limits(), *self._of_contracts(), *self._of_routes(),
            *self._of_cascades(), *self._of_reactions(), *self._of_policies(),
        ]  # fmt: skip

    # -- what can be referred to; None where that is not known

    def _setting(self, name: str) -> Any:  # noqa: ANN401 - of many types
        return None if name in self.broken else self.settings.get(name, _DEFAULTS[name])

    @property
    def _known_tiers(self) -> Mapping[int, Tier] | None:
        tiers = {tier.level: tier for tier in self.tiers if tier}
        return None if None in self.tiers or not tiers else tiers

    @property
    def _teams(self) -> Sequence[str] | None:
        tiers = self._known_tiers
        return (
            None
            if tiers is None or "tiers.teams" in self.broken
            else [team for tier in tiers.values() for team in tier.teams]
        )

    @property
    def _wait_reasons(self) -> Sequence[str] | None:
        own = self._setting("wait_reasons")
        return None if own is None else (*WAIT_REASONS, *own)

    def _entries(self, tiers: Mapping[int, Tier]) -> Sequence[int] | None:
        entry = self._setting("entry")
        if entry is None or not {"tiers.kind", "tiers.vendor"}.isdisjoint(self.broken):
            return None
        return sorted(tiers) if entry == "any" else sorted({entry_level(tuple(tiers.values())), *entry})

    def _ways_up(self, tier: Tier) -> Sequence[int] | None:
        """Give the levels to which a tier escalates."""
        tiers, moves = self._known_tiers, self._setting("moves")
        if tiers is None or moves is None or "tiers.escalates_to" in self.broken:
            return None
        return tuple(level for level in sorted(tiers) if level > tier.level) if moves == "any" else tier.escalates_to

    def _ways_down(self, tier: Tier) -> Sequence[int] | None:
        """Give the levels to which a tier hands back."""
        tiers, moves = self._known_tiers, self._setting("moves")
        if tiers is None or moves is None or "tiers.hands_back_to" in self.broken:
            return None
        return tuple(level for level in sorted(tiers) if level < tier.level) if moves == "any" else tier.hands_back_to

    # -- the settings

    def _of_settings(self) -> Iterator[Fault]:
        for name, built_in in _NO_DOUBLES.items():
            values = self._setting(name) or ()
            yield from _doubles(f"process.{name}", values if isinstance(values, tuple) else ())
            for value in values:
                if value in built_in:
                    yield Fault(f"process.{name}", f"{value!r} is built in; leave it out")
        yield from self._of_priorities()
        yield from self._of_moves()
        yield from self._of_calendar("process.calendar", self._setting("calendar"))

    def _of_calendar(self, place: str, calendar: str | None) -> Iterator[Fault]:
        if calendar is not None and "calendars" not in self.broken:
            yield from _unknown(place, [calendar], (ALWAYS_OPEN, *self.calendars))

    def _of_priorities(self) -> Iterator[Fault]:
        priorities, default = self._setting("priorities"), self._setting("default_priority")
        if priorities is None:
            return
        if not priorities:
            yield Fault("process.priorities", "is empty; a process needs at least one priority")
        if ANY_PRIORITY in priorities:
            yield Fault("process.priorities", "'*' stands for every other priority in targets; choose another name")
        if default is not None:
            yield from _unknown("process.default_priority", [default], priorities)

    def _of_moves(self) -> Iterator[Fault]:
        for status in self._setting("reopen_from") or ():
            if status in OPEN:
                yield Fault("process.reopen_from", f"'{status}' is no end; possible are: resolved, closed, cancelled")
        for status in self._setting("transfer_when") or ():
            if status not in OPEN and self._setting("moves") == "listed":
                yield Fault("process.transfer_when", f"'{status}' is an end, and needs moves = 'any'")
        entry, tiers = self._setting("entry"), self._known_tiers
        if isinstance(entry, tuple) and tiers is not None:
            yield from _unknown("process.entry", entry, sorted(tiers))

    # -- the tiers

    @property
    def _chooses_vendors(self) -> bool:
        """Whether a policy says which vendor a case goes to, so that a tier need not; one that cannot be read may."""
        known = any("dispatch" in (*methods_of(each), *getattr(each, "answers", ())) for _, each in self.judged)
        return known or "policies" in self.broken

    def _of_tiers(self) -> Iterator[Fault]:
        if not self.tiers:
            yield Fault("tiers", "is missing; a process needs at least one tier")
        yield from _taken("tiers", "level", self.tiers, {})
        yield from _taken("tiers", "name", self.tiers, {})
        for place, tier in _placed("tiers", self.tiers):
            yield from self._of_edges(place, tier)
            yield from _doubles(f"{place}.teams", tier.teams)
            yield from self._of_calendar(f"{place}.calendar", tier.calendar)
            yield from _of_vendor(place, tier, chosen=self._chooses_vendors)
            yield from self._of_return(f"{place}.returns_to", tier)
            if tier.time_limit and self._ways_up(tier) == ():
                yield Fault(f"{place}.time_limit", _no_way_up(tier) + "; give it escalates_to, or use a limit instead")

    def _of_return(self, place: str, tier: Tier) -> Iterator[Fault]:
        """An answer brings a case only where its tier could send it anyway."""
        if tier.returns_to is None:
            return
        if tier.kind is not TierKind.VENDOR and "tiers.kind" not in self.broken:
            yield Fault(place, f"is only for kind = 'vendor', not '{tier.kind}'")
        up, down = self._ways_up(tier), self._ways_down(tier)
        if up is not None and down is not None and tier.returns_to not in (*down, *up):
            problem = (
                f"tier {tier.level} does not move to tier {tier.returns_to}; possible are: {_listed((*down, *up))}"
            )
            yield Fault(place, problem)

    def _of_edges(self, place: str, tier: Tier) -> Iterator[Fault]:
        for name, levels, sign, side in (
            ("escalates_to", tier.escalates_to, 1, "above"),
            ("hands_back_to", tier.hands_back_to, -1, "below"),
        ):
            where = f"{place}.{name}"
            yield from _doubles(where, levels)
            for level in levels:
                if (level - tier.level) * sign <= 0:
                    yield Fault(where, f"tier {level} is not {side} tier {tier.level}")
            if self._known_tiers is not None:
                yield from _unknown(where, levels, sorted(self._known_tiers))

    # -- the limits

    def _of_limits(self) -> Iterator[Fault]:
        made: dict[object, str] = {
            limit_of_tier(tier.level, tier.time_limit).name: f"the time_limit of {place}"
            for place, tier in _placed("tiers", self.tiers)
            if tier.time_limit
        }
        yield from _taken("limits", "name", self.limits, made)
        for place, limit in _placed("limits", self.limits):
            yield from self._of_calendar(f"{place}.calendar", limit.calendar)
            if limit.tier is not None and self._known_tiers is not None:
                yield from _unknown(f"{place}.tier", [limit.tier], sorted(self._known_tiers))
            if self._setting("priorities") is not None:
                yield from _unknown(f"{place}.target", limit.target, (*self._setting("priorities"), ANY_PRIORITY))
            yield from self._of_conditions(place, limit)
            yield from self._of_actions(place, limit)

    def _of_contracts(self) -> Iterator[Fault]:
        yield from _taken("contracts", "vendor", self.contracts, {})
        limits = {limit.name: f"limits[{number}]" for number, limit in enumerate(self.limits) if limit}
        for place, contract in _placed("contracts", self.contracts):
            yield from self._of_calendar(f"{place}.calendar", contract.calendar)
            yield from self._of_condition(f"{place}.covers", contract.covers)
            for word in TARGETS:
                target = getattr(contract, word)
                if target is not None and self._setting("priorities") is not None:
                    yield from _unknown(f"{place}.{word}", target, (*self._setting("priorities"), ANY_PRIORITY))
            for limit in contract.limits:
                if limit.name in limits:
                    yield Fault(f"{limits[limit.name]}.name", f"{limit.name!r} is taken by {place}")
            for limit in contract.limits[:1]:
                for index, action in enumerate(contract.actions):
                    if str(action) != "hand_back":  # that brings it back from wherever the vendor has it
                        yield from self._of_action(f"{place}.on_breach[{index}]", action, limit)

    def _of_conditions(self, place: str, limit: TimeLimit) -> Iterator[Fault]:
        found = [fault for word in _CONDITIONS for fault in self._of_condition(f"{place}.{word}", getattr(limit, word))]
        yield from found
        for inner, threshold in _placed(f"{place}.thresholds", limit.thresholds):
            yield from self._of_condition(f"{inner}.unless", threshold.unless)
        world = None if found or not _OUTCOME.isdisjoint(self.broken) else self.world
        if world is not None and limit.tier in {None, *world.levels}:
            yield from faults_of(limit, place, world)

    @property
    def world(self) -> World | None:
        """What cases can be like; None where that is not known."""
        tiers, priorities, wait_reasons = self._known_tiers, self._setting("priorities"), self._wait_reasons
        if tiers is None or wait_reasons is None or not priorities:
            return None
        vendor_levels = tuple(level for level, tier in tiers.items() if tier.kind is TierKind.VENDOR)
        return World(
            levels=tuple(tiers), vendor_levels=vendor_levels, priorities=priorities,
            wait_reasons=tuple(wait_reasons), has_targets=self._answers("target"),
        )  # fmt: skip

    def _answers(self, method: str) -> bool:
        """Whether a policy has an answer to one of `METHODS`."""
        return any(method in methods_of(policy) for _, policy in self.judged)

    def _of_actions(self, place: str, limit: TimeLimit) -> Iterator[Fault]:
        for number, threshold in enumerate(limit.thresholds):
            for index, action in enumerate(threshold.do):
                yield from self._of_action(f"{place}.thresholds[{number}].do[{index}]", action, limit)

    def _of_action(self, place: str, action: Action, limit: TimeLimit) -> Iterator[Fault]:
        if action.verb in {"escalate", "hand_back"}:
            yield from self._of_move(place, action, limit)
        elif action.verb == "reassign" and not self._answers("assign"):
            yield Fault(place, "reassign needs an assignment policy; or name somebody, such as 'assign:anna'")
        known = self._known_arguments(action)
        if known is not None:
            yield from _unknown(place, [action.argument], known)

    def _known_arguments(self, action: Action) -> Sequence[object] | None:
        """Give what an action can name; None where that is not known, or nothing is named."""
        if action.verb == "raise_priority" and action.argument:
            return self._setting("priorities") or None
        if action.verb == "transfer":
            return self._teams or None  # a tier that names no teams takes any
        return self._wait_reasons if action.verb == "wait" else None

    def _of_move(self, place: str, action: Action, limit: TimeLimit) -> Iterator[Fault]:
        tiers = self._known_tiers
        if tiers is None or limit.tier not in {None, *tiers}:
            return
        measured = list(tiers.values()) if limit.tier is None else [tiers[limit.tier]]
        up = action.verb == "escalate"
        ways = [self._ways_up(tier) if up else self._ways_down(tier) for tier in measured]
        if None in ways:
            return
        reached = sorted({level for found in ways for level in found or ()})
        word = "escalate" if up else "hand back"
        other = f"no tier {word}s" if up else "no tier hands back"
        who = other if limit.tier is None else f"tier {limit.tier} does not {word}"
        if not reached:
            yield Fault(place, f"{who} to any other")
        elif action.tier is not None and action.tier not in reached:
            yield Fault(place, f"{who} to tier {action.tier}; possible are: {_listed(reached)}")

    # -- conditions and routes

    def _of_condition(self, place: str, match: Match | None) -> Iterator[Fault]:
        if match is None:
            return
        for test in match.tests:
            known = self._known_values(test)
            if known is not None:
                yield from _unknown(f"{place}.{test.field}", test.values, (*known, None))
        for word, inner in (("all", match.all), ("any", match.any)):
            for number, condition in enumerate(inner):
                yield from self._of_condition(f"{place}.{word}[{number}]", condition)

    def _known_values(self, test: Comparison) -> Sequence[object] | None:
        if test.field == "tier" and test.op in {"in", "not_in"}:
            return None if self._known_tiers is None else sorted(self._known_tiers)
        known = {"priority": self._setting("priorities"), "wait_reason": self._wait_reasons, "team": self._teams}
        return known.get(test.field)

    def _of_reactions(self) -> Iterator[Fault]:
        """Calendars must be known; what a case remembers of a step goes by the ladder's title."""
        taken: dict[str, str] = {}
        for place, policy in self.judged:
            if isinstance(policy, Conditional):
                yield from self._of_calendar(f"{place}.calendar", getattr(policy, "calendar", None))
            if isinstance(policy, InformInSteps):
                if policy.title in taken:
                    yield Fault(f"{place}.title", f"{policy.title!r} is taken by {taken[policy.title]}")
                taken.setdefault(policy.title, place)

    def _of_cascades(self) -> Iterator[Fault]:
        own = self._setting("link_kinds")
        for place, cascade in _placed("cascades", self.cascades):
            if own is not None:
                yield from _unknown(f"{place}.link", [cascade.link], (*LINK_KINDS, *own))
            yield from self._of_condition(f"{place}.when", cascade.when)
            yield from self._of_condition(f"{place}.among", cascade.among)

    def _of_policies(self) -> Iterator[Fault]:
        for where, policy in self.judged:
            if attrs.has(type(policy)):
                for place, match in _conditions_in(where, policy):
                    yield from self._of_condition(place, match)
            for reference in getattr(policy, "references", tuple)():
                known = self._names_of(reference.kind)
                if known is not None:
                    yield from _unknown(f"{where}.{reference.place}", [reference.name], known)

    def _names_of(self, kind: str) -> Sequence[object] | None:
        """Give what names of a kind a policy can use; None where that is not known."""
        if kind == "tier":
            return None if self._known_tiers is None else sorted(self._known_tiers)
        if kind == "limit":
            return self._known_limits
        names: Sequence[str] | None = self._setting("priorities") if kind == "priority" else self._teams
        return names

    @property
    def _known_limits(self) -> Sequence[str] | None:
        if self._known_tiers is None or None in (*self.limits, *self.contracts) or "tiers.time_limit" in self.broken:
            return None
        timed = (tier for tier in self._known_tiers.values() if tier.time_limit)
        return [*(limit_of_tier(tier.level, tier.time_limit).name for tier in timed if tier.time_limit),
                *(limit.name for limit in self.limits if limit),
                *(limit.name for contract in self.contracts if contract for limit in contract.limits)]  # fmt: skip

    def _of_routes(self) -> Iterator[Fault]:
        tiers = self._known_tiers
        default = next((place for place, route in self.routes if route.is_default), None)
        for place, route in self.routes:
            yield from self._of_condition(f"{place}.when", route.condition)
            if default is not None and _follows(place, default):
                yield Fault(f"{place}.when", f"stands behind the default, {default}, and is never taken; put that last")
            if tiers is None:
                continue
            if route.to.tier not in tiers:
                yield from _unknown(f"{place}.to.tier", [route.to.tier], sorted(tiers))
                continue
            entries = self._entries(tiers)
            if entries is not None and route.to.tier not in entries:
                problem = f"a case cannot be opened at tier {route.to.tier}; possible are: {_listed(entries)}"
                yield Fault(f"{place}.to.tier", f"{problem}; or name it in process.entry")
            if route.to.team is not None and self._teams is not None:
                yield from _unknown(f"{place}.to.team", [route.to.team], tiers[route.to.tier].teams)


_DEFAULTS: Final[Mapping[str, Any]] = {field.name: field.default for field in attrs.fields(Settings)}
_NO_DOUBLES: Final[Mapping[str, Sequence[str]]] = {
    "priorities": (),
    "entry": (),
    "reopen_from": (),
    "transfer_when": (),
    "resolve_when": (),
    "wait_reasons": WAIT_REASONS,
    "link_kinds": LINK_KINDS,
}
"""Settings that name something at most once, with what they need not name because it is built in."""


def _follows(place: str, other: str) -> bool:
    """Whether a route stands in the same list as another one, and later."""
    (section, number), (other_section, other_number) = place.rsplit("[", 1), other.rsplit("[", 1)
    return section == other_section and int(number[:-1]) > int(other_number[:-1])


def _placed(section: str, parts: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    return ((f"{section}[{number}]", part) for number, part in enumerate(parts) if part is not None)


def _taken(section: str, field: str, parts: Sequence[Any], taken: Mapping[object, str]) -> Iterator[Fault]:
    """Find values that must be unique and are not; *taken* says what else has one."""
    first = dict(taken)
    for place, part in _placed(section, parts):
        value = getattr(part, field)
        if value in first:
            yield Fault(f"{place}.{field}", f"{_quoted(value)} is taken by {first[value]}")
        first.setdefault(value, place)


def _doubles(place: str, values: Iterable[object]) -> Iterator[Fault]:
    listed = list(values)
    return (Fault(place, f"names {_quoted(value)} twice") for value in dict.fromkeys(listed) if listed.count(value) > 1)


def _unknown(place: str, wanted: Iterable[object], known: Sequence[object]) -> Iterator[Fault]:
    problem = f"is not known; possible are: {_listed(known)}"
    return (Fault(place, f"{_quoted(value)} {problem}") for value in wanted if value not in known)


def _listed(values: Iterable[object]) -> str:
    return ", ".join(str(value) for value in values if value is not None) or "none"


def _quoted(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)


def _of_vendor(place: str, tier: Tier, *, chosen: bool) -> Iterator[Fault]:
    if tier.kind is TierKind.VENDOR and tier.vendor is None and not chosen:
        yield Fault(f"{place}.vendor", "is missing; a vendor tier names its vendor's gateway, or a policy chooses it")
    if tier.kind is not TierKind.VENDOR and tier.vendor is not None:
        yield Fault(f"{place}.vendor", f"is only for kind = 'vendor', not '{tier.kind}'")


def _no_way_up(tier: Tier) -> str:
    return f"its breach escalates, but tier {tier.level} escalates to no other"
