"""What monitors watch: the case, what people are told, and what is disclosed."""

from typing import Any, TypeAlias

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import each, optional, part, words_of
from supporttiers.errors import PolicyConfigError
from supporttiers.match import Match
from supporttiers.monitors.courses import Disclosure, Telling


def _some(what: str) -> Any:  # noqa: ANN401 - attrs' own fields are typed so
    check = part(optional(each(fields.name, at_most=50, what=what)))
    return attrs.field(default=None, converter=words_of, validator=check, metadata={fields.WORD: True})


class _Joined:
    """What can be joined with other conditions by `|`."""

    __slots__ = ()

    def __or__(self, other: "Condition") -> "Either":
        """This, or something else."""
        return Either(*parts_of(self), *parts_of(other))

    def __ror__(self, other: Match) -> "Either":
        """A condition on the case, or this."""
        return Either(other, *parts_of(self))


@attrs.frozen
class Told(_Joined):
    """
    That somebody is told something.

    >>> print(Told("on_call") | Told("manager", reason="case.limit"))
    told on_call or told manager of case.limit

    Attributes:
        to: Whom: a role, a name, or the id of one of the people; several in a list. Anybody when None.
        reason: Of what: the code of a reason, or several. Anything when None.
        notifier: By which notifier. Any when None.
        text: Words that stand in what was written to them. Any when None.
    """

    to: tuple[str, ...] | None = _some("names")
    reason: tuple[str, ...] | None = _some("codes")
    notifier: tuple[str, ...] | None = _some("names")
    text: str | None = attrs.field(default=None, validator=part(optional(fields.text)))

    def holds(self, telling: Telling) -> bool:
        """Whether a message is one of those; what was told to nobody is none."""
        return (
            not telling.to_nobody
            and (self.to is None or telling.reaches(*self.to))
            and (self.reason is None or telling.reason.code in self.reason)
            and (self.notifier is None or telling.notifier in self.notifier)
            and (self.text is None or self.text in telling.text)
        )

    def __str__(self) -> str:
        """Say it in words."""
        to = "anybody" if self.to is None else ", ".join(self.to)
        of = "" if self.reason is None else f" of {', '.join(self.reason)}"
        by = "" if self.notifier is None else f" by {', '.join(self.notifier)}"
        words = "" if self.text is None else f" {self.text!r}"
        return f"told {to}{words}{of}{by}"


@attrs.frozen
class Disclosed(_Joined):
    """
    That private words are shown to somebody outside.

    A line of a private note, reply or reason, by anybody but a customer, is found again in a public entry, in what the
    requester is told, or in what a vendor is sent. Spaces, line breaks and capitals do not count, nor do lines of fewer
    than eight characters, nor what the requester knows already.

    >>> print(Disclosed() | Told("on_call"))
    private words disclosed or told on_call

    Attributes:
        to: To whom: `requester`, or the name of a vendor; several in a list. Anybody outside when None.
    """

    to: tuple[str, ...] | None = _some("names")

    def holds(self, disclosure: Disclosure) -> bool:
        """Whether it is one to those."""
        return self.to is None or disclosure.to in self.to

    def __str__(self) -> str:
        """Say it in words."""
        return "private words disclosed" + ("" if self.to is None else f" to {', '.join(self.to)}")


@attrs.frozen(init=False)
class Either(_Joined):
    """One of several things; made with `|`."""

    conditions: tuple["Match | Told | Disclosed", ...]

    def __init__(self, *conditions: "Match | Told | Disclosed") -> None:
        """Say which."""
        self.__attrs_init__(conditions)  # made by attrs

    def __str__(self) -> str:
        """Say it in words."""
        return " or ".join(map(shown, self.conditions))


Condition: TypeAlias = "Match | Told | Disclosed | Either"


def shown(condition: object) -> str:
    """Write a condition without the word that says that it is one."""
    return repr(condition).removeprefix("Match(").removesuffix(")") if isinstance(condition, Match) else str(condition)


def parts_of(condition: object) -> tuple["Match | Told | Disclosed", ...]:
    """
    Give the conditions that are joined.

    Raises:
        PolicyConfigError: It is none.
    """
    if isinstance(condition, Either):
        return condition.conditions
    if isinstance(condition, Match | Told | Disclosed):
        return (condition,)
    problem = f"must be a Match, a Told, a Disclosed, or several joined by |, not {fields.type_name(condition)}"
    raise PolicyConfigError("Monitor.condition", problem)
