"""What can be wrong with the words of a process as a whole."""

from collections.abc import Iterator, Mapping, Sequence

from supporttiers import _fields as fields
from supporttiers._fields import nearest, type_name
from supporttiers.config.files import joined
from supporttiers.effects import RECIPIENTS
from supporttiers.errors import Fault, PolicyConfigError
from supporttiers.findings import Finding
from supporttiers.reasons import Reason
from supporttiers.words import CUSTOMERS, MessageTemplate, NotificationRules
from supporttiers.words._codes import problem_of_text

MAX_TEMPLATES = 500
MAX_TEXTS = 5_000


def word_faults(messages: object, texts: object, rules: object, priorities: Sequence[str]) -> list[Fault]:
    """Find every fault of templates, translations and rules; None stands for what could not be read."""
    return [*_of_messages(messages), *_of_texts(texts), *_of_rules(rules, priorities)]


def _of_messages(messages: object) -> Iterator[Fault]:
    if not isinstance(messages, tuple):
        yield Fault("messages", f"must be a collection of MessageTemplate, not {type_name(messages)}")
        return
    if len(messages) > MAX_TEMPLATES:
        yield Fault("messages", f"has {len(messages)} templates; at most {MAX_TEMPLATES} are possible")
    first: dict[object, int] = {}
    for place, message in enumerate(messages):
        if message is None:
            continue
        if not isinstance(message, MessageTemplate):
            yield Fault(f"messages[{place}]", f"must be a MessageTemplate, not {type_name(message)}")
        elif message.key in first:
            taken = f"messages[{first[message.key]}]"
            yield Fault(f"messages[{place}]", f"is for the same as {taken}: to, reason and language are equal")
        else:
            first[message.key] = place


def _of_texts(texts: object) -> Iterator[Fault]:
    if not isinstance(texts, Mapping):
        yield Fault("texts", f"must be a table of languages, not {type_name(texts)}")
        return
    sound = {}
    for tag, said in texts.items():
        place = joined("texts", tag)
        if not tag or (problem := fields.language(tag)):
            yield Fault(place, (tag and problem) or "must be the tag of a language, such as 'de' or 'pt-BR'")
        elif not isinstance(said, Mapping):
            yield Fault(place, f"must be a table of texts by the codes of reasons, not {type_name(said)}")
        else:
            strange = [code for code, text in said.items() if not isinstance(text, str) or not isinstance(code, str)]
            yield from (Fault(joined(place, code), f"must be a text, not {type_name(said[code])}") for code in strange)
            sound[tag] = {code: text for code, text in said.items() if code not in strange}
    if (count := sum(map(len, sound.values()))) > MAX_TEXTS:
        yield Fault("texts", f"has {count} texts; at most {MAX_TEXTS} are possible")
        return
    for tag, said in sound.items():
        for code, text in said.items():
            if problem := problem_of_text(code, text):
                yield Fault(joined(joined("texts", tag), code), problem)


def _of_rules(rules: object, priorities: Sequence[str]) -> Iterator[Fault]:
    if rules is None:
        return
    if not isinstance(rules, NotificationRules):
        yield Fault("notifications", f"must be NotificationRules, not {type_name(rules)}")
    elif rules.urgent is not None and priorities:
        try:
            rules.urgent.compile(priorities)
        except PolicyConfigError as error:
            yield Fault("notifications.urgent", error.problem)


def misspelt(messages: Sequence[MessageTemplate]) -> Iterator[Finding]:
    """Find templates for somebody who is probably called otherwise: a word of the house's own looks like any other."""
    for place, message in enumerate(messages):
        to = message.to
        if to is not None and to not in _ROLES and (near := nearest(to, _ROLES, cutoff=0.8)):
            yield Finding(f"messages[{place}].to", Reason("check.message_to", {"to": to, "near": near}))


_ROLES = (*RECIPIENTS, CUSTOMERS)
