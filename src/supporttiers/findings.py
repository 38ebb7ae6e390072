"""
Findings: what a static analysis has found about a process that is valid.

Each kind of finding has a code, which is that of its reason, a severity, and a fix in words. What is certainly wrong is
no finding but a fault, for which a process is refused.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import one_of, optional, part
from supporttiers.reasons import Reason


class Severity(StrEnum):
    """
    How bad a finding is.

    An `error` is a case that would be forgotten, or a promise that could not be kept whatever people do. A `warning` is
    something that was probably meant otherwise.
    """

    ERROR = "error"
    WARNING = "warning"


class Kind(NamedTuple):
    """
    What all findings of one code have in common.

    Attributes:
        severity: How bad it is.
        fix: What to do about it; names in braces are parameters of the finding's reason.
    """

    severity: Severity
    fix: str


_ERROR, _WARNING = Severity.ERROR, Severity.WARNING

KINDS: Final[Mapping[str, Kind]] = {
    # tiers and moves
    "check.tier_unreachable": Kind(
        _ERROR, "let another tier escalate or hand back to it, name it in process.entry, or leave it out"
    ),
    "check.tier_no_exit": Kind(
        _ERROR,
        "give it escalates_to or hands_back_to, or name a status in which a case is open in process.resolve_when",
    ),
    "check.cycle_unlimited": Kind(
        _WARNING, "give cases a limit that measures 'resolution', and tell somebody at its thresholds"
    ),
    "check.endless_round": Kind(_ERROR, "let one of these limits tell people, instead of moving the case"),
    # where a case can stay for ever
    "check.stuck": Kind(
        _ERROR,
        "give the tier a time_limit, or a limit whose thresholds tell somebody; or tell people with the policy "
        "supporttiers.inform-in-steps",
    ),
    "check.stuck_some": Kind(
        _WARNING,
        "let a limit that tells somebody run for these cases, too; or tell people with the policy "
        "supporttiers.inform-in-steps",
    ),
    "check.waits_forever": Kind(
        _WARNING,
        "let a limit run meanwhile, or tell people with the policy supporttiers.inform-in-steps and "
        "when = {{ status = 'waiting', wait_reason = {wait_reason!r} }}",
    ),
    # limits
    "check.pause_idle": Kind(_WARNING, "leave it out, or name a state in which the stopwatch lives"),
    "check.stop_idle": Kind(_WARNING, "name a state that a case can come to"),
    "check.reset_always": Kind(_WARNING, "name what begins a new round, and holds not always"),
    "check.threshold_never": Kind(_WARNING, "move it behind the start: the time before the target is longer than that"),
    "check.threshold_after_end": Kind(_WARNING, "move it before the one that does so, or leave it out"),
    "check.limit_never": Kind(_WARNING, "make it shorter than {by!r}, let it watch other cases, or leave it out"),
    "check.targets_sum": Kind(_WARNING, "shorten the targets of the tiers, or allow the customer's limit more"),
    "check.contract_longer": Kind(
        _ERROR, "agree a shorter time with the vendor, allow {by!r} more, or give it pause_while_vendor"
    ),
    # hours
    "check.holidays_end": Kind(_WARNING, "add the years that follow"),
    "check.closed_long": Kind(
        _WARNING, "open for some hours in between, with overrides; or tell customers, and say here that it is known"
    ),
    "check.into_closed_hours": Kind(
        _WARNING, "measure the limit in the hours of that tier (calendar), or tell somebody who is on call"
    ),
    # rules
    "check.rule_never": Kind(_WARNING, "put it before the other one, or leave it out"),
    "check.policy_never": Kind(_WARNING, "put it before the other one, or leave it out"),
    "check.nobody_may": Kind(_ERROR, "name somebody who may, or take the move out of the process"),
    "check.requirement_never": Kind(_ERROR, "want something that a case can have"),
    # vendors
    "check.no_way_back": Kind(_WARNING, "give it hands_back_to, or escalates_to"),
    "check.vendor_name": Kind(_WARNING, "write {near!r}, if that is meant"),
    "check.vendor_unreached": Kind(
        _WARNING, "give the vendor a tier, or send cases there by a rule or a threshold; or say that people do so"
    ),
    "check.vendor_dispatch": Kind(_WARNING, "write {near!r}, if that is meant"),
    "check.contract_ends": Kind(_WARNING, "renew the contract, or send cases elsewhere"),
    # people and words
    "check.team_empty": Kind(_ERROR, "put somebody into the team, or take it out of the tier"),
    "check.role_empty": Kind(_ERROR, "give somebody the role, or name another one"),
    "check.message_to": Kind(_WARNING, "write {near!r}, if that is meant"),
    # suppressions
    "check.ignore_idle": Kind(_WARNING, "leave it out"),
}
"""Every kind of finding, by its code."""


@attrs.frozen
class Finding:
    """
    Something that was found, and where.

    >>> found = Finding("limits[0].pause", Reason("check.pause_idle", {"limit": "resolve"}))
    >>> str(found)
    "limits[0].pause: it never makes the stopwatch of limit 'resolve' stand still"
    >>> found.code, str(found.severity), found.fix
    ('check.pause_idle', 'warning', 'leave it out, or name a state in which the stopwatch lives')

    Attributes:
        place: Where in the file or object: `limits[0].pause`.
        reason: What, as data; its text is the explanation.

    .. versionadded:: 0.1.0
    """

    place: str
    reason: Reason

    @property
    def code(self) -> str:
        """One of `KINDS`."""
        return self.reason.code

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return KINDS[self.code].severity

    @property
    def fix(self) -> str:
        """What to do about it, in English."""
        return KINDS[self.code].fix.format_map(self.reason.params)

    def __str__(self) -> str:
        """Say place and text in one line."""
        return f"{self.place}: {self.reason}"


@attrs.frozen(kw_only=True)
class Ignore:
    """
    A kind of finding that is known, and meant, at one place or anywhere in a process.

    >>> known = Ignore(code="check.stuck", place="tiers[1]", reason="the shift leads look through this queue at noon")
    >>> known.covers(Finding("tiers[1]", Reason("check.stuck", {})))
    True

    Attributes:
        code: Of the finding.
        place: Where; places inside of it count, too. Anywhere when None.
        reason: Why it is meant.

    .. versionadded:: 0.1.0
    """

    code: str = attrs.field(validator=part(one_of(tuple(KINDS))))
    place: str | None = attrs.field(default=None, validator=part(optional(fields.name)))
    reason: str = attrs.field(validator=part(fields.name))

    def covers(self, finding: Finding) -> bool:
        """Say whether it speaks of a finding."""
        inside = self.place is None or finding.place == self.place or finding.place.startswith(self._inside)
        return inside and finding.code == self.code

    @property
    def _inside(self) -> tuple[str, str]:
        return f"{self.place}.", f"{self.place}["
