"""Notifications as lines of text."""

import io

import attrs
import pytest

from supporttiers.actors import Contact
from supporttiers.backends.notification.console import ConsoleNotifier
from supporttiers.effects import Notification
from supporttiers.errors import NotifyError
from supporttiers.protocols import Notifier
from supporttiers.reasons import Reason
from supporttiers.tiers import Status


@pytest.fixture
def notification(at):
    """Make a notification for some people."""
    return lambda *people: Notification(
        tenant="default", case_id="T-1", to="watchers", recipients=tuple(Contact(id=each) for each in people),
        reason=Reason("case.waiting", {"wait_reason": "customer"}), tier=1, status=Status.WAITING, at=at("09:05:31"),
    )  # fmt: skip


def test_console_is_a_notifier():
    """It has what the Protocol asks for, and a name of its own."""
    assert isinstance(ConsoleNotifier(), Notifier)
    assert ("console", "pager") == (ConsoleNotifier().name, ConsoleNotifier(name="pager").name)


@pytest.mark.parametrize(("people", "shown"), [((), "-"), (("eve",), "eve"), (("eve", "max"), "eve, max")])
def test_console_writes_a_line_with_when_who_and_why(notification, people, shown):
    """One line a notification: the instant, role and people, the case and the reason."""
    stream = io.StringIO()
    ConsoleNotifier(stream).notify(notification(*people), key="k")

    assert f"2026-03-23 09:05  watchers ({shown}): case T-1: waiting for customer\n" == stream.getvalue()


def test_console_writes_to_standard_output_as_it_is_then(notification, capsys):
    """A notifier that was made before the output was redirected follows it."""
    notifier = ConsoleNotifier()
    notifier.notify(notification(), key="k")

    assert "case T-1: waiting for customer" in capsys.readouterr().out


def test_console_carries_a_desks_messages_without_customer_text(make_desk, calm):
    """What is printed of a case are ids and reasons."""
    stream = io.StringIO()
    desk = make_desk(calm, notifiers=[ConsoleNotifier(stream)])
    case = desk.open("secret subject", id="T-1", by="jane", text="secret text")
    desk.inform_management(case, by="bob", reason="secret reason")
    desk.run_due()

    assert stream.getvalue().startswith("2026-03-23 09:00  manager (-): case T-1: ")
    assert "secret" not in stream.getvalue()


def test_console_writes_one_line_whatever_a_reason_quotes(notification):
    """Line breaks and what changes a terminal are blanks."""
    stream = io.StringIO()
    told = attrs.evolve(notification(), reason=Reason("error", {"text": "one\r\ntwo\x1b[2J\u202ethree"}))
    ConsoleNotifier(stream).notify(told, key="k")

    assert stream.getvalue().endswith("case T-1: one  two [2J three\n")


def test_console_escapes_what_its_stream_cannot_write(notification):
    """A terminal that knows only ASCII is no reason to lose a message."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    told = attrs.evolve(notification("zoë"), reason=Reason("error", {"text": "🖨"}))
    ConsoleNotifier(stream).notify(told, key="k")
    stream.flush()

    assert stream.buffer.getvalue().endswith(b"watchers (zo\\xeb): case T-1: \\U0001f5a8\n")


def test_console_says_that_its_stream_cannot_be_written(notification):
    """A closed stream may be another one the next time, as standard output may: it is tried again."""
    stream = io.StringIO()
    stream.close()

    with pytest.raises(NotifyError, match=r"^console: its stream cannot be written: ValueError; it may be tried again"):
        ConsoleNotifier(stream).notify(notification(), key="k")
