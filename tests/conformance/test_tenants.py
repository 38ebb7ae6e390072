"""Tenants cannot see each other: whatever one of them calls, with whatever of another's, finds and changes nothing."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from supporttiers import commands as wanted
from supporttiers.actors import Actor, Agent
from supporttiers.clock import FakeClock
from supporttiers.desk import SupportDesk
from supporttiers.errors import CaseNotFoundError, InputError, SupportTiersError
from supporttiers.events import CaseRedacted
from supporttiers.links import Attachment
from supporttiers.match import Match
from supporttiers.process import SupportProcess
from supporttiers.protocols import GROUPS, CaseStore, OpenTicket, Settled
from supporttiers.testing.builders import committing, happens, key_use, opening
from supporttiers.tiers import Tier, TierKind

OURS, THEIRS = "ours", "theirs"
SECRET = "s3cr3t"
PROCESS = SupportProcess(
    name="acme",
    tiers=[
        Tier(level=1, name="Desk", teams=["front"], escalates_to=[2], time_limit="15m"),
        Tier(level=2, name="Printers", kind=TierKind.VENDOR, vendor="acme-print", hands_back_to=[1]),
    ],
)


class Silent:
    """A notifier that nobody hears."""

    name = "silent"

    def notify(self, _notification, /, *, key):
        """Swallow it."""


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    """Give the URL of each store of the library, empty."""
    return "memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'support.db'}"


@pytest.fixture
def desks(store):
    """Give the desks of two tenants, on one store; the other one's has cases, messages, keys and people."""
    desk = SupportDesk(
        PROCESS, store=store, clock=FakeClock("2026-03-23T09:00Z"), directory="store", notifiers=[Silent()]
    )
    theirs = desk.bind(tenant=THEIRS, by=Actor.agent("anna"))
    theirs.people.put(Agent(id="anna", teams=["front"]))
    theirs.open(SECRET, id="T-1", text=SECRET, requester="jane", customer="c-9", idempotency_key="req-1")
    theirs.open(SECRET, id="T-2", requester="jane", kind="problem")
    theirs.watch("T-1", watchers=["jane", "eve"])
    theirs.link("T-1", to="T-2", kind="known_issue")
    theirs.escalate("T-1", reason=SECRET)
    desk.run_due()
    theirs.inform_management("T-1")
    theirs.note("T-1", text=SECRET)
    ours = desk.bind(tenant=OURS, by=Actor.agent("olga"))
    ours.people.put(Agent(id="olga", teams=["front"]))
    ours.open("Ours", id="O-1", requester="otto")
    yield ours, theirs
    desk.shut_down()


def everything(desk):
    """Give all that a tenant can see of its own."""
    return (
        [(case, desk.history(case), desk.verify(case), desk.clocks(case)) for case in desk.find()],
        desk.people.all(),
        desk.open(SECRET, id="T-1", text=SECRET, requester="jane", customer="c-9", idempotency_key="req-1").id,
    )


VERBS = {
    "start": {}, "release": {}, "assign": {"assignee": "olga"}, "reply": {"text": "?"}, "note": {"text": "?"},
    "attempt": {"what": "faq"}, "escalate": {}, "inform_management": {}, "inform": {"to": "manager"}, "hand_back": {},
    "transfer": {"team": "front"}, "wait": {}, "resume": {}, "resolve": {}, "reopen": {}, "close": {}, "cancel": {},
    "amend": {"subject": "?"}, "attach": {"attachments": [Attachment(id="f-1")]}, "watch": {}, "unwatch": {},
    "link": {"to": "T-2"}, "unlink": {"to": "T-2", "kind": "known_issue"}, "merge": {"into": "T-2"},
    "dispatch": {"vendor": "acme-print"}, "tell_vendor": {"vendor": "acme-print", "text": "?"},
    "withdraw": {"vendor": "acme-print"}, "rate": {"score": 1}, "approve": {}, "decline": {}, "redact": {},
    "options": {}, "clocks": {}, "history": {}, "timeline": {}, "explain": {}, "verify": {},
    "export": {}, "get": {}, "unpark": {},
}  # fmt: skip
"""Methods that are handed a case, with what else they need."""

