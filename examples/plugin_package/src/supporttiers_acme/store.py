"""Where Acme keeps its cases: in SQLite, in the directory with everything else, under the name of a project."""

from typing import Self

from supporttiers.backends.storage.sqlite import SqliteStore
from supporttiers.errors import StoreError
from supporttiers_acme.home import home


class AcmeStore(SqliteStore):
    """A store that is named by a project: `acme:hardware`."""

    @classmethod
    def of_project(cls, project: str) -> Self:
        """Give the store of a project; nothing is opened yet."""
        if not project.isidentifier():
            raise StoreError("acme", "this is no project; possible are names such as acme:hardware", retryable=False)
        return cls(home() / f"{project}.db")
