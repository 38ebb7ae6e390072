"""Mails as strangers write them: whatever stands in them, they are read in bounded time, and nothing of it is run."""

from datetime import UTC, datetime
from time import perf_counter

import pytest

from supporttiers import _fields as fields
from supporttiers.backends._mail.mailroom import Envelope
from supporttiers.backends.vendor._html import text_of_html
from supporttiers.backends.vendor._letters import Kind, letter_of
from supporttiers.backends.vendor._mail_content import CUT, MAX_TEXT, NOT_WHOLE, TOO_DEEP, UNREADABLE, content_of

HEAD = b"From: ann@acme.test\nMessage-ID: <1@acme.test>\n"


def envelope(raw, *, size=None):
    """Give a mail as a mailbox hands it over."""
    return Envelope(uid=1, size=len(raw) if size is None else size, raw=raw)


def content(raw, *, size=None):
    """Read a mail."""
    return content_of(envelope(raw, size=size), "mail-1")


def typed(kind, body=b"x", more=b""):
    """Write a mail of one part."""
    return HEAD + b"Content-Type: " + kind + b"\n" + more + b"\n" + body


PAGE = b"\n--b\nContent-Type: text/html\n\n<b>html\n--b--"

TEXTS = {
    "plain": (typed(b"text/plain", b"one\r\ntwo\rthree\0"), "one\ntwo\nthree"),
    "no type": (HEAD + b"\nx", "x"),
    "utf-8 that says so": (typed(b"text/plain; charset=utf-8", "ü".encode()), "ü"),
    "latin": (typed(b"text/plain; charset=iso-8859-1", b"\xfc"), "ü"),
    "latin that says nothing": (typed(b"text/plain", b"\xfc"), "\ufffd"),
    "a charset of nobody's": (typed(b"text/plain; charset=x-none", "ü".encode()), "ü"),
    "a charset that is slow to read": (typed(b"text/plain; charset=punycode", b"a-b"), "a-b"),
    "a charset that is no charset": (typed(b"text/plain; charset=rot13", b"abc"), "abc"),
    "a charset with U+0000": (typed(b'text/plain; charset="a\0b"', b"abc"), "abc"),
    "a charset of escapes": (typed(b"text/plain; charset=unicode-escape", b"\\ud800"), "\\ud800"),
    "a lone surrogate": (typed(b"text/plain; charset=utf-16-le", b"\x00\xd8a\x00"), "\ufffda"),
    "base64 that is none": (typed(b"text/plain", b"%%%", b"Content-Transfer-Encoding: base64\n"), ""),
    "quoted": (typed(b"text/plain", b"a=3Db=\nc", b"Content-Transfer-Encoding: quoted-printable\n"), "a=bc"),
    "html": (typed(b"text/html", b"<p>a &amp; b</p><p>c</p>"), "a & b\n\nc"),
    "plain beats html": (
        typed(b"multipart/alternative; boundary=b", b"--b\n\nplain" + PAGE), "plain"
    ),
    "html where the plain one is empty": (
        typed(b"multipart/alternative; boundary=b", b"--b\n\n " + PAGE), "html"
    ),
    "nothing in any": (typed(b"multipart/alternative; boundary=b", b"--b\n\n \n--b--"), ""),
    "two texts": (typed(b"multipart/mixed; boundary=b", b"--b\n\none" + PAGE), "one\n\nhtml"),
    "a part without an end": (typed(b"multipart/mixed; boundary=b", b"--b\n\none"), "one"),
    "parts without a boundary": (typed(b"multipart/mixed", b"one"), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_text_of_a_mail_is_read(name):
    """What it says, in whatever way it says it; what cannot be stored is not in it."""
    raw, expected = TEXTS[name]
    text = content(raw).text

    assert expected == text
    assert fields.text(text) is None


def test_files_are_listed_and_not_read():
    """By name, type and size; a mail within the mail is a file, and what it says is not said by this one."""
    raw = typed(
        b"multipart/mixed; boundary=b",
        b'--b\nContent-Type: image/png; name="a\r\n b.png"\n\n12345\n'
        b"--b\nContent-Disposition: attachment; filename*=utf-8''%C3%BC%0d%0a.txt\n\nsecret\n"
        b"--b\nContent-Type: message/rfc822\n\nMessage-ID: <2@x>\n\nwithin\n"
        b"--b\nContent-Type: x/\xff\n\n--b\nContent-Type: a\xfcb/c; name=z\n\n--b--",
    )
    found = content(raw)
    [*files] = ((each.id, each.name, each.media_type, each.size) for each in found.files)

    assert ("mail-1/1", "a b.png", "image/png", 5) == files[0]
    assert ("mail-1/2", "ü .txt", "text/plain", 6) == files[1]
    assert ("mail-1/3", "message.eml", "message/rfc822", None) == files[2]
    assert "secret" not in found.text
    assert "within" not in found.text
    assert all(fields.name(each.media_type) is None for each in found.files)


def test_names_that_cannot_be_read_are_none():
    """The library fails on some; the file is there all the same."""
    raw = typed(b"image/png", b"x", b"Content-Disposition: inline; filename*0*=bad-none'x; filename*1*=y\n")
    [file] = content(raw).files

    assert ("image/png", 1) == (file.media_type, file.size)


def test_what_is_too_long_says_so():
    """A text of more than 64 KiB, and a mail of which only the beginning was read."""
    long = content(typed(b"text/plain; charset=utf-8", "ü".encode() * 40_000)).text
    part = content(typed(b"image/png"), size=10_000_000)

    assert long.endswith(CUT)
    assert MAX_TEXT - 10 < len(long.encode()) <= MAX_TEXT
    assert NOT_WHOLE.format(size=10_000_000) == part.text
    assert [None] == [each.size for each in part.files]


def nested(depth):
    """Write a mail of parts within parts."""
    begin = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (each, each) for each in range(depth))
    return HEAD + begin + b"\ndeep down"


WITHIN = b"--b\nContent-Type: message/rfc822\n\n\nx\n"

HOSTILE = {
    "30 deep": (nested(30), TOO_DEEP),
    "5000 deep": (nested(5_000), None),
    "1000 parts": (typed(b"multipart/mixed; boundary=b", b"--b\n\nx\n" * 1_000), None),
    "100 files": (typed(b"multipart/mixed; boundary=b", b"--b\nContent-Type: image/png\n\nx\n" * 100), TOO_DEEP),
    "60 mails within": (typed(b"multipart/mixed; boundary=b", WITHIN * 60), TOO_DEEP),
    "mails within mails": (HEAD + b"Content-Type: message/rfc822\n\n" * 2_000, None),
    "signs without an end": (typed(b"text/html", b"<" * 100_000), None),
    "comments without an end": (typed(b"text/html", b"<!--" * 200_000), None),
    "scripts without an end": (typed(b"text/html", b"<script>" * 100_000), None),
    "links without an end": (typed(b"text/html", b"<a href=" * 100_000), None),
    "entities": (typed(b"text/html", b"&#x" * 300_000), None),
    "a megabyte of one line": (typed(b"text/plain", b"x" * 1_000_000), None),
    "a header of a megabyte": (b"Subject: " + b"=?utf-8?q?" * 100_000 + b"\n\nx", None),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mails_are_read_in_bounded_time(name):
    """Each gives a text of bounded size, and at most 50 files; it takes no longer than reading so much has to."""
    raw, note = HOSTILE[name]
    begin = perf_counter()
    found, head = content(raw), letter_of(envelope(raw[:65536]))
    took = perf_counter() - begin

    assert took < 10
    assert len(found.text.encode()) <= MAX_TEXT
    assert len(found.files) <= 50
    assert note is None or found.text.endswith(note)
    assert len(head.subject) <= 500


SLOW = {
    "names of headers without an end": (b"x-\n" * 21_000 + b"\n", ""),
    "parameters of nothing": (typed(b"multipart/mixed" + b";" * 500_000), ""),
    "quotes without an end": (typed(b"multipart/mixed" + b';"' * 250_000), ""),
    "a report of nothing": (typed(b"multipart/report" + b";" * 500_000), ""),
    "a file of nothing": (typed(b"image/png", more=b"Content-Disposition: attachment" + b";" * 500_000 + b"\n"), ""),
    "lines within 200 parts": (nested(200) + b"\n" * 600_000, UNREADABLE),
    "lines of old within 200 parts": (nested(200) + b"\r" * 600_000, UNREADABLE),
}


@pytest.mark.parametrize("name", SLOW)
def test_mails_that_would_be_read_for_minutes_are_not(name):
    """The library takes the square of a header's length, and looks at each line once for each part around it."""
    raw, text = SLOW[name]
    begin = perf_counter()
    found = content(raw).text
    letter_of(envelope(raw[:65536]))

    assert perf_counter() - begin < 2
    assert text == found or not text


def test_mail_on_which_the_library_fails_is_there_all_the_same(monkeypatch):
    """Nothing of it is believed, and what is known is that it lies in the mailbox."""

    def fail(*args, **options):
        raise RecursionError

    monkeypatch.setattr("supporttiers.backends.vendor._mail_content.message_from_bytes", fail)
    monkeypatch.setattr("supporttiers.backends.vendor._letters._letter", fail)
    letter = letter_of(envelope(HEAD))

    assert UNREADABLE == content(HEAD).text
    assert ("", "", (), Kind.GENERATED) == (letter.sender, letter.message_id, letter.references, letter.kind)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"ann@acme.test", "ann@acme.test"),
        (b"Ann <Ann@ACME.test>", "ann@acme.test"),
        (b'"Ant, Ann" <ann@acme.test>', "ann@acme.test"),
        (b"=?utf-8?q?=C3=9C?= <ann@acme.test>", "ann@acme.test"),
        (b"Ann\n <ann@acme.test>", "ann@acme.test"),
        (b"Ant, Ann <ann@acme.test>", ""),
        (b"eve@evil.test <ann@acme.test>", ""),
        (b"ann@acme.test, eve@evil.test", ""),
        (b"Staff: ann@acme.test;", ""),
        (b"<ann@acme.test> <eve@evil.test>", ""),
        (b"ann@acme.test)eve@evil.test", ""),
        ("änn@acme.test".encode(), ""),
        (b"ann", ""),
        (b"", ""),
    ],
)
def test_sender_is_one_address_or_none(line, expected):
    """Whatever two readers might read in two ways is no sender."""
    assert expected == letter_of(envelope(b"From: " + line + b"\n\n")).sender


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"=?utf-8?b?w7w=?= x", "ü x"),
        (b"=?utf-8?q?a=0D=0ABcc=3A_x?=", "a Bcc: x"),
        (b"=?x-none?q?abc?=", "abc"),
        (b"=?utf-8?b?!?=", ""),
        (b"=?utf-8?b?a?=", "=?utf-8?b?a?="),
        (b"a\n b", "a b"),
        (b"", ""),
    ],
)
def test_subject_is_one_line(line, expected):
    """It is decoded where it can be, and begins no other line."""
    assert expected == letter_of(envelope(b"Subject: " + line + b"\n\n")).subject


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"Mon, 23 Mar 2026 10:00:00 +0100", datetime(2026, 3, 23, 9, tzinfo=UTC)),
        (b"Mon, 23 Mar 2026 10:00:00 -0000", datetime(2026, 3, 23, 10, tzinfo=UTC)),
        (b"yesterday", None),
        (b"Fri, 31 Dec 9999 23:59:59 -2359", None),
        (b"", None),
    ],
)
def test_date_is_an_instant_or_none(line, expected):
    """What a vendor's clock says may be anything."""
    assert expected == letter_of(envelope(b"Date: " + line + b"\n\n")).sent_at


