"""Let pytest say, of a law that fails, what was compared: it does so by itself only for the modules of tests."""

from typing import Final

import pytest

_OF_LAWS: Final = (
    "_laws", "_vendor_given", "cases", "facts", "finding", "linking", "notifying", "outbox", "people", "policies",
    "redaction", "trust", "vendor_calling", "vendor_desking", "vendor_failing", "vendor_hearing", "vendor_losing",
    "vendor_opening", "vendors", "waking",
)  # fmt: skip

pytest.register_assert_rewrite(*(f"{__package__}.{module}" for module in _OF_LAWS))
