"""
What is on record of Request Tracker: for each name a story of a gateway and an agent, told live or played back.

A story is handed `make(**settings)`, which makes a gateway of our account, and `agent(method, path, value)`, by which
the vendor's agent does something: played back, that does nothing, for its effect is in the answers.
"""

from pathlib import Path

import pytest
from tests.servers.rt import HIDDEN

from supporttiers.effects import VendorFile, VendorMessage, VendorRequest
from supporttiers.errors import VendorError
from supporttiers.links import VendorStatus, reference_of
from supporttiers.tiers import Visibility

HERE = Path(__file__).parent
HTML = "<style>p {}</style><p>We <b>order</b> a drum &amp; a belt.</p><ul><li>Soon.</li></ul>"


def request(story, **said):
    """Make a request of a story's own."""
    told = {"subject": "The printer burns 🔥", "text": "It smells of smoke.\nOù est la vis ⌀ 3,5 mm ≤ 10 €?", **said}
    return VendorRequest(tenant="default", case_id="T-1", reference=reference_of(f"rt/{story}"), **told)


def message(story, text="Is there news?"):
    """Make a message of a story's own."""
    return VendorMessage(tenant="default", case_id="T-1", text=text, reference=reference_of(f"rt/{story}/said"))


def refused(call, kind):
    """Make sure that a call fails in one way; give the error."""
    with pytest.raises(VendorError) as caught:
        call()
    assert kind == caught.value.kind
    return caught.value


def conversation(make, agent):
    """A ticket is opened, found and talked on: the vendor's replies are for us, comments are not, and ours are ours."""
    vendor = make()
    asked = request("conversation")
    opened = vendor.open(asked, key="k")
    [found] = vendor.find(asked.reference)
    ticket = f"ticket/{opened.remote_id}"
    file = {"FileName": "offer.bin", "FileType": "application/octet-stream", "FileContent": "AAEC"}
    agent("POST", f"{ticket}/correspond", {"Content": HTML, "ContentType": "text/html", "Attachments": [file]})
    agent("POST", f"{ticket}/comment", {"Content": "They never pay.", "ContentType": "text/plain"})
    said = vendor.comment(opened.remote_id, message("conversation"), key="k")
    quoted = f"> [ref {message('conversation').reference}]\n\nNo."
    agent("POST", f"{ticket}/correspond", {"Content": quoted, "ContentType": "text/plain"})
    answer = vendor.fetch(opened.remote_id)
    first, reply, comment, own, last = answer.entries

    assert "desk" == vendor.check().account
    assert opened.remote_id == found.remote_id == answer.remote_id
    assert asked.reference == found.reference == answer.reference == first.reference
    assert ("new", VendorStatus.OPEN) == (found.raw_status, found.status)
    assert ("open", VendorStatus.IN_PROGRESS) == (answer.raw_status, answer.status)  # a reply opens it
    assert [True, False, False, True, False] == [entry.ours for entry in answer.entries]
    assert "We order a drum & a belt.\n\n- Soon." == reply.text
    assert [("offer.bin", "application/octet-stream", 3)] == [
        (file.name, file.media_type, file.size) for file in reply.attachments
    ]
    assert ("They never pay.", Visibility.PRIVATE) == (comment.text, comment.visibility)
    assert (said, message("conversation").reference) == (own.id, own.reference)
    assert (Visibility.PUBLIC, "") == (last.visibility, last.reference)
    assert answer.updated_at is not None


def statuses(make, agent):
    """A status is set and read back; what Request Tracker does not know, does not do, or has overtaken, is told."""
    vendor = make()
    remote_id = vendor.open(request("statuses"), key="k").remote_id
    assert VendorStatus.RESOLVED is vendor.set_status(remote_id, VendorStatus.RESOLVED).status
    fresh = vendor.set_status(remote_id, VendorStatus.IN_PROGRESS)
    assert "open" == fresh.raw_status
    agent("POST", f"ticket/{remote_id}/comment", {"Content": "Hm.", "ContentType": "text/plain"})
    refused(lambda: vendor.set_status(remote_id, VendorStatus.RESOLVED, expect=fresh.version), "conflict")
    other = make(statuses={"fixed": "closed", "rejected": "rejected"})
    error = refused(lambda: other.set_status(remote_id, VendorStatus.CLOSED), "not_applied")
    assert not error.retryable
    agent("PUT", f"ticket/{remote_id}", {"Status": "parked"})
    answer = vendor.fetch(remote_id)
    assert ("parked", VendorStatus.UNKNOWN) == (answer.raw_status, answer.status)
    assert VendorStatus.REJECTED is vendor.withdraw(remote_id, message("statuses"), key="k").status


