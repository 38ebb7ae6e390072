"""Putting a desk together: processes, stores, adapters, views, and people."""

from datetime import timedelta

import attrs
import pytest

from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.clock import SystemClock
from supporttiers.desk import SupportDesk
from supporttiers.errors import InputError, PluginError, ProcessError, StoreError
from supporttiers.process import SupportProcess

TOML = """
[process]
name = "file"

[[tiers]]
level = 1
name = "Everybody"
"""


# -- processes


def test_desk_reads_process_files(tmp_path):
    """A process may be a path, as text or Path, among others."""
    path = tmp_path / "file.toml"
    path.write_text(TOML, encoding="utf-8")

    assert "file" == SupportDesk(path).process.name
    assert "file" == SupportDesk([str(path), SupportProcess.default()]).open("Stuck", by="jane").process


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ([], "no process was given; hand in at least one"),
        (None, "must be a SupportProcess or the path of a file, not NoneType"),
        ([SupportProcess.default(), 7], "must be a SupportProcess or the path of a file, not int"),
        ((SupportProcess.default(), SupportProcess.default()), "two processes have one name: support"),
    ],
    ids=["none", "wrong type", "one of wrong type", "twins"],
)
def test_desk_refuses_processes_that_cannot_be(given, problem):
    """The error says what is wrong before any case is opened."""
    with pytest.raises(ProcessError) as caught:
        SupportDesk(given)
    assert [("process", problem)] == [(fault.place, fault.problem) for fault in caught.value.faults]


def test_desk_refuses_a_file_that_is_not_there(tmp_path):
    """The path stands in the error."""
    with pytest.raises(ProcessError, match=r"nowhere\.toml"):
        SupportDesk(tmp_path / "nowhere.toml")


def test_desk_keeps_its_processes_in_the_store_before_the_first_case(acme, clock):
    """Whoever opens the store later finds the process of each case; building a desk alone writes nothing."""

    class Counting(MemoryStore):
        puts = 0

        def put_process(self, *args):
            self.puts += 1
            super().put_process(*args)

    store = Counting()
    desk = SupportDesk([acme, SupportProcess.default()], store=store, clock=clock)
    assert 0 == store.puts
    desk.open("Stuck", by="jane")
    desk.bind(tenant="globex").open("Stuck", by="jane")
    desk.run_due()

    assert 2 == store.puts
    assert acme == SupportProcess.from_json(store.get_process("acme", acme.revision))


def test_desk_tries_again_to_keep_its_processes(acme, clock):
    """A store that failed at first is handed the processes again, by the next command."""

    class Failing(MemoryStore):
        failures = 1

        def put_process(self, *args):
            if self.failures:
                self.failures -= 1
                raise StoreError("memory", "is busy", retryable=True)
            super().put_process(*args)

    desk = SupportDesk(acme, store=Failing(), clock=clock)
    with pytest.raises(StoreError, match="is busy"):
        desk.open("Stuck", by="jane")

    assert 1 == len([desk.open("Stuck", by="jane")])
    assert 1 == len(desk.find())


# -- adapters


class Nameless:
    """A notifier without a name."""

    def notify(self, notification, /, *, key):
        """Deliver nothing."""


class Mute:
    """A name, and nothing that could be called."""

    name = "mute"


class Keyless:
    """Methods that take other arguments than those that they will be given."""

    name = "keyless"

    def notify(self, notification):
        """Deliver nothing."""

    def open(self, request, /, *, key):
        """Open nothing."""

    def fetch(self):
        """Give nothing."""


class Native:
    """Tells nobody what its method takes, as some do that are written in C."""

    name = "native"
    notify = max


@pytest.mark.parametrize(
    ("ports", "culprit", "problem"),
    [
        ({"notifiers": [Nameless()]}, "Nameless", "a notifier needs a `name`"),
        ({"notifiers": [Mute()]}, "mute", "it lacks `notify` of Notifier"),
        ({"notifiers": Mute()}, "Mute", "notifiers come as a list, even a single one"),
        ({"vendors": [Mute()]}, "mute", "it lacks `fetch` and `open` of VendorGateway"),
        (
            {"notifiers": [Keyless()]},
            "keyless",
            "its notify cannot be called as notify(..., key=...): got an unexpected keyword argument 'key'",
        ),
        (
            {"vendors": [Keyless()]},
            "keyless",
            "its fetch cannot be called as fetch(...): too many",
        ),
        ({"vendors": [InProcessVendor]}, "type", "a vendor needs a `name`"),
        ({"vendors": [InProcessVendor("v"), InProcessVendor("v")]}, "v", "there are two vendors of this name"),
        (
            {"notifiers": ["console:", "console:"]},
            "console",
            "there are two notifiers of this name; give one another, with name=..., or a URL such as console:NAME",
        ),
        ({"vendors": [InProcessVendor("")]}, "", "a vendor needs a `name`"),
        ({"store": 7}, "int", "a store is a URL"),
        ({"clock": SystemClock}, "SystemClock", "it is a class; hand in an object of it"),
        ({"clock": Mute()}, "Mute", "it lacks `now` of Clock"),
        ({"ids": Mute()}, "Mute", "it lacks `new_id` of Ids"),
        ({"directory": {"jane": "customer"}}, "dict", "it lacks the methods of Directory"),
    ],
)
def test_desk_refuses_adapters_that_do_not_fit(acme, ports, culprit, problem):
    """What does not fit is named when the desk is built, not in the middle of a case."""
    with pytest.raises(PluginError) as caught:
        SupportDesk(acme, **ports)
    assert (culprit, True) == (caught.value.plugin, caught.value.problem.startswith(problem))


