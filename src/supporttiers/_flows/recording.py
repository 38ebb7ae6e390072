"""What went wrong with a message to people, on the record of its case: never in the words of customers, and no loop."""

import logging
from datetime import datetime
from typing import Final

from supporttiers._fields import clipped, one_line
from supporttiers._flows.cases import execute
from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers._flows.sending import MAX_PROBLEM, Delivery
from supporttiers.actors import SYSTEM
from supporttiers.commands import Command, InformManagement, Note
from supporttiers.effects import RECIPIENTS
from supporttiers.errors import BackendError, safe_text
from supporttiers.links import reference_of
from supporttiers.protocols import Settled
from supporttiers.protocols.records import PROBLEM
from supporttiers.reasons import Reason

log = logging.getLogger("supporttiers.flows")

A_NAME: Final = "somebody by name"


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


def note(ports: Ports, delivery: Delivery, text: str, *, about: str) -> Flow[None]:
    """Put something on the record of a message's case, once, in a transaction of its own; no error comes of it."""
    message = delivery.message
    said = Note(case_id=message.case_id, by=SYSTEM, text=text, idempotency_key=f"{about}:{reference_of(message.key)}")
    otherwise = f"case {message.case_id}: its record does not say: {about}"
    yield from attempt(ports, message.tenant, said, delivery.now, body=about, otherwise=otherwise)


def alarm(ports: Ports, delivery: Delivery, text: str) -> Flow[None]:
    """Put on the case's record that it does not go on as it should, and tell management: not to be lost in silence."""
    message = delivery.message
    told = InformManagement(
        case_id=message.case_id, by=SYSTEM, idempotency_key=f"alarm:{message.key}", reason=text
    )  # fmt: skip
    otherwise = f"case {message.case_id}: {told.reason}; management was not told"
    yield from attempt(ports, message.tenant, told, delivery.now, otherwise=otherwise)


def attempt(
    ports: Ports, tenant: str, command: Command, now: datetime, *, otherwise: str, body: str | None = None
) -> Flow[None]:
    """
    Give a case a command of our own beside what is being done; no error comes of it.

    A rule may forbid the command, or fail: what it was to say stands in the log then, as *otherwise* has it.
    """
    try:
        yield from execute(ports, tenant, command, now, body=body)
    except Exception as error:  # noqa: BLE001 - what is being done must not come for ever because of that
        log.error("%s: %s", otherwise, safe_text(error))  # noqa: TRY400 - ids only


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
