"""The verbs of a desk: each makes one command and carries it out."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import EllipsisType
from typing import Any, Generic, TypeVar, Unpack

from supporttiers import commands as wanted
from supporttiers._fields import tuple_of
from supporttiers._flows import Flow
from supporttiers.actors import Actor
from supporttiers.cases import Case
from supporttiers.commands import Command
from supporttiers.desk._view import Common, View, case_of
from supporttiers.links import Attachment, Link
from supporttiers.tiers import CaseKind, Visibility

Given = TypeVar("Given")
"""What a verb gives: a case, or what is awaited for one."""


class Verbs(View, Generic[Given]):
    """
    What can be done with a case. Each verb returns the case as it is afterwards: at once, or when it is awaited.

    All raise `CaseNotFoundError` for an unknown case, `MoveRefusedError` where the process has no such move (it lists
    those that there are), `InputError` for a value that cannot be taken, and `StaleCaseError` where `expected_version`
    does not hold. What is refused changes nothing.
    """

    @staticmethod
    @abstractmethod
    def _driven(flow: Flow[Case], /) -> Given: ...

    def _do(self, verb: type[Command], case: Case | str, common: Common, /, **own: Any) -> Given:  # noqa: ANN401
        return self._driven(self._doing(verb, case, common, own))

    def _opening(self, common: Common, own: dict[str, Any]) -> Flow[Case]:
        actor, by_id = yield from self._actor(common.pop("by", None))
        if by_id and own["requester"] in (None, actor.id):
            actor = Actor.customer(actor.id)
        own.update(common, tags=tuple_of(own["tags"]))
        return case_of((yield from self._execute(wanted.Open(by=actor, **own), by_id=False)))

    def open(
        self,
        subject: str = "",
        *,
        id: str | None = None,
        text: str = "",
        requester: str | None = None,
        customer: str | None = None,
        process: str | None = None,
        kind: CaseKind | str = CaseKind.INCIDENT,
        category: str | None = None,
        channel: str | None = None,
        locale: str | None = None,
        impact: str | None = None,
        urgency: str | None = None,
        priority: str | None = None,
        tags: Sequence[str] = (),
        attributes: Mapping[str, object] | None = None,
        tier: int | None = None,
        team: str | None = None,
        **common: Unpack[Common],
    ) -> Given:
        """
        Open a case.

        Args:
            subject: One line, at most 500 characters.
            id: The caller's key; a UUIDv7 when None.
            text: What is the matter, at most 64 KiB.
            requester: Who needs help; the actor when None.
            customer: On whose contract.
            process: The name of one of the desk's processes; its first when None.
            kind: `incident`, `request`, `question` or `problem`.
            category: What it is about.
            channel: How it came in.
            locale: The requester's language.
            impact: How much it hurts.
            urgency: How soon it hurts.
            priority: One of the process's; its default when None.
            tags: Words, at most 50.
            attributes: The host's own plain values, at most 16 KiB as JSON.
            tier: Where to enter; otherwise the routes decide, then the lowest staffed tier (or a vendor's first line).
            team: One of that tier's teams.
            **common: See `Common`.

        Returns:
            The new case.
        """
        own = {
            "case_id": "" if id is None else id, "subject": subject, "text": text, "requester": requester,
            "customer": customer, "process": process, "kind": kind, "category": category, "channel": channel,
            "locale": locale, "impact": impact, "urgency": urgency, "priority": priority, "tags": tags,
            "attributes": attributes or {}, "tier": tier, "team": team,
        }  # fmt: skip
        return self._driven(self._opening(common, own))

    def start(self, case: Case | str, **common: Unpack[Common]) -> Given:
        """Begin to work on a queued case; the actor becomes the assignee where there is none."""
        return self._do(wanted.Start, case, common)

    def release(self, case: Case | str, **common: Unpack[Common]) -> Given:
        """Put a case that is being worked on back into its queue."""
        return self._do(wanted.Release, case, common)

    def assign(self, case: Case | str, *, assignee: str | EllipsisType | None = ..., **common: Unpack[Common]) -> Given:
        """
        Give the case to somebody, or to nobody (None); the tier stays.

        Args:
            case: Which case.
            assignee: Who works on it from now on. When it is left out, the policies choose somebody else than now.
            **common: See `Common`.
        """
        if assignee is ...:
            return self._do(wanted.Assign, case, common, automatic=True)
        return self._do(wanted.Assign, case, common, assignee=assignee)

    def reply(self, case: Case | str, *, text: str = "", channel: str | None = None, **common: Unpack[Common]) -> Given:
        """
        Say something to the other side, in public.

        The requester's word resumes a case that waits for the customer, and reopens a resolved one, where the process
        says so.

        Args:
            case: Which case.
            text: At most 64 KiB.
            channel: How it was said.
            **common: See `Common`.
        """
        return self._do(wanted.Reply, case, common, text=text, channel=channel)

    def note(
        self,
        case: Case | str,
        *,
        text: str = "",
        visibility: Visibility | str = Visibility.PRIVATE,
        **common: Unpack[Common],
    ) -> Given:
        """
        Write something down inside the house.

        Args:
            case: Which case.
            text: At most 64 KiB.
            visibility: Private unless said otherwise.
            **common: See `Common`.
        """
        return self._do(wanted.Note, case, common, text=text, visibility=visibility)

    def attempt(self, case: Case | str, *, what: str, outcome: str = "unknown", **common: Unpack[Common]) -> Given:
        """
        Record what was tried in self-service, so that nobody asks for it again.

        Args:
            case: Which case.
            what: The article, script or bot.
            outcome: `helped`, `did_not_help` or `unknown`.
            **common: See `Common`.
        """
        return self._do(wanted.RecordAttempt, case, common, what=what, outcome=outcome)

    def escalate(
        self, case: Case | str, *, tier: int | None = None, team: str | None = None, **common: Unpack[Common]
    ) -> Given:
        """
        Move up to a tier with more skill; the assignment moves, the ownership stays.

        Args:
            case: Which case.
            tier: Which; the tier's first choice when None.
            team: Which team there; its first when None.
            **common: See `Common`.
        """
        return self._do(wanted.Escalate, case, common, tier=tier, team=team)

    def inform_management(self, case: Case | str, **common: Unpack[Common]) -> Given:
        """Tell management (hierarchical escalation); nothing moves."""
        return self._do(wanted.InformManagement, case, common)

    def inform(
        self,
        case: Case | str,
        *,
        to: str,
        code: str = "inform.asked",
        params: Mapping[str, object] | None = None,
        **common: Unpack[Common],
    ) -> Given:
        """
        Tell somebody; nothing moves.

        Args:
            case: Which case.
            to: `assignee`, `owner`, `team`, `manager`, `requester`, `watchers`, or a name of your own.
            code: The code of the `Reason` that notifiers are handed; one of your own may be dotted.
            params: What the code's text speaks about.
            **common: See `Common`.
        """
        return self._do(wanted.Inform, case, common, to=to, code=code, params=params or {})

    def hand_back(
        self, case: Case | str, *, tier: int | None = None, team: str | None = None, **common: Unpack[Common]
    ) -> Given:
        """
        Move back down; to where the case came from, when no tier is named and that is allowed.

        Args:
            case: Which case.
            tier: Which tier.
            team: Which team there.
            **common: See `Common`.
        """
        return self._do(wanted.HandBack, case, common, tier=tier, team=team)

    def transfer(self, case: Case | str, *, team: str, **common: Unpack[Common]) -> Given:
        """
        Move sideways to another team of the same tier.

        Args:
            case: Which case.
            team: Which team.
            **common: See `Common`.
        """
        return self._do(wanted.Transfer, case, common, team=team)

    def wait(
        self,
        case: Case | str,
        *,
        wait_reason: str = "customer",
        until: datetime | None = None,
        **common: Unpack[Common],
    ) -> Given:
        """
        Wait for somebody or something.

        Args:
            case: Which case.
            wait_reason: `customer`, `vendor`, `known_issue`, `approval`, `scheduled`, or the process's own.
            until: When the case resumes by itself.
            **common: See `Common`.
        """
        return self._do(wanted.Wait, case, common, wait_reason=wait_reason, until=until)

    def resume(self, case: Case | str, **common: Unpack[Common]) -> Given:
        """Go on with a case that was waiting."""
        return self._do(wanted.Resume, case, common)

    def resolve(
        self, case: Case | str, *, text: str = "", solution: str | None = None, **common: Unpack[Common]
    ) -> Given:
        """
        Say that the matter is solved.

        Args:
            case: Which case.
            text: What was done; public.
            solution: A reference to an article or fix.
            **common: See `Common`.
        """
        return self._do(wanted.Resolve, case, common, text=text, solution=solution)

    def reopen(
        self, case: Case | str, *, tier: int | None = None, team: str | None = None, **common: Unpack[Common]
    ) -> Given:
        """
        Work again on a case that had ended; at its last tier unless another is named.

        Args:
            case: Which case.
            tier: Which tier.
            team: Which team there.
            **common: See `Common`.
        """
        return self._do(wanted.Reopen, case, common, tier=tier, team=team)

    def close(self, case: Case | str, **common: Unpack[Common]) -> Given:
        """File a resolved case."""
        return self._do(wanted.Close, case, common)

    def cancel(self, case: Case | str, **common: Unpack[Common]) -> Given:
        """End a case without a solution: a mistake, a withdrawal."""
        return self._do(wanted.Cancel, case, common)

    def amend(
        self,
        case: Case | str,
        *,
        subject: str | None = None,
        customer: str | None = None,
        owner: str | None = None,
        kind: CaseKind | str | None = None,
        category: str | None = None,
        channel: str | None = None,
        locale: str | None = None,
        impact: str | None = None,
        urgency: str | None = None,
        priority: str | None = None,
        workaround: str | None = None,
        tags: Sequence[str] | None = None,
        attributes: Mapping[str, object] | None = None,
        **common: Unpack[Common],
    ) -> Given:
        """
        Correct what is known about a case; None leaves a field as it is.

        Args:
            case: Which case.
            subject: One line.
            customer: On whose contract.
            owner: Who keeps it.
            kind: What kind of case.
            category: What it is about.
            channel: How it came in.
            locale: The requester's language.
            impact: How much it hurts.
            urgency: How soon it hurts.
            priority: One of the process's; its clocks count the new target from the start.
            workaround: A reference to what helps until the matter is solved, such as an article.
            tags: Replace the tags.
            attributes: Merged into those of the case; a None under a key removes it.
            **common: See `Common`.
        """
        return self._do(
            wanted.Amend, case, common, subject=subject, customer=customer, owner=owner, kind=kind, category=category,
            channel=channel, locale=locale, impact=impact, urgency=urgency, priority=priority, workaround=workaround,
            tags=tags, attributes=attributes or {},
        )  # fmt: skip

    def attach(self, case: Case | str, *, attachments: Sequence[Attachment], **common: Unpack[Common]) -> Given:
        """
        Attach references to files that the caller keeps.

        Args:
            case: Which case.
            attachments: The references.
            **common: See `Common`.
        """
        return self._do(wanted.Attach, case, common, attachments=attachments)

    def watch(self, case: Case | str, *, watchers: Sequence[str] = (), **common: Unpack[Common]) -> Given:
        """
        Let people follow a case; the actor when nobody is named.

        Args:
            case: Which case.
            watchers: Ids.
            **common: See `Common`.
        """
        return self._do(wanted.Watch, case, common, watchers=watchers)

    def unwatch(self, case: Case | str, *, watchers: Sequence[str] = (), **common: Unpack[Common]) -> Given:
        """
        Let people follow a case no longer; the actor when nobody is named.

        Args:
            case: Which case.
            watchers: Ids.
            **common: See `Common`.
        """
        return self._do(wanted.Unwatch, case, common, watchers=watchers)

    def link(self, case: Case | str, *, to: str, kind: str = "follows", **common: Unpack[Common]) -> Given:
        """
        Link a case to another one, which must exist.

        Args:
            case: Which case.
            to: The other case.
            kind: `duplicate_of`, `child_of`, `known_issue`, `follows`, or the process's own.
            **common: See `Common`.
        """
        return self._do(wanted.LinkCase, case, common, link=Link(kind, to))

    def unlink(self, case: Case | str, *, to: str, kind: str = "follows", **common: Unpack[Common]) -> Given:
        """
        Take back a link to another case.

        Args:
            case: Which case.
            to: The other case.
            kind: Of the link.
            **common: See `Common`.
        """
        return self._do(wanted.Unlink, case, common, link=Link(kind, to))

    def merge(self, case: Case | str, *, into: str, **common: Unpack[Common]) -> Given:
        """
        Merge a case into another: it is linked and cancelled, its clocks too, and its people watch the other one.

        Args:
            case: Which case.
            into: The other case.
            **common: See `Common`.
        """
        return self._do(wanted.Merge, case, common, into=into)

    def dispatch(
        self,
        case: Case | str,
        *,
        vendor: str,
        text: str = "",
        attachments: Sequence[str] = (),
        **common: Unpack[Common],
    ) -> Given:
        """
        Send a case to a vendor without moving it to a vendor's tier.

        Args:
            case: Which case.
            vendor: The gateway's name.
            text: What the vendor should know.
            attachments: The ids of the case's attachments that go along; none goes by itself.
            **common: See `Common`.
        """
        return self._do(wanted.Dispatch, case, common, vendor=vendor, text=text, attachments=attachments)

    def tell_vendor(
        self,
        case: Case | str,
        *,
        vendor: str,
        text: str = "",
        purpose: str = "message",
        attachments: Sequence[str] = (),
        **common: Unpack[Common],
    ) -> Given:
        """
        Say something to a vendor on the open ticket there.

        Args:
            case: Which case.
            vendor: The gateway's name.
            text: What is said; a reminder or an escalation has words of its own where it is empty.
            purpose: `message`, `reminder` or `escalation`.
            attachments: The ids of the case's attachments that go along; none goes by itself.
            **common: See `Common`.
        """
        own = {"vendor": vendor, "text": text, "purpose": purpose, "attachments": attachments}
        return self._do(wanted.TellVendor, case, common, **own)

    def withdraw(self, case: Case | str, *, vendor: str, text: str = "", **common: Unpack[Common]) -> Given:
        """
        Take a request back from a vendor; whatever becomes of the ticket there does not move the case any more.

        A case that is at that vendor's tier comes back from there, as if the vendor had rejected it.

        Args:
            case: Which case.
            vendor: The gateway's name.
            text: What the vendor is told; the process's own words where it is empty.
            **common: See `Common`.
        """
        return self._do(wanted.Withdraw, case, common, vendor=vendor, text=text)

    def rate(self, case: Case | str, *, score: int, text: str = "", **common: Unpack[Common]) -> Given:
        """
        Say how satisfied the requester is.

        Args:
            case: Which case.
            score: From 1 (not at all) to 5.
            text: In the requester's words.
            **common: See `Common`.
        """
        return self._do(wanted.Rate, case, common, score=score, text=text)

    def approve(self, case: Case | str, **common: Unpack[Common]) -> Given:
        """Approve what the case waits for; it goes on."""
        return self._do(wanted.Approve, case, common)

    def decline(self, case: Case | str, **common: Unpack[Common]) -> Given:
        """Decline what the case waits for; it goes back to work."""
        return self._do(wanted.Decline, case, common)
