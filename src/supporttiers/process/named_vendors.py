"""Vendors that a process names, by how it does: which of them its cases can reach, and which it only speaks of."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import attrs

from supporttiers.contracts import VendorContract
from supporttiers.limits import Action, TimeLimit
from supporttiers.policies.vendors import DispatchByRules
from supporttiers.protocols import methods_of
from supporttiers.tiers import Tier, TierKind

_SPEAKS: Final = ("remind", "escalate_at", "dispatch")
_DISPATCH: Final = "dispatch:"


@attrs.frozen(kw_only=True)
class NamedVendors:
    """
    The vendors of a process, by how it names them.

    Attributes:
        by_tiers: Those to which tiers and policies send cases.
        by_actions: Those to which thresholds send cases.
        spoken_of: Where others are named, and which: contracts, vendors' clocks, reminders.
        dispatched: Where thresholds send cases, and to whom.
        chooses: Whether a policy of one's own sends cases to vendors that nobody else can know.
    """

    by_tiers: frozenset[str]
    by_actions: frozenset[str]
    spoken_of: tuple[tuple[str, str], ...]
    dispatched: tuple[tuple[str, str], ...]
    chooses: bool

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        return self.by_tiers | self.by_actions | {vendor for _, vendor in self.spoken_of}


def vendors_in(
    tiers: Sequence[Tier], contracts: Sequence[VendorContract], limits: Sequence[TimeLimit], policies: Sequence[Any]
) -> NamedVendors:
    """Collect the vendors that the parts of a process name."""
    sent = {tier.vendor for tier in tiers if tier.kind is TierKind.VENDOR and tier.vendor is not None}
    sent |= {vendor for policy in policies for vendor in _of_policy(policy)}
    said = [(place, action) for place, action in _actions(contracts, limits) if action.verb in _SPEAKS]
    dispatched = tuple((place, action.argument) for place, action in said if action.verb == "dispatch")
    spoken_of = [(f"contracts[{place}].vendor", contract.vendor) for place, contract in enumerate(contracts)]
    spoken_of += [(f"limits[{place}].vendor", limit.vendor) for place, limit in enumerate(limits) if limit.vendor]
    spoken_of += [(place, action.argument) for place, action in said if action.verb != "dispatch"]
    return NamedVendors(
        by_tiers=frozenset(sent), by_actions=frozenset(vendor for _, vendor in dispatched),
        spoken_of=tuple(spoken_of), dispatched=dispatched,
        chooses=any("dispatch" in methods_of(each) and not isinstance(each, DispatchByRules) for each in policies),
    )  # fmt: skip


def _of_policy(policy: object) -> Iterator[str]:
    """Give the vendors of rules, and those to which a policy sends cases in the words of its `do`."""
    if isinstance(policy, DispatchByRules):
        yield from (rule.vendor for rule in policy.rules)
    wishes = getattr(policy, "do", ())
    for wish in wishes if isinstance(wishes, tuple) else ():
        if isinstance(wish, str) and wish.startswith(_DISPATCH):
            yield wish.removeprefix(_DISPATCH)


def _actions(contracts: Sequence[VendorContract], limits: Sequence[TimeLimit]) -> Iterator[tuple[str, Action]]:
    for place, limit in enumerate(limits):
        for number, threshold in enumerate(limit.thresholds):
            for index, action in enumerate(threshold.do):
                yield f"limits[{place}].thresholds[{number}].do[{index}]", action
    for place, contract in enumerate(contracts):
        for index, action in enumerate(contract.actions):
            if action.argument != contract.vendor:  # whose name has a place of its own
                yield f"contracts[{place}].on_breach[{index}]", action
