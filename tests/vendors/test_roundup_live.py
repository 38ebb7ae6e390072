"""Roundup's gateway on a real tracker: what it says is read by another account, and the other way round."""

import threading
import urllib.error
from datetime import timedelta

import attrs
import pytest
from tests.servers.roundup import PASSWORD, USER, roundup

from supporttiers.backends.vendor.roundup import RoundupVendor
from supporttiers.clock import SystemClock
from supporttiers.effects import VendorFile, VendorMessage, VendorRequest
from supporttiers.errors import VendorError
from supporttiers.links import VendorStatus, reference_of
from supporttiers.tiers import Visibility

REQUEST = VendorRequest(
    tenant="default", case_id="T-1", subject="Drum is worn out", text="Serial number 4711", priority="high",
    reference=reference_of("default/T-1/1"),
)  # fmt: skip
KEY = "default/T-1/1"


@pytest.fixture(scope="module")
def tracker():
    """Run a tracker for all tests of this module."""
    with roundup() as found:
        yield found


@pytest.fixture
def gateway(tracker):
    """Give a gateway of the desk's account; what is handed in is put in its place."""
    return lambda **changes: RoundupVendor("acme", **{
        "url": tracker.url, "user": USER, "password": PASSWORD, "priorities": {"high": "urgent"}, **changes
    })  # fmt: skip


_numbers = iter(range(10_000))


@pytest.fixture
def request_():
    """Give a request of the test's own, and its key."""
    key = f"default/T-1/{next(_numbers)}"
    return attrs.evolve(REQUEST, reference=reference_of(key)), key


@pytest.fixture
def ticket(gateway, request_):
    """Open a ticket, and give its number."""
    request, key = request_
    return gateway().open(request, key=key).remote_id


def message(text="Is there a newer drum?", purpose="message"):
    """Say something with a reference of its own."""
    return VendorMessage(
        tenant="default", case_id="T-1", text=text, purpose=purpose, reference=reference_of(f"said/{next(_numbers)}")
    )


def refused(ask):
    """Ask, and give the error."""
    with pytest.raises(VendorError) as caught:
        ask()
    return caught.value


# -- who we are


def test_check_says_who_we_are_and_which_statuses_mean_nothing(gateway):
    """The table is compared with what the tracker has."""
    identity = gateway().check()

    assert (USER, ()) == (identity.account, identity.unmapped)
    assert ("unread", "deferred", "chatting", "need-eg", "in-progress", "testing", "done-cbb", "resolved") == (
        identity.statuses
    )
    assert ("deferred", "chatting", "testing", "done-cbb") == gateway(
        statuses={"unread": "open", "4": "waiting_for_us", "In-Progress": "in_progress", "resolved": "resolved"}
    ).check().unmapped  # fmt: skip


def test_wrong_password_is_auth(gateway, request_):
    """Of whatever is asked."""
    wrong = gateway(password="wrong")
    request, key = request_

    for ask in (wrong.check, lambda: wrong.open(request, key=key), lambda: wrong.fetch("1")):
        assert ("auth", False) == (refused(ask).kind, refused(ask).ambiguous)
    assert "auth" == refused(gateway(user="nobody").check).kind


def test_tracker_that_takes_no_writes_from_us_is_found_out_by_check(gateway):
    """Where it is known by another address than ours, it has to be told."""
    assert "rejected" == refused(gateway(origin="https://elsewhere.example").check).kind


# -- opening


def test_opened_issue_is_as_it_was_asked_for(tracker, gateway, request_):
    """As the agent reads it; our reference stands where nobody sees it."""
    request, key = request_
    answer = gateway().open(request, key=key)

    issue = tracker.agent.issue(answer.remote_id)
    [said] = tracker.agent.messages(answer.remote_id)
    assert ("Drum is worn out", "urgent") == (issue["title"], issue["priority"]["name"])
    assert ("Serial number 4711", f"<{request.reference}@supporttiers.invalid>") == (said["content"],
                                                                                   said["messageid"])  # fmt: skip
    assert (VendorStatus.OPEN, "unread", request.reference) == (answer.status, answer.raw_status, answer.reference)
    assert answer.version
    assert timedelta(minutes=5) > abs(answer.updated_at - SystemClock().now())


def test_request_is_opened_once(tracker, gateway, request_):
    """However often it comes, also from another process, which knows nothing of the first."""
    request, key = request_
    before = len(tracker.agent.issues())

    opened = {gateway().open(request, key=key).remote_id for _ in range(3)}

    assert 1 == len(opened)
    assert before + 1 == len(tracker.agent.issues())


