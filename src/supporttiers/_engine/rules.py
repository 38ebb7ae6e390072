"""Asking the policies: with the facts that they need, and with a check of what they answer."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any, Final, get_args

import attrs

from supporttiers import _fields as fields
from supporttiers import events as happened
from supporttiers._engine.work import Work
from supporttiers._fields import type_name
from supporttiers.calendars.targets import Target
from supporttiers.cases import Case, Place
from supporttiers.commands import Command
from supporttiers.decisions import Destination, FollowUp, Hold, Later, Refusal, Situation
from supporttiers.errors import FactsError, NotPermittedError, PluginError, say_where
from supporttiers.events import Event
from supporttiers.facts import FactKey, keys_of, needs_of
from supporttiers.limits import TimeLimit
from supporttiers.reasons import Reason

# -- facts


class Missing(Exception):  # noqa: N818 - no error: the flow reads what is missing, and decides again
    """Something must be known first."""

    def __init__(self, wanted: Iterable[FactKey]) -> None:
        """Say what."""
        super().__init__()
        self.wanted = frozenset(wanted)


def learn(work: Work, case: Case, needs: Sequence[str], *, goes_on: bool = False) -> dict[str, object]:
    """
    Give the facts that are needed about a case; they will stand on the next event.

    Args:
        work: What is being decided.
        case: Which case.
        needs: The names of the facts.
        goes_on: Whether a command goes on with what the case last knew where a source cannot be read, as time does.

    Raises:
        Missing: Some have not been read yet; all of them at once.
        FactsError: A source cannot be read, and a command needs it. Time goes on with what the case last knew.
    """
    if not needs:
        return {}
    looking = _Looking(work, case, goes_on=goes_on or work.command is None)
    for name in needs:
        looking.look_up(name)
    if looking.missing:
        raise Missing(looking.missing)
    work.use(looking.found, looking.stale)
    return {name: looking.found[name] for name in needs}


def knowing(work: Work, case: Case, needs: Sequence[str]) -> Case:
    """Give a case with what is needed from outside; it will stand on the next event."""
    facts = learn(work, case, needs)
    return attrs.evolve(case, facts={**case.facts, **facts}) if facts else case


class _Looking:
    """One look at several facts, each after those that its key comes from."""

    def __init__(self, work: Work, case: Case, *, goes_on: bool) -> None:
        self.work, self.case, self.goes_on = work, case, goes_on
        self.found: dict[str, object] = {}
        self.missing: set[FactKey] = set()
        self.stale: list[str] = []

    def look_up(self, name: str) -> None:
        facts = self.work.facts
        if name in self.found:
            return
        keyed_by = facts.keyed_by.get(name)
        if keyed_by is None:
            self.found[name] = self._last_known(name)
            return
        if keyed_by.startswith("facts."):
            other = keyed_by.split(".")[1]
            self.look_up(other)
            if other not in self.found:
                return
        keys = keys_of(keyed_by, self.case, self.found)
        wanted = [FactKey(name, key) for key in ((keys,) if isinstance(keys, str) else keys or ())]
        missing = [key for key in wanted if key not in facts.values]
        if missing and name in facts.failed:
            self.found[name] = self._last_known(name)
        elif missing:
            self.missing.update(missing)
        elif isinstance(keys, tuple):
            self.found[name] = {key.key: facts.values[key] for key in wanted}
        else:
            self.found[name] = facts.values[wanted[0]] if wanted else None

    def _last_known(self, name: str) -> object:
        work = self.work
        if not self.goes_on and not work.process.observes:
            raise FactsError(name, work.facts.failed.get(name, "this desk has no such source of facts"), retryable=True)
        self.stale.append(name)
        return self.case.facts.get(name)


# -- what policies are asked


def _situation(work: Work, case: Case, needs: Sequence[str], more: dict[str, Any]) -> Situation:
    facts = learn(work, case, needs, goes_on=more.get("limit") is not None)
    if facts:
        case = attrs.evolve(case, facts={**case.facts, **facts})
    return Situation(
        case=case, command=work.command, now=work.at, facts=facts, by=work.by, calendars=work.process.calendars_by_name,
        **more,
    )  # fmt: skip


def situation_for(work: Work, policy: object, case: Case, **more: Any) -> Situation:  # noqa: ANN401
    """Give what a policy is asked about a case, with the facts that it needs."""
    return _situation(work, case, needs_of(policy), more)


def _answers(work: Work, method: str, case: Case, **more: Any) -> Iterator[tuple[Any, object]]:  # noqa: ANN401
    """Ask every policy that has an answer to a method, in order."""
    for policy in work.process.asked(method):
        if method == "permit" and more["trigger"] not in getattr(policy, "verbs", (more["trigger"],)):
            continue
        situation = _situation(work, case, needs_of(policy), more)
        try:
            answer = getattr(policy, method)(situation)
        except Exception as error:
            say_where(error, f"policy {policy.name!r}, {method}()")
            raise
        yield policy, answer


def _first(work: Work, method: str, case: Case, kind: Any, **more: Any) -> tuple[Any, Any]:  # noqa: ANN401
    """Give the first policy with an opinion, and the opinion; two times None where no policy has one."""
    for policy, answer in _answers(work, method, case, **more):
        if answer is not None:
            _must_be(policy, method, answer, kind)
            return policy, answer
    return None, None


def _must_be(policy: Any, method: str, answer: object, kind: Any) -> None:  # noqa: ANN401
    if not isinstance(answer, kind):
        possible = " or ".join(each.__name__ for each in (kind if isinstance(kind, tuple) else (kind,)))
        raise PluginError(policy.name, f"its {method}() gave {type_name(answer)}; possible are a {possible} and None")


def route(work: Work, case: Case) -> tuple[str, Destination] | None:
    """Ask where a new case should go, and give the policy's name too; an observing process only notes it."""
    policy, answer = _first(work, "route", case, Destination)
    if answer is None:
        return None
    if work.observes:
        work.withhold("route", Place(answer.tier, answer.team), Reason("rule.policy", {"policy": policy.name}))
        return None
    return policy.name, answer


