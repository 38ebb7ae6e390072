"""Replay: what a log says becomes commands, and what became of the cases becomes figures."""

import json
from typing import ClassVar

import attrs
import pytest

from supporttiers import cli
from supporttiers.analysis import LogError, LogMapping, replay, replaying
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.clock import FakeClock
from supporttiers.decisions import Destination
from supporttiers.desk import SupportDesk
from supporttiers.errors import InputError, StoreError
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.match import Match
from supporttiers.monitors import Told, never
from supporttiers.process import SupportProcess
from supporttiers.tiers import Tier, TierKind

MAP = """
columns = { case = "case", time = "at", status = "status", team = "team", resource = "by", impact = "impact" }
statuses.rules = [
    { log = "new", status = "queued" },
    { log = "work", status = "in_progress" },
    { log = "ask", status = "waiting", wait_reason = "customer" },
    { log = "ask again", status = "waiting", wait_reason = "customer" },
    { log = "order", status = "waiting", wait_reason = "parts" },
    { log = "fixed", status = "resolved" },
    { log = "filed", status = "closed" },
    { log = "void", status = "cancelled" },
]
tiers = { default = 1, rules = [{ suffix = "2", tier = 2 }, { suffix = "3", tier = 3 }] }
"""
MAPPING = LogMapping.from_text(MAP)
TIERS = [
    Tier(level=1, name="One", escalates_to=[2]),
    Tier(level=2, name="Two", escalates_to=[3]),
    Tier(level=3, name="Three"),
]
STRICT = SupportProcess(name="strict", tiers=TIERS)
LIMITED = SupportProcess(
    name="limited",
    tiers=[
        Tier(level=1, name="One", escalates_to=[2], time_limit="15m"),
        Tier(level=2, name="Two", escalates_to=[3], hands_back_to=[1], time_limit="1h"),
        Tier(level=3, name="Three", hands_back_to=[2]),
    ],
)


@attrs.frozen
class RouteAstray:
    """Sends every case to a tier at which none may enter."""

    name: ClassVar[str] = "tests.astray"
    revision: ClassVar[int] = 1

    def route(self, situation, /):
        """Say so."""
        return Destination(tier=3)


def log_of(tmp_path, *rows):
    """Write a log from rows as `T-1 09:00 work team by impact`; a dash is empty, and `_` a blank."""
    path = tmp_path / "log.csv"
    lines = ["case,at,status,team,by,impact"]
    for row in rows:
        case, at, *rest = row.split()
        fields = [word.replace("-", "").replace("_", " ") for word in (*rest, "", "", "")][:4]
        day, _, time = at.rpartition("/")
        lines.append(",".join([case, f"2026-03-{day or 23}T{time}Z", *fields]))
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def run(tmp_path, *rows, process=None, **options):
    """Replay such rows."""
    return replay(log_of(tmp_path, *rows), mapping=MAPPING, process=process, **options)


def told(tmp_path, *rows, process=None):
    """Replay such rows of T-1, and give its history shortly, and the case."""
    store = MemoryStore()
    replay(log_of(tmp_path, *rows), mapping=MAPPING, process=process, store=store)
    desk = SupportDesk(STRICT, store=store)
    return [type(event).__name__ for event in desk.history("T-1")], desk.get("T-1")


# -- from rows to commands


