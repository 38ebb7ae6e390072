"""Request Tracker, played back from what its own live runs have recorded, and with answers that it should not give."""

import base64
import json

import pytest
from tests.recorded import rt as recorded
from tests.servers import http_tape

from supporttiers.backends.transport import HttpResponse
from supporttiers.backends.vendor.rt import MOST_FILE_BYTES, RtVendor
from supporttiers.effects import VendorFile
from supporttiers.errors import PluginError, PolicyConfigError, VendorError
from supporttiers.links import MAX_ENTRIES, VendorStatus
from supporttiers.protocols import VENDOR_CAPABILITIES, VendorGateway, capabilities_of
from supporttiers.tiers import Visibility

GIVEN = {"url": http_tape.URL, "queue": "Printers", "token": "1-37-5ec7e7"}
TICKET = {
    "id": 7, "Status": "open", "Creator": {"id": "desk"}, "LastUpdated": "2026-03-23T09:00:00Z",
    "_hyperlinks": [{"ref": "refers-to", "_url": "urn:supporttiers:ST-ABCDEFGHIJKLMNOP"}, {"ref": "self"}, None],
}  # fmt: skip
LINK = "ST-ABCDEFGHIJKLMNOP"


class Scripted:
    """Gives for each request the next answer for its path: JSON, or a whole HttpResponse; the last one again."""

    def __init__(self, **answers):
        self.asked = []
        self.answers = {"user": [{"Name": "desk"}], "ticket": [TICKET], **answers}

    def send(self, request, /, *, within):
        """Answer."""
        path = request.url.removeprefix(f"{http_tape.URL}/REST/2.0/").partition("?")[0].split("/")
        self.asked.append((request.method, request.url, json.loads(request.body or b"null")))
        several = self.answers[path[2] if len(path) > 2 else path[0]]
        answer = several.pop(0) if len(several) > 1 else several[0]
        if isinstance(answer, HttpResponse):
            return answer
        return HttpResponse(status=200, headers={"content-type": "application/json"}, body=json.dumps(answer).encode())


def listed(*rows):
    """Make a page of a list."""
    return {"items": list(rows)}


def scripted(**answers):
    """Make a gateway on scripted answers; give both."""
    transport = Scripted(**answers)
    return RtVendor("acme", **GIVEN, transport=transport), transport


def transaction(number, kind="Correspond", by="agent", on="7"):
    """Make a row of a history."""
    return {
        "id": str(number), "Type": kind, "Creator": {"id": by}, "Created": "2026-03-23T09:00:00Z", "ObjectId": on
    }  # fmt: skip


def part(number, of, *, kind="text/plain", name="", size="5"):
    """Make a row of a list of attachments."""
    return {"id": number, "TransactionId": str(of), "ContentType": kind, "Filename": name, "ContentLength": size}


@pytest.mark.parametrize("name", recorded.STORIES)
def test_story_is_played_back(name):
    """A gateway asks what it has asked live, and understands what was answered."""
    player = http_tape.Player(http_tape.read(recorded.HERE / f"rt-{name}.json"))
    recorded.STORIES[name](
        lambda **settings: RtVendor("acme", **{**GIVEN, "transport": player, **settings}), lambda *_: None
    )

    assert [] == player.left


# -- how one is made


def test_gateway_can_do_what_it_has_methods_for():
    """All but to understand calls: Request Tracker makes none."""
    vendor = RtVendor("acme", **GIVEN)

    assert isinstance(vendor, VendorGateway)
    assert VENDOR_CAPABILITIES.keys() - {"receive"} == capabilities_of(vendor)
    assert VendorStatus.WAITING_FOR_US in vendor.statuses


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"token": None}, "say who we are there: by `token`, or by `user`"),
        ({"user": "desk", "password": "secret"}, "say who we are there"),
        ({"token": None, "user": "de:sk", "password": "secret"}, "say who we are there"),
        ({"token": None, "user": "desk"}, "say who we are there"),
        ({"token": "abcdef"}, "its `token` is none of Request Tracker's"),
        ({"token": "1-2-a\r\nX-Evil: yes"}, "its `token` is none of Request Tracker's"),
        ({"messages": "shout"}, "its `messages` must be one of: correspond, comment"),
        ({"withdrawn": "cancelled"}, "its `withdrawn`, 'cancelled', stands not in its `statuses`"),
        ({"withdrawn": "deleted"}, "its `withdrawn`, 'deleted', stands not"),
        ({"statuses": {"new": "opne"}}, "did you mean open?"),
    ],
)
def test_wrong_settings_are_refused(wrong, problem):
    """When the gateway is made, and without the secret."""
    with pytest.raises(PluginError) as caught:
        RtVendor("acme", **{**GIVEN, **wrong})

    assert problem in str(caught.value)
    assert not [secret for secret in ("secret", "abcdef") if secret in str(caught.value)]