def prioritise(work: Work, case: Case) -> str | None:
    """Ask how urgent a case is, whatever its priority may be now; an observing process only notes it."""
    case = attrs.evolve(case, priority=work.process.default_priority_name)
    policy, answer = _first(work, "prioritise", case, str)
    if answer is not None and answer not in work.process.priorities:
        possible = ", ".join(work.process.priorities)
        raise PluginError(policy.name, f"its prioritise() gave {answer[:40]!r}; possible are: {possible}")
    priority: str | None = answer
    if priority is not None and work.observes:
        work.withhold("prioritise", priority, Reason("rule.policy", {"policy": policy.name}))
        return None
    return priority


def target(work: Work, case: Case, limit: str) -> Target | None:
    """Ask how much working time a limit allows a case."""
    policy, answer = _first(work, "target", case, get_args(Target), limit=limit)
    if isinstance(answer, timedelta) and answer <= timedelta(0):
        raise PluginError(policy.name, f"its target() gave {answer}; possible are durations above zero and None")
    allowed: Target | None = answer
    return allowed


def assign(work: Work, *, exclude: tuple[str, ...] = ()) -> bool:
    """Give the case to whom the policies say; say whether they said somebody."""
    if not work.process.asked("assign"):
        return False
    policy, agent = _first(work, "assign", work.snapshot(), str, exclude=exclude)
    if agent is None:
        return False
    if problem := fields.name(agent):
        raise PluginError(policy.name, f"its assign() gave an id that {problem}")
    if agent != work.draft.assignee:
        work.emit(happened.CaseAssigned, assignee=agent, reason=Reason("assign.policy", {"policy": policy.name}))
    return True


def allowed(work: Work, limit: TimeLimit, case: Case) -> Target | None:
    """Give the working time that a limit allows a case: what the policies say, else its own target for the priority."""
    found = target(work, case, limit.name) if work.process.asked("target") else None
    return limit.target_for(case.priority) if found is None else found


