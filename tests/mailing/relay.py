"""A relay before a mail server, which cuts or stalls at any line, or speaks TLS in its place."""

import contextlib
import socket
import ssl
import threading

from tests.servers.receivers import PATIENCE, listener


class Relay:
    """
    What a relay does: after so many lines of the client it cuts, or stalls, and passes nothing on any more.

    `at` is the line; `passes` says whether that line still reaches the server; `stalls` whether nobody is told. `hit`
    says whether it came to that.
    """

    def __init__(self, port, *, context=None):
        self.port = port
        self.at = 0
        self.passes = False
        self.stalls = False
        self.hit = False
        self._context = context

    def arm(self, at, *, passes, stalls=False):
        """Let a line, counted from 1, be the last; 0 for none."""
        self.at, self.passes, self.stalls, self.hit = at, passes, stalls, False

    def speak(self, client, over):
        """Stand between."""
        if self._context is not None:
            client = self._context.wrap_socket(client, server_side=True)
        with client, socket.create_connection(("127.0.0.1", self.port), PATIENCE) as server:
            cut = threading.Event()
            back = threading.Thread(target=self._back, args=(server, client, cut))
            back.start()
            self._forth(client, server, cut, over)
            back.join(PATIENCE)

    def _forth(self, client, server, cut, over):
        with contextlib.suppress(OSError):
            for number, line in enumerate(client.makefile("rb"), 1):
                last = number == self.at
                if last:
                    self.hit = True
                    cut.set()
                if not last or self.passes:
                    server.sendall(line)
                if last:
                    if self.stalls:
                        over.wait(PATIENCE)
                    break
        with contextlib.suppress(OSError):
            if cut.is_set():
                client.shutdown(socket.SHUT_RDWR)
            server.shutdown(socket.SHUT_WR)

    @staticmethod
    def _back(server, client, cut):
        with contextlib.suppress(OSError, ssl.SSLError):
            while data := server.recv(65536):
                if not cut.is_set():
                    client.sendall(data)
            client.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def relay(port, *, context=None):
    """Run a relay; give its own port, and what can be told to it."""
    found = Relay(port, context=context)
    with listener(found.speak) as own:
        yield own, found
