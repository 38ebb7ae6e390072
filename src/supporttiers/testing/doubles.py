"""Doubles of what is outside: notifiers that only remember."""

from collections.abc import Sequence

from supporttiers.clock import Clock, SystemClock
from supporttiers.effects import Notification
from supporttiers.errors import NotifyError
from supporttiers.monitors import Telling


class RecordingNotifier:
    """
    A notifier that remembers what it was handed, and fails as often as it is told to.

    >>> RecordingNotifier("mail").told
    ()
    """

    def __init__(self, name: str = "recorder", *, clock: Clock | None = None, failures: int = 0) -> None:
        """
        Begin with nothing told.

        Args:
            name: By which outbox and logs speak of it.
            clock: Says when something was told; the machine's when None. In a rehearsal it is the rehearsal's.
            failures: So many calls fail at first, in a way that may pass.
        """
        self.name = name
        self._clock = clock or SystemClock()
        self._failures = failures
        self._told: list[Telling] = []
        self._keys: set[str] = set()

    @property
    def told(self) -> Sequence[Telling]:
        """What was told, in order; what came twice with one key counts once."""
        return tuple(self._told)

    def follow(self, clock: Clock) -> None:
        """Tell the time by another clock from now on; a rehearsal has its doubles follow its own."""
        self._clock = clock

    def notify(self, notification: Notification, /, *, key: str) -> None:
        """
        Remember a message.

        Raises:
            NotifyError: It is one of the calls that are to fail.
        """
        if self._failures > 0:
            self._failures -= 1
            raise NotifyError(self.name, "it fails, as the test wants it", retryable=True)
        if key in self._keys:
            return
        self._keys.add(key)
        self._told.append(
            Telling(
                at=self._clock.now(), case_id=notification.case_id, to=notification.to, reason=notification.reason,
                notifier=self.name, people=tuple(person.id for person in notification.recipients),
                text=notification.text,
            )
        )  # fmt: skip
