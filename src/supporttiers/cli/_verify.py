"""`verify`: whether histories are whole, unchanged, and what their cases are made of."""

import argparse
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from supporttiers.cli._desks import add_desk_options, desk_of
from supporttiers.cli._exits import FINE, NO
from supporttiers.cli._output import progress, safe, write, write_json

if TYPE_CHECKING:
    from supporttiers.desk import SupportDesk
    from supporttiers.reasons import Reason

_Findings = Mapping[str, "tuple[Reason, ...]"]

_PAGE: Final = 200


def register(subparsers: Any) -> None:  # noqa: ANN401 - argparse does not export the type
    """Add the command."""
    about = "Check the histories of all cases, or of one: gaps, edits, reordering, and cases that differ from them."
    parser = subparsers.add_parser("verify", help="check that histories are whole and unchanged", description=about)
    parser.add_argument("case", nargs="?", metavar="CASE", help="its id; all cases of the tenant when left out")
    add_desk_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Verify one case or all."""
    with desk_of(args) as desk:
        found = {args.case: desk.verify(args.case)} if args.case else _all(desk)
    wrong = {case_id: reasons for case_id, reasons in found.items() if reasons}
    if args.json:
        write_json(_answer(len(found), wrong))
    else:
        write(list(_lines(len(found), wrong)))
    return NO if wrong else FINE


def _all(desk: "SupportDesk") -> _Findings:
    found = {}
    with progress("verified", sum(desk.counts().values())) as shown:
        for case_id in _ids(desk):
            found[case_id] = desk.verify(case_id)
            shown.step()
    return found


def _ids(desk: "SupportDesk") -> Iterator[str]:
    """Give the ids of all cases; cases that are opened meanwhile may be missing."""
    mark: str | None = None
    while True:
        page = desk.find(after=mark, limit=_PAGE)
        yield from (case.id for case in page)
        mark = page.next
        if mark is None:
            return


def _answer(checked: int, wrong: _Findings) -> dict[str, Any]:
    from supporttiers.cli._plain import plain_of  # noqa: PLC0415 - only commands that run load it

    listed = [{"case_id": case_id, "reasons": plain_of(reasons, texts=False)} for case_id, reasons in wrong.items()]
    return {"checked": checked, "sound": not wrong, "findings": listed}


def _lines(checked: int, wrong: _Findings) -> Iterator[str]:
    for case_id, reasons in wrong.items():
        yield from (f"case {safe(case_id)}: {safe(reason)}" for reason in reasons)
    cases = f"{checked} case{'' if checked == 1 else 's'}"
    yield f"{cases} checked, {len(wrong)} not sound" if wrong else f"{cases} checked, all sound"
