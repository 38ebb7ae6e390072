"""The machine for a process: it finds seeded faults within its default examples, and tells them as a rehearsal."""

import re

import attrs
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from supporttiers import Actor, Destination, SupportProcess
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.errors import InputError
from supporttiers.events import CaseHandedBack, CaseReopened, ThresholdFired
from supporttiers.match import Match
from supporttiers.monitors import Telling
from supporttiers.policies.permission import Permission, PermitByRules
from supporttiers.reasons import Reason
from supporttiers.testing import MonitorViolatedError, Rehearsal, ScriptedVendor, Told, never
from supporttiers.testing.builders import committing, every_event, happens, opening
from supporttiers.testing.stories import VERBS
from supporttiers.testing.strategies import Law, LawBrokenError, SupportMachine, support_machine
from supporttiers.testing.strategies.laws import fault_of_history, fault_of_telling
from supporttiers.tiers import Tier

PROCESS = SupportProcess(
    name="small",
    tiers=[
        Tier(level=1, name="Front", escalates_to=[2], time_limit="15m"),
        Tier(level=2, name="Back", escalates_to=[3], hands_back_to=[1]),
        Tier(level=3, name="Vendor", kind="vendor", vendor="acme", hands_back_to=[2]),
    ],
    bounce_limit=1,
)
FIRST = settings(derandomize=True, database=None, deadline=None, phases=[Phase.generate], stateful_step_count=25)
"""The default examples, without shrinking what they find."""


def fault_in(machine, error=AssertionError, how=FIRST):
    """Run a machine, and give the error that it finds."""
    with pytest.raises(error) as caught:
        run_state_machine_as_test(machine, settings=how)
    return caught.value


def notes_of(error):
    """Give what Hypothesis has noted on an error."""
    return "\n".join(error.__notes__)


# -- what holds


def test_machine_finds_nothing_where_nothing_is_wrong():
    """A sound process keeps all laws; every kind of step is taken on the way."""
    taken = []

    class Watched(support_machine(PROCESS)):
        def teardown(self):
            taken.extend(self.steps)
            super().teardown()

    run_state_machine_as_test(Watched, settings=settings(FIRST, max_examples=40))
    said = "\n".join(taken)

    for part in (
        "vendor_says(",
        "advance('72h')",
        "advance(to=",
        "idempotency_key=",
        "# refused: ",
        "t2 = ",
        ".reopen(",
    ):
        assert part in said, part
    assert len(set(VERBS) - set(re.findall(r"t\d+\.(\w+)\(", said))) <= 6


def test_machine_is_a_test_case():
    """`TestCase` runs as any test does; unless somebody has said how many, an example has 25 steps."""
    machine = support_machine(PROCESS, max_cases=1)
    case = machine.TestCase("runTest")
    case.settings = settings(machine.TestCase.settings, max_examples=3)
    case.runTest()

    assert 25 == machine.TestCase.settings.stateful_step_count


def test_machine_takes_the_steps_that_a_profile_says():
    """Who has said how many steps an example has, is heard."""
    settings.register_profile("seven", settings.get_profile("ci"), stateful_step_count=7)
    before = settings.get_current_profile_name()
    settings.load_profile("seven")
    try:
        assert 7 == support_machine(PROCESS).TestCase.settings.stateful_step_count
    finally:
        settings.load_profile(before)


# -- seeded faults


@attrs.frozen
class RouteUrgent:
    """Sends what is urgent straight to the vendor, which nobody wants."""

    name = "acme.route-urgent"
    revision = 1

    def route(self, situation, /):
        """Give tier 3 for one priority of four."""
        return Destination(tier=3) if situation.case.priority == "critical" else None


def test_policy_that_sends_a_case_where_it_must_not_go_is_found():
    """A monitor says where cases must not be opened; a policy opens them there."""
    process = attrs.evolve(PROCESS, policies=[RouteUrgent()], entry="any")
    monitor = never(Match(tier=3, status="queued", priority="critical"), name="urgent cases stay in the house")

    assert "urgent cases stay in the house" in str(
        fault_in(support_machine(process, monitors=[monitor]), MonitorViolatedError)
    )


def test_order_of_things_that_a_monitor_forbids_is_found():
    """Only who escalates, hands back and escalates again sends a case to and fro too often."""
    to_and_fro = never(Told("manager", reason="move.bounced"), name="nobody plays ping-pong")

    assert "nobody plays ping-pong" in str(
        fault_in(support_machine(PROCESS, monitors=[to_and_fro]), MonitorViolatedError)
    )


class Reopening(support_machine(PROCESS)):
    """Has a rule of its own: whoever was handed back, and ended, is not reopened."""

    def look(self):
        """Look at the order of events, too."""
        super().look()
        for story in self.stories.values():
            kinds = [type(event) for event in story.history]
            if CaseReopened in kinds and CaseHandedBack in kinds[: kinds.index(CaseReopened)]:
                raise LawBrokenError("reopened after it was handed back")


