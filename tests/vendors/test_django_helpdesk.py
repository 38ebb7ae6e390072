"""The gateway to django-helpdesk, where it is answered what a real one does not answer every day."""

import base64
import json
import logging
from datetime import UTC, datetime

import pytest

from supporttiers import VendorStatus
from supporttiers.backends import vendor as vendors
from supporttiers.backends.transport import HttpResponse, TransportError
from supporttiers.backends.vendor._hints import MOST_BYTES, SECRET_HEADER
from supporttiers.backends.vendor.django_helpdesk import DjangoHelpdeskVendor
from supporttiers.effects import VendorCall, VendorFile, VendorMessage, VendorRequest
from supporttiers.errors import PluginError, PolicyConfigError, VendorError, WebhookRefusedError
from supporttiers.links import reference_of
from supporttiers.protocols.vendors import VENDOR_CAPABILITIES, capabilities_of

URL = "https://help.acme.example/"
TOKEN = "9944b09199c62bcf9418"
SECRETS = ("correct-horse-battery", "an-older-secret-of-ours")
NOW = datetime(2026, 3, 23, 9, 0, tzinfo=UTC)
REFERENCE = reference_of("default/T-1/1")
REQUEST = VendorRequest(tenant="default", case_id="T-1", subject="Drum", text="Jane Doe's", reference=REFERENCE)
MESSAGE = VendorMessage(tenant="default", case_id="T-1", text="Jane Doe's", reference=REFERENCE)
TICKET = {"id": 7, "status": 1, "description": f"[ref {REFERENCE}]", "followup_set": []}
STATUSES = {"actions": {"POST": {"status": {"choices": [{"value": 1}, "x"]}}}}


