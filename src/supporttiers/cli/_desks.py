"""How commands get at a desk: the host's own, or one on a store."""

import argparse
import inspect
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from supporttiers.cli._store import add_json, add_plugins, add_policies, imported, must_exist, plugins_of, policies_of

if TYPE_CHECKING:
    from supporttiers.clock import Clock
    from supporttiers.desk import SupportDesk


def add_desk_options(parser: argparse.ArgumentParser, *, tenant: str | None = "default") -> None:
    """Add what every command on a desk takes; without a *tenant* it means all of them."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--desk", metavar="MODULE:NAME", help="your application's desk, or a function that gives it")
    which.add_argument("--store", metavar="URL", help="which store: sqlite:///support.db")
    said = "whose cases (default: all tenants')" if tenant is None else "whose cases (default: %(default)s)"
    parser.add_argument("--tenant", default=tenant, metavar="NAME", help=said)
    add_plugins(parser)
    add_json(parser)


def add_process(parser: argparse.ArgumentParser) -> None:
    """Add what a desk on a store needs when it decides something."""
    parser.add_argument("--process", metavar="FILE", help="with --store: the process file; cases go by their own")
    add_policies(parser)


@contextmanager
def desk_of(args: argparse.Namespace) -> "Iterator[SupportDesk]":
    """
    Give a desk, bound to the tenant where one is named; let go of what it holds at the end.

    One that is awaited is given a face to be called by, see `Called`.

    Raises:
        InputError: The options name no desk.
        StoreError: There is no such store; none is made.
    """
    with ExitStack() as stack:
        desk = named_desk(args, stack) if args.desk is not None else _on_store(args)
        stack.callback(desk.shut_down)
        yield desk if args.tenant is None else desk.bind(tenant=args.tenant)


# -- the host's own


def named_desk(args: argparse.Namespace, stack: ExitStack) -> "SupportDesk":
    """
    Give the host's own desk; what it needs to be called is let go of by a stack.

    Raises:
        InputError: The option names none, or others come with it that are the desk's own business.
    """
    from supporttiers.errors import InputError  # noqa: PLC0415 - only commands that run load it

    if getattr(args, "process", None) is not None or getattr(args, "policies", None):
        raise InputError("", "--desk", "brings its own process and policies; leave --process and --policies out")
    if args.plugins or args.entry_points or args.blocked:
        problem = "brings its own plugins; leave --plugins, --entry-points and --blocked out"
        raise InputError("", "--desk", problem)
    if getattr(args, "at", None) is not None:
        raise InputError("", "--at", "goes with --store: a desk of --desk has a clock of its own")
    found = imported(args.desk, "--desk", "a module and what is in it, such as 'mysite.support:desk'")
    if callable(found):
        found = found()
    desk: SupportDesk = _called(args.desk, found, stack)
    return desk


def _called(name: str, found: Any, stack: ExitStack) -> Any:  # noqa: ANN401 - it passes for a SupportDesk
    """Give a desk that can be called; one that is awaited, or made by an `async def`, gets an event loop for that."""
    from supporttiers.desk import AsyncSupportDesk, SupportDesk  # noqa: PLC0415
    from supporttiers.errors import InputError  # noqa: PLC0415

    if inspect.iscoroutine(found) or isinstance(found, AsyncSupportDesk):
        import asyncio  # noqa: PLC0415 - takes as long to load as all the rest, and only those who await need it

        from supporttiers.cli._called import Called  # noqa: PLC0415

        runner = stack.enter_context(asyncio.Runner())
        found = runner.run(found) if inspect.iscoroutine(found) else found
        if isinstance(found, AsyncSupportDesk):
            return Called(found, runner)
    if isinstance(found, SupportDesk):
        return found
    possible = "name a SupportDesk or an AsyncSupportDesk, or a function that gives one"
    raise InputError("", "--desk", f"{name!r} is {type(found).__name__}; {possible}")


# -- one on a store


def _on_store(args: argparse.Namespace) -> "SupportDesk":
    from supporttiers.desk import SupportDesk  # noqa: PLC0415
    from supporttiers.errors import InputError  # noqa: PLC0415

    if "process" not in args:
        must_exist(args.store)
        return _guest(args)
    if args.process is None:
        raise InputError("", "--process", "is missing: with --store, name the process file")
    must_exist(args.store)
    return SupportDesk(args.process, store=args.store, policies=policies_of(args), **plugins_of(args))


def _guest(args: argparse.Namespace) -> "SupportDesk":
    """
    Give a desk that opens no case, so that its own process does not matter, and is not kept in the store.

    Each case is read with the revision that it follows, which the store keeps.
    """
    from supporttiers.desk import SupportDesk  # noqa: PLC0415
    from supporttiers.process import SupportProcess  # noqa: PLC0415

    class Guest(SupportDesk):
        def _keep_processes(self, now: Any) -> Any:  # noqa: ANN401, ARG002 - a flow without a step
            return ()

    own = policies_of(args) if "policies" in args else []
    return Guest(SupportProcess.default(), store=args.store, clock=_clock_of(args), policies=own, **plugins_of(args))


def _clock_of(args: argparse.Namespace) -> "Clock | None":
    from supporttiers.clock import FakeClock  # noqa: PLC0415

    at: str | None = getattr(args, "at", None)
    return None if at is None else FakeClock(at)
