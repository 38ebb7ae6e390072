"""Files for vendors: each sent once it has been read from the host, or named on the record as not sent."""

import pytest

from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.desk import AsyncSupportDesk, SupportDesk
from supporttiers.errors import VendorError
from supporttiers.links import Attachment

LOG = Attachment(id="f-1", name="boot.log", media_type="text/plain", size=4)
PHOTO = Attachment(id="f-2")
BIG = Attachment(id="f-3", size=10 * 1024 * 1024 + 1)


class Host:
    """Keeps files."""

    def __init__(self):
        self.kept = {"f-1": b"boot", "f-2": b"\x89PNG", "f-3": b"x"}
        self.read = []
        self.failures = []

    def __call__(self, attachment):
        """Read one."""
        self.read.append(attachment.id)
        if self.failures:
            raise self.failures.pop(0)
        return self.kept[attachment.id]


@pytest.fixture
def host():
    """Give what keeps files."""
    return Host()


@pytest.fixture
def vendor():
    """Give a vendor that takes files, and is polled."""
    vendor = InProcessVendor("acme-print")
    vendor.changes = None
    return vendor


@pytest.fixture
def desk(make_desk, calm, host):
    """Give a desk with a case that has files."""
    return with_case(make_desk(calm, files=host))


def with_case(desk):
    """Open a case with files."""
    desk.open("Stuck", id="T-1", by="jane")
    desk.attach("T-1", by="jane", attachments=[LOG, PHOTO, BIG])
    return desk


def sent(desk, *ids):
    """Have the case sent with some of them."""
    desk.dispatch("T-1", by="bob", vendor="acme-print", text="Help.", attachments=ids)
    return desk.run_due()


def said(desk):
    """Give the notes on the record."""
    return [event.text for event in desk.history("T-1") if getattr(event, "text", "").endswith(("f-1", "f-2", "f-3"))]


def rows(desk):
    """Give what became of each file."""
    found = [message for message in desk.messages() if message.kind == "message_vendor"]
    return [(message.effect.attachments[0].id, message.state, message.result) for message in found]


def test_files_follow_the_request(desk, vendor, host):
    """Each with its name and kind; only those that were named."""
    assert 3 == sent(desk, "f-1", "f-2").relayed

    one, two = vendor.files("ACME-PRINT-1")
    assert ("f-1", "boot.log", "text/plain", b"boot") == (one.id, one.name, one.media_type, one.content)
    assert ("f-2", "f-2", "application/octet-stream", b"\x89PNG") == (two.id, two.name, two.media_type, two.content)
    assert ([("f-1", "done", "sent"), ("f-2", "done", "sent")], []) == (rows(desk), said(desk))


def test_files_follow_what_is_said_or_go_alone(desk, vendor):
    """With words they come after them; without, nothing is said."""
    sent(desk)
    desk.tell_vendor("T-1", by="bob", vendor="acme-print", text="See.", attachments=["f-1"])
    desk.run_due()
    desk.tell_vendor("T-1", by="bob", vendor="acme-print", attachments=["f-2"])
    desk.tell_vendor("T-1", by="bob", vendor="acme-print", attachments=["f-1", "f-2"])
    desk.run_due()

    assert ["f-1", "f-2", "f-1", "f-2"] == [file.id for file in vendor.files("ACME-PRINT-1")]
    assert ["See."] == [entry.text for entry in vendor.fetch("ACME-PRINT-1").entries]


def test_files_are_read_by_who_awaits(calm, vendor, host, clock):
    """A coroutine function is awaited."""
    import asyncio

    async def read(attachment):
        return host(attachment)

    async def story():
        desk = AsyncSupportDesk(calm, clock=clock, vendors=[vendor], files=read)
        await desk.open("Stuck", id="T-1", by="jane")
        await desk.attach("T-1", by="jane", attachments=[LOG])
        await desk.dispatch("T-1", by="bob", vendor="acme-print", attachments=["f-1"])
        await desk.run_due()

    asyncio.run(story())
    assert [b"boot"] == [file.content for file in vendor.files("ACME-PRINT-1")]


@pytest.mark.parametrize("lacks", ["attach", "files"])
def test_files_that_cannot_be_sent_at_all_are_named_on_the_record(make_desk, calm, vendor, host, lacks):
    """Once, all of them; the request itself goes its way."""
    if lacks == "attach":
        vendor.attach = None
        desk, why = make_desk(calm, files=host), "its gateway takes no files"
    else:
        desk, why = make_desk(calm), "this desk cannot read files; build it with files=..."
    sent(with_case(desk), "f-1", "f-2")

    assert [f"2 attachments not sent to vendor acme-print ({why}): f-1, f-2"] == said(desk)
    assert ("ACME-PRINT-1", []) == (desk.get("T-1").vendor_tickets[0].remote_id, rows(desk))


