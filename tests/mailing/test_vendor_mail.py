"""A vendor by mail, on servers that others have written: what goes out, what comes back, and what it means."""

import email
import email.policy

import pytest
from tests.mailing.conftest import KEY, REFERENCE
from tests.servers.mailroom import VENDOR

from supporttiers.effects import VendorFile, VendorMessage
from supporttiers.errors import VendorError
from supporttiers.links import VendorStatus, reference_of


def message(text, *, purpose="message"):
    """Make a message; its reference is made of the key."""
    return VendorMessage(tenant="default", case_id="T-1", purpose=purpose, text=text)


def read(raw):
    """Read a mail as a reader does."""
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_opening_writes_one_mail_that_shows_our_reference(vendor, office, request_of):
    """Id and subject hold it; the mail does not say that a machine has made it, so that a system answers it."""
    answer = vendor.open(request_of(category="printer", priority="high", follows="ST-OLD"), key=KEY)
    [raw] = office.at_vendor
    mail = read(raw)

    assert (REFERENCE, VendorStatus.OPEN, "sent") == (answer.remote_id, answer.status, answer.raw_status)
    assert f"<{REFERENCE}@example.org>" == mail["Message-ID"]
    assert f"[{REFERENCE}] The drum is stuck" == mail["Subject"]
    assert [
        "It squeaks.",
        "",
        "Category: printer",
        "Priority: high",
        "Follows: ST-OLD",
    ] == mail.get_content().splitlines()
    assert (None, None) == (mail["Auto-Submitted"], mail["Reply-To"])
    assert ["help@acme.test", "desk@example.org"] == office.mails[0].rcpt_tos
    assert "desk@example.org" == office.mails[0].mail_from
    assert "desk@example.org" not in str(mail["To"])
    assert mail["Message-ID"] == mail["X-SupportTiers-Id"]


def test_copy_in_the_mailbox_proves_that_the_mail_was_taken(vendor, office, request_of):
    """The server broke off after it had taken the mail: its copy is found, and nothing is seen of it by others."""
    assert () == vendor.find(REFERENCE)
    office.loses = True
    with pytest.raises(VendorError) as raised:
        vendor.open(request_of(), key=KEY)
    [found] = vendor.find(REFERENCE)

    assert (True, True) == (raised.value.ambiguous, raised.value.retryable)
    assert (REFERENCE, REFERENCE, VendorStatus.OPEN) == (found.reference, found.remote_id, found.status)
    assert [(True, REFERENCE)] == [(each.ours, each.reference) for each in found.entries]
    assert b"\\Seen" not in b"".join(office.folder.flags())


OPENING = f"<{REFERENCE}@example.org>"
TOKEN = "<RT-Ticket-8@acme.test>"
OTHER = "ST-AAAAAAAAAAAAAAAA"


def letter(text="Use the newer drum.", **headers):
    """Write a mail of the vendor's, as an answer to ours; headers of None are left out."""
    given = {
        "From": "Ann Agent <help@acme.test>", "To": "desk@example.org", "Subject": "Re: your request",
        "Date": "Mon, 23 Mar 2026 10:00:00 +0100", "Message-ID": "<1@acme.test>", "References": OPENING,
    } | {name.replace("_", "-"): value for name, value in headers.items()}  # fmt: skip
    lines = [f"{name}: {value}" for name, value in given.items() if value is not None]
    return "\n".join(lines) + f"\n\n{text}\n"


def bounce(status="5.1.1", action="failed", about=OPENING):
    """Write the report of a mail server."""
    body = (
        "--b\nContent-Type: text/plain\n\nI am sorry.\n--b\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.acme.test\n\nFinal-Recipient: rfc822; help@acme.test\nAction: {action}\n"
        f"Status: {status}\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {about}\nSubject: x\n\n--b--"
    )
    return letter(
        body, From="MAILER-DAEMON@mx.example.org", References=None, Message_ID="<dsn@mx.example.org>",
        MIME_Version="1.0", Content_Type="multipart/report; report-type=delivery-status; boundary=b",
    )  # fmt: skip


def outcome(answer):
    """Say how a ticket stands, and what the vendor has said on it."""
    return str(answer.status), answer.raw_status, [each.text for each in answer.entries if not each.ours]


