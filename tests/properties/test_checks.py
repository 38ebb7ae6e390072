"""Whatever process holds together can be checked: nothing is raised, and what is found stays the same."""

import json
from datetime import UTC, datetime
from string import Formatter

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.strategies import TAPES, Tape, process_from
from tests.properties.test_process_round_trip import processes

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
        assert each.place.startswith(("process", "tiers[", "limits[", "routes", "policies[", "calendars.", "messages["))


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
