"""
Contracts with vendors: what a vendor owes us, by when, on what, and what happens where it does not keep to that.

A `VendorContract` is data. Its times become limits of agreement `uc`, which the engine measures as it does any other.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import at_least, each, flag, instance_of, optional, part, tuple_of
from supporttiers.calendars.targets import Target
from supporttiers.errors import PolicyConfigError
from supporttiers.limits import Action, Threshold, TimeLimit, action_pattern, check_targets, targets_of
from supporttiers.links import MAX_TOLD
from supporttiers.match import Match
from supporttiers.tiers import Agreement, named_duration, working_time

STALE_AFTER: Final = timedelta(hours=1)
"""After so long a vendor that cannot be asked is an alarm, where no contract says otherwise."""

MESSAGES_A_DAY: Final = 20
"""So often a vendor is told something about one case in 24 hours, where no contract says otherwise."""

ON_BREACH: Final = ("remind", "inform_management")
"""What a breach does where the contract does not say."""

_SHORT: Final[Mapping[str, str]] = {"remind": "remind", "escalate_at_vendor": "escalate_at"}
"""Actions that are about the contract's own vendor, and need not name it."""

TARGETS: Final[Mapping[str, str]] = {
    "acknowledge": "vendor_acknowledgement", "update": "vendor_update", "resolve": "vendor",
}  # fmt: skip
"""What a contract can allow a time for, and what a limit calls it."""


def _acknowledge(value: object) -> object:
    return None if value is None else targets_of(value, "VendorContract.acknowledge")


def _update(value: object) -> object:
    return None if value is None else targets_of(value, "VendorContract.update")


def _resolve(value: object) -> object:
    return None if value is None else targets_of(value, "VendorContract.resolve")


_allowed = part(optional(check_targets))


def _date(value: object) -> object:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value


def _a_date(value: object) -> str | None:
    if isinstance(value, datetime) or not isinstance(value, date):
        return "must be a date, such as '2026-12-31'"
    return None


def _stale_after(value: object) -> object:
    return named_duration(value, "VendorContract.stale_after")


def _breach_action(value: object) -> str | None:
    if not isinstance(value, str):
        return f"must be a text such as 'remind', not {fields.type_name(value)}"
    if value in _SHORT:
        return None
    try:
        Action.from_text(value)
    except PolicyConfigError as error:
        return f"must be 'remind', 'escalate_at_vendor' or what a threshold does; {error.problem}"
    return None


def breach_pattern() -> str:
    """Give the regular expression of an action as a contract writes it."""
    return f"^({'|'.join(_SHORT)})$|{action_pattern()}"


@attrs.frozen(kw_only=True)
class VendorContract:
    """
    What is agreed with a vendor: an underpinning contract.

    >>> contract = VendorContract(
    ...     vendor="acme-print", acknowledge="2h", resolve={"critical": "8h", "*": "3 business days"}
    ... )
    >>> [limit.name for limit in contract.limits]
    ['acme-print acknowledge', 'acme-print resolve']

    Attributes:
        vendor: The name of the vendor's gateway; a process has one contract with each.
        calendar: Whose working time its times are; the process's calendar when None.
        acknowledge: How long the vendor may take to take a request up, from the dispatch: one time, or one by priority.
        update: How long the vendor may say nothing: it begins again each time the vendor says something.
        resolve: How long the vendor may take to answer, from the dispatch.
        on_breach: What happens when one of these times is over, in order: `remind`, `escalate_at_vendor`, `hand_back`,
            `inform_management`, `notify:WHO`, or whatever else a threshold can do.
        covers: Which cases it is about: warranty, contract number, product, as attributes or facts; all when None.
        starts: The first day on which anything is dispatched; no beginning when None.
        ends: The last such day; no end when None.
        stale_after: After how long that we cannot ask the vendor is told to management: it is not that they are silent.
        messages_a_day: How often the vendor is told something about one case in 24 hours, requests included.
        withdraw: Whether open tickets are withdrawn when the case is resolved, closed, cancelled or merged.

    .. versionadded:: 0.1.0
    """

    vendor: str = attrs.field(validator=part(fields.name))
    calendar: str | None = attrs.field(default=None, validator=part(optional(fields.name)))
    acknowledge: Mapping[str, Target] | None = attrs.field(
        default=None, converter=_acknowledge, validator=_allowed, hash=False
    )
    update: Mapping[str, Target] | None = attrs.field(default=None, converter=_update, validator=_allowed, hash=False)
    resolve: Mapping[str, Target] | None = attrs.field(default=None, converter=_resolve, validator=_allowed, hash=False)
    on_breach: tuple[str, ...] = attrs.field(
        default=ON_BREACH, converter=tuple_of, validator=part(each(_breach_action, at_most=16, what="actions"))
    )
    covers: Match | None = attrs.field(default=None, validator=part(optional(instance_of(Match, "a Match"))))
    starts: date | None = attrs.field(default=None, converter=_date, validator=part(optional(_a_date)))
    ends: date | None = attrs.field(default=None, converter=_date, validator=part(optional(_a_date)))
    stale_after: timedelta = attrs.field(default=STALE_AFTER, converter=_stale_after, validator=part(working_time))
    messages_a_day: int = attrs.field(default=MESSAGES_A_DAY, validator=part(at_least(1, MAX_TOLD)))
    withdraw: bool = attrs.field(default=True, validator=part(flag))

    def __attrs_post_init__(self) -> None:
        """Check what belongs together."""
        if self.starts is not None and self.ends is not None and self.ends < self.starts:
            raise PolicyConfigError("VendorContract.ends", f"lies before it starts, on {self.starts}")

    @property
    def actions(self) -> tuple[Action, ...]:
        """What a breach does, as actions of a threshold."""
        return tuple(
            Action(_SHORT[text], self.vendor) if text in _SHORT else Action.from_text(text) for text in self.on_breach
        )

    @property
    def limits(self) -> tuple[TimeLimit, ...]:
        """The limits that it stands for: one of agreement `uc` for each time that it allows."""
        return tuple(
            TimeLimit(
                name=f"{self.vendor} {word}", agreement=Agreement.UC, measures=measures, vendor=self.vendor,
                target=target, calendar=self.calendar, thresholds=[Threshold("100%", do=self.actions)],
            )
            for word, measures in TARGETS.items()
            if (target := getattr(self, word)) is not None
        )  # fmt: skip
