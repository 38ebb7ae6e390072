"""Mail: on real servers, in every way in which they may answer, or not."""

import email
import email.policy
import socket
from datetime import UTC, datetime, timedelta

import pytest
from tests.servers.mailboxes import PASSWORD, USER, mail_server
from tests.servers.receivers import listener

from supporttiers.actors import Contact
from supporttiers.backends.notification.smtp import SmtpNotifier
from supporttiers.errors import NotifyError, PluginError
from supporttiers.protocols import Notifier

SENDER = "Support <support@acme.example>"
SOON = timedelta(milliseconds=500)


@pytest.fixture
def server():
    """Run a server that wants no login."""
    with mail_server(enable_SMTPUTF8=True) as found:
        yield found


@pytest.fixture
def notifier(server, clock):
    """Make notifiers that write to it."""

    def make(**more):
        return SmtpNotifier("127.0.0.1", server.port, **{"sender": SENDER, "clock": clock, **more})

    return make


def read(envelope):
    """Read a mail as a reader does."""
    return email.message_from_bytes(envelope.content, policy=email.policy.default)


def to(address, id="anna", name=""):
    """Give recipients of a notification: one, with an address."""
    return (Contact(id=id, name=name, addresses={"email": address}),)


def refused(notifier, notification, key="k"):
    """Give what a notifier says of a mail that was not taken."""
    with pytest.raises(NotifyError) as caught:
        notifier.notify(notification, key=key)
    error = caught.value
    return error.problem, error.retryable, error.ambiguous


# -- what arrives


def test_mail_arrives_with_what_readers_and_machines_need(server, notifier, notification):
    """Sender, recipient, subject and text; a stable id, its thread, and that no machine should answer."""
    mail = notifier(reply_to="desk@acme.example", list_id="support.acme.example\n")
    assert isinstance(mail, Notifier)
    assert mail.per_recipient
    mail.notify(notification(), key="T-1:3:smtp")

    [envelope] = server.mails
    got = read(envelope)
    assert ("support@acme.example", ["anna@example.org"]) == (envelope.mail_from, envelope.rcpt_tos)
    assert ("Support <support@acme.example>", "Anna Ant <anna@example.org>") == (got["From"], got["To"])
    assert ("Case T-1 waits", "desk@acme.example") == (got["Subject"], got["Reply-To"])
    assert datetime(2026, 3, 23, 9, tzinfo=UTC) == got["Date"].datetime
    assert "Dear Anna,\n\nmy password is hunter2\n" == got.get_content().replace("\r\n", "\n")
    assert ("auto-generated", "bulk", "<support.acme.example>") == (
        got["Auto-Submitted"], got["Precedence"], got["List-Id"]
    )  # fmt: skip
    assert "DR, RN, NRN, OOF, AutoReply" == got["X-Auto-Response-Suppress"]


def test_mail_that_is_sent_again_can_be_told(server, notifier, notification):
    """One key, one id; another key, tenant or recipient's row, another id. Mails of a case share a thread."""
    told = [("T-1", "a", "x"), ("T-1", "a", "x"), ("T-1", "a", "y"), ("T-1", "b", "x"), ("T-2", "a", "z")]
    for case_id, tenant, key in told:
        notifier().notify(notification(case_id=case_id, tenant=tenant), key=key)
    mails = list(map(read, server.mails))
    ids = [mail["Message-ID"] for mail in mails]
    threads = [mail["References"] for mail in mails]

    assert ids[0] == ids[1]
    assert 4 == len(set(ids))
    assert threads == [mail["In-Reply-To"] for mail in mails]
    assert [True, True, False, False] == [each == threads[0] for each in threads[1:]]
    assert all(each.endswith("@acme.example>") for each in ids + threads)
    assert set(ids).isdisjoint(threads)


def test_mail_says_the_reason_where_nobody_has_written_a_text(server, notifier, notification):
    """In English, as everywhere."""
    notifier().notify(notification(subject="", text=""), key="k")

    got = read(server.mails[0])
    assert ("waiting for customer", "waiting for customer\r\n") == (got["Subject"], got.get_content())


