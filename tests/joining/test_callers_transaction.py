"""What a desk does on a connection of the caller's is part of the caller's transaction, by whatever library."""

import pytest

from supporttiers import Actor, CaseNotFoundError, Match, MoveRefusedError, StaleCaseError
from supporttiers.actors import Agent
from supporttiers.commands import Escalate, Note
from supporttiers.errors import IdempotencyError, UnsupportedConnectionError

BOB = Actor.agent("bob")
OPENED = 2  # the version of a case that has been opened, and whose clock has been started


def opened(desk, **more):
    """Open the case of these tests."""
    return desk.open("Printer", id="T-1", by="jane", **more)


def test_call_first_is_committed_with_the_callers_row(caller, desk, other, names, ordered):
    """Our call may be the first in the transaction: both become true at the commit."""
    caller.begin()
    case = opened(desk.on(caller.connection))
    caller.order(names.order)
    caller.commit()

    assert (case, True) == (other.get("T-1"), ordered())
    assert () == other.verify("T-1")


def test_call_second_is_committed_with_the_callers_row(caller, desk, other, names, ordered):
    """Our call may come after the host's own."""
    caller.begin()
    caller.order(names.order)
    case = opened(desk.on(caller.connection))
    caller.commit()

    assert (case, True) == (other.get("T-1"), ordered())


def test_rollback_takes_both_back(caller, desk, other, names, ordered):
    """The caller's rollback leaves neither the case nor the row."""
    caller.begin()
    caller.order(names.order)
    opened(desk.on(caller.connection))
    caller.rollback()

    with pytest.raises(CaseNotFoundError):
        other.get("T-1")
    assert not ordered()


def test_nothing_is_seen_before_the_commit(caller, desk, other):
    """Until the caller commits, nobody else sees the case; the caller's own transaction does."""
    caller.begin()
    view = desk.on(caller.connection)
    case = opened(view)

    with pytest.raises(CaseNotFoundError):
        other.get("T-1")
    assert case == view.get("T-1")

    caller.commit()
    assert case == other.get("T-1")


def test_stale_version_leaves_the_transaction_usable(caller, desk, other, names, ordered):
    """Who was too late hears it, and the transaction goes on."""
    opened(other)
    other.note("T-1", by="bob", text="looked at it")

    caller.begin()
    with pytest.raises(StaleCaseError):
        desk.on(caller.connection).escalate("T-1", by="bob", reason="hard", expected_version=1)
    caller.order(names.order)
    caller.commit()

    assert (1, True) == (other.get("T-1").tier, ordered())


def test_refused_opening_leaves_the_transaction_usable(caller, desk, other, names, ordered):
    """An id that is taken is refused in words, not by the database; a key that came with it stays free."""
    opened(other)
    caller.begin()
    view = desk.on(caller.connection)

    with pytest.raises(MoveRefusedError):
        opened(view, idempotency_key="k-1")
    view.note("T-1", by="bob", text="came again", idempotency_key="k-1")
    caller.order(names.order)
    caller.commit()

    assert ("CaseNoted", True) == (type(other.history("T-1")[-1]).__name__, ordered())


def test_key_used_twice_in_one_transaction_is_answered_from_the_first(caller, desk, other):
    """A repeated key writes nothing, also where its first use is not committed yet."""
    caller.begin()
    view = desk.on(caller.connection)
    opened(view)
    note = Note(case_id="T-1", by=BOB, text="again and again", idempotency_key="k-1")

    assert [False, True] == [view.execute(note).replayed, view.execute(note).replayed]
    caller.commit()
    assert OPENED + 1 == other.get("T-1").version


def test_key_used_by_another_is_answered_from_there(caller, desk, other):
    """A key that another transaction has used up is answered from it, and not taken for another body."""
    opened(other, idempotency_key="k-1")
    caller.begin()
    view = desk.on(caller.connection)

    assert "T-1" == opened(view, idempotency_key="k-1").id
    with pytest.raises(IdempotencyError):
        view.note("T-1", by="bob", text="another", idempotency_key="k-1")
    caller.commit()
    assert OPENED == other.get("T-1").version


def test_what_a_refused_command_has_settled_belongs_to_the_caller(caller, desk, other, clock):
    """Deadlines that a refused command comes upon are written in the caller's transaction, and go with it."""
    opened(other)
    clock.advance("20m")
    caller.begin()
    view = desk.on(caller.connection)

    with pytest.raises(MoveRefusedError):
        view.escalate("T-1", by="bob", reason="from tier 2 nothing goes up")
    assert 2 == view.get("T-1").tier
    caller.rollback()
    assert 1 == other.get("T-1").tier

    caller.begin()
    with pytest.raises(MoveRefusedError):
        desk.on(caller.connection).escalate("T-1", by="bob", reason="from tier 2 nothing goes up")
    caller.commit()
    assert 2 == other.get("T-1").tier


def test_several_commands_on_one_case_in_one_transaction(caller, desk, other):
    """Each command goes on from the one before it, and the history is sound."""
    caller.begin()
    view = desk.on(caller.connection)
    opened(view)
    view.start("T-1", by="bob")
    view.escalate("T-1", by="bob", reason="hard")
    decided = view.execute_all([Note(case_id="T-1", by=BOB, text="one"), Note(case_id="T-1", by=BOB, text="two")])
    caller.commit()

    case = other.get("T-1")
    assert (2, decided[1].case) == (case.tier, case)
    assert () == other.verify("T-1")


