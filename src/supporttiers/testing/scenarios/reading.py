"""From TOML to scenarios, with every fault at its place."""

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import nearest, type_name
from supporttiers.actors import Actor, ActorKind
from supporttiers.config.files import foreign_faults, joined
from supporttiers.config.monitors import match_of, placed_monitors, told_of
from supporttiers.config.reading import TableReader
from supporttiers.desk import SupportDesk
from supporttiers.errors import Fault, InputError, PluginError, PolicyConfigError, ProcessError
from supporttiers.links import Attachment
from supporttiers.match import FIELDS, Match
from supporttiers.monitors import Monitor
from supporttiers.policies import kinds_of
from supporttiers.process import SupportProcess
from supporttiers.testing._given import taken_by
from supporttiers.testing.doubles import Says
from supporttiers.testing.naming import problem_of_reason
from supporttiers.testing.scenarios.names import Names
from supporttiers.testing.scenarios.parts import Expected, Script, Setting, Step, Then
from supporttiers.testing.stories import VERBS, Story
from supporttiers.testing.times import instant_at, zone_of

SETTING: Final = (
    "title", "process", "start", "zone", "directory", "vendors", "facts", "never", "always", "policies", "plugins",
)  # fmt: skip
STEP: Final = ("at", "do", "case", "then")
THEN: Final = ("path", "told", "not_told", "refused")
DOINGS: Final = ("open", *VERBS, "vendor_says")
MAX_STEPS: Final = 1000
MAX_SCENARIOS: Final = 500
_COMMON: Final = "scenario"
_START: Final = "2026-01-05 09:00"
_SECTIONS: Final = ("scenario", "steps", "scenarios")
_OF_THE_STEP: Final = frozenset({"id", "process", "at", "expected_version", "idempotency_key"})
_SCRIPT: Final = tuple(field.name for field in attrs.fields(Script) if field.name != "vendor")
_COUNTS: Final = ("failures", "lost", "silent")
_ACTOR: Final = ("id", "kind", "roles")
_TELLING: Final = ("after", "before")
_INSTANTS: Final = ("until", "occurred_at")


def keys_of(doing: str) -> tuple[str, ...]:
    """Give what a step may say besides, by what it does: as the verb of the desk takes it."""
    if not doing:
        return ()
    if doing == "vendor_says":
        return ("status", "ticket")
    return tuple(name for name in taken_by(doing) if name not in _OF_THE_STEP)


def needed_by(doing: str) -> tuple[str, ...]:
    """Give what a step must say of these keys, besides who does it."""
    if doing in {"", "open"}:
        return ()
    parameters = inspect.signature(getattr(Story if doing == "vendor_says" else SupportDesk, doing)).parameters
    return tuple(
        name
        for name, parameter in parameters.items()
        if name not in {"self", "case", "by"}
        and parameter.default is parameter.empty
        and parameter.kind in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}
    )


@attrs.frozen(kw_only=True)
class Read:
    """One scenario, as it was read."""

    title: str
    setting: Setting
    steps: tuple[Step, ...]


