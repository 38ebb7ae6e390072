"""A vendor's words for statuses, and the mark by which texts of ours are known again."""

import pytest

from supporttiers.backends.tickets import Statuses, marked, reference_in
from supporttiers.errors import PluginError
from supporttiers.links import VendorStatus, reference_of

TABLE = {"New": "open", "In Arbeit": "in_progress", "5": "resolved", "done": VendorStatus.RESOLVED}


def test_words_are_translated_by_table():
    """By word or by id, in any letters; what stands in no table is unknown, and no guess."""
    statuses = Statuses("acme", TABLE)
    assert ["open", "in_progress", "resolved", "unknown", "unknown"] == [
        str(statuses.of(word)) for word in ("NEW", "in arbeit", "5", "newer", "")
    ]
    assert ("paused",) == statuses.unmapped(["done", "paused", "new"])
    assert {"open", "in_progress", "resolved", "unknown", "gone"} == statuses.possible
    assert "5" == statuses.word_for(VendorStatus.RESOLVED)
    assert statuses.word_for(VendorStatus.CLOSED) is None


@pytest.mark.parametrize(("table", "problem"), [
    ([("new", "open")], "its `statuses` must be a table, not list"),
    ({"new": "opne"}, "its `statuses` turn 'new' into what is no status of ours; did you mean open?"),
    ({"new": 7}, "its `statuses` turn 'new' into what is no status of ours; they are: requested, open,"),
    ({"new": "xyzzy"}, "they are: requested, open,"),
])  # fmt: skip
def test_table_that_cannot_be_is_refused(table, problem):
    """When the gateway is built, with what is possible."""
    with pytest.raises(PluginError) as caught:
        Statuses("acme", table)
    assert problem in str(caught.value)


def test_mark_survives_what_vendors_do_to_texts():
    """It is found in a quotation, the last of several counts, and one that is cut is none."""
    mine, other = reference_of("default/T-1/4"), reference_of("default/T-1/5")
    text = marked("Is there a newer drum?", mine)
    assert mine == reference_in(text)
    assert mine == reference_in("\n".join(f"> {line}" for line in text.splitlines()))
    assert other == reference_in(marked(text, other))
    assert "" == reference_in(text[:-2])
    assert f"[ref {mine}]" == marked("", mine)


def test_reference_is_short_and_tells_nothing():
    """The same each time, of other keys another one, of letters and digits."""
    found = {reference_of(f"tenant/Jane/{number}") for number in range(1000)}
    assert 1000 == len(found)
    assert all(len(reference) == 19 and "Jane" not in reference for reference in found)
