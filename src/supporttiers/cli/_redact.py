"""`redact`: delete the personal texts and names of a case, or of all cases of a person."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from supporttiers.cli._desks import add_desk_options, desk_of
from supporttiers.cli._exits import FINE, NO
from supporttiers.cli._output import safe, write, write_json
from supporttiers.cli._store import add_policies

if TYPE_CHECKING:
    from supporttiers.readings import Redaction

_ABOUT = """Delete the personal texts and names of a case, or of every case whose requester or customer a person is, for
good. What happened and when stays. Each case is redacted by itself: after a failure, the same command goes on."""


def register(subparsers: Any) -> None:  # noqa: ANN401 - argparse does not export the type
    """Add the command."""
    parser = subparsers.add_parser(
        "redact", help="delete what is personal about a case or a person", description=_ABOUT
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("case", nargs="?", metavar="CASE", help="its id")
    which.add_argument("--person", metavar="ID", help="all cases whose requester or customer this is")
    parser.add_argument("--by", required=True, metavar="ID", help="who does it: the id of an agent; it stays on record")
    parser.add_argument("--reason", default="", metavar="TEXT", help="why; it stays on record")
    add_policies(parser)
    add_desk_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Redact a case, or a person."""
    from supporttiers.actors import Actor  # noqa: PLC0415 - only commands that run load it
    from supporttiers.readings import Redaction  # noqa: PLC0415

    with desk_of(args) as desk:
        by = Actor.agent(args.by)
        if args.person is None:
            before = desk.get(args.case)
            after = desk.redact(args.case, by=by, reason=args.reason)
            done = Redaction(cases=() if after.version == before.version else (after.id,))
        else:
            done = desk.redact(person=args.person, by=by, reason=args.reason)
    if args.json:
        write_json(_answer(done))
    else:
        write(list(_lines(done, args.case)))
    return NO if done.failed else FINE


def _answer(done: "Redaction") -> dict[str, Any]:
    from supporttiers.cli._plain import plain_of  # noqa: PLC0415 - only commands that run load it

    plain: dict[str, Any] = plain_of(done, texts=False)
    return plain


def _lines(done: "Redaction", asked: str | None) -> Iterator[str]:
    if asked is not None and not done.cases:
        yield f"case {safe(asked)} has been redacted already, and nobody has said anything about it since"
        return
    yield from (f"redacted {safe(case_id)}" for case_id in done.cases)
    yield from (f"no longer watched: {safe(case_id)}" for case_id in done.unwatched)
    yield from (f"case {safe(case_id)} was left as it is: {safe(reason)}" for case_id, reason in done.failed.items())
    forbidden = f", {_cases(len(done.failed))} left as {'it is' if len(done.failed) == 1 else 'they are'}"
    yield f"{_cases(len(done))} redacted{forbidden if done.failed else ''}"


def _cases(number: int) -> str:
    return f"{number} case{'' if number == 1 else 's'}"
