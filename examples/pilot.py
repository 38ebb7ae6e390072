"""A process watches beside an old system, and then takes its open cases over."""

from datetime import timedelta

import attrs

from supporttiers import Actor, SupportDesk, SupportProcess
from supporttiers.analysis import would_have
from supporttiers.clock import FakeClock
from supporttiers.commands import Command, Escalate, HandBack, Open, Resolve, Start

PROCESS = attrs.evolve(SupportProcess.default(), name="helpdesk")
MONDAY = FakeClock("2026-03-02T09:00Z").now()


def old_system() -> list[Command]:
    """What the old system says of a week: every fifth case goes up, every tenth comes back, and most are solved."""
    said: list[Command] = []
    for number in range(50):
        case_id, anna = f"OLD-{number:02}", Actor.agent("anna")
        at = MONDAY + timedelta(hours=3 * number)
        said.append(Open(case_id=case_id, by=Actor.customer("jane"), at=at, subject="The printer prints hieroglyphs"))
        said.append(Start(case_id=case_id, by=anna, at=at + timedelta(minutes=5 * (number % 7))))
        if number % 5 == 0:
            said.append(Escalate(case_id=case_id, by=anna, at=at + timedelta(hours=1), tier=3))
        if number % 10 == 0:
            said.append(HandBack(case_id=case_id, by=anna, at=at + timedelta(hours=2), tier=1))
        if number % 10 < 9:  # noqa: PLR2004 - one of ten stays open
            said.append(Resolve(case_id=case_id, by=anna, at=at + timedelta(hours=6)))
    return sorted(said, key=lambda command: command.at or MONDAY)


def pilot(said: list[Command]) -> None:
    """Tell a desk that only watches what happens, and read what it would have done."""
    clock = FakeClock(MONDAY)
    desk = SupportDesk(PROCESS.observing(), clock=clock)
    for command in said:
        clock.advance(to=command.at)
        desk.run_due()
        desk.execute(command)
    print(f"watched {sum(desk.counts().values())} cases; it would have:")
    for row in would_have(desk):
        print(f"  {row.times:3} times in {row.cases:2} cases  {row.action}  ({row.rule})")


def move(said: list[Command]) -> None:
    """Take the open cases over; nothing that lies in the past is done again."""
    ended = {command.case_id for command in said if isinstance(command, Resolve)}
    desk = SupportDesk(PROCESS, clock=FakeClock(MONDAY + timedelta(days=7)))
    answers = desk.adopt(command for command in said if command.case_id not in ended)
    left_out = [error for error in answers.values() if isinstance(error, Exception)]
    print(f"took over {len(answers) - len(left_out)} open cases, {len(left_out)} left out")
    print(f"due at once: {desk.run_due().fired}")


if __name__ == "__main__":
    pilot(old_system())
    move(old_system())
