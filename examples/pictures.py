"""
Draw a process, its ladder of time limits, and what became of a case: as SVG, without any other program.

Run it: python pictures.py [FOLDER]. The pictures of the documentation are made by it: make pictures.
"""

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from supporttiers import SupportProcess
from supporttiers.diagrams import CaseTimeline
from supporttiers.testing import Rehearsal

ACME = Path(__file__).with_name("acme.toml")


def a_case(process: SupportProcess) -> CaseTimeline:
    """Play through two days of a case: first line, customer, vendor, and back."""
    rehearsal = Rehearsal(process, start=datetime(2026, 3, 23, 9, 5, tzinfo=ZoneInfo("Europe/London")))
    story = rehearsal.open("The printer hums", by="jane", category="printing", priority="high")
    rehearsal.advance(to="2026-03-23T09:40")  # by then the first line's time is over, and it has gone up
    story.start(by="anna")
    rehearsal.advance("50m")
    story.wait(by="anna", wait_reason="customer")
    rehearsal.advance(to="2026-03-23T14:00")
    story.reply(by="jane", text="It is the new one.")
    rehearsal.advance(to="2026-03-23T15:10")
    story.escalate(by="anna", reason="a part is broken")
    rehearsal.advance(to="2026-03-24T11:15")
    story.vendor_says("resolved")
    rehearsal.advance("30m")
    story.resolve(by="anna")
    rehearsal.advance("2h")
    return story.timeline


def pictures() -> Iterator[tuple[str, str]]:
    """Give the name and the text of each picture."""
    acme, usual = SupportProcess.from_toml(ACME), SupportProcess.default()
    yield "support.svg", usual.diagram(format="svg")
    yield "acme.svg", acme.diagram(format="svg")
    yield "acme-ladder.svg", acme.ladder().to_svg()
    yield "acme-case.svg", a_case(acme).to_svg()


def main(folder: Path) -> None:
    """Write the pictures, and show those that a terminal can show."""
    for name, text in pictures():
        (folder / name).write_text(text, encoding="utf-8")
        print(f"{folder / name}: {len(text)} characters")
    acme = SupportProcess.from_toml(ACME)
    print(f"\n{acme.ladder()}\n\n{a_case(acme)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path())
