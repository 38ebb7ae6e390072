"""What unit tests share: a clock that stands still, processes, and adapters that remember what they were handed."""

from datetime import datetime

import attrs
import pytest

from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.clock import FakeClock
from supporttiers.desk import SupportDesk
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.process import SupportProcess
from supporttiers.tiers import Tier, TierKind


class Pager:
    """A notifier that remembers, and fails as often as it is told to."""

    def __init__(self, name="pager"):
        self.name = name
        self.sent = []
        self.keys = []
        self.failures = []

    def notify(self, notification, /, *, key):
        """Keep what was sent, or raise the next failure."""
        self.keys.append(key)
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(notification)

    @property
    def told(self):
        """Who was told what, shortly."""
        return [(sent.to, sent.reason.code) for sent in self.sent]


@pytest.fixture
def at():
    """Give the instants of the day on which all tests play, a Monday."""
    return lambda text: datetime.fromisoformat(f"2026-03-23T{text}+00:00")


@pytest.fixture
def clock():
    """Stand at nine in the morning."""
    return FakeClock("2026-03-23T09:00Z")


@pytest.fixture
def pager():
    """Give a notifier that remembers."""
    return Pager()


@pytest.fixture
def vendor():
    """Give a vendor that keeps its tickets in memory."""
    return InProcessVendor("acme-print")


@pytest.fixture
def acme():
    """Give a process with two teams' tiers, a vendor's tier, a tier's limit and a customer's limit."""
    return SupportProcess(
        name="acme",
        tiers=[
            Tier(level=1, name="Service desk", teams=["front", "back"], escalates_to=[2], time_limit="15m"),
            Tier(level=2, name="Technical", teams=["network", "desktop"], escalates_to=[4], hands_back_to=[1]),
            Tier(level=4, name="Printers", kind=TierKind.VENDOR, vendor="acme-print", hands_back_to=[2]),
        ],
        limits=[
            TimeLimit(
                name="resolve",
                target={"critical": "4h", "*": "8h"},
                thresholds=[Threshold("50%", do=["notify:assignee"]), Threshold("100%", do=["notify:manager"])],
            )
        ],
        wait_reasons=["parts"],
        link_kinds=["caused_by"],
    )


@pytest.fixture
def calm(acme):
    """Give the same process without any limit."""
    return attrs.evolve(acme, limits=(), tiers=[attrs.evolve(tier, time_limit=None) for tier in acme.tiers])


@pytest.fixture
def make_desk(clock, pager, vendor):
    """Make desks of a process; all share clock, notifier and vendor."""

    def make(process, **ports):
        return SupportDesk(process, **{"clock": clock, "notifiers": [pager], "vendors": [vendor], **ports})

    return make


@pytest.fixture
def desk(make_desk, acme):
    """Give a desk of the process with limits."""
    return make_desk(acme)


@pytest.fixture
def calm_desk(make_desk, calm):
    """Give a desk on which time makes nothing due."""
    return make_desk(calm)


@pytest.fixture
def kinds():
    """Name the events of a case from a version on."""
    return lambda desk, case, after=0: [type(event).__name__ for event in desk.history(case) if event.version > after]
