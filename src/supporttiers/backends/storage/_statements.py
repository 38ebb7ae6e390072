"""
Statements: SQL as data, so that one text of a procedure runs on any connection, blocking or awaited.

A procedure is a generator that yields statements and is sent their results. It never begins, commits or rolls back:
whoever runs it does. Statements are written with question marks, and with the tables' plain names; `schema.Names` puts
in a prefix and a schema, `in_style` the marks of a driver.
"""

import re
from collections.abc import Awaitable, Callable, Generator, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import attrs

T = TypeVar("T")
Row = tuple[Any, ...]
Values = Sequence[object]


class Select(NamedTuple):
    """A statement that gives rows."""

    text: str
    values: Values = ()


class Change(NamedTuple):
    """A statement that gives the number of rows that it has changed."""

    text: str
    values: Values = ()


class ChangeMany(NamedTuple):
    """One statement for several rows of values; it gives nothing."""

    text: str
    values: Sequence[Values]


Statement = Select | Change | ChangeMany
Procedure = Generator[Statement, Any, T]
Execute = Callable[[Statement], Any]
Style = Literal["qmark", "format", "numeric_dollar"]
Mode = Literal["read", "snapshot", "write", "once", "tables"]


def run(procedure: Procedure[T], execute: Execute) -> T:
    """Run a procedure, doing each statement at once."""
    try:
        statement = next(procedure)
        while True:
            statement = procedure.send(execute(statement))
    except StopIteration as done:
        value: T = done.value
        return value


async def run_async(procedure: Procedure[T], execute: Callable[[Statement], Awaitable[Any]]) -> T:
    """Run a procedure, waiting for each statement."""
    try:
        statement = next(procedure)
        while True:
            statement = procedure.send(await execute(statement))
    except StopIteration as done:
        value: T = done.value
        return value


@attrs.frozen
class Work(Generic[T]):
    """
    What a store is asked to do.

    Attributes:
        doing: In words, for errors.
        procedure: Makes the procedure, anew for each try.
        mode: `read`; `snapshot`, for several reads of one state; `write`, in a transaction; `once`, for a write of a
            single statement, which is a transaction by itself; `tables`, for making tables, in a transaction.
    """

    doing: str
    procedure: Callable[[], Procedure[T]]
    mode: Mode = "read"


# -- marks


@lru_cache(maxsize=1024)
def in_style(text: str, style: Style) -> str:
    """Give a statement with the marks of a driver."""
    if style == "qmark":
        return text
    if style == "format":
        return text.replace("%", "%%").replace("?", "%s")
    numbers = count(1)
    return re.sub(r"\?", lambda _: f"${next(numbers)}", text)
