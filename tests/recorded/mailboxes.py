"""What is on record of Dovecot: what a vendor by mail asks of a mailbox, and what it makes of the answer."""

from tests.servers import mail

from supporttiers.backends.vendor.email import EmailVendor
from supporttiers.clock import FakeClock
from supporttiers.errors import VendorError
from supporttiers.links import reference_of

FOLDER = "Recorded"
KEY = "default/T-1/1"
REFERENCE = reference_of(KEY)
OPENING = f"<{REFERENCE}@acme.test>"
TOKEN = "<RT-Ticket-8@acme.test>"

_HEAD = "From: Anna <anna@acme.test>\nTo: desk@acme.test\nMIME-Version: 1.0\nContent-Type: text/plain\n"
_NOTED = (
    f"{_HEAD}Subject: [acme #8] AutoReply: [{REFERENCE}] Stuck\nMessage-ID: <rt-1@acme.test>\n"
    f"Date: Mon, 23 Mar 2026 10:00:00 +0100\nIn-Reply-To: {OPENING}\nReferences: {OPENING} {TOKEN}\n"
    "Auto-Submitted: auto-replied\nPrecedence: bulk\n\nWe have it.\n"
)
_ANSWERED = (
    f"{_HEAD}Subject: [acme #8] The drum\nMessage-ID: <rt-2@acme.test>\nDate: Mon, 23 Mar 2026 11:00:00 +0100\n"
    f"References: {TOKEN}\nPrecedence: bulk\n\nTake the newer drum.\n"
)
_FORGED = f"From: eve@evil.test\nSubject: [{REFERENCE}] Pay\nMessage-ID: <e@evil.test>\n\nPay here.\n"
MAILS = (_NOTED, _ANSWERED, _FORGED)
"""As Request Tracker writes: its first answer names our mail and its own ticket, the next one its own ticket alone."""

SCENARIOS = {
    "fetched": "answered, replied: We have it. | Take the newer drum.",
    "found": "answered, replied: We have it. | Take the newer drum.",
    "changed": f"{REFERENCE}, more to come: False",
    "checked": "desk@acme.test",
    "refused": "acme: the server of the mailbox refused the login; "
    "people must see to the key, and it is tried again at times",
}
"""By name: what came of it."""


def outcome(port, name, *, cursor="0:0", smtp="smtp://127.0.0.1:1"):
    """Ask a mailbox, always the same, and say what came of it."""
    vendor = EmailVendor(
        "acme", to="anna@acme.test", sender="Desk <desk@acme.test>", smtp=smtp,
        imap=f"imap://desk@acme.test@127.0.0.1:{port}/{FOLDER}", clock=FakeClock("2026-03-23T09:00Z"),
        password="wrong" if name == "refused" else mail.PASSWORD,
    )  # fmt: skip
    try:
        if name == "changed":
            page = vendor.changes(cursor, limit=50)
            return f"{', '.join(page.remote_ids)}, more to come: {page.more}"
        if name == "checked":
            with vendor._opened():
                return vendor._room.login[0]
        found = vendor.find(REFERENCE)[0] if name == "found" else vendor.fetch(REFERENCE)
    except VendorError as error:
        return str(error)
    said = " | ".join(each.text for each in found.entries)
    return f"{found.status}, {found.raw_status}: {said}"
