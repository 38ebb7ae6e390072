"""Watching whether code asks the world outside: the clock, chance, the environment, files, sockets, other programs."""

import os
import random  # noqa: TID251 - to know its shared source when it is asked
import sys
import threading
import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

_CLOCKS: Final = frozenset({
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time", "time_ns", "monotonic", "monotonic_ns",
    "perf_counter", "perf_counter_ns", "process_time", "localtime", "ctime", "sleep",
})  # fmt: skip
_CHANCE: Final = frozenset({"urandom", "getrandom"})
_CLOCK_MODULES: Final = frozenset({None, "time"})
_SHARED: Final[object] = getattr(random.random, "__self__", None)
_IO: Final = ("open", "socket.", "subprocess.", "os.", "sqlite3.", "shutil.", "tempfile.", "urllib.", "smtplib.")
_PLAIN_READING: Final = ("importlib", "zoneinfo", "linecache")
_ZONES: Final = tuple(f"({folder!r}"[:-1] for folder in zoneinfo.TZPATH)
"""Modules may be loaded at their first use, and so may time zones: that changes no answer."""


@contextmanager
def clock_and_chance() -> Iterator[list[str]]:
    """Collect the calls that give another answer each time; only those of this thread."""
    found: list[str] = []

    def look(frame: FrameType, event: str, called: Any) -> None:  # noqa: ANN401 - what C functions are called with
        if event == "c_call" and (name := _asks_anew(called)):
            found.append(name)
        elif event == "call" and frame.f_code is _ENVIRON:
            found.append("os.environ")

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield found
    finally:
        sys.setprofile(before)


_ENVIRON: Final = type(os.environ).__getitem__.__code__


def _asks_anew(called: Any) -> str | None:  # noqa: ANN401
    name: str = called.__qualname__
    module = getattr(called, "__module__", None)
    if name in _CLOCKS and module in _CLOCK_MODULES:
        return name if "." in name else f"time.{name}"
    if name in _CHANCE:
        return f"os.{name}"
    return f"random.{called.__name__}" if getattr(called, "__self__", None) is _SHARED else None


# -- files, sockets, programs


class _Watch(threading.local):
    """What this thread has asked for while it was watched; None where nobody watches."""

    found: list[str] | None = None


_WATCH: Final = _Watch()
_HOOKED: Final = threading.Event()


@contextmanager
def input_and_output() -> Iterator[list[str]]:
    """Collect what is asked of the machine, and refuse it with a PermissionError; only of this thread."""
    if not _HOOKED.is_set():
        _HOOKED.set()
        sys.addaudithook(_refuse)  # it stays for as long as the process lives, and does nothing while nobody watches
    found: list[str] = []
    _WATCH.found = found
    try:
        yield found
    finally:
        _WATCH.found = None


def _refuse(event: str, args: tuple[object, ...]) -> None:
    found = _WATCH.found
    if found is None or not event.startswith(_IO):
        return
    if str(args[:1]).startswith(_ZONES) or _is_plain_reading(sys._getframe(1)):  # noqa: SLF001 - who asks
        return
    found.append(event)
    message = f"a policy does no I/O, and this one asks for {event}"
    raise PermissionError(message)


_refuse.__cantrace__ = True  # type: ignore[attr-defined] # debuggers and coverage may look into it


def _is_plain_reading(frame: FrameType | None) -> bool:
    while frame is not None:
        if any(part in frame.f_globals.get("__name__", "") for part in _PLAIN_READING):
            return True
        frame = frame.f_back
    return False
