"""`explore`: what may become of the cases of a process file."""

import io
import re
import sys

import pytest

from supporttiers.cli import _explore

STUCK = """
process.name = "stuck"
tiers = [{ level = 1, name = "All" }]
"""
SOUND = """
process.name = "sound"
tiers = [{ level = 1, name = "All" }]
[[limits]]
name = "resolve"
measures = "resolution"
agreement = "sla"
target = "8h"
pause = { status = "closed" }
"""
OWN = """
class Silent:
    name = "acme.silent"
    revision = 1

    def react(self, situation):
        return []
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Write a process file beside a module."""
    monkeypatch.chdir(tmp_path)

    def write(text):
        (tmp_path / "support.toml").write_text(text, encoding="utf-8")
        return "support.toml"

    return write


def test_explore_tells_the_shortest_way(file, run):
    """It says how far it came, and each way with its timeline; the exit code is 1."""
    done = run("explore", file(STUCK), "--depth", "2")

    assert (done.code, done.err) == (1, "")
    assert "more lies beyond" in done.out
    assert "nobody waits without a clock: case T-1 is queued at tier 1, and nothing ever happens by itself" in done.out
    assert "  2026-01-05 09:00:00  jane (customer)  opened at tier 1" in done.out
    assert "def test_" not in done.out


def test_explore_prints_tests(file, run):
    """The tests read the same file."""
    done = run("explore", file(STUCK), "--depth", "1", "--tests")

    assert done.code == 1
    assert "PROCESS = SupportProcess.from_toml(next(ABOVE, Path()) / 'support.toml')" in done.out
    assert "def test_nobody_waits_without_a_clock():" in done.out


def test_explore_of_a_sound_process_finds_nothing(file, run):
    """Every way is followed to its end."""
    done = run("explore", file(SOUND), "--depth", "20")

    assert (done.code, done.err) == (0, "")
    assert "every way was followed to its end" in done.out
    assert "ended in: cancelled" in done.out
    assert done.out.endswith("no counterexample\n")


def test_explore_verifies_what_it_is_told_to(file, run):
    """Bounds and invariants are options."""
    done = run(
        "explore", file(STUCK), "--invariant", "reaches_an_end", "--at-most", "1", "--within", "1h", "--depth", "1"
    )

    assert done.code == 0
    assert "1 states, 2 transitions, 0 deep" in done.out
    assert "ended in" not in done.out


def test_explore_says_what_is_not_decided(file, run):
    """What was not followed may lead to an end or to none; the exit code is no failure, and the words say so."""
    done = run("explore", file(SOUND), "--depth", "1")

    assert (0, "") == (done.code, done.err)
    assert re.search(
        r"every case can still reach an end: not decided, \d+ states were not followed to an end", done.out
    )
    assert "fewer verbs reach further (--command start,escalate,hand_back,resolve), and so do more" in done.out
    stuck = run("explore", file(STUCK), "--depth", "1")
    assert stuck.out.splitlines()[-1].startswith("every case can still reach an end: not decided")


@pytest.mark.parametrize(
    "given", [["--command", "start,release"], ["--command", "start", "--command", "release, start"]]
)
def test_explore_does_only_what_it_is_told_to(file, run, given):
    """Verbs are given again and again, or with commas."""
    done = run("explore", file(SOUND), *given, "--invariant", "reaches_an_end")

    assert 1 == done.code
    assert "ended in" not in done.out
    assert "every way was followed to its end" in done.out


def test_explore_knows_no_such_verb(file, run):
    """It says which one was probably meant."""
    done = run("explore", file(SOUND), "--command", "esclate")

    assert (2, "") == (done.code, done.out)
    assert "'esclate', which cannot be explored; did you mean 'escalate'?" in done.err


@pytest.mark.parametrize(
    "given",
    [
        ['status = ["queued", "in_progress", "waiting"]'],
        ['{ status = ["queued", "in_progress", "waiting"] }'],
        ['status = "queued"', 'assignee = { not = "" }', 'status = ["in_progress", "waiting"], assignee = ""'],
    ],
)
def test_explore_lets_cases_wait(file, run, given):
    """Conditions are those of process files; any of several is enough."""
    options = [word for each in given for word in ("--may-wait", each)]

    done = run("explore", file(STUCK), "--depth", "2", "--invariant", "has_a_clock", *options)

    assert (0, "") == (done.code, done.err)
    one = run("explore", "support.toml", "--depth", "2", "--invariant", "has_a_clock", "--may-wait", "tier = 9")
    assert 1 == one.code


@pytest.mark.parametrize("given", ["customer", "status = ", 'mood = "bad"', "[1]"])
def test_explore_refuses_what_is_no_condition(file, run, given):
    """It says how one looks."""
    done = run("explore", file(STUCK), "--may-wait", given)

    assert (2, "") == (done.code, done.out)
    assert "--may-wait is no condition, such as 'wait_reason = \"customer\"': " in done.err


def test_explore_shows_how_far_it_is_on_a_terminal(file, run, monkeypatch):
    """Only there; the line is taken away again."""
    monkeypatch.setattr(_explore, "_EVERY", 3)
    monkeypatch.setattr(sys, "stderr", terminal := _Terminal())

    done = run("explore", file(SOUND), "--depth", "2")

    said = terminal.getvalue()
    assert re.match(r"\r\d+ states, 1 deep\r", said)
    assert said.endswith(" states, 2 deep\r\x1b[K")
    assert 0 == done.code


class _Terminal(io.StringIO):
    """Standard error that a person reads."""

    def isatty(self):
        """Say so."""
        return True


def test_explore_answers_in_json(file, run):
    """All of it is there, tests included."""
    done = run("explore", file(STUCK), "--depth", "1", "--json")

    said = done.json()
    [one] = said["counterexamples"]
    assert done.code == 1
    assert {
        "name", "revision", "states", "transitions", "depth", "complete", "unfollowed", "undecided", "ends",
        "counterexamples",
    } == set(said)  # fmt: skip
    assert (["reaches_an_end"], True) == (said["undecided"], said["unfollowed"] > 1)
    assert one["invariant"] == "has_a_clock"
    assert one["choices"] == []
    assert "opened at tier 1" in one["timeline"][0]
    assert one["test"].startswith('"""A way in which this does not hold')


def test_explore_knows_policies_of_ones_own(file, run, tmp_path):
    """They are named as for other runs."""
    (tmp_path / "silent_ways.py").write_text(OWN, encoding="utf-8")
    own = '\n[[policies]]\nuse = "acme.silent"\n'

    done = run("explore", file(SOUND + own), "--policies", "silent_ways:Silent", "--depth", "1")

    assert (done.code, done.err) == (0, "")
    assert "no counterexample" in done.out


def test_explore_watches_monitors_of_a_file(file, run, tmp_path):
    """A rule that can be broken has its way; what is wrong with the file is told."""
    (tmp_path / "rules.toml").write_text(
        'never = [{ match = { status = "cancelled" }, name = "nobody gives up" }]', "utf-8"
    )
    done = run("explore", file(SOUND), "--depth", "2", "--monitors", "rules.toml")
    assert (done.code, done.err) == (1, "")
    assert "nobody gives up: " in done.out

    (tmp_path / "rules.toml").write_text("nver = []", "utf-8")
    done = run("explore", "support.toml", "--monitors", "rules.toml")
    assert (1, "") == (done.code, done.out)
    assert "file of monitors 'rules.toml' is not valid: nver: is not known here; did you mean 'never'?" in done.err
    assert 3 == run("explore", "support.toml", "--monitors", "nowhere.toml").code
