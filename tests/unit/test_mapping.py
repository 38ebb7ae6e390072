"""Mapping files, and reading a log by them: every fault has its place, its row and its column."""

import gzip
import re
from datetime import UTC, datetime

import pytest

from supporttiers.analysis import (
    Columns,
    LogError,
    LogFormat,
    LogMapping,
    MappingError,
    StatusRule,
    TeamRule,
    TeamRules,
)
from supporttiers.analysis.logs import read_log
from supporttiers.errors import PolicyConfigError
from supporttiers.tiers import Status

TOML = """
[columns]
case = "ticket"
time = "at"
status = ["state", "detail"]
team = "team"
resource = "who"
requester = "customer"
subject = "title"
priority = "prio"

[statuses]
rules = [
    { log = ["new", ""], status = "queued" },
    { log = ["open", "work"], status = "in_progress" },
    { log = ["open", "paused"], status = "waiting", wait_reason = "parts" },
    { log = ["done", ""], status = "resolved", name = "finished", tier = 3 },
]

[tiers]
default = 1
rules = [
    { team = "experts", tier = 3 },
    { team = ["lab", "field"], tier = 4 },
    { suffix = " L2", tier = 2 },
    { pattern = "^L\\\\d-", tier = 5 },
]
"""
HEADER = "ticket,at,state,detail,team,who,customer,title,prio,unused"
LINE = "T-1,2026-03-23T09:00Z,new,,front,bob,jane,Stuck,high,x"


def a_log(tmp_path, *lines, header=HEADER):
    """Write a log."""
    path = tmp_path / "log.csv"
    path.write_text("\n".join((header, *lines)) + "\n", "utf-8")
    return path


def read(tmp_path, *lines, toml=TOML, header=HEADER, priorities=("low", "high")):
    """Write a log, and read it again."""
    return read_log(a_log(tmp_path, *lines, header=header), LogMapping.from_text(toml), priorities)


def fault_of(tmp_path, *lines, **options):
    """Give the error of a log, without its file."""
    with pytest.raises(LogError) as caught:
        read(tmp_path, *lines, **options)
    assert str(caught.value).startswith(f"log {str(tmp_path / 'log.csv')!r}")
    assert caught.value.problem == caught.value.reason.params["problem"]
    return caught.value


# -- mapping files


def test_mapping_file_says_what_each_part_is(tmp_path):
    """A file and a text give the same mapping."""
    path = tmp_path / "map.toml"
    path.write_text(TOML, "utf-8")
    mapping = LogMapping.from_toml(path)

    assert mapping == LogMapping.from_text(TOML)
    assert mapping.columns.used == ("ticket", "at", "team", "who", "customer", "title", "prio", "state", "detail")
    assert mapping.columns.details == {"subject": "title", "priority": "prio"}
    assert [rule.label for rule in mapping.statuses.rules] == ["", "work", "paused", "finished"]
    assert mapping.log == LogFormat()


@pytest.mark.parametrize(
    ("team", "tier"),
    [("experts", 3), ("field", 4), ("north L2", 2), ("L7-x", 5), ("front", 1), ("my experts", 1)],
)
def test_team_rules_give_the_first_tier_that_fits(team, tier):
    """A team is known by its whole name, by how it ends, or by a pattern; else it has the default."""
    assert LogMapping.from_text(TOML).tiers.tier_of(team) == tier


def test_team_rules_without_default_leave_other_teams_out():
    """No rule and no default is no answer."""
    assert TeamRules(rules=[TeamRule(suffix="2", tier=2)]).tier_of("front") is None


def test_mapping_makes_a_process_that_takes_the_log():
    """The process has the tiers and reasons that the mapping names, and lets every move happen."""
    process = LogMapping.from_text(TOML).process()

    assert [tier.level for tier in process.tiers] == [1, 2, 3, 4, 5]
    assert process.wait_reasons == ("parts",)
    assert (process.entry, process.moves) == ("any", "any")


def test_mapping_that_names_no_tier_makes_a_process_of_one():
    """A log without tiers is a log of tier 1; built-in wait reasons need no mention."""
    mapping = LogMapping.from_text("""
        columns = { case = "a", time = "b", status = "c" }
        statuses.rules = [{ log = "x", status = "waiting", wait_reason = "customer" }]
    """)

    assert [tier.level for tier in mapping.process().tiers] == [1]
    assert mapping.process().wait_reasons == ()


