"""Explorations: dead ends, cases without a clock, circles, and monitors that one order of commands breaks."""

import re
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import attrs
import pytest

from supporttiers import Actor, Match, SupportProcess, WorkingHours
from supporttiers.commands import (
    Amend,
    Attach,
    Cancel,
    Dispatch,
    LinkCase,
    Note,
    RecordAttempt,
    Reply,
    TellVendor,
    Wait,
)
from supporttiers.errors import InputError, MoveRefusedError, ProcessError
from supporttiers.events import CaseNoted, VendorTicketUpdated
from supporttiers.links import Attachment, Link
from supporttiers.match import AtMost, Not
from supporttiers.monitors import Either
from supporttiers.testing import Disclosed, Invariant, Rehearsal, ScriptedVendor, Told, always, explore, never
from supporttiers.testing.exploring.writing import monitor_text

RUNNING = """
process.name = "sound"
tiers = [
  { level = 1, name = "First line", teams = ["front", "back"], escalates_to = [2] },
  { level = 2, name = "Second line", hands_back_to = [1] },
]
[[limits]]
name = "resolve"
measures = "resolution"
agreement = "sla"
target = "8h"
pause = { status = "closed" }
thresholds = [{ at = "100%", do = ["notify:manager"] }]
"""
"""Its clock runs as long as a case is open."""
STUCK = RUNNING.replace('{ status = "closed" }', '{ status = "waiting", wait_reason = "customer" }')
CYCLE = """
process.name = "cycle"
tiers = [
  { level = 1, name = "First line", escalates_to = [2], time_limit = "15m" },
  { level = 2, name = "Second line", hands_back_to = [1] },
]
[[limits]]
name = "back"
measures = "tier"
tier = 2
agreement = "ola"
target = "15m"
thresholds = [{ at = "100%", do = ["hand_back"] }]
"""
DEAD_END = (
    RUNNING
    + """
[[policies]]
use = "supporttiers.permit-by-rules"
rules = [{ verbs = ["resolve", "hand_back", "cancel"], effect = "deny", when = { tier = 2 } }]
"""
)
VENDOR = RUNNING.replace(
    "hands_back_to = [1] },", 'hands_back_to = [1], kind = "vendor", vendor = "acme" },'
)  # fmt: skip
QUICK = {"invariants": []}
FEW = ["start", "escalate", "hand_back", "resolve", "cancel"]
"""Enough for a dead end: with all verbs it takes thousands of states to see that none leads out."""


def read(text, **more):
    """Read a process."""
    return SupportProcess.from_text(text, **more)


def fault_of(test, kept="written"):
    """Run a test that was written, as if it were kept in a file, and give how it fails."""
    names = {"__file__": kept}
    exec(compile(test, kept, "exec"), names)
    [found] = [value for name, value in names.items() if name.startswith("test_")]
    with pytest.raises(AssertionError) as caught:
        found()
    return str(caught.value)


def verbs(one):
    """Give what is done on the way of a counterexample."""
    return [choice.verb for choice in one.choices]


# -- what is verified of every process


def test_sound_process_has_no_counterexample():
    """Every way is followed to its end, and nothing is wrong."""
    found = explore(read(RUNNING), depth=30)

    assert found.complete
    assert found.counterexamples == ()
    assert {"cancelled", "closed", "resolved"} == set(found.ends)
    assert str(found).endswith("complete; 0 counterexamples")


def test_dead_end_is_found_by_the_shortest_way():
    """A case that nobody is allowed to end has no way out; what leads there is one command."""
    [found] = explore(read(DEAD_END), depth=30, commands=FEW).counterexamples

    assert Invariant.REACHES_AN_END is found.invariant
    assert found.problem.startswith("case T-1 is queued at tier 2, and none of these leads to an end: start, ")
    assert ["anna: escalate tier=2"] == [str(choice) for choice in found.choices]
    assert "escalated to tier 2" in found.timeline
    assert "every case can still reach an end" in fault_of(found.test)


def test_dead_end_for_some_verbs_says_so():
    """Others may lead out of it; without any, only time passes."""
    process = read(DEAD_END)
    few = [Wait(case_id="any", by=Actor.agent("anna"), wait_reason="customer"), "start"]

    [found] = explore(process, depth=40, commands=few, invariants=["reaches_an_end"]).counterexamples
    assert found.problem == "case T-1 is queued at tier 1, and none of these leads to an end: wait, start"
    [found] = explore(process, depth=40, commands=[], invariants=["reaches_an_end"]).counterexamples
    assert found.problem == "case T-1 is queued at tier 1, and nothing that time does leads to an end"


