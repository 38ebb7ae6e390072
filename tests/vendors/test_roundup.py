"""Roundup's gateway on answers that no real tracker gives on demand: strange ones, hostile ones, and none."""

import json
from collections import deque
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from supporttiers.backends.rest import Reply
from supporttiers.backends.transport import MOST_BYTES, HttpResponse, TransportError
from supporttiers.backends.vendor import roundup
from supporttiers.backends.vendor._roundup_changes import Given, Place, earlier
from supporttiers.backends.vendor._roundup_tracker import _WESTMOST, TOO_LONG_TO_READ, date_of
from supporttiers.backends.vendor.roundup import RoundupVendor
from supporttiers.clock import FakeClock
from supporttiers.effects import VendorMessage, VendorRequest
from supporttiers.errors import PluginError, PolicyConfigError, VendorError
from supporttiers.links import VendorStatus

REFERENCE = "ST-ABCDEFGHIJKLMNOP"
SECRET = "hunter2"
REQUEST = VendorRequest(tenant="default", case_id="T-1", subject="Stuck", text="My secret", reference=REFERENCE)
MESSAGE = VendorMessage(tenant="default", case_id="T-1", text="Newer?", reference=REFERENCE)
JSON = {"content-type": "application/json", "date": "Mon, 23 Mar 2026 09:00:00 GMT"}
ME, OTHER = {"id": "3", "username": "desk"}, {"id": "4", "username": "ruth"}


def answer(value, status=200, **headers):
    """Make an answer in JSON."""
    return HttpResponse(status=status, headers={**JSON, **headers}, body=json.dumps({"data": value}).encode())


def listed(*rows, **headers):
    """Make an answer that is a list."""
    return answer({"collection": list(rows)}, **headers)


def failed(status, body=b'{"error": {}}', **headers):
    """Make an answer that means no."""
    return HttpResponse(status=status, headers={**JSON, **headers}, body=body)


HTML = failed(200, b"<html>Please log in</html>", **{"content-type": "text/html"})
LOST = TransportError("no answer within 30 s", ambiguous=True)


def issue(**changes):
    """Make an answer that is an issue."""
    attributes = {"activity": "2026-03-23.09:00:00", "creator": ME, "files": [], "messages": [{"id": "1"}],
                  "status": {"id": "1", "name": "unread"}, **changes}  # fmt: skip
    return answer({"id": "7", "attributes": attributes, "@etag": '"v1"'})


def message(**changes):
    """Make a message of ours."""
    return {"id": "1", "creator": ME, "messageid": f"<{REFERENCE}@supporttiers.invalid>", "creation": "x", **changes}


class Tracker:
    """A transport that answers by method and path: with a list one after another, the last one for ever."""

    def __init__(self, **answers):
        self.answers = {
            "GET user/desk": answer({"attributes": {"username": "desk", "address": None}}),
            "GET status": listed({"id": "1", "name": "unread"}, {"id": "8", "name": "resolved"}),
            "POST issue/@poe": [answer({"link": f"http://elsewhere.example/data/issue/@poe/{n}"}) for n in range(9)],
            "POST msg": answer({"id": "1"}, 201), "GET msg": listed(message(content="My secret")),
            "GET issue": listed({"id": "7", "messages": [{"id": "1"}]}), "GET issue/7": issue(),
            "PATCH issue/7": answer({"attribute": {"messages": ["1"]}}), **answers,
        }  # fmt: skip
        self.answers = {
            name: deque(each) if isinstance(each, list) else deque([each]) for name, each in self.answers.items()
        }
        self.requests = []

    def send(self, request, /, *, within):
        """Answer, as a transport does."""
        path = urlsplit(request.url).path.removeprefix("/tracker/rest/data/").replace("%40", "@")
        self.requests.append((request.method, path, request))
        answers = self.answers[f"{request.method} {path}"]
        found = answers.popleft() if len(answers) > 1 else answers[0]
        if isinstance(found, Exception):
            raise found
        return found

    def sent(self, method):
        """Give the paths to which something was sent."""
        return [path for each, path, _ in self.requests if each == method]


def gateway(tracker=None, **changes):
    """Make a gateway."""
    given = {"url": "https://acme.example/tracker/", "user": "desk", "password": SECRET, **changes}
    return RoundupVendor("acme", transport=tracker, clock=FakeClock("2026-03-23T09:00Z"), **given)


