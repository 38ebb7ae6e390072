"""
The peer: procrastinate; run in a Python of its own, where it is installed.

Makes so many jobs in an empty database, each to be done in a month; then, for each line that it reads, makes 100 of
them due, and prints the seconds in which they are fetched, one after the other, as its worker does. It looks through
jobs in the order of their numbers: those that are due have the lowest of those to be done (`first`) or the highest.
"""

import asyncio
import sys
import time

import procrastinate
import psycopg

DUE = 100


def filled(url: str, n: int) -> int:
    """Make jobs; give the number of a worker."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, scheduled_at) SELECT 'default', 'escalate', "
            "jsonb_build_object('case', number), now() + interval '30 days' "
            "FROM generate_series(1, %s) AS job (number)",
            (n,),
        )
        db.execute("VACUUM ANALYZE procrastinate_jobs")
        (worker,) = db.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id").fetchone()
    return worker


def made_due(url: str, kind: str) -> None:
    """Let the next jobs be due: of those that are to be done, the first or the last."""
    order = "" if kind == "first" else "DESC"
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE status = 'doing'")
        db.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = now() - interval '1 minute' WHERE id IN ("
            f"SELECT id FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id {order} LIMIT %s)",
            (DUE,),
        )


async def main(url: str, n: int, kind: str) -> None:
    """Make ready, and take turns."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=2))
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        worker = filled(url, n)
        print("ready", flush=True)
        for _ in iter(sys.stdin.readline, ""):
            made_due(url, kind)
            began = time.perf_counter()
            for _ in range(DUE):
                assert await app.job_manager.fetch_job(None, worker) is not None
            print(time.perf_counter() - began, flush=True)


asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
