"""What is left of events, commands and effects once everything personal is taken out of them."""

from typing import Any

import attrs

from supporttiers._codec.texts import decode_event, encode_event
from supporttiers.actors import SYSTEM, Actor
from supporttiers.commands import Command
from supporttiers.effects import (
    RECIPIENTS,
    DispatchToVendor,
    Effect,
    MessageVendor,
    Notify,
    Tell,
    TellLinked,
    TellObserver,
)
from supporttiers.events import REDACTED, Event
from supporttiers.reasons import Reason


def blank_event(event: Event) -> Event:
    """Give an event as it is read once its private part is gone."""
    name, schema, public, _ = encode_event(event)
    return decode_event(name, schema, public, None, recorded_at=event.recorded_at)


def has_private(command: Command) -> bool:
    """Whether a command says anything personal, besides who gives it."""
    return any(getattr(command, field.name) != _blank_of(field) for field in _private_fields(command))


def blank_effect(effect: Effect) -> Effect:
    """Give an effect without what it says; a role to be told stays, a name does not."""
    if isinstance(effect, Notify):
        to = effect.to if effect.to in RECIPIENTS else REDACTED
        recipient = None if effect.recipient is None else REDACTED
        return attrs.evolve(effect, to=to, recipient=recipient, reason=_blank_reason(effect.reason))
    if isinstance(effect, DispatchToVendor):
        return attrs.evolve(effect, subject="", text="", attachments=())
    if isinstance(effect, MessageVendor):
        return attrs.evolve(effect, text="", attachments=())
    if isinstance(effect, TellLinked | TellObserver):
        return effect  # what goes to all linked cases are words of the process; an observer is told what is left
    assert isinstance(effect, Tell)  # noqa: S101 - the last kind; for the type checker
    return attrs.evolve(effect, command=_blank_command(effect.command))


def _blank_reason(reason: Reason) -> Reason:
    """Take out who it was: the one thing personal that a reason may speak about."""
    if "by" not in reason.params:
        return reason
    return Reason(reason.code, {**reason.params, "by": REDACTED})


def _blank_command(command: Command) -> Command:
    blanks: dict[str, Any] = {field.name: _blank_of(field) for field in _private_fields(command)}
    who = command.by
    by = SYSTEM if who.kind is SYSTEM.kind else Actor(REDACTED, who.kind, who.roles)
    return attrs.evolve(command, by=by, **blanks)


def _private_fields(command: Command) -> "list[attrs.Attribute[Any]]":
    return [field for field in attrs.fields(type(command)) if field.metadata.get("private")]


def _blank_of(field: "attrs.Attribute[Any]") -> Any:  # noqa: ANN401 - whatever the field holds
    """Give what stands in a private field when nothing is said in it."""
    default: Any = field.default
    if default is attrs.NOTHING:
        return () if field.name == "attachments" else REDACTED
    return default.factory() if hasattr(default, "factory") else default
