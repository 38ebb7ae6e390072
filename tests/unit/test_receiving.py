"""Calls of vendors: what is believed, what is looked into, and what is refused, whatever comes."""

import json
import logging
import sqlite3
from collections.abc import Mapping
from contextlib import closing

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supporttiers.actors import Actor
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.clock import FakeClock
from supporttiers.commands import VendorUpdate
from supporttiers.desk import SupportDesk
from supporttiers.effects import VendorAnswer, VendorNews
from supporttiers.errors import StoreError, UnsupportedConnectionError, VendorError, WebhookRefusedError
from supporttiers.links import VendorStatus, reference_of
from supporttiers.process import SupportProcess


class Calling(InProcessVendor):
    """A vendor that calls: whoever knows the word is believed, and whoever does not gives hints."""

    changes = None

    def __init__(self, name="acme-print"):
        super().__init__(name)
        self.fetched = []
        self.calls = []
        self.says = None

    def fetch(self, remote_id, /):
        """Count, and answer."""
        self.fetched.append(remote_id)
        return super().fetch(remote_id)

    def receive(self, call, /):
        """Understand a call, or do as the test says."""
        self.calls.append(call)
        if isinstance(self.says, BaseException):
            raise self.says
        if self.says is not None:
            return self.says
        try:
            said = json.loads(call.body)
            delivery = call.headers.get("x-delivery", "")
            ids = [each["id"] for each in said]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise WebhookRefusedError(self.name, 400, "it cannot be understood") from None
        word = call.headers.get("x-word")
        if word is None:
            return VendorNews(delivery=delivery, hints=ids)
        if word != "please":
            raise WebhookRefusedError(self.name, 401, "it does not come from the vendor")
        answers = [VendorAnswer(remote_id=each["id"], status=each["status"], text=each["text"]) for each in said]
        return VendorNews(delivery=delivery, answers=answers)


BELIEVED = {"X-Word": "please"}


@pytest.fixture
def vendor():
    """Give a vendor that calls."""
    return Calling()


@pytest.fixture
def store():
    """Give a store that outlives a desk."""
    return MemoryStore()


@pytest.fixture
def desk(make_desk, calm, clock, store):
    """Give a desk with two cases at the vendor, of which it has just been told."""
    desk = make_desk(calm, store=store)
    for case_id in ("T-1", "T-2"):
        desk.open("Stuck", id=case_id, by="jane")
        desk.dispatch(case_id, by="bob", vendor="acme-print")
    desk.run_due()
    return desk


def body(*said):
    """Write a body that speaks of tickets."""
    return json.dumps([{"id": each, "status": status, "text": text} for each, status, text in said]).encode()


ACKNOWLEDGED = body(("ACME-PRINT-1", "acknowledged", "We are on it."))


def status(desk, case_id="T-1"):
    """Say how far a ticket is known to be."""
    return desk.get(case_id).vendor_tickets[0].status


def told(receipt):
    """Give what a receipt says, shortly."""
    return receipt.http_status, receipt.case_id, receipt.duplicate, receipt.reason.code


# -- what is believed


def test_what_the_vendor_proves_to_say_is_given_to_the_case(desk, kinds):
    """At once, and nobody needs to ask."""
    receipt = desk.receive("acme-print", BELIEVED, ACKNOWLEDGED)

    assert (200, "T-1", False, "webhook.taken") == told(receipt)
    assert "acknowledged" == status(desk)
    assert "We are on it." in [getattr(event, "text", "") for event in desk.history("T-1")]


def test_delivery_about_a_ticket_of_two_cases_goes_to_both(desk, vendor):
    """The vendor has put two requests together: what it says is about both, whatever its delivery is called."""
    for case_id in ("T-1", "T-2"):
        known = desk.get(case_id).vendor_tickets[0]
        desk.execute(
            VendorUpdate(case_id=case_id, by=Actor.vendor("acme-print"), vendor="acme-print", key=known.key,
                         remote_id="BOTH")
        )  # fmt: skip
    desk.receive("acme-print", {**BELIEVED, "X-Delivery": "d-1"}, body(("BOTH", "acknowledged", "We are on it.")))

    assert ["acknowledged"] * 2 == [status(desk, case_id) for case_id in ("T-1", "T-2")]


