"""Pictures of a process, as Mermaid text."""

import json
import re

import pytest

from supporttiers import SupportProcess, TimeLimit
from supporttiers._machine import rows_of
from supporttiers.diagrams.mermaid import mermaid
from supporttiers.limits import Threshold
from supporttiers.tiers import MoveRules, Status, Tier

DESK = Tier(level=1, name="Service desk", escalates_to=(2,))
EXPERTS = Tier(level=2, name="Experts", hands_back_to=(1,))
TIERS = (DESK, EXPERTS)

TWO_TIERS = """\
---
title: "Acme IT"
---
stateDiagram-v2
    direction LR
    state "Tier 1: Service desk" as tier1 {
        state "queued" as tier1_queued
        state "in progress" as tier1_in_progress
        state "waiting" as tier1_waiting
        tier1_queued --> tier1_in_progress: start
        tier1_in_progress --> tier1_queued: release, transfer
        tier1_queued --> tier1_queued: transfer
        tier1_waiting --> tier1_queued: transfer, resume
        tier1_queued --> tier1_waiting: wait
        tier1_in_progress --> tier1_waiting: wait
        tier1_waiting --> tier1_waiting: wait
        tier1_waiting --> tier1_in_progress: resume
    }
    state "Tier 2: Experts" as tier2 {
        state "queued" as tier2_queued
        state "in progress" as tier2_in_progress
        state "waiting" as tier2_waiting
        tier2_queued --> tier2_in_progress: start
        tier2_in_progress --> tier2_queued: release, transfer
        tier2_queued --> tier2_queued: transfer
        tier2_waiting --> tier2_queued: transfer, resume
        tier2_queued --> tier2_waiting: wait
        tier2_in_progress --> tier2_waiting: wait
        tier2_waiting --> tier2_waiting: wait
        tier2_waiting --> tier2_in_progress: resume
    }
    [*] --> tier1_queued: open
    tier1 --> tier2_queued: escalate
    tier2 --> tier1_queued: hand back
    tier1 --> resolved: resolve
    tier2 --> resolved: resolve
    resolved --> tier1_queued: reopen
    resolved --> tier2_queued: reopen
    resolved --> closed: close
    tier1 --> cancelled: cancel
    tier2 --> cancelled: cancel
    closed --> [*]
    cancelled --> [*]
"""


def drawn(rules: MoveRules, *, tiers: tuple[Tier, ...] = TIERS, title: str = "Acme") -> list[str]:
    """Draw, and give the lines without their indent."""
    return [line.strip() for line in mermaid(tiers, rows_of(tiers, rules), title=title).splitlines()]


def test_mermaid_draws_tiers_as_boxes():
    """The whole picture of two tiers: boxes, statuses, moves inside, moves between, ends."""
    assert mermaid(TIERS, rows_of(TIERS, MoveRules()), title="Acme IT") == TWO_TIERS


def test_mermaid_draws_boxes_by_level():
    """The order in which tiers are given does not move their boxes."""
    boxes = [line for line in drawn(MoveRules(), tiers=(EXPERTS, DESK)) if line.endswith("{")]

    assert boxes == ['state "Tier 1: Service desk" as tier1 {', 'state "Tier 2: Experts" as tier2 {']


def test_mermaid_draws_single_statuses_where_not_all_allow_a_move():
    """A move that only some statuses allow starts at these, not at the tier's box."""
    lines = drawn(MoveRules(transfer_when=("queued", "in_progress"), resolve_when=("in_progress",)))

    assert "tier1_queued --> tier2_queued: escalate" in lines
    assert "tier1_in_progress --> tier2_queued: escalate" in lines
    assert "tier1 --> tier2_queued: escalate" not in lines
    assert [line for line in lines if line.endswith(": resolve")] == [
        "tier1_in_progress --> resolved: resolve",
        "tier2_in_progress --> resolved: resolve",
    ]


def test_mermaid_merges_triggers_between_ended_states():
    """Moves of an ended case are one arrow, outside the boxes."""
    lines = drawn(MoveRules(moves="any", transfer_when=("resolved",), resolve_when=("resolved",)))

    assert "resolved --> resolved: escalate, hand back, transfer, resolve" in lines


