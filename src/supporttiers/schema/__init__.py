"""
Schema: the tables and migrations as text, for the stores themselves, for Django, Alembic and tests.

Every table is named `supporttiers_...`, or with a prefix of the host's, and `tenant` is in every key. Instants are
whole microseconds since 1970 in UTC. What other software may rely on is the view `supporttiers_cases`: one row a case,
with the columns that `find` can speak about, `subject`, `wakes_at` and `parked_at`, and what holds several values
(`tags`, `watchers`, `vendors`, `vendors_waiting`, `vendors_unacknowledged`, `vendors_unreachable`, `attributes`) as
JSON; its instants are what the database takes for such. It is for reading and joining; the tables below it may change
with any release.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import attrs

from supporttiers.errors import InputError, StoreError
from supporttiers.schema import _postgresql, _sqlite

_MIGRATIONS: Final[Mapping[str, Mapping[int, tuple[str, ...]]]] = {
    "sqlite": {1: _sqlite.VERSION_1, 2: _sqlite.VERSION_2, 3: _sqlite.VERSION_3},
    "postgresql": {2: _postgresql.VERSION_2, 3: _postgresql.VERSION_3},
}

VERSION: Final = 3
"""The version of the schema that this release reads and writes."""

DIALECTS: Final = tuple(_MIGRATIONS)
"""The databases whose tables are known."""

MAX_PARTITIONS: Final = 1024
"""Into how many parts a table can be made at most."""

_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,30}")
_TABLES: Final = (
    "case",
    "event",
    "outbox",
    "key",
    "link",
    "vendor_ticket",
    "vendor_cursor",
    "agent",
    "process",
    "version",
)
_TABLE: Final = re.compile(
    r"\bsupporttiers_(version|(?:case|event)(?:_part_\d+)?|cases|outbox|key|link|vendor_ticket|vendor_cursor|agent|process)"
    r"\b"
)


def _identifier(_instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if value is not None and not (isinstance(value, str) and _NAME.fullmatch(value)):
        problem = "must be a name of small letters, digits and underscores, at most 31 characters"
        raise InputError("", attribute.name, problem)


@attrs.frozen
class Names:
    """
    How the tables are named.

    >>> Names("st_", "support").put_into("SELECT id FROM supporttiers_case")
    'SELECT id FROM support.st_case'

    Attributes:
        prefix: What their names begin with.
        schema: The schema in which they lie (PostgreSQL); where the connection looks first, when None.
    """

    prefix: str = attrs.field(default="supporttiers_", validator=_identifier)
    schema: str | None = attrs.field(default=None, validator=_identifier)

    def place(self, dialect: str) -> str:
        """Say where tables of these names are looked for."""
        table = self.put_into("supporttiers_version")
        along = dialect == "postgresql" and self.schema is None
        return f"table {table}{', along the search_path of the connection' if along else ''}"

    def put_into(self, text: str) -> str:
        """Give a statement with these names; indexes have the prefix, and lie where their table does."""
        if self.schema is None and self.prefix == "supporttiers_":
            return text
        where = "" if self.schema is None else f"{self.schema}."
        named = text.replace("DROP INDEX supporttiers_", f"DROP INDEX {where}\0")
        named = _TABLE.sub(lambda found: f"{where}\0{found[1]}", named)
        return named.replace("supporttiers_", self.prefix).replace("\0", self.prefix)


def statements(
    dialect: str, *, since: int = 0, prefix: str = "supporttiers_", schema: str | None = None, partitions: int = 0
) -> tuple[str, ...]:
    """
    Give the statements that bring a schema up to `VERSION`; run them in order, in one transaction.

    >>> statements("sqlite", since=VERSION)
    ()

    Args:
        dialect: `sqlite` or `postgresql`.
        since: The version that is there; 0 for an empty database.
        prefix: What the names of tables and indexes begin with.
        schema: The schema in which the tables lie (PostgreSQL); it has to exist.
        partitions: Into how many parts, by a hash of tenant and case, the tables of cases and events are made
            (PostgreSQL); tables that are there already stay as they are.

    Returns:
        The statements, without a semicolon; the last one of each version writes that version down.

    Raises:
        InputError: There is no such dialect or version, a name is none, or these cannot be so many partitions.
    """
    steps = _MIGRATIONS.get(dialect)
    if steps is None:
        raise InputError("", "dialect", f"must be one of: {', '.join(_MIGRATIONS)}")
    if since not in {0, *steps}:
        possible = ", ".join(map(str, (0, *steps)))
        raise InputError("", "since", f"is {since}; possible is one of: {possible}")
    if schema is not None and dialect == "sqlite":
        raise InputError("", "schema", "is nothing that SQLite has; give the tables a prefix instead")
    if partitions not in range(MAX_PARTITIONS + 1) or (partitions and dialect != "postgresql"):
        problem = f"is {partitions}; possible is 0 to {MAX_PARTITIONS} on postgresql, and 0 elsewhere"
        raise InputError("", "partitions", problem)
    names = Names(prefix, schema)
    texts = [text for version, step in steps.items() if version > since for text in step]
    if partitions:
        texts = [part for text in texts for part in _postgresql.parted(text, partitions)]
    return tuple(map(names.put_into, texts))


def drop_statements(*, prefix: str = "supporttiers_", schema: str | None = None) -> tuple[str, ...]:
    """
    Give the statements that take away what `statements` makes, with all that stands in it: the way back of a migration.

    >>> drop_statements(prefix="help_")[0]
    'DROP VIEW help_cases'

    Args:
        prefix: What the names of the tables begin with.
        schema: The schema in which the tables lie (PostgreSQL).

    Raises:
        InputError: A name is none.
    """
    names = Names(prefix, schema)
    tables = (names.put_into(f"DROP TABLE supporttiers_{table}") for table in _TABLES)
    return (names.put_into("DROP VIEW supporttiers_cases"), *tables)


def check_version(backend: str, oldest: int) -> None:
    """
    Refuse a schema that this release must not write to any more.

    A newer release that only adds to the schema lets older ones go on beside it: `oldest` stays what it was.

    Raises:
        StoreError: It is one.
    """
    if oldest > VERSION:
        problem = f"its schema is for releases of schema version {oldest} on, and this one knows {VERSION}"
        raise StoreError(backend, f"{problem}; upgrade supporttiers", retryable=False)


def check_made(backend: str, version: int, names: Names) -> None:
    """
    Refuse to work without tables, or with old ones.

    Raises:
        StoreError: They have to be made or brought up to date first.
    """
    if version < VERSION:
        found = f"its tables are of version {version}" if version else "it has no tables of supporttiers"
        looked = f"looked for: {names.place(backend)}"
        how = "run 'supporttiers db upgrade --store URL', or the statements of supporttiers.schema.statements()"
        problem = f"{found} ({looked}), and this release needs version {VERSION}; {how}"
        raise StoreError(backend, problem, retryable=False)