def test_delivery_that_comes_again_is_taken_once_also_after_a_restart(desk, make_desk, calm, store, clock):
    """By its id, in the transaction that takes it; whatever it says the second time."""
    headers = {**BELIEVED, "X-Delivery": "d-1"}
    desk.receive("acme-print", headers, ACKNOWLEDGED)
    version = desk.get("T-1").version
    clock.advance("24h")
    again = make_desk(calm, store=store)

    assert (200, "T-1", True, "webhook.duplicate") == told(again.receive("acme-print", headers, ACKNOWLEDGED))
    other = body(("ACME-PRINT-1", "open", "Something else."))
    assert again.receive("acme-print", headers, other).duplicate
    assert (version, "acknowledged") == (desk.get("T-1").version, status(desk))
    more = again.receive("acme-print", {**headers, "X-Delivery": "d-2"}, other)
    assert (False, "open") == (more.duplicate, status(desk))


@pytest.mark.parametrize("delivery", ["d" * 10_000, "d\n\x00\x1b", "\ud800", "  "])
def test_strange_delivery_ids_are_told_apart_all_the_same(desk, vendor, delivery):
    """They are somebody else's words: long, unprintable, or nothing that can be encoded."""
    answer = VendorAnswer(remote_id="ACME-PRINT-1", status=VendorStatus.ACKNOWLEDGED)
    vendor.says = VendorNews(answers=[answer])
    object.__setattr__(vendor.says, "delivery", delivery)

    assert [False, True] == [desk.receive("acme-print", {}, b"").duplicate for _ in range(2)]


def test_delivery_of_several_answers_goes_to_each_case(desk):
    """Each by a key of its own; no one case is named then."""
    several = body(("ACME-PRINT-1", "acknowledged", ""), ("ACME-PRINT-2", "in_progress", ""), ("X-9", "open", ""))
    headers = {**BELIEVED, "X-Delivery": "d-1"}

    assert (200, None, False, "webhook.taken") == told(desk.receive("acme-print", headers, several))
    assert ["acknowledged", "in_progress"] == [status(desk), status(desk, "T-2")]
    assert desk.receive("acme-print", headers, several).duplicate


def test_what_a_case_refuses_is_no_reason_to_send_it_again(desk, clock, monkeypatch, vendor):
    """The vendor has done its part: the next pass asks about the ticket."""
    from supporttiers.errors import IdempotencyError

    headers = {**BELIEVED, "X-Delivery": "d-1"}
    key = f"delivery:acme-print:d-1:0:{reference_of(desk.get('T-1').vendor_tickets[0].key)}"
    desk.note("T-1", by="bob", text="Mine.", idempotency_key=key)
    vendor.fetched.clear()
    receipt = desk.receive("acme-print", headers, ACKNOWLEDGED)

    assert (202, "T-1", False) == told(receipt)[:3]
    assert IdempotencyError("T-1", key).reason == receipt.reason
    desk.run_due()
    assert ["ACME-PRINT-1"] == vendor.fetched


def test_what_cannot_be_taken_now_is_to_be_sent_again(desk, monkeypatch, caplog):
    """A rule that fails is no news for whoever called; it has not been taken, and comes again."""
    monkeypatch.setattr("supporttiers._flows.receiving.execute", lambda *_args, **_named: 1 / 0)
    with pytest.raises(WebhookRefusedError) as caught:
        desk.receive("acme-print", BELIEVED, ACKNOWLEDGED)

    assert (500, "it cannot be taken now; send it again") == (caught.value.http_status, caught.value.problem)
    assert "what vendor acme-print says cannot be taken: ZeroDivisionError" in caplog.text


