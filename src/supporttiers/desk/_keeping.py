"""What is kept about cases and people: given out whole, or deleted."""

from typing import Any, Unpack, overload

from supporttiers._flows import drive
from supporttiers.cases import Case
from supporttiers.desk._records import Records
from supporttiers.desk._view import Common
from supporttiers.readings import Redaction


class Keeping(Records):
    """Redaction and export, called."""

    @overload
    def redact(self, case: Case | str, /, **common: Unpack[Common]) -> Case: ...
    @overload
    def redact(self, /, *, person: str, **common: Unpack[Common]) -> Redaction: ...
    def redact(
        self, case: Case | str | None = None, /, *, person: str | None = None, **common: Unpack[Common]
    ) -> Case | Redaction:
        """
        Delete the personal texts and names of a case, or of all cases of a person, for good.

        What happened, when and how long it took stays, and the history can still be verified. Each case of a person is
        redacted in a transaction of its own: after a failure, the same call goes on with those that are left.

        Args:
            case: Which case. One about which nobody has said anything since it was last redacted is left as it is.
            person: Instead of a case: an id. Every case whose requester or customer this is, is redacted; they no
                longer watch any other.
            **common: See `Common`; with *person*, only `by` and `reason`. Customers, vendors and assistants are
                refused.

        Returns:
            The case; or, of a person, which cases were redacted, and which could not be and why.

        Raises:
            InputError: Neither a case nor a person is named, or both are.
            NotPermittedError: The actor may not redact this case.
        """
        found: Case | Redaction = drive(self._redact(case, person, common))
        return found

    def export(self, case: Case | str) -> dict[str, Any]:
        """
        Give out everything that is kept about a case, as plain values that `json.dumps` takes.

        Returns:
            `format` (1), `case`, `events` with all their parts, `messages`, `idempotency_keys`, `links_in`: the names
            are those of the attributes, and stay. Files that are attached are kept by the caller: what is here are
            references.

        Raises:
            CaseNotFoundError: There is no such case.
        """
        return drive(self._export(case))
