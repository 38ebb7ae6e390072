"""
What a host says of a vendor in plain data, in a table of its own or of a file: read once, with every word known.

Values are never shown, for any of them may be a secret. A word `NAME_env` says in which variable of the environment the
value of `NAME` stands, so that no file has to hold it.
"""

import os
import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final, TypeVar

from supporttiers import _fields as fields
from supporttiers._fields import nearest, one_line, type_name
from supporttiers.backends.rest import TIMEOUT
from supporttiers.backends.transport import check_url
from supporttiers.errors import PluginError, PolicyConfigError

T = TypeVar("T")

LONGEST: Final = timedelta(minutes=2)
"""So long one exchange with a vendor may take at most: a worker has five minutes for its messages."""

_ENV: Final = "_env"
_VARIABLE: Final = re.compile("[A-Z_][A-Z0-9_]{0,99}")
_ALWAYS: Final = ("use", "timeout")


def time_limit(value: object) -> str | None:
    """Longer than zero, and short enough that a worker is done with it before others may take a message over."""
    problem = fields.positive_duration(value)
    if problem is None and isinstance(value, timedelta) and value > LONGEST:
        return f"must be at most {LONGEST.total_seconds():g} seconds: a worker has five minutes for its messages"
    return problem


class Settings:
    """
    The settings of one vendor.

    >>> settings = Settings("acme", {"use": "roundup", "url": "https://acme.example/"}, possible=["url", "user"])
    >>> settings.url("url"), settings.text("user", otherwise=None), settings.timeout()
    ('https://acme.example/', None, datetime.timedelta(seconds=30))
    """

    def __init__(
        self,
        name: str,
        settings: Mapping[str, object],
        *,
        possible: Collection[str],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """
        Take the table, and read from the environment what it says is there.

        Args:
            name: The vendor's, for errors.
            settings: The table.
            possible: The words that its gateway knows; `use` and `timeout` besides.
            environment: Its variables; those of this process when None.

        Raises:
            PluginError: It has a word that is not known, says one in two ways, or names a variable that is not there.
        """
        self.name = name
        self._possible = (*possible, *_ALWAYS)
        variables = os.environ if environment is None else environment
        self._values: dict[str, object] = {}
        for word, value in settings.items():
            plain = self._known(word)
            if plain in self._values:
                raise self._wrong(plain, f"is said twice, as it is and as {plain + _ENV!r}; say it once")
            self._values[plain] = value if word == plain else self._read(word, value, variables)

    def __repr__(self) -> str:
        """Show whose they are."""
        return f"{type(self).__name__}({self.name!r})"

    def _known(self, word: object) -> str:
        if isinstance(word, str):
            plain = word.removesuffix(_ENV)
            if word in self._possible:
                return word
            if plain in self._possible and plain not in _ALWAYS:
                return plain
        shown = one_line(word)[:40] if isinstance(word, str) else type_name(word)
        both = [*self._possible, *(f"{each}{_ENV}" for each in self._possible if each not in _ALWAYS)]
        meant = nearest(shown, both)
        advice = f"did you mean {meant!r}?" if meant else f"possible are: {', '.join(sorted(self._possible))}"
        raise PluginError(self.name, f"its settings say {shown!r}, which is none; {advice}")

    def _read(self, word: str, value: object, variables: Mapping[str, str]) -> object:
        if isinstance(value, list | tuple):
            return [self._read(word, each, variables) for each in value]
        if not isinstance(value, str):
            raise self._wrong(word, f"must be the name of a variable of the environment, not {type_name(value)}")
        if variables.get(value):
            return variables[value]
        if not _VARIABLE.fullmatch(value):  # it may be the secret itself
            raise self._wrong(word, "must be the name of a variable of the environment, such as ACME_PASSWORD")
        how = "empty" if value in variables else "not set"
        raise self._wrong(word, f"names the variable {value} of the environment, which is {how}; set it")

    def _wrong(self, word: str, problem: str) -> PluginError:
        return PluginError(self.name, f"its setting {word!r} {problem}")

    # -- asked for by the gateways

    def needed(self, word: str) -> str:
        """
        Give a text that must be said.

        Raises:
            PluginError: It is not said, or is no text of one line.
        """
        found = self.text(word, otherwise=None)
        if found is None:
            raise PluginError(
                self.name, f"its settings lack {word!r}; say it, or with {word + _ENV!r} in which variable it stands"
            )
        return found

    def text(self, word: str, *, otherwise: T) -> str | T:
        """
        Give a text of one line.

        Raises:
            PluginError: It is none.
        """
        if word not in self._values:
            return otherwise
        return self._line(word, self._values[word])

    def _line(self, word: str, value: object) -> str:
        problem = fields.key(value)
        if problem or not isinstance(value, str):
            raise self._wrong(word, str(problem))
        return value

    def several(self, word: str) -> tuple[str, ...]:
        """
        Give texts, none where the word is not said; a single one may stand without brackets.

        Raises:
            PluginError: One is no text of one line.
        """
        value = self._values.get(word, [])
        return tuple(self._line(word, each) for each in (value if isinstance(value, list | tuple) else [value]))

    def url(self, word: str) -> str:
        """
        Give a URL that must be said.

        Raises:
            PluginError: It is not said, or is none; a user and a password do not stand in it.
        """
        try:
            return check_url(self.needed(word), word)
        except PolicyConfigError as error:
            raise self._wrong(word, error.problem) from None

    def table(self, word: str, *, otherwise: Mapping[str, str]) -> Mapping[str, str]:
        """
        Give a table of texts.

        Raises:
            PluginError: It is none.
        """
        value = self._values.get(word, otherwise)
        if not isinstance(value, Mapping):
            raise self._wrong(word, f"must be a table, not {type_name(value)}")
        return {self._line(word, key): self._line(word, each) for key, each in value.items()}

    def whole(self, word: str, *, otherwise: int, low: int, high: int) -> int:
        """
        Give a whole number.

        Raises:
            PluginError: It is none, or too small or large.
        """
        value = self._values.get(word, otherwise)
        problem = fields.at_least(low, high)(value)
        if problem or not isinstance(value, int):
            raise self._wrong(word, str(problem))
        return value

    def numbers(self, word: str, *, low: int, high: int) -> Mapping[str, int]:
        """
        Give a table of whole numbers, empty where the word is not said.

        Raises:
            PluginError: It is none, or one of them is too small or large.
        """
        value = self._values.get(word, {})
        if not isinstance(value, Mapping):
            raise self._wrong(word, f"must be a table, not {type_name(value)}")
        for each in value.values():
            if problem := fields.at_least(low, high)(each):
                raise self._wrong(word, problem)
        return {self._line(word, key): each for key, each in value.items()}

    def flag(self, word: str, *, otherwise: bool) -> bool:
        """
        Give true or false.

        Raises:
            PluginError: It is neither.
        """
        value = self._values.get(word, otherwise)
        if not isinstance(value, bool):
            raise self._wrong(word, str(fields.flag(value)))
        return value

    def duration(self, word: str, *, otherwise: timedelta) -> timedelta:
        """
        Give a span of time: a number of seconds, or a text such as `45s`.

        Raises:
            PluginError: It is none, or not longer than zero.
        """
        value = self._values.get(word, otherwise)
        try:
            if isinstance(value, int | float) and not isinstance(value, bool):
                value = timedelta(seconds=value)
            found = fields.duration_of(value)
        except (PolicyConfigError, OverflowError, ValueError):
            raise self._wrong(word, "must be a number of seconds, or a text such as '45s'") from None
        if problem := fields.positive_duration(found):
            raise self._wrong(word, problem)
        return found

    def timeout(self) -> timedelta:
        """
        Give how long an exchange may take.

        Raises:
            PluginError: It is no span of time, or longer than two minutes.
        """
        found = self.duration("timeout", otherwise=TIMEOUT)
        if problem := time_limit(found):
            raise self._wrong("timeout", problem)
        return found
