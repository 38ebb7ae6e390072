"""
Time limits that are fired by a task of a FastAPI application, from its start to its end.

In production: `uvicorn worker_fastapi:app`. Run as a script, it asks the application as a browser would.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Response
from httpx import ASGITransport, AsyncClient

from supporttiers import AsyncSupportDesk, SupportProcess
from supporttiers.testing import FakeClock
from supporttiers.worker import AsyncWorker

clock = FakeClock("2026-03-23T09:00Z")  # leave it out in production: the machine's clock is the default
desk = AsyncSupportDesk(SupportProcess.default(), store="sqlite:///support.db", clock=clock)
passed = asyncio.Event()  # only for the script below: it waits until time has done its part
worker = AsyncWorker(desk, on_pass=lambda done: done.fired and passed.set())


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Let the worker run as long as the application does; the pass that is under way at the end is ended first."""
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        await desk.shut_down()


app = FastAPI(lifespan=lifespan)


@app.post("/cases/{case_id}")
async def open_case(case_id: str) -> dict[str, Any]:
    """Open a case."""
    case = await desk.open(id=case_id, by="jane")
    return {"id": case.id, "tier": case.tier}


@app.get("/cases/{case_id}")
async def get_case(case_id: str) -> dict[str, Any]:
    """Show where a case stands."""
    case = await desk.get(case_id)
    return {"id": case.id, "tier": case.tier}


@app.get("/health")
async def health(response: Response) -> dict[str, Any]:
    """Say whether time limits are fired; 503 when not, so that whoever watches starts the application anew."""
    status = await worker.status()
    if not status.healthy:
        response.status_code = 503
    return status.to_data()


async def main() -> None:
    """Start the application, open a case, let its time limit pass, and look at both the case and the worker."""
    async with lifespan(app), AsyncClient(transport=ASGITransport(app), base_url="http://support") as client:
        print((await client.post("/cases/T-1")).json())
        clock.advance("15m")
        worker.wake()
        await asyncio.wait_for(passed.wait(), timeout=30)
        print((await client.get("/cases/T-1")).json())
        told = await client.get("/health")
        print(told.status_code, told.json()["state"], "fired:", told.json()["fired"])


if __name__ == "__main__":
    asyncio.run(main())
