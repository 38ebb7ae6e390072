"""What holds for every case of every process, whatever is done: what a machine looks at after each step."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from supporttiers.cases import rebuild
from supporttiers.errors import SupportTiersError
from supporttiers.events import Event, ThresholdFired
from supporttiers.monitors import Telling
from supporttiers.reasons import Reason
from supporttiers.timelines import timeline


class Law(StrEnum):
    """What a machine looks at besides your monitors."""

    ANSWER_IS_KEPT = "answer_is_kept"
    HISTORY_REBUILDS = "history_rebuilds"
    VERSIONS_RISE = "versions_rise"
    REFUSAL_CHANGES_NOTHING = "refusal_changes_nothing"
    RETRY_CHANGES_NOTHING = "retry_changes_nothing"
    NOTHING_OVERDUE = "nothing_overdue"
    CAN_MOVE = "can_move"
    TOLD_ONCE = "told_once"

    @property
    def says(self) -> str:
        """Say it as a rule."""
        return _SAYS[self]


_SAYS: Final = {
    Law.ANSWER_IS_KEPT: "what the desk has answered is what the store has kept",
    Law.HISTORY_REBUILDS: "the fold of its history is the case",
    Law.VERSIONS_RISE: "versions count from 1 without a gap",
    Law.REFUSAL_CHANGES_NOTHING: "what is refused changes nothing",
    Law.RETRY_CHANGES_NOTHING: "a command that is tried again with its key changes nothing",
    Law.NOTHING_OVERDUE: "after a pass nothing is due any more",
    Law.CAN_MOVE: "a case has ended, or can still move",
    Law.TOLD_ONCE: "people are told once of each threshold that is reached",
}


class LawBrokenError(AssertionError):
    """A law does not hold: the message has the law, what is wrong, and the timeline of the case."""

    @classmethod
    def of(cls, law: Law, problem: str, history: Sequence[Event] = ()) -> "LawBrokenError":
        """Say which law, and what is wrong; the words that people wrote are left out."""
        return cls("\n".join((f"{law.says}: {problem}", *timeline(history, texts=False))))


def fault_of_history(case: object, history: Sequence[Event]) -> tuple[Law, str] | None:
    """Say which law a case and its history break, if any."""
    versions = [event.version for event in history]
    if versions != list(range(1, len(versions) + 1)):
        return Law.VERSIONS_RISE, f"they are {versions}"
    try:
        folded = rebuild(history)
    except (SupportTiersError, ValueError) as error:
        return Law.HISTORY_REBUILDS, str(error)
    if folded != case:
        return Law.HISTORY_REBUILDS, "the case that is kept is another one"
    return None


def fault_of_telling(history: Sequence[Event], told: Sequence[Telling]) -> tuple[Law, str] | None:
    """Say who was told more than once of one threshold, if anybody."""
    fired = Counter(_plain(event.reason) for event in history if isinstance(event, ThresholdFired))
    heard = Counter((each.to, each.notifier, _plain(each.reason)) for each in told)
    for (to, _, reason), times in heard.items():
        if reason in fired and times > fired[reason]:
            return Law.TOLD_ONCE, f"{to} was told {times} times of {dict(reason[1])['limit']!r}"
    return None


def _plain(reason: Reason | None) -> tuple[str, tuple[tuple[str, object], ...]]:
    return ("", ()) if reason is None else (reason.code, tuple(reason.params.items()))
