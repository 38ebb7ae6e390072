"""What is particular to PostgreSQL, in a transaction of the caller's and on what is the host's."""

import contextlib
import os
import threading
from typing import ClassVar

import attrs
import psycopg
import psycopg_pool
import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine
from tests.blocking import LOOP, BlockingDesk
from tests.joining.callers import driver_url, engine_arguments, run_apart

from supporttiers import Actor, StaleCaseError, SupportDesk
from supporttiers.backends.storage.sqlalchemy import SqlAlchemyStore
from supporttiers.commands import Note
from supporttiers.errors import PluginError, StoreError
from supporttiers.facts import FactSource

pytestmark = pytest.mark.skipif("DJANGO_SETTINGS_MODULE" in os.environ, reason="Django's connections are tested alone")

BOB = Actor.agent("bob")


@attrs.frozen
class AskFirst:
    """A rule that needs to know something from outside: between loading and writing there is time for others."""

    name: ClassVar[str] = "acme.ask-first"
    revision: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]] = ("weather",)

    def permit(self, situation, /):
        """Permit everything, whatever the weather."""
        assert situation.facts["weather"] == "fine"


class Meanwhile:
    """Does something, once, while somebody else decides."""

    def __init__(self):
        self.does = lambda: None

    def read(self, tenant, keys):
        """Tell the weather."""
        does, self.does = self.does, lambda: None
        does()
        return dict.fromkeys(keys, "fine")


@pytest.fixture
def url(joining_url):
    """Give the URL of a database with our tables."""
    return joining_url("postgresql")


@pytest.fixture
def meanwhile():
    """Give what happens meanwhile."""
    return Meanwhile()


@pytest.fixture
def desk(process, clock, url, meanwhile, names):
    """Give a desk whose rules ask first."""
    asking = attrs.evolve(process, policies=(AskFirst(),))
    source = FactSource("weather", meanwhile.read, keyed_by="requester")
    with SupportDesk(asking, store=url, clock=clock, facts=[source], policies=[AskFirst]) as desk:
        yield desk.bind(tenant=names.tenant, by=BOB)


@pytest.fixture
def connection(url):
    """Give a connection."""
    with psycopg.connect(url) as connection:
        yield connection


def test_loser_hears_it_and_its_transaction_goes_on(desk, connection, meanwhile, names, url):
    """On a connection of the caller's nothing is decided again; what the caller writes afterwards is committed."""
    desk.open(id="T-1")
    meanwhile.does = lambda: desk.note("T-1", text="faster")
    with pytest.raises(StaleCaseError):
        desk.on(connection).escalate("T-1", reason="hard")
    connection.execute(f"INSERT INTO orders VALUES ('{names.order}')")
    desk.on(connection).note("T-1", text="once more, by the caller's own will")
    connection.commit()

    assert [(names.order,)] == run_apart(url, f"SELECT id FROM orders WHERE id = '{names.order}'")
    assert (1, 4, ()) == (desk.get("T-1").tier, desk.get("T-1").version, desk.verify("T-1"))


def test_loser_of_a_key_is_answered_by_the_winner(desk, connection, meanwhile):
    """Two requests with one key at once: the later one is told what came of the first."""
    desk.open(id="T-1")
    meanwhile.does = lambda: desk.note("T-1", text="the same", idempotency_key="k-1")
    case = desk.on(connection).note("T-1", text="the same", idempotency_key="k-1")
    connection.commit()

    assert (3, 3) == (case.version, desk.get("T-1").version)


def test_loser_of_an_opening_hears_it(desk, connection, meanwhile):
    """Two openings with one id at once: one case."""
    desk.open(id="T-0")  # keeps the process: whoever keeps one waits for others who do
    meanwhile.does = lambda: desk.open(id="T-1")
    with pytest.raises(StaleCaseError):
        desk.on(connection).open(id="T-1", idempotency_key="k-1")
    desk.on(connection).note("T-1", text="its key is free", idempotency_key="k-1")
    connection.commit()

    assert 3 == desk.get("T-1").version


