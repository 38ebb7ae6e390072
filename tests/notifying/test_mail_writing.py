"""Mails as they are written: whatever stands in subjects, names, texts and addresses, no header more comes of it."""

import email
import email.policy
import re

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from supporttiers.actors import Contact
from supporttiers.backends._mail.writing import MAX_ADDRESS, Mailbox, Sender, on_the_line
from supporttiers.backends.notification._mail import compose
from supporttiers.clock import FakeClock
from supporttiers.effects import Notification
from supporttiers.reasons import Reason
from supporttiers.tiers import Status

NOW = FakeClock("2026-03-23T09:00Z").now()
SENDER = Sender(mailbox=Mailbox("support", "acme.example"), name="Support")
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "Precedence",
    "X-Auto-Response-Suppress", "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
}  # fmt: skip
TOLD = Notification(
    tenant="default", case_id="T-1", to="assignee", recipients=(Contact(id="anna"),), reason=Reason("case.idle"),
    tier=1, status=Status.QUEUED, at=NOW,
)  # fmt: skip

hostile = (
    st.text(max_size=80)
    | st.text(alphabet='\r\n\t\0 :=?._-\x0b\x0c\x1c\x85\u2028\u202e\ud800aB<>"\\,@;ä\U0001f4a5', max_size=120)
    | st.lists(st.sampled_from(["\r\n", "\n", "\r", "Bcc: x@y.example", "=?utf-8?q?=0D=0ABcc:_x?=", " ", "."])).map(
        "".join
    )
)


def written(subject="", text="", name="", to="anna@example.org"):
    """Write a mail; give its bytes on the line, and what a reader reads."""
    mailbox = Mailbox.of(to)
    told = attrs.evolve(TOLD, subject=subject, text=text)
    mail = compose(told, key="k", sender=SENDER, to=mailbox, to_name=name, now=NOW)
    raw = on_the_line(mail)
    assert raw.endswith(b"\r\n.\r\n")
    undotted = re.sub(rb"(?m)^\.\.", b".", raw.removesuffix(b".\r\n"))
    return raw, email.message_from_bytes(undotted, policy=email.policy.default)


@given(hostile, hostile, hostile)
@example("a\r\nBcc: x@y.example", ".\r\n.\r\nMAIL FROM:<x@y.example>", "b\r\n\r\nbody")
@example("x" * 5000, "x" * 5000, "ä" * 5000)
@example("a" * 77 + "\n" + "ü" * 77, "", "=?utf-8?q?=0D=0ABcc:_x?=")
def test_mail_has_no_header_more_whatever_its_parts_hold(subject, text, name):
    """Its lines end as they must, none is too long, and a line with a dot does not end it."""
    raw, got = written(subject, text, name)

    assert HEADERS == set(got.keys())
    assert len(HEADERS) == len(got.keys())
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert raw.isascii()
    assert b"\r\n.\r\n" not in raw.removesuffix(b"\r\n.\r\n")
    assert ["anna@example.org"] == [each.addr_spec for each in got["To"].addresses]


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=60))
def test_mail_is_read_as_it_was_written(words):
    """What is no attack arrives as it is."""
    _, got = written(words, words)

    assert words == got["Subject"]
    assert words == got.get_content().replace("\r\n", "\n").removesuffix("\n")


@given(st.text(alphabet="ab ", min_size=60, max_size=90).map(lambda text: f"[T-1]{text}z"))
@example("[T-1] " + "words " * 11 + "at")
@example("[T-1]" + "x" * 68)
def test_subject_begins_on_the_line_of_its_name(subject):
    """Readers may take an empty first line for an empty subject."""
    raw, got = written(subject)
    [first] = [line for line in raw.split(b"\r\n") if line.startswith(b"Subject:")]

    assert first.startswith(b"Subject: [T-1]")
    assert " ".join(subject.split()) == got["Subject"]


@pytest.mark.parametrize("length", range(60, 90))
def test_no_header_begins_with_an_empty_line(length):
    """Nor is a line of words longer than it should be, of whatever length a subject is."""
    raw, got = written(("[T-1] " + "word " * 20)[:length].strip() + "s")
    lines = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")

    assert [] == [line for line in lines if line.endswith(b":")]
    assert max(map(len, lines)) <= 78
    assert length - 1 <= len(got["Subject"]) <= length + 1


