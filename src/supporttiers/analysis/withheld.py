"""What an observing process would have done: read from histories, and counted."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import attrs

from supporttiers.desk import SupportDesk
from supporttiers.events import ActionWithheld, Event, RefusalObserved
from supporttiers.reasons import Reason

_PAGE = 1000


@attrs.frozen(kw_only=True)
class WouldHave:
    """
    One thing that an observing process would have done, and how often.

    Attributes:
        action: What, as a process file writes it: `escalate:2`, `notify:manager`; `refuse:escalate` for a command that
            it would have refused.
        rule: Which rule: a limit with its mark (`tier 1 100%`), the name of a policy, or the code of the reason; empty
            where the process itself does it, such as sending a case to the vendor at whose tier it arrives.
        times: How often.
        cases: In how many cases.
        first_at: When for the first time.
        last_at: When for the last time.
    """

    action: str
    rule: str
    times: int
    cases: int
    first_at: datetime
    last_at: datetime


def would_have(source: SupportDesk | Iterable[Event]) -> tuple[WouldHave, ...]:
    """
    Say what an observing process would have done.

    >>> from supporttiers.clock import FakeClock
    >>> from supporttiers.process import SupportProcess
    >>> clock = FakeClock()
    >>> desk = SupportDesk(SupportProcess.default().observing(), clock=clock)
    >>> case = desk.open("The printer prints hieroglyphs", by="jane")
    >>> _ = clock.advance("1h")
    >>> _ = desk.run_due()
    >>> [(row.action, row.rule, row.times) for row in would_have(desk)]
    [('escalate:2', 'tier 1 100%', 1)]

    Args:
        source: A desk, of whose tenant all cases are read; or events of any number of cases.

    Returns:
        One row for each action and rule, the most frequent first; ties by name. Empty where nothing was withheld.

    Raises:
        StoreError: The store failed.

    .. versionadded:: 0.1.0
    """
    found: dict[tuple[str, str], list[Event]] = {}
    for event in _events(source) if isinstance(source, SupportDesk) else source:
        action = action_of(event)
        if action is not None:
            found.setdefault((action, _rule(event.reason)), []).append(event)
    rows = (_row(action, rule, events) for (action, rule), events in found.items())
    return tuple(sorted(rows, key=lambda row: (-row.times, row.action, row.rule)))


def action_of(event: Event) -> str | None:
    """Say what was withheld; None for any other event."""
    if isinstance(event, ActionWithheld):
        return event.would_have
    return f"refuse:{event.trigger}" if isinstance(event, RefusalObserved) else None


def _events(desk: SupportDesk) -> Iterator[Event]:
    after: str | None = None
    while True:
        page = desk.find(order="id", after=after, limit=_PAGE)
        for case in page:
            yield from desk.history(case)
        after = page.next
        if after is None:
            return


def _rule(reason: Reason | None) -> str:
    if reason is None:
        return ""
    params = reason.params
    if reason.code == "move.limit":
        return f"{params['limit']} {params['threshold']}"
    return str(params.get("policy") or reason.code)


def _row(action: str, rule: str, events: list[Event]) -> WouldHave:
    instants = [event.at for event in events]
    return WouldHave(
        action=action, rule=rule, times=len(events), cases=len({event.case_id for event in events}),
        first_at=min(instants), last_at=max(instants),
    )  # fmt: skip
