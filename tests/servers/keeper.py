"""
Runs a server for as long as the process that wants it lives, and not longer.

    python keeper.py DIRECTORY USER COMMAND...

KEEPER_SIGNAL names the signal that tells the server to stop; SIGQUIT, which PostgreSQL understands, unless it is set.
The caller holds this program's standard input open. When that ends, however the caller came to its end, the server is
told to stop at once, and its directory is taken away. A line `ready` on standard output says that the server answers;
this program ends when the server does. It needs nothing but the standard library.
"""

import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

_LOOK_EVERY = 0.02
_PATIENCE = 10


def main(directory: str, user: str, *command: str) -> int:
    """Run the command; give its exit code."""
    parent = os.getppid()
    with Path(directory, "log").open("ab") as log:
        who = {"user": user, "group": _group_of(user), "extra_groups": []} if user else {}
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", **who)
    said = False
    while server.poll() is None:
        if select.select([sys.stdin], [], [], _LOOK_EVERY)[0] or os.getppid() != parent:
            _stop(server)
            shutil.rmtree(directory, ignore_errors=True)
        elif not said and _is_ready(server.pid, Path(directory, "data", "postmaster.pid")):
            said = True
            print("ready", flush=True)  # noqa: T201 - the caller waits for it
    return server.returncode


def _group_of(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


def _is_ready(pid: int, status: Path) -> bool:
    try:
        lines = status.read_text().splitlines()
        return lines[0] == str(pid) and lines[7].strip() == "ready"
    except (OSError, IndexError):  # not there yet, or half written
        return False


def _stop(server: "subprocess.Popen[bytes]") -> None:
    server.send_signal(signal.Signals[os.environ.get("KEEPER_SIGNAL", "SIGQUIT")])
    try:
        server.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
