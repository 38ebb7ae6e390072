"""Policies: rules that the engine asks."""

from collections.abc import Sequence
from typing import ClassVar, Final, Protocol, runtime_checkable

from supporttiers.calendars.targets import Target
from supporttiers.commands import Command
from supporttiers.decisions import Destination, FollowUp, Hold, Later, Refusal, Situation


class Policy(Protocol):
    """
    A rule that the engine asks: a value with one of the methods below, of one argument, or several of them.

    Attributes:
        name: By which process files, stored revisions and events know it; process files say `use = "<name>"`.
        revision: Raised when its answers change: it is part of the process's revision.

    A policy may also have `needs`, a tuple of names of facts: `situation.facts` then has them. And it may have
    `because(situation)`, which gives the `Reason`s of its answer for `explain`.
    """

    name: ClassVar[str]
    revision: ClassVar[int]


@runtime_checkable
class RoutePolicy(Policy, Protocol):
    """Says where a new case should go."""

    def route(self, situation: Situation, /) -> Destination | None:
        """Give a destination, or None for no opinion; pure."""
        ...


@runtime_checkable
class AssignPolicy(Policy, Protocol):
    """Says who should work on a case that has come to a team."""

    def assign(self, situation: Situation, /) -> str | None:
        """Give an agent's id, or None for no opinion; pure."""
        ...


@runtime_checkable
class PriorityPolicy(Policy, Protocol):
    """Says how urgent a case is."""

    def prioritise(self, situation: Situation, /) -> str | None:
        """Give one of the process's priorities, or None for no opinion; pure."""
        ...


@runtime_checkable
class PermitPolicy(Policy, Protocol):
    """Says what stands against a command. All are asked, and every refusal is kept."""

    def permit(self, situation: Situation, /) -> Refusal | Hold | None:
        """Give what stands against it, or None for no objection; pure."""
        ...


@runtime_checkable
class TargetPolicy(Policy, Protocol):
    """Says how much working time a limit allows a case."""

    def target(self, situation: Situation, /) -> Target | None:
        """Give a duration above zero, or days, for `situation.limit`, or None for no opinion; pure."""
        ...


@runtime_checkable
class ReactPolicy(Policy, Protocol):
    """Says what follows from what has just happened."""

    def react(self, situation: Situation, /) -> Sequence[Command | Later]:
        """Give commands on this case or others, at once or later; empty for nothing. Pure."""
        ...


@runtime_checkable
class ReopenPolicy(Policy, Protocol):
    """Says whether a word after the end of a case still brings it back."""

    def reopen(self, situation: Situation, /) -> FollowUp | Refusal | None:
        """Give what is done instead of reopening, or None for no opinion; pure."""
        ...


@runtime_checkable
class VendorPolicy(Policy, Protocol):
    """Says to which vendor a case goes that has come to a vendor tier without a vendor of its own."""

    def dispatch(self, situation: Situation, /) -> str | None:
        """Give a vendor's name, or None for no opinion; pure."""
        ...


METHODS: Final = ("route", "assign", "prioritise", "permit", "target", "react", "reopen", "dispatch")
"""What policies are asked."""


def methods_of(policy: object) -> tuple[str, ...]:
    """Give what a policy can be asked."""
    return tuple(method for method in METHODS if callable(getattr(policy, method, None)))
