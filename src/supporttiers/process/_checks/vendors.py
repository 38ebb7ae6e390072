"""Vendors: tiers from which no answer comes back, names that are probably misspelt, and contracts that end."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from supporttiers._fields import nearest
from supporttiers._machine import state_name
from supporttiers.findings import Finding
from supporttiers.process._checks.ways import STILL_OPEN, Ways
from supporttiers.reasons import Reason
from supporttiers.tiers import TierKind

if TYPE_CHECKING:
    from supporttiers.process import SupportProcess

_SOON: Final = timedelta(days=90)
_ALIKE: Final = 0.8
"""So much alike are names of which one is probably misspelt; vendors of one family share more than a word may."""


def of_vendors(process: "SupportProcess", ways: Ways) -> Iterator[Finding]:
    """Find what is probably wrong with the vendors of a process."""
    yield from _without_a_way_back(process, ways)
    yield from _never_reached(process)
    yield from _misspelt_by_thresholds(process)


def _without_a_way_back(process: "SupportProcess", ways: Ways) -> Iterator[Finding]:
    """Find tiers of vendors from which no answer can bring a case back, but out of which people can resolve it."""
    resolvable = ways.resolvable
    for number, tier in enumerate(process.tiers):
        leads_on = process.moves == "any" or tier.hands_back_to or tier.escalates_to
        known = resolvable.isdisjoint(state_name(tier.level, status) for status in STILL_OPEN)
        if tier.kind is TierKind.VENDOR and not leads_on and ways.reaches(tier.level) and not known:
            yield Finding(f"tiers[{number}]", Reason("check.no_way_back", {"tier": tier.level, "name": tier.name}))


def _never_reached(process: "SupportProcess") -> Iterator[Finding]:
    """Find vendors that no case reaches by itself, with the name that was probably meant."""
    named = process.named_vendors
    reached = named.by_tiers | named.by_actions
    for place, vendor in named.spoken_of:
        if vendor not in reached:
            near = nearest(vendor, sorted(reached), cutoff=_ALIKE)
            if near is not None:
                yield Finding(place, Reason("check.vendor_name", {"vendor": vendor, "near": near}))
            elif not named.chooses:
                yield Finding(place, Reason("check.vendor_unreached", {"vendor": vendor}))


def _misspelt_by_thresholds(process: "SupportProcess") -> Iterator[Finding]:
    """
    Find names that are nearly those of other vendors.

    To whom a threshold sends a case may be named nowhere else, and then there is nothing to say.
    """
    named = process.named_vendors
    known = named.by_tiers | {vendor for _, vendor in named.spoken_of}
    for place, vendor in named.dispatched:
        near = None if vendor in known else nearest(vendor, sorted(known), cutoff=_ALIKE)
        if near is not None:
            yield Finding(place, Reason("check.vendor_dispatch", {"vendor": vendor, "near": near}))


def of_contract_ends(process: "SupportProcess", now: datetime) -> Iterator[Finding]:
    """Find contracts that end within 90 days, or have ended."""
    for number, contract in enumerate(process.contracts):
        if contract.ends is not None and contract.ends - now.date() < _SOON:
            params = {"vendor": contract.vendor, "ends": str(contract.ends)}
            yield Finding(f"contracts[{number}].ends", Reason("check.contract_ends", params))
