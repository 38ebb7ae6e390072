"""`db status`, `db upgrade` and `db sql`: the tables of a store."""

import argparse
from typing import TYPE_CHECKING, Any, Final, cast

from supporttiers.cli._exits import FINE, NO
from supporttiers.cli._output import safe, write, write_json
from supporttiers.cli._store import add_json, add_plugins, set_up, store_of

if TYPE_CHECKING:
    from supporttiers.protocols import SchemaStore
    from supporttiers.schema import Names

_PREFIX: Final = "supporttiers_"


def register(subparsers: Any) -> None:  # noqa: ANN401 - argparse does not export the type
    """Add the commands."""
    parser = subparsers.add_parser("db", help="look after the tables of a store")
    below = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    status = below.add_parser("status", help="say which version the tables have, and which this release needs")
    status.set_defaults(run=run_status)
    upgrade = below.add_parser("upgrade", help="make the tables, or bring them up to date")
    upgrade.set_defaults(run=run_upgrade)
    for command in (status, upgrade):
        command.add_argument("--store", required=True, metavar="URL", help="which store: sqlite:///support.db")
        add_plugins(command)
        add_json(command)
    _register_sql(below)


def _register_sql(below: Any) -> None:  # noqa: ANN401 - as above
    sql = below.add_parser("sql", help="print the statements, for migrations of your own")
    sql.add_argument("--dialect", default="sqlite", help="sqlite or postgresql (default: %(default)s)")
    since = "the version that is there; 0 for an empty database (default: %(default)s)"
    sql.add_argument("--since", type=int, default=0, metavar="N", help=since)
    sql.add_argument("--schema", metavar="NAME", help="the schema in which the tables lie (PostgreSQL)")
    parts = "into how many parts the tables of cases and events are made (PostgreSQL)"
    sql.add_argument("--partitions", type=int, default=0, metavar="N", help=parts)
    prefix = "what the names of the tables begin with (default: %(default)s)"
    sql.add_argument("--prefix", default=_PREFIX, metavar="NAME", help=prefix)
    add_json(sql)
    sql.set_defaults(run=run_sql)


def run_status(args: argparse.Namespace) -> int:
    """Say which version is there, and where it was looked for; nothing is made."""
    from supporttiers.cli._words import hidden  # noqa: PLC0415 - only commands that run load it
    from supporttiers.schema import VERSION  # noqa: PLC0415

    store = _store(args)
    found = _version(store)
    current = found >= VERSION
    if args.json:
        write_json({"version": found, "known": VERSION, "current": current, **_names(store)})
    else:
        there = f"the tables are of version {found}" if found else "there are no tables"
        how = f"run 'supporttiers db upgrade --store {hidden(args.store)}'"
        needed = "" if current else f", and this release needs version {VERSION}; {how}"
        newer = f", which is newer than version {VERSION} of this release" if found > VERSION else ""
        write([safe(f"{there} ({_place(store)}){needed}{newer}")])
    return FINE if current else NO


def run_upgrade(args: argparse.Namespace) -> int:
    """Make the tables, or bring them up to date."""
    store = _store(args)
    before = cast("int", store.upgrade())
    after = _version(store)
    if args.json:
        write_json({"before": before, "after": after, **_names(store)})
    elif before == after:
        write([f"the tables were of version {after} already ({_place(store)})"])
    else:
        write([f"the tables are of version {after} now, before: {before or 'none'} ({_place(store)})"])
    return FINE


def _naming(store: Any) -> "Names | None":  # noqa: ANN401 - a SchemaStore
    """Give how its tables are named, where the store is one of ours: nobody else needs to say."""
    names: Names | None = getattr(getattr(store, "_sql", None), "_names", None)
    return names


def _names(store: "SchemaStore") -> dict[str, str | None]:
    names = _naming(store)
    return {} if names is None else {"schema": names.schema, "prefix": names.prefix}


def _place(store: Any) -> str:  # noqa: ANN401 - as above
    names = _naming(store)
    name: str = store.name
    return name if names is None else names.place(name)


def run_sql(args: argparse.Namespace) -> int:
    """Print the statements."""
    from supporttiers.schema import VERSION, statements  # noqa: PLC0415

    found = statements(
        args.dialect, since=args.since, prefix=args.prefix, schema=args.schema, partitions=args.partitions
    )
    if args.json:
        write_json({"dialect": args.dialect, "since": args.since, "version": VERSION, "statements": list(found)})
    else:
        write(f"{statement};\n" for statement in found)
    return FINE


def _store(args: argparse.Namespace) -> "SchemaStore":
    """
    Give the store; nothing is opened.

    Raises:
        StoreError: It is none, or one without tables.
    """
    from supporttiers.errors import StoreError  # noqa: PLC0415 - only commands that run load it

    set_up(args.store)
    store = store_of(args)
    if "schema" not in store.capabilities:
        raise StoreError(store.name, "it has no tables to look after", retryable=False)
    return cast("SchemaStore", store)


def _version(store: "SchemaStore") -> int:
    return cast("int", store.schema_version())  # a URL never gives a store that is awaited
