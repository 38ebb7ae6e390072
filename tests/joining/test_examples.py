"""The examples of whole applications run their own tests, each on SQLite and on PostgreSQL."""

import os
import re
import subprocess
import sys
import types
from pathlib import Path

import psycopg
import pytest
import sqlalchemy
from tests.joining.callers import driver_url

from supporttiers.backends.storage.sqlalchemy import SqlAlchemyStore

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


def test_django_project_on_the_command_line(elsewhere, database):
    """By its own desk and by its store: Django is set up, warns of nothing, and finds it from here."""
    place = elsewhere("django_project")
    environment = {} if database is None else libpq(database)
    command = ("-P", "-W", "error", "-m", "supporttiers")  # -P: as the installed command, without this directory
    run("manage.py", "migrate", cwd=place, **environment)

    said = run(*command, "worker", "--once", "--json", "--desk", "project.worker:make_desk", cwd=place, **environment)
    assert '"fired": 0' in said
    environment["DJANGO_SETTINGS_MODULE"] = "project.settings"
    for words in (["status"], ["list"], ["db", "status"]):
        assert "Traceback" not in run(*command, *words, "--store", "django:default", cwd=place, **environment)


def pieces(page):
    """Give the blocks of a page that are not run as they stand, but are pieces of an example."""
    return re.findall(
        r"^```py\n(.*?)^```$", (ROOT / "docs" / "how-to" / page).read_text("utf-8"), re.MULTILINE | re.DOTALL
    )


@pytest.mark.parametrize(("page", "example"), [
    ("use-django.md", "django_project"), ("use-fastapi-and-sqlalchemy.md", "fastapi_app"),
])  # fmt: skip
def test_page_shows_pieces_of_the_example(page, example):
    """What a page shows is what runs; only the migration by another tool has no example of its own."""
    texts = [file.read_text("utf-8") for file in (EXAMPLES / example).rglob("*.py")]
    shown = [piece for piece in pieces(page) if "from alembic" not in piece]

    assert shown
    assert [] == [piece for piece in shown if not any(piece in text for text in texts)]


def test_migration_of_the_page_goes_there_and_back(database, tmp_path):
    """The migration that the page writes for Alembic works on the connection that Alembic gives."""
    (migration,) = [piece for piece in pieces("use-fastapi-and-sqlalchemy.md") if "from alembic" in piece]
    url = f"sqlite:///{tmp_path / 'shop.db'}" if database is None else driver_url(database, "psycopg")
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        space = {"op": types.SimpleNamespace(get_bind=lambda: connection)}
        exec(migration.replace("from alembic import op\n", ""), space)
        space["upgrade"]()
        made = set(sqlalchemy.inspect(connection).get_table_names())
        space["downgrade"]()
        left = set(sqlalchemy.inspect(connection).get_table_names())
    with engine.begin() as connection:
        space["upgrade"]()
    assert (3, set()) == (SqlAlchemyStore(engine).schema_version(), left)
    assert {"supporttiers_case", "supporttiers_version"} <= made
    engine.dispose()


def test_fastapi_app_passes_its_own_tests(elsewhere, database):
    """A case and a row in one AsyncSession, and a worker beside."""
    environment = {}
    if database is not None:
        environment["SHOP_DATABASE"] = database.replace("postgresql:", "postgresql+asyncpg:")
    quiet = ("-p", "no:cacheprovider", "-p", "no:django", "-c", os.devnull, "--rootdir", ".")

    said = run("-m", "pytest", "-q", *quiet, "test_app.py", cwd=elsewhere("fastapi_app"), **environment)

    assert "4 passed" in said
