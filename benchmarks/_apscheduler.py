"""
The peer: APScheduler 4's store of schedules; run in a Python of its own, where it is installed.

Makes so many schedules, of which nothing is due; then, for each line that it reads, makes 100 of them due, and prints
the seconds in which they are dealt with. `store`: they are taken, and given back with their next time. `scheduler`: a
job is added for each in between, as its scheduler does, so that somebody can carry it out.
"""

import asyncio
import logging
import os
import random
import sys
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

from apscheduler import ConflictPolicy, Job, Schedule, ScheduleResult, Task
from apscheduler.datastores.sqlalchemy import SQLAlchemyDataStore
from apscheduler.eventbrokers.local import LocalEventBroker
from apscheduler.triggers.date import DateTrigger
from sqlalchemy import create_engine, literal_column, select, text
from sqlalchemy.ext.asyncio import create_async_engine

DUE = 100
LEASE = timedelta(seconds=30)
log = logging.getLogger("peer")


def numbers_below(n: int, dialect: str) -> str:
    """Give the numbers from 1 to n - 1, as the database makes them."""
    if dialect == "postgresql":
        return f"SELECT number FROM generate_series(1, {n - 1}) AS series (number)"
    return (
        "WITH RECURSIVE series (number) AS "
        f"(SELECT 1 UNION ALL SELECT number + 1 FROM series WHERE number < {n - 1}) SELECT number FROM series"
    )


async def filled(store: SQLAlchemyDataStore, n: int, far: datetime) -> None:
    """Make one schedule, and copies of it."""
    await store.add_task(Task(id="task", func="os:getpid", job_executor="async"))
    first = Schedule(
        id="0", task_id="task", trigger=DateTrigger(far), args=(), kwargs={}, job_executor="async", next_fire_time=far
    )
    await store.add_schedule(first, ConflictPolicy.exception)
    table = store._t_schedules  # noqa: SLF001 - it offers no way to make many
    others = [column for column in table.columns if column.name != "id"]
    series = text(numbers_below(n, store._engine.dialect.name)).columns(literal_column("number")).subquery()  # noqa: SLF001
    copies = select(literal_column("CAST(number AS VARCHAR(20))"), *others).select_from(
        table.join(series, text("1 = 1"))
    )
    async with store._begin_transaction() as connection:  # noqa: SLF001
        await store._execute(connection, table.insert().from_select(["id", *(c.name for c in others)], copies))  # noqa: SLF001


async def main(url: str, n: int, how: str) -> None:
    """Make ready, and take turns."""
    make = create_async_engine if url.startswith("postgresql") else create_engine
    store = SQLAlchemyDataStore(make(url))
    far = datetime.now(UTC) + timedelta(days=30)
    async with AsyncExitStack() as stack:
        broker = LocalEventBroker()
        await broker.start(stack, log)
        await store.start(stack, broker, log)
        await filled(store, n, far)
        print("ready", flush=True)
        for turn, _ in enumerate(iter(sys.stdin.readline, "")):
            print(await one_turn(store, random.Random(turn).sample(range(n), DUE), far, how), flush=True)


async def one_turn(store: SQLAlchemyDataStore, due: list[int], far: datetime, how: str) -> float:
    """Make schedules due; then take them, and give them back."""
    table, now = store._t_schedules, datetime.now(UTC)  # noqa: SLF001
    late = now - timedelta(seconds=5)
    instant = late if store._supports_tzaware_timestamps else int(late.timestamp() * 1e6)  # noqa: SLF001
    changed = table.update().where(table.c.id.in_([str(number) for number in due])).values(
        next_fire_time=instant, acquired_by=None, acquired_until=None
    )  # fmt: skip
    async with store._begin_transaction() as connection:  # noqa: SLF001
        await store._execute(connection, changed)  # noqa: SLF001
    began = time.perf_counter()
    taken = await store.acquire_schedules("peer", LEASE, DUE)
    if how == "scheduler":
        for one in taken:
            job = Job(
                task_id=one.task_id, schedule_id=one.id, scheduled_fire_time=one.next_fire_time,
                executor=one.job_executor, result_expiration_time=one.job_result_expiration_time,
            )  # fmt: skip
            await store.add_job(job)
    results = [
        ScheduleResult(
            schedule_id=one.id, task_id="task", trigger=one.trigger, last_fire_time=now, next_fire_time=far
        )
        for one in taken
    ]  # fmt: skip
    await store.release_schedules("peer", results)
    taken_by = time.perf_counter() - began
    assert len(taken) == DUE, len(taken)
    return taken_by


asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
os._exit(0)
