"""What stores say of the errors of a database, whoever has wrapped them."""

import psycopg
import pytest
import sqlalchemy
from sqlalchemy.exc import DBAPIError

from supporttiers.backends.storage._statements import Work
from supporttiers.backends.storage.sqlalchemy import SqlAlchemyStore
from supporttiers.errors import StoreError


@pytest.mark.parametrize("kind", [psycopg.DataError, psycopg.errors.InvalidTextRepresentation])
def test_value_that_a_database_refuses_is_not_shown(kind):
    """What a driver says of it may hold what a customer has written; every kind of such an error is only named."""
    store = SqlAlchemyStore(sqlalchemy.create_engine("sqlite://"))
    refused = DBAPIError("SELECT", (), kind('invalid input syntax: "Jane Doe"'))

    with pytest.raises(StoreError) as raised:
        store._fail(Work("find cases", lambda: iter(())), refused)
    assert raised.value.problem == f"could not find cases: {kind.__name__}"