def test_what_a_rollback_has_undone_is_not_gone_on_from(desk, connection, url, clock, names):
    """A version that was rolled back may be written anew by another: commands in a batch, too, go on from that one."""
    desk.open(id="T-1")
    desk.on(connection).note("T-1", text="rolled back")
    connection.rollback()
    with SupportDesk(desk.process, store=url, facts=[FactSource("weather", Meanwhile().read, keyed_by="requester")],
                     policies=[AskFirst], clock=clock) as other:  # fmt: skip
        other.bind(tenant=names.tenant, by=BOB).note("T-1", text="of another desk")
    desk.preview(_note("T-1"))
    (decided,) = desk.execute_all([_note("T-1")])

    assert (4, ()) == (decided.case.version, desk.verify("T-1"))


def _note(case_id):
    return Note(case_id=case_id, by=BOB, text="one of many")


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_serialization_failure_passes_through(desk, connection, level):
    """Above READ COMMITTED the database itself refuses a loser, and the caller, whose choice that was, begins anew."""
    desk.open(id="T-1")
    connection.isolation_level = psycopg.IsolationLevel[level.replace(" ", "_")]
    connection.execute("SELECT count(*) FROM orders")
    desk.note("T-1", text="faster")
    with pytest.raises(psycopg.errors.SerializationFailure):
        desk.on(connection).note("T-1", text="slower")
    connection.rollback()
    desk.on(connection).note("T-1", text="anew")
    connection.commit()

    assert 4 == desk.get("T-1").version


def test_desk_that_waits_too_long_asks_about_a_forgotten_on(desk, connection, process, url, names):
    """Who calls the desk itself on a case that their own transaction has changed waits for themselves."""
    desk.open(id="T-1")
    desk.on(connection).note("T-1", text="and then a long pause")
    impatient = f"{url}{'&' if '?' in url else '?'}options=-c%20lock_timeout%3D50"
    engine = sqlalchemy.create_engine(driver_url(url, "psycopg"), connect_args={"options": "-c lock_timeout=50"})
    for store in (impatient, engine):
        source = FactSource("weather", Meanwhile().read, keyed_by="requester")
        waiting = SupportDesk(desk.process, store=store, facts=[source], policies=[AskFirst])
        with pytest.raises(StoreError, match=r"was \.on\(connection\) forgotten\?; it may be tried again$"):
            waiting.bind(tenant=names.tenant, by=BOB).note("T-1", text="too late")
        waiting.shut_down()
    engine.dispose()


def test_pool_of_the_hosts_is_the_store_and_stays_open(desk, process, url, names):
    """A pool may be the store; its connections are joined, and closing the desk leaves it alone."""
    with psycopg_pool.ConnectionPool(url, min_size=1, open=True) as pool:
        pooled = SupportDesk(process, store=pool).bind(tenant=names.tenant)
        with pool.connection() as connection:
            pooled.on(connection).open(id="T-9", by="jane")
        pooled.shut_down()
        assert "T-9" == pooled.get("T-9").id
        assert not pool.closed


def test_awaited_pool_of_the_hosts_is_the_store(process, url, names):
    """The same where it is awaited; a desk that blocks does not take it."""
    pool = LOOP.run(_opened(url))
    pooled = BlockingDesk(process, store=pool).bind(tenant=names.tenant)
    pooled.open(id="T-9", by="jane")
    assert "T-9" == pooled.get("T-9").id
    with pytest.raises(PluginError, match="AsyncSupportDesk is for it"):
        SupportDesk(process, store=pool)
    with pytest.raises(PluginError, match="a store is a URL"):
        SupportDesk(process, store=psycopg_pool.NullConnectionPool)
    LOOP.run(pool.close())


async def _opened(url):
    pool = psycopg_pool.AsyncConnectionPool(url, min_size=1, open=False)
    await pool.open()
    return pool


# -- an engine of the host's


@pytest.fixture
def engine(url):
    """Give an engine."""
    engine = sqlalchemy.create_engine(driver_url(url, "psycopg"))
    yield engine
    engine.dispose()