def test_ids_are_of_a_form_that_can_be_searched_for():
    """Quotes, blanks and what is too long are in none; of very many the newest are kept."""
    ids = b" ".join(b"<%d@x>" % each for each in range(200))
    letter = letter_of(
        envelope(b'Message-ID: <a"b@x>\nIn-Reply-To: <c d@x> <' + b"e" * 300 + b">\nReferences: " + ids + b"\n\n")
    )

    assert ("", 100, "<199@x>") == (letter.message_id, len(letter.references), letter.references[-1])


def test_report_of_a_mail_server_is_understood():
    """By number, and by the mail that came back with it, as a whole or as its header."""
    raw = typed(
        b"multipart/report; report-type=delivery-status; boundary=b",
        b"--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: FAILED\n"
        b"Status: 5.7.1 (no)\n\nAction: delayed\nStatus: 4.4.1\n\n"
        b"--b\nContent-Type: message/rfc822\n\nMessage-ID: <mine@x>\n\nx\n--b--",
    )
    found = content(raw)

    assert ("5.7.1", True, ("<mine@x>",), "Sorry.") == (found.number, found.failed, found.about, found.text)
    assert Kind.BOUNCE is letter_of(envelope(raw)).kind


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("<head><title>t</title></head>x<style>y</style>z", "xz"),
        ("<SCRIPT>alert('<p>')</SCRIPT >x", "x"),
        ("a<!-- b -- > c -->d<!DOCTYPE x><?php y?>e", "ade"),
        ("1 < 2 && 3 > 2", "1 < 2 && 3 > 2"),
        ('<a href="https://acme.test/a?b=1&amp;c=2">here</a>', "here (https://acme.test/a?b=1&c=2)"),
        ('<a href="https://acme.test/">https://acme.test/</a>', "https://acme.test/"),
        ('<a href="javascript:alert(1)">here</a> <a name=x>there</a>', "here there"),
        ("İ<script>x</script>y", "İy"),
        ("&lt;script&gt;&nbsp;&copy;", "<script>\xa0©"),
        ("<p>a</p>\n\n\n<p>b", "a\n\nb"),
        ("x<b", "x"),
        ("a &#" + "9" * 5_000 + "; b", "a \ufffd b"),
        ('<a href="https://acme.test/&#' + "9" * 900 + ';">here</a>', "here (https://acme.test/\ufffd)"),
        ("", ""),
    ],
)
def test_text_of_html_is_what_a_reader_sees(page, expected):
    """No network, no scripts; links show where they lead."""
    assert expected == text_of_html(page)


def test_part_of_a_report_that_says_nothing_is_passed_over():
    """The number is taken from the first that has one."""
    raw = typed(
        b"multipart/report; report-type=delivery-status; boundary=b",
        b"--b\nContent-Type: message/delivery-status\n\nx: y\n\nAction: relayed\nStatus: none\n\n--b--",
    )

    assert ("", False, ()) == (content(raw).number, content(raw).failed, content(raw).about)
