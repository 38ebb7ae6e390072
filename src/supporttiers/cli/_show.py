"""`show`: one case, its clocks, why it stands where it stands and what is next, and its history."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from supporttiers.cli._desks import add_desk_options, desk_of
from supporttiers.cli._exits import FINE
from supporttiers.cli._output import safe, table, write, write_json
from supporttiers.cli._store import add_policies

if TYPE_CHECKING:
    from supporttiers.cases import Case
    from supporttiers.desk import SupportDesk
    from supporttiers.readings import ClockReading

_ABOUT: Final = """Show one case: what is known of it, its clocks, why it stands where it stands, what happens next if
nobody acts, and its history. What people wrote is left out unless --texts is given, because terminals get logged."""


def register(subparsers: Any) -> None:  # noqa: ANN401 - argparse does not export the type
    """Add the command."""
    parser = subparsers.add_parser("show", help="show one case, its clocks and its history", description=_ABOUT)
    parser.add_argument("case", metavar="CASE", help="its id")
    parser.add_argument("--texts", action="store_true", help="show subject, texts and attributes too")
    parser.add_argument("--at", metavar="INSTANT", help="read the clocks at this instant instead of now")
    add_policies(parser)
    add_desk_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Show a case."""
    with desk_of(args) as desk:
        case = desk.get(args.case)
        if args.json:
            write_json(_answer(desk, case, texts=args.texts))
        else:
            write(list(_page(desk, case, texts=args.texts)))
    return FINE


def _answer(desk: "SupportDesk", case: "Case", *, texts: bool) -> dict[str, Any]:
    from supporttiers.cli._plain import plain_of  # noqa: PLC0415 - only commands that run load it

    explanation = desk.explain(case)
    parts = {
        "case": case, "clocks": desk.clocks(case), "here": explanation.here, "next": explanation.next,
        "history": desk.history(case),
    }  # fmt: skip
    return {name: plain_of(part, texts=texts) for name, part in parts.items()}


def _page(desk: "SupportDesk", case: "Case", *, texts: bool) -> Iterator[str]:
    from supporttiers.timelines import timeline  # noqa: PLC0415

    explanation = desk.explain(case)
    yield from (f"{name:<12}{safe(value)}" for name, value in _facts(case, texts=texts) if value not in (None, ""))
    yield from ("", "why it stands there")
    yield from (f"  {safe(reason)}" for reason in explanation.here)
    yield from ("", "what is next")
    yield from (f"  {safe(reason)}" for reason in explanation.next)
    clocks = desk.clocks(case)
    if clocks:
        yield ""
        yield from table(
            ["clock", "agreement", "stage", "passed", "of", "left", "due", ""], [_row(clock) for clock in clocks]
        )
    yield from ("", "history")
    yield from (f"  {line}" for line in timeline(desk.history(case), texts=texts))


def _facts(case: "Case", *, texts: bool) -> Iterator[tuple[str, object]]:
    """Give what is known of a case, with its names."""
    yield "case", f"{case.id}, version {case.version}, tenant {case.tenant}"
    yield "process", f"{case.process}, revision {case.revision}"
    yield "subject", case.subject if texts or not case.subject else "(hidden; --texts shows it)"
    for name in ("kind", "category", "priority", "channel", "requester", "customer", "owner", "assignee", "solution"):
        yield name, getattr(case, name)
    yield "tier", f"{case.tier}" + (f", team {case.team}" if case.team else "")
    yield "status", f"{case.status}" + (f" for {case.wait_reason}" if case.wait_reason else "")
    yield "tags", ", ".join(case.tags)
    yield "watchers", ", ".join(case.watchers)
    yield "links", ", ".join(f"{link.kind} {link.case_id}" for link in case.links)
    yield "to and fro", ", ".join(f"{pair}: {count}" for pair, count in case.bounces.items())
    yield "rating", case.satisfaction and f"{case.satisfaction} of 5"
    if texts:
        yield "attributes", ", ".join(f"{name}: {value}" for name, value in case.attributes.items())


def _row(clock: "ClockReading") -> list[object]:
    from supporttiers.timelines import instant_text, span_text  # noqa: PLC0415

    projected_at = instant_text(clock.projected_due_at)
    due_at = instant_text(clock.due_at) or (projected_at and f"~{projected_at}")
    spans = (clock.elapsed, clock.target, clock.remaining)
    return [clock.limit, clock.agreement, clock.stage, *map(span_text, spans), due_at, "late" if clock.breached else ""]
