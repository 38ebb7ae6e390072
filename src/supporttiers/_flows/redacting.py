"""Redaction of all cases of a person, and what is kept about a case, as a whole."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import attrs

from supporttiers._flows.cases import execute, get
from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers.actors import Actor
from supporttiers.cases import Case
from supporttiers.commands import Redact, Unwatch
from supporttiers.errors import StoreError, SupportTiersError, safe_text
from supporttiers.match import Match
from supporttiers.readings import Redaction
from supporttiers.reasons import Reason

PAGE: Final = 100


def redact_person(
    ports: Ports, tenant: str, person: str, by: Actor, now: datetime, *, said: str = ""
) -> Flow[Redaction]:
    """
    Redact every case of a person, each in a commit of its own, and take them off the cases that they only follow.

    A case that is refused, cannot be decided, or waits for an approval, keeps no other from it. What is done is done:
    after a failure of the store, the same call goes on with the cases that are left.
    """
    done: list[str] = []
    failed: dict[str, Reason] = {}
    redact = Redact(case_id=person, by=by, reason=said)
    for match in (Match(requester=person), Match(customer=person)):
        done += yield from _on_each(ports, tenant, match, redact, now=now, failed=failed)
    unwatch = Unwatch(case_id=person, by=by, watchers=(person,), reason=said)
    left = yield from _on_each(ports, tenant, Match(watchers=person), unwatch, now=now, failed=failed)
    return Redaction(cases=tuple(done), unwatched=tuple(left), failed=failed)


def _on_each(
    ports: Ports, tenant: str, match: Match, command: Redact | Unwatch, *, now: datetime, failed: dict[str, Reason]
) -> Flow[list[str]]:
    """Carry out a command on all cases that a condition finds; give their ids, and note why any was left as it is."""
    holds = match.compile()
    done: list[str] = []
    after: str | None = None
    while True:
        found: tuple[Sequence[Case], str | None] = yield Call(ports.store.find, tenant, match, after=after, limit=PAGE)
        cases, after = found
        for case in cases:
            try:
                decision = yield from execute(ports, tenant, attrs.evolve(command, case_id=case.id), now)
            except Exception as error:
                if isinstance(error, StoreError) and error.retryable:  # the store is away, not this case undecidable
                    raise
                failed[case.id] = _why(error)
                continue
            held = None if decision.case is None else decision.case.held
            if held is not None and holds(decision.case):
                failed[case.id] = held.reason
            else:
                done.append(case.id)
        if after is None:
            return done


def _why(error: Exception) -> Reason:
    """Say why a case was left as it is; what a policy raises may say anything, and is only named."""
    if isinstance(error, SupportTiersError):
        return error.reason
    return Reason("redact.undecided", {"problem": safe_text(error)})


def parts_of(ports: Ports, tenant: str, case_id: str) -> Flow[dict[str, Any]]:
    """Read everything that is kept about a case."""
    case = yield from get(ports, tenant, case_id)
    return {
        "case": case,
        "events": (yield Call(ports.store.history, tenant, case_id)),
        "messages": (yield from _messages(ports, tenant, case_id)),
        "keys": (yield Call(ports.store.key_uses, tenant, case_id)),
        "links_in": (yield Call(ports.store.incoming, tenant, case_id)),
    }


def _messages(ports: Ports, tenant: str, case_id: str) -> Flow[list[Any]]:
    found: list[Any] = []
    after: str | None = None
    while True:
        page = yield Call(ports.store.messages, tenant, case_id=case_id, after=after, limit=PAGE)
        found.extend(page)
        if len(page) < PAGE:
            return found
        after = page[-1].key