def test_views_in_one_transaction_go_on_from_each_other(caller, desk, other):
    """Another view on the same connection sees what the first has written."""
    caller.begin()
    opened(desk.on(caller.connection))
    desk.on(caller.connection).bind(by=BOB).start("T-1")
    caller.commit()

    assert ("bob", ()) == (other.get("T-1").assignee, other.verify("T-1"))


def test_reads_see_what_the_transaction_has_written(caller, desk, clock):
    """Every question that a view is asked is answered from inside the transaction."""
    caller.begin()
    view = desk.on(caller.connection)
    opened(view)
    case = view.start("T-1", by="bob")

    assert [case] == list(view.find(Match(assignee="bob")))
    assert {"in_progress": 1} == view.counts(by="status")
    assert ["CaseOpened", "CaseStarted"] == [
        name for name in (type(event).__name__ for event in view.history("T-1")) if "Stopwatch" not in name
    ]
    assert [reading.remaining.total_seconds() for reading in view.clocks("T-1")] == [900.0]
    assert "escalate" in {option.trigger for option in view.options("T-1", by="bob") if not option.refused}
    assert view.explain("T-1").next
    assert () == view.verify("T-1")
    assert 2 == view.preview(Escalate(case_id="T-1", by=BOB, reason="hard")).case.tier
    assert case == view.get("T-1")


def test_people_in_the_store_are_those_of_the_transaction(caller, make_desk, other):
    """With people beside the cases, whom the transaction has put there is known in it, and gone with its rollback."""
    desk = make_desk(directory="store")
    caller.begin()
    view = desk.on(caller.connection)
    view.people.put(Agent(id="anna", teams=["front"]))
    opened(view)

    assert "anna" == view.assign("T-1", by="anna", assignee="anna").assignee
    caller.rollback()
    assert () == tuple(desk.people.all())


def test_rollback_then_commit_keeps_the_process_in_the_end(caller, desk, other, url, process):
    """A revision that was rolled back with the first case is kept with the next one: a view knows that it may be."""
    caller.begin()
    opened(desk.on(caller.connection))
    caller.rollback()
    caller.begin()
    view = desk.on(caller.connection)
    opened(view)
    view.note("T-1", by="bob", text="a view asks again each time")
    caller.commit()

    assert other.get("T-1").revision == process.revision
    assert process.to_json() == _kept(other, process)


def _kept(desk, process):
    return desk._ports.store.get_process(process.name, process.revision)


def test_process_kept_by_another_is_not_written_again(caller, desk, other, process):
    """Where the revision was kept before, nothing has to be, and a rollback can take nothing."""
    opened(other)
    caller.begin()
    view = desk.on(caller.connection)
    view.note("T-1", by="bob", text="hello")
    caller.rollback()

    assert process.to_json() == _kept(other, process)


def test_desk_that_has_kept_its_process_joins_at_once(caller, desk, other):
    """A desk may write by itself before it writes on a connection."""
    opened(desk)
    caller.begin()
    desk.on(caller.connection).note("T-1", by="bob", text="hello")
    caller.commit()

    assert OPENED + 1 == other.get("T-1").version


def test_savepoint_rolled_back_takes_only_what_came_after(caller, desk, other, names, ordered):
    """The host may put savepoints around our calls."""
    caller.begin()
    view = desk.on(caller.connection)
    opened(view)
    caller.run("SAVEPOINT mine")
    view.escalate("T-1", by="bob", reason="hard")
    caller.run("ROLLBACK TO SAVEPOINT mine")
    case = view.note("T-1", by="bob", text="not so hard")
    caller.order(names.order)
    caller.commit()

    assert (case, True, ()) == (other.get("T-1"), ordered(), other.verify("T-1"))
    assert 1 == case.tier


def test_pass_is_refused_on_a_view(caller, desk):
    """A pass sends messages: it cannot be part of what may be rolled back."""
    caller.begin()
    with pytest.raises(UnsupportedConnectionError, match=r"^on\(\) cannot work on a pass: it .* of the desk itself$"):
        desk.on(caller.connection).run_due()


def test_view_cannot_be_put_on_a_second_connection(caller, desk):
    """A view is of one transaction; another one is made by the desk."""
    caller.begin()
    with pytest.raises(UnsupportedConnectionError, match=r"works on one already; call on\(\) of the desk itself$"):
        desk.on(caller.connection).on(caller.connection)


def test_two_desks_with_clocks_apart_take_turns(caller, desk, other):
    """A machine whose clock is 50 ms behind may go on with what the transaction has written, and the reverse."""
    caller.begin()
    view = desk.on(caller.connection)
    opened(view)
    caller.commit()
    other.note("T-1", by="bob", text="from behind")
    caller.begin()
    desk.on(caller.connection).note("T-1", by="bob", text="from ahead")
    caller.commit()

    events = other.history("T-1")
    assert sorted(event.at for event in events) == [event.at for event in events]
    assert () == other.verify("T-1")


def test_closing_a_view_leaves_the_connection_open(caller, desk, names, ordered):
    """A view has nothing to close: the connection is the caller's."""
    caller.begin()
    desk.on(caller.connection).shut_down()
    caller.order(names.order)
    caller.commit()

    assert ordered()