@pytest.mark.parametrize(
    ("rows", "events"),
    [
        (["new", "work"], ["CaseStarted"]),
        (["work", "new"], ["CaseStarted", "CaseReleased"]),
        (["work", "work"], ["CaseStarted"]),
        (["work", "ask", "work"], ["CaseStarted", "WaitStarted", "CaseResumed"]),
        (["ask", "work"], ["WaitStarted", "CaseResumed", "CaseStarted"]),
        (["work", "ask", "new"], ["CaseStarted", "WaitStarted", "CaseResumed", "CaseReleased"]),
        (["ask", "order"], ["WaitStarted", "WaitStarted"]),
        (["ask", "ask_again"], ["WaitStarted"]),
        (["fixed", "filed"], ["CaseResolved", "CaseClosed"]),
        (["work", "filed"], ["CaseStarted", "CaseResolved", "CaseClosed"]),
        (["filed", "fixed"], ["CaseResolved", "CaseClosed", "CaseResolved"]),
        (["filed", "work"], ["CaseResolved", "CaseClosed", "CaseReopened", "CaseStarted"]),
        (["void", "new"], ["CaseCancelled", "CaseReopened"]),
        (["new - anna", "work - anna", "work - bob"], ["CaseStarted", "CaseAssigned"]),
        (["new - - low", "new - - high", "new"], ["CaseAmended"]),
        (["new desk", "new desk2", "new desk"], ["CaseEscalated", "CaseHandedBack"]),
        (["new desk", "new front", "new"], ["CaseTransferred"]),
        (["work desk", "work desk2"], ["CaseStarted", "CaseEscalated", "CaseStarted"]),
        (["fixed desk", "fixed desk2"], ["CaseResolved", "CaseEscalated"]),
        (["fixed desk2", "new desk"], ["CaseResolved", "CaseReopened", "CaseHandedBack"]),
    ],
)
def test_replay_asks_for_what_differs(tmp_path, rows, events):
    """A row asks for the difference between what it says and what the case is; no difference, no command."""
    happened, case = told(tmp_path, *(f"T-1 {place:02}:00 {row}" for place, row in enumerate(rows)))

    assert happened == ["CaseOpened", *events]
    assert case.version == len(happened)


def test_replay_gives_the_case_what_the_log_knows(tmp_path):
    """Instants, actor, place and details of a row stand on the case."""
    store = MemoryStore()
    run(tmp_path, "T-1 09:00 new lab2 anna high", "T-1 09:30 work lab2 anna high", store=store)
    opened, started = SupportDesk(STRICT, store=store).history("T-1")

    assert (opened.tier, opened.team, opened.impact, opened.by.id) == (2, "lab2", "high", "anna")
    assert (str(opened.at)[11:16], str(started.at)[11:16], started.assignee) == ("09:00", "09:30", "anna")


def test_replay_takes_rows_of_one_instant_in_order(tmp_path):
    """Two rows of a case may share an instant; both count."""
    happened, _ = told(tmp_path, "T-1 09:00 new", "T-1 09:00 work", "T-1 09:00 fixed")

    assert happened == ["CaseOpened", "CaseStarted", "CaseResolved"]


# -- figures


def test_replay_counts_what_became_of_the_cases(tmp_path):
    """Every figure of a small log, worked out by hand."""
    result = run(
        tmp_path,
        "T-1 09:00 new desk", "T-1 09:10 work desk", "T-1 09:40 work lab2", "T-1 10:00 ask lab2",
        "T-1 12:00 fixed lab2", "T-1 12:30 fixed desk", "T-1 13:00 new desk", "T-1 13:00 void desk",
        "T-2 09:00 work rig3", "T-2 09:30 order rig3", "T-2 10:30 work lab2", "T-2 10:45 work rig3",
    )  # fmt: skip

    assert (result.cases, result.rows, result.commands) == (2, 12, 16)
    assert (result.refused_cases, result.refusals, result.refusals_in_all) == (0, {}, {})
    assert (result.highest_tier, result.last_tier) == ({2: 1, 3: 1}, {1: 1, 3: 1})
    assert result.tier_sets == {"1+2": 1, "2+3": 1}
    assert result.moves == {"1>2": 1, "2>1": 1, "2>3": 1, "3>2": 1}
    assert (result.moves_up, result.moves_down, result.moves_down_ended) == (2, 2, 1)
    assert (result.reopened_cases, result.reopenings) == (1, 1)
    assert (result.bounces, result.bounced_cases) == (2, 2)
    assert result.seconds_total == 60 * (240 + 105)
    assert result.seconds_by_tier == {1: 60 * 70, 2: 60 * (170 + 15), 3: 60 * 90}
    assert result.seconds_by_status == {
        "queued": 600, "in_progress": 60 * (30 + 20 + 30 + 15), "waiting": 60 * (120 + 60), "resolved": 3600,
    }  # fmt: skip
    assert result.seconds_by_wait_reason == {"customer": 7200, "parts": 3600}
    assert result.seconds_waiting == {"ask": 7200, "order": 3600}
    assert (result.last_status, result.open_cases) == ({"cancelled": 1, "in_progress": 1}, 1)
    assert result.fired_limits == {}
    assert [str(at)[11:16] for at in (result.first_at, result.last_at)] == ["09:00", "13:00"]


