"""Whether a plugin fits the hooks: what does not must be found out when a desk is built, by name."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from types import MethodType
from typing import Any, Final

import attrs

from supporttiers import hookspecs
from supporttiers._fields import nearest
from supporttiers._plugins._annotations import problem_of_annotations
from supporttiers._plugins._finding import Found
from supporttiers.errors import PluginError

PREFIX: Final = "supporttiers_"
SPECS: Final[dict[str, Callable[..., Any]]] = {
    name: getattr(hookspecs, name) for name in hookspecs.__all__ if name.startswith(PREFIX)
}
"""The hooks, by name."""

EVENT: Final = "supporttiers_event"
COLLECTING: Final = ("supporttiers_policies", "supporttiers_facts")
_API: Final = "supporttiers_api"
_LIKE_ENOUGH: Final = 0.85


@attrs.frozen
class _Marked:
    """A function of a plugin that is marked, and what the mark says."""

    hook: str
    function: Callable[..., Any]
    options: dict[str, Any]


def must_fit(found: Found, *, awaits: bool) -> None:
    """
    Make sure that a plugin does what its author means it to do.

    Raises:
        PluginError: Something in it would be ignored, or fail in the middle of a case.
    """
    if isinstance(found.plugin, type):
        raise PluginError(found.name, "it is a class; hand in an object of it")
    problem = _wrong_api(found.plugin)
    marked: list[_Marked] = []
    if problem is None:
        for each in _functions(found.plugin):
            if isinstance(each, str):
                raise PluginError(found.name, each)
            marked.append(each)
        problem = _wrong_number(marked)
    for each in marked:
        problem = problem or _misfit(each, awaits=awaits)
    if problem is not None:
        raise PluginError(found.name, problem)


def _wrong_number(marked: Sequence[_Marked]) -> str | None:
    """Say that there is none, or a second one that would be told nothing: observers go by the name of their plugin."""
    if not marked:
        return f"it implements no hook; is @hookimpl missing? {_possible()}"
    if sum(each.hook == EVENT for each in marked) > 1:
        return f"it implements {EVENT} more than once, and only one would be called; make one function of them"
    return None


def _wrong_api(plugin: object) -> str | None:
    api = getattr(plugin, _API, hookspecs.API)
    if type(api) is not int:
        return f"its {_API} must be a number, such as {hookspecs.API}"
    if not 1 <= api <= hookspecs.API:
        return f"it is written for version {api} of the hooks, and this release has {hookspecs.API}"
    return None


def api_of(plugin: object) -> int:
    """Give the version of the hooks for which a plugin is written."""
    api: int = getattr(plugin, _API, hookspecs.API)
    return api


def _possible() -> str:
    return f"hooks are: {', '.join(SPECS)}"


# -- names


def _functions(plugin: object) -> Iterator[_Marked | str]:
    """Give the marked functions of a plugin, and what is wrong with the name of any other."""
    for name in dir(plugin):
        static = inspect.getattr_static(plugin, name, None)
        is_function = inspect.isroutine(static)
        options = getattr(getattr(static, "__func__", static), "supporttiers_impl", None) if is_function else None
        if options is not None:
            yield _marked(name, getattr(plugin, name), options)
        elif isinstance(static, staticmethod | classmethod) and hasattr(static, "supporttiers_impl"):
            yield f"its {name} has @hookimpl above @{type(static).__name__}, which hides it; put @hookimpl below"
        elif hasattr(static, "supporttiers_spec"):
            continue  # of a module that imports everything of the contract
        elif name.startswith(PREFIX) and name != _API and callable(static):
            yield _unmarked(name, is_function=is_function)
        elif is_function and not name.startswith("_") and (meant := _meant(name)):
            yield f"its {name} is no hook; did you mean {meant}?"


def _marked(name: str, function: Callable[..., Any], options: dict[str, Any]) -> _Marked | str:
    hook = options.get("specname") or name
    if hook in SPECS or options.get("optionalhook"):
        return _Marked(hook, function, options)
    return _no_hook(hook)


def _unmarked(name: str, *, is_function: bool) -> str:
    if name not in SPECS:
        return _no_hook(name)
    if not is_function:
        return f"its {name} is no function; define it with `def`, and put @hookimpl above it"
    return f"its {name} is not marked, so that it would never be called; put @hookimpl above it"


def _no_hook(name: str) -> str:
    meant = _meant(name)
    return f"its {name} is no hook; " + (f"did you mean {meant}?" if meant else _possible())


def _meant(name: str) -> str | None:
    return nearest(name, SPECS, cutoff=_LIKE_ENOUGH)


# -- functions


def _misfit(marked: _Marked, *, awaits: bool) -> str | None:
    """Say what is wrong with a function, if anything; one of a hook that a later release may have is not judged."""
    hook, function = marked.hook, marked.function
    if hook not in SPECS:
        return None
    if marked.options.get("wrapper") or marked.options.get("hookwrapper"):
        return f"its {hook} is a wrapper; hooks hand over what is the plugin's own, and change nothing of others'"
    return (
        _wrong_kind(hook, function, awaits=awaits)
        or _wrong_arguments(hook, function)
        or problem_of_annotations(hook, SPECS[hook], function)
    )


def _wrong_kind(hook: str, function: Callable[..., Any], *, awaits: bool) -> str | None:
    if inspect.isasyncgenfunction(function) or (inspect.isgeneratorfunction(function) and hook not in COLLECTING):
        return f"its {hook} is a generator, whose body would never run; leave `yield` out"
    if not inspect.iscoroutinefunction(function):
        return None
    if hook != EVENT:
        return f"its {hook} is asynchronous, and asked while the desk is built, where nothing is awaited; use `def`"
    return None if awaits else f"its {hook} is asynchronous, and SupportDesk does not await; AsyncSupportDesk is for it"


def _wrong_arguments(hook: str, function: Callable[..., Any]) -> str | None:
    known = list(inspect.signature(SPECS[hook]).parameters)
    given = f"({', '.join(known)})"
    if inspect.ismethod(function) and _first_of(function) in (None, *known):
        return f"its {hook} is a method without `self`, which would be given the plugin in place of its first argument"
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
            return f"its {hook} takes *{name}, which would always be empty; name the arguments that it needs: {given}"
        if parameter.kind is parameter.KEYWORD_ONLY:
            return f"its {hook} takes {name} only as a keyword, which hooks are not called with; leave the * out"
        has_default = parameter.default is not parameter.empty
        if name in known and has_default:
            return f"its {hook} has a default for {name}, which would then never be given; leave the default out"
        if name not in known and not has_default:
            return f"its {hook} takes {name!r}, which is no argument of the hook; they are {given}"
    return None


def _first_of(method: MethodType) -> str | None:
    """Give the name of a method's first argument; None where it takes none."""
    return next(iter(inspect.signature(method.__func__).parameters), None)
