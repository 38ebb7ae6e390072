"""`diagram`, `ladder` and `timeline`: what the library draws, on the command line."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from supporttiers import SupportProcess

ACME = Path(__file__).parents[3] / "examples/acme.toml"


@pytest.mark.parametrize("form", ["svg", "html"])
def test_diagram_gives_what_the_library_draws(run, form):
    """In each format."""
    assert SupportProcess.from_toml(ACME).diagram(format=form) == run("diagram", ACME, "--format", form).out


def test_diagram_writes_a_file(run, tmp_path):
    """Over one that is there, and says so."""
    file = tmp_path / "acme.svg"
    file.write_text("old", encoding="utf-8")

    done = run("diagram", ACME, "--format", "svg", "--out", file)

    assert (0, f"{file} written\n", "") == (done.code, done.out, done.err)
    assert SupportProcess.from_toml(ACME).diagram(format="svg") == file.read_text("utf-8")


def test_diagram_makes_directories(run, tmp_path):
    """As the page of all rehearsals has them made, too."""
    file = tmp_path / "deep" / "down" / "acme.svg"

    assert 0 == run("diagram", ACME, "--format", "svg", "--out", file).code
    assert file.exists()


def test_diagram_that_cannot_be_written_says_so(run, tmp_path):
    """One line, and the exit code of what cannot be written."""
    (tmp_path / "no").write_text("a file", encoding="utf-8")
    done = run("diagram", ACME, "--out", tmp_path / "no" / "acme.mmd")

    assert (3, "") == (done.code, done.out)
    assert "exists" in done.err


def test_diagram_of_no_format_is_a_wrong_command_line(run):
    """The possible ones are named."""
    done = run("diagram", ACME, "--format", "png")

    assert 2 == done.code
    assert "mermaid" in done.err


def test_ladder_gives_what_the_library_gives(run):
    """As a table unless another form is asked for."""
    ladder = SupportProcess.from_toml(ACME).ladder()

    assert f"{ladder}\n" == run("ladder", ACME).out
    assert ladder.to_svg() == run("ladder", ACME, "--format", "svg").out
    assert ladder.to_html() == run("ladder", ACME, "--format", "html").out


def test_ladder_as_json(run):
    """Programs get the rows."""
    answer = run("ladder", ACME, "--json").json()

    assert {"name", "revision", "rows"} == answer.keys()
    assert {
        "tier": 1, "tier_name": "Service desk", "limit": "tier 1", "agreement": "ola", "allows": {"others": "15m"},
        "threshold": "100%", "after": {"others": "15m"}, "calendar": "office", "does": ["escalate"], "tells": [],
    } == answer["rows"][-1]  # fmt: skip


def test_timeline_gives_what_the_desk_draws(run, desk, case, url):
    """Up to the instant that is named, in the zone that is named."""
    until, berlin = datetime(2026, 3, 23, 10, tzinfo=UTC), ZoneInfo("Europe/Berlin")
    drawn = desk.timeline(case, zone=berlin, until=until)
    told = ["timeline", case.id, "--store", url, "--zone", "Europe/Berlin", "--until", "2026-03-23T11:00+01:00"]

    assert f"{drawn}\n" == run(*told).out
    assert drawn.to_svg() == run(*told, "--format", "svg").out
    assert drawn.to_html() == run(*told, "--format", "html").out
    assert "tier 1                 |....." in run(*told).out


def test_timeline_shows_nothing_that_people_wrote(run, case, url, tmp_path):
    """In no form, nor in JSON; files are written as they are by the other commands."""
    file = tmp_path / "T-1.html"
    run("timeline", case.id, "--store", url, "--format", "html", "--out", file)

    for out in (run("timeline", case.id, "--store", url, "--json").out, file.read_text("utf-8")):
        for written in ("Printer", "First line", "Which font?", "to be sure", "secret.png", "room"):
            assert written not in out


def test_timeline_as_json(run, case, url):
    """Programs get the lanes."""
    answer = run("timeline", case.id, "--store", url, "--json", "--until", "2026-03-23T10:00Z").json()

    assert {"case_id", "process", "events", "standing", "start", "end", "zone", "lanes"} == answer.keys()
    assert ("T-1", "support", "tier 2, queued") == (answer["case_id"], answer["process"], answer["standing"])
    assert ("2026-03-23T10:00:00+00:00", "UTC") == (answer["end"], answer["zone"])
    first = answer["lanes"][0]
    assert ("tier", "tier 1", "First contact", []) == (first["kind"], first["name"], first["about"], first["marks"])
    assert {
        "start": "2026-03-23T09:00:00+00:00", "end": "2026-03-23T09:15:00+00:00", "state": "queued",
        "status": "queued", "text": "",
    } == first["spans"][0]  # fmt: skip


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--zone", "Mars/North", "--zone must be the IANA name of a time zone, such as 'Europe/Berlin'"),
        ("--until", "soon", "--until 'soon' is not an ISO 8601 instant, such as '2026-03-23T09:00Z'"),
    ],
)
def test_timeline_refuses_what_it_cannot_read(run, case, url, option, value, said):
    """A wrong command line, in one line."""
    done = run("timeline", case.id, "--store", url, option, value)

    assert (2, "") == (done.code, done.out)
    assert said in done.err


def test_timeline_of_an_unknown_case_says_so(run, case, url):
    """The exit code is that of a no."""
    done = run("timeline", "T-77", "--store", url)

    assert (1, "") == (done.code, done.out)
    assert "T-77" in done.err