def test_mail_shows_breaks_in_lines_as_blanks():
    """What would have been another header is part of the line."""
    _, got = written("a\r\nBcc: x@y.example\0\u2028z", name="Ann\r\nEvil: 1")

    assert "a Bcc: x@y.example z" == got["Subject"]
    assert "Ann Evil 1" == got["To"].addresses[0].display_name


def test_mail_keeps_its_lines_and_loses_what_no_mail_can_hold():
    """U+0000 goes, a lone surrogate is a question mark, and every line end is one."""
    _, got = written(text="one\rtwo\r\nthree\0\ud800\n\n")

    assert "one\ntwo\nthree?\n" == got.get_content().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" anna@example.org ", "anna@example.org"),
        ("a.b+c_d-e!#$%&'*/=?^`{|}~@sub.example.org", "a.b+c_d-e!#$%&'*/=?^`{|}~@sub.example.org"),
        ("anna@bücher.example", "anna@xn--bcher-kva.example"),
        ("anna@例え.example", "anna@xn--r8jz45g.example"),
        ("jörg@example.org", "jörg@example.org"),
        ("a" * 64 + "@x.example", "a" * 64 + "@x.example"),
        ("anna@localhost", "anna@localhost"),
    ],
)
def test_address_is_written_as_a_server_takes_it(text, address):
    """The domain in ASCII."""
    assert address == str(Mailbox.of(text))


@pytest.mark.parametrize(
    "text",
    [
        "", "anna", "@example.org", "anna@", "a b@example.org", "a@b@example.org", "a@example..org", "a@.org",
        "a@example.org\r\nRCPT TO:<x@y.example>", "a\n@example.org", "<a@example.org>", "a,b@example.org",
        '"a b"@example.org', "a@[127.0.0.1]", "a@exa mple.org", "a@exam_ple-.org", "a@-x.org", ".a@example.org",
        "a..b@example.org", "a" * 65 + "@example.org", "ä" * 33 + "@example.org", "a@" + "x" * 64 + ".org",
        "a@" + "x." * 130 + "org", "a@straße.example", "a@STRAẞE.example", "a@x\u200dy.example", "a@\u2028.org",
        "a\u00a0b@example.org", "a@\udc00.org", "=?utf-8?q?a=0d=0aBcc=3a_eve=40evil.example?=@example.org",
        "=?utf-8?q?eve=40evil.example=2c_b?=@example.org",
    ],
)  # fmt: skip
def test_address_that_is_none_is_refused(text):
    """Also one that older and newer rules for domains would send to different places."""
    assert Mailbox.of(text) is None


@given(hostile | st.emails())
def test_address_is_safe_whatever_it_was(text):
    """No blank, no control character, nothing that a server would take for the end of it."""
    found = Mailbox.of(text)

    assert found is None or re.fullmatch(r"[^\s<>\x00-\x1f\x7f]+@[A-Za-z0-9_.-]+", str(found))
    assert found is None or len(str(found).encode()) <= MAX_ADDRESS


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Dr. Jörg O'Neill-Ōta", "Dr. Jörg O'Neill-Ōta"),
        ("देवनागरी", "देवनागरी"),
        ('Ant, Anna "A." <evil@x.example>', "Ant Anna A. evil x.example"),
        ("x" * 100, "x" * 64),
        ("...", ""),
    ],
)
def test_mail_shows_of_names_what_needs_no_quotes(name, shown):
    """An address within a name would be taken for one to write to."""
    _, got = written(name=name)

    assert shown == got["To"].addresses[0].display_name
    assert 1 == len(got["To"].addresses)


def test_mail_to_letters_of_the_world_is_written_in_utf8():
    """Only then: servers that do not know it are never handed one."""
    raw, _ = written("ä", "ö", "Jörg", to="jörg@example.org")

    assert b"To: " + "Jörg <jörg@example.org>\r\n".encode() in raw
    assert b"Subject: " + "ä\r\n".encode() in raw


def test_mail_does_not_decode_what_looks_encoded():
    """The standard library would, and a line break in it would begin another header."""
    _, got = written("=?utf-8?q?=0D=0ABcc:_x?=", name="=?utf-8?q?=0D=0ABcc:_x?=")

    assert "= ?utf-8?q?=0D=0ABcc:_x?=" == got["Subject"]
    assert "utf-8 q 0D 0ABcc _x" == got["To"].addresses[0].display_name
