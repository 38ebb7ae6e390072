"""Coverage: which conditions hold wherever others do."""

import pytest

from supporttiers.match import AtLeast, AtMost, Match, Not
from supporttiers.policies.coverage import Shadow, covers, shadows

VPN = Match(category="vpn")


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (None, None),
        (None, VPN),
        (VPN, VPN),
        (VPN, Match(category="vpn", tier=1)),
        (Match(category=["vpn", "wifi"]), VPN),
        (Match(category=Not("mail")), VPN),
        (Match(category=Not("mail")), Match(category=Not(["mail", "vpn"]))),
        (Match(tier=AtLeast(2)), Match(tier=[2, 3])),
        (Match(tier=AtLeast(2)), Match(tier=AtLeast(3))),
        (Match(tier=AtMost(2)), Match(tier=AtMost(1))),
        (Match(tags=["a", "b"]), Match(tags="a")),
        (Match(tags=Not("a")), Match(tags=Not(["a", "b"]))),
        (Match(any=[VPN, Match(tier=1)]), Match(tier=1)),
        (VPN, Match(any=[Match(category="vpn", tier=1), Match(category="vpn", tier=2)])),
        (Match(all=[VPN, Match(tier=1)]), Match(tier=1, all=[VPN])),
    ],
    ids=str,
)
def test_covers_says_so(wide, narrow):
    """The first condition holds for every case for which the second one does."""
    assert covers(wide, narrow)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (VPN, None),
        (VPN, Match(tier=1)),
        (Match(category="vpn", tier=1), VPN),
        (VPN, Match(category=["vpn", "wifi"])),
        (VPN, Match(category=Not("mail"))),
        (Match(category=Not("vpn")), VPN),
        (Match(category=Not(["mail", "vpn"])), Match(category=Not("mail"))),
        (Match(tier=AtLeast(2)), Match(tier=[1, 2])),
        (Match(tier=AtLeast(2)), Match(tier=AtMost(3))),
        (Match({"attributes.seats": AtLeast(2)}), Match({"attributes.seats": "many"})),
        (Match({"attributes.seats": AtLeast(2)}), Match({"attributes.seats": None})),
        (Match(tags="a"), Match(tags=["a", "b"])),
        (Match(tags=Not("b")), Match(tags="a")),
        (Match(tags=Not(["a", "b"])), Match(tags=Not("a"))),
        (VPN, Match(any=[Match(category="vpn"), Match(tier=2)])),
        (Match(any=[VPN, Match(tier=1)]), Match(tier=2)),
        (Match(all=[VPN, Match(tier=1)]), VPN),
        (VPN, Match(all=[Match(any=[VPN, Match(tier=number)]) for number in range(8)])),
        (VPN, Match(any=[Match(all=[Match(any=[VPN, Match(tier=number)]) for number in range(8)])])),
    ],
    ids=str,
)
def test_covers_says_no(wide, narrow):
    """Some case is met by the second condition only; or there are too many ways to be sure."""
    assert not covers(wide, narrow)


def test_shadows_names_the_earlier_rule():
    """Of several that cover it, the first; rules that can be taken are left out."""
    rules = [("r[0]", VPN), ("r[1]", Match(tier=1)), ("r[2]", Match(category="vpn", tier=1)), ("r[3]", None)]

    assert [Shadow("r[2]", "r[0]")] == list(shadows(rules))
