"""
Asking vendors about tickets: each in its turn, or those that the vendor itself says have changed.

Where a gateway has `changes`, its tickets are asked about when they stand there, and once an hour whatever stands
there: a feed may lose something. Where a feed fails, each ticket is asked about in its turn, as without one.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Final

import attrs

from supporttiers._flows.cases import execute
from supporttiers._flows.driving import Call, Feed, Flow, Ports
from supporttiers._flows.recording import problem_of
from supporttiers._flows.vendors import (
    EPOCH,
    POLL_EVERY,
    SLOW,
    Gateway,
    asked,
    can,
    is_slow,
    leave_alone,
    poll_every,
    rests_until,
    tell_lost,
    update_of,
)
from supporttiers.effects import VendorAnswer, VendorChanges
from supporttiers.errors import VendorError, safe_text
from supporttiers.links import VendorStatus
from supporttiers.protocols import OpenTicket

log = logging.getLogger("supporttiers.flows")

AT_MOST: Final = timedelta(minutes=1)
"""After so long a pass asks about nothing more: deadlines must not wait behind what is slow."""
SWEEP_EVERY: Final = timedelta(hours=1)
"""So often a ticket is asked about of which a feed has said nothing."""
GONE_AFTER: Final = timedelta(minutes=15)
"""A ticket that is not there, and of which nothing has been heard for so long, is believed to be gone at once."""
LEFT_FOR: Final = timedelta(hours=4)
"""Where nobody has asked about a ticket for so long, nobody knows whether the vendor could have been asked."""
SLOW_FEED_RESTS: Final = timedelta(minutes=5)
"""For so long a feed is not asked for that took long to fail."""
_A_LITTLE: Final = timedelta(seconds=1)

_PAGES: Final = 10
_PAGE: Final = 100


@attrs.define
class _Round:
    """
    One pass over tickets.

    Attributes:
        ports: What to work with.
        clock: Tells the time.
        began: When it began.
        asked: How many were asked about.
        failed: How many could not be.
        answered: Those on which a vendor has answered.
        waits: How long tickets wait until they are asked about again.
    """

    ports: Ports
    clock: Callable[[], datetime]
    began: datetime
    asked: int = 0
    failed: int = 0
    answered: list[OpenTicket] = attrs.field(factory=list)
    waits: dict[timedelta, list[OpenTicket]] = attrs.field(factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether it has lasted long enough."""
        return self.clock() >= self.began + AT_MOST

    def next_in(self, ticket: OpenTicket, wait: timedelta) -> None:
        """Have a ticket asked about again after a while."""
        self.waits.setdefault(wait, []).append(ticket)

    def write_down(self) -> Flow[None]:
        """Write down which tickets were asked about, and when they are to be asked about again."""
        if self.answered:
            yield Call(self.ports.store.asked, self.answered, self.began, reached=True)
        done = set(self.answered)
        for wait, tickets in self.waits.items():
            later = tickets if wait != POLL_EVERY else [each for each in tickets if each not in done]
            if later:
                yield Call(self.ports.store.asked, later, self.began + wait - POLL_EVERY)


def poll(ports: Ports, clock: Callable[[], datetime], *, limit: int, tenant: str | None) -> Flow[tuple[int, int]]:
    """Ask vendors about open tickets, while time is left; give how many were asked about, and how many could not be."""
    turn = _Round(ports, clock, clock())
    for name in ports.vendors:
        if not turn.is_over:
            yield from _ask_feed(turn, name)
    tickets = yield from _own_tickets(ports, turn.began - POLL_EVERY, limit=limit, tenant=tenant)
    for ticket in _by_turns(tickets):
        if turn.is_over:
            break
        until = rests_until(ports, ticket.vendor, turn.began)
        if until is None:
            yield from _ask(turn, ticket)
        else:
            turn.next_in(ticket, until - turn.began)
            yield from _lost(ports, ticket, "it is left alone for a while", turn.began)
    yield from turn.write_down()
    return turn.asked, turn.failed


def _by_turns(tickets: Sequence[OpenTicket]) -> Iterator[OpenTicket]:
    """Give tickets so that each vendor has its turn: one that has many, or is slow, must not have the whole pass."""
    lines: dict[str, list[OpenTicket]] = {}
    for ticket in tickets:
        lines.setdefault(ticket.vendor, []).append(ticket)
    for row in zip_longest(*lines.values()):
        yield from (ticket for ticket in row if ticket is not None)


