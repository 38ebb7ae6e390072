"""A Redmine that says odd things: nothing is taken for what it is not, nothing is told, and nothing is done twice."""

import json

import pytest

from supporttiers.backends.tickets import heard
from supporttiers.backends.transport import HttpResponse
from supporttiers.backends.vendor._redmine import file_name
from supporttiers.backends.vendor.redmine import FEWEST_ROWS, RedmineVendor
from supporttiers.clock import FakeClock
from supporttiers.effects import VendorFile, VendorMessage, VendorRequest
from supporttiers.errors import PluginError, VendorError
from supporttiers.links import VendorStatus, reference_of
from supporttiers.tiers import Visibility

KEY = "5f2c-our-key"
REFERENCE = reference_of("k")
JSON = {"content-type": "application/json; charset=utf-8"}
STATUSES = [{"id": 1, "name": "New"}, {"id": 2, "name": "Erledigt"}, {"id": 3, "name": "Weg"}]
REQUEST = VendorRequest(tenant="default", case_id="T-1", subject="Stuck", text="hunter2", reference=REFERENCE)
MESSAGE = VendorMessage(tenant="default", case_id="T-1", text="hunter2", reference=REFERENCE)
FILE = VendorFile(id="F-1", name="a.txt", content=b"hunter2")


def issue(**said):
    """Make a ticket as Redmine shows it."""
    return {
        "id": 7, "status": {"id": 1, "name": "New"}, "author": {"id": 5}, "subject": "Stuck",
        "custom_fields": [{"id": 1, "value": REFERENCE}], "updated_on": "2026-03-23T09:00:00Z", **said,
    }  # fmt: skip


def journal(**said):
    """Make a note as Redmine shows it."""
    return {"id": 1, "user": {"id": 6}, "notes": "No.", "created_on": "2026-03-23T09:00:00Z", **said}


class Scripted:
    """
    A transport that answers as it is told, by method and path; and otherwise as a Redmine in which all is well.

    Of several answers each is given once, and the last one stays.
    """

    def __init__(self, **script):
        self.requests = []
        self.script = {
            "GET users/current.json": {"user": {"id": 5, "login": "desk"}},
            "GET projects/support.json": {"project": {"trackers": [{"id": 1}]}},
            "GET issue_statuses.json": {"issue_statuses": STATUSES},
            "GET issues.json": {"issues": []},
            "POST projects/support/issues.json": {"issue": issue()},
            "GET issues/7.json": {"issue": issue()},
            "PUT issues/7.json": 204,
            "POST uploads.json": {"upload": {"token": "1.abc"}},
        }

    def send(self, request, /, *, within):
        """Answer."""
        path, _, query = request.url.removeprefix("https://redmine.test/").partition("?")
        what = f"{request.method} {path}"
        self.requests.append((what, query, request.body))
        answer = self.script[what]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, int):
            return HttpResponse(status=answer, headers=JSON)
        return HttpResponse(status=200, headers=JSON, body=json.dumps(answer).encode())

    def asked(self, what):
        """Give what was asked in this way: of each request the query and the body."""
        return [rest for each, *rest in self.requests if each == what]


@pytest.fixture
def redmine():
    """Give a transport that answers as it is told."""
    return Scripted()


@pytest.fixture
def vendor(redmine):
    """Make gateways that use it."""

    def make(**options):
        said = {"url": "https://redmine.test", "api_key": KEY, "project": "support", "field": 1, "transport": redmine}
        return RedmineVendor("acme", **{"clock": FakeClock("2026-03-23T09:00Z"), **said, **options})

    return make


def refused(call, *args, **options):
    """Give the error that a call ends with, which tells nothing that is private."""
    with pytest.raises(VendorError) as caught:
        call(*args, **options)
    for hidden in (KEY, "hunter2", "redmine.test"):
        assert hidden not in f"{caught.value!r} {caught.value}"
    return caught.value


# -- made from settings


def test_settings_make_a_gateway():
    """All that the constructor takes can be said as plain data; no key is shown."""
    gateway = RedmineVendor.from_settings("acme", {
        "use": "redmine", "url": "https://redmine.test", "api_key": KEY, "project": "support", "account": "desk",
        "tracker": 1, "field": 7, "statuses": {"New": "open", "5": "closed"}, "priorities": {"high": "4"},
        "notes_for_requester": True, "timeout": "10s",
    })  # fmt: skip

    assert "RedmineVendor('acme', project='support')" == repr(gateway)
    assert {"open", "closed", "unknown", "gone"} == gateway.statuses


