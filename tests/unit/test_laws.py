"""What suites of laws refuse: to be replaced, and to be waived or claimed by a slip of the pen."""

import logging
from typing import ClassVar

import attrs
import pytest

from supporttiers.testing.builders import PEOPLE
from supporttiers.testing.suites import NotifierSuite, PolicySuite, StoreSuite


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


@pytest.mark.parametrize(("suite", "declared", "problem"), [
    (NotifierSuite, {"waived": ["test_message_goes_out"]}, r"^MySuite\.waived is a list; write a table of laws"),
    (NotifierSuite, {"capabilities": "words"}, r"^MySuite\.capabilities is a text; write a set, as in \{'words'\}$"),
    (NotifierSuite, {"capabilites": {"words"}}, r"declares 'capabilites', which nobody reads; .* 'capabilities'\?$"),
    (NotifierSuite, {"waive": {}}, r"^MySuite declares 'waive', which nobody reads; did you mean 'waived'\?$"),
    (PolicySuite, {"fact": {}}, r"did you mean 'facts'\?$"),
])  # fmt: skip
def test_suite_takes_no_declaration_by_a_slip_of_the_pen(suite, declared, problem):
    """It would have no effect, and nobody would know."""
    with pytest.raises(TypeError, match=problem):
        type("MySuite", (suite,), declared)


def test_suite_takes_declarations_and_fixtures_of_ones_own():
    """Also where a fixture is called almost like one of the suite."""
    own = {"folder": "x", "people_known": pytest.fixture(lambda self: None), "deliver": lambda self: None}

    assert type("MySuite", (NotifierSuite,), own)


# -- what laws say


class Hole:
    """Takes every message, and delivers none; it may log whatever it is given."""

    name = "hole"
    logger = None

    def notify(self, notification, /, *, key):
        """Deliver nothing."""
        if self.logger:
            logging.getLogger(self.logger).warning("%s to %s", notification.subject, notification.recipients[0].name)


def test_notifier_that_nobody_looks_behind_is_not_said_to_deliver():
    """The law is left out, and says what it lacks."""
    with pytest.raises(pytest.skip.Exception, match="give a fixture `delivered`"):
        NotifierSuite().test_message_goes_out(Hole(), PEOPLE, None)
    with pytest.raises(AssertionError, match="0 messages have arrived, not 1"):
        NotifierSuite().test_message_goes_out(Hole(), PEOPLE, list)


@pytest.mark.parametrize(("delivered", "given"), [
    ([], "`delivered` gives list; let it give a function of no arguments"),
    (lambda: "a text", "`delivered` gives, gives str; let it give a function"),
    (lambda: None, "`delivered` gives, gives NoneType; let it give a function"),
])  # fmt: skip
def test_what_is_delivered_is_told_by_a_function(delivered, given):
    """A list would say what had arrived before the test."""
    with pytest.raises(pytest.fail.Exception, match=given):
        NotifierSuite().test_message_goes_out(Hole(), PEOPLE, delivered)


def test_private_words_in_a_log_are_named_and_not_shown(caplog):
    """Which logger it was is said, too; one that is not the notifier's is not looked at."""

    class Suite(NotifierSuite):
        other_loggers: ClassVar = ("acme.server",)

    hole = Hole()
    hole.logger = "acme.hole"
    with pytest.raises(pytest.fail.Exception) as caught:
        Suite().test_logs_tell_nothing_private(hole, None, PEOPLE, caplog)
    said = str(caught.value)
    assert said.startswith("the logger 'acme.hole' (in `other_loggers`")
    assert said.endswith("tells what is private: the subject, a recipient's name")
    assert PEOPLE[0].name not in said

    caplog.clear()
    hole.logger = "acme.server.smtp"
    Suite().test_logs_tell_nothing_private(hole, None, PEOPLE, caplog)


@attrs.frozen
class ByPlan:
    """Needs two facts."""

    name: ClassVar = "acme.by-plan"
    revision: ClassVar = 1
    needs: ClassVar = ("plan", "contract")


def test_policy_is_not_proved_while_nothing_is_known():
    """Each fact that it needs has an example; a slip of the pen is shown."""

    class Suite(PolicySuite):
        facts: ClassVar = {"plam": {"hours": 4}, "contract": None}

    with pytest.raises(AssertionError, match="give an example of fact 'plan', 'contract' in `facts`; 'plam'"):
        Suite().test_every_need_has_an_example(ByPlan())
    with pytest.raises(AssertionError, match=r"give an example of fact 'plan', 'contract' in `facts`\n"):
        PolicySuite().test_every_need_has_an_example(ByPlan())
