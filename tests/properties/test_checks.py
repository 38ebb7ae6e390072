"""Whatever process holds together can be checked: nothing is raised, and what is found stays the same."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from string import Formatter

import attrs
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.properties.strategies import START, TAPES, Tape, process_from, worlds
from tests.properties.test_process_round_trip import processes

from supporttiers.cases import fold
from supporttiers.clock import FakeClock
from supporttiers.desk import SupportDesk
from supporttiers.errors import CaseError, CaseNotFoundError
from supporttiers.events import CaseResolved, ThresholdFired
from supporttiers.findings import Ignore
from supporttiers.process import SupportProcess
from supporttiers.reasons import CODES

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PROCESSES = st.one_of(processes(), TAPES.map(lambda data: process_from(Tape(data))))


@settings(max_examples=150)
@given(process=PROCESSES)
def test_check_of_any_process_answers_and_stays_the_same(process):
    """It answers; the same again, and for the process that was written and read; each finding says all of itself."""
    found = process.check(now=NOW)

    assert found == process.check(now=NOW)
    assert found == SupportProcess.from_data(json.loads(json.dumps(process.to_data()))).check(now=NOW)
    assert len(set(map(str, found))) == len(found)
    for each in found:
        assert each.fix
        assert {
            name.partition("!")[0] for _, name, _, _ in Formatter().parse(CODES[each.code]) if name
        } <= each.reason.params.keys()
        assert each.place.startswith(PLACES)


PLACES = ("process", "tiers[", "limits[", "contracts[", "routes", "policies[", "calendars.", "messages[")


@given(process=PROCESSES)
def test_whatever_is_found_can_be_ignored(process):
    """With each finding ignored at its place nothing is left, and the revision is the same."""
    found = process.check()
    ignoring = attrs.evolve(
        process, ignore=[Ignore(code=each.code, place=each.place, reason="it is known") for each in found]
    )

    assert () == ignoring.check()
    assert found == ignoring.check(with_ignored=True)
    assert process.revision == ignoring.revision


def played(world):
    """Run a world on a desk in memory, and give the history of its case, empty where none was opened."""
    clock = FakeClock(START)
    desk = SupportDesk(world.process, clock=clock)
    for command in world.script:
        clock.advance(to=max(command.at, clock.now()))
        with suppress(CaseError):
            desk.execute(command)
    clock.advance(to=world.end)
    desk.run_due()
    with suppress(CaseNotFoundError):
        return desk.history("C-1")
    return ()


@settings(max_examples=100)
@given(world=worlds(outside=False))
def test_what_is_said_never_to_happen_does_not(world):
    """
    Whatever people do and whenever: no case comes where no way leads, and nothing fires that is said not to.

    A clock that starts late, or whose target shrinks, passes over thresholds; what these would do is left undone.
    """
    found = world.process.check()
    unreachable = {each.reason.params["tier"] for each in found if each.code == "check.tier_unreachable"}
    shut = {each.reason.params["tier"] for each in found if each.code == "check.tier_no_exit"}
    silent = {each.reason.params["limit"] for each in found if each.code == "check.limit_never"}
    thresholds = {
        (each.reason.params["limit"], each.reason.params["threshold"])
        for each in found
        if each.code in {"check.threshold_never", "check.threshold_after_end"}
    }
    history = played(world)
    assume(not any(getattr(event, "passed", ()) for event in history))

    case = None
    for event in history:
        tier = None if case is None else case.tier
        assert not (isinstance(event, CaseResolved) and tier in shut)
        if isinstance(event, ThresholdFired) and not event.overtaken:
            assert event.limit not in silent
            assert (event.limit, event.mark) not in thresholds
        case = fold(case, event)
        assert case.tier not in unreachable