@pytest.mark.parametrize(("said", "problem"), [
    ({"api_kee": KEY}, "did you mean 'api_key'?"), ({"url": "ftp://redmine.test"}, "its setting 'url' must begin with"),
    ({"statuses": {"New": "opne"}}, "did you mean open?"), ({"api_key": "schlüssel"}, "`api_key` must be one line of"),
    ({"field": "7"}, "its setting 'field' must be"),
])  # fmt: skip
def test_settings_that_cannot_be_are_refused(said, problem):
    """When the desk is built, by name."""
    settings = {"url": "https://redmine.test", "api_key": KEY, "project": "support", **said}
    with pytest.raises(PluginError, match=problem):
        RedmineVendor.from_settings("acme", settings)


def test_key_with_a_line_break_is_refused():
    """It would begin a header of its own."""
    with pytest.raises(PluginError, match="`api_key` must be one line of ASCII") as caught:
        RedmineVendor("acme", url="https://redmine.test", api_key=f"{KEY}\r\nX-Evil: 1", project="support")
    assert KEY not in str(caught.value)


# -- who we are


def test_who_we_are_is_asked_once_a_minute(redmine, vendor):
    """And at once where it is checked."""
    clock = FakeClock("2026-03-23T09:00Z")
    gateway = vendor(clock=clock)
    for _ in range(2):
        gateway.fetch("7")
    clock.advance("1m")
    gateway.fetch("7")
    assert 2 == len(redmine.asked("GET users/current.json"))
    gateway.check()
    assert 3 == len(redmine.asked("GET users/current.json"))


@pytest.mark.parametrize(("answer", "kind", "problem"), [
    (401, "auth", "it answered 401"), (404, "protocol", "there is no Redmine at its address"),
    (503, "unavailable", "it answered 503"), ({"user": None}, "protocol", "user in its answer is no dict"),
    ({"user": {"id": 5}}, "protocol", "login in its answer is no str"),
    ({"user": {"id": True, "login": "desk"}}, "protocol", "id in its answer is no int"),
])  # fmt: skip
def test_nothing_is_asked_of_those_who_do_not_know_us(redmine, vendor, answer, kind, problem):
    """A stranger may be let in there, and a ticket that cannot be seen there is not gone."""
    redmine.script["GET users/current.json"] = answer
    gateway = vendor()
    for call in (
        lambda: gateway.open(REQUEST, key="k"),
        lambda: gateway.fetch("7"),
        lambda: gateway.find(REFERENCE),
        lambda: gateway.comment("7", MESSAGE, key="k"),
        lambda: gateway.set_status("7", VendorStatus.CLOSED),
        lambda: gateway.withdraw("7", MESSAGE, key="k"),
        lambda: gateway.attach("7", FILE, key="k"),
        lambda: gateway.changes(None, limit=5),
        gateway.check,
    ):
        error = refused(call)
        assert (kind, problem, False) == (error.kind, error.problem, error.ambiguous)
    assert {"GET users/current.json"} == {what for what, *_ in redmine.requests}


def test_check_names_statuses_without_a_meaning(vendor):
    """A table may name a status by its name, in any letters, or by its number."""
    identity = vendor(statuses={"NEW": "open", "2": "resolved"}).check()
    assert ("desk", ("New", "Erledigt", "Weg"), ("Weg",)) == (identity.account, identity.statuses, identity.unmapped)


# -- opening


def test_ticket_of_somebody_else_is_not_ours(redmine, vendor):
    """The key may have been taken away just now: whoever mends that looks before anything is opened again."""
    redmine.script["POST projects/support/issues.json"] = {"issue": issue(author={"id": 4})}
    error = refused(vendor().open, REQUEST, key="k")
    assert ("auth", True) == (error.kind, error.ambiguous)


@pytest.mark.parametrize(("answer", "kind", "ambiguous"), [
    (404, "rejected", False), (422, "rejected", False), (403, "permission", False), (500, "unavailable", True),
    (201, "protocol", True), ({"issue": []}, "protocol", True), ({"issue": issue(id="7")}, "protocol", True),
    ({"issue": issue(updated_on="yesterday")}, "protocol", True),
])  # fmt: skip
def test_opening_is_never_repeated_here(redmine, vendor, answer, kind, ambiguous):
    """What may have been opened is told as such."""
    redmine.script["POST projects/support/issues.json"] = answer
    error = refused(vendor().open, REQUEST, key="k")
    assert (kind, ambiguous) == (error.kind, bool(error.ambiguous))
    assert 1 == len(redmine.asked("POST projects/support/issues.json"))


