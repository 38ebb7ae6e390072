"""
A month of a small support desk in virtual time: `make demo`, or `python examples/demo.py [FOLDER] [--cases N]`.

The process is acme.toml beside this file, the store is SQLite. Customers open cases, agents work on them, and where
nobody does, the process's time limits act. What beats everybody goes to an outside vendor, who takes days: on a real
issue tracker, Roundup, where pip can install one. All of it is made up by a seeded generator, so that every run tells
the same story; nothing here waits for a real clock.

Read here how a desk is put together and how time passes; acme_month/people.py says who does what, acme_month/vendors.py
what the vendor does, and acme_month/report.py reads the story back from the store.
"""

import argparse
import heapq
import shutil
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from os.path import relpath
from pathlib import Path
from shlex import quote

from acme_month.people import START, CountingNotifier, Office
from acme_month.report import Month, report, stories, told
from acme_month.vendors import vendor_of_the_month

from supporttiers import CaseError, FakeClock, Status, SupportDesk, SupportProcess
from supporttiers.protocols import VendorGateway
from supporttiers.worker import run_until

END = datetime.fromisoformat("2026-04-01T00:00Z")


def build_desk(database: Path, clock: FakeClock, notifier: CountingNotifier, vendor: VendorGateway) -> SupportDesk:
    """Everything a desk needs. In production leave out the clock, and bring your own vendors and notifiers."""
    process = SupportProcess.from_toml(Path(__file__).with_name("acme.toml"))
    store = f"sqlite:///{database.as_posix()}"
    return SupportDesk(process, store=store, clock=clock, notifiers=[notifier], vendors=[vendor])


def live_through(desk: SupportDesk, clock: FakeClock, office: Office, number: int) -> list[CaseError]:
    """Let the month pass; give what people were refused."""
    refused: list[CaseError] = []
    new = {command.case_id: (at, command) for at, command in office.new_cases(number)}
    agenda = [(at, case_id) for case_id, (at, _) in new.items()]
    while agenda and agenda[0][0] <= END:
        at = agenda[0][0]
        run_until(desk, clock, at)  # time limits, messages and the vendor, each at its own instant
        case_ids = list(due_at(agenda, at))
        wishes = [new.pop(id)[1] if id in new else office.act(desk.get(id)) for id in case_ids]
        answers = desk.execute_all(wish for wish in wishes if wish)  # one transaction for all of this minute
        refused += [answer for answer in answers if isinstance(answer, CaseError)]
        desk.run_due()  # what that caused goes out: mail, and requests to the vendor
        for case in map(desk.get, case_ids):
            if case.status not in {Status.CLOSED, Status.CANCELLED}:
                heapq.heappush(agenda, (at + office.next_look(case), case.id))
    run_until(desk, clock, END)
    return refused


def due_at(agenda: list[tuple[datetime, str]], at: datetime) -> Iterator[str]:
    """Take the cases off the agenda that somebody looks at now."""
    while agenda and agenda[0][0] == at:
        yield heapq.heappop(agenda)[1]


def fresh(folder: Path) -> Path:
    """Give the path of a database that does not exist yet; an old one of this demonstration is removed."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("acme.db*"):
        old.unlink()
    return folder / "acme.db"


def where_to_look(database: Path, diagram: Path, case_ids: Iterable[str]) -> Iterator[str]:
    """The files, and commands to try."""
    on_path = shutil.which("supporttiers")
    program = "supporttiers" if on_path else f"{quote(relpath(sys.executable))} -m supporttiers"
    store = quote(f"sqlite:///{database.as_posix()}")
    yield from ("", f"Database: {database}")
    yield from (f"Diagram:  {diagram}  (Mermaid: GitHub and most editors draw it)", "", "Try:")
    yield from (f"  {program} show {case_id} --store {store} --at {END:%Y-%m-%dT%H:%MZ}" for case_id in case_ids)
    yield f"  {program} list --status resolved --order=-changed_at --store {store}"
    yield f"  {program} verify --store {store}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A month of a small support desk in virtual time.")
    parser.add_argument("folder", nargs="?", default="demo-output", type=Path, help="default: %(default)s")
    parser.add_argument("--cases", default=240, type=int, help="how many are opened (default: %(default)s)")
    parser.add_argument("--seed", default=7, type=int, help="another seed makes another month (default: %(default)s)")
    parser.add_argument("--vendor", default="roundup", choices=["roundup", "memory"], help="default: %(default)s")
    return parser.parse_args()


def main() -> None:
    args, clock = arguments(), FakeClock(START)
    with vendor_of_the_month(clock, args.seed, real=args.vendor == "roundup") as (vendor, who):
        play(args, clock, vendor, who)


def play(args: argparse.Namespace, clock: FakeClock, vendor: VendorGateway, who: str) -> None:
    """Live through the month, and tell of it."""
    database, notifier = fresh(args.folder), CountingNotifier()
    desk = build_desk(database, clock, notifier, vendor)
    diagram = args.folder / "acme.mmd"
    diagram.write_text(desk.process.diagram(), encoding="utf-8")

    print(f"ACME's support desk, {START:%d %B} to {END:%d %B %Y}, in virtual time ...", flush=True)
    print(who, flush=True)
    refused = live_through(desk, clock, Office(args.seed), args.cases)

    month = Month.of(desk)
    print("\n".join(report(month, desk.process)))
    print("\nTold by mail:", ", ".join(f"{to} {count} times" for to, count in notifier.told.most_common()) or "nobody")
    print(f"Refused: {len(refused)} commands" + (f"; the first: {refused[0]}" if refused else ""))
    chosen = stories(month)
    for case_id, title in chosen.items():
        print("\n".join(told(title, month.histories[case_id])))
    print("\n".join(where_to_look(database, diagram, chosen)))
    desk.shut_down()


if __name__ == "__main__":
    main()
