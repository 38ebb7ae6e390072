"""Answers of mail servers that are lost, at every line: nothing is sent twice, and nothing is lost."""

import threading
from datetime import timedelta

import pytest
from tests.mailing.conftest import KEY, REFERENCE
from tests.mailing.relay import relay
from tests.servers import mailroom

from supporttiers.effects import VendorMessage
from supporttiers.errors import VendorError
from supporttiers.links import reference_of

LINES = range(1, 60)
MESSAGE = VendorMessage(tenant="default", case_id="T-1", text="News?", reference=reference_of("k2"))


def settled(look):
    """Look until it is there: a server that was cut off goes on for a moment."""
    pause = threading.Event()
    for _ in range(5):
        if found := look():
            return found
        pause.wait(0.02)
    return look()


def failure(call):
    """Call, and give the error; None where there is none."""
    try:
        call()
    except VendorError as error:
        return error
    return None


def copies(office, reference):
    """Count the mails of one id that have reached the vendor."""
    return len([mail for mail in office.at_vendor if f"<{reference}@".encode() in mail])


@pytest.mark.parametrize("passes", [False, True], ids=["before the line", "after the line"])
def test_opening_that_is_cut_off_at_any_line_sends_one_mail(vendor_of, office, request_of, passes):
    """Whoever goes on as the core does: looks, adopts, and else opens again."""
    with relay(office.port) as (port, wire):
        vendor = vendor_of(smtp=f"smtp://127.0.0.1:{port}")
        for line in LINES:
            key = f"{KEY}/{line}"
            reference = reference_of(key)
            wire.arm(line, passes=passes)
            error = failure(lambda key=key: vendor.open(request_of(key=key), key=key))
            hit = wire.hit
            if error is not None:
                taken = settled(lambda reference=reference: vendor.find(reference)) if error.ambiguous else ()
                assert error.ambiguous or not vendor.find(reference)
                assert error.retryable
                if not taken:
                    wire.arm(0, passes=True)
                    vendor.open(request_of(key=key), key=key)
            assert 1 == copies(office, reference)
            if not hit:
                break

    assert line > 15


@pytest.mark.parametrize("passes", [False, True], ids=["before the line", "after the line"])
def test_reading_that_is_cut_off_at_any_line_sends_nothing(vendor_of, folder, office, request_of, passes):
    """It can be asked for again; a comment whose thread cannot be read is not sent."""
    with relay(folder.port) as (port, wire):
        held = vendor_of(imap=f"imap://desk%40example.org@127.0.0.1:{port}/{folder.name}")
        held.open(request_of(), key=KEY)
        calls = {
            "fetch": lambda: held.fetch(REFERENCE), "find": lambda: held.find(REFERENCE), "check": held.check,
            "changes": lambda: held.changes("0:0", limit=5),
            "comment": lambda: held.comment(REFERENCE, MESSAGE, key="k2"),
        }  # fmt: skip
        for name, call in calls.items():
            for line in LINES:
                sent = len(office.at_vendor)
                wire.arm(line, passes=passes)
                error = failure(call)
                if error is not None:
                    assert (True, False, True) == (error.retryable, error.ambiguous, wire.hit), name
                    assert sent == len(office.at_vendor), name
                if not wire.hit:
                    break


def test_server_that_is_silent_after_the_mail_leaves_it_open(vendor_of, office, request_of):
    """The time is over; the copy tells that it was taken."""
    with relay(office.port) as (port, wire):
        vendor = vendor_of(smtp=f"smtp://127.0.0.1:{port}", timeout=timedelta(seconds=1))
        wire.arm(0, passes=True)
        vendor.open(request_of(key="first"), key="first")
        lines = office.at_vendor[0].count(b"\n")
        wire.arm(lines + 6, passes=True, stalls=True)  # EHLO, MAIL, RCPT, RCPT, DATA, the mail and its end
        with pytest.raises(VendorError, match="took longer than 1 s") as raised:
            vendor.open(request_of(), key=KEY)
        [found] = settled(lambda: vendor.find(REFERENCE))

    assert (True, "unavailable", REFERENCE) == (raised.value.ambiguous, raised.value.kind, found.remote_id)


def test_mailbox_that_is_silent_is_left(vendor_of, folder):
    """Whatever it is waited for."""
    with relay(folder.port) as (port, wire):
        vendor = vendor_of(
            imap=f"imap://desk%40example.org@127.0.0.1:{port}/{folder.name}", timeout=timedelta(seconds=0.5)
        )
        for line in (1, 3):
            wire.arm(line, passes=True, stalls=True)
            with pytest.raises(VendorError, match=r"the mailbox took longer than 0\.5 s") as raised:
                vendor.fetch(REFERENCE)
            assert ("unavailable", True) == (raised.value.kind, raised.value.retryable)


def test_mailbox_is_read_by_tls(vendor_of, folder, authority, trusting, certified):
    """From the beginning; a certificate that nobody vouches for is none."""
    with relay(folder.port, context=certified) as (port, _):
        url = f"imaps://desk%40example.org@localhost:{port}/{folder.name}"
        assert () == vendor_of(imap=url, context=trusting).find(REFERENCE)
        with pytest.raises(VendorError, match="SSLCertVerificationError") as raised:
            vendor_of(imap=url).find(REFERENCE)

    assert "unavailable" == raised.value.kind


def test_mailbox_goes_over_to_tls(vendor_of, folder, authority, trusting, tmp_path):
    """Where a server offers it; one that does not is not spoken with."""
    chain = tmp_path / "chain.pem"
    chain.write_bytes(authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.bytes())
    login = "desk%40example.org@localhost"
    with mailroom.mailroom(chain) as port:
        vendor = vendor_of(imap=f"imap://{login}:{port}/INBOX?security=starttls", context=trusting)
        assert "desk@example.org" == vendor.check().account
    plain = vendor_of(imap=f"imap://{login}:{folder.port}/INBOX?security=starttls", context=trusting)
    with pytest.raises(VendorError, match="does not offer STARTTLS"):
        plain.check()


def test_errors_of_both_servers_read_as_what_they_say():
    """They are turned into the gateway's own, and stand in tracebacks until then."""
    from supporttiers.backends._mail.mailroom import MailroomError
    from supporttiers.backends._mail.submission import SubmissionError

    assert ["it is full", "it is full"] == [str(kind("it is full")) for kind in (MailroomError, SubmissionError)]
