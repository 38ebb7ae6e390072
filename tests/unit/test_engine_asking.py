"""Options and explanations: what can be done with a case, and why it stands where it stands."""

import attrs
import pytest

from supporttiers.actors import Actor
from supporttiers.commands import COMMANDS, CountAffected, Open, VendorUnreachable, VendorUpdate
from supporttiers.errors import CaseError
from supporttiers.limits import Threshold, TimeLimit


@pytest.fixture
def case(desk):
    """Give a case that Jane has just opened: 15 minutes at tier 1, 8 hours to its resolution."""
    return desk.open("Printer", id="T-1", by="jane")


def allowed(desk, case, by="bob"):
    """Give what is allowed, as trigger and target."""
    return [(option.trigger, option.target) for option in desk.options(case, by=by) if option.allowed]


def lines(desk, case):
    """Give an explanation without the name of the case."""
    return [line.strip() for line in str(desk.explain(case)).splitlines()[1:]]


# -- options


def test_options_speak_of_every_verb(desk, case):
    """Nothing that can be done is left out, allowed or not; openings and what systems say are no one's option."""
    offered = {option.trigger for option in desk.options(case, by="bob")}

    others = {kind.trigger for kind in (Open, VendorUpdate, VendorUnreachable, CountAffected)}
    assert {kind.trigger for kind in COMMANDS} - others == offered


@pytest.mark.parametrize(
    ("verbs", "targets"),
    [
        (
            [],
            {
                "start": [""],
                "escalate": ["tier2"],
                "transfer": ["back"],
                "wait": ["customer", "known_issue", "approval", "scheduled", "parts"],
                "resolve": [""],
                "dispatch": [""],
            },
        ),
        (["escalate"], {"escalate": ["tier4"], "hand_back": ["tier1"], "transfer": ["desktop"]}),
        (["escalate", "escalate"], {"hand_back": ["tier2"], "transfer": [""], "wait": None}),
        (["wait"], {"resume": [""], "wait": None, "start": []}),
        (["resolve"], {"reopen": ["tier1", "tier2"], "close": [""], "escalate": [], "wait": [], "resolve": []}),
        (["cancel"], {"reopen": [], "close": [], "cancel": [], "note": [""], "reply": [""]}),
    ],
    ids=str,
)
def test_options_follow_the_state(calm_desk, verbs, targets):
    """Each way in which a verb is open is an option of its own."""
    case = calm_desk.open(id="T-1", by="jane")
    for verb in verbs:
        case = getattr(calm_desk, verb)(case, by="bob")
    found = allowed(calm_desk, case)

    for trigger, expected in targets.items():
        mine = [target for verb, target in found if verb == trigger]
        assert (mine if expected is None else expected) == mine


def test_options_say_why_not(desk, case):
    """All that stands against it is listed, as a command would hear it."""
    by_way = {(option.trigger, option.target): option for option in desk.options(case, by="bob")}
    said = {way: [str(reason) for reason in option.refused] for way, option in by_way.items() if option.refused}

    assert {
        ("release", ""): ["the process has no such move"],
        ("hand_back", ""): ["no tier to hand_back to from tier 1"],
        ("wait", "vendor"): ["waiting for a vendor needs an open vendor ticket; dispatch first"],
        ("resume", ""): ["the process has no such move"],
        ("reopen", ""): ["the process has no such move"],
        ("close", ""): ["the process has no such move"],
        ("unlink", ""): ["follows 'another case' is not there"],
        ("tell_vendor", ""): ["an open ticket at 'a vendor' is not there"],
        ("withdraw", ""): ["an open ticket at 'a vendor' is not there"],
        ("rate", ""): ["only the requester may rate"],
        ("approve", ""): ["no approval is awaited"],
        ("decline", ""): ["no approval is awaited"],
    } == said


def test_options_depend_on_who_asks(desk, case):
    """The requester may rate; nobody approves what they asked for themselves."""
    desk.wait(case, by="bob", wait_reason="approval")
    waiting = [desk.options(case, by=by) for by in ("jane", "mia")]
    refused = [{option.trigger: option.refused for option in found}["approve"] for found in waiting]
    desk.resolve(case, by="bob")

    assert ["nobody may approve what they asked for themselves"] == [str(reason) for reason in refused[0]]
    assert () == refused[1]
    assert ("rate", "") in allowed(desk, case, by="jane")
    assert ("rate", "") not in allowed(desk, case, by=Actor.agent("bob"))


def test_options_name_what_has_to_be_handed_in(desk, case):
    """A form can be built of them."""
    required = {option.trigger: option.required for option in desk.options(case, by="bob") if option.required}

    assert {
        "assign": ("assignee",),
        "attempt": ("what",),
        "transfer": ("team",),
        "attach": ("attachments",),
        "link": ("to",),
        "unlink": ("to",),
        "inform": ("to",),
        "merge": ("into",),
        "dispatch": ("vendor",),
        "tell_vendor": ("vendor",),
        "withdraw": ("vendor",),
        "rate": ("score",),
    } == required


