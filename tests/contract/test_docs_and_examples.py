"""The examples run; the blocks of README.md and docs/ run too, by way of the conftest.py at the root."""

import logging
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
ELSEWHERE = {"demo.py"}
"""tests/acceptance/test_demo.py plays a shorter month, and looks at what it says."""
APART = {"webhooks_django.py"}
"""They set Django up, which can be done once in a process."""
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize(
    "script", [script for script in EXAMPLES if script.name not in ELSEWHERE], ids=lambda script: script.name
)
def test_example_runs(script, tmp_path, monkeypatch, capsys):
    """An example runs to its end from any directory, says something, and fails with no error."""
    if script.name in APART:
        done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (0, "") == (done.returncode, done.stderr)
        assert done.stdout.strip()
        return
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(script)])
    monkeypatch.syspath_prepend(str(script.parent))

    logger = logging.getLogger("supporttiers")
    level = logger.level
    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as stop:
        assert stop.code in {None, 0}  # noqa: PT017
    finally:
        logger.setLevel(level)  # what an example asks for must not silence the tests that come after it

    assert capsys.readouterr().out.strip()


def test_examples_include_the_demo():
    """`make demo` has something to run, and what runs elsewhere is there."""
    assert ELSEWHERE <= {script.name for script in EXAMPLES}


def test_readme_has_an_example_that_is_run():
    """The first page shows code, in a block that the documentation run picks up."""
    assert re.search(r"^```python$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_document_links_lead_somewhere(document):
    """A relative link of a document names a file that exists."""
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", document.read_text("utf-8"))

    assert [] == [target for target in targets if not (document.parent / target).exists()]


def test_page_on_calls_of_vendors_shows_what_runs():
    """Its pieces stand in the two examples, as they are."""
    page = (ROOT / "docs/how-to/mount-webhooks.md").read_text("utf-8")
    pieces = re.findall(r"^```py\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    texts = [(ROOT / "examples" / f"webhooks_{name}.py").read_text("utf-8") for name in ("fastapi", "django")]

    assert 2 == len(pieces)
    assert [] == [piece for piece, text in zip(pieces, texts, strict=True) if piece not in text]
