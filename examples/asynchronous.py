"""
A desk on asyncio: many customers at once, a notifier that is awaited, one that blocks in a thread, and a pass.

Your application would leave the clock out, keep the database somewhere lasting, and do passes in a worker.
"""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from supporttiers import AsyncSupportDesk, Case, FactSource, FakeClock, SupportProcess
from supporttiers.effects import Notification

CUSTOMERS = 20


class Chat:
    """Tells people in a chat; its client is asynchronous."""

    name = "chat"

    def __init__(self) -> None:
        """Begin with nobody told."""
        self.told = 0

    async def notify(self, _notification: Notification, /, *, key: str) -> None:  # noqa: ARG002 - nobody is told twice
        """Send a message."""
        await asyncio.sleep(0)
        self.told += 1


class Log:
    """Writes down who was told; a plain notifier, which the desk calls in a thread."""

    name = "log"

    def __init__(self) -> None:
        """Begin with an empty log."""
        self.lines: dict[str, str] = {}

    def notify(self, notification: Notification, /, *, key: str) -> None:
        """Write a line."""
        self.lines[key] = f"{notification.case_id}: {notification.reason}"


async def read_plans(_tenant: str, customers: Sequence[str]) -> Mapping[str, object]:
    """Ask another service for the plans of customers."""
    await asyncio.sleep(0)
    return dict.fromkeys(customers, "gold")


async def serve(desk: AsyncSupportDesk, number: int) -> Case:
    """Serve one customer, as a request handler would."""
    mine = desk.bind(by=f"customer-{number}")
    case = await mine.open("The printer prints hieroglyphs", id=f"T-{number}")
    await desk.reply(case, by="bob", text="Have you tried another font?")
    return await mine.reply(case, text="Times New Roman, why?")


async def main() -> None:
    clock, chat, log = FakeClock("2026-03-23T09:00Z"), Chat(), Log()
    with tempfile.TemporaryDirectory() as folder:
        store = f"sqlite:///{Path(folder, 'support.db').as_posix()}"
        async with AsyncSupportDesk(
            SupportProcess.default(), store=store, clock=clock, notifiers=[chat, log],
            facts=[FactSource("plan", read_plans)],
        ) as desk:  # fmt: skip
            cases = await asyncio.gather(*(serve(desk, number) for number in range(CUSTOMERS)))
            print(f"{len(cases)} cases, each at version {cases[0].version}")

            # everybody writes on one case at once: each takes a turn, and nothing is lost
            await asyncio.gather(*(desk.note("T-0", by=f"agent-{number}") for number in range(CUSTOMERS)))
            events = await desk.history("T-0")
            assert len(events) == cases[0].version + CUSTOMERS
            print(f"T-0 has {len(events)} events, and {await desk.verify('T-0') or 'nothing'} is wrong with them")

            await desk.inform_management("T-0", by="bob")
            clock.advance("15m")  # the first tier's limit is reached
            done = await desk.run_due()
            assert chat.told == len(log.lines) == done.relayed // 2
            print(f"escalated: {done.fired}, told by chat and log: {chat.told}")
            print("cases by tier:", dict(await desk.counts(by="tier")))


if __name__ == "__main__":
    asyncio.run(main())