def test_engine_whose_connections_have_died_is_asked_again_by_readers(process, engine, url, names):
    """A reader does not notice; a writer hears that nobody knows, once."""
    desk = SupportDesk(process, store=engine).bind(tenant=names.tenant)
    desk.open(id="T-1", by="jane")

    def kill():
        with engine.connect() as connection:
            pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        run_apart(url, f"SELECT pg_terminate_backend({pid}, 5000)")

    kill()
    assert "T-1" == desk.get("T-1").id
    kill()
    with pytest.raises(StoreError, match="whether it was written is not known: read again") as caught:
        desk._ports.store.forget_keys(desk._clock.now())
    assert caught.value.retryable
    assert "T-1" == desk.get("T-1").id


def test_engine_that_leads_nowhere_is_away(process):
    """A server that is not there is an error that may be tried again, on either kind of engine."""
    engine = sqlalchemy.create_engine("postgresql+psycopg://nobody@/nowhere?host=/nowhere")
    with pytest.raises(StoreError, match=r"could not look at the tables: .*it may be tried again$"):
        SupportDesk(process, store=engine).open(by="jane")
    awaited = create_async_engine("postgresql+asyncpg://nobody@/nowhere?host=/nowhere")
    with pytest.raises(StoreError, match=r"could not look at the tables: .*it may be tried again$"):
        BlockingDesk(process, store=awaited).open(by="jane")


def test_engine_with_no_connection_left_is_away(process, url, names):
    """Nor is a pool that is too small a fault of the call."""
    engine = sqlalchemy.create_engine(driver_url(url, "psycopg"), pool_size=1, max_overflow=0, pool_timeout=0.05)
    with engine.connect(), pytest.raises(StoreError, match=r"it may be tried again$"):
        SupportDesk(process, store=engine).open(by="jane")
    engine.dispose()


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_what_was_rolled_back_for_anothers_sake_is_done_again(process, url, driver, monkeypatch):
    """A deadlock that the database has resolved is no news for the caller, unless it comes again and again."""
    place, arguments = engine_arguments(url, driver)
    engine = create_async_engine(place, **arguments)
    desk = BlockingDesk(process, store=engine)
    store = desk._ports.store
    real, tried = store._within, []

    async def fail(work):
        tried.append(work.doing)
        if len(tried) <= failures:
            raise sqlalchemy.exc.DBAPIError("a statement", (), _DeadlockError())
        return await real(work)

    monkeypatch.setattr(store, "_within", fail)
    failures = 2
    desk.open(by="jane")
    assert 3 == tried.count("look at the tables")
    failures, tried[:] = 99, []
    with pytest.raises(StoreError, match=r"deadlock; it may be tried again$"):
        desk.find()
    assert 5 == len(tried)
    LOOP.run(engine.dispose())


class _DeadlockError(Exception):
    sqlstate = "40P01"

    def __str__(self):
        return "deadlock"


def test_what_the_database_says_of_values_is_not_repeated(process, engine, names):
    """A refused value may be a customer's: only the kind of error is told."""
    store = SqlAlchemyStore(engine)
    with pytest.raises(StoreError, match=r"could not keep a process: \w+; trying again will not help$") as caught:
        store.put_process("secret\0word", "1", "{}", SupportDesk(process)._clock.now())

    assert "secret" not in str(caught.value)


def test_tables_are_made_by_several_at_once(postgres_url, process):
    """Whoever comes first makes the schema and its tables; the others wait, and find them."""
    engine = sqlalchemy.create_engine(driver_url(postgres_url, "psycopg"))
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(SqlAlchemyStore(engine, schema="support").upgrade()))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with contextlib.closing(engine.connect()) as connection:
        named = connection.exec_driver_sql("SELECT count(*) FROM support.supporttiers_cases").scalar()
    engine.dispose()

    assert ([0, 3, 3], 0) == (sorted(found), named)


def test_words_of_a_case_that_has_none_are_empty_lists(postgres_url, process):
    """Whoever reads the view goes through them without asking whether they are there."""
    engine = sqlalchemy.create_engine(driver_url(postgres_url, "psycopg"))
    desk = SupportDesk(process, store=engine)
    SqlAlchemyStore(engine).upgrade()
    desk.open(by="jane")
    with contextlib.closing(engine.connect()) as connection:
        row = connection.exec_driver_sql(
            "SELECT tags, watchers, vendors, vendors_waiting, attributes FROM supporttiers_cases"
        ).one()
    engine.dispose()

    assert ([], [], [], [], {}) == tuple(row)
