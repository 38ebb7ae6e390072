"""Where Acme keeps its files: `$ACME_HOME`, or a directory in the present one."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def home() -> Path:
    """Give the directory, made if it is not there."""
    found = Path(os.environ.get("ACME_HOME", "acme-home"))
    found.mkdir(parents=True, exist_ok=True)
    return found


def table(name: str) -> dict[str, Any]:
    """Read a table that is kept in a file of JSON; an empty one where there is no such file."""
    path = home() / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


def keep(name: str, rows: Mapping[str, object]) -> None:
    """Write a table, whole or not at all."""
    unfinished = home() / f"{name}.json.new"
    unfinished.write_text(json.dumps(rows, indent=2), "utf-8")
    unfinished.replace(home() / f"{name}.json")
