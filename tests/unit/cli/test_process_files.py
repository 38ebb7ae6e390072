import json
from pathlib import Path

import pytest

from supporttiers import SupportProcess
from supporttiers.config.json_schema import json_schema

ACME = Path(__file__).parents[3] / "examples" / "acme.toml"
BROKEN = '[process]\nname = "x"\nnaem = "y"\n[[tiers]]\nlevel = 1\n'


@pytest.fixture
def broken(tmp_path):
    """Give a process file with two faults."""
    file = tmp_path / "broken.toml"
    file.write_text(BROKEN, encoding="utf-8")
    return file


# -- init


def test_init_writes_a_valid_file(run, tmp_path):
    """What `init` writes is a process that can be used as it stands, comments included."""
    file = tmp_path / "mine.toml"

    done = run("init", file)

    assert 0 == done.code
    assert f"{file} written; edit it, then: supporttiers check {file}\n" == done.out
    assert [1, 2, 3, 4] == [tier.level for tier in SupportProcess.from_toml(file).tiers]
    assert file.read_text("utf-8").count("#") > 20


def test_init_without_a_name_writes_support_toml(run, tmp_path, monkeypatch):
    """The file has a name of its own unless told otherwise."""
    monkeypatch.chdir(tmp_path)

    assert {"file": "support.toml"} == run("init", "--json").json()
    assert Path("support.toml").is_file()


def test_init_examples_are_valid_once_uncommented(run, tmp_path):
    """The examples in comments are no less valid than the rest."""
    file = tmp_path / "mine.toml"
    run("init", file)
    starts = (
        "# [[", "# [calendars", "# when =", "# to =", "# default_priority", "# reopen_from", "# wait_reasons",
        "# calendar =", "# zone", "# week", "# closed", "# use", "# after", "# rules",
    )  # fmt: skip
    lines = file.read_text("utf-8").splitlines()
    file.write_text("\n".join(line[2:] if line.startswith(starts) else line for line in lines), encoding="utf-8")

    process = SupportProcess.from_toml(file)

    assert 4 == len(process.policies)
    assert ("office", ["office"]) == (process.calendar, [calendar.name for calendar in process.calendars])
    assert ("spare_part",) == process.wait_reasons


def test_init_leaves_a_file_alone(run, tmp_path):
    """A file that is there stays as it is."""
    file = tmp_path / "mine.toml"
    file.write_text("precious", encoding="utf-8")

    done = run("init", file)

    assert (3, "") == (done.code, done.out)
    assert f"supporttiers: {file} exists already, and was left as it is; --force writes over it\n" == done.err
    assert "precious" == file.read_text("utf-8")


def test_init_writes_over_a_file_by_force(run, tmp_path):
    """`--force` is what it takes to lose a file."""
    file = tmp_path / "mine.toml"
    file.write_text("worthless", encoding="utf-8")

    assert 0 == run("init", file, "--force").code
    assert file.read_text("utf-8").startswith("# A support process")


def test_init_into_no_directory_is_the_operators_matter(run, tmp_path):
    """A directory that is not there is told with the file's name."""
    done = run("init", tmp_path / "nowhere" / "mine.toml")

    assert 3 == done.code
    assert done.err.endswith("mine.toml: No such file or directory\n")


# -- check


def test_check_sums_a_valid_file_up(run):
    """A valid file is answered with its tiers and limits."""
    done = run("check", ACME)

    assert (0, "") == (done.code, done.err)
    assert f"{ACME} is valid: process 'acme-it', revision {SupportProcess.from_toml(ACME).revision}" in done.out
    assert "2     Technical support  team    network, desktop  4           1" in done.out
    assert "tier 1   ola        15m                               at 100%: escalate" in done.out
    assert "critical 4h, high 8h, others 16h" in done.out
    assert "at 75%: notify:assignee; at 100%: notify:manager, escalate" in done.out


def test_check_of_a_process_without_limits_shows_tiers_only(run, tmp_path):
    """What is not there takes no room; a limit that does nothing says so."""
    bare, idle = tmp_path / "bare.toml", tmp_path / "idle.toml"
    bare.write_text('[process]\nname = "bare"\n[[tiers]]\nlevel = 1\nname = "One"\n', encoding="utf-8")
    limit = '[[limits]]\nname = "r"\ntarget = "1h"\n'
    idle.write_text(bare.read_text("utf-8") + limit + 'thresholds = [{ at = "50%" }]\n', encoding="utf-8")

    assert "agreement" not in run("check", bare).out
    assert "r      sla        1h      at 50%: -" in run("check", idle).out


