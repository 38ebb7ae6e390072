"""
The words of a process: templates of messages, and when and how often people are told.

None of it decides anything about a case, so that none of it belongs to the revision of a process.
"""

from datetime import timedelta
from typing import Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import at_least, each, instance_of, language, optional, part, quiet_hours, tuple_of, zone
from supporttiers.errors import PolicyConfigError
from supporttiers.match import Match
from supporttiers.words._codes import problem_of_code
from supporttiers.words._templates import ENGINES, Rendered, engine_of

MAX_TEMPLATE: Final = 10_000
"""So many characters a template has at most."""

CUSTOMERS: Final = "customers"
"""In `to`: whoever is not of the house."""

ENOUGH: Final = "inform.enough"
"""What is said behind the text of the last message for a while."""

FOR_ALL: Final = ("agent", "case_id", "name", "status", "subject", "what")
"""What every template may name."""

FOR_HOUSE: Final = (
    *FOR_ALL, "assignee", "category", "due_at", "priority", "requester", "team", "tier", "tier_name",
)  # fmt: skip
"""What templates may name that are for people of the house only."""

_FOR_CUSTOMERS: Final = ("requester", CUSTOMERS)


def names_for(to: str | None) -> tuple[str, ...]:
    """Give what a template may name that is for somebody."""
    return FOR_ALL if to in _FOR_CUSTOMERS else FOR_HOUSE


def _template(value: object) -> str | None:
    if isinstance(value, str) and len(value) > MAX_TEMPLATE:
        return f"has {len(value)} characters; at most {MAX_TEMPLATE} are possible"
    return fields.text(value)


def _code(value: object) -> str | None:
    return fields.name(value) or problem_of_code(str(value))


def _code_of_a_message(value: object) -> str | None:
    if value == ENOUGH:
        return "is said behind other texts, in no template; say it in your words in the texts of a language"
    return _code(value)


def _dashed(value: object) -> object:
    return value.replace("_", "-") if isinstance(value, str) else value


@attrs.frozen(kw_only=True)
class MessageTemplate:
    """
    The words for some messages: `[[messages]]` of a process file.

    >>> MessageTemplate(to="requester", language="de", subject="[$case_id] $what").subject
    '[$case_id] $what'

    Attributes:
        to: For whom: a role such as `assignee` or `requester`, a word of your own, or `customers` for everybody
            outside the house; all people of the house when left out.
        reason: For which reason, by its code; any when left out.
        language: In which language, such as `de` or `pt-BR`; whatever others have no template for when left out.
        subject: One line, in which `$case_id` and other names stand for what they mean.
        text: What to tell, likewise.
        engine: `string` for `string.Template`; `jinja2` for sandboxed Jinja2, of the extra `templates`.

    Raises:
        PolicyConfigError: It names what does not exist, or what is not for customers.

    .. versionadded:: 0.1.0
    """

    to: str | None = attrs.field(default=None, validator=part(optional(fields.name)), metadata={fields.WORD: True})
    reason: str | None = attrs.field(default=None, validator=part(optional(_code_of_a_message)))
    language: str | None = attrs.field(default=None, converter=_dashed, validator=part(optional(language)))
    subject: str | None = attrs.field(default=None, validator=part(optional(_template)))
    text: str | None = attrs.field(default=None, validator=part(optional(_template)))
    engine: str = attrs.field(default="string", validator=part(fields.one_of(ENGINES)))

    def __attrs_post_init__(self) -> None:
        """Judge the templates; what they name must be there, or they could not be filled in when it counts."""
        if self.subject is None and self.text is None:
            raise PolicyConfigError("MessageTemplate.text", "is missing; say a subject, a text, or both")
        for field in ("subject", "text"):
            template = getattr(self, field)
            if template is not None and (problem := self._problem_of(template)):
                raise PolicyConfigError(f"MessageTemplate.{field}", problem)

    def _problem_of(self, template: str) -> str | None:
        possible = names_for(self.to)
        named, problem = engine_of(self.engine).named(template)
        if problem is not None:
            return problem
        unknown = sorted(named - set(possible))
        if not unknown:
            return engine_of(self.engine).tried(template, possible)
        private = unknown[0] in FOR_HOUSE
        why = "is not for customers" if private else "does not exist"
        return f"names {unknown[0][:80]!r}, which {why}; possible are: {', '.join(sorted(possible))}"

    @property
    def key(self) -> tuple[str | None, str | None, str]:
        """By what a message finds it: for whom, for which reason, in which language."""
        return self.to, self.reason, (self.language or "").lower()

    def rendered(self, field: str) -> Rendered | None:
        """Give a field of it ready to be filled in; None where it does not say it."""
        template = getattr(self, field)
        return None if template is None else engine_of(self.engine).ready(template)


@attrs.frozen(kw_only=True)
class NotificationRules:
    """
    When and how often people are told: `[notifications]` of a process file.

    All but `language` and `for_customers` is about notifiers that tell each recipient apart.

    Attributes:
        language: Of those whose language nobody knows; English where none is said.
        quiet_hours: When nobody is told, every day, such as `22:00-07:00`; those of a contact go before them.
        zone: The time zone of quiet hours, where a contact has none.
        urgent: Cases about which people are told at once all the same; whoever is on call is, too.
        together_within: What comes within so long of a first message, for one recipient about one case, is told with
            it: one message in place of several.
        daily_limit: So many messages one recipient gets about one case in 24 hours, in all; the last one says so.
        for_customers: The codes of reasons of which customers may be told, besides those that are made for them.

    Raises:
        PolicyConfigError: A field cannot be so; the error names it.

    .. versionadded:: 0.1.0
    """

    language: str | None = attrs.field(default=None, converter=_dashed, validator=part(optional(language)))
    quiet_hours: str | None = attrs.field(default=None, validator=part(optional(quiet_hours)))
    zone: str = attrs.field(default="UTC", validator=part(zone))
    urgent: Match | None = attrs.field(default=None, validator=part(optional(instance_of(Match, "a Match"))))
    together_within: timedelta | None = attrs.field(
        default=None, converter=fields.read_duration, validator=part(optional(fields.positive_duration))
    )
    daily_limit: int | None = attrs.field(default=None, validator=part(optional(at_least(1, 1000))))
    for_customers: tuple[str, ...] = attrs.field(
        default=(), converter=tuple_of, validator=part(each(_code, at_most=200, what="codes"))
    )
