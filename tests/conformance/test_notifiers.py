"""
Every notifier keeps the same laws.

Each kind of notifier has its class here: a fixture `notifier`, and `delivered`, `failing` and `mend` where it can be
seen what arrives, and made to fail.
"""

import asyncio
import io
from typing import ClassVar

import pytest

from supporttiers.backends.notification.console import ConsoleNotifier
from supporttiers.errors import NotifyError
from supporttiers.testing.suites import AsyncNotifierSuite, NotifierSuite


class TestConsole(NotifierSuite):
    """Lines on a stream."""

    capabilities: ClassVar = {"recipients"}
    waived: ClassVar = {"test_same_key_delivers_nothing_new": "a repeated line does no harm, and nothing is kept"}

    @pytest.fixture
    def stream(self):
        """Give the stream on which it writes."""
        return io.StringIO()

    @pytest.fixture
    def notifier(self, stream):
        """Give a notifier that writes on it."""
        return ConsoleNotifier(stream)

    @pytest.fixture
    def delivered(self, stream):
        """Tell the lines."""
        return lambda: stream.getvalue().split("\n")[:-1]

    @pytest.fixture
    def failing(self, stream):
        """Give a notifier whose stream is a pipe that nobody reads any more."""
        return ConsoleNotifier(_Pipe(stream))

    @pytest.fixture
    def mend(self, failing):
        """Let somebody read again."""
        return failing._stream.mend


class _Pipe:
    """A stream that cannot be written, until it is mended."""

    def __init__(self, stream):
        self.stream = stream
        self.broken = True

    def mend(self):
        self.broken = False

    def write(self, text):
        if self.broken:
            raise BrokenPipeError
        return self.stream.write(text)


class Inbox:
    """Keeps messages by their keys, in the way of the notifier that the documentation shows."""

    asynchronous = False

    def __init__(self, name="inbox", *, down=False):
        self.name = name
        self.down = down
        self.sent = {}

    def notify(self, notification, /, *, key):
        """Keep a message, unless the way out is broken."""
        if self.down:
            raise NotifyError(self.name, "the inbox is locked", retryable=True)
        if key not in self.sent:
            people = ", ".join(one.id for one in notification.recipients)
            subject = " ".join(notification.subject.split())
            self.sent[key] = f"to {people}: {subject}\n\n{notification.text}"

    def texts(self):
        """Tell what has arrived."""
        return list(self.sent.values())

    def mend(self):
        """Open the way out."""
        self.down = False


class TestInbox(NotifierSuite):
    """The notifier that the documentation shows keeps every law, and claims all there is to claim."""

    capabilities: ClassVar = NotifierSuite.CAPABILITIES

    @pytest.fixture
    def notifier(self):
        """Give an empty inbox."""
        return Inbox()

    @pytest.fixture
    def delivered(self, request):
        """Tell the texts in the inbox, or in the one that was mended."""
        used = "failing" if "mend" in request.fixturenames else "notifier"
        return lambda: request.getfixturevalue(used).texts()

    @pytest.fixture
    def failing(self):
        """Give an inbox that is locked."""
        return Inbox(down=True)

    @pytest.fixture
    def mend(self, failing):
        """Open it."""
        return failing.mend


class AwaitedInbox(Inbox):
    """The same, awaited."""

    async def notify(self, notification, /, *, key):
        """Keep a message, a turn of the loop later."""
        await asyncio.sleep(0)
        Inbox.notify(self, notification, key=key)


class TestAwaitedInbox(AsyncNotifierSuite):
    """A notifier that is awaited keeps the same laws."""

    capabilities: ClassVar = NotifierSuite.CAPABILITIES

    @pytest.fixture
    def async_notifier(self):
        """Give an empty inbox."""
        return AwaitedInbox()

    @pytest.fixture
    def delivered(self, request):
        """Tell the texts in the inbox, or in the one that was mended."""
        used = "async_failing" if "mend" in request.fixturenames else "async_notifier"
        return lambda: request.getfixturevalue(used).texts()

    @pytest.fixture
    def async_failing(self):
        """Give an inbox that is locked."""
        return AwaitedInbox(down=True)

    @pytest.fixture
    def mend(self, async_failing):
        """Open it."""
        return async_failing.mend


class RingsUp(Inbox):
    """Calls people, one at a time, and must not call twice."""

    repeats = False
    per_recipient = True


class TestRingsUp(NotifierSuite):
    """A notifier that tells next to nothing of itself: most can still be tested."""

    @pytest.fixture
    def notifier(self):
        """Give one that is not looked into."""
        return RingsUp()


class TestAwaitedBlind(AsyncNotifierSuite):
    """The same, awaited."""

    @pytest.fixture
    def async_notifier(self):
        """Give one that is not looked into."""
        return AwaitedInbox()


class TestOneByOne(TestInbox):
    """One that is handed a single recipient a call names each, too."""

    @pytest.fixture
    def notifier(self):
        """Give one that takes one recipient at a time."""
        return RingsUp()