def refused(ask):
    """Ask, and give the error, in which nothing stands that was said or sent."""
    with pytest.raises(VendorError) as caught:
        ask()
    assert not any(each in str(caught.value) for each in (SECRET, "My secret", "Please log in", "acme.example"))
    return caught.value


NEW = {"GET msg": listed(), "POST issue/@poe/0": answer({"id": "7"}, 201)}
"""A tracker that knows nothing of the request."""


# -- how it is made


def test_gateway_comes_from_settings(monkeypatch):
    """With a password from the environment, which is never shown."""
    monkeypatch.setenv("ACME_PASSWORD", SECRET)
    settings = {"use": "roundup", "url": "https://acme.example/tracker", "user": "desk", "statuses": {"new": "open"},
                "password_env": "ACME_PASSWORD", "priorities": {"high": "urgent"}, "timeout": 20}  # fmt: skip
    found = RoundupVendor.from_settings("acme", settings)

    assert "RoundupVendor('acme', user='desk')" == repr(found)
    assert {VendorStatus.OPEN, VendorStatus.UNKNOWN, VendorStatus.GONE} == found.statuses
    assert SECRET not in repr(vars(found))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"url": None}, "lack 'url'"),
        ({"usr": "x"}, "did you mean 'user'"),
        ({"statuses": {"new": "opne"}}, "mean open"),
    ],
)
def test_settings_that_are_wrong_are_refused(change, problem):
    """By name."""
    settings = {"use": "roundup", "url": "https://acme.example/", "user": "desk", "password": SECRET, **change}
    with pytest.raises(PluginError, match=problem):
        RoundupVendor.from_settings("acme", {word: value for word, value in settings.items() if value is not None})


def test_url_that_is_none_is_refused():
    """In Python as in settings."""
    with pytest.raises(PolicyConfigError):
        gateway(url="acme.example")


def test_everything_that_is_sent_says_from_where():
    """For Roundup refuses what does not; the origin is that of the URL, unless another is said."""
    for given, origin in ({}, "https://acme.example"), ({"origin": "https://inside.example"}, "https://inside.example"):
        tracker = Tracker(**NEW)
        gateway(tracker, **given).open(REQUEST, key="k")

        assert {(origin, "rest")} == {
            (sent.headers["origin"], sent.headers["x-requested-with"]) for *_, sent in tracker.requests
        }
        assert {"acme.example"} == {urlsplit(sent.url).hostname for *_, sent in tracker.requests}


# -- who we are


@pytest.mark.parametrize("account", [{"username": "desk"}, {"username": "ruth", "address": "r@x"}, {}])
def test_account_that_is_not_ours_is_auth(account):
    """An account sees its own address: whoever is let in without a password does not see ours."""
    error = refused(gateway(Tracker(**{"GET user/desk": answer({"attributes": account})})).check)

    assert ("auth", "it knows us as somebody else") == (error.kind, error.problem)


def test_forbidden_altogether_is_auth():
    """So Roundup answers who is nobody; what it forbids somebody it says in more words."""
    body = b'{ "error": { "status": 403, "msg": "Forbidden." } }'

    assert "auth" == refused(gateway(Tracker(**{"GET user/desk": failed(403, body)})).check).kind
    assert "permission" == refused(gateway(Tracker(**{"GET user/desk": failed(403)})).check).kind


def test_issue_that_was_opened_as_somebody_elses_is_auth():
    """It would not be known as ours again."""
    error = refused(lambda: gateway(Tracker(**NEW, **{"GET issue/7": issue(creator=OTHER)})).open(REQUEST, key="k"))

    assert ("auth", False) == (error.kind, bool(error.ambiguous))


# -- opening


def test_issue_whose_reading_fails_is_open_all_the_same():
    """Its number is known."""
    opened = gateway(Tracker(**NEW, **{"GET issue/7": failed(500)})).open(REQUEST, key="k")

    assert ("7", VendorStatus.OPEN, "", REFERENCE) == (
        opened.remote_id, opened.status, opened.raw_status, opened.reference
    )  # fmt: skip


def test_lost_answer_is_ambiguous_and_the_next_attempt_goes_to_the_same_address():
    """Which takes one issue; so the first attempt may arrive after the second one."""
    tracker = Tracker(**{**NEW, "POST issue/@poe/0": [LOST, failed(400)]})
    tracker.answers["GET msg"] = deque([listed(), listed(message())])
    tracker.answers["GET issue"] = deque([listed(), listed({"id": "7", "messages": [{"id": "1"}]})])
    vendor = gateway(tracker)

    first = refused(lambda: vendor.open(REQUEST, key="k"))
    second = vendor.open(REQUEST, key="k")

    assert (True, True, "7") == (first.ambiguous, first.retryable, second.remote_id)
    assert ["issue/@poe", "msg", "issue/@poe/0", "issue/@poe/0"] == tracker.sent("POST")


