"""A PostgreSQL that is restarted under load: workers and commands go on, and nothing is lost or done twice."""

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

from tests.proofs.crew import crew
from tests.proofs.test_kills import delivered
from tests.proofs.world import BEGIN, LONG_AFTER, STEP, desk_on, story, thresholds

from supporttiers.backends.storage import store_of
from supporttiers.backends.storage.postgres import AsyncPostgresStore
from supporttiers.errors import StoreError
from supporttiers.worker import run_until

WORKERS = 3
CASES = 30


def insist(command, *args, **options):
    """Give a command until it is answered, always with the same idempotency key."""
    while True:
        try:
            return command(*args, **options)
        except StoreError as error:
            if not error.retryable:
                raise


def give_commands(url, receipts, now, round_, half_done):
    """Open cases and write on them, one after the other; give their ids and how many notes each has."""
    with desk_on(url, receipts, now) as desk:
        ids = []
        for number in range(CASES):
            case_id = f"C-{round_}-{number}"
            insist(desk.open, "Case", id=case_id, by="jane", idempotency_key=f"open {case_id}")
            insist(desk.note, case_id, text="Seen.", by="anna", idempotency_key=f"note {case_id}")
            ids.append(case_id)
            if number == CASES // 3:
                half_done.set()
        return ids


def test_restarts_under_load_lose_nothing_and_fire_nothing_twice(tmp_path, postgres_server, receipts, soak):
    """The server is torn down in the midst of everything, several times; whatever was answered is there, once."""
    restarts, days = (15 if soak else 2), []
    url = postgres_server.url
    with contextlib.closing(store_of(url)) as store:
        store.upgrade()
    with crew(url, receipts) as workers, ThreadPoolExecutor(2) as threads:
        for round_ in range(restarts):
            now, stop, half_done = BEGIN + STEP * round_, tmp_path / f"stop {round_}", threading.Event()
            working = threads.submit(workers.send, now, *[{"until": str(stop)}] * WORKERS)
            commanding = threads.submit(give_commands, url, receipts, now, round_, half_done)
            half_done.wait(60)
            postgres_server.restart("immediate" if round_ % 2 == 0 else "fast")
            days.append((now, commanding.result(timeout=120)))
            stop.touch()
            assert [0] * WORKERS == working.result(timeout=120)
        for later in range(1, LONG_AFTER // STEP + 1):
            assert [0] == workers.send(now + STEP * later, {"limit": 1000})

    expected = undisturbed(tmp_path, days)
    with desk_on(url, receipts, now + LONG_AFTER) as desk:
        for case_id in (case_id for _, ids in days for case_id in ids):
            assert thresholds(expected, case_id) == thresholds(desk, case_id)
            assert story(expected, case_id) == story(desk, case_id)
            assert desk.verify(case_id) == ()
    should, _ = delivered(tmp_path / "reference")
    told, twice = delivered(receipts)
    assert should == told
    assert twice <= restarts * WORKERS


def undisturbed(tmp_path, days):
    """Live the same days in memory, where no server is needed."""
    desk = desk_on("memory:", tmp_path / "reference", BEGIN)
    for now, ids in days:
        run_until(desk, desk._clock, now)
        for case_id in ids:
            desk.open("Case", id=case_id, by="jane")
            desk.note(case_id, text="Seen.", by="anna")
    run_until(desk, desk._clock, days[-1][0] + LONG_AFTER)
    return desk


def test_connections_that_died_in_the_pool_cost_nobody_a_command(postgres_server, receipts):
    """After a restart the first command goes through, however many connections were open before."""
    url = postgres_server.url
    with contextlib.closing(store_of(url)) as store:
        store.upgrade()
    with desk_on(url, receipts, BEGIN) as desk:
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda number: desk.open("Case", id=f"C-{number}", by="jane"), range(16)))
        postgres_server.restart("fast")
        for number in range(16, 32):
            desk.open("Case", id=f"C-{number}", by="jane")

        assert len(desk.find(limit=100)) == 32


def test_awaited_connections_that_died_in_the_pool_cost_nobody_a_command(postgres_server):
    """The same for a store that is awaited."""
    with contextlib.closing(store_of(postgres_server.url)) as store:
        store.upgrade()

    async def live():
        store = AsyncPostgresStore.from_url(postgres_server.url)
        await asyncio.gather(*[store.load("default", f"C-{number}") for number in range(8)])
        await asyncio.to_thread(postgres_server.restart, "immediate")
        await store.put_process("proof", "1", "{}", BEGIN)
        kept = await store.get_process("proof", "1")
        await store.close()
        return kept

    assert asyncio.run(live()) == "{}"
