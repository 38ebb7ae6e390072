"""`list`: the cases of a store, a page at a time."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from supporttiers.cli._desks import add_desk_options, desk_of
from supporttiers.cli._exits import FINE
from supporttiers.cli._output import table, write, write_json

if TYPE_CHECKING:
    from supporttiers.cases import Case
    from supporttiers.readings import Page

_FILTERS: Final = ("status", "tier", "team", "assignee")
_COLUMNS: Final = ("id", "tier", "team", "status", "priority", "category", "assignee", "opened", "due")
_LIMIT: Final = 50


def register(subparsers: Any) -> None:  # noqa: ANN401 - argparse does not export the type
    """Add the command."""
    parser = subparsers.add_parser(
        "list", help="list the cases of a store", description="List cases. A filter given twice means either value."
    )
    parser.add_argument("--status", action="append", help="queued, in_progress, waiting, resolved, closed or cancelled")
    parser.add_argument("--tier", action="append", type=int, metavar="LEVEL", help="at this tier")
    parser.add_argument("--team", action="append", help="with this team")
    parser.add_argument("--assignee", action="append", metavar="ID", help="worked on by this person")
    by = "id, opened_at, changed_at or due_at; with - before it for descending: --order=-due_at (default: %(default)s)"
    parser.add_argument("--order", default="id", help=by)
    parser.add_argument("--limit", type=int, default=_LIMIT, help="how many at most (default: %(default)s)")
    parser.add_argument("--after", metavar="MARK", help="the next page: what the last one ended with")
    parser.add_argument("--texts", action="store_true", help="show subjects (and attributes, in JSON) too")
    add_desk_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List cases."""
    from supporttiers.match import Match  # noqa: PLC0415 - only commands that run load it

    match = Match({name: values for name in _FILTERS if (values := getattr(args, name))})
    with desk_of(args) as desk:
        page = desk.find(match, order=args.order, after=args.after, limit=args.limit)
    if args.json:
        write_json(_answer(page, texts=args.texts))
    else:
        write(list(_lines(page, texts=args.texts)))
    return FINE


def _answer(page: "Page", *, texts: bool) -> dict[str, Any]:
    from supporttiers.cli._plain import plain_of  # noqa: PLC0415

    return {"cases": plain_of(page.cases, texts=texts), "next": page.next}


def _lines(page: "Page", *, texts: bool) -> Iterator[str]:
    if not page:
        yield "no case"
        return
    headings = [*_COLUMNS, "subject"] if texts else [*_COLUMNS]
    yield from table(headings, [[*_row(case), case.subject] if texts else _row(case) for case in page])
    if page.next is not None:
        yield f"more: --after {page.next}"


def _row(case: "Case") -> list[object]:
    from supporttiers.timelines import instant_text  # noqa: PLC0415

    status = f"{case.status}: {case.wait_reason}" if case.wait_reason else case.status
    return [
        case.id, case.tier, case.team, status, case.priority, case.category, case.assignee,
        instant_text(case.opened_at), instant_text(case.due_at),
    ]  # fmt: skip