def test_address_that_was_used_by_an_issue_that_cannot_be_found_is_ambiguous():
    """And the next attempt has a new one."""
    tracker = Tracker(
        **{**NEW, "POST issue/@poe/0": [LOST, failed(400)], "POST issue/@poe/1": answer({"id": "7"}, 201)}
    )
    vendor = gateway(tracker)
    refused(lambda: vendor.open(REQUEST, key="k"))

    error = refused(lambda: vendor.open(REQUEST, key="k"))

    assert ("unavailable", True, True) == (error.kind, error.retryable, error.ambiguous)
    assert "7" == vendor.open(REQUEST, key="k").remote_id


def test_request_that_is_not_taken_is_rejected():
    """At the first attempt there is nobody who may have used the address."""
    error = refused(lambda: gateway(Tracker(**{**NEW, "POST issue/@poe/0": failed(400)})).open(REQUEST, key="k"))

    assert ("rejected", False, False) == (error.kind, error.retryable, error.ambiguous)


def test_few_addresses_are_kept(monkeypatch):
    """The oldest is forgotten: its attempt is found by its reference."""
    monkeypatch.setattr(roundup, "_MAX_ADDRESSES", 2)
    tracker = Tracker(**{**NEW, **{f"POST issue/@poe/{n}": LOST for n in range(4)}})
    vendor = gateway(tracker)

    for key in ("a", "b", "c", "b", "a"):
        refused(lambda key=key: vendor.open(REQUEST, key=key))

    assert ["0", "1", "2", "1", "3"] == [path[-1] for path in tracker.sent("POST") if path[-1].isdigit()]


def test_found_issue_is_one_with_our_message():
    """Trackers that ignore what they are asked for give everything."""
    rows = [{"id": "6", "messages": []}, {"id": "7", "messages": [{"id": "1"}]}, {"id": "8"}]
    other = message(messageid="<ST-BBBBBBBBBBBBBBBB@supporttiers.invalid>", id="9")
    tracker = Tracker(**{"GET issue": listed(*rows), "GET msg": listed(other, message(id="1"), message(creator=None))})

    assert ["7"] == [each.remote_id for each in gateway(tracker).find(REFERENCE)]


# -- following


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (HTML, "protocol"),
        (answer([]), "protocol"),
        (answer({"attributes": {}}), "protocol"),
        (failed(200, b'{"data": ' + b"[" * 100_000), "protocol"),
        (HttpResponse(status=200, headers=JSON, body=b"x" * MOST_BYTES, whole=False), "protocol"),
        (failed(302, location="https://elsewhere.example/"), "protocol"),
        (failed(503, **{"retry-after": "7"}), "unavailable"),
        (failed(429, b"Too many", **{"retry-after": "7", "content-type": "text/plain"}), "rate_limited"),
        (failed(401, b"Invalid login", **{"content-type": "text/plain"}), "auth"),
        (failed(403), "permission"),
        (LOST, "unavailable"),
    ],
)  # fmt: skip
def test_answer_that_says_nothing_is_an_error(given, kind):
    """Whatever came; and what is only read is never ambiguous."""
    error = refused(lambda: gateway(Tracker(**{"GET issue/7": given})).fetch("7"))

    assert (kind, False) == (error.kind, error.ambiguous)
    wait = isinstance(given, HttpResponse) and given.headers.get("retry-after")
    assert (timedelta(seconds=7) if wait else None) == error.retry_after


@pytest.mark.parametrize("rows", [{"collection": {}}, {"collection": [7]}, {}, 7])
def test_list_that_is_none_is_an_error(rows):
    """So is a list of something else."""
    assert "protocol" == refused(lambda: gateway(Tracker(**{"GET issue": answer(rows)})).fetch("7")).kind


