"""What a check finds about a valid process: each kind of finding, and what looks like it and is none."""

import logging
import runpy
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest
from tests.unit.checking import (
    BACK,
    HAND_OFF,
    OFFICE,
    ONE,
    RULES,
    SLA,
    TELL,
    THREE,
    TWO,
    UC,
    WITH_VENDOR,
    built,
    codes,
    of_tier,
    policy,
)

from supporttiers import SupportProcess
from supporttiers.findings import KINDS, Finding, Severity
from supporttiers.match import Match
from supporttiers.reasons import CODES, Reason

ROOT = Path(__file__).parents[2]


def test_sound_process_has_no_findings():
    """What all the others are made of is fine by itself."""
    assert () == built().check()


def test_default_process_has_no_findings_but_those_that_it_names():
    """What we ship says what it leaves open, and why."""
    process = SupportProcess.default()

    assert () == process.check(now=datetime(2026, 6, 1, tzinfo=UTC))
    assert {"check.stuck", "check.waits_forever", "check.cycle_unlimited"} == {
        found.code for found in process.check(with_ignored=True)
    }


# -- each kind, and its neighbour that is none: the process, what is found, and the change that takes it away

PAIRS = [
    pytest.param(
        {"tiers": [{**ONE, "escalates_to": [3]}, {**TWO, "escalates_to": []}, THREE]},
        ("tier_unreachable", "tiers[1]"),
        {"tiers": [{**ONE, "escalates_to": [3]}, {**TWO, "escalates_to": []}, {**THREE, "hands_back_to": [2]}]},
        id="tier_unreachable",
    ),
    pytest.param(
        {"tiers": [{**ONE, "escalates_to": []}, {**TWO, "escalates_to": []}]},
        ("tier_unreachable", "tiers[1]"),
        {"tiers": [{**ONE, "escalates_to": []}, {**TWO, "escalates_to": []}], "entry": [2]},
        id="tier_unreachable-entry",
    ),
    pytest.param(
        {"tiers": [{**ONE, "escalates_to": []}], "resolve_when": ["resolved"]},
        ("tier_no_exit", "tiers[0]"),
        {"tiers": [{**ONE, "escalates_to": []}], "resolve_when": ["waiting"]},
        id="tier_no_exit",
    ),
    pytest.param(
        {"tiers": [ONE, TWO, BACK], "limits": [of_tier(1, "1h"), of_tier(2, "1h"), of_tier(3, "1h")]},
        ("cycle_unlimited", "tiers[2].hands_back_to"),
        {"tiers": [ONE, TWO, BACK]},
        id="cycle_unlimited",
    ),
    pytest.param(
        {"moves": "any", "limits": [of_tier(1, "1h"), of_tier(2, "1h"), of_tier(3, "1h")]},
        ("cycle_unlimited", "process.moves"),
        {"tiers": [ONE, {**TWO, "escalates_to": []}], "moves": "any", "limits": [of_tier(1, "1h"), of_tier(2, "1h")]},
        id="cycle_unlimited-any",
    ),
    pytest.param(
        {
            "tiers": [ONE, {**TWO, "hands_back_to": [1], "escalates_to": []}],
            "limits": [SLA, of_tier(1, "1h", "escalate"), of_tier(2, "1h", "hand_back")],
        },
        ("endless_round", "limits[1]"),
        {
            "tiers": [ONE, {**TWO, "hands_back_to": [1], "escalates_to": []}],
            "limits": [SLA, of_tier(1, "1h", "escalate"), of_tier(2, "1h")],
        },
        id="endless_round",
    ),
    pytest.param(
        {"limits": [of_tier(1, "1h", "escalate"), of_tier(2, "1h")]},
        ("stuck", "tiers[2]"),
        {"limits": [of_tier(1, "1h", "escalate"), of_tier(2, "1h"), of_tier(3, "1h")]},
        id="stuck",
    ),
    pytest.param(
        {"tiers": [{**ONE, "escalates_to": []}], "limits": [{**SLA, "measures": "first_response"}]},
        ("stuck", "tiers[0]"),
        {
            "tiers": [{**ONE, "escalates_to": []}],
            "limits": [{**SLA, "measures": "first_response"}, {**SLA, "name": "update", "measures": "update"}],
        },
        id="stuck-once-answered",
    ),
    pytest.param(
        {
            "limits": [{**SLA, "thresholds": [{"at": "100%", "do": ["note:late"]}]}],
            "tiers": [{**ONE, "escalates_to": []}],
        },
        ("stuck", "tiers[0]"),
        {"tiers": [{**ONE, "escalates_to": []}]},
        id="stuck-noted-only",
    ),
    pytest.param(
        {"limits": [{**SLA, "when": {"category": {"not": "wish"}}}], "tiers": [{**ONE, "escalates_to": []}]},
        ("stuck_some", "tiers[0]"),
        {
            "limits": [
                {**SLA, "when": {"category": {"not": "wish"}}},
                {**SLA, "name": "wishes", "when": {"category": "wish"}, "target": "900h"},
            ],
            "tiers": [{**ONE, "escalates_to": []}],
        },
        id="stuck_some",
    ),
    pytest.param(
        {"limits": [SLA, {**SLA, "name": "other", "pause": {"status": "resolved"}}]},
        ("pause_idle", "limits[1].pause"),
        {"limits": [SLA, {**SLA, "name": "other", "pause": {"status": "waiting"}}]},
        id="pause_idle",
    ),
    pytest.param(
        {"limits": [SLA, {**SLA, "name": "other", "stop": {"tier": {"at_least": 9}}}]},
        ("stop_idle", "limits[1].stop"),
        {"limits": [SLA, {**SLA, "name": "other", "stop": {"tier": {"at_least": 3}}}]},
        id="stop_idle",
    ),
    pytest.param(
        {"limits": [SLA, {**SLA, "name": "other", "reset": {"status": ["queued", "in_progress", "waiting"]}}]},
        ("reset_always", "limits[1].reset"),
        {"limits": [SLA, {**SLA, "name": "other", "reset": {"status": "queued"}}]},
        id="reset_always",
    ),
    pytest.param(
        {"limits": [{**SLA, "thresholds": [*TELL, {"at": "-9h"}]}]},
        ("threshold_never", "limits[0].thresholds[1].at"),
        {"limits": [{**SLA, "thresholds": [*TELL, {"at": "-7h"}]}]},
        id="threshold_never",
    ),
    pytest.param(
        {"limits": [SLA, of_tier(1, "1h", "escalate", thresholds=[{"at": "50%", "do": ["escalate"]}, *TELL])]},
        ("threshold_after_end", "limits[1].thresholds[1].at"),
        {"limits": [SLA, of_tier(1, "1h", thresholds=[{"at": "50%", "do": ["notify:team"]}, *TELL])]},
        id="threshold_after_end",
    ),
    pytest.param(
        {"limits": [SLA, of_tier(1, "1h", "escalate"), of_tier(1, "2h", name="later")]},
        ("limit_never", "limits[2]"),
        {"limits": [SLA, of_tier(1, "1h", "escalate"), of_tier(1, "1h", name="later")]},
        id="limit_never",
    ),
    pytest.param(
        {
            "limits": [
                {**SLA, "thresholds": [{"at": "50%", "do": ["cancel"]}]},
                {**SLA, "name": "other", "when": {"kind": "request"}},
            ]
        },
        ("limit_never", "limits[1]"),
        {
            "limits": [
                {**SLA, "thresholds": [{"at": "50%", "do": ["cancel"]}], "when": {"kind": "request"}},
                {**SLA, "name": "other"},
            ]
        },
        id="limit_never-cancelled",
    ),
    pytest.param(
        {"limits": [SLA, of_tier(1, "5h"), of_tier(2, "4h")]},
        ("targets_sum", "limits[0].target"),
        {"limits": [SLA, of_tier(1, "4h"), of_tier(2, "4h")]},
        id="targets_sum",
    ),
    pytest.param(
        {"tiers": WITH_VENDOR, "limits": [SLA, {**UC, "target": "9h"}]},
        ("contract_longer", "limits[1].target"),
        {
            "tiers": WITH_VENDOR,
            "limits": [{**SLA, "pause_while_vendor": True}, {**UC, "target": "9h"}, of_tier(2, "9h")],
        },
        id="contract_longer",
    ),
    pytest.param(
        {
            "tiers": WITH_VENDOR,
            "limits": [{**SLA, "target": "99h"}, of_tier(2, "4h"), {**UC, "vendor": "acme", "target": "9h"}],
        },
        ("contract_longer", "limits[2].target"),
        {
            "tiers": WITH_VENDOR,
            "limits": [
                {**SLA, "target": "99h", "thresholds": [{"at": "100%", "do": ["dispatch:other"]}]},
                of_tier(2, "4h"),
                {**UC, "vendor": "other", "target": "9h"},
            ],
        },
        id="contract_longer-than-its-tier",
    ),
    pytest.param(
        {
            "calendar": "office",
            "calendars": {"office": {**OFFICE, "closed": [f"2026-12-{day}" for day in range(21, 32)]}},
        },
        ("closed_long", "calendars.office"),
        {"calendar": "office", "calendars": {"office": {**OFFICE, "closed": ["2026-12-25", "2026-12-28"]}}},
        id="closed_long",
    ),
    pytest.param(
        {
            "tiers": [{**ONE, "calendar": "24x7"}, TWO, THREE],
            "limits": [SLA, of_tier(1, "1h", "escalate")],
            "calendar": "office",
            "calendars": {"office": OFFICE},
        },
        ("into_closed_hours", "limits[1].thresholds[0].do[0]"),
        {"limits": [SLA, of_tier(1, "1h", "escalate")], "calendar": "office", "calendars": {"office": OFFICE}},
        id="into_closed_hours",
    ),
    pytest.param(
        {
            "policies": [
                policy(
                    "supporttiers.prioritise-by-rules",
                    {"when": {"kind": "request"}, "step": 1},
                    {"when": {"kind": "request", "tier": 1}, "step": 2},
                )
            ]
        },
        ("rule_never", "policies[0].rules[1]"),
        {
            "policies": [
                policy(
                    "supporttiers.prioritise-by-rules",
                    {"when": {"kind": "request", "tier": 1}, "step": 2},
                    {"when": {"kind": "request"}, "step": 1},
                )
            ]
        },
        id="rule_never",
    ),
    pytest.param(
        {"policies": [policy(RULES, {"verbs": ["escalate"], "effect": "deny", "into": [3]})]},
        ("nobody_may", "policies[0]"),
        {"policies": [policy(RULES, {"verbs": ["escalate"], "effect": "deny", "into": [3], "kinds": ["agent"]})]},
        id="nobody_may",
    ),
    pytest.param(
        {
            "policies": [
                policy(RULES, {"verbs": ["resolve"], "kinds": ["agent"]}),
                policy(RULES, {"verbs": ["resolve"], "effect": "deny", "kinds": ["agent"], "text": "no"}),
            ]
        },
        ("nobody_may", "policies[0]"),
        {
            "policies": [
                policy(RULES, {"verbs": ["resolve"], "kinds": ["agent"]}),
                policy(RULES, {"verbs": ["resolve"], "effect": "deny", "roles": ["trainee"]}),
            ]
        },
        id="nobody_may-of-two-policies",
    ),
    pytest.param(
        {"policies": [policy(HAND_OFF, {"media_types": ["pdf"]})]},
        ("requirement_never", "policies[0].requirements[0]"),
        {"policies": [policy(HAND_OFF, {"media_types": ["*pdf"]})]},
        id="requirement_never",
    ),
    pytest.param(
        {
            "policies": [
                policy(HAND_OFF, {"media_types": ["pdf"], "one_is_enough": True}),
                policy(RULES, {"verbs": ["attach"], "effect": "deny"}),
            ]
        },
        ("requirement_never", "policies[0].requirements[0]"),
        {
            "policies": [
                policy(HAND_OFF, {"media_types": ["pdf"], "tags": ["seen"], "one_is_enough": True}),
                policy(RULES, {"verbs": ["attach"], "effect": "deny"}),
            ]
        },
        id="requirement_never-of-several",
    ),
    pytest.param(
        {
            "policies": [
                policy(HAND_OFF, {"attachments": 1, "attributes": ["x"]}),
                policy(RULES, {"verbs": ["attach"], "effect": "deny"}),
            ]
        },
        ("requirement_never", "policies[0].requirements[0]"),
        {"policies": [policy(HAND_OFF, {"attachments": 1, "attributes": ["x"]})]},
        id="requirement_never-nobody-attaches",
    ),
]