def test_replay_tells_wait_states_apart_that_are_one_to_the_desk(tmp_path):
    """Waiting time is counted by the log's own name of the state too."""
    result = run(tmp_path, "T-1 09:00 ask", "T-1 10:00 ask_again", "T-1 10:30 work")

    assert result.seconds_waiting == {"ask": 3600, "ask again": 1800}
    assert result.seconds_by_wait_reason == {"customer": 5400}


def test_replay_goes_on_with_a_wait_that_may_not_change(tmp_path):
    """A case that may not wait for something else goes on waiting for what it waited for."""
    result = run(tmp_path, "T-1 09:00 ask", "T-1 10:00 order", "T-1 11:00 work", process=STRICT)

    assert result.seconds_waiting == {"ask": 7200}


def test_replay_keeps_fractions_of_seconds(tmp_path):
    """Whole seconds are whole numbers; others are not rounded."""
    result = run(tmp_path, "T-1 09:00:00.250 new", "T-1 09:00:01 work")

    assert result.seconds_total == 0.75


def test_replay_of_a_log_without_rows_finds_nothing(tmp_path):
    """A header alone is a log of no cases."""
    result = run(tmp_path)

    assert (result.cases, result.rows, result.seconds_total, result.first_at) == (0, 0, 0, None)
    assert json.loads(json.dumps(result.to_data()))["last_at"] is None


def test_replay_result_goes_into_json(tmp_path):
    """The data have the attributes' names, and only what JSON can say."""
    data = run(tmp_path, "T-1 09:00 new lab2").to_data()

    assert json.loads(json.dumps(data)) == data
    assert (data["highest_tier"], data["first_at"]) == ({"2": 1}, "2026-03-23T09:00:00+00:00")


# -- refusals


@pytest.mark.parametrize(
    ("rows", "refusals"),
    [
        (["new lab2"], {"start at tier 2": 1}),
        (["new rig3", "new rig3"], {"start at tier 3": 1}),
        (["new desk", "new rig3", "work rig3"], {"skip": 1}),
        (["new desk", "new lab2", "new desk", "new desk"], {"down": 1}),
        (["new desk", "new lab2", "new desk", "new lab2", "new desk"], {"down": 2}),
        (["order", "order", "work", "order"], {"wait for parts": 2}),
        (["filed", "new", "new", "work"], {"reopen": 2}),
        (["filed", "fixed"], {"resolve": 1}),
        (["fixed", "void"], {"cancel": 1}),
        (["fixed desk", "fixed front", "new front"], {}),
        (["fixed desk", "fixed lab2"], {"up": 1}),
    ],
)
def test_replay_counts_refusals_by_reason(tmp_path, rows, refusals):
    """What the process refuses is counted once each time that the log says it anew, and the case goes on."""
    result = run(tmp_path, *(f"T-1 {place:02}:00 {row}" for place, row in enumerate(rows)), process=STRICT)

    assert result.refusals_in_all == refusals
    assert result.refused_cases == bool(refusals)
    assert sum(result.refusals.values()) == bool(refusals)


def test_replay_leaves_a_refused_case_where_it_is(tmp_path):
    """A refused move is not made; the status is asked for all the same, and later moves start from there."""
    happened, case = told(
        tmp_path,
        "T-1 09:00 new rig3",
        "T-1 10:00 work rig3",
        "T-1 11:00 work lab2",
        "T-1 12:00 work desk",
        process=STRICT,
    )

    assert happened == ["CaseOpened", "CaseStarted", "CaseEscalated", "CaseStarted"]
    assert (case.tier, case.team, str(case.status)) == (2, "lab2", "in_progress")