@pytest.mark.parametrize(
    ("reopen_from", "final"),
    [
        ((), {"closed", "cancelled"}),
        (("closed",), {"cancelled"}),
        (("resolved", "cancelled"), {"closed"}),
        (("closed", "cancelled"), set()),
    ],
)
def test_mermaid_ends_where_nothing_leads_on(reopen_from, final):
    """An end that can be left is no final state."""
    lines = drawn(MoveRules(reopen_from=reopen_from))

    assert {line.removesuffix(" --> [*]") for line in lines if line.endswith("--> [*]")} == final


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Front (UK), 1st-line", "Front (UK), 1st-line"),
        ("Käse 日本", "Käse 日本"),
        ('say "hi"', "say #34;hi#34;"),
        ("a]; b}", "a#93;#59; b#125;"),
        ("%%{init}%%", "#37;#37;#123;init#125;#37;#37;"),
        ("<b>x</b>", "#60;b#62;x#60;/b#62;"),
        ("style: #1;", "style#58; #35;1#59;"),
        ("a --> b", "a --#62; b"),
        ("`*x*` _y_", "#96;#42;x#42;#96; #95;y#95;"),
        ("R&amp;D", "R#38;amp#59;D"),
        ("😀", "#128512;"),
    ],
)
def test_mermaid_escapes_names(name, label):
    """A tier's name is shown as it is, and cannot end its label or start another statement."""
    lines = drawn(MoveRules(), tiers=(Tier(level=1, name=name),))

    assert lines[5] == f'state "Tier 1: {label}" as tier1 {{'
    assert len(lines) == len(drawn(MoveRules(), tiers=(DESK,)))


@pytest.mark.parametrize("title", ["plain", 'a "b"', "x\n---\nflowchart", "\\", "%%{init}%%", "a: b # c", "<i>", "😀"])
def test_mermaid_escapes_the_title(title):
    """The title stays one quoted YAML text, and reads back as it was."""
    written = drawn(MoveRules(), title=title)[1].removeprefix("title: ")

    assert json.loads(re.sub(r"\\U000(.{5})", lambda found: json.dumps(chr(int(found[1], 16)))[1:-1], written)) == title


def test_mermaid_shows_no_wait_reasons():
    """A process's own wait reasons change nothing in the picture."""
    assert drawn(MoveRules(wait_reasons=('x"; %%',))) == drawn(MoveRules())


def test_mermaid_uses_safe_ids_only():
    """Every arrow runs between ids without dots or blanks, in a picture with every move there is."""
    rules = MoveRules(
        entry="any", moves="any", reopen_from=tuple(Status), transfer_when=tuple(Status), resolve_when=tuple(Status)
    )
    arrows = [line for line in drawn(rules) if "-->" in line]
    safe = re.compile(r"(\[\*\]|[a-z0-9_]+) --> (\[\*\]|[a-z0-9_]+)(: [a-z, ]+)?")

    assert arrows
    assert [line for line in arrows if not safe.fullmatch(line)] == []


def with_limits():
    """Give a process with limits of the whole case, of a tier, and with names that could end a note."""
    limits = [
        TimeLimit(name="end note", target={"low": "1h", "*": "2h"}, thresholds=[Threshold("50%", do=["notify:a"])]),
        TimeLimit(name="%%{init}%%: #", measures="tier", tier=2, target="2 business days"),
    ]
    return SupportProcess(name="p", tiers=TIERS, limits=limits, wait_reasons=["spare: parts"])


def test_diagram_of_a_process_has_its_limits_and_waits_on_notes():
    """Those of a tier at its queue, those of the whole case where it is resolved; no name can end a note."""
    drawn = with_limits().diagram()

    assert drawn.endswith(
        "    note right of resolved\n"
        "        end#32;note#58; low 1h, others 2h, calendar 24x7\n"
        "        50#37; after low 30m, others 1h#58; tells a\n"
        "        100#37; after low 1h, others 2h#58; on record\n"
        "    end note\n"
        "    note right of tier2_queued\n"
        "        #37;#37;#123;init#125;#37;#37;#58; #35;#58; 2 business days, calendar 24x7\n"
        "        100#37; after 2 business days#58; on record\n"
        "    end note\n"
        "    note right of tier1_waiting\n"
        "        for customer, vendor, known issue, approval, scheduled, spare#58; parts\n"
        "    end note\n"
    )