def test_particular_order_is_found():
    """Escalate, hand back, end, reopen: in this order only."""
    assert "reopened after it was handed back" in str(fault_in(Reopening))


class LosingStore(MemoryStore):
    """Says of each handing back that it was written, and writes nothing."""

    def commit(self, commits, /):
        """Leave out what hands back."""
        kept = [one for one in commits if not any(isinstance(event, CaseHandedBack) for event in one.events)]
        done = iter(super().commit(kept))
        return [next(done) if one in kept else True for one in commits]


def test_store_that_loses_an_update_is_found():
    """The answer of the desk is held against what is kept."""
    error = fault_in(support_machine(PROCESS, store=LosingStore), LawBrokenError)

    assert "what the desk has answered is what the store has kept: after " in str(error)
    assert "opened at tier 1" in str(error)


class ForgetfulStore(MemoryStore):
    """Forgets which keys were used."""

    def commit(self, commits, /):
        """Write all but the use of a key."""
        return super().commit([attrs.evolve(one, used=None) for one in commits])


def test_store_that_forgets_keys_is_found():
    """A command that is tried again after a crash is carried out twice."""
    error = fault_in(support_machine(PROCESS, store=ForgetfulStore), LawBrokenError)

    assert "a command that is tried again with its key changes nothing" in str(error)
    assert not isinstance(
        _run_or_none(support_machine(PROCESS, store=ForgetfulStore, laws=["versions_rise"])), LawBrokenError
    )


def _run_or_none(machine):
    try:
        run_state_machine_as_test(machine, settings=settings(FIRST, max_examples=5))
    except AssertionError as error:
        return error
    return None


class GappyStore(MemoryStore):
    """Forgets the second event of each history."""

    def history(self, *given, **more):
        """Leave one out."""
        events = super().history(*given, **more)
        return (*events[:1], *events[2:])


def test_store_with_a_gap_in_a_history_is_found():
    """The history of each case is looked at whenever the case has changed."""
    error = fault_in(support_machine(PROCESS, store=GappyStore), LawBrokenError)

    assert str(error).startswith(("versions count from 1 without a gap: they are [1", "the fold of its history"))


class Careless(SupportMachine):
    """Its desk writes something down, and refuses."""

    process = PROCESS

    def rehearse(self):
        """Break the desk."""
        rehearsal = Rehearsal(self.process)
        execute = rehearsal.desk.execute

        def broken(command):
            if command.trigger != "release":
                return execute(command)
            rehearsal.desk.note(command.case_id, by="anna", text="Who was that?")
            raise InputError(command.case_id, "release", "is not possible")

        rehearsal.desk.execute = broken
        return rehearsal


def test_refusal_that_changes_something_is_found():
    """Cases are as they were before a command that was refused."""
    assert "what is refused changes nothing: release was refused" in str(fault_in(Careless, LawBrokenError))


class Late(SupportMachine):
    """Its clock says that something is due, always."""

    process = PROCESS

    def rehearse(self):
        """Break the clock."""
        rehearsal = Rehearsal(self.process)
        rehearsal.next_at = rehearsal.clock.now
        return rehearsal


def test_deadline_that_is_not_met_is_found():
    """After a pass nothing is due any more."""
    assert "after a pass nothing is due any more: something is due since 2026-01-05" in str(
        fault_in(Late, LawBrokenError)
    )


def test_case_that_nobody_can_move_is_found():
    """Where nobody may do anything, and nothing happens by itself, a case is stuck."""
    stuck = SupportProcess(
        name="stuck",
        tiers=[Tier(level=1, name="All")],
        policies=[
            PermitByRules([Permission(verbs=["resolve", "cancel", "start", "assign", "wait", "close"], roles=["lead"])])
        ],
    )
    people = [Actor.customer("jane"), Actor.agent("anna")]
    error = fault_in(support_machine(stuck, actors=people), LawBrokenError)

    assert "a case has ended, or can still move: at tier 1, queued, nobody can do anything" in str(error)
    run_state_machine_as_test(support_machine(stuck), settings=settings(FIRST, max_examples=5))


# -- the laws about histories


def test_history_with_a_gap_is_no_history():
    """Versions count from 1, and each once."""
    events = every_event()
    assert fault_of_history(None, [*events[:3], *events[4:]])[0] is Law.VERSIONS_RISE


