"""Time limits: reading, writing, predicates, targets, and what they say of wrong ones."""

import pickle
from datetime import timedelta
from types import SimpleNamespace

import pytest

from supporttiers.errors import PolicyConfigError
from supporttiers.limits import MEASURES, VERBS, Action, Percent, Threshold, TimeLimit, limit_of_tier
from supporttiers.match import Match
from supporttiers.tiers import Agreement

HOUR = timedelta(hours=1)


def case(status="queued", tier=1, wait_reason=None, **fields):
    """Give what predicates look at."""
    known = {
        "owner": None, "first_response_at": None, "last_reply_at": None, "awaiting_reply_since": None, "vendors": (),
        "vendors_waiting": (),
    }  # fmt: skip
    return SimpleNamespace(status=status, tier=tier, wait_reason=wait_reason, **known | fields)


# -- actions and thresholds


@pytest.mark.parametrize(
    ("text", "verb", "argument", "tier"),
    [
        ("escalate", "escalate", "", None),
        ("escalate:3", "escalate", "3", 3),
        ("escalate:0", "escalate", "0", 0),
        ("notify:manager", "notify", "manager", None),
        ("notify:desk:late", "notify", "desk:late", None),
        ("notify:3", "notify", "3", None),
        ("hand_back:1", "hand_back", "1", 1),
        ("reopen", "reopen", "", None),
        ("raise_priority", "raise_priority", "", None),
        ("raise_priority:high", "raise_priority", "high", None),
        ("reassign", "reassign", "", None),
    ],
)
def test_action_reads_and_writes_its_text(text, verb, argument, tier):
    """An action comes from its text and goes back to it."""
    action = Action.from_text(text)

    assert (verb, argument, tier) == (action.verb, action.argument, action.tier)
    assert text == str(action)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (5, "Action: must be a text such as 'notify:manager', not int"),
        ("notify", "Action: notify needs somebody to tell, such as 'notify:manager': it must not be empty"),
        ("notify:", "Action: 'notify:' has nothing after its colon"),
        ("notify:\t", "Action: notify needs somebody to tell, such as 'notify:manager': it must not be empty"),
        ("escalate:up", "Action: escalate takes a tier's level, such as 'escalate:2', or nothing"),
        ("escalate:100", "Action: escalate takes a tier's level, such as 'escalate:2', or nothing"),
        ("escalate:02", "Action: escalate takes a tier's level, such as 'escalate:2', or nothing"),
        ("explode", f"Action.verb: must be one of: {', '.join(VERBS)}, not 'explode'"),
        (
            "notfy:assignee",
            f"Action.verb: must be one of: {', '.join(VERBS)}, not 'notfy'; did you mean 'notify'?",
        ),
        ("close:now", "Action: close takes nothing after it"),
        ("hand_back:down", "Action: hand_back takes a tier's level, such as 'hand_back:2', or nothing"),
        ("transfer", "Action: transfer needs a team of the tier, such as 'transfer:network': it must not be empty"),
        ("assign", "Action: assign needs somebody to give it to, such as 'assign:anna': it must not be empty"),
        ("dispatch", "Action: dispatch needs a vendor, such as 'dispatch:acme-print': it must not be empty"),
        ("wait", "Action: wait needs a reason for waiting, such as 'wait:scheduled': it must not be empty"),
        (
            "note",
            "Action: note needs what to write down, such as 'note:nobody has looked at it': it must not be empty",
        ),
    ],
)
def test_action_refuses_other_texts(text, message):
    """What is no action, or not one yet, is said to be so."""
    with pytest.raises(PolicyConfigError) as caught:
        Action.from_text(text)

    assert message == str(caught.value)


def test_action_refuses_an_argument_that_is_no_text():
    """In Python too, the argument is a text."""
    with pytest.raises(PolicyConfigError, match=r"^Action\.argument: must be a text, not int$"):
        Action("escalate", 3)


