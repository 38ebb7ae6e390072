"""Taking over the cases of another system, many in one transaction."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import attrs

from supporttiers import _engine as engine
from supporttiers._flows.cases import BATCH, commit_of
from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers._flows.knowing import Knowledge, decide_many
from supporttiers._flows.processes import process_for
from supporttiers.cases import Case
from supporttiers.commands import Command, LinkCase, Merge, Open
from supporttiers.decisions import Decision, NeedFacts
from supporttiers.errors import CaseError, CaseNotFoundError, MoveRefusedError
from supporttiers.facts import Facts
from supporttiers.process import SupportProcess
from supporttiers.reasons import Reason

Answers = dict[str, Decision | CaseError]
_EVER: Final = datetime.min.replace(tzinfo=UTC)


def adopt(
    ports: Ports, tenant: str, pasts: Mapping[str, Sequence[Command]], now: datetime
) -> Flow[dict[str, Decision | CaseError]]:
    """
    Make cases of their past; each is written whole or not at all.

    Args:
        ports: What to work with.
        tenant: Whose cases.
        pasts: The commands of each case, by its id.
        now: The instant from which their process holds.

    Returns:
        By case id, the decision, or why it is left out.
    """
    answers: Answers = {}
    ids = list(pasts)
    for start in range(0, len(ids), BATCH):
        case_ids = ids[start : start + BATCH]
        known: Answers = yield from _left_out(ports, tenant, pasts, case_ids)
        ordered = {case_id: sorted(pasts[case_id], key=_when) for case_id in case_ids if case_id not in known}
        answers |= known | (yield from _adopt_some(ports, tenant, ordered, now))
    return {case_id: answers[case_id] for case_id in pasts}


def _when(command: Command) -> tuple[datetime, bool]:
    """Order a past: what opens the case comes first at its instant."""
    return command.at or _EVER, not isinstance(command, Open)


def _left_out(
    ports: Ports, tenant: str, pasts: Mapping[str, Sequence[Command]], case_ids: Sequence[str]
) -> Flow[Answers]:
    """Find the cases that are there already, and those that are linked to one that is nowhere."""
    links = [(case_id, other) for case_id in case_ids for other in _linked(pasts[case_id]) if other not in pasts]
    asked = dict.fromkeys((*case_ids, *(other for _, other in links)))
    found: Mapping[str, Case] = yield Call(ports.store.load_many, tenant, list(asked))
    answers: Answers = {case_id: CaseNotFoundError(other, tenant) for case_id, other in links if other not in found}
    return answers | {case_id: _is_there(case_id) for case_id in case_ids if case_id in found}


def _linked(commands: Sequence[Command]) -> list[str]:
    links = [command.link.case_id for command in commands if isinstance(command, LinkCase)]
    return links + [command.into for command in commands if isinstance(command, Merge)]


def _is_there(case_id: str) -> MoveRefusedError:
    return MoveRefusedError(case_id, "adopt", "opened", ("adopt with another id",), Reason("refused.exists"))


def _adopt_some(ports: Ports, tenant: str, pasts: Mapping[str, Sequence[Command]], now: datetime) -> Flow[Answers]:
    answers: Answers = {}
    tasks: list[Any] = []
    for case_id, commands in pasts.items():
        try:
            process = yield from process_for(ports, None, commands[0])
        except CaseError as error:
            answers[case_id] = error
        else:
            tasks.append((case_id, tenant, None, partial(_decide, process, commands, now=now, tenant=tenant)))
    decisions = yield from decide_many(Knowledge(ports), tasks)
    quiet = attrs.evolve(ports, observers={})  # of what has happened elsewhere nobody is told
    commits = {
        case_id: commit
        for case_id, decision in decisions.items()
        if (commit := commit_of(quiet, tenant, None, decision, now)) is not None
    }
    written = (yield Call(ports.store.commit, tuple(commits.values()))) if commits else ()
    lost = {case_id for case_id, ok in zip(commits, written, strict=True) if not ok}
    for case_id, decision in decisions.items():
        refusal: Any = decision.refusal
        answers[case_id] = _is_there(case_id) if case_id in lost else refusal or decision
    return answers


def _decide(
    process: SupportProcess, commands: Sequence[Command], facts: Facts, *, now: datetime, tenant: str
) -> Decision | NeedFacts:
    return engine.adopt(process, commands, now, facts, tenant=tenant)
