"""`diagram`, `ladder` and `timeline`: pictures of a process, and of what became of a case."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from supporttiers.cli._desks import add_desk_options, desk_of
from supporttiers.cli._exits import FINE
from supporttiers.cli._output import safe, write, write_json
from supporttiers.cli._store import add_json, add_plugins, add_policies, all_policies_of

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from supporttiers.diagrams import CaseTimeline, Ladder
    from supporttiers.process import SupportProcess

_TEXT: Final = ("text", "svg", "html")
_ABOUT: Final = """Draw what became of a case: who had it and when it waited, its clocks and thresholds, and who was
told. It shows ids of people, and nothing that anybody wrote."""


def register(subparsers: Any) -> None:  # noqa: ANN401 - argparse does not export the type
    """Add the commands."""
    diagram = subparsers.add_parser("diagram", help="draw a process file: tiers, moves, limits, and for whom it waits")
    ladder = subparsers.add_parser("ladder", help="list what the time limits of a process file do, and after how long")
    for parser in (diagram, ladder):
        parser.add_argument("file", metavar="FILE", help="a process file in TOML")
        add_policies(parser)
        add_plugins(parser)
        add_json(parser)
    _add_form(diagram, ("mermaid", *_TEXT[1:]))
    _add_form(ladder, _TEXT)
    diagram.set_defaults(run=run_diagram)
    ladder.set_defaults(run=run_ladder)
    timeline = subparsers.add_parser("timeline", help="draw what became of a case", description=_ABOUT)
    timeline.add_argument("case", metavar="CASE", help="its id")
    _add_form(timeline, _TEXT)
    timeline.add_argument("--zone", default="UTC", metavar="ZONE", help="in which times are shown (default: UTC)")
    timeline.add_argument("--until", metavar="INSTANT", help="up to when; up to now where the case is open")
    add_policies(timeline)
    add_desk_options(timeline)
    timeline.set_defaults(run=run_timeline)


def _add_form(parser: argparse.ArgumentParser, forms: tuple[str, ...]) -> None:
    parser.add_argument("--format", choices=forms, default=forms[0], help="default: %(default)s")
    parser.add_argument(
        "--out", metavar="FILE", help="write it to this file, over one that is there, in directories made for it"
    )


def run_diagram(args: argparse.Namespace) -> int:
    """Draw a process file."""
    process = _process(args)
    drawn = process.diagram(format=args.format)
    return _answered(args, drawn, {"name": process.name, "revision": process.revision, "diagram": drawn})


def run_ladder(args: argparse.Namespace) -> int:
    """List the time limits of a process file."""
    from supporttiers.cli._plain import plain_of  # noqa: PLC0415 - only commands that run load it

    process = _process(args)
    ladder = process.ladder()
    rows = [plain_of(row, texts=True) for row in ladder.rows]
    return _answered(args, _drawn(args, ladder), {"name": process.name, "revision": process.revision, "rows": rows})


def run_timeline(args: argparse.Namespace) -> int:
    """Draw what became of a case."""
    zone, until = _zone(args.zone), _until(args.until)
    with desk_of(args) as desk:
        timeline = desk.timeline(args.case, zone=zone, until=until)
    return _answered(args, _drawn(args, timeline), _plain(timeline, args.zone))


def _process(args: argparse.Namespace) -> "SupportProcess":
    from supporttiers.process import SupportProcess  # noqa: PLC0415 - only commands that run load it

    return SupportProcess.from_toml(args.file, policies=all_policies_of(args))


def _drawn(args: argparse.Namespace, picture: "Ladder | CaseTimeline") -> str:
    if args.format == "text":
        return f"{picture}\n"
    return picture.to_svg() if args.format == "svg" else picture.to_html()


def _answered(args: argparse.Namespace, drawn: str, answer: dict[str, Any]) -> int:
    """Give the picture, or what it shows; into a file where one is named."""
    if args.out is not None:
        Path(args.out).parent.mkdir(parents=True, exist_ok=True)
        Path(args.out).write_text(drawn, encoding="utf-8")
    if args.json:
        write_json(answer)
    else:
        write(drawn.splitlines() if args.out is None else [f"{safe(args.out)} written"])
    return FINE


def _plain(timeline: "CaseTimeline", zone: str) -> dict[str, Any]:
    from supporttiers.cli._plain import plain_of  # noqa: PLC0415 - only commands that run load it

    return {
        "case_id": timeline.case_id, "process": timeline.process, "events": timeline.events,
        "standing": timeline.standing, "start": plain_of(timeline.start, texts=True),
        "end": plain_of(timeline.end, texts=True), "zone": zone,
        "lanes": [plain_of(lane, texts=True) for lane in timeline.lanes],
    }  # fmt: skip


def _zone(name: str) -> "tzinfo":
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - loaded only where somebody names a zone

    from supporttiers import _fields as fields  # noqa: PLC0415 - only commands that run load it
    from supporttiers.errors import InputError  # noqa: PLC0415

    if problem := fields.zone(name):
        raise InputError("", "--zone", problem)
    return ZoneInfo(name or "UTC")


def _until(text: str | None) -> "datetime | None":
    from supporttiers._fields import instant_of  # noqa: PLC0415 - as above
    from supporttiers.errors import InputError, PolicyConfigError  # noqa: PLC0415

    try:
        return None if text is None else instant_of(text)
    except PolicyConfigError as error:
        raise InputError("", "--until", error.problem) from None
