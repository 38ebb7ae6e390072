"""A case at a vendor is monitored: what the vendor says and is told, how late it is, and that it cannot be heard."""

from datetime import timedelta

import attrs
import pytest

from supporttiers import VendorContract
from supporttiers._codec import blank_effect
from supporttiers.actors import Actor
from supporttiers.commands import Dispatch, TellVendor, VendorUnreachable, VendorUpdate
from supporttiers.effects import DispatchToVendor, MessageVendor
from supporttiers.errors import InputError, MoveRefusedError
from supporttiers.events import VendorTicketUpdated
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.links import MAX_ENTRIES, Attachment, VendorEntry, VendorStatus
from supporttiers.match import Match
from supporttiers.policies.vendors import DispatchByRules, VendorRule
from supporttiers.tiers import Tier, TierKind, Visibility


@pytest.fixture
def bound(make_desk, calm):
    """Make a desk whose vendor has a contract."""

    def make(**terms):
        return make_desk(attrs.evolve(calm, contracts=[VendorContract(vendor="acme-print", **terms)]))

    return make


def sent(desk, *, until=4):
    """Give a case that has gone up to a tier; at 4 the vendor has it."""
    case = desk.open("Stuck", id="T-1", by="jane", category="printing")
    while case.tier < until:
        case = desk.escalate(case, by="bob")
    return case


def hears(desk, case_id="T-1", *, ticket=-1, **own):
    """Let the vendor say something about a ticket."""
    known = desk.get(case_id).vendor_tickets[ticket]
    if "status" in own:
        own["status"] = VendorStatus(own["status"])
    return desk.execute(
        VendorUpdate(case_id=case_id, by=Actor.vendor(known.vendor), vendor=known.vendor, key=known.key, **own)
    )


def silence(desk, since, **own):
    """Let the poll say that it cannot reach the vendor."""
    ticket = desk.get("T-1").vendor_tickets[-1]
    return desk.execute(
        VendorUnreachable(
            case_id="T-1", by=Actor.vendor(ticket.vendor), vendor=ticket.vendor, key=ticket.key, since=since, **own
        )
    )


def names(decision):
    """Name the events of a decision."""
    return [type(event).__name__ for event in decision.events]


def messages(decision):
    """Give what a decision has vendors told."""
    return [effect for effect in decision.effects if isinstance(effect, MessageVendor)]


def last_messages(desk, run):
    """Give what a verb has vendors told, and the case after it."""
    return messages(desk.preview(run)), desk.execute(run).case


# -- what vendors say


def test_entries_are_heard_once(calm_desk):
    """Each is one event with its own visibility, however often the ticket is fetched."""
    sent(calm_desk)
    first = VendorEntry(id="c-1", text="Which drum?")
    second = VendorEntry(id="c-2", text="It is on its way", visibility=Visibility.PUBLIC)
    decision = hears(calm_desk, entries=[first])
    again = hears(calm_desk, entries=[first, second])
    third = hears(calm_desk, entries=[first, second])

    assert (["VendorReplied"], ["VendorReplied"], []) == (names(decision), names(again), names(third))
    assert ("c-2", "It is on its way", "public") == (
        again.events[0].entry, again.events[0].text, again.events[0].visibility
    )  # fmt: skip
    assert "private" == decision.events[0].visibility
    assert ("c-1", "c-2") == again.case.vendor_tickets[0].heard


def test_text_that_stays_on_a_ticket_is_heard_once(calm_desk, clock, kinds):
    """A minimal gateway gives it at each poll; it is news again after another one, or with another status."""
    version = sent(calm_desk).version
    said = ["Looking.", "Looking.", "Parts ordered.", "Parts ordered.", "Looking.", "Looking."]
    for text in said:
        hears(calm_desk, status="acknowledged", text=text)
        clock.advance("2m")
    hears(calm_desk, status="waiting_for_us", text="Looking.")
    hears(calm_desk, status="waiting_for_us", text="Looking.")

    updates = [event for event in calm_desk.history("T-1") if isinstance(event, VendorTicketUpdated)]
    assert ["Looking.", "Parts ordered.", "Looking.", "Looking."] == [event.text for event in updates]
    assert 4 == calm_desk.get("T-1").vendor_tickets[0].taken
    assert 4 == kinds(calm_desk, "T-1", version).count("VendorTicketUpdated")


def test_text_of_a_call_is_heard_each_time(calm_desk, clock):
    """Whoever says the same words again in a delivery of its own has said them again."""
    sent(calm_desk)
    heard = []
    for delivery in ("d-1", "d-2", "d-2"):
        clock.advance("2m")
        hears(calm_desk, status="in_progress", text="Still on it.", idempotency_key=delivery)
        heard.append(calm_desk.get("T-1").vendor_tickets[0].heard_at)

    assert heard[0] < heard[1] == heard[2]


def test_text_that_stays_brings_no_case_back_that_we_have_answered(calm_desk):
    """It is the vendor's turn until the vendor says something else."""
    sent(calm_desk)
    hears(calm_desk, status="answered", text="Fixed.")
    calm_desk.escalate("T-1", by="bob", tier=4)
    hears(calm_desk, status="answered", text="Fixed.")
    assert 4 == calm_desk.get("T-1").tier

    hears(calm_desk, status="answered", text="Now it is.")
    assert 2 == calm_desk.get("T-1").tier


def test_texts_are_no_more_than_a_hundred_in_a_day(calm_desk, clock, pager):
    """One that says something else each time is a flood as well; what is put off is heard the next day."""
    sent(calm_desk)
    for number in range(150):
        hears(calm_desk, status="in_progress", text=f"Checked {number}")
    ticket = calm_desk.get("T-1").vendor_tickets[0]
    assert 100 == ticket.taken
    calm_desk.run_due()
    assert 1 == pager.told.count(("manager", "vendor.flood"))

    clock.advance("24h")
    hears(calm_desk, status="in_progress", text="Checked 149")
    assert 1 == calm_desk.get("T-1").vendor_tickets[0].taken


