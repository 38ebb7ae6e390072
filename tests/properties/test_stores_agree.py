"""All stores tell one story: the same calls on desks in memory, on SQLite and on PostgreSQL give the same answers."""

import itertools
import os
import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import attrs
import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.properties.strategies import (
    JANE,
    START,
    STEP,
    TAPES,
    Tape,
    process_from,
    said,
    spoken,
    worlds,
)

from supporttiers.backends.storage.postgres import PostgresStore
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.clock import FakeClock
from supporttiers.commands import Command
from supporttiers.decisions import Decision
from supporttiers.desk import SupportDesk
from supporttiers.effects import Notification, VendorAnswer
from supporttiers.errors import SupportTiersError
from supporttiers.links import VendorStatus
from supporttiers.match import AtLeast, AtMost, Match, Not
from supporttiers.protocols import GROUPS, ORDERS, CaseStore, Message

IDS = ("C-1", "C-2", "C-3")
BEGIN = START + 8 * STEP
MATCHES = (
    Match(), Match(status="queued"), Match(tier=[1, 2]), Match(priority=AtLeast("medium")), Match(tags="vip"),
    Match(assignee=None), Match(status=Not(["resolved", "closed"]), watchers=["anna", "joe"]), Match(tier=AtMost(1)),
    Match(opened_at=AtLeast(BEGIN + STEP)), Match({"attributes.floor": 0.5}), Match(team=Not("east")),
    Match(any=[Match(category="fresh"), Match(owner=Not(None))], kind="incident"), Match({"attributes.site": None}),
)  # fmt: skip


def one_further(ticket: VendorAnswer) -> VendorAnswer:
    """Let a vendor get one step further each time it is asked."""
    steps = {VendorStatus.OPEN: VendorStatus.ACKNOWLEDGED, VendorStatus.ACKNOWLEDGED: VendorStatus.RESOLVED}
    return attrs.evolve(ticket, status=steps.get(ticket.status, ticket.status), text="Working on it.")


class Inbox:
    """Keeps what it is told; the first delivery of each third message fails."""

    name = "inbox"

    def __init__(self) -> None:
        self.told: list[tuple[Notification, str]] = []

    def notify(self, notification: Notification, /, *, key: str) -> None:
        """Take a message."""
        self.told.append((notification, key))
        if len(self.told) % 3 == 0:
            problem = "the inbox is full"
            raise OSError(problem)


def answer(call: Callable[[], object]) -> object:
    """Give what a call gives, or what its error says."""
    try:
        return plain(call())
    except SupportTiersError as error:
        return said(error)


def plain(value: object) -> object:
    """Replace errors by what they say."""
    if isinstance(value, SupportTiersError):
        return said(value)
    return [plain(item) for item in value] if isinstance(value, list) else value