def test_options_are_the_truth(calm_desk):
    """What is allowed is carried out, and what is refused is refused for the first of the reasons given."""
    open_here = {"escalate", "start", "release", "resolve", "close", "reopen", "cancel", "resume", "hand_back"}
    calm_desk.open(id="T-0", by="jane")
    options = [option for option in calm_desk.options("T-0", by="bob") if option.trigger in open_here]
    heard = []
    for number, option in enumerate(options):
        case = calm_desk.open(id=f"T-{number + 1}", by="jane")
        tier = {"tier": int(option.target.removeprefix("tier"))} if option.target else {}
        try:
            getattr(calm_desk, option.trigger)(case, by="bob", **tier)
            heard.append(())
        except CaseError as error:
            heard.append((error.reason,))

    assert [option.refused for option in options] == heard


@pytest.mark.parametrize(("instant", "target"), [("09:15", "tier2"), ("09:15:00.000001", "tier4")])
def test_options_are_those_of_a_command_of_this_instant(desk, case, clock, at, instant, target):
    """What was due before now has happened, what is due at this very instant has not, and nothing is written."""
    clock.advance(to=at(instant))

    assert ("escalate", target) in allowed(desk, case)
    assert case == desk.get("T-1")


# -- explanations


def test_explain_a_new_case(desk, case):
    """Where, since when and why; then who, and what comes next, in order of time."""
    assert [
        "at tier 1 (Service desk) since 2026-03-23T09:00:00+00:00",
        "opened at tier 1 by jane",
        "queued since 2026-03-23T09:00:00+00:00",
        "nobody is assigned",
        (
            "due: limit 'tier 1' allows 0:15:00 (24x7) from 2026-03-23T09:00:00+00:00, pauses: 0 (0:00:00), "
            "due 2026-03-23T09:15:00+00:00"
        ),
        "due: the target of limit 'tier 1' is its own for priority medium",
        (
            "due: limit 'resolve' allows 8:00:00 (24x7) from 2026-03-23T09:00:00+00:00, pauses: 0 (0:00:00), "
            "due 2026-03-23T17:00:00+00:00"
        ),
        "due: the target of limit 'resolve' is its own for priority medium",
        "next: at 2026-03-23T09:15:00+00:00 limit 'tier 1' reaches 100%: escalate",
        "next: at 2026-03-23T13:00:00+00:00 limit 'resolve' reaches 50%: notify:assignee",
        "next: at 2026-03-23T17:00:00+00:00 limit 'resolve' reaches 100%: notify:manager",
    ] == lines(desk, case)


def test_explain_a_case_that_the_clock_has_moved(desk, case, clock):
    """The reason recorded with the move is the reason given."""
    clock.advance("20m")
    desk.run_due()
    desk.assign(case, by="dora", assignee="dora")

    assert [
        "at tier 2 (Technical) since 2026-03-23T09:15:00+00:00",
        "limit 'tier 1' reached 100% of 0:15:00 at 2026-03-23T09:15:00+00:00",
        "queued since 2026-03-23T09:15:00+00:00",
        "assigned to dora",
    ] == lines(desk, case)[:4]


def test_explain_says_what_is_overdue(desk, case, clock):
    """What was due, and no pass has settled, is not promised for the future."""
    clock.advance("20m")
    said = [str(reason) for reason in desk.explain(case).next]

    assert said[0].startswith("since 2026-03-23T09:15:00+00:00 it is due that limit 'tier 1' reaches 100%")


def test_explain_a_case_that_somebody_has_moved(calm_desk, clock):
    """A move without a recorded reason was somebody's; a status has its own beginning."""
    case = calm_desk.open(id="T-1", by="jane")
    clock.advance("10m")
    calm_desk.escalate(case, by="bob")
    clock.advance("10m")
    calm_desk.start(case, by="dora")

    assert [
        "at tier 2 (Technical) since 2026-03-23T09:10:00+00:00",
        "moved by bob",
        "in_progress since 2026-03-23T09:20:00+00:00",
        "assigned to dora",
        "next: nothing happens by itself; it waits for somebody to act",
    ] == lines(calm_desk, case)


def test_explain_a_case_that_waits(desk, case, clock, at):
    """For what, until when, and what is left on the clocks that stand still."""
    clock.advance("5m")
    desk.wait(case, by="bob", until=at("12:00"))
    clock.advance("1h")

    assert [
        "waiting since 2026-03-23T09:05:00+00:00",
        "waiting for customer",
        "nobody is assigned",
        "due: limit 'tier 1' allows 0:15:00 (24x7) from 2026-03-23T09:00:00+00:00, pauses: 1 (0:00:00), paused",
        "due: the target of limit 'tier 1' is its own for priority medium",
        "due: limit 'resolve' allows 8:00:00 (24x7) from 2026-03-23T09:00:00+00:00, pauses: 1 (0:00:00), paused",
        "due: the target of limit 'resolve' is its own for priority medium",
        "next: at 2026-03-23T12:00:00+00:00 it resumes by itself",
        "next: limit 'tier 1' is paused with 0:10:00 left",
        "next: limit 'resolve' is paused with 7:55:00 left",
    ] == lines(desk, case)[2:]