def test_url_must_be_one():
    """With scheme and host."""
    with pytest.raises(PolicyConfigError):
        RtVendor("acme", **{**GIVEN, "url": "rt.acme.example"})


def test_gateway_is_made_from_settings(monkeypatch):
    """The words are those of the constructor; secrets may stand in the environment, and are not shown."""
    monkeypatch.setenv("ACME_TOKEN", "1-37-5ec7e7")
    vendor = RtVendor.from_settings(
        "acme", {"use": "rt", "url": "https://rt.acme.example/rt/", "queue": "Printers", "token_env": "ACME_TOKEN",
                 "statuses": {"new": "open", "done": "resolved"}, "withdrawn": "done", "fields": {"Site": "Bern"}}
    )  # fmt: skip

    assert "RtVendor('acme', 'rt.acme.example')" == repr(vendor)
    assert VendorStatus.IN_PROGRESS not in vendor.statuses
    with pytest.raises(PluginError, match="did you mean 'queue'"):
        RtVendor.from_settings("acme", {"use": "rt", "qeue": "Printers"})


def test_login_by_name_and_password():
    """As HTTP has it, in UTF-8."""
    transport = Scripted()
    sent = {}
    vendor = RtVendor(
        "acme", url=http_tape.URL, queue="1", user="désk", password="pass:word",
        transport=type("Kept", (), {"send": lambda _, request, within: (
            sent.update(request.headers), transport.send(request, within=within))[1]})(),
    )  # fmt: skip
    transport.answers["queue"] = [{"Name": "Printers"}]
    vendor.check()

    assert "désk:pass:word" == base64.b64decode(sent["authorization"].removeprefix("Basic ")).decode()
    assert f"{http_tape.URL}/REST/2.0/user/d%C3%A9sk" == transport.asked[0][1]


# -- what is sent


def test_request_is_made_harmless():
    """One line is one line, and nothing is sent that no store keeps; what the host wants to be there, is."""
    transport = Scripted(ticket=[{"id": "7"}])
    vendor = RtVendor(
        "acme", **GIVEN, requestor="jane@acme.test", fields={"Site": "Bern"}, account="DESK", transport=transport
    )
    vendor.open(
        recorded.request("x", subject=f"Fire\r\nBcc: eve\0 \ud800{'!' * 300}", text="a\0b\ud800", follows="no number"),
        key="k",
    )
    sent = transport.asked[-1][2]

    assert ("Fire Bcc: eve ", 200) == (sent["Subject"][:14], len(sent["Subject"]))
    assert sent["Content"].startswith("ab\n\n[ref ST-")
    assert (["urn:supporttiers:" + recorded.request("x").reference], "jane@acme.test", {"Site": "Bern"}) == (
        sent["RefersTo"], sent["Requestor"], sent["CustomFields"]
    )  # fmt: skip


LONG = f"=?UTF-8?B?{base64.b64encode(b'x' * 199 + '…'.encode()).decode()}?="


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("=?UTF-8?Q?a?=", "=?UTF-8?B?PT9VVEYtOD9RP2E/PQ==?="), ("C:\\temp\\log.txt", "log.txt"), ("..", "file F-1 .."),
        ('a"\r\nb', 'a" b'), ("", "file F-1"), ("x" * 999, LONG),
    ],
)  # fmt: skip
def test_file_has_a_name_that_is_one(name, sent):
    """Whatever people have called it."""
    vendor, transport = scripted(correspond=[["done"]])
    given = vendor.attach("7", VendorFile(id="F-1", name=name, media_type="multipart/x", content=b"x"), key="k")

    assert "" == given
    [file] = transport.asked[-1][2]["Attachments"]
    assert {"FileName": sent, "FileType": "application/octet-stream", "FileContent": "eA=="} == file


@pytest.mark.parametrize("size", [0, MOST_FILE_BYTES + 1])
def test_file_of_no_possible_size_is_refused(size):
    """Before anything is sent."""
    vendor, transport = scripted()
    error = recorded.refused(lambda: vendor.attach("7", VendorFile(id="F-1", content=b"x" * size), key="k"), "rejected")

    assert (False, []) == (error.retryable, transport.asked)