def test_desk_believes_an_adapter_that_does_not_say_what_it_takes(acme):
    """It is found out when it is called, as before."""
    assert SupportDesk(acme, notifiers=[Native()]).open("Stuck", by="jane")


@pytest.mark.parametrize(
    ("tolerance", "problem"), [("5m", "must be a timedelta, not str"), (timedelta(seconds=-1), "must not be negative")]
)
def test_desk_refuses_a_tolerance_that_cannot_be(acme, tolerance, problem):
    """The tolerance is a span of time; texts are for files."""
    with pytest.raises(InputError) as caught:
        SupportDesk(acme, clock_tolerance=tolerance)
    assert ("", "clock_tolerance", problem) == attrs.astuple(caught.value)


def test_desk_shows_process_store_and_tenant(desk):
    """A desk in a debugger says what it is, and opens nothing for it."""
    assert "SupportDesk('acme', store='memory', tenant='globex')" == repr(desk.bind(tenant="globex"))


# -- time and ids


def test_desk_stamps_by_its_clock(desk, clock, at):
    """Without an `at` of their own, commands are judged by the desk's clock; it also says when they were recorded."""
    desk.open("Stuck", id="T-1", by="jane")
    clock.advance("5m")
    desk.note("T-1", by="bob", at=at("09:01"), occurred_at=at("08:59"))

    event = desk.history("T-1")[-1]
    assert (at("09:01"), at("08:59"), at("09:05")) == (event.at, event.occurred_at, event.recorded_at)


@pytest.mark.parametrize(
    ("tolerance", "ahead"), [({}, timedelta(minutes=5)), ({"clock_tolerance": timedelta(0)}, timedelta(0))]
)
def test_desk_takes_an_instant_up_to_its_tolerance(make_desk, calm, clock, tolerance, ahead):
    """Clocks of two machines differ a little; more than that is refused, and nothing is written."""
    desk = make_desk(calm, **tolerance)
    desk.open("Stuck", id="T-1", by="jane")
    now = clock.now()

    assert now + ahead == desk.note("T-1", by="bob", at=now + ahead).changed_at
    with pytest.raises(InputError, match=rf"^case 'T-1': at lies .* in the future; at most {ahead} is possible$"):
        desk.note("T-1", by="bob", at=now + ahead + timedelta(microseconds=1))
    assert 2 == desk.get("T-1").version


def test_desk_makes_ids_that_sort_by_time(calm_desk, clock):
    """Cases that are given no id sort as they were opened."""
    ids = []
    for _ in range(3):
        ids.append(calm_desk.open("Stuck", by="jane").id)
        clock.advance("1m")

    assert ids == sorted(ids) == [case.id for case in calm_desk.find()]


def test_desk_asks_the_given_ids(make_desk, calm, clock, at):
    """A host may number its cases; the factory is told the instant of the opening."""

    class Numbers:
        asked = ()

        def new_id(self, now, /):
            self.asked = (*self.asked, now)
            return f"HD-{len(self.asked)}"

    ids = Numbers()
    desk = make_desk(calm, ids=ids)

    assert ["HD-1", "HD-2"] == [desk.open("", by="jane").id, desk.open("", by="jane", at=at("08:30")).id]
    assert (at("09:00"), at("08:30")) == ids.asked


def test_desk_without_a_clock_uses_the_machines(calm):
    """In production nobody hands in a clock."""
    before = SystemClock().now()
    case = SupportDesk(calm).open("Stuck", by="jane")

    assert before <= case.opened_at <= SystemClock().now()


# -- shutting down


def test_desk_opens_again_after_shutting_down(make_desk, calm, tmp_path):
    """A desk that has let go of its file opens it again when it is asked."""
    desk = make_desk(calm, store=f"sqlite:///{tmp_path / 'support.db'}")
    case = desk.open("Stuck", id="T-1", by="jane")
    desk.shut_down()

    assert case == desk.get("T-1")
    assert case.version + 1 == desk.note(case, by="bob").version
    desk.shut_down()
    desk.shut_down()


def test_desk_opens_nothing_before_its_first_use(acme, tmp_path):
    """Building a desk makes no file."""
    desk = SupportDesk(acme, store=f"sqlite:///{tmp_path / 'support.db'}").bind(tenant="globex", by="jane")

    assert [] == list(tmp_path.iterdir())
    desk.shut_down()
    assert [] == list(tmp_path.iterdir())


def test_desk_can_be_used_for_a_while(make_desk, calm):
    """Leaving the block lets the store go; a later call opens it again."""
    with make_desk(calm) as desk:
        case = desk.open(by="jane")

    assert case == desk.get(case.id)
