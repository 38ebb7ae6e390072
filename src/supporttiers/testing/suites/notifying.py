"""Laws of notifiers: what goes out, what comes of a failure, and what is never told."""

import copy
import logging
import pickle
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar, Final, cast

import attrs
import pytest

from supporttiers import _fields as fields
from supporttiers._flows import has_asynchronous
from supporttiers.actors import Contact
from supporttiers.effects import Notification
from supporttiers.errors import NotifyError
from supporttiers.protocols import AsyncNotifier, Notifier
from supporttiers.reasons import Reason
from supporttiers.testing.builders import PEOPLE, notification
from supporttiers.testing.suites._awaiting import called_of, turning
from supporttiers.testing.suites._laws import Laws, at_once, only_with

Delivered = Callable[[], Sequence[str]]
_Private = tuple[str, str]

_CALLERS: Final = 8
_NOT_SEEN: Final = "give a fixture `delivered`, so that it can be seen what has arrived"
_HOW_SEEN: Final = "let it give a function of no arguments, such as lambda: list(inbox), for a list of texts"
_NOT_FAILING: Final = "give a fixture `failing`: a notifier whose way out is broken"
_INJECTED: Final = "Bcc: eve@example.org"
_HOSTILE: Final = {
    "unicode": "Принтер горит — プリンタ火事 🖨️🔥 été",
    "right-to-left": "\u202etxt.exe \u2066\u0645\u0631\u062d\u0628\u0627\u2069 \u200f\u05e9\u05dc\u05d5\u05dd",
    "format": "%s %d {0} {reason.code} $subject ${HOME} \\N{BULLET} %(key)s",
    "markup": "<script>alert(1)</script> &amp; <!-- ]]> <b>*bold*</b> [a](javascript:x) @everyone",
    "shell": "'; rm -rf / #\" $(id) `id` | cat ../../etc/passwd",
    "dots": "first\r\n.\r\nMAIL FROM:<eve@example.org>\r\n.\n\n",
    "controls": "bell \a escape \x1b[2J tab \t feed \x0c back \b del \x7f next \x85 line \u2028",
    "long": "long " * 12_800,
    "empty": "",
}
_UNKEEPABLE: Final = {"nul": "before\0after", "surrogate": "half \ud800 a character"}