def test_what_was_not_followed_is_no_dead_end():
    """Where a way goes on beyond the depth, nothing is said about its end."""
    assert explore(read(DEAD_END), depth=2).counterexamples == ()


def test_case_that_can_only_be_cancelled_has_no_proper_end():
    """Unless being cancelled is said to be one."""
    process = read(RUNNING + DEAD_END.removeprefix(RUNNING).replace(', "cancel"', ""))

    [found] = explore(process, depth=30, commands=FEW).counterexamples
    also = explore(process, depth=30, commands=FEW, ends=["resolved", "cancelled"])

    assert Invariant.REACHES_AN_END is found.invariant
    assert also.counterexamples == ()


def test_case_without_a_clock_is_found():
    """A case that waits while its only clock stands still may be forgotten for ever."""
    [found] = explore(read(STUCK), depth=3).counterexamples

    assert Invariant.HAS_A_CLOCK is found.invariant
    assert "case T-1 is waiting for customer at tier 1, and nothing ever happens by itself" == found.problem
    assert ["wait"] == verbs(found)
    assert "nobody waits without a clock" in fault_of(found.test)


def test_case_may_wait_where_that_is_said():
    """What may stand without a clock is left alone, and the test that is written says the same."""
    allowed = Match(wait_reason="customer")
    elsewhere = read(STUCK.replace('"customer"', '["customer", "scheduled"]'))

    assert explore(read(STUCK), depth=3, may_wait=allowed).counterexamples == ()
    [found] = explore(elsewhere, depth=3, may_wait=allowed).counterexamples
    assert ["anna: wait wait_reason=scheduled"] == [str(choice) for choice in found.choices]
    assert "nobody waits without a clock" in fault_of(found.test)


def test_cycle_of_limits_is_followed_to_its_end():
    """States that come again are followed once, however often a case goes round."""
    found = explore(read(CYCLE), depth=40, invariants=["reaches_an_end"])

    assert found.complete
    assert found.depth < 40
    assert found.counterexamples == ()


@attrs.frozen
class Restless:
    """Sends a case to one vendor after another."""

    name: ClassVar[str] = "acme.restless"
    revision: ClassVar[int] = 1

    def react(self, situation, /):
        """Go on to the next vendor once one has taken it."""
        if isinstance(situation.event, VendorTicketUpdated):
            number = len(situation.case.vendor_tickets)
            return [Dispatch(case_id=situation.case.id, by=situation.by, vendor=f"vendor {number}")]
        return []


def test_process_that_runs_in_a_circle_is_found():
    """What follows by itself must come to rest."""
    process = attrs.evolve(read(VENDOR), policies=[Restless()])

    with pytest.raises(InputError, match="has not come to rest after 20 passes at 2026-01-05T09:00"):
        explore(process, depth=2, commands=["escalate"])


def test_test_names_policies_of_ones_own():
    """The test that is written imports them."""
    process = attrs.evolve(read(RUNNING), policies=[Restless()])

    [one] = explore(process, depth=1, monitors=[never(Match(tier=2))], **QUICK).counterexamples

    assert f"from {Restless.__module__} import Restless" in one.test
    assert "policies=[Restless]" in one.test


# -- monitors


@attrs.frozen
class Chatty:
    """Tells the requester what colleagues write down at tier 2."""

    name: ClassVar[str] = "tests.chatty"
    revision: ClassVar[int] = 1

    def react(self, situation):
        """Reply with each note."""
        event, case = situation.event, situation.case
        if isinstance(event, CaseNoted) and case.tier == 2:
            return [Reply(case_id=case.id, by=situation.by, text=f"News: {event.text}")]
        return []


def test_private_note_that_a_policy_forwards():
    """It is noted at the tier where that is done, and nowhere else; the test that is written fails in the same way."""
    process = attrs.evolve(read(RUNNING), policies=[Chatty()])

    [one] = explore(process, depth=2, monitors=[never(Disclosed("requester"))], **QUICK).counterexamples

    assert ["escalate", "note"] == verbs(one)
    assert "never private words disclosed to requester" in fault_of(one.test)
    assert not explore(process, depth=2, monitors=[never(Disclosed("acme"))], **QUICK).counterexamples


def test_notes_are_kept_apart_from_ways_without():
    """What a note says counts on the ways that have it, however long ago it was written."""
    rule = never(Disclosed())
    said = [Note(case_id="T-1", by=Actor.agent("anna"), text="Give no refund."), "note", "start"]
    said.append(Reply(case_id="T-1", by=Actor.agent("anna"), text="Give no refund."))

    [one] = explore(read(RUNNING), depth=3, commands=said, monitors=[rule], **QUICK).counterexamples

    assert ["note", "reply"] == verbs(one)
    assert "Give no refund." == one.choices[0].given["text"]


