"""The strategies for Hypothesis: what they give is valid, is of all kinds, and shrinks to what is small."""

import hashlib
import importlib.util
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from supporttiers import Actor, SupportProcess
from supporttiers import commands as wanted
from supporttiers._engine import decide
from supporttiers.cases import rebuild
from supporttiers.commands import COMMANDS
from supporttiers.contracts import VendorContract
from supporttiers.errors import CaseError, InputError, ProcessError
from supporttiers.events import EVENTS, CaseOpened, CaseReopened
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.match import Match
from supporttiers.policies.approval import ApprovalRule, PermitByApproval
from supporttiers.policies.closing import CloseAfter
from supporttiers.policies.reopening import ReopenWithin
from supporttiers.testing import Rehearsal
from supporttiers.testing.strategies import cases, commands, durations, histories, instants, processes, texts
from supporttiers.testing.strategies._commands import Words, command_from
from supporttiers.testing.strategies._histories import history_from
from supporttiers.testing.strategies._tape import Tape
from supporttiers.tiers import Tier, TierKind

DEFAULT = SupportProcess.default()
RICH = SupportProcess(
    name="rich",
    tiers=[
        Tier(level=1, name="Front", teams=["east", "west"], escalates_to=[2]),
        Tier(level=2, name="Vendor", kind="vendor", vendor="acme", hands_back_to=[1]),
    ],
    limits=[
        TimeLimit(
            name="resolve", target={"high": "30m", "*": "2h"}, pause=Match(status="waiting"),
            thresholds=[Threshold("50%", ["notify:manager"]), Threshold("100%", ["escalate"])],
        ),
    ],
    contracts=[VendorContract(vendor="acme", acknowledge="15m", on_breach=["remind"])],
    policies=[
        PermitByApproval([ApprovalRule(verbs=["escalate"], when=Match(priority="high"))]),
        CloseAfter("4h"),
        ReopenWithin("15m"),
    ],
)  # fmt: skip

ELSEWHERE = {
    "ActionWithheld": "an assignment that a policy withholds",
    "CaseAdopted": "made by `desk.adopt`",
    "CaseRedacted": "made by `desk.redact`",
    "LimitsRenewed": "a process with in_flight = 'live' and a newer revision",
    "ReactionRefused": "a policy whose reaction is refused",
    "RefusalObserved": "a process that observes",
    "VendorFound": "a vendor that cannot be reached for a while, and then can",
    "VendorLost": "as VendorFound",
}
"""What does not come of commands, time and silent vendors under such a process, and why."""

RARE = {"FollowUpOpened", "HeldDropped", "CaseUnlinked", "WatchersRemoved"}
"""What a hundred examples may be without: it needs something else before it."""


def drawn(strategy, number=100):
    """Draw so many."""
    found = []

    @settings(max_examples=number, phases=[Phase.generate], derandomize=True, database=None)
    @given(strategy)
    def run(value):
        found.append(value)

    run()
    return found


def simplest(strategy):
    """Give what Hypothesis begins with, and shrinks to."""
    return find(strategy, lambda _value: True, settings=settings(phases=[Phase.generate], database=None))


