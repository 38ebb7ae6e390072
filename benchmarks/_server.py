"""A PostgreSQL server for the benchmarks: the one that is named, else one of our own, as the tests have it."""

import itertools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

Fresh = Callable[[], str]
"""Makes an empty database, and gives its URL."""

# What is measured has to be on the disk when a commit returns, as it is for those who rely on it.
_DURABLE = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "1GB", "max_wal_size": "4GB"}


@contextmanager
def databases(named: str | None) -> Iterator[Fresh | None]:
    """Give what makes databases, which are gone afterwards; None, and say why, where there is no server."""
    with ExitStack() as stack:
        try:
            url = named or stack.enter_context(_own())
        except Exception as error:  # noqa: BLE001 - whatever stands in the way
            print(f"  PostgreSQL: skipped: {error}; name a server with --postgres URL")
            yield None
            return
        numbers = itertools.count(1)

        def fresh() -> str:
            name = f"supporttiers_bench_{os.getpid()}_{next(numbers)}"
            _run(url, f"CREATE DATABASE {name} TEMPLATE template0")
            stack.callback(_run, url, f"DROP DATABASE {name} WITH (FORCE)")
            return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))

        print(f"  PostgreSQL {_run(url, 'SHOW server_version')}, fsync {_run(url, 'SHOW fsync')}")
        yield fresh


@contextmanager
def _own() -> Iterator[str]:
    """Run a server as the tests do, but one that flushes."""
    sys.path.insert(0, str(Path(__file__).parent.parent))
    from tests.servers.postgres import own_server  # noqa: PLC0415 - it is looked for only where none is named

    with own_server(_DURABLE) as server:
        yield server.url


def _run(url: str, statement: str) -> str:
    import psycopg  # noqa: PLC0415 - only who has a server needs it

    with psycopg.connect(url, autocommit=True) as db:
        cursor = db.execute(statement)
        return cursor.fetchone()[0] if cursor.description else ""
