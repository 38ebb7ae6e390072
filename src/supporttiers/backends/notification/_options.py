"""What stands in the URL of a notifier, beside the place where messages go."""

import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from urllib.parse import unquote

from supporttiers import _fields as fields
from supporttiers.errors import PluginError

_FLAGS = {"yes": True, "no": False}
_SECONDS = re.compile(r"[1-9][0-9]{0,8}")


def options_of(text: str, name: str, *, possible: Collection[str]) -> dict[str, list[str]]:
    """
    Read `one=this&two=that`; a plus is a plus, and a word that is said twice has two values.

    Raises:
        PluginError: There is a word that is not known. Values are never shown: they may be secrets.
    """
    found: dict[str, list[str]] = {}
    for pair in filter(None, text.split("&")):
        word, _, value = pair.partition("=")
        if word not in possible:
            shown = word[:40] if fields.name(word) is None and "=" in pair else "a part without ="
            raise PluginError(name, f"its URL says {shown!r}, which is no option; possible are: {', '.join(possible)}")
        found.setdefault(word, []).append(unquote(value))
    return found


def one(found: Mapping[str, list[str]], word: str, name: str) -> str | None:
    """
    Give the value of an option that is said once; None where it is not said.

    Raises:
        PluginError: It is said twice.
    """
    values = found.get(word, [])
    if len(values) > 1:
        raise PluginError(name, f"its URL says {word!r} {len(values)} times; say it once")
    return values[0] if values else None


def flag(found: Mapping[str, list[str]], word: str, name: str) -> bool:
    """
    Give an option that is `yes` or `no`; no where it is not said.

    Raises:
        PluginError: It is neither.
    """
    value = one(found, word, name)
    if value is not None and value not in _FLAGS:
        raise PluginError(name, f"{word!r} in its URL must be yes or no")
    return value is not None and _FLAGS[value]


def seconds(found: Mapping[str, list[str]], word: str, name: str, *, otherwise: timedelta) -> timedelta:
    """
    Give an option in whole seconds.

    Raises:
        PluginError: It is no number of seconds of at least 1.
    """
    value = one(found, word, name)
    if value is None:
        return otherwise
    if not _SECONDS.fullmatch(value):
        raise PluginError(name, f"{word!r} in its URL must be a number of seconds of at least 1")
    return timedelta(seconds=int(value))


def checked(name: object, problem: str | None, field: str) -> None:
    """
    Refuse what a notifier cannot be made of.

    Raises:
        PluginError: There is a problem with a field; its value is not shown.
    """
    if problem:
        raise PluginError(name if isinstance(name, str) else "notifier", f"{field} {problem}")
