"""Which store it is that works on an engine or a pool of the host's."""

from collections.abc import Callable
from typing import Any

from supporttiers.backends.storage._methods import Methods

# What stands here is known by duck typing: the libraries are imported by those who hand in their engines.
# ruff: noqa: ANN401


def host_store(given: Any) -> Methods | None:
    """Give a store on a host's engine or pool; None where it is neither."""
    roots = {kind.__module__.partition(".")[0] for kind in type(given).__mro__}
    makers: tuple[tuple[str, Callable[[Any], Methods | None]], ...] = (
        ("sqlalchemy", _of_engine),
        ("psycopg_pool", _of_pool),
    )
    for root, make in makers:
        if root in roots:
            return make(given)
    return None


def _of_engine(given: Any) -> Methods | None:
    from supporttiers.backends.storage.sqlalchemy import store_on  # noqa: PLC0415 - only for those who hand in one

    return store_on(given)


def _of_pool(given: Any) -> Methods | None:
    from psycopg_pool import AsyncConnectionPool, ConnectionPool  # noqa: PLC0415 - only for those who hand in a pool

    from supporttiers.backends.storage.postgres import AsyncPostgresStore, PostgresStore  # noqa: PLC0415

    if isinstance(given, ConnectionPool):
        return PostgresStore(given)
    return AsyncPostgresStore(given) if isinstance(given, AsyncConnectionPool) else None
