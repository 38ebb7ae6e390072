"""Rules as frozen values; one subject a file."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from supporttiers._fields import name, type_name
from supporttiers.errors import PluginError
from supporttiers.policies.approval import PermitByApproval
from supporttiers.policies.assignment import AssignLeastLoaded, AssignRoundRobin
from supporttiers.policies.closing import CloseAfter
from supporttiers.policies.fixes import RequestFix
from supporttiers.policies.handoff import PermitByHandOff
from supporttiers.policies.informing import InformInSteps
from supporttiers.policies.permission import PermitByRules
from supporttiers.policies.priority import PrioritiseByRules
from supporttiers.policies.reopening import ReopenWithin
from supporttiers.policies.routing import RouteByRules
from supporttiers.policies.satisfaction import AskForSatisfaction
from supporttiers.policies.targets import TargetByRules
from supporttiers.policies.vendors import DispatchByRules

BUILT_IN: Final[Mapping[str, type[Any]]] = {
    kind.name: kind
    for kind in (
        RouteByRules, AssignRoundRobin, AssignLeastLoaded, CloseAfter, ReopenWithin, AskForSatisfaction, InformInSteps,
        DispatchByRules, RequestFix, PrioritiseByRules, PermitByRules, PermitByHandOff, PermitByApproval,
        TargetByRules,
    )
}  # fmt: skip
"""The policies that come with the library, by the names that process files use."""


def kinds_of(own: Iterable[type[Any]]) -> Mapping[str, Sequence[type[Any]]]:
    """
    Give the classes that a process file may name, the newest revision of each first.

    Raises:
        PluginError: One of *own* is no class with a name and a revision, or takes the name of a built-in policy.
    """
    found: dict[str, list[type[Any]]] = {use: [kind] for use, kind in BUILT_IN.items()}
    for kind in own:
        use: Any = getattr(kind, "name", None)
        given: object = kind
        if not isinstance(given, type) or name(use) or not isinstance(getattr(kind, "revision", None), int):
            label = getattr(kind, "__name__", type_name(kind))
            raise PluginError(label, "it must be the class of a policy, with a `name` and a `revision` of the class")
        if use in BUILT_IN:
            if BUILT_IN[use] is kind:
                continue
            raise PluginError(kind.__name__, f"its name {use!r} is that of a built-in policy; choose another")
        found.setdefault(use, []).append(kind)
    return {use: sorted(kinds, key=lambda kind: -kind.revision) for use, kinds in found.items()}


def resolved(policy: Any, priorities: tuple[str, ...]) -> Any:  # noqa: ANN401 - any policy
    """Give a policy that compares the order of priorities with that order worked in; any other as it is."""
    work_in = getattr(policy, "resolved", None)
    return work_in(priorities) if BUILT_IN.get(policy.name) is type(policy) and work_in is not None else policy
