"""Vendors with a script: what they are sent, what they may answer, and what they may send."""

import base64
import json
from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest
import standardwebhooks

from supporttiers import SupportDesk
from supporttiers._fields import MAX_TEXT_BYTES
from supporttiers.backends.signatures import sign
from supporttiers.backends.transport import MOST_BYTES, HttpResponse
from supporttiers.backends.vendor import webhook
from supporttiers.backends.vendor.webhook import CAN, WebhookVendor
from supporttiers.clock import SystemClock
from supporttiers.effects import VendorCall, VendorFile, VendorMessage, VendorRequest
from supporttiers.errors import PluginError, VendorError, WebhookRefusedError
from supporttiers.links import VendorStatus
from supporttiers.process import SupportProcess
from supporttiers.protocols import VendorGateway, capabilities_of
from supporttiers.testing import FakeClock
from supporttiers.tiers import Visibility

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
URL = "https://acme.example/in/8f2c/?team=a"
AT = datetime(2026, 3, 23, 9, tzinfo=UTC)
TICKET = {"id": "A-1", "status": "open"}
REQUEST = VendorRequest(tenant="default", case_id="T-1", subject="Two\nlines", text="It smokes.\0", reference="ST-1")
MESSAGE = VendorMessage(tenant="default", case_id="T-1", text="Is there news?", reference="ST-2")


class Answering:
    """A transport that gives answers in turn, the last one for ever, and keeps the requests."""

    def __init__(self, *values, status=200):
        self.values = list(values)
        self.status = status
        self.requests = []

    def send(self, request, /, *, within):
        """Take a request."""
        self.requests.append(request)
        value = self.values.pop(0) if len(self.values) > 1 else self.values[0]
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return HttpResponse(status=self.status, body=body, headers={"content-type": "application/json"})

    def event(self, place=-1):
        """Give what was sent."""
        return json.loads(self.requests[place].body)


def vendor(*values, status=200, clock=None, **more):
    """Make a gateway whose script gives answers in turn, and the transport that shows what it was sent."""
    transport = Answering(*(values or (TICKET,)), status=status)
    given = {"url": URL, "secrets": [SECRET], "can": CAN, **more}
    return WebhookVendor("acme", transport=transport, clock=clock or FakeClock(AT), **given), transport


# -- what it is sent


def test_event_is_signed_as_others_read_it():
    """An independent reader of the standard verifies what is sent, with the old and the new secret."""
    gateway, sent = vendor(clock=SystemClock(), secrets=[SECRET, OTHER])
    gateway.open(REQUEST, key="default/T-1/4")

    [request] = sent.requests
    for secret in (SECRET, OTHER):
        event = standardwebhooks.Webhook(secret).verify(request.body, dict(request.headers))
        assert request.headers["webhook-id"] == event["id"]
    assert ("POST", URL) == (request.method, request.url)


def test_opening_is_one_cloud_event():
    """With all that the vendor is to know, on one line where it is one."""
    gateway, sent = vendor()
    answer = gateway.open(REQUEST, key="default/T-1/4")

    event = sent.event()
    assert {
        "specversion": "1.0", "source": "/supporttiers", "type": "org.supporttiers.vendor.open", "subject": "T-1",
        "time": "2026-03-23T09:00:00Z", "datacontenttype": "application/json", "id": event["id"],
        "data": {
            "tenant": "default", "case_id": "T-1", "reference": "ST-1", "subject": "Two lines", "text": "It smokes.",
            "category": None, "priority": None, "follows": None,
        },
    } == event  # fmt: skip
    assert ("A-1", VendorStatus.OPEN, "open") == (answer.remote_id, answer.status, answer.raw_status)
    assert "application/cloudevents+json; charset=utf-8" == sent.requests[0].headers["content-type"]


def test_id_is_the_keys():
    """The same key has the same id in every attempt; another call with it, another key, and a question have others."""
    gateway, sent = vendor({**TICKET, "account": "desk"})
    for key in ("k1", "k1", "k2"):
        gateway.open(REQUEST, key=key)
    gateway.comment("A-1", MESSAGE, key="k1")
    gateway.fetch("A-1")
    gateway.fetch("A-1")

    first, again, *others = (request.headers["webhook-id"] for request in sent.requests)
    assert first == again
    assert 5 == len({first, *others})


