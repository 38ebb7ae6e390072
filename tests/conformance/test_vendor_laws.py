"""What the laws of gateways say where they cannot be applied, or find something that no gateway of ours does."""

import contextlib
import logging
import smtplib
import socket
import urllib.request
from datetime import timedelta
from typing import ClassVar
from urllib.parse import urlsplit

import pytest
from tests.conformance.faulty.vendors import EndlessPages, RestGateway
from tests.servers.mailboxes import mail_server
from tests.servers.receivers import listener
from tests.servers.tickets import SECRETS, TOKEN, Hands, tickets

from supporttiers.backends.transport import HttpRequest, HttpTransport, TransportError
from supporttiers.effects import VendorNews
from supporttiers.errors import VendorError, WebhookRefusedError
from supporttiers.testing.suites import VendorSuite, _vendor_given, vendor_hearing
from supporttiers.testing.suites._conversation import Conversation
from supporttiers.testing.suites._proxy import Proxy, cut_after, cut_before, cut_in_body, gushing, saying, stall
from supporttiers.testing.suites._vendor_given import attempted, wanted

FAILED, SKIPPED = pytest.fail.Exception, pytest.skip.Exception
SECONDS = timedelta(seconds=10)


class Hasty(VendorSuite):
    """Never waits."""

    __test__ = False
    patience: ClassVar = timedelta(0)


LAWS = Hasty()


@pytest.fixture
def system():
    """Run a vendor's system."""
    with tickets() as found:
        yield found


@pytest.fixture
def gateway(system):
    """Give a gateway to it."""
    return connect(system.url, timeout=SECONDS)


@pytest.fixture
def proxy(system):
    """Give a proxy before it."""
    found = Proxy(system.url)
    yield found
    found.close()


def connect(url, /, *, timeout, wrong_key=False, clock=None):
    """Make a gateway."""
    return RestGateway(url, token=TOKEN, timeout=timeout, clock=clock)


class Failing:
    """A gateway of which every call fails in one way."""

    name = "acme"
    repeats = False

    def __init__(self, error=None):
        self.error = error or VendorError("acme", "it is away", retryable=True)

    def open(self, request, /, *, key):
        """Fail."""
        raise self.error

    def receive(self, call, /):
        """Fail, too."""
        raise self.error


# -- the proxy


def fetched(proxy, method="GET", body=b""):
    """Ask through a proxy."""
    request = HttpRequest(method=method, url=proxy.url, body=body)
    return HttpTransport().send(request, within=SECONDS)


@pytest.mark.parametrize("end", [b"0\r\n\r\n", b""])
def test_proxy_reads_chunks(end):
    """An answer in pieces has no length; one that breaks off, has no end."""

    def chunked(connection, over):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        connection.sendall(end)

    with listener(chunked) as port, contextlib.closing(Proxy(f"http://localhost:{port}/x")) as proxy:
        if end:
            assert b"abc" == fetched(proxy).body
        else:
            with pytest.raises(TransportError):
                fetched(proxy)


def test_proxy_reads_to_the_end_what_has_no_length():
    """As of servers of old; what is sent with a body arrives whole, however it is cut."""
    seen = []

    def old(connection, over):
        data = b""
        while not data.endswith(b"!"):
            data += connection.recv(1000)
        seen.append(data)
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
        connection.sendall(b"abc")

    with listener(old) as port, contextlib.closing(Proxy(f"http://localhost:{port}/x")) as proxy:
        assert b"abc" == fetched(proxy, "POST", b"x" * 200_000 + b"!").body
        assert (1, 1, 1) == (proxy.turns, proxy.writes, proxy.arrived)
    assert seen[0].endswith(b"x!")
    assert f"Host: localhost:{port}".encode() in seen[0]


def test_proxy_ends_whoever_it_holds(system):
    """And minds nobody who says nothing."""
    proxy = Proxy(system.url)
    parts = ("127.0.0.1", int(proxy.url.split(":")[2].split("/")[0]))
    socket.create_connection(parts).close()
    proxy.arm(stall)
    with contextlib.closing(socket.create_connection(parts)) as held:
        held.sendall(b"GET /api/me HTTP/1.1\r\nHost: x\r\n\r\n")
        while not proxy.turns:
            _vendor_given.pause()
        proxy.calm()
        proxy.close()
        assert b"" == held.recv(10)


# -- what cannot be applied


def test_law_is_left_out_with_a_reason(gateway, proxy, system):
    """Where the author has not given what it needs, it says what that is."""
    hands = Hands(system)
    for law, reason in [
        (lambda: LAWS.test_statuses_are_translated(gateway, hands), "give `raw_statuses`"),
        (lambda: LAWS.test_unknown_status_is_not_guessed(gateway, hands), "give `unmapped`"),
        (lambda: LAWS.test_secret_can_be_changed(gateway, hands), "give two `hook_secrets`"),
    ]:  # fmt: skip
        with pytest.raises(SKIPPED, match=reason):
            law()


