"""The people of the demonstration: customers, agents and a postman, made up by a seeded generator."""

import random  # noqa: TID251 - the story is made up, from a seed
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from supporttiers import Actor, Case, Status
from supporttiers import commands as do
from supporttiers.commands import Command
from supporttiers.effects import Notification

START: Final = datetime.fromisoformat("2026-03-02T00:00Z")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ROUND = 10 * MINUTE
"""Above tier 1 people look at their cases every ten minutes, so that what they do fits into fewer transactions."""


class Trouble(NamedTuple):
    """What people call about: how often, and which team of tier 2 knows it."""

    category: str
    subject: str
    share: int
    team: str


TROUBLES = (
    Trouble("printing", "The printer prints hieroglyphs", 30, "desktop"),
    Trouble("network", "No connection in room 12", 25, "network"),
    Trouble("desktop", "Blue screen after the update", 25, "desktop"),
    Trouble("account", "Locked out again", 15, "network"),
    Trouble("wishlist", "A second monitor would be nice", 5, "desktop"),
)
PEOPLE = {"front": ("anna", "bob"), "network": ("nia", "neil"), "desktop": ("dora", "dan")}


class CountingNotifier:
    """A notifier is a `name` and a `notify`; yours would send mail. This one counts who was told."""

    name = "mail"

    def __init__(self) -> None:
        """Begin with nobody told."""
        self.told: Counter[str] = Counter()

    def notify(self, notification: Notification, /, *, key: str) -> None:  # noqa: ARG002 - counting twice would not hurt
        """Count whom the process speaks of: the assignee, the manager."""
        self.told[notification.to] += 1


class Office:
    """Customers and agents. A command says who wants what; the process decides whether it may be."""

    def __init__(self, seed: int) -> None:
        """Throw the dice: the same seed, the same month."""
        self.dice = random.Random(seed)  # noqa: S311 - as above

    def new_cases(self, number: int) -> Iterator[tuple[datetime, Command]]:
        """Open most cases on weekdays between seven and seven."""
        instants = sorted(self._opening_time() for _ in range(number))
        for place, at in enumerate(instants, start=1):
            trouble = self.dice.choices(TROUBLES, [each.share for each in TROUBLES])[0]
            yield at, do.Open(
                case_id=f"A-{place:04}", by=Actor.customer(f"u-{self.dice.randint(1, 80)}"), subject=trouble.subject,
                text=f"{trouble.subject}, since {at:%A}.", category=trouble.category, channel="portal",
                priority=self.dice.choices(["low", "medium", "high", "critical"], [20, 50, 22, 8])[0],
            )  # fmt: skip

    def _opening_time(self) -> datetime:
        day = self.dice.choices(range(28), [6, 5, 5, 5, 4, 1, 1] * 4)[0]
        return START + day * DAY + self.dice.choices([7, 12, 0], [5, 4, 1])[0] * HOUR + self.dice.randrange(42) * ROUND

    def next_look(self, case: Case) -> timedelta:
        """How long it takes until somebody looks at a case again: nobody is as quick as a process would like."""
        step = MINUTE if case.tier == 1 and case.is_open else ROUND
        minutes = {
            Status.QUEUED: 4 if case.tier == 1 else 60, Status.IN_PROGRESS: 5 if case.tier == 1 else 100,
            Status.WAITING: 400, Status.RESOLVED: 1500,
        }[case.status]  # fmt: skip
        forgotten = 5 * HOUR if self.dice.random() < 0.1 else 0 * HOUR  # noqa: PLR2004 - one in ten
        return step * (1 + int(self.dice.expovariate(step / MINUTE / minutes))) + forgotten

    def act(self, case: Case) -> Command | None:
        """What somebody does when they look at a case; None when there is nothing for the house to do."""
        plays: Mapping[Status, Callable[[Case], Command | None]] = {
            Status.QUEUED: self._queued, Status.IN_PROGRESS: self._in_progress, Status.WAITING: self._waiting,
            Status.RESOLVED: self._resolved,
        }  # fmt: skip
        return plays[case.status](case)

    def _agent(self, case: Case) -> Actor:
        return Actor.agent(case.assignee or self.dice.choice(PEOPLE[case.team or "front"]))

    def _queued(self, case: Case) -> Command | None:
        if case.team is None:
            return None  # it is at the vendor's, who acts
        knows = self._team_for(case)
        if case.tier > 1 and case.team != knows and self.dice.random() < 0.5:  # noqa: PLR2004
            return do.Transfer(case_id=case.id, by=self._agent(case), team=knows)
        return do.Start(case_id=case.id, by=self._agent(case))

    def _in_progress(self, case: Case) -> Command | None:
        return None if case.team is None else self.dice.choices(*zip(*self._ways_on(case), strict=True))[0]

    def _ways_on(self, case: Case) -> Iterator[tuple[Command, int]]:
        """What an agent may do next, and how likely it is."""
        id, by = case.id, self._agent(case)
        yield do.Resolve(case_id=id, by=by, text="Turned off and on again."), 50
        yield do.Wait(case_id=id, by=by, wait_reason="customer", reason="Which room is it?"), 15
        yield do.Reply(case_id=id, by=by, text="We are on it."), 10
        if case.tier == 1:
            yield do.Escalate(case_id=id, by=by, team=self._team_for(case), reason="beyond the scripts"), 30
            yield do.Escalate(case_id=id, by=by, tier=4, reason="to the vendor, at once"), 2  # the process refuses
        else:
            yield do.HandBack(case_id=id, by=by, reason="please ask the customer again"), 12
            yield do.Escalate(case_id=id, by=by, reason="hardware"), 15 if self._is_for_vendor(case) else 0

    def _team_for(self, case: Case) -> str:
        return next(trouble.team for trouble in TROUBLES if trouble.category == case.category)

    def _is_for_vendor(self, case: Case) -> bool:
        return case.category == "printing" and not case.vendor_tickets

    def _waiting(self, case: Case) -> Command | None:
        return do.Reply(case_id=case.id, by=Actor.customer(case.requester), text="Room 12, as I said.")

    def _resolved(self, case: Case) -> Command | None:
        customer = Actor.customer(case.requester)
        if self.dice.random() < 0.08:  # noqa: PLR2004 - a reply to a resolved case reopens it
            return do.Reply(case_id=case.id, by=customer, text="It is back.")
        if case.satisfaction is None and self.dice.random() < 0.5:  # noqa: PLR2004
            return do.Rate(case_id=case.id, by=customer, score=self.dice.choices([1, 2, 3, 4, 5], [1, 1, 2, 5, 6])[0])
        return do.Close(case_id=case.id, by=self._agent(case))
