"""Laws of what a case has to do with others: vendors' tickets, links, processes."""

import pytest

from supporttiers import events as happened
from supporttiers.links import Link, VendorStatus
from supporttiers.protocols import CaseStore, Commit, OpenTicket
from supporttiers.testing.builders import NOON, going_on, minutes, opening
from supporttiers.testing.suites._laws import Laws, claimed


class LinkingLaws(Laws):
    """Vendor tickets, links between cases, and the processes that cases follow."""

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

    def test_vendor_that_answered_is_remembered(self, store: CaseStore) -> None:
        """A question that was answered counts; one that was not leaves the last answer as it was, and so do news."""
        commit = _ticketed(store, "T-1", "acme")
        (ticket,) = store.open_tickets(NOON, limit=9)
        assert ticket.reached_at is None
        store.asked([ticket], minutes(5), reached=True)
        store.asked([ticket], minutes(6))
        status = VendorStatus.ACKNOWLEDGED
        store.commit([going_on(commit, happened.VendorTicketUpdated, vendor="v", key="T-1:1", status=status)])

        (known,) = store.open_tickets(minutes(7), limit=9)
        assert minutes(5) == known.reached_at
        assert known.asked_at in {None, minutes(6)}
        assert [] == list(store.open_tickets(minutes(6), limit=9))

    def test_tickets_are_known_by_the_vendors_id(self, store: CaseStore) -> None:
        """Open or not, of one tenant or of all; one that has moved by its new id, and by that alone."""
        commit = _ticketed(store, "T-1", "acme")
        _ticketed(store, "T-2", "other")
        third = _ticketed(store, "T-3", "acme")
        news = {"vendor": "v", "key": "T-1:1", "status": VendorStatus.CLOSED}
        store.commit([going_on(commit, happened.VendorTicketUpdated, **news)])

        assert [("acme", "T-1", False), ("acme", "T-3", True), ("other", "T-2", True)] == [
            (ticket.tenant, ticket.case_id, ticket.is_open) for ticket in store.tickets("v", ["R-9", "R-1"])
        ]
        assert ["T-2"] == [ticket.case_id for ticket in store.tickets("v", ["R-1"], tenant="other")]
        assert [] == [*store.tickets("w", ["R-1"]), *store.tickets("v", [])]

        moved = {"vendor": "v", "key": "T-3:1", "status": VendorStatus.OPEN, "remote_id": "R-9"}
        store.commit([going_on(third, happened.VendorTicketUpdated, **moved)])
        assert ["T-3"] == [ticket.case_id for ticket in store.tickets("v", ["R-9"])]
        assert ["T-1", "T-2"] == [ticket.case_id for ticket in store.tickets("v", ["R-1"])]

    def test_cursor_of_a_vendor_is_kept(self, store: CaseStore) -> None:
        """The last one, of each vendor its own, whatever stands in it."""
        assert store.vendor_cursor("v") is None
        for cursor in ("1", '{"since": "2026-03-23", "\u00e9": [1]}'):
            store.keep_vendor_cursor("v", cursor, NOON)
            assert cursor == store.vendor_cursor("v")
        assert store.vendor_cursor("w") is None

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
                assert len(set(found)) == len(found), "a page shows again what an earlier one has shown"
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
            (found.case.id, found.wakes_at) for found in claimed(store, minutes(9), limit=9)
        ]


def _ticketed(store: CaseStore, case_id: str, tenant: str) -> Commit:
    first = opening(case_id, tenant=tenant)
    second = going_on(first, happened.VendorDispatched, vendor="v", key=f"{case_id}:1")
    third = going_on(
        second, happened.VendorTicketUpdated, vendor="v", key=f"{case_id}:1", remote_id="R-1", status=VendorStatus.OPEN
    )
    assert all(store.commit([first, second, third]))
    return third
