"""The codes that words speak of, and what their texts may name."""

from collections.abc import Mapping
from string import Formatter
from typing import Final

from supporttiers._fields import nearest
from supporttiers.reasons import CODES
from supporttiers.tiers import Status

STATUSES: Final = "status."
"""Before a status, in translations."""

_CONVERSIONS: Final = {None, "r"}
"""What may stand behind the name of a parameter after a `!`; others are nowhere needed, or nothing that there is."""


def _params_of(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field}


PARAMS: Final[Mapping[str, set[str]]] = {
    **{code: _params_of(text) for code, text in CODES.items()},
    **{STATUSES + status.value: set() for status in Status},
}
"""What may be translated, with the parameters of each."""


def problem_of_code(code: str) -> str | None:
    """Say that a code is none: of a family of ours that has no such member; other families are those of plugins."""
    family = code.partition(".")[0]
    if code in PARAMS or not any(known.startswith(f"{family}.") for known in PARAMS):
        return None
    near = nearest(code, PARAMS)
    return f"is no code of a reason{f'; did you mean {near!r}?' if near else ''}"


def problem_of_text(code: str, text: str) -> str | None:
    """Say why a translation could not be said."""
    if problem := problem_of_code(code):
        return problem
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        return f"cannot be read: {error}; write '{{{{' for a brace"
    named = {field for _, field, _, _ in parts if field is not None}
    plain = not any(spec for _, _, spec, _ in parts) and {how for _, _, _, how in parts} <= _CONVERSIONS
    if not plain or not all(map(str.isidentifier, named)):
        return "may name parameters as in '{limit}' only, without anything behind the name but '!r'"
    unknown = sorted(named - PARAMS[code]) if code in PARAMS else []
    if unknown:
        return f"names {unknown[0][:80]!r}, which it does not have; possible are: {', '.join(sorted(PARAMS[code]))}"
    return None