def test_explain_counts_pauses_that_are_over(desk, case, clock):
    """Their number, and their working time; other clocks' pauses are not counted."""
    for _ in range(2):
        clock.advance("5m")
        desk.wait(case, by="bob")
        clock.advance("1h")
        desk.resume(case, by="bob")
    desk.escalate(case, by="bob")

    assert (
        "limit 'resolve' allows 8:00:00 (24x7) from 2026-03-23T09:00:00+00:00, pauses: 2 (2:00:00), "
        "due 2026-03-23T19:00:00+00:00"
    ) == str(desk.explain(case).due[0])


def test_explain_counts_no_pause_while_a_case_was_resolved(desk, case, clock):
    """Its clock had stopped then; that it runs again is no end of a pause."""
    clock.advance("5m")
    desk.resolve(case, by="bob")
    clock.advance("1h")
    desk.reopen(case, by="bob")
    told = next(reason for reason in desk.explain(case).due if reason.params["limit"] == "resolve")

    assert (0, "0:00:00") == (told.params["pauses"], told.params["paused"])


def test_explain_shows_no_clock_that_has_stopped_or_is_unknown(desk, case, clock, make_desk, calm):
    """Only what still runs has a due time; once all has fired, nothing is ahead."""
    clock.advance("20h")
    desk.run_due()
    ahead = [reason.params["ahead"] for reason in desk.explain(case).due if reason.code == "due.at"]
    over = [reason.params for reason in desk.explain(case).due if reason.code == "due.over"]
    desk.resolve(case, by="bob")

    assert ["nothing"] == ahead
    assert [{"limit": "resolve", "due_at": "2026-03-23T17:00:00+00:00"}] == over
    assert () == desk.explain(case).due


def test_explain_a_case_at_a_vendor(calm_desk):
    """The open ticket is part of the answer, the vendor's own id as soon as it is known."""
    case = calm_desk.open(id="T-1", by="jane")
    calm_desk.escalate(case, by="bob")
    calm_desk.escalate(case, by="bob")
    before = lines(calm_desk, case)[-2]
    calm_desk.run_due()

    assert "the request of 2026-03-23T09:00:00+00:00 has not reached vendor 'acme-print' yet" == before
    assert "ticket ACME-PRINT-1 at vendor 'acme-print': open" == lines(calm_desk, case)[-2]


def test_explain_a_case_that_has_ended(desk, case, clock):
    """Nothing more comes, and nobody is asked for."""
    clock.advance("5m")
    desk.resolve(case, by="bob")

    assert [
        "resolved since 2026-03-23T09:05:00+00:00",
        "next: resolved: nothing happens by itself",
    ] == lines(desk, case)[2:]


def test_explain_a_case_that_came_back(calm_desk, clock):
    """Reopening is the latest arrival."""
    case = calm_desk.open(id="T-1", by="jane")
    calm_desk.resolve(case, by="bob")
    clock.advance("5m")
    calm_desk.reply(case, by="jane")

    assert [
        "at tier 1 (Service desk) since 2026-03-23T09:05:00+00:00",
        "the requester replied",
        "queued since 2026-03-23T09:05:00+00:00",
    ] == lines(calm_desk, case)[:3]


def test_explain_a_move_of_what_has_ended(make_desk, calm, clock):
    """The status is as old as it was before the move."""
    desk = make_desk(attrs.evolve(calm, moves="any", transfer_when=["resolved"]))
    case = desk.open(id="T-1", by="jane")
    desk.resolve(case, by="bob")
    clock.advance("5m")
    desk.escalate(case, by="bob", tier=2)

    assert [
        "at tier 2 (Technical) since 2026-03-23T09:05:00+00:00",
        "moved by bob",
        "resolved since 2026-03-23T09:00:00+00:00",
    ] == lines(desk, case)[:3]


@pytest.mark.parametrize("thresholds", [(), (Threshold("100%"),)], ids=len)
def test_explain_a_threshold_without_an_action(make_desk, calm, thresholds):
    """It only counts as breached, also where the limit names no threshold at all."""
    desk = make_desk(attrs.evolve(calm, limits=[TimeLimit(name="own", target="2h", thresholds=thresholds)]))
    case = desk.open(by="jane")

    assert "next: at 2026-03-23T11:00:00+00:00 limit 'own' reaches 100%: it counts as breached" == lines(desk, case)[-1]


def test_explain_shows_nothing_that_people_said(desk, case):
    """Reasons hold ids, never texts."""
    desk.reply(case, by="jane", text="Zanzibar", reason="Zanzibar")
    desk.escalate(case, by="bob", reason="Zanzibar")

    assert "Zanzibar" not in str(desk.explain(case)) + repr(desk.explain(case))
