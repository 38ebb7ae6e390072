"""Laws of redaction: what is personal goes everywhere at once, and what is left can still be trusted."""

from collections.abc import Iterable
from typing import Final

import attrs

from supporttiers import events as happened
from supporttiers._codec import blank_event, encode_event
from supporttiers.actors import SYSTEM, Actor
from supporttiers.cases import rebuild
from supporttiers.commands import Attach, Close, Escalate, Inform, Watch
from supporttiers.effects import DispatchToVendor, Effect, Notify, Tell, TellLinked, TellObserver
from supporttiers.events import REDACTED
from supporttiers.links import Attachment
from supporttiers.match import Match
from supporttiers.protocols import CaseStore, Commit, Message, Settled
from supporttiers.reasons import Reason
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
from supporttiers.testing.suites._laws import Laws

_SECRET: Final = "Jane's cat"  # noqa: S105 - a text
_WHY: Final = Reason("case.unassigned")
_FILES: Final = (Attachment(id="f-1", name="jane.png"),)


class RedactionLaws(Laws):
    """What a commit with a `CaseRedacted` deletes, and what it leaves alone."""

    def test_redaction_deletes_what_was_private(self, store: CaseStore) -> None:
        """Of every kind of event only the public part is left; the case is made of that, and the history is sound."""
        events = every_event()
        before = committing(None, events)
        store.commit([before])
        redacted = _redacting(before)

        assert [True] == list(store.commit([redacted]))
        assert [*map(blank_event, events), *redacted.events] == list(store.history("acme", "T-1"))
        assert redacted.case == store.load("acme", "T-1").case == rebuild(store.history("acme", "T-1"))
        assert () == tuple(store.verify("acme", "T-1"))

    def test_redaction_deletes_what_is_written_with_it(self, store: CaseStore) -> None:
        """Of one commit, the events, messages and keys before the redaction lose what they say; those after keep it."""
        first = opening(text=_SECRET)
        note = happens(happened.CaseNoted, first.case, text=_SECRET)
        noted = committing(first.case, [note]).case
        redacted = happens(happened.CaseRedacted, noted)
        after = committing(noted, [redacted]).case
        later = happens(happened.CaseNoted, after, text="Hello?")
        told = [_asking("m-1", version=2, text=_SECRET), _asking("m-2", version=4, text="Hello?")]
        store.commit([first])
        store.commit([committing(first.case, [note, redacted, later], messages=tuple(told))])

        history = store.history("acme", "T-1")
        assert ["", "Hello?"] == [event.text for event in history if isinstance(event, happened.CaseNoted)]
        assert ["", "Hello?"] == [_text(one) for one in store.messages("acme")]
        assert () == tuple(store.verify("acme", "T-1"))

    def test_case_goes_on_after_redaction_and_is_redacted_again(self, store: CaseStore) -> None:
        """What is said afterwards stands, until the next redaction; the one before keeps no names then."""
        first = opening(text=_SECRET)
        second = committing(first.case, [happens(happened.CaseRedacted, first.case, assignee="bob", said="asked to")])
        third = going_on(second, happened.CaseReplied, text=_SECRET, side="requester")
        store.commit([first, second, third])
        assert _SECRET in _said(store, "T-1")

        fourth = _redacting(third)
        store.commit([fourth])
        assert _SECRET not in _said(store, "T-1")
        assert "bob" not in _said(store, "T-1", until=fourth.case.version)
        assert fourth.case == rebuild(store.history("acme", "T-1"))
        assert () == tuple(store.verify("acme", "T-1"))

    def test_redaction_finds_nothing_to_delete(self, store: CaseStore) -> None:
        """What the system has redacted says nothing any more; doing it again changes nothing before it."""
        first = opening()
        second = going_on(first, happened.CaseRedacted, by=SYSTEM)
        store.commit([first, second])
        before = list(store.history("acme", "T-1"))

        assert [True] == list(store.commit([going_on(second, happened.CaseRedacted, by=SYSTEM)]))
        assert before == list(store.history("acme", "T-1"))[:2]
        assert () == tuple(store.verify("acme", "T-1"))

    def test_redaction_takes_the_texts_out_of_messages(self, store: CaseStore) -> None:
        """What cannot be carried out without them is over; what tells a role goes on, without saying who it was."""
        asked = Reason("inform.asked", {"by": "jane", "count": 2})
        effects: dict[str, Effect] = {
            "role": Notify(case_id="T-1", version=1, to="manager", reason=asked),
            "name": Notify(case_id="T-1", version=1, to="jane", reason=_WHY),
            "vendor": DispatchToVendor(case_id="T-1", version=1, vendor="v", key="T-1:1", subject="Fire", text=_SECRET),
            "plain": Tell(case_id="T-1", version=1, command=Close(case_id="T-2", by=SYSTEM)),
            "people": Tell(case_id="T-1", version=1, command=Watch(case_id="T-2", by=SYSTEM, watchers=("jane",))),
            "text": Tell(case_id="T-1", version=1, command=Escalate(case_id="T-2", by=Actor("jane"), reason=_SECRET)),
            "asked": Tell(case_id="T-1", version=1, command=Inform(case_id="T-2", by=SYSTEM, to="jane")),
            "files": Tell(case_id="T-1", version=1, command=Attach(case_id="T-2", by=SYSTEM, attachments=_FILES)),
            "linked": TellLinked(
                case_id="T-1", version=1, link="child_of", command=Close(case_id="T-1", by=SYSTEM, reason="See there.")
            ),
            "observer": TellObserver(case_id="T-1", version=1, observer="audit"),
        }  # fmt: skip
        first = opening()
        told = tuple(message(key, target=key, effect=effect) for key, effect in effects.items())
        store.commit([attrs.evolve(first, messages=told)])
        store.commit([_redacting(first)])

        found = {one.key: one for one in store.messages("acme", case_id="T-1")}
        unnamed = Notify(case_id="T-1", version=1, to="manager", reason=_unnamed(asked))
        assert dict.fromkeys(("role", "plain", "linked", "observer"), "pending") == _states(found.values(), "pending")
        assert dict.fromkeys(("name", "vendor", "people", "text", "asked", "files"), "redacted") == {
            one.key: one.result for one in found.values() if one.state == "done"
        }
        assert attrs.evolve(told[0], effect=unnamed) == found["role"]
        assert (told[3], told[9]) == (found["plain"], found["observer"])
        assert "jane" not in repr([(one, _command(one)) for one in found.values()])
        assert "" == _text(found["vendor"])

    def test_redaction_takes_the_texts_out_of_messages_that_are_done(self, store: CaseStore) -> None:
        """What became of them stays on record, and nothing is sent again."""
        first = opening()
        store.commit([attrs.evolve(first, messages=(_asking("m-1", version=1, text=_SECRET),))])
        done = Settled(tenant="acme", key="m-1", state="done", result="R-77", attempts=1, not_before=NOON)
        store.settle(done)
        store.commit([_redacting(first)])

        (found,) = store.messages("acme")
        assert ("done", "R-77", "") == (found.state, found.result, _text(found))

    def test_redaction_takes_recipients_out_of_messages(self, store: CaseStore) -> None:
        """Neither who it was for nor their mark is left, whether it was sent or not; none is sent any more."""
        first = opening()
        tells = Notify(case_id="T-1", version=1, to="watchers", reason=_WHY, recipient="jane")
        box = tuple(message(f"m-{place}", target="mail#5f3a", effect=tells) for place in (1, 2, 3))
        store.commit([attrs.evolve(first, messages=box)])
        for key, state in (("m-1", "done"), ("m-2", "dead")):
            store.settle(
                Settled(tenant="acme", key=key, state=state, result="sent", attempts=1, not_before=NOON)
            )  # fmt: skip
        store.commit([_redacting(first)])

        found = store.messages("acme", case_id="T-1")
        assert ["sent", "redacted", "redacted"] == [one.result for one in found]
        assert {("mail", "done")} == {(one.target, one.state) for one in found}
        assert "jane" not in repr(found)

    def test_redaction_takes_what_was_wrong_out_of_messages(self, store: CaseStore) -> None:
        """What an adapter said of a failure may name somebody; that it failed, and how, is still known."""
        first = opening()
        tells = Notify(case_id="T-1", version=1, to="manager", reason=_WHY)
        store.commit([attrs.evolve(first, messages=(message("m-1", effect=tells),))])
        failed = "NotifyError: jane has no address"
        store.settle(Settled(tenant="acme", key="m-1", state="dead", result=failed, attempts=1, not_before=NOON))
        store.commit([_redacting(first)])

        (found,) = store.messages("acme", case_id="T-1")
        assert ("NotifyError", False) == (found.result.partition(":")[0], "jane" in found.result)

    def test_redaction_deletes_the_hashes_of_keys(self, store: CaseStore) -> None:
        """A hash of a text that is known to few can be guessed; that the key was used stays known."""
        first = opening(used=key_use("k-1"))
        second = attrs.evolve(_redacting(first), used=key_use("k-2", version=2))
        store.commit([first, second])

        assert {"k-1": "", "k-2": "0" * 64} == {one.key: one.body for one in store.key_uses("acme", "T-1")}
        used = store.load("acme", "T-1", key="k-1").used
        assert used is not None
        assert ("T-1", 1, "") == (used.case_id, used.version, used.body)

    def test_redaction_leaves_other_cases_alone(self, store: CaseStore) -> None:
        """Another case, and one of the same id in another house, lose nothing."""
        others = [opening("T-2", text=_SECRET, used=key_use("k-2", case_id="T-2"))]
        others.append(opening("T-1", tenant="other", text=_SECRET, used=key_use("k-1")))
        first = opening()
        told = [
            attrs.evolve(one, messages=(_asking("m", version=1, text=_SECRET, tenant=one.tenant, of=one.case.id),))
            for one in others
        ]
        store.commit([first, *told])
        store.commit([_redacting(first)])

        for one in told:
            who = one.tenant, one.case.id
            assert list(one.events) == list(store.history(*who))
            assert _SECRET == _text(store.messages(one.tenant, case_id=one.case.id)[0])
            assert ["0" * 64] == [used.body for used in store.key_uses(*who)]

    def test_redaction_that_comes_too_late_deletes_nothing(self, store: CaseStore) -> None:
        """Who decided on an old version has to decide again."""
        first = opening(text=_SECRET, used=key_use("k-1"))
        second = going_on(first, happened.CaseStarted, assignee="bob")
        store.commit([first, second])

        assert [False] == list(store.commit([_redacting(first)]))
        assert _SECRET in _said(store, "T-1")
        assert ["0" * 64] == [used.body for used in store.key_uses("acme", "T-1")]

    def test_redacted_case_is_found_by_nothing_personal(self, store: CaseStore) -> None:
        """Neither by its requester nor by anybody else; by what happened it still is."""
        first = opening(customer="c-9", attributes={"site": "Leeds"})
        second = going_on(first, happened.WatchersAdded, watchers=("eve",))
        store.commit([first, second, _redacting(second)])

        asked = (
            Match(requester="u-1"),
            Match(customer="c-9"),
            Match(watchers="eve"),
            Match({"attributes.site": "Leeds"}),
        )
        assert [[]] * 4 == [list(store.find("acme", match)[0]) for match in asked]
        assert ["T-1"] == [case.id for case in store.find("acme", Match(requester=REDACTED, tier=1))[0]]


def _redacting(before: Commit) -> Commit:
    return going_on(before, happened.CaseRedacted, at=minutes(20_000))


def _asking(key: str, *, version: int, text: str, tenant: str = "acme", of: str = "T-1") -> Message:
    effect = DispatchToVendor(case_id=of, version=version, vendor="v", key=f"{of}:{version}", text=text)
    return message(key, tenant=tenant, case_id=of, target="v", effect=effect)


def _text(message: Message) -> str:
    assert isinstance(message.effect, DispatchToVendor)
    return message.effect.text


def _command(message: Message) -> object:
    """Give all fields of a message's command, those that its repr hides included."""
    return attrs.asdict(message.effect.command, recurse=False) if isinstance(message.effect, Tell) else None


def _unnamed(reason: Reason) -> Reason:
    return Reason(reason.code, {**reason.params, "by": REDACTED})


def _states(messages: Iterable[Message], state: str) -> dict[str, str]:
    return {one.key: one.state for one in messages if one.state == state}


def _said(store: CaseStore, case_id: str, *, until: int | None = None) -> str:
    """Give all private parts of a history that a store has."""
    events = store.history("acme", case_id)
    return " ".join(encode_event(event).private for event in events if until is None or event.version < until)
