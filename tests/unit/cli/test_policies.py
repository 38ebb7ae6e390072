"""Policies of one's own on the command line."""

import pytest

from supporttiers import SupportDesk, SupportProcess

RULES = """
from supporttiers import Refusal, Reason


class NobodyCloses:
    name = "acme.nobody-closes"
    revision = 1

    def permit(self, situation):
        return Refusal(Reason("acme.no")) if situation.trigger == "close" else None
"""
FILE = """
process = { name = "own" }
tiers = [{ level = 1, name = "First" }]
policies = [{ use = "acme.nobody-closes" }]
limits = [{ name = "r", target = "1h", thresholds = [{ at = "100%", do = ["notify:manager"] }] }]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Stand in a directory with a process file and a module of rules."""
    (tmp_path / "own_rules_of_acme.py").write_text(RULES, encoding="utf-8")
    (tmp_path / "own.toml").write_text(FILE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    return tmp_path


NAMED = ("--policies", "own_rules_of_acme:NobodyCloses")


def test_process_file_with_policies_of_ones_own_is_checked_and_drawn(run, folder):
    """The class is named with the module in which it stands, also one of the current directory."""
    assert 1 == run("check", "own.toml").code
    assert 0 == run("check", "own.toml", *NAMED).code
    assert 0 == run("diagram", "own.toml", *NAMED).code


def test_modules_of_the_current_directory_are_found(run, folder, monkeypatch):
    """Also where the program's own directory is searched first."""
    monkeypatch.setattr("sys.path", [entry for entry in __import__("sys").path if entry])

    assert 0 == run("check", "own.toml", *NAMED).code


def test_case_with_policies_of_ones_own_is_shown(run, folder, url):
    """What the store keeps names the class; explaining needs it."""
    from own_rules_of_acme import NobodyCloses

    process = SupportProcess.from_toml("own.toml", policies=[NobodyCloses])
    with SupportDesk(process, store=url) as desk:
        desk.open(id="T-1", by="jane")

    assert 3 == run("show", "T-1", "--store", url).code
    assert 0 == run("show", "T-1", "--store", url, *NAMED).code


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("nowhere_at_all:X", "No module named 'nowhere_at_all'"),
        ("own_rules_of_acme:X", "module 'own_rules_of_acme' has no attribute 'X'"),
        (":X", "Empty module name"),
    ],
)
def test_class_that_cannot_be_imported_is_the_callers_matter(run, folder, name, problem):
    """The error says which, why, and how to name one."""
    done = run("check", "own.toml", "--policies", name)

    assert 2 == done.code
    how = "name a module and a class of it, such as 'mypkg.rules:ByPlan'"
    assert f"supporttiers: --policies {name!r} cannot be imported ({problem}); {how}\n" == done.err
