"""What a process asks of the gateways of its vendors, so that a desk refuses at once what they cannot do."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import attrs

from supporttiers.contracts import VendorContract
from supporttiers.limits import TimeLimit
from supporttiers.links import VendorStatus
from supporttiers.tiers import Tier, TierKind

_TAKEN_UP: Final = frozenset({
    VendorStatus.ACKNOWLEDGED, VendorStatus.IN_PROGRESS, VendorStatus.WAITING_FOR_US, VendorStatus.ANSWERED,
})  # fmt: skip
_ANSWERED: Final = frozenset({VendorStatus.ANSWERED, VendorStatus.RESOLVED, VendorStatus.CLOSED})


@attrs.frozen(kw_only=True)
class VendorNeed:
    """
    One thing that a plan asks of a gateway.

    Attributes:
        what: What for, as it stands in the process: `contracts[0].withdraw`, and so on.
        any_of: The gateway must be able to do one of these; nothing is asked when it is empty.
        statuses: Its tickets must be able to have one of these; any will do when it is empty.
        instead: What else is possible.
    """

    what: str
    any_of: frozenset[str] = frozenset()
    statuses: frozenset[VendorStatus] = frozenset()
    instead: str


@attrs.frozen(kw_only=True)
class VendorPlan:
    """
    All that a process asks of the gateway of one vendor.

    Attributes:
        process: The name of the process.
        vendor: The name of the gateway.
        needs: What is asked of it.
    """

    process: str
    vendor: str
    needs: tuple[VendorNeed, ...] = ()


def problems_of(
    plan: VendorPlan, capabilities: Collection[str], statuses: Collection[VendorStatus] | None = None
) -> tuple[str, ...]:
    """
    Say what of a plan a gateway cannot carry out.

    >>> from supporttiers import SupportProcess
    >>> problems_of(SupportProcess.default().vendor_plans["vendor"], capabilities=())
    ()

    Args:
        plan: One of `SupportProcess.vendor_plans`.
        capabilities: What the gateway can do beyond `open` and `fetch`: see `protocols.capabilities_of`.
        statuses: Which statuses its tickets can have; None where it does not say.

    Returns:
        A text for each need that is not met, naming process, vendor, need, and what is possible instead; empty where
        the gateway can carry out the plan.
    """
    return tuple(_problems(plan, frozenset(capabilities), statuses))


def _problems(plan: VendorPlan, can: frozenset[str], statuses: Collection[VendorStatus] | None) -> Iterator[str]:
    for need in plan.needs:
        lacks = []
        if need.any_of and need.any_of.isdisjoint(can):
            lacks.append(f"needs a gateway that can {' or '.join(sorted(need.any_of))}; this one can: {_listed(can)}")
        if need.statuses and statuses is not None and need.statuses.isdisjoint(statuses):
            wanted = " or ".join(sorted(map(str, need.statuses)))
            lacks.append(f"needs tickets that can be {wanted}; those of this one can be: {_listed(statuses)}")
        for lack in lacks:
            yield f"process {plan.process!r}, vendor {plan.vendor!r}: {need.what} {lack}. {need.instead}"


def _listed(words: Collection[str]) -> str:
    return ", ".join(sorted(map(str, words))) or "nothing more"


def plans_of(
    process: str, *, tiers: Sequence[Tier], contracts: Sequence[VendorContract], limits: Sequence[TimeLimit]
) -> Mapping[str, VendorPlan]:
    """Collect what the process of this name asks of each vendor that its tiers, contracts and limits name."""
    needs: dict[str, list[VendorNeed]] = {
        tier.vendor: [] for tier in tiers if tier.kind is TierKind.VENDOR and tier.vendor is not None
    }
    for place, contract in enumerate(contracts):
        needs.setdefault(contract.vendor, []).extend(_of_contract(f"contracts[{place}]", contract))
    for vendor, need in _of_limits(limits):
        found = needs.setdefault(vendor, [])
        if need is not None:
            found.append(need)
    return {vendor: VendorPlan(process=process, vendor=vendor, needs=tuple(found)) for vendor, found in needs.items()}


def _of_contract(place: str, contract: VendorContract) -> Iterator[VendorNeed]:
    speaks = [text for text in contract.on_breach if text in {"remind", "escalate_at_vendor"}]
    if speaks and contract.limits:
        yield VendorNeed(
            what=f"{place}.on_breach ({', '.join(speaks)})", any_of=frozenset({"comment"}),
            instead="Leave that out of on_breach, such as on_breach = ['inform_management']",
        )  # fmt: skip
    if contract.withdraw:
        yield VendorNeed(
            what=f"{place}.withdraw", any_of=frozenset({"withdraw", "set_status", "comment"}),
            instead="Or say withdraw = false",
        )  # fmt: skip
    for word, statuses in (("acknowledge", _TAKEN_UP), ("resolve", _ANSWERED)):
        if getattr(contract, word) is not None:
            yield VendorNeed(what=f"{place}.{word}", statuses=statuses, instead=f"Or leave {word} out")


def _of_limits(limits: Sequence[TimeLimit]) -> Iterator[tuple[str, VendorNeed | None]]:
    for place, limit in enumerate(limits):
        for number, threshold in enumerate(limit.thresholds):
            for action in threshold.do:
                if action.verb in {"remind", "escalate_at"}:
                    yield action.argument, VendorNeed(
                        what=f"limits[{place}].thresholds[{number}] ({action})", any_of=frozenset({"comment"}),
                        instead="Or tell people instead, such as 'notify:manager'",
                    )  # fmt: skip
                elif action.verb == "dispatch":
                    yield action.argument, None
