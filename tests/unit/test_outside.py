"""Watching what code asks of the world outside: clocks, chance, the environment, files, sockets and programs."""

import datetime as dt
import importlib
import os
import random  # noqa: TID251 - to be seen
import socket
import sys
import threading
import time
import zoneinfo
from pathlib import Path

import pytest

from supporttiers.testing.suites._outside import clock_and_chance, input_and_output


@pytest.mark.parametrize(
    ("called", "name"),
    [
        (dt.datetime.now, "datetime.now"),  # noqa: TID251
        (dt.date.today, "date.today"),  # noqa: TID251
        (time.monotonic, "time.monotonic"),
        (os.urandom, "os.urandom"),
        (random.random, "random.random"),
        (random.getrandbits, "random.getrandbits"),
        (len, None),
        ("".join, None),
        (random.Random(5).random, None),
    ],
)
def test_call_that_gives_another_answer_each_time_is_named(called, name):
    """As it is called; a source of chance with a seed of its own gives the same each time."""
    with clock_and_chance() as found:
        sys.getprofile()(sys._getframe(), "c_call", called)  # what is done in a profile function is not traced

    assert ([] if name is None else [name]) == found


def test_clock_is_seen_however_it_is_reached():
    """By an alias, or below other functions."""
    now = dt.datetime.now  # noqa: TID251
    with clock_and_chance() as found:
        sorted([2, 1], key=lambda number: (number, now(dt.UTC)))

    assert {"datetime.now"} == set(found)


def test_environment_is_seen():
    """It differs from machine to machine."""
    with clock_and_chance() as found:
        os.environ.get("HOME")
        look = sys.getprofile()
        look(None, "return", None)
        look(type("Frame", (), {"f_code": type(os.environ).__getitem__.__code__}), "call", None)

    assert ["os.environ"] * 2 == found


def test_profile_that_was_set_is_set_again():
    """Whoever measures goes on."""
    before = sys.getprofile()
    with clock_and_chance():
        assert sys.getprofile() is not before

    assert sys.getprofile() is before


@pytest.mark.parametrize(
    ("ask", "event"),
    [
        (lambda: Path(__file__).read_bytes(), "open"),
        (socket.socket, "socket.__new__"),
        (lambda: os.listdir("."), "os.listdir"),  # noqa: PTH208
    ],
    ids=["file", "socket", "directory"],
)
def test_input_and_output_is_refused_and_named(ask, event):
    """It does not come about; afterwards it does."""
    with input_and_output() as found, pytest.raises(PermissionError, match=f"and this one asks for {event}$"):
        ask()

    assert [event] == found
    made = ask()
    if hasattr(made, "close"):
        made.close()


def test_modules_and_time_zones_may_be_loaded():
    """They are the same each time: that changes no answer."""
    zoneinfo.ZoneInfo.clear_cache()
    with input_and_output() as found:
        importlib.import_module("colorsys")
        sys.modules.pop("colorsys")
        importlib.import_module("colorsys")
        zoneinfo.ZoneInfo("Europe/London")

    assert [] == found


def test_other_threads_are_not_watched():
    """They do what they always do."""
    read = []
    thread = threading.Thread(target=lambda: read.append(Path(__file__).read_bytes()))
    with input_and_output() as found:
        thread.start()
        thread.join(timeout=60)

    assert ([], 1) == (found, len(read))