def test_words_of_ours_are_no_news(calm_desk, pager):
    """By the author, by our reference, or because we have just written them; nobody is told of them."""
    sent(calm_desk)
    ours = [VendorEntry(id="c-1", ours=True), VendorEntry(id="c-2", reference="ST-AAAAAAAAAAAAAAAA")]
    decision = hears(calm_desk, entries=ours, told=["c-3"])
    again = hears(calm_desk, entries=[*ours, VendorEntry(id="c-3")])
    calm_desk.run_due()

    assert (["VendorTicketUpdated"], []) == (names(decision), names(again))
    assert ("c-3", "c-1", "c-2") == decision.case.vendor_tickets[0].heard
    assert None is decision.case.vendor_tickets[0].heard_at
    assert [] == pager.told


def test_people_hear_that_the_vendor_has_written(calm_desk, pager):
    """Whoever works on the case, else whoever keeps it; once for all that came at once."""
    case = calm_desk.open(id="T-1", by="jane")
    calm_desk.dispatch(case, by="bob", vendor="acme-print")
    hears(calm_desk, entries=[VendorEntry(id="c-0")])
    calm_desk.assign("T-1", by="bob", assignee="anna")
    hears(calm_desk, entries=[VendorEntry(id="c-1"), VendorEntry(id="c-2")])
    calm_desk.assign("T-1", by="bob", assignee=None)
    hears(calm_desk, entries=[VendorEntry(id="c-3")], status="acknowledged")
    calm_desk.run_due()

    assert [("assignee", "vendor.replied"), ("owner", "vendor.replied")] == pager.told


def test_answer_to_a_case_that_stayed_in_the_house_is_told(calm_desk, pager):
    """Whoever works on it has asked the vendor beside that: there is nothing to bring back, and something to read."""
    sent(calm_desk, until=2)
    calm_desk.assign("T-1", by="bob", assignee="bob")
    calm_desk.dispatch("T-1", by="bob", vendor="acme-print", text="Which drum fits?")
    hears(calm_desk, status="answered", text="The blue one.")
    calm_desk.run_due()

    assert ("assignee", "vendor.answered_with_words") in pager.told


def test_vendor_that_asks_is_told_to_the_keeper(calm_desk, pager):
    """Its clock stands still meanwhile, so that somebody must know."""
    sent(calm_desk)
    decision = hears(calm_desk, status="waiting_for_us", raw_status="Pending")
    calm_desk.run_due()

    assert ("acme-print",) == decision.case.vendors_waiting
    assert [("manager", "vendor.asks")] == pager.told


def test_no_more_entries_are_taken_in_a_day_than_a_hundred(calm_desk, clock, pager):
    """The rest is put off and not lost, management hears of it once, and the next day it is heard."""
    sent(calm_desk)
    entries = [VendorEntry(id=f"c-{number}") for number in range(120)]
    first = hears(calm_desk, entries=entries)
    clock.advance("1h")
    second = hears(calm_desk, entries=entries)
    clock.advance("23h")
    third = hears(calm_desk, entries=entries)
    calm_desk.run_due()

    assert (100, 20) == (names(first).count("VendorReplied"), first.events[100].put_off)
    assert [] == names(second)
    assert ["VendorReplied"] * 20 == names(third)
    assert [f"c-{number}" for number in range(120)] == list(third.case.vendor_tickets[0].heard)
    assert [("manager", "vendor.flood")] == pager.told


def test_entries_that_are_remembered_are_bounded(calm_desk, clock):
    """What has scrolled away at the vendor need not be remembered."""
    sent(calm_desk)
    for day in range(8):
        hears(calm_desk, entries=[VendorEntry(id=f"{day}-{number}") for number in range(100)])
        clock.advance("24h")

    assert 2 * MAX_ENTRIES == len(calm_desk.get("T-1").vendor_tickets[0].heard)


def test_unknown_word_is_told_once(calm_desk, pager, kinds):
    """Nothing is guessed: the ticket is unknown, and management hears of each word once."""
    sent(calm_desk)
    hears(calm_desk, status="unknown", raw_status="Parked")
    hears(calm_desk, status="unknown", raw_status="Parked")
    hears(calm_desk, status="open", raw_status="New")
    after = hears(calm_desk, status="unknown", raw_status="Parked").case
    hears(calm_desk, status="unknown", raw_status="Frozen")
    calm_desk.run_due()

    assert ("unknown", "Parked", 4) == (after.vendor_tickets[0].status, after.vendor_tickets[0].raw_status, after.tier)
    told = [message.reason for message in pager.sent if message.reason.code == "vendor.unmapped"]
    assert ["Parked", "Frozen"] == [reason.params["word"] for reason in told]
    assert 2 == kinds(calm_desk, after).count("ManagementInformed")


def test_older_answer_says_nothing_about_the_status(calm_desk, at):
    """Whichever arrives last: but its words count; equal instants are no older."""
    sent(calm_desk)
    hears(calm_desk, status="in_progress", updated_at=at("08:50"))
    late = hears(calm_desk, status="open", updated_at=at("08:40"), entries=[VendorEntry(id="c-1")])
    same = hears(calm_desk, status="waiting_for_us", updated_at=at("08:50"))

    assert (["VendorReplied"], "in_progress") == (names(late), late.case.vendor_tickets[0].status)
    assert "waiting_for_us" == same.case.vendor_tickets[0].status
    assert at("08:50") == same.case.vendor_tickets[0].updated_at


def test_clock_that_was_far_ahead_once_silences_no_vendor(calm_desk, at):
    """What comes later is told by the right time, and would be older than that for ever."""
    sent(calm_desk)
    hears(calm_desk, status="in_progress", updated_at=at("09:00:00") + timedelta(days=400))
    hears(calm_desk, status="answered", updated_at=at("09:02:00"))

    assert ("answered", at("09:02:00")) == attrs.astuple(
        calm_desk.get("T-1").vendor_tickets[0],
        filter=lambda field, _: field.name in {"status", "updated_at"},
    )


def test_ticket_that_has_moved_is_known_by_its_new_id(calm_desk):
    """The history says from where to where."""
    sent(calm_desk)
    hears(calm_desk, status="open", remote_id="A-1")
    moved = hears(calm_desk, remote_id="B-7")

    assert "B-7" == moved.case.vendor_tickets[0].remote_id
    assert "vendor 'acme-print' has moved ticket A-1 to B-7" == str(moved.events[0].reason)


