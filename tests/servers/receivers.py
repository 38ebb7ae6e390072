"""HTTP receivers that do as a test says: they answer, hang, drip, redirect, or send more than anybody wants."""

import contextlib
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE = 20


class Receiver:
    """
    A receiver on a socket of this machine.

    `answers` are taken in turn, and the last one stays: a status, a status with headers, or a function that is handed
    the handler and writes what it likes. `requests` holds what came: method, path, headers and body.
    """

    def __init__(self, context: ssl.SSLContext | None = None):
        self.answers = [200]
        self.requests = []
        self.over = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                receiver.requests.append((self.command, self.path, dict(self.headers.items()), body))
                answers = receiver.answers
                receiver.give(self, answers.pop(0) if len(answers) > 1 else answers[0])

            def do_GET(self):
                self.do_POST()

            def log_message(self, *args):
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request, client_address):
                """Whoever has gone away is not spoken of."""

        self._server = Server(("127.0.0.1", 0), Handler)
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        scheme = "http" if context is None else "https"
        self.url = f"{scheme}://localhost:{self._server.server_port}/in/s3cret?team=a"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def give(self, handler, answer):
        """Answer one request."""
        if callable(answer):
            answer(handler)
            return
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def hang(self, handler):
        """Take the request, and never answer."""
        self.over.wait(PATIENCE)

    def drip(self, handler):
        """Begin an answer, and go on with it a byte at a time, for ever."""
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.over.wait(0.05):
            handler.wfile.write(b"x")

    def vanish(self, handler):
        """Take the request, and break off."""
        handler.close_connection = True
        handler.connection.close()

    def gush(self, handler):
        """Answer with ten megabytes."""
        handler.send_response(200)
        handler.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(160):
                handler.wfile.write(b"x" * 65536)

    def close(self):
        """End it."""
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextlib.contextmanager
def receiver(context=None):
    """Run a receiver as long as the context lasts."""
    found = Receiver(context)
    try:
        yield found
    finally:
        found.close()


@contextlib.contextmanager
def listener(speak):
    """Listen, and hand each connection to a function in a thread of its own; give the port."""
    import socket

    server = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def run():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    def serve(connection):
        with connection, contextlib.suppress(OSError):
            speak(connection, over)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        over.set()
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()
