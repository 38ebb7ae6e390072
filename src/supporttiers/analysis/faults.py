"""
What can be wrong with a log, or with the file that says how to read it.

```
SupportTiersError
├─ DefinitionError
│  └─ MappingError     the author of the mapping file: all faults at once, each with its place
└─ LogError            whoever made the log; carries source, row, column
```
"""

import attrs

from supporttiers.errors import DefinitionError, Fault, SupportTiersError
from supporttiers.reasons import Reason


@attrs.define
class MappingError(DefinitionError):
    """
    A mapping does not hold together; all faults are listed at once.

    Attributes:
        source: The file, or `mapping`.
        faults: Every fault found, each with its place; never empty.
    """

    source: str
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        """List every fault, one a line when there are several."""
        if len(self.faults) == 1:
            return f"mapping {self.source!r} is not valid: {self.faults[0]}"
        listed = "".join(f"\n  - {fault}" for fault in self.faults)
        return f"mapping {self.source!r} is not valid, {len(self.faults)} faults:{listed}"

    @property
    def reason(self) -> Reason:
        """Why, as data."""
        return Reason("mapping.faults", {"count": len(self.faults), "faults": [str(fault) for fault in self.faults]})


@attrs.define
class LogError(SupportTiersError):
    """
    A log cannot be read as its mapping says.

    Attributes:
        source: The file.
        row: The row, the header being row 1; None where the fault is that of the whole file.
        column: The column's name; None where it is that of the whole row.
        problem: What is wrong, and what is possible instead.
    """

    source: str
    row: int | None
    column: str | None
    problem: str

    def __str__(self) -> str:
        """Name file, row, column and problem in one line."""
        row = "" if self.row is None else f", row {self.row}"
        column = "" if self.column is None else f", column {self.column!r}"
        return f"log {self.source!r}{row}{column}: {self.problem}"

    @property
    def reason(self) -> Reason:
        """Why, as data."""
        return Reason("log.invalid", {"row": self.row, "column": self.column, "problem": self.problem})
