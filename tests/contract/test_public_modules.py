"""Everything that is public behind the door: it can be imported by itself, and its annotations can be read."""

import importlib
import inspect
import pkgutil
import subprocess
import sys
import typing

import attrs
import pytest

import supporttiers
from supporttiers.diagrams import Ladder

# what can be imported only with an extra, or does something when it is
NOT_FOR_IMPORT = {"supporttiers.__main__"}
# whose base, of another package, has annotations that cannot be read at run time
LATE = {"Ladder": Ladder}
"""What is loaded when it is used first: a desk that only runs draws nothing."""
OF_OTHERS = {"supporttiers.testing.strategies.machines.SupportMachine"}


def public_modules():
    """Name every module without a leading underscore in its path."""
    found = [module.name for module in pkgutil.walk_packages(supporttiers.__path__, "supporttiers.")]
    return sorted(
        name for name in found
        if name not in NOT_FOR_IMPORT and not any(part.startswith("_") for part in name.split("."))
    )  # fmt: skip


MODULES = public_modules()


def run(code):
    """Run a few lines in a fresh interpreter, and give what they print."""
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout.split()


def test_star_import_gives_the_door():
    """`from supporttiers import *` gives every name of the door."""
    code = "from supporttiers import *; import supporttiers; print(*(set(supporttiers.__all__) - set(globals())))"

    assert [] == run(code)


def test_type_checkers_see_what_the_door_exports():
    """The names imported for type checkers are those that are loaded at run time, from the same homes."""
    source = inspect.getsource(supporttiers)
    block = source.partition("if TYPE_CHECKING:\n")[2].partition("\n\n")[0]
    space = {}
    exec("\n".join(line[4:] for line in block.splitlines()), space)

    space.pop("__builtins__")
    assert {name: getattr(supporttiers, name) for name in supporttiers.__all__} == space


@pytest.mark.parametrize("name", MODULES)
def test_public_module_can_be_imported_by_itself(name):
    """No module needs another one to have been imported first, and each says what it is for."""
    code = f"import sys, {name} as module; print(bool(module.__doc__))"

    assert ["True"] == run(code)


def own_objects(name):
    """Give every public class and function that lives in a module."""
    for label, value in vars(importlib.import_module(name)).items():
        own = getattr(value, "__module__", None) == name and not label.startswith("_")
        own = own and f"{name}.{label}" not in OF_OTHERS
        if own and (inspect.isclass(value) or inspect.isfunction(value)):
            yield pytest.param(value, id=f"{name}.{label}")


HELD = [held for name in MODULES for held in own_objects(name)]


@pytest.mark.parametrize("held", HELD)
def test_type_hints_of_what_users_hold_can_be_read(held):
    """Tools that read annotations at run time (cattrs, FastAPI, documentation) find every name."""
    typing.get_type_hints(held)
    if attrs.has(held):
        attrs.resolve_types(held)
    methods = (
        [value for label, value in vars(held).items() if not label.startswith("_")] if inspect.isclass(held) else []
    )
    for method in methods:
        if inspect.isfunction(method):
            typing.get_type_hints(method, localns=LATE)


@pytest.mark.parametrize("held", HELD)
def test_what_users_hold_says_what_it_is(held):
    """Every public class and function has a docstring of its own."""
    assert held.__doc__
    assert held.__doc__.strip()[-1] not in {",", ";"}
