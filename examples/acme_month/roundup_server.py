"""
A real Roundup issue tracker, fresh, on a port of this machine: the vendor of the demonstration, and of the tests.

    python roundup_server.py DIRECTORY [--account NAME:PASSWORD[:ROLES]]... [--set SECTION.OPTION=VALUE]...

It needs the packages `roundup` and `waitress` and nothing of supporttiers, so that any Python that has them can run it.
A line with the tracker's address on standard output says that it answers; it ends when its standard input does.
"""

import argparse
import configparser
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 20
"""So many seconds its start may take."""

_ADMIN = "roundup-admin@vendor.test"
_SETTINGS = {
    "main.admin_email": _ADMIN, "main.dispatcher_email": _ADMIN, "main.indexer": "native",
    "tracker.email": "issues@vendor.test", "tracker.name": "The vendor", "mail.domain": "vendor.test",
    "mail.host": "127.0.0.1", "web.enable_rest": "yes", "web.api_calls_per_interval": "0",
    "web.api_failed_login_limit": "0", "main.password_pbkdf2_default_rounds": "1000",
}  # fmt: skip


@contextmanager
def running(python: str, *options: str, within: str | None = None) -> Iterator[str]:
    """
    Run this file with a Python that has the packages, in a directory that is taken away afterwards; give the address.

    Args:
        python: The Python.
        options: Of the command line.
        within: Where the directory is made; where temporary files are when None.

    Raises:
        RuntimeError: It did not start; the text says why.
    """
    with tempfile.TemporaryDirectory(
        prefix="supporttiers-roundup-", dir=within, ignore_cleanup_errors=True
    ) as directory:
        command = [python, __file__, directory, *options]
        server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        with server:
            try:
                late = threading.Timer(PATIENCE, server.kill)
                late.start()
                url = server.stdout.readline().strip()
                late.cancel()
                if not url:
                    why = server.stderr.read().strip().rpartition("\n")[2]
                    raise RuntimeError(why or f"it did not start within {PATIENCE} s")
                yield url
            finally:
                server.stdin.close()


def make_tracker(home: Path, url: str, accounts: list[str], settings: dict[str, str]) -> None:
    """Make a tracker of the classic template on SQLite, in a directory that is not there yet."""
    from roundup import init, instance, password
    from roundup.admin import AdminTool

    template = AdminTool().listTemplates()["classic"]["path"]
    init.install(str(home), template, settings={"rdbms_backend": "sqlite"})
    mails = {"mail.debug": str(home / "mails.txt"), "tracker.web": url}  # nothing is ever sent
    configure(home / "config.ini", {**_SETTINGS, **mails, **settings})
    tracker = instance.open(str(home))
    tracker.init(password.Password(secrets.token_hex(), config=tracker.config))
    database = tracker.open("admin")
    try:
        for account in accounts:
            name, secret, roles = (*account.split(":"), "User")[:3]
            database.user.create(
                username=name, password=password.Password(secret, config=tracker.config), roles=roles,
                address=f"{name}@vendor.test", realname=name.title(),
            )  # fmt: skip
        database.commit()
    finally:
        database.close()


def configure(path: Path, settings: dict[str, str]) -> None:
    """Set options of a tracker; those that are not named keep what Roundup gives them."""
    config = configparser.RawConfigParser()
    config.read(path, encoding="utf-8")
    for option, value in settings.items():
        config.set(*option.split("."), value)
    with path.open("w", encoding="utf-8") as file:
        config.write(file)


def main() -> None:
    parser = argparse.ArgumentParser(description="A fresh Roundup issue tracker.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--account", action="append", default=[])
    parser.add_argument("--set", action="append", default=[])
    args = parser.parse_args()

    from roundup.cgi.wsgi_handler import RequestDispatcher
    from waitress import create_server

    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/tracker/"
    home = args.directory / "tracker"
    make_tracker(home, url, args.account, dict(setting.split("=", 1) for setting in args.set))
    dispatcher = RequestDispatcher(str(home))

    def application(environ, start_response):  # noqa: ANN001, ANN202 - as WSGI has it
        path = environ["PATH_INFO"]
        if not path.startswith("/tracker/"):
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"the tracker is at /tracker/\n"]
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = "/tracker", path.removeprefix("/tracker")
        return dispatcher(environ, start_response)

    server = create_server(application, sockets=[listener], threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    print(url, flush=True)
    log = os.open(args.directory / "log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.dup2(log, 1)  # Roundup writes there what should go to its log
    os.dup2(log, 2)
    sys.stdin.buffer.read()
    os._exit(0)  # whatever its threads are at


if __name__ == "__main__":
    main()