class StoresAgree(RuleBasedStateMachine):
    """Drives desks on several stores through the same calls."""

    kinds: ClassVar[tuple[Any, ...]] = (SupportDesk, SupportDesk)
    """Of which class the desk in memory is, and of which the one on SQLite, and further ones."""

    @initialize(tape=TAPES)
    def begin(self, tape: bytes) -> None:
        """Set up desks with one process and one clock."""
        self.clock = FakeClock(BEGIN)
        self.directory = tempfile.TemporaryDirectory()
        process = process_from(Tape(tape))
        stores = self.stores()
        self.inboxes = [Inbox() for _ in stores]
        self.desks = [
            kind(
                process, store=store, clock=self.clock, notifiers=[inbox],
                vendors=[InProcessVendor("acme", agent=one_further)],
            )
            for kind, store, inbox in zip(self.kinds, stores, self.inboxes, strict=True)
        ]  # fmt: skip
        self.done: list[Command] = []

    def stores(self) -> Sequence[str | CaseStore]:
        """Give the stores that have to agree, all of them empty."""
        return "memory:", f"sqlite:///{Path(self.directory.name) / 'support.db'}"

    def both(self, call: Callable[[SupportDesk], object]) -> Any:
        """Ask all desks; give their one answer."""
        memory, *others = (answer(lambda desk=desk: call(desk)) for desk in self.desks)
        for other in others:
            assert memory == other
        return memory

    def command(self, tape: Tape, **times: Any) -> Command:
        """Read a command for one of the cases as it is now."""
        case_id = tape.pick(IDS)
        found = {case.id: case for case in self.desks[0].find()}
        command = spoken(tape, self.desks[0].process, case_id, found.get(case_id), self.clock.now())
        return attrs.evolve(command, **times)

    # -- time

    @rule(steps=st.sampled_from([0, 1, 1, 2, 4, 16]))
    def go_on(self, steps: int) -> None:
        """Let time pass."""
        self.clock.advance(STEP * steps)

    @rule(limit=st.sampled_from([1, 2, 1000]))
    def run_due(self, limit: int) -> None:
        """Let a worker come by."""
        self.both(lambda desk: desk.run_due(limit=limit))
        for inbox in self.inboxes[1:]:
            assert self.inboxes[0].told == inbox.told

    @rule()
    def forget(self) -> None:
        """Let so much time pass that keys are forgotten."""
        self.clock.advance(timedelta(days=31))

    # -- commands

    @rule(tape=TAPES, behind=st.sampled_from([0, 0, 1, 3]))
    def execute(self, tape: bytes, behind: int) -> None:
        """Carry out a command, sometimes one of some time ago."""
        command = self.command(Tape(tape), at=self.clock.now() - STEP * behind, occurred_at=None)
        self.both(lambda desk: desk.execute(command))

    @rule(tape=TAPES)
    def execute_as_it_comes(self, tape: bytes) -> None:
        """Carry out a command with all that it was drawn with."""
        command = self.command(Tape(tape))
        self.both(lambda desk: desk.execute(command))

    @rule(tapes=st.lists(TAPES, max_size=6), keys=st.booleans())
    def execute_all(self, tapes: list[bytes], keys: bool) -> None:  # noqa: FBT001 - drawn by name
        """Carry out several commands at once."""
        commands = [
            self.command(Tape(tape), idempotency_key=f"many {len(tape)} {place}" if keys and place % 2 else None)
            for place, tape in enumerate(tapes)
        ]
        self.both(lambda desk: desk.execute_all(commands))

    @rule(tape=TAPES, key=st.sampled_from(["one", "two", "three"]))
    def execute_with_key(self, tape: bytes, key: str) -> None:
        """Carry out a command under a key that may have been used."""
        command = self.command(Tape(tape), idempotency_key=key)
        self.done.append(command)
        self.both(lambda desk: desk.execute(command))

    @precondition(lambda self: self.done)
    @rule(place=st.integers(0, 99))
    def repeat(self, place: int) -> None:
        """Repeat a command with its key."""
        command = self.done[place % len(self.done)]
        self.both(lambda desk: desk.execute(command))

    @rule(case_id=st.sampled_from([*IDS, "C-404"]), behind=st.integers(0, 2))
    def write_with_version(self, case_id: str, behind: int) -> None:
        """Carry out a command that expects a version, which may be stale."""

        def note(desk: SupportDesk) -> object:
            version = desk.get(case_id).version - behind
            return desk.note(case_id, by="anna", text="", expected_version=max(version, 0))

        self.both(note)

    @rule(case_id=st.sampled_from(IDS), by=st.sampled_from(["jane", "anna"]), handed_in=st.booleans())
    def reply(self, case_id: str, by: str, handed_in: bool) -> None:  # noqa: FBT001 - drawn by name
        """Reply under a plain id, to a case handed in or only named."""
        self.both(lambda desk: desk.reply(desk.get(case_id) if handed_in else case_id, by=by, text="Hello?"))

    @rule(tape=TAPES)
    def preview(self, tape: bytes) -> None:
        """Ask what a command would do."""
        command = self.command(Tape(tape))
        self.both(lambda desk: desk.preview(command))

    # -- questions

    @rule(
        match=st.sampled_from(MATCHES),
        order=st.sampled_from(ORDERS),
        down=st.booleans(),
        limit=st.sampled_from([1, 2, 50]),
    )
    def find(self, match: Match, order: str, down: bool, limit: int) -> None:  # noqa: FBT001 - drawn by name
        """Read all pages of a question, which hold every case that meets it once."""

        def pages(desk: SupportDesk) -> object:
            found, after = [], None
            while True:
                page = desk.find(match, order=f"-{order}" if down else order, after=after, limit=limit)
                found.append(page.cases)
                after = page.next
                if after is None:
                    return found

        found = [case.id for page in self.both(pages) for case in page]
        every = self.desks[0].find()
        assert sorted(found) == [case.id for case in every if match.holds(case, self.desks[0].process.priorities)]

    @rule(match=st.sampled_from(MATCHES), by=st.sampled_from(GROUPS))
    def counts(self, match: Match, by: str) -> None:
        """Count by a field."""
        self.both(lambda desk: desk.counts(match, by=by))

    @rule(case_id=st.sampled_from([*IDS, "C-404"]))
    def ask(self, case_id: str) -> None:
        """Ask everything about one case."""
        self.both(lambda desk: desk.clocks(case_id))
        self.both(lambda desk: desk.options(case_id, by="anna"))
        self.both(lambda desk: desk.options(case_id, by=JANE))
        self.both(lambda desk: desk.explain(case_id))
        self.both(lambda desk: str(desk.explain(case_id)))
        self.both(lambda desk: desk.history(case_id, visible_to="jane"))

    @rule(case_id=st.sampled_from(IDS))
    def ask_as_another_tenant(self, case_id: str) -> None:
        """Ask for a case of somebody else's, who has none."""
        assert self.both(lambda desk: desk.bind(tenant="other").get(case_id))[0].__name__ == "CaseNotFoundError"

    # -- what always holds

    @invariant()
    def hold_the_same(self) -> None:
        """All hold the same cases with the same histories, to the instant of writing, and find them sound."""
        if not hasattr(self, "desks"):
            return
        cases = self.both(lambda desk: list(desk.find()))
        self.both(lambda desk: desk.next_wake())
        for case in cases:
            assert self.both(lambda desk, case=case: desk.verify(case)) == ()
            recorded = self.both(lambda desk, case=case: [event.recorded_at for event in desk.history(case)])
            assert len(recorded) == case.version
            self.both(lambda desk, case=case: desk.history(case))

    def teardown(self) -> None:
        """Put all away."""
        if hasattr(self, "desks"):
            for desk in self.desks:
                desk.shut_down()
            self.directory.cleanup()


