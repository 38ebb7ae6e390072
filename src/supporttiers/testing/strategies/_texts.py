"""What people write: ordinary words, and what has broken help desks before."""

from typing import Final

from hypothesis import strategies as st

MAX_TEXT_BYTES: Final = 64 * 1024
ORDINARY: Final = ("The printer is on fire.", "Wörter 字")
NASTY: Final = (
    "Принтер горит — プリンタ火事 🖨️🔥 👩‍👩‍👧 é",
    "\u202etxt.exe \u2066\u0645\u0631\u062d\u0628\u0627\u2069 \ufeff\u200b\u200f\u05e9\u05dc\u05d5\u05dd",
    "%s %d {0} {reason.code} $subject ${HOME} %(key)s {{macro}}",
    "<script>alert(1)</script> &amp; <!-- ]]> [a](javascript:x) @everyone",
    "'; DROP TABLE cases; -- \" $(id) `id` ../../etc/passwd",
    "=HYPERLINK(1) ST-ABCDEFGHIJKLMNOP [#T-1] Re: Fwd:",
    "bell \a escape \x1b[2J tab \t back \b del \x7f",
    "   ",
)
"""Each is one line, and so may be a subject, too."""
LINES: Final = ("Hello\nthere", "first\r\n.\r\nBcc: eve@example.org\r\n\r\n> quoted\n-- \nsent from my phone")
SAID: Final = ("", *ORDINARY, *NASTY, *LINES)
SUBJECTS: Final = ("", *ORDINARY, *NASTY)

_KEEPABLE: Final = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_IN_ONE_LINE: Final = st.characters(
    exclude_categories=["Cs", "Zl", "Zp"], exclude_characters="\0\n\r\x0b\x0c\x1c\x1d\x1e\x85"
)


def texts_of(*, max_size: int, lines: bool) -> st.SearchStrategy[str]:
    """Give what a customer may write, of so many characters at most."""
    known = [text for text in ((*SAID,) if lines else SUBJECTS) if len(text) <= max_size]
    any_text = st.text(_KEEPABLE if lines else _IN_ONE_LINE, max_size=max_size)
    return st.one_of(st.sampled_from(known), any_text)