def _own_tickets(ports: Ports, asked_before: datetime, *, limit: int, tenant: str | None) -> Flow[list[OpenTicket]]:
    """Read what this desk can ask about; tickets of vendors that it lacks are others', and must not stand before."""
    size = limit
    while ports.vendors:
        found: Sequence[OpenTicket] = yield Call(ports.store.open_tickets, asked_before, limit=size, tenant=tenant)
        own = [ticket for ticket in found if ticket.vendor in ports.vendors]
        if len(own) >= limit or len(found) < size:
            return own[:limit]
        size *= 2
    return []


# -- one ticket


def _ask(turn: _Round, ticket: OpenTicket) -> Flow[None]:
    """Ask about a ticket; whatever a gateway raises, the ticket is asked about again."""
    ports, every, began = turn.ports, poll_every(turn.ports.vendors[ticket.vendor]), turn.clock()
    try:
        is_there = yield from ask(ports, ticket, turn.began)
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything
        log.warning("vendor %s could not be asked about %s: %s", ticket.vendor, ticket.case_id, safe_text(error))
        turn.failed += 1
        about = ticket.tenant, ticket.case_id
        until = yield from leave_alone(ports, ticket.vendor, error, turn.began, about=about)
        if until is None and (slow := is_slow(ports, ticket.vendor, began, turn.clock())) is not None:
            until = slow + _A_LITTLE  # the others have their turn before it
        turn.next_in(ticket, every if until is None else until - turn.began)
        yield from _lost(ports, ticket, problem_of(error), turn.began)
    else:
        turn.asked += 1
        feed = ports.feeds.get(ticket.vendor)
        follows = is_there and feed is not None and feed.works is True
        turn.answered += [ticket] if is_there else []
        turn.next_in(ticket, max(every, SWEEP_EVERY) if follows else every)


def ask(ports: Ports, ticket: OpenTicket, now: datetime) -> Flow[bool]:
    """
    Ask about a ticket, and give its case the answer; say whether it is there.

    That a ticket is gone is believed when the vendor has said so twice in a row: some cannot see for a moment what they
    have. Until then False is given. A desk that is built anew for each pass cannot know what the vendor said before: it
    believes it once there has been no answer for a while. What a gateway gives as an answer of that status is believed
    at once.

    Raises:
        Exception: The vendor could not be asked, or the case could not take the answer.
    """
    vendor: Gateway = ports.vendors[ticket.vendor]
    where = ticket.tenant, ticket.case_id, ticket.key
    try:
        answer = yield from asked(ticket.vendor, Call(vendor.fetch, ticket.remote_id), gives=VendorAnswer)
    except Exception as error:
        if not isinstance(error, VendorError) or error.kind != "gone":
            ports.failing.add(where)
            raise
        if where not in ports.missed and not _is_missed_for_long(ports, ticket, now):
            ports.missed.add(where)
            return False
        answer = VendorAnswer(remote_id=ticket.remote_id, status=VendorStatus.GONE)
    update = update_of((ticket.vendor, ticket.key, ticket.case_id), answer)
    yield from execute(ports, ticket.tenant, update, now)
    ports.missed.discard(where)
    ports.failing.discard(where)
    return True


def _is_missed_for_long(ports: Ports, ticket: OpenTicket, now: datetime) -> bool:
    """Whether there has been no answer about a ticket for a while, though it was asked about, by other desks."""
    since = _silent_since(ports, ticket)
    if since is None or (ticket.tenant, ticket.case_id, ticket.key) in ports.failing or _was_left(ticket, now):
        return False
    return now >= since + GONE_AFTER


def _was_left(ticket: OpenTicket, now: datetime) -> bool:
    """Whether nobody has asked about a ticket for long: no desk was at work, which says nothing of the vendor."""
    at = ticket.asked_at
    return at is not None and at > EPOCH and now >= at + LEFT_FOR


def _lost(ports: Ports, ticket: OpenTicket, problem: str, now: datetime) -> Flow[None]:
    """Tell a case that nobody can ask about its ticket, once that has lasted for long."""
    if _was_left(ticket, now):
        yield Call(ports.store.asked, [ticket], now, reached=True)
        return
    about = ticket.vendor, ticket.key, ticket.case_id
    yield from tell_lost(ports, ticket.tenant, about, problem, now, since=_silent_since(ports, ticket))