def test_replay_moves_a_reopened_case_to_where_the_log_has_it(tmp_path):
    """What team ended a case is only noted where ended cases do not move; reopened, the case goes there."""
    happened, case = told(
        tmp_path, "T-1 09:00 fixed desk", "T-1 10:00 fixed front", "T-1 11:00 new front", process=STRICT
    )

    assert happened == ["CaseOpened", "CaseResolved", "CaseReopened", "CaseTransferred"]
    assert case.team == "front"


def test_replay_counts_the_first_refusal_of_a_case_apart(tmp_path):
    """A case counts by what it was refused first, whatever came later."""
    result = run(
        tmp_path, "T-1 09:00 new lab2", "T-1 10:00 new rig3", "T-2 09:00 new desk", "T-2 09:30 new rig3", process=STRICT
    )

    assert result.refusals == {"skip": 1, "start at tier 2": 1}
    assert result.refusals_in_all == {"skip": 2, "start at tier 2": 1}


def test_replay_counts_teams_that_a_tier_does_not_have(tmp_path):
    """A tier that names its teams takes no other; the case stays with the team that has it."""
    process = SupportProcess(name="teams", tiers=[Tier(level=1, name="One", teams=["desk"])])
    result = run(tmp_path, "T-1 09:00 new front", "T-1 10:00 new desk", "T-1 11:00 new back", process=process)

    assert result.refusals_in_all == {"team": 2}


def test_replay_goes_on_without_a_case_that_cannot_be_opened(tmp_path):
    """A case that the process lets in nowhere is refused at each row, and counts nowhere else."""
    mapping = LogMapping.from_text("""
        columns = { case = "case", time = "at", status = "status" }
        statuses.rules = [{ log = "new", status = "queued" }]
    """)
    process = SupportProcess(name="odd", tiers=TIERS, policies=[RouteAstray()])
    path = log_of(tmp_path, "T-1 09:00 new", "T-1 10:00 new")
    result = replay(path, mapping=mapping, process=process)

    assert (result.cases, result.highest_tier, result.refusals_in_all) == (1, {}, {"start": 2})


# -- time


def test_replay_lets_limits_fire_when_they_are_due(tmp_path):
    """The process's clocks run on virtual time: cases go up by themselves, and their time counts where they were."""
    result = run(tmp_path, "T-1 09:00 new", "T-1 10:00 work", "T-1 12:00 fixed", "T-2 11:00 new", process=LIMITED)

    assert result.fired_limits == {"tier 1 100%": 2, "tier 2 100%": 1}
    assert result.seconds_by_tier == {1: 900, 2: 3600, 3: 3600 * 3 - 4500}
    assert (result.moves, result.highest_tier, result.last_tier) == ({"1>2": 2, "2>3": 1}, {2: 1, 3: 1}, {2: 1, 3: 1})
    assert result.commands == 4


def test_replay_counts_time_at_the_boundary_as_the_desk_does(tmp_path):
    """A command at the very instant of a deadline comes first."""
    result = run(tmp_path, "T-1 09:00 new", "T-1 09:15 fixed", process=LIMITED)

    assert (result.fired_limits, result.last_status) == ({}, {"resolved": 1})


def test_replay_follows_time_after_the_last_row_without_counting_it(tmp_path):
    """Virtual time goes on to the end of the log; a case's own seconds end with its last row."""
    result = run(tmp_path, "T-1 09:00 new", "T-1 09:05 new", "T-2 09:00 fixed", "T-2 12:00 filed", process=LIMITED)

    assert result.fired_limits == {"tier 1 100%": 1, "tier 2 100%": 1}
    assert (result.last_tier, result.seconds_by_tier) == ({1: 1, 3: 1}, {1: 300 + 3 * 3600})