def test_file_that_was_taken_is_taken():
    """Where its number cannot be read afterwards, it is there all the same; where a note was put in its place, not."""
    said = HttpResponse(
        status=201, headers={"content-type": "application/json", "location": "/REST/2.0/transaction/9"}, body=b"[]"
    )
    file = VendorFile(id="F-1", name="a.bin", content=b"x")
    for answer, number in (
        (HttpResponse(status=500), ""), (listed(), ""),
        (listed({"id": "3", "Filename": ""}, {"id": "4", "Filename": "a.bin"}), "4"),
    ):  # fmt: skip
        vendor, _ = scripted(correspond=[said], attachments=[answer])
        assert number == vendor.attach("7", file, key="k")
    vendor, _ = scripted(correspond=[said], attachments=[listed({"id": "4", "Filename": "a.bin.txt"})])
    assert not recorded.refused(lambda: vendor.attach("7", file, key="k"), "not_applied").retryable


@pytest.mark.parametrize("status", [VendorStatus.FAILED, VendorStatus.GONE])
def test_status_without_a_word_is_refused(status):
    """With those that are possible; nothing is deleted by a status."""
    vendor, transport = scripted()
    error = recorded.refused(lambda: vendor.set_status("7", status), "rejected")

    assert f"means '{status}'; possible are: in_progress, open, rejected, resolved, waiting_for_us" in error.problem
    assert [] == transport.asked


# -- what is heard


@pytest.mark.parametrize("odd", ["../../users/1", "1?x=1", "", "9" * 30, "%2e%2e", "٣"])
def test_ticket_without_a_number_is_gone(odd):
    """Nobody is asked about it."""
    vendor, transport = scripted()
    recorded.refused(lambda: vendor.fetch(odd), "gone")

    assert not [url for _, url, _ in transport.asked if "/ticket" in url]


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": None}, {"id": True}, {"id": "7/../8"}, {"Status": None}, {"Creator": "desk"}, {"LastUpdated": "soon"},
        {"LastUpdated": "0001-01-01T00:00:00+14:00"}, {"LastUpdated": None}, {"_hyperlinks": {}},
    ],
)  # fmt: skip
def test_ticket_that_is_none_is_misunderstood(wrong):
    """Nothing is made up in place of what is missing."""
    vendor, _ = scripted(ticket=[{**TICKET, **wrong}])

    assert recorded.refused(lambda: vendor.fetch("7"), "protocol").retryable


@pytest.mark.parametrize("name", ["", "a\nb", None])
def test_account_without_a_name_is_misunderstood(name):
    """Nobody can tell who that is."""
    vendor, _ = scripted(user=[{"Name": name}])

    recorded.refused(vendor.check, "protocol")


def test_answer_to_an_opening_that_is_none_is_ambiguous():
    """The ticket may be there."""
    for answer in ({"id": "seven"}, [], None):
        vendor, _ = scripted(ticket=[answer])
        error = recorded.refused(lambda vendor=vendor: vendor.open(recorded.request("x"), key="k"), "protocol")
        assert error.ambiguous


def test_answer_to_a_message_that_is_none_is_ambiguous():
    """It may stand there."""
    vendor, _ = scripted(correspond=[{"message": "?"}])

    assert recorded.refused(lambda: vendor.comment("7", recorded.message("x"), key="k"), "protocol").ambiguous


def test_search_is_believed_only_where_the_ticket_shows_it():
    """A search that gives everything finds nothing of ours; and what is no reference is not searched for."""
    vendor, transport = scripted(tickets=[listed(*({"id": str(number)} for number in range(1, 30)))])
    assert () == vendor.find("ST-ZZZZZZZZZZZZZZZZ")
    assert 11 == len(transport.asked)
    assert [LINK] == [hit.reference for hit in vendor.find(LINK)][:1]
    assert () == vendor.find("' OR id > 0 OR RefersTo = '")


def test_ticket_without_a_time_and_without_words():
    """`Never` is the first second of 1970."""
    vendor, _ = scripted(ticket=[{**TICKET, "LastUpdated": "1970-01-01T00:00:00Z"}], history=[listed()])
    answer = vendor.fetch("7")

    assert (None, (), VendorStatus.IN_PROGRESS) == (answer.updated_at, answer.entries, answer.status)


