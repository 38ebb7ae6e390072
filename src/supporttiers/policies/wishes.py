"""What rules want done, in words: `resolve`, `notify:manager`, `dispatch:acme-print`."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from supporttiers import _fields as fields
from supporttiers import commands as wanted
from supporttiers._fields import Check, type_name
from supporttiers.commands import Command

_TAKES_A_NAME: Final = ("notify", "dispatch")
_VERBS: Final[Mapping[str, type[Command]]] = {
    "resolve": wanted.Resolve,
    "resume": wanted.Resume,
    "reopen": wanted.Reopen,
    "close": wanted.Close,
    "cancel": wanted.Cancel,
    "escalate": wanted.Escalate,
    "inform_management": wanted.InformManagement,
    "notify": wanted.Inform,
    "dispatch": wanted.Dispatch,
}


def wishes(verbs: Sequence[str]) -> Check:
    """Make the check for a collection of wishes, of these verbs."""
    shown = ", ".join(f"{verb}:NAME" if verb in _TAKES_A_NAME else verb for verb in verbs)

    def check(value: object) -> str | None:
        if not isinstance(value, tuple):
            return f"must be a collection of texts, not {type_name(value)}"
        if not value:
            return f"is empty; possible are: {shown}"
        return next((problem for wish in value if (problem := _problem(wish, verbs, shown))), None)

    return check


def _problem(wish: object, verbs: Collection[str], shown: str) -> str | None:
    if not isinstance(wish, str):
        return f"has a {type_name(wish)}; possible are: {shown}"
    verb, _, name = wish.partition(":")
    if verb not in verbs:
        return f"{wish[:40]!r} is not known; possible are: {shown}"
    if verb in _TAKES_A_NAME:
        problem = fields.name(name)
        return f"{wish[:40]!r} has no usable name after its colon: it {problem}" if problem else None
    return f"{wish[:40]!r} takes nothing after a colon" if ":" in wish else None


def command_of(wish: str, case_id: str, common: Mapping[str, Any], own: Mapping[str, Callable[[], Any]]) -> Command:
    """
    Make the command that a wish stands for.

    Args:
        wish: As `wishes` has checked it.
        case_id: On which case.
        common: What every command is given.
        own: By verb, what its command is given besides.
    """
    verb, _, name = wish.partition(":")
    named: Mapping[str, Any] = {"notify": {"to": name}, "dispatch": {"vendor": name}}.get(verb, {})
    more = own[verb]() if verb in own else {}
    return _VERBS[verb](case_id=case_id, **common, **named, **more)