@pytest.mark.parametrize(
    ("bounces", "sender"),
    [(None, "support@acme.example"), ("bounces@acme.example", "bounces@acme.example"), ("", "<>")],
)
def test_mail_comes_back_to_whom_it_should(server, notifier, notification, bounces, sender):
    """To the sender, to somebody else, or to nobody."""
    notifier(bounces=bounces).notify(notification(), key="k")

    assert sender == server.mails[0].mail_from


def test_mail_reaches_groups_and_people_whose_address_the_notifier_knows(server, notifier, notification):
    """An address of their own comes first."""
    mail = notifier(addresses={"purchasing": "buy@acme.example", "bob": "bob@acme.example", "anna": "old@acme.example"})
    mail.notify(notification(to="purchasing", recipients=()), key="1")
    mail.notify(notification(recipients=(Contact(id="bob"),)), key="2")
    mail.notify(notification(), key="3")

    assert [["buy@acme.example"], ["bob@acme.example"], ["anna@example.org"]] == [
        envelope.rcpt_tos for envelope in server.mails
    ]


# -- what stands in the way


@pytest.mark.parametrize(
    ("recipients", "problem"),
    [
        ((), "'assignee' has no address under 'email'"),
        ((Contact(id="anna", addresses={"sms": "+49 1"}),), "'anna' has no address under 'email'"),
        (to("secret"), "the address of 'anna' is none that can be written to"),
        (to("a@x.example\tb"), "the address of 'anna' is none that can be written to"),
        (to("Support@Acme.example"), "the address of 'anna' is that of a machine that would answer; nothing is sent"),
        (to("BOUNCES@acme.example"), "the address of 'anna' is that of a machine that would answer; nothing is sent"),
        (to("mailer-daemon@x.org"), "the address of 'anna' is that of a machine that would answer; nothing is sent"),
        (to("a@x.example") + to("b@x.example"), "it was handed 2 recipients at once, and writes to one"),
    ],
)  # fmt: skip
def test_mail_is_not_written_to_nobody_nor_to_machines(server, notifier, notification, recipients, problem):
    """The error names the person by id, never the address; trying again will not help."""
    mail = notifier(bounces="bounces@acme.example")

    assert (problem, False, False) == refused(mail, notification(recipients=recipients))
    assert [] == server.mails


def test_mail_that_is_put_off_is_taken_later(server, notifier, notification):
    """Greylisting: 451, and then 250."""
    server.answers["anna@example.org"] = ["451 4.7.1 <anna@example.org> greylisted"]

    assert ("the server refused recipient 'anna': 451 4.7.1", True, False) == refused(notifier(), notification())
    notifier().notify(notification(), key="k")
    assert 1 == len(server.mails)


def test_mail_to_an_unknown_address_is_given_up(server, notifier, notification):
    """550: the address does not exist. What the server said is not repeated, it may name people."""
    server.answers["anna@example.org"] = ["550 5.1.1 <anna@example.org>: unknown"]

    assert ("the server refused recipient 'anna': 550 5.1.1", False, False) == refused(notifier(), notification())


@pytest.mark.parametrize(
    ("answer", "said", "retryable"),
    [("452 full", "452", True), ("552 5.3.4 too big", "552 5.3.4", False), ("554 5.7.1 spam", "554 5.7.1", False)],
)
def test_mail_may_be_refused_after_its_text(server, notifier, notification, answer, said, retryable):
    """It has not been taken, and that is sure."""
    server.at_data = answer

    assert (f"the server refused the mail to 'anna': {said}", retryable, False) == refused(notifier(), notification())


def test_mail_whose_answer_does_not_come_may_have_arrived(server, notifier, notification):
    """The connection broke after the text, or the server fell silent."""
    server.at_data = "drop"
    lost = refused(notifier(), notification())
    assert "the server gave no answer that can be used (" == lost[0].partition("(")[0] + "("
    assert (True, True) == lost[1:]
    server.at_data = "hang"

    assert ("the server took longer than 1.5 s", True, True) == refused(notifier(timeout=SOON * 3), notification())


def scripted(*replies, then="close"):
    """Speak as a server that says these lines, one to each of the client's, and then hangs, drips or breaks off."""

    def speak(connection, over):
        lines = connection.makefile("rb")
        for number, reply in enumerate(replies):
            if number:
                lines.readline()
            connection.sendall(reply)
        if then == "hang":
            over.wait(20)
        while then == "drip" and not over.wait(0.02):
            connection.sendall(b"2")

    return listener(speak)


