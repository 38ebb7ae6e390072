"""The examples of whole applications run their own tests, each on SQLite and on PostgreSQL."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"

pytestmark = pytest.mark.skipif("DJANGO_SETTINGS_MODULE" in os.environ, reason="Django's example has its own settings")


@pytest.fixture
def elsewhere(tmp_path):
    """Give a function that copies an example away from here, as who starts from it would."""

    def copied(name):
        place = tmp_path / name
        for file in (EXAMPLES / name).rglob("*"):
            if file.is_file() and file.suffix in {".py", ".txt"}:
                (place / file.relative_to(EXAMPLES / name)).parent.mkdir(parents=True, exist_ok=True)
                (place / file.relative_to(EXAMPLES / name)).write_bytes(file.read_bytes())
        return place

    return copied


def run(*arguments, cwd, **environment):
    """Run python somewhere, and give what it says."""
    wanted = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "DJANGO_", "PG"))}
    done = subprocess.run(
        [sys.executable, *arguments], check=False, capture_output=True, text=True, cwd=cwd,
        env=wanted | {"PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"} | environment,
    )  # fmt: skip
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout + done.stderr


def libpq(url):
    """Give a URL as libpq reads it from the environment."""
    names = {"dbname": "PGDATABASE", "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    parts = psycopg.conninfo.conninfo_to_dict(url)
    return {names[key]: str(value) for key, value in parts.items() if key in names}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request):
    """Give the URL of each database in turn; None for SQLite, which needs none."""
    return request.getfixturevalue("postgres_url") if request.param == "postgresql" else None


def test_django_project_passes_its_own_tests(elsewhere, database):
    """From its migrations to its management command, with warnings as errors, and no migration forgotten."""
    place = elsewhere("django_project")
    environment = {} if database is None else libpq(database)

    said = run("-W", "error", "manage.py", "test", "--noinput", cwd=place, **environment)
    assert re.search(r"Ran 4 tests .*\n\nOK", said)
    run("manage.py", "migrate", cwd=place, **environment)
    assert "No changes detected" in run("manage.py", "makemigrations", "--check", cwd=place, **environment)
    assert "fired 0, relayed 0" in run("manage.py", "run_due", cwd=place, **environment)


def test_fastapi_app_passes_its_own_tests(elsewhere, database):
    """A case and a row in one AsyncSession, and a worker beside."""
    environment = {}
    if database is not None:
        environment["SHOP_DATABASE"] = database.replace("postgresql:", "postgresql+asyncpg:")
    quiet = ("-p", "no:cacheprovider", "-p", "no:django", "-c", os.devnull, "--rootdir", ".")

    said = run("-m", "pytest", "-q", *quiet, "test_app.py", cwd=elsewhere("fastapi_app"), **environment)

    assert "4 passed" in said
