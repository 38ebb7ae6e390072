"""Stories: one case of a rehearsal, always as it is now, with the verbs of the desk."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from supporttiers._fields import instance_of, nearest
from supporttiers._flows.vendors import update_of
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.cases import Case
from supporttiers.diagrams import CaseTimeline
from supporttiers.errors import InputError
from supporttiers.events import Event
from supporttiers.links import VendorStatus
from supporttiers.monitors import Telling
from supporttiers.reasons import Reason
from supporttiers.testing._given import check_given
from supporttiers.testing.accounts import told_and_done
from supporttiers.testing.paths import Path

if TYPE_CHECKING:
    from supporttiers.testing.rehearsal import Rehearsal

VERBS: Final = (
    "start", "release", "assign", "reply", "note", "attempt", "escalate", "inform_management", "hand_back", "transfer",
    "wait", "resume", "resolve", "reopen", "close", "cancel", "amend", "attach", "watch", "unwatch", "link", "unlink",
    "merge", "dispatch", "tell_vendor", "withdraw", "rate", "approve", "decline",
)  # fmt: skip
"""The verbs of a story: those of the desk, without the case."""


class Story:
    """
    One case of a rehearsal, always as it is now.

    It has the verbs of the desk, without the case: `story.escalate(by="anna", reason="needs a driver")`. Each does what
    it does at the present instant, with all that follows at once, and gives the story.

    Attributes:
        id: The id of the case.
    """

    def __init__(self, rehearsal: "Rehearsal", case_id: str) -> None:
        """Follow a case of a rehearsal; see `Rehearsal.open`."""
        self._rehearsal = rehearsal
        self.id: str = case_id

    @property
    def rehearsal(self) -> "Rehearsal":
        """The rehearsal of which it is a case."""
        return self._rehearsal

    @property
    def case(self) -> Case:
        """The case as it is now."""
        return self._rehearsal.desk.get(self.id)

    @property
    def now(self) -> datetime:
        """The present instant of its rehearsal, in UTC."""
        return self._rehearsal.clock.now()

    @property
    def history(self) -> Sequence[Event]:
        """What has happened so far."""
        return self._rehearsal.desk.history(self.id)

    @property
    def path(self) -> Path:
        """Its way so far; equal to a text such as `"t1 09:00 -> t2 09:15 (first line)"`."""
        return Path.of(self.history, zone=self._rehearsal.zone)

    @property
    def timeline(self) -> CaseTimeline:
        """
        What became of it so far, as a picture: `str()` is for the terminal, `to_svg()` and `to_html()` for a page.

        Times are shown in the rehearsal's zone. Who was told is what its notifiers heard.
        """
        found = self._rehearsal
        return found.desk.timeline(self.id, zone=found.zone, until=found.clock.now()).telling(self.told)

    @property
    def told(self) -> Sequence[Telling]:
        """Who was told what about it so far, in order."""
        return tuple(telling for telling in self._rehearsal.told if telling.case_id == self.id)

    @property
    def next(self) -> tuple[Reason, ...]:
        """What happens by itself if nobody acts, in order."""
        return self._rehearsal.desk.explain(self.id).next

    def was_told(self, to: str, *, after: str | datetime | None = None, before: str | datetime | None = None) -> bool:
        """
        Say whether somebody was told anything about it.

        Args:
            to: A role, a name, or the id of one of the people. A role that stood for nobody was not told.
            after: Not before this instant; a text without an offset is in the rehearsal's zone.
            before: Before this instant; likewise.
        """
        since = None if after is None else self._rehearsal.instant(after)
        until = None if before is None else self._rehearsal.instant(before)
        return any(
            telling.reaches(to) and (since is None or telling.at >= since) and (until is None or telling.at < until)
            for telling in self.told
        )

    def __getattr__(self, name: str) -> "Callable[..., Story]":
        """Give a verb of the desk, for this case."""
        if name not in VERBS:
            meant = nearest(name, VERBS)
            advice = f"did you mean {meant}?" if meant else f"its verbs are: {', '.join(VERBS)}"
            raise AttributeError(f"a story has no {name!r}; {advice}", name=name, obj=self)
        return partial(self._do, name)

    def _do(self, verb: str, /, **given: Any) -> "Story":  # noqa: ANN401 - whatever the verb takes
        check_given(verb, given)
        getattr(self._rehearsal.desk, verb)(self.id, **given)
        self._rehearsal.settle()
        return self

    def vendor_says(self, status: VendorStatus | str, *, ticket: int = -1) -> "Story":
        """
        Let a vendor say how far one of the case's tickets is, and hear of it at once, as by a webhook.

        Args:
            status: Such as `"resolved"`.
            ticket: Its place among the case's tickets; the newest unless said.

        Raises:
            InputError: There is no such ticket or status, or its vendor is no double.
        """
        tickets, known = self.case.vendor_tickets, {each.value: each for each in VendorStatus}
        if str(status) not in known:
            raise InputError(self.id, "status", f"is {str(status)[:40]!r}; possible are: {', '.join(known)}")
        if problem := instance_of(int, "its place, a number")(ticket):
            raise InputError(self.id, "ticket", problem)
        if not -len(tickets) <= ticket < len(tickets) or tickets[ticket].remote_id is None:
            opened = sum(each.remote_id is not None for each in tickets)
            raise InputError(self.id, "ticket", f"is {ticket}; vendors have opened {opened} for this case")
        found = tickets[ticket]
        desk = self._rehearsal.desk
        double = desk._ports.vendors.get(found.vendor)  # noqa: SLF001 - a rehearsal is a desk
        if not isinstance(double, InProcessVendor):
            raise InputError(
                self.id, "vendor", f"is {found.vendor!r}, which speaks for itself; a ScriptedVendor can be led"
            )
        remote_id = str(found.remote_id)
        double.update(remote_id, status=known[str(status)])
        desk.execute(update_of((found.vendor, found.key, self.id), double.fetch(remote_id)))
        self._rehearsal.settle()
        return self

    def __str__(self) -> str:
        """Tell what has happened, and who was told what, a line each, in the rehearsal's zone."""
        return "\n".join(told_and_done(self.history, self.told, zone=self._rehearsal.zone))

    def __repr__(self) -> str:
        """Show its id and its way."""
        return f"Story({self.id!r}, {self.path!r})"