def test_check_shows_calendars_and_warns_of_holidays_that_end(run, tmp_path):
    """What is open when stands with how long its holidays are known; holidays that end are a warning, and no fault."""
    file = tmp_path / "hours.toml"
    file.write_text(
        "process = { name = 'x' }\ntiers = [{ level = 1, name = 'First' }]\n"
        "limits = [{ name = 'r', target = '1h', thresholds = [{ at = '50%', do = ['notify:team'] }] }]\n"
        "[calendars.office]\nzone = 'Europe/London'\nweek = { mon = '09:00-17:00' }\n"
        "holidays = { source = 'the town', first = 2001, last = 2001, dates = [] }\n"
        "[calendars.bare]\nweek = { mon = '09:00-17:00' }\n",
        encoding="utf-8",
    )
    warning = "the holidays of calendar 'office' (the town) end with 2001-12-31; later days count as usual"

    done = run("check", file)

    assert 0 == done.code
    assert "calendar  zone           holidays known until" in done.out
    assert "office    Europe/London  2001-12-31 (the town)" in done.out
    assert "bare      UTC            -" in done.out
    assert f"\nwarning: calendars.office: {warning} [check.holidays_end]\n  add the years that follow\n" in done.out
    found = run("check", file, "--json").json()["findings"][-1]
    assert ("calendars.office", "check.holidays_end", warning) == (found["place"], found["code"], found["text"])


def test_check_as_json(run):
    """Programs get name, revision, tiers, limits, calendars and what is found."""
    answer = run("check", ACME, "--json").json()

    assert {
        "valid",
        "faults",
        "name",
        "revision",
        "priorities",
        "tiers",
        "limits",
        "calendars",
        "findings",
        "ignored",
    } == answer.keys()
    assert (True, [], ["tier 1", "resolve"]) == (answer["valid"], answer["faults"], answer["limits"])
    assert [1, 2, 4] == [tier["level"] for tier in answer["tiers"]]


def test_check_warns_of_what_is_suspicious(run, tmp_path):
    """A warning has its place, changes nothing about the answer, and is told to programs as data."""
    file = tmp_path / "late.toml"
    file.write_text(
        '[process]\nname = "late"\n[[tiers]]\nlevel = 1\nname = "One"\n'
        '[[limits]]\nname = "r"\ntarget = "1h"\npause = { status = "waiting", category = "x" }\n'
        'thresholds = [{ at = "-2h" }, { at = "100%", do = ["notify:manager"] }]\n',
        encoding="utf-8",
    )
    place = "limits[0].thresholds[0].at"
    done = run("check", file)

    assert 0 == done.code
    assert f"\nwarning: {place}: threshold -2h of limit 'r' lies before its start, and never fires [check" in done.out
    (warning,) = run("check", file, "--json").json()["findings"]
    assert {"place", "code", "severity", "params", "text", "fix"} == warning.keys()
    assert (place, "check.threshold_never", "warning") == (warning["place"], warning["code"], warning["severity"])
    assert {"limit": "r", "threshold": "-2h"} == warning["params"]


def test_check_lists_every_fault_with_its_place(run, broken):
    """All faults come at once, one a line, with the file's name before them as compilers have it."""
    done = run("check", broken)

    assert (1, "") == (done.code, done.err)
    assert f"{broken}: process.naem: is not known here; did you mean 'name'?" in done.out
    assert f"{broken}: tiers[0].name: is missing\n2 faults\n" in done.out


def test_check_of_one_fault_counts_it(run, tmp_path):
    """One fault is a fault."""
    file = tmp_path / "empty.toml"
    file.write_text("[process", encoding="utf-8")

    done = run("check", file)

    assert 1 == done.code
    assert f"{file}: line 1, column 9: is not valid TOML" in done.out
    assert done.out.endswith("\n1 fault\n")


def test_check_lists_faults_as_json(run, broken):
    """Programs get place and problem apart."""
    done = run("check", broken, "--json")

    assert 1 == done.code
    assert not done.json()["valid"]
    assert ["process.naem", "tiers[0].name"] == [fault["place"] for fault in done.json()["faults"]]


def test_check_of_a_missing_file_is_the_operators_matter(run, tmp_path):
    """A file that cannot be read has no faults; it is told apart by its exit code."""
    done = run("check", tmp_path / "no.toml")

    assert (3, "") == (done.code, done.out)
    assert f"supporttiers: {tmp_path / 'no.toml'}: the file cannot be read: No such file or directory\n" == done.err


ALONE = '[process]\nname = "alone"\n[[tiers]]\nlevel = 1\nname = "One"\nteams = ["front"]\n'


