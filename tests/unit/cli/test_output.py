import io
import sys

import pytest

from supporttiers.cli._output import complain, progress, safe, table, tolerant


class Terminal(io.StringIO):
    def isatty(self):
        """Say that a person is reading."""
        return True


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ÄÖ 漢字", "plain ÄÖ 漢字"),
        ("no\u00a0break", "no\u00a0break"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("two\nlines", "two\\nlines"),
        ("\u202eright to left", "\\u202eright to left"),
        ("\u2028", "\\u2028"),
        (7, "7"),
    ],
)
def test_safe_escapes_what_moves_a_terminal(text, shown):
    """Control characters and directions of writing are escaped; letters and blanks are not."""
    assert shown == safe(text)


def test_complaint_is_one_line(capsys):
    """Whatever an error says, it takes one line."""
    complain("one\n  - two\n\x1b")

    assert "supporttiers: one - two \\x1b\n" == capsys.readouterr().err


def test_table_sets_columns_side_by_side():
    """Columns are as wide as their widest cell; None is a dash."""
    assert ["id    tier", "T-1   2", "T-10  -"] == list(table(["id", "tier"], [["T-1", 2], ["T-10", None]]))


def test_tolerant_stream_writes_escapes():
    """A character that the encoding lacks is escaped instead of failing; other streams are left alone."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")

    tolerant(stream, io.StringIO())
    stream.write("漢")
    stream.flush()

    assert b"\\u6f22" == raw.getvalue()


def test_progress_is_shown_on_a_terminal(monkeypatch):
    """A terminal sees about a hundred steps of a long job, and in the end nothing."""
    monkeypatch.setattr(sys, "stderr", Terminal())

    with progress("verified", 250) as shown:
        for _ in range(250):
            shown.step()
    said = sys.stderr.getvalue()

    assert said.startswith("\rverified 2 of 250\rverified 4 of 250")
    assert said.endswith("\rverified 250 of 250\r\x1b[K")


def test_progress_is_silent_elsewhere(monkeypatch):
    """A file or pipe gets no progress, but the steps are counted."""
    monkeypatch.setattr(sys, "stderr", io.StringIO())

    with progress("verified", 2) as shown:
        shown.step()

    assert (1, "") == (shown.done, sys.stderr.getvalue())
