"""The laws of notifiers, kept by those that come with the library, on real servers."""

import email
import email.policy
import json
from typing import ClassVar

import pytest
from tests.servers.mailboxes import PASSWORD, USER, mail_server
from tests.servers.receivers import receiver

from supporttiers.backends.notification.apprise import AppriseNotifier
from supporttiers.backends.notification.smtp import SmtpNotifier
from supporttiers.backends.notification.webhook import WebhookNotifier
from supporttiers.testing.suites import NotifierSuite

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class TestSmtp(NotifierSuite):
    """Mail; a reader's program shows a mail that comes twice with one id as one."""

    capabilities: ClassVar = NotifierSuite.CAPABILITIES
    secrets: ClassVar = (PASSWORD,)

    @pytest.fixture
    def server(self):
        """Run a mail server that wants a login."""
        with mail_server(auth_require_tls=False) as found:
            found.SMTP_kwargs["authenticator"] = found.check_login
            yield found

    @pytest.fixture
    def notifier(self, server):
        """Give one that writes to it."""
        return SmtpNotifier(
            "127.0.0.1", server.port, sender="support@acme.example", username=USER, password=PASSWORD
        )  # fmt: skip

    @pytest.fixture
    def failing(self, server, notifier):
        """Give one whose server puts off whatever it is given, from the first failure until it is mended."""
        with mail_server() as other:
            other.at_data = "451 4.3.0 not now"
            other.mails = server.mails
            self.other = other
            yield SmtpNotifier("127.0.0.1", other.port, sender="support@acme.example")

    @pytest.fixture
    def mend(self, failing):
        """Let it take mail again."""

        def mend():
            self.other.at_data = "250 taken"

        return mend

    @pytest.fixture
    def delivered(self, server):
        """Tell the mails that have arrived, by their ids, as a reader shows them."""

        def shown(mail):
            return f"{mail['To']}\n{mail['Subject']}\n{mail.get_content()}"

        def delivered():
            mails = [email.message_from_bytes(each.content, policy=email.policy.default) for each in server.mails]
            return [shown(mail) for mail in {mail["Message-ID"]: mail for mail in mails}.values()]

        return delivered


class OverHttp(NotifierSuite):
    """What suites of notifiers that send requests share."""

    __test__ = False

    @pytest.fixture
    def server(self):
        """Run a receiver."""
        with receiver() as found:
            self.taken = found.requests
            yield found

    @pytest.fixture
    def broken(self, server):
        """Run one that has no time until it is mended."""
        with receiver() as found:
            found.answers = [503]
            yield found

    @pytest.fixture
    def mend(self, server, broken):
        """Let it take requests again."""

        def mend():
            broken.requests = server.requests
            broken.answers = [200]

        return mend


class TestWebhook(OverHttp):
    """Webhooks that hold texts; a receiver does the work of an id once."""

    __test__ = True
    capabilities: ClassVar = NotifierSuite.CAPABILITIES
    secrets: ClassVar = (SECRET, "s3cret")

    texts = True

    @pytest.fixture
    def notifier(self, server):
        """Give one that sends to it."""
        return WebhookNotifier(server.url, secrets=[SECRET], texts=self.texts)

    @pytest.fixture
    def failing(self, broken):
        """Give one that sends to the other."""
        return WebhookNotifier(broken.url, secrets=[SECRET], texts=self.texts)

    @pytest.fixture
    def delivered(self, server):
        """Tell the events that have arrived, by their ids."""

        def delivered():
            events = [json.loads(body) for _, _, _, body in server.requests]
            return [json.dumps(event, ensure_ascii=False) for event in {each["id"]: each for each in events}.values()]

        return delivered


class TestPrivateWebhook(TestWebhook):
    """Webhooks that hold none, as they are unless told otherwise."""

    capabilities: ClassVar = {"recipients"}

    texts = False


class TestApprise(OverHttp):
    """Apprise, by its service that sends JSON."""

    __test__ = True
    capabilities: ClassVar = {"words"}
    secrets: ClassVar = ("s3cret",)
    waived: ClassVar = {"test_same_key_delivers_nothing_new": "services have no place for a key; it says so"}

    @pytest.fixture
    def notifier(self, server):
        """Give one that sends to it."""
        return AppriseNotifier(self.place_of(server))

    @pytest.fixture
    def failing(self, broken):
        """Give one that sends to the other."""
        return AppriseNotifier(self.place_of(broken))

    @staticmethod
    def place_of(server):
        """Give the URL that Apprise has for it."""
        return server.url.replace("http://", "json://").partition("?")[0]

    @pytest.fixture
    def delivered(self, server):
        """Tell titles and texts that have arrived."""

        def delivered():
            events = [json.loads(body) for _, _, _, body in server.requests]
            return [f"{event['title']}\n{event['message']}" for event in events]

        return delivered
