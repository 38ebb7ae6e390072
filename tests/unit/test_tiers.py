"""Tiers and move rules: what they accept, and what they say of the rest."""

import pickle
from datetime import timedelta

import pytest

from supporttiers.errors import PolicyConfigError
from supporttiers.tiers import MoveRules, Status, Tier, TierKind, entry_level, working_time


def tier(**fields):
    """Give a tier with some fields changed."""
    return Tier(**{"level": 1, "name": "Service desk"} | fields)


def test_tier_reads_texts_and_lists():
    """A tier is built from what a person would write."""
    built = tier(
        kind="vendor", teams=["front"], vendor="acme", escalates_to=[2, 3], hands_back_to=[0], time_limit="1h30m"
    )

    assert TierKind.VENDOR is built.kind
    assert ("front",) == built.teams
    assert (2, 3) == built.escalates_to
    assert (0,) == built.hands_back_to
    assert timedelta(minutes=90) == built.time_limit


def test_tier_pickles():
    """A tier survives pickling, and stays equal."""
    built = tier(teams=["front"], time_limit="15m")

    assert built == pickle.loads(pickle.dumps(built))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"level": -1}, "Tier.level: is -1; possible is 0 to 99"),
        ({"level": 100}, "Tier.level: is 100; possible is 0 to 99"),
        ({"level": True}, "Tier.level: must be a whole number (0 to 99), not bool"),
        ({"name": " "}, "Tier.name: must not be empty"),
        ({"kind": "bot"}, "Tier.kind: must be one of: self_service, team, vendor, not 'bot'"),
        ({"kind": ["team"]}, "Tier.kind: must be one of: self_service, team, vendor, not list"),
        ({"teams": "front"}, "Tier.teams: must be a collection of names, not str"),
        ({"teams": [1]}, "Tier.teams: must be a text, not int"),
        ({"vendor": ""}, "Tier.vendor: must not be empty"),
        ({"escalates_to": 2}, "Tier.escalates_to: must be a collection of levels, not int"),
        ({"escalates_to": ["2"]}, "Tier.escalates_to: must be a whole number (0 to 99), not str"),
        ({"hands_back_to": [100]}, "Tier.hands_back_to: is 100; possible is 0 to 99"),
        ({"time_limit": "0m"}, "Tier.time_limit: must be longer than zero"),
        ({"time_limit": timedelta(milliseconds=1500)}, "Tier.time_limit: must be whole seconds"),
        (
            {"time_limit": 15},
            (
                "Tier.time_limit: must be a timedelta or a text, not int; say it in hours, minutes and "
                "seconds, such as '15m', '2h30m' or '72h'"
            ),
        ),
    ],
)
def test_tier_refuses_what_it_cannot_be(fields, message):
    """A wrong field is named, with what is possible."""
    with pytest.raises(PolicyConfigError) as caught:
        tier(**fields)

    assert message == str(caught.value)


def test_working_time_allows_only_positive_whole_seconds():
    """What a time limit may be is a duration above zero that a process file can write."""
    assert working_time(timedelta(seconds=1)) is None
    assert "must be longer than zero" == working_time(timedelta(0))
    assert "must be whole seconds" == working_time(timedelta(microseconds=1))
    assert "must be a timedelta, not str" == working_time("15m")


def test_move_rules_read_texts():
    """Statuses may be written as texts, entry as levels or any."""
    rules = MoveRules(entry=[1, 2], reopen_from=["resolved", "closed"])

    assert (1, 2) == rules.entry
    assert (Status.RESOLVED, Status.CLOSED) == rules.reopen_from
    assert "any" == MoveRules(entry="any").entry


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"entry": "all"}, "MoveRules.entry: must be a collection of levels, not str; or say 'any'"),
        ({"entry": [-1]}, "MoveRules.entry: is -1; possible is 0 to 99; or say 'any'"),
        ({"moves": "some"}, "MoveRules.moves: must be one of: listed, any, not 'some'"),
        ({"moves": []}, "MoveRules.moves: must be one of: listed, any"),
        ({"reopen_from": "closed"}, "MoveRules.reopen_from: must be a collection of statuses, not str"),
        (
            {"reopen_from": ["done"]},
            (
                "MoveRules.reopen_from: must be a status: queued, in_progress, waiting, resolved, "
                "closed, cancelled, not str"
            ),
        ),
        (
            {"transfer_when": [{}]},
            (
                "MoveRules.transfer_when: must be a status: queued, in_progress, waiting, resolved, "
                "closed, cancelled, not dict"
            ),
        ),
        ({"resolve_when": ["queued"] * 7}, "MoveRules.resolve_when: has 7 statuses; at most 6 are possible"),
        ({"wait_reasons": "parts"}, "MoveRules.wait_reasons: must be a collection of names, not str"),
    ],
)
def test_move_rules_refuse_what_they_cannot_be(fields, message):
    """A wrong rule is named, with what is possible."""
    with pytest.raises(PolicyConfigError) as caught:
        MoveRules(**fields)

    assert message == str(caught.value)


@pytest.mark.parametrize(
    ("tiers", "level"),
    [
        ([(0, "self_service"), (2, "team"), (1, "team")], 1),
        ([(0, "self_service"), (4, "vendor")], 0),
        ([(4, "vendor")], 4),
    ],
)
def test_entry_level_is_the_lowest_staffed_tier(tiers, level):
    """Cases enter where somebody is there, and at the lowest of all where nobody is."""
    assert level == entry_level(tuple(Tier(level=n, name=str(n), kind=kind, vendor=None) for n, kind in tiers))


@pytest.mark.parametrize(
    ("entry", "level"), [((), 2), ("any", 2), ((0,), 2), ((1,), 1), ((1, 4), 1), ((4,), 2), ((2, 1), 1)]
)
def test_entry_level_is_a_vendors_first_line_where_entry_names_it(entry, level):
    """Self-service is entered on purpose only, and a vendor's tier above the house's own is no first line."""
    kinds = {0: "self_service", 1: "vendor", 2: "team", 4: "vendor"}
    assert level == entry_level(tuple(Tier(level=n, name=str(n), kind=kind) for n, kind in kinds.items()), entry)
