import importlib.metadata
import os
import subprocess
import sys

import pytest

from supporttiers import cli
from supporttiers.cli import _process_files, _show


def test_help_runs_as_a_module():
    """`python -m supporttiers --help` names every command and every exit code."""
    done = subprocess.run([sys.executable, "-m", "supporttiers", "--help"], capture_output=True, text=True, check=False)

    assert 0 == done.returncode
    assert "" == done.stderr
    for word in ("init", "check", "diagram", "schema", "replay", "show", "list", "verify", "130"):
        assert word in done.stdout


def test_start_loads_nothing_heavy():
    """Asking for help loads neither the engine nor a store."""
    script = (
        "import sys; from supporttiers.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'supporttiers.desk', 'supporttiers.process', 'cattrs', 'transitions'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.splitlines()[-1]


def test_version_is_that_of_the_package(run, monkeypatch):
    """`--version` says what is installed."""
    monkeypatch.setattr(importlib.metadata, "version", lambda name: f"1.2.3 of {name}")

    done = run("--version")

    assert (0, "supporttiers 1.2.3 of supporttiers\n") == (done.code, done.out)


def test_version_without_installation_says_so(run, monkeypatch):
    """Run from a directory of source, it has no version to tell."""

    def unknown(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", unknown)

    assert "supporttiers from a directory of source, not installed\n" == run("--version").out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "supporttiers: a command is missing; see 'supporttiers --help'\n"),
        (["show"], "supporttiers: show: the following arguments are required: CASE;"),
        (["frobnicate"], "invalid choice: 'frobnicate'"),
        (
            ["status", "--store", "x", "--process", "y"],
            "status: unrecognized arguments: --process y; see 'supporttiers st",
        ),
        (["db", "status", "--store", "x", "-y"], "unrecognized arguments: -y; see 'supporttiers db status --help'"),
        (["--frob"], "supporttiers: unrecognized arguments: --frob; see 'supporttiers --help'"),
        (["list", "--store", "sqlite:///x.db", "--tier", "one"], "supporttiers: list: argument --tier: invalid int"),
    ],
)
def test_wrong_command_line_ends_with_2_and_one_line(run, argv, said):
    """A wrong command line is told in one line that says where help is."""
    done = run(*argv)

    assert 2 == done.code
    assert "" == done.out
    assert said in done.err
    assert 1 == done.err.count("\n")
    assert "--help'" in done.err


def test_interruption_ends_with_130(run, monkeypatch):
    """Ctrl-C ends a command quietly."""

    def interrupted(_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(_show, "run", interrupted)
    done = run("show", "T-1", "--store", "sqlite:///x.db")

    assert (130, "", "supporttiers: interrupted\n") == (done.code, done.out, done.err)


def test_broken_pipe_ends_quietly(tmp_path):
    """When the reader of the output has gone, nothing is complained about."""
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "supporttiers", "schema"]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)

    assert (141, "") == (done.returncode, done.stderr)


def test_fault_of_the_program_itself_is_not_hidden(monkeypatch):
    """What is no error of ours is raised: a traceback is what a bug report needs."""

    def broken(_args):
        raise ZeroDivisionError

    monkeypatch.setattr(_process_files, "run_schema", broken)
    with pytest.raises(ZeroDivisionError):
        cli.main(["schema"])


def test_colour_never_comes(run, monkeypatch, case, url):
    """The same plain text is written whatever the terminal, so NO_COLOR has nothing to switch off."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = run("show", case.id, "--store", url, "--at", "2026-03-23T10:00Z").out
    monkeypatch.delenv("FORCE_COLOR")
    monkeypatch.setenv("NO_COLOR", "1")

    assert coloured == run("show", case.id, "--store", url, "--at", "2026-03-23T10:00Z").out
    assert "\x1b" not in coloured