OTHERS = {
    "open": lambda desk: desk.open("Ours too", id="T-1", requester="otto", idempotency_key="req-1"),
    "execute": lambda desk: desk.execute(wanted.Note(case_id="T-1", by=Actor.agent("olga"), text="?")),
    "execute_all": lambda desk: desk.execute_all([
        wanted.Note(case_id="T-1", by=Actor.agent("olga"), text="?"),
        wanted.Redact(case_id="T-2", by=Actor.agent("olga"), idempotency_key="req-1"),
    ]),
    "preview": lambda desk: desk.preview(wanted.Close(case_id="T-1", by=Actor.agent("olga"))),
    "adopt": lambda desk: desk.adopt([
        wanted.Open(case_id="O-7", by=Actor.agent("olga"), at=desk.get("O-1").opened_at),
        wanted.Merge(case_id="O-7", by=Actor.agent("olga"), at=desk.get("O-1").opened_at, into="T-1"),
    ]),
    "next_for": lambda desk: [desk.next_for("olga"), desk.next_for("olga")],
    "find": lambda desk: [desk.find(), desk.find(Match(id=["T-1", "T-2"])), desk.find(Match(requester="jane"))],
    "counts": lambda desk: [desk.counts(), desk.counts(Match(watchers="eve"))],
    "people": lambda desk: [desk.people.all(), desk.people.remove("anna")],
    "bind": lambda desk: desk.bind(by=Actor.agent("anna")).find(),
    "tenant": lambda desk: desk.tenant,
    "process": lambda desk: desk.process,
    "clock": lambda desk: desk.clock,
    "parked": lambda desk: desk.parked(),
    "backlog": lambda desk: desk.backlog(all_tenants=False),
    "messages": lambda desk: [desk.messages(), desk.messages(case="O-1"), desk.messages(after="T-1:6:0:silent")],
    "retry": lambda desk: desk.retry("T-1:6:0:silent"),
    "receive": lambda desk: desk.receive("acme-print", {}, b"{}"),
    "discard": lambda desk: desk.discard("T-1:6:0:silent"),
}  # fmt: skip
"""All others, each called in every way in which something of another tenant's might come in."""

STORE_WIDE = {
    "run_due": "a worker looks after all tenants, each case under its own",
    "next_wake": "an instant at which a worker has to be there, whoever's case it is",
    "shut_down": "lets go of the store",
    "hooks": "the plugins of the desk, which hold nothing of anybody's",
    "check_vendors": "the gateways of the desk, which know of no tenants",
    "on": "the same desk in the caller's transaction",
}
"""What is not bound to a tenant, and why."""


def answered(call):
    """Give what a call gives, or its error."""
    try:
        return call()
    except SupportTiersError as error:
        return error


def test_every_method_of_a_desk_is_tried():
    """A new method needs a trial here, or a reason why it looks after all tenants."""
    public = {name for name in dir(SupportDesk) if not name.startswith("_")}

    assert public <= VERBS.keys() | OTHERS.keys() | STORE_WIDE.keys()


@pytest.mark.parametrize("name", [name for name in VERBS if hasattr(SupportDesk, name)])
def test_case_of_another_tenant_is_not_found(desks, name):
    """By its id it is unknown; as an object it is refused, and stays as it is."""
    ours, theirs = desks
    before, own = everything(theirs), list(ours.find())
    method = getattr(ours, name)

    for case in ("T-1", theirs.get("T-1")):
        with pytest.raises(CaseNotFoundError) as raised:
            method(case, **VERBS[name])
        assert SECRET not in str(raised.value)
    assert (before, own) == (everything(theirs), list(ours.find()))


