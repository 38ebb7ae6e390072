"""The server that the other tests stand on: found in every way, and gone with whoever wanted it."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
from tests.servers import postgres
from tests.servers.postgres import NoPostgresError

ABANDONED = """
import sys
from tests.servers.postgres import own_server
with own_server() as server:
    print(server.directory, flush=True)
    sys.stdin.readline()
"""


def asked(url, statement):
    """Give the one value that a statement gives."""
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchone()[0]


@pytest.mark.parametrize("way", ["system", "wheel"])
def test_postgres_runs_in_the_way_that_is_wished(monkeypatch, way):
    """With pip alone there is a server, and with Debian's alone."""
    monkeypatch.setenv(postgres.WISH, way)
    if not list(postgres.binaries(way)):
        pytest.skip(f"this machine has no binaries of the way {way!r}")
    with postgres.own_server() as server:
        directory = server.directory
        assert asked(server.url, "SELECT count(*) FROM pg_database WHERE datname = 'postgres'") == 1

    assert not directory.exists()


def test_postgres_that_is_named_is_not_started(monkeypatch, postgres_server):
    """A URL in the environment comes first; databases are made there, and taken away."""
    monkeypatch.setenv(postgres.WISH, postgres_server.url)
    with postgres.databases() as found, found.fresh() as url:
        assert postgres_server.url == found.url
        name = asked(url, "SELECT current_database()")
        assert name.startswith("supporttiers_test_")

    assert asked(postgres_server.url, f"SELECT count(*) FROM pg_database WHERE datname = '{name}'") == 0


def test_postgres_databases_are_empty_and_apart(postgres_url):
    """What one test leaves, no other finds."""
    assert asked(postgres_url, "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'") == 0


def test_postgres_keeps_what_was_committed_over_its_end(postgres_server):
    """Tests may pull the server away, and count afterwards."""
    with psycopg.connect(postgres_server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    for how in ("fast", "immediate", "kill"):
        postgres_server.restart(how)

        assert asked(postgres_server.url, "SELECT number FROM kept") == 7


def test_postgres_ends_with_a_process_that_is_killed(postgres_server):
    """A test run that is shot leaves no server and no files behind."""
    with subprocess.Popen(
        [sys.executable, "-c", ABANDONED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as child:
        directory = Path(child.stdout.readline().decode().strip())
        assert directory.is_dir()
        child.send_signal(signal.SIGKILL)
    pause = threading.Event()
    for _ in range(500):
        if not directory.exists():
            break
        pause.wait(0.02)

    assert not directory.exists()


def test_postgres_that_cannot_be_had_says_what_was_tried(monkeypatch):
    """A skipped test gives the reason."""
    monkeypatch.setenv(postgres.WISH, "system")
    monkeypatch.setattr(postgres, "_installed", lambda: [Path("/nowhere/bin")])
    with pytest.raises(NoPostgresError, match=r"^no PostgreSQL for the tests \(/nowhere/bin: .*; name one in SUPP"):
        postgres.own_server().__enter__()