HELLO = (b"220 hello\r\n", b"250 hello\r\n")


@pytest.mark.parametrize("then", ["hang", "drip"])
@pytest.mark.parametrize("replies", [(), HELLO, (*HELLO, b"250 ok\r\n")], ids=["greeting", "sender", "recipient"])
def test_mail_does_not_wait_for_a_server_that_does_not_speak(notification, replies, then):
    """Nothing has been sent; a byte now and then does not help."""
    with scripted(*replies, then=then) as port:
        mail = SmtpNotifier("127.0.0.1", port, sender=SENDER, timeout=SOON)

        assert ("the server took longer than 0.5 s", True, False) == refused(mail, notification())


@pytest.mark.parametrize(
    ("replies", "problem"),
    [
        ((), "the server gave no answer that can be used (SMTPServerDisconnected)"),
        ((b"SSH-2.0-x\r\n",), "the server gave no answer that can be used (SMTPServerDisconnected)"),
        ((b"x" * 9000 + b"\r\n",), "the server gave no answer that can be used (SMTPResponseException)"),
        ((b"554 5.7.1 go away\r\n",), "the server refused the connection: 554 5.7.1"),
        ((b"421 4.3.2 later\r\n",), "the server refused the connection: 421 4.3.2"),
        ((b"220 hi\r\n", b"502 a\r\n", b"502 b\r\n"), "the server gave no answer that can be used (SMTPHeloError)"),
        ((*HELLO, b"451 4.3.0 not now\r\n"), "the server refused the sender: 451 4.3.0"),
        ((*HELLO, b"530 5.7.0 log in\r\n"), "the server refused the sender: 530 5.7.0"),
        ((*HELLO, b"250 ok\r\n", b"999\r\n"), "the server gave no answer that can be used (SMTPServerDisconnected)"),
        ((*HELLO, b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n"), "the server refused the mail to 'anna': 250"),
    ],
)  # fmt: skip
def test_mail_waits_for_a_server_that_is_not_itself(notification, replies, problem):
    """What is wrong with the server, not with the mail, may be mended while the mail waits."""
    with scripted(*replies) as port:
        mail = SmtpNotifier("127.0.0.1", port, sender=SENDER)

        assert (problem, True, False) == refused(mail, notification())


def test_mail_with_noise_for_an_answer_to_its_text_may_have_arrived(notification):
    """Nobody knows what a reply without a number means."""
    with listener(lambda connection, over: gibberish_at_the_end(connection)) as port:
        mail = SmtpNotifier("127.0.0.1", port, sender=SENDER)

        assert ("the server gave no answer that can be used (SMTPServerDisconnected)", True, True) == refused(
            mail, notification()
        )


def gibberish_at_the_end(connection):
    """Be a server up to the end of the text."""
    lines = connection.makefile("rb")
    for reply in (b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
        connection.sendall(reply)
        lines.readline()
    while lines.readline() != b".\r\n":
        pass
    connection.sendall(b"thank you\r\n")


@pytest.mark.parametrize("silent", [False, True], ids=["gone", "silent"])
def test_mail_that_was_taken_is_not_sent_again_for_a_goodbye(notification, silent):
    """The server is gone before it hears it, or does not answer."""

    def speak(connection, over):
        lines = connection.makefile("rb")
        for reply in (b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
            connection.sendall(reply)
            lines.readline()
        while lines.readline() != b".\r\n":
            pass
        connection.sendall(b"250 taken\r\n")
        if silent:
            over.wait(20)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with listener(speak) as port:
        SmtpNotifier("127.0.0.1", port, sender=SENDER).notify(notification(), key="k")


def test_mail_server_that_is_not_there_is_tried_again(notification):
    """Nothing has been sent."""
    with listener(lambda connection, over: None) as port:
        pass
    mail = SmtpNotifier("127.0.0.1", port, sender=SENDER)

    assert ("the server gave no answer that can be used (ConnectionRefusedError)", True, False) == refused(
        mail, notification()
    )


# -- safe ways


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_goes_by_tls_with_a_login(certified, trusting, notification, security):
    """The password is sent only when the way is safe."""
    tls = {"tls_context": certified, "require_starttls": True} if security == "starttls" else {"ssl_context": certified}
    more = {"auth_require_tls": False} if security == "tls" else {}
    with mail_server(authenticator=None, auth_required=True, **tls, **more) as server:
        server.SMTP_kwargs["authenticator"] = server.check_login
        mail = SmtpNotifier(
            "localhost", server.port, sender=SENDER, security=security, username=USER, password=PASSWORD,
            context=trusting,
        )  # fmt: skip
        mail.notify(notification(), key="k")

        assert [(True, USER.encode(), PASSWORD.encode())] == [
            (security == "tls" or a, b, c) for a, b, c in server.logins
        ]
        assert 1 == len(server.mails)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_is_not_given_to_a_server_that_cannot_prove_who_it_is(certified, notification, security):
    """An authority that the machine does not trust proves nothing."""
    tls = {"tls_context": certified} if security == "starttls" else {"ssl_context": certified}
    with mail_server(**tls) as server:
        mail = SmtpNotifier("localhost", server.port, sender=SENDER, security=security)

        assert ("the server gave no answer that can be used (SSLCertVerificationError)", True, False) == refused(
            mail, notification()
        )
        assert [] == server.mails


def test_mail_is_not_sent_in_plain_text_where_tls_was_wanted(server, notifier, notification):
    """Whoever takes STARTTLS out of a greeting gets nothing."""
    assert ("the server does not offer STARTTLS", True, False) == refused(notifier(security="starttls"), notification())


def test_mail_waits_where_starttls_is_refused(notification):
    """It was offered, and does not work now."""
    with scripted(b"220 hi\r\n", b"250-hi\r\n250 STARTTLS\r\n", b"454 4.7.0 not now\r\n") as port:
        mail = SmtpNotifier("127.0.0.1", port, sender=SENDER, security="starttls")

        assert ("the server refused STARTTLS: 454 4.7.0", True, False) == refused(mail, notification())


def test_mail_waits_where_the_login_is_refused(notification):
    """Somebody mends the password, and no mail is lost; the password is not shown."""
    with mail_server(auth_require_tls=False) as server:
        server.SMTP_kwargs["authenticator"] = server.check_login
        mail = SmtpNotifier("127.0.0.1", server.port, sender=SENDER, username=USER, password="wrong-hunter2")

        assert ("the server refused the login: 535", True, False) == refused(mail, notification())


def test_mail_server_without_logins_is_told_of(server, notifier, notification):
    """A login was wanted, and it knows none."""
    assert ("the server gave no answer that can be used (SMTPNotSupportedError)", True, False) == refused(
        notifier(username=USER, password=PASSWORD), notification()
    )


# -- addresses of the whole world


def test_mail_reaches_an_address_with_letters_of_the_world(server, notifier, notification):
    """By SMTPUTF8, where the server knows it; the domain is written in ASCII."""
    notifier().notify(notification(recipients=to("jörg@bücher.example", name="Jörg")), key="k")

    [envelope] = server.mails
    assert ["jörg@xn--bcher-kva.example"] == envelope.rcpt_tos
    assert "Jörg <jörg@xn--bcher-kva.example>" == read(envelope)["To"]


def test_mail_to_letters_of_the_world_needs_a_server_that_knows_them(notification):
    """Trying again will not help."""
    with mail_server(enable_SMTPUTF8=False) as server:
        mail = SmtpNotifier("127.0.0.1", server.port, sender=SENDER)
        problem = "the address of 'anna' is not in ASCII, and the server does not know SMTPUTF8"

        assert (problem, False, False) == refused(mail, notification(recipients=to("jörg@x.example")))
        mail.notify(notification(recipients=to("joerg@bücher.example")), key="k")
        assert ["joerg@xn--bcher-kva.example"] == server.mails[0].rcpt_tos


# -- how it is made


def test_notifier_reads_its_url():
    """With everything that can be said."""
    url = (
        "smtp://de%40sk:hunt%2Fer2@mail.example.org:2525?from=Support%20<support@acme.example>&security=tls"
        "&bounces=&reply_to=r+1@acme.example&list_id=support.acme.example&timeout=5"
    )
    mail = SmtpNotifier.from_url(url, name="post")

    assert "SmtpNotifier('post', 'mail.example.org', 2525, tls)" == repr(mail)
    assert ("de@sk", "hunt/er2") == mail._login
    assert (None, timedelta(seconds=5)) == (mail._bounces, mail._server.timeout)
    assert ("Support", "r+1@acme.example") == (mail._sender.name, str(mail._sender.reply_to))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("smtp://localhost?from=a@b.example", "SmtpNotifier('smtp', 'localhost', 25, plain)"),
        ("smtp://[::1]:2525/?from=a@b.example", "SmtpNotifier('smtp', '::1', 2525, plain)"),
        ("smtp://mail.example.org?from=a@b.example", "SmtpNotifier('smtp', 'mail.example.org', 587, starttls)"),
        ("smtps://u:hunter2@mail.example.org?from=a@b.example", "SmtpNotifier('smtp', 'mail.example.org', 465, tls)"),
    ],
)
def test_notifier_knows_the_usual_ports(url, shown):
    """To this machine in plain text, to others never unless told so; no password is shown."""
    assert shown == repr(SmtpNotifier.from_url(url))


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("smtp://mail.example.org:hunter2?from=a@b.example", "must name a host, and a port only as a number"),
        ("smtp://?from=a@b.example", "must be as in smtp://"),
        ("http://mail.example.org?from=a@b.example", "must be as in smtp://"),
        ("smtp://mail.example.org/hunter2?from=a@b.example", "must be as in smtp://"),
        ("smtp://mail.example.org?from=a@b.example#hunter2", "must be as in smtp://"),
        ("smtp://mail.example.org", "does not say who writes"),
        ("smtp://mail.example.org?from=a@b.example&from=c@d.example", "says 'from' 2 times"),
        ("smtp://mail.example.org?from=a@b.example&form=x", "says 'form', which is no option; possible are: from, "),
        ("smtp://mail.example.org?from=a@b.example&hunter2", "says 'a part without =', which is no option"),
        ("smtp://mail.example.org?from=a@b.example&timeout=0", "'timeout' in its URL must be a number of seconds"),
        ("smtp://mail.example.org?from=a@b.example&timeout=121", "timeout must be at most 120 seconds"),
        ("smtp://mail.example.org?from=a@b.example&timeout=x", "'timeout' in its URL must be a number of seconds"),
        ("smtp://mail.example.org?from=a@b.example&security=ssl", "security must be one of: starttls, tls, plain"),
        ("smtp://mail.example.org:0?from=a@b.example", "port is 0; possible is 1 to 65535"),
        ("smtp://u:hunter2@mail.example.org?from=a@b.example&security=plain", "it would send its password to mail.ex"),
        ("smtp://u:hunt%0Aer2@mail.example.org?from=a@b.example", "login must be printable ASCII"),
        ("smtp://u:hünter2@mail.example.org?from=a@b.example", "login must be printable ASCII"),
        ("smtp://mail.example.org?from=hunter2", "sender must be an address in ASCII"),
        ("smtp://mail.example.org?from=a@b.example%0d%0aBcc:%20x@y.example", "sender must be an address in ASCII"),
        ("smtp://mail.example.org?from=jörg@b.example", "sender must be an address in ASCII"),
        ("smtp://mail.example.org?from=a@b.example&reply_to=x", "reply_to must be an address in ASCII"),
        ("smtp://mail.example.org?from=a@b.example&bounces=x", "bounces must be an address in ASCII"),
        ("smtp://mail.example.org?from=a@b.example&list_id=a%20b", "list_id must be written as a domain"),
    ],
)
def test_notifier_refuses_a_url_that_cannot_be(url, problem):
    """It says what is possible, and shows no secret."""
    with pytest.raises(PluginError) as caught:
        SmtpNotifier.from_url(url)

    assert problem in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": ""}, "name must not be empty"),
        ({"name": None}, "'notifier' does not fit: name must be a text"),
        ({"host": ""}, "host must not be empty"),
        ({"port": True}, "port must be a whole number"),
        ({"timeout": 5}, "timeout must be a timedelta"),
        ({"sender": None}, "sender must be an address"),
        ({"reply_to": 7}, "reply_to must be an address"),
    ],
)
def test_notifier_refuses_what_cannot_be(changes, problem):
    """At the beginning, and by name."""
    given = {"host": "mail.example.org", "sender": SENDER, **changes}
    with pytest.raises(PluginError) as caught:
        SmtpNotifier(given.pop("host"), **given)

    assert problem in str(caught.value)
