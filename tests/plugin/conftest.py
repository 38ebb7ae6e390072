"""What the tests of the plugin for pytest share: a directory of tests that somebody has written, and running it."""

import shutil
from pathlib import Path

import pytest

import supporttiers.testing.pytest_plugin._accounts
import supporttiers.testing.pytest_plugin._fixtures
import supporttiers.testing.pytest_plugin._page
import supporttiers.testing.pytest_plugin._scenarios  # noqa: F401 - a run within this process forgets what it loads first
from supporttiers.testing import Rehearsal
from supporttiers.testing.accounts import Account, take

ROOT = Path(__file__).parents[2]
PLUGIN = "supporttiers.testing.pytest_plugin"


@pytest.fixture(scope="session", autouse=True)
def _loaded(tmp_path_factory):
    """Load what a rehearsal and its picture load when they are first asked for: each run would load it anew."""
    store = f"sqlite:///{tmp_path_factory.mktemp('plugin')}/loaded.db"
    with Rehearsal(ROOT / "examples" / "acme.toml", directory=ROOT / "examples" / "people.toml", store=store) as found:
        found.open("Printer", by="jane")
        Account.of(take(found), pictures=True)


@pytest.fixture
def run(pytester, request, monkeypatch):
    """Run tests that lie beside `acme.toml`; the plugin is there also where the package is not installed."""
    monkeypatch.delenv("CI", raising=False)  # with it pytest tells failures once more, at full length
    shutil.copy(ROOT / "examples" / "acme.toml", pytester.path)
    shutil.copy(ROOT / "examples" / "people.toml", pytester.path)
    pytester.makeini("[pytest]\nstrict = true\nfilterwarnings = error\n")
    found = request.config.pluginmanager.has_plugin("supporttiers")
    own = ["-p", "no:cacheprovider", "-p", "no:django", *([] if found else ["-p", PLUGIN])]

    def run(*words, how="runpytest_inprocess", **files):
        for name, text in files.items():
            (pytester.path / f"{name}.py").write_text(text, "utf-8")
        return getattr(pytester, how)(*own, *words)

    return run
