"""
Storage procedures as generators of I/O steps, with the drivers that run them.

A flow yields `Call`s and is sent their results; it never touches a store, notifier or vendor itself. So the same text
serves those who call (`drive`) and those who await (`adrive`).
"""

from supporttiers._flows.adopting import adopt
from supporttiers._flows.assigning import next_for
from supporttiers._flows.cases import (
    execute,
    execute_all,
    explained,
    get,
    history,
    options_for,
    preview,
)
from supporttiers._flows.checking import check_vendors
from supporttiers._flows.driving import (
    Call,
    Flow,
    Ports,
    adrive,
    awaited_pause,
    drive,
    has_asynchronous,
    is_asynchronous,
    pause,
)
from supporttiers._flows.due import fire_due
from supporttiers._flows.operating import backlog, discard, messages, parked, retry, unpark
from supporttiers._flows.outbox import relay
from supporttiers._flows.people import of_tenant, sources_of
from supporttiers._flows.polling import poll
from supporttiers._flows.processes import process_of
from supporttiers._flows.receiving import receive
from supporttiers._flows.redacting import parts_of, redact_person

__all__ = [
    "Call",
    "Flow",
    "Ports",
    "adopt",
    "adrive",
    "awaited_pause",
    "backlog",
    "check_vendors",
    "discard",
    "drive",
    "execute",
    "execute_all",
    "explained",
    "fire_due",
    "get",
    "has_asynchronous",
    "history",
    "is_asynchronous",
    "messages",
    "next_for",
    "of_tenant",
    "options_for",
    "parked",
    "parts_of",
    "pause",
    "poll",
    "preview",
    "process_of",
    "receive",
    "redact_person",
    "relay",
    "retry",
    "sources_of",
    "unpark",
]