def test_failing_store_is_the_hosts_own_matter(desk, store, monkeypatch):
    """It is raised as what it is."""

    def away(*_args, **_named):
        raise StoreError("memory", "away", retryable=True)

    monkeypatch.setattr(store, "commit", away)
    with pytest.raises(StoreError):
        desk.receive("acme-print", BELIEVED, ACKNOWLEDGED)


# -- what is looked into


def test_hint_is_looked_into_by_the_next_pass(desk, vendor, clock):
    """Nothing of it is believed: the vendor is asked, though it has just been asked."""
    vendor.update("ACME-PRINT-1", status=VendorStatus.IN_PROGRESS)
    vendor.fetched.clear()
    receipt = desk.receive("acme-print", {}, body(("ACME-PRINT-1", "resolved", "Lies.")))

    assert (202, "T-1", False, "webhook.hint") == told(receipt)
    assert ([], "open") == (vendor.fetched, status(desk))
    desk.run_due()
    assert (["ACME-PRINT-1"], "in_progress") == (vendor.fetched, status(desk))


def test_hint_about_an_ended_ticket_is_looked_into_at_once_but_not_all_the_time(desk, vendor, clock):
    """No pass asks about those; whoever floods us with hints does not flood the vendor through us."""
    vendor.update("ACME-PRINT-1", status=VendorStatus.CLOSED)
    clock.advance("2m")
    desk.run_due()
    assert "closed" == status(desk)
    vendor.update("ACME-PRINT-1", status=VendorStatus.IN_PROGRESS)
    vendor.fetched.clear()
    hint = body(("ACME-PRINT-1", "open", ""))
    assert (202, "T-1") == told(desk.receive("acme-print", {}, hint))[:2]
    assert ([], "closed") == (vendor.fetched, status(desk))
    clock.advance("1m")
    desk.receive("acme-print", {}, hint)
    assert (["ACME-PRINT-1"], "in_progress") == (vendor.fetched, status(desk))


def test_hint_about_an_ended_ticket_may_fail(desk, vendor, clock, caplog):
    """Whoever called is not to blame."""
    vendor.update("ACME-PRINT-1", status=VendorStatus.CLOSED)
    clock.advance("2m")
    desk.run_due()
    vendor.remove("ACME-PRINT-1")
    vendor.fetch = lambda _remote_id: 1 / 0
    clock.advance("2m")

    assert 202 == desk.receive("acme-print", {}, body(("ACME-PRINT-1", "open", ""))).http_status
    assert "vendor acme-print could not be asked about T-1: ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("headers", [BELIEVED, {}])
def test_ticket_that_nobody_knows_is_no_error(desk, headers):
    """The vendor has others' tickets, too, and ours a moment before we know their ids."""
    receipt = desk.receive("acme-print", headers, body(("X-1", "open", "")))

    assert (202, None, False, "webhook.unknown") == told(receipt)
    assert (202, "webhook.unknown") == told(desk.receive("acme-print", headers, b"[]"))[::3]


def test_ids_that_can_be_none_of_ours_are_not_looked_for(desk, vendor):
    """A store is not asked for what no ticket can be called."""
    vendor.says = VendorNews(hints=["", "\x00", "x" * 10_000, "\ud800"])

    assert 202 == desk.receive("acme-print", {}, b"").http_status


def test_view_of_a_tenant_knows_its_tickets_only(make_desk, calm, store, vendor):
    """A desk that is bound to no tenant knows all."""
    desk = make_desk(calm, store=store)
    north = desk.bind(tenant="north")
    north.open("Stuck", id="T-1", by="jane")
    north.dispatch("T-1", by="bob", vendor="acme-print")
    desk.run_due()
    news = {**BELIEVED}

    assert "webhook.unknown" == desk.bind(tenant="south").receive("acme-print", news, ACKNOWLEDGED).reason.code
    assert "webhook.unknown" == desk.bind(tenant="default").receive("acme-print", news, ACKNOWLEDGED).reason.code
    assert "webhook.taken" == desk.receive("acme-print", news, ACKNOWLEDGED).reason.code
    assert "acknowledged" == status(north)


