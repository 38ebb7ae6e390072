"""Where plugins come from: handed in, imported by name, or named by packages that are installed."""

import logging
from collections.abc import Collection, Iterable, Iterator
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import nearest, type_name
from supporttiers.errors import PluginError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP: Final = "supporttiers"
log = logging.getLogger("supporttiers.plugins")


@attrs.frozen(kw_only=True)
class Found:
    """
    A plugin, not verified yet.

    Attributes:
        name: Of the entry point; or of the module; or what the object says; or else of its class.
        plugin: The plugin.
        distribution: The package that names it as an entry point.
        version: Of that package.
    """

    name: str
    plugin: object
    distribution: str | None = None
    version: str | None = None


# -- handed in


def handed_in(given: Iterable[object]) -> Iterator[Found]:
    """
    Give the plugins of a list, texts imported.

    Raises:
        PluginError: It is no list, or a text names nothing that can be imported.
    """
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise PluginError(type_name(given), "plugins come as a list, even a single one")
    for each in given:
        plugin = _imported(each) if isinstance(each, str) else each
        yield Found(name=_name_of(plugin), plugin=plugin)


def _imported(name: str) -> object:
    module, _, member = name.partition(":")
    try:
        found: object = import_module(module)
        return getattr(found, member) if member else found
    except Exception as error:  # a module may raise anything while it is imported
        how = "name a module, or what is in it, such as 'mypkg.plugin' or 'mypkg.plugin:plugin'"
        raise PluginError(name, f"it cannot be imported ({_why(error)}); {how}") from error


def _why(error: Exception) -> str:
    """Say why something could not be imported; what other errors say may be anything."""
    return str(error) if isinstance(error, ImportError | AttributeError | ValueError) else type_name(error)


def _name_of(plugin: object) -> str:
    if isinstance(plugin, ModuleType):
        return plugin.__name__
    if isinstance(plugin, type):
        return plugin.__qualname__
    own = getattr(plugin, "name", None)
    if isinstance(own, str) and not fields.name(own):
        return own
    return f"{type(plugin).__module__}.{type(plugin).__qualname__}"


# -- installed


def installed(blocked: Collection[str]) -> Iterator[Found]:
    """
    Load what installed packages name, in the order of their names.

    Args:
        blocked: Names of distributions or entry points that are left alone: they are not even imported.

    Raises:
        PluginError: One of them cannot be loaded.
    """
    unwanted = {_canonical(name) for name in blocked}
    points = _entry_points()
    _tell_unknown(blocked, {name for point in points for name in (point.name, _package(point)[0])})
    for point in points:
        distribution, version = _package(point)
        if unwanted & {_canonical(point.name), _canonical(distribution)}:
            log.info("plugin %s of %s %s is blocked", point.name, distribution, version)
            continue
        try:
            plugin = point.load()
        except Exception as error:
            where = f"the entry point {point.value!r} of {distribution} {version} cannot be loaded ({_why(error)})"
            raise PluginError(point.name, f"{where}; mend it, or block it with blocked=[{point.name!r}]") from error
        yield Found(name=point.name, plugin=plugin, distribution=distribution, version=version)


def _tell_unknown(blocked: Collection[str], known: Collection[str]) -> None:
    """Warn of what is blocked and not there: it may be a slip of the pen, or be installed on another machine only."""
    by_canonical = {_canonical(name): name for name in known}
    for name in blocked:
        if _canonical(name) not in by_canonical:
            near = nearest(_canonical(name), by_canonical)
            meant = f"; did you mean {by_canonical[near]!r}?" if near else ""
            log.warning("%r is blocked, and no installed plugin or package of one has that name%s", name, meant)


def names_installed() -> list[str]:
    """Say what there would be to load; nothing is."""
    return [f"{point.name!r} ({' '.join(_package(point))})" for point in _entry_points()]


def _entry_points() -> "list[EntryPoint]":
    from importlib.metadata import entry_points  # noqa: PLC0415 - slow to load, and only those who ask need it

    return sorted(entry_points(group=GROUP), key=lambda point: (_package(point), point.name))


def _package(point: "EntryPoint") -> tuple[str, str]:
    return ("?", "?") if point.dist is None else (point.dist.name, point.dist.version)


def _canonical(name: str) -> str:
    """Give a name as package indexes compare it."""
    return name.lower().replace("_", "-").replace(".", "-")


def distribution_of(plugin: object) -> tuple[str, str] | tuple[None, None]:
    """Find the installed package from which a plugin comes, with its version; where it comes from none, neither."""
    from importlib.metadata import PackageNotFoundError, packages_distributions, version  # noqa: PLC0415 - as above

    module = plugin.__name__ if isinstance(plugin, ModuleType) else type(plugin).__module__
    package = module.partition(".")[0]
    name = packages_distributions().get(package, [package])[0]  # what is installed to be edited names no packages
    try:
        return name, version(name)
    except PackageNotFoundError:
        return None, None
