"""Rules as frozen values; one subject a file."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, Final

from supporttiers._fields import name, type_name
from supporttiers.errors import PluginError

_HOMES: Final[Mapping[str, tuple[str, str]]] = {
    "supporttiers.route-by-rules": ("routing", "RouteByRules"),
    "supporttiers.prioritise-by-rules": ("priority", "PrioritiseByRules"),
    "supporttiers.assign-round-robin": ("assignment", "AssignRoundRobin"),
    "supporttiers.assign-least-loaded": ("assignment", "AssignLeastLoaded"),
    "supporttiers.permit-by-rules": ("permission", "PermitByRules"),
    "supporttiers.permit-by-hand-off": ("handoff", "PermitByHandOff"),
    "supporttiers.permit-by-approval": ("approval", "PermitByApproval"),
    "supporttiers.target-by-rules": ("targets", "TargetByRules"),
    "supporttiers.close-after": ("closing", "CloseAfter"),
    "supporttiers.reopen-within": ("reopening", "ReopenWithin"),
    "supporttiers.ask-for-satisfaction": ("satisfaction", "AskForSatisfaction"),
    "supporttiers.inform-in-steps": ("informing", "InformInSteps"),
    "supporttiers.dispatch-by-rules": ("vendors", "DispatchByRules"),
    "supporttiers.request-fix": ("fixes", "RequestFix"),
    "supporttiers.redact-after": ("retention", "RedactAfter"),
}


class _BuiltIn(Mapping[str, type[Any]]):
    """Loads each class when it is first asked for: most processes use few of them."""

    def __getitem__(self, use: str) -> type[Any]:
        module, kind = _HOMES[use]
        found: type[Any] = getattr(import_module(f"{__name__}.{module}"), kind)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(_HOMES)

    def __len__(self) -> int:
        return len(_HOMES)


BUILT_IN: Final[Mapping[str, type[Any]]] = _BuiltIn()
"""The policies that come with the library, by the names that process files use."""


class _Kinds(Mapping[str, Sequence[type[Any]]]):
    """The same, each in a list, and classes of one's own besides."""

    def __init__(self, own: Mapping[str, Sequence[type[Any]]]) -> None:
        self._own = own

    def __getitem__(self, use: str) -> Sequence[type[Any]]:
        return self._own[use] if use in self._own else [BUILT_IN[use]]

    def __iter__(self) -> Iterator[str]:
        return iter((*_HOMES, *self._own))

    def __len__(self) -> int:
        return len(_HOMES) + len(self._own)


def kinds_of(own: Iterable[type[Any]]) -> Mapping[str, Sequence[type[Any]]]:
    """
    Give the classes that a process file may name, the newest revision of each first.

    Raises:
        PluginError: One of *own* is no class with a name and a revision, or takes the name of a built-in policy.
    """
    found: dict[str, list[type[Any]]] = {}
    for kind in own:
        use: Any = getattr(kind, "name", None)
        given: object = kind
        if not isinstance(given, type) or name(use) or not isinstance(getattr(kind, "revision", None), int):
            label = getattr(kind, "__name__", type_name(kind))
            raise PluginError(label, "it must be the class of a policy, with a `name` and a `revision` of the class")
        if use not in _HOMES:
            found.setdefault(use, []).append(kind)
        elif BUILT_IN[use] is not kind:
            raise PluginError(kind.__name__, f"its name {use!r} is that of a built-in policy; choose another")
    return _Kinds({use: sorted(kinds, key=lambda kind: -kind.revision) for use, kinds in found.items()})


def resolved(policy: Any, priorities: tuple[str, ...]) -> Any:  # noqa: ANN401 - any policy
    """Give a policy that compares the order of priorities with that order worked in; any other as it is."""
    work_in = getattr(policy, "resolved", None)
    return work_in(priorities) if BUILT_IN.get(policy.name) is type(policy) and work_in is not None else policy