@pytest.mark.parametrize("status", ["answered", "resolved", "closed"])
@pytest.mark.parametrize(("words", "code"), [({}, ""), ({"text": "Done"}, "_with_words")])
def test_answer_is_told_to_whoever_goes_on(calm_desk, pager, status, words, code):
    """The assignee, else the owner, else the team that has the case by then: once, with the words that came along."""
    for case_id, assignee, owner in (("T-1", "anna", "olga"), ("T-2", None, "olga"), ("T-3", None, None)):
        calm_desk.open(id=case_id, by="jane")
        if owner:
            calm_desk.amend(case_id, by="bob", owner=owner)
        calm_desk.assign(case_id, by="bob", assignee=assignee)
        calm_desk.dispatch(case_id, by="bob", vendor="acme-print")
        calm_desk.run_due()
        hears(calm_desk, case_id, status=status, **words)
    calm_desk.run_due()

    assert [(to, f"vendor.answered{code}") for to in ("assignee", "owner", "team")] == pager.told


def test_answer_at_the_vendors_tier_is_told_to_the_team_that_gets_the_case(calm_desk, pager):
    """Also where a breach had brought the case back before."""
    sent(calm_desk)
    calm_desk.run_due()
    calm_desk.hand_back("T-1", by="bob")
    hears(calm_desk, status="answered", entries=[VendorEntry(id="c-1", text="Press it")])
    calm_desk.escalate("T-1", by="bob")
    hears(calm_desk, status="resolved")
    calm_desk.run_due()

    assert [("team", "vendor.answered_with_words"), ("team", "vendor.answered")] == pager.told
    assert "vendor 'acme-print' answered: answered, and has written" == str(pager.sent[0].reason)


def test_answer_on_a_case_that_has_ended_is_told_to_nobody(calm_desk, pager):
    """Nobody goes on with it."""
    sent(calm_desk)
    calm_desk.run_due()
    calm_desk.resolve("T-1", by="bob")
    hears(calm_desk, status="resolved")
    calm_desk.run_due()

    assert [] == pager.told


def test_words_that_come_with_an_acknowledgement_are_told(calm_desk, pager):
    """That the vendor has begun is no reason to keep quiet about what it has written."""
    sent(calm_desk)
    calm_desk.amend("T-1", by="bob", owner="olga")
    after = hears(calm_desk, status="acknowledged", entries=[VendorEntry(id="c-1")]).case
    calm_desk.run_due()

    assert "in_progress" == after.status
    assert [("owner", "vendor.replied")] == pager.told


@pytest.mark.parametrize("status", ["answered", "rejected", "gone", "withdrawn"])
def test_answer_brings_the_case_back(calm_desk, pager, status):
    """To be verified in the house; what the vendor does not do is told to management."""
    sent(calm_desk)
    calm_desk.run_due()
    after = hears(calm_desk, status=status, raw_status="Word").case
    calm_desk.run_due()

    assert (2, "queued", status) == (after.tier, after.status, after.vendor_tickets[0].status)
    told = [("manager", "move.vendor")] if status != "answered" else []
    assert [*told, ("team", "vendor.answered")] == pager.told


def test_answered_ticket_is_live_until_it_is_over(calm_desk):
    """An answer may not be the last word: the ticket stays open, and its end moves nothing any more."""
    sent(calm_desk)
    answered = hears(calm_desk, status="answered").case
    resolved = hears(calm_desk, status="resolved").case

    assert (("acme-print",), ("acme-print",)) == (answered.vendors, answered.vendors_waiting)
    assert (2, ()) == (resolved.tier, resolved.vendors)


def test_word_of_ours_passes_the_ball_back(calm_desk, clock):
    """The vendor's own status may stay as it is; only what it says besides is news."""
    sent(calm_desk, until=2)
    calm_desk.dispatch("T-1", by="bob", vendor="acme-print")
    hears(calm_desk, status="answered", entries=[VendorEntry(id="c-1", text="Try again")])
    told = calm_desk.tell_vendor("T-1", by="bob", vendor="acme-print", text="Still broken")
    same = hears(calm_desk, status="answered", entries=[VendorEntry(id="c-2", ours=True)])
    more = hears(calm_desk, status="answered", entries=[VendorEntry(id="c-3", text="And now?")])

    assert "in_progress" == told.vendor_tickets[0].status
    assert "in_progress" == same.case.vendor_tickets[0].status
    assert "answered" == more.case.vendor_tickets[0].status


def test_coming_back_to_a_vendor_that_has_answered_asks_it_to_look_again(calm_desk):
    """No second ticket is opened, and the vendor knows that the matter is not settled."""
    sent(calm_desk)
    hears(calm_desk, status="answered")
    case = calm_desk.escalate("T-1", by="bob", reason="still broken")
    [told] = [event for event in calm_desk.history(case) if type(event).__name__ == "VendorTold"]

    assert (4, 1, "in_progress") == (case.tier, len(case.vendor_tickets), case.vendor_tickets[0].status)
    assert ("message", "") == (told.purpose, told.text)


def test_coming_back_to_a_vendor_that_may_not_be_told_more_goes_back(bound, pager):
    """It does not sit where nobody would hear of it."""
    desk = bound(messages_a_day=1)
    sent(desk)
    hears(desk, status="answered")
    case = desk.escalate("T-1", by="bob")
    desk.run_due()

    assert (2, "answered") == (case.tier, case.vendor_tickets[0].status)
    assert ("manager", "refused.vendor_ceiling") in pager.told


def test_coming_back_to_a_vendor_that_waits_for_us_tells_it_nothing(calm_desk, kinds):
    """What it has asked is still ours to answer."""
    sent(calm_desk)
    hears(calm_desk, status="waiting_for_us")
    calm_desk.hand_back("T-1", by="bob")
    case = calm_desk.escalate("T-1", by="bob")

    assert (4, "waiting_for_us") == (case.tier, case.vendor_tickets[0].status)
    assert "VendorTold" not in kinds(calm_desk, case)


