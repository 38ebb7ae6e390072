"""The parts of a mapping: how the file is written, which column is what, what statuses and teams mean."""

import re
from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import at_least, each, instance_of, optional, part, tuple_of, type_name, words_of
from supporttiers.errors import PolicyConfigError
from supporttiers.tiers import Status

ISO_8601: Final = "iso8601"
DETAILS: Final = ("subject", "customer", "category", "channel", "locale", "impact", "urgency", "priority")
"""What a case may know besides where it stands, each from a column of its own."""
PART: Final = "supporttiers.part"
"""Under this key a field's metadata names the class of its value, or of each member of it."""

_MAX_COLUMNS: Final = 5
_MAX_RULES: Final = 10_000
_WAYS: Final = ("team", "suffix", "pattern")


def _words_or_none(value: object) -> object:
    return None if value is None else words_of(value)


def _status(value: object) -> object:
    return Status(value) if isinstance(value, str) and value in set(Status) else value


def _zone(value: object) -> str | None:
    if not isinstance(value, str):
        return f"must be the name of a time zone, not {type_name(value)}"
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        return f"{value[:60]!r} is no time zone that is known here; possible are names such as 'Europe/Rome' and 'UTC'"
    return None


def _pattern(value: object) -> str | None:
    if not isinstance(value, str):
        return f"must be a regular expression, not {type_name(value)}"
    try:
        re.compile(value)
    except re.error as error:
        return f"is no regular expression: {error}"
    return None


def _delimiter(value: object) -> str | None:
    fits = isinstance(value, str) and len(value) == 1 and value not in '"\r\n\0'
    return None if fits else "must be one character, and neither a quote nor a line break"


def _columns(value: object) -> str | None:
    problem = each(fields.name, at_most=_MAX_COLUMNS, what="names of columns")(value)
    return problem or (None if value else "must name at least one column")


def _column() -> Any:  # noqa: ANN401 - attrs' own fields are typed so
    return attrs.field(default=None, validator=part(optional(fields.name)))


def _some_level() -> Any:  # noqa: ANN401
    return attrs.field(default=None, validator=part(optional(at_least(0, 99))))


def _rules(kind: type, default: object = attrs.NOTHING) -> Any:  # noqa: ANN401
    check = each(instance_of(kind, f"a {kind.__name__}"), at_most=_MAX_RULES, what="rules")
    return attrs.field(default=default, converter=tuple_of, validator=part(check), metadata={PART: kind})


@attrs.frozen(kw_only=True)
class LogFormat:
    """
    How the file is written.

    Attributes:
        delimiter: What stands between two fields.
        time_format: `iso8601`, or a format of `datetime.strptime`, such as `%d.%m.%Y %H:%M`.
        zone: In which zone times are that carry no offset; without it they are refused.
    """

    delimiter: str = attrs.field(default=",", validator=part(_delimiter))
    time_format: str = attrs.field(default=ISO_8601, validator=part(fields.name))
    zone: str | None = attrs.field(default=None, validator=part(optional(_zone)))


@attrs.frozen(kw_only=True)
class Columns:
    """
    Which column is what.

    Attributes:
        case: The case's id.
        time: When the row happened.
        status: What the log says of the case's status, in one column or in several.
        team: Who has the case; empty means unchanged.
        resource: Who did it, and acts as the agent; empty means the log itself.
        requester: Who needs help.
        subject: One line; this and the others go to the case as they are, and empty ones change nothing.
        customer: On whose contract.
        category: What it is about.
        channel: How it came in.
        locale: The requester's language.
        impact: How much it hurts.
        urgency: How soon it hurts.
        priority: One of the process's.
    """

    case: str = attrs.field(validator=part(fields.name))
    time: str = attrs.field(validator=part(fields.name))
    status: tuple[str, ...] = attrs.field(converter=words_of, validator=part(_columns))
    team: str | None = _column()
    resource: str | None = _column()
    requester: str | None = _column()
    subject: str | None = _column()
    customer: str | None = _column()
    category: str | None = _column()
    channel: str | None = _column()
    locale: str | None = _column()
    impact: str | None = _column()
    urgency: str | None = _column()
    priority: str | None = _column()

    @property
    def used(self) -> tuple[str, ...]:
        """Every column that is read, each once."""
        others: list[str | None] = [
            getattr(self, field.name) for field in attrs.fields(type(self)) if field.name != "status"
        ]
        return tuple(dict.fromkeys(name for name in (*others, *self.status) if name is not None))

    @property
    def details(self) -> Mapping[str, str]:
        """What the case is told besides where it stands: field and column."""
        return {name: getattr(self, name) for name in DETAILS if getattr(self, name) is not None}


