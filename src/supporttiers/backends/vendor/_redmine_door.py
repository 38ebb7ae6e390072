"""The door of a Redmine: as whom it lets us in, and whether what we bring can be found again."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from supporttiers._fields import one_line
from supporttiers.backends.rest import Rest
from supporttiers.backends.vendor._redmine import Reader
from supporttiers.clock import Clock
from supporttiers.errors import VendorError

TRUSTED: Final = timedelta(minutes=1)
"""So long we believe that we are still who we were: a Redmine does not say so with each answer."""

_NOBODY: Final = "ST-"


@attrs.frozen(kw_only=True)
class Account:
    """Who we are there, and since when we know."""

    id: int
    login: str
    known_at: datetime


class Door:
    """
    Makes sure, before anything is asked, of who we are; and before anything is opened, of the place for it.

    Args:
        name: The vendor's, for errors.
        rest: Speaks with it.
        reader: Reads what it says.
        clock: Tells the time.
        project: Where tickets are opened.
        account: The login of our account; None where anybody will do.
        tracker: The number of their tracker; None where it is the project's first.
    """

    def __init__(
        self,
        name: str,
        *,
        rest: Rest,
        reader: Reader,
        clock: Clock,
        project: str,
        account: str | None,
        tracker: int | None,
    ) -> None:
        """Begin without knowing anything."""
        self._name, self._rest, self._reader, self._clock = name, rest, reader, clock
        self._project, self._account, self._tracker, self._field = project, account, tracker, reader.field
        self.forget()

    def forget(self) -> None:
        """Ask for everything anew."""
        self._known: Account | None = None
        self.place_is_sound = False

    def us(self) -> Account:
        """
        Say who we are there.

        Raises:
            VendorError: It knows us as nobody, or as somebody else (`auth`); or it cannot be asked.
        """
        now = self._clock.now()
        known = self._known
        if known is None or not known.known_at <= now < known.known_at + TRUSTED:
            known = self._known = self._who(now)
        return known

    def _who(self, now: datetime) -> Account:
        try:
            user = self._rest.part(self._rest.ask("users", "current.json").value, "user", kind=dict)
        except VendorError as error:
            if error.kind == "gone":
                raise self._rest.misunderstood("there is no Redmine at its address") from None
            raise
        login = one_line(self._rest.part(user, "login", kind=str))
        if self._account is not None and login.casefold() != self._account.casefold():
            raise VendorError(self._name, "it knows us as another account than ours", retryable=True, kind="auth")
        return Account(id=self._reader.number(user, "id"), login=login, known_at=now)

    def make_sure_of_the_place(self) -> None:
        """What a Redmine does not know it ignores, a tracker, a field or a filter: that would be seen too late."""
        if self.place_is_sound:
            return
        with self.in_project():
            reply = self._rest.ask("projects", f"{self._project}.json", query={"include": "trackers"})
        trackers = self._rest.part(reply.value, "project", "trackers", kind=list)
        numbers = [self._reader.number(each, "id") for each in trackers]
        if not numbers or self._tracker not in {None, *numbers}:
            raise self.rejected(f"its project {self._project!r} has no tracker {self._tracker or ''}".rstrip())
        if self._field is not None:
            self._make_sure_of_the_field(self._tracker or numbers[0])
        self.place_is_sound = True

    def _make_sure_of_the_field(self, tracker: int) -> None:
        if self.issues({f"cf_{self._field}": _NOBODY, "limit": "1"}):
            raise self.no_filter()
        place = {"project_id": self._project, "subproject_id": "!*", "tracker_id": str(tracker), "limit": "1"}
        issues = self.issues(place)
        if issues and self._reader.in_field(issues[0]) is None:
            raise self.rejected(f"the tickets of its project do not have the field {self._field}; give it to them")

    @contextmanager
    def in_project(self) -> Iterator[None]:
        """What is not there while this lasts, is the project."""
        try:
            yield
        except VendorError as error:
            if error.kind == "gone":
                raise self.rejected(f"it has no project {self._project!r}") from None
            raise

    def no_filter(self) -> VendorError:
        """Make the error for a field that a Redmine does not search."""
        return self.rejected(f"its field {self._field} cannot be searched; tick 'Used as a filter' for it")

    def rejected(self, problem: str) -> VendorError:
        """Make the error for what cannot be done there."""
        return VendorError(self._name, problem, retryable=False, kind="rejected")

    def issues(self, query: Mapping[str, str]) -> list[Any]:
        """Look for tickets of all statuses."""
        reply = self._rest.ask("issues.json", query={"status_id": "*", **query})
        found: list[Any] = self._rest.part(reply.value, "issues", kind=list)
        return found
