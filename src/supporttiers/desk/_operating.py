"""What whoever runs a desk can ask and do: cases that were set aside, messages that could not be carried out."""

from abc import abstractmethod
from collections.abc import Sequence

from supporttiers import _fields as fields
from supporttiers import _flows as flows
from supporttiers._fields import at_least, flag, one_of, optional
from supporttiers._flows import Ports, drive
from supporttiers.cases import Case
from supporttiers.clock import Clock
from supporttiers.desk._parts import must
from supporttiers.protocols import STATES, Backlog, Message, ParkedCase


class Operating:
    """What goes wrong by itself, and how it goes on."""

    _ports: Ports
    _tenant: str
    _clock: Clock

    @abstractmethod
    def _id_of(self, case: Case | str) -> str: ...

    def parked(self, *, after: str | None = None, limit: int = 50) -> Sequence[ParkedCase]:
        """
        Read the cases that were set aside, because what is due on them could not be decided.

        Args:
            after: The id of the case where the last page ended.
            limit: How many at most; 1 to 1000.

        Returns:
            The tenant's parked cases, by id, each with why and since when.
        """
        must(optional(fields.name), "after", after)
        must(at_least(1, 1000), "limit", limit)
        return drive(flows.parked(self._ports, self._tenant, after=after, limit=limit))

    def unpark(self, case: Case | str) -> bool:
        """
        Let a case that was set aside be tried again, from now on; the next pass decides it.

        Returns:
            Whether it had been set aside.

        Raises:
            CaseNotFoundError: There is no such case.
        """
        return drive(flows.unpark(self._ports, self._tenant, self._id_of(case), self._clock.now()))

    def backlog(self, *, all_tenants: bool = True) -> Backlog:
        """
        Say what waits: what is due and how late, what was set aside, and messages.

        Args:
            all_tenants: Of the whole store, as `run_due` looks after the whole store; of this view's tenant if False.
        """
        must(flag, "all_tenants", all_tenants)
        tenant = None if all_tenants else self._tenant
        return drive(flows.backlog(self._ports, self._clock.now(), tenant=tenant))

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
        must(optional(one_of(STATES)), "state", state)
        must(optional(fields.text), "after", after)
        must(at_least(1, 1000), "limit", limit)
        case_id = None if case is None else self._id_of(case)
        return drive(flows.messages(self._ports, self._tenant, state=state, case_id=case_id, after=after, limit=limit))

    def retry(self, key: str) -> None:
        """
        Have a message that was given up, or set aside as ambiguous, carried out once more, by the next pass.

        Args:
            key: Of the message, as `messages` gives it.

        Raises:
            InputError: No dead or ambiguous message of this tenant has this key.
        """
        must(fields.text, "key", key)
        drive(flows.retry(self._ports, self._tenant, key, self._clock.now()))

    def discard(self, key: str) -> None:
        """
        Let go of a message that was given up, or set aside as ambiguous: it counts as done.

        Args:
            key: Of the message, as `messages` gives it.

        Raises:
            InputError: No dead or ambiguous message of this tenant has this key.
        """
        must(fields.text, "key", key)
        drive(flows.discard(self._ports, self._tenant, key))