def test_proxy_that_cannot_lie_leaves_the_law_out(gateway, proxy):
    """A gateway that never changes a status in the same way twice."""

    class Careful(RestGateway):
        def set_status(self, remote_id, status, /, *, expect=None):
            """Change nothing that is so already."""
            return self.fetch(remote_id)

    with pytest.raises(SKIPPED, match="no two of its changes are alike"):
        LAWS.test_yes_without_a_change_is_not_applied(
            lambda url, **given: Careful(url, token=TOKEN, **given), gateway, proxy
        )


def test_ticket_that_cannot_be_followed_is_gone(gateway, system):
    """Some vendors do not say where a ticket has gone."""

    class Lost(Hands):
        def move(self, remote_id):
            """Do not say where to."""
            self.delete(remote_id)
            return ""

    LAWS.test_moved_ticket_is_followed(gateway, Lost(system))


def test_file_need_not_be_seen(gateway, proxy):
    """Without hands only the errors are looked at."""
    LAWS.test_lost_answer_attaches_the_file(connect, gateway, proxy, None, "cut after the request")


def test_tickets_are_counted_by_a_search(gateway):
    """Where nobody else can count them."""
    asked, _ = LAWS._opened(gateway)
    assert [1, 1, None] == [
        LAWS._count(gateway, None, asked, patient=True), LAWS._count(gateway, None, asked, patient=False),
        LAWS._count(Failing(), None, asked, patient=True),
    ]  # fmt: skip


def test_what_must_not_be_repeated_is_left_to_people():
    """A gateway without a search that must not be asked twice."""
    assert LAWS._gone_on(Failing(), wanted(), exists=True) is None


def test_call_without_an_exchange_meets_no_fault(proxy):
    """It has nothing to tell."""
    assert [] == list(LAWS._met(proxy, saying(500), {"check": lambda: None}, due="unavailable"))


def test_unsigned_calls_are_hints(gateway, system):
    """Where the gateway claims no signatures, nothing may be believed."""

    class Unsigned(Hasty):
        hook_secrets: ClassVar = SECRETS

    Unsigned().test_call_of_the_vendor_is_understood(gateway, Hands(system))


# -- what no gateway of ours does


def test_errors_must_be_sound():
    """Of a kind that there is, and no other errors."""
    for error, problem in [
        (VendorError("acme", "x", retryable=True, kind="odd"), "of a kind that there is not: 'odd'"),
        (KeyError("x"), "raises a KeyError; a gateway raises VendorError"),
    ]:
        with pytest.raises(FAILED, match=problem):
            attempted("`open`", lambda error=error: Failing(error).open(None, key="k"))


def test_ticket_like_any_other_must_be_opened():
    """Else nothing can be proved."""
    with pytest.raises(FAILED, match="`open` fails on a ticket like any other: acme: it is away"):
        LAWS._opened(Failing())
    gateway = Failing()
    gateway.repeats = True
    with pytest.raises(FAILED, match="`open` with a key that was used before fails"):
        LAWS._gone_on(gateway, wanted(), exists=False)


def test_crowd_must_be_let_in_some_time(monkeypatch):
    """Whoever fails again and again, fails."""
    monkeypatch.setattr("supporttiers.testing.suites.vendor_opening.pause", lambda: None)
    with pytest.raises(FAILED, match="`open` fails 20 times where many open tickets"):
        LAWS._pressed(Failing(), wanted())


def test_crowd_finds_what_was_opened(gateway, system):
    """As the core does where nobody knows whether it was."""

    class LosesAnswers(RestGateway):
        lost = False

        def open(self, request, /, *, key):
            """Open it, and lose the answer."""
            super().open(request, key=key)
            raise VendorError(self.name, "it does not answer", retryable=True, ambiguous=True)

    held = LosesAnswers(system.url, token=TOKEN, timeout=SECONDS)
    assert "1" == LAWS._pressed(held, wanted())


def test_trouble_of_its_own_is_told_from_the_proxys(proxy):
    """A call that is too slow for its time-out has not been held up."""
    proxy.arm(cut_after, at=2)
    with pytest.raises(FAILED, match=r"fails by itself, before it is held up: .* does it need a longer `timeout`"):
        LAWS._through(proxy, "`open`", lambda: Failing().open(None, key="k"))


def test_faults_meet_what_asks_for_a_change(proxy):
    """An answer that is lost as a whole is lost everywhere; the other ways at the first exchange and at changes."""

    def met(fault):
        """Ask thrice, and change something twice; give which of these met the fault."""
        found = []
        for _ in LAWS._places(proxy, fault):
            for number, method in enumerate(["GET", "GET", "POST", "GET", "PUT"], 1):
                try:
                    fetched(proxy, method)
                except TransportError:
                    found.append(number)
        return found

    assert [1, 2, 3, 4, 5] == met(cut_after)
    assert [1, 3, 5] == met(cut_before)


