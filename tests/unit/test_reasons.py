"""Reasons: a code, its parameters, and its English text."""

import string

import pytest

from supporttiers.reasons import CODES, Reason


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (Reason("case.idle"), "nothing happens by itself; it waits for somebody to act"),
        (Reason("case.opened", {"tier": 1, "by": "jane"}), "opened at tier 1 by jane"),
        (Reason("case.ticket", {"id": "A-1", "vendor": "acme", "status": "open"}), "ticket A-1 at vendor 'acme': open"),
        (Reason("case.waiting"), "waiting for ?"),
        (Reason("inform.asked"), "somebody asks for attention"),
        (Reason("case.ticket", {"id": "A-1"}), "ticket A-1 at vendor '?': ?"),
        (Reason("acme.own", {"a": 1, "b": "x"}), "acme.own(a=1, b='x')"),
        (Reason("acme.own"), "acme.own()"),
    ],
)
def test_reason_text_is_english(reason, text):
    """A known code is told in words, what is missing as `?` or "somebody", an unknown code with its parameters."""
    assert text == str(reason)


def test_reason_shows_braces_of_parameters_as_they_are():
    """A parameter is never taken for a format of its own."""
    reason = Reason("case.waiting", {"wait_reason": "{tier} %s"})

    assert str(reason) == "waiting for {tier} %s"


def test_reason_copies_its_parameters():
    """What the caller does to the mapping afterwards does not reach the reason."""
    params = {"wait_reason": "customer"}
    reason = Reason("case.waiting", params)
    params["wait_reason"] = "vendor"

    assert {"wait_reason": "customer"} == reason.params


def test_reason_can_be_a_key():
    """Equal reasons hash equally, though their parameters are a mapping."""
    first, second = Reason("case.waiting", {"wait_reason": "x"}), Reason("case.waiting", {"wait_reason": "x"})

    assert {first: 1} == {second: 1}


@pytest.mark.parametrize("code", CODES)
def test_reason_codes_are_dotted_words_with_named_parameters(code):
    """Every code can be told with its parameters handed in by name, and leaves no question mark then."""
    names = {name for _, name, _, _ in string.Formatter().parse(CODES[code]) if name is not None}
    text = str(Reason(code, dict.fromkeys(names, 7)))

    assert all(name.isidentifier() for name in names)
    assert "?" not in text
    assert text.count("7") == sum(1 for _, name, _, _ in string.Formatter().parse(CODES[code]) if name)