def test_check_of_a_dead_end_answers_no(run, tmp_path):
    """A finding of the worse kind is told with its code and what to do, and is told by the exit code, too."""
    file = tmp_path / "alone.toml"
    file.write_text(ALONE, encoding="utf-8")

    done = run("check", file)

    assert 1 == done.code
    assert "\nerror: tiers[0]: a case that is queued or in_progress at tier 1 (One) can stay so for ever" in done.out
    assert " [check.stuck]\n  give the tier a time_limit, or a limit whose thresholds tell somebody" in done.out


def test_check_of_a_sound_process_ends_with_its_summary(run, tmp_path):
    """Where nothing is found nothing more is said."""
    file = tmp_path / "mine.toml"
    run("init", file)

    done = run("check", file)

    assert 0 == done.code
    assert done.out.endswith("at 75%: notify:assignee; at 100%: notify:manager, escalate\n")


def test_check_tells_what_is_ignored_and_why(run, tmp_path):
    """What is meant is no answer of no; it is counted, and listed for programs."""
    file = tmp_path / "alone.toml"
    ignore = '[[check.ignore]]\ncode = "check.stuck"\nreason = "one room, one list on the wall"\n'
    file.write_text(ALONE + ignore, encoding="utf-8")
    two = tmp_path / "two.toml"
    second = '[[tiers]]\nlevel = 2\nname = "Two"\nhands_back_to = [1]\n'
    two.write_text(ALONE + "escalates_to = [2]\n" + second + ignore, encoding="utf-8")

    done = run("check", file)

    assert 0 == done.code
    assert done.out.endswith("\n\n1 finding is ignored, as the process says; --json lists them\n")
    assert [{"place": "tiers[0]", "code": "check.stuck", "why": "one room, one list on the wall"}] == (
        run("check", file, "--json").json()["ignored"]
    )
    assert "\n2 findings are ignored, as the process says" in run("check", two).out


def test_check_with_people_finds_empty_teams(run, tmp_path):
    """A file of people says who works where; one that is not valid is the caller's matter."""
    file, people = tmp_path / "alone.toml", tmp_path / "people.toml"
    file.write_text(ALONE, encoding="utf-8")
    people.write_text('[[agents]]\nid = "anna"\n', encoding="utf-8")

    found = run("check", file, "--people", people, "--json").json()["findings"]

    assert ("tiers[0].teams[0]", "check.team_empty") == (found[-1]["place"], found[-1]["code"])
    people.write_text('[[agents]]\nname = "Anna"\n', encoding="utf-8")
    assert "agents[0].id: is missing" in run("check", file, "--people", people).err


# -- diagram and schema


def test_diagram_draws_the_process(run):
    """The answer is Mermaid text, as the library gives it."""
    assert SupportProcess.from_toml(ACME).diagram() == run("diagram", ACME).out


def test_diagram_as_json(run):
    """Programs get the text beside name and revision."""
    answer = run("diagram", ACME, "--json").json()

    assert {"name", "revision", "diagram"} == answer.keys()
    assert SupportProcess.from_toml(ACME).diagram() == answer["diagram"]


def test_diagram_of_several_faults_points_to_check(run, broken):
    """An error is one line, however many faults there are."""
    done = run("diagram", broken)

    assert (1, "") == (done.code, done.out)
    said = f"supporttiers: process '{broken}' is not valid, 2 faults; 'supporttiers check {broken}' lists them\n"
    assert said == done.err


def test_diagram_of_one_fault_tells_it(run, tmp_path):
    """A single fault fits into the line."""
    file = tmp_path / "empty.toml"
    file.write_text('[process]\nname = "x"\n', encoding="utf-8")

    done = run("diagram", file)

    assert 1 == done.code
    assert "is not valid: tiers: is missing" in done.err


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_schema_is_that_of_the_library(run, option):
    """The schema is JSON anyway."""
    assert json.loads(json.dumps(json_schema())) == run("schema", *option).json()


def test_check_lists_faults_of_templates(run, tmp_path):
    """Words are judged with all the rest; what is only suspicious is a warning."""
    file = tmp_path / "words.toml"
    bare = (
        '[process]\nname = "bare"\n[[tiers]]\nlevel = 1\nname = "One"\n'
        '[[limits]]\nname = "r"\ntarget = "1h"\nthresholds = [{ at = "100%", do = ["notify:manager"] }]\n'
    )
    file.write_text(bare + '[[messages]]\nto = "requester"\ntext = "$tier"\n', encoding="utf-8")
    refused = run("check", file)
    file.write_text(bare + '[[messages]]\nto = "customer"\ntext = "$what"\n', encoding="utf-8")
    warned = run("check", file)

    assert (1, 0) == (refused.code, warned.code)
    assert "messages[0].text: names 'tier', which is not for customers" in refused.out + refused.err
    assert "'customers' may be meant" in warned.out + warned.err
