"""A book of words: which template a message has, in which language, and what is written in the end."""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from string import Template
from typing import Final

import attrs

from supporttiers._fields import MAX_SUBJECT, clipped, one_line
from supporttiers.reasons import FOR_CUSTOMERS, Reason
from supporttiers.words import CUSTOMERS, FOR_HOUSE, MessageTemplate, NotificationRules
from supporttiers.words._codes import STATUSES
from supporttiers.words._templates import Rendered

_log = logging.getLogger("supporttiers.words")

MAX_WRITTEN: Final = 20_000
"""So many characters a text is long at most."""

NEWS: Final = "inform.news"
"""What customers are told in place of a reason that is not for them."""

_SUBJECT: Final = Template("[$case_id] $what").substitute
_TEXT: Final = Template("$what").substitute


@attrs.frozen(kw_only=True)
class Words:
    """
    What is written in a message.

    Attributes:
        reason: The reason, or what stands for it where it is not for them.
        subject: One line.
        text: What to tell.
        language: In which language; empty where nobody has said.
        earlier: The reasons that came before, likewise.
    """

    reason: Reason
    subject: str = attrs.field(repr=False)
    text: str = attrs.field(repr=False)
    language: str
    earlier: tuple[Reason, ...] = ()


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

    def write(
        self, reason: Reason, audience: Audience, values: Mapping[str, object], *,
        earlier: Sequence[Reason] = (), enough: Reason | None = None,
    ) -> Words:  # fmt: skip
        """
        Write a message.

        Args:
            reason: What to tell.
            audience: For whom.
            values: Of the names of `FOR_HOUSE`, but `what`; None and those left out are empty.
            earlier: What came before and is told with it: `what` says all of it in a text, each on a line of its own.
            enough: What is said behind the text, in no template.

        Returns:
            The words; whatever a template does, there are some, of bounded size.
        """
        own, house = _chain(audience.language), _chain(self._language)
        subject, text, tag = self._found(reason.code, audience, [*own, *house, ""])
        tags = [*own, *house] if not tag else own if tag in own else _chain(tag)  # one message, one language
        *before, reason = (self.reason_for(audience, each) for each in (*earlier, reason))
        what, spoken = self._said(reason, tags)
        lines = "\n".join(dict.fromkeys([*(self._said(each, tags)[0] for each in before), what]))
        status = values.get("status") or ""
        named = {**values, "what": what, "status": self._translation(f"{STATUSES}{status}", tags)[0]}
        named["status"] = named["status"] or str(status).replace("_", " ")
        shown = {name: "" if named.get(name) is None else str(named[name]) for name in FOR_HOUSE}
        language = tag or spoken or (self._language if text or subject else "")
        tail = "" if enough is None else "\n\n" + _line(self._said(enough, tags)[0])
        block = _block(_filled(text, _TEXT, {**shown, "what": lines}), at_most=MAX_WRITTEN - len(tail))
        return Words(
            reason=reason, subject=_line(_filled(subject, _SUBJECT, shown)), earlier=tuple(before),
            language=audience.language if language in own else language,
            text=(block + tail).lstrip(),
        )  # fmt: skip

    def reason_for(self, audience: Audience, reason: Reason) -> Reason:
        """Give a reason, or what stands for it where it is not for them."""
        return reason if audience.of_house or reason.code in self._public else Reason(NEWS)

    def _said(self, reason: Reason, tags: Sequence[str]) -> tuple[str, str]:
        """Say a reason in the first language that has a translation, and in which; else in English."""
        translated, tag = self._translation(reason.code, tags)
        return (str(reason) if translated is None else translated.format_map(_Asked(reason.params))), tag

    def _translation(self, code: str, tags: Sequence[str]) -> tuple[str | None, str]:
        for tag in tags:
            if code in self._texts.get(tag, ()):
                return self._texts[tag][code], tag
        return None, ""

    def _found(
        self, code: str, audience: Audience, tags: Sequence[str]
    ) -> tuple[Rendered | None, Rendered | None, str]:
        """Find the template that speaks most exactly of the message; of one exactness, in the nearest language."""
        for to, reason in _exactness(code, audience):
            for tag in tags:
                if (found := self._templates.get((to, reason, tag))) is not None:
                    return *found, tag
        return None, None, ""


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


def _filled(template: Rendered | None, default: Rendered, values: Mapping[str, str]) -> str:
    if template is not None:
        try:
            return template(values)
        except Exception as error:  # noqa: BLE001 - what its author has it do; people are told all the same
            _log.warning("a template could not be filled in: %s", type(error).__name__)
    return default(values)


_CONTROLS: Final = re.compile(r"[^\S\n\t ]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def _line(text: str) -> str:
    """Make one line of it, whatever came with the values: what follows a line break would be another header."""
    return clipped(one_line(text[:MAX_WRITTEN]), MAX_SUBJECT)


def _block(text: str, *, at_most: int) -> str:
    block = _CONTROLS.sub(" ", text[: MAX_WRITTEN + 1].replace("\r\n", "\n")).strip()
    return clipped(block, at_most)