AUTO = {"Auto_Submitted": "auto-replied"}
ANSWERED = ("answered", "replied", ["Use the newer drum."])
MACHINE = "replied by a machine"
RECEIPT = "multipart/report; report-type=disposition-notification; boundary=b"
TWICE = {"Message_ID": "<2@acme.test>"}
THRICE = {"Message_ID": "<3@acme.test>"}

STORIES = {
    "silence": ([], ("open", "sent", [])),
    "a person": ([letter()], ANSWERED),
    "our tag in the subject": ([letter(References=None, Subject=f"[{REFERENCE}] No")], ANSWERED),
    "in reply to": ([letter(References=None, In_Reply_To=OPENING)], ANSWERED),
    "an auto-reply": ([letter("Got it.", **AUTO)], ("acknowledged", MACHINE, ["Got it."])),
    "a person after it": (
        [letter("Got it.", **AUTO), letter(**TWICE)],
        ("answered", "replied", ["Got it.", "Use the newer drum."]),
    ),
    "out of office after a person": (
        [letter(), letter("Away.", **TWICE, **AUTO)],
        ("answered", "replied", ["Use the newer drum.", "Away."]),
    ),
    "a machine": ([letter("Noted.", Auto_Submitted="auto-generated (x)")], ("acknowledged", MACHINE, ["Noted."])),
    "no machine": ([letter(Auto_Submitted="no")], ANSWERED),
    "autoreply header": ([letter("Away.", X_Autoreply="yes")], ("acknowledged", MACHINE, ["Away."])),
    "precedence": ([letter("Away.", Precedence="auto_reply")], ("acknowledged", MACHINE, ["Away."])),
    "bulk, as RT has it": ([letter(Precedence="bulk")], ANSWERED),
    "null path": ([letter("Away.", Return_Path="<>")], ("acknowledged", MACHINE, ["Away."])),
    "a receipt": (
        [letter("--b\n\nSeen.\n--b--", MIME_Version="1.0", Content_Type=RECEIPT)],
        ("acknowledged", MACHINE, ["Seen."]),
    ),
    "a bounce": ([bounce()], ("failed", "bounced 5.1.1", ["I am sorry."])),
    "a delay": ([bounce("4.4.1", "delayed")], ("open", "sent", ["I am sorry."])),
    "a bounce of a later mail": (
        [bounce(about=f"<{REFERENCE}.{OTHER}@example.org>")],
        ("open", "sent", ["I am sorry."]),
    ),
    "a bounce of another's": ([bounce(about=f"<{OTHER}@example.org>")], ("open", "sent", [])),
    "a bounce, and an answer": (
        [bounce(), letter()],
        ("answered", "replied", ["I am sorry.", "Use the newer drum."]),
    ),
    "twice the same": ([letter(), letter()], ANSWERED),
    "twice without an id": ([letter(Message_ID=None), "Received: by x\n" + letter(Message_ID=None)], ANSWERED),
    "two without an id": (
        [letter("A", Message_ID=None), letter("B", Message_ID=None, Date="today")],
        ("answered", "replied", ["A", "B"]),
    ),
    "a stranger with our tag": ([letter(From="eve@evil.test")], ("open", "sent", [])),
    "a stranger in disguise": ([letter(From='"help@acme.test" <eve@evil.test>')], ("open", "sent", [])),
    "two senders": ([letter(From="eve@evil.test, <help@acme.test>")], ("open", "sent", [])),
    "two lines of senders": (["From: help@acme.test\n" + letter(From="eve@evil.test")], ("open", "sent", [])),
    "a part of the domain": ([letter(From="help@acme.test.evil.test")], ("open", "sent", [])),
    "another's ticket": ([letter(References=None, Subject=f"[{OTHER}] x")], ("open", "sent", [])),
    "our id at another domain": ([letter(References=f"<{REFERENCE}@evil.test>")], ("open", "sent", [])),
    "the vendor's id alone": (
        [
            letter("Got it.", References=f"{OPENING} {TOKEN}", **AUTO),
            letter(References=TOKEN, **TWICE, Subject="[acme #8] x"),
        ],
        ("answered", "replied", ["Got it.", "Use the newer drum."]),
    ),
    "an id learnt from an id": (
        [
            letter("A"),
            letter("B", References="<1@acme.test>", **TWICE),
            letter("C", References="<2@acme.test>", **THRICE),
        ],
        ("answered", "replied", ["A", "B", "C"]),
    ),
    "an id of two tickets": (
        [
            letter("A", References=f"{OPENING} {TOKEN}"),
            letter("B", References=f"<{OTHER}@example.org> {TOKEN}", **TWICE),
            letter("C", References=TOKEN, **THRICE),
        ],
        ("answered", "replied", ["A"]),
    ),
    "the vendor's id from a stranger": (
        [letter("A", References=f"{OPENING} {TOKEN}"), letter("B", References=TOKEN, From="eve@evil.test", **TWICE)],
        ("answered", "replied", ["A"]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
def test_mails_that_came_say_how_a_ticket_stands(vendor, folder, story):
    """What is believed is told apart by who has written it; nothing says that a ticket is resolved."""
    mails, expected = STORIES[story]
    folder.put(*mails)

    assert expected == outcome(vendor.fetch(REFERENCE))


def test_vendors_whose_system_marks_all_its_mail_can_answer(vendor_of, folder):
    """A setting says what a mail means that a machine has made; one that answers by itself is still no answer."""
    vendor = vendor_of(generated="answered")
    folder.put(letter("Away.", **AUTO))
    before = outcome(vendor.fetch(REFERENCE))
    folder.put(letter(Message_ID="<2@x>", Auto_Submitted="auto-generated"))

    assert ("acknowledged", "answered") == (before[0], outcome(vendor.fetch(REFERENCE))[0])


def test_senders_may_be_a_whole_domain(vendor_of, folder):
    """Agents write from addresses of their own; subdomains are others."""
    vendor = vendor_of(senders=["@Acme.test", "boss@elsewhere.test"])
    folder.put(
        letter("A", From="ann@ACME.test"), letter("B", From="<boss@elsewhere.test>", Message_ID="<2@x>"),
        letter("C", From="bob@mail.acme.test", Message_ID="<3@x>"), letter("D", From="help", Message_ID="<4@x>"),
    )  # fmt: skip

    assert ["A", "B"] == [each.text for each in vendor.fetch(REFERENCE).entries]


def test_mails_of_strangers_are_noted_once(vendor, folder, caplog):
    """The log names numbers, and nobody; what is passed over is not told each time."""
    folder.put(letter("secret words", From="eve@evil.test"))
    vendor.fetch(REFERENCE)
    vendor.fetch(REFERENCE)
    [record] = [each for each in caplog.records if each.name == "supporttiers.vendors"]

    assert "vendor acme: mail" in record.getMessage()
    assert not {"evil", "secret"} & set(record.getMessage().replace("@", " ").split())


def test_what_is_said_later_stands_in_the_vendors_thread(vendor, office, folder, request_of):
    """Its subject tag and its ids go back to it, for its system knows the ticket by them alone; we know ours again."""
    vendor.open(request_of(), key=KEY)
    folder.put(
        letter(
            "Got it.", Subject=f"[acme #8] AutoReply: [{REFERENCE}] The drum", References=f"{OPENING} {TOKEN}", **AUTO
        )
    )
    folder.put(letter("Which drum?", Message_ID="<2@acme.test>", References=TOKEN, Subject="Re: [acme #8] The drum"))
    before = vendor.fetch(REFERENCE)
    entry = vendor.comment(REFERENCE, message("The left one."), key="k2")
    mail = read(office.at_vendor[-1])
    after = vendor.fetch(REFERENCE)

    assert (f"Re: [{REFERENCE}] [acme #8] The drum", "<2@acme.test>") == (mail["Subject"], mail["In-Reply-To"])
    assert [OPENING, TOKEN, "<1@acme.test>", "<2@acme.test>"] == mail["References"].split()
    assert f"<{REFERENCE}.{reference_of('k2')}@example.org>" == mail["Message-ID"]
    assert ("answered", "acknowledged", "told again") == (before.status, after.status, after.raw_status)
    assert (entry, reference_of("k2"), True) == (
        after.entries[-1].id,
        after.entries[-1].reference,
        after.entries[-1].ours,
    )
    assert before.updated_at <= after.updated_at


def test_reply_under_our_own_subject_keeps_it(vendor, office, request_of):
    """Nobody has answered yet; the mail stands below the one that opened the ticket."""
    vendor.open(request_of("Stuck"), key=KEY)
    vendor.comment(REFERENCE, message("Hello?"), key="k2")
    mail = read(office.at_vendor[-1])

    assert (f"Re: [{REFERENCE}] Stuck", OPENING, OPENING) == (mail["Subject"], mail["In-Reply-To"], mail["References"])
    assert "message" == mail["X-SupportTiers-Purpose"]


def test_reply_without_anything_in_the_mailbox_has_our_tag(vendor, office):
    """Where somebody has deleted the mails, nothing is known of the subject."""
    vendor.comment(REFERENCE, message("Hello?"), key="k2")

    assert f"Re: [{REFERENCE}]" == read(office.at_vendor[-1])["Subject"]


def test_ids_of_a_long_domain_are_written_as_they_are(vendor_of, office, request_of):
    """They are longer than a line of a mail; a reader knows them again."""
    domain = ".".join(["support" * 8] * 3)
    vendor = vendor_of(sender=f"desk@{domain}", mailbox="desk@example.org")
    vendor.open(request_of(), key=KEY)
    vendor.comment(REFERENCE, message("Hello?"), key="k2")
    mail = read(office.at_vendor[-1])

    assert f"<{REFERENCE}.{reference_of('k2')}@{domain}>" == mail["Message-ID"] == mail["X-SupportTiers-Id"]
    assert f"<{REFERENCE}@{domain}>" == mail["In-Reply-To"] == mail["References"]
    assert [REFERENCE, reference_of("k2")] == [each.reference for each in vendor.fetch(REFERENCE).entries]


def test_server_that_gives_mails_other_ids_hides_nothing(vendor, office, folder, request_of):
    """Our copy is known by the id that stands in it a second time, and an answer to the server's id belongs to it."""
    vendor.open(request_of(), key=KEY)
    renamed = office.at_vendor[0].replace(b"Message-ID: " + OPENING.encode(), b"Message-ID: <0100@ses.test>")
    folder.renew()
    folder.put(renamed, letter(References="<0100@ses.test>"))
    answer = vendor.fetch(REFERENCE)
    [found] = vendor.find(REFERENCE)

    assert ("answered", "replied", ["Use the newer drum."]) == outcome(answer)
    assert [REFERENCE, ""] == [each.reference for each in answer.entries]
    assert REFERENCE == found.remote_id


def test_subject_of_the_vendors_leads_no_mail_of_ours_astray(vendor, office, folder):
    """It names another ticket of ours, whose mails are none of this one's, and the other way round."""
    folder.put(letter(Subject=f"RE: [{OTHER}] [{REFERENCE}] The drum"))
    vendor.comment(REFERENCE, message("Hello?"), key="k2")

    assert f"Re: [{REFERENCE}] The drum" == read(office.at_vendor[-1])["Subject"]
    assert ["", reference_of("k2")] == [each.reference for each in vendor.fetch(REFERENCE).entries]
    assert [""] == [each.reference for each in vendor.fetch(OTHER).entries]


def test_request_is_taken_back_by_a_mail(vendor, folder, office, request_of):
    """From then on the ticket is withdrawn, whatever the vendor writes still."""
    vendor.open(request_of(), key=KEY)
    answer = vendor.withdraw(REFERENCE, message("Never mind.", purpose="withdrawal"), key="k3")
    folder.put(letter("All right."))
    found = vendor.fetch(REFERENCE)

    assert ("withdrawn", "withdrawn", ["All right."]) == (answer.status, *outcome(found)[1:])
    assert "withdrawal" == read(office.at_vendor[-1])["X-SupportTiers-Purpose"]


@pytest.mark.parametrize(
    ("name", "media", "expected"),
    [
        ("log.txt", "text/plain", ("log.txt", "application/octet-stream")),
        ("bild.png", "image/PNG", ("bild.png", "image/png")),
        (
            "Übersicht\r\nBcc: eve@evil.test.pdf",
            "application/pdf",
            ("Übersicht Bcc: eve@evil.test.pdf", "application/pdf"),
        ),
        ("", "message/rfc822", ("f-1", "application/octet-stream")),
        ("x", "no type", ("x", "application/octet-stream")),
    ],
)
def test_files_go_along_as_bytes(vendor, office, name, media, expected):
    """What could pass for a part of the mail is none, and no name begins another header."""
    content = b"\x00.\r\n.\r\nbytes"
    id = vendor.attach(REFERENCE, VendorFile(id="f-1", name=name, media_type=media, content=content), key="k4")
    mail = read(office.at_vendor[-1])
    [file] = mail.iter_attachments()
    [entry] = vendor.fetch(REFERENCE).entries

    assert (*expected, content) == (file.get_filename(), file.get_content_type(), file.get_content())
    assert (None, f"{entry.id}/1", reference_of("k4")) == (mail["Bcc"], id, entry.reference)


def test_file_that_is_too_large_is_refused_before_it_is_sent(vendor, office):
    """Mail servers refuse such mails, or lose them."""
    file = VendorFile(id="f-1", content=b"x" * (10 * 1024 * 1024 + 1))
    with pytest.raises(VendorError, match="too large for a mail; at most 10485760 are possible") as raised:
        vendor.attach(REFERENCE, file, key="k")

    assert ("rejected", False, []) == (raised.value.kind, raised.value.retryable, office.mails)


def test_subject_begins_no_header_whatever_stands_in_it(vendor, office, request_of):
    """Line breaks, U+0000, lone surrogates, encoded words, and a subject that is too long."""
    vendor.open(
        request_of("a\r\nBcc: eve@evil.test\0\ud800 =?utf-8?q?b=0d=0aBcc:_x?= " + "ü" * 600, text="\0\ud800.\n.\n"),
        key=KEY,
    )
    mail = read(office.at_vendor[0])

    assert (None, ["help@acme.test", "desk@example.org"]) == (mail["Bcc"], office.mails[0].rcpt_tos)
    assert mail["Subject"].startswith(f"[{REFERENCE}] a Bcc: eve@evil.test")
    assert ["?.", "."] == mail.get_content().splitlines()


# -- what has changed


def test_changes_are_the_tickets_of_new_mails(vendor, folder, request_of):
    """By our ids, by the vendor's alone, and of reports; not of strangers, of mails of ours, or of other matters."""
    start = vendor.changes(None, limit=10)
    vendor.open(request_of(), key=KEY)
    own = vendor.changes(start.cursor, limit=10)
    folder.put(letter("Got it.", References=f"{OPENING} {TOKEN}", **AUTO))
    first = vendor.changes(own.cursor, limit=10)
    folder.put(letter(References=f"<x@y> {TOKEN}", Message_ID="<2@acme.test>"))
    second = vendor.changes(first.cursor, limit=10)
    folder.put(
        bounce(about=f"<{OTHER}@example.org>"), letter(From="eve@evil.test", Message_ID="<3@x>"),
        letter(References=None, Message_ID="<4@x>"), letter(References="<unknown@x>", Message_ID="<5@x>"),
    )  # fmt: skip
    third = vendor.changes(second.cursor, limit=10)
    last = vendor.changes(third.cursor, limit=10)

    assert [(), (), (REFERENCE,), (REFERENCE,), (OTHER,), ()] == [
        each.remote_ids for each in (start, own, first, second, third, last)
    ]
    assert third.cursor == last.cursor


def test_changes_come_a_page_at_a_time(vendor, folder):
    """Each page goes on where the last ended, and says whether there is more."""
    cursor, pages = vendor.changes(None, limit=1).cursor, []
    folder.put(letter(), letter(References=f"<{OTHER}@example.org>", Message_ID="<2@x>"))
    more = True
    while more:
        page = vendor.changes(cursor, limit=1)
        cursor, more = page.cursor, page.more
        pages.append(page.remote_ids)

    assert [(REFERENCE,), (OTHER,)] == pages


def test_mailbox_that_is_numbered_anew_is_read_from_its_beginning(vendor, folder):
    """Nothing is lost where the numbers of a cursor mean nothing any more."""
    folder.put(letter("A", Message_ID="<a@x>"), letter("B", Message_ID="<b@x>"))
    cursor = vendor.changes(None, limit=10).cursor
    folder.renew()
    folder.put(letter())
    found = vendor.changes(cursor, limit=10)

    assert ((REFERENCE,), False) == (found.remote_ids, found.more)
    assert found.cursor.partition(":")[0] != cursor.partition(":")[0]


@pytest.mark.parametrize("cursor", ["", "x", "1", "1:2:3", "-1:2", "\u0661:\u0662", "{validity}:4294967295"])
def test_cursor_that_is_none_of_the_mailbox_begins_at_its_beginning(vendor, folder, cursor):
    """Nothing is lost, and the next cursor is one of it: also after one that lies behind the last mail."""
    folder.put(letter())
    own = vendor.changes(None, limit=10).cursor
    found = vendor.changes(cursor.format(validity=own.partition(":")[0]), limit=10)

    assert ((REFERENCE,), own) == (found.remote_ids, found.cursor)


# -- what goes wrong


@pytest.mark.parametrize("id", ["", "8", "ST-x", f"{REFERENCE} ", f'{REFERENCE}" UID 1'])
def test_ticket_of_which_the_id_is_none_of_ours_is_not_there(vendor, office, id):
    """Nothing is asked of the mailbox, and nothing sent."""
    for call in (
        lambda: vendor.fetch(id), lambda: vendor.comment(id, message("x"), key="k"),
        lambda: vendor.withdraw(id, message("x"), key="k"),
        lambda: vendor.attach(id, VendorFile(id="f", content=b""), key="k"),
    ):  # fmt: skip
        with pytest.raises(VendorError, match="no such ticket") as raised:
            call()
        assert ("gone", False) == (raised.value.kind, raised.value.retryable)
    assert ((), []) == (vendor.find(id), office.mails)


TO_THEM = "the server refused recipient the vendor: "
TO_US = "the server refused recipient our own mailbox: "


@pytest.mark.parametrize(
    ("address", "answer", "expected"),
    [
        (VENDOR, "450 4.7.1 later", (TO_THEM + "450 4.7.1", "unavailable", True)),
        (VENDOR, "550 5.1.1 Bob?", (TO_THEM + "550 5.1.1", "rejected", False)),
        ("desk@example.org", "452 4.2.2 full", (TO_US + "452 4.2.2", "unavailable", True)),
        ("desk@example.org", "530 no", (TO_US + "530", "auth", True)),
    ],
)  # fmt: skip
def test_mail_that_is_refused_by_one_is_sent_to_nobody(vendor, office, request_of, address, answer, expected):
    """The vendor and our mailbox get it both, or neither, so that the copy proves something."""
    office.answers[address] = [answer]
    with pytest.raises(VendorError) as raised:
        vendor.open(request_of(), key=KEY)
    error = raised.value

    assert (*expected, False) == (error.problem, error.kind, error.retryable, error.ambiguous)
    assert ([], ()) == (office.given, vendor.find(REFERENCE))


def test_vendor_says_as_whom_it_is_known(vendor, office):
    """Both servers are asked, and no mail is sent."""
    assert ("desk@example.org", ()) == (vendor.check().account, vendor.check().statuses)
    assert [] == office.mails


def test_wrong_passwords_are_told_apart_from_silence(vendor_of, office, folder):
    """Of the mailbox, of the server that takes mail, and of one that is not there; none is in the error."""
    wrong = vendor_of(password="wrong-secret")
    closed = vendor_of(smtp="smtp://127.0.0.1:1")
    nowhere = vendor_of(imap=f"imap://desk%40example.org@127.0.0.1:{folder.port}/Nowhere")
    found = []
    for vendor in (wrong, closed, nowhere):
        with pytest.raises(VendorError) as raised:
            vendor.check()
        found.append((raised.value.problem, raised.value.kind))
        assert "wrong-secret" not in f"{raised.value!r} {vendor!r} {raised.value.__cause__!r}"

    assert [
        ("the server of the mailbox refused the login", "auth"),
        ("the server gave no answer that can be used (ConnectionRefusedError)", "unavailable"),
        ("the server of the mailbox has no such folder, or does not let us read it", "rejected"),
    ] == found


def test_answer_is_proof_that_a_mail_was_sent(vendor, folder):
    """Where its copy has been lost, the vendor's answer to it is as good."""
    nothing = vendor.find(REFERENCE)
    folder.put(letter("Got it.", **AUTO))
    [found] = vendor.find(REFERENCE)

    assert ((), VendorStatus.ACKNOWLEDGED) == (nothing, found.status)


def test_report_is_proof_that_a_mail_was_sent(vendor, folder):
    """Its mail came as far as a server that gave it up: another one would fare no better."""
    folder.put(bounce())

    assert [VendorStatus.FAILED] == [each.status for each in vendor.find(REFERENCE)]


def test_answers_go_to_the_mailbox_that_is_read(vendor_of, office, request_of):
    """Copies and bounces do, too."""
    vendor_of(sender="Ann <ann@example.org>", mailbox="desk@example.org").open(request_of(), key=KEY)

    assert "desk@example.org" == read(office.at_vendor[0])["Reply-To"]
    assert ("desk@example.org", "desk@example.org") == (office.mails[0].mail_from, office.mails[0].rcpt_tos[1])
