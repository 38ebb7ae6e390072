"""What procedures on PostgreSQL do with answers that are hard to bring about: the answers are handed in."""

import attrs
import pytest

from supporttiers.backends.storage._find import PostgresFinding
from supporttiers.backends.storage._postgres_procedures import PostgresProcedures
from supporttiers.clock import IdFactory
from supporttiers.errors import StoreError
from supporttiers.match import AtMost, Match
from supporttiers.schema import VERSION, Names
from supporttiers.testing.builders import key_use, opening


@pytest.fixture
def writing():
    """Begin to commit an opening under an idempotency key."""
    procedures = PostgresProcedures(Names(), IdFactory())
    procedure = procedures.commit([attrs.evolve(opening(), used=key_use("k"))])
    next(procedure)
    return procedure


def test_key_is_freed_when_another_opened_the_case_first(writing):
    """Two open one id at one instant under two keys: the loser's key must not stay used without its command."""
    statement = writing.send([("acme", None, "k")])

    assert statement.text.startswith("DELETE FROM supporttiers_key")
    assert statement.values == ("acme", "k")
    with pytest.raises(StopIteration) as ended:
        writing.send(1)
    assert ended.value.value == [False]


def test_tables_closed_by_a_newer_release_are_refused_in_the_same_statement(writing):
    """An old worker that has its connection open learns of it with the answer to its write."""
    with pytest.raises(StoreError, match=f"schema version 7 on, and this one knows {VERSION}"):
        writing.send([(None, None, "7")])


def test_nothing_is_less_than_what_is_no_number():
    """PostgreSQL would take NaN for the greatest of all numbers; Python compares with it in vain."""
    text, values = PostgresFinding(Names()).condition_of(Match({"attributes.load": AtMost(float("nan"))}))

    assert "AND FALSE" in text
    assert values == ["load"]
