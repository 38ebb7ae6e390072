"""
The plugins of one desk: found, verified, and asked; the only place that works with pluggy's manager.

Pluggy finds the implementations of each hook, and puts them in order. They are called one by one, because whoever hands
over something wrong is to be named, and because one observer that raises must not keep the event from the others.
"""

import inspect
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import attrs
import pluggy

from supporttiers import _fields as fields
from supporttiers import hookspecs
from supporttiers._fields import type_name
from supporttiers._plugins._annotations import OBJECTS
from supporttiers._plugins._finding import Found, distribution_of, handed_in, installed, names_installed
from supporttiers._plugins._fitting import EVENT, SPECS, api_of, must_fit
from supporttiers.cases import Case
from supporttiers.errors import PluginError, SupportTiersError
from supporttiers.events import Event
from supporttiers.facts import FactSource
from supporttiers.protocols import (
    AsyncCaseStore,
    AsyncNotifier,
    AsyncVendorGateway,
    CaseStore,
    Notifier,
    Policy,
    VendorGateway,
)
from supporttiers.protocols._lacking import lacks
from supporttiers.readings import HookReading, PluginReading

__all__ = ["Observer", "Plugins"]

BUILT_IN = "supporttiers"
log = logging.getLogger("supporttiers.plugins")


@attrs.frozen
class Observer:
    """
    One plugin's `supporttiers_event`, called with as many of the arguments as it takes.

    Attributes:
        name: Of the plugin.
        asynchronous: Whether what it gives has to be awaited.
    """

    name: str
    asynchronous: bool
    _function: Callable[..., object]
    _takes: tuple[str, ...]

    def __call__(self, event: Event, case: Case) -> object:
        """Tell it."""
        given: Mapping[str, object] = {"event": event, "case": case}
        answer: Any = self._function(*(given[name] for name in self._takes))
        return _told(self.name, answer) if self.asynchronous else answer


async def _told(name: str, answer: Awaitable[object]) -> object:
    """Await an observer; that something of its own was cancelled is its failure, and no end of whoever tells it."""
    import asyncio  # noqa: PLC0415 - takes as long to load as all the rest, and only those who await need it

    try:
        return await answer
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise PluginError(name, "what it awaited was cancelled, and by nobody who tells it of events") from error