def test_one_monitor_may_stand_alone():
    """As for a rehearsal."""
    [one] = explore(read(RUNNING), depth=1, monitors=never(Match(tier=2)), **QUICK).counterexamples

    assert ["escalate"] == verbs(one)


def test_monitor_that_one_order_of_three_commands_breaks():
    """Of all orders of three commands only one breaks it, and that is what is told."""
    rule = never(Match(status="resolved", tier=2, assignee=None, owner="anna"))
    found = explore(read(RUNNING), depth=3, commands=["start", "escalate", "resolve"], monitors=[rule])

    [one] = found.counterexamples
    assert ["anna: start", "anna: escalate tier=2", "anna: resolve"] == [str(choice) for choice in one.choices]
    assert str(rule) == one.rule
    assert str(one).startswith("case T-1 at 2026-01-05 09:00: never status='resolved'")
    assert str(rule) in fault_of(one.test)


@pytest.mark.parametrize(
    ("rule", "way"),
    [
        (never(Told("manager")), ["advance"]),
        (never(Match(assignee=None), longer_than="30m"), ["advance"]),
        (never(Match(status="waiting"), when=Match(tier=2), longer_than="1h"), ["escalate", "wait", "advance"]),
        (always(Match(owner="anna"), longer_than="5m"), ["advance"]),
        (never(Match(status="cancelled", owner=Not(None))), ["assign", "cancel"]),
        (never(Match(status="cancelled")), ["cancel"]),
        (never(Match(status="queued")), []),
        (never(Match(first_response_at=Not(None))), ["reply"]),
        (never(Match(status="in_progress") | Told("requester"), name="idle hands"), ["start"]),
        (never(Told("nobody") | Match(team="back")), ["transfer"]),
        (never(Match(opened_at=AtMost("2027-01-01T00:00Z"), tier=2)), ["escalate"]),
    ],
    ids=str,
)
def test_monitor_is_broken_by_the_shortest_way(rule, way):
    """It is told by the fewest things done, and the test that is written fails for the same rule."""
    [one] = explore(read(RUNNING), depth=3, monitors=[rule], at_most=5000).counterexamples

    assert way == verbs(one)
    assert one.invariant is None
    assert str(rule) in fault_of(one.test)


def test_monitor_counts_hours():
    """What lies outside of hours is judged at the hour that it is."""
    office = WorkingHours(name="office", week={"mon-fri": "09:00-16:00"})
    rule = never(Told("manager"), outside=office)

    [one] = explore(read(RUNNING), depth=2, monitors=[rule]).counterexamples
    late = explore(read(RUNNING), depth=2, monitors=[rule], start="2026-01-05T07:00Z")

    assert "at 2026-01-05 17:00" in one.problem
    assert str(rule) in fault_of(one.test)
    assert late.counterexamples == ()


def test_case_that_is_left_alone_for_ever_breaks_a_monitor():
    """Where nothing happens by itself, time passes all the same."""
    plain = "process.name = 'plain'\ntiers = [{ level = 1, name = 'All' }]\n"
    office = WorkingHours(name="office", week={"mon": "09:00-10:00"})
    rules = [
        never(Match(status="resolved"), longer_than="72h"),
        never(Match(status="queued"), longer_than="90m", within=office),
        never(Match(status="waiting"), longer_than="50h", when=Match(tier=2)),
    ]

    waits, hours = explore(read(plain), depth=3, monitors=rules, **QUICK).counterexamples

    assert ["resolve", "advance"] == verbs(waits)
    assert str(rules[0]) in fault_of(waits.test)
    assert ["advance"] == verbs(hours)
    assert "2026-01-12 09:30" in hours.problem
    assert str(rules[1]) in fault_of(hours.test)


def test_message_that_is_held_back_is_told_later():
    """People are told at the next opening, and only where it is still needed."""
    text = RUNNING.replace("[[limits]]", '[calendars.office]\nweek = { mon-fri = "09:00-16:00" }\n[[limits]]')
    text = text.replace('target = "8h"', 'target = "7h"\ncalendar = "office"')
    process = read(text.replace('["notify:manager"]', '["notify:manager"], hold = true, unless = { owner = "anna" }'))
    rules = [never(Told("manager")), never(Told("manager"), when=Match(owner="anna"))]

    found = explore(process, depth=4, monitors=rules, commands=["start"], **QUICK)

    [one] = found.counterexamples
    assert ["advance", "advance"] == verbs(one)
    assert "at 2026-01-06 09:00" in one.problem
    assert str(rules[0]) in fault_of(one.test)


