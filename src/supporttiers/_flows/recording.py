"""What went wrong with a message to people, on the record of its case: never in the words of customers, and no loop."""

import logging

from supporttiers._flows.cases import execute
from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers._flows.sending import Delivery
from supporttiers.actors import SYSTEM
from supporttiers.commands import Note
from supporttiers.effects import RECIPIENTS
from supporttiers.errors import safe_text
from supporttiers.protocols import Settled
from supporttiers.reasons import Reason

log = logging.getLogger("supporttiers.flows")

A_NAME = "somebody by name"


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


def whom(delivery: Delivery) -> str:
    """Give for whom a message is, as logs and records may say it: another word than a role may name a person."""
    to = getattr(delivery.message.effect, "to", "")
    return to if to in RECIPIENTS else A_NAME
