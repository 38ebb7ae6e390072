"""Plugins on the command line: listed, and taken by every command that may need one."""

import pytest

from supporttiers import SupportDesk

MODULE = """
from supporttiers import AsyncSupportDesk, Reason, Refusal, SupportDesk, SupportProcess
from supporttiers.backends.storage.sqlite import SqliteStore
from supporttiers.hookspecs import hookimpl


class NobodyCloses:
    name = "acme.nobody-closes"
    revision = 1

    def permit(self, situation):
        return Refusal(Reason("acme.no")) if situation.trigger == "close" else None


@hookimpl
def supporttiers_policies():
    return [NobodyCloses]


@hookimpl
def supporttiers_store(url):
    return SqliteStore(url.removeprefix("acme:")) if url.startswith("acme:") else None


class Watching:
    name = "watching"

    @hookimpl
    def supporttiers_event(self, event):
        print(event.version)


watching = Watching()
desk = SupportDesk(SupportProcess.default(), plugins=[watching])
awaited = AsyncSupportDesk(SupportProcess.default(), plugins=[watching])
"""
FILE = """
process = { name = "own" }
tiers = [{ level = 1, name = "First" }]
limits = [{ name = "r", target = "1h", thresholds = [{ at = "100%", do = ["notify:manager"] }] }]
policies = [{ use = "acme.nobody-closes" }]
"""
NAMED = ("--plugins", "own_plugin_of_acme")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Stand in a directory with a process file and a plugin."""
    (tmp_path / "own_plugin_of_acme.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "own.toml").write_text(FILE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    return tmp_path


def test_plugins_are_listed_in_the_order_in_which_they_are_asked(run, folder):
    """Each hook has its lines, also one that nobody implements."""
    done = run("plugins", *NAMED, "--plugins", "own_plugin_of_acme:watching")

    assert 0 == done.code
    lines = [line.split()[:3] for line in done.out.splitlines()]
    assert [
        ["hook", "asked", "plugin"],
        ["supporttiers_event", "1", "watching"],
        ["supporttiers_facts", "-", "-"],
        ["supporttiers_notifier", "1", "supporttiers"],
        ["supporttiers_policies", "1", "own_plugin_of_acme"],
        ["supporttiers_policies", "2", "supporttiers"],
        ["supporttiers_store", "1", "own_plugin_of_acme"],
        ["supporttiers_store", "2", "supporttiers"],
        ["supporttiers_vendor", "1", "supporttiers"],
    ] == lines


@pytest.mark.parametrize("desk", ["desk", "awaited"])
def test_plugins_of_a_desk_are_listed(run, folder, desk):
    """Those of the host's own desk, called or awaited, also for programs."""
    listed = run("plugins", "--desk", f"own_plugin_of_acme:{desk}", "--json").json()
    watching = {"name": "watching", "distribution": None, "version": None, "api": 1}

    assert 1 == listed["api"]
    assert {"hook": "supporttiers_event", "plugins": [watching]} == listed["hooks"][0]


def install(folder, *names):
    """Lay packages into a directory as an installer does."""
    for name in names:
        info = folder / f"{name}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[supporttiers]\n{name} = plug_{name}\n", encoding="utf-8")


def test_installed_plugins_that_were_not_loaded_are_told(run, folder):
    """Whoever looks for theirs learns why it is not there."""
    install(folder, "zoo")
    one = run("plugins").out
    install(folder, "zebra")
    two = run("plugins", *NAMED).out

    assert one.endswith("\n\n1 installed plugin was not loaded; --entry-points loads 'zoo' (zoo 1.2)\n")
    told = "\n\n2 installed plugins were not loaded; --entry-points loads 'zebra' (zebra 1.2), 'zoo' (zoo 1.2)\n"
    assert two.endswith(told)
    assert "installed" not in run("plugins", "--desk", "own_plugin_of_acme:desk").out
    assert {"api", "hooks"} == run("plugins", "--json").json().keys()