def test_newest_entries_are_read_page_by_page():
    """256 of them, with what they consist of; an entry that consists of nothing is left out."""
    numbers = range(1000, 700, -1)
    history = [listed(*map(transaction, numbers[at : at + 100])) for at in (0, 100, 200)]
    parts = [listed(*(part(each, each) for each in numbers[at : at + 100] if each != 950)) for at in (0, 100, 200)]
    transport = Scripted(history=history, attachments=[])
    attachments = iter(parts)

    class Split:
        def send(self, request, /, *, within):
            """Give pages of parts, and then texts of those that are asked for."""
            if "fields=Content&" in request.url:
                wanted = [str(number) for number in numbers if f"%22{number}%22" in request.url]
                transport.answers["attachments"] = [listed(*({"id": id, "Content": f"No. {id}"} for id in wanted))]
            elif "/attachments" in request.url:
                transport.answers["attachments"] = [next(attachments)]
            return transport.send(request, within=within)

    entries = RtVendor("acme", **GIVEN, transport=Split()).fetch("7").entries

    assert (MAX_ENTRIES - 1, "745", "1000") == (len(entries), entries[0].id, entries[-1].id)
    assert "No. 745" == entries[0].text
    assert "950" not in {entry.id for entry in entries}
    assert next(attachments, None) is None
    assert 6 == sum("fields=Content&" in url for _, url, _ in transport.asked)


def test_no_more_is_read_than_can_be_kept():
    """A text that is too long is told, and so are older ones when all together are too many bytes."""
    sizes = ["600000", *["500000"] * 16, "what"]
    rows = [part(number, number, size=size) for number, size in zip(range(40, 0, -1), sizes, strict=False)]
    vendor, transport = scripted(
        history=[listed(*(transaction(row["id"]) for row in rows))],
        attachments=[listed(*rows), *(listed({"id": row["id"], "Content": "read"}) for row in rows[1:16]), listed()],
    )
    texts = [entry.text for entry in vendor.fetch("7").entries]

    assert "[a text of 600000 bytes, too long to be read here: it stands on the vendor's ticket]" == texts[-1]
    assert ["read"] * 15 == texts[2:-1]
    assert texts[1].startswith("[a text of 500000 bytes")
    assert 15 == sum("fields=Content&" in url for _, url, _ in transport.asked)


def test_entry_of_many_parts():
    """The plain text is taken, not the same in HTML; files are listed, as many and as long as we can keep."""
    files = [part(20 + each, 5, kind="x\ny" if each else "", name=f"a\n{each}" + "y" * 600) for each in range(60)]
    rows = [*reversed(files), part(4, 5, kind="text/html"), part(3, 5), part(2, 5, kind="multipart/mixed"), part(1, 5)]
    vendor, _ = scripted(
        history=[listed(transaction(5, by="Desk"))],
        attachments=[
            listed(*rows),
            listed({"id": "1", "Content": "We\0 look"}, {"id": "3", "Content": "[ref ST-ABCDEFGHIJKLMNOP]"},
                   {"id": "4", "Content": "<p>We look"}),
        ],
    )  # fmt: skip
    [entry] = vendor.fetch("7").entries

    assert "We look\n\n[ref ST-ABCDEFGHIJKLMNOP]" == entry.text
    assert (True, LINK) == (entry.ours, entry.reference)
    assert 50 == len(entry.attachments)
    assert ("20", 500, None) == (
        entry.attachments[0].id,
        len(entry.attachments[0].name),
        entry.attachments[0].media_type,
    )


def test_pages_of_parts_have_an_end():
    """Twenty are read; older entries are left out, and a file without words is an entry, too."""
    vendor, transport = scripted(
        history=[listed(transaction(5), transaction(1))],
        attachments=[listed(part(9, 5, kind="image/png", name="a.png"))],
    )
    [entry] = vendor.fetch("7").entries

    assert ("5", "") == (entry.id, entry.text)
    assert 20 == sum("/attachments" in url for _, url, _ in transport.asked)


@pytest.mark.parametrize(
    ("row", "creator"),
    [
        (transaction(5, kind="Comment"), "desk"), (transaction(5, kind="Create"), "desk"),
        (transaction(5, on="8"), "desk"), (transaction(5), "somebody"),
    ],
)  # fmt: skip
def test_entry_that_was_not_sent_to_us_is_private(row, creator):
    """A comment; what came from a ticket that was merged into ours; and all on a ticket of somebody else's."""
    vendor, _ = scripted(
        ticket=[{**TICKET, "Creator": {"id": creator}}], history=[listed(row)],
        attachments=[listed(part(1, 5)), listed({"id": "1", "Content": "Hm."})],
    )  # fmt: skip

    assert [Visibility.PRIVATE] == [entry.visibility for entry in vendor.fetch("7").entries]


