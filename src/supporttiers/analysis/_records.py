"""CSV files, plain or gzip, record by record."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import BinaryIO, Final, cast

from supporttiers._fields import type_name
from supporttiers.analysis.faults import LogError

MAX_LINE: Final = 1024 * 1024
"""At most so many bytes stand in one line."""

_GZIP: Final = b"\x1f\x8b"
_BROKEN_GZIP: Final = (gzip.BadGzipFile, EOFError, zlib.error)


def records(path: "str | PathLike[str]", delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """
    Read the records of a CSV file, compressed or not; empty lines are passed over.

    Args:
        path: The file; UTF-8, with or without a byte order mark.
        delimiter: What stands between two fields.

    Returns:
        Row numbers, the first line being row 1, and fields: as many in every record as in the first.

    Raises:
        LogError: The file cannot be read, or is not what it should be; it names the row.
    """
    source = _source_of(path)
    number, width = 0, 0
    try:
        with _opened(path) as file:
            for number, record in enumerate(csv.reader(_lines(file), delimiter=delimiter, strict=True), 1):
                width = width or len(record)
                if record and len(record) != width:
                    raise LogError(source, number, None, f"has {len(record)} field(s); the first row has {width}")
                if record:
                    yield number, record
    except (csv.Error, UnicodeDecodeError, *_BROKEN_GZIP, OSError, ValueError) as error:
        raise LogError(source, *_said(error, number + 1)) from error
    if not width:
        raise LogError(source, None, None, "is empty; its first row has to name the columns")


def _source_of(path: object) -> str:
    if not isinstance(path, str | PathLike):
        raise LogError("log", None, None, f"must be the path of a file, not {type_name(path)}")
    return str(path)


def _said(error: Exception, row: int) -> tuple[int | None, None, str]:
    """Say where reading stopped, and why."""
    if isinstance(error, UnicodeDecodeError):
        return row, None, "is not UTF-8; save the file as UTF-8"
    if isinstance(error, csv.Error):
        return row, None, f"is not valid CSV: {error}"
    if isinstance(error, _BROKEN_GZIP):
        return row, None, f"the compressed file is broken near here: {error}"
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return None, None, f"the file cannot be read: {reason}"


@contextmanager
def _opened(path: "str | PathLike[str]") -> Iterator[BinaryIO]:
    """Open a file, through gzip where its first bytes say so."""
    with Path(path).open("rb") as raw:
        compressed = raw.read(len(_GZIP)) == _GZIP
        raw.seek(0)
        if not compressed:
            yield raw
            return
        with gzip.GzipFile(fileobj=raw) as unpacked:
            yield cast("BinaryIO", io.BufferedReader(unpacked))


def _lines(file: BinaryIO) -> Iterator[str]:
    """Decode line by line, so that a fault has its row, and no line is longer than memory can bear."""
    encoding = "utf-8-sig"
    while line := file.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            message = f"a line is longer than {MAX_LINE} bytes (1 MiB)"
            raise csv.Error(message)
        yield line.decode(encoding)
        encoding = "utf-8"