def test_errors_of_plugins_speak_of_options(run, folder):
    """Not of arguments of Python."""
    install(folder, "zoo")
    broken = run("plugins", "--entry-points")
    unknown = run("list", "--store", "acme:support.db")

    assert 2 == broken.code
    assert "mend it, or block it with --blocked zoo\n" in broken.err
    assert "--entry-points asks what is installed, too: 'zoo' (zoo 1.2)" in unknown.err


def test_policy_may_be_that_of_a_plugin(run, folder):
    """Whoever checks a file is told how to name it."""
    done = run("check", "own.toml")

    assert "with --policies MODULE:CLASS, or plugins that have them with --plugins MODULE or --entry-points" in done.out


def test_desk_brings_its_own_plugins(run, folder):
    """Others beside it would have no effect."""
    done = run("plugins", "--desk", "own_plugin_of_acme:desk", "--entry-points")

    assert (2, "") == (done.code, done.out)
    assert "--desk brings its own plugins; leave --plugins, --entry-points and --blocked out" in done.err


def test_plugin_that_cannot_be_had_is_the_callers_matter(run, folder):
    """Also when only policies are wanted."""
    done = run("check", "own.toml", "--plugins", "nowhere_at_all")

    assert 2 == done.code
    assert "'nowhere_at_all' does not fit: it cannot be imported" in done.err


def test_process_file_is_checked_with_policies_of_plugins(run, folder, monkeypatch):
    """Modules of the current directory are found, also where the program's own directory is searched first."""
    monkeypatch.setattr("sys.path", [entry for entry in __import__("sys").path if entry])
    assert 1 == run("check", "own.toml").code
    assert 0 == run("check", "own.toml", *NAMED).code
    assert 0 == run("diagram", "own.toml", *NAMED).code
    assert 0 == run("check", "own.toml", *NAMED, "--entry-points", "--blocked", "zoo").code


def test_store_of_a_plugin_is_worked_on(run, folder):
    """Its tables, its cases, and what waits in it."""
    store = ("--store", "acme:support.db", *NAMED)
    assert 3 == run("db", "status", "--store", "acme:support.db").code
    assert 0 == run("db", "upgrade", *store).code
    assert 0 == run("db", "status", *store).code
    with SupportDesk("own.toml", store="acme:support.db", plugins=["own_plugin_of_acme"]) as desk:
        desk.open(id="T-1", by="jane")

    assert 3 == run("show", "T-1", "--store", "acme:support.db").code
    assert "T-1" in run("show", "T-1", *store).out
    assert "T-1" in run("list", *store).out
    assert 0 == run("status", *store).code
    assert 0 == run("worker", "--once", "--process", "own.toml", *store).code
    assert 0 == run("redact", "T-1", "--by", "mona", *store).code


def test_worker_tells_observers(run, folder, url):
    """The worker has the plugin, so that it can tell it."""
    watching = ("own_plugin_of_acme", "own_plugin_of_acme:watching")
    with SupportDesk("own.toml", store=url, plugins=watching) as desk:
        desk.open(id="T-1", by="jane")
    named = [word for name in watching for word in ("--plugins", name)]
    done = run("worker", "--once", "--process", "own.toml", "--store", url, *named)

    assert "1" == done.out.splitlines()[0]


LOG = "case,when,what,who\nT-1,2026-03-23T09:00:00Z,new,desk\n"
MAPPING = """
columns = { case = "case", time = "when", status = "what", team = "who" }
statuses.rules = [{ log = "new", status = "queued" }]
tiers = { default = 1 }
"""


def test_log_is_replayed_with_policies_and_a_store_of_plugins(run, folder):
    """The process file names the policy, the command the store."""
    (folder / "log.csv").write_text(LOG, encoding="utf-8")
    (folder / "map.toml").write_text(MAPPING, encoding="utf-8")
    words = ("replay", "log.csv", "--mapping", "map.toml", "--process", "own.toml", "--store", "acme:cases.db")
    assert 1 == run(*words).code
    done = run(*words, *NAMED, "--json")

    assert (0, 1) == (done.code, done.json()["cases"])
    assert (folder / "cases.db").is_file()