@pytest.mark.parametrize(
    ("at", "mark", "reached", "breach"),
    [
        ("75%", "75%", timedelta(hours=3), False),
        (Percent(100), "100%", timedelta(hours=4), True),
        ("150 %", "150%", timedelta(hours=6), True),
        ("0s", "0s", timedelta(hours=4), True),
        ("-30m", "-30m", timedelta(hours=3, minutes=30), False),
        (timedelta(minutes=30), "30m", timedelta(hours=4, minutes=30), True),
        ("-5h", "-5h", None, False),
        ("-4h", "-4h", None, False),
        ("-3h59m59s", "-3h59m59s", timedelta(seconds=1), False),
    ],
)
def test_threshold_lies_where_its_mark_says(at, mark, reached, breach):
    """A share of the target, or working time around it; nowhere, where that would be the start or before it."""
    threshold = Threshold(at)

    assert mark == threshold.mark
    assert reached == threshold.reached_after(4 * HOUR)
    assert breach is threshold.is_breach(4 * HOUR)


def test_threshold_takes_actions_and_texts():
    """Actions may be written as texts."""
    assert (Action("escalate"), Action("notify", "owner")) == Threshold(
        "50%", ["escalate", Action("notify", "owner")]
    ).do


@pytest.mark.parametrize(
    ("at", "do", "message"),
    [
        ("x%", (), "Threshold.at: 'x%' is not a percentage such as '75%'"),
        ("9" * 5000 + "%", (), f"Threshold.at: {'9' * 40!r} is not a percentage such as '75%'"),
        ("0%", (), "Percent.value: is 0; possible is 1 to 1000"),
        ("1001%", (), "Percent.value: is 1001; possible is 1 to 1000"),
        (
            "soon",
            (),
            (
                "Threshold.at: 'soon' is not a duration; say it in hours, minutes and seconds, such as '15m', "
                "'2h30m' or '72h'"
            ),
        ),
        (
            75,
            (),
            (
                "Threshold.at: must be a timedelta or a text, not int; say it in hours, minutes and seconds, such as "
                "'15m', '2h30m' or '72h'"
            ),
        ),
        (timedelta(microseconds=5), (), "Threshold.at: must be whole seconds"),
        ("75%", "escalate", "Threshold.do: must be a collection of actions, not str"),
        ("75%", ["escalate"] * 17, "Threshold.do: has 17 actions; at most 16 are possible"),
    ],
)
def test_threshold_refuses_what_it_cannot_be(at, do, message):
    """A wrong point or action is named, with what is possible."""
    with pytest.raises(PolicyConfigError) as caught:
        Threshold(at, do)

    assert message == str(caught.value)


# -- limits


def test_limit_reads_texts():
    """A limit is built from what a person would write."""
    limit = TimeLimit(name="resolve", agreement="ola", target="90m", thresholds=[Threshold("75%")])

    assert Agreement.OLA is limit.agreement
    assert {"*": timedelta(minutes=90)} == limit.target
    assert limit == pickle.loads(pickle.dumps(limit))


