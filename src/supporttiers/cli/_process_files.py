"""`init`, `check` and `schema`: what can be done with a process file."""

import argparse
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supporttiers.cli._exits import FINE, NO, WORLD
from supporttiers.cli._output import complain, safe, table, write, write_json
from supporttiers.cli._store import add_json, add_plugins, add_policies, all_policies_of

if TYPE_CHECKING:
    from supporttiers.calendars import WorkingHours
    from supporttiers.errors import ProcessError
    from supporttiers.findings import Finding
    from supporttiers.limits import TimeLimit
    from supporttiers.process import SupportProcess
    from supporttiers.tiers import Tier


def register(subparsers: Any) -> None:  # noqa: ANN401 - argparse does not export the type
    """Add the commands."""
    init = subparsers.add_parser("init", help="write a commented process file to begin with")
    init.add_argument("file", nargs="?", default="support.toml", metavar="FILE", help="default: %(default)s")
    init.add_argument("--force", action="store_true", help="write over a file that is there")
    init.set_defaults(run=run_init)
    check = subparsers.add_parser("check", help="list the faults of a process file, and what else is wrong with it")
    check.add_argument("file", metavar="FILE", help="a process file in TOML")
    check.add_argument("--people", metavar="FILE", help="a file of people: finds teams and roles without anybody, too")
    check.set_defaults(run=run_check)
    schema = subparsers.add_parser("schema", help="print the JSON Schema of process files, for editors")
    schema.set_defaults(run=run_schema)
    add_policies(check)
    add_plugins(check)
    for parser in (init, check, schema):
        add_json(parser)


# -- init


def run_init(args: argparse.Namespace) -> int:
    """Write a process file to begin with."""
    template = files("supporttiers.cli").joinpath("_template.toml").read_text("utf-8")
    try:
        with Path(args.file).open("w" if args.force else "x", encoding="utf-8") as file:
            file.write(template)
    except FileExistsError:
        complain(f"{args.file} exists already, and was left as it is; --force writes over it")
        return WORLD
    if args.json:
        write_json({"file": args.file})
    else:
        write([f"{safe(args.file)} written; edit it, then: supporttiers check {safe(args.file)}"])
    return FINE


# -- check


def run_check(args: argparse.Namespace) -> int:
    """Say whether a process file is valid, and what is found about it."""
    from supporttiers.errors import ProcessError  # noqa: PLC0415 - only commands that run load it
    from supporttiers.process import SupportProcess  # noqa: PLC0415

    try:
        process = SupportProcess.from_toml(args.file, policies=all_policies_of(args))
    except ProcessError as error:
        if isinstance(error.__cause__, OSError):
            raise
        _tell_faults(args, error)
        return NO
    found, ignored = _findings(process, args)
    if args.json:
        write_json({**_summary(process), "findings": [_finding(each) for each in found], "ignored": ignored})
    else:
        write(_summary_lines(args.file, process))
        write(_finding_lines(found, ignored))
    return NO if any(each.severity == "error" for each in found) else FINE


def _findings(
    process: "SupportProcess", args: argparse.Namespace
) -> "tuple[tuple[Finding, ...], list[dict[str, Any]]]":
    """Give what is found, and what of that is to be ignored, with the reasons."""
    from supporttiers.clock import SystemClock  # noqa: PLC0415 - only commands that run load it

    directory = None
    if args.people is not None:
        from supporttiers.backends.directory.toml import TomlDirectory  # noqa: PLC0415

        directory = TomlDirectory(args.people)
    now = SystemClock().now()
    found = process.check(now=now, directory=directory)
    known = [
        {"place": each.place, "code": each.code, "why": ignore.reason}
        for each in process.check(now=now, directory=directory, with_ignored=True)
        if (ignore := next((one for one in process.ignore if one.covers(each)), None))
    ]
    return found, known


def _tell_faults(args: argparse.Namespace, error: "ProcessError") -> None:
    from supporttiers.cli._words import spoken  # noqa: PLC0415 - only commands that run load it

    if args.json:
        faults = [{"place": fault.place, "problem": spoken(fault.problem, args)} for fault in error.faults]
        write_json({"valid": False, "faults": faults})
        return
    write(f"{safe(args.file)}: {safe(spoken(fault, args))}" for fault in error.faults)
    number = len(error.faults)
    write([f"{number} fault{'s' if number > 1 else ''}"])


def _summary(process: "SupportProcess") -> dict[str, Any]:
    data = process.to_data()
    return {
        "valid": True, "faults": [], "name": process.name, "revision": process.revision,
        "priorities": list(process.priorities), "tiers": data["tiers"],
        "limits": [limit.name for limit in process.all_limits], "calendars": data.get("calendars", {}),
    }  # fmt: skip


def _finding(found: "Finding") -> dict[str, Any]:
    reason = found.reason
    return {
        "place": found.place, "code": found.code, "severity": str(found.severity), "params": reason.params,
        "text": str(reason), "fix": found.fix,
    }  # fmt: skip


def _finding_lines(found: "Sequence[Finding]", ignored: Sequence[object]) -> Iterator[str]:
    if found or ignored:
        yield ""
    for each in found:
        yield f"{each.severity}: {safe(each)} [{each.code}]"
        yield f"  {safe(each.fix)}"
    if ignored:
        number = len(ignored)
        yield f"{number} finding{'s are' if number > 1 else ' is'} ignored, as the process says; --json lists them"


def _summary_lines(file: str, process: "SupportProcess") -> Iterator[str]:
    yield f"{safe(file)} is valid: process {process.name!r}, revision {process.revision}"
    yield ""
    tiers = sorted(process.tiers, key=lambda tier: tier.level)
    yield from table(["tier", "name", "kind", "teams", "goes up to", "hands back to"], [_tier_row(t) for t in tiers])
    if process.all_limits:
        yield ""
        yield from table(["limit", "agreement", "allows", "and then"], [_limit_row(lim) for lim in process.all_limits])
    if process.calendars:
        yield ""
        yield from table(["calendar", "zone", "holidays known until"], [_calendar_row(c) for c in process.calendars])


def _calendar_row(calendar: "WorkingHours") -> list[object]:
    known = [f"{holidays.until} ({holidays.source})" for holidays in calendar.holidays]
    return [calendar.name, calendar.zone, ", ".join(known) or None]


def _tier_row(tier: "Tier") -> list[object]:
    return [
        tier.level, tier.name, tier.kind, _listed(tier.teams) or tier.vendor, _listed(tier.escalates_to),
        _listed(tier.hands_back_to),
    ]  # fmt: skip


def _limit_row(limit: "TimeLimit") -> list[object]:
    from supporttiers.calendars.targets import target_text  # noqa: PLC0415
    from supporttiers.limits import ANY_PRIORITY  # noqa: PLC0415

    others = "others " if len(limit.target) > 1 else ""
    allows = [
        f"{others if name == ANY_PRIORITY else name + ' '}{target_text(span)}" for name, span in limit.target.items()
    ]
    then = [f"at {threshold.mark}: {_listed(threshold.do) or '-'}" for threshold in limit.thresholds]
    return [limit.name, limit.agreement, ", ".join(allows), "; ".join(then) or None]


def _listed(values: tuple[object, ...]) -> str | None:
    return ", ".join(map(str, values)) or None


# -- schema


def run_schema(_args: argparse.Namespace) -> int:
    """Print the JSON Schema of process files."""
    from supporttiers.config.json_schema import json_schema  # noqa: PLC0415

    write_json(json_schema())
    return FINE
