"""Mail on MailDev, as another program reads it."""

import pytest
from tests.servers.maildev import NoMailDevError, maildev

from supporttiers.backends.notification.smtp import SmtpNotifier


@pytest.fixture(scope="module")
def server():
    """Run MailDev, or say why not."""
    try:
        with maildev() as found:
            yield found
    except NoMailDevError as error:
        pytest.skip(f"no MailDev here: {error}")


def test_maildev_reads_what_was_written(server, notification, clock):
    """Names, subject, text and headers, with letters of the world and everything."""
    mail = SmtpNotifier(
        "127.0.0.1", server.smtp, sender="Büro <support@acme.example>", clock=clock, list_id="support.acme.example"
    )
    mail.notify(notification(subject="Fall T-1 – größer", text="Grüße\n.\n\U0001f4a5\n" + "lang " * 500), key="k")
    mail.notify(notification(subject="a\tb"), key="l")
    first, second = sorted(server.mails(), key=lambda each: each["subject"] != "Fall T-1 – größer")

    assert "Fall T-1 – größer" == first["subject"]
    assert "Grüße\n.\n\U0001f4a5\n" + "lang " * 500 == first["text"].replace("\r\n", "\n").removesuffix("\n")
    assert [{"address": "support@acme.example", "name": "Büro"}] == first["from"]
    assert [{"address": "anna@example.org", "name": "Anna Ant"}] == first["to"]
    assert ["auto-generated", "bulk", "<support.acme.example>"] == [
        first["headers"][name] for name in ("auto-submitted", "precedence", "list-id")
    ]
    assert "a b" == second["subject"]
    assert first["headers"]["references"] == second["headers"]["references"]
    assert first["messageId"] != second["messageId"]