@pytest.mark.parametrize(
    ("target", "priority", "allowed"),
    [
        ("4h", "high", 4 * HOUR),
        ("4h", None, 4 * HOUR),
        ({"high": "1h", "*": "4h"}, "high", HOUR),
        ({"high": "1h", "*": "4h"}, "low", 4 * HOUR),
        ({"high": "1h"}, "low", None),
        ({"high": "1h"}, None, None),
    ],
)
def test_limit_target_is_by_priority(target, priority, allowed):
    """The priority's own target counts, then the star, then there is none."""
    assert allowed == TimeLimit(name="x", target=target).target_for(priority)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": ""}, "TimeLimit.name: must not be empty"),
        ({"agreement": "slo"}, "TimeLimit.agreement: must be one of: sla, ola, uc, not 'slo'"),
        ({"agreement": {}}, "TimeLimit.agreement: must be one of: sla, ola, uc, not dict"),
        ({"measures": "joy"}, f"TimeLimit.measures: must be one of: {', '.join(MEASURES)}, not 'joy'"),
        ({"measures": ["tier"]}, f"TimeLimit.measures: must be one of: {', '.join(MEASURES)}"),
        (
            {"vendor": "acme"},
            "TimeLimit.vendor: is only for the measures of vendors: vendor, vendor_acknowledgement, vendor_update",
        ),
        (
            {"measures": "vendor", "pause_while_vendor": True},
            "TimeLimit.pause_while_vendor: is not for measures = 'vendor': that clock would never run",
        ),
        (
            {"satisfied_by": ["reply"]},
            "TimeLimit.satisfied_by: is only for measures = 'first_response' and 'next_response'",
        ),
        (
            {"measures": "first_response", "satisfied_by": ["waiting"]},
            "TimeLimit.satisfied_by: must name 'reply': an answer always counts",
        ),
        (
            {"measures": "first_response", "satisfied_by": ["smoke"]},
            "TimeLimit.satisfied_by: must be one of: reply, resolved, waiting, not 'smoke'",
        ),
        (
            {"on_priority_change": "forget"},
            "TimeLimit.on_priority_change: must be one of: retroactive, carry_elapsed, restart, keep, not 'forget'",
        ),
        (
            {"on_reopening": "never"},
            "TimeLimit.on_reopening: must be one of: resume, continue, first_only, new_cycle, restart, not 'never'",
        ),
        ({"measures": "tier"}, "TimeLimit.tier: is needed for measures = 'tier', and only there"),
        ({"tier": 2}, "TimeLimit.tier: is needed for measures = 'tier', and only there"),
        ({"when": {"tier": 1}}, "TimeLimit.when: must be a Match, not dict"),
        (
            {"target": "soon"},
            (
                "TimeLimit.target: 'soon' is no target; possible are working time ('8h'), '2 business days', "
                "'2 calendar days' and 'until close'"
            ),
        ),
        (
            {"target": {"high": "soon"}},
            (
                "TimeLimit.target.high: 'soon' is no target; possible are working time ('8h'), '2 business days', "
                "'2 calendar days' and 'until close'"
            ),
        ),
        ({"target": {}}, "TimeLimit.target: has no durations; give one, or a table of durations by priority"),
        ({"target": {"": "1h"}}, "TimeLimit.target: has a priority that must not be empty"),
        ({"target": {"high": "-1h"}}, "TimeLimit.target: for 'high' must be longer than zero"),
        ({"target": timedelta(milliseconds=1)}, "TimeLimit.target: for '*' must be whole seconds"),
        ({"calendar": 5}, "TimeLimit.calendar: must be a text, not int"),
        ({"thresholds": ["75%"]}, "TimeLimit.thresholds: must be a Threshold, not str"),
        (
            {"thresholds": [Threshold("60s"), Threshold("1m")]},
            ("TimeLimit.thresholds: has two thresholds at one point: 1m, 1m"),
        ),
    ],
)
def test_limit_refuses_what_it_cannot_be(fields, message):
    """A wrong field is named, with what is possible."""
    with pytest.raises(PolicyConfigError) as caught:
        TimeLimit(**{"name": "resolve", "target": "1h"} | fields)

    assert message == str(caught.value)


ON_HOLD = {"start", "pause"}


