"""The vendor of the demonstration: a real Roundup tracker where one can be had, and one in this process otherwise."""

import importlib.util
import random  # noqa: TID251 - the story is made up, from a seed
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import attrs

from acme_month.roundup_server import running
from supporttiers import FakeClock, VendorStatus
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.backends.vendor.roundup import RoundupVendor
from supporttiers.effects import VendorAnswer, VendorMessage
from supporttiers.links import VendorEntry
from supporttiers.protocols import VendorGateway

NAME: Final = "acme-print"
PACKAGES: Final = ("roundup==2.6.0", "waitress==3.0.2")
PATIENCE: Final = 20
"""So many seconds the installation may take."""

EVERY: Final = timedelta(hours=8)
"""So often a ticket is asked about, by virtual time: a minute, as usual, would be two thousand times."""

ANSWER: Final = "Please install firmware 7.2"


class NoRoundupError(Exception):
    """There is no Roundup to be had; its text says why."""


class Technician:
    """Works at the vendor's: acknowledges a ticket at the first look, and solves it after a day or two."""

    def __init__(self, clock: FakeClock, seed: int) -> None:
        """Throw the dice: the same seed, the same month."""
        self._clock = clock
        self._dice = random.Random(seed)  # noqa: S311 - as above
        self._promised: dict[str, datetime] = {}

    def look(self, ticket: str) -> VendorStatus:
        """Say how far a ticket is to be now."""
        if ticket not in self._promised:
            self._promised[ticket] = self._clock.now() + self._dice.uniform(1, 2) * timedelta(days=1)
        return VendorStatus.RESOLVED if self._clock.now() >= self._promised[ticket] else VendorStatus.ACKNOWLEDGED


class InProcess(InProcessVendor):
    """A vendor in this process."""

    poll_every = EVERY
    changes = None  # each ticket is asked about in its turn, so that the month is the same whoever the vendor is

    def __init__(self, technician: Technician) -> None:
        """Have the technician look at a ticket whenever we do."""
        super().__init__(NAME, agent=self._looked_at)
        self._technician = technician

    def _looked_at(self, ticket: VendorAnswer) -> VendorAnswer:
        status = self._technician.look(ticket.remote_id)
        said = [VendorEntry(id="1", text=ANSWER)] if status is VendorStatus.RESOLVED else []
        return attrs.evolve(ticket, status=status, entries=said)


class LookedAfter(RoundupVendor):
    """A Roundup tracker whose technician, with an account of their own, looks at a ticket whenever we do."""

    poll_every = EVERY
    changes = None  # as above

    def __init__(self, url: str, technician: Technician) -> None:
        """Log in twice: as the desk, and as the technician."""
        super().__init__(NAME, url=url, user="desk", password="desk")  # noqa: S106 - it is open to nobody else
        self._technician = technician
        self._bench = RoundupVendor("technician", url=url, user="ted", password="ted")  # noqa: S106 - likewise
        self._done: dict[str, VendorStatus] = {}

    def fetch(self, remote_id: str, /) -> VendorAnswer:
        """Let the technician work, and say how far the ticket is."""
        status = self._technician.look(remote_id)
        if self._done.get(remote_id) is not status:
            if status is VendorStatus.RESOLVED:
                said = VendorMessage(tenant="vendor", case_id=remote_id, text=ANSWER)
                self._bench.comment(remote_id, said, key=f"answer/{remote_id}")
            self._bench.set_status(remote_id, status)
            self._done[remote_id] = status
        return super().fetch(remote_id)


@contextmanager
def vendor_of_the_month(clock: FakeClock, seed: int, *, real: bool) -> Iterator[tuple[VendorGateway, str]]:
    """Give the vendor as long as the context lasts, and a line that says who it is."""
    technician = Technician(clock, seed)
    with ExitStack() as started:
        vendor: VendorGateway = InProcess(technician)
        who = "The vendor of tier 4 is in this process."
        if real:
            try:
                url = started.enter_context(running(python_with_roundup(), "--account=desk:desk", "--account=ted:ted"))
                vendor, who = (
                    LookedAfter(url, technician),
                    "The vendor of tier 4 is a Roundup tracker, reached by HTTP.",
                )
            except (NoRoundupError, OSError, RuntimeError) as error:
                who = f"The vendor of tier 4 is in this process: no Roundup tracker, for {error}."
        yield vendor, who


def python_with_roundup() -> str:
    """
    Give a Python that has Roundup: this one, or one beside it whose packages nothing else sees.

    Raises:
        NoRoundupError: It cannot be installed, or not in time.
    """
    if all(importlib.util.find_spec(name) for name in ("roundup", "waitress")):
        return sys.executable
    if sys.prefix == sys.base_prefix:
        raise NoRoundupError("it is installed only into a virtual environment, and this is none")
    home = Path(sys.prefix) / "roundup"
    scripts = home / ("Scripts" if sys.platform == "win32" else "bin")
    python, done = scripts / Path(sys.executable).name, home / "installed"
    if not done.exists():
        install(home)
        done.write_text("\n".join(PACKAGES), encoding="utf-8")
    return str(python)


def install(home: Path) -> None:
    """Make a virtual environment with Roundup, or none."""
    try:
        venv.create(home, clear=True, symlinks=sys.platform != "win32")
        command = [sys.executable, "-m", "pip", "--python", str(home), "install", "--quiet", "--no-input"]
        subprocess.run(
            [*command, *PACKAGES], check=True, capture_output=True, timeout=PATIENCE, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(home, ignore_errors=True)
        late = isinstance(error, subprocess.TimeoutExpired)
        why = f"it was not installed within {PATIENCE} s" if late else "pip cannot install it here"
        raise NoRoundupError(why) from error
