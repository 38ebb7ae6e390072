"""The parts of a desk, checked when it is built: what does not fit must not be found out in the middle of a case."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from inspect import signature
from pathlib import Path
from typing import Any, Final, TypeVar

from supporttiers import _fields as fields
from supporttiers._fields import Check, type_name
from supporttiers._flows import Ports, has_asynchronous, is_asynchronous, of_tenant
from supporttiers.backends.directory.stored import StoredDirectory
from supporttiers.config.settings import StoredPolicy
from supporttiers.errors import Fault, InputError, PluginError, ProcessError
from supporttiers.facts import FactSource
from supporttiers.process import SupportProcess
from supporttiers.protocols import (
    LANE,
    VENDOR_CAPABILITIES,
    AgentDirectory,
    CaseStore,
    ContactDirectory,
    Directory,
    ManagerDirectory,
    Notifier,
    OnCallDirectory,
    RoleDirectory,
    VendorGateway,
)
from supporttiers.protocols._lacking import lacks

T = TypeVar("T")


def must(check: Check, field: str, value: object) -> None:
    problem = check(value)
    if problem:
        raise InputError("", field, problem)


def by_source(given: Iterable[FactSource]) -> dict[str, FactSource]:
    """Check sources of facts when the desk is built."""
    found: dict[str, FactSource] = {}
    for source in given:
        if not isinstance(source, FactSource):
            raise PluginError(type_name(source), "it is no source of facts; hand in a FactSource")
        if source.name in found:
            raise PluginError(source.name, "there are two sources of facts of this name")
        found[source.name] = source
    return found


def sources(found: dict[str, FactSource]) -> dict[str, FactSource]:
    """Make sure that every source can be given its keys."""
    for source in found.values():
        check_key(source, found)
    return found


def check_key(source: FactSource, known: Mapping[str, FactSource]) -> None:
    """Make sure that keys that come from other facts lead to a source whose key stands on the case."""
    seen, here = [source.name], source
    while here.keyed_by.startswith("facts."):
        other = here.keyed_by.split(".")[1]
        if other not in known:
            raise PluginError(source.name, f"its key comes from the fact {other!r}, for which there is no source")
        if other in seen:
            raise PluginError(source.name, f"its key comes from itself, by way of: {', '.join(seen[1:]) or 'itself'}")
        seen.append(other)
        here = known[other]


_OF_A_DIRECTORY: Final = frozenset({"agents", "on_call", "manager", "workload"})
_HOW_PEOPLE: Final = "give the desk a directory that knows agents, such as directory='people.toml'"
_HOW_FACTS: Final = "hand one in with facts=[FactSource(...)]"


def check_needs(processes: Iterable[SupportProcess], sources: Mapping[str, FactSource]) -> None:
    """Refuse a process whose policies need what nobody can answer: it must not be found out in the middle of a case."""
    for process in processes:
        unknown = sorted(set(process.needs) - sources.keys())
        if unknown:
            listed = ", ".join(sources) or "none"
            wanted = ", ".join(f"{name} ({', '.join(process.needed_at(name))})" for name in unknown)
            problem = f"it needs the facts {wanted}, for which the desk has no source (it has: {listed})"
            how = _HOW_FACTS if _OF_A_DIRECTORY.isdisjoint(unknown) else _HOW_PEOPLE
            raise PluginError(process.name, f"{problem}; {how}")


def classes(own: Sequence[type[Any]], processes: Iterable[SupportProcess]) -> tuple[type[Any], ...]:
    """Give the classes of policies that stored processes may name: those handed in, and those of the processes."""
    used = [policy for process in processes for policy in process.policies if not isinstance(policy, StoredPolicy)]
    return tuple(dict.fromkeys((*own, *map(type, used))))


def processes(given: object, policies: Sequence[type[Any]]) -> list[SupportProcess]:
    several = list(given) if isinstance(given, list | tuple) else [given]
    found = [
        each if isinstance(each, SupportProcess) else SupportProcess.from_toml(path(each), policies=policies)
        for each in several
    ]
    if not found:
        raise ProcessError("desk", (Fault("process", "no process was given; hand in at least one"),))
    names = [process.name for process in found]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ProcessError("desk", (Fault("process", f"two processes have one name: {', '.join(doubled)}"),))
    return found


def path(given: object) -> str | Path:
    if isinstance(given, str | Path):
        return given
    problem = f"must be a SupportProcess or the path of a file, not {type_name(given)}"
    raise ProcessError("desk", (Fault("process", problem),))


def by_name(what: str, adapters: Iterable[Any], protocol: type) -> dict[str, Any]:
    """Check adapters when the desk is built, by name; a wrong one must not be found out in the middle of a case."""
    found: dict[str, Any] = {}
    for adapter in adapters:
        name = getattr(adapter, "name", None)
        label = name if isinstance(name, str) else type(adapter).__name__
        if fields.name(name):
            raise PluginError(label, f"a {what} needs a `name`, a text by which the process refers to it")
        if label in found:
            how = "; give one another, with name=..., or a URL such as console:NAME" if protocol is Notifier else ""
            raise PluginError(label, f"there are two {what}s of this name{how}")
        found[label] = fitting(adapter, protocol, label)
        _check_calls(adapter, protocol, label)
        _check_retries(adapter, label)
    return found


_CALLS: Final[Mapping[str, tuple[tuple[object, ...], dict[str, object]]]] = {
    "notify": ((None,), {"key": ""}), "open": ((None,), {"key": ""}), "fetch": (("",), {}),
}  # fmt: skip
"""How the methods of adapters are called."""


def _check_calls(adapter: Any, protocol: type, label: str) -> None:  # noqa: ANN401 - it has the methods of its Protocol
    """Refuse an adapter whose method takes other arguments than it will be given."""
    for method, how in _CALLS.items():
        if hasattr(protocol, method):
            calls_of(adapter, method, how, label)


def calls_of(adapter: object, method: str, how: tuple[tuple[object, ...], dict[str, object]], label: str) -> None:
    """Refuse an adapter one of whose methods takes other arguments than it will be given."""
    given, named = how
    try:
        signature(getattr(adapter, method)).bind(*given, **named)
    except TypeError as error:
        listed = ", ".join([*("..." for _ in given), *(f"{name}=..." for name in named)])
        raise PluginError(label, f"its {method} cannot be called as {method}({listed}): {error}") from error
    except ValueError:  # it tells nobody what it takes, as some that are written in C
        return


def _check_retries(adapter: object, label: str) -> None:
    """Refuse waits between attempts that are none: it would be found out when something else has failed already."""
    waits = getattr(adapter, "retries", ())
    fits = isinstance(waits, tuple | list) and all(isinstance(wait, timedelta) for wait in waits)
    if not fits or any(wait < timedelta(0) for wait in waits):
        raise PluginError(label, "its `retries` must be a tuple of timedeltas, the waits after attempts that failed")


def notifiers(given: Iterable[Any]) -> dict[str, Any]:
    """Check notifiers when the desk is built, by name."""
    found = by_name("notifier", given, Notifier)
    for name, notifier in found.items():
        if LANE in name:
            raise PluginError(name, f"the name of a notifier has no {LANE!r} in it; it parts names from recipients")
        if not isinstance(getattr(notifier, "per_recipient", False), bool):
            raise PluginError(name, "its `per_recipient` must be True or False")
    return found


def fitting(port: T, protocol: type, label: str | None = None) -> T:
    """Check that a port is an object with the methods that will be called; a class is none."""
    if isinstance(port, type):
        raise PluginError(port.__name__, "it is a class; hand in an object of it")
    if not isinstance(port, protocol):
        raise PluginError(label or type_name(port), f"it lacks {lacks(port, protocol)}")
    return port


def tolerance(value: object) -> str | None:
    if not isinstance(value, timedelta):
        return f"must be a timedelta, not {type_name(value)}"
    return "must not be negative" if value < timedelta(0) else None


# -- who awaits


def check_plain(*asked: tuple[str, object]) -> None:
    """Refuse to await what is asked in the midst of other things, on every desk."""
    for what, callee in asked:
        if is_asynchronous(callee):
            raise PluginError(what, "it is asked without I/O, and never awaited; make it a plain function")


def check_callable(ports: Ports) -> None:
    """Refuse what has to be awaited, on a desk that only calls: nothing would be done, and nobody would be told."""
    for label, port, kinds in _ports_of(ports):
        names = {name for kind in kinds for name in vars(kind) if not name.startswith("_")}
        if has_asynchronous(port, names):
            raise PluginError(label, "it is asynchronous, and SupportDesk does not await; AsyncSupportDesk is for it")


def _ports_of(ports: Ports) -> Iterator[tuple[str, object, Sequence[type]]]:
    """Give each port, how to speak of it, and of which Protocols' methods it may be asked."""
    yield ports.store.name, ports.store, (CaseStore,)
    if ports.files is not None:
        yield "files", ports.files, ()
    for name, notifier in ports.notifiers.items():
        yield name, notifier, (Notifier,)
    for name, vendor in ports.vendors.items():
        yield name, vendor, (VendorGateway, *VENDOR_CAPABILITIES.values())
    for name, source in ports.sources.items():
        yield name, source, (FactSource,)
    if ports.directory is not None:
        house = of_tenant(ports.directory, "default")
        kinds = (
            Directory, AgentDirectory, OnCallDirectory, ManagerDirectory, RoleDirectory, ContactDirectory
        )  # fmt: skip
        yield type_name(ports.directory), house, kinds


def store_of_people(directory: object) -> Any:  # noqa: ANN401 - of either kind
    """
    Give the store on which people are kept.

    Raises:
        InputError: They are kept elsewhere, so that nobody would ask for whom you put here.
    """
    if not isinstance(directory, StoredDirectory):
        raise InputError("", "people", "are not kept by this desk; build it with directory='store'")
    return directory.store
