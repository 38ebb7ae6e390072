"""What the proofs are about: a process in which much happens by itself, and adapters that leave receipts in a file."""

import json
import os
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from supporttiers.clock import FakeClock
from supporttiers.desk import SupportDesk
from supporttiers.effects import VendorAnswer
from supporttiers.events import ThresholdFired, VendorTicketUpdated
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.links import VendorStatus, reference_of
from supporttiers.process import SupportProcess
from supporttiers.tiers import Tier, TierKind

BEGIN = datetime.fromisoformat("2026-03-23T09:00:00+00:00")
STEP = timedelta(minutes=30)
"""So much later comes each round; it must be more than a lease."""
LONG_AFTER = timedelta(hours=5)
"""By then everything has happened that happens by itself."""

PROCESS = SupportProcess(
    name="proof",
    tiers=[
        Tier(level=1, name="Service desk", teams=["front"], escalates_to=[2], time_limit="15m"),
        Tier(level=2, name="Technical", teams=["network"], escalates_to=[4], time_limit="50m"),
        Tier(level=4, name="Printers", kind=TierKind.VENDOR, vendor="acme-print"),
    ],
    limits=[
        TimeLimit(
            name="resolve",
            target="2h",
            thresholds=[
                Threshold("25%", do=["notify:requester"]),
                Threshold("50%", do=["notify:team", "notify:watchers"]),
                Threshold("100%", do=["notify:manager", "raise_priority"]),
                Threshold("200%", do=["notify:manager"]),
            ],
        )
    ],
)


class Receipts:
    """A notifier and a vendor that write down what they are handed, each in one write that no kill can cut."""

    def __init__(self, name: str, path: Path) -> None:
        """Name the file; it is made at the first receipt."""
        self.name = name
        self.path = path

    def notify(self, notification, /, *, key):
        """Write down a notification."""
        self._note("notify", key, notification.case_id, notification.to, str(notification.reason.code))

    def open(self, request, /, *, key):
        """Write down a request: each is a ticket, whatever its key."""
        self._note("open", key, request.case_id)
        return VendorAnswer(remote_id=f"R-{key}", status=VendorStatus.OPEN, reference=request.reference)

    def find(self, reference, /):
        """Look for a request among what was written down."""
        keys = [key for what, key, *_ in self.read() if what == "open" and reference_of(key) == reference]
        return [VendorAnswer(remote_id=f"R-{key}", reference=reference) for key in keys]

    def fetch(self, remote_id, /):
        """Have nothing to say."""
        return VendorAnswer(remote_id=remote_id, status=VendorStatus.OPEN)

    def _note(self, *words):
        line = json.dumps([*words, os.getpid()]) + "\n"
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)

    def read(self):
        """Give what was handed over: what, key, case and more; in the order in which it was."""
        if not self.path.exists():
            return []
        return [tuple(json.loads(line)[:-1]) for line in self.path.read_text().splitlines()]


def desk_on(store, receipts, now, **ports):
    """Give a desk with a clock that stands still."""
    return SupportDesk(
        PROCESS,
        store=store,
        clock=FakeClock(now),
        notifiers=[Receipts("pager", receipts)],
        vendors=[Receipts("acme-print", receipts)],
        **ports,
    )


def thresholds(desk, case_id):
    """Count how often each threshold of a case has fired."""
    fired = (event for event in desk.history(case_id) if isinstance(event, ThresholdFired))
    return Counter((event.limit, event.instance, event.mark, event.due_at) for event in fired)


def story(desk, case_id):
    """Tell what has happened to a case and when; not when the vendor's answer came, which is the relay's doing."""
    return [
        (type(event).__name__, event.at)
        for event in desk.history(case_id)
        if not isinstance(event, VendorTicketUpdated)
    ]
