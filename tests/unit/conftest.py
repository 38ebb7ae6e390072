"""What unit tests share: a clock that stands still, processes, and adapters that remember what they were handed."""

from datetime import datetime
from string import Formatter

import attrs
import pytest
from tests.blocking import BlockingDesk

from supporttiers._engine.work import Work
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.calendars import WorkingHours
from supporttiers.clock import FakeClock
from supporttiers.desk import SupportDesk
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.process import SupportProcess
from supporttiers.reasons import CODES
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


_OWN = ("acme.", "tests.")
"""How the codes of policies in tests begin."""
_INFORMED = {"by"}
"""All that `inform` says of a code of the caller's choice."""


def _sayable(reason):
    """Make sure that a reason has a text, and all of which its text speaks."""
    if reason is None or reason.code.startswith(_OWN) or reason.params.keys() <= _INFORMED:
        return
    text = CODES[reason.code]
    spoken = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    assert spoken <= {"by", *reason.params}, f"{reason.code} lacks {spoken - reason.params.keys()}"


@pytest.fixture(autouse=True, scope="session")
def _every_reason_can_be_said():
    """Have each reason that the engine gives looked at, whatever a test is about: why is always to be said."""
    emit, notify, refuse = Work.emit, Work.notify, Work.refuse

    def emitting(work, kind, /, **fields):
        emit(work, kind, **fields)
        _sayable(work.events[-1].reason)

    def notifying(work, to, reason, **more):
        _sayable(reason)
        notify(work, to, reason, **more)

    def refusing(work, trigger, code, /, **params):
        error = refuse(work, trigger, code, **params)
        _sayable(error.why)
        return error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Work, "emit", emitting)
        patch.setattr(Work, "notify", notifying)
        patch.setattr(Work, "refuse", refusing)
        yield


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


@pytest.fixture(params=[SupportDesk, BlockingDesk], ids=["called", "awaited"])
def desk_class(request):
    """Give both desks in turn: whoever asks for a desk has the same test run on each."""
    return request.param


@pytest.fixture
def make_desk(desk_class, clock, pager, vendor):
    """Make desks of a process; all share clock, notifier and vendor."""

    def make(process, **ports):
        return desk_class(process, **{"clock": clock, "notifiers": [pager], "vendors": [vendor], **ports})

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


@pytest.fixture
def every_other_hour():
    """Give a calendar that differs from 24x7 everywhere: nine to ten counts, ten to eleven does not, and so on."""
    return WorkingHours(name="odd", week={"mon-sun": [f"{hour:02}:00-{hour + 1:02}:00" for hour in range(1, 24, 2)]})


@pytest.fixture
def office():
    """Give a calendar of two shifts a day: 9 to 12 and 13 to 17, on every day."""
    return WorkingHours(name="office", week={"mon-sun": ["09:00-12:00", "13:00-17:00"]})


@pytest.fixture
def with_calendar():
    """Give a function that puts another calendar in place of every limit's, and one in place of the process's."""

    def make(process, calendar, *, of_process=None):
        calendars = [calendar] if of_process in {None, calendar} else [calendar, of_process]
        return attrs.evolve(
            process,
            calendars=calendars,
            calendar="24x7" if of_process is None else of_process.name,
            limits=[attrs.evolve(limit, calendar=calendar.name) for limit in process.limits],
        )

    return make
