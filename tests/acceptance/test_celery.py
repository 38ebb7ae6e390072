"""Celery fires time limits: the task of the recipe, in a real worker of Celery on its in-memory broker."""

import importlib.util
from pathlib import Path

import pytest
from celery.contrib.testing.worker import start_worker

EXAMPLE = Path(__file__).parents[2] / "examples" / "worker_celery.py"


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    """Load the recipe in a directory of its own, in which its store then lies."""
    monkeypatch.chdir(tmp_path)
    spec = importlib.util.spec_from_file_location("worker_celery", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    module.desk.shut_down()


def test_celery_worker_fires_what_is_due(recipe):
    """What beat sends every half a minute is sent once here: the case has moved when the task has ended."""
    [beat] = recipe.app.conf.beat_schedule.values()
    recipe.desk.open("Printer on fire", id="T-1", by="jane")
    recipe.clock.advance("15m")

    with start_worker(recipe.app, pool="solo", perform_ping_check=False, shutdown_timeout=30):
        fired = recipe.app.send_task(beat["task"], ignore_result=False, **beat["options"]).get(timeout=30)

    assert (1, 2) == (fired, recipe.desk.get("T-1").tier)
