"""Laws of what a vendor says: every entry once, by whom it is, for whom it is, and what became of the ticket."""

import json
from collections.abc import Collection
from datetime import timedelta
from functools import partial
from typing import Final

import pytest

from supporttiers.clock import FakeClock
from supporttiers.effects import VendorAnswer, VendorChanges, VendorIdentity
from supporttiers.links import VendorEntry, VendorStatus
from supporttiers.testing.suites._proxy import Lying, Proxy
from supporttiers.testing.suites._vendor_given import (
    PATIENT,
    Connect,
    Gateway,
    VendorHands,
    VendorLaws,
    attempted,
    can,
    entry_with,
    failed,
    file_of,
    found_of,
    message_of,
    needs,
    now,
    word,
)
from supporttiers.tiers import Visibility

_PAGES: Final = 200
_NOT_THERE: Final = frozenset({"gone", "rejected", "permission"})
_NAMES: Final = {
    "plain": "report.txt",
    "unicode": "naïve Übersicht 日本 🖨.pdf",
    "path": "../../etc/passwd",
    "windows": "C:\\temp\\log.txt",
    "header": 'a"; filename="b\r\nX-Evil: yes\r\n\r\n.txt',
    "percent": "100%20%0d%0a.txt",
    "long": "x" * 300 + ".log",
    "dot": ".",
    "empty": "",
}
_BYTES: Final = bytes(range(256)) * 5 + b"\r\n\0"


