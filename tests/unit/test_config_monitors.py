"""Monitors in files: the names that they have in Python, each fault at its place."""

import pickle
from datetime import timedelta
from pathlib import Path

import pytest

from supporttiers import DefinitionError, Match, Not, SupportProcess, WorkingHours
from supporttiers.config.monitors import MonitorsError, monitors_of, nobody, read_monitors, told_of
from supporttiers.errors import InputError, PolicyConfigError
from supporttiers.testing import Disclosed, MonitorViolatedError, Rehearsal, Told, always, never

OFFICE = WorkingHours(name="office", zone="UTC", week={"mon-fri": "09:00-17:00"})
RULES = """
[[never]]
match = [{ assignee = "", tier = 2 }, { owner = { not = ["anna", ""] }, any = [{ status = "queued" }] }]
told = ["on_call", { to = ["manager", "mia"], reason = "move.limit" }]
when = { customer = "vip", "attributes.room" = "" }
longer_than = "30m"
outside = "office"

[[always]]
match = { kind = "incident" }
within = "shop"
name = "only incidents"

[[never]]
disclosed = true

[[never]]
disclosed = "requester"

[[never]]
disclosed = ["requester", "acme-print"]

[calendars.shop]
week = { sat = "09:00-12:00" }
"""


@pytest.fixture
def file(tmp_path):
    """Write a file, and give its path."""

    def write(text):
        path = tmp_path / "rules.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def test_rules_are_those_of_python(file):
    """What stands in a file is what `never` and `always` make."""
    first, *words, second = read_monitors(file(RULES), calendars={"office": OFFICE})
    to = ["requester", "acme-print"]
    assert [never(Disclosed()), never(Disclosed("requester")), never(Disclosed(to))] == words

    meant = (
        Match(assignee=None, tier=2) | Told("on_call")
    ) | Told(["manager", "mia"], reason="move.limit")  # fmt: skip
    assert never(
        meant, when=Match({"attributes.room": ""}, customer="vip"), longer_than="30m", outside=OFFICE
    ).conditions[0] == first.conditions[0]  # fmt: skip
    assert Match(owner=Not(["anna", None]), any=[Match(status="queued")]) == first.conditions[1]
    assert (Told("on_call"), Told(["manager", "mia"], reason="move.limit")) == first.conditions[2:]
    assert Match({"attributes.room": ""}, customer="vip") == first.when
    assert (timedelta(minutes=30), OFFICE, False) == (first.longer_than, first.outside, first.wanted)
    assert ("only incidents", "shop", True) == (str(second), second.within.name, second.wanted)
    assert always(Match(kind="incident"), within=second.within, name="only incidents") == second


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("nver = []", "nver", "is not known here; did you mean 'never'?"),
        ("never = 7", "never", "must be a list of tables, not int"),
        ("never = [7]", "never[0]", "must be a table, not int"),
        (
            "never = [{ when = { tier = 1 } }]",
            "never[0]",
            "says nothing that must never be so; say it with `match`, `told` or",
        ),
        ("always = [{ when = { tier = 1 } }]", "always[0]", "says nothing that must always be so; say it with `match`"),
        ('always = [{ told = "manager" }]', "always[0].told", "is not known here"),
        ("never = [{ match = 7 }]", "never[0].match", "condition: must be a table of fields, not int"),
        ("never = [{ match = { tire = 7 } }]", "never[0].match", "tire: is no field of a case; did you mean 'tier'?"),
        ("never = [{ match = { any = 7 } }]", "never[0].match", "any: must be a list of conditions, not int"),
        ("never = [{ disclosed = 7 }]", "never[0].disclosed", "must be true, a name, or a list of names, not int"),
        ("never = [{ disclosed = [7] }]", "never[0].disclosed", "must be a text, not int"),
        ("never = [{ told = 7 }]", "never[0].told", "must be a name, or a table, not int"),
        ('never = [{ told = { too = "x" } }]', "never[0].told", "too: is not known here; did you mean 'to'?"),
        ('never = [{ told = "x", longer_than = "soon" }]', "never[0].longer_than", "'soon' is not a duration"),
        ('never = [{ told = "x", longer_than = "-1m" }]', "never[0].longer_than", "must be longer than zero"),
        ('never = [{ told = "x", outside = "shop" }]', "never[0].outside", "names no calendar; possible are: none"),
        (
            'never = [{ told = "x", outside = "a", within = "a" }]\ncalendars.a.week = { mon = "09:00-10:00" }',
            "never[0].outside",
            "goes together with no 'within'; say one of them",
        ),
        ("calendars = { a = { week = 7 } }", "calendars.a.week", "must be"),
        ("never = [{ a = nan }]", "never[0].a", "must be a finite number"),
        ("a =", "line 1, column 4", "is not valid TOML"),
    ],
)
def test_fault_has_its_place(file, text, place, problem):
    """And says what is possible."""
    with pytest.raises(MonitorsError) as caught:
        read_monitors(file(text))

    found = {fault.place: fault.problem for fault in caught.value.faults}
    assert found[place].startswith(problem)


def test_error_is_a_value(file):
    """It lists all faults, carries a reason, pickles, and names the file."""
    with pytest.raises(MonitorsError) as caught:
        read_monitors(file("a = 1\nb = 2"))
    error = caught.value

    assert isinstance(error, DefinitionError)
    assert ("monitors.faults", 2) == (error.reason.code, error.reason.params["count"])
    assert "rules.toml' is not valid, 2 faults:\n  - a: is not known here" in str(error)
    assert str(error) == str(pickle.loads(pickle.dumps(error)))
    with pytest.raises(MonitorsError, match=r"monitors 'nowhere\.toml' is not valid: the file cannot be read"):
        read_monitors("nowhere.toml")


def test_rehearsal_takes_the_path_of_a_file(file):
    """In place of monitors; its calendars are those of the process."""
    process = SupportProcess.from_toml(Path(__file__).parents[2] / "examples" / "acme.toml")
    path = file('never = [{ match = { tier = 2 }, within = "office" }]')
    with Rehearsal(process, start="2026-03-23T09:00Z", monitors=path) as rehearsal:
        rehearsal.open("Printer", by="jane")
        with pytest.raises(MonitorViolatedError, match="never tier=2, within the hours"):
            rehearsal.advance("20m")
    assert rehearsal.monitors == read_monitors(str(path), calendars=process.calendars_by_name)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (7, "monitors must be monitors, or the path of their file, not int"),
        ([7], "monitors must be monitors, made by never(...) or always(...), not int"),
    ],
)
def test_what_is_no_monitor_is_refused(given, problem):
    """The error names the parameter."""
    with pytest.raises(InputError) as caught:
        monitors_of(given, {})
    assert problem == str(caught.value)


def test_nobody_is_an_empty_text():
    """Of the fields of a case, at any depth; whatever is no condition is left for who reads it to refuse."""
    said = {"all": [{"assignee": ["anna", ""]}], "any": 7, "facts.plan": "", "tier": 1}

    assert {"all": [{"assignee": ["anna", None]}], "any": 7, "facts.plan": "", "tier": 1} == nobody(said)
    assert 7 == nobody(7)
    with pytest.raises(PolicyConfigError, match="told: must be a name"):
        told_of(7)
