"""What the desk answers when it is asked."""

from datetime import timedelta

import pytest

from supporttiers.readings import Explanation, Option, Page, Pass
from supporttiers.reasons import Reason


@pytest.fixture
def page(calm_desk):
    """Give a page of three cases."""
    cases = tuple(calm_desk.open(id=f"T-{n}", by="jane") for n in range(3))
    return Page(cases=cases, next="more")


def test_page_is_a_sequence_of_its_cases(page):
    """It can be counted, gone through, indexed and cut."""
    first, second, third = page.cases

    assert 3 == len(page)
    assert [first, second, third] == list(page)
    assert third is page[-1]
    assert (first, second) == page[:2]
    assert second in page
    assert [third, second, first] == list(reversed(page))


def test_page_without_cases_is_empty():
    """Nothing was found, and nothing comes after."""
    assert not Page()
    assert Page().next is None


@pytest.mark.parametrize(("refused", "allowed"), [((), True), ((Reason("refused.move"),), False)])
def test_option_is_allowed_where_nothing_stands_against_it(refused, allowed):
    """One reason is enough to refuse."""
    assert allowed is Option(trigger="escalate", refused=refused).allowed


def test_explanation_text_has_a_line_for_each_reason():
    """First the case, then why it stands here, then what comes next."""
    explanation = Explanation(
        case_id="T-1", here=(Reason("case.unassigned"),), next=(Reason("case.idle"), Reason("next.wait_until"))
    )

    assert str(explanation).splitlines() == [
        "case T-1",
        "  nobody is assigned",
        "  next: nothing happens by itself; it waits for somebody to act",
        "  next: at ? it resumes by itself",
    ]


def test_pass_adds_up():
    """Counts are added; of the lag the longer stays."""
    first = Pass(fired=1, relayed=2, polled=3, failed=4, parked=5, lag=timedelta(minutes=1))
    second = Pass(fired=10, relayed=20, polled=30, failed=40, parked=50, lag=timedelta(minutes=2))
    both = Pass(fired=11, relayed=22, polled=33, failed=44, parked=55, lag=timedelta(minutes=2))

    assert both == first.plus(second) == second.plus(first)


@pytest.mark.parametrize(
    ("done", "idle"),
    [(Pass(), True), (Pass(failed=1, parked=1), True), (Pass(fired=1), False), (Pass(relayed=1), False),
     (Pass(polled=1), False)],
)  # fmt: skip
def test_pass_that_did_nothing_is_idle(done, idle):
    """What failed was not done, and is tried again at its time: nothing calls for another pass at once."""
    assert idle is done.idle
