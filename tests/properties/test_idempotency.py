"""Idempotency keys: a repeated command is done once (DESIGN section 4)."""

from datetime import timedelta

import attrs
import pytest
from hypothesis import given, settings
from tests.properties.ledger import ledgers
from tests.properties.strategies import ANNA, JANE, MOMENT, worlds

from supporttiers.commands import Open
from supporttiers.errors import CaseError, IdempotencyError
from supporttiers.process import SupportProcess

MONTH = timedelta(days=30)


def keyed(world):
    """Give each command a key of its own."""
    return [attrs.evolve(command, idempotency_key=f"key {place}") for place, command in enumerate(world.script)]


def taken(ledger, commands):
    """Carry out commands; give those that were not refused."""
    for command in commands:
        ledger.go_to(command.at)
        try:
            decision = ledger.desk.execute(command)
        except CaseError:
            continue
        assert not decision.replayed
        yield command


def again(command):
    """Give the same command as a caller repeats it later: with other times, and another version in mind."""
    return attrs.evolve(command, at=None, occurred_at=None, expected_version=1)


@given(worlds(ids=("C-1", "C-2"), length=8))
@settings(max_examples=40)
def test_repeated_key_changes_no_row_at_any_later_moment(world):
    """Each command repeated after each later one, and up to 30 days after itself, is answered and changes nothing."""
    with ledgers(world.process) as [ledger]:
        done = []
        for command in taken(ledger, keyed(world)):
            done.append(command)
            check_replays(ledger, done)
        ledger.go_to(ledger.clock.now() + timedelta(hours=3))  # what is due by now, a replay does not settle
        check_replays(ledger, done)
        ledger.desk.run_due()
        if done:
            ledger.go_to(done[0].at + MONTH)
            check_replays(ledger, done)


def check_replays(ledger, done):
    """Repeat commands, and then use their keys for something else."""
    before = ledger.rows()
    for command in done:
        for repeated in (command, again(command)):
            decision = ledger.desk.execute(repeated)

            assert (decision.replayed, decision.events, decision.effects) == (True, (), ())
            assert ledger.desk.get(command.case_id) == decision.case
        [decision] = ledger.desk.execute_all([command])
        assert decision.replayed
        with pytest.raises(IdempotencyError):
            ledger.desk.execute(attrs.evolve(command, reason="something else"))
        with pytest.raises(IdempotencyError):
            ledger.desk.note("C-1", by=ANNA, text="something else", idempotency_key=command.idempotency_key)
    assert before == ledger.rows()


@pytest.mark.parametrize("cleared", [False, True])
def test_key_is_free_again_after_a_month(cleared):
    """A key older than 30 days serves for another command, whether a worker has cleared it away or not."""
    with ledgers(SupportProcess.default()) as [ledger]:
        case = ledger.desk.open("Stuck", by="jane", idempotency_key="one")
        ledger.go_to(ledger.clock.now() + MONTH)
        with pytest.raises(IdempotencyError):
            ledger.desk.note(case, by=ANNA, text="something else", idempotency_key="one")
        ledger.clock.advance(MOMENT)
        if cleared:
            ledger.desk.run_due()
            assert not ledger.rows()["supporttiers_key"]

        noted = ledger.desk.note(case, by=ANNA, text="something else", idempotency_key="one")
        assert "CaseNoted" == type(ledger.desk.history(noted)[-1]).__name__


@given(worlds(ids=("C-1", "C-2"), length=8))
@settings(max_examples=25)
def test_refused_command_leaves_its_key_free(world):
    """The key of a refused command stands in no row, and serves for the next command."""
    with ledgers(world.process) as [ledger]:
        commands = keyed(world)
        done = {command.idempotency_key for command in taken(ledger, commands)}
        used = {key for _, key, *_ in ledger.rows()["supporttiers_key"]}

        assert done == used
        for command in commands:
            if command.idempotency_key not in done:
                note = ledger.desk.open(by="jane", idempotency_key=command.idempotency_key)
                assert note.version > 0
                break


def test_opening_without_an_id_is_repeated_by_its_key():
    """A caller that leaves the id to the desk gets the case that its first call made, by either way in."""
    with ledgers(SupportProcess.default()) as [ledger]:
        first = ledger.desk.open("Stuck", by="jane", idempotency_key="one")
        assert first == ledger.desk.open("Stuck", by="jane", idempotency_key="one")

        command = Open(by=JANE, subject="Stuck", idempotency_key="two")
        [second] = ledger.desk.execute_all([command])
        [same] = ledger.desk.execute_all([command])
        assert (second.case, True) == (same.case, same.replayed)
        assert second.case == ledger.desk.execute(command).case
        assert first.id != second.case.id


def test_command_that_changes_nothing_uses_its_key_up():
    """A command that found nothing to do is done all the same: repeated later, it does not undo what others did."""
    with ledgers(SupportProcess.default()) as [ledger]:
        case = ledger.desk.open("Stuck", by="jane")
        ledger.desk.assign(case, by=ANNA, assignee="anna")
        ledger.desk.assign(case, by=ANNA, assignee="anna", idempotency_key="again")
        ledger.desk.assign(case, by=ANNA, assignee="bob")

        assert ledger.desk.assign(case, by=ANNA, assignee="anna", idempotency_key="again").assignee == "bob"


def test_key_holds_whether_the_case_is_named_or_handed_in():
    """A caller may name a case by its id the first time and hand it in the second: that is the same command."""
    with ledgers(SupportProcess.default()) as [ledger]:
        case = ledger.desk.open("Stuck", by="jane")
        first = ledger.desk.reply(case.id, by="jane", text="Hello?", idempotency_key="once")

        assert first == ledger.desk.reply(case, by="jane", text="Hello?", idempotency_key="once")


def test_repeated_merge_is_answered_whatever_became_of_the_other_case():
    """A merge that was done is not refused when it is repeated, though it would be by now if it were new."""
    with ledgers(SupportProcess.default()) as [ledger]:
        case, other = ledger.desk.open("Stuck", by="jane"), ledger.desk.open("Stuck too", by="jane")
        merged = ledger.desk.merge(case, into=other.id, by=ANNA, idempotency_key="once")
        ledger.desk.cancel(other, by=ANNA)

        assert merged == ledger.desk.merge(case, into=other.id, by=ANNA, idempotency_key="once")
