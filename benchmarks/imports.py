"""
Importing the package, and the desk, against importing the core dependencies.

Each in a fresh process, timed inside it, with the byte code cached beforehand.
"""

import os
import subprocess
import sys
from pathlib import Path

from _common import Subject, arguments, folder, in_turn, ratio, show, verdict

DEPENDENCIES = "import attrs, transitions, pluggy, typing_extensions, cattrs"
PACKAGE = "import supporttiers"
DESK = "from supporttiers import SupportDesk"


def imports(statement: str, cache: Path) -> Subject:
    """Make the subject that runs one statement in a fresh process."""
    program = f"import time; began = time.perf_counter(); {statement}; print(time.perf_counter() - began)"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(cache)

    def run() -> float:
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
        )
        return float(done.stdout)

    return run


def main() -> None:
    """Measure, and print."""
    options = arguments(__doc__ or "")
    with folder(in_memory=True) as cache:
        subjects = {statement: imports(statement, cache) for statement in (DEPENDENCIES, PACKAGE, DESK)}
        measured = in_turn(subjects, 5 if options.quick else 21)
    show(measured, "ms")
    verdict("import supporttiers / core dependencies", ratio(measured, PACKAGE, DEPENDENCIES), at_most=1.5)
    verdict("SupportDesk / core dependencies", ratio(measured, DESK, DEPENDENCIES), at_most=3.0)


main()
