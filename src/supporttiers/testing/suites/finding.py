"""Laws of finding and counting cases."""

from collections import Counter
from datetime import timedelta, timezone
from typing import Any, Final

import pytest

from supporttiers import events as happened
from supporttiers.cases import Case, fold_all
from supporttiers.errors import InputError, PolicyConfigError
from supporttiers.events import Event
from supporttiers.match import AtLeast, AtMost, Match, Not
from supporttiers.protocols import GROUPS, ORDERS, CaseStore, Commit
from supporttiers.testing.builders import (
    NOON,
    committing,
    happens,
    minutes,
    opening,
)
from supporttiers.testing.suites._laws import Laws
from supporttiers.tiers import Agreement, CaseKind

MATCHES: Final = (
    Match(),
    Match(id="C-03"),
    Match(id=Not(["C-03", "C-04"])),
    Match(status="queued"),
    Match(status=["waiting", "in_progress"]),
    Match(status=Not("queued")),
    Match(kind="problem"),
    Match(tier=1),
    Match(tier=[1, 3]),
    Match(tier=Not(1)),
    Match(tier=AtLeast(2)),
    Match(tier=AtMost(2)),
    Match(tier=AtLeast(1.5)),
    Match(tier=2**70),
    Match(tier=AtMost(2**70)),
    Match(tier=AtLeast(-(10**400))),
    Match(tier=[1, float("nan")]),
    Match(tier=Not(float("nan"))),
    Match(satisfaction=AtLeast(4)),
    Match(satisfaction=None),
    Match(assignee=None),
    Match(assignee=Not(None)),
    Match(assignee="bob"),
    Match(assignee=["bob", None]),
    Match(assignee=Not("bob")),
    Match(assignee=Not(["bob", None])),
    Match(category=["printing", "été"]),
    Match(category=Not("printing")),
    Match(priority=["high", "low"]),
    Match(team="front", tier=1),
    Match(opened_at=minutes(3)),
    Match(opened_at=AtLeast(minutes(3))),
    Match(opened_at=AtMost(minutes(3).astimezone(timezone(timedelta(hours=9))))),
    Match(due_at=AtMost(minutes(250))),
    Match(due_at=None),
    Match(due_at=Not(None)),
    Match(wait_until=AtLeast(minutes(100))),
    Match(tags="vip"),
    Match(tags=["vip", "hot"]),
    Match(tags=Not("vip")),
    Match(tags=None),
    Match(tags=Not(None)),
    Match(watchers="eve"),
    Match(watchers=Not(["eve", "ada"])),
    Match({"attributes.site": "Leeds"}),
    Match({"attributes.site": ["Leeds", None]}),
    Match({"attributes.site": Not("Leeds")}),
    Match({"attributes.site": AtLeast("Lee")}),
    Match({"attributes.site": AtMost(7)}),
    Match({"attributes.seats": 12}),
    Match({"attributes.seats": "12"}),
    Match({"attributes.seats": AtLeast(12)}),
    Match({"attributes.seats": AtMost(12.5)}),
    Match({"attributes.seats": AtLeast("12")}),
    Match({"attributes.gold": True}),
    Match({"attributes.gold": Not([True])}),
    Match({"attributes.gold": AtLeast(0)}),
    Match({"attributes.load": 0.5}),
    Match({'attributes.q"uo.te': "\\"}),
    Match({"attributes.missing": None}),
    Match({"attributes.missing": Not(None)}),
    Match(any=[Match(tier=1), Match(assignee="bob")]),
    Match(any=[Match(tier=3), Match()]),
    Match(all=[Match(tier=1), Match(any=[Match(tags="vip"), Match(due_at=None)])]),
    Match({"attributes.site": "York"}, tier=[1, 2], all=[Match(status=Not("closed"))], any=[Match(watchers="eve")]),
)
"""Conditions of every kind; `find` must answer each as plain Python does."""

_NAMES: Final = [f"{place}-{repr(match)[:60]}" for place, match in enumerate(MATCHES)]

DIRECTIONS: Final = (*ORDERS, *(f"-{order}" for order in ORDERS))