@pytest.mark.parametrize("name", [name for name in OTHERS if hasattr(SupportDesk, name)])
def test_method_finds_and_changes_nothing_of_another_tenant(desks, name):
    """What it gives holds nothing of theirs, and afterwards they have what they had."""
    ours, theirs = desks
    before = everything(theirs)
    found = answered(lambda: OTHERS[name](ours))

    assert SECRET not in repr(found)
    assert "jane" not in repr(found)
    assert not [case for case in _cases_in(found) if case.tenant != OURS]
    assert before == everything(theirs)


def _cases_in(found):
    """Give the cases in an answer, however deep."""
    if hasattr(found, "tenant"):
        yield found
    elif hasattr(found, "case"):
        yield from _cases_in(found.case)
    elif isinstance(found, dict):
        yield from _cases_in(list(found.values()))
    elif isinstance(found, list | tuple) or type(found).__name__ == "Page":
        for one in found:
            yield from _cases_in(one)


@pytest.mark.parametrize("how", [{"to": "T-1"}, {"to": "T-1", "kind": "known_issue"}])
def test_case_cannot_be_linked_to_that_of_another_tenant(desks, how):
    """The other case of a link is looked for in one's own house."""
    ours, theirs = desks
    with pytest.raises(CaseNotFoundError):
        ours.link("O-1", **how)
    with pytest.raises(CaseNotFoundError):
        ours.merge("O-1", into="T-1")

    assert () == ours.get("O-1").links
    assert 1 == theirs.get("T-2").affected


def test_same_ids_and_keys_live_side_by_side(desks):
    """Two tenants may use one id and one idempotency key, each for a case of its own."""
    ours, theirs = desks
    mine = ours.open("Ours too", id="T-1", requester="otto", idempotency_key="req-1")
    ours.redact("T-1")

    assert ("Ours too", "otto") == (mine.subject, mine.requester)
    assert (SECRET, "jane") == (theirs.get("T-1").subject, theirs.get("T-1").requester)
    assert SECRET in json.dumps([event.text for event in theirs.history("T-1") if hasattr(event, "text")])


def test_person_of_one_tenant_is_redacted_there_alone(desks):
    """The same id is another person in another house."""
    ours, theirs = desks
    ours.open("Ours too", id="T-1", requester="jane")

    assert ("T-1",) == ours.redact(person="jane").cases
    assert "jane" == theirs.get("T-1").requester


def test_message_told_to_another_case_stays_in_its_house(desks):
    """A command for a case of the same id is given to that of the same tenant."""
    ours, theirs = desks
    ours.open("Ours too", id="T-2", requester="otto", kind="problem")
    before = ours.get("T-2")
    theirs.run_due()

    assert 0 == before.affected
    assert before.version == ours.get("T-2").version
    assert 1 == theirs.get("T-2").affected


# -- stores

