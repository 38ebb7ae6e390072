"""What the tests of the command line share: running it in this process, and a store to look into."""

import json
from types import SimpleNamespace

import pytest

from supporttiers import Actor, Attachment, FakeClock, SupportDesk, SupportProcess
from supporttiers.cli import main


@pytest.fixture
def run(capsys):
    """Run a command; give its exit code, its output, its error output, and the output read as JSON."""

    def run(*argv):
        capsys.readouterr()
        try:
            code = main([str(word) for word in argv])
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        return SimpleNamespace(code=code, out=out, err=err, json=lambda: json.loads(out))

    return run


@pytest.fixture
def clock():
    """Give a clock that stands at nine."""
    return FakeClock("2026-03-23T09:00Z")


@pytest.fixture
def database(tmp_path):
    """Give the path at which the store lies."""
    return tmp_path / "support.db"


@pytest.fixture
def url(database):
    """Give the URL of the store."""
    return f"sqlite:///{database.as_posix()}"


@pytest.fixture
def desk(url, clock):
    """Give a desk on the store, of the default process."""
    desk = SupportDesk(SupportProcess.default(), store=url, clock=clock)
    yield desk
    desk.shut_down()


@pytest.fixture
def case(desk, clock):
    """Give a case that was opened with everything, replied to, and moved up by time."""
    case = desk.open(
        "Printer \x1b[31mred", text="First line\nsecond line", by=Actor.customer("jane"), id="T-1", category="printing",
        priority="high", tags=["loud"], attributes={"room": "12"}, channel="mail",
    )  # fmt: skip
    case = desk.attach(case, by="jane", attachments=[Attachment(id="f-1", name="secret.png")])
    case = desk.reply(case, by="bob", text="Which font?", reason="to be sure")
    clock.advance("15m")
    desk.run_due()
    return desk.get(case.id)
