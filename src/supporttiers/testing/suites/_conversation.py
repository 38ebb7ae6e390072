"""A loopback proxy for SMTP: a turn is one line of the client's, or a whole mail, and what the server says to it."""

import re
import socket
from typing import ClassVar, Final

from supporttiers.testing.suites._proxy import Fault, Proxy, cut_in_body, stall_in_body

_CHUNK: Final = 64 * 1024
_SECONDS: Final = 30
_LAST_LINE: Final = re.compile(rb"(?:\A|\n)[0-9]{3}(?: [^\n]*)?\r?\n\Z")
_END: Final = b"\r\n.\r\n"


class Conversation(Proxy):
    """Stands between a gateway and a mail server on this machine; only a mail counts as something that is written."""

    unfit: ClassVar[frozenset[Fault]] = frozenset({cut_in_body, stall_in_body})

    def _speak(self, client: socket.socket) -> None:
        with socket.create_connection(self._vendor, _SECONDS) as server:

            def asked(said: bytes) -> bytes:
                server.sendall(said)
                answer = _answer(server)
                if not answer:
                    raise ConnectionAbortedError  # the server has gone: so does whoever asks
                return answer

            client.sendall(_answer(server))
            mail = False
            while said := client.recv(_CHUNK):
                while mail and not said.endswith(_END):
                    said += client.recv(_CHUNK)
                if not self._take(client, said, b"", forward=asked, wrote=mail):
                    return
                mail = said.strip().upper() == b"DATA"


def _answer(server: socket.socket) -> bytes:
    """Read all lines of an answer; whatever has come where the server goes away."""
    said = b""
    while not _LAST_LINE.search(said) and (more := server.recv(_CHUNK)):
        said += more
    return said