def test_field_that_was_ignored_is_seen_the_next_time(redmine, vendor):
    """In an empty project nobody can see it before: the first ticket is ours, and no second one is opened."""
    without = issue(custom_fields=[])
    redmine.script["POST projects/support/issues.json"] = {"issue": without}
    redmine.script["GET issues.json"] = [{"issues": []}, {"issues": []}, {"issues": []}, {"issues": [without]}]
    gateway = vendor()
    assert "7" == gateway.open(REQUEST, key="k").remote_id
    error = refused(gateway.open, REQUEST, key="k")
    assert "the tickets of its project do not have the field 1; give it to them" == error.problem


def test_place_is_looked_at_once(redmine, vendor):
    """As long as it is sound."""
    gateway = vendor()
    for _ in range(2):
        gateway.open(REQUEST, key="k")
    assert 1 == len(redmine.asked("GET projects/support.json"))


@pytest.mark.parametrize(("answer", "kind"), [({"project": {"trackers": []}}, "rejected"), (403, "permission")])
def test_project_without_room_is_refused(redmine, vendor, answer, kind):
    """Before anything is opened."""
    redmine.script["GET projects/support.json"] = answer
    error = refused(vendor().open, REQUEST, key="k")
    assert (kind, False) == (error.kind, error.retryable)


# -- what a ticket says


@pytest.mark.parametrize("odd", [
    {"status": None}, {"status": {"id": 1}}, {"status": {"id": -1, "name": "New"}}, {"id": 10**30}, {"id": True},
    {"subject": None, "custom_fields": None}, {"updated_on": None}, {"updated_on": "2026-03-23T09:00:00"},
    {"updated_on": "0001-01-01T00:00:00+14:00"}, {"updated_on": "9999-12-31T23:59:59Z"},
    {"journals": [journal(id="1")]}, {"journals": [journal(created_on=7)]},
])  # fmt: skip
def test_odd_ticket_is_no_answer(redmine, vendor, odd):
    """It is told as such, and nothing of it."""
    redmine.script["GET issues/7.json"] = {"issue": issue(**odd)}
    assert "protocol" == refused(vendor().fetch, "7").kind


@pytest.mark.parametrize(("answer", "kind"), [(500, "unavailable"), (403, "permission"), (204, "protocol")])
def test_ticket_that_cannot_be_read_is_not_gone(redmine, vendor, answer, kind):
    """Only one that is not there is."""
    redmine.script["GET issues/7.json"] = answer
    assert kind == refused(vendor().fetch, "7").kind


@pytest.mark.parametrize("odd", ["", "../users/current", "7?x=1", "7.xml", "\u0667", "9" * 30])
def test_id_that_is_none_goes_out_to_nobody(redmine, vendor, odd):
    """Redmine reads `7?x=1` as 7."""
    error = refused(vendor().comment, odd, MESSAGE, key="k")
    assert ("gone", False) == (error.kind, error.retryable)
    assert ["GET users/current.json"] == [what for what, *_ in redmine.requests]


def test_notes_are_read_with_distrust(redmine, vendor):
    """In the order in which they were written; private unless it says that they are not; a quoted mark is not ours."""
    quoted = f"> [ref {REFERENCE}]"
    redmine.script["GET issues/7.json"] = {"issue": issue(journals=[
        journal(id=9, notes=quoted, private_notes=False), journal(id=8, user={"id": 5}, notes=quoted), "odd",
        journal(id=7, notes="", details=[{"property": "attr", "name": "status_id", "new_value": "2"}]),
        journal(id=6, notes={"odd": 1}, user=None), journal(id=5, notes="No\x00" + "ä" * 40_000, private_notes=True),
    ])}  # fmt: skip
    entries = vendor(notes_for_requester=True).fetch("7").entries

    assert ["5", "6", "8", "9"] == [entry.id for entry in entries]
    assert [Visibility.PRIVATE] * 3 + [Visibility.PUBLIC] == [entry.visibility for entry in entries]
    assert [("", False), ("", False), (REFERENCE, True), ("", False)] == [
        (each.reference, each.ours) for each in entries
    ]
    assert entries[0].text.startswith("Noä")
    assert entries[0].text.endswith("it is longer than 64 KiB.]")
    assert {Visibility.PRIVATE} == {entry.visibility for entry in vendor().fetch("7").entries}


