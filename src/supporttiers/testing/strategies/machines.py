"""A rule-based machine that is pointed at a process: it does whatever can be done, and looks at laws and monitors."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any, ClassVar, Final

from hypothesis import note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from supporttiers._fields import type_name
from supporttiers.actors import Actor
from supporttiers.cases import Case
from supporttiers.commands import Command, Open
from supporttiers.errors import CaseError, InputError
from supporttiers.monitors import Monitor
from supporttiers.process import SupportProcess
from supporttiers.protocols import CaseStore
from supporttiers.testing.rehearsal import Rehearsal
from supporttiers.testing.stories import Story
from supporttiers.testing.strategies._steps import Possible, Step
from supporttiers.testing.strategies._texts import ORDINARY, SAID, SUBJECTS
from supporttiers.testing.strategies.laws import Law, LawBrokenError, fault_of_history, fault_of_telling

# -- what is drawn, from what can be done where the machine stands

Draws = st.SearchStrategy[Step]


def _of_machine(chosen: "Callable[[st.DrawFn, SupportMachine], Step]") -> Draws:
    """Make a strategy of a function that chooses a step where the machine stands."""

    @st.composite
    def drawn(draw: st.DrawFn) -> Step:
        machine: SupportMachine = draw(st.runner())
        return chosen(draw, machine)

    return drawn()


def _opening(draw: st.DrawFn, machine: "SupportMachine") -> Step:
    given: dict[str, Any] = {"subject": draw(_SUBJECTS)}
    if text := draw(_SAID):
        given["text"] = text
    priority = draw(st.sampled_from((None, *machine.rehearsal.desk.process.priorities)))
    if priority is not None:
        given["priority"] = priority
    given |= draw(st.sampled_from(tuple(machine.openings)))
    by = draw(st.sampled_from(machine.possible.customers))
    return machine.possible.opening(by, given, machine.opened + 1)


def _move(draw: st.DrawFn, machine: "SupportMachine", *, moving: bool = False, **more: str) -> Step:
    case = _case(draw, machine)
    by_verb = machine.possible.moves(case, moving=moving)
    verb = draw(st.sampled_from(list(by_verb)))
    return machine.possible.taken(draw(st.sampled_from(by_verb[verb])), case, **more)


def _step_on(draw: st.DrawFn, machine: "SupportMachine") -> Step:
    return _move(draw, machine, moving=True)


def _retry(draw: st.DrawFn, machine: "SupportMachine") -> Step:
    return _move(draw, machine, idempotency_key=f"key-{len(machine.steps) + 1}")


def _attempt(draw: st.DrawFn, machine: "SupportMachine") -> Step:
    other = draw(st.sampled_from(list(machine.stories)))
    verb = draw(st.sampled_from(machine.possible.verbs))
    by = draw(st.sampled_from(machine.possible.people))
    return machine.possible.attempt(verb, _case(draw, machine), by=by, other=other)


def _time(draw: st.DrawFn, machine: "SupportMachine") -> Step:
    return draw(st.sampled_from(machine.possible.times()))


def _from_vendor(draw: st.DrawFn, machine: "SupportMachine") -> Step:
    return draw(st.sampled_from(machine.from_vendors()))


def _case(draw: st.DrawFn, machine: "SupportMachine") -> Case:
    return draw(st.sampled_from(list(machine.stories.values()))).case


_LONG: Final = 50
_STEPS: Final = 25
"""So many steps an example, in place of Hypothesis's 50, unless somebody has said how many: it fails sooner in few."""
_SUBJECTS: Final = st.sampled_from((*ORDINARY, *SUBJECTS))
_SAID: Final = st.sampled_from(SAID)


def _has_cases(machine: "SupportMachine") -> bool:
    return bool(machine.stories)


