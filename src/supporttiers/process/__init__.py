"""
The support process: tiers, moves, limits and policies put together, judged as a whole, and compiled for use.

A `SupportProcess` is a value: equal processes have equal revisions, and a change of meaning changes the revision.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import attrs

from supporttiers._fields import tuple_of, type_name
from supporttiers._machine import MoveTable, Row, move_table, rows_of
from supporttiers.calendars import ALWAYS_OPEN, WorkingHours
from supporttiers.config.calendars import calendars_data
from supporttiers.config.files import data_of, foreign_faults, text_of
from supporttiers.config.reading import UNDECIDING, Parts, read
from supporttiers.config.settings import Settings
from supporttiers.config.writing import canonical, data_from, described, table_from
from supporttiers.contracts import VendorContract
from supporttiers.errors import Fault, InputError, PolicyConfigError, ProcessError
from supporttiers.events import Event
from supporttiers.facts import needs_of
from supporttiers.findings import Finding, Ignore
from supporttiers.limits import TimeLimit, limit_of_tier
from supporttiers.match import Predicate, facts_in
from supporttiers.policies import kinds_of, resolved
from supporttiers.policies.cascades import Cascade, by_event
from supporttiers.policies.routing import RouteByRules
from supporttiers.process.compiled import CompiledLimit
from supporttiers.process.conditions import World
from supporttiers.process.faults import Whole, error_of, policy_faults
from supporttiers.process.members import doubled_calendars, only, placed_policies, placed_routes, routes_in, strangers
from supporttiers.process.named_vendors import NamedVendors, vendors_in
from supporttiers.process.plans import VendorPlan, plans_of
from supporttiers.process.wording import word_faults
from supporttiers.protocols import METHODS, AgentDirectory, Policy, methods_of
from supporttiers.tiers import WAIT_REASONS, MoveRules, Tier, TierKind
from supporttiers.words import MessageTemplate, NotificationRules
from supporttiers.words.book import WordBook

if TYPE_CHECKING:
    from supporttiers.diagrams import Ladder

__all__ = ["CompiledLimit", "Finding", "Ignore", "SupportProcess", "VendorPlan"]

_VALIDATOR: Final = "supporttiers.validator"
_REVISION_DIGITS: Final = 16
_LEFT_OPEN: Final = ("check.stuck", "check.waits_forever", "check.cycle_unlimited")
_TO_BEGIN_WITH: Final = "a process to begin with: which limits follow first contact is for the house to say"
_PRIORITIES: Final = attrs.fields_dict(Settings)["priorities"].default
_RULES: Final = tuple(field.name for field in attrs.fields(MoveRules))


def _judged_together(_cls: type, fields: "list[attrs.Attribute[Any]]") -> "list[attrs.Attribute[Any]]":
    """Keep the validators for the judgement of the whole: by themselves they would stop at the first fault."""
    return [field.evolve(validator=None, metadata={_VALIDATOR: field.validator}) for field in fields]


@attrs.frozen(kw_only=True, repr=False, field_transformer=_judged_together)
class SupportProcess(Settings):
    """
    How an organisation supports: its tiers, what may move where, what is due when, and who gets what.

    >>> process = SupportProcess(
    ...     name="two-lines",
    ...     tiers=[
    ...         Tier(level=1, name="First line", escalates_to=[2], time_limit="15m"),
    ...         Tier(level=2, name="Second line", hands_back_to=[1]),
    ...     ],
    ... )
    >>> [limit.name for limit in process.all_limits]
    ['tier 1']

    Attributes:
        name: Of the process; cases remember it.
        tiers: The tiers, in any order.
        calendars: Working hours to which the process, its tiers and limits refer by name, besides `24x7`.
        limits: Time limits, besides those that the tiers' `time_limit` and the contracts make.
        contracts: What is agreed with vendors, at most one with each.
        policies: Rules that are asked in this order; of most questions the first answer counts.
        cascades: What happens to the cases that link to a case.
        messages: The words in which people are told, by whom they are for, reason and language.
        texts: The texts of reasons in other languages: by language, and by the code of a reason.
        notifications: When and how often people are told.
        entry: Levels at which a case may be opened besides the lowest staffed one, or `any`. A vendor's tier below
            that one, named here, is where cases are opened for which nobody says where.
        moves: `listed`: only what tiers list; `any`: up to every higher and back to every lower tier.
        reopen_from: Ended statuses from which a case may be reopened.
        transfer_when: Statuses in which a case may change tier or team.
        resolve_when: Statuses from which a case may be resolved.
        wait_reasons: The process's own reasons for waiting, besides the built-in ones.
        calendar: Whose working time limits measure that name no other.
        priorities: From the lowest to the highest.
        default_priority: Of a case that is opened without one; None means the middle one, the lower of two.
        in_flight: `pin`: a case goes on with the process that it started with. `live`: limits, calendars and whom they
            tell are those of the newest revision, tiers and moves those that it started with.
        bounce_limit: How often a case may go to and fro between two places before management is told.
        link_kinds: The process's own kinds of links, besides the built-in ones.
        reply_resumes: Whether the requester's reply resumes a case that waits for the customer.
        reply_reopens: Whether the requester's reply reopens a resolved case.
        observes: Whether its rules only watch: what they would have done is recorded, and nothing is done or sent.
        ignore: Findings that `check` is not to give, because they are meant; they are no part of the revision.

    Raises:
        ProcessError: It does not hold together; every fault is listed, with its place.

    .. versionadded:: 0.1.0
    """

    tiers: tuple[Tier, ...] = attrs.field(converter=tuple_of)
    calendars: tuple[WorkingHours, ...] = attrs.field(default=(), converter=tuple_of)
    limits: tuple[TimeLimit, ...] = attrs.field(default=(), converter=tuple_of)
    contracts: tuple[VendorContract, ...] = attrs.field(default=(), converter=tuple_of)
    policies: tuple[Policy, ...] = attrs.field(default=(), converter=tuple_of)
    cascades: tuple[Cascade, ...] = attrs.field(default=(), converter=tuple_of)
    messages: tuple[MessageTemplate, ...] = attrs.field(default=(), converter=tuple_of)
    texts: Mapping[str, Mapping[str, str]] = attrs.field(factory=dict)
    notifications: NotificationRules = attrs.field(factory=NotificationRules)
    ignore: tuple[Ignore, ...] = attrs.field(default=(), converter=tuple_of)

    def __attrs_post_init__(self) -> None:
        """Judge the whole."""
        faults = [*self._setting_faults(), *self._member_faults()]
        broken = frozenset(fault.place.removeprefix("process.") for fault in faults)
        calendars = only(WorkingHours, self.calendars)
        whole = Whole(
            settings={field.name: getattr(self, field.name) for field in attrs.fields(Settings)},
            broken=broken | {"calendars"} if None in calendars else broken,
            calendars=[calendar.name for calendar in calendars if calendar],
            tiers=only(Tier, self.tiers),
            limits=only(TimeLimit, self.limits),
            contracts=only(VendorContract, self.contracts),
            routes=placed_routes(self.policies),
            cascades=only(Cascade, self.cascades),
            judged=placed_policies(self.policies),
        )
        faults += whole.faults()
        faults += word_faults(self.messages, self.texts, self.notifications, self.priorities)
        if not faults:
            faults += self._foreign_faults()
        if faults:
            raise error_of("process" if "name" in broken else self.name, faults)

    # -- made and written

    @classmethod
    def default(cls) -> Self:
        """Give the five textbook tiers, with 15 minutes for first contact."""
        return cls(
            name="support",
            entry=[0, 1],
            tiers=[
                Tier(level=0, name="Self-service", kind=TierKind.SELF_SERVICE, escalates_to=[1]),
                Tier(level=1, name="First contact", escalates_to=[2], time_limit="15m"),
                Tier(level=2, name="Technical support", escalates_to=[3], hands_back_to=[1]),
                Tier(level=3, name="Experts", escalates_to=[4], hands_back_to=[2, 1]),
                Tier(level=4, name="Vendor", kind=TierKind.VENDOR, vendor="vendor", hands_back_to=[3, 2]),
            ],
            ignore=[Ignore(code=code, reason=_TO_BEGIN_WITH) for code in _LEFT_OPEN],
        )

    @classmethod
    def from_toml(cls, path: "str | PathLike[str]", *, policies: Iterable[type[Any]] = ()) -> Self:
        """
        Read a process file.

        Args:
            path: Of a file in TOML, UTF-8, at most 1 MiB. Paths of calendar files in it lead on from its folder.
            policies: Classes of your own that the file may name, besides the built-in ones.

        Raises:
            ProcessError: It cannot be read, or is not valid; every fault is listed, with its place.
        """
        data = data_of(text_of(path), str(path))
        return cls._from_parts(read(data, policies=kinds_of(policies), folder=Path(path).parent), str(path))

    @classmethod
    def from_text(cls, text: str, *, source: str = "text", policies: Iterable[type[Any]] = ()) -> Self:
        """
        Read a process from TOML.

        Args:
            text: The TOML.
            source: What errors call it.
            policies: Classes of your own that it may name, besides the built-in ones.

        Raises:
            ProcessError: It is not valid; every fault is listed, with its place (line and column where it is no TOML).
        """
        return cls.from_data(data_of(text, source), source=source, policies=policies)

    @classmethod
    def from_data(cls, data: Mapping[str, object], *, source: str = "data", policies: Iterable[type[Any]] = ()) -> Self:
        """
        Read a process from tables and lists, as a TOML or JSON parser gives them.

        Args:
            data: Shaped as a process file.
            source: What errors call it.
            policies: Classes of your own that it may name, besides the built-in ones.

        Raises:
            ProcessError: It is not valid; every fault is listed, with its place.
        """
        return cls._from_parts(read(data, policies=kinds_of(policies)), source)

    @classmethod
    def from_json(cls, body: str, *, policies: Iterable[type[Any]] = ()) -> Self:
        """
        Read a process that a store kept.

        Args:
            body: As `to_json` wrote it.
            policies: Classes of your own that it may name. One that is not handed in comes back as what is known of
                it: it has no opinion, and the same revision.

        Raises:
            ProcessError: It was not written by `to_json`.
        """
        try:
            data = json.loads(body)
        except (TypeError, ValueError, RecursionError) as error:
            raise ProcessError("stored process", (Fault("", f"is no JSON: {error}"),)) from None
        return cls._from_parts(read(data, policies=kinds_of(policies), stored=True), "stored process")

    @classmethod
    def _from_parts(cls, parts: Parts, source: str) -> Self:
        routes = tuple((f"routes[{place}]", route) for place, route in enumerate(parts.routes) if route)
        apart = routes_in(parts.policies)
        whole = Whole(
            settings=parts.settings, broken=parts.broken, calendars=[*parts.calendars], tiers=parts.tiers,
            limits=parts.limits, contracts=parts.contracts, routes=(*routes, *apart), cascades=parts.cascades,
            judged=placed_policies(parts.policies),
        )  # fmt: skip
        priorities = () if "priorities" in parts.broken else parts.settings.get("priorities", _PRIORITIES)
        words = word_faults(parts.messages, parts.texts, parts.notifications, priorities)
        faults = [*parts.faults, *whole.faults(), *words]
        if faults:
            raise error_of(source, faults)
        rules = (RouteByRules(route for _, route in routes),) if routes else ()
        return cls(
            **parts.settings, calendars=parts.calendars.values(), tiers=parts.tiers, limits=parts.limits,
            contracts=parts.contracts, policies=(*rules, *parts.policies), cascades=parts.cascades,
            messages=parts.messages, texts=parts.texts, notifications=parts.notifications or NotificationRules(),
            ignore=parts.ignore,
        )  # fmt: skip

    def to_data(self) -> dict[str, Any]:
        """
        Give the process in the shape of its file.

        Returns:
            Tables, lists, texts and numbers; `from_data` makes an equal process of it, given the classes of policies
            that are not built in.
        """
        data: dict[str, Any] = {
            "process": table_from(self, Settings),
            "calendars": calendars_data(self.calendars),
            "tiers": data_from(self.tiers),
            "limits": data_from(self.limits),
            "contracts": data_from(self.contracts),
            **self._policies_data(),
            "cascades": data_from(self.cascades),
            "messages": data_from(self.messages),
            "texts": data_from(self.texts),
            "notifications": {} if self.notifications == NotificationRules() else data_from(self.notifications),
            "check": {"ignore": data_from(self.ignore)} if self.ignore else {},
        }
        return {section: content for section, content in data.items() if content}

    def _policies_data(self) -> dict[str, Any]:
        match self.policies:
            case (RouteByRules(routes=routes), *others):
                return {"routes": data_from(routes), "policies": [described(policy) for policy in others]}
        return {"policies": [described(policy) for policy in self.policies]}

    def to_json(self) -> str:
        """Give the process as JSON, for a store, without its words and what a check ignores; `from_json` reads it."""
        return json.dumps(self._deciding())

    def _deciding(self) -> dict[str, Any]:
        """Give what decides: all but what is said, which is always that of the process at hand, and what is checked."""
        return {section: content for section, content in self.to_data().items() if section not in UNDECIDING}

    @cached_property
    def revision(self) -> str:
        """
        The first 16 hexadecimal digits of the SHA-256 of its data, without its words.

        What is said to whom decides nothing about a case: words are always those of the process at hand.
        """
        body = json.dumps(canonical(self._deciding()), sort_keys=True, separators=(",", ":"))
        return sha256(body.encode()).hexdigest()[:_REVISION_DIGITS]

    def __hash__(self) -> int:
        """Hash it by its revision, which is made once."""
        return hash((self.name, self.revision))

    def __repr__(self) -> str:
        """Name it, its tiers and its revision."""
        levels = ", ".join(str(tier.level) for tier in self.tiers)
        return f"SupportProcess(name={self.name!r}, tiers={levels}, revision={self.revision!r})"

    # -- compiled, each at its first use

    @cached_property
    def rules(self) -> MoveRules:
        """What is allowed between tiers, beyond what each tier names for itself."""
        return MoveRules(**{name: getattr(self, name) for name in _RULES})

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Every move that is allowed."""
        return rows_of(self.tiers, self.rules)

    @cached_property
    def table(self) -> MoveTable:
        """Every move that is allowed, ready to fire."""
        return move_table(self.rows)

    @cached_property
    def tiers_by_level(self) -> Mapping[int, Tier]:
        """The tiers by their levels."""
        return {tier.level: tier for tier in self.tiers}

    @cached_property
    def default_priority_name(self) -> str:
        """The priority of a case that is opened without one."""
        return self.default_priority or self.priorities[(len(self.priorities) - 1) // 2]

    @cached_property
    def all_limits(self) -> tuple[TimeLimit, ...]:
        """Every limit in process order: those that tiers make, then the process's own, then those of contracts."""
        made = (limit_of_tier(tier.level, tier.time_limit) for tier in self.tiers if tier.time_limit)
        return (*made, *self.limits, *(limit for contract in self.contracts for limit in contract.limits))

    @cached_property
    def compiled_limits(self) -> tuple[CompiledLimit, ...]:
        """The same limits in the same order, with their conditions as functions of a case."""
        return tuple(
            CompiledLimit.of(limit, self._calendar_for(limit), self, self._vendor_levels) for limit in self.all_limits
        )

    @cached_property
    def _vendor_levels(self) -> tuple[int, ...]:
        return tuple(tier.level for tier in self.tiers if tier.kind is TierKind.VENDOR)

    @cached_property
    def limit_places(self) -> Mapping[str, int]:
        """The place of each limit in process order, by name."""
        return {limit.name: place for place, limit in enumerate(self.all_limits)}

    @cached_property
    def contracts_by_vendor(self) -> Mapping[str, VendorContract]:
        """The contracts by the names of their vendors."""
        return {contract.vendor: contract for contract in self.contracts}

    @cached_property
    def covers(self) -> Mapping[str, Predicate]:
        """What contracts cover, by vendor, as functions of a case; a vendor whose contract covers all is left out."""
        return {
            contract.vendor: contract.covers.compile(self.priorities)
            for contract in self.contracts
            if contract.covers is not None
        }

    @cached_property
    def vendor_plans(self) -> Mapping[str, VendorPlan]:
        """
        What the process's plan asks of each vendor's gateway, by the vendor's name.

        Ask `plans.problems_of(plan, capabilities, statuses)` about each when a desk is built, with what the gateway
        can do (`protocols.capabilities_of`) and its `statuses`, where it says them: what it answers are the texts of
        faults. Vendors that only a policy chooses have a plan where a contract, a limit or a tier names them.
        """
        return plans_of(self.name, tiers=self.tiers, contracts=self.contracts, limits=self.limits)

    @cached_property
    def named_vendors(self) -> NamedVendors:
        """The vendors that tiers, policies, contracts and limits name; a policy of one's own may know others."""
        return vendors_in(self.tiers, self.contracts, self.limits, self.policies)

    @cached_property
    def calendars_by_name(self) -> Mapping[str, WorkingHours]:
        """The calendars to which its parts refer, `24x7` included."""
        return {ALWAYS_OPEN: WorkingHours.always(), **{calendar.name: calendar for calendar in self.calendars}}

    def _calendar_for(self, limit: TimeLimit) -> WorkingHours:
        """Give the limit's own, else that of the tier that it measures, else the process's."""
        of_tier = None if limit.tier is None else self.tiers_by_level[limit.tier].calendar
        return self.calendars_by_name[limit.calendar or of_tier or self.calendar]

    @cached_property
    def _asked(self) -> Mapping[str, tuple[Any, ...]]:
        ready = [resolved(policy, self.priorities) for policy in self.policies]
        return {method: tuple(each for each in ready if method in methods_of(each)) for method in METHODS}

    @cached_property
    def cascades_by_event(self) -> Mapping[type[Event], Sequence[tuple[Cascade, Predicate]]]:
        """The cascades by what sets them off, with their conditions as functions of a case."""
        return by_event(self.cascades, self.priorities)

    @cached_property
    def lasting_needs(self) -> tuple[str, ...]:
        """The facts that a case keeps: of which its limits and cascades speak, and those that decide targets."""
        named = [fact for limit in self.all_limits for match in limit.conditions for fact in facts_in(match)]
        named += [fact for each in self.cascades for match in (each.when, each.among) for fact in facts_in(match)]
        return tuple(dict.fromkeys((*named, *(fact for each in self.asked("target") for fact in needs_of(each)))))

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """Every fact that the process needs from outside."""
        asked = [fact for contract in self.contracts for fact in facts_in(contract.covers)]
        asked += [fact for policies in self._asked.values() for each in policies for fact in needs_of(each)]
        return tuple(dict.fromkeys((*self.lasting_needs, *asked)))

    @cached_property
    def words(self) -> WordBook:
        """Its words, ready to be written."""
        return WordBook(self.messages, self.texts, self.notifications)

    # -- renewed

    def renewed_by(self, newest: "SupportProcess") -> "SupportProcess":
        """
        Give the process by which a case goes on that started with this one, where its process is `live`.

        Limits, calendars, priorities and what decides targets are those of the newest revision; tiers, moves and all
        other policies stay those with which the case started.

        Raises:
            ProcessError: The newest limits do not fit the tiers of this revision.
        """
        at = newest.tiers_by_level
        tiers = [
            attrs.evolve(tier, time_limit=at[tier.level].time_limit, calendar=at[tier.level].calendar)
            if tier.level in at
            else attrs.evolve(tier, time_limit=None)
            for tier in self.tiers
        ]
        kept = [policy for policy in self.policies if "target" not in methods_of(policy)]
        targets = [policy for policy in newest.policies if methods_of(policy) == ("target",)]
        pinned = {name: getattr(self, name) for name in (*_RULES, "bounce_limit", "link_kinds", "cascades")}
        return attrs.evolve(newest, tiers=tiers, policies=[*kept, *targets], **pinned)

    # -- asked

    def tier_at(self, level: int) -> Tier:
        """
        Give the tier of a level.

        Raises:
            KeyError: There is none.
        """
        return self.tiers_by_level[level]

    def calendar_of(self, limit: str) -> WorkingHours:
        """
        Give whose working time a limit measures.

        It is the calendar that the limit names, else that of the tier that it measures, else the process's. Of a limit
        that the process does not know it is the process's.

        Source: rule 16 of docs/explanation/time.md.
        """
        place = self.limit_places.get(limit)
        return self.calendars_by_name[self.calendar] if place is None else self.compiled_limits[place].calendar

    def needed_at(self, fact: str) -> tuple[str, ...]:
        """Give the places of the limits and policies that need a fact."""
        own = [
            f"limits[{place}]"
            for place, limit in enumerate(self.limits)
            if any(fact in facts_in(match) for match in limit.conditions)
        ]
        own += [
            f"contracts[{place}]" for place, contract in enumerate(self.contracts) if fact in facts_in(contract.covers)
        ]
        routed = bool(self.policies) and isinstance(self.policies[0], RouteByRules)
        places = ["routes", *(f"policies[{place}]" for place in range(len(self.policies)))]
        placed = zip(places[0 if routed else 1 :], self.policies, strict=False)
        return (*own, *(place for place, policy in placed if fact in needs_of(policy)))

    def asked(self, method: str) -> tuple[Any, ...]:
        """Give the policies that have an answer to one of `METHODS`, in order."""
        return self._asked[method]

    def check(
        self, *, now: datetime | None = None, directory: AgentDirectory | None = None, with_ignored: bool = False
    ) -> tuple[Finding, ...]:
        """
        Find what is probably wrong with it, though it is valid: dead ends, contradictions, and what never happens.

        >>> lonely = SupportProcess(name="lonely", tiers=[Tier(level=1, name="One")])
        >>> [(found.code, found.place, str(found.severity)) for found in lonely.check()]
        [('check.stuck', 'tiers[0]', 'error')]

        Args:
            now: Aware. With it what holds not for long is found, too, such as holidays that end within 90 days; and
                closures that are over are not.
            directory: Who works where; with it teams without anybody are found, too, and roles that nobody has.
            with_ignored: Whether what `ignore` names is given, too.

        Returns:
            What was found, by subject; empty when there is nothing. It says only what it is sure of: what depends on
            code of your own is not judged.

        Raises:
            PluginError: The directory does not know who works where, or has to be awaited.

        .. versionadded:: 0.1.0
        """
        from supporttiers.process._checks import findings_of  # noqa: PLC0415 - a desk that runs does without

        found = findings_of(self, self._world, now, directory)
        return tuple(each for each in found if with_ignored or not any(known.covers(each) for known in self.ignore))

    @cached_property
    def _world(self) -> World:
        return World(
            levels=tuple(self.tiers_by_level), vendor_levels=self._vendor_levels, priorities=self.priorities,
            wait_reasons=(*WAIT_REASONS, *self.wait_reasons), has_targets=bool(self.asked("target")),
        )  # fmt: skip

    def diagram(self, *, format: str = "mermaid") -> str:  # noqa: A002 - what everybody calls it
        """
        Draw it: tiers as lanes, what may move where, limits with their thresholds, and for whom cases wait.

        >>> print(SupportProcess.default().diagram().splitlines()[3])
        stateDiagram-v2

        Args:
            format: `mermaid`: text that GitHub, GitLab and most tools for documentation draw. `svg`: an `<svg>`
                element, which can stand in a page or be a file, and needs no other program. `html`: a page with it.

        Returns:
            The same text for the same process.

        Raises:
            InputError: There is no such format.
        """
        from supporttiers.diagrams import FORMATS, drawing  # noqa: PLC0415 - only who draws loads what draws

        if format not in FORMATS:
            raise InputError("", "format", f"is {str(format)[:40]!r}; possible are: {', '.join(FORMATS)}")
        return drawing(format, self.ladder(), tiers=self.tiers, rows=self.rows)

    def ladder(self) -> "Ladder":
        """
        List what its time limits do, threshold by threshold: after how much of whose working time, and who is told.

        >>> [(row.limit, row.threshold, row.does) for row in SupportProcess.default().ladder().rows]
        [('tier 1', '100%', ('escalate',))]

        Returns:
            Rows to read; `str()` of it is a table for the terminal, `to_svg()` and `to_html()` are for a page.

        .. versionadded:: 0.1.0
        """
        from supporttiers.diagrams import Ladder  # noqa: PLC0415 - as above

        found = ((each.limit, each.thresholds, each.calendar.name) for each in self.compiled_limits)
        return Ladder.of(self.name, tiers=self.tiers, limits=found)

    # -- watched

    def observing(self) -> "SupportProcess":
        """
        Give the same process with rules that only watch, for a pilot, a replay or a question of what if.

        Limits run and thresholds are reached, policies are asked; what they would have done is recorded, and nothing
        is done or sent by itself. What is said to have happened is recorded, even where the process forbids it, and
        its refusal beside it.

        >>> process = SupportProcess.default().observing()
        >>> process.observes, process.observing() == process
        (True, True)

        Returns:
            A process of the same name and another revision; in its file it says `observes = true`.
        """
        return self._observing

    @cached_property
    def _observing(self) -> "SupportProcess":
        return self if self.observes else attrs.evolve(self, observes=True)

    # -- judged

    def _setting_faults(self) -> list[Fault]:
        """Ask the fields' own validators, all of them."""
        faults = []
        for field in attrs.fields(type(self)):
            try:
                if field.metadata[_VALIDATOR]:
                    field.metadata[_VALIDATOR](self, field, getattr(self, field.name))
            except PolicyConfigError as error:
                faults.append(Fault(f"process.{field.name}", error.problem))
        return faults

    def _member_faults(self) -> list[Fault]:
        """Find what is no tier, limit or policy at all."""
        kinds = (
            ("calendars", WorkingHours), ("tiers", Tier), ("limits", TimeLimit), ("contracts", VendorContract),
            ("cascades", Cascade),
        )  # fmt: skip
        faults = [fault for name, kind in kinds for fault in strangers(name, getattr(self, name), kind)]
        faults += strangers("check.ignore", self.ignore, Ignore)
        faults += doubled_calendars(only(WorkingHours, self.calendars))
        policies: object = self.policies
        if not isinstance(policies, tuple):
            return [*faults, Fault("policies", f"must be a collection of policies, not {type_name(policies)}")]
        return [*faults, *(fault for place, policy in enumerate(policies) for fault in policy_faults(policy, place))]

    def _foreign_faults(self) -> list[Fault]:
        """Find what no file could hold, so that a process built here can be stored and read again."""
        return list(foreign_faults(self.to_data()))
