"""What is written at marks stands over them, and nothing touches."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from supporttiers.diagrams._marks import labels_of

PLACES = st.lists(st.tuples(st.integers(202, 970), st.sampled_from(["due", "assignee", "head of it" * 3])), max_size=40)


@given(PLACES.map(sorted))
def test_labels_stand_over_their_marks(marks):
    """Each over its own; where several share one it stands over all of them, or within them; nothing is lost."""
    found = labels_of(marks, 202, 970)

    assert [text for _, text in marks] == [text for label in found for text in label.texts]
    assert all(before.right + 5.9 <= after.left for before, after in pairwise(found))
    places = iter(x for x, _ in marks)
    for label in found:
        own = [next(places) for _ in label.texts]
        assert (own[0], own[-1]) == (label.first, label.last)
        assert 202 <= label.left <= label.right <= 970.1
        over = label.left - 0.1 <= own[0] <= own[-1] <= label.right + 0.1
        assert over or own[0] - 0.1 <= label.left <= label.right <= own[-1] + 0.1


def test_two_that_stand_apart_have_a_label_each():
    """They give way to each other as long as both stand over their marks."""
    apart = labels_of([(342.6, "assignee"), (378.7, "management")], 202, 970)
    close = labels_of([(342.6, "assignee"), (343.7, "management"), (344, "assignee")], 202, 970)

    assert ["assignee", "management"] == [label.text for label in apart]
    assert ["assignee 2x, management"] == [label.text for label in close]
