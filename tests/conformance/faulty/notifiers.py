"""
Notifiers that each break one law.

`tests/conformance/test_faults.py` runs these suites in a process of their own, and looks whether the laws find it.
"""

import logging
import threading
from typing import ClassVar

import attrs
import pytest
from tests.conformance.test_notifiers import AwaitedInbox, Inbox

from supporttiers.errors import NotifyError
from supporttiers.testing.suites import NotifierSuite

TOKEN = "token-of-7-letters"


class ControlledName(Inbox):
    def __init__(self, **options):
        super().__init__("two\nlines", **options)


class SaysPerhaps(Inbox):
    repeats = "perhaps"


class Answers(Inbox):
    def notify(self, notification, /, *, key):
        """Give what nobody has asked for."""
        super().notify(notification, key=key)
        return len(self.sent)


class LosesWords(Inbox):
    def notify(self, notification, /, *, key):
        """Tell only whom it concerns."""
        super().notify(attrs.evolve(notification, subject="News", text=notification.case_id), key=key)


class TellsTheFirst(Inbox):
    def notify(self, notification, /, *, key):
        """Forget everybody but the first."""
        super().notify(attrs.evolve(notification, recipients=notification.recipients[:1]), key=key)


class Repeats(Inbox):
    def notify(self, notification, /, *, key):
        """Ignore the key."""
        super().notify(notification, key=f"{key}-{len(self.sent)}")


class ComparesTexts(Inbox):
    def notify(self, notification, /, *, key):
        """Take what says the same for the same."""
        super().notify(notification, key=repr(notification))


class NeedsSomebody(Inbox):
    def notify(self, notification, /, *, key):
        """Fail where nobody is there to be told."""
        assert notification.recipients[0]
        super().notify(notification, key=key)


class TriesNobodyAgain(Inbox):
    def notify(self, notification, /, *, key):
        """Hope that somebody will be there the next time."""
        if not notification.recipients:
            raise NotifyError(self.name, "there is nobody", retryable=True)
        super().notify(notification, key=key)


class KnowsAscii(Inbox):
    def notify(self, notification, /, *, key):
        """Fail on what is no ASCII."""
        if notification.text != "Bitte löschen.":
            notification.text.encode("ascii")
        super().notify(notification, key=key)


class DiesOfNul(Inbox):
    def notify(self, notification, /, *, key):
        """Fail on what cannot be encoded."""
        notification.text.encode()
        assert "\0" not in notification.text, "it cannot be written"
        super().notify(notification, key=key)


class Injected(Inbox):
    def notify(self, notification, /, *, key):
        """Write a subject as it comes."""
        super().notify(notification, key=key)
        self.sent[key] = f"Subject: {notification.subject}\r\n\r\n{notification.text}; {self.sent[key]}"


class Scribbles(Inbox):
    def notify(self, notification, /, *, key):
        """Leave a note in what others will read."""
        super().notify(notification, key=key)
        notification.reason.params["sent"] = True


class NotForThreads(Inbox):
    def __init__(self, **options):
        super().__init__(**options)
        self.busy = False
        self.meeting = threading.Barrier(2)

    def notify(self, notification, /, *, key):
        """Fail where two come at once."""
        if notification.case_id in {"T-0", "T-1"} and notification.text.startswith("The printer"):
            try:
                self.meeting.wait(timeout=0.3)
            except RuntimeError:
                self.meeting.reset()
            else:
                raise RuntimeError(key)
        super().notify(notification, key=key)


class RaisesAsItComes(Inbox):
    def notify(self, notification, /, *, key):
        """Let what is below leak."""
        if self.down:
            raise ConnectionRefusedError
        super().notify(notification, key=key)


class FailsInSilence(Inbox):
    def notify(self, notification, /, *, key):
        """Say nothing, and do nothing."""
        if not self.down:
            super().notify(notification, key=key)


class BlamesAnother(Inbox):
    def notify(self, notification, /, *, key):
        """Name the wrong notifier."""
        if self.down:
            raise NotifyError("smtp", "the server is away", retryable=True)
        super().notify(notification, key=key)