# -- what is refused


@pytest.mark.parametrize("name", ["globex", "", "x" * 9_999, "a\nb", None, 7, [], b"acme-print"])
def test_unknown_vendor_is_refused(desk, name):
    """The name may be anything: it comes from an address."""
    with pytest.raises(WebhookRefusedError, match="no such vendor takes calls here") as caught:
        desk.receive(name, {}, b"")
    assert 404 == caught.value.http_status
    assert len(str(caught.value)) < 300
    assert str(caught.value).isprintable()


def test_vendor_that_takes_no_calls_is_refused(make_desk, calm):
    """Not every gateway has a `receive`."""
    desk = make_desk(calm, vendors=[InProcessVendor("acme-print")])
    with pytest.raises(WebhookRefusedError, match="no such vendor takes calls here"):
        desk.receive("acme-print", {}, b"")


def test_refusal_of_a_gateway_is_passed_on(desk):
    """With its status, under the name of the desk's vendor."""
    with pytest.raises(WebhookRefusedError) as caught:
        desk.receive("acme-print", {"x-word": "wrong"}, ACKNOWLEDGED)

    assert ("acme-print", 401, "it does not come from the vendor") == attrs.astuple(caught.value)
    assert caught.value.__cause__ is None


def test_status_of_a_refusal_is_one_of_those_that_can_be(desk, vendor):
    """A gateway of one's own must not make a refusal pass for success."""
    vendor.says = WebhookRefusedError("somebody", 200, "no")
    with pytest.raises(WebhookRefusedError) as caught:
        desk.receive("acme-print", {}, b"")

    assert (400, "acme-print") == (caught.value.http_status, caught.value.vendor)


@pytest.mark.parametrize(
    "says",
    [
        ZeroDivisionError("secret"),
        VendorError("acme-print", "secret", retryable=True),
        "nonsense",
        VendorNews(answers=["secret"]),
        VendorNews(hints=[7]),
        VendorNews(hints=7),
        VendorNews(hints="ACME-PRINT-1"),
    ],
)
def test_whatever_a_gateway_does_is_our_refusal(desk, vendor, caplog, says):
    """And shows nothing to whoever called."""
    vendor.says = says
    with pytest.raises(WebhookRefusedError) as caught:
        desk.receive("acme-print", {}, b"")

    assert (500, "its gateway failed") == (caught.value.http_status, caught.value.problem)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    assert caplog.record_tuples[-1][:2] == ("supporttiers.flows", logging.WARNING)


@pytest.mark.parametrize("given", ["text", bytearray(b"x"), None, 7, {}, memoryview(b"x")])
def test_body_must_be_bytes(desk, given):
    """What has been read before cannot be verified."""
    with pytest.raises(WebhookRefusedError, match="the body must be handed over as bytes") as caught:
        desk.receive("acme-print", {}, given)
    assert 400 == caught.value.http_status


def test_long_body_is_refused_before_anything_reads_it(desk, vendor):
    """One MiB is taken, and not a byte more."""
    with pytest.raises(WebhookRefusedError, match="longer than 1048576 bytes") as caught:
        desk.receive("acme-print", {}, b"x" * (1024 * 1024 + 1))
    assert (413, []) == (caught.value.http_status, vendor.calls)
    with pytest.raises(WebhookRefusedError, match="cannot be understood"):
        desk.receive("acme-print", {}, b"x" * 1024 * 1024)


