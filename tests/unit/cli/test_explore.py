"""`explore`: what may become of the cases of a process file."""

import pytest

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
    assert "PROCESS = SupportProcess.from_toml('support.toml')" in done.out
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


def test_explore_answers_in_json(file, run):
    """All of it is there, tests included."""
    done = run("explore", file(STUCK), "--depth", "1", "--json")

    said = done.json()
    [one] = said["counterexamples"]
    assert done.code == 1
    assert {"name", "revision", "states", "transitions", "depth", "complete", "ends", "counterexamples"} == set(said)
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
    assert "monitors 'rules.toml' are not valid: nver: is not known here; did you mean 'never'?" in done.err
    assert 3 == run("explore", "support.toml", "--monitors", "nowhere.toml").code
