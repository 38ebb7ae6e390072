"""
Exchanges by HTTP on record: made beside a live server, and played back where there is none.

A record is a JSON file: what it is about, when it was made, and the exchanges in order. Of what was asked it holds the
method, the address below that of the server, and the body; of the answer the number, a few headers, and the body. No
header that was sent stands in it, so that no key does; secrets in addresses and bodies are written as `SECRET`, and the
server's address as `http://vendor.test`.
"""

import base64
import json
import re
from datetime import datetime
from pathlib import Path

import attrs

from supporttiers.backends.transport import HttpResponse, HttpTransport

URL = "http://vendor.test"
KEPT = ("content-type", "etag", "link", "location", "retry-after")


@attrs.frozen(kw_only=True)
class Exchange:
    """A request, as (method, target, body), and its answer, as (status, headers, body); bodies as a record has them."""

    asked: tuple
    answered: tuple


@attrs.frozen(kw_only=True)
class Tape:
    """What is on record: what it is about, when it was made, by the clock of whoever asked, and the exchanges."""

    about: str
    at: datetime
    exchanges: tuple[Exchange, ...]


class Recorder:
    """
    A transport that carries requests to a live server, and keeps them and their answers in `exchanges`.

    Args:
        url: Of the server, as the gateway has it.
        secrets: Words that must not stand in a record.
        transport: Carries the requests; `HttpTransport()` when None.
    """

    def __init__(self, url, *, secrets=(), transport=None):
        self.exchanges = []
        self._url = url.rstrip("/")
        self._secrets = [secret.encode() for secret in secrets]
        self._transport = transport or HttpTransport()

    def send(self, request, /, *, within):
        """Carry a request, and keep it with its answer."""
        answer = self._transport.send(request, within=within)
        assert answer.whole, "what is on record is on record to its end"
        headers = {name: self._clean(answer.headers[name].encode()).decode() for name in KEPT if name in answer.headers}
        asked = (request.method, self._clean(request.url.encode()).decode().removeprefix(URL), self._body(request.body))
        self.exchanges.append(Exchange(asked=asked, answered=(answer.status, headers, self._body(answer.body))))
        return answer

    def _body(self, body):
        return as_kept(self._clean(body))

    def _clean(self, said):
        said = said.replace(self._url.encode(), URL.encode())
        for secret in self._secrets:
            said = said.replace(secret, b"SECRET")
        return said


class Player:
    """
    A transport that gives the answers on record, in order, to those who ask as it is on record, and to nobody else.

    The gateway's URL is `URL`; `left` holds what has not been asked for yet.
    """

    def __init__(self, tape):
        self.left = list(tape.exchanges)

    def send(self, request, /, *, within):
        """Give the next answer, if this was asked for it."""
        asked = (request.method, request.url.removeprefix(URL), as_kept(request.body))
        assert self.left, f"nothing more is on record, and yet was asked: {asked}"
        on_record = self.left.pop(0)
        assert on_record.asked == asked
        status, headers, body = on_record.answered
        return HttpResponse(status=status, headers=headers, body=as_sent(body), whole=True)


def as_kept(body):
    """Give a body as a record has it: JSON where it is JSON, else text where it is text, else base64."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}
    try:
        return {"json": json.loads(text)}
    except ValueError:
        return {"text": text}


def as_sent(body):
    """Give a body as it goes over the wire."""
    if "base64" in body:
        return base64.b64decode(body["base64"])
    return (json.dumps(body["json"]) if "json" in body else body["text"]).encode()


def write(path, tape):
    """Write a record."""
    exchanges = [
        {
            "asked": dict(zip(("method", "target", "body"), each.asked, strict=True)),
            "answered": dict(zip(("status", "headers", "body"), each.answered, strict=True)),
        }
        for each in tape.exchanges
    ]
    value = {"about": tape.about, "at": tape.at.isoformat(), "exchanges": exchanges}
    Path(path).write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8")


def read(path):
    """Read a record."""
    value = json.loads(Path(path).read_text("utf-8"))
    exchanges = tuple(
        Exchange(asked=tuple(each["asked"].values()), answered=tuple(each["answered"].values()))
        for each in value["exchanges"]
    )
    return Tape(about=value["about"], at=datetime.fromisoformat(value["at"]), exchanges=exchanges)


def shape(exchange):
    """
    Give of an exchange what is the same on each day: numbers and words differ, where they stand does not.

    By it a record is held against what a live server says: the method, the address and the answer's number, and which
    names with which kinds of values stand in the bodies.
    """
    method, target, asked = exchange.asked
    status, headers, answered = exchange.answered
    return method, re.sub(r"\d+", "0", target), _kinds(asked), status, sorted(headers), _kinds(answered)


def _kinds(value):
    if isinstance(value, dict):
        return {name: _kinds(each) for name, each in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(_kinds(each), sort_keys=True) for each in value})
    return type(value).__name__
