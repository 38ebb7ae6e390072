"""Scenario files as tests: which files are collected, and what a failing one tells."""

import re

import pytest

from supporttiers.testing import Scenario

STORY = """
scenario = { process = "acme.toml", start = "2026-03-23 09:00" }

[[scenarios]]
title = "Nobody looks at it"
steps = [{ do = "open", by = "jane", subject = "SECRET" }, { at = "09:20", then = { tier = 2 } }]

[[scenarios]]
title = "Somebody looks at it"
steps = [{ do = "open", by = "jane", subject = "SECRET" }, { at = "09:20", then = { tier = 3 } }]
"""


def written(pytester, text, name="story.scenario.toml"):
    """Write a file."""
    (pytester.path / name).write_text(text, "utf-8")


def test_scenarios_are_tests(run, pytester):
    """Each of a file, and no other TOML; a failing one tells the step and the timeline, once, and no texts."""
    written(pytester, STORY)
    written(pytester, "a = 1", "scenario.toml")
    result = run("-v", "--supporttiers-report=page.html")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["story.scenario.toml::Nobody looks at it PASSED*"])
    shown = result.stdout.str()
    assert (
        "scenario 'Somebody looks at it' fails at step 2, Mon 2026-03-23 09:20, time passes\n  asked: tier=3\n" in shown
    )
    assert 1 == shown.count("case T-1: t1 09:00 -> t2 09:15 (tier 1)")
    assert "Traceback" not in shown
    assert "SECRET" not in shown
    page = (pytester.path / "page.html").read_text("utf-8")
    assert ["Nobody looks at it", "Somebody looks at it"] == re.findall(r"scenario\.toml::(.*?)</h2>", page)


def test_scenarios_are_chosen_as_tests_are(run, pytester):
    """By file, by title, by words of it."""
    written(pytester, STORY)

    run("story.scenario.toml::Nobody looks at it").assert_outcomes(passed=1)
    run("-k", "Nobody").assert_outcomes(passed=1, deselected=1)
    run("-p", "no:supporttiers", "-p", "no:supporttiers.testing.pytest_plugin").assert_outcomes()


def test_scenario_without_a_process_has_that_of_the_settings(run, pytester):
    """As the fixtures do."""
    pytester.makeini("[pytest]\nsupporttiers_process = acme.toml\n")
    written(pytester, STORY.replace('process = "acme.toml", ', ""))

    run("-k", "Nobody").assert_outcomes(passed=1, deselected=1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'scenario.process = "acme.toml"\nsteps = [{ do = "open", by = "jane" }, { att = 1 }]',
            "scenario file '*story.scenario.toml' is not valid: steps[[]1].att: is not known here; did you mean 'at'*",
        ),
        (
            STORY.replace("acme", "acne"),
            "*scenario.process: process '*acne.toml' is not valid: the file*",
        ),
    ],
)
def test_file_that_is_not_valid_is_an_error_of_its_own(run, pytester, text, said):
    """It names file, scenario and step, and shows none of our lines."""
    written(pytester, text)
    result = run()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([said])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_scenario_that_cannot_be_played_says_why(run, pytester):
    """In one line; what is no error of ours is shown as pytest shows it."""
    written(pytester, STORY.replace("start =", 'directory = "nobody.toml", start ='))
    run("-k", "Nobody").stdout.fnmatch_lines(["directory '*nobody.toml' is not valid: the file cannot be read*"])

    written(pytester, STORY)
    conftest = "def pytest_collection_modifyitems(items):\n    items[0]._scenario = None\n"
    result = run("-k", "Nobody", conftest=conftest)
    result.stdout.fnmatch_lines(["E*AttributeError: 'NoneType' object has no attribute 'play'"])


def test_reading_that_goes_wrong_otherwise_is_shown(run, pytester, monkeypatch):
    """What is no error of ours is shown as pytest shows it."""
    written(pytester, STORY)
    monkeypatch.setattr(Scenario, "all_from_toml", lambda *_, **__: 1 / 0)

    run().stdout.fnmatch_lines(["E*ZeroDivisionError: division by zero"])
