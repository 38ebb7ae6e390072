"""What these tests share: hosts of every kind, desks on their database, and a clock that stands still."""

import contextlib
import itertools
import os
from datetime import timedelta

import attrs
import pytest
from tests.joining import callers

from supporttiers import FakeClock, SupportDesk, SupportProcess
from supporttiers.backends.storage import store_of
from supporttiers.tiers import Tier

_NUMBERS = itertools.count()

if "DJANGO_SETTINGS_MODULE" not in os.environ:
    collect_ignore_glob = ["*django_*.py"]  # run by test_in_django.py, in a process of their own


def _kinds():
    """Give the hosts of every library; Django's alone where its settings are made, in a process of its own."""
    if "DJANGO_SETTINGS_MODULE" not in os.environ:
        return callers.CALLERS
    from tests.joining.django_callers import CALLERS

    return CALLERS


KINDS = _kinds()


def _made(url):
    with contextlib.closing(store_of(url)) as store:
        store.upgrade()
    callers.run_apart(url, callers.ORDERS)
    return url


@pytest.fixture(scope="session")
def _postgresql_url(_databases):
    """Give the URL of one PostgreSQL database, with our tables and one of the host's; tests differ by tenant."""
    with _databases.fresh() as url:
        yield _made(url)


@pytest.fixture
def sqlite_url(tmp_path):
    """Give the URL of a file with our tables, and one of the host's."""
    return _made(f"sqlite:///{tmp_path / 'support.db'}")


@pytest.fixture
def joining_url(request):
    """Give a function for the URL of a database of each kind."""
    return lambda database: request.getfixturevalue("sqlite_url" if database == "sqlite" else "_postgresql_url")


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def kind(request):
    """Give every kind of host in turn."""
    return request.param


@pytest.fixture
def url(kind, joining_url):
    """Give the URL of the host's database."""
    return joining_url(kind.database)


@pytest.fixture
def caller(kind, url):
    """Give a host that has not begun yet."""
    with contextlib.closing(kind(url)) as caller:
        yield caller


@pytest.fixture
def clock():
    """Stand at nine in the morning."""
    return FakeClock("2026-03-23T09:00Z")


@pytest.fixture
def process():
    """Give a process of this test's own: a case that stands at tier 1 for 15 minutes goes up."""
    return SupportProcess(
        name=f"acme-{next(_NUMBERS)}-{os.getpid()}",
        tiers=[
            Tier(level=1, name="First", teams=["front"], escalates_to=[2], time_limit="15m"),
            Tier(level=2, name="Second", teams=["back"], hands_back_to=[1]),
        ],
    )


@pytest.fixture
def names():
    """Give a tenant and a row of the host's that no other test has."""
    number = f"{os.getpid()}-{next(_NUMBERS)}"
    return attrs.make_class("Names", ["tenant", "order"], frozen=True)(f"tenant-{number}", f"order-{number}")


@pytest.fixture
def make_desk(kind, url, clock, process, names):
    """Make desks of the class that fits the host."""
    made = []

    def make(desk_class=kind.desk_class, **ports):
        desk = desk_class(process, store=url, **{"clock": clock, **ports})
        made.append(desk)
        return desk.bind(tenant=names.tenant)

    yield make
    for desk in made:
        desk.shut_down()


@pytest.fixture
def desk(make_desk):
    """Give the desk of the host."""
    return make_desk()


@pytest.fixture
def other(make_desk, clock):
    """Give the desk of another process, whose clock is behind, and which blocks: what it sees has been committed."""
    behind = FakeClock(clock.now() - timedelta(milliseconds=50))
    return make_desk(SupportDesk, clock=behind)


@pytest.fixture
def ordered(url, names):
    """Tell whether the row of the host's has been committed."""
    return lambda: names.order in callers.orders(url)