@pytest.mark.parametrize(
    ("limit", "seen", "holding"),
    [
        ({}, case(), {"start"}),
        ({}, case("waiting", wait_reason="customer"), {"start", "pause"}),
        ({}, case("waiting", wait_reason="vendor"), {"start"}),
        ({}, case("resolved"), {"stop"}),
        ({}, case("closed"), {"stop"}),
        ({}, case("cancelled"), {"cancel"}),
        ({"measures": "tier", "tier": 1}, case(), {"start"}),
        ({"measures": "tier", "tier": 1}, case(tier=2), {"stop"}),
        ({"measures": "tier", "tier": 1}, case("waiting", wait_reason="customer"), {"start", "pause"}),
        ({"measures": "tier", "tier": 1}, case("resolved"), {"stop"}),
        ({"measures": "tier", "tier": 1}, case("cancelled"), {"cancel"}),
        ({"pause": Match(status="queued"), "resume": Match(tier=1)}, case(), {"start", "pause", "resume"}),
        ({"cancel": Match(tier=3)}, case(tier=3), {"start", "cancel"}),
        ({"cancel": Match(tier=3)}, case("cancelled"), {"cancel"}),
        ({"pause_while_vendor": True}, case("waiting", wait_reason="vendor"), {"start", "pause"}),
        ({"measures": "time_to_own"}, case(), {"start"}),
        ({"measures": "time_to_own"}, case(owner="bob"), {"start", "stop"}),
        ({"measures": "time_to_own", "pause_while_vendor": True}, case("waiting", wait_reason="vendor"), ON_HOLD),
        ({"measures": "first_response"}, case("waiting", wait_reason="customer"), {"start"}),
        ({"measures": "first_response"}, case(first_response_at=1), {"start", "stop"}),
        ({"measures": "first_response"}, case("resolved"), {"stop"}),
        ({"measures": "first_response", "satisfied_by": ["reply"]}, case("resolved"), {"cancel"}),
        (
            {"measures": "first_response", "satisfied_by": ["reply", "waiting"]},
            case("waiting", wait_reason="customer"),
            {"start", "stop"},
        ),
        ({"measures": "next_response"}, case(awaiting_reply_since=1), set()),
        ({"measures": "next_response"}, case(awaiting_reply_since=2, first_response_at=1), {"start"}),
        ({"measures": "next_response"}, case(first_response_at=1), {"stop"}),
        ({"measures": "next_response"}, case("resolved", first_response_at=1), {"stop"}),
        ({"measures": "next_response"}, case("cancelled", first_response_at=1), {"cancel"}),
        ({"measures": "next_response", "satisfied_by": ["reply"]}, case("closed", first_response_at=1), {"cancel"}),
        (
            {"measures": "next_response"},
            case("waiting", wait_reason="parts", first_response_at=1, awaiting_reply_since=2),
            {"start", "pause"},
        ),
        (
            {"measures": "next_response"},
            case("waiting", wait_reason="vendor", first_response_at=1, awaiting_reply_since=2),
            {"start"},
        ),
        ({"measures": "update"}, case(), set()),
        ({"measures": "update"}, case(last_reply_at=1), {"start"}),
        ({"measures": "update"}, case("waiting", wait_reason="customer", last_reply_at=1), {"start", "pause"}),
        ({"measures": "vendor"}, case(), {"stop"}),
        ({"measures": "vendor"}, case(vendors=("acme",)), {"start"}),
        ({"measures": "vendor"}, case(vendors=("acme",), vendors_waiting=("acme",)), {"start", "pause"}),
        ({"measures": "vendor"}, case("resolved", vendors=("acme",)), {"cancel"}),
        ({"measures": "vendor", "vendor": "acme"}, case(vendors=("other",)), {"stop"}),
        ({"measures": "vendor", "vendor": "acme"}, case(vendors=("other", "acme")), {"start"}),
    ],
)
def test_limit_predicates_follow_the_bundle(limit, seen, holding):
    """Each bundle runs, pauses and stops when its name says; the limit's own predicates go before."""
    predicates = TimeLimit(name="x", target="1h", **limit).predicates
    held = {
        word
        for word in ("start", "pause", "resume", "stop", "reset", "cancel")
        if (match := getattr(predicates, word)) and match.holds(seen)
    }

    assert holding == held


def test_limit_of_tier_escalates_at_its_target():
    """A tier's time limit stands for an OLA whose breach escalates."""
    limit = limit_of_tier(1, timedelta(minutes=15))

    assert ("tier 1", Agreement.OLA, "tier", 1) == (limit.name, limit.agreement, limit.measures, limit.tier)
    assert (Threshold("100%", ["escalate"]),) == limit.thresholds
