"""Celery fires time limits: the task of the recipe, in a real worker of Celery on its in-memory broker."""

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"

# In a process of its own: a worker of Celery takes over the logging of the process in which it runs.
STORY = """
from celery.contrib.testing.worker import start_worker
import worker_celery as recipe

[beat] = recipe.app.conf.beat_schedule.values()
recipe.desk.open("Printer on fire", id="T-1", by="jane")
recipe.clock.advance("15m")
with start_worker(recipe.app, pool="solo", perform_ping_check=False, shutdown_timeout=30):
    fired = recipe.app.send_task(beat["task"], ignore_result=False, **beat["options"]).get(timeout=30)
print(fired, recipe.desk.get("T-1").tier)
recipe.desk.shut_down()
"""


def test_celery_worker_fires_what_is_due(tmp_path, monkeypatch):
    """What beat sends every half a minute is sent once here: the case has moved when the task has ended."""
    monkeypatch.setenv("PYTHONPATH", str(EXAMPLES), prepend=":")
    run = subprocess.run(
        [sys.executable, "-c", STORY], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )

    assert "1 2" == run.stdout.strip().splitlines()[-1], run.stderr
