"""
A shop with support: a case and a row of the ORM in one AsyncSession, and a worker as a task beside the requests.

    uvicorn app:app

It uses a file of SQLite, or the database that SHOP_DATABASE names.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from supporttiers import AsyncSupportDesk, CaseNotFoundError, SupportProcess
from supporttiers.backends.storage.sqlalchemy import AsyncSqlAlchemyStore
from supporttiers.worker import AsyncWorker


class Base(DeclarativeBase):
    """What the shop maps."""


class Complaint(Base):
    """What a customer complains of; its case is in the desk's tables."""

    __tablename__ = "complaints"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_number: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[str]


class NewComplaint(BaseModel):
    """What a customer sends."""

    customer: str
    order_number: str
    text: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    """Open what lives as long as the application: one engine for all, the desk on it, and its worker."""
    engine = create_async_engine(os.environ.get("SHOP_DATABASE", "sqlite+aiosqlite:///shop.db"))
    store = AsyncSqlAlchemyStore(engine)
    await store.upgrade()  # an application that runs for longer leaves both to its migrations
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    desk = AsyncSupportDesk(SupportProcess.default(), store=store)
    worker = AsyncWorker(desk)
    passes = asyncio.create_task(worker.run())
    yield {"desk": desk, "worker": worker, "sessions": async_sessionmaker(engine, expire_on_commit=False)}
    passes.cancel()
    with suppress(asyncio.CancelledError):
        await passes
    await desk.shut_down()
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def session_of(request: Request) -> AsyncIterator[AsyncSession]:
    """Give a session for one request: it is committed when all went well, and rolled back when not."""
    async with request.state.sessions.begin() as session:
        yield session


Session = Annotated[AsyncSession, Depends(session_of, scope="function")]  # committed before the answer is sent


@app.post("/complaints", status_code=201)
async def complain(new: NewComplaint, session: Session, request: Request) -> dict[str, Any]:
    """Open a case, and write down to which order it belongs: both or neither."""
    desk = request.state.desk.on(session)
    case = await desk.open(new.text, by=new.customer)
    complaint = Complaint(order_number=new.order_number, case_id=case.id)
    session.add(complaint)
    await session.flush()
    return {"complaint": complaint.id, "case": case.id}


@app.get("/cases/{case_id}")
async def show(case_id: str, session: Session, request: Request) -> dict[str, Any]:
    """Say how a case stands."""
    try:
        case = await request.state.desk.on(session).get(case_id)
    except CaseNotFoundError as error:
        raise HTTPException(404, str(error)) from error
    return {"status": case.status, "tier": case.tier}


@app.get("/health")
async def health(request: Request) -> dict[str, Any]:
    """Say whether time does its part."""
    status = await request.state.worker.status()
    return {"state": status.state, "healthy": status.healthy}