@pytest.mark.parametrize(
    ("changes", "status", "raw"),
    [
        ({"status": None}, VendorStatus.UNKNOWN, ""),
        ({"status": {"id": "77", "name": "on\x00 hold\ud800"}}, VendorStatus.UNKNOWN, "on hold"),
        ({"status": {"id": "8"}}, VendorStatus.UNKNOWN, "8"),
        ({"activity": None}, VendorStatus.OPEN, "unread"),
    ],
)
def test_issue_with_odd_fields_is_fetched(changes, status, raw):
    """What is not there is nothing, and no word is guessed at."""
    found = gateway(Tracker(**{"GET issue/7": issue(**changes)})).fetch("7")

    assert (status, raw) == (found.status, found.raw_status)
    assert (found.updated_at is None) == ("activity" in changes)


def test_entries_are_made_of_whatever_came():
    """Nothing of it can break a fetch: what is not asked for is left out."""
    messages = [
        message(content="Half\ud800\x00", author=OTHER, files=[{"id": "5"}, {"id": "6"}, 7]),
        message(id="2", content=None, creator=None, creation=None, messageid=None),
        message(id="99", content="Not of this ticket"),
    ]
    files = [{"id": "5", "name": "a" * 600, "type": 7, "creator": OTHER}, {"id": "4", "name": None, "type": "a/b\n"}]
    tracker = Tracker(**{
        "GET issue/7": issue(messages=[{"id": "1"}, {"id": "2"}, "x"], files=[{"id": "4"}, {"id": "5"}]),
        "GET msg": listed(*messages), "GET file": listed(*files),
    })  # fmt: skip

    found = {entry.id: entry for entry in gateway(tracker).fetch("7").entries}

    assert {"msg1", "msg2", "file4"} == set(found)
    assert ("Half", True, REFERENCE) == (found["msg1"].text, found["msg1"].ours, found["msg1"].reference)
    assert [("file5", 500, None)] == [
        (each.id, len(each.name), each.media_type) for each in found["msg1"].attachments
    ]  # fmt: skip
    assert ("", False, None) == (found["msg2"].text, found["msg2"].ours, found["msg2"].at)


def test_newest_entries_are_asked_for():
    """256 of them, however many there are."""
    tracker = Tracker(**{"GET issue/7": issue(messages=[{"id": str(n)} for n in range(1000)])})
    gateway(tracker).fetch("7")

    [query] = [parse_qs(urlsplit(sent.url).query) for _, path, sent in tracker.requests if path == "msg"]
    assert [str(n) for n in range(744, 1000)] == query["id"]


def test_message_that_is_too_long_to_be_read_says_so():
    """And everything else is read in parts."""
    long = HttpResponse(status=200, headers=JSON, body=b"x", whole=False)
    tracker = Tracker(**{
        "GET issue/7": issue(messages=[{"id": "1"}, {"id": "2"}]),
        "GET msg": [long, long, listed(message()), listed(message(id="2", content="Short"))],
    })  # fmt: skip

    assert [TOO_LONG_TO_READ, "Short"] == [entry.text for entry in gateway(tracker).fetch("7").entries]
    other = Tracker(**{"GET msg": failed(500)})
    assert "unavailable" == refused(lambda: gateway(other).fetch("7")).kind


# -- saying something


def test_status_that_did_not_change_is_not_applied():
    """Though the tracker said yes."""
    tracker = Tracker(**{"PATCH issue/7": answer({"attribute": {}})})
    error = refused(lambda: gateway(tracker).set_status("7", VendorStatus.RESOLVED))

    assert ("not_applied", "the ticket is open, and not resolved") == (error.kind, error.problem)


def test_comment_that_was_not_put_there_is_not_applied():
    """Though the tracker said yes."""
    tracker = Tracker(**{
        "GET issue/7": issue(messages=[]), "PATCH issue/7": answer({"attribute": {"messages": ["5"]}}),
    })  # fmt: skip

    assert "not_applied" == refused(lambda: gateway(tracker).comment("7", MESSAGE, key="k")).kind


def test_comment_is_tried_again_of_the_newest_version_a_few_times():
    """What is refused so has certainly not been done."""
    tracker = Tracker(**{"GET issue/7": issue(messages=[]), "PATCH issue/7": failed(412)})

    assert "conflict" == refused(lambda: gateway(tracker).comment("7", MESSAGE, key="k")).kind
    assert 5 == len(tracker.sent("PATCH"))


def test_lost_answer_to_a_comment_is_ambiguous():
    """It is on the ticket, or not."""
    tracker = Tracker(**{"GET issue/7": issue(messages=[]), "PATCH issue/7": LOST})

    assert refused(lambda: gateway(tracker).comment("7", MESSAGE, key="k")).ambiguous


