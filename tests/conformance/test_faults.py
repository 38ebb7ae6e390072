"""Every law of the suites can fail: for each there is a part that breaks it, and the law finds out."""

import importlib
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[2]
KINDS = {
    "notifiers": "NotifierSuite",
    "policies": "PolicySuite",
    "fact_sources": "FactSourceSuite",
    "vendors": "VendorSuite",
    "stores": "StoreSuite",
}
"""The modules of `faulty/`, each with the suite whose laws its parts break."""
MORE = {"notifiers": ["TestSoundAfterAll::test_message_goes_out"]}


def laws_of(suite):
    """Name the laws of a suite."""
    return {name for name in dir(suite) if name.startswith("test_")}


def faults_of(module):
    """Give the faults of a module: of each law the parts that break it."""
    return importlib.import_module(f"tests.conformance.faulty.{module}").FAULTS


def suite_of(module):
    """Give the suite whose laws the parts of a module break."""
    return getattr(importlib.import_module("supporttiers.testing.suites"), KINDS[module])


@cache
def failures_of(module):
    """
    Try each part on the law that it breaks, and a sound one on all laws, in a process of their own.

    Returns:
        The laws that fail, by suite, and what each said.
    """
    file = ROOT / "tests" / "conformance" / "faulty" / f"{module}.py"
    tried = [f"{file}::Test{kind.__name__}::{law}" for law, kinds in faults_of(module).items() for kind in kinds]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"--junitxml={report}",
            "-o", "junit_family=xunit1", "-o", "addopts=--import-mode=importlib", "--tb=line",
            *tried, f"{file}::TestSound", *(f"{file}::{test}" for test in MORE.get(module, ())),
        ]  # fmt: skip
        done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=300)
        assert 1 == done.returncode, done.stdout[-4000:] + done.stderr[-4000:]
        cases = list(ET.parse(report).iter("testcase"))
    failed = {}
    for case in cases:
        suite, law = case.attrib["classname"].rpartition(".")[2], case.attrib["name"].partition("[")[0]
        for found in [*case.iter("failure"), *case.iter("error")]:
            failed.setdefault(suite, {}).setdefault(law, []).append(found.attrib["message"])
    return failed


@pytest.mark.parametrize("module", KINDS)
def test_every_law_has_a_part_that_breaks_it(module):
    """A law that nothing can break would prove nothing."""
    assert laws_of(suite_of(module)) == set(faults_of(module))


@pytest.mark.parametrize("module", KINDS)
def test_law_finds_the_part_that_breaks_it(module):
    """Each faulty part fails the law that it is made to break."""
    failed = failures_of(module)
    missed = [
        f"{law} does not find {kind.__name__}"
        for law, kinds in faults_of(module).items()
        for kind in kinds
        if law not in failed.get(f"Test{kind.__name__}", ())
    ]

    assert [] == missed


@pytest.mark.parametrize("module", KINDS)
def test_sound_part_keeps_every_law(module):
    """The faulty ones are made of one that breaks nothing."""
    assert "TestSound" not in failures_of(module)


def test_waived_law_that_is_kept_is_reported():
    """A waiver that is no longer needed fails, and says its reason."""
    failed = failures_of("notifiers")

    assert {"test_message_goes_out": ["[XPASS(strict)] it was once so"]} == failed["TestSoundAfterAll"]


@pytest.mark.parametrize("module", ["notifiers", "policies", "vendors"])
def test_law_says_what_is_wrong(module):
    """In words, before what was compared: its reader is the author of a plugin, and has not written the law."""
    said = [text for laws in failures_of(module).values() for texts in laws.values() for text in texts]

    assert said
    assert [] == [text for text in said if text.startswith("AssertionError: assert")]


def test_law_says_what_a_gateway_was_answered_and_what_is_expected():
    """By number and content type: the answer came from the proxy of the suite, and its author has not seen it."""
    said = "\n".join(failures_of("vendors")["TestGuessesAnswers"]["test_broken_answer_is_told"])

    assert (
        "`open` takes for success what is none: it was answered 502 (text/html); "
        "expected is a VendorError of kind 'unavailable'"
    ) in said


def test_law_shows_what_was_compared():
    """As in tests of one's own."""
    [said] = failures_of("policies")["TestNeedsMore"]["test_every_need_has_an_example"]

    assert said.startswith("AssertionError: give an example of fact 'contract' in `facts`\n")
    assert "assert [] == ['contract']" in said
