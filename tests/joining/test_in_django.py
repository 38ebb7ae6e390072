"""The tests of the caller's transaction on Django's connections: in a process of their own, which has settings."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif("DJANGO_SETTINGS_MODULE" in os.environ, reason="this is that process")


def run_pytest(*arguments, settings, cwd=ROOT, **environment):
    """Run pytest in a process of its own, with settings of Django's."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    more = {"DJANGO_SETTINGS_MODULE": settings, "PYTHONPATH": os.pathsep.join([str(cwd), *sys.path[1:]])} | environment
    more["PYTEST_ADDOPTS"] = more["PYTEST_XDIST_WORKER"] = ""
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=cwd, env={**os.environ, **more})
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def server(request):
    """Give the URL of a server on which that process makes its databases."""
    return request.getfixturevalue("_databases").url


@pytest.mark.parametrize("file", ["test_callers_transaction.py", "django_only.py"])
def test_callers_transaction_in_django(file, server):
    """What holds for a connection of any library holds for `django.db.connection`, on SQLite and PostgreSQL."""
    place = str(Path(__file__).with_name(file))
    said = run_pytest(
        place, "-p", "no:django", settings="tests.joining.django_settings", SUPPORTTIERS_TEST_POSTGRES=server
    )

    assert " passed" in said
    assert "skipped" not in said


def test_callers_transaction_with_pytest_django():
    """Inside the transactions of pytest-django's marks, too."""
    place = str(Path(__file__).with_name("pytest_django_only.py"))
    said = run_pytest(place, "-p", "django", settings="tests.joining.django_settings")

    assert " passed" in said
