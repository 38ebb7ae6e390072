"""
Commands: what somebody wants done with a case, as values.

Each verb of the desk makes one; `desk.execute(command)` takes them as they are. A command that is malformed by itself
cannot be built. Fields marked private hold personal text.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import PRIVATE, flag, given, maybe, plain_dict, tuple_of, utc
from supporttiers.actors import Actor
from supporttiers.links import MAX_ENTRIES, Attachment, Link, VendorEntry, VendorStatus
from supporttiers.match import Match
from supporttiers.reasons import Reason
from supporttiers.tiers import CaseKind, Status, Visibility


def _name(*, private: bool = False) -> Any:  # noqa: ANN401 - attrs' own fields are typed so
    return attrs.field(validator=given(fields.name), metadata=PRIVATE if private else {}, repr=not private)


def _maybe_name(*, private: bool = False) -> Any:  # noqa: ANN401
    check = maybe(fields.name)
    return attrs.field(default=None, validator=check, metadata=PRIVATE if private else {}, repr=not private)


def _text() -> Any:  # noqa: ANN401
    return attrs.field(default="", validator=given(fields.text), metadata=PRIVATE, repr=False)


def _tier() -> Any:  # noqa: ANN401
    return attrs.field(default=None, validator=maybe(fields.at_least(0, 99)))


def _instant() -> Any:  # noqa: ANN401
    return attrs.field(default=None, converter=utc, validator=maybe(fields.aware))


def _names(at_most: int, what: str, *, private: bool = False) -> Any:  # noqa: ANN401
    check = given(fields.each(fields.name, at_most=at_most, what=what))
    metadata = PRIVATE if private else {}
    return attrs.field(default=(), converter=tuple_of, validator=check, metadata=metadata, repr=not private)


_KINDS: Final = {kind.value: kind for kind in CaseKind}
_VISIBILITIES: Final = {visibility.value: visibility for visibility in Visibility}


def _kind(value: object) -> object:
    return _KINDS.get(value, value) if isinstance(value, str) else value


def _visibility(value: object) -> object:
    return _VISIBILITIES.get(value, value) if isinstance(value, str) else value


_actor = given(fields.instance_of(Actor, "an Actor"))


@attrs.frozen(kw_only=True)
class Command:
    """
    What all commands have in common.

    Attributes:
        case_id: Which case.
        by: Who wants it.
        at: When it is judged; None lets the desk's clock say.
        occurred_at: When it really happened, if that was earlier (a mail of ten minutes ago); not after *at*.
        idempotency_key: The caller's key; a second command with the same key and body changes nothing.
        expected_version: The version that the caller has seen; None decides again on whatever is there.
        reason: Why, in the actor's own words.
    """

    trigger: ClassVar[str] = ""

    case_id: str = _name()
    by: Actor = attrs.field(validator=_actor)
    at: datetime | None = _instant()
    occurred_at: datetime | None = _instant()
    idempotency_key: str | None = attrs.field(default=None, validator=maybe(fields.key))
    expected_version: int | None = attrs.field(default=None, validator=maybe(fields.at_least(0)))
    reason: str = _text()


@attrs.frozen(kw_only=True)
class Open(Command):
    """
    Open a case.

    Attributes:
        case_id: The caller's own key; an empty text lets the desk make one (UUIDv7).
        subject: One line, at most 500 characters.
        text: What is the matter, at most 64 KiB.
        requester: Who needs help; the actor unless given.
        tier: Where to enter; otherwise the routes decide, then the lowest staffed tier (or a vendor's first line).
    """

    trigger: ClassVar[str] = "open"

    case_id: str = attrs.field(default="", validator=given(lambda value: None if value == "" else fields.name(value)))
    subject: str = attrs.field(default="", validator=given(fields.subject), metadata=PRIVATE, repr=False)
    text: str = _text()
    requester: str | None = _maybe_name(private=True)
    customer: str | None = _maybe_name(private=True)
    process: str | None = _maybe_name()
    kind: CaseKind = attrs.field(
        default=CaseKind.INCIDENT,
        converter=_kind,
        validator=given(fields.instance_of(CaseKind, "one of: " + ", ".join(CaseKind))),
    )
    category: str | None = _maybe_name()
    channel: str | None = _maybe_name()
    locale: str | None = _maybe_name()
    impact: str | None = _maybe_name()
    urgency: str | None = _maybe_name()
    priority: str | None = _maybe_name()
    tags: tuple[str, ...] = _names(fields.MAX_TAGS, "tags")
    attributes: Mapping[str, object] = attrs.field(
        factory=dict, converter=plain_dict, validator=given(fields.attributes), hash=False, metadata=PRIVATE, repr=False
    )
    tier: int | None = _tier()
    team: str | None = _maybe_name()


@attrs.frozen(kw_only=True)
class Start(Command):
    """Begin to work on a queued case; the actor becomes the assignee where there is none."""

    trigger: ClassVar[str] = "start"


@attrs.frozen(kw_only=True)
class Release(Command):
    """Put a case that is being worked on back into its queue; nobody is assigned any more."""

    trigger: ClassVar[str] = "release"


@attrs.frozen(kw_only=True)
class Assign(Command):
    """
    Give the case to somebody, or to nobody; the tier stays.

    Attributes:
        assignee: Who works on it from now on; None for nobody.
        automatic: The policies choose instead, and not whoever has it now.
    """

    trigger: ClassVar[str] = "assign"

    assignee: str | None = _maybe_name(private=True)
    automatic: bool = attrs.field(default=False, validator=given(flag))


@attrs.frozen(kw_only=True)
class Reply(Command):
    """Say something to the other side; public."""

    trigger: ClassVar[str] = "reply"

    text: str = _text()
    channel: str | None = _maybe_name()


@attrs.frozen(kw_only=True)
class Note(Command):
    """Write something down inside the house; private unless said otherwise."""

    trigger: ClassVar[str] = "note"

    text: str = _text()
    visibility: Visibility = attrs.field(
        default=Visibility.PRIVATE,
        converter=_visibility,
        validator=given(fields.instance_of(Visibility, "public or private")),
    )


@attrs.frozen(kw_only=True)
class RecordAttempt(Command):
    """Record what was tried in self-service, so that nobody asks for it again."""

    trigger: ClassVar[str] = "attempt"

    what: str = _name()
    outcome: str = attrs.field(default="unknown", validator=given(fields.one_of(("helped", "did_not_help", "unknown"))))


@attrs.frozen(kw_only=True)
class Escalate(Command):
    """Move up to a tier with more skill; the assignment moves, the ownership stays."""

    trigger: ClassVar[str] = "escalate"

    tier: int | None = _tier()
    team: str | None = _maybe_name()


@attrs.frozen(kw_only=True)
class InformManagement(Command):
    """Tell management (hierarchical escalation); nothing moves."""

    trigger: ClassVar[str] = "inform_management"


@attrs.frozen(kw_only=True)
class Inform(Command):
    """
    Tell somebody; nothing moves.

    Attributes:
        to: `assignee`, `owner`, `team`, `manager`, `requester`, `watchers`, or a name of the host's own.
        code: What to tell: the code of a `Reason`, one's own dotted one too.
        params: What the code's text speaks about.
    """

    trigger: ClassVar[str] = "inform"

    to: str = _name(private=True)
    code: str = attrs.field(default="inform.asked", validator=given(fields.name))
    params: Mapping[str, object] = attrs.field(
        factory=dict, converter=plain_dict, validator=given(fields.attributes), hash=False
    )


@attrs.frozen(kw_only=True)
class HandBack(Command):
    """Move back down to a lower tier."""

    trigger: ClassVar[str] = "hand_back"

    tier: int | None = _tier()
    team: str | None = _maybe_name()


@attrs.frozen(kw_only=True)
class Transfer(Command):
    """Move sideways to another team of the same tier."""

    trigger: ClassVar[str] = "transfer"

    team: str = _name()


@attrs.frozen(kw_only=True)
class Wait(Command):
    """
    Wait for somebody or something.

    Attributes:
        wait_reason: `customer`, `vendor`, `known_issue`, `approval`, `scheduled`, or the process's own.
        until: When the case resumes by itself.
    """

    trigger: ClassVar[str] = "wait"

    wait_reason: str = attrs.field(default="customer", validator=given(fields.name))
    until: datetime | None = _instant()


@attrs.frozen(kw_only=True)
class Resume(Command):
    """Go on with a case that was waiting."""

    trigger: ClassVar[str] = "resume"


@attrs.frozen(kw_only=True)
class Resolve(Command):
    """
    Say that the matter is solved.

    Attributes:
        text: What was done; public.
        solution: A reference to an article or fix.
    """

    trigger: ClassVar[str] = "resolve"

    text: str = _text()
    solution: str | None = _maybe_name()


@attrs.frozen(kw_only=True)
class Reopen(Command):
    """Work again on a case that had ended; at its last tier unless another is named."""

    trigger: ClassVar[str] = "reopen"

    tier: int | None = _tier()
    team: str | None = _maybe_name()


@attrs.frozen(kw_only=True)
class Close(Command):
    """File a resolved case."""

    trigger: ClassVar[str] = "close"


@attrs.frozen(kw_only=True)
class Cancel(Command):
    """End a case without a solution: a mistake, a withdrawal."""

    trigger: ClassVar[str] = "cancel"


@attrs.frozen(kw_only=True)
class Amend(Command):
    """
    Correct what is known about a case. None leaves a field as it is.

    Attributes:
        workaround: A reference to what helps until the matter is solved.
        attributes: Merged into those of the case; a None under a key removes it.
        tags: Replace the tags.
    """

    trigger: ClassVar[str] = "amend"

    subject: str | None = attrs.field(default=None, validator=maybe(fields.subject), metadata=PRIVATE, repr=False)
    customer: str | None = _maybe_name(private=True)
    kind: CaseKind | None = attrs.field(
        default=None,
        converter=_kind,
        validator=maybe(fields.instance_of(CaseKind, "one of: " + ", ".join(CaseKind))),
    )
    category: str | None = _maybe_name()
    channel: str | None = _maybe_name()
    locale: str | None = _maybe_name()
    impact: str | None = _maybe_name()
    urgency: str | None = _maybe_name()
    priority: str | None = _maybe_name()
    owner: str | None = _maybe_name(private=True)
    workaround: str | None = _maybe_name()
    tags: tuple[str, ...] | None = attrs.field(
        default=None,
        converter=tuple_of,
        validator=maybe(fields.each(fields.name, at_most=fields.MAX_TAGS, what="tags")),
    )
    attributes: Mapping[str, object] = attrs.field(
        factory=dict, converter=plain_dict, validator=given(fields.attributes), hash=False, metadata=PRIVATE, repr=False
    )


@attrs.frozen(kw_only=True)
class Attach(Command):
    """Attach references to files that the caller keeps."""

    trigger: ClassVar[str] = "attach"

    attachments: tuple[Attachment, ...] = attrs.field(
        converter=tuple_of,
        validator=given(
            fields.each(
                fields.instance_of(Attachment, "an Attachment"), at_most=fields.MAX_ATTACHMENTS, what="attachments"
            )
        ),
        metadata=PRIVATE,
    )


@attrs.frozen(kw_only=True)
class Watch(Command):
    """Let people follow a case; the actor where nobody is named."""

    trigger: ClassVar[str] = "watch"

    watchers: tuple[str, ...] = _names(fields.MAX_WATCHERS, "watchers", private=True)


@attrs.frozen(kw_only=True)
class Unwatch(Command):
    """Let people follow a case no longer; the actor where nobody is named."""

    trigger: ClassVar[str] = "unwatch"

    watchers: tuple[str, ...] = _names(fields.MAX_WATCHERS, "watchers", private=True)


@attrs.frozen(kw_only=True)
class LinkCase(Command):
    """Link this case to another one."""

    trigger: ClassVar[str] = "link"

    link: Link = attrs.field(validator=given(fields.instance_of(Link, "a Link")))


@attrs.frozen(kw_only=True)
class Unlink(Command):
    """Take back a link from this case to another one."""

    trigger: ClassVar[str] = "unlink"

    link: Link = attrs.field(validator=given(fields.instance_of(Link, "a Link")))


@attrs.frozen(kw_only=True)
class CountAffected(Command):
    """
    Count one case more, or one less, that this known issue affects; told by that case itself.

    Attributes:
        other: The case that is affected, or is so no longer.
        counts: Whether it is from now on.
    """

    trigger: ClassVar[str] = "count_affected"

    other: str = _name()
    counts: bool = attrs.field(validator=given(fields.flag))


@attrs.frozen(kw_only=True)
class Merge(Command):
    """Merge this case into another: it is linked and cancelled, its clocks too, and its watchers move over."""

    trigger: ClassVar[str] = "merge"

    into: str = _name()


@attrs.frozen(kw_only=True)
class Dispatch(Command):
    """Send the case to a vendor without moving it to a vendor tier."""

    trigger: ClassVar[str] = "dispatch"

    vendor: str = _name()
    text: str = _text()
    attachments: tuple[str, ...] = _names(50, "attachments", private=True)


@attrs.frozen(kw_only=True)
class TellVendor(Command):
    """
    Say something to a vendor on the open ticket there.

    Attributes:
        vendor: The gateway's name.
        text: What is said; the process's own words where it is empty and the purpose is another than `message`.
        purpose: `message`, `reminder` or `escalation`.
        attachments: The ids of the case's attachments that go along; none goes by itself.
    """

    trigger: ClassVar[str] = "tell_vendor"

    vendor: str = _name()
    text: str = _text()
    purpose: str = attrs.field(default="message", validator=given(fields.one_of(["message", "reminder", "escalation"])))
    attachments: tuple[str, ...] = _names(50, "attachments", private=True)


@attrs.frozen(kw_only=True)
class Withdraw(Command):
    """Take a request back from a vendor: its ticket there is no concern of the case any more."""

    trigger: ClassVar[str] = "withdraw"

    vendor: str = _name()
    text: str = _text()


@attrs.frozen(kw_only=True)
class VendorUpdate(Command):
    """
    What a vendor's system says about a ticket; made by the relay, by polling and by webhooks.

    Attributes:
        vendor: The gateway's name.
        key: Our key of the request that opened the ticket.
        remote_id: The vendor's own id.
        status: How far the vendor is; what it was when None.
        text: What the vendor wrote, where entries cannot be told apart.
        raw_status: The vendor's own word for the status.
        entries: What stands on the ticket; those that are known already are passed over.
        told: Ids of entries that we have just written ourselves: they are known from now on, and no news.
        updated_at: When the ticket was last changed, by the vendor's clock.
    """

    trigger: ClassVar[str] = "vendor_update"

    vendor: str = _name()
    key: str = attrs.field(validator=given(fields.key))
    remote_id: str | None = _maybe_name()
    status: VendorStatus | None = attrs.field(
        default=None, validator=maybe(fields.instance_of(VendorStatus, "a VendorStatus"))
    )
    text: str = _text()
    raw_status: str = attrs.field(default="", validator=given(fields.text))
    entries: tuple[VendorEntry, ...] = attrs.field(
        default=(), converter=tuple_of, metadata=PRIVATE, repr=False,
        validator=given(
            fields.each(fields.instance_of(VendorEntry, "a VendorEntry"), at_most=MAX_ENTRIES, what="entries")
        ),
    )  # fmt: skip
    told: tuple[str, ...] = _names(50, "entries")
    updated_at: datetime | None = _instant()


@attrs.frozen(kw_only=True)
class VendorUnreachable(Command):
    """
    Write down that a vendor cannot be asked about a ticket; made by polling, once it has lasted too long.

    Attributes:
        vendor: The gateway's name.
        key: Our key of the request that opened the ticket.
        since: Since when.
        problem: What was wrong; no customer text.
    """

    trigger: ClassVar[str] = "vendor_unreachable"

    vendor: str = _name()
    key: str = attrs.field(validator=given(fields.key))
    since: datetime = attrs.field(converter=utc, validator=given(fields.aware))
    problem: str = attrs.field(default="", validator=given(fields.text))


@attrs.frozen(kw_only=True)
class Rate(Command):
    """Say how satisfied the requester is, from 1 (not at all) to 5."""

    trigger: ClassVar[str] = "rate"

    score: int = attrs.field(validator=given(fields.at_least(1, 5)))
    text: str = _text()


@attrs.frozen(kw_only=True)
class Approve(Command):
    """Approve what the case waits for."""

    trigger: ClassVar[str] = "approve"


@attrs.frozen(kw_only=True)
class Decline(Command):
    """Decline what the case waits for; the case goes back to work."""

    trigger: ClassVar[str] = "decline"


@attrs.frozen(kw_only=True)
class Redact(Command):
    """Delete the personal texts and names of all that has happened to a case so far, for good."""

    trigger: ClassVar[str] = "redact"


@attrs.frozen(kw_only=True)
class Scheduled:
    """
    A command that a case will carry out by itself.

    Attributes:
        name: Under which the case keeps it; unique there.
        due_at: When.
        command: What; its `at` will be the due instant.
        while_status: It is dropped once the case has another status.
        when: It is dropped once the case no longer meets this; None where nothing more is asked of it.
    """

    name: str
    due_at: datetime
    command: Command
    while_status: tuple[Status, ...]
    when: Match | None = None


@attrs.frozen(kw_only=True)
class Held:
    """
    A command that waits for approval.

    Attributes:
        command: What, by whom; of an opening without its texts: the case has them.
        reason: What is to be approved.
        approvers: Roles or ids of those who may answer; any manager when empty.
        approved: What has been approved of it before.
        wait_reason: What the case waited for before; it goes on with that.
        wait_until: Until when it did.
    """

    command: Command
    reason: Reason
    approvers: tuple[str, ...] = ()
    approved: tuple[Reason, ...] = ()
    wait_reason: str | None = None
    wait_until: datetime | None = None


COMMANDS: Final[tuple[type[Command], ...]] = (
    Open, Start, Release, Assign, Reply, Note, RecordAttempt, Escalate, InformManagement, Inform, HandBack, Transfer,
    Wait, Resume, Resolve, Reopen, Close, Cancel, Amend, Attach, Watch, Unwatch, LinkCase, Unlink, CountAffected, Merge,
    Dispatch, TellVendor, Withdraw, VendorUpdate, VendorUnreachable, Rate, Approve, Decline, Redact,
)  # fmt: skip
"""Every command, in the order in which a case usually meets them."""