def test_words_on_a_withdrawn_ticket_are_told(calm_desk, pager):
    """That the vendor closes it is expected, and told to nobody."""
    sent(calm_desk)
    calm_desk.withdraw("T-1", by="bob", vendor="acme-print")
    hears(calm_desk, status="closed")
    after = hears(calm_desk, entries=[VendorEntry(id="c-1", text="But we had it!")]).case
    calm_desk.run_due()

    assert (2, "withdrawn", VendorStatus.CLOSED) == (
        after.tier, after.vendor_tickets[0].status, after.vendor_tickets[0].reported
    )  # fmt: skip
    assert [("manager", "vendor.after_end")] == pager.told


def test_ticket_that_is_over_is_still_heard(calm_desk, pager):
    """What is said there is recorded, and the keeper of the case is told; the case stays where it is."""
    sent(calm_desk)
    calm_desk.amend("T-1", by="bob", owner="olga")
    hears(calm_desk, status="resolved")
    words = hears(calm_desk, entries=[VendorEntry(id="c-1", text="How was it?")])
    reopened = hears(calm_desk, status="in_progress").case
    calm_desk.run_due()

    assert (2, "queued") == (words.case.tier, words.case.status)
    assert (2, ("acme-print",)) == (reopened.tier, reopened.vendors)
    assert 2 == pager.told.count(("owner", "vendor.after_end"))


def test_word_that_nobody_can_translate_brings_no_ticket_back(calm_desk):
    """It was over, and stays so."""
    sent(calm_desk)
    hears(calm_desk, status="closed")
    after = hears(calm_desk, status="unknown", raw_status="Archived").case

    assert ("closed", "Archived") == (after.vendor_tickets[0].status, after.vendor_tickets[0].raw_status)


# -- several vendors


def test_only_the_vendor_that_has_the_case_brings_it_back(calm_desk):
    """What another one says about its own ticket is noted."""
    case = sent(calm_desk)
    calm_desk.dispatch(case, by="bob", vendor="acme-paper")
    other = hears(calm_desk, status="resolved").case
    own = hears(calm_desk, ticket=0, status="resolved").case

    assert (4, ("acme-print",)) == (other.tier, other.vendors)
    assert (2, ()) == (own.tier, own.vendors)


def test_vendor_that_a_policy_chose_has_the_case_by_its_ticket(make_desk, calm):
    """At a tier of several vendors the one to whom it was sent there counts, and no other."""
    *lower, top = calm.tiers
    rules = DispatchByRules([VendorRule(Match(category="printing"), "acme-paper")])
    desk = make_desk(attrs.evolve(calm, tiers=[*lower, attrs.evolve(top, vendor=None)], policies=[rules]))
    case = sent(desk, until=2)
    desk.dispatch(case, by="bob", vendor="acme-print")
    desk.escalate(case, by="bob")
    other = hears(desk, ticket=0, status="resolved").case
    own = hears(desk, ticket=1, status="resolved").case

    assert (["acme-print", "acme-paper"], [2, 4]) == (
        [ticket.vendor for ticket in own.vendor_tickets], [ticket.tier for ticket in own.vendor_tickets]
    )  # fmt: skip
    assert (4, 2) == (other.tier, own.tier)


def test_only_the_newest_ticket_brings_it_back(calm_desk):
    """One that the vendor reopens after another was opened does not."""
    sent(calm_desk)
    hears(calm_desk, status="resolved", remote_id="A-1")
    calm_desk.escalate("T-1", by="bob")
    hears(calm_desk, ticket=0, status="in_progress")
    old = hears(calm_desk, ticket=0, status="resolved").case
    new = hears(calm_desk, status="resolved").case

    assert (4, 2) == (old.tier, new.tier)


def test_each_vendor_has_its_own_clock(make_desk, calm, clock):
    """Two contracts run side by side on one case; one vendor's answer stops its own."""
    contracts = [VendorContract(vendor="acme-print", resolve="4h"), VendorContract(vendor="acme-paper", resolve="2h")]
    desk = make_desk(attrs.evolve(calm, contracts=contracts))
    case = desk.open(id="T-1", by="jane")
    desk.dispatch(case, by="bob", vendor="acme-print")
    clock.advance("1h")
    desk.dispatch(case, by="bob", vendor="acme-paper")
    after = hears(desk, ticket=0, status="resolved").case
    stages = {watch.limit: str(watch.stage) for watch in after.stopwatches}

    assert {"acme-print resolve": "completed", "acme-paper resolve": "in_progress"} == stages


# -- a tier run by somebody else


def outsourced(calm, **first):
    """Give a process whose first line is a vendor's."""
    front = Tier(level=1, name="Front", kind=TierKind.VENDOR, vendor="acme-print", escalates_to=[2, 4], **first)
    return attrs.evolve(calm, tiers=[front, *calm.tiers[1:]], entry=[1])


@pytest.mark.parametrize("status", ["answered", "resolved", "rejected", "failed"])
def test_first_line_of_a_third_party_hands_up(make_desk, calm, status):
    """Below it there is nothing to hand back to; so no case is stuck there."""
    desk = make_desk(outsourced(calm))
    assert 1 == desk.open(id="T-1", by="jane").tier
    after = hears(desk, status=status).case

    assert (2, "queued") == (after.tier, after.status)


@pytest.mark.parametrize(("status", "tier"), [("resolved", 4), ("rejected", 2)])
def test_tier_says_where_an_answer_goes(make_desk, calm, status, tier):
    """What is rejected goes up as it always would."""
    desk = make_desk(outsourced(calm, returns_to=4))
    desk.open(id="T-1", by="jane", tier=1)

    assert tier == hears(desk, status=status).case.tier


def test_answer_may_go_back_further_than_it_came_from(make_desk, calm):
    """`returns_to` may name any tier to which the vendor's tier hands back."""
    *lower, top = calm.tiers
    desk = make_desk(attrs.evolve(calm, tiers=[*lower, attrs.evolve(top, hands_back_to=[2, 1], returns_to=1)]))
    sent(desk)

    assert 1 == hears(desk, status="rejected").case.tier


