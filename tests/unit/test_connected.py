"""What stores say of the errors of a database, whoever has wrapped them."""

import asyncio

import psycopg
import pytest
import sqlalchemy
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from supporttiers.backends.storage._statements import Work
from supporttiers.backends.storage.sqlalchemy import AsyncSqlAlchemyStore, SqlAlchemyStore
from supporttiers.errors import StoreError
from supporttiers.testing.builders import NOON


@pytest.mark.parametrize("kind", [psycopg.DataError, psycopg.errors.InvalidTextRepresentation])
def test_value_that_a_database_refuses_is_not_shown(kind):
    """What a driver says of it may hold what a customer has written; every kind of such an error is only named."""
    store = SqlAlchemyStore(sqlalchemy.create_engine("sqlite://"))
    refused = DBAPIError("SELECT", (), kind('invalid input syntax: "Jane Doe"'))

    with pytest.raises(StoreError) as raised:
        store._fail(Work("find cases", lambda: iter(())), refused)
    assert raised.value.problem == f"could not find cases: {kind.__name__}"


def test_value_that_asyncpg_cannot_send_is_not_shown(postgres_url):
    """It says so itself, before the database is asked; SQLAlchemy makes another kind of error of that."""
    parts = conninfo_to_dict(postgres_url)
    named = {"user": "user", "host": "host", "port": "port", "dbname": "database", "password": "password"}

    async def ask():
        engine = create_async_engine(
            "postgresql+asyncpg://", connect_args={named[key]: value for key, value in parts.items() if key in named}
        )
        store = AsyncSqlAlchemyStore(engine)
        await store.upgrade()
        with pytest.raises(StoreError) as raised:
            await store.put_process("Jane Doe \ud800", "1", "{}", NOON)
        await engine.dispose()
        return raised.value.problem

    assert asyncio.run(ask()) == "could not keep a process: DataError"
