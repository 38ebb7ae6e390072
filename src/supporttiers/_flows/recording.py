"""What went wrong with a message to people, on the record of its case: never in the words of customers, and no loop."""

import logging
from typing import Final

from supporttiers._fields import clipped, one_line
from supporttiers._flows.cases import execute
from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers._flows.sending import Delivery
from supporttiers.actors import SYSTEM
from supporttiers.commands import Note
from supporttiers.effects import RECIPIENTS
from supporttiers.errors import BackendError, safe_text
from supporttiers.protocols import Settled
from supporttiers.protocols.records import PROBLEM
from supporttiers.reasons import Reason

log = logging.getLogger("supporttiers.flows")

A_NAME = "somebody by name"

MAX_PROBLEM: Final = 200
"""So many characters of what was wrong are remembered."""


def settle_on_record(ports: Ports, delivery: Delivery, settled: Settled, reason: Reason) -> Flow[None]:
    """
    Settle a message, and have its case say why, in one transaction.

    Of one kind of trouble a case says once a day what there is: should a rule tell people about that very note, and
    fail at it, this does not go on for ever.
    """
    message = delivery.message
    key = f"{reason.code}:{message.case_id}:{message.adapter}:{whom(delivery)}:{delivery.now.date()}"
    note = Note(case_id=message.case_id, by=SYSTEM, text=str(reason), idempotency_key=key)
    try:
        decision = yield from execute(ports, message.tenant, note, delivery.now, body=reason.code, settled=settled)
    except Exception as error:  # noqa: BLE001 - a rule may forbid that, or fail; the message must not come for ever
        log.error("case %s: %s; its record does not say so: %s", message.case_id, reason.code, safe_text(error))  # noqa: TRY400 - ids only
    else:
        if decision.events:
            return
    yield Call(ports.store.settle, settled)


def problem_of(error: Exception) -> str:
    """Say in one short line what was wrong: what errors of ours say of it, and of others no more than their kind."""
    said = error.problem if isinstance(error, BackendError) else safe_text(error)
    return clipped(one_line(str(said)), MAX_PROBLEM) or type(error).__name__


def result_of(error: Exception) -> str:
    """Give what is remembered of a message that failed: the kind of the error, and what was wrong where it may be."""
    kind, problem = type(error).__name__, problem_of(error)
    return kind if problem.startswith(kind) else f"{kind}{PROBLEM}{problem}"


def whom(delivery: Delivery) -> str:
    """Give for whom a message is, as logs and records may say it: another word than a role may name a person."""
    to = getattr(delivery.message.effect, "to", "")
    return to if to in RECIPIENTS else A_NAME