def test_late_first_line_loses_the_case_to_the_next(make_desk, calm, clock):
    """A breach that hands back goes the way of an answer: up, where nothing lies below."""
    contract = VendorContract(vendor="acme-print", acknowledge="15m", on_breach=["hand_back"])
    desk = make_desk(attrs.evolve(outsourced(calm), contracts=[contract]))
    desk.open(id="T-1", by="jane", tier=1)
    clock.advance("15m")
    desk.run_due()

    assert (2, ("acme-print",)) == (desk.get("T-1").tier, desk.get("T-1").vendors)


# -- what vendors are told


def test_vendor_is_told_with_the_attachments_that_are_named(calm_desk):
    """No other goes along, neither with a message nor with a request."""
    case = sent(calm_desk, until=2)
    files = [Attachment(id="f-1", name="a.png"), Attachment(id="f-2", name="private.txt")]
    calm_desk.attach(case, by="bob", attachments=files)
    request = calm_desk.preview(dispatch_of(case, attachments=["f-1"])).effects[0]
    calm_desk.dispatch(case, by="bob", vendor="acme-print", attachments=["f-1"])
    case = calm_desk.tell_vendor(case, by="bob", vendor="acme-print", text="See this", attachments=["f-2"])
    event = calm_desk.history(case)[-1]

    assert (files[0],) == request.attachments
    assert ("message", "See this", ("f-2",)) == (event.purpose, event.text, event.attachments)
    with pytest.raises(MoveRefusedError, match="attachment 2 is not there"):
        calm_desk.tell_vendor(case, by="bob", vendor="acme-print", text="x", attachments=["f-1", "f-9"])


def dispatch_of(case, **own):
    """Make the command that sends a case to the vendor."""
    return Dispatch(case_id=case.id, by=Actor.agent("bob"), vendor="acme-print", **own)


def test_new_request_names_the_one_before(calm_desk):
    """So that the vendor can see what it follows."""
    case = sent(calm_desk)
    hears(calm_desk, status="resolved", remote_id="A-1")
    [effect] = calm_desk.preview(dispatch_of(case)).effects

    assert "A-1" == effect.follows


@pytest.mark.parametrize(
    ("purpose", "words"),
    [("reminder", "We are still waiting for news"), ("escalation", "This request is overdue by our agreement.")],
)
def test_reminders_have_words_of_their_own(calm_desk, purpose, words):
    """Nobody has to write them; who does is heard."""
    case = sent(calm_desk)
    for text, start in (("", words), ("Hurry", "Hurry")):
        command = TellVendor(case_id="T-1", by=Actor.agent("bob"), vendor="acme-print", purpose=purpose, text=text)
        [message], _ = last_messages(calm_desk, command)

        assert message.text.startswith(start)
        assert (purpose, case.vendor_tickets[0].key) == (message.purpose, message.ticket)


def test_vendor_is_told_nothing_without_words_or_ticket(calm_desk):
    """Both are refused, and nothing is recorded."""
    case = sent(calm_desk)
    with pytest.raises(InputError, match="text is empty; say something, or name attachments"):
        calm_desk.tell_vendor(case, by="bob", vendor="acme-print")
    for verb in (calm_desk.tell_vendor, calm_desk.withdraw):
        with pytest.raises(MoveRefusedError, match="an open ticket at 'acme-paper' is not there"):
            verb(case, by="bob", vendor="acme-paper", text="Hello")

    assert case == calm_desk.get("T-1")


# -- what is not wanted any more


def test_request_is_taken_back(calm_desk):
    """The vendor is told, and whatever becomes of its ticket does not move the case any more."""
    sent(calm_desk)
    case = calm_desk.withdraw("T-1", by="bob", vendor="acme-print", text="Found it")
    later = hears(calm_desk, status="resolved", raw_status="Done").case

    assert ("withdrawn", ()) == (case.vendor_tickets[0].status, case.vendors)
    assert (2, "queued", "network") == (case.tier, case.status, case.team)
    assert "the request to vendor 'acme-print' was withdrawn" == str(calm_desk.history("T-1")[case.version - 1].reason)
    assert (2, "withdrawn", "Done") == (later.tier, later.vendor_tickets[0].status, later.vendor_tickets[0].raw_status)


def test_first_line_that_is_not_wanted_any_more_hands_up(make_desk, calm):
    """Below it there is nothing, as for what it rejects."""
    desk = make_desk(outsourced(calm))
    desk.open(id="T-1", by="jane", tier=1)

    assert (2, "queued") == (desk.withdraw("T-1", by="bob", vendor="acme-print").tier, desk.get("T-1").status)


def test_other_vendors_request_is_taken_back_and_the_case_stays(calm_desk):
    """Only the one that has the case gives it back."""
    case = sent(calm_desk)
    calm_desk.dispatch(case, by="bob", vendor="acme-paper")
    after = calm_desk.withdraw(case, by="bob", vendor="acme-paper")

    assert (4, ("acme-print",)) == (after.tier, after.vendors)


def test_case_that_waited_for_nothing_else_goes_on(calm_desk):
    """As long as another vendor has something open, it waits."""
    case = sent(calm_desk, until=2)
    calm_desk.dispatch(case, by="bob", vendor="acme-print")
    calm_desk.dispatch(case, by="bob", vendor="acme-paper")
    calm_desk.wait(case, by="bob", wait_reason="vendor")
    first = calm_desk.withdraw(case, by="bob", vendor="acme-print")
    second = calm_desk.withdraw(case, by="bob", vendor="acme-paper")

    assert ("waiting", "queued") == (first.status, second.status)


@pytest.mark.parametrize("verb", ["resolve", "cancel", "merge"])
def test_what_ends_in_the_house_is_withdrawn(bound, clock, verb):
    """Where the contract says so, which it does unless told otherwise; the vendor's clocks count no longer."""
    desk = bound(resolve="8h")
    sent(desk)
    desk.open(id="T-2", by="jane")
    clock.advance("1h")
    more = {"into": "T-2"} if verb == "merge" else {}
    case = getattr(desk, verb)("T-1", by="bob", **more)

    assert "withdrawn" == case.vendor_tickets[0].status
    assert "VendorWithdrawn" in [type(event).__name__ for event in desk.history(case)]
    assert ["cancelled"] == [str(watch.stage) for watch in case.stopwatches]
    assert case.status == hears(desk, status="resolved").case.status