def test_every_call_has_its_event():
    """All that a script can do."""
    gateway, sent = vendor({
        **TICKET, "tickets": [TICKET], "account": "desk", "statuses": ["open", "lost"], "ids": ["A-1"], "cursor": "7",
    })  # fmt: skip
    assert ("desk", ("open", "lost"), ("lost",)) == (
        (me := gateway.check()).account, me.statuses, me.unmapped,
    )  # fmt: skip
    assert ["A-1"] == [each.remote_id for each in gateway.find("ST-1")]
    assert "A-1" == gateway.comment("A-1", MESSAGE, key="k")
    assert "A-1" == gateway.attach("A-1", VendorFile(id="f", name="a\r\nb.txt", content=b"\0\xff"), key="k")
    assert "A-1" == gateway.attach("A-1", VendorFile(id="f", content=b""), key="k2")
    page = gateway.changes(None, limit=5)
    assert (("A-1",), "7", False) == (page.remote_ids, page.cursor, page.more)
    assert VendorStatus.OPEN is gateway.set_status("A-1", VendorStatus.OPEN, expect="v7").status
    assert VendorStatus.OPEN is gateway.withdraw("A-1", MESSAGE, key="k").status

    told = {
        event["type"].removeprefix(webhook.TYPE): event["data"] for event in map(sent.event, range(len(sent.requests)))
    }
    assert {*CAN, "fetch"} == told.keys()
    assert {"id": "A-1", "status": "open", "expect": "v7"} == told["set_status"]
    assert {"cursor": None, "limit": 5} == told["changes"]
    assert ("file", "") == (told["attach"]["name"], told["attach"]["content"])
    attached = sent.event(3)["data"]
    assert ("a b.txt", b"\0\xff") == (attached["name"], base64.b64decode(attached["content"]))
    assert ("Is there news?", "ST-2", "message") == tuple(
        told["comment"][name] for name in ("text", "reference", "purpose")
    )


# -- what it may answer


def test_ticket_says_all_that_there_is():
    """Entries are private unless the script says otherwise; an unknown word is unknown."""
    entries = [
        {"id": "1", "text": "a\0", "at": "2026-03-23T09:00:00Z", "reference": "ST-2", "ours": True},
        {"id": "2", "text": "Replaced.", "public": True},
    ]
    gateway, _ = vendor({
        "id": "A-2", "status": "paused", "reference": "ST-1", "text": "x", "version": "7", "entries": entries,
        "updated_at": "2026-03-23T11:00:00+02:00",
    })  # fmt: skip
    answer = gateway.fetch("A-1")

    assert ("A-2", VendorStatus.UNKNOWN, "paused", "ST-1", "x", "7", AT) == (
        answer.remote_id, answer.status, answer.raw_status, answer.reference, answer.text, answer.version,
        answer.updated_at,
    )  # fmt: skip
    first, second = answer.entries
    assert ("a", AT, "ST-2", True, Visibility.PRIVATE) == (
        first.text, first.at, first.reference, first.ours, first.visibility,
    )  # fmt: skip
    assert (None, "", False, Visibility.PUBLIC) == (second.at, second.reference, second.ours, second.visibility)


@pytest.mark.parametrize("value", [
    None, [], "x", 7, {}, {"id": "A-1"}, {"id": 7, "status": "open"}, {"id": "A-1", "status": None},
    {"id": "", "status": "open"}, {"id": "a\nb", "status": "open"}, {"id": "x" * 300, "status": "open"},
    {**TICKET, "entries": {}}, {**TICKET, "entries": ["x"]}, {**TICKET, "entries": [{"text": "no id"}]},
    {**TICKET, "entries": [{"id": "1", "text": 7}]}, {**TICKET, "entries": [{"id": "1", "public": "yes"}]},
    {**TICKET, "updated_at": "soon"}, {**TICKET, "updated_at": "2026-03-23T09:00:00"}, {**TICKET, "updated_at": 7},
    {**TICKET, "reference": "\0"}, {**TICKET, "version": 7}, {**TICKET, "updated_at": "0001-01-01T00:00:00+14:00"},
    b"<html>", b"[" * 100_000, b'{"id": "A-1"',
])  # fmt: skip
def test_misshapen_answer_means_nothing(value):
    """Whatever stands there; of what may have been done, nobody knows whether it was."""
    gateway, _ = vendor(value)
    with pytest.raises(VendorError) as caught:
        gateway.open(REQUEST, key="k")
    assert ("protocol", True, True) == (caught.value.kind, caught.value.retryable, caught.value.ambiguous)
    with pytest.raises(VendorError) as caught:
        gateway.fetch("A-1")
    assert ("protocol", True, False) == (caught.value.kind, caught.value.retryable, caught.value.ambiguous)