@attrs.frozen(kw_only=True)
class StatusRule:
    """
    What one status of the log means.

    >>> StatusRule(log=["Accepted", "Wait - User"], status="waiting", wait_reason="customer").label
    'Wait - User'

    Attributes:
        log: What the log says, one text for each status column.
        status: What that is here.
        wait_reason: For whom or what the case waits; only with `waiting`, and always then.
        tier: At which tier the case is, where the status says so; otherwise its team does, or it stays.
        name: What figures call it; what the last status column says unless given.
    """

    log: tuple[str, ...] = attrs.field(
        converter=words_of, validator=part(each(fields.text, at_most=_MAX_COLUMNS, what="texts"))
    )
    status: Status = attrs.field(converter=_status, validator=part(instance_of(Status, "one of: " + ", ".join(Status))))
    wait_reason: str | None = attrs.field(default=None, validator=part(optional(fields.name)))
    tier: int | None = _some_level()
    name: str | None = attrs.field(default=None, validator=part(optional(fields.name)))

    def __attrs_post_init__(self) -> None:
        """Hold status and reason together."""
        if (self.status is Status.WAITING) != (self.wait_reason is not None):
            raise PolicyConfigError("StatusRule.wait_reason", "belongs to the status waiting, and only to it")

    @property
    def label(self) -> str:
        """What figures call it."""
        return self.log[-1] if self.name is None else self.name


@attrs.frozen(kw_only=True)
class StatusRules:
    """
    What the statuses of a log mean; each has to be said.

    Attributes:
        rules: One for each.
    """

    rules: tuple[StatusRule, ...] = _rules(StatusRule)


@attrs.frozen(kw_only=True)
class TeamRule:
    """
    How a team's name gives its tier, in exactly one of three ways.

    Attributes:
        tier: The level.
        team: The whole name, or several names.
        suffix: How the name ends.
        pattern: A regular expression that is found somewhere in the name.
    """

    tier: int = attrs.field(validator=part(at_least(0, 99)))
    team: tuple[str, ...] | None = attrs.field(
        default=None,
        converter=_words_or_none,
        validator=part(optional(each(fields.name, at_most=_MAX_RULES, what="names"))),
    )
    suffix: str | None = attrs.field(default=None, validator=part(optional(fields.text)))
    pattern: str | None = attrs.field(default=None, validator=part(optional(_pattern)))

    def __attrs_post_init__(self) -> None:
        """Allow one way only."""
        if sum(getattr(self, way) is not None for way in _WAYS) != 1:
            raise PolicyConfigError("TeamRule", f"must have exactly one of: {', '.join(_WAYS)}")

    def fits(self, team: str) -> bool:
        """Whether it speaks of a team."""
        if self.team is not None:
            return team in self.team
        if self.suffix is not None:
            return team.endswith(self.suffix)
        return re.search(self.pattern or "", team) is not None


@attrs.frozen(kw_only=True)
class TeamRules:
    """
    How teams' names give their tiers.

    Attributes:
        rules: Asked in order; the first that fits counts.
        default: The tier of every other team; None refuses a row of such a team.
    """

    rules: tuple[TeamRule, ...] = _rules(TeamRule, ())
    default: int | None = _some_level()

    def tier_of(self, team: str) -> int | None:
        """
        Give the tier of a team; None where nothing is said of it.

        >>> TeamRules(rules=[TeamRule(suffix=" 2nd", tier=2)], default=1).tier_of("D5 2nd")
        2
        """
        return next((rule.tier for rule in self.rules if rule.fits(team)), self.default)

    @property
    def levels(self) -> tuple[int, ...]:
        """Every tier that is named."""
        levels = tuple(rule.tier for rule in self.rules)
        return levels if self.default is None else (*levels, self.default)