def test_withdrawn_request_is_neither_met_nor_breached(bound):
    """Nothing is measured that is wanted of nobody."""
    desk = bound(resolve="8h")
    sent(desk)
    case = desk.withdraw("T-1", by="bob", vendor="acme-print")

    assert [("cancelled", False)] == [(str(watch.stage), watch.breached) for watch in case.stopwatches]


def test_open_tickets_stay_where_the_contract_says_so(bound, calm_desk):
    """So they do without any contract."""
    for desk in (bound(withdraw=False), calm_desk):
        sent(desk)

        assert ("acme-print",) == desk.resolve("T-1", by="bob").vendors


# -- the vendor's clocks


def due(case, limit):
    """Give a clock of a case: its stage, and when it is due."""
    watch = case.stopwatch(f"acme-print {limit}")
    return str(watch.stage), None if watch.due_at is None else f"{watch.due_at:%H:%M}"


def test_clocks_of_a_contract_run_from_the_dispatch(bound, clock):
    """The first word stops one, every word begins another anew, and the answer stops the last; on our clock."""
    desk = bound(acknowledge="1h", update="4h", resolve="8h")
    sent(desk, until=2)
    clock.advance("30m")
    case = desk.dispatch("T-1", by="bob", vendor="acme-print")
    assert [("in_progress", "10:30"), ("in_progress", "13:30"), ("in_progress", "17:30")] == [
        due(case, limit) for limit in ("acknowledge", "update", "resolve")
    ]
    clock.advance("15m")
    case = hears(desk, status="open", remote_id="A-1", updated_at=clock.now() + timedelta(minutes=10)).case
    assert "in_progress" == due(case, "acknowledge")[0]
    clock.advance("15m")
    case = hears(desk, status="acknowledged").case
    assert ("completed", ("in_progress", "14:00")) == (due(case, "acknowledge")[0], due(case, "update"))
    clock.advance("1h")
    case = hears(desk, entries=[VendorEntry(id="c-1", text="Soon", at=clock.now() - timedelta(minutes=10))]).case
    assert ("in_progress", "15:00") == due(case, "update")
    clock.advance("1h")
    case = hears(desk, status="resolved").case
    assert ["completed"] * 3 == [due(case, limit)[0] for limit in ("acknowledge", "update", "resolve")]
    assert not any(watch.breached for watch in case.stopwatches)


def test_word_of_the_vendor_acknowledges(bound):
    """Whoever answers has taken it up, whatever the status says."""
    desk = bound(acknowledge="1h")
    sent(desk)

    assert ("completed", "10:00") == due(hears(desk, entries=[VendorEntry(id="c-1")]).case, "acknowledge")


def test_word_that_nobody_can_translate_does_not_acknowledge(bound):
    """It may be the system's own word for a new ticket."""
    desk = bound(acknowledge="1h")
    sent(desk)
    case = hears(desk, status="unknown", raw_status="Neu").case

    assert ("in_progress", ("acme-print",)) == (due(case, "acknowledge")[0], case.vendors_unacknowledged)


def test_clocks_of_a_contract_stand_still_while_it_is_our_turn(bound, clock):
    """A question and an answer are ours to settle; a word of ours sets them going again."""
    desk = bound(resolve="8h")
    sent(desk, until=2)
    desk.dispatch("T-1", by="bob", vendor="acme-print")
    clock.advance("1h")
    for status in ("waiting_for_us", "answered"):
        asked = hears(desk, status=status, entries=[VendorEntry(id=status)]).case
        assert "paused" == due(asked, "resolve")[0]
        clock.advance("2h")
        told = desk.tell_vendor("T-1", by="bob", vendor="acme-print", text="A4")
        assert "in_progress" == due(told, "resolve")[0]

    assert ("in_progress", "21:00") == due(told, "resolve")


def test_breach_reminds_and_tells_management(bound, clock, pager):
    """What happens where the contract does not say."""
    desk = bound(acknowledge="1h")
    sent(desk)
    desk.run_due()
    clock.advance("1h")
    desk.run_due()
    case = desk.get("T-1")
    told = [event for event in desk.history(case) if type(event).__name__ == "VendorTold"]

    assert (True, 4) == (case.stopwatch("acme-print acknowledge").breached, case.tier)
    assert ["reminder"] == [event.purpose for event in told]
    assert "move.limit" in [code for _, code in pager.told]


def test_breach_may_escalate_there_and_hand_back(bound, clock):
    """The ticket stays open: what the vendor still does is not lost."""
    desk = bound(resolve="1h", on_breach=["escalate_at_vendor", "hand_back"])
    sent(desk)
    desk.run_due()
    clock.advance("2h")
    desk.run_due()
    case = desk.get("T-1")

    assert (2, ("acme-print",)) == (case.tier, case.vendors)
    assert ["escalation"] == [event.purpose for event in desk.history(case) if type(event).__name__ == "VendorTold"]


def test_breach_brings_back_only_what_is_there(bound, clock):
    """What waits for the vendor goes on; what the house works on stays; what was withdrawn is left alone."""
    desk = bound(resolve="1h", on_breach=["hand_back"])
    case = sent(desk, until=2)
    desk.dispatch(case, by="bob", vendor="acme-print")
    desk.open(id="T-3", by="jane")
    desk.escalate("T-3", by="bob")
    desk.dispatch("T-3", by="bob", vendor="acme-print")
    desk.wait("T-3", by="bob", wait_reason="vendor")
    clock.advance("1h")
    desk.run_due()

    assert (2, "queued") == (desk.get("T-1").tier, desk.get("T-1").status)
    assert (2, "queued", None) == (desk.get("T-3").tier, desk.get("T-3").status, desk.get("T-3").wait_reason)


def test_breach_finds_nothing_to_bring_back(bound, clock, kinds):
    """A policy may have let the vendor go between the breach and what it does."""
    desk = bound(resolve="1h", on_breach=["cancel", "hand_back"])
    sent(desk)
    clock.advance("1h")
    desk.run_due()
    case = desk.get("T-1")

    assert (4, "cancelled", "withdrawn") == (case.tier, case.status, case.vendor_tickets[0].status)
    assert "ActionRefused" not in kinds(desk, case)