def test_replay_does_not_depend_on_how_rows_are_put_together(tmp_path, monkeypatch):
    """Whether a thousand rows are under way at once or one, the figures and histories are the same."""
    rows = [
        f"T-{case} {23 + turn // 4}/{(case * 5 + turn * 7) % 6 + turn % 4 * 6:02}:{case * 7 % 60:02} {status} {team}"
        for case in range(12)
        for turn, (status, team) in enumerate(
            [("new", "desk"), ("work", "desk"), ("ask", "lab2"), ("work", "rig3"), ("fixed", "rig3"), ("new", "desk"),
             ("work", "desk"), ("filed", "lab2")][case % 3 :]
        )
    ]  # fmt: skip
    found = []
    for size in (1, 7, 1000):
        monkeypatch.setattr(replaying, "WINDOW", size)
        store = MemoryStore()
        result = run(tmp_path, *rows, process=LIMITED, store=store)
        desk = SupportDesk(LIMITED, store=store)
        found.append((result, [desk.history(f"T-{case}") for case in range(12)]))

    assert found[0] == found[1] == found[2]
    assert found[0][0].fired_limits


@pytest.mark.parametrize("size", [1, 1000])
def test_replay_dispatches_to_vendors_that_never_answer(tmp_path, monkeypatch, size):
    """A vendor's tier gets its ticket, between rows or after them; what the vendor did stands in the log."""
    monkeypatch.setattr(replaying, "WINDOW", size)
    process = SupportProcess(
        name="vendor",
        tiers=[TIERS[0], Tier(level=2, name="Maker", kind=TierKind.VENDOR, vendor="maker", hands_back_to=[1])],
    )
    happened, case = told(
        tmp_path,
        "T-1 09:00 new desk",
        "T-1 10:00 new desk2",
        "T-2 11:00 new",
        "T-1 25/12:00 work desk2",
        process=process,
    )

    assert happened[:3] == ["CaseOpened", "CaseEscalated", "VendorDispatched"]
    assert set(happened[3:]) == {"CaseStarted", "VendorTicketUpdated"}
    assert str(case.status) == "in_progress"


# -- stores, files, progress


def test_replay_keeps_the_cases_in_a_store_that_is_named(tmp_path):
    """The cases lie in the database afterwards, sound."""
    url = f"sqlite:///{tmp_path / 'cases.db'}"
    result = run(tmp_path, "T-1 09:00 new", "T-2 09:00 new desk2", "T-1 10:00 fixed", store=url)
    desk = SupportDesk(STRICT, store=url)
    statuses = [str(desk.get(case_id).status) for case_id in ("T-1", "T-2")]
    findings = desk.verify("T-1")
    desk.shut_down()

    assert (result.cases, statuses, findings) == (2, ["resolved", "queued"], ())


def test_replay_refuses_a_store_that_has_cases(tmp_path):
    """Virtual time must not reach real cases, of this tenant or of another."""
    for tenant, process in (("default", STRICT), ("other", LIMITED)):
        store = MemoryStore()
        SupportDesk(process, store=store, clock=FakeClock()).bind(tenant=tenant).open("Printer", by="jane")

        with pytest.raises(InputError, match="store has cases already"):
            run(tmp_path, "T-1 09:00 new", store=store)


def test_replay_writes_nothing_of_a_log_with_a_fault(tmp_path):
    """The last row is checked before the first case is opened."""
    store = MemoryStore()

    with pytest.raises(LogError, match="row 3"):
        run(tmp_path, "T-1 09:00 new", "T-2 10:00 lost", store=store)

    assert store.load("default", "T-1").case is None


def test_replay_passes_on_what_a_store_says(tmp_path):
    """A store that fails ends the replay; that is no refusal."""

    class Full(MemoryStore):
        def commit(self, commits, /):
            raise StoreError("full", "no space", retryable=False)

    with pytest.raises(StoreError, match="no space"):
        run(tmp_path, "T-1 09:00 new", store=Full())


def test_replay_takes_paths_and_tells_how_far_it_is(tmp_path, monkeypatch):
    """Mapping and process may be files; progress comes by the window."""
    monkeypatch.setattr(replaying, "WINDOW", 2)
    (tmp_path / "map.toml").write_text(MAP, "utf-8")
    (tmp_path / "process.toml").write_text('process.name = "one"\ntiers = [{ level = 1, name = "One" }]\n', "utf-8")
    log = log_of(tmp_path, "T-1 09:00 new", "T-1 10:00 work", "T-1 11:00 fixed")
    heard = []

    def hear(done, of):
        heard.append((done, of))

    result = replay(log, mapping=tmp_path / "map.toml", process=str(tmp_path / "process.toml"), progress=hear)

    assert result.cases == 1
    assert heard == [(2, 3), (3, 3)]