@pytest.mark.parametrize("who", ["anna", "assignee"])
def test_people_are_told_by_their_role_and_by_their_id(who):
    """Where a role stands for somebody who is on the case, it is they who are told."""
    process = read(RUNNING.replace("notify:manager", "notify:assignee"))
    rule = never(Told(who), when=Match(status="in_progress"))

    [one] = explore(process, depth=2, monitors=[rule], **QUICK).counterexamples

    assert ["start", "advance"] == verbs(one)
    assert str(rule) in fault_of(one.test)


def test_monitor_for_hours_that_do_not_come_is_kept():
    """What is so outside of them does not count, however long it lasts."""
    once = WorkingHours(name="once", week={}, overrides={"2026-03-01": "09:00-10:00"})
    rules = [never(Match(tier=1), within=once), never(Match(tier=1), longer_than="90m", within=once)]
    plain = "process.name = 'plain'\ntiers = [{ level = 1, name = 'All' }]\n"

    assert explore(read(RUNNING), depth=3, monitors=rules, commands=["start"], **QUICK).counterexamples == ()
    assert explore(read(plain), depth=3, monitors=rules[1:], commands=["start"], **QUICK).counterexamples == ()


def test_rule_that_several_openings_break_is_told_once():
    """The first one counts."""
    rule = never(Match(status="queued"))

    [one] = explore(read(RUNNING), openings=[{"category": "b"}, {}], monitors=[rule], depth=1).counterexamples

    assert "category='b'" in one.test


ROUND = """
process.name = "round"
tiers = [
  { level = 1, name = "First line", escalates_to = [2], time_limit = "30m" },
  { level = 2, name = "Second line", hands_back_to = [1] },
]
[[limits]]
name = "resolve"
target = "1h"
thresholds = [{ at = "-2h", do = ["notify:manager"] }, { at = "100%", do = ["notify:manager"] }]
"""


@pytest.mark.parametrize(("target", "complete"), [('"1h"', True), ('{ high = "1h", "*" = "1h" }', False)])
def test_clock_with_nothing_ahead_makes_no_more_states(target, complete):
    """However late it is; where the target may change, it may matter again."""
    text = ROUND.replace('target = "1h"', f"target = {target}")
    found = explore(read(text), depth=30, commands=["hand_back"])

    assert complete is found.complete


# -- what is done


def test_vendors_say_whatever_they_may():
    """A vendor tier sends a ticket, and each status is tried; what comes of it happens on a desk, too."""
    rule = never(Match(tier=1, status="queued", owner="anna", vendors=Not("acme")), when=Match(assignee=None))
    found = explore(read(VENDOR), depth=4, monitors=[rule], commands=["start", "escalate", "vendor_update"], **QUICK)

    [one] = found.counterexamples
    assert ["start", "escalate", "vendor_update"] == verbs(one)
    assert "story.vendor_says('resolved', ticket=0)" in one.test
    assert str(rule) in fault_of(one.test)


def test_vendor_says_nothing_where_it_is_not_asked_for():
    """Verbs that are left out are not tried."""
    found = explore(read(VENDOR), depth=3, commands=["escalate"], **QUICK)

    assert found.states == 3 + 0 * found.transitions or found.complete


def test_requests_are_withdrawn():
    """A case whose request is withdrawn comes back, as it does on a desk."""
    back = never(Match(tier=1, status="queued", owner="anna"))
    found = explore(read(VENDOR), depth=4, monitors=[back], commands=["start", "escalate", "withdraw"], **QUICK)

    [one] = found.counterexamples
    assert ["start", "escalate", "withdraw"] == verbs(one)
    assert "story.withdraw(by='anna', vendor='acme')" in one.test
    assert str(back) in fault_of(one.test)


AGREED = (
    VENDOR
    + """
[[contracts]]
vendor = "acme"
messages_a_day = 2
"""
)


@pytest.mark.parametrize(("ceiling", "found"), [(2, 1), (4, 1), (6, 0)])
def test_ceiling_of_few_messages_is_reached(ceiling, found):
    """One that is higher than five is taken for never reached: else each message would make a state."""
    text = AGREED.replace("messages_a_day = 2", f"messages_a_day = {ceiling}")
    rule = never(Told("manager", reason="vendor.ceiling"))
    asks = {"depth": 12, "commands": ["escalate", "tell_vendor"], **QUICK}

    explored = explore(read(text), monitors=[rule], **asks)

    assert (explored.complete, found) == (True, len(explored.counterexamples))
    for one in explored.counterexamples:
        assert ["escalate", *["tell_vendor"] * (ceiling - 1)] == verbs(one)
        assert str(rule) in fault_of(one.test)


