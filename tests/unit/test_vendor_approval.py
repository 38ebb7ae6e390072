"""A vendor that is late, and rules by which somebody must approve where its cases go."""

from datetime import timedelta

import pytest

from supporttiers import Actor, SupportProcess, VendorContract
from supporttiers.policies.approval import ApprovalRule, PermitByApproval
from supporttiers.testing import Rehearsal
from supporttiers.tiers import Tier, TierKind

LEAD = Actor.manager("max", roles=["lead"])
LATE = VendorContract(vendor="acme", resolve="2h", on_breach=["hand_back"])


@pytest.mark.parametrize(("level", "verb"), [(1, "escalate"), (3, "hand_back")])
def test_bringing_a_case_back_from_a_late_vendor_waits_for_approval(level, verb):
    """Time goes on: the move is held as any other is, and made once it is approved."""
    tiers = [
        Tier(level=level, name="Vendor", kind=TierKind.VENDOR, vendor="acme", escalates_to=(2,) if level == 1 else (),
             hands_back_to=(2,) if level == 3 else ()),
        Tier(level=2, name="House", escalates_to=(3,) if level == 3 else (), hands_back_to=(1,) if level == 1 else ()),
    ]  # fmt: skip
    rules = [PermitByApproval([ApprovalRule(verbs=[verb], approvers=["lead"])])]
    process = SupportProcess(
        name="late", tiers=sorted(tiers, key=lambda tier: tier.level), contracts=[LATE], entry="any", policies=rules
    )
    with Rehearsal(process) as rehearsal:
        story = rehearsal.open(by="jane", tier=level)
        rehearsal.advance(timedelta(hours=2))

        assert (story.case.tier, story.case.held.command.trigger) == (level, verb)
        assert story.was_told("lead")

        story.approve(by=LEAD)
        assert (story.case.tier, story.case.held) == (2, None)