def test_big_file_is_not_sent(desk, vendor, host):
    """Whether the case knows its size, or nobody knew before it was read."""
    host.kept["f-2"] = b"x" * (10 * 1024 * 1024 + 1)
    sent(desk, "f-2", "f-3")

    why = "1 attachment not sent to vendor acme-print (it has more than 10485760 bytes): "
    assert [f"{why}f-2", f"{why}f-3"] == said(desk)
    assert (["f-2"], ()) == (host.read, vendor.files("ACME-PRINT-1"))
    host.kept["f-2"] = b"x" * 10 * 1024 * 1024
    desk.tell_vendor("T-1", by="bob", vendor="acme-print", attachments=["f-2"])
    desk.run_due()
    assert ["f-2"] == [file.id for file in vendor.files("ACME-PRINT-1")]


@pytest.mark.parametrize(
    ("failure", "why"),
    [
        (KeyError("secret"), "there is no such file"),
        (FileNotFoundError("secret"), "there is no such file"),
        ("text", "files gave str in place of bytes"),
    ],
)
def test_file_that_is_not_there_is_named_on_the_record(make_desk, calm, vendor, failure, why):
    """It is not looked for again; nothing else waits for it."""

    def files(attachment):
        if attachment.id == "f-1":
            if isinstance(failure, str):
                return failure
            raise failure
        return b"png"

    desk = with_case(make_desk(calm, files=files))
    sent(desk, "f-1", "f-2")

    assert [f"1 attachment not sent to vendor acme-print ({why}): f-1"] == said(desk)
    assert ["f-2"] == [file.id for file in vendor.files("ACME-PRINT-1")]


def test_file_that_cannot_be_read_now_is_read_later(desk, vendor, host, clock, caplog):
    """As often as anything is tried; the log says where it failed."""
    host.failures = [OSError("secret")]

    assert 1 == sent(desk, "f-1").failed
    clock.advance("1m")
    desk.run_due()
    assert ["f-1"] == [file.id for file in vendor.files("ACME-PRINT-1")]
    assert "OSError in files, test_vendor_files.py:" in caplog.text
    assert "secret" not in caplog.text


def test_file_that_can_never_be_read_is_named_on_the_record(desk, vendor, host, clock):
    """In the end it is given up, and people know which one."""
    host.failures = [OSError("secret")] * 99
    sent(desk, "f-1")
    for _ in range(20):
        clock.advance("1h")
        desk.run_due()

    (text,) = said(desk)
    assert text.startswith("1 attachment not sent to vendor acme-print (OSError")
    assert "secret" not in text
    assert "dead" == rows(desk)[0][1]


@pytest.mark.parametrize(("repeats", "states"), [(True, ["done"]), (False, ["ambiguous"])])
def test_file_of_which_nobody_knows_whether_it_has_arrived(make_desk, calm, vendor, host, clock, repeats, states):
    """It is sent again with its key; or named, where that must not be."""
    real, keys = vendor.attach, []

    def lost(remote_id, file, /, *, key):
        keys.append(key)
        found = real(remote_id, file, key=key)
        if len(keys) == 1:
            raise VendorError("acme-print", "no answer in time", retryable=True, ambiguous=True)
        return found

    vendor.attach, vendor.repeats = lost, repeats
    desk = with_case(make_desk(calm, files=host))
    sent(desk, "f-1")
    clock.advance("2m")
    desk.run_due()

    assert states == [state for _, state, _ in rows(desk)]
    assert (1, 1) == (len(set(keys)), len(vendor.files("ACME-PRINT-1")))
    assert ([] if repeats else 1) == (said(desk) if repeats else len(said(desk)))


def test_file_is_for_a_gateway_that_takes_some_when_it_is_sent(make_desk, calm, vendor, host):
    """Another desk may have written down that it is to be sent."""
    from supporttiers.backends.storage.memory import MemoryStore

    store = MemoryStore()
    desk = with_case(make_desk(calm, store=store, files=host))
    sent(desk)
    desk.tell_vendor("T-1", by="bob", vendor="acme-print", attachments=["f-1"])
    make_desk(calm, store=store).run_due()
    desk.tell_vendor("T-1", by="bob", vendor="acme-print", attachments=["f-2"])
    vendor.attach = None
    make_desk(calm, store=store, files=host).run_due()

    assert [
        "1 attachment not sent to vendor acme-print (this desk cannot read files; build it with files=...): f-1",
        "1 attachment not sent to vendor acme-print (its gateway takes no files): f-2",
    ] == said(desk)


def test_file_on_a_ticket_that_is_gone_is_named_on_the_record(desk, vendor, host, clock):
    """Nobody can send it any more."""
    sent(desk)
    vendor.remove("ACME-PRINT-1")
    desk.tell_vendor("T-1", by="bob", vendor="acme-print", attachments=["f-1"])
    desk.run_due()

    (text,) = said(desk)
    assert text.startswith("1 attachment not sent to vendor acme-print (there is no ticket 'ACME-PRINT-1')")


def test_desk_that_only_calls_reads_files_in_the_same_way(calm, vendor, host, clock):
    """The plain desk is the same."""
    desk = with_case(SupportDesk(calm, clock=clock, vendors=[vendor], files=host))
    sent(desk, "f-1")

    assert ["f-1"] == host.read