@pytest.mark.parametrize(("value", "call"), [
    ({"tickets": [TICKET] * 1001}, lambda gateway: gateway.find("ST-1")),
    ({"tickets": [7]}, lambda gateway: gateway.find("ST-1")),
    ({"ids": ["a\nb"], "cursor": "1"}, lambda gateway: gateway.changes(None, limit=1)),
    ({"ids": [], "cursor": None}, lambda gateway: gateway.changes(None, limit=1)),
    ({"id": 7}, lambda gateway: gateway.comment("A-1", MESSAGE, key="k")),
    ({"statuses": []}, lambda gateway: gateway.check()),
])  # fmt: skip
def test_misshapen_answers_of_other_calls(value, call):
    """They mean nothing, either."""
    gateway, _ = vendor(value)
    with pytest.raises(VendorError) as caught:
        call(gateway)
    assert "protocol" == caught.value.kind


def test_ticket_that_is_not_there_is_gone():
    """That is an answer; every other error stays one."""
    assert VendorStatus.GONE is vendor(status=404)[0].fetch("A-1").status
    with pytest.raises(VendorError) as caught:
        vendor(status=401)[0].fetch("A-1")
    assert "auth" == caught.value.kind
    with pytest.raises(VendorError) as caught:
        vendor(status=500)[0].find("ST-1")
    assert not caught.value.ambiguous


def test_status_is_read_back():
    """A yes alone is not believed, and a status without a word is not asked for."""
    gateway, sent = vendor({"id": "A-1", "status": "done"}, TICKET, statuses={"new": "open", "done": "resolved"})
    with pytest.raises(VendorError) as caught:
        gateway.set_status("A-1", VendorStatus.RESOLVED)
    assert "not_applied" == caught.value.kind
    assert "done" == sent.event(0)["data"]["status"]
    with pytest.raises(VendorError) as caught:
        gateway.set_status("A-1", VendorStatus.CLOSED)
    assert ("rejected", 2) == (caught.value.kind, len(sent.requests))


def test_long_text_is_cut_with_a_note():
    """At 64 KiB, as of every vendor."""
    gateway, _ = vendor({**TICKET, "entries": [{"id": "1", "text": "é" * 40_000}]})
    [entry] = gateway.fetch("A-1").entries
    assert entry.text.endswith("longer than 64 KiB.]")
    assert MAX_TEXT_BYTES - 2 <= len(entry.text.encode()) <= MAX_TEXT_BYTES


# -- what it may send


