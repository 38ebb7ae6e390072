"""What Dovecot has said is played back, where there is none: see `tests/acceptance/test_mail_vendor.py`."""

import pytest
from tests.recorded.mailboxes import SCENARIOS, outcome
from tests.recorded.scenarios import HERE
from tests.servers import tape


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_dovecot_has_said_is_understood(name):
    """Word for word what is asked is what was asked of the live server, and what comes of it is the same."""
    with tape.played(tape.read(HERE / f"dovecot-{name}.txt")) as (port, differences):
        found = outcome(port, name)

    assert [] == differences
    assert SCENARIOS[name] == found