def test_reminders_of_a_contract_are_said():
    """A contract's breach reminds the vendor, whose ticket then shows our words; on a desk it does as well."""
    text = AGREED + 'acknowledge = "1h"\non_breach = ["remind", "escalate_at_vendor"]\nwithdraw = true\n'
    late = never(Match(status="resolved"), when=Match(vendors=None, tier=2))
    rule = never(Told("manager", reason="vendor.ceiling"))
    asks = {"depth": 8, "commands": ["escalate", "resolve"], **QUICK}

    [one] = explore(read(text), monitors=[late], **asks).counterexamples
    assert str(late) in fault_of(one.test)
    [one] = explore(read(text), monitors=[rule], **asks).counterexamples
    assert ["escalate", "advance"] == verbs(one)
    assert str(rule) in fault_of(one.test)


def test_contract_that_ends_makes_the_day_count():
    """Whatever is sent after its end is refused: two states that differ only in the day are two."""
    text = AGREED.replace("messages_a_day = 2", "ends = 2026-01-05")
    asks = {"depth": 12, "commands": ["escalate", "hand_back"], "start": "2026-01-05T20:00Z", **QUICK}
    rule = never(Told("manager", reason="refused.contract_over"))

    assert 1 == len(explore(read(text), monitors=[rule], **asks).counterexamples)


def test_vendors_that_only_a_contract_names_are_sent_cases():
    """People can do so; the test that is written has a vendor of that name, too."""
    text = RUNNING + '[[contracts]]\nvendor = "acme"\n'
    rule = never(Match(vendors="acme"))

    [one] = explore(read(text), depth=2, monitors=[rule], **QUICK).counterexamples

    assert ["dispatch"] == verbs(one)
    assert str(rule) in fault_of(one.test)


def test_files_for_vendors_are_left_out():
    """A message of nothing but files is on the record, and what becomes of the files is not explored."""
    attach = Attach(case_id="any", by=Actor.agent("anna"), attachments=[Attachment(id="screen")])
    tell = TellVendor(case_id="any", by=Actor.agent("anna"), vendor="acme", attachments=["screen"])
    rule = never(Match(vendors="acme"), when=Match(status="closed"))
    found = explore(read(VENDOR), depth=4, monitors=[rule], commands=["escalate", attach, tell], **QUICK)

    assert found.counterexamples == ()
    assert found.complete


def test_people_who_are_named_try_everything():
    """Of those who were not named nobody acts; each of the others tries all, and only what is theirs."""
    bob, jim = Actor.agent("bob", roles=["lead"]), Actor.customer("jim")
    rule = never(Match(requester="jim", owner="bob"))

    [one] = explore(read(RUNNING), depth=2, actors=[bob, jim], monitors=[rule], **QUICK).counterexamples
    left = explore(read(RUNNING), depth=2, actors=[jim], commands=["start", "reply", "cancel"], **QUICK)

    assert "story = rehearsal.open(by='jim')" in one.test
    assert "Actor.agent('bob', roles=['lead'])" in one.test
    assert str(rule) in fault_of(one.test)
    assert {"cancelled": 2} == left.ends


def test_dead_end_for_those_who_are_named():
    """What somebody else could do does not help."""
    text = (
        RUNNING
        + """
[[policies]]
use = "supporttiers.permit-by-rules"
rules = [{ verbs = ["resolve"], roles = ["lead"] }]
"""
    )
    actors = [Actor.agent("bob"), Actor("bot", "assistant"), Actor.manager("max", roles=["clerk"])]

    [one] = explore(read(text), depth=30, actors=actors, commands=["start", "resolve"]).counterexamples
    fine = explore(read(text), depth=30, commands=["start", "resolve"])

    assert Invariant.REACHES_AN_END is one.invariant
    assert "actors=[Actor.agent('bob'), Actor('bot', 'assistant'), Actor.manager('max', roles=['clerk'])]" in one.test
    assert "every case can still reach an end" in fault_of(one.test)
    assert fine.counterexamples == ()


def test_approval_is_given_and_refused():
    """What waits for a yes gets one, and a no, from somebody who may say so."""
    text = (
        RUNNING
        + """
[[policies]]
use = "supporttiers.permit-by-approval"
rules = [{ verbs = ["escalate"], approvers = ["head"] }]
"""
    )
    moved = never(Match(tier=2))

    [one] = explore(read(text), depth=3, monitors=[moved], **QUICK).counterexamples
    none = explore(read(text), depth=3, monitors=[moved], commands=["escalate", "decline"], **QUICK)
    head = Actor.manager("h", roles=["head"])
    named = explore(
        read(text),
        depth=3,
        monitors=[moved],
        actors=[head, Actor.agent("bob")],
        commands=["escalate", "approve", "decline"],
        **QUICK,
    )

    assert ["escalate", "approve"] == verbs(one)
    assert str(moved) in fault_of(one.test)
    assert none.counterexamples == ()
    assert ["escalate", "approve"] == verbs(named.counterexamples[0])


