"""`plugins`: which plugins a desk has, what they implement, and in which order they are asked."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

from supporttiers.cli._desks import named_desk
from supporttiers.cli._exits import FINE
from supporttiers.cli._output import safe, table, write, write_json
from supporttiers.cli._store import add_json, add_plugins, asked_plugins

if TYPE_CHECKING:
    from supporttiers.readings import HookReading

_ABOUT: Final = """List the hooks, with the plugins that implement each, in the order in which they are asked: those of
your desk, or those that you name."""


def register(subparsers: Any) -> None:  # noqa: ANN401 - argparse does not export the type
    """Add the command."""
    parser = subparsers.add_parser(
        "plugins", help="list hooks, and the plugins that implement them", description=_ABOUT
    )
    parser.add_argument("--desk", metavar="MODULE:NAME", help="your application's desk, or a function that gives it")
    add_plugins(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List them."""
    from supporttiers.hookspecs import API  # noqa: PLC0415 - only commands that run load it

    with ExitStack() as stack:
        asked = asked_plugins(args) if args.desk is None else None
        hooks = named_desk(args, stack).hooks if asked is None else asked.readings()
        left_out = [] if asked is None else asked.left_out()
    if args.json:
        write_json({"api": API, "hooks": [_plain(each) for each in hooks]})
    else:
        write(_lines(hooks))
        if left_out:
            number = f"{len(left_out)} installed plugin{'s were' if len(left_out) > 1 else ' was'}"
            write(["", safe(f"{number} not loaded; --entry-points loads {', '.join(left_out)}")])
    return FINE


def _plain(hook: "HookReading") -> Any:  # noqa: ANN401 - whatever JSON can hold
    from supporttiers.cli._plain import plain_of  # noqa: PLC0415 - only commands that run load it

    return plain_of(hook, texts=False)


def _lines(hooks: "Sequence[HookReading]") -> Iterator[str]:
    rows: list[list[object]] = []
    for hook in hooks:
        rows += [
            [hook.hook, place, plugin.name, plugin.distribution, plugin.version]
            for place, plugin in enumerate(hook.plugins, start=1)
        ] or [[hook.hook, None, None, None, None]]
    yield from table(["hook", "asked", "plugin", "package", "version"], rows)