def test_change_that_is_rejected_on_an_issue_that_is_there_is_rejected():
    """The ticket is not gone by it."""
    tracker = Tracker(**{"PATCH issue/7": failed(409)})

    assert "rejected" == refused(lambda: gateway(tracker).set_status("7", VendorStatus.RESOLVED)).kind


def test_status_that_the_tracker_does_not_have_is_rejected():
    """Whatever the table says."""
    tracker = Tracker(**{"GET status": listed({"id": "1", "name": "unread"}, {"id": "9", "name": "Fixed"})})
    table = {"unread": "open", "resolved": "resolved"}

    assert "rejected" == refused(lambda: gateway(tracker, statuses=table).set_status("7", VendorStatus.RESOLVED)).kind
    assert "rejected" == refused(lambda: gateway(tracker, statuses={}).withdraw("7", MESSAGE, key="k")).kind


# -- changes


def row(id_, second):
    """Make a row of a list of changes."""
    return {"id": id_, "activity": f"2026-03-23.09:00:{second:02}"}


def test_changes_begin_now_by_the_vendors_clock():
    """And by ours where the vendor does not say what time it is: well before."""
    vendors = gateway(Tracker(**{"GET status": listed(date="Mon, 23 Mar 2026 11:00:00 GMT")})).changes(None, limit=9)
    ours = gateway(Tracker(**{"GET status": listed(date="whenever")})).changes(None, limit=9)

    assert ("2026-03-23.10:45:00", "2026-03-23.08:45:00") == (
        Place.of(vendors.cursor).since,
        Place.of(ours.cursor).since,
    )
    assert ((), ()) == (vendors.remote_ids, ours.remote_ids)


def test_changes_are_read_page_by_page_and_looked_at():
    """Until there is one that is older; a tracker that ignores since when it is asked loses nothing."""
    first = [row(str(n), 40) for n in range(1000)]
    second = [row("999", 40), row("2000", 30), *[row(str(n), 0) for n in range(5000, 5998)]]
    tracker = Tracker(**{"GET issue": [listed(*first), listed(*second)]})
    page = gateway(tracker).changes(Place(since="2026-03-23.09:00:20").cursor, limit=9)

    assert (("2000", "0"), True) == (page.remote_ids[:2], page.more)
    queries = [parse_qs(urlsplit(sent.url).query) for _, path, sent in tracker.requests if path == "issue"]
    assert [["1"], ["2"]] == [query["@page_index"] for query in queries]
    assert {"2026-03-22.21:00:20;"} == {query["activity"][0] for query in queries}


def test_list_without_end_is_an_error():
    """Nobody reads for ever."""
    tracker = Tracker(**{"GET issue": listed(*[row(str(n), 30) for n in range(1000)])})

    assert "protocol" == refused(lambda: gateway(tracker).changes(Place().cursor, limit=10)).kind
    assert 100 == len(tracker.requests)


@pytest.mark.parametrize(
    "cursor",
    [
        "", "null", "7", "[]", "{}", '{"since": "yesterday"}', '{"since": ""}', '{"since": "", "given": {"7": 7}}',
        "[" * 90_000,
    ],
)  # fmt: skip
def test_cursor_that_is_none_begins_at_the_beginning(cursor):
    """So that nothing is lost."""
    assert Place() == Place.of(cursor)


def test_place_remembers_what_was_given():
    """Until its second was over when it was given."""
    rows = [("1", "2026-03-23.09:00:00"), ("2", "2026-03-23.09:00:01")]
    start = Place(since="2026-03-23.08:00:00")

    first, place, _ = start.after(rows, at=datetime(2026, 3, 23, 9, 0, 1, tzinfo=UTC), limit=9)
    second, place, _ = Place.of(place.cursor).after(rows, at=datetime(2026, 3, 23, 9, 0, 2, tzinfo=UTC), limit=9)
    third, place, _ = Place.of(place.cursor).after(rows, at=datetime(2026, 3, 23, 9, 0, 3, tzinfo=UTC), limit=9)
    fourth, place, _ = Place.of(place.cursor).after(rows, at=datetime(2026, 3, 23, 9, 0, 4, tzinfo=UTC), limit=9)

    assert [("1", "2")] * 3 + [()] == [first, second, third, fourth]
    assert "2026-03-23.08:59:51" == place.since
    later, place, _ = place.after([*rows, ("1", "2026-03-23.10:00:00")], at=None, limit=9)
    assert (("1",), "2026-03-23.09:59:50", {"1": Given("2026-03-23.10:00:00")}) == (later, place.since, place.given)