class SupportMachine(RuleBasedStateMachine):
    """
    Does with a process whatever can be done.

    It opens cases, gives each command as somebody who may, tries what is refused, lets time pass and vendors answer,
    and gives commands twice, as after a crash.

    After each step the laws are looked at (see `Law`), and the monitors. What fails is shown as steps of a rehearsal,
    and once more at its end as a whole. `support_machine` makes one for a process; or write a class:

    >>> class Acme(SupportMachine):
    ...     process = SupportProcess.default()
    >>> TestAcme = Acme.TestCase

    Rules and invariants of your own are written as ever; they find `rehearsal` and `stories`.

    Attributes:
        process: A process, or the path of its file.
        monitors: What must never, or always, be so.
        actors: Who acts; when None a customer, an agent, and where the agent may not a manager with every role.
        openings: With what cases may be opened: tables of fields, as `desk.open` takes them.
        laws: Which laws are looked at.
        max_cases: So many cases are opened at most; what follows up on them comes on top.
        rehearsal: Where all takes place.
        stories: The cases so far, by their ids.

    .. versionadded:: 0.1.0
    """

    process: ClassVar[SupportProcess | str | FilePath]
    monitors: ClassVar[Iterable[Monitor]] = ()
    actors: ClassVar[Iterable[Actor] | None] = None
    openings: ClassVar[Iterable[Mapping[str, Any]]] = ({},)
    laws: ClassVar[Iterable[Law | str]] = tuple(Law)
    max_cases: ClassVar[int] = 2

    def __init_subclass__(cls, **more: Any) -> None:  # noqa: ANN401 - as its base takes it
        """
        Read the process once, and check what was given.

        Raises:
            InputError: Something cannot be so; the error names it.
            ProcessError: The process is not valid.
        """
        super().__init_subclass__(**more)
        given = vars(cls)
        if "process" in given and not isinstance(given["process"], SupportProcess):
            cls.process = SupportProcess.from_toml(given["process"])
        for name in ("monitors", "actors", "openings", "laws"):
            if name in given and given[name] is not None:
                setattr(cls, name, tuple(given[name]))
        if unknown := [str(law) for law in cls.laws if law not in tuple(Law)]:
            raise InputError("", "laws", f"has {unknown[0][:40]!r}; possible are: {', '.join(Law)}")
        if not cls.openings:
            raise InputError("", "openings", "is empty; leave it out, and cases are opened without fields of yours")
        if settings.default is not None and settings.default.stateful_step_count == _LONG:
            cls.TestCase.settings = settings(cls.TestCase.settings, stateful_step_count=_STEPS)

    def __init__(self) -> None:
        """Set the stage, for one example."""
        super().__init__()
        self.rehearsal: Rehearsal = self.rehearse()
        self._start = self.rehearsal.now
        self.stories: dict[str, Story] = {}
        self.steps: list[str] = []
        self.possible: Possible = Possible(self.rehearsal, None if self.actors is None else tuple(self.actors))
        self.opened: int = 0
        self._seen: dict[str, Case] = {}

    def rehearse(self) -> Rehearsal:
        """Make the rehearsal of one example; replace it where yours needs more: facts, a directory, a store."""
        return Rehearsal(self.process, monitors=self.monitors)

    # -- what can happen

    @precondition(lambda self: self.opened < self.max_cases)
    @rule(step=_of_machine(_opening))
    def opens(self, step: Step) -> None:
        """A customer opens a case."""
        self.opened += 1
        self._take(step)

    @precondition(_has_cases)
    @rule(step=_of_machine(_move))
    def acts(self, step: Step) -> None:
        """Somebody who may does something that can be done where a case stands."""
        self._take(step)

    @precondition(_has_cases)
    @rule(step=_of_machine(_step_on))
    def moves_on(self, step: Step) -> None:
        """Somebody who may moves a case on, by whatever leads from where it stands."""
        self._take(step)

    @precondition(_has_cases)
    @rule(step=_of_machine(_attempt))
    def tries(self, step: Step) -> None:
        """Somebody tries something, whether it makes sense or not."""
        self._take(step)

    @precondition(_has_cases)
    @rule(step=_of_machine(_retry))
    def retries(self, step: Step) -> None:
        """The answer to a command is lost in a crash, before anything else was done, and it is given once more."""
        self._take(step, twice=True)

    @precondition(_has_cases)
    @rule(step=_of_machine(_time))
    def time_passes(self, step: Step) -> None:
        """Time passes: to the next deadline, to just before it, or over hours and days."""
        self._take(step)

    @precondition(lambda self: bool(self.from_vendors()))
    @rule(step=_of_machine(_from_vendor))
    def vendor_says(self, step: Step) -> None:
        """A vendor says how far a ticket is."""
        self._take(step)

    def from_vendors(self) -> list[Step]:
        """Give what vendors may say."""
        return [step for story in self.stories.values() for step in self.possible.from_vendors(story.case)]

    # -- one step

    def _take(self, step: Step, *, twice: bool = False) -> None:
        self.steps.append(step.text)
        if step.command is None:
            step.do()
        else:
            self._execute(step.command)
            if twice:
                self.steps.append(self.steps[-1])
                self._again(step.command)
        self.rehearsal.settle()
        self.look()

    def _execute(self, command: Command) -> None:
        """Give a command; hold its answer, or what its refusal leaves, against what is kept."""
        desk = self.rehearsal.desk
        before = self._kept()
        try:
            answer = desk.execute(command).case
        except CaseError as error:
            self.steps[-1] = f"# refused: {self.steps[-1]}"
            self._unchanged(before, Law.REFUSAL_CHANGES_NOTHING, f"{command.trigger} was refused: {error}")
            return
        assert answer is not None  # only a refusal leaves none; for the type checker
        if isinstance(command, Open):
            self.stories[answer.id] = self.rehearsal.story(answer)
        if desk.get(answer.id) != answer:
            self._broken(Law.ANSWER_IS_KEPT, f"after {command.trigger} the store has another case", answer.id)

    def _again(self, command: Command) -> None:
        """Give a command once more, with the same key."""
        before = self._kept()
        with suppress(CaseError):  # as at the first time; and if not, what it changes is looked at
            self.rehearsal.desk.execute(command)
        self._unchanged(before, Law.RETRY_CHANGES_NOTHING, f"{command.trigger} was carried out twice")

    def _kept(self) -> dict[str, Case]:
        return {case_id: story.case for case_id, story in self.stories.items()}

    def _unchanged(self, before: Mapping[str, Case], law: Law, problem: str) -> None:
        for case_id, case in self._kept().items():
            if before[case_id] != case:
                self._broken(law, problem, case_id)

    # -- what holds

    def look(self) -> None:
        """
        Look at the laws, of whatever has changed; a rule of your own that does something at the rehearsal ends with it.

        Raises:
            LawBrokenError: One of them does not hold.
        """
        for case in self.rehearsal.desk.find():  # others open cases, too, such as follow-ups
            self.stories.setdefault(case.id, self.rehearsal.story(case))
        due = self.rehearsal.next_at()
        if due is not None and due <= self.rehearsal.clock.now():
            self._broken(Law.NOTHING_OVERDUE, f"something is due since {due.isoformat()}")
        for story in self.stories.values():
            case = story.case
            if self._seen.get(case.id) == case:
                continue
            self._seen[case.id] = case
            history = story.history
            for found in (fault_of_history(case, history), fault_of_telling(history, story.told)):
                if found is not None:
                    self._broken(*found, case.id)
            if case.is_open and not self.possible.can_move(case) and _is_idle(story):
                where = f"at tier {case.tier}, {case.status}, nobody can do anything, and nothing happens by itself"
                self._broken(Law.CAN_MOVE, where, case.id)

    def _broken(self, law: Law, problem: str, case_id: str | None = None) -> None:
        if law in self.laws:
            raise LawBrokenError.of(law, problem, () if case_id is None else self.rehearsal.desk.history(case_id))

    # -- how it is told

    @property
    def script(self) -> str:
        """All that was done, as it is written with `Rehearsal`; `process` and `monitors` are yours."""
        start = f"rehearsal = Rehearsal(process, start={self._start.isoformat()!r}, monitors=monitors)"
        return "\n".join((start, *self.steps))

    def teardown(self) -> None:
        """Tell what was done, where it has failed, and let go of what the store holds."""
        note(f"As a rehearsal:\n{self.script}")
        self.rehearsal.desk.shut_down()


