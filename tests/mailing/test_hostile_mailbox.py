"""A server of mailboxes that says what no server should: it is left, within bounds, and told of as such."""

from datetime import timedelta

import pytest
from tests.mailing.conftest import REFERENCE
from tests.servers.receivers import listener

from supporttiers.backends._mail import mailroom
from supporttiers.errors import VendorError

GREETING = b"* OK ready\r\n"
SIZES = 3


class Server:
    """Answers commands by their word; what is not in its table is fine."""

    def __init__(self, greeting=GREETING, **answers):
        self.greeting = greeting
        self.answers = {
            "CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
            "EXAMINE": b"* OK [UIDVALIDITY 7] x\r\n",
            **answers,
        }
        self.heard = []

    def speak(self, connection, over):
        """Serve one conversation."""
        connection.sendall(self.greeting)
        for line in connection.makefile("rb"):
            tag, command, *rest = line.split()
            word = (rest[0] if command == b"UID" else command).decode()
            self.heard.append(line.split(b" ", 1)[1].strip().decode())
            said = self.answers.get(word, b"")
            if callable(said):
                said = said(connection, line)
            end = b" " if tag not in said else None
            connection.sendall(said + (tag + b" OK done\r\n" if end else b""))

    @staticmethod
    def refuses(text):
        """Answer NO."""
        return lambda connection, line: line.split()[0] + b" " + text + b"\r\n"


@pytest.fixture
def served(vendor_of):
    """Make a vendor whose mailbox is on such a server."""
    import contextlib

    with contextlib.ExitStack() as stack:

        def make(server, **settings):
            port = stack.enter_context(listener(server.speak))
            return vendor_of(imap=f"imap://desk@127.0.0.1:{port}", **settings)

        yield make


def gush(connection, line):
    """Say untold lines for ever."""
    while True:
        connection.sendall(b"* SEARCH " + b"1 " * 10_000 + b"\r\n")


def drip(connection, line):
    """Say a letter now and then."""
    import threading

    while True:
        connection.sendall(b"*")
        threading.Event().wait(0.02)


NONE = "gave no answer that can be used"
MUCH = "says more than it was asked for"
FOUND = b"* SEARCH 1\r\n"