# -- the command


@pytest.fixture
def files(tmp_path):
    """A log, a mapping and a process, and the words that replay them."""
    (tmp_path / "map.toml").write_text(MAP, "utf-8")
    (tmp_path / "strict.toml").write_text(
        'process.name = "strict"\ntiers = [{ level = 1, name = "One", time_limit = "1h", escalates_to = [2] }, '
        '{ level = 2, name = "Two" }]\n',
        "utf-8",
    )
    log = log_of(tmp_path, "T-1 09:00 new desk2", "T-1 09:30 work desk", "T-1 11:30 ask desk", "T-1 12:30 work desk")
    return tmp_path, ["replay", str(log), "--mapping", str(tmp_path / "map.toml")]


@pytest.fixture
def run_quietly(capsys, monkeypatch):
    """Run the command, on a terminal or not; give its exit code, output and error output."""

    def run_quietly(words, *, terminal):
        monkeypatch.setattr("sys.stderr.isatty", lambda: terminal, raising=False)
        code = cli.main(words)
        return code, *capsys.readouterr()

    return run_quietly


def test_replay_command_answers_in_json(files, capsys):
    """The keys are the names of the figures."""
    place, words = files
    assert cli.main([*words, "--json", "--store", f"sqlite:///{place / 'cases.db'}"]) == 0
    data = json.loads(capsys.readouterr().out)

    assert (data["cases"], data["rows"], data["moves_down"]) == (1, 4, 1)
    assert (place / "cases.db").is_file()


def test_replay_command_shows_a_table(files, capsys):
    """People read tables; only what there is stands there."""
    place, words = files
    assert cli.main([*words, "--process", str(place / "strict.toml")]) == 0
    shown = capsys.readouterr()

    assert (
        shown.out
        == """\
1 case, 4 rows from 2026-03-23 to 2026-03-23, 7 commands

tier  highest of  last of  days
1              0        0  0.04
2              1        1  0.10

status       last of  days
in_progress        1  0.02
queued             0  0.08
waiting            0  0.04

waiting, as the log has it  days
ask                         0.04

refused          first of a case  in all
start at tier 2                1       1

limit reached  times
tier 1 100%        1

moves: 1 up, 0 down (1>2 1)
to and fro between two places: 0 cases, 0 times
reopened: 0 cases, 0 times
refused something: 1 case
still open: 1 case
"""
    )
    assert shown.err == ""


def test_replay_command_of_an_empty_log_has_little_to_say(files, capsys):
    """No rows, no tables."""
    place, words = files
    log_of(place)
    assert cli.main(words) == 0

    assert capsys.readouterr().out.startswith("0 cases, 0 rows, 0 commands\n\nmoves: 0 up, 0 down\n")


def test_replay_command_shows_progress_on_a_terminal(files, run_quietly, monkeypatch):
    """On a terminal, standard error says how far it is, and is clean again in the end."""
    _, words = files
    monkeypatch.setattr(replaying, "WINDOW", 3)
    code, _, said = run_quietly(words, terminal=True)

    assert code == 0
    assert "\rreplayed 4 of 4" in said
    assert said.endswith("\r\x1b[K")


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        ({"log.csv": "case,at\n"}, 1, "row 1, column 'team': is missing"),
        ({"map.toml": "x = 1"}, 1, "map.toml' is not valid"),
        ({"log.csv": None}, 3, "the file cannot be read"),
        ({"map.toml": None}, 3, "the file cannot be read"),
    ],
)
@pytest.mark.parametrize("terminal", [True, False])
def test_replay_command_says_what_is_wrong(files, run_quietly, fault, *, code, said, terminal):
    """A fault in a file is the answer no; a file that cannot be read is a fault of the world."""
    place, words = files
    for name, content in fault.items():
        (place / name).unlink() if content is None else (place / name).write_text(content, "utf-8")

    assert (code, "") == run_quietly(words, terminal=terminal)[:2]
    assert said in run_quietly(words, terminal=terminal)[2]