class Plugins:
    """
    What the plugins of one desk hand over, each answer checked.

    The manager is made when somebody is first asked: a desk that needs nobody pays nothing.
    """

    def __init__(
        self, given: Iterable[object] = (), *, built_in: object, entry_points: bool = False,
        blocked: Collection[str] = (), awaits: bool = False,
    ) -> None:  # fmt: skip
        """
        Find and verify plugins.

        Args:
            given: Modules, objects, or names to import.
            built_in: The plugin that comes with the library; it is asked last.
            entry_points: Whether to load what installed packages name, too; those that are given are asked before.
            blocked: Names of distributions or entry points that are not loaded.
            awaits: Whether observers may be asynchronous.

        Raises:
            PluginError: One of them cannot be found, or does not fit.
        """
        if isinstance(blocked, str):
            raise PluginError(blocked, "blocked names come as a list, even a single one")
        self._built_in = Found(name=BUILT_IN, plugin=built_in)
        self._installed = entry_points
        self._found = [*(installed(blocked) if entry_points else ()), *handed_in(given)]
        for each in self._found:
            must_fit(each, awaits=awaits)
        if self._found:
            self._register()

    # -- the manager

    @cached_property
    def _manager(self) -> pluggy.PluginManager:
        manager = pluggy.PluginManager(BUILT_IN)
        manager.add_hookspecs(hookspecs)
        manager.register(self._built_in.plugin, BUILT_IN)
        return manager

    def _register(self) -> None:
        for each in self._found:
            try:
                self._manager.register(each.plugin, each.name)
            except ValueError as error:
                other = self._manager.get_name(each.plugin)
                also = "" if other == each.name else f", also as {other!r}"
                twice = f"it is there twice{also}" if other else "there are two plugins of this name"
                raise PluginError(each.name, f"{twice}; hand it in once, or block its entry point") from error
            log.info("plugin %s: %s", each.name, f"{each.distribution} {each.version}" if each.version else "handed in")

    def _of(self, hook: str) -> "list[pluggy.HookImpl]":
        """Give the implementations of a hook in the order in which they are asked."""
        caller: pluggy.HookCaller = getattr(self._manager.hook, hook)
        return caller.get_hookimpls()[::-1]

    # -- asking

    def store(self, url: str) -> CaseStore | AsyncCaseStore | None:
        """
        Ask for the store that a URL names; None where nobody knows it.

        Raises:
            PluginError: What a plugin hands over is no store.
        """
        found: CaseStore | None = self._first("supporttiers_store", url=url)
        return found

    def notifier(self, url: str) -> Notifier | AsyncNotifier | None:
        """
        Ask for the notifier that a URL names; None where nobody knows it.

        Raises:
            PluginError: What a plugin hands over is no notifier.
        """
        found: Notifier | None = self._first("supporttiers_notifier", url=url)
        return found

    def vendor(self, name: str, settings: Mapping[str, object]) -> VendorGateway | AsyncVendorGateway | None:
        """
        Ask for the gateway to a vendor; None where nobody knows it.

        Raises:
            PluginError: What a plugin hands over is no gateway, or one of another name.
        """
        found: VendorGateway | None = self._first("supporttiers_vendor", name=name, settings=dict(settings))
        if found is not None and found.name != name:
            raise PluginError(found.name, f"it was handed over for the vendor {name!r}, and has to have that name")
        return found

    def policies(self) -> tuple[type[Policy], ...]:
        """
        Ask for classes of policies; those of the library are left out: process files know them, and load what they use.

        Raises:
            PluginError: A plugin hands over something else, or two the same policy.
        """
        found: dict[tuple[str, int], tuple[str, type[Policy]]] = {}
        for plugin, kind in self._each("supporttiers_policies"):
            use, revision = getattr(kind, "name", None), getattr(kind, "revision", None)
            if not isinstance(kind, type) or fields.name(use) or type(revision) is not int:
                what = kind.__name__ if isinstance(kind, type) else type_name(kind)
                problem = f"its supporttiers_policies gives {what}; it has to give classes with `name` and `revision`"
                raise PluginError(plugin, problem)
            other, known = found.setdefault((str(use), revision), (plugin, kind))
            if known is not kind:
                problem = f"its policy {use!r} of revision {revision} is also that of plugin {other!r}; rename one"
                raise PluginError(plugin, problem)
        return tuple(kind for _, kind in found.values())

    def facts(self) -> tuple[FactSource, ...]:
        """
        Ask for sources of facts.

        Raises:
            PluginError: A plugin hands over something else, or two a source of one name.
        """
        found: dict[str, tuple[str, FactSource]] = {}
        for plugin, source in self._each("supporttiers_facts"):
            if not isinstance(source, FactSource):
                problem = f"its supporttiers_facts gives {_named(source)}; it has to give FactSources"
                raise PluginError(plugin, problem)
            other, known = found.setdefault(source.name, (plugin, source))
            if known is not source:
                problem = f"its source of the fact {source.name!r} is also that of plugin {other!r}; rename one"
                raise PluginError(plugin, problem)
        return tuple(source for _, source in found.values())

    @cached_property
    def observers(self) -> Mapping[str, Observer]:
        """Those that are told of events, by the names of their plugins, in the order in which they are told."""
        if not self._found:
            return {}
        return {
            impl.plugin_name: Observer(
                impl.plugin_name, inspect.iscoroutinefunction(impl.function), impl.function, impl.argnames
            )
            for impl in self._of(EVENT)
        }

    # -- how answers are checked

    def _first(self, hook: str, **given: object) -> Any:  # noqa: ANN401 - each facade says what it is
        """Ask one after another until one answers; name the one whose answer is wrong."""
        for impl in self._of(hook):
            answer = _ask(impl, hook, given)
            if answer is None:
                continue
            protocol = OBJECTS[hook]
            name: object = getattr(answer, "name", None)
            if isinstance(answer, type) or not isinstance(answer, protocol):
                lacking = "" if isinstance(answer, type) else f", which lacks {lacks(answer, protocol)}"
                problem = f"its {hook} gives {_named(answer)}{lacking}; it has to give an object that is a"
                raise PluginError(impl.plugin_name, f"{problem} {protocol.__name__}, or None")
            if fields.name(name):
                raise PluginError(impl.plugin_name, f"its {hook} gives {_named(answer)}, which needs a text as `name`")
            return answer
        return None

    def _each(self, hook: str) -> Iterator[tuple[str, Any]]:
        """Ask all, and give what each gives, one by one."""
        if not self._found:
            return
        for impl in self._of(hook):
            if impl.plugin is self._built_in.plugin:
                continue
            answer = _ask(impl, hook, {})
            if answer is None:
                continue
            if isinstance(answer, str | bytes | Mapping) or not isinstance(answer, Iterable):
                raise PluginError(impl.plugin_name, f"its {hook} gives {_named(answer)}; it has to give a list")
            for each in _items(impl, hook, answer):
                yield impl.plugin_name, each

    # -- telling

    def left_out(self) -> list[str]:
        """Name what is installed and was not loaded, because nobody has said so."""
        return [] if self._installed else names_installed()

    def hint(self, hook: str) -> str:
        """Say, where nobody knew an answer, who was asked, and who else could be."""
        asked = [repr(impl.plugin_name) for impl in self._of(hook) if impl.plugin is not self._built_in.plugin]
        said = f"; nor do these plugins know it: {', '.join(asked)}" if asked else ""
        if self._installed:
            return said
        others = self.left_out()
        if others:
            return f"{said}; entry_points=True asks what is installed, too: {', '.join(others)}"
        return f"{said}; entry_points=True asks plugins that are installed, of which there are none"

    def readings(self) -> tuple[HookReading, ...]:
        """Give each hook, with the plugins that implement it, in the order in which they are asked."""
        told = {each.name: _reading(each) for each in (self._built_in, *self._found)}
        return tuple(
            HookReading(hook=hook, plugins=tuple(told[impl.plugin_name] for impl in self._of(hook))) for hook in SPECS
        )


