"""Telling the cases that link to a case, a part of them at a time; a crash in between repeats and loses nothing."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Self

import attrs

from supporttiers._flows.cases import execute_each
from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers.cases import Case
from supporttiers.commands import Command
from supporttiers.decisions import Decision
from supporttiers.effects import TellLinked
from supporttiers.protocols import Message, Settled

CHUNK: Final = 256
"""So many linked cases are told in one transaction."""


@attrs.frozen
class Progress:
    """
    How far the telling has got; what the outbox remembers of it.

    Attributes:
        told: How many have carried out the command.
        refused: How many have refused it.
        after: The last one that was asked; None before the first.
    """

    told: int = 0
    refused: int = 0
    after: str | None = None

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `to_text` wrote; nothing was told yet where nothing stands."""
        return cls(*json.loads(text)) if text else cls()

    def to_text(self) -> str:
        """Write it for the outbox."""
        return json.dumps([self.told, self.refused, self.after])


def tell_linked(ports: Ports, message: Message, effect: TellLinked, now: datetime, *, limit: int) -> Flow[Settled]:
    """Tell the next linked cases; give what was remembered of that: it is `done` once these were the last."""
    progress = Progress.from_text(message.result)
    after = None if progress.after is None else (effect.link, progress.after)
    size = min(limit, CHUNK)
    tenant = message.tenant
    pairs: Sequence[tuple[str, str]] = yield Call(
        ports.store.incoming, tenant, message.case_id, kind=effect.link, after=after, limit=size
    )
    ids = [case_id for _, case_id in pairs]
    cases: dict[str, Case] = dict((yield Call(ports.store.load_many, tenant, ids)) if ids else {})
    found = [cases[case_id] for case_id in ids if case_id in cases]
    holds = None if effect.among is None else effect.among.compile()
    meant = [case for case in found if holds is None or holds(case)]
    answers = yield from execute_each(ports, tenant, [(case, _command(message, effect, case)) for case in meant], now)
    told = sum(isinstance(answer, Decision) for answer in answers)
    over = len(ids) < size
    progress = Progress(
        progress.told + told, progress.refused + len(answers) - told, ids[-1] if ids else progress.after
    )
    settled = Settled(
        tenant=tenant, key=message.key, state="done" if over else "pending", result=progress.to_text(),
        attempts=message.attempts + 1 if over else 0, not_before=now, lease=message.lease, keep=not over,
    )  # fmt: skip
    yield Call(ports.store.settle, settled)
    return settled


def _command(message: Message, effect: TellLinked, case: Case) -> Command:
    key = f"tell:{message.key}:{case.id}"
    return attrs.evolve(effect.command, case_id=case.id, at=None, idempotency_key=key)