TestStoresAgree = StoresAgree.TestCase
TestStoresAgree.settings = settings(max_examples=30, stateful_step_count=30)


def test_stores_agree_with_postgres(postgres_url):
    """The same calls on a desk in PostgreSQL give the same answers, too; each example plays in a schema of its own."""
    numbers = itertools.count(1)

    class PostgresAgrees(StoresAgree):
        kinds = (SupportDesk, SupportDesk, SupportDesk)

        def stores(self) -> Sequence[str | CaseStore]:
            self.schema = f"example_{next(numbers)}"
            store = PostgresStore(postgres_url, schema=self.schema)
            store.upgrade()
            return *super().stores(), store

        @rule(state=st.sampled_from([None, "pending", "done", "dead"]), limit=st.sampled_from([1, 100]))
        def ask_as_a_worker(self, state: str | None, limit: int) -> None:
            """Ask the stores themselves what workers and operators ask."""
            now = self.clock.now()
            for question in (
                lambda store: store.backlog(now, limit=limit),
                lambda store: store.overdue(now, limit=limit),
                lambda store: store.parked(limit=limit),
                lambda store: store.messages("default", state=state, limit=limit),
                lambda store: store.open_tickets(now, limit=limit),
                lambda store: store.workload("default", ["anna", "bob"]),
                *(lambda store, case_id=case_id: store.key_uses("default", case_id) for case_id in IDS),
                *(lambda store, case_id=case_id: store.incoming("default", case_id) for case_id in IDS),
            ):
                self.both(lambda desk, question=question: seen(question(desk._ports.store)))

        def teardown(self) -> None:
            super().teardown()
            if hasattr(self, "schema"):
                with psycopg.connect(postgres_url) as connection:
                    connection.execute(f"DROP SCHEMA {self.schema} CASCADE")

    examples = 300 if os.environ.get("SUPPORTTIERS_SOAK") else 15
    run_state_machine_as_test(PostgresAgrees, settings=settings(max_examples=examples, stateful_step_count=30))


@given(worlds(ids=IDS))
@settings(max_examples=50)
def test_execute_all_answers_as_one_by_one(world):
    """Many commands at once give what each gives alone, taken in the order of their cases' ids."""
    clocks = [FakeClock(world.end), FakeClock(world.end)]
    together, apart = (SupportDesk(world.process, clock=clock) for clock in clocks)
    keyed = [
        attrs.evolve(command, idempotency_key=f"key {place}" if place % 3 == 0 else None)
        for place, command in enumerate(world.script)
    ]
    given_order = range(len(keyed))
    answers = together.execute_all(keyed)
    expected: dict[int, object] = {}
    for place in sorted(given_order, key=lambda place: keyed[place].case_id):
        expected[place] = answer(lambda place=place: apart.execute(keyed[place]))

    assert [expected[place] for place in given_order] == [outcome(found) for found in answers]
    assert list(apart.find()) == list(together.find())
    for case in apart.find():
        assert apart.history(case) == together.history(case)


def seen(found: object) -> object:
    """Give what a store gives, whatever collection it comes in; tokens of leases are drawn anew by each."""
    if not isinstance(found, Sequence):
        return found
    return [attrs.evolve(one, lease=None) if isinstance(one, Message) else one for one in found]


def outcome(found: Decision | SupportTiersError) -> object:
    """Give a decision, or what an error says."""
    return said(found) if isinstance(found, SupportTiersError) else found