def test_files_are_read_with_distrust(redmine, vendor):
    """Those that came with a note and are there still, whatever they are called."""
    names = [("11", "11"), ("12", "12"), ("13", None), ("14", "14"), ("15", "15")]
    details = [{"property": "attachment", "name": name, "new_value": value} for name, value in names]
    redmine.script["GET issues/7.json"] = {"issue": issue(
        journals=[journal(details=[*details, {"property": "cf", "name": "11", "new_value": "x"}])],
        attachments=[
            {"id": 11, "filename": "a\r\nb.txt", "filesize": 3, "content_type": "text/plain"}, {"id": 13}, {"id": "15"},
            {"id": 12, "filename": "x" * 999, "filesize": -1, "content_type": None}, None,
        ],
    )}  # fmt: skip
    [entry] = vendor().fetch("7").entries

    assert [("11", "a b.txt", "text/plain", 3), ("12", "x" * 254 + "…", None, None)] == [
        (each.id, each.name, each.media_type, each.size) for each in entry.attachments
    ]


def test_status_is_translated_by_number_or_name(redmine, vendor):
    """The number first, which stays when somebody renames it; what is in no table is unknown."""
    gateway = vendor(statuses={"new": "open", "2": "resolved", "Erledigt": "closed"})
    for said, meant in ((STATUSES[0], "open"), (STATUSES[1], "resolved"), (STATUSES[2], "unknown")):
        redmine.script["GET issues/7.json"] = {"issue": issue(status=said)}
        answer = gateway.fetch("7")
        assert (meant, said["name"]) == (answer.status, answer.raw_status)


def test_reference_is_read_from_the_field_or_the_subject(redmine, vendor):
    """A ticket may have been opened before there was a field."""
    marked = f"Stuck [ref {REFERENCE}]"
    for said in ([], [{"id": 1, "value": ""}], [{"id": 1, "value": ["odd"]}], [{"id": 2, "value": "ST-OTHER"}], None):
        redmine.script["GET issues/7.json"] = {"issue": issue(custom_fields=said, subject=marked)}
        assert REFERENCE == vendor().fetch("7").reference
    assert REFERENCE == vendor(field=None).fetch("7").reference


# -- what we say


def test_note_that_is_not_there_was_not_written(redmine, vendor):
    """It says yes to everything."""
    error = refused(vendor().comment, "7", MESSAGE, key="k")
    assert ("not_applied", True, False) == (error.kind, error.retryable, error.ambiguous)


def test_reading_back_may_fail(redmine, vendor):
    """What was said may stand there all the same."""
    redmine.script["GET issues/7.json"] = 503
    gateway = vendor(statuses={"New": "open", "Erledigt": "closed"})
    calls = [lambda: gateway.comment("7", MESSAGE, key="k"), lambda: gateway.set_status("7", VendorStatus.CLOSED)]
    for call in calls:
        error = refused(call)
        assert ("unavailable", True) == (error.kind, error.ambiguous)


def test_first_status_of_the_table_is_set(redmine, vendor):
    """Of several that mean the same; else the first that there is."""
    redmine.script["GET issues/7.json"] = {"issue": issue(status=STATUSES[2])}
    for table in ({"weg": "closed", "Erledigt": "closed"}, {"Fort": "closed", "3": "closed"}):
        answer = vendor(statuses=table).set_status("7", VendorStatus.CLOSED)
        assert "closed" == answer.status
        assert {"issue": {"status_id": 3}} == json.loads(redmine.asked("PUT issues/7.json")[-1][1])


def test_withdrawal_needs_a_status(redmine, vendor):
    """One that means withdrawn, or else closed; without either nothing is said."""
    ours = journal(user={"id": 5}, notes=f"It works. [ref {REFERENCE}]")
    redmine.script["GET issues/7.json"] = {"issue": issue(status=STATUSES[2], journals=[ours])}
    answer = vendor(statuses={"Weg": "withdrawn", "Erledigt": "closed"}).withdraw("7", MESSAGE, key="k")
    assert ("withdrawn", 1) == (answer.status, len(redmine.asked("PUT issues/7.json")))

    error = refused(vendor(statuses={"New": "open"}).withdraw, "7", MESSAGE, key="k")
    assert ("rejected", 1) == (error.kind, len(redmine.asked("PUT issues/7.json")))


def test_withdrawal_is_said_only_where_it_was_done(redmine, vendor):
    """Else the core would go on to say it in another way, and it would stand there twice."""
    error = refused(vendor(statuses={"Weg": "closed"}).withdraw, "7", MESSAGE, key="k")
    assert "not_applied" == error.kind
    assert [{"issue": {"status_id": 3}}] == [json.loads(body) for _, body in redmine.asked("PUT issues/7.json")]


def test_file_that_is_not_there_was_not_attached(redmine, vendor):
    """It says yes to everything; and a file of somebody else's is not ours, whatever is said of it."""
    theirs = {"id": 3, "description": reference_of("k"), "author": {"id": 6}}
    redmine.script["GET issues/7.json"] = {"issue": issue(attachments=[theirs])}
    assert "not_applied" == refused(vendor().attach, "7", FILE, key="k").kind
    ours = {**theirs, "author": {"id": 5}}
    redmine.script["GET issues/7.json"] = {"issue": issue(attachments=[theirs | {"id": 2}, ours])}
    assert "3" == vendor().attach("7", FILE, key="k")