# -- what has changed


def changed(number, at):
    """Make a row of a list of tickets."""
    return {"id": str(number), "LastUpdated": at}


def test_no_ticket_at_all_has_changed():
    """Then everything from the beginning on is news."""
    vendor, transport = scripted(tickets=[listed()])
    page = vendor.changes(None, limit=10)
    again = vendor.changes(page.cursor, limit=10)

    assert ((), page.cursor) == (again.remote_ids, again.cursor)
    assert "LastUpdated+%3E" not in transport.asked[-1][1]


@pytest.mark.parametrize(
    "cursor", ["", "[]", '{"at": 7}', '{"at": "soon", "id": 1, "goes_on": true}', "[" * 9000,
               '{"at": "0001-01-01T00:00:00Z", "id": 1, "goes_on": false}',
               '{"at": "2026-03-24T09:00:00", "id": 1, "goes_on": false}'],
)  # fmt: skip
def test_cursor_that_is_none_begins_anew(cursor):
    """What is given twice does no harm."""
    vendor, _ = scripted(tickets=[listed(changed(7, "2026-03-23T09:00:00Z"))])

    assert ("7",) == vendor.changes(cursor, limit=10).remote_ids


def test_pages_of_one_second_go_on():
    """However many tickets have changed in it, and however small the pages are."""
    at = "2026-03-23T09:00:00Z"
    rows = [changed(number, at) for number in range(150, 0, -1)]
    vendor, transport = scripted(tickets=[listed(changed(1, at))])
    cursor, found = vendor.changes(None, limit=1).cursor, []
    for _ in range(100):
        transport.answers["tickets"] = [listed(*rows[:100]), listed(*rows[100:])]
        page = vendor.changes(cursor, limit=2)
        cursor = page.cursor
        found.extend(page.remote_ids)
        if not page.more:
            break

    assert [str(number) for number in range(1, 151)] == found
    assert "LastUpdated+%3E%3D+%272026-03-22+20%3A00%3A00%27" in transport.asked[-1][1]


def test_what_is_older_than_a_minute_before_the_cursor_is_no_news():
    """Nor is it read for ever."""
    new, late, old = "2026-03-23T09:00:00Z", "2026-03-23T08:59:00Z", "2026-03-23T08:58:59Z"
    vendor, _ = scripted(tickets=[listed(changed(3, new)), listed(changed(3, new), changed(2, late), changed(1, old))])
    page = vendor.changes(vendor.changes(None, limit=9).cursor, limit=9)

    assert (("2", "3"), False) == (page.remote_ids, page.more)
    full = [changed(number, new if number == 200 else old) for number in range(200, 100, -1)]
    vendor, transport = scripted(tickets=[listed(*full)])
    assert ("200",) == vendor.changes(page.cursor, limit=9).remote_ids
    assert 1 == len(transport.asked)


def test_changes_without_end_are_misunderstood():
    """A list whose pages never end is none."""
    vendor, transport = scripted(
        tickets=[listed(*(changed(number, "2026-03-23T09:00:00Z") for number in range(1, 101)))]
    )

    recorded.refused(lambda: vendor.changes("", limit=9), "protocol")
    assert 100 == len(transport.asked)


def test_error_tells_nothing_of_ours():
    """Neither key nor words."""
    vendor, _ = scripted(ticket=[HttpResponse(status=403, body=b"zq-secret")])
    with pytest.raises(VendorError) as caught:
        vendor.open(recorded.request("x"), key="k")

    assert "acme: it answered 403; our account needs the rights SeeQueue, CreateTicket" in str(caught.value)
    assert not [word for word in ("zq", "smoke", "5ec7e7") if word in f"{caught.value!r} {caught.value}"]


def test_page_with_more_rows_than_pages_have_is_misunderstood():
    """No page of Request Tracker's has so many, and what is read of them all would have no end."""
    vendor, _ = scripted(tickets=[listed(*(changed(number, "2026-03-23T09:00:00Z") for number in range(1, 102)))])

    with pytest.raises(VendorError, match="more than 100 rows") as caught:
        vendor.changes(None, limit=10)
    assert "protocol" == caught.value.kind