def test_commands_of_ones_own_are_done():
    """Other verbs are filled in, and commands are taken as they are."""
    by = Actor.agent("bob")
    urgent = Amend(case_id="any", by=by, priority="high", tags=["hot"], attributes={"site": "Leeds"})
    linked = LinkCase(case_id="any", by=by, link=Link("follows", "T-9"))
    tried = RecordAttempt(case_id="any", by=by, what="restart")
    rules = [never(Match({"attributes.site": "Leeds"})), never(Match(satisfaction=5))]

    found = explore(
        read(RUNNING), depth=3, commands=[urgent, linked, tried, "rate", "note", "resolve"], monitors=rules, **QUICK
    )
    first, second = found.counterexamples

    assert ["amend"] == verbs(first)
    assert "attributes={'site': 'Leeds'}" in first.test
    assert str(rules[0]) in fault_of(first.test)
    assert ["resolve", "rate"] == verbs(second)
    assert str(rules[1]) in fault_of(second.test)


def test_commands_are_written_as_they_are():
    """The verbs of the desk take links and instants, and an exploration in a test takes the commands themselves."""
    bob, lead = Actor.agent("bob"), Actor.agent("kim", roles=["lead"])
    until = datetime(2026, 1, 6, tzinfo=UTC)
    link = LinkCase(case_id="any", by=bob, link=Link("follows", "T-9"))
    wait = Wait(case_id="any", by=lead, wait_reason="scheduled", until=until)
    note = Note(case_id="any", by=bob, text="Nothing.")
    rule = never(Match(wait_until=Not(None)))

    waits, ends = explore(
        read(DEAD_END), depth=6, commands=[link, wait, note, "escalate", "resume"], monitors=[rule], facts={"x": 1},
        ends=["resolved", "closed", "cancelled"], looks_at=["links"],
    ).counterexamples[::-1]  # fmt: skip

    assert "story.wait(by=Actor.agent('kim', roles=['lead']), wait_reason='scheduled', until=" in waits.test
    assert str(rule) in fault_of(waits.test)
    assert Invariant.REACHES_AN_END is ends.invariant
    assert "LinkCase(case_id='T-1', by=Actor.agent('bob'), link=Link(kind='follows', case_id='T-9'))" in ends.test
    assert "ends=['cancelled', 'closed', 'resolved'], facts={'x': 1}, looks_at=['links']" in ends.test
    assert "every case can still reach an end" in fault_of(ends.test)


def test_link_on_the_way_is_made_by_the_verb():
    """The verb takes a link apart."""
    link = LinkCase(case_id="any", by=Actor.agent("bob"), link=Link("known_issue", "T-9"))

    @attrs.frozen
    class Follows(Restless):
        name: ClassVar[str] = "acme.follows"

        def react(self, situation, /):
            if situation.case.links and situation.case.is_open:
                return [Cancel(case_id=situation.case.id, by=situation.by)]
            return []

    process = attrs.evolve(read(RUNNING), policies=[Follows()])
    rule = never(Match(status="cancelled"))

    [one] = explore(process, depth=1, commands=[link], monitors=[rule], **QUICK).counterexamples

    assert "story.link(by='bob', to='T-9', kind='known_issue')" in one.test


def test_openings_are_all_tried():
    """A case may begin in several ways; each is followed, and the test begins in the right one."""
    openings = [{"category": "vpn"}, {"category": "printing", "customer": "c-1"}, {"category": "vpn"}]
    rule = never(Match(category="printing", status="in_progress"))

    [one] = explore(read(RUNNING), depth=1, openings=openings, monitors=[rule], **QUICK).counterexamples

    assert "rehearsal.open(by='jane', category='printing', customer='c-1')" in one.test
    assert str(rule) in fault_of(one.test)


def test_facts_are_what_was_said():
    """Policies and limits see them; what nobody has said is None."""
    text = RUNNING.replace('measures = "resolution"', 'measures = "resolution"\nwhen = { "facts.plan" = "gold" }')
    rule = never(Told("manager"))

    [one] = explore(read(text), depth=2, facts={"plan": "gold"}, monitors=[rule], **QUICK).counterexamples
    [lost] = explore(read(text), depth=2, facts={"plan": "iron"}, invariants=["has_a_clock"]).counterexamples

    assert "FactSource('plan'" in one.test
    assert str(rule) in fault_of(one.test)
    assert "nobody waits without a clock" in fault_of(lost.test)
    assert explore(read(text), depth=2, monitors=[rule], **QUICK).counterexamples == ()