NOON = datetime(2026, 3, 23, 12, tzinfo=UTC)
FAR = NOON + timedelta(days=3650)
KEY = "T-1:6:0:silent"
ON_A_STORE = {
    "load": lambda store: [
        store.load(OURS, "T-1"),
        store.load(OURS, "T-1", key="req-1"),
        store.load(OURS, "O-1", key="req-1"),
    ],
    "load_many": lambda store: store.load_many(OURS, ["T-1", "T-2"]),
    "commit": lambda store: [
        store.commit([opening("T-1", tenant=OURS, used=key_use("req-1"))]),
        store.commit([_redacting_ours(store)]),
    ],
    "history": lambda store: store.history(OURS, "T-1"),
    "find": lambda store: [store.find(OURS, match) for match in (Match(), Match(requester="jane"), Match(id="T-1"))],
    "counts": lambda store: [store.counts(OURS, Match(), by=field) for field in GROUPS],
    "workload": lambda store: store.workload(OURS, ["anna"]),
    "claim": lambda store: store.claim(FAR, limit=10, decide=lambda due: [None for _ in due], tenant=OURS),
    "overdue": lambda store: store.overdue(FAR, limit=10, tenant=OURS),
    "parked": lambda store: store.parked(tenant=OURS),
    "unpark": lambda store: store.unpark(OURS, "T-1", FAR),
    "backlog": lambda store: store.backlog(FAR, tenant=OURS).messages,
    "next_wake": lambda store: store.next_wake(tenant="nobody"),
    "lease": lambda store: store.lease(FAR, until=FAR, token="t", limit=10, tenant=OURS),
    "messages": lambda store: [
        store.messages(OURS),
        store.messages(OURS, case_id="T-1"),
        store.messages(OURS, after=KEY),
    ],
    "retry": lambda store: store.retry(OURS, KEY, FAR),
    "discard": lambda store: store.discard(OURS, KEY),
    "key_uses": lambda store: store.key_uses(OURS, "T-1"),
    "settle": lambda store: store.settle(
        Settled(tenant=OURS, key=KEY, state="done", result="", attempts=1, not_before=NOON)
    ),
    "open_tickets": lambda store: store.open_tickets(FAR, limit=10, tenant=OURS),
    "asked": lambda store: store.asked(
        [OpenTicket(tenant=OURS, case_id="T-1", vendor="acme-print", key="T-1:9", remote_id="R-1")], FAR
    ),
    "tickets": lambda store: store.tickets("acme-print", ["R-1"], tenant=OURS),
    "incoming": lambda store: store.incoming(OURS, "T-2"),
    "put_agent": lambda store: store.put_agent(OURS, Agent(id="anna", teams=["else"])),
    "remove_agent": lambda store: store.remove_agent(OURS, "anna"),
    "agents": lambda store: [store.agents(OURS), store.agents(OURS, ids=["anna"])],
    "verify": lambda store: store.verify(OURS, "T-1"),
}
"""What every method of a store that binds a tenant is asked."""

OF_ALL_TENANTS = {
    "name", "capabilities", "close", "forget_keys", "put_process", "process_kept_at", "wake_followers", "get_process",
    "vendor_cursor", "keep_vendor_cursor",
}  # fmt: skip
"""What knows no tenant: processes belong to all, keys are forgotten by their age."""


def _redacting_ours(store):
    case = opening("T-1", tenant=OURS)
    return committing(case.case, [happens(CaseRedacted, case.case)])


def test_every_method_of_a_store_is_tried():
    """A new method needs a trial here, or stands among those that know no tenant."""
    members = {name for name in (*vars(CaseStore), *CaseStore.__annotations__) if not name.startswith("_")}

    assert members == ON_A_STORE.keys() | OF_ALL_TENANTS


@pytest.mark.parametrize("name", ON_A_STORE)
def test_store_finds_and_changes_nothing_of_another_tenant(desks, name):
    """Each method is bound to its tenant by itself, whatever the desk above it checks."""
    ours, theirs = desks
    store = ours._ports.store
    if name not in {"commit", "next_wake"}:
        ours.cancel("O-1")  # so that nothing of ours is due
    before, kept = everything(theirs), _kept(store)
    found = ON_A_STORE[name](store)

    assert SECRET not in repr(found)
    assert "jane" not in repr(found)
    assert (before, kept) == (everything(theirs), _kept(store))


def _kept(store):
    """Give what a store keeps of theirs beside cases and people."""
    who = THEIRS, "T-1"
    return (
        store.messages(THEIRS), store.key_uses(*who), store.incoming(THEIRS, "T-2"), store.history(*who),
        store.overdue(FAR, limit=10, tenant=THEIRS), store.agents(THEIRS), store.verify(*who),
    )  # fmt: skip


def test_desk_refuses_a_tenant_that_is_no_name(desks):
    """There is no way around: a view is bound to one tenant."""
    with pytest.raises(InputError):
        desks[0].bind(tenant="")