def endings(make, agent):
    """A ticket that was merged is followed, what strangers wrote is not for us, and a deleted one is gone."""
    vendor = make()
    asked = request("endings")
    moved = vendor.open(asked, key="k").remote_id
    into = str(int(moved) + 1)
    agent("POST", "ticket", {"Queue": "Printers", "Subject": "Smoke", "Content": "Of another customer."})
    agent("POST", f"ticket/{into}/correspond", {"Content": "Dear other customer", "ContentType": "text/plain"})
    agent("PUT", f"ticket/{moved}", {"MergeInto": into})
    answer = vendor.fetch(moved)
    assert (into, asked.reference) == (answer.remote_id, answer.reference)
    assert {Visibility.PRIVATE} == {entry.visibility for entry in answer.entries}
    assert [into] == [hit.remote_id for hit in vendor.find(asked.reference)]
    agent("DELETE", f"ticket/{into}", None)
    answer = vendor.fetch(into)
    assert (VendorStatus.GONE, ()) == (answer.status, answer.entries)
    assert () == vendor.find(asked.reference)
    for call in (
        lambda: vendor.comment(into, message("endings"), key="k"),
        lambda: vendor.set_status(into, VendorStatus.IN_PROGRESS),
        lambda: vendor.fetch("999999"),
    ):
        assert not refused(call, "gone").retryable


def strangers(make, agent):
    """A wrong key, another account than ours, and a queue that is not for us, or is not there."""
    asked = request("strangers")
    for wrong in (make(token="1-7-5ec7e7"), make(token=None, user="desk", password="wrong"), make(account="jane")):
        for call in (wrong.check, lambda wrong=wrong: wrong.open(asked, key="k"), lambda wrong=wrong: wrong.fetch("1")):
            assert not refused(call, "auth").ambiguous
    for queue in (HIDDEN, "Nowhere"):
        elsewhere = make(queue=queue)
        for call in (elsewhere.check, lambda elsewhere=elsewhere: elsewhere.open(asked, key="k")):
            error = refused(call, "permission")
            assert f"in the queue {queue!r}, if there is one" in error.problem


def changes(make, agent):
    """What has changed is listed, the oldest first, and a cursor goes on where it ended."""
    vendor = make()
    ids = [vendor.open(request(f"changes/{number}"), key="k").remote_id for number in range(3)]
    start = vendor.changes(None, limit=10)
    assert ((), False) == (start.remote_ids, start.more)
    for each in ids:
        agent("POST", f"ticket/{each}/comment", {"Content": "We look at it.", "ContentType": "text/plain"})
    page, found = vendor.changes(start.cursor, limit=2), []
    assert 2 == len(page.remote_ids)
    for _ in range(50):
        found.extend(page.remote_ids)
        if not page.more:
            break
        page = vendor.changes(page.cursor, limit=2)
    assert set(ids) <= set(found)
    assert len(found) == len(set(found))


def files(make, agent):
    """A file has the name that people gave it, and the type that it has; texts stay byte by byte what they are."""
    vendor = make(messages="comment", requestor="jane@acme.test")
    remote_id = vendor.open(request("files", follows="1"), key="k").remote_id
    for id, name, kind, content in (
        ("F-1", "Übersicht 日本.pdf", "application/pdf", b"%PDF-1.7"),
        ("F-2", "../../liste.csv", "text/csv", "größe;1\r\n".encode("latin-1")),
        ("F-3", "liste.csv", "text/csv", "größe;1\r\n".encode()),
        ("F-4", "0", "message/rfc822", b"Subject: x\n\nHi."),
    ):
        assert vendor.attach(remote_id, VendorFile(id=id, name=name, media_type=kind, content=content), key="k")
    entries = vendor.fetch(remote_id).entries[1:]

    assert [
        ("Übersicht 日本.pdf", "application/pdf", 8), ("liste.csv", "application/octet-stream", 9),
        ("liste.csv", "text/csv", 11), ("file F-4 0", "application/octet-stream", 15),
    ] == [(file.name, file.media_type, file.size) for entry in entries for file in entry.attachments]  # fmt: skip
    assert {Visibility.PRIVATE} == {entry.visibility for entry in entries}


STORIES = {
    each.__name__: each for each in (conversation, statuses, endings, strangers, changes, files)
}  # fmt: skip
