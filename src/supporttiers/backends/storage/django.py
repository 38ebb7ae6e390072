"""A store in a database of Django's settings."""

from typing import Any, Final, TypeVar

from supporttiers.backends.storage._connected import ISOLATION, Blocking, is_lost_by_state
from supporttiers.backends.storage._joined import by_cursor
from supporttiers.backends.storage._statements import Work, run
from supporttiers.clock import IdFactory
from supporttiers.errors import StoreError

try:
    from django.core.exceptions import ImproperlyConfigured
    from django.db import DatabaseError, InterfaceError, OperationalError, connections
    from django.db.transaction import atomic
    from django.utils.connection import ConnectionDoesNotExist
except ImportError as _missing:
    _problem = "Django is not installed: pip install django"
    raise StoreError("django", _problem, retryable=False) from _missing

T = TypeVar("T")


class DjangoStore(Blocking):
    """
    Keeps cases in a database of Django's settings: `store="django:default"`.

    It works on the connection that Django gives the thread. Inside an `atomic` block it is part of that block, as the
    ORM is; outside, each write is a block of its own.

    .. versionadded:: 0.1.0
    """

    _failures = DatabaseError, InterfaceError

    def __init__(
        self, alias: str = "default", *, schema: str | None = None, prefix: str = "supporttiers_",
        ids: IdFactory | None = None,
    ) -> None:  # fmt: skip
        """
        Name the database; Django's settings are read now, and nothing is opened.

        Args:
            alias: Its name in `DATABASES`.
            schema: The schema in which the tables lie (PostgreSQL); where the connection looks first, when None.
            prefix: What the names of the tables begin with.
            ids: Makes the salts of private parts.

        Raises:
            StoreError: Django has no settings yet, or none of this name, or the database's tables are not known.
            InputError: Schema or prefix is no name, or the database knows no schemas.
        """
        try:
            vendor = connections[alias].vendor
        except ConnectionDoesNotExist as missing:
            raise StoreError("django", f"DATABASES has no {alias!r}", retryable=False) from missing
        except ImproperlyConfigured as missing:
            problem = "Django has no settings yet; make the desk after django.setup()"
            raise StoreError("django", problem, retryable=False) from missing
        super().__init__(vendor, schema=schema, prefix=prefix, ids=ids)
        self._alias: Final = alias

    @property
    def certain(self) -> bool:
        """Whether what is written now stays: inside an `atomic` block it may still be rolled back."""
        connection = connections[self._alias]
        by_itself = connection.settings_dict["AUTOCOMMIT"] if connection.connection is None else connection.autocommit
        return bool(by_itself) and not connection.in_atomic_block

    def close(self) -> None:
        """Nothing: connections are Django's."""

    def _again(self, work: Work[Any], error: Exception, tried: int) -> bool:
        """Whether to try once more; inside the caller's block that is not ours to say."""
        return self.certain and super()._again(work, error, tried)

    def _within(self, work: Work[T]) -> T:
        certain = self.certain
        try:
            return self._in_block(work, sets_isolation=certain and self.name == "postgresql")
        except self._failures:
            if certain:  # Django itself looks only between requests whether a connection is still good
                connections[self._alias].close_if_unusable_or_obsolete()
            raise

    def _in_block(self, work: Work[T], *, sets_isolation: bool) -> T:
        execute = by_cursor(connections[self._alias].cursor, "format")
        if work.mode in {"read", "once"}:  # a single statement
            return run(work.procedure(), execute)
        with atomic(using=self._alias):
            if work.mode in ISOLATION and sets_isolation:
                with connections[self._alias].cursor() as cursor:
                    cursor.execute(ISOLATION[work.mode])
            return run(self._whole(work), execute)

    def _is_lost(self, error: Exception) -> bool:
        is_of_connections = isinstance(error, OperationalError | InterfaceError)
        return self.name == "postgresql" and is_of_connections and is_lost_by_state(error)
