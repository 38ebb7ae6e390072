"""What whoever runs a desk can ask and do: cases that were set aside, messages that could not be carried out."""

from collections.abc import Sequence

from supporttiers._flows import drive
from supporttiers.cases import Case
from supporttiers.desk._operations import Operations
from supporttiers.protocols import Backlog, Message, ParkedCase


class Operating(Operations):
    """What goes wrong by itself, and how it goes on, called."""

    def parked(self, *, after: str | None = None, limit: int = 50) -> Sequence[ParkedCase]:
        """
        Read the cases that were set aside, because what is due on them could not be decided.

        Args:
            after: The id of the case where the last page ended.
            limit: How many at most; 1 to 1000.

        Returns:
            The tenant's parked cases, by id, each with why and since when.
        """
        return drive(self._parked(after=after, limit=limit))

    def unpark(self, case: Case | str) -> bool:
        """
        Let a case that was set aside be tried again, from now on; the next pass decides it.

        Returns:
            Whether it had been set aside.

        Raises:
            CaseNotFoundError: There is no such case.
        """
        return drive(self._unpark(case))

    def backlog(self, *, all_tenants: bool = True) -> Backlog:
        """
        Say what waits: what is due and how late, what was set aside, and messages.

        Args:
            all_tenants: Of the whole store, as `run_due` looks after the whole store; of this view's tenant if False.
        """
        return drive(self._backlog(all_tenants=all_tenants))

    def messages(
        self, *, state: str | None = None, case: Case | str | None = None, after: str | None = None, limit: int = 50
    ) -> Sequence[Message]:
        """
        Read the tenant's messages, in the order in which they were caused.

        Args:
            state: `pending`, `done`, `dead` (given up) or `ambiguous` (nobody knows whether it has arrived); all when
                None.
            case: Only those that this case has caused.
            after: The key of the message where the last page ended.
            limit: How many at most; 1 to 1000.

        Raises:
            InputError: There is no such state; the error lists them.
            CaseNotFoundError: There is no such case.
        """
        return drive(self._messages(state=state, case=case, after=after, limit=limit))

    def retry(self, key: str) -> None:
        """
        Have a message that was given up, or set aside as ambiguous, carried out once more, by the next pass.

        Args:
            key: Of the message, as `messages` gives it.

        Raises:
            InputError: No dead or ambiguous message of this tenant has this key.
        """
        drive(self._retry(key))

    def discard(self, key: str) -> None:
        """
        Let go of a message that was given up, or set aside as ambiguous: it counts as done.

        Args:
            key: Of the message, as `messages` gives it.

        Raises:
            InputError: No dead or ambiguous message of this tenant has this key.
        """
        drive(self._discard(key))
