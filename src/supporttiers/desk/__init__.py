"""
The desks: the composition root. A desk puts process, store, clock, people and adapters together, and nothing else.

A desk opens nothing before its first use, may be shared among threads or tasks, and is bound to one tenant; `bind`
gives a view for another one, or for one actor. `SupportDesk` calls its ports; `AsyncSupportDesk` awaits them.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from supporttiers._flows import drive
from supporttiers.backends.directory.stored import People
from supporttiers.cases import Case
from supporttiers.commands import Command
from supporttiers.decisions import Decision
from supporttiers.desk._async import Awaited
from supporttiers.desk._core import Core, Ids
from supporttiers.desk._keeping import Keeping
from supporttiers.desk._operating import Operating
from supporttiers.desk._parts import store_of_people
from supporttiers.desk._reading import Reading
from supporttiers.desk._talking import Talking
from supporttiers.desk._verbs import Verbs
from supporttiers.desk._view import Common
from supporttiers.errors import CaseError, SupportTiersError
from supporttiers.readings import Pass

__all__ = ["AsyncSupportDesk", "Common", "Ids", "SupportDesk"]


class SupportDesk(Core, Verbs[Case], Reading, Operating, Talking, Keeping):
    """
    A support desk: opens cases, carries out commands, and lets time do its part.

    >>> from supporttiers.process import SupportProcess
    >>> desk = SupportDesk(SupportProcess.default())
    >>> case = desk.open("The printer prints hieroglyphs", by="jane")
    >>> case.tier, str(case.status)
    (1, 'queued')

    .. versionadded:: 0.1.0
    """

    _awaits = False
    _driven = staticmethod(drive)

    @property
    def people(self) -> People:
        """
        The tenant's people, where they are kept beside the cases: `put`, `remove`, `all`.

        Raises:
            InputError: They are kept elsewhere, so that nobody would ask for whom you put here.
        """
        return People(store_of_people(self._directory), self._tenant)

    # -- any command

    def execute(self, command: Command) -> Decision:
        """
        Carry out a command.

        Returns:
            What came of it; `replayed` when its idempotency key had been used for the same command before.

        Raises:
            CaseError: It was refused; nothing of its own was written.
            StoreError: The store failed.
        """
        return drive(self._execute(command))

    def execute_all(self, commands: Iterable[Command]) -> list[Decision | SupportTiersError]:
        """
        Carry out many commands, several in one transaction, in the order of their cases' ids.

        Returns:
            For each command, in the order given, its decision or its error.
        """
        return drive(self._execute_all(commands))

    def adopt(self, commands: Iterable[Command]) -> dict[str, Decision | CaseError]:
        """
        Take over cases of another system, with their past.

        Up to now a case is observed: what the commands say has happened is recorded, even where the process forbids it;
        deadlines that have passed are marked as reached, and nothing is done or sent. From now on it follows its
        process: its stopwatches run on with what they have used up, and the deadlines ahead fire. A case whose id is
        there already is refused, so that the same commands may be handed in again after a failure.

        Args:
            commands: Of any number of cases, each with the `at` at which it happened, in any order; of a case they are
                taken in order of time, and those of one instant in the order given. An `Open` must name its id.
                Idempotency keys are not kept: the ids serve as such.

        Returns:
            By case id, in the order in which the cases come up: the decision, or the error for which the case was left
            out, whole.

        Raises:
            InputError: Something is no command, or an `Open` names no id; nothing was written.
            StoreError: The store failed. Many cases share a transaction; those before it have been written.
        """
        return drive(self._adopt(commands))

    def preview(self, command: Command) -> Decision:
        """
        Say what a command would do; nothing is stored.

        Raises:
            CaseError: It would be refused.
        """
        return drive(self._preview(command))

    def next_for(self, agent: str) -> Case | None:
        """
        Give an agent the case that they should take next.

        That is a queued case of one of their teams that nobody has: the highest priority first, of those the one that
        is due first. Cases for which they have no room, and those that the policies want to give to somebody with
        other skills, are passed over. Of two agents who ask at once each gets a case of their own.

        Args:
            agent: Who asks; an id that the directory knows as an agent's.

        Returns:
            The case, assigned to them; None where there is none for them.

        Raises:
            InputError: The desk's directory knows no agents, or not this one.
            FactsError: What the policies must know cannot be read; nothing was changed.
        """
        return drive(self._next_for(agent))

    # -- time

    def run_due(self, *, limit: int = 1000, tenant: str | None = None) -> Pass:
        """
        Do one whole pass: settle what is due, carry out messages, ask vendors. Call it from a worker, cron or Celery.

        Deadlines do not wait behind what is slow: after a minute of sending, or of asking, it takes nothing more up.

        Args:
            limit: At most so many cases, messages and tickets each.
            tenant: Whose; of all tenants of the store when None, whatever tenant this view is bound to.

        Returns:
            What was done.
        """
        return drive(self._run_due(limit=limit, tenant=tenant))

    def next_wake(self, *, tenant: str | None = None) -> datetime | None:
        """
        Give the earliest instant at which something will be due by itself on a case; None when nothing will.

        Messages that wait for their time are not in it: who calls `run_due` by this alone calls it now and then, too.

        Args:
            tenant: Of whose cases; of all tenants' when None.
        """
        return drive(self._next_wake(tenant))

    def __enter__(self) -> Self:
        """Use the desk for a while."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Let go of what the store holds."""
        self.shut_down()

    def shut_down(self) -> None:
        """Let go of what the store holds; a later call opens it again."""
        drive(self._shut_down())


class AsyncSupportDesk(Awaited):
    """
    A `SupportDesk` for asyncio: the same constructor, methods and arguments; what `SupportDesk` returns, is awaited.

    Only `bind`, `on`, `tenant`, `clock`, `process`, `people` and `hooks` are not awaited. Asynchronous ports are
    awaited; all others are called in a thread, but for those that do not block. When a task is cancelled, a step that
    runs in a thread ends first; a commit that has begun is then written, though nobody is told.

    >>> import asyncio
    >>> from supporttiers.process import SupportProcess
    >>> async def story():
    ...     async with AsyncSupportDesk(SupportProcess.default()) as desk:
    ...         return await desk.open("The printer prints hieroglyphs", by="jane")
    >>> case = asyncio.run(story())
    >>> case.tier, str(case.status)
    (1, 'queued')

    .. versionadded:: 0.1.0
    """


for _shared in (Core.__init__, *(verb for name, verb in vars(Verbs).items() if name[0] != "_")):
    _shared.__qualname__ = f"SupportDesk.{_shared.__name__}"  # so that Python's TypeErrors name what was called
