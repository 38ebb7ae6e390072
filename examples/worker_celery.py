"""
Time limits that are fired by Celery: a task that does one pass, and a beat that calls it.

In production: `celery --app worker_celery worker --beat`. Run as a script, it fires a time limit by calling the task in
this process.
"""

from datetime import timedelta

from celery import Celery

from supporttiers import SupportDesk, SupportProcess
from supporttiers.testing import FakeClock

clock = FakeClock("2026-03-23T09:00Z")  # leave it out in production: the machine's clock is the default
desk = SupportDesk(SupportProcess.default(), store="sqlite:///support.db", clock=clock)

app = Celery("support", broker="memory://", backend="cache+memory://")
app.conf.beat_schedule = {
    "support": {"task": "support.run_due", "schedule": timedelta(seconds=30), "options": {"expires": 30}},
}


@app.task(name="support.run_due", ignore_result=True)
def run_due() -> int:
    """Do one pass; when two run at once, each deadline is fired once all the same."""
    return desk.run_due().fired


def main() -> None:
    """Open a case, let a quarter of an hour pass, and call the task."""
    desk.open("Printer on fire", id="T-1", by="jane")
    clock.advance("15m")
    fired = run_due.apply().get()
    print(f"fired: {fired}, tier: {desk.get('T-1').tier}")
    desk.shut_down()


if __name__ == "__main__":
    main()