@pytest.mark.parametrize(("given", "found", "calm"), PAIRS)
def test_check_finds_exactly_that(given, found, calm):
    """The one has this finding and no other; the one beside it has none."""
    assert [found] == codes(built(**given))
    assert [] == codes(built(**calm))


def test_case_that_waits_for_ever_is_found_for_each_reason():
    """At a place of its own where the process has made the reason."""
    silent = attrs.evolve(built(wait_reasons=["parts"]), policies=[])
    paused = attrs.evolve(silent, limits=[attrs.evolve(silent.limits[0], pause=Match(status="waiting"))])

    assert [("waits_forever", "process")] == codes(silent)
    assert ["process"] * 5 + ["process.wait_reasons[0]"] == [place for _, place in codes(paused)]


# -- findings themselves


@pytest.mark.parametrize("code", sorted(KINDS))
def test_every_kind_has_a_text_and_a_fix(code):
    """Whatever its fix names is named by its text, or a parameter beside it."""
    params = {"wait_reason": "parts", "by": "resolve", "near": "assignee"}
    finding = Finding("tiers[0]", Reason(code, params))

    assert code in CODES
    assert "{" not in finding.fix.replace("{ status", "")
    assert finding.severity in Severity


OF_VENDORS = {"no_way_back", "vendor_name", "vendor_unreached", "vendor_dispatch", "contract_ends"}
"""These are in test_checks_vendors.py."""


