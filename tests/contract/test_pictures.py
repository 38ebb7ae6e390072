"""The pictures of the documentation are those that the library draws today, and each is shown somewhere."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs/pictures"
DRAWN = dict(runpy.run_path(str(ROOT / "examples/pictures.py"))["pictures"]())
PAGES = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
SHOWN = re.compile(r"!\[([^\]]*)\]\((?:[^)]*/)?pictures/([^)]+)\)")


def test_pictures_are_those_that_are_drawn():
    """No picture is left over, and none is missing."""
    assert DRAWN.keys() == {path.name for path in PICTURES.iterdir()}


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_picture_is_up_to_date(name):
    """It is what the library draws: `make pictures` draws it anew."""
    assert DRAWN[name] == (PICTURES / name).read_text("utf-8"), "make pictures draws them anew"


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_picture_is_shown_with_words_for_those_who_cannot_see_it(name):
    """Some page shows it, and says what can be seen."""
    words = [said for page in PAGES for said, shown in SHOWN.findall(page.read_text("utf-8")) if shown == name]

    assert words
    assert all(len(said.split()) > 4 for said in words)
