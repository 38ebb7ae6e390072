"""
The peer: `eventsourcing`, get and save for each command; run in a Python of its own, where it is installed.

Prints the seconds of one command. Cases are opened before the watch starts, and get ten commands each, as ours do.
"""

import sys
import time

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event


class Case(Aggregate):
    """A case with the two commands that are measured."""

    @event("Opened")
    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.status = "queued"
        self.assignee = None

    @event("Started")
    def start(self, by: str) -> None:
        """Begin to work."""
        if self.status != "queued":
            raise ValueError(self.status)
        self.status, self.assignee = "in_progress", by

    @event("Released")
    def release(self, by: str) -> None:  # noqa: ARG002 - recorded on the event
        """Put it back."""
        if self.status != "in_progress":
            raise ValueError(self.status)
        self.status, self.assignee = "queued", None


def main(cases: int, path: str) -> float:
    """Give the seconds of one command."""
    env = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": path} if path else None
    app: Application = Application(env)
    ids = []
    for number in range(cases):
        case = Case(f"The printer prints hieroglyphs, again ({number})")
        app.save(case)
        ids.append(case.id)
    start = time.perf_counter()
    for case_id in ids:
        for _ in range(5):
            case = app.repository.get(case_id)
            case.start("bob")
            app.save(case)
            case = app.repository.get(case_id)
            case.release("bob")
            app.save(case)
    return (time.perf_counter() - start) / (10 * cases)


print(main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