def test_place_holds_what_it_could_not_give_again():
    """However small the pages are: the rest is given when there is room for it."""
    rows = [(str(n), "2026-03-23.09:00:00") for n in range(4)]
    now = datetime(2026, 3, 23, 9, 0, 0, tzinfo=UTC)
    _, place, _ = Place().after(rows, at=now, limit=9)

    much_later = [*rows, ("9", "2026-03-23.12:00:00")]
    given = []
    for _ in range(4):
        ids, place, _ = place.after(much_later, at=now.replace(hour=12), limit=2)
        given += ids
    assert {"0", "1", "2", "3", "9"} == set(given)


def test_instant_before_all_instants_is_the_beginning():
    """Where everything is asked for."""
    assert "" == earlier("0001-01-01.00:00:01", _WESTMOST)
    assert "" == earlier("", _WESTMOST)


@pytest.mark.parametrize("date", ["", "whenever", "Mon, 23 Mar 2026 11:00:00", "Mon, 99 Mar 2026 11:00:00 GMT",
                                  "Fri, 31 Dec 9999 23:59:59 -2300"])  # fmt: skip
def test_date_that_is_none_is_no_date(date):
    """Nothing is known by it."""
    assert date_of(Reply(status=200, headers={"date": date})) is None


ODD = ["", "x", "-7", "7\n", "\u0667", "..", "\ud800", "a\0b", "9" * 300, None, True, 7.5, [], {}]


@pytest.mark.parametrize("odd", ODD)
def test_id_that_is_no_number_is_misunderstood(odd):
    """Wherever it stands: it would be asked for again, or kept."""
    row = {"id": odd, "messages": [{"id": "1"}], "files": []}
    for name in ("GET issue", "GET msg"):
        asked = gateway(Tracker(**{name: listed({**message(), **row})}))
        assert "protocol" == refused(lambda asked=asked: asked.find(REFERENCE)).kind
    for name in ("messages", "files"):
        tracker = Tracker(**{"GET issue/7": issue(**{"messages": [], "files": [], name: [{"id": odd}]})})
        assert () == gateway(tracker).fetch("7").entries


@pytest.mark.parametrize("odd", ODD)
def test_ticket_that_was_opened_under_no_number_may_be_there(odd):
    """It said yes: the ticket is looked for before another one is opened."""
    error = refused(
        lambda: gateway(Tracker(**{**NEW, "POST issue/@poe/0": answer({"id": odd}, 201)})).open(REQUEST, key="k")
    )
    assert ("protocol", True) == (error.kind, error.ambiguous)


@pytest.mark.parametrize("odd", ["", "a\r\nx: y", "\0", "\ud800", "\u00e9", "x" * 9_000, 7])
def test_version_that_fits_no_header_is_misunderstood(odd):
    """For it goes into one."""
    attributes = json.loads(issue().body)["data"]["attributes"]
    tracker = Tracker(**{"GET issue/7": answer({"attributes": attributes, "@etag": odd})})
    assert "protocol" == refused(lambda: gateway(tracker).fetch("7")).kind


@pytest.mark.parametrize("odd", ["..", "7/../8", "7?x", "", "seven"])
def test_status_of_what_is_no_issue_is_not_changed(odd):
    """Also where a version is expected, and nothing has to be read before."""
    tracker = Tracker()
    error = refused(lambda: gateway(tracker).set_status(odd, VendorStatus.RESOLVED, expect='"v1"'))
    assert ("gone", []) == (error.kind, tracker.sent("PATCH"))


def test_tracker_that_claims_many_messages_of_one_reference_is_not_followed_for_ever():
    """Each would be a question of its own; there is one such message, or two."""
    rows = [message(id=str(number)) for number in range(1, 10_001)]
    tracker = Tracker(**{"GET msg": listed(*rows)})
    gateway(tracker).find(REFERENCE)

    assert 11 == len(tracker.requests)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"user": "desk:x"}, "`user` holds a colon"),
        ({"origin": "https://\u00e9"}, "`origin` must be"),
        ({"origin": "https://a\r\nx: y"}, "`origin` must be"),
    ],
)
def test_what_cannot_be_sent_is_refused(said, problem):
    """When the gateway is made, and not with each request."""
    with pytest.raises(PluginError, match=problem):
        RoundupVendor("acme", **{"url": "https://acme.test/tracker/", "user": "desk", "password": SECRET, **said})
