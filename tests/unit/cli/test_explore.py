"""`explore`: what may become of the cases of a process file."""

import json

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


def test_explore_tells_the_shortest_way(file, command):
    """It says how far it came, and each way with its timeline; the exit code is 1."""
    code, out, err = command("explore", file(STUCK), "--depth", "2")

    assert (code, err) == (1, "")
    assert "more lies beyond" in out
    assert "nobody waits without a clock: case T-1 is queued at tier 1, and nothing ever happens by itself" in out
    assert "  2026-01-05 09:00:00  jane (customer)  opened at tier 1" in out
    assert "def test_" not in out


def test_explore_prints_tests(file, command):
    """The tests read the same file."""
    code, out, _ = command("explore", file(STUCK), "--depth", "1", "--tests")

    assert code == 1
    assert "PROCESS = SupportProcess.from_toml('support.toml')" in out
    assert "def test_nobody_waits_without_a_clock():" in out


def test_explore_of_a_sound_process_finds_nothing(file, command):
    """Every way is followed to its end."""
    code, out, err = command("explore", file(SOUND), "--depth", "20")

    assert (code, err) == (0, "")
    assert "every way was followed to its end" in out
    assert "ended in: cancelled" in out
    assert out.endswith("no counterexample\n")


def test_explore_verifies_what_it_is_told_to(file, command):
    """Bounds and invariants are options."""
    code, out, _ = command(
        "explore", file(STUCK), "--invariant", "reaches_an_end", "--at-most", "1", "--within", "1h", "--depth", "1"
    )

    assert code == 0
    assert "1 states, 0 transitions, 0 deep" in out
    assert "ended in" not in out


def test_explore_answers_in_json(file, command):
    """All of it is there, tests included."""
    code, out, _ = command("explore", file(STUCK), "--depth", "1", "--json")

    said = json.loads(out)
    [one] = said["counterexamples"]
    assert code == 1
    assert {"name", "revision", "states", "transitions", "depth", "complete", "ends", "counterexamples"} == set(said)
    assert one["invariant"] == "has_a_clock"
    assert one["choices"] == []
    assert "opened at tier 1" in one["timeline"][0]
    assert one["test"].startswith('"""A way in which this does not hold')


def test_explore_knows_policies_of_ones_own(file, command, tmp_path):
    """They are named as for other commands."""
    (tmp_path / "silent_ways.py").write_text(OWN, encoding="utf-8")
    own = '\n[[policies]]\nuse = "acme.silent"\n'

    code, out, err = command("explore", file(SOUND + own), "--policies", "silent_ways:Silent", "--depth", "1")

    assert (code, err) == (0, "")
    assert "no counterexample" in out
