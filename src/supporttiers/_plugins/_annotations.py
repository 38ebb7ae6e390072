"""What the annotations of an implementation promise, where there are any, against what its hook gives and wants."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import NoneType, SimpleNamespace, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from supporttiers.facts import FactSource
from supporttiers.protocols import CaseStore, Notifier, VendorGateway

OBJECTS: Final[Mapping[str, type]] = {
    "supporttiers_store": CaseStore,
    "supporttiers_notifier": Notifier,
    "supporttiers_vendor": VendorGateway,
}
"""What the hooks hand over that hand over an object."""

_MEMBERS: Final[Mapping[str, type]] = {"supporttiers_policies": type, "supporttiers_facts": FactSource}
_RETURN: Final = "return"


def problem_of_annotations(hook: str, spec: Callable[..., Any], function: Callable[..., Any]) -> str | None:
    """Say which annotation is wrong, if one is; those that cannot be read here are not judged."""
    given = get_type_hints(spec)
    for name, annotation in _readable(function):
        if name == _RETURN:
            if not _may_be_given(hook, annotation):
                return f"its {hook} is annotated to give {_shown(annotation)}; it has to give {_wanted(hook)}"
        elif name in given and not _accepts(annotation, given[name]):
            return f"its {hook} annotates {name} as {_shown(annotation)}, and is given {_shown(given[name])}"
    return None


def _readable(function: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """Give the annotations that can be resolved: some name what only type checkers import."""
    plain: Any = inspect.unwrap(getattr(function, "__func__", function))
    try:
        raw = dict(plain.__annotations__)
    except NameError:  # annotations are read lazily from Python 3.14 on
        return
    for name, annotation in raw.items():
        alone: Any = SimpleNamespace(__annotations__={name: annotation})
        try:
            yield name, get_type_hints(alone, plain.__globals__)[name]
        except (NameError, AttributeError, TypeError, SyntaxError):
            continue


def _members(annotation: Any) -> tuple[Any, ...]:  # noqa: ANN401 - any annotation
    """Give the members of a union; of anything else, itself."""
    return get_args(annotation) if get_origin(annotation) in {Union, UnionType} else (annotation,)


def _class_of(annotation: Any) -> type | None:  # noqa: ANN401 - as above
    """Give the class that an annotation stands for; None where it says nothing that can be judged."""
    found = get_origin(annotation) or annotation
    return found if isinstance(found, type) and found is not object and found is not Any else None


def _shown(annotation: Any) -> str:  # noqa: ANN401 - as above
    return getattr(annotation, "__name__", str(annotation)) if not get_args(annotation) else str(annotation)


# -- what is given to it


def _accepts(annotation: Any, given: Any) -> bool:  # noqa: ANN401 - as above
    return any(_accepts_one(member, given) for member in _members(annotation))


def _accepts_one(member: Any, given: Any) -> bool:  # noqa: ANN401 - as above
    wanted, ours = _class_of(member), _class_of(given)
    if wanted is None or ours is None or getattr(wanted, "_is_protocol", False):
        return True
    return issubclass(ours, wanted)


# -- what it gives


def _wanted(hook: str) -> str:
    if hook in OBJECTS:
        return f"a {OBJECTS[hook].__name__} or None"
    if hook in _MEMBERS:
        return "a collection of " + ("classes of policies" if _MEMBERS[hook] is type else "FactSources")
    return "None"


def _may_be_given(hook: str, annotation: Any) -> bool:  # noqa: ANN401 - as above
    if hook not in OBJECTS and hook not in _MEMBERS:
        return annotation is NoneType or _class_of(annotation) is None
    members = [member for member in _members(annotation) if member is not NoneType]
    judge = _may_be_object if hook in OBJECTS else _may_be_collection
    return bool(members) and all(judge(hook, member) for member in members)


def _may_be_object(hook: str, member: Any) -> bool:  # noqa: ANN401 - as above
    kind = _class_of(member)
    if kind is None or getattr(kind, "_is_protocol", False):
        return True
    methods = [name for name, value in vars(OBJECTS[hook]).items() if name[0] != "_" and inspect.isfunction(value)]
    return all(callable(getattr(kind, method, None)) for method in methods)


def _may_be_collection(hook: str, member: Any) -> bool:  # noqa: ANN401 - as above
    kind = _class_of(member)
    if kind is None:
        return True
    if not issubclass(kind, Iterable) or issubclass(kind, str | bytes | Mapping):
        return False
    items = [_class_of(item) for item in get_args(member)[:1]]
    return all(item is None or issubclass(item, _MEMBERS[hook]) for item in items)
