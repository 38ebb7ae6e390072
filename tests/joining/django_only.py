"""What is particular to Django: the store on its databases, atomic blocks, its test cases. Run by test_in_django.py."""

import contextlib
import itertools
import logging
import threading

import psycopg
import pytest
from django.db import connections, transaction
from django.test import TestCase, TransactionTestCase
from tests.joining import callers
from tests.joining.django_callers import add

from supporttiers import FakeClock, SupportDesk, SupportProcess
from supporttiers.backends.storage import store_of
from supporttiers.backends.storage.django import DjangoStore
from supporttiers.errors import AutocommitError, StoreError, UnsupportedConnectionError
from supporttiers.testing.suites import StoreSuite

_NUMBERS = itertools.count()


@pytest.fixture(params=["sqlite", "postgresql"])
def alias(request, joining_url):
    """Give the alias of a database of each kind, with our tables and one of the host's."""
    alias = add(joining_url(request.param))
    yield alias
    connections[alias].close()


@pytest.fixture
def desk(alias, process, clock, names):
    """Give a desk on Django's database."""
    return SupportDesk(process, store=f"django:{alias}", clock=clock).bind(tenant=names.tenant)


def kept(alias, process):
    """Give the revision of a process that is kept in a database."""
    return DjangoStore(alias).get_process(process.name, process.revision)


def opened(desk):
    """Open a case."""
    return desk.open("Printer", id="T-1", by="jane")


class _EmptyFor:
    """The laws need a store that is empty."""

    @pytest.fixture
    def store(self, made):
        """Give a store on a database of Django's; other threads' connections are closed, too."""
        made.upgrade()
        closing = _ClosesConnections(made)
        yield made
        closing.close()


class _ClosesConnections:
    """Closes what threads of a test have opened: Django closes connections between requests only."""

    def __init__(self, store):
        self.alias = store._alias
        self.opened = []
        real = connections[self.alias].__class__.get_new_connection
        self.patch = pytest.MonkeyPatch()

        def remember(wrapper, parameters):
            connection = real(wrapper, parameters)
            self.opened.append(connection)
            return connection

        self.patch.setattr(connections[self.alias].__class__, "get_new_connection", remember)

    def close(self):
        """Close them, and forget the database."""
        self.patch.undo()
        connections[self.alias].close()
        for connection in self.opened:
            with contextlib.suppress(Exception):
                connection.close()


class TestDjangoOnSqlite(_EmptyFor, StoreSuite):
    @pytest.fixture
    def made(self, tmp_path):
        """Give a store on a new file, under names of its own."""
        options = {"OPTIONS": {"transaction_mode": "IMMEDIATE", "check_same_thread": False}}
        return DjangoStore(add(f"sqlite:///{tmp_path / 'laws.db'}", **options), prefix="help_")


class TestDjangoOnPostgres(_EmptyFor, StoreSuite):
    @pytest.fixture
    def made(self, joining_url):
        """Give a store in a schema of its own."""
        return DjangoStore(add(joining_url("postgresql")), schema=f"laws_{next(_NUMBERS)}")


def test_store_of_django_outside_a_block_commits_by_itself(desk, alias, process):
    """Without an atomic block each command is a transaction of its own."""
    opened(desk)

    assert connections[alias].get_autocommit()
    assert () == desk.verify("T-1")
    assert process.to_json() == kept(alias, process)
    assert "certain" not in repr(desk)


def test_store_of_django_inside_a_block_is_part_of_it(desk, alias):
    """Inside an atomic block the desk does as the ORM does: no `on` is needed."""
    with contextlib.suppress(ZeroDivisionError), transaction.atomic(using=alias):
        opened(desk)
        assert [] == list(desk.find())[1:]
        raise ZeroDivisionError

    assert [] == list(desk.find())


def test_process_that_a_request_has_rolled_back_is_kept_by_the_next(desk, alias, process):
    """With a transaction for each request, the first case of a new revision may be rolled back; the second is not."""
    with transaction.atomic(using=alias):
        opened(desk)
        transaction.set_rollback(True, using=alias)
    assert kept(alias, process) is None

    with transaction.atomic(using=alias):
        opened(desk)
        desk.note("T-1", by="bob", text="hello")
    assert process.to_json() == kept(alias, process)


def test_connection_without_a_block_is_refused_with_the_way_out(desk, alias):
    """In autocommit mode there is no transaction to take part in, neither at first nor afterwards."""
    with pytest.raises(AutocommitError, match=r"; work inside `with transaction\.atomic\(\):`$"):
        desk.on(connections[alias])
    with transaction.atomic(using=alias):
        view = desk.on(connections[alias])
        opened(view)
    with pytest.raises(AutocommitError):
        view.note("T-1", by="bob", text="too late")


def test_connection_of_a_host_that_commits_itself_is_taken(desk, alias):
    """Who has switched autocommit off is in a transaction; what is written stays uncertain until the commit."""
    connections[alias].ensure_connection()
    transaction.set_autocommit(False, using=alias)
    assert not DjangoStore(alias).certain
    with contextlib.suppress(ZeroDivisionError):
        opened(desk.on(connections[alias]))
    transaction.rollback(using=alias)
    transaction.set_autocommit(True, using=alias)

    assert [] == list(desk.find())