def test_mapping_lists_every_fault_at_its_place():
    """All faults of a file are told at once."""
    with pytest.raises(MappingError) as caught:
        LogMapping.from_text("""
            columns = { case = "", time = "at", status = [], colour = "red" }
            log = { delimiter = ";;", time_format = 3, zone = "Mars/Olympus" }
            statuses = { rules = [
                { log = "x", status = "lost" },
                { log = "y", status = "waiting" },
                "z",
                { status = "queued" },
            ] }
            tiers = { default = -1, rules = [
                { tier = 2 },
                { tier = 2, suffix = "a", pattern = "b" },
                { tier = 2, pattern = "(" },
                { tier = 2, pattern = 7 },
            ] }
        """)

    assert {str(fault).partition(":")[0] for fault in caught.value.faults} == {
        "columns.colour", "columns.case", "columns.status", "log.delimiter", "log.time_format", "log.zone",
        "statuses.rules[0].status", "statuses.rules[1].wait_reason", "statuses.rules[2]", "statuses.rules[3].log",
        "tiers.default", "tiers.rules[0]", "tiers.rules[1]", "tiers.rules[2].pattern", "tiers.rules[3].pattern",
    }  # fmt: skip
    assert str(caught.value).startswith("mapping 'text' is not valid, 15 faults:\n  - ")
    assert caught.value.reason.params["count"] == len(caught.value.faults)


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ("columns = 3", "columns: must be a table, not int"),
        ("x = 1 x", "line 1, column 7: is not valid TOML"),
        (
            TOML.replace('{ log = ["new", ""]', '{ log = ["new"]'),
            "statuses.rules[0].log: has 1 text(s) for 2 status column(s)",
        ),
        (
            TOML.replace('["open", "paused"]', '["open", "work"]'),
            "statuses.rules[2].log: is said by an earlier rule already",
        ),
        (TOML.replace('team = "team"', ""), "tiers: speaks of teams, and no column has them"),
        (
            TOML.replace("[statuses]\nrules = [", "[statuses]\nrules = 3\nother = ["),
            "statuses.rules: must be a collection of rules, not int",
        ),
        (TOML.replace("[tiers]", "[log]\nzone = 3\n[tiers]"), "log.zone: must be the name of a time zone, not int"),
    ],
)
def test_mapping_says_what_is_wrong(toml, problem):
    """A fault names its place, and what is possible."""
    with pytest.raises(MappingError) as caught:
        LogMapping.from_text(toml, source="map.toml")

    assert problem in str(caught.value)
    assert str(caught.value).startswith("mapping 'map.toml' is not valid")


def test_mapping_of_contradicting_parts_is_refused():
    """Built in Python, a mapping is judged as a whole too."""
    mapping = LogMapping.from_text(TOML)

    with pytest.raises(MappingError, match="mapping 'mapping' is not valid: tiers: speaks of teams"):
        LogMapping(
            columns=Columns(case="a", time="b", status=["c", "d"]), statuses=mapping.statuses, tiers=mapping.tiers
        )


def test_mapping_file_that_is_not_there_is_named(tmp_path):
    """A file that cannot be read is a fault of the mapping; the cause is the system's."""
    with pytest.raises(MappingError, match=re.escape("none.toml' is not valid: the file cannot be read")) as caught:
        LogMapping.from_toml(tmp_path / "none.toml")

    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.parametrize(
    ("status", "reason"),
    [("waiting", None), ("queued", "customer")],
)
def test_status_rule_holds_status_and_reason_together(status, reason):
    """Waiting has a reason, and nothing else has."""
    with pytest.raises(PolicyConfigError, match="belongs to the status waiting"):
        StatusRule(log="x", status=status, wait_reason=reason)


# -- what rows say


def test_log_rows_say_where_a_case_is(tmp_path):
    """A row has case, instant, status, place, actor and details, in our words; surrounding blanks do not count."""
    row, other = read(
        tmp_path,
        " T-1 , 2026-03-23T10:00+01:00 ,new,,front L2,bob,jane,Stuck,high,",
        "T-2,2026-03-23T09:30Z,done,,lab,,,,,",
    )

    assert (row.number, row.case_id, row.at) == (2, "T-1", datetime(2026, 3, 23, 9, tzinfo=UTC))
    assert (row.state.status, row.tier, row.team, row.by.id) == (Status.QUEUED, 2, "front L2", "bob")
    assert (row.details.requester, row.details.fields) == ("jane", {"subject": "Stuck", "priority": "high"})
    assert (other.state.status, other.tier, other.team, str(other.by.kind)) == (Status.RESOLVED, 3, "lab", "system")
    assert (other.details.requester, other.details.fields) == ("requester", {})


def test_log_rows_come_in_order_of_time(tmp_path):
    """Rows of several cases may be interleaved or stand one after the other; ties keep the order of the file."""
    later = LINE.replace("09:00", "11:00")
    rows = read(tmp_path, LINE, later, "", LINE.replace("T-1", "T-2"), later.replace("T-1", "T-2"))

    assert [(row.case_id, row.at.hour, row.number) for row in rows] == [
        ("T-1", 9, 2), ("T-2", 9, 5), ("T-1", 11, 3), ("T-2", 11, 6),
    ]  # fmt: skip
    assert rows[0].details is rows[3].details


def test_log_may_be_compressed_and_have_a_byte_order_mark(tmp_path):
    """Gzip is known by its first bytes, whatever the file is called."""
    path = tmp_path / "log.data"
    path.write_bytes(gzip.compress(f"{HEADER}\r\n{LINE}\r\n".encode("utf-8-sig")))

    [row] = read_log(path, LogMapping.from_text(TOML))

    assert row.case_id == "T-1"


