"""A book of words: which template a message has, in which language, and what is written in the end."""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from string import Formatter
from typing import Final

import attrs

from supporttiers._fields import MAX_SUBJECT
from supporttiers.reasons import CODES, FOR_CUSTOMERS, Reason
from supporttiers.words import CUSTOMERS, FOR_HOUSE, MessageTemplate, NotificationRules
from supporttiers.words._templates import Rendered

log = logging.getLogger("supporttiers.words")

MAX_WRITTEN: Final = 20_000
"""So many characters one message is long at most, before several become one."""

NEWS: Final = "inform.news"
"""What customers are told in place of a reason that is not for them."""

STATUSES: Final = "status."
"""Before a status, in translations."""

_SUBJECT: Final = MessageTemplate(subject="[$case_id] $what").rendered("subject")
_TEXT: Final = MessageTemplate(text="$what").rendered("text")


@attrs.frozen(kw_only=True)
class Words:
    """
    What is written in a message.

    Attributes:
        reason: The reason, or what stands for it where it is not for them.
        subject: One line.
        text: What to tell.
        language: In which language; empty where nobody has said.
    """

    reason: Reason
    subject: str = attrs.field(repr=False)
    text: str = attrs.field(repr=False)
    language: str


@attrs.frozen(kw_only=True)
class Audience:
    """
    For whom something is written.

    Attributes:
        to: The role or word of the process.
        of_house: Whether all of them are of the house.
        language: Theirs; empty where nobody has said, or they differ.
    """

    to: str
    of_house: bool
    language: str = ""


class WordBook:
    """The words of a process, ready to be written."""

    def __init__(
        self, messages: Iterable[MessageTemplate], texts: Mapping[str, Mapping[str, str]], rules: NotificationRules
    ) -> None:
        """Take the words; they have been judged."""
        self._language = rules.language or ""
        self._public = FOR_CUSTOMERS | set(rules.for_customers)
        self._texts = {_tag(language): dict(said) for language, said in texts.items()}
        self._templates = {one.key: (one.rendered("subject"), one.rendered("text")) for one in messages}

    def write(self, reason: Reason, audience: Audience, values: Mapping[str, object]) -> Words:
        """
        Write a message.

        Args:
            reason: What to tell.
            audience: For whom.
            values: Of the names of `FOR_HOUSE`, but `what`; None and those left out are empty.

        Returns:
            The words; whatever a template does, there are some, of bounded size.
        """
        language = audience.language or self._language
        subject, text = self._found(reason.code, audience, language)
        if not audience.of_house and reason.code not in self._public:
            reason = Reason(NEWS)
        shown = {name: "" if values.get(name) is None else str(values[name]) for name in FOR_HOUSE}
        shown["status"] = self._status(shown["status"], language)
        shown["what"] = self.said(reason, language)
        return Words(
            reason=reason, subject=_line(_filled(subject, _SUBJECT, shown)), language=language,
            text=_block(_filled(text, _TEXT, shown)),
        )  # fmt: skip

    def said(self, reason: Reason, language: str) -> str:
        """Say a reason in a language; in English where there is no translation."""
        translated = self._translation(reason.code, language)
        return str(reason) if translated is None else translated.format_map(_Asked(reason.params))

    def _status(self, status: str, language: str) -> str:
        return self._translation(STATUSES + status, language) or status.replace("_", " ")

    def _translation(self, code: str, language: str) -> str | None:
        for tag in _chain(language):
            if code in self._texts.get(tag, ()):
                return self._texts[tag][code]
        return None

    def _found(self, code: str, audience: Audience, language: str) -> tuple[Rendered | None, Rendered | None]:
        """Find the template that speaks most exactly of the message; of one exactness, in the nearest language."""
        tags = [*_chain(language), *_chain(self._language), ""]
        for to, reason in _exactness(code, audience):
            for tag in tags:
                if (found := self._templates.get((to, reason, tag))) is not None:
                    return found
        return None, None


def _exactness(code: str, audience: Audience) -> Iterator[tuple[str | None, str | None]]:
    """Give for whom and for which reason templates may be, the most exact first; customers see only theirs."""
    if audience.of_house:
        whom: Sequence[str | None] = (audience.to, None)
    else:
        whom = ("requester", CUSTOMERS) if audience.to == "requester" else (CUSTOMERS,)
    for reason in (code, None):
        for to in whom:
            yield to, reason


def _tag(language: str) -> str:
    return language.replace("_", "-").lower()


def _chain(language: str) -> list[str]:
    """Give a language and those it falls back to: `pt-BR`, then `pt`."""
    parts = _tag(language).split("-") if language else []
    return ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]


class _Asked(dict[str, object]):
    """The parameters of a reason; a missing one is shown as `?`."""

    def __missing__(self, key: str) -> str:
        return "?"


def _filled(template: Rendered | None, default: Rendered | None, values: Mapping[str, str]) -> str:
    for each in (template, default):
        if each is not None:
            try:
                return each(values)
            except Exception as error:  # noqa: BLE001 - what its author has it do; people are told all the same
                log.warning("a template could not be filled in: %s", type(error).__name__)
    return values["what"]


_CONTROLS: Final = re.compile(r"[^\S\n\t ]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def _line(text: str) -> str:
    """Make one line of it, whatever came with the values: what follows a line break would be another header."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text[:MAX_WRITTEN]).split())
    return line if len(line) <= MAX_SUBJECT else line[: MAX_SUBJECT - 1] + "…"


def _block(text: str) -> str:
    block = _CONTROLS.sub(" ", text[: MAX_WRITTEN + 1].replace("\r\n", "\n")).strip()
    return block if len(block) <= MAX_WRITTEN else block[: MAX_WRITTEN - 1] + "…"


# -- judged


def problems_of(texts: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Find translations that could not be said: give language, code, and what is wrong."""
    for language, said in texts.items():
        for code, text in said.items():
            if problem := _problem_of(code, text):
                yield language, code, problem


def _problem_of(code: str, text: str) -> str | None:
    family = code.partition(".")[0]
    if code not in _KNOWN and any(known.startswith(f"{family}.") for known in _KNOWN):
        from difflib import get_close_matches  # noqa: PLC0415 - only for a mistake

        near = get_close_matches(code, _KNOWN, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"is no code of a reason{hint}"
    try:
        named = {field for _, field, _, _ in Formatter().parse(text) if field is not None}
    except ValueError as error:
        return f"cannot be read: {error}; write '{{{{' for a brace"
    if any(spec for _, _, spec, _ in Formatter().parse(text)) or not all(map(str.isidentifier, named)):
        return "may name parameters as in '{limit}' only, without anything behind the name but '!r'"
    unknown = sorted(named - _KNOWN[code]) if code in _KNOWN else []
    if unknown:
        return f"names {unknown[0][:80]!r}, which it does not have; possible are: {', '.join(sorted(_KNOWN[code]))}"
    return None


def _params_of(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field}


_STATUS_WORDS: Final = ("queued", "in_progress", "waiting", "resolved", "closed", "cancelled")
_KNOWN: Final[Mapping[str, set[str]]] = {
    **{code: _params_of(text) for code, text in CODES.items()},
    **{STATUSES + word: set() for word in _STATUS_WORDS},
}
"""What may be translated, with the parameters of each."""