class QuotesTheText(Inbox):
    def notify(self, notification, /, *, key):
        """Quote in an error what could not be sent."""
        if self.down:
            raise NotifyError(self.name, f"could not send {notification.text!r}", retryable=True)
        super().notify(notification, key=key)


class ShowsItsToken(Inbox):
    def notify(self, notification, /, *, key):
        """Quote in an error what it was given."""
        if self.down:
            raise NotifyError(self.name, f"could not log in with {TOKEN}", retryable=True)
        super().notify(notification, key=key)


class RemembersTooEarly(Inbox):
    def notify(self, notification, /, *, key):
        """Take for sent what has failed."""
        tried = self.__dict__.setdefault("tried", set())
        if key not in tried:
            tried.add(key)
            super().notify(notification, key=key)


class ReprHasToken(Inbox):
    def __repr__(self):
        return f"Inbox({TOKEN})"


class ReprHasLast(Inbox):
    def __repr__(self):
        return f"Inbox({self.sent})"


class LogsWords(Inbox):
    def notify(self, notification, /, *, key):
        """Log what customers write."""
        logging.getLogger("acme.inbox").info("sending %s", notification.subject)
        super().notify(notification, key=key)


class LogsAddresses(Inbox):
    def notify(self, notification, /, *, key):
        """Log whom it could not reach."""
        if self.down:
            logging.getLogger("acme.inbox").warning("no way to %s", notification.recipients[0].addresses)
        super().notify(notification, key=key)


FAULTS = {
    "test_name_is_one_that_outbox_and_logs_can_use": [ControlledName],
    "test_notifier_fits_its_protocol": [AwaitedInbox],
    "test_declarations_are_true_or_false": [SaysPerhaps],
    "test_message_goes_out": [Answers],
    "test_words_arrive": [LosesWords],
    "test_every_recipient_is_told": [TellsTheFirst],
    "test_same_key_delivers_nothing_new": [Repeats],
    "test_other_key_is_another_message": [ComparesTexts],
    "test_nobody_to_tell_does_no_harm": [NeedsSomebody, TriesNobodyAgain],
    "test_hostile_text_goes_out": [KnowsAscii],
    "test_text_that_no_store_keeps_does_no_harm": [DiesOfNul],
    "test_line_stays_a_line": [Injected],
    "test_notification_is_left_as_it_was": [Scribbles],
    "test_threads_may_share_it": [NotForThreads],
    "test_failure_is_a_notify_error": [RaisesAsItComes, FailsInSilence, BlamesAnother],
    "test_failure_tells_nothing_private": [QuotesTheText, ShowsItsToken],
    "test_key_of_a_failure_is_free": [RemembersTooEarly],
    "test_repr_tells_no_secret": [ReprHasToken, ReprHasLast],
    "test_logs_tell_nothing_private": [LogsWords, LogsAddresses],
}
"""Of each law the notifiers that break it."""


class _Suite(NotifierSuite):
    capabilities: ClassVar = NotifierSuite.CAPABILITIES
    secrets: ClassVar = (TOKEN,)
    kind: ClassVar = Inbox

    @pytest.fixture
    def notifier(self):
        """Give an empty one."""
        return self.kind()

    @pytest.fixture
    def delivered(self, request):
        """Tell the texts that have arrived."""
        used = "failing" if "mend" in request.fixturenames else "notifier"
        return lambda: request.getfixturevalue(used).texts()

    @pytest.fixture
    def failing(self):
        """Give one that cannot deliver."""
        return self.kind(down=True)

    @pytest.fixture
    def mend(self, failing):
        """Let it deliver."""
        return failing.mend


for _kinds in FAULTS.values():
    for _kind in _kinds:
        _name = f"Test{_kind.__name__}"
        globals()[_name] = type(_name, (_Suite,), {"kind": _kind, "__module__": __name__})


class TestSoundAfterAll(_Suite):
    """Waives a law that it keeps: that is reported, too."""

    waived: ClassVar = {"test_message_goes_out": "it was once so"}


class TestSound(_Suite):
    """Breaks nothing."""
