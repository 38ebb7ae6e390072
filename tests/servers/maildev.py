"""
MailDev, a mail server for developers, on Node: whatever it is sent can be read back over HTTP.

It is installed by npm, once, beside the other tools of this Python. Where there is no Node, or it cannot be installed, a
test is told why.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.request
from pathlib import Path

from tests.servers.mail import free_ports

VERSION = "2.2.1"

_HOME = Path(sys.prefix) / f"maildev-{VERSION}"
_KEEPER = Path(__file__).with_name("keeper.py")
_PATIENCE = 60
_LOOK_EVERY = 0.05


class NoMailDevError(Exception):
    """There is no MailDev to be had; its text says why."""


class MailDev:
    """MailDev while it runs."""

    def __init__(self, smtp, web):
        self.smtp = smtp
        self._url = f"http://127.0.0.1:{web}/email"

    def mails(self):
        """Give all mails that have come, as it shows them."""
        with _opener().open(self._url, timeout=_PATIENCE) as answer:
            return json.load(answer)


def _opener():
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


@contextlib.contextmanager
def maildev():
    """
    Run MailDev as long as the context lasts.

    Raises:
        NoMailDevError: There is none to be had.
    """
    script = _installed()
    smtp, web = free_ports(2)
    directory = tempfile.mkdtemp(prefix="supporttiers-maildev-")
    command = [
        shutil.which("node"), script, "--ip", "127.0.0.1", "--smtp", smtp, "--web-ip", "127.0.0.1", "--web", web,
        "--mail-directory", f"{directory}/mail",
    ]  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-I", "-S", _KEEPER, directory, "", *map(str, command)], stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        env={**os.environ, "KEEPER_SIGNAL": "SIGTERM"},
    ) as keeper:  # fmt: skip
        try:
            found = MailDev(smtp, web)
            _wait(found, keeper)
            yield found
        finally:
            keeper.stdin.close()


def _installed():
    script = _HOME / "node_modules" / "maildev" / "bin" / "maildev"
    if shutil.which("node") is None:
        raise NoMailDevError("no node is installed")
    if script.exists():
        return script
    npm = shutil.which("npm")
    if npm is None:
        raise NoMailDevError("no npm is installed")
    _HOME.mkdir(exist_ok=True)
    (_HOME / "package.json").write_text('{"private": true}')
    command = [npm, "install", "--no-fund", "--no-audit", "--ignore-scripts", f"maildev@{VERSION}"]
    try:
        done = subprocess.run(command, cwd=_HOME, capture_output=True, text=True, check=False, timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        raise NoMailDevError(f"npm took longer than {_PATIENCE} s") from None
    if done.returncode or not script.exists():
        told = done.stderr.strip().splitlines() or ["it gave no reason"]
        raise NoMailDevError(f"npm install failed: {told[0]}")
    return script


def _wait(server, keeper):
    pause = threading.Event()
    for _ in range(int(_PATIENCE / _LOOK_EVERY)):
        if keeper.poll() is not None:
            break
        with contextlib.suppress(OSError):
            server.mails()
            return
        pause.wait(_LOOK_EVERY)
    raise NoMailDevError("it did not start")
