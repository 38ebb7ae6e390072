"""The front door: what it names is there, from the module that owns it, and is loaded only when it is asked for."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import supporttiers

SRC = Path(supporttiers.__file__).parent


@pytest.mark.parametrize("name", supporttiers.__all__)
def test_export_lives_in_a_public_module(name):
    """Each name is there, and is the same object as in the module that defines it."""
    found = getattr(supporttiers, name)
    home = importlib.import_module(found.__module__)

    assert found is getattr(home, name)
    assert not any(part.startswith("_") for part in found.__module__.split("."))


def test_exports_are_the_names_with_a_home():
    """`__all__`, `dir()` and the homes speak of the same names, each once."""
    assert sorted(supporttiers._HOME_OF) == sorted(supporttiers.__all__) == dir(supporttiers)
    assert len(set(supporttiers.__all__)) == len(supporttiers.__all__)


def test_door_refuses_what_it_does_not_have():
    """A wrong name is told like that of any module."""
    with pytest.raises(AttributeError, match="module 'supporttiers' has no attribute 'Ticket'"):
        supporttiers.Ticket  # noqa: B018 - asking is the test


def _in_a_new_process(code):
    """Run code, and give what it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_door_loads_nothing_before_it_is_asked():
    """Importing the package costs next to nothing."""
    loaded = _in_a_new_process(
        "import json, sys, supporttiers; print(json.dumps([m for m in sys.modules if m.startswith('supporttiers')]))"
    )

    assert ["supporttiers"] == loaded


def test_door_loads_what_is_asked_for_once():
    """Asking loads the home and what it needs, no more; the name then stands in the door itself."""
    found = _in_a_new_process(
        "import json, sys, supporttiers; supporttiers.Reason; "
        "mine = sorted(m for m in sys.modules if m.startswith('supporttiers')); "
        "print(json.dumps([mine, 'Reason' in vars(supporttiers)]))"
    )

    assert [["supporttiers", "supporttiers.reasons"], True] == found


def test_desk_loads_no_store_that_is_not_used():
    """A desk in memory does not load SQLite."""
    loaded = _in_a_new_process(
        "import json, sys; from supporttiers import SupportDesk, SupportProcess; "
        "SupportDesk(SupportProcess.default()); "
        "print(json.dumps('supporttiers.backends.storage.sqlite' in sys.modules))"
    )

    assert loaded is False


def test_desk_loads_asyncio_only_for_those_who_await():
    """It takes as long to load as all the rest of the package."""
    loaded = _in_a_new_process(
        "import json, sys; from supporttiers import AsyncSupportDesk, SupportDesk, SupportProcess; "
        "AsyncSupportDesk(SupportProcess.default()); SupportDesk(SupportProcess.default()).open(by='jane'); "
        "print(json.dumps('asyncio' in sys.modules))"
    )

    assert loaded is False


def test_testing_loads_no_pytest():
    """Only the suites know it, so that nobody has to install it for a clock or a situation."""
    loaded = _in_a_new_process(
        "import json, sys; import supporttiers.testing.situations, supporttiers.testing.builders, supporttiers.cli; "
        "print(json.dumps([name for name in ('pytest', '_pytest') if name in sys.modules]))"
    )

    assert [] == loaded


def test_package_is_typed():
    """Type checkers of hosts read our annotations."""
    assert (SRC / "py.typed").is_file()