def test_places_are_bounded(proxy):
    """A gateway that makes exchanges without end is not followed for ever."""
    proxy.calm = lambda: True
    assert 12 == len(list(LAWS._places(proxy, cut_in_body)))
    del proxy.calm


def test_calls_that_are_refused_or_break_it_are_told():
    """Whatever is raised."""
    with pytest.raises(FAILED, match=r"a call of the vendor's is refused: .* no"):
        LAWS._received(Failing(WebhookRefusedError("acme", 401, "no")), {}, b"")
    with pytest.raises(FAILED, match="`receive` raises a KeyError; it raises WebhookRefusedError"):
        LAWS._maybe(Failing(KeyError("x")), {}, b"")
    with pytest.raises(AssertionError, match="a refusal says to answer 500"):
        LAWS._maybe(Failing(WebhookRefusedError("acme", 500, "no")), {}, b"")


def test_pages_without_end_are_told(system):
    """A cursor has to go on."""
    gateway = EndlessPages(system.url, token=TOKEN, timeout=SECONDS)
    with pytest.raises(FAILED, match="`changes` says `more` for ever"):
        vendor_hearing._changed(gateway, "0")


def test_secrets_are_found_in_logs_of_the_gateway_only(caplog):
    """A server's logger can be left out; the report does not show what was found."""

    class Secretive(Hasty):
        secrets: ClassVar = (TOKEN,)
        other_loggers: ClassVar = ("acme.server",)

    with caplog.at_level(logging.INFO):
        logging.getLogger("acme.server.http").info("key %s", TOKEN)
        Secretive()._untold_by(caplog)
        logging.getLogger("acme.gateway").info("key %s", TOKEN)
    with pytest.raises(FAILED, match=r"the logger 'acme.gateway' .* tells what is private: secret 1") as caught:
        Secretive()._untold_by(caplog)
    assert TOKEN not in str(caught.value)


def test_look_is_taken_again_until_it_is_there():
    """As long as patience lasts."""

    class Patient(VendorSuite):
        __test__ = False

    seen = iter([(), (), ("x",)])
    assert ("x",) == Patient()._seen(lambda: next(seen))


def test_answer_without_end_has_one(system, proxy):
    """Whoever reads it all is found out, and is not kept for ever."""
    taken = []
    proxy.arm(gushing(taken.append))
    with urllib.request.urlopen(proxy.url, timeout=20) as answer:
        assert 64 * 1024 * 1024 < len(answer.read())
    proxy.close()
    assert [64 * 1024 * 1024] == taken


def test_garbage_may_be_understood_where_nothing_is_signed(system, gateway):
    """A hint of anybody's does no harm."""

    class Open(RestGateway):
        def receive(self, call, /):
            """Take anything for a hint."""
            return VendorNews(hints=("1",))

    Hasty().test_garbage_is_refused(Open(system.url, token=TOKEN, timeout=SECONDS), SignsItself(system))


class SignsItself(Hands):
    """An agent whose calls are signed with a secret that the suite does not know of."""

    def call(self, remote_id, text, *, delivery, at, secret):
        """Tell of an entry."""
        return super().call(remote_id, text, delivery=delivery, at=at, secret=secret or SECRETS[0])


def test_conversation_is_passed_on_line_by_line():
    """A mail of any size is one turn, and the only one that counts as written."""
    with mail_server() as server, contextlib.closing(Conversation(f"smtp://127.0.0.1:{server.port}")) as line:
        line.arm(cut_after, at=99)
        with smtplib.SMTP("127.0.0.1", urlsplit(line.url).port, timeout=10) as client:
            client.sendmail("desk@example.org", ["ann@acme.test"], b"Subject: x\r\n\r\n" + b"long\r\n" * 50_000)
        assert (1, 1, False) == (line.writes, line.arrived, line.calm())
        assert 1 == len(server.mails)
        assert line.turns >= 5


def test_conversation_ends_with_its_server():
    """Whoever asks hears the end."""

    def rude(connection, over):
        connection.sendall(b"220 hello\r\n")
        connection.recv(1000)

    with (
        listener(rude) as port,
        contextlib.closing(Conversation(f"smtp://127.0.0.1:{port}")) as line,
        pytest.raises(smtplib.SMTPServerDisconnected, match="unexpectedly closed"),
    ):
        smtplib.SMTP("127.0.0.1", urlsplit(line.url).port, timeout=10).ehlo()


def test_lost_line_ends_the_conversation(request):
    """And what means nothing by mail is left out."""
    with mail_server() as server, contextlib.closing(Conversation(f"smtp://127.0.0.1:{server.port}")) as line:
        line.arm(cut_after, at=1)
        with pytest.raises(smtplib.SMTPServerDisconnected):
            smtplib.SMTP("127.0.0.1", urlsplit(line.url).port, timeout=10).ehlo()
        assert line.calm()
        with pytest.raises(SKIPPED, match="has no body"):
            next(LAWS._places(line, cut_in_body))