def _is_idle(story: Story) -> bool:
    return all(reason.code == "case.idle" for reason in story.next)


def support_machine(
    process: SupportProcess | str | FilePath,
    /,
    *,
    monitors: Iterable[Monitor] = (),
    actors: Iterable[Actor] | None = None,
    openings: Iterable[Mapping[str, Any]] = ({},),
    vendors: Callable[[], Iterable[Any]] | None = None,
    store: Callable[[], CaseStore | str] | None = None,
    start: str | datetime = "2026-01-05T09:00Z",
    laws: Iterable[Law | str] = tuple(Law),
    max_cases: int = 2,
    **parts: Any,  # noqa: ANN401 - as the desk takes them
) -> type[SupportMachine]:
    """
    Make a machine for a process, whose `TestCase` is a test.

    >>> TestSupport = support_machine(SupportProcess.default()).TestCase

    Args:
        process: A process, or the path of its file.
        monitors: What must never, or always, be so.
        actors: Who acts; when None a customer, an agent, and where the agent may not a manager with every role.
        openings: With what cases may be opened: tables of fields, as `desk.open` takes them.
        vendors: Makes new doubles of vendors for each example; when None, each takes tickets, and answers as the
            machine wants it.
        store: Makes a new store for each example, or gives its URL; in memory when None.
        start: When each example begins: an aware datetime, or an ISO 8601 text with an offset.
        laws: Which laws are looked at; all of them unless said.
        max_cases: So many cases are opened at most.
        parts: What else `SupportDesk` takes: `directory`, `facts`, `policies`, `plugins`; one for all examples.

    Returns:
        A class to be made a test of, or to be derived from.

    Raises:
        InputError: Something cannot be so; the error names it.
        ProcessError: The process is not valid.

    .. versionadded:: 0.1.0
    """
    made_anew: tuple[tuple[str, object], ...] = (("vendors", vendors), ("store", store))
    for name, given in made_anew:
        if given is not None and not callable(given):
            problem = f"must be a function that makes a new one for each example, not {type_name(given)}"
            raise InputError("", name, f"{problem}; write lambda: ...")

    class Machine(SupportMachine):
        def rehearse(self) -> Rehearsal:
            made = None if vendors is None else vendors()
            kept = None if store is None else store()
            return Rehearsal(self.process, start=start, monitors=self.monitors, vendors=made, store=kept, **parts)

    return type(
        "SupportMachine",
        (Machine,),
        {
            "__doc__": SupportMachine.__doc__, "process": process, "monitors": monitors, "actors": actors,
            "openings": openings, "laws": laws, "max_cases": max_cases,
        },
    )  # fmt: skip