_SITES: Final[tuple[dict[str, object], ...]] = (
    {},
    {"site": "Leeds", "seats": 12, "load": 0.5},
    {"site": "York", "gold": True, "seats": "12"},
    {"site": 7, "gold": False, "seats": 12.5, 'q"uo.te': "\\"},
    {"site": None},
)


def population(*, tenant: str = "acme") -> list[Commit]:
    """Make cases that differ in everything that can be asked for, some in nothing but their id."""
    commits = []
    for number in range(24):
        first = opening(
            f"C-{number:02}", tenant=tenant, at=minutes(number // 2), tier=1 + number % 3,
            team=["front", "net", None][number % 3], category=["printing", None, "été", "network"][number % 4],
            priority=["low", "high", None][number // 2 % 3], kind=list(CaseKind)[number % 4],
            tags=[(), ("vip",), ("hot", "été")][number % 3], channel=["web", None][number % 2],
            attributes=_SITES[number % len(_SITES)],
        )  # fmt: skip
        events = list(first.events)
        for kind, fields in _further(number):
            case = fold_all(None, events)
            assert case is not None
            events.append(happens(kind, case, **fields))
        commits.append(committing(None, events))
    return commits


def _further(number: int) -> list[tuple[type[Event], dict[str, Any]]]:
    """Say what more happens to a case, so that statuses, people and due instants differ."""
    started = {
        "limit": "resolve", "instance": 1, "agreement": Agreement.SLA, "target": timedelta(hours=4),
        "started_at": NOON, "due_at": minutes(240 + number // 3), "revision": "r1",
    }  # fmt: skip
    waiting = {"wait_reason": "customer", "until": minutes(90 + number)}
    steps: list[tuple[bool, type[Event], dict[str, Any]]] = [
        (number % 4 > 0, happened.StopwatchStarted, started),
        (number % 3 == 1, happened.CaseStarted, {"assignee": ["bob", "anna"][number % 2]}),
        (number % 5 == 2, happened.WaitStarted, waiting),
        (number % 6 == 0, happened.WatchersAdded, {"watchers": ("eve", "ada")[: 1 + number % 4]}),
        (number % 7 == 0, happened.CaseResolved, {}),
        (number % 7 == 0, happened.CaseRated, {"score": 1 + number // 6}),
        (number % 7 == 0, happened.CaseClosed, {}),
    ]
    return [(kind, fields) for happened_so, kind, fields in steps if happened_so]


class FindingLaws(Laws):
    """Conditions, pages and counts."""

    @pytest.mark.parametrize("match", MATCHES, ids=_NAMES)
    def test_find_answers_as_the_condition_does(self, store: CaseStore, match: Match) -> None:
        """A store finds exactly the cases for which the condition holds."""
        cases = _populated(store)
        holds = match.compile()

        found, more = store.find("acme", match, limit=100)
        assert [case.id for case in cases if holds(case)] == [case.id for case in found]
        assert all(case in cases for case in found)
        assert more is None

    @pytest.mark.parametrize("size", [1, 2, 5, 24, 25])
    @pytest.mark.parametrize("order", DIRECTIONS)
    def test_pages_show_every_case_once(self, store: CaseStore, order: str, size: int) -> None:
        """In every order and direction; cases without a value come last, ties go by id."""
        cases = _populated(store)

        assert [case.id for case in _in_order(cases, order)] == _walked(store, order, size)

    @pytest.mark.parametrize("order", DIRECTIONS)
    def test_pages_go_on_after_a_case_that_has_moved(self, store: CaseStore, order: str) -> None:
        """Where a page ended is a place, not a case: what moved away is not shown again, nor is anything skipped."""
        cases = _in_order(_populated(store), order)
        page, after = store.find("acme", Match(), order=order, limit=7)
        last = page[-1]
        store.commit([committing(last, [happens(happened.CaseCancelled, last, at=minutes(900))])])

        rest, _ = store.find("acme", Match(status=Not("cancelled")), order=order, after=after, limit=100)
        assert [case.id for case in cases[7:]] == [case.id for case in rest]

    def test_find_and_count_speak_of_one_tenant(self, store: CaseStore) -> None:
        """What another tenant has is neither found nor counted."""
        store.commit([opening("T-1"), opening("T-2", tenant="other")])

        assert ["T-1"] == [case.id for case in store.find("acme", Match())[0]]
        assert {1: 1} == dict(store.counts("acme", Match(), by="tier"))
        assert ((), None) == (tuple(store.find("third", Match())[0]), store.find("third", Match())[1])
        assert {} == dict(store.counts("third", Match(), by="tier"))

    @pytest.mark.parametrize("after", ["", "x", "é", "bm90IGpzb24", "W10", "WzEsMiwzXQ", "eyJhIjoxfQ", "MQ"])
    def test_what_is_no_end_of_a_page_is_refused(self, store: CaseStore, after: str) -> None:
        """A cursor that no page has given is the caller's mistake, and says so."""
        with pytest.raises(InputError, match=r"^after is no end of a page"):
            store.find("acme", Match(), after=after)

    def test_end_of_a_page_belongs_to_its_order(self, store: CaseStore) -> None:
        """A cursor means nothing in another order."""
        _populated(store)
        _, after = store.find("acme", Match(), order="opened_at", limit=1)

        with pytest.raises(InputError, match=r"^after is no end of a page"):
            store.find("acme", Match(), order="-opened_at", after=after)

    def test_unknown_order_is_refused(self, store: CaseStore) -> None:
        """The error says what is possible."""
        with pytest.raises(InputError, match=r"order must be one of: id, opened_at, changed_at, due_at"):
            store.find("acme", Match(), order="subject; DROP TABLE")

    def test_a_page_of_nothing_is_refused(self, store: CaseStore) -> None:
        """At least one case has to be asked for."""
        with pytest.raises(InputError, match="limit is 0; possible is at least 1"):
            store.find("acme", Match(), limit=0)

    def test_priorities_are_not_compared_by_a_store(self, store: CaseStore) -> None:
        """Their order belongs to the process: who asks resolves them before."""
        for ask in (store.find, lambda tenant, match: store.counts(tenant, match, by="tier")):
            with pytest.raises(PolicyConfigError, match="priority"):
                ask("acme", Match(priority=AtLeast("high")))

        cases = _populated(store)
        found, _ = store.find("acme", Match(priority=AtLeast("high")).resolved(["low", "high"]))
        assert [case.id for case in cases if case.priority == "high"] == [case.id for case in found]

    @pytest.mark.parametrize("by", GROUPS)
    def test_counts_are_those_of_the_cases(self, store: CaseStore, by: str) -> None:
        """Every value is counted, None included; a value that no case has is left out."""
        cases = _populated(store)

        for match in (Match(), Match(tier=Not(1), any=[Match(tags="vip"), Match(assignee=None)])):
            holds = match.compile()
            assert Counter(getattr(case, by) for case in cases if holds(case)) == store.counts("acme", match, by=by)
        assert {} == dict(store.counts("acme", Match(tier=99), by=by))

    def test_unknown_group_is_refused(self, store: CaseStore) -> None:
        """The error says what is possible."""
        with pytest.raises(InputError, match=r"by must be one of: status, tier, "):
            store.counts("acme", Match(), by="subject")


def _populated(store: CaseStore) -> list[Case]:
    commits = population()
    assert all(store.commit(commits))
    return [commit.case for commit in commits]


def _in_order(cases: list[Case], order: str) -> list[Case]:
    """Sort as `find` must."""
    field = order.removeprefix("-")
    down = order.startswith("-")
    by_id = sorted(cases, key=lambda case: case.id, reverse=down and field == "id")
    valued = [case for case in by_id if getattr(case, field) is not None]
    valued.sort(key=lambda case: getattr(case, field), reverse=down)
    return [*valued, *(case for case in by_id if getattr(case, field) is None)]


def _walked(store: CaseStore, order: str, size: int) -> list[str]:
    """Go through all pages; every page but the last is full, and none is empty."""
    seen: list[str] = []
    after = None
    while True:
        page, after = store.find("acme", Match(), order=order, after=after, limit=size)
        seen += [case.id for case in page]
        assert page
        assert len(set(seen)) == len(seen), "a page shows again what an earlier one has shown"
        if after is None:
            return seen
        assert size == len(page)
