"""
Suites: the laws that plugged-in parts must keep, for their authors to run.

```python
class TestMyStore(StoreSuite):
    @pytest.fixture
    def store(self, tmp_path):
        return MyStore(tmp_path / "support.db")
```

A law that a store cannot keep is declared in `waived`, with the reason; it is then expected to fail. Laws cannot be
replaced.
"""

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar, Final

import attrs
import pytest

from supporttiers import events as happened
from supporttiers.actors import Actor, Agent
from supporttiers.cases import Case, fold_all, rebuild
from supporttiers.commands import Escalate
from supporttiers.effects import DispatchToVendor, Tell
from supporttiers.errors import InputError, PolicyConfigError
from supporttiers.events import Event
from supporttiers.links import Link, VendorStatus
from supporttiers.match import AtLeast, AtMost, Match, Not
from supporttiers.protocols import GROUPS, KEY_LIFE, ORDERS, CaseStore, Commit, Message, OpenTicket, Settled
from supporttiers.testing.builders import (
    NOON,
    committing,
    every_event,
    going_on,
    happens,
    key_use,
    message,
    minutes,
    opening,
)
from supporttiers.testing.suites_redaction import RedactionLaws
from supporttiers.tiers import Agreement, CaseKind, Status

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


class StoreSuite(RedactionLaws):
    """
    What every `CaseStore` must do. Give a fixture `store` that is empty for each test.

    Attributes:
        waived: Laws that this store does not keep, by the name of the test, with the reason.
    """

    waived: ClassVar[dict[str, str]] = {}

    def __init_subclass__(cls) -> None:
        """Refuse to replace a law."""
        laws = {name for base in cls.__mro__[1:] for name in vars(base) if name.startswith("test_")}
        if replaced := laws & vars(cls).keys():
            raise TypeError(f"{cls.__name__} replaces {sorted(replaced)}; use `waived` with a reason")
        if unknown := cls.waived.keys() - laws - vars(cls).keys():
            raise TypeError(f"{cls.__name__} waives {sorted(unknown)}, which are no laws")

    @pytest.fixture(autouse=True)
    def _waive(self, request: pytest.FixtureRequest) -> None:
        reason = self.waived.get(request.node.originalname)
        if reason is not None:
            request.applymarker(pytest.mark.xfail(reason=reason, strict=True))

    # -- one case

    def test_store_has_a_name(self, store: CaseStore) -> None:
        """Errors and logs speak of a store by its name."""
        assert store.name.strip()

    def test_committed_case_comes_back_equal(self, store: CaseStore) -> None:
        """What was committed is what is loaded."""
        commit = opening()

        assert [True] == list(store.commit([commit]))
        assert commit.case == store.load("acme", "T-1").case

    def test_every_field_of_a_case_comes_back(self, store: CaseStore) -> None:
        """A case to which everything has happened is loaded as it was."""
        case = _written(store, every_event())

        assert case == store.load("acme", "T-1").case

    def test_instants_of_any_zone_come_back_as_the_same_instants(self, store: CaseStore) -> None:
        """A zone may be lost, an instant never, not by a microsecond."""
        tokyo = (NOON + timedelta(microseconds=1)).astimezone(timezone(timedelta(hours=9)))
        commit = opening(at=tokyo, wakes_at=tokyo)
        store.commit([commit])

        loaded = store.load("acme", "T-1").case
        assert loaded is not None
        assert commit.case == loaded
        assert tokyo == loaded.opened_at
        assert tokyo == store.next_wake()

    def test_unknown_case_is_none(self, store: CaseStore) -> None:
        """A case that does not exist is no error."""
        assert store.load("acme", "T-1").case is None
        assert store.load("acme", "T-1", key="k").case is None

    def test_texts_of_every_script_come_back(self, store: CaseStore) -> None:
        """Letters beyond the Basic Multilingual Plane, quotes, line ends and controls are kept, in ids as well."""
        text = "日本語 עברית 🖨\u200d🔥 'quoted' \"twice\" back\\slash \r\n\t\x01\x7f %s ? {}"
        case_id = "Ticket № 7/ü'\"%"
        _written(store, opening(case_id, subject=text, attributes={"ключ": text}).events)

        loaded = store.load("acme", case_id).case
        assert loaded is not None
        assert (case_id, text, {"ключ": text}) == (loaded.id, loaded.subject, loaded.attributes)

    def test_several_cases_are_loaded_at_once(self, store: CaseStore) -> None:
        """Those that do not exist are left out, and one that is asked for twice comes once."""
        commits = [opening("T-1"), opening("T-2"), opening("T-3")]
        store.commit(commits)

        found = store.load_many("acme", ["T-3", "T-9", "T-1", "T-3"])
        assert {"T-1": commits[0].case, "T-3": commits[2].case} == dict(found)
        assert {} == dict(store.load_many("acme", []))

    # -- committing

    def test_next_commit_replaces_the_case(self, store: CaseStore) -> None:
        """A commit on the version that is there moves the case on."""
        first = opening()
        second = going_on(first, happened.CaseStarted, assignee="bob")

        assert [True] == list(store.commit([first]))
        assert [True] == list(store.commit([second]))
        assert second.case == store.load("acme", "T-1").case

    def test_stale_commit_writes_nothing(self, store: CaseStore) -> None:
        """Who decided on an old version leaves no trace: no case, event, message, key, link, wake-up or answer."""
        first = attrs.evolve(opening(wakes_at=minutes(60)), messages=(message("m-0"),))
        second = going_on(first, happened.CaseStarted)
        store.commit([first, second])
        events = [happens(happened.CaseLinked, first.case, link=Link("follows", "T-9"))]
        done = Settled(tenant="acme", key="m-0", state="done", result="", attempts=1, not_before=NOON)
        stale = committing(
            first.case, events, wakes_at=minutes(1), messages=(message("m-1"),), used=key_use("k"), settled=done
        )

        assert [False] == list(store.commit([stale]))
        assert second.case == store.load("acme", "T-1", key="k").case
        assert store.load("acme", "T-1", key="k").used is None
        assert [1, 2] == [event.version for event in store.history("acme", "T-1")]
        assert ["m-0"] == [found.key for found in store.pending(minutes(60), limit=9)]
        assert [] == list(store.incoming("acme", "T-9"))
        assert minutes(60) == store.next_wake()

    def test_opening_twice_is_refused(self, store: CaseStore) -> None:
        """An id is given once."""
        first = opening(subject="first")

        assert [True] == list(store.commit([first]))
        assert [False] == list(store.commit([opening(subject="second")]))
        assert first.case == store.load("acme", "T-1").case
        assert 1 == len(store.history("acme", "T-1"))

    def test_commit_on_a_version_that_never_was_is_refused(self, store: CaseStore) -> None:
        """A case cannot begin in the middle."""
        second = going_on(opening(), happened.CaseStarted)

        assert [False] == list(store.commit([second]))
        assert store.load("acme", "T-1").case is None

    def test_one_loser_does_not_hold_up_the_others(self, store: CaseStore) -> None:
        """Of several commits each is judged by itself, and the answers are in their order."""
        store.commit([opening("T-1"), opening("T-2")])

        answers = store.commit([opening("T-0"), opening("T-1"), opening("T-3")])
        assert [True, False, True] == list(answers)
        assert {"T-0", "T-1", "T-2", "T-3"} == set(store.load_many("acme", ["T-0", "T-1", "T-2", "T-3"]))
        assert () == tuple(store.commit([]))

    def test_one_case_may_be_committed_several_times_at_once(self, store: CaseStore) -> None:
        """Later commits of a batch build on earlier ones."""
        first = opening()
        second = going_on(first, happened.CaseStarted)
        third = going_on(second, happened.CaseReleased)

        assert [True, True, False, True] == list(store.commit([first, second, second, third]))
        assert third.case == store.load("acme", "T-1").case
        assert [1, 2, 3] == [event.version for event in store.history("acme", "T-1")]

    def test_of_two_threads_exactly_one_wins(self, store: CaseStore) -> None:
        """Two who commit on the same version at the same time cannot both be right."""
        commit = opening()
        store.commit([commit])
        for _ in range(20):
            rivals = [going_on(commit, happened.CaseNoted, text=name) for name in ("one", "two")]
            answers = _at_once(store, rivals)

            assert 1 == sum(answers)
            commit = rivals[answers.index(True)]
            assert commit.events[0] == store.history("acme", "T-1")[-1]

    # -- idempotency keys

    def test_key_is_remembered(self, store: CaseStore) -> None:
        """The use of a key is read with any case of its tenant."""
        store.commit([opening("T-1", used=key_use("k"))])

        assert key_use("k") == store.load("acme", "T-1", key="k").used
        assert key_use("k") == store.load("acme", "T-9", key="k").used
        assert store.load("acme", "T-1", key="other").used is None
        assert store.load("acme", "T-1").used is None

    def test_key_is_used_once(self, store: CaseStore) -> None:
        """A second use of a key writes nothing, on whichever case."""
        first = opening("T-1", used=key_use("k"))
        second = opening("T-2", used=key_use("k", case_id="T-2", used_at=minutes(5)))

        assert [True, False] == list(store.commit([first, second]))
        assert store.load("acme", "T-2").case is None
        assert [] == list(store.history("acme", "T-2"))
        assert key_use("k") == store.load("acme", "T-1", key="k").used

    def test_key_is_free_again_after_its_time(self, store: CaseStore) -> None:
        """A key is taken for 30 days, the last instant included."""
        store.commit([opening("T-1", used=key_use("k"))])
        last = NOON + KEY_LIFE
        instants = {"T-2": last, "T-3": last + timedelta(microseconds=1)}
        late = [key_use("k", case_id=name, used_at=at) for name, at in instants.items()]

        assert [False, True] == list(store.commit([opening(used.case_id, used=used) for used in late]))
        assert late[1] == store.load("acme", "T-1", key="k").used

    def test_old_keys_are_forgotten(self, store: CaseStore) -> None:
        """What was used before an instant is free, what was used at it is not."""
        uses = [key_use(f"k-{number}", case_id=f"T-{number}", used_at=minutes(number)) for number in range(4)]
        store.commit([opening(used.case_id, used=used) for used in uses])

        assert 2 == store.forget_keys(minutes(2))
        assert 0 == store.forget_keys(minutes(2))
        kept = [store.load("acme", "T-0", key=used.key).used for used in uses]
        assert [None, None, uses[2], uses[3]] == kept

    # -- history

    def test_every_kind_of_event_comes_back(self, store: CaseStore) -> None:
        """A history in which everything happens is read as it was written, and makes the same case."""
        events = every_event()
        case = _written(store, events)

        history = store.history("acme", "T-1")
        assert events == list(history)
        assert case == rebuild(history)

    def test_history_says_when_it_was_recorded(self, store: CaseStore) -> None:
        """Every event carries the now of the transaction that wrote it."""
        first = opening()
        second = going_on(first, happened.CaseStarted, recorded_at=minutes(99))
        store.commit([first, attrs.evolve(second, recorded_at=minutes(500))])

        assert [first.recorded_at, minutes(500)] == [event.recorded_at for event in store.history("acme", "T-1")]

    def test_history_begins_after_a_version(self, store: CaseStore) -> None:
        """Who has read up to a version reads on from there."""
        events = every_event()
        _written(store, events)

        assert events[3:] == list(store.history("acme", "T-1", after=3))
        assert [] == list(store.history("acme", "T-1", after=len(events)))
        assert [] == list(store.history("acme", "T-9"))

    # -- people and their work

    def test_workload_counts_open_cases_by_channel(self, store: CaseStore) -> None:
        """What is assigned and open counts, queued, in progress or waiting; nobody else's, and no other tenant's."""
        for number, channel in enumerate(["chat", "chat", None, "mail"]):
            first = opening(f"T-{number}", channel=channel)
            store.commit([first, going_on(first, happened.CaseAssigned, assignee="bob")])
        elsewhere = opening("T-0", tenant="umbrella")
        store.commit([elsewhere, going_on(elsewhere, happened.CaseAssigned, assignee="bob")])
        store.commit([opening("T-9")])

        load = store.workload("acme", ["bob", "anna"])
        assert {"chat": 2, "": 1, "mail": 1} == dict(load["bob"].channels)
        assert (4, 0) == (load["bob"].open, load["anna"].open)
        assert {} == dict(store.workload("acme", []))

    def test_workload_forgets_what_has_ended_or_moved_on(self, store: CaseStore) -> None:
        """A resolved case, one given to somebody else and one that was moved do not count."""
        ends: list[tuple[type[Event], dict[str, Any]]] = [
            (happened.CaseResolved, {}),
            (happened.CaseAssigned, {"assignee": "anna"}),
            (happened.CaseEscalated, {"tier": 2}),
            (happened.CaseReleased, {}),
        ]
        for number, (kind, fields) in enumerate(ends):
            first = opening(f"T-{number}")
            second = going_on(first, happened.CaseAssigned, assignee="bob")
            store.commit([first, second, going_on(second, kind, **fields)])

        load = store.workload("acme", ["bob", "anna"])
        assert (0, 1) == (load["bob"].open, load["anna"].open)

    def test_workload_says_when_somebody_was_last_given_a_case(self, store: CaseStore) -> None:
        """Whatever has become of it; a case that was then given to somebody else is theirs."""
        for number, kind in enumerate([happened.CaseNoted, happened.CaseEscalated]):
            first = opening(f"T-{number}", at=minutes(10 * number))
            second = going_on(first, happened.CaseAssigned, assignee="bob")
            fields = {"tier": 2} if kind is happened.CaseEscalated else {}
            store.commit([first, second, going_on(second, kind, **fields)])

        assert minutes(11) == store.workload("acme", ["bob"])["bob"].assigned_at
        moved = store.load("acme", "T-1").case
        assert moved is not None
        store.commit([committing(moved, [happens(happened.CaseAssigned, moved, assignee="anna", at=minutes(20))])])
        load = store.workload("acme", ["anna", "bob", "eve"])
        assert [minutes(20), minutes(1), None] == [load[name].assigned_at for name in ("anna", "bob", "eve")]

    def test_agents_come_back_equal_and_in_order(self, store: CaseStore) -> None:
        """Every field is kept; ids order them; each tenant has its own."""
        anna = Agent(
            id="anna", name="Anna Ö.", teams=["front", "net"], skills=["vpn"], roles=["lead"], availability="away",
            capacity={"chat": 2, "*": 5}, manager="mia", on_call=["net"], manages=["front"],
        )  # fmt: skip
        store.put_agent("acme", Agent(id="bob"))
        store.put_agent("acme", anna)
        store.put_agent("umbrella", Agent(id="carl", capacity=0))

        assert [anna, Agent(id="bob")] == list(store.agents("acme"))
        assert [Agent(id="carl", capacity=0)] == list(store.agents("umbrella"))
        assert [] == list(store.agents("nobody"))
        assert [anna, Agent(id="bob")] == list(store.agents("acme", ids=["bob", "carl", "anna", "bob"]))
        assert [] == list(store.agents("acme", ids=[]))

    def test_agent_is_replaced_and_removed(self, store: CaseStore) -> None:
        """The last word on an agent counts; removing says whether there was one."""
        store.put_agent("acme", Agent(id="anna"))
        store.put_agent("umbrella", Agent(id="anna"))
        away = Agent(id="anna", availability="away")
        store.put_agent("acme", away)

        assert [away] == list(store.agents("acme"))
        assert (True, False) == (store.remove_agent("acme", "anna"), store.remove_agent("acme", "anna"))
        assert ([], [Agent(id="anna")]) == (list(store.agents("acme")), list(store.agents("umbrella")))

    # -- finding

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

    # -- waking

    def test_due_are_those_at_or_before_now(self, store: CaseStore) -> None:
        """The earliest comes first, and its own instant is due."""
        wakes = {"T-1": 30, "T-2": 10, "T-3": 31, "T-4": 20}
        store.commit([*(opening(name, wakes_at=minutes(at)) for name, at in wakes.items()), opening("T-5")])

        due = store.due(minutes(30), limit=9)
        assert [("T-2", minutes(10)), ("T-4", minutes(20)), ("T-1", minutes(30))] == [
            (found.case.id, found.wakes_at) for found in due
        ]
        assert store.load("acme", "T-2").case == due[0].case
        assert [] == list(store.due(minutes(9), limit=9))

    def test_due_are_limited(self, store: CaseStore) -> None:
        """Only so many are given, the earliest, and again until they have been dealt with."""
        store.commit([opening(f"T-{number}", wakes_at=minutes(9 - number)) for number in range(9)])

        for _ in range(2):
            assert ["T-8", "T-7"] == [found.case.id for found in store.due(minutes(60), limit=2)]

    def test_a_wake_up_moves_with_each_commit(self, store: CaseStore) -> None:
        """Later, earlier, back where it was, and away: only the last word counts, and once."""
        commit = opening(wakes_at=minutes(10))
        store.commit([commit])
        for at in (20, 5, 10, 20, 10):
            commit = attrs.evolve(going_on(commit, happened.CaseNoted), wakes_at=minutes(at))
            store.commit([commit])
            assert minutes(at) == store.next_wake()
            assert [] == list(store.due(minutes(at - 1), limit=9))
            assert [minutes(at)] == [found.wakes_at for found in store.due(minutes(at), limit=9)]

        store.commit([attrs.evolve(going_on(commit, happened.CaseNoted), wakes_at=None)])
        assert store.next_wake() is None
        assert [] == list(store.due(minutes(99), limit=9))

    def test_many_wake_ups_moved_many_times_stay_in_order(self, store: CaseStore) -> None:
        """What no longer holds is never given, however much of it there is."""
        commits = [opening(f"T-{number}", wakes_at=minutes(number)) for number in range(8)]
        store.commit(commits)
        for turn in range(1, 25):
            commits = [
                attrs.evolve(going_on(commit, happened.CaseNoted), wakes_at=minutes(turn * place * 7 % 11))
                for place, commit in enumerate(commits)
            ]
            store.commit(commits)

        expected = sorted((commit.wakes_at, commit.case.id) for commit in commits if commit.wakes_at is not None)
        assert expected == [(found.wakes_at, found.case.id) for found in store.due(minutes(99), limit=99)]

    def test_waking_may_be_asked_for_one_tenant_or_all(self, store: CaseStore) -> None:
        """The worker looks across tenants, a desk at its own."""
        store.commit([opening("T-1", wakes_at=minutes(2)), opening("T-1", tenant="other", wakes_at=minutes(1))])

        assert ["other", "acme"] == [found.case.tenant for found in store.due(minutes(2), limit=9)]
        assert ["acme"] == [found.case.tenant for found in store.due(minutes(2), limit=1, tenant="acme")]
        assert minutes(1) == store.next_wake()
        assert minutes(2) == store.next_wake(tenant="acme")
        assert store.next_wake(tenant="third") is None
        assert [] == list(store.due(minutes(2), limit=9, tenant="third"))

    # -- the outbox

    def test_messages_come_back_in_the_order_in_which_they_were_caused(self, store: CaseStore) -> None:
        """Every kind of effect is read as it was written."""
        messages = (
            message("m-3"),
            message("m-1", effect=DispatchToVendor(case_id="T-1", version=1, vendor="v", key="T-1:1", text="Würde …")),
            attrs.evolve(message("m-2", effect=_tell()), kind="tell", target="T-2", attempts=3),
        )
        store.commit([attrs.evolve(opening("T-1"), messages=messages)])
        store.commit([attrs.evolve(opening("T-2"), messages=(message("m-0", case_id="T-2", at=minutes(-9)),))])

        found = store.pending(minutes(1), limit=9)
        assert messages == tuple(found[:3])
        assert "m-0" == found[3].key
        assert ["m-3", "m-1"] == [one.key for one in store.pending(minutes(1), limit=2)]

    def test_messages_wait_until_their_time(self, store: CaseStore) -> None:
        """A message is given from its instant on."""
        _post(store, message("m-1", not_before=minutes(5)))

        assert [] == list(store.pending(minutes(4), limit=9))
        assert ["m-1"] == [found.key for found in store.pending(minutes(5), limit=9)]

    def test_a_waiting_message_holds_back_those_behind_it(self, store: CaseStore) -> None:
        """Messages of one case to one target keep their order, while all others go."""
        _post(
            store,
            message("m-1"),
            message("m-2"),
            message("m-3", target="pager"),
            message("m-4", case_id="T-2"),
        )
        store.settle(_settled("m-1", "pending", not_before=minutes(5)))

        assert ["m-3", "m-4"] == [found.key for found in store.pending(minutes(1), limit=9)]
        assert ["m-1", "m-2", "m-3", "m-4"] == [found.key for found in store.pending(minutes(5), limit=9)]

    def test_messages_may_be_asked_for_one_tenant_or_all(self, store: CaseStore) -> None:
        """One key may stand for a message of each tenant, and settles only its own."""
        _post(store, message("m-1"))
        store.commit([attrs.evolve(opening(tenant="other"), messages=(message("m-1", tenant="other"),))])

        assert ["acme", "other"] == [found.tenant for found in store.pending(minutes(1), limit=9)]
        assert ["other"] == [found.tenant for found in store.pending(minutes(1), limit=9, tenant="other")]
        store.settle(_settled("m-1", "done"))
        assert ["other"] == [found.tenant for found in store.pending(minutes(1), limit=9)]

    @pytest.mark.parametrize("state", ["done", "dead"])
    def test_settled_message_is_not_given_again(self, store: CaseStore, state: str) -> None:
        """What is done or given up stays so, whatever is said later."""
        _post(store, message("m-1"), message("m-2"))
        store.settle(_settled("m-1", state))
        store.settle(_settled("m-1", "pending"))
        store.settle(_settled("m-9", "done"))

        assert ["m-2"] == [found.key for found in store.pending(minutes(99), limit=9)]

    def test_message_that_is_held_holds_back_only_itself(self, store: CaseStore) -> None:
        """What was put off when it was caused keeps no later message waiting."""
        held = attrs.evolve(message("m-1"), not_before=minutes(60))
        _post(store, held, message("m-2"))

        assert ["m-2"] == [found.key for found in store.pending(minutes(5), limit=9)]
        assert ["m-1", "m-2"] == [found.key for found in store.pending(minutes(60), limit=9)]

    def test_message_to_be_tried_again_remembers_its_attempts(self, store: CaseStore) -> None:
        """It comes back later, in its old place, with what was last remembered of it."""
        _post(store, message("m-1"), message("m-2", target="pager"))
        store.settle(_settled("m-1", "pending", attempts=4, not_before=minutes(5)))

        again = store.pending(minutes(5), limit=9)
        assert ["m-1", "m-2"] == [found.key for found in again]
        assert attrs.evolve(message("m-1"), attempts=4, not_before=minutes(5), result="sent") == again[0]

    def test_commit_settles_the_message_that_caused_it(self, store: CaseStore) -> None:
        """What a delivery made known and that it was delivered are written together."""
        first = attrs.evolve(opening(), messages=(message("m-1"),))
        second = attrs.evolve(
            going_on(first, happened.CaseNoted), settled=_settled("m-1", "done"), messages=(message("m-2"),)
        )
        store.commit([first, second])

        assert ["m-2"] == [found.key for found in store.pending(minutes(1), limit=9)]

    # -- vendor tickets

    def test_open_tickets_have_a_remote_id_and_no_end(self, store: CaseStore) -> None:
        """A ticket is asked about from the vendor's first answer until the vendor is done."""
        commit = going_on(opening(), happened.VendorDispatched, vendor="v", key="T-1:1")
        store.commit([opening(), commit])
        assert [] == list(store.open_tickets(NOON, limit=9))

        news = {"vendor": "v", "key": "T-1:1", "remote_id": "R-1"}
        for status, is_open in {VendorStatus.OPEN: 1, VendorStatus.WAITING_FOR_US: 1, VendorStatus.CLOSED: 0}.items():
            commit = going_on(commit, happened.VendorTicketUpdated, status=status, **news)
            store.commit([commit])
            ticket = OpenTicket(tenant="acme", case_id="T-1", vendor="v", key="T-1:1", remote_id="R-1")
            assert [ticket] * is_open == list(store.open_tickets(NOON, limit=9))

    def test_tickets_are_asked_about_in_turn(self, store: CaseStore) -> None:
        """The longest unasked comes first; who was asked at an instant was not asked before it."""
        for number, tenant in enumerate(["acme", "other", "acme"]):
            _ticketed(store, f"T-{number}", tenant)
        never = store.open_tickets(NOON, limit=9)
        for ticket, at in zip(never, (2, 1, 3), strict=True):
            store.asked([ticket], minutes(at))

        assert [] == list(store.open_tickets(minutes(1), limit=9))
        assert [never[1], never[0]] == list(store.open_tickets(minutes(3), limit=9))
        assert [never[1]] == list(store.open_tickets(minutes(9), limit=1))
        assert ["T-2", "T-0"] == [ticket.case_id for ticket in store.open_tickets(minutes(9), limit=9, tenant="acme")]

    def test_ticket_that_was_asked_about_stays_asked_when_it_changes(self, store: CaseStore) -> None:
        """News of a ticket are no new turn."""
        commit = _ticketed(store, "T-1", "acme")
        (ticket,) = store.open_tickets(NOON, limit=9)
        store.asked([ticket], minutes(5))
        status = VendorStatus.ACKNOWLEDGED
        store.commit([going_on(commit, happened.VendorTicketUpdated, vendor="v", key="T-1:1", status=status)])

        assert [] == list(store.open_tickets(minutes(5), limit=9))
        assert [ticket] == list(store.open_tickets(minutes(6), limit=9))

    # -- links

    def test_incoming_links_are_known(self, store: CaseStore) -> None:
        """A case knows who links to it and how; once each, and only within its tenant."""
        for case_id, kind, tenant in (
            ("T-2", "follows", "acme"),
            ("T-1", "child_of", "acme"),
            ("T-3", "child_of", "acme"),
            ("T-4", "child_of", "other"),
        ):
            first = opening(case_id, tenant=tenant)
            second = going_on(first, happened.CaseLinked, link=Link(kind, "T-0"))
            store.commit([first, second, going_on(second, happened.CaseLinked, link=Link(kind, "T-0"))])

        assert [("child_of", "T-1"), ("child_of", "T-3"), ("follows", "T-2")] == list(store.incoming("acme", "T-0"))
        assert [("follows", "T-2")] == list(store.incoming("acme", "T-0", kind="follows"))
        assert [] == list(store.incoming("acme", "T-0", kind="duplicate_of"))
        assert [] == list(store.incoming("acme", "T-1"))

    @pytest.mark.parametrize("size", [1, 2, 3, 10])
    def test_incoming_links_come_in_pages(self, store: CaseStore, size: int) -> None:
        """Each page goes on where the last one ended, of one kind as of all; nothing twice, nothing left out."""
        for number in range(7):
            first, link = opening(f"T-{number}"), Link("follows" if number % 3 else "child_of", "T-0")
            store.commit([first, going_on(first, happened.CaseLinked, link=link)])
        kinds: tuple[str | None, ...] = (None, "follows", "child_of", "duplicate_of")
        for kind in kinds:
            found: list[tuple[str, str]] = []
            while page := store.incoming("acme", "T-0", kind=kind, after=found[-1] if found else None, limit=size):
                assert len(page) <= size
                found += page
            assert list(store.incoming("acme", "T-0", kind=kind)) == found

    def test_link_that_is_taken_back_is_not_known_any_more(self, store: CaseStore) -> None:
        """The others stay."""
        first = opening()
        second = going_on(first, happened.CaseLinked, link=Link("follows", "T-0"))
        third = going_on(second, happened.CaseLinked, link=Link("child_of", "T-0"))
        store.commit([first, second, third, going_on(third, happened.CaseUnlinked, link=Link("follows", "T-0"))])

        assert [("child_of", "T-1")] == list(store.incoming("acme", "T-0"))

    def test_merged_case_links_to_its_other(self, store: CaseStore) -> None:
        """Merging leaves a link, as linking does."""
        first = opening()
        store.commit([first, going_on(first, happened.CaseMerged, into="T-0")])

        assert [("duplicate_of", "T-1")] == list(store.incoming("acme", "T-0"))

    # -- processes

    def test_processes_are_kept_by_revision(self, store: CaseStore) -> None:
        """A revision never changes: the first text stays."""
        for revision, body in (("r1", "{}"), ("r2", '{"é": 1}'), ("r1", "other")):
            store.put_process("demo", revision, body, NOON)

        assert "{}" == store.get_process("demo", "r1")
        assert '{"é": 1}' == store.get_process("demo", "r2")
        assert store.get_process("demo", "r3") is None
        assert store.get_process("other", "r1") is None

    def test_a_process_is_known_by_when_it_was_kept(self, store: CaseStore) -> None:
        """The first time counts, also when it is put again."""
        store.put_process("demo", "r1", "{}", minutes(1))
        store.put_process("demo", "r1", "{}", minutes(5))

        assert minutes(1) == store.process_kept_at("demo", "r1")
        assert store.process_kept_at("demo", "r2") is None

    def test_cases_of_older_limits_are_woken(self, store: CaseStore) -> None:
        """Those that have not ended, whose limits follow an earlier revision; an earlier wake-up stays."""
        for number, revision in enumerate(("r1", "r2", "r3")):
            store.put_process("demo", revision, "{}", minutes(number))
        first = opening("T-1", tenant="acme")
        ended = opening("T-3")
        store.commit(
            [
                first,
                opening("T-2", tenant="beta", wakes_at=minutes(1)),
                ended,
                opening("T-4", revision="r3"),
                opening("T-5", process="other"),
                opening("T-6", revision="lost"),
            ]
        )
        store.commit([going_on(ended, happened.CaseCancelled)])

        assert 1 == store.wake_followers("demo", "r2", minutes(5))
        assert 0 == store.wake_followers("demo", "r2", minutes(5))
        assert 0 == store.wake_followers("demo", "unknown", minutes(0))
        assert [("T-2", minutes(1)), ("T-1", minutes(5))] == [
            (found.case.id, found.wakes_at) for found in store.due(minutes(9), limit=9)
        ]

    # -- trust

    def test_sound_history_is_found_sound(self, store: CaseStore) -> None:
        """There is nothing to say about a history that nobody has touched, nor about none."""
        _written(store, every_event())
        store.commit([opening("T-2")])

        assert () == store.verify("acme", "T-1")
        assert () == store.verify("acme", "T-2")
        assert () == store.verify("acme", "T-9")

    def test_case_that_its_events_do_not_make_is_found(self, store: CaseStore) -> None:
        """The difference is named."""
        commit = opening()
        store.commit([attrs.evolve(commit, case=attrs.evolve(commit.case, tier=3, status=Status.CLOSED))])

        assert [("verify.fold", {"fields": "tier, status"})] == [
            (reason.code, reason.params) for reason in store.verify("acme", "T-1")
        ]

    def test_missing_event_is_found(self, store: CaseStore) -> None:
        """A version that was skipped is named."""
        first = opening()
        second = going_on(first, happened.CaseStarted)
        store.commit([first, attrs.evolve(second, events=())])

        found = store.verify("acme", "T-1")
        assert [("verify.gap", {"expected": 2, "found": 1})] == [(reason.code, reason.params) for reason in found]

    def test_tenants_do_not_see_each_other(self, store: CaseStore) -> None:
        """The same ids and keys of two tenants are two cases, histories and keys."""
        ours, theirs = (
            opening(tenant=tenant, subject=tenant, used=key_use("k", version=number))
            for number, tenant in enumerate(["acme", "other"])
        )
        assert [True, True] == list(store.commit([ours, theirs]))

        for commit in (ours, theirs):
            loaded = store.load(commit.tenant, "T-1", key="k")
            assert (commit.case, commit.used) == (loaded.case, loaded.used)
            assert {"T-1": commit.case} == dict(store.load_many(commit.tenant, ["T-1"]))
            assert list(commit.events) == list(store.history(commit.tenant, "T-1"))
        assert store.load("third", "T-1", key="k").case is None
        assert store.load("third", "T-1", key="k").used is None
        assert {} == dict(store.load_many("third", ["T-1"]))
        assert [] == list(store.history("third", "T-1"))

    def test_closed_store_opens_again(self, store: CaseStore) -> None:
        """Closing lets go of resources, not of cases; twice is once."""
        commit = opening()
        store.commit([commit])
        store.close()
        store.close()

        assert commit.case == store.load("acme", "T-1").case


