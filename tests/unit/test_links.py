"""What a case holds on to: links, attachments, vendor tickets, attempts."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from supporttiers.errors import InputError
from supporttiers.links import VENDOR_LIVE, Attachment, Attempt, Link, VendorStatus, VendorTicket

NINE = datetime(2026, 3, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Link("", "T-2"), "kind must not be empty"),
        (lambda: Link("follows", ""), "case_id must not be empty"),
        (lambda: Link("follows", 5), "case_id must be a text, not int"),
        (lambda: Attachment(id=" "), "id must not be empty"),
        (lambda: Attachment(id="f", name=5), "name must be a text, not int"),
        (lambda: Attachment(id="f", name="x" * 501), "name has 501 characters; at most 500 are possible"),
        (lambda: Attachment(id="f", media_type=""), "media_type must not be empty"),
        (lambda: Attachment(id="f", size=-1), "size is -1; possible is at least 0"),
        (lambda: Attachment(id="f", size=True), "size must be a whole number (at least 0), not bool"),
        (
            lambda: Attempt(what="faq", outcome="helped", at=datetime(2026, 3, 23)),  # noqa: DTZ001 - the point
            "at is naive; give it a time zone, such as datetime.now(UTC)",
        ),
    ],
)
def test_parts_of_a_case_refuse_what_they_cannot_hold(make, text):
    """The error names the field and what is wrong with it."""
    with pytest.raises(InputError) as caught:
        make()

    assert str(caught.value).endswith(text)


def test_attachment_takes_what_is_known_of_a_file():
    """Everything but the id may be unknown; size zero and 500 characters are possible."""
    known = Attachment(id="f-1", name="x" * 500, media_type="image/png", size=0)

    assert ("f-1", 0, None, "") == (known.id, known.size, Attachment(id="f").size, Attachment(id="f").name)


def test_attachment_does_not_show_its_name():
    """What people call a file is theirs."""
    assert "salary" not in repr(Attachment(id="f-1", name="salary.pdf"))


def test_vendor_ticket_keeps_instants_in_utc():
    """Another zone's instant is the same instant in UTC."""
    there = timezone(timedelta(hours=2))
    ticket = VendorTicket(vendor="acme", key="k", requested_at=NINE.astimezone(there), changed_at=NINE)

    assert (NINE, UTC) == (ticket.requested_at, ticket.requested_at.tzinfo)
    assert (VendorStatus.REQUESTED, None) == (ticket.status, ticket.remote_id)


def test_vendor_statuses_are_live_until_an_answer_or_a_failure():
    """What is over is owed nothing any more, whoever has ended it; an answer still has to be verified."""
    over = {"resolved", "closed", "rejected", "withdrawn", "gone", "failed"}
    assert set(VendorStatus) - over == VENDOR_LIVE