@pytest.mark.parametrize(("name", "sent"), [
    ("a.txt", "a.txt"), ("../../etc/passwd", ".._.._etc_passwd"), ("C:\\a.txt", "C:_a.txt"), ("", "F-1"),
    (" \r\n", "F-1"),
    ("x" * 300 + ".log", "x" * 250 + "….log"), ("x" * 300, "x" * 254 + "…"), ("x." + "y" * 300, "x." + "y" * 252 + "…"),
])  # fmt: skip
def test_name_of_a_file_is_one_that_a_redmine_takes(name, sent):
    """One line, no path, not too long."""
    assert sent == file_name(VendorFile(id="F-1", name=name, content=b""))


# -- what has changed


def rows(*seconds, first=1):
    """Make a page of tickets, changed in these seconds."""
    return {"issues": [
        issue(id=first + number, updated_on=f"2026-03-23T09:00:{second:02}Z") for number, second in enumerate(seconds)
    ]}  # fmt: skip


def test_changes_begin_with_the_vendors_now(redmine, vendor):
    """By the newest of our tickets, whatever our clock says; and with all where there is none yet."""
    redmine.script["GET issues.json"] = rows(30)
    page = vendor(clock=FakeClock("2030-01-01T00:00Z")).changes(None, limit=5)
    assert ((), False) == (page.remote_ids, page.more)
    assert "2026-03-23T09:00:20+00:00" == json.loads(page.cursor)["since"]

    redmine.script["GET issues.json"] = {"issues": []}
    page = vendor().changes(None, limit=5)
    assert "1970-01-01T00:00:00+00:00" == json.loads(page.cursor)["since"]
    assert page.cursor == vendor().changes(page.cursor, limit=5).cursor


def test_pages_go_on_through_seconds_with_many_changes(redmine, vendor):
    """From second to second; within one by number, half a page of which is read again; and then back a little."""
    full = FEWEST_ROWS
    redmine.script["GET issues.json"] = [
        rows(*range(1, full + 1)), rows(*[full] * full), rows(*[full] * full), rows(full, full + 1, first=50),
    ]  # fmt: skip
    gateway, cursor = vendor(), '{"since": "2026-03-23T09:00:00+00:00", "skip": 0}'
    pages = []
    for _ in range(4):
        pages.append(gateway.changes(cursor, limit=1))
        cursor = pages[-1].cursor
    places = [(json.loads(page.cursor)["since"][17:19], json.loads(page.cursor)["skip"]) for page in pages]

    assert [True, True, True, False] == [page.more for page in pages]
    assert [("25", 0), ("25", 12), ("25", 24), ("16", 0)] == places
    assert ("50", "51") == pages[-1].remote_ids
    queries = [query for query, _ in redmine.asked("GET issues.json")]
    assert "updated_on=%3E%3D2026-03-23T09%3A00%3A25Z" in queries[-1]
    assert "offset=24" in queries[-1]
    assert {f"limit={full}"} == {part for query in queries for part in query.split("&") if part.startswith("limit")}


@pytest.mark.parametrize("cursor", [
    "", "[]", "garbage", "{}", '{"since": 7, "skip": 0}', '{"since": "2026-03-23T09:00Z", "skip": -1}',
    '{"since": "2026-03-23T09:00Z", "skip": true}', '{"since": "0001-01-01T00:00+14:00", "skip": 0}', "[" * 100_000,
])  # fmt: skip
def test_cursor_of_others_begins_at_the_beginning(redmine, vendor, cursor):
    """Nothing is lost by it, and the next cursor is one of ours."""
    redmine.script["GET issues.json"] = {"issues": [issue()]}
    page = vendor().changes(cursor, limit=5)
    assert (("7",), "2026-03-23T08:59:50+00:00") == (page.remote_ids, json.loads(page.cursor)["since"])
    assert "updated_on=%3E%3D1970-01-01T00%3A00%3A00Z" in redmine.asked("GET issues.json")[-1][0]


# -- texts


def test_text_is_cut_between_characters():
    """At 64 KiB, with a word about it."""
    for text in ("ä" * 40_000, "a" + "ä" * 40_000, "€" * 30_000, "🖨" * 20_000):
        assert 64 * 1024 - 3 <= len(heard(text).encode()) <= 64 * 1024
    assert "a" * 65536 == heard("a" * 65536)