# -- shorthand


def _written(store: CaseStore, events: Sequence[Event]) -> Case:
    commit = committing(None, events)
    assert [True] == list(store.commit([commit]))
    return commit.case


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
        if after is None:
            return seen
        assert size == len(page)


def _post(store: CaseStore, *messages: Message) -> None:
    assert all(store.commit([attrs.evolve(opening(), messages=messages)]))


def _settled(key: str, state: str, *, attempts: int = 1, not_before: datetime = NOON) -> Settled:
    return Settled(tenant="acme", key=key, state=state, result="sent", attempts=attempts, not_before=not_before)


def _tell() -> Tell:
    return Tell(case_id="T-1", version=1, command=Escalate(case_id="T-2", by=Actor.agent("bob"), reason="wie gehabt"))


def _ticketed(store: CaseStore, case_id: str, tenant: str) -> Commit:
    first = opening(case_id, tenant=tenant)
    second = going_on(first, happened.VendorDispatched, vendor="v", key=f"{case_id}:1")
    third = going_on(
        second, happened.VendorTicketUpdated, vendor="v", key=f"{case_id}:1", remote_id="R-1", status=VendorStatus.OPEN
    )
    assert all(store.commit([first, second, third]))
    return third


def _at_once(store: CaseStore, rivals: list[Commit]) -> list[bool]:
    """Commit from several threads that wait for each other."""
    start = threading.Barrier(len(rivals))
    answers: dict[int, bool] = {}

    def run(number: int, commit: Commit) -> None:
        start.wait(timeout=60)
        answers[number] = store.commit([commit])[0]

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(rivals)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return [answers[number] for number in range(len(rivals))]