def test_log_without_offsets_is_read_in_the_zone_of_the_mapping(tmp_path):
    """A format of one's own, a delimiter of one's own, and summer time in the zone that is named."""
    toml = TOML + '[log]\ndelimiter = ";"\ntime_format = "%d.%m.%Y %H:%M"\nzone = "Europe/Rome"\n'
    line = LINE.replace("2026-03-23T09:00Z", "01.07.2026 09:00").replace(",", ";")

    [row] = read(tmp_path, line, toml=toml, header=HEADER.replace(",", ";"))

    assert row.at == datetime(2026, 7, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "row", "column", "problem"),
    [
        (LINE.replace("T-1", " "), 2, "ticket", "must not be empty"),
        (LINE.replace("2026-03-23T09:00Z", "yesterday"), 2, "at", "'yesterday' cannot be taken as a time"),
        (LINE.replace("09:00Z", "09:00"), 2, "at", "has no offset from UTC, and the mapping names no zone"),
        (LINE.replace("2026", "1826"), 2, "at", "lies in the year 1826; possible are 1900 to 2199"),
        (LINE.replace("2026-03-23T09:00Z", "0001-01-01T00:00+05:00"), 2, "at", "cannot be taken as a time"),
        (LINE.replace("new,", "lost,"), 2, "state + detail", "no status 'lost', ''; it has: 'new', ''; 'open', 'work'"),
        (LINE.replace("front", "fro\x01nt"), 2, "team", "contains a control character"),
        (LINE.replace("bob", "b" * 201), 2, "who", "has 201 characters; at most 200"),
        (LINE.replace("jane", "ja\x7fne"), 2, "customer", "contains a control character"),
        (LINE.replace("Stuck", "S" * 501), 2, "title", "has 501 characters; at most 500"),
        (LINE.replace("high", "dire"), 2, "prio", "is none of the process's priorities: low, high"),
        (LINE + ",y", 2, None, "has 11 field(s); the first row has 10"),
        (LINE + '\nT-2,"x"y', 3, None, "is not valid CSV"),
        (LINE + "\n" + "x" * 200_000, 3, None, "is not valid CSV: field larger than field limit"),
        (LINE + "\n" + "x" * 1_100_000, 3, None, "is not valid CSV: a line is longer than 1048576 bytes"),
        (LINE + "\n" + LINE.replace("09:00", "08:59"), 3, "at", "lies before that of row 2, of the same case"),
    ],
)  # fmt: skip
def test_log_fault_names_row_and_column(tmp_path, line, row, column, problem):
    """What is wrong with a row is said with its file, row and column, and what is possible instead."""
    error = fault_of(tmp_path, line)

    assert (error.row, error.column) == (row, column)
    assert problem in error.problem
    assert f", row {row}" in str(error)


def test_log_team_that_no_rule_fits_is_refused(tmp_path):
    """Without a default, a team that no rule knows is a fault of its row."""
    error = fault_of(tmp_path, LINE, toml=TOML.replace("default = 1", ""))

    assert (error.row, error.column) == (2, "team")
    assert "no rule of the mapping fits the team 'front'" in error.problem


@pytest.mark.parametrize(
    ("header", "column", "problem"),
    [
        (HEADER.replace("team", "group"), "team", "is missing; the header has: ticket, at, state"),
        (HEADER.replace("unused", "team"), "team", "stands in the header more than once"),
    ],
)
def test_log_header_has_each_column_once(tmp_path, header, column, problem):
    """A column that the mapping names is there, and only once."""
    error = fault_of(tmp_path, LINE, header=header)

    assert (error.row, error.column) == (1, column)
    assert problem in error.problem


@pytest.mark.parametrize(
    ("content", "row", "problem"),
    [
        (b"", None, "is empty"),
        (b"\n\n", None, "is empty"),
        (f"{HEADER}\nT-\xe9".encode("latin-1"), 2, "is not UTF-8"),
        (gzip.compress(f"{HEADER}\n{LINE}\n".encode())[:-9], 1, "the compressed file is broken near here"),
        (b"\x1f\x8bnothing", 1, "the compressed file is broken near here"),
    ],
)
def test_log_that_is_no_log_is_refused(tmp_path, content, row, problem):
    """An empty file, another encoding and a broken archive are told apart."""
    path = tmp_path / "log.csv"
    path.write_bytes(content)

    with pytest.raises(LogError, match=problem) as caught:
        read_log(path, LogMapping.from_text(TOML))

    assert caught.value.row == row


def test_log_that_cannot_be_opened_is_named(tmp_path):
    """A missing file, and what is no path, are faults of the whole log."""
    with pytest.raises(LogError, match="the file cannot be read: No such file") as caught:
        read_log(tmp_path / "none.csv", LogMapping.from_text(TOML))
    with pytest.raises(LogError, match="log 'log': must be the path of a file, not int"):
        read_log(3, LogMapping.from_text(TOML))
    with pytest.raises(LogError, match="the file cannot be read: embedded null"):
        read_log("\0", LogMapping.from_text(TOML))

    assert isinstance(caught.value.__cause__, OSError)