def test_limits_of_ones_own_measure_vendors_too(make_desk, calm, clock):
    """Without a contract, and of any vendor where none is named."""
    limits = [
        TimeLimit(name="heard", measures="vendor_update", agreement="uc", target="2h"),
        TimeLimit(
            name="taken up", measures="vendor_acknowledgement", agreement="uc", vendor="acme-print", target="1h",
            thresholds=[Threshold("100%", do=["remind:acme-print", "escalate_at:acme-paper"])],
        ),
    ]  # fmt: skip
    desk = make_desk(attrs.evolve(calm, limits=limits))
    sent(desk)
    desk.run_due()
    clock.advance("1h")
    desk.run_due()
    clock.advance("30m")
    case = hears(desk, entries=[VendorEntry(id="c-1")]).case

    assert (2, "12:30") == (case.stopwatch("heard").instance, f"{case.stopwatch('heard').due_at:%H:%M}")
    assert ("completed", True) == (case.stopwatch("taken up").stage, case.stopwatch("taken up").breached)
    done = [type(event).__name__ for event in desk.history(case)]
    assert (1, 1) == (done.count("VendorTold"), done.count("ActionRefused"))


def test_reminder_beyond_the_ceiling_is_recorded_as_refused(bound, clock, pager):
    """Time is bound by it as people are."""
    desk = bound(acknowledge="1h", messages_a_day=1)
    sent(desk)
    desk.run_due()
    clock.advance("1h")
    desk.run_due()
    refused = [event for event in desk.history("T-1") if type(event).__name__ == "ActionRefused"]

    assert ["remind:acme-print"] == [event.action for event in refused]
    assert "the ceiling is 1" in str(refused[0].reason)


@pytest.mark.parametrize("action", ["remind", "escalate_at_vendor"])
def test_vendor_is_not_blamed_for_a_request_that_it_does_not_have(bound, clock, pager, vendor, action):
    """Words of being late would arrive together with the request; management hears instead how it stands."""
    desk = bound(acknowledge="1h", on_breach=[action])
    sent(desk)
    clock.advance("1h")
    desk.run_due()
    desk.run_due()
    case = desk.get("T-1")
    [told] = [event for event in desk.history(case) if type(event).__name__ == "ManagementInformed"]

    assert (True, ()) == (case.stopwatch("acme-print acknowledge").breached, case.vendor_tickets[0].told_at)
    assert "vendor.not_told" == told.reason.code
    assert [("manager", "vendor.not_told")] == pager.told
    assert () == vendor.fetch(case.vendor_tickets[0].remote_id).entries


# -- a vendor that cannot be heard


def test_vendor_that_cannot_be_heard_is_an_alarm_of_its_own(bound, clock, pager):
    """After the agreed time, once per outage; what is said afterwards ends it, and the clocks go on meanwhile."""
    desk = bound(stale_after="30m", resolve="8h")
    sent(desk)
    since = clock.now()
    clock.advance("29m")
    early = silence(desk, since, problem="timed out")
    clock.advance("1m")
    lost = silence(desk, since, problem="timed out")
    again = silence(desk, since)
    explained = str(desk.explain("T-1"))
    found = hears(desk)
    desk.run_due()

    assert ([], ["VendorLost", "ManagementInformed"], []) == (names(early), names(lost), names(again))
    assert ("timed out", ("acme-print",)) == (lost.events[0].problem, lost.case.vendors_unreachable)
    assert f"vendor 'acme-print' cannot be asked since {since.isoformat()}" in explained
    assert "in_progress" == due(lost.case, "resolve")[0]
    assert (["VendorFound"], ()) == (names(found), found.case.vendors_unreachable)
    assert 1 == [code for _, code in pager.told].count("vendor.unreachable")


def test_vendor_without_a_contract_is_missed_after_an_hour(calm_desk, clock):
    """And one on whose ticket nothing is owed is not missed at all."""
    sent(calm_desk)
    since = clock.now()
    clock.advance("59m")
    early = silence(calm_desk, since)
    hears(calm_desk, status="resolved")
    clock.advance("1m")

    assert ([], []) == (names(early), names(silence(calm_desk, since)))
    with pytest.raises(InputError, match="since lies after the command itself"):
        silence(calm_desk, clock.now() + timedelta(minutes=1))


def test_request_that_could_not_be_sent_finds_no_vendor_again(calm_desk, clock):
    """That we have given up is nothing that the vendor has said."""
    sent(calm_desk)
    since = clock.now()
    clock.advance("1h")
    silence(calm_desk, since)

    assert "VendorFound" not in names(hears(calm_desk, status="failed"))


# -- redacted


def test_words_to_and_from_vendors_are_personal(calm_desk):
    """Once a case is redacted, nothing of them is left: neither in its history nor in what is still to be sent."""
    case = sent(calm_desk)
    calm_desk.attach(case, by="bob", attachments=[Attachment(id="f-jane")])
    entry = VendorEntry(id="c-1", text="Dear Jane", attachments=[Attachment(id="v-jane")])
    hears(calm_desk, entries=[entry], status="waiting_for_us")
    calm_desk.tell_vendor("T-1", by="bob", vendor="acme-print", text="Jane says", attachments=["f-jane"])
    calm_desk.withdraw("T-1", by="bob", vendor="acme-print", text="Jane is gone")
    case = calm_desk.redact("T-1", by=Actor.manager("mona"))
    said = [event for event in calm_desk.history(case) if type(event).__name__ in {"VendorReplied", "VendorTold"}]

    assert [("", ())] * 3 == [(event.text, event.attachments) for event in said]
    assert ("c-1",) == case.vendor_tickets[0].heard


def test_message_that_is_still_to_be_sent_is_blanked():
    """What it says, and the files that go along."""
    message = MessageVendor(
        case_id="T-1", version=1, vendor="acme", ticket="k", text="Jane says", attachments=(Attachment(id="f"),)
    )
    request = DispatchToVendor(
        case_id="T-1", version=1, vendor="acme", key="k", subject="Jane", text="x", attachments=(Attachment(id="f"),)
    )

    assert attrs.evolve(message, text="", attachments=()) == blank_effect(message)
    assert attrs.evolve(request, subject="", text="", attachments=()) == blank_effect(request)