class NotifierSuite(Laws):
    """
    What every `Notifier` must do. Give a fixture `notifier`; the other fixtures let more be tested.

    Attributes:
        waived: Laws that this notifier does not keep, by the name of the test, with the reason.
        capabilities: What it claims: `words` (what arrives holds the subject or the text), `recipients` (what arrives
            names each recipient, by id, name or address).
        secrets: Passwords, tokens and the like that it was given: they are never told.
        other_loggers: Names of loggers that are not the notifier's, such as that of a server which a fixture has
            started: what they and those below them log is not looked at.

    .. versionadded:: 0.1.0
    """

    CAPABILITIES: ClassVar[frozenset[str]] = frozenset({"words", "recipients"})

    secrets: ClassVar[Sequence[str]] = ()
    other_loggers: ClassVar[Collection[str]] = ()

    # -- what an author gives

    @pytest.fixture
    def people(self) -> Sequence[Contact]:
        """Give two people whom it can reach; by default with addresses for `email` and `sms`."""
        return PEOPLE

    @pytest.fixture
    def delivered(self) -> Delivered | None:
        """Give a function that tells what has arrived so far, a text for each message, as who receives it sees it."""
        return None

    @pytest.fixture
    def failing(self) -> Notifier | None:
        """Give a notifier of the same kind whose way out is broken."""
        return None

    @pytest.fixture
    def mend(self) -> Callable[[], None] | None:
        """Give a function after which `failing` can deliver, to where `delivered` looks."""
        return None

    @pytest.fixture
    def plugged(self, notifier: Notifier) -> object:
        """Give the notifier as a desk is handed it."""
        return notifier

    awaited: ClassVar[bool] = False

    # -- what it is

    def test_name_is_one_that_outbox_and_logs_can_use(self, notifier: Notifier) -> None:
        """A text of 1 to 200 characters without control characters, and always the same."""
        assert fields.name(notifier.name) is None, f"its name {fields.name(notifier.name)}"
        assert notifier.name == notifier.name, "its name is another one each time"

    def test_notifier_fits_its_protocol(self, plugged: object) -> None:
        """It is an object with `notify`, called or awaited as its suite says."""
        assert not isinstance(plugged, type), "it is a class; hand in an object of it"
        assert isinstance(plugged, Notifier), "it lacks `name` or `notify`"
        assert self.awaited is has_asynchronous(plugged, ("notify",)), (
            "notify is a coroutine function: use AsyncNotifierSuite"
            if not self.awaited
            else "notify is no coroutine function: use NotifierSuite"
        )

    def test_declarations_are_true_or_false(self, notifier: Notifier) -> None:
        """What it says of itself by `repeats` and `per_recipient` is a flag."""
        for declared in ("repeats", "per_recipient"):
            value = getattr(notifier, declared, True)
            assert fields.flag(value) is None, f"{declared} {fields.flag(value)}"

    # -- what goes out

    def test_message_goes_out(self, notifier: Notifier, people: Sequence[Contact], delivered: Delivered | None) -> None:
        """A call gives nothing, and delivers one message."""
        given = _tell(notifier, notification(recipients=people[:1]), "m-1")
        assert given is None, f"notify gives {fields.type_name(given)}; it gives nothing, and raises where it fails"
        _seen(delivered)
        _arrived(delivered, 1)

    @only_with("words")
    def test_words_arrive(self, notifier: Notifier, people: Sequence[Contact], delivered: Delivered | None) -> None:
        """What arrives holds the words that were made for the recipients."""
        told = notification(recipients=people[:1], subject="Drucker brennt", text="Bitte löschen.")
        notifier.notify(told, key="m-1")

        _arrived(delivered, 1)
        [seen] = _seen(delivered)
        found = told.subject in seen or told.text in seen
        assert found, "what has arrived holds neither the subject nor the text; do not claim 'words'"

    @only_with("recipients")
    def test_every_recipient_is_told(
        self, notifier: Notifier, people: Sequence[Contact], delivered: Delivered | None
    ) -> None:
        """What arrives names each of them: in one message for all, or in one for each."""
        calls = [[one] for one in people] if getattr(notifier, "per_recipient", False) else [people]
        for number, recipients in enumerate(calls):
            notifier.notify(notification(recipients=tuple(recipients)), key=f"m-{number}")

        seen = "\n".join(_seen(delivered))
        missed = [one.id for one in people if not any(name in seen for name in _names_of(one))]
        assert [] == missed, f"nothing that has arrived names {missed}"

    def test_same_key_delivers_nothing_new(
        self, notifier: Notifier, people: Sequence[Contact], delivered: Delivered | None
    ) -> None:
        """A second call about the same message is no second message."""
        if not getattr(notifier, "repeats", True):
            pytest.skip("it declares `repeats = False`: nobody calls it twice with one key")
        told = notification(recipients=people[:1])
        for _ in range(2):
            notifier.notify(told, key="m-1")

        assert 1 == len(_seen(delivered)), "the same key has delivered twice"

    def test_other_key_is_another_message(
        self, notifier: Notifier, people: Sequence[Contact], delivered: Delivered | None
    ) -> None:
        """Two messages that say the same are two."""
        for key in ("m-1", "m-2"):
            notifier.notify(notification(recipients=people[:1]), key=key)

        assert 2 == len(_seen(delivered)), "a message was taken for another one that says the same"

    def test_nobody_to_tell_does_no_harm(
        self, notifier: Notifier, people: Sequence[Contact], delivered: Delivered | None
    ) -> None:
        """With no recipients it delivers to whom it finds itself, or to nobody, or says that it cannot; and goes on."""
        before = _count(delivered)
        refusal = _refusal(notifier, notification(recipients=(), to="purchasing"))
        assert refusal is None or not refusal.retryable, "there will be nobody the next time either: retryable=False"
        first = _count(delivered)
        assert first - before <= 1
        notifier.notify(notification(recipients=people[:1]), key="m-1")
        _arrived(delivered, first + 1)

    @pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in _HOSTILE.items()])
    def test_hostile_text_goes_out(
        self, notifier: Notifier, people: Sequence[Contact], delivered: Delivered | None, text: str
    ) -> None:
        """Whatever customers write, and however much of it: the message is not lost."""
        notifier.notify(_saying(text, people), key="m-1")
        _arrived(delivered, 1)

    @pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in _UNKEEPABLE.items()])
    def test_text_that_no_store_keeps_does_no_harm(
        self, notifier: Notifier, people: Sequence[Contact], delivered: Delivered | None, text: str
    ) -> None:
        """It is made harmless, or refused for good; the next message goes out."""
        refusal = _refusal(notifier, _saying(text, people))
        assert refusal is None or not refusal.retryable, "it will be no better the next time: retryable=False"
        before = _count(delivered)
        notifier.notify(notification(recipients=people[:1]), key="m-1")
        _arrived(delivered, before + 1)

    def test_line_stays_a_line(
        self, notifier: Notifier, people: Sequence[Contact], delivered: Delivered | None
    ) -> None:
        """A line break in what is one line, such as a subject, begins no header and no line of its own."""
        for number, end in enumerate(("\r\n", "\n", "\r")):
            evil = f"Printer{end}{_INJECTED}{end}{end}{_INJECTED}"
            told = notification(
                recipients=people[:1], subject=evil, language=evil, text="Harmless.",
                reason=Reason("error", {"text": evil}),
            )  # fmt: skip
            notifier.notify(told, key=f"m-{number}")

        lines = [line for seen in _seen(delivered) for line in seen.replace("\r", "\n").split("\n")]
        assert not [line for line in lines if line.startswith(_INJECTED)], "a subject began a line of its own"

    def test_notification_is_left_as_it_was(self, notifier: Notifier, people: Sequence[Contact]) -> None:
        """Other notifiers are handed the same."""
        told = notification(recipients=people[:1], reason=Reason("case.waiting", {"wait_reason": "customer"}))
        before = copy.deepcopy(told)
        notifier.notify(told, key="m-1")

        changed = before != told or attrs.asdict(before) != attrs.asdict(told)
        assert not changed, "it changes the notification, which others are handed, too"

    def test_threads_may_share_it(
        self, notifier: Notifier, people: Sequence[Contact], delivered: Delivered | None
    ) -> None:
        """Several workers of one application call it at once; each message goes out."""
        told = [notification(f"T-{number}", recipients=people[:1]) for number in range(_CALLERS)]
        at_once(*(partial(_tell, notifier, one, f"m-{one.case_id}") for one in told))

        _arrived(delivered, _CALLERS)

    # -- what comes of a failure

    def test_failure_is_a_notify_error(self, failing: Notifier | None, people: Sequence[Contact]) -> None:
        """Whatever went wrong is told as one, which says whose it is, and whether to try again."""
        error = _failure(failing, notification(recipients=people[:1]))

        assert failing is not None
        assert failing.name == error.backend, "the NotifyError names another backend: give it the notifier's `name`"
        for flag in (error.retryable, error.ambiguous):
            assert fields.flag(flag) is None, f"its `retryable` or `ambiguous` {fields.flag(flag)}"
        later = getattr(error, "retry_after", None)
        fits = later is None or (isinstance(later, timedelta) and later >= timedelta(0))
        assert fits, "its `retry_after` is neither None nor a timedelta from 0 up"
        assert isinstance(error.problem, str), "its `problem` is no text"
        assert error.problem.strip(), "its `problem` is empty; say what failed"
        copied = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
        assert str(error) == str(copied), "it does not come back from a pickle as it was"

    def test_failure_tells_nothing_private(self, failing: Notifier | None, people: Sequence[Contact]) -> None:
        """Neither what customers wrote, nor names and addresses, nor secrets stand in the error."""
        told = _private(people)
        error = _failure(failing, told)

        said = "\n".join([str(error), repr(error), str(error.args), str(error.reason), str(attrs.asdict(error))])
        _untold(said, self._private_of(told), "its error tells")

    def test_key_of_a_failure_is_free(
        self, failing: Notifier | None, mend: Callable[[], None] | None, people: Sequence[Contact],
        delivered: Delivered | None,
    ) -> None:  # fmt: skip
        """What could not be delivered is delivered by the next call with the same key."""
        if mend is None:
            pytest.skip("give a fixture `mend`, after which `failing` can deliver")
        told = notification(recipients=people[:1])
        _failure(failing, told)
        mend()
        cast("Notifier", failing).notify(told, key="m-1")

        assert 1 == len(_seen(delivered)), "the failed call counts as delivered"

    # -- what is never told

    def test_repr_tells_no_secret(self, notifier: Notifier, people: Sequence[Contact]) -> None:
        """Neither before nor after it has worked."""
        told = _private(people)
        said = [repr(notifier), str(notifier)]
        notifier.notify(told, key="m-1")

        said += [repr(notifier), str(notifier)]
        _untold("\n".join(said), self._private_of(told), "its repr tells")

    def test_logs_tell_nothing_private(
        self, notifier: Notifier, failing: Notifier | None, people: Sequence[Contact], caplog: pytest.LogCaptureFixture
    ) -> None:
        """From INFO up, which is what applications keep; whether it goes well or not."""
        told = _private(people)
        with caplog.at_level(logging.INFO):
            notifier.notify(told, key="m-1")
            if failing is not None:
                _failure(failing, told)

        for record in caplog.records:
            if not _is_below(record.name, self.other_loggers):
                what = f"the logger {record.name!r} (in `other_loggers` if that is not the notifier's) tells"
                _untold(caplog.handler.format(record), self._private_of(told), what)

    def _private_of(self, told: Notification) -> Sequence[_Private]:
        """Give the words by which it would show that something private was told, each with what it is."""
        number = len(self.secrets)
        secrets = [(f"secret {place} of {number}", word) for place, word in enumerate(self.secrets, 1)]
        words = [("the subject", "zq-subject"), ("the text", "zq-text"), ("the text's second line", "zq-second")]
        people = [("a recipient's name", one.name) for one in told.recipients if one.name]
        ways = [(f"a recipient's {way}", each) for one in told.recipients for way, each in one.addresses.items()]
        return [*secrets, *words, *people, *ways]


