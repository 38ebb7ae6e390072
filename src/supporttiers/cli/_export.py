"""`export`: everything that is kept about a case, as JSON."""

import argparse
from typing import Any

from supporttiers.cli._desks import add_desk_options, desk_of
from supporttiers.cli._exits import FINE
from supporttiers.cli._output import write_json

_ABOUT = """Give out everything that is kept about a case, texts and names included: the case, its history, its
messages, the uses of idempotency keys, and the links to it. The answer is always JSON."""


def register(subparsers: Any) -> None:  # noqa: ANN401 - argparse does not export the type
    """Add the command."""
    parser = subparsers.add_parser("export", help="give out all that is kept about a case", description=_ABOUT)
    parser.add_argument("case", metavar="CASE", help="its id")
    add_desk_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Export a case."""
    with desk_of(args) as desk:
        write_json(desk.export(args.case))
    return FINE
