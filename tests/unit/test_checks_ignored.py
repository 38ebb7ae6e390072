"""What a process says is meant is left out of what a check finds, with a reason."""

from datetime import UTC, datetime

import attrs
import pytest
from tests.unit.checking import SLA, TELL, built, codes

from supporttiers import SupportProcess
from supporttiers.backends.directory import House
from supporttiers.config.json_schema import json_schema
from supporttiers.errors import ProcessError
from supporttiers.findings import Ignore
from supporttiers.tiers import Tier

STUCK = {"code": "check.stuck", "reason": "one room"}


def test_ignored_findings_are_left_out_by_code_and_place():
    """A place stands for what is inside it, too, and for nothing that only begins like it."""
    limits = [{**SLA, "thresholds": [*TELL, {"at": "-9h"}]}]
    late = {"code": "check.threshold_never", "reason": "it is meant"}

    assert [] == codes(built(limits=limits, ignore=[late]))
    assert [] == codes(built(limits=limits, ignore=[{**late, "place": "limits[0]"}]))
    assert [] == codes(built(limits=limits, ignore=[{**late, "place": "limits[0].thresholds[1].at"}]))
    elsewhere = built(limits=limits, ignore=[{**late, "place": "limits[0].thresh"}])
    assert [("threshold_never", "limits[0].thresholds[1].at"), ("ignore_idle", "check.ignore[0]")] == codes(elsewhere)


def test_what_is_ignored_and_not_there_is_found():
    """It would hide what comes later; of what was not looked for nothing is said, and this itself can be ignored."""
    known = [{"code": f"check.{code}", "reason": "x"} for code in ("team_empty", "holidays_end", "stuck")]
    process = built(ignore=known)
    now = datetime(2026, 6, 1, tzinfo=UTC)

    assert [("ignore_idle", "check.ignore[2]")] == codes(process)
    assert 3 == len(process.check(now=now, directory=House([])))
    assert [] == codes(built(ignore=[STUCK, {"code": "check.ignore_idle", "reason": "for a while"}]))


def test_ignoring_is_written_read_and_no_part_of_the_revision():
    """The file has it, the store has not; Python and TOML say the same."""
    plain, ignoring = built(), built(ignore=[{**STUCK, "place": "tiers[0]"}])

    assert {"ignore": [{**STUCK, "place": "tiers[0]"}]} == ignoring.to_data()["check"]
    assert ignoring == SupportProcess.from_data(ignoring.to_data())
    assert ignoring == attrs.evolve(plain, ignore=[Ignore(code="check.stuck", place="tiers[0]", reason="one room")])
    assert plain.revision == ignoring.revision
    assert "check" not in ignoring.to_json() + str(plain.to_data().keys())
    assert {"code", "reason"} == set(json_schema()["$defs"]["ignore"]["required"])


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        (5, "check: must be a table, not int"),
        ({"ignor": []}, "check.ignor: is not known here; did you mean 'ignore'? possible are: ignore"),
        ({"ignore": 5}, "check.ignore: must be a list of tables, not int"),
        ({"ignore": [{"code": "check.stuck"}]}, "check.ignore[0].reason: is missing"),
        ({"ignore": [{**STUCK, "code": "check.stock"}]}, "check.ignore[0].code: must be one of: "),
    ],
)
def test_ignoring_that_cannot_be_read_is_a_fault(check, fault):
    """Each at its place."""
    data = {"process": {"name": "x"}, "tiers": [{"level": 1, "name": "One"}], "check": check}
    with pytest.raises(ProcessError) as caught:
        SupportProcess.from_data(data)

    [found] = caught.value.faults
    assert str(found).startswith(fault)


def test_stranger_among_what_is_ignored_is_a_fault():
    """In Python it is an Ignore."""
    with pytest.raises(ProcessError, match=r"check.ignore\[0\]: must be a Ignore, not str"):
        SupportProcess(name="x", tiers=[Tier(level=1, name="One")], ignore=["check.stuck"])
