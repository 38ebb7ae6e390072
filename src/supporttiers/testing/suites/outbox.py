"""Laws of the outbox: every message in its turn, to one worker at a time, and none forgotten."""

from collections.abc import Sequence
from functools import partial

import attrs
import pytest

from supporttiers import events as happened
from supporttiers.actors import Actor
from supporttiers.commands import Escalate
from supporttiers.effects import DispatchToVendor, Notify, Tell
from supporttiers.match import Match, Not
from supporttiers.protocols import STATES, CaseStore, Message
from supporttiers.reasons import Reason
from supporttiers.testing.builders import going_on, message, minutes, opening
from supporttiers.testing.suites._laws import Laws, at_once, leased, settled

_UNLESS = Match(status=["resolved", "closed"], assignee=Not(None))


class OutboxLaws(Laws):
    """Messages, their lanes, leases and states."""

    def test_messages_come_back_in_the_order_in_which_they_were_caused(self, store: CaseStore) -> None:
        """Every kind of effect is read as it was written."""
        notify = Notify(
            case_id="T-1",
            version=1,
            to="lead",
            reason=Reason("case.unassigned"),
            not_before=minutes(-1),
            unless=_UNLESS,
            recipient="jane",
        )
        messages = (
            message("m-3", target="c", effect=notify),
            message(
                "m-1",
                target="b",
                effect=DispatchToVendor(case_id="T-1", version=1, vendor="v", key="T-1:1", text="Würde …"),
            ),
            attrs.evolve(message("m-2", effect=_tell()), kind="tell", target="T-2", attempts=3),
        )
        store.commit([attrs.evolve(opening("T-1"), messages=messages)])
        store.commit([attrs.evolve(opening("T-2"), messages=(message("m-0", case_id="T-2", at=minutes(-9)),))])

        found = leased(store, minutes(1))
        assert messages == tuple(attrs.evolve(one, lease=None) for one in found[:3])
        assert "m-0" == found[3].key
        assert {"t"} == {one.lease for one in found}

    def test_messages_whose_time_came_first_are_given_first(self, store: CaseStore) -> None:
        """What waits for later must not be looked through again and again by whoever asks for a few."""
        _post(
            store, message("m-1", target="a", not_before=minutes(3)), message("m-2", target="b"),
            message("m-3", target="c", not_before=minutes(2)),
        )  # fmt: skip

        assert ["m-2", "m-3"] == _keys(leased(store, minutes(5), limit=2))

    def test_messages_wait_until_their_time(self, store: CaseStore) -> None:
        """A message is given from its instant on."""
        _post(store, message("m-1", not_before=minutes(5)))

        assert [] == leased(store, minutes(4))
        assert ["m-1"] == _keys(leased(store, minutes(5)))

    def test_message_that_is_known_already_stays_as_it_is(self, store: CaseStore) -> None:
        """A key names one message for good."""
        _post(store, message("m-1"))
        store.settle(settled("m-1", "done"))
        again = attrs.evolve(opening("T-2"), messages=(message("m-1", target="pager"), message("m-2")))

        assert [True] == list(store.commit([again]))
        assert [("m-1", "mail", "done"), ("m-2", "mail", "pending")] == [
            (one.key, one.target, one.state) for one in store.messages("acme")
        ]

    # -- lanes

    def test_of_a_lane_only_the_first_is_given(self, store: CaseStore) -> None:
        """Messages of one case to one target go one after the other, while all others go."""
        _post(
            store, message("m-1"), message("m-2"), message("m-3", target="pager"), message("m-4", case_id="T-2"),
            message("m-5"),
        )  # fmt: skip

        for keys, done in (
            (["m-1", "m-3", "m-4"], "m-3"),
            (["m-1", "m-4"], "m-1"),
            (["m-2", "m-4"], "m-2"),
            (["m-4", "m-5"], "m-4"),
        ):
            assert keys == _keys(leased(store, minutes(1)))
            assert store.settle(settled(done, "done"))
        assert ["m-5"] == _keys(leased(store, minutes(1)))

    def test_a_waiting_message_holds_back_those_behind_it(self, store: CaseStore) -> None:
        """What is to be tried again is tried first."""
        _post(store, message("m-1"), message("m-2"), message("m-3", target="pager"), message("m-4", case_id="T-2"))
        store.settle(settled("m-1", "pending", not_before=minutes(5)))

        assert ["m-3", "m-4"] == _keys(leased(store, minutes(1)))
        assert ["m-1", "m-3", "m-4"] == _keys(leased(store, minutes(5)))

    def test_message_that_is_held_holds_back_only_itself(self, store: CaseStore) -> None:
        """What was put off when it was caused keeps no later message waiting."""
        held = attrs.evolve(message("m-1"), not_before=minutes(60))
        _post(store, held, message("m-2"), message("m-3"))

        assert ["m-2"] == _keys(leased(store, minutes(5)))
        assert ["m-1"] == _keys(leased(store, minutes(60)))

    @pytest.mark.parametrize("state", ["done", "dead", "ambiguous"])
    def test_message_that_is_over_holds_back_nothing(self, store: CaseStore, state: str) -> None:
        """Whatever came of it; and it stays so, whatever is said later."""
        _post(store, message("m-1"), message("m-2"))

        assert [True, False, False, False] == [
            store.settle(settled(key, said))
            for key, said in (("m-1", state), ("m-1", "pending"), ("m-1", "done"), ("m-9", "done"))
        ]
        assert ["m-2"] == _keys(leased(store, minutes(99)))
        assert [state] == [one.state for one in store.messages("acme") if one.key == "m-1"]

    def test_message_to_be_tried_again_remembers_its_attempts(self, store: CaseStore) -> None:
        """It comes back later, in its old place, with what was last remembered of it."""
        _post(store, message("m-1"), message("m-2", target="pager"))
        store.settle(settled("m-1", "pending", attempts=4, not_before=minutes(5)))

        again = leased(store, minutes(5))
        assert ["m-1", "m-2"] == _keys(again)
        tried = attrs.evolve(message("m-1"), attempts=4, not_before=minutes(5), result="sent", lease="t")
        assert tried == again[0]

    def test_commit_settles_the_message_that_caused_it(self, store: CaseStore) -> None:
        """What a delivery made known and that it was delivered are written together."""
        first = attrs.evolve(opening(), messages=(message("m-1"),))
        second = attrs.evolve(
            going_on(first, happened.CaseNoted), settled=settled("m-1", "done"), messages=(message("m-2"),)
        )
        store.commit([first, second])

        assert ["m-2"] == _keys(leased(store, minutes(1)))

    # -- leases

    def test_leased_message_is_given_to_nobody_else(self, store: CaseStore) -> None:
        """Nor are those behind it, until its lease is over: at that very instant it is given to the next."""
        _post(store, message("m-1"), message("m-2"))

        assert ["m-1"] == _keys(leased(store, minutes(1), until=minutes(6), by="one"))
        assert [] == leased(store, minutes(5), until=minutes(9), by="two")
        (again,) = leased(store, minutes(6), until=minutes(9), by="two")
        assert ("m-1", "two") == (again.key, again.lease)

    def test_lost_lease_changes_nothing(self, store: CaseStore) -> None:
        """Whoever comes back too late is told that the message is somebody else's, or done."""
        _post(store, message("m-1"))
        leased(store, minutes(1), until=minutes(2), by="one")
        leased(store, minutes(2), until=minutes(9), by="two")

        assert not store.settle(settled("m-1", "dead", lease="one"))
        assert not store.settle(settled("m-1", "pending", lease="one", keep=True))
        assert [("pending", 0, "")] == [(one.state, one.attempts, one.result) for one in store.messages("acme")]
        assert store.settle(settled("m-1", "done", lease="two"))
        assert not store.settle(settled("m-1", "done", lease="two"))

    def test_commit_settles_nothing_by_a_lost_lease(self, store: CaseStore) -> None:
        """The case goes on all the same."""
        first = attrs.evolve(opening(), messages=(message("m-1"),))
        store.commit([first])
        leased(store, minutes(1), until=minutes(2), by="one")
        leased(store, minutes(2), until=minutes(9), by="two")
        late = attrs.evolve(going_on(first, happened.CaseNoted), settled=settled("m-1", "done", lease="one"))

        assert [True] == list(store.commit([late]))
        assert ["pending"] == [one.state for one in store.messages("acme")]

    def test_lease_that_is_over_but_nobody_elses_still_counts(self, store: CaseStore) -> None:
        """A slow worker's word holds as long as nobody has taken over."""
        _post(store, message("m-1"))
        leased(store, minutes(1), until=minutes(2), by="one")

        assert store.settle(settled("m-1", "done", lease="one", not_before=minutes(50)))
        assert ["done"] == [one.state for one in store.messages("acme")]

    def test_settled_message_may_keep_its_lease(self, store: CaseStore) -> None:
        """While it is being sent it is nobody else's; if that is all that is ever said, the next one reads it."""
        _post(store, message("m-1"), message("m-2"))
        leased(store, minutes(1), until=minutes(6), by="one")

        assert store.settle(settled("m-1", "pending", attempts=0, lease="one", keep=True))
        assert [] == leased(store, minutes(5), until=minutes(9), by="two")
        assert store.settle(settled("m-1", "pending", attempts=0, lease="one", keep=True))
        (again,) = leased(store, minutes(6), until=minutes(9), by="two")
        assert ("m-1", "sent", 0) == (again.key, again.result, again.attempts)

    def test_message_is_settled_only_where_nobody_has_leased_it(self, store: CaseStore) -> None:
        """The empty text stands for no lease: whoever wants to carry it out with another must not do it twice."""
        _post(store, message("m-1", target="a"), message("m-2", target="b"))
        leased(store, minutes(1), until=minutes(6), by="one", limit=1)

        assert [False, True] == [store.settle(settled(key, "done", lease="")) for key in ("m-1", "m-2")]
        assert ["pending", "done"] == [one.state for one in store.messages("acme")]

    # -- what comes of a message

    def test_messages_come_of_a_message(self, store: CaseStore) -> None:
        """They are written with what became of it, after all others, in their order; known ones stay as they are."""
        _post(store, message("m-1"), message("m-2", target="pager"))
        leased(store, minutes(1), until=minutes(6), by="one")
        more = tuple(message(f"m-1:{place}", target=f"mail#{place}", at=minutes(-9)) for place in (2, 1))

        assert store.settle(attrs.evolve(settled("m-1", "done", lease="one"), more=(*more, message("m-2"))))
        assert ["m-1", "m-2", "m-1:2", "m-1:1"] == _keys(store.messages("acme"))
        assert ["done", "pending", "pending", "pending"] == [one.state for one in store.messages("acme")]
        assert list(more) == [attrs.evolve(one, lease=None) for one in leased(store, minutes(5))]
        assert "pager" == store.messages("acme")[1].target

    def test_nothing_comes_of_a_message_that_is_somebody_elses(self, store: CaseStore) -> None:
        """Where nothing is written down, nothing is written at all: nobody is told twice."""
        _post(store, message("m-1"))
        leased(store, minutes(1), until=minutes(2), by="one")
        leased(store, minutes(2), until=minutes(9), by="two")
        more = (message("m-1:1", target="mail#1"),)

        assert [False, False, True] == [
            store.settle(attrs.evolve(settled("m-1", "done", lease=lease), more=more)) for lease in ("one", "", "two")
        ]
        assert ["m-1", "m-1:1"] == _keys(store.messages("acme"))
        assert not store.settle(attrs.evolve(settled("m-1", "done"), more=(message("m-9"),)))
        assert ["m-1", "m-1:1"] == _keys(store.messages("acme"))

    def test_message_to_be_tried_again_is_leased_no_more(self, store: CaseStore) -> None:
        """Its lease ends with what is said of it."""
        _post(store, message("m-1"))
        leased(store, minutes(1), until=minutes(60), by="one")
        store.settle(settled("m-1", "pending", not_before=minutes(2), lease="one"))

        assert ["m-1"] == _keys(leased(store, minutes(2), by="two"))

    def test_two_who_lease_at_once_get_different_messages(self, store: CaseStore) -> None:
        """Every message is carried out once, by one of them."""
        for turn in range(5):
            box = tuple(message(f"m-{turn}-{number}", case_id=f"T-{number}") for number in range(8))
            store.commit([attrs.evolve(opening(f"T-{turn}"), messages=box)])
            answers = at_once(
                *(partial(leased, store, minutes(1), until=minutes(9), by=name, limit=4) for name in ("one", "two"))
            )
            answers.append(leased(store, minutes(1), until=minutes(9), by="one"))

            keys = [one.key for each in answers for one in each]
            assert sorted(one.key for one in box) == sorted(keys)
            for each in answers:
                for one in each:
                    assert store.settle(settled(one.key, "done", lease=one.lease))

    # -- what people see and do

    def test_messages_are_listed_by_state_and_case(self, store: CaseStore) -> None:
        """Those that are done included, in the order in which they were caused."""
        box = [message(f"m-{place}", target=f"{place}", case_id=f"T-{place % 2}") for place in (3, 1, 2, 0)]
        _post(store, *box)
        for key, state in (("m-1", "done"), ("m-2", "dead"), ("m-0", "ambiguous")):
            store.settle(settled(key, state))

        assert ["m-3", "m-1", "m-2", "m-0"] == _keys(store.messages("acme"))
        assert [["m-3"], ["m-1"], ["m-2"], ["m-0"]] == [_keys(store.messages("acme", state=state)) for state in STATES]
        assert ["m-3", "m-1"] == _keys(store.messages("acme", case_id="T-1"))
        assert ["m-0"] == _keys(store.messages("acme", case_id="T-0", state="ambiguous"))
        assert [] == _keys(store.messages("other"))

    @pytest.mark.parametrize("size", [1, 2, 9])
    def test_messages_come_in_pages(self, store: CaseStore, size: int) -> None:
        """Each page goes on where the last one ended; nothing twice, nothing left out."""
        store.commit([attrs.evolve(opening(tenant="other"), messages=(message("m-3", tenant="other"),))])
        _post(store, *(message(f"m-{place}", target=str(place)) for place in (3, 1, 2, 0)))
        for state in (None, "pending"):
            seen: list[str] = []
            while page := store.messages("acme", state=state, after=seen[-1] if seen else None, limit=size):
                assert len(page) <= size
                seen += _keys(page)
                assert len(set(seen)) == len(seen), "a page shows again what an earlier one has shown"
            assert ["m-3", "m-1", "m-2", "m-0"] == seen

    @pytest.mark.parametrize("state", ["dead", "ambiguous"])
    def test_message_that_went_wrong_may_be_tried_anew(self, store: CaseStore, state: str) -> None:
        """From an instant on, in its old place, as if it had never been tried; what was remembered of it stays."""
        _post(store, message("m-1"), message("m-2"))
        leased(store, minutes(1), until=minutes(60), by="one")
        store.settle(settled("m-1", state, attempts=10, lease="one"))

        assert [False, True, False] == [store.retry(tenant, "m-1", minutes(5)) for tenant in ("other", "acme", "acme")]
        assert not store.retry("acme", "m-9", minutes(5))
        assert ["m-2"] == _keys(leased(store, minutes(4)))
        (again,) = leased(store, minutes(5))
        assert ("m-1", "pending", 0, "sent") == (again.key, again.state, again.attempts, again.result)
        assert store.settle(settled("m-1", "done", lease="t"))

    @pytest.mark.parametrize("state", ["dead", "ambiguous"])
    def test_message_that_went_wrong_may_be_let_go(self, store: CaseStore, state: str) -> None:
        """It counts as done."""
        _post(store, message("m-1"))
        store.settle(settled("m-1", state))

        assert [False, True, False] == [store.discard(tenant, "m-1") for tenant in ("other", "acme", "acme")]
        assert not store.discard("acme", "m-9")
        assert [("done", "discarded")] == [(one.state, one.result) for one in store.messages("acme")]
        assert not store.retry("acme", "m-1", minutes(1))

    def test_message_that_goes_its_way_is_not_for_people_to_change(self, store: CaseStore) -> None:
        """What is pending or done can be neither tried anew nor let go."""
        _post(store, message("m-1"), message("m-2"))
        store.settle(settled("m-2", "done"))

        for key in ("m-1", "m-2"):
            assert (False, False) == (store.retry("acme", key, minutes(1)), store.discard("acme", key))
        assert ["pending", "done"] == [one.state for one in store.messages("acme")]

    def test_messages_may_be_asked_for_one_tenant_or_all(self, store: CaseStore) -> None:
        """One key may stand for a message of each tenant, and settles only its own."""
        _post(store, message("m-1"))
        store.commit([attrs.evolve(opening(tenant="other"), messages=(message("m-1", tenant="other"),))])

        assert ["acme", "other"] == [found.tenant for found in leased(store, minutes(1))]
        assert ["other"] == [found.tenant for found in leased(store, minutes(1), tenant="other")]
        assert [] == leased(store, minutes(1), tenant="third")
        store.settle(settled("m-1", "done"))
        assert ["other"] == [found.tenant for found in leased(store, minutes(1))]
        assert ["pending"] == [found.state for found in store.messages("other")]


def _keys(messages: Sequence[Message]) -> list[str]:
    return [one.key for one in messages]


def _post(store: CaseStore, *messages: Message) -> None:
    assert all(store.commit([attrs.evolve(opening(), messages=messages)]))


def _tell() -> Tell:
    return Tell(case_id="T-1", version=1, command=Escalate(case_id="T-2", by=Actor.agent("bob"), reason="wie gehabt"))
