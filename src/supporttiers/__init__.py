"""
supporttiers: tiered support, embedded in your own application.

The names below are the whole front door; each is loaded when it is first asked for. Everything else that is public
lives in a module without a leading underscore.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from supporttiers.actors import Actor, ActorKind, Agent
    from supporttiers.calendars import WorkingHours
    from supporttiers.calendars.targets import business_days, calendar_days, until_close
    from supporttiers.cases import Case, fold, rebuild
    from supporttiers.clock import Clock, FakeClock, SystemClock
    from supporttiers.contracts import VendorContract
    from supporttiers.decisions import Decision, Destination, Hold, Later, Refusal, Situation
    from supporttiers.desk import AsyncSupportDesk, SupportDesk
    from supporttiers.errors import (
        BackendError,
        CaseError,
        CaseNotFoundError,
        DefinitionError,
        IdempotencyError,
        InputError,
        MoveRefusedError,
        NotPermittedError,
        ProcessError,
        StaleCaseError,
        StoreError,
        SupportTiersError,
    )
    from supporttiers.facts import FactSource
    from supporttiers.limits import Action, Percent, Threshold, TimeLimit
    from supporttiers.links import Attachment, Link, VendorStatus, VendorTicket
    from supporttiers.match import AtLeast, AtMost, Match, Not
    from supporttiers.policies.routing import Route, RouteByRules
    from supporttiers.process import SupportProcess
    from supporttiers.readings import ClockReading, Explanation, Option, Page, Pass
    from supporttiers.reasons import Reason
    from supporttiers.stopwatches import Stopwatch
    from supporttiers.tiers import Agreement, CaseKind, Status, Tier, TierKind, Visibility

_HOMES = {
    "supporttiers.desk": ("AsyncSupportDesk", "SupportDesk"),
    "supporttiers.process": ("SupportProcess",),
    "supporttiers.tiers": ("Agreement", "CaseKind", "Status", "Tier", "TierKind", "Visibility"),
    "supporttiers.contracts": ("VendorContract",),
    "supporttiers.limits": ("Action", "Percent", "Threshold", "TimeLimit"),
    "supporttiers.calendars": ("WorkingHours",),
    "supporttiers.calendars.targets": ("business_days", "calendar_days", "until_close"),
    "supporttiers.policies.routing": ("Route", "RouteByRules"),
    "supporttiers.match": ("AtLeast", "AtMost", "Match", "Not"),
    "supporttiers.cases": ("Case", "fold", "rebuild"),
    "supporttiers.actors": ("Actor", "ActorKind", "Agent"),
    "supporttiers.links": ("Attachment", "Link", "VendorStatus", "VendorTicket"),
    "supporttiers.stopwatches": ("Stopwatch",),
    "supporttiers.clock": ("Clock", "FakeClock", "SystemClock"),
    "supporttiers.decisions": ("Decision", "Destination", "Hold", "Later", "Refusal", "Situation"),
    "supporttiers.facts": ("FactSource",),
    "supporttiers.readings": ("ClockReading", "Explanation", "Option", "Page", "Pass"),
    "supporttiers.reasons": ("Reason",),
    "supporttiers.errors": (
        "BackendError", "CaseError", "CaseNotFoundError", "DefinitionError", "IdempotencyError", "InputError",
        "MoveRefusedError", "NotPermittedError", "ProcessError", "StaleCaseError", "StoreError", "SupportTiersError",
    ),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [  # noqa: RUF022 - grouped by what they are; a test holds this list to the homes above
    # the desk and its process
    "AsyncSupportDesk", "SupportDesk", "SupportProcess",
    # parts of a process
    "Action", "Agreement", "AtLeast", "AtMost", "Match", "Not", "Percent", "Route", "RouteByRules", "Threshold", "Tier",
    "TierKind", "TimeLimit", "VendorContract", "WorkingHours", "business_days", "calendar_days", "until_close",
    # cases
    "Actor", "ActorKind", "Agent", "Attachment", "Case", "CaseKind", "Link", "Status", "Stopwatch", "VendorStatus",
    "VendorTicket", "Visibility", "fold", "rebuild",
    # time
    "Clock", "FakeClock", "SystemClock",
    # what policies are asked, and what the desk answers
    "ClockReading", "Decision", "Destination", "Explanation", "FactSource", "Hold", "Later", "Option", "Page", "Pass",
    "Reason", "Refusal", "Situation",
    # errors
    "BackendError", "CaseError", "CaseNotFoundError", "DefinitionError", "IdempotencyError", "InputError",
    "MoveRefusedError", "NotPermittedError", "ProcessError", "StaleCaseError", "StoreError", "SupportTiersError",
]  # fmt: skip


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562
    home = _HOME_OF.get(name)
    if home is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