def call(value, *, now=AT, at=AT, secret=SECRET, id="msg_7"):
    """Make a call, signed by an independent signer."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    signature = standardwebhooks.Webhook(secret).sign(
        id, at, body.decode("latin-1") if b"\xff" in body else body.decode()
    )
    headers = {"webhook-id": id, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
    return VendorCall(headers=headers, body=body, now=now)


def changed(data):
    """Make the event that tells of a change."""
    return {"type": "org.supporttiers.vendor.changed", "data": data}


@pytest.mark.parametrize("secret", [SECRET, OTHER])
def test_signed_call_is_understood(secret):
    """Whole tickets are answers; what says less is a hint."""
    gateway, _ = vendor(secrets=[SECRET, OTHER])
    whole = {**TICKET, "updated_at": "2026-03-23T09:00:00Z"}
    news = gateway.receive(call(changed(whole), secret=secret))
    assert ("msg_7", ["A-1"], ()) == (news.delivery, [each.remote_id for each in news.answers], news.hints)

    news = gateway.receive(call(changed({"tickets": [whole, {"id": "A-2"}, {"id": "A-3", "status": "open"}]})))
    assert (["A-1"], ("A-2", "A-3")) == ([each.remote_id for each in news.answers], news.hints)


@pytest.mark.parametrize(("given", "status"), [
    (call(changed(TICKET), secret=OTHER), 401),
    (call(changed(TICKET), at=AT - timedelta(minutes=6)), 401),
    (call(changed(TICKET), at=AT + timedelta(minutes=6)), 401),
    (VendorCall(headers={}, body=b"{}", now=AT), 401),
    (VendorCall(headers={}, body=b" " * (MOST_BYTES + 1), now=AT), 413),
    (call(b""), 400), (call(b"{"), 400), (call(b"[" * 100_000), 400), (call([]), 400), (call({}), 400),
    (call({"type": "org.supporttiers.vendor.open", "data": TICKET}), 400),
    (call({"type": 7}), 400), (call(changed(7)), 400), (call(changed({})), 400), (call(changed({"id": "a\nb"})), 400),
    (call(changed({"tickets": [7]})), 400), (call(changed({"tickets": 7})), 400),
    (call(changed({**TICKET, "updated_at": "soon"})), 400),
])  # fmt: skip
def test_other_call_is_refused(given, status):
    """With the status to answer; nothing that came stands in the refusal."""
    gateway, _ = vendor()
    with pytest.raises(WebhookRefusedError) as caught:
        gateway.receive(given)
    assert ("acme", status) == (caught.value.vendor, caught.value.http_status)


def test_call_about_too_many_tickets_is_refused():
    """At once: nobody compares each of them with all others."""
    gateway, _ = vendor()
    ticket = {"id": "A", "status": "open", "updated_at": "2026-03-23T09:00:00Z"}
    tickets = [ticket, {"id": "B"}] * 30_000
    body = json.dumps({"type": "org.supporttiers.vendor.changed", "data": {"tickets": tickets}}).encode()
    begin = perf_counter()
    with pytest.raises(WebhookRefusedError, match="tickets has 60000 entries") as caught:
        gateway.receive(VendorCall(headers=sign(body, id="m", at=AT, secrets=[SECRET]), body=body, now=AT))
    assert 400 == caught.value.http_status
    assert perf_counter() - begin < 2


def test_own_event_is_not_taken_for_the_vendors():
    """Who sends us back what we have sent, signed as it is with the same secret, is refused."""
    gateway, sent = vendor()
    gateway.fetch("A-1")
    [request] = sent.requests
    with pytest.raises(WebhookRefusedError, match=r"\(400\): type must be org\.supporttiers\.vendor\.changed"):
        gateway.receive(VendorCall(headers=request.headers, body=request.body, now=AT))


# -- how it is made


def test_gateway_can_what_its_script_can():
    """It has these methods, and no others; `receive` is always there."""
    gateway, _ = vendor(can=["find", "comment"])
    assert {"find", "comment", "receive"} == capabilities_of(gateway)
    assert isinstance(gateway, VendorGateway)
    assert {"receive", *CAN} == capabilities_of(vendor()[0])
    assert "WebhookVendor('acme', 'acme.example')" == repr(gateway)
    assert {VendorStatus.UNKNOWN, VendorStatus.GONE, VendorStatus.OPEN} <= gateway.statuses


@pytest.mark.parametrize(("given", "problem"), [
    ({"can": "find"}, r"can is a text; write a list, as in \['find'\]"),
    ({"can": ["coment"]}, "can names 'coment', which is nothing that is called; did you mean 'comment'"),
    ({"can": ["brew coffee"]}, "possible are: check, find"),
    ({"secrets": []}, "secrets must be a list of one at least"),
    ({"secrets": SECRET}, "secrets must be a list of one at least"),
    ({"secrets": ["whsec_short"]}, "secret: is no base64|secret: stands for"),
    ({"url": "ftp://acme.example"}, "must begin with http"),
    ({"timeout": timedelta(minutes=3)}, "timeout must be at most 120 seconds"),
    ({"statuses": {"new": "opn"}}, "did you mean open"),
])  # fmt: skip
def test_gateway_that_cannot_be_so_is_refused(given, problem):
    """When it is made; secrets are not shown."""
    with pytest.raises(PluginError, match=problem) as caught:
        vendor(**given)
    assert "short" not in str(caught.value)


def test_desk_makes_it_from_settings(monkeypatch):
    """By the word `webhook`; secrets may stand in the environment."""
    monkeypatch.setenv("ACME_SECRET", SECRET)
    settings = {
        "use": "webhook", "url": URL, "secrets_env": ["ACME_SECRET"], "can": ["find"], "source": "/acme", "timeout": 5,
        "statuses": {"new": "open"},
    }  # fmt: skip
    gateway = WebhookVendor.from_settings("acme", settings)
    assert {"find", "receive"} == capabilities_of(gateway)
    assert {VendorStatus.OPEN, VendorStatus.UNKNOWN, VendorStatus.GONE} == gateway.statuses
    SupportDesk(SupportProcess.default(), vendors={"acme": settings})
    with pytest.raises(PluginError, match=r"its settings say 'secret', which is none; did you mean 'secrets'"):
        WebhookVendor.from_settings("acme", {"use": "webhook", "url": URL, "secret": SECRET})