def test_desk_on_django_takes_its_connection(desk, alias):
    """`on` works, too, on a desk whose store is Django's; a connections handler is none."""
    with transaction.atomic(using=alias):
        opened(desk.on(connections[alias]))
    assert () == desk.verify("T-1")
    with pytest.raises(UnsupportedConnectionError, match="django ConnectionHandler"):
        desk.on(connections)


def test_alias_that_is_none_is_refused():
    """A database that the settings do not name is refused when the desk is made."""
    with pytest.raises(StoreError, match=r"^django: DATABASES has no 'nowhere'; trying again will not help$"):
        store_of("django:nowhere")


def test_database_without_tables_says_how_to_make_them(process, tmp_path):
    """The tables of Django's database are made by a migration."""
    alias = add(f"sqlite:///{tmp_path / 'empty.db'}")
    store = store_of(f"django:{alias}")
    with pytest.raises(
        StoreError, match=r"^sqlite: it has no tables of supporttiers .* 'supporttiers db upgrade --store"
    ):
        SupportDesk(process, store=store).open(by="jane")
    assert (0, 0) == (store.schema_version(), store.upgrade())
    assert 3 == store.schema_version()
    store.close()
    connections[alias].close()


def test_busy_file_asks_about_a_forgotten_on(desk, alias, tmp_path, joining_url):
    """When another connection writes and does not end, that may be the caller's own."""
    if connections[alias].vendor != "sqlite":
        return
    opened(desk)
    busy = SupportDesk(desk.process, store=f"django:{add(joining_url('sqlite'), OPTIONS={'timeout': 0})}")
    with transaction.atomic(using=alias):
        desk.on(connections[alias]).note("T-1", by="bob", text="and then a long pause")
        with pytest.raises(
            StoreError, match=r"locked; is a transaction of your own left open, or was \.on\(connection"
        ):
            busy.open(by="jane")
    connections[busy._ports.store._alias].close()


def test_connection_that_has_died_is_made_anew(desk, alias):
    """A server that was restarted costs a reader nothing, and a writer one error that may be tried again."""
    if connections[alias].vendor != "postgresql":
        return
    opened(desk)

    def kill():
        pid = connections[alias].connection.info.backend_pid
        callers.run_apart(_url_of(alias), f"SELECT pg_terminate_backend({pid}, 5000)")

    kill()
    assert "T-1" == desk.get("T-1").id
    kill()
    assert 1 == len(desk.find())
    kill()
    with pytest.raises(StoreError, match="whether it was written is not known: read again") as caught:
        desk._ports.store.put_process("acme", "1", "{}", FakeClock("2026-03-23T09:00Z").now())
    assert caught.value.retryable
    assert "T-1" == desk.get("T-1").id


def _url_of(alias):
    return psycopg.conninfo.make_conninfo("", **{
        key: connections[alias].settings_dict[name]
        for key, name in (("host", "HOST"), ("user", "USER"), ("dbname", "NAME"), ("port", "PORT"))
        if connections[alias].settings_dict[name]
    })  # fmt: skip


def test_connection_that_has_died_inside_a_block_is_the_blocks_matter(desk, alias):
    """Inside an atomic block nothing is asked again, and Django's connection is left to Django."""
    if connections[alias].vendor != "postgresql":
        return
    opened(desk)
    with contextlib.suppress(Exception), transaction.atomic(using=alias):
        pid = connections[alias].cursor().execute("SELECT pg_backend_pid()").fetchone()[0]
        callers.run_apart(_url_of(alias), f"SELECT pg_terminate_backend({pid}, 5000)")
        with pytest.raises(StoreError, match=r"it may be tried again$"):
            desk.get("T-1")
    connections[alias].close()
    assert "T-1" == desk.get("T-1").id


def test_query_log_holds_what_customers_wrote(desk, alias, caplog):
    """With DEBUG on Django keeps each statement with its values: the pages say so, and this shows it."""
    connections[alias].force_debug_cursor = True
    with caplog.at_level(logging.DEBUG, logger="django.db.backends"):
        opened(desk)
    connections[alias].force_debug_cursor = False

    assert any("Printer" in query["sql"] for query in connections[alias].queries_log)


class DeskInTestCase(TestCase):
    """Django's TestCase rolls each test back: cases go with it, and the desk that all tests share goes on."""

    databases = {"default"}

    @classmethod
    def setUpTestData(cls):
        DjangoStore("default").upgrade()
        cls.desk = SupportDesk(SupportProcess.default(), store="django:default")

    def test_first(self):
        """A case of one test ..."""
        opened(self.desk)
        self.assertEqual(1, len(self.desk.find()))

    def test_second(self):
        """... is not there in another."""
        opened(self.desk)
        self.desk.on(connections["default"]).note("T-1", by="bob", text="hello")
        self.assertEqual((), self.desk.verify("T-1"))
        self.assertEqual(1, len(self.desk.find()))


class DeskInTransactionTestCase(TransactionTestCase):
    """TransactionTestCase leaves transactions to the test."""

    databases = {"default"}

    def test_commit(self):
        """What is committed is there, for other threads, too."""
        DjangoStore("default").upgrade()
        desk = SupportDesk(SupportProcess.default(), store="django:default")
        with transaction.atomic():
            opened(desk)
        self.assertEqual(1, len(desk.find()))


def test_threads_have_connections_of_their_own(desk, alias):
    """A desk on Django's database may be shared among threads: each works on Django's connection for it."""
    opened(desk)
    found = []

    def look():
        found.append(desk.get("T-1").id)
        connections[alias].close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert ["T-1"] == found