def test_process_that_assigns_needs_no_people():
    """What a directory would know is unknown here, and nobody is found."""
    text = RUNNING + '\n[[policies]]\nuse = "supporttiers.assign-round-robin"\n'

    assert explore(read(text), depth=2, **QUICK).states > 10


# -- how far


def test_bounds_leave_something_open():
    """More states than were asked for, more time or more depth lie beyond."""
    process = read(RUNNING)

    assert explore(process, depth=2).complete is False
    assert explore(process, depth=30, at_most=20).states == 20
    assert explore(process, depth=30, within="1h").complete is False
    assert explore(process, depth=30, commands=[], within="24h").complete is True
    assert explore(process, depth=0).states == 1


def test_what_is_not_decided_is_said():
    """Whether a case reaches an end is not known where not all was followed; a clock can be looked for anyway."""
    found = explore(read(RUNNING), depth=2)

    assert ((Invariant.REACHES_AN_END,), False) == (found.undecided, found.complete)
    assert f"\nevery case can still reach an end: not decided, {found.unfollowed} states were not followed" in str(
        found
    )
    assert "fewer commands reach further, such as start, escalate, hand_back and resolve, and so do more" in str(found)
    assert "not decided, 1 state was not followed" in str(explore(read(RUNNING), depth=0))
    assert () == explore(read(RUNNING), depth=2, invariants=["has_a_clock"]).undecided
    whole = explore(read(RUNNING), depth=30, commands=["resolve"])
    assert ((), 0, True) == (whole.undecided, whole.unfollowed, whole.complete)
    dead = explore(read(DEAD_END), depth=30, commands=FEW)
    assert ((), 1) == (dead.undecided, len(dead.counterexamples))


def test_progress_is_told():
    """Whoever waits learns how many states there are, and how deep they lie."""
    told = []

    found = explore(read(RUNNING), depth=2, progress=lambda states, depth: told.append((states, depth)))

    assert (found.states, 2) == told[-1]
    assert told == sorted(told)
    assert {1, 2} == {depth for _, depth in told}


def test_exploration_goes_on_from_a_story():
    """What may still become of a case that is there already."""
    process = read(DEAD_END)
    with Rehearsal(process) as rehearsal:
        story = rehearsal.open(by="jane").escalate(by="anna")
        rehearsal.advance("1h")

        [found] = explore(process, start=story, depth=30).counterexamples

        assert found.problem == "case T-1 is queued at tier 2, and nothing that anybody does leads to an end"
        assert () == found.choices
        assert tuple(story.history) == found.events
        assert found.test == ""
        assert datetime(2026, 1, 5, 10, tzinfo=UTC) == story.now


def test_process_is_read_from_its_file(tmp_path):
    """The test that is written reads the same file."""
    path = tmp_path / "stuck.toml"
    path.write_text(STUCK, encoding="utf-8")

    [found] = explore(path, depth=1).counterexamples

    assert f"SupportProcess.from_toml({str(path)!r})  # an absolute path" in found.test
    assert "nobody waits without a clock" in fault_of(found.test)


@pytest.mark.parametrize("kept", ["test_it.py", "tests/deep/test_it.py"])
def test_written_test_finds_its_file_from_any_directory(tmp_path, monkeypatch, kept):
    """It looks beside itself and above, for the path as it was given; where it is run from does not matter."""
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    for folder in (project / "conf", project / "tests" / "deep", elsewhere):
        folder.mkdir(parents=True)
    (project / "conf" / "stuck.toml").write_text(STUCK, encoding="utf-8")
    monkeypatch.chdir(project)
    [found] = explore("conf/stuck.toml", depth=1).counterexamples

    monkeypatch.chdir(elsewhere)

    assert "from pathlib import Path\n\nfrom supporttiers import SupportProcess" in found.test
    assert "nobody waits without a clock" in fault_of(found.test, str(project / kept))
    with pytest.raises(ProcessError, match=re.escape("conf/stuck.toml")):
        fault_of(found.test, str(elsewhere / kept))


def test_instants_that_policies_look_at_count():
    """By default the past does not count; where a policy looks at it, it can be said."""
    process = read(CYCLE)

    without = explore(process, depth=12, commands=[], **QUICK)
    along = explore(process, depth=12, commands=[], looks_at=["opened_at", "attributes", "tags"], **QUICK)

    assert without.states < along.states