class HearingLaws(VendorLaws):
    """What a gateway must do with what the vendor says."""

    def test_check_says_who_we_are(self, gateway: Gateway) -> None:
        """The vendor knows us, and its own words for statuses that we cannot translate are among those it lists."""
        needs(gateway, "check")
        identity, error = attempted("`check`", gateway.check)
        assert error is None, f"`check` fails with the right key: {error}"
        assert isinstance(identity, VendorIdentity), "`check` gives no VendorIdentity"
        assert identity.account, "`check` does not say who we are"
        assert set(identity.unmapped) <= set(identity.statuses)

    # -- entries

    def test_updates_of_one_second_are_all_heard(self, gateway: Gateway, hands: VendorHands | None) -> None:
        """Each is an entry of its own, with an id that stays."""
        hands = self._with(hands, "say")
        _, remote_id = self._opened(gateway)
        said = [word() for _ in range(3)]
        for each in said:
            hands.say(remote_id, f"We ask for {each}.", private=False)

        entries = self._heard(gateway, remote_id, said)
        first = [entry.id for entry in entries]
        assert len(first) == len(set(first)), "two entries have one id"
        again = [entry.id for entry in gateway.fetch(remote_id).entries]
        assert set(first) <= set(again), "the ids of entries are others the next time"

    def test_own_words_are_no_news(self, connect: Connect, vendor_url: str | None, gateway: Gateway) -> None:
        """Neither the text of the ticket nor a message of ours comes back as the vendor's, to another worker either."""
        asked, remote_id = self._opened(gateway, text=f"It smells of {word()}.")
        known = {asked.reference}
        if can(gateway, "comment"):
            message, key = message_of(f"Is there news of {word()}?")
            gateway.comment(remote_id, message, key=key)
            known.add(message.reference)

        others = [connect(vendor_url, timeout=PATIENT)] if vendor_url else []
        for each in (gateway, *others):
            told = [entry for entry in each.fetch(remote_id).entries if not _is_ours(entry, known)]
            assert [] == [entry.id for entry in told], "what we wrote comes back as the vendor's"

    def test_message_is_known_by_its_reference(
        self, connect: Connect, vendor_url: str | None, gateway: Gateway
    ) -> None:
        """After an attempt of which nobody knows, it is looked for among the entries, perhaps by another worker."""
        needs(gateway, "comment")
        _, remote_id = self._opened(gateway)
        said = word()
        message, key = message_of(f"Is there news of {said}?")
        given = gateway.comment(remote_id, message, key=key)

        reader = connect(vendor_url, timeout=PATIENT) if vendor_url else gateway
        entries = self._seen(lambda: entry_with(reader, remote_id, said))
        assert isinstance(given, str), "`comment` gives no text"
        assert [message.reference] == [entry.reference for entry in entries], "its entry does not show its reference"

    def test_words_of_the_vendor_are_the_vendors(self, gateway: Gateway, hands: VendorHands | None) -> None:
        """Also where they quote a message of ours, mark and all."""
        hands = self._with(hands, "say")
        asked, remote_id = self._opened(gateway)
        plain, quoting, under = word(), word(), word()
        hands.say(remote_id, f"We look at {plain}.", private=False)
        quoted = f"> It smells of smoke.\n>\n> [ref {asked.reference}]"
        hands.say(remote_id, f"We replace {quoting}.\n\n{quoted}", private=False)
        hands.say(remote_id, f"{quoted}\n\nWe replace {under}.", private=False)

        for entry in self._heard(gateway, remote_id, [plain, quoting, under]):
            assert not entry.ours, "what the vendor wrote is taken for ours"
            assert not entry.reference, "what the vendor wrote is taken for ours, by a reference that it quotes"

    def test_private_stays_private(self, gateway: Gateway, hands: VendorHands | None) -> None:
        """What the vendor has not clearly meant for the requester is private."""
        hands = self._with(hands, "say")
        _, remote_id = self._opened(gateway)
        said = word()
        hands.say(remote_id, f"The drum is cheap, says {said}.", private=True)

        [entry] = self._heard(gateway, remote_id, [said])
        assert Visibility.PRIVATE is entry.visibility, "a private entry comes as public"

    def test_public_can_be_told(self, gateway: Gateway, hands: VendorHands | None) -> None:
        """What is meant for the requester comes as public, where the gateway claims that."""
        if "public" not in self.capabilities:
            pytest.skip(f"'public' is not among the capabilities that {type(self).__name__} declares")
        hands = self._with(hands, "say")
        _, remote_id = self._opened(gateway)
        said = word()
        hands.say(remote_id, f"Your printer {said} is on its way.", private=False)

        [entry] = self._heard(gateway, remote_id, [said])
        assert Visibility.PUBLIC is entry.visibility, "a public entry comes as private; do not claim 'public'"

    @pytest.mark.parametrize("size", [64 * 1024 - 16, 300 * 1024])
    def test_long_words_of_the_vendor_are_heard(self, gateway: Gateway, hands: VendorHands | None, size: int) -> None:
        """As many as we can keep."""
        hands = self._with(hands, "say")
        _, remote_id = self._opened(gateway)
        said = word()
        hands.say(remote_id, f"{said} Принтер {'long ' * (size // 5)}", private=False)

        [entry] = self._heard(gateway, remote_id, [said])
        assert len(entry.text.encode()) > 32 * 1024, "little is left of it"

    def _heard(self, gateway: Gateway, remote_id: str, said: Collection[str]) -> list[VendorEntry]:
        """Fetch a ticket until all that was said is there; give the entries, in the order in which that was said."""

        def look() -> dict[str, VendorEntry]:
            entries = gateway.fetch(remote_id).entries
            return {each: entry for each in said for entry in entries if each in entry.text}

        found = self._seen(look, until=lambda found: len(found) == len(said))
        missed = len(said) - len(found)
        assert not missed, f"{missed} of {len(said)} entries of the vendor's are not in what `fetch` gives"
        return [found[each] for each in said]

    # -- changes

    def test_changes_of_one_second_are_all_listed(self, gateway: Gateway, hands: VendorHands | None) -> None:
        """With pages as small as can be; and a cursor goes through JSON."""
        needs(gateway, "changes")
        hands = self._with(hands, "say")
        ids = [self._opened(gateway)[1] for _ in range(3)]
        cursor = _cursor(gateway.changes(None, limit=50))
        for each in ids:
            hands.say(each, "We look at it.", private=False)

        def look() -> set[str]:
            return _changed(gateway, cursor, limit=1) & set(ids)

        found = self._seen(look, until=lambda found: found == set(ids))
        assert set(ids) == found, f"{len(ids) - len(found)} of {len(ids)} changes are not listed"

    def test_cursor_survives_a_restart(
        self, connect: Connect, vendor_url: str | None, gateway: Gateway, hands: VendorHands | None
    ) -> None:
        """Another worker goes on with it, and misses nothing, also of the second in which it was made."""
        needs(gateway, "changes")
        hands = self._with(hands, "say")
        first, second = (self._opened(gateway)[1] for _ in range(2))
        cursor = _cursor(gateway.changes(None, limit=50))
        hands.say(first, "We look at it.", private=False)
        page = self._seen(lambda: gateway.changes(cursor, limit=50), until=lambda page: first in page.remote_ids)
        hands.say(second, "We look at it.", private=False)

        other = connect(vendor_url or "", timeout=PATIENT)
        found = self._seen(lambda: _changed(other, _cursor(page)), until=lambda found: second in found)
        assert second in found, "a change of the second in which the cursor was made is not listed"

    @pytest.mark.parametrize("apart", [timedelta(minutes=-10), timedelta(minutes=10)], ids=["behind", "ahead"])
    def test_clocks_may_differ(
        self, connect: Connect, vendor_url: str | None, hands: VendorHands | None, apart: timedelta
    ) -> None:
        """Where our clock is ten minutes off the vendor's, nothing is missed."""
        gateway = connect(vendor_url or "", timeout=PATIENT, clock=FakeClock(now() + apart))
        _, remote_id = self._opened(gateway)
        hands = self._with(hands, "say")
        cursor = _cursor(gateway.changes(None, limit=50)) if can(gateway, "changes") else None
        said = word()
        hands.say(remote_id, f"We look at {said}.", private=False)

        self._heard(gateway, remote_id, [said])
        if cursor is not None:
            found = self._seen(lambda: _changed(gateway, cursor), until=lambda found: remote_id in found)
            assert remote_id in found, "with our clock off, a change is not listed"

    @pytest.mark.parametrize("cursor", ["", "garbage", "{}", "null", "-1", "9" * 5_000])
    def test_cursor_of_others_breaks_nothing(self, gateway: Gateway, cursor: str) -> None:
        """One that somebody has edited, or that an older release has given: begin anew, or raise a VendorError."""
        needs(gateway, "changes")
        page, error = attempted(f"`changes` from the cursor {cursor[:10]!r}", lambda: gateway.changes(cursor, limit=50))
        if error is None:
            assert page is not None
            attempted("`changes` from the next cursor", partial(gateway.changes, _cursor(page), limit=50))

    # -- statuses

    def test_statuses_are_translated(self, gateway: Gateway, hands: VendorHands | None) -> None:
        """By table; and its tickets have no other statuses than it says."""
        hands = self._with(hands, "set_status")
        if not self.raw_statuses:
            pytest.skip("give `raw_statuses`: some of the vendor's words, each with the status that it means")
        _, remote_id = self._opened(gateway)
        for raw, meant in self.raw_statuses.items():
            hands.set_status(remote_id, raw)
            answer = self._fetched(gateway, remote_id, meant)
            assert meant is answer.status, f"{raw!r} comes as {answer.status}, and not as {meant}"
            assert answer.raw_status, f"with {raw!r} `raw_status` is empty"
            assert meant in getattr(gateway, "statuses", [meant]), f"{meant} is not among its `statuses`"

    def test_unknown_status_is_not_guessed(self, gateway: Gateway, hands: VendorHands | None) -> None:
        """It is `unknown`, with the vendor's own word beside it."""
        hands = self._with(hands, "set_status")
        if not self.unmapped:
            pytest.skip("give `unmapped`: a word of the vendor's for a status that stands in no table")
        _, remote_id = self._opened(gateway)
        hands.set_status(remote_id, self.unmapped)

        answer = self._fetched(gateway, remote_id, VendorStatus.UNKNOWN)
        assert VendorStatus.UNKNOWN is answer.status, f"a word that is in no table is taken for {answer.status}"
        assert answer.raw_status, "`raw_status` is empty: nobody can tell what the vendor has said"

    def _fetched(self, gateway: Gateway, remote_id: str, status: VendorStatus) -> VendorAnswer:
        answer: VendorAnswer = self._seen(
            lambda: gateway.fetch(remote_id), until=lambda answer: answer.status is status
        )
        return answer

    def test_set_status_is_read_back(self, gateway: Gateway) -> None:
        """What it gives is the ticket as it is then; a status that the vendor does not have is refused."""
        needs(gateway, "set_status")
        _, remote_id = self._opened(gateway)
        for status in (*self.settable, self.settable[0]):
            answer = gateway.set_status(remote_id, status)
            assert status is answer.status, f"after `set_status` to {status} it gives a ticket that is {answer.status}"
            assert status is gateway.fetch(remote_id).status

        error = failed("`set_status` to 'failed'", lambda: gateway.set_status(remote_id, VendorStatus.FAILED))
        assert error.kind in {"rejected", "not_applied"}, f"a status that is not there is {error.kind!r}"
        assert self.settable[0] is gateway.fetch(remote_id).status, "a refused status has changed the ticket"

    def test_ended_ticket_is_found(self, gateway: Gateway) -> None:
        """A vendor may be done with it before we know that it is there: another one must not be opened."""
        needs(gateway, "set_status", "find")
        asked, remote_id = self._opened(gateway)
        gateway.set_status(remote_id, self.settable[0])

        hits = self._seen(lambda: found_of(gateway, asked.reference))
        assert [remote_id] == [hit.remote_id for hit in hits], f"`find` passes over a ticket that is {self.settable[0]}"

    def test_yes_without_a_change_is_not_applied(self, connect: Connect, gateway: Gateway, proxy: Proxy) -> None:
        """A vendor that says yes, and does nothing, is found out."""
        needs(gateway, "set_status")
        held = connect(proxy.url, timeout=PATIENT)
        _, remote_id = self._opened(gateway)
        lying = Lying()
        proxy.arm(lying)
        held.set_status(remote_id, self.settable[0])
        gateway.set_status(remote_id, self.settable[1])
        lying.lies = True
        _, error = attempted("`set_status`", lambda: held.set_status(remote_id, self.settable[0]))
        if not lying.lied:
            pytest.skip("no two of its changes are alike, so that the proxy cannot lie about the second")
        assert error is not None, "it takes a yes for a change, though nothing has changed"
        assert "not_applied" == error.kind, f"a change that was not made is {error.kind!r}, and not 'not_applied'"

    def test_stale_change_is_a_conflict(self, gateway: Gateway, hands: VendorHands | None) -> None:
        """Where somebody has been faster, nothing is changed."""
        needs(gateway, "set_status")
        hands = self._with(hands, "say")
        _, remote_id = self._opened(gateway)
        gateway.set_status(remote_id, self.settable[1])
        before = gateway.fetch(remote_id).version
        if not before:
            pytest.skip("the vendor's tickets have no versions")
        hands.say(remote_id, "We have changed our mind.", private=False)
        self._seen(lambda: gateway.fetch(remote_id).version != before)

        error = failed(
            "`set_status` of an old version",
            lambda: gateway.set_status(remote_id, self.settable[0], expect=before),
        )
        assert "conflict" == error.kind, f"a stale change is {error.kind!r}, and not 'conflict'"
        assert self.settable[1] is gateway.fetch(remote_id).status, "a stale change was made"
        fresh = gateway.fetch(remote_id).version
        assert self.settable[0] is gateway.set_status(remote_id, self.settable[0], expect=fresh).status

    def test_withdrawal_is_read_back(self, gateway: Gateway) -> None:
        """What was taken back is no longer alive."""
        needs(gateway, "withdraw")
        _, remote_id = self._opened(gateway)
        message, key = message_of("It works again.", purpose="withdrawal")
        given = gateway.withdraw(remote_id, message, key=key)
        ended = {VendorStatus.WITHDRAWN, VendorStatus.CLOSED, VendorStatus.RESOLVED, VendorStatus.REJECTED}

        assert given.status in ended | {VendorStatus.GONE}, f"a ticket that was taken back is {given.status}"
        assert given.status is gateway.fetch(remote_id).status

    # -- tickets that are no more

    def test_deleted_ticket_is_gone(self, gateway: Gateway, hands: VendorHands | None) -> None:
        """That is an answer; and nothing can be said there any more."""
        hands = self._with(hands, "delete")
        _, remote_id = self._opened(gateway)
        hands.delete(remote_id)

        answer, error = attempted("`fetch` of a deleted ticket", lambda: gateway.fetch(remote_id))
        assert error is None, f"`fetch` of a deleted ticket fails; give a VendorAnswer of status `gone`: {error}"
        assert answer is not None
        assert VendorStatus.GONE is answer.status, f"a deleted ticket is {answer.status}"
        if can(gateway, "comment"):
            message, key = message_of("Hello?")
            told = failed("`comment` on a deleted ticket", lambda: gateway.comment(remote_id, message, key=key))
            assert "gone" == told.kind, f"a comment on a deleted ticket is {told.kind!r}, and not 'gone'"
            assert not told.retryable, "the ticket will not come back: retryable=False"

    def test_unknown_ticket_is_gone(self, gateway: Gateway) -> None:
        """Odd ids, as another system might hand them over, find nothing, and no other path."""
        for odd in ("../../users/1", "..", "1?x=1", "no such ticket", "9" * 30, "%2e%2e"):
            answer, error = attempted(f"`fetch` of {odd!r}", partial(gateway.fetch, odd))
            status = answer.status if answer is not None else None
            gone = status is VendorStatus.GONE or (error is not None and error.kind in _NOT_THERE)
            assert gone, f"`fetch` of {odd!r} gives a ticket, or an error of another kind: {error}"

    def test_moved_ticket_is_followed(self, gateway: Gateway, hands: VendorHands | None) -> None:
        """By its new id, or it is gone where nobody can follow it."""
        hands = self._with(hands, "move")
        _, remote_id = self._opened(gateway)
        new = hands.move(remote_id)

        answer, error = attempted("`fetch` of a moved ticket", lambda: gateway.fetch(remote_id))
        assert error is None, f"`fetch` of a moved ticket fails: {error}"
        assert answer is not None
        if new:
            assert new == answer.remote_id, "a moved ticket is not known by its new id"
            assert VendorStatus.GONE is not answer.status
        else:
            assert VendorStatus.GONE is answer.status, f"a ticket that cannot be followed is {answer.status}"

    # -- files

    @pytest.mark.parametrize("name", [pytest.param(name, id=id) for id, name in _NAMES.items()])
    def test_file_arrives(self, gateway: Gateway, hands: VendorHands | None, name: str) -> None:
        """Byte by byte, whatever it is called."""
        needs(gateway, "attach")
        _, remote_id = self._opened(gateway)
        content = word().encode() + _BYTES
        file, key = file_of(name, content)
        given, error = attempted("`attach`", lambda: gateway.attach(remote_id, file, key=key))
        assert error is None, f"a file of this name is refused: {error}"
        assert isinstance(given, str), "`attach` gives no text"
        hands = self._with(hands, "files")
        names = [each for each, held in hands.files(remote_id) if held == content]
        assert names, "the file has not arrived as it was sent"
        assert not set("\r\n\0") & set(names[0]), "the name of the file breaks a line"

    def test_files_of_one_name_are_two(self, gateway: Gateway, hands: VendorHands | None) -> None:
        """The second does not take the place of the first."""
        needs(gateway, "attach")
        hands = self._with(hands, "files")
        _, remote_id = self._opened(gateway)
        for number in range(2):
            file, key = file_of("twice.txt", f"number {number}".encode())
            gateway.attach(remote_id, file, key=key)
        held = [content for _, content in hands.files(remote_id)]
        assert {b"number 0", b"number 1"} <= set(held), "of two files with one name only one is there"


def _is_ours(entry: VendorEntry, references: Collection[str]) -> bool:
    return entry.ours or entry.reference in references


def _cursor(page: VendorChanges) -> str:
    assert isinstance(page, VendorChanges), "`changes` gives no VendorChanges"
    assert isinstance(page.cursor, str), "a cursor is no text"
    return str(json.loads(json.dumps({"cursor": page.cursor}))["cursor"])


def _changed(gateway: Gateway, cursor: str, *, limit: int = 50) -> set[str]:
    """Go through all pages."""
    found: set[str] = set()
    for _ in range(_PAGES):
        page = gateway.changes(cursor, limit=limit)
        found |= set(page.remote_ids)
        cursor = _cursor(page)
        if not page.more:
            return found
    pytest.fail("`changes` says `more` for ever: its cursor does not go on")
