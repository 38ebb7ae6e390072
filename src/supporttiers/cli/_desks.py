"""How commands that act get at a desk: the host's own, or one on a store and a process file."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from supporttiers.cli._store import add_json, add_plugins, add_policies, imported, must_exist, plugins_of, policies_of

if TYPE_CHECKING:
    from supporttiers.desk import SupportDesk


def add_desk_options(parser: argparse.ArgumentParser, *, tenant: str | None = "default") -> None:
    """Add what every command that acts on a desk takes; without a *tenant* it means all of them."""
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
def acting_desk(args: argparse.Namespace) -> "Iterator[SupportDesk]":
    """
    Give a desk, bound to the tenant where one is named; let go of what it holds at the end.

    Raises:
        InputError: The options name no desk.
        StoreError: There is no such store; none is made.
    """
    desk = named_desk(args) if args.desk is not None else _on_store(args)
    try:
        yield desk if args.tenant is None else desk.bind(tenant=args.tenant)
    finally:
        desk.shut_down()


def named_desk(args: argparse.Namespace) -> "SupportDesk":
    """
    Give the host's own desk.

    Raises:
        InputError: The option names none, or others come with it that are the desk's own business.
    """
    from supporttiers.desk import SupportDesk  # noqa: PLC0415 - only commands that run load it
    from supporttiers.errors import InputError  # noqa: PLC0415

    if getattr(args, "process", None) is not None or getattr(args, "policies", None):
        raise InputError("", "--desk", "brings its own process and policies; leave --process and --policies out")
    if args.plugins or args.entry_points or args.blocked:
        problem = "brings its own plugins; leave --plugins, --entry-points and --blocked out"
        raise InputError("", "--desk", problem)
    meant = "a module and what is in it, such as 'mysite.support:desk'"
    found = imported(args.desk, "--desk", meant)
    if callable(found):
        found = found()
    if not isinstance(found, SupportDesk):
        problem = f"{args.desk!r} is {type(found).__name__}; name a SupportDesk, or a function that gives one"
        raise InputError("", "--desk", problem)
    return found


def _on_store(args: argparse.Namespace) -> "SupportDesk":
    from supporttiers.desk import SupportDesk  # noqa: PLC0415
    from supporttiers.errors import InputError  # noqa: PLC0415
    from supporttiers.process import SupportProcess  # noqa: PLC0415

    if "process" not in args:  # nothing is decided: each case is read with the revision that it follows
        must_exist(args.store)
        return SupportDesk(SupportProcess.default(), store=args.store, **plugins_of(args))
    if args.process is None:
        raise InputError("", "--process", "is missing: with --store, name the process file")
    must_exist(args.store)
    return SupportDesk(args.process, store=args.store, policies=policies_of(args), **plugins_of(args))
