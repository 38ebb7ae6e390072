"""What suites of laws refuse: to be replaced, and to be waived or claimed by a slip of the pen."""

import pytest

from supporttiers.testing.suites import NotifierSuite, StoreSuite


@pytest.mark.parametrize("name", ["test_unknown_case_is_none", "_waive"])
def test_suite_laws_cannot_be_replaced(name):
    """A law that is overridden would be no law; nor would the rule by which laws are waived."""
    with pytest.raises(TypeError, match=rf"^MyStoreSuite replaces \['{name}'\]; use `waived` with a reason"):
        type("MyStoreSuite", (StoreSuite,), {name: lambda self: None})


def test_suite_laws_cannot_be_replaced_by_what_is_mixed_in():
    """A class that comes before the suite hides a law, too."""
    mixin = type("Mixin", (), {"test_unknown_case_is_none": lambda self: None})

    with pytest.raises(TypeError, match=r"^MyStoreSuite replaces \['test_unknown_case_is_none'\]"):
        type("MyStoreSuite", (mixin, StoreSuite), {})


def test_suite_takes_tests_of_ones_own():
    """They stand beside the laws, and can be waived, too."""
    own = {"test_mine": lambda self: None, "waived": {"test_mine": "not yet"}}

    assert "test_mine" in vars(type("MyStoreSuite", (StoreSuite,), own))


def test_suite_waives_only_what_is_a_law():
    """A waiver with a slip of the pen would waive nothing."""
    with pytest.raises(TypeError, match=r"^MyStoreSuite waives \['test_nothing'\], which are no laws$"):
        type("MyStoreSuite", (StoreSuite,), {"waived": {"test_nothing": "no reason"}})
    with pytest.raises(TypeError, match=r"are no laws; did you mean 'test_message_goes_out'\?$"):
        type("MySuite", (NotifierSuite,), {"waived": {"test_mesage_goes_out": "a slip"}})


@pytest.mark.parametrize("reason", ["", "  ", None])
def test_suite_waives_nothing_without_a_reason(reason):
    """Whoever reads the report wants to know why."""
    with pytest.raises(TypeError, match=r"^MySuite waives \['test_message_goes_out'\] without a reason; say why"):
        type("MySuite", (NotifierSuite,), {"waived": {"test_message_goes_out": reason}})


def test_suite_claims_only_what_there_is_to_claim():
    """The error names what can be claimed."""
    with pytest.raises(TypeError, match=r"^MySuite claims \['wrods'\]; possible are: recipients, words$"):
        type("MySuite", (NotifierSuite,), {"capabilities": {"words", "wrods"}})
    with pytest.raises(TypeError, match=r"^MySuite claims \['all'\]; possible are: none$"):
        type("MySuite", (StoreSuite,), {"capabilities": {"all"}})