def _silent_since(ports: Ports, ticket: OpenTicket) -> datetime | None:
    """
    Say since when there is no sign of life; None where there has never been one.

    A ticket that is asked about seldom has been silent only since it was to be asked about again. A feed that works is
    a sign of life, too; a desk that has just begun cannot know whether it did.
    """
    if ticket.reached_at is None:
        return None
    vendor, feed = ports.vendors[ticket.vendor], ports.feeds.get(ticket.vendor)
    if feed is not None and feed.worked_at is not None:
        return max(ticket.reached_at, feed.worked_at)
    gap = max(poll_every(vendor), SWEEP_EVERY if can(vendor, "changes") else POLL_EVERY)
    return ticket.reached_at + gap - POLL_EVERY


# -- what has changed


def _ask_feed(turn: _Round, name: str) -> Flow[None]:
    """Ask a vendor what has changed, where it can say, and has not been asked just now."""
    ports, vendor = turn.ports, turn.ports.vendors[name]
    if not can(vendor, "changes") or rests_until(ports, name, turn.began) is not None:
        return
    feed = ports.feeds.setdefault(name, Feed())
    if feed.asked_at is not None and turn.began < feed.asked_at + poll_every(vendor):
        return
    feed.asked_at, began = turn.began, turn.clock()
    try:
        yield from _follow(turn, name, vendor)
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything; it is asked again
        log.warning("vendor %s could not be asked what has changed: %s", name, safe_text(error))
        turn.failed += 1
        if turn.clock() - began >= SLOW:
            feed.asked_at = turn.began + SLOW_FEED_RESTS
        if (yield from leave_alone(ports, name, error, turn.began)) is not None:
            yield from _alarm_each_tenant(turn, name, error)
        if feed.works is not False:
            yield from _each_in_its_turn(turn, name)
        feed.works = False
    else:
        feed.works, feed.worked_at = True, turn.began


def _follow(turn: _Round, name: str, vendor: Gateway) -> Flow[None]:
    """
    Have tickets asked about that have changed.

    The cursor is kept once they are due, or were asked about: whoever dies before that goes the same way again.
    """
    store = turn.ports.store
    cursor: str | None = yield Call(store.vendor_cursor, name)
    for _ in range(_PAGES):
        page = yield from asked(name, Call(vendor.changes, cursor, limit=_PAGE), gives=VendorChanges)
        for ids in _parts(list(dict.fromkeys(page.remote_ids))):
            found: Sequence[OpenTicket] = yield Call(store.tickets, name, ids)
            due = [ticket for ticket in found if ticket.is_open]
            if due:
                yield Call(store.asked, due, EPOCH)
            yield from _ask_about_ended(turn, [ticket for ticket in found if not ticket.is_open])
        if page.cursor != cursor:
            yield Call(store.keep_vendor_cursor, name, page.cursor, turn.began)
        if not page.more or page.cursor == cursor or turn.is_over:
            break
        cursor = page.cursor


def _parts(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), _PAGE):
        yield ids[start : start + _PAGE]


def _ask_about_ended(turn: _Round, tickets: Sequence[OpenTicket]) -> Flow[None]:
    """Ask about tickets on which nobody owes anything any more: the vendor may have opened them again."""
    for ticket in tickets:
        try:
            yield from ask(turn.ports, ticket, turn.began)
        except Exception as error:
            if isinstance(error, VendorError) and error.retryable:
                raise
            log.warning("vendor %s could not be asked about %s: %s", ticket.vendor, ticket.case_id, safe_text(error))


def _alarm_each_tenant(turn: _Round, name: str, error: Exception) -> Flow[None]:
    """Say who has tickets at a vendor that may not know us: while it is left alone none of them is asked about."""
    own = yield from _open_at(turn, name)
    for tenant, case_id in {ticket.tenant: ticket.case_id for ticket in reversed(own)}.items():
        yield from leave_alone(turn.ports, name, error, turn.began, about=(tenant, case_id))


def _each_in_its_turn(turn: _Round, name: str) -> Flow[None]:
    """Have all open tickets of a vendor asked about, whose feed has told of them so far."""
    own = yield from _open_at(turn, name)
    if own:
        yield Call(turn.ports.store.asked, own, turn.began - 2 * POLL_EVERY)


def _open_at(turn: _Round, name: str) -> Flow[list[OpenTicket]]:
    """Read the open tickets of a vendor, whenever they are to be asked about."""
    ahead = turn.began + SWEEP_EVERY + POLL_EVERY
    tickets: Sequence[OpenTicket] = yield Call(turn.ports.store.open_tickets, ahead, limit=10_000)
    return [ticket for ticket in tickets if ticket.vendor == name]
