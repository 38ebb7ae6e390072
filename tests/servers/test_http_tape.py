"""What is recorded beside a server is played back as it was, and holds no secret."""

from datetime import UTC, datetime, timedelta

import attrs
import pytest
from tests.servers import http_tape
from tests.servers.receivers import receiver

from supporttiers.backends.transport import HttpRequest

AT = datetime(2026, 3, 23, 9, tzinfo=UTC)
WITHIN = timedelta(seconds=10)
BODIES = [b'{"token": "hunter2"}', "schön, hunter2".encode(), b"\xff\x00", b""]


def say(body):
    """Answer with a body."""

    def answer(handler):
        handler.send_response(201)
        handler.send_header("Content-Type", "text/odd")
        handler.send_header("Set-Cookie", "hunter2")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def requests(url):
    """Ask for things."""
    for number, body in enumerate(BODIES):
        yield HttpRequest(
            method="POST", url=f"{url}/{number}?key=hunter2", headers={"authorization": "hunter2"}, body=body
        )


@pytest.fixture
def tape(tmp_path):
    """Record exchanges, write them, and read them."""
    with receiver() as found:
        url = found.url.split("/in/", maxsplit=1)[0]
        found.answers = [say(body) for body in BODIES]
        recorder = http_tape.Recorder(url, secrets=["hunter2"])
        for request in requests(url):
            recorder.send(request, within=WITHIN)
    live = http_tape.Tape(about="a test", at=AT, exchanges=tuple(recorder.exchanges))
    http_tape.write(tmp_path / "tape.json", live)
    assert "hunter2" not in (tmp_path / "tape.json").read_text("utf-8")
    assert live == http_tape.read(tmp_path / "tape.json")
    return live


def played(tape, bodies):
    """Ask a record."""
    player = http_tape.Player(tape)
    for number, body in enumerate(bodies):
        yield player.send(
            HttpRequest(method="POST", url=f"{http_tape.URL}/{number}?key=SECRET", body=body), within=WITHIN
        )


def test_record_is_played_back_without_its_secrets(tape):
    """Bodies of all kinds come as they came; of the headers only some, and none that was sent."""
    clean = [body.replace(b"hunter2", b"SECRET") for body in BODIES]
    answers = list(played(tape, clean))

    assert clean == [answer.body for answer in answers]
    assert [(201, {"content-type": "text/odd"})] * 4 == [(answer.status, answer.headers) for answer in answers]


def test_record_answers_nobody_who_asks_for_something_else(tape):
    """A gateway that has changed what it says is found out, and so is one that asks for more."""
    with pytest.raises(AssertionError):
        list(played(tape, [b"{}"]))
    with pytest.raises(AssertionError, match="nothing more is on record"):
        list(played(attrs.evolve(tape, exchanges=tape.exchanges[:1]), [b'{"token": "SECRET"}', b""]))


def test_shape_is_the_same_on_each_day():
    """Numbers and words differ; a name that is gone, or a value of another kind, is a difference."""

    def shape(number, value):
        answered = (200, {"etag": str(number)}, {"json": [value]})
        return http_tape.shape(http_tape.Exchange(asked=("GET", f"/issues/{number}", {"text": ""}), answered=answered))

    assert shape(1, {"id": 1, "name": "New"}) == shape(27, {"id": 3, "name": "Closed"})
    assert shape(1, {"id": 1}) != shape(1, {"id": "1"})
    assert shape(1, {"id": 1}) != shape(1, {"number": 1})
