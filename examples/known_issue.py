"""
A major incident: one problem, many cases that wait for it, a workaround, and a fix that resolves them all.

Your application would keep the database somewhere lasting, leave the clock out, and call `desk.run_due()` from a
worker, cron or Celery.
"""

import tempfile
from pathlib import Path

from supporttiers import FakeClock, Match, SupportDesk, SupportProcess, Tier
from supporttiers.findings import Ignore
from supporttiers.policies.cascades import Cascade
from supporttiers.policies.closing import CloseAfter
from supporttiers.policies.fixes import RequestFix

IS_A_PROBLEM = Match(kind="problem")
PROCESS = SupportProcess(
    name="acme",
    tiers=[
        Tier(level=1, name="Service desk", escalates_to=[2]),
        Tier(level=2, name="Technical support", escalates_to=[3], hands_back_to=[1]),
        Tier(level=3, name="Engineers", hands_back_to=[2]),
    ],
    policies=[RequestFix(at=[10], do=["escalate"], when=IS_A_PROBLEM), CloseAfter("72h")],
    cascades=[
        Cascade("known_issue", on="workaround", do=["resume"], when=IS_A_PROBLEM, among=Match(status="waiting")),
        Cascade("known_issue", on="resolved", do=["resolve"], when=IS_A_PROBLEM),
    ],
    ignore=[Ignore(code="check.stuck", reason="this example is about links between cases, and sets no limits")],
)


def report(desk: SupportDesk, what: str) -> None:
    """Let the worker do its part, and say how things stand."""
    while desk.run_due().relayed:
        pass
    issue = desk.get("P-1")
    counted = dict(desk.counts(Match(kind="incident"), by="status"))
    print(f"{what}: tier {issue.tier}, {issue.status}, {issue.affected} affected; cases: {counted}")


def main() -> None:
    """Live through a bad day."""
    clock = FakeClock("2026-03-23T09:00Z")
    with (
        tempfile.TemporaryDirectory() as directory,
        SupportDesk(PROCESS, store=f"sqlite:///{Path(directory) / 'support.db'}", clock=clock) as desk,
    ):
        desk.open("Mail is down since the update", id="P-1", by="bob", kind="problem", tier=1)
        for number in range(12):
            case = desk.open("No mail", by=f"user-{number}")
            case = desk.link(case, by="bob", to="P-1", kind="known_issue")
            desk.wait(case, by="bob", wait_reason="known_issue")
        report(desk, "twelve cases wait")
        desk.amend("P-1", by="eve", workaround="kb/70")
        report(desk, "a workaround is known")
        desk.escalate("P-1", by="eve")
        clock.advance("3h")
        desk.resolve("P-1", by="ada", solution="kb/77")
        report(desk, "it is fixed")
        clock.advance("72h")
        report(desk, "three days later")


if __name__ == "__main__":
    main()
