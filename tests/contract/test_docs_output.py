"""What a documentation page says that a block prints is what the block prints."""

import re
import shutil
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
BLOCKS = re.compile(r"^```python\n(?P<code>.*?)^```$(?:\n\n```text\n(?P<said>.*?)^```$)?", re.MULTILINE | re.DOTALL)


def printed(page):
    """Run a page's python blocks in order; give, for each that has its output below it, what it printed and says."""
    namespace = {"__name__": "__docs__"}
    found = []
    for block in BLOCKS.finditer(page.read_text("utf-8")):
        out = StringIO()
        with redirect_stdout(out):
            exec(block["code"], namespace)
        if block["said"] is not None:
            found.append((out.getvalue(), block["said"]))
    return found


def with_output(pages):
    """Give the pages on which a text block follows a python block."""
    return [page for page in pages if any(block["said"] for block in BLOCKS.finditer(page.read_text("utf-8")))]


@pytest.mark.parametrize("page", with_output(PAGES), ids=lambda page: str(page.relative_to(ROOT)))
def test_page_shows_what_its_blocks_print(page, tmp_path, monkeypatch):
    """A text block right below a python block is what that block prints."""
    for process_file in ROOT.glob("examples/*.toml"):
        shutil.copy(process_file, tmp_path)
    monkeypatch.chdir(tmp_path)

    for said, shown in printed(page):
        assert shown == said
