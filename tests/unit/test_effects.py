"""Effects, and what notifiers and vendors are handed: nothing of it shows customer text."""

import attrs
import pytest

from supporttiers.effects import EFFECTS, DispatchToVendor, Effect, VendorAnswer, VendorRequest

SECRET = "Zanzibar"


def test_effects_are_all_listed():
    """No kind is forgotten."""
    assert {kind.__name__ for kind in Effect.__subclasses__()} == {kind.__name__ for kind in EFFECTS}


@pytest.mark.parametrize(
    "shown",
    [
        DispatchToVendor(case_id="T-1", version=1, vendor="acme", key="k", subject=SECRET, text=SECRET),
        VendorRequest(tenant="default", case_id="T-1", subject=SECRET, text=SECRET),
        VendorAnswer(remote_id="A-1", text=SECRET),
    ],
    ids=lambda shown: type(shown).__name__,
)
def test_effect_does_not_show_what_people_said(shown):
    """What may land in a log has no customer text in it."""
    assert SECRET in attrs.asdict(shown).values()
    assert SECRET not in repr(shown)
