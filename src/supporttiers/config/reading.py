"""From plain data to the parts of a process, with every fault at its place."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import attrs

from supporttiers._fields import PARTS, WORD, WORDS, nearest, type_name
from supporttiers.calendars import WorkingHours
from supporttiers.config.calendars import calendars_of
from supporttiers.config.files import foreign_faults, joined, members
from supporttiers.config.settings import Settings, StoredPolicy
from supporttiers.contracts import VendorContract
from supporttiers.decisions import Destination
from supporttiers.errors import Fault, InputError, PolicyConfigError
from supporttiers.findings import Ignore
from supporttiers.limits import ANY_PRIORITY, Threshold, TimeLimit
from supporttiers.match import Match
from supporttiers.policies.cascades import Cascade
from supporttiers.policies.routing import Route
from supporttiers.tiers import Tier
from supporttiers.words import MessageTemplate, NotificationRules

_T = TypeVar("_T")
_Attribute: TypeAlias = Any
"""A field of an attrs class. Its own type is generic for type checkers alone: hints of it could not be read."""

_MAX_UNKNOWN: Final = 50
UNDECIDING: Final = ("messages", "texts", "notifications", "check")
"""What is said, and what a check leaves out: it decides nothing."""
_SECTIONS: Final = (
    "process",
    "calendars",
    "tiers",
    "limits",
    "contracts",
    "routes",
    "policies",
    "cascades",
    *UNDECIDING,
)


@attrs.frozen(kw_only=True)
class Parts:
    """
    What stands in a file.

    Attributes:
        settings: The `[process]` table; what could not be read is left out.
        broken: The settings that could not be read, and the fields that some tier or limit lacks for that reason:
            `tiers.kind`, `limits.start`.
        calendars: By name; None stands for one that could not be read.
        tiers: In order; None stands for one that could not be read, here and below. One of which only some fields could
            not be read stands without them: there is a fault then, so that it is used for judging only.
        limits: In order.
        contracts: In order.
        routes: In order.
        policies: In order, after the routes.
        cascades: In order.
        messages: In order.
        texts: By language and code, as they stand there.
        notifications: None stands for what could not be read.
        ignore: What a check is not to give, in order.
        faults: What was wrong.
    """

    settings: Mapping[str, Any] = attrs.field(factory=dict)
    broken: frozenset[str] = frozenset()
    calendars: Mapping[str, WorkingHours | None] = attrs.field(factory=dict)
    tiers: tuple[Tier | None, ...] = (None,)
    limits: tuple[TimeLimit | None, ...] = ()
    contracts: tuple[VendorContract | None, ...] = ()
    routes: tuple[Route | None, ...] = ()
    policies: tuple[Any, ...] = ()
    cascades: tuple[Cascade | None, ...] = ()
    messages: tuple[MessageTemplate | None, ...] = ()
    texts: Any = attrs.field(factory=dict)
    notifications: NotificationRules | None = None
    ignore: tuple[Ignore | None, ...] = ()
    faults: tuple[Fault, ...] = ()


def read(
    data: object, *, policies: Mapping[str, Sequence[type[Any]]], stored: bool = False, folder: Path = Path()
) -> Parts:
    """
    Read the parts of a process.

    Args:
        data: What a TOML parser gives; also what `SupportProcess.to_data` gave.
        policies: The classes of policies that may be named, by name; the newest revision first.
        stored: Whether it comes from a store: a policy that is not known is then described.
        folder: From which paths in it lead on.

    Returns:
        The parts that could be read, and every fault of the others with its place.
    """
    if not isinstance(data, Mapping):
        return Parts(faults=(Fault("", f"must be a table, not {type_name(data)}"),))
    if foreign := tuple(foreign_faults(data)):
        return Parts(faults=foreign)
    reader = TableReader()
    reader.check_keys(data, _SECTIONS, "")
    table = data.get("process", {})
    settings = reader.values(Settings, table, "process")
    told = table.keys() if isinstance(table, Mapping) else attrs.fields_dict(Settings).keys()
    tiers = reader.parts(Tier, data.get("tiers", ()), "tiers")
    uncertain = {f"tiers.{field}" for field in reader.broken}
    hours = data.get("calendars", {})
    calendars = dict(calendars_of(reader, hours, folder))
    unclear = set() if isinstance(hours, Mapping) else {"calendars"}
    limits = reader.parts(TimeLimit, data.get("limits", ()), "limits")
    uncertain |= {f"limits.{field}" for field in reader.broken}
    before = len(reader.faults)
    found = tuple(reader.policies(data.get("policies", ()), policies, stored=stored))
    unclear |= {"policies"} if len(reader.faults) > before else set()
    return Parts(
        settings=settings,
        broken=frozenset((told - settings.keys()) | uncertain | unclear),
        calendars=calendars,
        tiers=tiers,
        limits=limits,
        contracts=reader.parts(VendorContract, data.get("contracts", ()), "contracts"),
        routes=reader.parts(Route, data.get("routes", ()), "routes"),
        policies=found,
        cascades=reader.parts(Cascade, data.get("cascades", ()), "cascades"),
        messages=reader.parts(MessageTemplate, data.get("messages", ()), "messages"),
        texts=data.get("texts", {}),
        notifications=reader.part(NotificationRules, data.get("notifications", {}), "notifications"),
        ignore=reader.ignored(data.get("check", {})),
        faults=tuple(reader.faults),
    )


def read_tables(
    data: Mapping[str, object], kinds: Mapping[str, type[Any]]
) -> tuple[Mapping[str, tuple[Any, ...]], list[Fault]]:
    """
    Read a file of another kind, made of lists of tables.

    Args:
        data: What a TOML parser gives.
        kinds: Of each section the class of its members.

    Returns:
        The members of each section, None for one that could not be read; and every fault with its place.
    """
    if foreign := list(foreign_faults(data)):
        return dict.fromkeys(kinds, (None,)), foreign
    reader = TableReader()
    reader.check_keys(data, tuple(kinds), "")
    found = {section: reader.parts(kind, data.get(section, ()), section) for section, kind in kinds.items()}
    return found, reader.faults


@attrs.define
class TableReader:
    """
    Reads parts, and collects the faults of those that cannot be read.

    Attributes:
        faults: What was wrong so far.
        broken: The fields of tiers and limits that could not be read, in any of them.
    """

    faults: list[Fault] = attrs.field(factory=list)
    broken: set[str] = attrs.field(factory=set)

    def fault(self, place: str, problem: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(place, problem))

    def check_keys(self, data: Mapping[str, object], known: Sequence[str], place: str) -> None:
        """Refuse unknown keys, with the one that was probably meant."""
        for key in sorted(data.keys() - set(known))[:_MAX_UNKNOWN]:
            near = nearest(key, known)
            hint = f"did you mean {near!r}? " if near else ""
            if place == "process" and key in _fields_of(NotificationRules):
                hint = "it stands in [notifications]; "
            self.fault(joined(place, key), f"is not known here; {hint}possible are: {', '.join(known)}")

    def values(self, kind: type, data: object, place: str) -> dict[str, Any]:
        """Read a table field by field; what cannot be read is left out."""
        if not isinstance(data, Mapping):
            self.fault(place, f"must be a table, not {type_name(data)}")
            return {}
        known = _fields_of(kind)
        self.check_keys(data, tuple(known), place)
        found = {}
        for key, field in known.items():
            before = len(self.faults)
            if key in data:
                found[key] = self._reader_of(field)(field, data[key], joined(place, key))
            elif field.default is attrs.NOTHING:
                self.fault(joined(place, key), "is missing")
            if len(self.faults) > before:
                found.pop(key, None)
        return found

    def _reader_of(self, field: _Attribute) -> Callable[[_Attribute, object, str], Any]:
        """Find how a field is read: by its name, or by the parts that it says it is made of."""
        if PARTS in field.metadata:
            return self.several
        if WORD in field.metadata:
            return self.plain
        reader: Callable[[_Attribute, object, str], Any]
        reader = getattr(self, _READERS.get(field.name, "plain"))
        return reader

    def several(self, field: _Attribute, value: object, place: str) -> object:
        """Read a list of tables, of the class that the field names."""
        found = self.parts(field.metadata[PARTS], value, place)
        return None if None in found else self.plain(field, found, place)

    def part(self, kind: type[_T], data: object, place: str) -> _T | None:
        """Read a table; None if a field of it cannot be read."""
        values = self.values(kind, data, place)
        fields = _fields_of(kind)
        told = data if isinstance(data, Mapping) else fields
        broken = {
            key
            for key, field in fields.items()
            if key not in values and (key in told or field.default is attrs.NOTHING)
        }
        if broken:
            if kind not in _STAND_INS or not broken.isdisjoint({"level", "to"}):
                return None
            values = self._stand_in(kind, values, broken, place)
        try:
            return kind(**values)
        except PolicyConfigError as error:
            self.fault(joined(place, error.field.partition(".")[2]), error.problem)
            return None

    def _stand_in(self, kind: type, values: dict[str, Any], broken: set[str], place: str) -> dict[str, Any]:
        """Leave the broken fields out, so that the rest of the process can still be judged."""
        self.broken |= broken
        left_out = broken.union(*(_TOGETHER.get(field, ()) for field in broken))
        sound = {key: value for key, value in values.items() if key not in left_out}
        return {**({} if kind is Route else {"name": place}), **_STAND_INS[kind], **sound}

    def parts(self, kind: type[_T], data: object, place: str) -> tuple[_T | None, ...]:
        """Read a list of tables; None in place of each that has a fault, and of a list that is none."""
        before = len(self.faults)
        found = [self.part(kind, item, where) for where, item in self.items(data, place, "tables")]
        return tuple(found) if found or len(self.faults) == before else (None,)

    def ignored(self, data: object) -> tuple[Ignore | None, ...]:
        """Read what a check is not to give."""
        if not isinstance(data, Mapping):
            self.fault("check", f"must be a table, not {type_name(data)}")
            return ()
        self.check_keys(data, ("ignore",), "check")
        return self.parts(Ignore, data.get("ignore", ()), "check.ignore")

    def items(self, data: object, place: str, what: str) -> list[tuple[str, Any]]:
        """Give the members of a list with their places; nothing if it is none."""
        if isinstance(data, list | tuple):
            return members(place, data)
        self.fault(place, f"must be a list of {what}, not {type_name(data)}")
        return []

    def plain(self, field: _Attribute, value: object, place: str) -> Any:  # noqa: ANN401 - of many types
        """Read one value with the converter and validator of its field."""
        try:
            convert: Any = field.converter or _unchanged
            converted = convert(value)
            validate: Any = field.validator or _valid
            validate(None, field, converted)
        except (PolicyConfigError, InputError) as error:  # the second of what is handed in from Python, too
            self.fault(place, error.problem)
            return None
        return converted

    def destination(self, _field: object, value: object, place: str) -> Destination | None:
        """Read where a route leads."""
        return self.part(Destination, value, place)

    def target(self, field: _Attribute, value: object, place: str) -> object:
        """Read a duration, or one for each priority, each fault at its own place."""
        if not isinstance(value, Mapping) or not value:
            return self.plain(field, value, place)
        found: dict[str, Any] = {}
        for priority, duration in value.items():
            found |= self.plain(field, {priority: duration}, joined(place, priority)) or {}
        return found

    def thresholds(self, field: _Attribute, value: object, place: str) -> object:
        """Read the points on a limit's way."""
        found = self.parts(Threshold, value, place)
        return found if None in found else self.plain(field, found, place)

    def actions(self, field: _Attribute, value: object, place: str) -> object:
        """Read what a threshold does, each action at its own place."""
        found: list[Any] = [self.plain(field, [item], where) for where, item in self.items(value, place, "texts")]
        return None if None in found else self.plain(field, [action for [action] in found], place)

    def match(self, field: _Attribute, value: object, place: str) -> Match | str | None:
        """Read a condition, each field of it at its own place; or a word that may stand in its place."""
        if isinstance(value, str) and value in field.metadata.get(WORDS, ()):
            return value
        before = len(self.faults)
        self._match_parts(value, place)
        return None if len(self.faults) > before else Match.from_data(value)

    def _match_parts(self, value: object, place: str) -> None:
        if not isinstance(value, Mapping):
            self.fault(place, f"must be a table of fields, not {type_name(value)}")
            return
        for key, item in value.items():
            where = joined(place, key)
            if key in {"all", "any"}:
                for inner_place, inner in self.items(item, where, "conditions"):
                    self._match_parts(inner, inner_place)
                continue
            try:
                Match.from_data({key: item})
            except PolicyConfigError as error:
                self.fault(where, error.problem)

    def policies(self, data: object, known: Mapping[str, Sequence[type[Any]]], *, stored: bool) -> Iterator[Any]:
        """Read policies by the names of their classes; None for each that cannot be read."""
        for place, item in self.items(data, "policies", "tables"):
            use = item.get("use") if isinstance(item, Mapping) else None
            if not isinstance(use, str):
                self.fault(place, "must be a table with `use`, the name of a policy")
                yield None
                continue
            kinds = known.get(use)
            if kinds:
                yield self._policy(kinds, item, place)
            elif stored:
                yield self._described_policy(item, place)
            else:
                yield None
                listed = ", ".join(sorted(known))
                problem = f"{use[:80]!r} is not known; possible are: {listed}"
                self.fault(f"{place}.use", f"{problem}; hand in classes of your own with policies=")

    def _policy(self, kinds: Sequence[type[Any]], item: Mapping[str, object], place: str) -> Any:  # noqa: ANN401
        """Make a policy; of several revisions the one that is named, else the newest."""
        kind = next((kind for kind in kinds if kind.revision == item.get("revision")), kinds[0])
        said = {key: value for key, value in item.items() if key not in _OF_EVERY_POLICY}
        try:
            return self.part(kind, said, place) if attrs.has(kind) else kind(**said)
        except (PolicyConfigError, TypeError, ValueError) as error:
            self.fault(place, f"{kind.__name__} cannot be made of it: {error}")
            return None

    def _described_policy(self, item: Mapping[str, Any], place: str) -> StoredPolicy | None:
        said = {key: value for key, value in item.items() if key not in _OF_EVERY_POLICY}
        try:
            return StoredPolicy(
                name=item["use"], revision=item.get("revision", 0), answers=item.get("answers", ()), fields=said
            )
        except PolicyConfigError as error:
            self.fault(joined(place, error.field.partition(".")[2]), error.problem)
            return None