# -- asked and observed


def test_options_name_the_vendors_that_can_be_told(calm_desk):
    """One for each vendor with something open."""
    case = sent(calm_desk)
    calm_desk.dispatch(case, by="bob", vendor="acme-paper")
    options = calm_desk.options("T-1", by="bob")

    for verb in ("tell_vendor", "withdraw"):
        assert ["acme-print", "acme-paper"] == [
            option.target for option in options if option.trigger == verb and not option.refused
        ]


def test_explain_names_every_open_ticket(calm_desk):
    """Not only the newest."""
    case = sent(calm_desk)
    calm_desk.dispatch(case, by="bob", vendor="acme-paper")
    requested = str(calm_desk.explain("T-1"))
    hears(calm_desk, ticket=0, status="open", remote_id="A-1")
    opened = str(calm_desk.explain("T-1"))
    hears(calm_desk, ticket=0, status="unknown", raw_status="Parked")
    unknown = str(calm_desk.explain("T-1"))

    for vendor in ("acme-print", "acme-paper"):
        assert f"the request of 2026-03-23T09:00:00+00:00 has not reached vendor '{vendor}' yet" in requested
    assert "ticket A-1 at vendor 'acme-print': open" in opened
    assert "ticket A-1 at vendor 'acme-print': unknown, for the vendor calls it 'Parked'" in unknown


def test_explain_speaks_of_the_request_where_the_vendor_gives_no_number(calm_desk):
    """Once the vendor has answered, the request has reached it: by mail, or by a script, there may be no other name."""
    sent(calm_desk)
    hears(calm_desk, status="in_progress")
    heard = calm_desk.explain("T-1").here[-1]
    hears(calm_desk, status="unknown", raw_status="Parked")
    unknown = calm_desk.explain("T-1").here[-1]
    hears(calm_desk, status="requested", remote_id="A-1")

    assert ("case.request_heard", "the request to vendor 'acme-print': in_progress") == (heard.code, str(heard))
    assert "the request to vendor 'acme-print': unknown, for the vendor calls it 'Parked'" == str(unknown)
    assert "ticket A-1 at vendor 'acme-print': requested" == str(calm_desk.explain("T-1").here[-1])


def test_explain_says_how_the_newest_ticket_has_ended(calm_desk, clock):
    """Since when, whatever is said on it later; older ones, and those of a case that is over, are left out."""
    sent(calm_desk)
    hears(calm_desk, status="closed", remote_id="Z-0")
    calm_desk.escalate("T-1", by="bob")
    clock.advance("1h")
    hears(calm_desk, status="resolved", remote_id="Z-1")
    clock.advance("1h")
    hears(calm_desk, entries=[VendorEntry(id="c-1")])
    hears(calm_desk, status="resolved", raw_status="Filed")
    said = str(calm_desk.explain("T-1"))
    calm_desk.resolve("T-1", by="bob")

    assert "ticket Z-1 at vendor 'acme-print': resolved since 2026-03-23T10:00:00+00:00" in said
    assert "Z-0" not in said
    assert "Z-1" not in str(calm_desk.explain("T-1"))


def test_explain_says_which_clocks_are_overdue(bound, clock):
    """A vendor's as any other; from the very instant on, and for as long as it runs."""
    desk = bound(resolve="1h")
    sent(desk)
    over = "due: limit 'acme-print resolve' is overdue since 2026-03-23T10:00:00+00:00"
    clock.advance("59m")
    early = str(desk.explain("T-1"))
    clock.advance("1m")
    due = str(desk.explain("T-1"))
    desk.run_due()
    fired = str(desk.explain("T-1"))
    hears(desk, status="resolved")

    assert (False, True, True) == (over in early, over in due, over in fired)
    assert over not in str(desk.explain("T-1"))


@pytest.mark.parametrize("reached", [True, False])
def test_explain_says_that_a_request_was_withdrawn(calm_desk, reached):
    """Whether or not the vendor ever had it."""
    sent(calm_desk)
    if reached:
        hears(calm_desk, status="open", remote_id="Z-1")
    calm_desk.withdraw("T-1", by="bob", vendor="acme-print")
    known = "ticket Z-1 at vendor 'acme-print'" if reached else "the request to vendor 'acme-print'"
    said = str(calm_desk.explain("T-1"))

    assert f"  {known}: withdrawn since 2026-03-23T09:00:00+00:00\n" in said
    assert "  the request to vendor 'acme-print' was withdrawn\n" in said


def test_request_that_never_arrived_is_no_answer(calm_desk):
    """History and explanation say that the vendor never had it."""
    sent(calm_desk)
    hears(calm_desk, status="failed")
    history = calm_desk.history("T-1")
    said = str(calm_desk.explain("T-1"))

    assert ["vendor.unreached"] * 2 == [event.reason.code for event in history[-2:]]
    assert "  the request did not reach vendor 'acme-print'\n" in said
    assert "  the request did not reach vendor 'acme-print'; it was given up at 2026-03-23T09:00:00+00:00\n" in said


def test_observing_process_tells_vendors_nothing(make_desk, calm, clock, kinds):
    """What it would have told them stands on the record; what they have said is taken down."""
    contract = VendorContract(vendor="acme-print", acknowledge="1h", on_breach=["remind", "escalate_at_vendor"])
    desk = make_desk(attrs.evolve(calm, contracts=[contract]).observing())
    desk.open(id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print")
    clock.advance("1h")
    desk.run_due()
    hears(desk, entries=[VendorEntry(id="c-1")], status="answered")
    desk.resolve("T-1", by="bob")
    desk.run_due()
    withheld = [event.verb for event in desk.history("T-1") if type(event).__name__ == "ActionWithheld"]

    assert ["dispatch", "remind", "escalate_at", "withdraw"] == [
        verb for verb in withheld if verb in {"dispatch", "remind", "escalate_at", "withdraw"}
    ]
    assert "VendorReplied" in kinds(desk, desk.get("T-1"))