def test_clocks_count_as_their_limits_measure_them():
    """Replies, updates, reopening windows and pauses are told apart where something depends on them."""
    text = (
        RUNNING
        + """
[[limits]]
name = "answer"
measures = "next_response"
agreement = "sla"
target = "2h"
[[limits]]
name = "news"
measures = "update"
agreement = "sla"
target = "4h"
[[limits]]
name = "whole"
measures = "resolution"
agreement = "sla"
target = "9h"
on_reopening = "continue"
when = { first_response_at = { not = "2020-01-01T00:00:00Z" } }
[[policies]]
use = "supporttiers.reopen-within"
within = "8h"
[[policies]]
use = "supporttiers.close-after"
after = "24h"
"""
    )
    rule = never(Match(status="closed"))

    [one] = explore(read(text), depth=2, monitors=[rule], at_most=3000, **QUICK).counterexamples

    assert ["resolve", "close"] == verbs(one)
    assert str(rule) in fault_of(one.test)


# -- what cannot be


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"commands": ["esclate"]}, "'esclate', which cannot be explored; did you mean 'escalate'"),
        ({"commands": ["open"]}, "did you mean 'reopen'"),
        ({"commands": ["xyzzy"]}, "possible are: amend, "),
        ({"commands": [3]}, "must be verbs"),
        ({"actors": ["anna"]}, "must be actors"),
        ({"openings": [{"color": "red"}]}, "has 'color', with which no case is opened"),
        ({"openings": ["vpn"]}, "must be tables of fields"),
        ({"monitors": [Match(tier=1)]}, "must be monitors"),
        ({"monitors": [never(Told(text="secret"))]}, "is about words"),
        ({"invariants": ["good"]}, "'good'; possible are: reaches_an_end, has_a_clock"),
        ({"ends": ["gone"]}, "'gone'; possible are: resolved, closed, cancelled"),
        ({"may_wait": "customer"}, "must be a Match, such as Match(wait_reason='customer'), not str"),
        ({"looks_at": ["mood"]}, "'mood', which is no field of a case"),
        ({"depth": -1}, "depth"),
        ({"at_most": 0}, "at_most"),
    ],
)
def test_what_cannot_be_is_refused(given, message):
    """The error names what was asked, and what is possible."""
    with pytest.raises(InputError, match=re.escape(message)):
        explore(read(RUNNING), **given)


def test_opening_that_the_process_refuses_is_an_error():
    """Without a case there is nothing to explore."""
    with pytest.raises(MoveRefusedError):
        explore(read(RUNNING), openings=[{"tier": 9}])


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (never(Match(tier=2), longer_than=timedelta(hours=2)), "never(Match(tier=2), longer_than='2h')"),
        (never(Either(Match(tier=1), Match(tier=2))), "never(Either(Match(tier=1), Match(tier=2)))"),
        (
            always(Match(owner="a"), when=Match(tier=2), name="o"),
            "always(Match(owner='a'), when=Match(tier=2), name='o')",
        ),
        (never(Told(["a", "b"], reason="x.y")), "never(Told(to=('a', 'b'), reason=('x.y',)))"),
    ],
    ids=str,
)
def test_monitor_is_written_as_it_is_made(rule, text):
    """What was written makes an equal monitor."""
    names = {"Either": Either, "Match": Match, "Told": Told, "always": always, "never": never}

    assert text == monitor_text(rule)
    assert rule == eval(text, names)


# -- stories


def test_vendor_of_a_story_says_how_far_it_is():
    """It is heard of at once, and asking later brings nothing new."""
    with Rehearsal(read(VENDOR), start="2026-03-23T09:00Z") as rehearsal:
        story = rehearsal.open(by="jane").escalate(by="anna")

        story.vendor_says("resolved")
        known = len(story.history)
        rehearsal.advance("1m")

        assert story.case.tier == 1
        assert known == len(story.history)
        with pytest.raises(InputError, match="'gibberish'; possible are: requested, open"):
            story.vendor_says("gibberish")
        with pytest.raises(InputError, match="is 7; vendors have opened 1"):
            story.vendor_says("open", ticket=7)
        with pytest.raises(InputError, match="ticket must be its place, a number, not str"):
            story.vendor_says("resolved", ticket="X-1")


class Deaf:
    """A gateway that no test leads."""

    name = "acme"

    def open(self, request, /, *, key):
        """Open a ticket."""
        return ScriptedVendor("acme").open(request, key=key)

    def fetch(self, remote_id, /):
        """Say that it is as it was."""
        raise NotImplementedError


def test_vendor_that_is_no_double_speaks_for_itself():
    """Only a double can be led."""
    with Rehearsal(read(VENDOR), vendors=[Deaf()]) as rehearsal:
        story = rehearsal.open(by="jane").escalate(by="anna")

        with pytest.raises(InputError, match="speaks for itself; a ScriptedVendor can be led"):
            story.vendor_says("resolved")
