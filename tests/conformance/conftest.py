"""What suites share: PostgreSQL, with a database a module and a schema a class; and a django-helpdesk a module."""

import itertools

import psycopg
import pytest
from tests.servers.django_helpdesk import django_helpdesk

from supporttiers.schema import statements

_TABLES = ("case", "event", "outbox", "key", "link", "vendor_ticket", "agent", "process")
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def url(_databases):
    """Give the URL of one PostgreSQL database for all tests of a module."""
    with _databases.fresh() as url:
        yield url


@pytest.fixture(scope="class")
def schema_and_prefix(url, request):
    """Make tables in a schema of the class's own, with its prefix and in its number of parts."""
    name, prefix = f"laws_{next(_NUMBERS)}", getattr(request.cls, "prefix", "supporttiers_")
    parts = getattr(request.cls, "partitions", 0)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
        for text in statements("postgresql", schema=name, prefix=prefix, partitions=parts):
            connection.execute(text)
    return name, prefix


@pytest.fixture
def schema(url, schema_and_prefix):
    """Name a schema with tables that are empty for each test."""
    name, prefix = schema_and_prefix
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(";".join(f"DELETE FROM {name}.{prefix}{table}" for table in _TABLES))
    return name


@pytest.fixture(scope="module")
def helpdesk():
    """Run a django-helpdesk for all tests of a module."""
    with django_helpdesk() as found:
        yield found
