"""`rehearse`: scenario files, played on virtual time."""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from supporttiers.cli._exits import FINE, NO, WORLD
from supporttiers.cli._output import complain, safe, write, write_json
from supporttiers.cli._store import add_json, add_plugins, add_policies, all_policies_of

if TYPE_CHECKING:
    from supporttiers.errors import Fault
    from supporttiers.testing.accounts import Account
    from supporttiers.testing.scenarios import Difference, Scenario, ScenarioFailedError

_ABOUT: Final = """Play scenario files: stories of support, with what is done when, and what is so then. Each step
happens at its own instant, on virtual time. The exit code is 1 where one does not go as it says."""


class _Played(NamedTuple):
    """What became of one scenario."""

    scenario: "Scenario"
    account: "Account"
    error: "ScenarioFailedError | None" = None


def register(subparsers: Any) -> None:  # noqa: ANN401 - argparse does not export the type
    """Add the command."""
    parser = subparsers.add_parser("rehearse", help="play scenario files on virtual time", description=_ABOUT)
    parser.add_argument("files", nargs="+", metavar="FILE", help="a scenario file in TOML")
    parser.add_argument("--process", metavar="FILE", help="the process file of scenarios that name none")
    parser.add_argument("--timelines", action="store_true", help="tell all cases, also where all goes as it says")
    add_policies(parser)
    add_plugins(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Play scenario files."""
    from supporttiers.errors import DefinitionError, Fault  # noqa: PLC0415 - only commands that run load it
    from supporttiers.testing.scenarios import Scenario, ScenarioError  # noqa: PLC0415 - as above

    policies = all_policies_of(args)
    played: list[_Played] = []
    faults: list[tuple[str, Fault]] = []
    for file in args.files:
        try:
            found = Scenario.all_from_toml(file, process=args.process, policies=policies)
        except ScenarioError as error:
            if isinstance(error.__cause__, OSError):
                complain(f"{file}: {error.faults[0]}")
                return WORLD
            faults += [(file, fault) for fault in error.faults]
            continue
        for scenario in found:
            try:
                played.append(_play(scenario))
            except DefinitionError as error:  # its people or its plugins; the others are played all the same
                faults.append((file, Fault(scenario.title, str(error))))
    if args.json:
        write_json(_plain(played, faults))
    else:
        write(_lines(played, faults, timelines=args.timelines))
    return NO if faults or any(each.error is not None for each in played) else FINE


def _play(scenario: "Scenario") -> _Played:
    from supporttiers.testing.accounts import Account, take  # noqa: PLC0415 - as above
    from supporttiers.testing.scenarios import ScenarioFailedError  # noqa: PLC0415

    try:
        with scenario.play() as rehearsal:
            return _Played(scenario, Account.of(take(rehearsal)))
    except ScenarioFailedError as error:
        return _Played(scenario, error.account, error)


def _plain(played: Sequence[_Played], faults: "Sequence[tuple[str, Fault]]") -> dict[str, Any]:
    failed = sum(each.error is not None for each in played)
    return {
        "passed": len(played) - failed, "failed": failed,
        "scenarios": [
            {
                "source": each.scenario.source, "title": each.scenario.title, "passed": each.error is None,
                "step": None if each.error is None else each.error.step,
                "what": None if each.error is None else each.error.what,
                "differences": [] if each.error is None else [_apart(one) for one in each.error.differences],
                "account": each.account.to_data(),
            }
            for each in played
        ],
        "faults": [{"source": file, "place": fault.place, "problem": fault.problem} for file, fault in faults],
    }  # fmt: skip


def _apart(difference: "Difference") -> dict[str, str]:
    return {"asked": difference.asked, "found": difference.found}


def _lines(played: Sequence[_Played], faults: "Sequence[tuple[str, Fault]]", *, timelines: bool) -> Iterator[str]:
    for each in played:
        yield safe(f"{'ok' if each.error is None else 'failed'}  {each.scenario.source}: {each.scenario.title}")
        if each.error is not None:
            yield from _indented(str(each.error).splitlines())
        elif timelines:
            yield from _indented(each.account.lines())
    yield from (safe(f"not valid  {file}: {fault}") for file, fault in faults)
    went = sum(each.error is None for each in played)
    told = f", {len(faults)} fault{'' if len(faults) == 1 else 's'}" if faults else ""
    yield f"{went} of {len(played)} scenarios went as they say{told}"


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"    {safe(line)}".rstrip() for line in lines)
