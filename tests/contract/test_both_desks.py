"""SupportDesk and AsyncSupportDesk, People and AsyncPeople: one surface, once called and once awaited."""

import inspect

import pytest

from supporttiers import AsyncSupportDesk, SupportDesk
from supporttiers.backends.directory.stored import AsyncPeople, People
from supporttiers.desk import Verbs

PAIRS = [(SupportDesk, AsyncSupportDesk), (People, AsyncPeople)]
AT_ONCE = {"bind", "tenant", "process", "people", "on", "clock", "hooks"}
"""What is not awaited: it does no I/O."""

ONLY_CALLED = {"blocks"}
ONLY_AWAITED = {"asynchronous"}


def public(kind):
    """Name what users may use of a class, its constructor included."""
    return {name for name in dir(kind) if not name.startswith("_")} | {"__init__"}


METHODS = [
    (called, awaited, name)
    for called, awaited in PAIRS
    for name in sorted(public(called) & public(awaited))
    if inspect.isfunction(getattr(called, name))
]
IDS = [f"{called.__name__}.{name}" for called, _, name in METHODS]


def taken(function):
    """Give what a function takes: names, kinds, defaults and annotations, but not what it gives."""
    return list(inspect.signature(function).parameters.values())


@pytest.mark.parametrize(("called", "awaited"), PAIRS, ids=lambda kind: kind.__name__)
def test_both_have_the_same_methods(called, awaited):
    """What one desk can do, so can the other; only how a port is to be called differs."""
    assert public(called) - ONLY_CALLED == public(awaited) - ONLY_AWAITED


@pytest.mark.parametrize(("called", "awaited", "name"), METHODS, ids=IDS)
def test_both_take_the_same(called, awaited, name):
    """Parameters have the same names, kinds, defaults and types; the store of people may be of either kind."""
    ours, theirs = taken(getattr(called, name)), taken(getattr(awaited, name))
    if (called, name) == (People, "__init__"):
        ours, theirs = ([each.name for each in found] for found in (ours, theirs))

    assert ours == theirs


@pytest.mark.parametrize(("called", "awaited", "name"), METHODS, ids=IDS)
def test_awaited_methods_point_to_the_called_ones(called, awaited, name):
    """What a method does is said once."""
    function = getattr(awaited, name)
    shared = function is getattr(called, name)

    assert shared or (function.__doc__ or "").startswith(f"See `{called.__name__}.{name}`") or name == "__init__"


def test_everything_but_the_views_is_awaited():
    """No method of the asynchronous desk does its work before it is awaited; the verbs give coroutines."""
    plain = {
        name for name in public(AsyncSupportDesk) - {"__init__"} - public(Verbs)
        if not inspect.iscoroutinefunction(getattr(AsyncSupportDesk, name))
    }  # fmt: skip

    assert plain == AT_ONCE & public(AsyncSupportDesk)


def test_verbs_are_written_once():
    """Both desks have the very same functions for verbs."""
    verbs = public(Verbs) - {"__init__"}

    assert {"open", "escalate", "approve"} < verbs
    assert [] == [verb for verb in verbs if getattr(SupportDesk, verb) is not getattr(AsyncSupportDesk, verb)]