class Scripted:
    """A transport that answers in turn, and keeps what was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def send(self, request, /, *, within):
        """Give the next answer."""
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def says(value, status=200, **headers):
    """Make an answer of JSON."""
    headers = {"content-type": "application/json", **headers}
    return HttpResponse(status=status, headers=headers, body=json.dumps(value).encode())


PAGE = HttpResponse(status=200, headers={"content-type": "text/html"}, body=b"<h1>Log in, Jane Doe</h1>")
NOT_FOUND = HttpResponse(status=404, headers={"content-type": "text/html"}, body=b"<h1>404</h1>")
TOO_LONG = HttpResponse(status=200, headers={"content-type": "application/json"}, body=b"x", whole=False)


def gateway(*answers, **more):
    """Make a gateway that is answered so."""
    login = {} if "user" in more or "token" in more else {"token": TOKEN}
    return DjangoHelpdeskVendor("acme", url=URL, queue=1, transport=Scripted(*answers), **login, **more)


def failure(call, *given, **named):
    """Call, and give the VendorError; nothing of what was said stands in it."""
    with pytest.raises(VendorError) as caught:
        call(*given, **named)
    error = caught.value
    assert not any(word in str(error) for word in ("Jane", TOKEN, "help.acme"))
    return error.kind, bool(error.ambiguous)


# -- what it is made of


def test_it_can_do_all_but_list_changes():
    """Its interface does not say what has changed; of all else it has something."""
    assert {*VENDOR_CAPABILITIES} - {"changes"} == capabilities_of(gateway())
    assert {"open", "resolved", "closed", "rejected", "gone", "unknown"} == gateway().statuses
    assert "withdrawn" in gateway(statuses={"9": "withdrawn"}).statuses


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"token": None}, "it needs a `token`, or a `user` and a `password`: one of both"),
        ({"user": "desk"}, "it needs a `token`, or a `user` and a `password`: one of both"),
        ({"token": TOKEN, "user": "desk", "password": "p"},
         "it needs a `token`, or a `user` and a `password`: one of both"),
        ({"user": "desk:x", "password": "p"}, "its `user` holds a colon, which would end it where it is sent"),
        ({"token": "a\r\nx: y"}, "its `token` can be no token: printable ASCII without blanks"),
        ({"token": "größe"}, "its `token` can be no token: printable ASCII without blanks"),
        ({"token": "a b"}, "its `token` can be no token: printable ASCII without blanks"),
        ({"secrets": SECRETS[0]}, "its `secrets` must be a list, so that one can be changed for another"),
        ({"secrets": ["short"]},
         "each of its `secrets` must be 16 to 200 letters, digits, - and _, so as to fit a URL"),
        ({"secrets": [7]}, "each of its `secrets` must be 16 to 200 letters, digits, - and _, so as to fit a URL"),
        ({"statuses": {"new": "open"}},
         "its `statuses` name 'new'; possible are numbers, as in STATUSES, and: on_hold, assigned"),
    ],
)  # fmt: skip
def test_what_cannot_be_so_is_refused_when_it_is_made(said, problem):
    """The error names the vendor and the word, and shows no secret."""
    with pytest.raises(PluginError) as caught:
        gateway(**said)

    assert ("acme", problem) == (caught.value.plugin, caught.value.problem)


def test_a_url_that_is_none_is_refused():
    """As by every gateway."""
    with pytest.raises(PolicyConfigError):
        DjangoHelpdeskVendor("acme", url="help.acme.example", queue=1, token=TOKEN)


def test_settings_make_one():
    """The words are those of the constructor; nothing is shown of it but the name."""
    found = vendors.named("acme", {
        "use": "django_helpdesk", "url": URL, "queue": 3, "user": "desk", "password": "hunter2", "email": "d@h.test",
        "priorities": {"critical": 1}, "fields": {"custom_site": "B"}, "public": True, "statuses": {"1": "open"},
        "secrets": list(SECRETS), "timeout": "10s",
    })  # fmt: skip

    assert isinstance(found, DjangoHelpdeskVendor)
    assert "DjangoHelpdeskVendor('acme')" == repr(found)
    assert {"open", "gone", "unknown"} == found.statuses


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({}, "its settings lack 'queue': the id of the queue in which tickets are opened"),
        ({"queue": 0}, "its setting 'queue' is 0; possible is 1 to 9223372036854775807"),
        ({"queue": 1, "priorities": {"critical": 6}}, "its setting 'priorities' is 6; possible is 1 to 5"),
        ({"queue": 1, "priorities": 6}, "its setting 'priorities' must be a table, not int"),
    ],
)
def test_settings_that_cannot_be_so_are_refused(said, problem):
    """By the word."""
    with pytest.raises(PluginError) as caught:
        DjangoHelpdeskVendor.from_settings("acme", {"url": URL, "token": TOKEN, **said})

    assert problem == caught.value.problem


def test_what_is_sent_says_who_we_are_and_what_is_wanted():
    """One POST, to its interface, with the priority and the fields that it demands."""
    vendor = gateway(says(TICKET, 201), user="desk", password="ö", fields={"custom_site": "B"}, email="d@h.test")
    vendor.open(REQUEST, key="k")
    (asked,) = vendor._rest._transport.asked

    assert ("POST", f"{URL}api/tickets/") == (asked.method, asked.url)
    assert "Basic " + base64.b64encode("desk:ö".encode()).decode() == asked.headers["authorization"]
    assert {
        "queue": 1, "custom_site": "B", "submitter_email": "d@h.test", "title": "Drum", "priority": 3,
        "description": f"Jane Doe's\n\n[ref {REFERENCE}]",
    } == json.loads(asked.body)  # fmt: skip


# -- answers of all kinds


@pytest.mark.parametrize(
    ("answer", "kind", "ambiguous"),
    [
        (TransportError("it cannot be reached", ambiguous=False), "unavailable", False),
        (TransportError("no answer within 30 s", ambiguous=True), "unavailable", True),
        (PAGE, "protocol", True),
        (TOO_LONG, "protocol", True),
        (says({"id": "7"}, 201), "protocol", True),
        (says([], 201), "protocol", True),
        (says({"id": 7}, 201), "protocol", True),
        (says({}, 500), "unavailable", True),
        (says({}, 400), "rejected", False),
        (says({}, 401), "auth", False),
        (says({"detail": "Invalid token."}, 403), "auth", False),
        (says({}, 403), "permission", False),
        (HttpResponse(status=302, headers={"location": "https://evil.example/"}), "protocol", False),
        (HttpResponse(status=429, headers={"retry-after": "7"}, body=b"slow down"), "rate_limited", False),
    ],
)  # fmt: skip
def test_an_opening_that_may_have_happened_is_said_to_be_unsure(answer, kind, ambiguous):
    """Whatever comes back; and it is sent once."""
    vendor = gateway(answer)

    assert (kind, ambiguous) == failure(vendor.open, REQUEST, key="k")
    assert 1 == len(vendor._rest._transport.asked)


@pytest.mark.parametrize("value", [[], None, {}, {"id": 7}, {"id": True, "status": 1}, {"id": -1, "status": 1}])
def test_a_ticket_that_is_none_is_not_understood(value):
    """Nothing is guessed."""
    assert ("protocol", False) == failure(gateway(says(value)).fetch, "7")


def test_entries_of_all_kinds_are_read_as_far_as_they_can_be():
    """What is strange in one of them costs neither it nor the others."""
    followups = [
        {"id": 1, "comment": f"[ref {REFERENCE}]", "user": 5, "public": "yes", "date": "yesterday"},
        {"id": 2, "comment": "a\x00\ud800b", "user": None, "public": True, "date": "2026-03-23T09:00:00"},
        {"id": 3, "comment": None, "title": "Assigned to mary", "date": "2026-03-23T09:00:00Z", "user": 5},
        {"id": 4, "comment": 7, "date": 7, "user": True, "followupattachment_set": [
            {"id": 1, "filename": "a\nb", "size": -1, "mime_type": None}, {"id": None}, "x"]},
        {"id": 5, "date": "0001-01-01T00:00:00+14:00", "followupattachment_set": [{"id": n + 1} for n in range(60)]},
        {"id": "6"}, "seven", None,
    ]  # fmt: skip
    answer = gateway(says({**TICKET, "followup_set": followups})).fetch("7")

    assert ["1", "2", "3", "4", "5"] == [entry.id for entry in answer.entries]
    assert ["ab", "Assigned to mary", "", ""] == [entry.text for entry in answer.entries[1:]]
    assert [True, False, True, False, False] == [entry.ours for entry in answer.entries]
    assert [None, None, NOW, None, None] == [entry.at for entry in answer.entries]
    assert ["private", "public", "private"] == [entry.visibility for entry in answer.entries[:3]]
    assert [("1", "a b", None, None)] == [
        (each.id, each.name, each.size, each.media_type) for each in answer.entries[3].attachments
    ]
    assert 50 == len(answer.entries[4].attachments)


@pytest.mark.parametrize(
    ("user", "text", "read"),
    [
        (5, f"Well?\n\n[ref {REFERENCE}]\n", (True, REFERENCE)),
        (5, f"Well?\n> [ref {REFERENCE}]", (True, "")),
        (5, f"[ref {REFERENCE}]\nWell?", (True, "")),
        (6, f"Well?\n\n[ref {REFERENCE}]", (False, "")),
        (None, f"[ref {REFERENCE}]", (False, "")),
    ],
)
def test_a_reference_that_others_quote_is_not_ours(user, text, read):
    """It counts at the end of what our account has written, which is that which has opened the ticket."""
    opening = {"id": 1, "comment": f"Drum\n\n[ref {REFERENCE}]", "user": 5}
    answer = gateway(says({**TICKET, "followup_set": [opening, {"id": 2, "comment": text, "user": user}]})).fetch("7")

    assert read == (answer.entries[1].ours, answer.entries[1].reference)


def test_a_reference_on_a_ticket_that_others_have_opened_is_read_where_we_put_it():
    """One that our ticket was merged into, say."""
    said = [{"id": 1, "comment": "It squeaks", "user": 6}, {"id": 2, "comment": f"So?\n\n[ref {REFERENCE}]", "user": 5}]
    answer = gateway(says({**TICKET, "description": "It squeaks", "followup_set": said})).fetch("7")

    assert [("", False), (REFERENCE, False)] == [(entry.reference, entry.ours) for entry in answer.entries]


def test_a_ticket_that_is_not_ours_has_no_entries_of_ours():
    """Without a reference nobody knows which account is ours."""
    followups = [{"id": 1, "comment": "Hello", "user": 5}, {"id": 2, "comment": "Well?", "user": 5}]
    answer = gateway(says({**TICKET, "description": None, "followup_set": followups})).fetch("7")

    assert ("", [False, False]) == (answer.reference, [entry.ours for entry in answer.entries])


def test_a_text_that_is_too_long_is_cut_and_says_so():
    """At 64 KiB; its mark is read before that."""
    said = [{"id": 1, "comment": "é" * 40_000 + f"\n\n[ref {REFERENCE}]", "user": 5}]
    answer = gateway(says({**TICKET, "description": "é", "followup_set": said})).fetch("7")

    assert answer.entries[0].text.endswith("it is longer than 64 KiB.]")
    assert 65_534 <= len(answer.entries[0].text.encode()) <= 65_536
    assert (REFERENCE, REFERENCE) == (answer.reference, answer.entries[0].reference)


def test_a_status_that_nobody_knows_is_unknown():
    """With its number."""
    answer = gateway(says({**TICKET, "status": 42})).fetch("7")

    assert (VendorStatus.UNKNOWN, "42") == (answer.status, answer.raw_status)


def test_tickets_that_are_merged_in_a_circle_end_somewhere():
    """After five steps."""
    vendor = gateway(*[says({**TICKET, "id": number, "merged_to": 3 - number}) for number in (1, 2) * 3])

    assert "2" == vendor.fetch("1").remote_id
    assert [] == vendor._rest._transport.answers


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ([NOT_FOUND, says(STATUSES)], VendorStatus.GONE),
        ([NOT_FOUND, NOT_FOUND], ("protocol", False)),
        ([NOT_FOUND, says({}, 503)], ("unavailable", False)),
        ([says({}, 503)], ("unavailable", False)),
        ([says({**TICKET, "merged_to": 8}), NOT_FOUND, says(STATUSES)], VendorStatus.GONE),
    ],
)
def test_gone_is_what_its_interface_says_is_gone(answers, found):
    """A wrong address and a machine that is down say 404 too."""
    vendor = gateway(*answers)

    assert found == (vendor.fetch("7").status if isinstance(found, VendorStatus) else failure(vendor.fetch, "7"))


@pytest.mark.parametrize("value", [{}, [], {"actions": {}}, {"actions": {"POST": {"status": {"choices": 7}}}}])
def test_a_check_that_is_answered_strangely_is_no_check(value):
    """Whoever answers is no django-helpdesk."""
    assert ("protocol", False) == failure(gateway(says(value)).check)


# -- looking for a ticket


def listed(*ids, count=None):
    """Make an answer of a list."""
    return says({"count": len(ids) if count is None else count, "results": [{**TICKET, "id": each} for each in ids]})


def paths(vendor):
    """Give which pages were asked for."""
    return [asked.url.partition("?")[2] for asked in vendor._rest._transport.asked]


def test_the_newest_are_looked_at_and_no_more():
    """Page by page from the end, up to 1024 of them and those that have come meanwhile."""
    vendor = gateway(listed(1, count=2000), listed(1793), listed(1537), listed(1281), listed(1025))

    assert ["1793", "1537", "1281", "1025"] == [each.remote_id for each in vendor.find(REFERENCE)]
    assert ["page=last&page_size=1", *[f"page={n}&page_size=256" for n in (8, 7, 6, 5)]] == paths(vendor)


def test_what_is_too_long_is_asked_for_in_halves():
    """Until it is short enough; a single ticket that is too long has not just been opened."""
    vendor = gateway(listed(1, count=2), *[TOO_LONG] * 9, *[says({}, 404)] * 7, listed(2))

    assert ["2"] == [each.remote_id for each in vendor.find(REFERENCE)]
    assert ["page=1&page_size=256", "page=1&page_size=128"] == paths(vendor)[1:3]
    assert ["page=2&page_size=128"] == paths(vendor)[-1:]


@pytest.mark.parametrize(
    "answers",
    [[PAGE], [says([])], [says({"count": True})], [listed(1, count=9), PAGE], [TOO_LONG], [listed(1), says([])]],
)
def test_a_list_that_cannot_be_read_finds_nothing_to_believe(answers):
    """That nothing was found would mean that a second ticket may be opened."""
    assert ("protocol", False) == failure(gateway(*answers).find, REFERENCE)


def test_an_empty_list_is_an_answer():
    """There is nothing."""
    assert [] == list(gateway(listed(), listed()).find(REFERENCE))


def test_what_shows_another_reference_is_left_out():
    """The list gives all that there is."""
    other = {**TICKET, "description": f"[ref {REFERENCE}] and [ref {reference_of('other')}]"}

    assert [] == list(gateway(listed(1), says({"count": 1, "results": [other, "x", {"id": 8}]})).find(REFERENCE))


# -- what is written


def test_a_status_that_is_another_one_afterwards_was_not_applied():
    """Whatever it has answered."""
    vendor = gateway(says({**TICKET, "status": 3}), says(TICKET))

    assert ("not_applied", False) == failure(vendor.set_status, "7", VendorStatus.RESOLVED)


def test_a_status_of_which_nobody_knows_whether_it_was_set_may_be_set_again():
    """To do it twice is to do it once."""
    vendor = gateway(TransportError("no answer within 30 s", ambiguous=True))

    assert ("unavailable", False) == failure(vendor.set_status, "7", VendorStatus.RESOLVED)


def test_a_withdrawal_needs_a_status_that_means_it():
    """Withdrawn before closed."""
    vendor = gateway(
        says(TICKET), says({"id": 9}, 201), says({**TICKET, "status": 9}), statuses={"4": "closed", "9": "withdrawn"}
    )

    assert VendorStatus.WITHDRAWN is vendor.withdraw("7", MESSAGE, key="k").status
    assert 9 == json.loads(vendor._rest._transport.asked[1].body)["new_status"]
    none = gateway(statuses={"1": "open", "assigned": "closed"})
    assert ("rejected", False) == failure(none.withdraw, "7", MESSAGE, key="k")


def test_a_follow_up_that_is_refused_on_a_ticket_that_is_there_is_refused():
    """Only what is gone is gone."""
    assert ("rejected", False) == failure(gateway(says({}, 400), says(TICKET)).comment, "7", MESSAGE, key="k")
    assert ("gone", False) == failure(gateway(says({}, 400), says({}, 404)).comment, "7", MESSAGE, key="k")
    assert ("unavailable", True) == failure(gateway(says({}, 503)).comment, "7", MESSAGE, key="k")


def test_a_file_goes_to_the_follow_up_that_an_attempt_has_left_behind():
    """So that there are not two of them."""
    key = "default/T-1/3"
    left = {"id": 4, "comment": f"drum.png\n\n[ref {reference_of(key)}]"}
    vendor = gateway(says({**TICKET, "followup_set": [left]}), says({"id": 11}, 201))

    assert "11" == vendor.attach("7", VendorFile(id="f", name="drum.png", content=b"x"), key=key)
    _, asked = vendor._rest._transport.asked
    assert f"{URL}api/followups-attachments/" == asked.url
    assert b'name="followup"\r\n\r\n4\r\n' in asked.body


def test_a_file_that_is_there_is_not_sent_again():
    """Nor another follow-up written; and where there is none, both are."""
    key = "default/T-1/3"
    left = {"id": 4, "comment": f"[ref {reference_of(key)}]", "followupattachment_set": [{"id": 11}]}
    file = VendorFile(id="f", name="drum.png", content=b"x")
    there = gateway(says({**TICKET, "followup_set": [left]}))
    new = gateway(says(TICKET), says({"id": 5}, 201), says({"id": 12}, 201))

    assert ("11", "12") == (there.attach("7", file, key=key), new.attach("7", file, key=key))
    assert ["GET", "POST", "POST"] == [asked.method for asked in new._rest._transport.asked]


def test_a_withdrawal_that_has_been_said_is_not_said_again():
    """The status is read back all the same."""
    said = {**TICKET, "status": 4, "followup_set": [{"id": 4, "comment": f"[ref {REFERENCE}]"}]}
    vendor = gateway(says(said), says(said))

    assert VendorStatus.CLOSED is vendor.withdraw("7", MESSAGE, key="k").status
    assert ["GET", "GET"] == [asked.method for asked in vendor._rest._transport.asked]


# -- webhooks


def call(body=None, **headers):
    """Make a call."""
    said = json.dumps({"ticket": {"id": 7}, "followup_id": 9}).encode() if body is None else body
    return VendorCall(headers={name.replace("_", "-"): value for name, value in headers.items()}, body=said, now=NOW)


def basic(words):
    """Make a header of a user and a password."""
    return "Basic " + base64.b64encode(words if isinstance(words, bytes) else words.encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [{SECRET_HEADER: SECRETS[0]}, {SECRET_HEADER: SECRETS[1]}, {"authorization": basic(f"hook:{SECRETS[0]}")},
     {"authorization": basic(f":{SECRETS[1]}")}, {"authorization": "Bearer x", SECRET_HEADER: SECRETS[0]}],
)  # fmt: skip
def test_a_call_with_a_secret_is_a_hint(headers):
    """As the password of the address, or handed over by the host; and nothing more than a hint."""
    news = gateway(secrets=SECRETS).receive(call(**headers))

    assert (("7",), (), "") == (news.hints, news.answers, news.delivery)


@pytest.mark.parametrize(
    "headers",
    [{}, {SECRET_HEADER: ""}, {SECRET_HEADER: "wrong"}, {SECRET_HEADER: SECRETS[0] + ", x"}, {SECRET_HEADER: "ö\ud800"},
     {SECRET_HEADER: "x" * 100_000}, {"authorization": "Basic"}, {"authorization": "Basic ==="},
     {"authorization": basic(b"\xff\xfe:x")}, {"authorization": basic("hook:wrong")}, {"authorization": basic("hook")},
     {"authorization": "Basic " + "A" * 100_000}, {"authorization": SECRETS[0]}, {"authorization": "Basic ö"}],
)  # fmt: skip
def test_a_call_without_one_is_refused_before_it_is_read(headers, caplog):
    """Whatever stands in its headers; what came is not shown."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(WebhookRefusedError) as caught:
        gateway(secrets=SECRETS).receive(call(b"[" * 100_000, **headers))

    assert ("acme", 401, "none of our secrets came with it") == (
        caught.value.vendor, caught.value.http_status, caught.value.problem
    )  # fmt: skip
    assert "" == caplog.text


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"\xff", 400), (b"[" * 200_000, 400), (b"7", 400), (b"[]", 400), (b'{"ticket": 7}', 400),
     (b'{"ticket": {"id": "7"}}', 400), (b'{"ticket": {"id": true}}', 400), (b'{"ticket": {"id": 0}}', 400),
     (b'{"ticket": {"id": ' + b"9" * 30 + b"}}", 400), (b'{"ticket": {"id": ' + b"9" * 9000 + b"}}", 400),
     (b'{"ticket": {}}', 400), (b'{"ticket": []}', 400), (b" " * (MOST_BYTES + 1), 413)],
)  # fmt: skip
def test_a_call_that_speaks_of_no_ticket_is_refused(body, status):
    """Garbage raises nothing else, whatever it is."""
    with pytest.raises(WebhookRefusedError) as caught:
        gateway(secrets=SECRETS).receive(call(body, **{SECRET_HEADER: SECRETS[0]}))

    assert status == caught.value.http_status


def test_where_no_secret_is_set_no_call_is_taken():
    """Nobody is let in by an empty word."""
    with pytest.raises(WebhookRefusedError) as caught:
        gateway().receive(call(**{SECRET_HEADER: "", "authorization": basic("hook:")}))

    assert 404 == caught.value.http_status