def test_request_is_opened_once_by_several_at_once(tracker, gateway, request_):
    """The address that takes one issue decides: others find it, or are told that they may, later."""
    request, key = request_
    shared, opened, failed = gateway(), [], []
    before = len(tracker.agent.issues())

    def open_it():
        try:
            opened.append(shared.open(request, key=key).remote_id)
        except VendorError as error:
            failed.append(error)

    message_id = shared._tracker.say(request.text, request.reference)  # which all of them find
    crowd = [threading.Thread(target=open_it) for _ in range(8)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()

    assert message_id
    assert before + 1 == len(tracker.agent.issues())
    assert 1 == len(set(opened))
    assert all(error.ambiguous and error.retryable for error in failed)


@pytest.mark.parametrize(
    ("subject", "text", "title", "content"),
    [
        ("Größe\r\nBcc: eve@example.org\x00", "Zeile\r\nzwei \U0001f600\x00", "Größe Bcc: eve@example.org",
         "Zeile\r\nzwei \U0001f600"),
        ("", "", None, None),
        ("x" * 500, "ä" * 32 * 1024, "x" * 199 + "…", "ä" * 32 * 1024),
        ("half \ud83d", "ha\ud83dlf", "half", "half"),
    ],
    ids=["lines", "nothing", "long", "halves"],
)  # fmt: skip
def test_odd_requests_arrive_whole(tracker, gateway, request_, subject, text, title, content):
    """What a tracker cannot keep is taken out; what is not there is our reference."""
    request, key = request_
    answer = gateway().open(attrs.evolve(request, subject=subject, text=text), key=key)

    [said] = tracker.agent.messages(answer.remote_id)
    assert (request.reference if title is None else title) == tracker.agent.issue(answer.remote_id)["title"]
    assert (request.reference if content is None else content) == said["content"]
    assert said["content"] == gateway().fetch(answer.remote_id).entries[0].text


def test_message_that_was_written_in_vain_is_taken(tracker, gateway, request_):
    """So that a tracker does not fill up with halves of requests."""
    request, key = request_
    shared = gateway()
    written = shared._tracker.say(request.text, request.reference)

    answer = shared.open(request, key=key)

    assert [written] == [each["id"] for each in tracker.agent.issue(answer.remote_id)["messages"]]


def test_nobody_elses_reference_is_believed(tracker, gateway, request_):
    """Whoever copies our Message-ID has not opened our ticket."""
    request, key = request_
    issue = tracker.agent.ask("POST", "issue", {"title": "A copy"})["id"]
    tracker.agent.reply(issue, "Mine", messageid=f"<{request.reference}@supporttiers.invalid>", author=USER)

    [entry] = gateway().fetch(issue).entries
    assert ("", False) == (entry.reference, entry.ours)
    assert () == gateway().find(request.reference)
    assert issue != gateway().open(request, key=key).remote_id


# -- following


def test_fetched_issue_says_what_the_agent_did(tracker, gateway, ticket):
    """Its status by the table, what was said, and files; everything private."""
    said = tracker.agent.reply(ticket, "Which room?")
    sent = tracker.agent.attach(ticket, "../../log.txt", "all of it")
    tracker.agent.set_status(ticket, "need-eg")

    answer = gateway().fetch(ticket)

    assert (VendorStatus.WAITING_FOR_US, "need-eg") == (answer.status, answer.raw_status)
    first, second, third = answer.entries
    assert (True, answer.reference) == (first.ours, first.reference)
    assert (said, "Which room?", False, "") == (second.id, second.text, second.ours, second.reference)
    assert (sent, ["log.txt"]) == (third.id, [each.name for each in third.attachments])
    assert {Visibility.PRIVATE} == {entry.visibility for entry in answer.entries}


def test_status_that_is_in_no_table_is_unknown(tracker, gateway, ticket):
    """And stands there as it came."""
    tracker.agent.set_status(ticket, "testing")

    answer = gateway(statuses={"unread": "open"}).fetch(ticket)
    assert (VendorStatus.UNKNOWN, "testing") == (answer.status, answer.raw_status)
    assert VendorStatus.IN_PROGRESS is gateway(statuses={"6": "in_progress"}).fetch(ticket).status


def test_retired_issue_is_gone(tracker, gateway, request_):
    """Though the tracker still shows it by its number; one that never was is gone, too."""
    request, key = request_
    shared = gateway()
    ticket = shared.open(request, key=key).remote_id
    tracker.admin.retire(ticket)

    assert VendorStatus.GONE is shared.fetch(ticket).status
    assert [VendorStatus.GONE] * 2 == [shared.fetch(each).status for each in ("999999", "../user/1")]
    assert () == shared.find(request.reference)
    asks = (
        lambda: shared.comment(ticket, message(), key="k"),
        lambda: shared.set_status(ticket, VendorStatus.RESOLVED),
        lambda: shared.comment("999999", message(), key="k"),
    )
    assert ["gone"] * 3 == [refused(ask).kind for ask in asks]


def test_long_messages_are_cut_and_much_is_read_in_parts(tracker, gateway, ticket):
    """What an entry cannot hold is spoken of, and so is what no answer can hold."""
    for length in (100, 2_500_000, 2_500_000, 4_500_000):
        tracker.agent.reply(ticket, "x" * length)

    texts = [entry.text for entry in gateway().fetch(ticket).entries]
    assert ["Serial number 4711", "x" * 100] == texts[:2]
    assert [64 * 1024] * 2 == [len(text) for text in texts[2:4]]
    assert "is too long to be read" in texts[4]


# -- changes


def ids_from(gateway, cursor, limit=100):
    """Read all changes from a cursor; give the tickets, and the next cursor."""
    found = []
    while True:
        page = gateway.changes(cursor, limit=limit)
        assert len(page.remote_ids) <= limit
        found += page.remote_ids
        cursor = page.cursor
        if not page.more:
            return found, cursor


def test_changes_of_one_second_are_all_seen(tracker, gateway, request_):
    """Also where the second change comes after the first was read, and the cursor has been in a store meanwhile."""
    request, key = request_
    shared = gateway()
    ticket = shared.open(request, key=key).remote_id
    _, cursor = ids_from(shared, shared.changes(None, limit=10).cursor)

    for word in ("in-progress", "testing", "resolved"):
        tracker.agent.set_status(ticket, word)
        ids, cursor = ids_from(gateway(), str(cursor))
        assert ticket in ids


def test_changes_go_on_page_by_page(tracker, gateway):
    """However small the pages, and however many changes lie in one second, none is left out."""
    shared = gateway()
    _, cursor = ids_from(shared, shared.changes(None, limit=10).cursor, limit=200)
    opened = {tracker.agent.ask("POST", "issue", {"title": f"Page {number}"})["id"] for number in range(9)}

    ids, cursor = ids_from(shared, cursor, limit=2)

    assert opened <= set(ids)


def test_changes_are_seen_by_an_account_in_another_zone(tracker, gateway):
    """Roundup reads the instant that it is asked for in the zone of the account."""
    shared = gateway()
    _, cursor = ids_from(shared, shared.changes(None, limit=10).cursor)
    account = tracker.desk.ask("GET", f"user/{USER}")["id"]
    tracker.desk.change(account, {"@op": "replace", "timezone": "-9"}, kind="user")
    try:
        issue = tracker.agent.ask("POST", "issue", {"title": "In another zone"})["id"]

        assert issue in ids_from(shared, cursor)[0]
    finally:
        tracker.desk.change(account, {"@op": "replace", "timezone": ""}, kind="user")


# -- saying something


def test_comment_is_said_once_and_known_as_ours(tracker, gateway, ticket):
    """However often it is sent."""
    said = message()
    shared = gateway()
    ids = {shared.comment(ticket, said, key="k") for _ in range(2)}

    assert ["Serial number 4711", said.text] == [each["content"] for each in tracker.agent.messages(ticket)]
    entry = shared.fetch(ticket).entries[-1]
    assert (ids, True, said.reference) == ({entry.id}, entry.ours, entry.reference)


def test_comments_of_many_at_once_are_all_there(tracker, gateway, ticket):
    """Each of a version that others have changed meanwhile."""
    shared = gateway()
    crowd = [
        threading.Thread(target=lambda text=text: shared.comment(ticket, message(text), key="k"))
        for text in ("one", "two", "three")
    ]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()

    assert {"one", "two", "three"} < {each["content"] for each in tracker.agent.messages(ticket)}


@pytest.mark.parametrize(
    ("name", "content", "kind", "shown"),
    [
        ("scan.pdf", bytes(range(256)) * 10, "application/pdf", "scan.pdf"),
        ('..\\..\\über "x"\r\n.txt', "Zeile\r\nzwei ü".encode(), "text/plain", 'über "x" .txt'),
        ("", b"-", "\x00", "file"),
    ],
    ids=["binary", "text", "nameless"],
)
def test_files_arrive_whole_and_once(tracker, gateway, ticket, name, content, kind, shown):
    """Whatever they are called, and whatever is in them."""
    file = VendorFile(id="f-1", name=name, media_type=kind, content=content)
    shared = gateway()
    sent = {shared.attach(ticket, file, key="k") for _ in range(2)}

    [link] = tracker.agent.issue(ticket)["files"]
    found = tracker.agent.ask("GET", f"file/{link['id']}")["attributes"]
    assert (sent, shown) == ({f"file{link['id']}"}, found["name"])
    entry = shared.fetch(ticket).entries[-1]
    assert (True, shown) == (entry.ours, entry.attachments[0].name)


def test_empty_file_is_refused(tracker, gateway, ticket):
    """Roundup takes none."""
    error = refused(lambda: gateway().attach(ticket, VendorFile(id="f-1", name="a.txt", content=b""), key="k"))

    assert ("rejected", False) == (error.kind, error.retryable)
    assert [] == tracker.agent.issue(ticket)["files"]


def test_status_is_set_and_read_back(tracker, gateway, ticket):
    """By the first of the tracker's words for it."""
    answer = gateway().set_status(ticket, VendorStatus.RESOLVED)

    assert ("resolved", VendorStatus.RESOLVED) == (answer.raw_status, answer.status)
    assert "resolved" == tracker.agent.issue(ticket)["status"]["name"]
    assert "rejected" == refused(lambda: gateway().set_status(ticket, VendorStatus.CLOSED)).kind


def test_stale_status_is_a_conflict(tracker, gateway, ticket):
    """Somebody else was faster."""
    version = gateway().fetch(ticket).version
    tracker.agent.reply(ticket, "Wait")

    assert "conflict" == refused(
        lambda: gateway().set_status(ticket, VendorStatus.RESOLVED, expect=version)
    ).kind  # fmt: skip
    assert "unread" != tracker.agent.issue(ticket)["status"]["name"]  # a message makes it `chatting`
    current = gateway().fetch(ticket).version
    assert VendorStatus.RESOLVED is gateway().set_status(ticket, VendorStatus.RESOLVED, expect=current).status


@pytest.mark.parametrize(
    ("statuses", "word"),
    [({}, "resolved"), ({"done-cbb": "withdrawn"}, "done-cbb"), ({"deferred": "closed"}, "deferred")],
)
def test_withdrawn_ticket_says_so(tracker, gateway, ticket, statuses, word):
    """In words, and by the status that the table has for it."""
    table = {"unread": "open", "chatting": "open", "resolved": "resolved", **statuses}
    answer = gateway(statuses=table).withdraw(ticket, message("Solved by ourselves", "withdrawal"), key="k")

    assert (word, word) == (answer.raw_status, tracker.agent.issue(ticket)["status"]["name"])
    assert "Solved by ourselves" == tracker.agent.messages(ticket)[-1]["content"]


# -- limits of the tracker's own


def test_calls_beyond_the_limit_are_put_off():
    """By the time that the tracker asks for."""
    with roundup(web__api_calls_per_interval=3, web__api_interval_in_sec=60) as tracker:
        gateway = RoundupVendor("acme", url=tracker.url, user=USER, password=PASSWORD)
        errors = []
        for _ in range(6):
            try:
                gateway.find(REQUEST.reference)
            except VendorError as error:
                errors.append(error)

    assert errors
    assert {("rate_limited", True)} == {(error.kind, error.retryable) for error in errors}
    assert all(timedelta(0) < error.retry_after <= timedelta(minutes=1) for error in errors)


def test_right_password_after_too_many_wrong_ones_is_put_off():
    """Not `auth`: it is the right one; the tracker answers in plain text."""
    with roundup(web__api_failed_login_limit=2) as tracker:
        wrong = RoundupVendor("acme", url=tracker.url, user=USER, password="wrong")
        kinds = [refused(wrong.check).kind for _ in range(4)]
        error = refused(RoundupVendor("acme", url=tracker.url, user=USER, password=PASSWORD).check)

    assert ["auth", "auth", "rate_limited"] == kinds[:2] + kinds[-1:]
    assert ("rate_limited", True, False) == (error.kind, error.retryable, error.ambiguous)
    assert error.retry_after


def test_agent_of_the_tests_is_not_us(tracker):
    """What it reads, it reads by its own account."""
    with pytest.raises(urllib.error.HTTPError):
        tracker.agent.retire("1")