def test_call_that_speaks_of_too_many_tickets_is_refused(desk, vendor):
    """It is to be sent in parts; a hundred at once are taken."""
    vendor.says = VendorNews(hints=[f"X-{number}" for number in range(101)])
    with pytest.raises(WebhookRefusedError, match="more than 100 tickets at once") as caught:
        desk.receive("acme-print", {}, b"")
    assert 413 == caught.value.http_status
    vendor.says = VendorNews(hints=vendor.says.hints[1:])
    assert 202 == desk.receive("acme-print", {}, b"").http_status


# -- headers, as web frameworks have them


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Word": "please", "X-Many": ["a", "b"]},
        [("x-word", "please"), ("X-MANY", "a"), ("x-many", "b")],
        [(b"X-Word", b"please"), (b"x-many", b"a"), (b"X-Many", b"b")],
        (["X-Word", ["please"]], ("X-Many", ("a", "b"))),
    ],
)
def test_headers_come_in_many_forms(desk, vendor, headers):
    """Names in small letters; of several with one name, all in one."""
    desk.receive("acme-print", headers, ACKNOWLEDGED)

    assert {"x-word": "please", "x-many": "a, b"} == vendor.calls[0].headers


class Headers(Mapping):
    """A mapping of a framework's own."""

    def __getitem__(self, name):
        """Give one."""
        return {"X-Word": "please"}[name]

    def __iter__(self):
        """Give their names."""
        return iter(["X-Word"])

    def __len__(self):
        """Count them."""
        return 1


def test_headers_may_be_any_mapping(desk):
    """Frameworks have classes of their own."""
    assert 200 == desk.receive("acme-print", Headers(), ACKNOWLEDGED).http_status


@pytest.mark.parametrize(
    "headers",
    [None, 7, "text", b"bytes", [1], ["ab"], [("a",)], [("a", "b", "c")], {"a": 7}, {7: "a"}, {"a": [7]}, {"a": None}],
)
def test_headers_that_are_none_are_refused(desk, headers):
    """The host's code is to be mended."""
    with pytest.raises(WebhookRefusedError, match="the headers must be texts by name") as caught:
        desk.receive("acme-print", headers, b"")
    assert 400 == caught.value.http_status


@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        ([("a", "b")] * 201, "there are more than 200 headers"),
        ({"a": "b" * 70_000}, "the headers are longer than 65536 bytes"),
    ],
)
def test_headers_without_end_are_refused(desk, headers, problem):
    """What comes from outside is bounded."""
    with pytest.raises(WebhookRefusedError, match=problem):
        desk.receive("acme-print", headers, b"")


# -- anything

_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=8,
)
_bodies = (
    st.binary()
    | _anything.filter(lambda value: not isinstance(value, bytes))
    | st.builds(lambda value: json.dumps(value, default=str).encode(), _anything)
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(vendor=st.sampled_from(["acme-print", "globex"]) | _anything, headers=_anything, body=_bodies)
def test_nothing_that_comes_raises_anything_but_our_refusal(vendor, headers, body):
    """Whatever is thrown at the entry is taken, or refused with a status to answer."""
    desk = SupportDesk(SupportProcess.default(), clock=FakeClock("2026-03-23T09:00Z"), vendors=[Calling()])
    answer = None
    try:
        answer = desk.receive(vendor, headers, body).http_status
    except WebhookRefusedError as refusal:
        answer = refusal.http_status

    assert answer in {200, 202, 400, 401, 404, 413}


def test_view_in_a_transaction_of_the_callers_takes_no_call(tmp_path, calm, vendor, clock):
    """Whether a call was taken must not depend on what else is rolled back."""
    with SupportDesk(calm, store=f"sqlite:///{tmp_path}/support.db", vendors=[vendor], clock=clock) as desk:
        desk.open("Stuck", id="T-1", by="jane")
        with closing(sqlite3.connect(tmp_path / "support.db", isolation_level=None)) as connection:
            connection.execute("BEGIN")
            with pytest.raises(UnsupportedConnectionError, match="call receive of the desk itself"):
                desk.on(connection).receive("acme-print", {}, b"")
