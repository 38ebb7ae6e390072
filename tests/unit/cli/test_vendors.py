"""`vendors`: whether the vendors of a desk let us in."""

import pytest

MODULE = r'''
from supporttiers import AsyncSupportDesk, SupportDesk, SupportProcess
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.effects import VendorAnswer, VendorIdentity
from supporttiers.errors import VendorError


class Two:
    name = "two"

    def open(self, request, *, key):
        return VendorAnswer(remote_id="1")

    def fetch(self, remote_id):
        return VendorAnswer(remote_id="1")


class Unmapped(Two):
    name = "unmapped"

    def check(self):
        return VendorIdentity(account="us@here", statuses=("new", "paused"), unmapped=("paused",))


class Locked(Two):
    name = "locked"

    def check(self):
        raise VendorError(self.name, "it knows us as nobody", retryable=True, kind="auth")


class Odd(Two):
    name = "odd"

    def check(self):
        return "us"


class Broken(Two):
    name = "broken"

    def check(self):
        raise KeyError("secret")


process = SupportProcess.from_text("""
[process]
name = "house"
[[tiers]]
level = 2
name = "House"
[[tiers]]
level = 4
name = "Acme"
kind = "vendor"
vendor = "acme"
hands_back_to = [2]
[[contracts]]
vendor = "two"
withdraw = false
[[contracts]]
vendor = "unmapped"
withdraw = false
""")
other = SupportProcess.from_text("""
[process]
name = "other"
[[tiers]]
level = 4
name = "Acme"
kind = "vendor"
vendor = "acmee"
""")
fine = SupportDesk(process, vendors=[Unmapped(), Two(), InProcessVendor("acme")])
awaited = AsyncSupportDesk(process, vendors=[Unmapped(), Two(), InProcessVendor("acme")])
locked = SupportDesk(process, vendors=[Locked(), Two(), Odd(), Broken()])
lacking = SupportDesk([process, other], vendors=[Unmapped(), Two(), InProcessVendor("acme"), InProcessVendor("spare")])
none = SupportDesk(SupportProcess.from_text('[process]\nname = "x"\n[[tiers]]\nlevel = 1\nname = "x"'))
'''
FINE = """\
vendor    account  can                                                         problem
acme      acme     attach, changes, check, comment, find, set_status, withdraw  -
two       -        -                                                           -
unmapped  us@here  check                                                       -
unmapped: statuses that would be unknown: paused
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Stand in a directory with a desk."""
    (tmp_path / "vendors_of_acme.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")


@pytest.mark.parametrize("desk", ["fine", "awaited"])
def test_vendors_are_listed_with_what_they_can_do(run, desk):
    """By name, with our account there, and words of theirs that nobody has translated."""
    done = run("vendors", "--desk", f"vendors_of_acme:{desk}")

    assert (0, " ".join(FINE.split())) == (done.code, " ".join(done.out.split()))


def test_vendor_that_does_not_let_us_in_is_a_no(run):
    """The others are asked all the same; nothing is shown of errors that are not ours."""
    done = run("vendors", "--desk", "vendors_of_acme:locked", "--json")

    assert 1 == done.code
    found = {each["name"]: each["problem"] for each in done.json()["vendors"]}
    assert ("it knows us as nobody", None) == (found["locked"], found["two"])
    assert "its gateway gave str in place of VendorIdentity" == found["odd"]
    assert found["broken"].startswith("KeyError in vendor 'broken', vendors_of_acme.py:")
    assert "secret" not in done.out


def test_answer_for_programs_has_everything(run):
    """Name, account, capabilities, and unmapped words."""
    (one, *_) = run("vendors", "--desk", "vendors_of_acme:fine", "--json").json()["vendors"]

    assert {
        "name": "acme",
        "account": "acme",
        "capabilities": ["attach", "changes", "check", "comment", "find", "set_status", "withdraw"],
        "unmapped": [],
        "problem": None,
        "processes": ["house"],
    } == one


def test_vendor_that_a_process_needs_and_the_desk_lacks_is_a_no(run):
    """With the gateway that was probably meant; one that no process names is said to be so, and no failure."""
    done = run("vendors", "--desk", "vendors_of_acme:lacking")
    plain = run("vendors", "--desk", "vendors_of_acme:lacking", "--json").json()["vendors"]

    assert 1 == done.code
    assert "process 'other' names it, and this desk has no such gateway; did you mean 'acme'?" in done.out
    assert "spare: no process of this desk names it" in done.out.splitlines()
    assert {"acme": ["house"], "acmee": ["other"], "spare": [], "two": ["house"], "unmapped": ["house"]} == {
        each["name"]: each["processes"] for each in plain
    }
    assert ["acmee"] == [each["name"] for each in plain if each["problem"]]


def test_desk_without_vendors_says_so(run):
    """There is nobody to ask, nor to be asked."""
    done = run("vendors", "--desk", "vendors_of_acme:none")

    assert (0, "no vendor\n") == (done.code, done.out)
