"""decide is pure: no I/O, no clock, no randomness, no logging, and nothing kept (DESIGN section 10)."""

import builtins
import copy
import logging
import os
import random  # noqa: TID251 - to be forbidden
import secrets
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import attrs
import pytest
from hypothesis import given
from tests.properties.strategies import ANNA, decided, said, worlds

from supporttiers._engine import decide, explain, options, readings
from supporttiers.cases import rebuild
from supporttiers.clock import IdFactory, SystemClock
from supporttiers.decisions import Decision
from supporttiers.errors import CaseError
from supporttiers.process import SupportProcess

WORLD_OUTSIDE = {
    builtins: ["open", "input", "print"],
    os: ["open", "urandom", "getenv", "listdir", "stat"],
    time: ["time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "sleep", "localtime", "gmtime"],
    random: ["random", "randrange", "randint", "choice", "shuffle", "getrandbits"],
    secrets: ["randbits", "token_bytes", "token_hex", "choice"],
    uuid: ["uuid1", "uuid4"],
    socket: ["socket", "create_connection", "getaddrinfo"],
    logging.Logger: ["handle", "makeRecord"],
    SystemClock: ["now"],
    IdFactory: ["new_id", "salt"],
}


def _reached(*_args: object, **_kwargs: object) -> None:
    pytest.fail("the world outside was asked")


@contextmanager
def no_world_outside() -> Iterator[None]:
    """Let everything fail that is not computation."""
    with ExitStack() as stack:
        for where, names in WORLD_OUTSIDE.items():
            for name in names:
                stack.enter_context(patch.object(where, name, _reached))
        yield


def comparable(decision):
    """Give a decision, or an error, in a form that can be compared."""
    if not isinstance(decision, Decision):
        return said(decision)
    refusal = None if decision.refusal is None else said(decision.refusal)
    return decision.case, decision.events, decision.effects, decision.wakes_at, refusal


def steps(world):
    """Give the decisions of a world, each with what it was made of: case, command and instant."""
    case = None
    for command in world.script:
        yield case, command, command.at
        decision = decided(world.process, case, command)
        case = decision.case if isinstance(decision, Decision) else case
    yield case, None, world.end


def attempt(process, case, command, at):
    """Decide, or give the error."""
    try:
        return decide(process, case, command, at)
    except CaseError as error:
        return error


@given(worlds())
def test_decide_works_without_the_world_outside(world):
    """Deciding, folding, options, readings and explanations ask no clock, file, socket, log or source of randomness."""
    taken = list(steps(world))
    history = []
    with no_world_outside():
        for case, command, at in taken:
            decision = attempt(world.process, case, command, at)
            if not isinstance(decision, Decision) or decision.case is None:
                continue
            history += decision.events
            rebuild(history)
            readings(world.process, decision.case, at)
            str(explain(world.process, decision.case, history, at))
        if history:
            options(world.process, decision.case, ANNA, world.end)


@given(worlds())
def test_decide_leaves_its_inputs_as_they_were(world):
    """Case, command and process are after a decision what they were before, down to the mappings inside."""
    body = world.process.to_json()
    for case, command, at in steps(world):
        before = copy.deepcopy((case, command))
        attempt(world.process, case, command, at)

        assert before == (case, command)
    assert body == world.process.to_json()


@given(worlds())
def test_decide_gives_the_same_answer_again(world):
    """The same input gives the same decision, the second time, and from an equal process that decided nothing yet."""
    fresh = SupportProcess.from_json(world.process.to_json())
    assert fresh == world.process
    for case, command, at in steps(world):
        decision = comparable(attempt(world.process, case, command, at))

        assert comparable(attempt(world.process, case, command, at)) == decision
        assert comparable(attempt(fresh, copy.deepcopy(case), copy.deepcopy(command), at)) == decision


@given(worlds())
def test_decision_depends_on_now_only_where_the_command_names_no_instant(world):
    """A command that says when it is judged gets one answer whatever the clock shows; any other gets the clock's."""
    for case, command, at in steps(world):
        if command is not None:
            decision = comparable(attempt(world.process, case, command, at))

            assert comparable(attempt(world.process, case, command, world.end)) == decision
            assert comparable(attempt(world.process, case, attrs.evolve(command, at=None), at)) == decision
