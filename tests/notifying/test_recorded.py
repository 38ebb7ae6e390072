"""What Postfix said when it was there: played back, the notifier says the same, and comes to the same."""

import pytest
from tests.recorded.scenarios import HERE, SCENARIOS, outcome
from tests.servers import tape


@pytest.mark.parametrize("name", SCENARIOS)
def test_recorded_exchange_comes_to_the_same(name):
    """Every line of the notifier's is that on record; `make acceptance` makes the records."""
    address, expected = SCENARIOS[name]
    with tape.played(tape.read(HERE / f"postfix-{name}.txt")) as (port, differences):
        found = outcome(port, address)

    assert [] == differences
    assert expected == found


def test_recorded_exchange_is_not_answered_where_another_is_said():
    """A record that did not look at what is said would prove nothing."""
    with tape.played(tape.read(HERE / "postfix-delivered.txt")) as (port, differences):
        outcome(port, "bob@acme.test")

    assert [("RCPT TO:<anna@acme.test>", "RCPT TO:<bob@acme.test>")] == [
        tuple(line.replace("rcpt", "RCPT") for line in pair) for pair in differences
    ]