def tapes(number):
    """Give tapes that are the same with every release of Hypothesis, and on which no choice is rarer than others."""
    return [Tape(hashlib.shake_128(bytes([place % 256, place // 256])).digest(800)) for place in range(number)]


@pytest.fixture(scope="module")
def played():
    """Give histories of a process that has something of everything."""
    found = []
    for tape in tapes(140):
        with Rehearsal(RICH) as rehearsal:
            found.append(history_from(tape, rehearsal, Words.of(RICH), 20))
    return found


# -- times and texts


@given(instants(since="2026-03-23T09:00Z", within="168h"))
def test_instants_are_aware_and_within_their_bounds(instant):
    """They lie in UTC, from the first to the last possible one."""
    assert instant.tzinfo is UTC
    assert datetime(2026, 3, 23, 9, tzinfo=UTC) <= instant <= datetime(2026, 3, 30, 9, tzinfo=UTC)


def test_instants_are_often_where_clocks_change():
    """The night in which Europe's clocks go forward is among them; the first possible instant is the simplest."""
    found = drawn(instants(since="2026-03-23T09:00Z", within="168h"), 50)

    assert datetime(2026, 3, 29, 1, tzinfo=UTC) in found
    assert datetime(2026, 3, 23, 9, tzinfo=UTC) == simplest(instants(since="2026-03-23T09:00Z"))


def test_instants_know_no_corner_within_an_hour():
    """Where nothing remarkable lies within the bounds, they are drawn all the same."""
    assert datetime(2026, 3, 24, tzinfo=UTC) == simplest(instants(since="2026-03-24T00:00Z", within="1h"))


def test_durations_keep_their_bounds_and_are_often_round():
    """From the shortest, which is the simplest, to the longest."""
    found = drawn(durations(at_least="15m", at_most="2h"), 50)

    assert all(timedelta(minutes=15) <= each <= timedelta(hours=2) for each in found)
    assert {timedelta(minutes=15), timedelta(hours=1), timedelta(hours=2)} <= set(found)
    assert timedelta(minutes=15) == simplest(durations(at_least="15m", at_most="2h"))


@given(texts(max_size=80), texts(max_size=80, lines=False))
def test_texts_can_be_said(text, line):
    """What is drawn fits a command; without line breaks it is a subject, too."""
    said = wanted.Open(case_id="C-1", by=Actor.customer("jane"), subject=line, text=text)

    assert (line, text) == (said.subject, said.text)
    assert max(len(line), len(text)) <= 80


def test_texts_hold_what_breaks_help_desks():
    """Other scripts, marks of templates and markup, headers of mail, and nothing at all, which is the simplest."""
    found = drawn(texts(), 200)

    for part in ("\r\n.\r\n", "<script>", "{0}", "\u202e", "DROP TABLE", "ST-"):
        assert any(part in text for text in found), part
    assert simplest(texts()) == ""


# -- processes


@given(st.data(), st.integers(1, 4), st.integers(0, 3), st.integers(0, 4), st.sampled_from([None, "listed", "any"]))
@settings(max_examples=40)
def test_processes_keep_their_bounds(data, least, more, limits, moves):
    """There are as many tiers and limits as may be, and nothing of what is left out; JSON gives the same again."""
    process = data.draw(
        processes(
            min_tiers=least, max_tiers=least + more, max_limits=limits, moves=moves, vendors=False, calendars=False,
            policies=False,
        )
    )  # fmt: skip

    assert least <= len(process.tiers) <= least + more
    assert sum(limit.name.startswith("limit") for limit in process.limits) <= limits
    assert moves in {None, process.moves}
    assert ((), (), frozenset()) == (process.policies, process.calendars, process.named_vendors.names)
    assert process == SupportProcess.from_json(process.to_json())


def test_processes_are_of_all_kinds():
    """Every kind of tier, both ways to move, hours, teams, contracts, and every kind of rule come up."""
    found = drawn(processes(), 100)
    rules = {type(policy).__name__ for process in found for policy in process.policies}

    assert set(TierKind) == {tier.kind for process in found for tier in process.tiers}
    assert {"listed", "any"} == {process.moves for process in found}
    assert {"PermitByRules", "PermitByApproval", "CloseAfter", "ReopenWithin"} == rules
    for name in ("calendars", "contracts", "limits", "wait_reasons"):
        assert any(getattr(process, name) for process in found), name
    assert {1, 2, 3, 4, 5} == {len(process.tiers) for process in found}


def test_processes_are_simplest_with_few_tiers():
    """The simplest has one tier and nothing else; of two tiers each leads to the other."""
    process, joined = simplest(processes()), simplest(processes(min_tiers=2))

    assert (1, (), (), ()) == (len(process.tiers), process.limits, process.policies, process.calendars)
    assert [((2,), ()), ((), (1,))] == [(tier.escalates_to, tier.hands_back_to) for tier in joined.tiers]


# -- commands


def test_commands_are_of_all_kinds_and_most_are_allowed(played):
    """All kinds come up over some cases; most are carried out, and some are refused."""
    kept = [rebuild(history) for history in played]
    found = [
        (case, command_from(tape, case.id, case, case.changed_at, words=Words.of(RICH)))
        for case, tape in zip(kept * 5, tapes(5 * len(kept)), strict=True)
    ]
    answers = Counter()
    for case, command in found:
        try:
            decision = decide(RICH, case, command, command.at)
        except CaseError:
            answers["refused"] += 1
        else:
            answers["refused" if decision.refusal else "allowed"] += 1

    assert {kind.trigger for kind in COMMANDS} - {command.trigger for _, command in found} <= {"unlink"}
    assert answers["refused"] > 50
    assert answers["allowed"] > 1.5 * answers["refused"]


def test_commands_without_a_case_open_one():
    """The simplest is an opening by the first who acts, at the instant given."""
    people = [Actor.customer("joe"), Actor.agent("eve")]
    command = simplest(commands(processes(), actors=people, at="2026-05-01T12:00Z"))

    assert (people[0], datetime(2026, 5, 1, 12, tzinfo=UTC)) == (command.by, command.at)
    assert isinstance(command, wanted.Open)
    assert {"open", "note"} >= {each.trigger for each in drawn(commands(DEFAULT), 50)}


# -- histories and cases


@given(histories(processes(), max_commands=6))
@settings(max_examples=25)
def test_histories_fold(history):
    """Whatever the process: versions count from 1, time never goes back, and the fold gives a case."""
    assert list(range(1, len(history) + 1)) == [event.version for event in history]
    assert all(earlier.at <= later.at for earlier, later in pairwise(history))
    assert rebuild(history).id == history[0].case_id


def test_histories_hold_all_kinds_of_events(played):
    """Every kind of event happens, but for those that need more than commands, time and vendors."""
    found = {type(event).__name__ for history in played for event in history}

    assert {event.__name__ for event in EVENTS} - found <= set(ELSEWHERE) | RARE


def test_histories_shrink_to_what_matters():
    """The simplest history with a reopening has an opening, an end and the reopening, and its clocks."""
    quiet = SupportProcess(name="quiet", tiers=[Tier(level=1, name="All")])
    history = find(
        histories(quiet, max_commands=4), lambda events: any(isinstance(event, CaseReopened) for event in events),
        settings=settings(derandomize=True, database=None),
    )  # fmt: skip

    assert (3, CaseOpened, CaseReopened) == (len(history), type(history[0]), type(history[-1]))


def test_histories_are_played_at_a_rehearsal_of_your_own():
    """The rehearsal is made by the caller; who acts is named by the caller, too."""
    people = [Actor.customer("joe"), Actor.agent("eve")]
    found = drawn(
        histories(
            DEFAULT,
            actors=people,
            max_commands=4,
            rehearse=lambda process: Rehearsal(process, start="2027-01-04T08:00Z"),
        ),
        20,
    )

    assert {"joe", "eve", "system"} >= {event.by.id for history in found for event in history}
    assert all(history[0].at >= datetime(2027, 1, 4, 7, tzinfo=UTC) for history in found)


def test_cases_are_read_from_a_file(tmp_path):
    """A process may be the path of its file; cases are what came of histories."""
    (tmp_path / "rich.toml").write_text('[process]\nname = "small"\n[[tiers]]\nlevel = 1\nname = "All"\n', "utf-8")

    assert {"small"} == {case.process for case in drawn(cases(str(tmp_path / "rich.toml")), 10)}


# -- what cannot be so


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (lambda: processes(max_tiers=10), "max_tiers is 10; 1 to 9 are possible"),
        (lambda: processes(min_tiers=4, max_tiers=3), "min_tiers is 4; 1 to 3 are possible"),
        (lambda: processes(min_tiers=0), "min_tiers is 0; 1 to 5 are possible"),
        (lambda: processes(max_limits=9), "max_limits is 9; 0 to 8 are possible"),
        (lambda: processes(moves="all"), "moves is 'all'; possible are: listed, any"),
        (lambda: texts(max_size=-1), "max_size is -1; possible is at least 0"),
        (lambda: commands(DEFAULT, "C-1"), "case must be a Case, such as desk.get(...) gives, not str"),
        (
            lambda: commands(7),
            "process must be a SupportProcess, the path of its file, or a strategy such as processes()",
        ),
        (lambda: commands(DEFAULT, actors=["anna"]), "actors must be one actor or more, such as Actor.agent('anna')"),
        (lambda: histories(DEFAULT, actors=[]), "actors must be one actor or more"),
        (lambda: histories(DEFAULT, max_commands=-1), "max_commands is -1"),
    ],
)
def test_bounds_that_cannot_be_kept_are_refused(made, problem):
    """At once, and not while examples are drawn; the error says what is possible."""
    with pytest.raises(InputError) as caught:
        made()

    assert problem in str(caught.value)


def test_file_that_is_no_process_is_refused(tmp_path):
    """A process that is not valid is the author's fault, and is told as ever."""
    (tmp_path / "bad.toml").write_text('[process]\nname = "bad"\n', "utf-8")
    with pytest.raises(ProcessError):
        histories(tmp_path / "bad.toml")


def test_missing_hypothesis_is_told_with_the_extra(monkeypatch):
    """Who has not installed Hypothesis is told how."""
    spec = importlib.util.find_spec("supporttiers.testing.strategies")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ModuleNotFoundError) as caught:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))

    assert 'needs Hypothesis; pip install "supporttiers[testing]"' in str(caught.value)