def test_monitors_judge_every_case(tmp_path):
    """What should not have been is among the figures, with its case and instant, the earliest first."""
    rows = [
        "A,2026-03-23T09:00Z,new,,,", "B,2026-03-23T09:05Z,new,,,", "A,2026-03-23T09:10Z,work,T1,anna,",
        "B,2026-03-23T10:00Z,fixed,,,",
    ]  # fmt: skip
    log = tmp_path / "log.csv"
    log.write_text("\n".join(["case,at,status,team,by,impact", *rows]) + "\n", "utf-8")
    rules = tmp_path / "rules.toml"
    rules.write_text('never = [{ match = { assignee = "" }, longer_than = "15m" }]\n', "utf-8")
    told = never(Told("manager"), name="nobody calls the manager")
    warning = SupportProcess(
        name="warning",
        tiers=TIERS,
        limits=[TimeLimit(name="own", target="30m", thresholds=[Threshold(at="100%", do=["notify:manager"])])],
    )

    result = replay(log, mapping=MAPPING, monitors=rules)
    assert [("B", "2026-03-23T09:20:00+00:00")] == [(one.case_id, one.at.isoformat()) for one in result.violations]
    assert [
        {
            "rule": "never assignee=None, longer than 15m", "case_id": "B", "since": "2026-03-23T09:05:00+00:00",
            "at": "2026-03-23T09:20:00+00:00",
        }
    ] == json.loads(json.dumps(result.to_data()))["violations"]  # fmt: skip
    result = replay(log, mapping=MAPPING, process=warning, monitors=[told, never(Match(tier=3))])
    assert [("A", "09:30"), ("B", "09:35")] == [(one.case_id, f"{one.at:%H:%M}") for one in result.violations]
    assert () == replay(log, mapping=MAPPING, process=warning).violations
    assert () == replay(_empty(tmp_path), mapping=MAPPING, monitors=[told]).violations


def _empty(tmp_path):
    path = tmp_path / "empty.csv"
    path.write_text("case,at,status,team,by,impact\n", "utf-8")
    return path


def test_case_that_was_never_opened_is_not_judged(tmp_path):
    """A log may have cases that the process lets in nowhere."""
    mapping = LogMapping.from_text("""
        columns = { case = "case", time = "at", status = "status" }
        statuses.rules = [{ log = "new", status = "queued" }]
    """)
    process = SupportProcess(name="odd", tiers=TIERS, policies=[RouteAstray()])
    path = log_of(tmp_path, "T-1 09:00 new")

    assert () == replay(path, mapping=mapping, process=process, monitors=[never(Match(tier=1))]).violations


def test_command_tells_what_broke_a_rule(tmp_path, capsys):
    """So many cases by rule, the first of them by name; the exit code is 1, and a wrong file is told."""
    log, rules, mapping = tmp_path / "log.csv", tmp_path / "rules.toml", tmp_path / "map.toml"
    log.write_text(
        "case,at,status,team,by,impact\n" + "".join(f"C{n},2026-03-23T09:00Z,new,,,\n" for n in range(7)), "utf-8"
    )
    rules.write_text('never = [{ match = { tier = 1 }, name = "nobody starts at 1" }]\n', "utf-8")
    mapping.write_text(MAP, "utf-8")

    assert 1 == cli.main(["replay", str(log), "--mapping", str(mapping), "--monitors", str(rules)])
    shown = "C0 at 2026-03-23 09:00, C1 at 2026-03-23 09:00"
    assert f"broken by 7 cases: nobody starts at 1 ({shown}, " in capsys.readouterr().out
    rules.write_text("nver = []\n", "utf-8")
    assert 1 == cli.main(["replay", str(log), "--mapping", str(mapping), "--monitors", str(rules)])
    assert "nver: is not known here; did you mean 'never'?" in capsys.readouterr().err
    assert 3 == cli.main(["replay", str(log), "--mapping", str(mapping), "--monitors", str(tmp_path / "nowhere.toml")])
    rules.write_text("", "utf-8")
    assert 0 == cli.main(["replay", str(log), "--mapping", str(mapping), "--monitors", str(rules)])