def test_every_kind_is_shown_by_a_process():
    """None of the kinds is only written down."""
    shown = {code for _, (code, _), _ in (pair.values for pair in PAIRS)}
    elsewhere = {
        "waits_forever",
        "holidays_end",
        "policy_never",
        "team_empty",
        "role_empty",
        "message_to",
        "ignore_idle",
        *OF_VENDORS,
    }

    assert {code.removeprefix("check.") for code in KINDS} == shown | elsewhere


EXAMPLES = sorted(path for path in (ROOT / "examples").rglob("*.toml") if "[[tiers]]" in path.read_text("utf-8"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_have_no_findings(path):
    """What we show is sound, or says why not."""
    process = SupportProcess.from_toml(path, policies=[RouteByContract])

    assert () == process.check()


SHOWN = sorted(
    path
    for path in (ROOT / "examples").glob("*.py")
    if "PROCESS = " in path.read_text("utf-8") and path.name != "check.py"
)
"""Examples that say their process themselves; check.py is about one in which something is wrong."""


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.name)
def test_processes_in_examples_have_no_findings(path, monkeypatch):
    """The same of those that are written in Python."""
    monkeypatch.syspath_prepend(path.parent)
    log = logging.getLogger("supporttiers")
    level = log.level
    said = runpy.run_path(str(path))["PROCESS"]
    log.setLevel(level)  # one of them wants it quiet
    process = said if isinstance(said, SupportProcess) else SupportProcess.from_text(said)

    assert () == process.check()


@attrs.frozen
class RouteByContract:
    """Stands for the policy of the example of a plugin."""

    name = "acme.route-by-contract"
    revision = 1
    contracts: tuple[str, ...] = ()
    tier: int = 2

    def route(self, _situation):
        """Have no opinion."""
