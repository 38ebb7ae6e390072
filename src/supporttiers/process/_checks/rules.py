"""Rules that can never be taken, because an earlier one takes everything that they could."""

from collections.abc import Iterator, Sequence
from typing import Any

from supporttiers.findings import Finding
from supporttiers.policies import resolved
from supporttiers.policies.routing import RouteByRules
from supporttiers.protocols import methods_of
from supporttiers.reasons import Reason


def shadowed(policies: Sequence[Any], priorities: tuple[str, ...]) -> Iterator[Finding]:
    """Find them; places are those of the process file, where routes stand apart from other policies."""
    apart = bool(policies) and isinstance(policies[0], RouteByRules)
    behind: str | None = None
    for number, policy in enumerate(policies):
        place = "" if apart and number == 0 else f"policies[{number - apart}]"
        if behind is not None and "route" in methods_of(policy):
            yield Finding(place, Reason("check.policy_never", {"by": behind}))
        find = getattr(resolved(policy, priorities), "shadows", None)
        for shadow in () if find is None else find():
            yield Finding(_joined(place, shadow.place), Reason("check.rule_never", {"by": _joined(place, shadow.by)}))
        if isinstance(policy, RouteByRules) and policy.routes[-1].is_default:
            behind = _joined(place, f"routes[{len(policy.routes) - 1}]")


def _joined(place: str, inner: str) -> str:
    return f"{place}.{inner}" if place else inner