_OF_EVERY_POLICY: Final = ("use", "revision", "answers")


def _fields_of(kind: Any) -> Mapping[str, _Attribute]:  # noqa: ANN401 - any attrs class
    return attrs.fields_dict(kind)


def _unchanged(value: object) -> object:
    return value


def _valid(_instance: object, _field: object, _value: object) -> None:
    return None


_READERS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("when", "among", "start", "pause", "resume", "stop", "reset", "cancel", "unless", "urgent", "covers"), "match"
    ),
    **dict.fromkeys(("target", "acknowledge", "update", "resolve"), "target"),
    "thresholds": "thresholds",
    "do": "actions",
    "to": "destination",
}
"""How fields are read that are more than one value, by their name."""

_STAND_INS: Final[Mapping[type, Mapping[str, Any]]] = {
    Tier: {},
    TimeLimit: {"target": {ANY_PRIORITY: timedelta(hours=1)}},
    Route: {"when": Match(kind="incident")},
}
"""What stands in for fields that a part cannot do without; its place stands in for its name."""

_TOGETHER: Final[Mapping[str, Sequence[str]]] = {
    "kind": ("vendor",),
    "vendor": ("kind", "measures"),
    "escalates_to": ("time_limit",),
    "tier": ("measures",),
    "measures": ("tier", "vendor", "satisfied_by", "pause_while_vendor"),
    "satisfied_by": ("measures",),
}
"""Fields that are judged together: where one is broken, nothing can be said of the other."""
