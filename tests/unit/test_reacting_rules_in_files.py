"""Rules that react, and cascades, in process files: read, known to the schema, and refused at their places."""

import copy

import jsonschema
import pytest

from supporttiers.config.json_schema import json_schema
from supporttiers.errors import ProcessError
from supporttiers.match import AtLeast, Match
from supporttiers.policies.cascades import Cascade
from supporttiers.policies.closing import CloseAfter
from supporttiers.policies.fixes import RequestFix
from supporttiers.policies.informing import InformInSteps, Step
from supporttiers.policies.reopening import ReopenWithin
from supporttiers.policies.satisfaction import AskForSatisfaction
from supporttiers.policies.vendors import DispatchByRules, VendorRule
from supporttiers.process import SupportProcess

TEXT = """
[process]
name = "acme"

[calendars.office]
week = { mon-fri = "09:00-17:00" }

[[tiers]]
level = 1
name = "Service desk"
escalates_to = [4]

[[tiers]]
level = 4
name = "Vendors"
kind = "vendor"

[[policies]]
use = "supporttiers.close-after"
after = "3 business days"
calendar = "office"

[[policies]]
use = "supporttiers.reopen-within"
within = "14 calendar days"
after_window = "refuse"
when = { kind = "incident" }

[[policies]]
use = "supporttiers.ask-for-satisfaction"
after = "24h"
on = "closed"

[[policies]]
use = "supporttiers.inform-in-steps"
when = { priority = { at_least = "high" } }
steps = [{ after = "1h", tell = "lead" }, { after = "4h", tell = "manager" }]

[[policies]]
use = "supporttiers.dispatch-by-rules"
rules = [{ when = { "attributes.make" = "acme" }, vendor = "acme-print" }]

[[policies]]
use = "supporttiers.request-fix"
at = 10
do = ["escalate", "notify:lead"]

[[cascades]]
link = "known_issue"
on = "resolved"
do = ["resume", "resolve"]
when = { kind = "problem" }
among = { wait_reason = "known_issue" }
"""
PROCESS = SupportProcess.from_text(TEXT)
SCHEMA = jsonschema.Draft202012Validator(json_schema())


def test_rules_are_what_their_tables_say():
    """Under the same names as in Python."""
    assert PROCESS.policies == (
        CloseAfter("3 business days", calendar="office"),
        ReopenWithin("14 calendar days", after_window="refuse", when=Match(kind="incident")),
        AskForSatisfaction("24h", on="closed"),
        InformInSteps(Match(priority=AtLeast("high")), [Step("1h", "lead"), Step("4h", "manager")]),
        DispatchByRules([VendorRule(Match({"attributes.make": "acme"}), "acme-print")]),
        RequestFix([10], do=["escalate", "notify:lead"]),
    )
    assert PROCESS.cascades == (
        Cascade(
            "known_issue", on="resolved", do=["resume", "resolve"], when=Match(kind="problem"),
            among=Match(wait_reason="known_issue"),
        ),
    )  # fmt: skip


def test_rules_are_known_to_the_schema():
    """As they are written by hand, and as the process writes them."""
    assert [] == list(SCHEMA.iter_errors(PROCESS.to_data()))
    assert PROCESS == SupportProcess.from_data(PROCESS.to_data())


@pytest.mark.parametrize(
    ("section", "place", "key", "value", "fault"),
    [
        ("policies", 0, "after", "3d", "policies[0].after: '3d' may mean days of work or of the calendar"),
        ("policies", 0, "calendar", "night", "policies[0].calendar: 'night' is not known; possible are: 24x7, office"),
        ("policies", 1, "after_window", "open", "policies[1].after_window: must be one of: follow_up, refuse"),
        ("policies", 1, "when", {"kind": "bug"}, "policies[1].when.kind: is compared with 'bug'"),
        ("policies", 2, "on", "opened", "policies[2].on: must be one of: resolved, closed"),
        ("policies", 3, "steps", [{"after": "1h", "tell": ""}], "policies[3].steps[0].tell: must not be empty"),
        ("policies", 3, "steps", [{"tell": "lead"}], "policies[3].steps[0].after: is missing"),
        ("policies", 4, "rules", [{"when": {}, "vendor": "x"}], "policies[4].rules[0].when: is empty"),
        ("policies", 5, "at", [0], "policies[5].at: is 0; possible is at least 1"),
        ("policies", 5, "do", ["escalate", "sing"], "policies[5].do[1]: 'sing' is not known; possible are"),
        ("cascades", 0, "on", "broken", "cascades[0].on: must be one of: resolved, closed"),
        ("cascades", 0, "do", [], "cascades[0].do: is empty; possible are: resolve"),
        ("cascades", 0, "among", {"tier": 9}, "cascades[0].among.tier: 9 is not known; possible are: 1, 4"),
        ("cascades", 0, "links", "x", "cascades[0].links: is not known here; did you mean 'link'?"),
    ],
)
def test_fault_in_a_rule_is_told_at_its_place(section, place, key, value, fault):
    """One wrong field, one fault."""
    data = copy.deepcopy(PROCESS.to_data())
    data[section][place][key] = value
    with pytest.raises(ProcessError) as caught:
        SupportProcess.from_data(data)

    [told] = map(str, caught.value.faults)
    assert told.startswith(fault)