FAULTS = {
    "no greeting": (Server(b"hello\r\n"), NONE, "unavailable"),
    "a farewell": (Server(b"* BYE go away\r\n"), NONE, "protocol"),
    "nothing": (Server(b""), "took longer than", "unavailable"),
    "no login": (Server(LOGIN=Server.refuses(b"NO Ann?")), "refused the login", "auth"),
    "no login for now": (Server(LOGIN=Server.refuses(b"NO [UNAVAILABLE] Ann")), "the login for now", "unavailable"),
    "a broken login": (Server(LOGIN=Server.refuses(b"BAD no")), "refused the login", "auth"),
    "gone at the login": (Server(LOGIN=lambda connection, line: connection.shutdown(2) or b""), NONE, "unavailable"),
    "no folder": (Server(EXAMINE=Server.refuses(b"NO Ann")), "has no such folder", "rejected"),
    "no search": (Server(SEARCH=Server.refuses(b"NO Ann")), "does not search", "protocol"),
    "a broken search": (Server(SEARCH=Server.refuses(b"BAD Ann")), NONE, "protocol"),
    "a search for nonsense": (Server(SEARCH=b"* SEARCH one two\r\n"), NONE, "protocol"),
    "no mails": (Server(SEARCH=FOUND, FETCH=Server.refuses(b"NO Ann")), "does not hand mails over", "protocol"),
    "a mail of gigabytes": (
        Server(SEARCH=FOUND, FETCH=b"* 1 FETCH (UID 1 BODY[HEADER] {9999999999}\r\nx"), MUCH, "protocol"
    ),
    "a line of megabytes": (Server(SEARCH=b"* SEARCH " + b"1 " * 1_000_000 + b"\r\n"), MUCH, "protocol"),
    "lines for ever": (Server(SEARCH=gush), MUCH, "protocol"),
    "letters for ever": (Server(SEARCH=drip), "took longer than", "unavailable"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_server_that_fails_is_told_of_by_kind(served, name):
    """No words of it stand in the error; a server that answers what it should not may answer better another time."""
    server, problem, kind = FAULTS[name]
    slow = timedelta(seconds=0.5 if "longer" in problem else 10)
    with pytest.raises(VendorError, match=problem) as raised:
        served(server, timeout=slow).fetch(REFERENCE)

    assert kind == raised.value.kind
    assert kind != "rejected" or not raised.value.retryable
    assert "Ann" not in f"{raised.value!r}{raised.value.__cause__!r}"


def one(uid, more=b"", header=b""):
    """Hand over one mail."""
    raw = b"From: help@acme.test\r\nMessage-ID: <%d@x>\r\n" % uid + header + b"\r\n"
    return b"* 1 FETCH (UID %d %sBODY[HEADER]<0> {%d}\r\n" % (uid, more, len(raw)) + raw + b")\r\n"


def test_what_a_server_adds_or_leaves_out_does_no_harm(served):
    """Other mails than were asked for, mails without bytes or number, no sizes and no dates, flags in between."""
    tag = b"Subject: [%s]\r\n" % REFERENCE.encode()
    fetched = (
        one(1, header=tag)
        + one(9, header=tag)
        + b"* 2 FETCH (FLAGS (\\Seen))\r\n* 3 FETCH (UID 2 BODY[HEADER]<0> NIL)\r\n"
        b"* 4 FETCH (BODY[HEADER]<0> {0}\r\n)\r\n" + one(3, b'RFC822.SIZE 5 INTERNALDATE "x" ', tag)
    )
    server = Server(SEARCH=b"* SEARCH 3 2 1 1\r\n", FETCH=fetched)
    answer = served(server).fetch(REFERENCE)

    assert 2 == len(answer.entries)
    assert answer.updated_at is None


def test_mail_that_vanishes_while_it_is_read_is_an_empty_entry(served):
    """Somebody has deleted it after its header was read."""

    def fetch(connection, line):
        return one(1, header=b"Subject: [%s]\r\n" % REFERENCE.encode()) if b"HEADER" in line else b""

    [entry] = served(Server(SEARCH=FOUND, FETCH=fetch)).fetch(REFERENCE).entries

    assert "" == entry.text


def test_last_number_is_looked_for_where_the_server_does_not_say(served):
    """Or there is none yet."""
    assert "7:0" == served(Server()).changes(None, limit=5).cursor
    assert "7:41" == served(Server(SEARCH=b"* SEARCH 41\r\n")).changes(None, limit=5).cursor


def test_large_mailbox_is_gone_through_in_windows(served):
    """No answer holds the numbers of all of its mails."""
    server = Server(EXAMINE=b"* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 25001] x\r\n")
    vendor = served(server)
    cursor, pages = "7:0", []
    while not pages or pages[-1].more:
        pages.append(vendor.changes(cursor, limit=5))
        cursor = pages[-1].cursor

    assert ["7:10000", "7:20000", "7:25000"] == [page.cursor for page in pages]
    assert ["UID SEARCH UID 1:10000", "UID SEARCH UID 10001:20000", "UID SEARCH UID 20001:25000"] == [
        line for line in server.heard if "SEARCH" in line
    ]


def test_mails_that_are_too_many_and_too_large_are_not_all_read(served):
    """The newest are, up to 16 MiB; of the others it is said that they lie in the mailbox."""
    size = b"RFC822.SIZE 99999999 "

    def fetch(connection, line):
        if b"BODY.PEEK[]" in line:
            return one(int(line.split()[3]), size)
        return b"".join(one(uid, size, b"Subject: [%s]\r\n" % REFERENCE.encode()) for uid in range(1, 21))

    server = Server(SEARCH=b"* SEARCH " + b" ".join(b"%d" % each for each in range(1, 21)) + b"\r\n", FETCH=fetch)
    entries = served(server).fetch(REFERENCE).entries

    assert 20 == len(entries)
    assert [4, 16] == [sum(text in each.text for each in entries) for text in ("not read", "read in part")]
    assert "not read" in entries[0].text
    assert all(each in mailroom.Security for each in mailroom.PORTS)
