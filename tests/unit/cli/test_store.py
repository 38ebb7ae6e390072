import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = [["show", "T-1"], ["list"], ["verify"], ["verify", "T-1"]]


@pytest.mark.parametrize("command", COMMANDS)
def test_reading_makes_no_store(run, tmp_path, command):
    """A file that is not there is an error, and is not there afterwards either."""
    done = run(*command, "--store", f"sqlite:///{tmp_path / 'no.db'}")

    assert (3, "") == (done.code, done.out)
    assert "no.db: there is no such file, and none is made" in done.err
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"no database at all, but some text that is long enough"])
def test_reading_leaves_a_strangers_file_alone(run, tmp_path, content):
    """An empty file, or one of something else, gets no tables."""
    file = tmp_path / "other.db"
    file.write_bytes(content)

    done = run("list", "--store", f"sqlite:///{file}")

    assert 3 == done.code
    assert "the file is no store of supporttiers, and was left as it is" in done.err
    assert (content, [file]) == (file.read_bytes(), list(tmp_path.iterdir()))


def test_reading_of_a_directory_is_refused(run, tmp_path):
    """A directory is named for what it is."""
    done = run("list", "--store", f"sqlite:///{tmp_path}")

    assert (3, "") == (done.code, done.out)
    assert "that is a directory; name a file" in done.err


def test_reading_says_when_a_store_cannot_be_read(run, tmp_path):
    """A store that SQLite cannot open is not called somebody else's file."""
    file = tmp_path / "shop.db"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE supporttiers_version (version INTEGER)")
    connection.close()
    (tmp_path / "shop.db-wal").mkdir()
    done = run("list", "--store", f"sqlite:///{file}")

    assert (3, "") == (done.code, done.out)
    assert "it cannot be read: " in done.err


def test_reading_leaves_another_database_alone(run, tmp_path):
    """A database of another program is not taken over."""
    file = tmp_path / "other.db"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE birds (name TEXT)")
    connection.close()
    before = file.read_bytes()

    assert 3 == run("verify", "--store", f"sqlite:///{file}").code
    assert before == file.read_bytes()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("memory:", "what is in memory is gone with the process that put it there; name a file"),
        ("support.db", "no store is known for this URL; possible are sqlite:///file.db"),
        ("sqlite:support.db", "its URL names no file"),
    ],
)
def test_url_of_no_file_is_refused(run, url, said):
    """An URL that can hold no cases to read is told with what is possible."""
    done = run("list", "--store", url)

    assert (3, "") == (done.code, done.out)
    assert said in done.err


def test_reading_writes_nothing(run, case, desk, database, url):
    """Looking into a store changes no byte of it."""
    desk.shut_down()
    before = database.read_bytes()

    for command in (["show", case.id], ["list"], ["verify"]):
        assert 0 == run(*command, "--store", url).code

    assert before == database.read_bytes()


def test_path_with_blanks_is_found(run, tmp_path, clock):
    """Characters that mean something in URLs are taken as they are."""
    from supporttiers import SupportDesk, SupportProcess

    url = f"sqlite:///{tmp_path}/a b%20#.db"
    desk = SupportDesk(SupportProcess.default(), store=url, clock=clock)
    desk.open(by="jane", id="T-1")
    desk.shut_down()

    assert 0 == run("show", "T-1", "--store", url).code


@pytest.mark.parametrize(
    ("settings", "content", "said"),
    [
        ("no_such_project.settings", "", "Django cannot be set up (ModuleNotFoundError: No module named 'no_such_pro"),
        ("broken_settings", "1 / 0", "Django cannot be set up (ZeroDivisionError: division by zero)"),
        (None, "", "Django cannot be set up (ImproperlyConfigured: Requested setting"),
    ],
)
@pytest.mark.parametrize("command", [["status"], ["db", "status"]])
def test_django_that_cannot_be_set_up_is_told(tmp_path, settings, content, said, command):
    """Settings are the host's own code: whatever they raise is one line, and says what to do."""
    (tmp_path / "broken_settings.py").write_text(content, "utf-8")
    environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    environment |= {} if settings is None else {"DJANGO_SETTINGS_MODULE": settings}
    environment["PYTHONPATH"] = os.pathsep.join(str(Path(one).resolve()) for one in sys.path if one)
    line = [sys.executable, "-P", "-m", "supporttiers", *command, "--store", "django:default"]
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert (3, "") == (done.returncode, done.stdout)
    assert 1 == done.stderr.count("\n")
    assert done.stderr.startswith(f"supporttiers: django: {said}")
    assert "name the settings with DJANGO_SETTINGS_MODULE, and run this where manage.py lies" in done.stderr
