"""
A desk inside a script of your own: open a case, let time pass, and see what happens when something is asked wrongly.

Your application would keep the database somewhere lasting, leave the clock out, and call `desk.run_due()` from a
worker, cron or Celery.
"""

import tempfile
from datetime import datetime
from pathlib import Path

from supporttiers import CaseNotFoundError, FakeClock, InputError, MoveRefusedError, SupportDesk, SupportProcess


def work_through(desk: SupportDesk, clock: FakeClock) -> str:
    """Let a case go its way; give its id."""
    case = desk.open("The printer prints hieroglyphs", by="jane", id="T-42", priority="high")
    desk.reply(case, by="bob", text="Have you tried another font?")
    clock.advance("15m")  # nobody has moved it on: the first tier's limit is reached
    desk.run_due()
    desk.start("T-42", by="eve")
    clock.advance("25m")
    case = desk.wait("T-42", wait_reason="customer", by="eve")
    case = desk.reply(case, by="jane", text="Times New Roman, why?")  # her word lets the case go on
    case = desk.resolve(case, by="eve", text="The font is installed now.")
    print(f"{case.id}: tier {case.tier}, {case.status} at {case.resolved_at}")
    return case.id


def ask_wrongly(desk: SupportDesk, case_id: str) -> None:
    """Every refusal says what is possible instead, and nothing is changed by it."""
    before = desk.get(case_id)
    try:
        desk.escalate(case_id, tier=4, by="eve")
    except MoveRefusedError as error:
        print(f"refused: {error}")
        print(f"possible: {', '.join(error.possible)}")
    try:
        desk.note(case_id, by="eve", text="written when?", at=datetime(2026, 3, 23, 10, 0))  # noqa: DTZ001 - no zone
    except InputError as error:
        print(f"bad input: {error}")
    try:
        desk.start("T-43", by="eve")
    except CaseNotFoundError as error:
        print(f"not found: {error}")
    assert desk.get(case_id) == before


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        clock = FakeClock("2026-03-23T09:00Z")
        store = f"sqlite:///{Path(folder, 'support.db').as_posix()}"
        desk = SupportDesk(SupportProcess.default(), store=store, clock=clock)
        case_id = work_through(desk, clock)
        ask_wrongly(desk, case_id)
        print(desk.explain(case_id))
        print(
            "what the customer may see:", *(type(event).__name__ for event in desk.history(case_id, visible_to="jane"))
        )
        desk.shut_down()  # before the folder goes


if __name__ == "__main__":
    main()