def test_history_has_to_make_the_case():
    """What the history makes is the case that is kept; one that cannot be folded makes none."""
    first = opening()
    noted = committing(first.case, [happens(CaseHandedBack, first.case, tier=1)])

    assert fault_of_history(first.case, first.events) is None
    assert fault_of_history(noted.case, first.events) == (
        Law.HISTORY_REBUILDS, "the case that is kept is another one"
    )  # fmt: skip
    broken = [attrs.evolve(noted.events[0], version=1)]
    assert fault_of_history(first.case, broken)[0] is Law.HISTORY_REBUILDS


def test_threshold_is_told_once():
    """One who hears of one threshold twice, and of another once."""
    case = opening().case
    reasons = [Reason("move.limit", {"limit": name}) for name in ("first", "second")]
    fired = [
        happens(
            ThresholdFired, case, limit="first", instance=1, threshold=0, mark="100%", due_at=case.opened_at,
            breach=True, overtaken=False, reason=reason,
        )
        for reason in reasons
    ]  # fmt: skip
    told = [Telling(at=case.opened_at, case_id=case.id, to="manager", reason=reason) for reason in reasons]

    assert fault_of_telling(fired, told) is None
    assert fault_of_telling(fired, [*told, told[0]]) == (Law.TOLD_ONCE, "manager was told 2 times of 'first'")


# -- how it is told


def test_failure_reads_as_a_rehearsal():
    """Steps are shown as they are written, and all of them once more at the end, ready to be run."""
    monitor = never(Match(tier=2), name="never at tier 2")
    error = fault_in(support_machine(PROCESS, monitors=[monitor], max_cases=1), MonitorViolatedError)
    notes = notes_of(error)
    [script] = re.findall(r"^As a rehearsal:\n(rehearsal = (?:.+\n)+)", notes + "\n", re.MULTILINE)
    script = script.partition("Explanation:")[0]

    assert "never at tier 2\nbecause never tier=2\n2026-01-05 09:00:00  jane (customer)  opened at tier 1" in str(error)
    assert re.search(r"^state.opens\(step=t1 = rehearsal.open\('.*', by='jane'", notes, re.MULTILINE)
    assert script.startswith(
        "rehearsal = Rehearsal(process, start='2026-01-05T09:00:00+00:00', monitors=monitors)\nt1 = "
    )
    with pytest.raises(MonitorViolatedError):
        exec(script, {"Rehearsal": Rehearsal, "process": PROCESS, "monitors": [monitor], "Actor": Actor})


# -- of one's own


def test_machine_takes_what_the_desk_takes():
    """Openings, actors, vendors that speak for themselves, and a start of one's own."""
    made, opened = [], []

    def vendors():
        made.append(ScriptedVendor("acme"))
        return made[-1:]

    class Own(
        support_machine(
            PROCESS, vendors=vendors, start="2026-03-23T09:00+01:00", openings=[{"category": "vpn"}],
            actors=[Actor.customer("joe"), Actor.agent("eve")], laws=["versions_rise", Law.CAN_MOVE],
        )
    ):  # fmt: skip
        @rule(text=st.just("How is it going?"))
        def asks(self, text):
            for story in self.stories.values():
                self.rehearsal.desk.note(story.id, by="eve", text=text)
            self.look()

        def teardown(self):
            opened.extend(story.case for story in self.stories.values())
            super().teardown()

    run_state_machine_as_test(Own, settings=settings(FIRST, max_examples=5))
    assert len(made) >= 5
    assert {("vpn", "joe")} == {(case.category, case.requester) for case in opened}


class Derived(SupportMachine):
    """Written as a class, with no more than a process."""

    process = PROCESS


def test_machine_may_be_derived():
    """A class of one's own needs a process, and nothing else."""
    run_state_machine_as_test(Derived, settings=settings(FIRST, max_examples=2))


def test_machine_reads_a_file(tmp_path):
    """The process may be the path of its file, which is read once."""
    path = tmp_path / "small.toml"
    path.write_text('[process]\nname = "small"\n[[tiers]]\nlevel = 1\nname = "All"\n', "utf-8")
    machine = support_machine(path)
    path.unlink()
    run_state_machine_as_test(machine, settings=settings(FIRST, max_examples=2))

    assert "small" == machine.process.name


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (
            {"vendors": []},
            "vendors must be a function that makes a new one for each example, not list; write lambda: ...",
        ),
        ({"store": "memory"}, "store must be a function"),
        ({"laws": ["told_twice"]}, "laws has 'told_twice'; possible are: answer_is_kept, "),
        ({"openings": []}, "openings is empty"),
    ],
)
def test_what_cannot_be_so_is_refused(given, problem):
    """When the machine is made, and not in the midst of an example."""
    with pytest.raises(InputError) as caught:
        support_machine(PROCESS, **given)

    assert problem in str(caught.value)


@pytest.mark.parametrize("law", Law)
def test_law_says_what_it_says(law):
    """Each is a sentence."""
    assert law.says