class AsyncNotifierSuite(NotifierSuite):
    """
    What every `AsyncNotifier` must do: the same. Give fixtures `async_notifier`, and perhaps `async_failing`.

    .. versionadded:: 0.1.0
    """

    awaited: ClassVar[bool] = True

    @pytest.fixture
    def _loop(self) -> Iterator[Any]:
        with turning() as loop:
            yield loop

    @pytest.fixture
    def plugged(self, async_notifier: AsyncNotifier) -> object:
        """Give the notifier as a desk is handed it."""
        return async_notifier

    @pytest.fixture
    def notifier(self, async_notifier: AsyncNotifier, _loop: Any) -> Notifier:  # noqa: ANN401 - a loop
        """Give the notifier in such a way that each call is awaited on one loop, in a thread."""
        return cast("Notifier", called_of(async_notifier, _loop))

    @pytest.fixture
    def async_failing(self) -> AsyncNotifier | None:
        """Give a notifier of the same kind whose way out is broken."""
        return None

    @pytest.fixture
    def failing(self, async_failing: AsyncNotifier | None, _loop: Any) -> Notifier | None:  # noqa: ANN401
        """Give it in such a way that each call is awaited."""
        return None if async_failing is None else cast("Notifier", called_of(async_failing, _loop))


def _tell(notifier: Notifier, told: Notification, key: str) -> object:
    """Notify, and give what a notifier that promises nothing gives all the same."""
    notify: Callable[..., object] = notifier.notify
    return notify(told, key=key)


