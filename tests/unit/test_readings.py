"""What the desk answers when it is asked."""

import pytest

from supporttiers.readings import Explanation, Option, Page
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
