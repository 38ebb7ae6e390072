"""Let pytest say, of a law that fails, what was compared: it does so by itself only for the modules of tests."""

from typing import Final

import pytest

_OF_LAWS: Final = (
    "_laws", "cases", "facts", "finding", "linking", "notifying", "outbox", "people", "policies", "redaction", "trust",
    "waking",
)  # fmt: skip

pytest.register_assert_rewrite(*(f"{__package__}.{module}" for module in _OF_LAWS))