def _refusal(notifier: Notifier, told: Notification) -> NotifyError | None:
    """Notify, and give the error by which that is refused."""
    try:
        notifier.notify(told, key="m-0")
    except NotifyError as error:
        return error
    return None


def _seen(delivered: Delivered | None) -> Sequence[str]:
    if delivered is None:
        pytest.skip(_NOT_SEEN)
    return _look(delivered)


def _look(delivered: Delivered) -> Sequence[str]:
    """Look at what has arrived, with a function: a list would say what had arrived before the test."""
    if not callable(delivered):
        pytest.fail(f"the fixture `delivered` gives {fields.type_name(delivered)}; {_HOW_SEEN}")
    found: object = delivered()
    if isinstance(found, str) or not isinstance(found, Sequence):
        pytest.fail(f"the function that `delivered` gives, gives {fields.type_name(found)}; {_HOW_SEEN}")
    return found


def _count(delivered: Delivered | None) -> int:
    return 0 if delivered is None else len(_look(delivered))


def _arrived(delivered: Delivered | None, count: int) -> None:
    """Count what has arrived, where that can be seen."""
    if delivered is not None:
        found = len(_look(delivered))
        assert count == found, f"{found} messages have arrived, not {count}"


def _saying(text: str, people: Sequence[Contact]) -> Notification:
    """Let a text stand wherever customers' words may stand."""
    line = " ".join(text.split("\n"))[: fields.MAX_SUBJECT]
    reason = Reason("error", {"text": text})
    recipient = attrs.evolve(people[0], name="" if fields.subject(line) else line)
    return notification(recipients=(recipient,), subject=line, text=text, reason=reason)


def _private(people: Sequence[Contact]) -> Notification:
    return notification(
        recipients=people[:1], subject="zq-subject of a customer", text="zq-text of a customer\nzq-second line",
    )  # fmt: skip


def _names_of(one: Contact) -> list[str]:
    return [word for word in (one.id, one.name, *one.addresses.values()) if word]


def _untold(said: str, words: Sequence[_Private], what: str) -> None:
    """Find what is private; it is named, and not shown: reports of tests are kept, too."""
    told = [kind for kind, word in words if word in said]
    if told:
        pytest.fail(f"{what} what is private: {', '.join(told)}")


def _is_below(name: str, loggers: Collection[str]) -> bool:
    return any(name == other or name.startswith(f"{other}.") for other in loggers)


def _failure(failing: Notifier | None, told: Notification) -> NotifyError:
    """Let it fail, and give the error."""
    if failing is None:
        pytest.skip(_NOT_FAILING)
    try:
        failing.notify(told, key="m-1")
    except NotifyError as error:
        return error
    except Exception as error:  # noqa: BLE001 - whatever it may be
        pytest.fail(f"it raised a {type(error).__name__}; a notifier raises NotifyError, and no other error")
    pytest.fail("it raised nothing, though its way out is broken: the message is lost")
