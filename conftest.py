"""
Runs the documentation.

The python blocks of README.md and docs/ run through Sybil, block after block, one namespace and one temporary working
directory a document; the process files of examples/ lie in that directory. Docstring examples of src run through
pytest's doctest, each docstring by itself.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sybil import Sybil
from sybil.integration.pytest import SybilItem
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

ROOT = Path(__file__).parent

pytest_plugins = ["pytester"]  # the tests of our own plugin run pytest

# The same examples on every run, so that a red build is red for everyone.
# HYPOTHESIS_PROFILE=explore looks for new ones.
settings.register_profile(
    "ci", derandomize=True, deadline=None, database=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, max_examples=2_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def _enter_workplace(namespace):
    """Go to a new directory that holds the process files of the examples."""
    workplace = tempfile.TemporaryDirectory(prefix="supporttiers-docs-")
    namespace["_workplace"] = workplace, Path.cwd()
    for process_file in ROOT.glob("examples/*.toml"):
        shutil.copy(process_file, workplace.name)
    os.chdir(workplace.name)


def _leave_workplace(namespace):
    """Go back, and take the directory away."""
    workplace, home = namespace.pop("_workplace")
    os.chdir(home)
    workplace.cleanup()


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["README.md", "docs/*.md", "docs/**/*.md"],
    setup=_enter_workplace,
    teardown=_leave_workplace,
).pytest()


def pytest_itemcollected(item):
    """
    Report what goes wrong around a block, such as a warning about a file left open.

    Sybil's own filter knows only errors inside a block; any other ends the whole run (simplistix/sybil#118).
    """
    if isinstance(item, SybilItem):
        item._traceback_filter = lambda excinfo: excinfo.traceback  # noqa: SLF001


@pytest.fixture(autouse=True)
def _docstrings_leave_nothing_behind(request):
    """Give each docstring a working directory of its own."""
    if isinstance(request.node, pytest.DoctestItem):
        request.getfixturevalue("monkeypatch").chdir(request.getfixturevalue("tmp_path"))
