"""
Exchanges with mail servers on record: made beside a live server, and played back where there is none.

A record is a text file: what it is about behind `#`, then a line for each line that went over the wire: behind `S `
what the server said, and behind `C ` what the client said.
"""

import contextlib
import re
import socket
import threading

from tests.servers.receivers import PATIENCE, listener

GOODBYE = ("C", "QUIT")
_TAG = re.compile(r"^([A-P]{4,5})(?=[0-9]+ )")


@contextlib.contextmanager
def recorded(port):
    """Stand between a client and the server of a port; give a port of one's own, and the lines as they come."""
    lines = []
    lock = threading.Lock()

    def pump(source, target, who):
        with contextlib.suppress(OSError):
            for line in source.makefile("rb"):
                with lock:
                    lines.append((who, line.decode("utf-8").rstrip("\r\n")))
                target.sendall(line)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def stand_between(client, over):
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as server:
            back = threading.Thread(target=pump, args=(server, client, "S"))
            back.start()
            pump(client, server, "C")
            back.join(PATIENCE)

    with listener(stand_between) as own:
        yield own, lines


def kept(lines):
    """Leave out what comes after the goodbye: whether it is heard is chance."""
    return lines[: lines.index(GOODBYE) + 1] if GOODBYE in lines else lines


def untagged(lines):
    """Put one word in the place of the tag of an IMAP conversation, which the client makes up each time."""
    tags = {found[1] for who, line in lines if who == "C" and (found := _TAG.match(line))}
    assert len(tags) == 1
    return [(who, re.sub(rf"^{min(tags)}(?=[0-9]+ )", "TAG", line)) for who, line in lines]


def write(path, about, lines):
    """Write a record."""
    text = "".join(f"{who} {line}".rstrip() + "\n" for who, line in lines)
    path.write_text(f"# {about}\n{text}", "utf-8")


def read(path):
    """Read a record."""
    lines = path.read_text("utf-8").splitlines()
    return [(line[0], line[2:]) for line in lines if not line.startswith("#")]


@contextlib.contextmanager
def played(lines):
    """Be the server of a record; give the port, and what was said otherwise than on record."""
    differences = []

    def speak(connection, over):
        heard = connection.makefile("rb")
        tag = "TAG"
        for who, line in lines:
            if who == "S":
                connection.sendall(f"{re.sub('^TAG(?=[0-9]+ )', tag, line)}\r\n".encode())
                continue
            said = heard.readline().decode("utf-8").rstrip("\r\n")
            if line.startswith("TAG") and (found := _TAG.match(said)):
                tag, said = found[1], _TAG.sub("TAG", said)
            if said.rstrip() != line:
                differences.append((line, said))
                return

    with listener(speak) as port:
        yield port, differences
