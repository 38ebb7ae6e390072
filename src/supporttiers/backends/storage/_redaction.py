"""What SQL stores delete when a case is redacted."""

from supporttiers._codec import commitment, dumps
from supporttiers.backends.storage import _rows as rows
from supporttiers.backends.storage._statements import Change, ChangeMany, Procedure, Select
from supporttiers.backends.storage._texts import Texts
from supporttiers.protocols import Commit


def redact(texts: Texts, commit: Commit) -> Procedure[None]:
    """Delete what was private before the redaction in a commit, which has been written, if there is one."""
    version = commit.redacts_before
    if version:
        who = commit.tenant, commit.case.id
        yield from _forget_private(texts, who, version)
        yield from _blank_messages(texts, who, version)
        yield Change(texts.BLANK_KEYS, (*who, version))


def _forget_private(texts: Texts, who: tuple[str, str], version: int) -> Procedure[None]:
    """Leave only the commitments, so that the chain of digests still holds."""
    parts = yield Select(texts.PRIVATE_PARTS, (*who, version))
    committed = [(commitment(bytes(salt), private), *who, number) for number, salt, private in parts]
    if committed:
        yield ChangeMany(texts.FORGET_PRIVATE, committed)


def _blank_messages(texts: Texts, who: tuple[str, str], version: int) -> Procedure[None]:
    for row in (yield Select(texts.MESSAGES_OF_CASE, who)):
        message = rows.message_of(row)
        if message.effect.version >= version:
            continue
        blank = message.redacted()
        yield Change(texts.BLANK_MESSAGE, (dumps(blank.effect), blank.target, row[0]))
        if blank.state != message.state:
            yield Change(texts.END_MESSAGE, (blank.state, blank.result, row[0]))
        elif blank.result != message.result:
            yield Change(texts.BLANK_RESULT, (blank.result, row[0], message.result))