class OnHold(Exception):  # noqa: N818 - no error: the command waits
    """Somebody must approve it first."""

    def __init__(self, hold: Hold, to: Place | None) -> None:
        """Say what, and where the case would go."""
        super().__init__()
        self.hold = hold
        self.to = to


def permit(work: Work, trigger: str, *, to: Place | None = None, case: Case | None = None) -> tuple[str, ...]:
    """
    Ask whether anything stands against a verb. What follows from a command by itself is not asked about again.

    Returns:
        What should have been handed in first, where that binds nobody.

    Raises:
        NotPermittedError: Something stands against it; every refusal is named, and everything that is missing.
        OnHold: Somebody must approve it first; of several holds the first that has not been approved yet.
    """
    if not work.process.asked("permit") or (work.command is not None and work.command.trigger != trigger):
        return ()
    asked = case or work.snapshot()
    refusals: list[Refusal] = []
    holds: list[Hold] = []
    skipped = _between(work, asked.tier, asked.tier if to is None else to.tier)
    for policy, answer in _answers(work, "permit", asked, trigger=trigger, to=to, skipped=skipped):
        if answer is None:
            continue
        _must_be(policy, "permit", answer, (Refusal,) if trigger in _ANSWERS else (Refusal, Hold))
        (refusals if isinstance(answer, Refusal) else holds).append(answer)  # type: ignore[arg-type]
    _refuse(work, trigger, [refusal for refusal in refusals if refusal.binding])
    waiting = next((hold for hold in holds if hold.reason not in work.approved), None)
    if waiting is not None and work.observes:
        work.withhold("hold", trigger, waiting.reason)
    elif waiting is not None:
        raise OnHold(waiting, to)
    return _missing(refusals)


_ANSWERS: Final = ("approve", "decline")
"""The verbs that answer an approval: they cannot wait for one."""


def _between(work: Work, here: int, there: int) -> tuple[int, ...]:
    """Give the levels that lie between two others, in the order in which a case would pass them."""
    low, high = sorted((here, there))
    levels = sorted(level for level in work.process.tiers_by_level if low < level < high)
    return tuple(levels if here < there else reversed(levels))


def _refuse(work: Work, trigger: str, refusals: Sequence[Refusal]) -> None:
    if refusals:
        reasons = tuple(refusal.reason for refusal in refusals)
        refused = NotPermittedError(work.case_id, trigger, work.by.id, reasons, _missing(refusals))
        if trigger == "redact":  # not even where rules only watch: what is deleted cannot be put back
            raise refused
        work.forbid(refused)


def _missing(refusals: Iterable[Refusal]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for refusal in refusals for word in refusal.missing))


def reopening(work: Work, to: Place | None) -> FollowUp | Refusal | None:
    """Ask what is done instead of reopening a case; *to* is None where the process has no way back."""
    if not work.process.asked("reopen"):
        return None
    answer: FollowUp | Refusal | None
    answer = _first(work, "reopen", work.snapshot(), (FollowUp, Refusal), trigger="reopen", to=to)[1]
    return answer


def vendor(work: Work) -> str | None:
    """Ask to which vendor a case goes."""
    policy, chosen = _first(work, "dispatch", work.snapshot(), str)
    if chosen is not None and (problem := fields.name(chosen)):
        raise PluginError(policy.name, f"its dispatch() gave a name that {problem}")
    found: str | None = chosen
    return found


def reactions(work: Work, event: Event) -> Iterator[tuple[str, Command | Later]]:
    """Ask what follows from an event; give each wish with the name of the policy."""
    for policy, answer in _answers(work, "react", work.snapshot(), trigger="react", event=event):
        wishes: Any = () if answer is None else answer
        if isinstance(wishes, Command | Later) or not isinstance(wishes, Iterable):
            raise PluginError(policy.name, f"its react() gave {type_name(answer)}; possible is a list of commands")
        for wish in wishes:
            _must_be(policy, "react", wish, (Command, Later))
            yield policy.name, wish