class Reader:
    """Reads the scenarios of one file."""

    def __init__(
        self, folder: Path, *, process: "SupportProcess | str | Path | None", policies: Iterable[type[Any]]
    ) -> None:
        """
        Begin without faults.

        Args:
            folder: From which paths lead on.
            process: For scenarios that name none.
            policies: Classes of policies of your own, which process files may name.
        """
        self._folder = folder
        self._process = process
        self._policies = tuple(policies)
        self._kept: dict[tuple[str, tuple[type[Any], ...]], SupportProcess | None] = {}
        self._tables = TableReader()
        self._known: Names  # in the scenario that is being read

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What was wrong so far."""
        return tuple(self._tables.faults)

    def read(self, data: Mapping[str, Any]) -> tuple[Read, ...]:
        """Read all scenarios of a file; what cannot be read is left out, and is a fault."""
        self._tables.faults += foreign_faults(data)
        if self._tables.faults:
            return ()
        self._tables.check_keys(data, _SECTIONS, "")
        common = self._table(data.get("scenario", {}), _COMMON)
        self._tables.check_keys(common, SETTING, _COMMON)
        if "scenarios" not in data:
            return self._several(common, [({}, _COMMON, data.get("steps", ()), "steps")])
        if "steps" in data:
            self._fault("steps", "stands beside `scenarios`, of which each has steps of its own; say one of both")
        found = [(place, self._table(each, place)) for place, each in self._items(data, "", "scenarios", MAX_SCENARIOS)]
        if not found and not self._tables.faults:
            self._fault("scenarios", "is empty; a file without scenarios says nothing")
        own = [(_without(each, "steps"), place, each.get("steps", ()), f"{place}.steps") for place, each in found]
        for table, place, _, _ in own:
            self._tables.check_keys(table, SETTING, place)
        return self._several(common, own)

    def _several(
        self, common: Mapping[str, Any], tables: Sequence[tuple[Mapping[str, Any], str, Any, str]]
    ) -> tuple[Read, ...]:
        found: dict[str, Read] = {}
        for own, place, steps, where in tables:
            table, before = {**common, **own}, len(self._tables.faults)
            title = self._text(table, "title", place, default=f"scenario {len(found) + 1}")
            if problem := fields.name(title):
                self._fault(f"{place}.title", problem)
            if title in found:
                self._fault(f"{place}.title", f"{title!r} is the title of an earlier scenario, too")
            setting = self._setting(table, place, steps)
            self._tell_once(before, place, own)
            if setting is not None:
                found[title] = Read(title=title, setting=setting, steps=self._steps(steps, where, setting, title))
        return tuple(found.values())

    def _tell_once(self, before: int, place: str, own: Mapping[str, Any]) -> None:
        """Place faults of what several scenarios have in common where that stands, and tell each once."""
        for fault in self._tables.faults[before:]:
            within = fault.place[len(place) + 1 :]
            if re.split(r"\W", within, maxsplit=1)[0] not in own:
                self._tables.faults.remove(fault)
                common = Fault(f"{_COMMON}.{within}", fault.problem)
                self._tables.faults += [] if common in self._tables.faults else [common]

    # -- the setting

    def _setting(self, table: Mapping[str, Any], place: str, steps: object) -> Setting | None:
        policies = (*self._policies, *self._imported(table, place))
        process = self._process_of(table, place, policies)
        if process is None:
            return None
        zone = self._zone(table, place, process)
        start = self._instant(table.get("start", _START), joined(place, "start"), None, zone)
        named = self._text(table, "directory", place, default="")
        directory = str(self._folder / named) if named else None
        self._known = Names(process, directory=directory, steps=steps)
        monitors = self._monitors(table, place, process)
        return None if start is None else Setting(
            process=process, start=start, monitors=monitors, policies=policies,
            directory=directory,
            vendors=self._scripts(table.get("vendors", {}), joined(place, "vendors"), process),
            facts=self._table(table.get("facts", {}), joined(place, "facts")),
            plugins=self._names(table, "plugins", place),
        )  # fmt: skip

    def _process_of(
        self, table: Mapping[str, Any], place: str, policies: tuple[type[Any], ...]
    ) -> SupportProcess | None:
        """Give the process that is named, read once for a whole file; None, with a fault, where it cannot be."""
        where, named = joined(place, "process"), self._text(table, "process", place, default="")
        path = self._folder / named if named else self._process
        if isinstance(path, SupportProcess):
            return path
        if path is None:
            self._fault(where, "is missing; name a process file, such as process = 'support.toml'")
            return None
        if (str(path), policies) not in self._kept:
            self._kept[str(path), policies] = None
            try:
                self._kept[str(path), policies] = SupportProcess.from_toml(path, policies=policies)
            except ProcessError as error:
                self._fault(where, str(error))
        return self._kept[str(path), policies]

    def _zone(self, table: Mapping[str, Any], place: str, process: SupportProcess) -> tzinfo:
        """Give the zone that is named, else that of the process's working time."""
        named = self._text(table, "zone", place, default="")
        if problem := fields.zone(named):
            self._fault(joined(place, "zone"), problem)
            return UTC
        return ZoneInfo(named) if named else zone_of(process)

    def _imported(self, table: Mapping[str, Any], place: str) -> list[type[Any]]:
        found = []
        for name in self._names(table, "policies", place):
            module, _, member = name.partition(":")
            meant = "name a module and a class of it, such as 'mypkg.rules:ByPlan'"
            try:
                policy = getattr(import_module(module), member)
                kinds_of((policy,))
            except PluginError as error:
                self._fault(joined(place, "policies"), f"{name[:80]!r} is no class of a policy: {error}")
            except Exception as error:  # noqa: BLE001 - whatever a module of anybody's does while it is loaded
                why = str(error) if isinstance(error, ImportError) else f"{type(error).__name__}: {error}"
                self._fault(joined(place, "policies"), f"{name[:80]!r} cannot be imported ({why}); {meant}")
            else:
                found.append(policy)
        return found

    def _monitors(self, table: Mapping[str, Any], place: str, process: SupportProcess) -> Sequence[Monitor]:
        found = placed_monitors(self._tables, table, place, process.calendars_by_name)
        for where, monitor in found:
            self._tables.faults += [
                Fault(joined(where, fault.place), fault.problem) for fault in self._known.faults(monitor)
            ]
        return [monitor for _, monitor in found]

    def _scripts(self, data: object, place: str, process: SupportProcess) -> tuple[Script, ...]:
        known = sorted(process.named_vendors.names)
        found = []
        for name, said in self._table(data, place).items():
            where = joined(place, name)
            if name not in known:
                near = nearest(name, known)
                hint = f"did you mean {near!r}? " if near else ""
                self._fault(where, f"is no vendor of the process; {hint}possible are: {', '.join(known) or 'none'}")
            table = {"says": said} if isinstance(said, list) else self._table(said, where)
            self._tables.check_keys(table, _SCRIPT, where)
            says = [
                self._tables.part(Says, each, at)
                for at, each in self._tables.items(table.get("says", []), joined(where, "says"), "tables")
            ]
            counts = {count: self._number(table.get(count, 0), joined(where, count)) for count in _COUNTS}
            found.append(Script(vendor=name, says=[each for each in says if each is not None], **counts))
        return tuple(found)

    # -- the steps

    def _steps(self, data: object, place: str, setting: Setting, title: str) -> tuple[Step, ...]:
        items = self._items({place: data}, "", place, MAX_STEPS)
        if not items and not self._tables.faults:
            self._fault(place, "are missing; a scenario without steps says nothing")
        before, names, found = setting.start, list[str](), list[Step]()
        for number, (where, item) in enumerate(items, start=1):
            known = len(self._tables.faults)
            if isinstance(item, Mapping):
                found.append(self._step(item, where, number, before, names))
                before = found[-1].at
            else:
                self._table(item, where)
            for each in range(known, len(self._tables.faults)):
                fault = self._tables.faults[each]
                said = f"{fault.problem} (step {number} of {title!r})"
                self._tables.faults[each] = Fault(fault.place, said)
        return tuple(found)

    def _step(self, table: Mapping[str, Any], place: str, number: int, before: datetime, names: list[str]) -> Step:
        """Read a step; the names are those of the cases that are open by then."""
        doing = self._text(table, "do", place, default="")
        at = (
            before
            if "at" not in table
            else self._instant(table["at"], joined(place, "at"), before, before.tzinfo or UTC)
        )
        then = self._table(table.get("then", {}), joined(place, "then"))
        if "then" in table and not then:
            self._fault(joined(place, "then"), "says nothing; leave it out")
        case = self._text(table, "case", place, default="") or None
        if doing and doing not in DOINGS:
            near = nearest(doing, DOINGS)
            hint = f"did you mean {near!r}? " if near else ""
            self._fault(joined(place, "do"), f"{doing[:40]!r} is no verb; {hint}possible are: {', '.join(DOINGS)}")
            return Step(number=number, at=at or before)
        self._tables.check_keys(table, (*STEP, *keys_of(doing)), place)
        self._follow(doing, case, place, names)
        given = _without(_only(table, *keys_of(doing)), "by")
        for key in needed_by(doing):
            if key not in given:
                self._fault(joined(place, key), f"is missing; {doing!r} takes it")
        return Step(
            number=number, at=at or before, do=doing, case=case, by=self._actor(table, doing, place),
            given=self._given(given, place, at or before), then=self._then(then, joined(place, "then"), at or before),
        )  # fmt: skip

    def _follow(self, doing: str, case: str | None, place: str, names: list[str]) -> None:
        """Hold what a step says of cases against those that are open by then."""
        if doing == "open":
            names.append(case or f"T-{len(names) + 1}")
        elif not names:
            self._fault(place, "comes before any case is open; begin with do = 'open'")
        elif case is not None and case not in names and not case.startswith("T-"):
            near = nearest(case, names)
            hint = f"did you mean {near!r}? " if near else ""
            self._fault(joined(place, "case"), f"is {case[:40]!r}; {hint}open are: {', '.join(names)}")

    def _actor(self, table: Mapping[str, Any], doing: str, place: str) -> Actor | str | None:
        where, by = joined(place, "by"), table.get("by")
        if by is None:
            if doing and doing != "vendor_says":
                self._fault(where, "is missing; say who does it")
            return None
        if isinstance(by, str):
            return by
        said = self._table(by, where)
        self._tables.check_keys(said, _ACTOR, where)
        try:
            return Actor(**{"kind": ActorKind.AGENT, "id": "", **_only(said, *_ACTOR)})
        except InputError as error:
            self._fault(joined(where, error.field), error.problem)
            return None

    def _given(self, given: dict[str, Any], place: str, at: datetime) -> dict[str, Any]:
        """Read what a verb takes that TOML has no words for."""
        for key in _INSTANTS:
            if key in given:
                before = at if key == "until" else None
                given[key] = self._instant(given[key], joined(place, key), before, at.tzinfo or UTC)
        vendor = given.get("vendor")
        if isinstance(vendor, str) and (problem := self._known.problem_of_vendor(vendor)):
            self._fault(joined(place, "vendor"), problem)
        if given.get("assignee") == "":
            given["assignee"] = None
        files = given.get("attachments")
        if isinstance(files, list) and any(isinstance(each, Mapping) for each in files):
            given["attachments"] = [
                self._file(each, f"{place}.attachments[{number}]") for number, each in enumerate(files)
            ]
        return given

    def _file(self, said: object, place: str) -> Attachment | None:
        table = self._table(said, place)
        self._tables.check_keys(table, tuple(attrs.fields_dict(Attachment)), place)
        try:
            return Attachment(
                **{"id": "", **{key: table[key] for key in attrs.fields_dict(Attachment) if key in table}}
            )
        except InputError as error:
            self._fault(joined(place, error.field), error.problem)
            return None

    def _then(self, table: Mapping[str, Any], place: str, at: datetime) -> Then:
        for key in (*THEN, "all", "any"):
            if key in table and table[key] in ("", [], {}):
                self._fault(joined(place, key), "says nothing; leave it out")
        refused = table.get("refused", ())
        refused = (refused,) if isinstance(refused, str) else refused
        if not isinstance(refused, list | tuple) or not all(isinstance(code, str) for code in refused):
            self._fault(joined(place, "refused"), "must be the code of a reason, such as 'refused.move', or several")
            refused = ()
        for number, code in enumerate(refused):
            if problem := problem_of_reason(code):
                self._fault(joined(place, f"refused[{number}]" if len(refused) > 1 else "refused"), problem)
        match = self._match(_without(table, *THEN), place)
        for fault in self._known.faults(match):
            self._fault(joined(place, fault.place.partition(".")[2]), fault.problem)
        return Then(
            match=match,
            path=self._text(table, "path", place, default="") or None, refused=refused,
            told=self._expected(table, "told", place, at), not_told=self._expected(table, "not_told", place, at),
        )  # fmt: skip

    def _match(self, table: Mapping[str, Any], place: str) -> Match:
        """Read a condition, field by field, so that every fault has its place."""
        found = []
        for key, value in table.items():
            near = nearest(key, THEN) if key not in FIELDS else None
            if near is not None:
                self._fault(joined(place, key), f"is not known here; did you mean {near!r}?")
                continue
            try:
                found.append(match_of({key: value}))
            except PolicyConfigError as error:
                self._fault(joined(place, key), error.problem.removeprefix(f"{key}: "))
        return found[0] if len(found) == 1 else Match(all=found)

    def _expected(self, table: Mapping[str, Any], key: str, place: str, at: datetime) -> tuple[Expected, ...]:
        said, where = table.get(key, ()), joined(place, key)
        found = []
        for number, each in enumerate(said if isinstance(said, list | tuple) else [said]):
            spot = f"{where}[{number}]" if isinstance(said, list) else where
            plain = (
                each if not isinstance(each, Mapping) else {word: each[word] for word in each if word not in _TELLING}
            )
            bounds = {
                word: self._instant(each[word], joined(spot, word), None, at.tzinfo or UTC)
                for word in _TELLING
                if isinstance(each, Mapping) and word in each
            }
            after, until = bounds.get("after"), bounds.get("before")
            if after is not None and until is not None and after >= until:
                self._fault(joined(spot, "before"), "is not later than `after`: no message lies between")
            try:
                told = told_of(plain)
            except PolicyConfigError as error:
                self._fault(spot, error.problem)
                continue
            for fault in self._known.faults(told):
                self._fault(
                    joined(spot, fault.place.partition(".")[2]) if isinstance(each, Mapping) else spot, fault.problem
                )
            found.append(Expected(told=told, **bounds))
        return tuple(found)

    # -- values

    def _fault(self, place: str, problem: str) -> None:
        self._tables.fault(place, problem)

    def _table(self, data: object, place: str) -> Mapping[str, Any]:
        if isinstance(data, Mapping):
            return data
        self._fault(place, f"must be a table, not {type_name(data)}")
        return {}

    def _items(self, data: Mapping[str, Any], place: str, key: str, at_most: int) -> list[tuple[str, Any]]:
        found = self._tables.items(data[key], joined(place, key), "tables")
        if len(found) > at_most:
            self._fault(joined(place, key), f"has {len(found)} members; at most {at_most} are possible")
            return []
        return found

    def _text(self, table: Mapping[str, Any], key: str, place: str, *, default: str) -> str:
        value = table.get(key, default)
        if isinstance(value, str):
            return value
        self._fault(joined(place, key), f"must be a text, not {type_name(value)}")
        return default

    def _names(self, table: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
        value = table.get(key, ())
        if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
            return tuple(value)
        self._fault(joined(place, key), f"must be a list of texts, not {type_name(value)}")
        return ()

    def _number(self, value: object, place: str) -> int:
        if problem := fields.at_least(0)(value):
            self._fault(place, problem)
            return 0
        assert isinstance(value, int)  # `at_least` has just said so; for the type checker
        return value

    def _instant(self, said: object, place: str, before: datetime | None, zone: tzinfo) -> datetime | None:
        try:
            return instant_at(said, before=before, zone=zone)
        except PolicyConfigError as error:
            self._fault(place, error.problem)
            return None


def _only(table: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: table[key] for key in keys if key in table}


def _without(table: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key not in keys}