def _reading(found: Found) -> PluginReading:
    distribution, version = found.distribution, found.version
    if distribution is None:
        distribution, version = distribution_of(found.plugin)
    return PluginReading(
        name=found.name, distribution=distribution, version=version, api=api_of(found.plugin)
    )  # fmt: skip


def _named(answer: object) -> str:
    return f"the class {answer.__name__}" if isinstance(answer, type) else type_name(answer)


def _ask(impl: "pluggy.HookImpl", hook: str, given: Mapping[str, object]) -> Any:  # noqa: ANN401 - whatever it gives
    """Call one implementation; what is no error of ours may say anything, and is only named."""
    try:
        answer = impl.function(*(given[name] for name in impl.argnames))
    except SupportTiersError:
        raise
    except Exception as error:
        raise PluginError(impl.plugin_name, f"its {hook} failed with {type_name(error)}") from error
    if inspect.iscoroutine(answer):
        answer.close()
        raise PluginError(impl.plugin_name, f"its {hook} gives a coroutine, which nobody awaits; use `def`")
    return answer


def _items(impl: "pluggy.HookImpl", hook: str, answer: Iterable[object]) -> list[object]:
    """Read a list, which may be a generator, and fail only now."""
    try:
        return list(answer)
    except SupportTiersError:
        raise
    except Exception as error:
        raise PluginError(impl.plugin_name, f"its {hook} failed with {type_name(error)}") from error
