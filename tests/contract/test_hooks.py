"""Every hook is specified, documented with the same signature, and tested."""

import inspect
import re
from pathlib import Path

import pytest

from supporttiers import hookspecs

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/hooks.md").read_text("utf-8")
HOOKS = [name for name in hookspecs.__all__ if name.startswith("supporttiers_")]


def section(name):
    """Give what stands under the heading of a hook."""
    [found] = re.findall(rf"^## {name}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return found


def test_contract_names_everything_that_is_specified():
    """`__all__` has every hook, and what plugins need to implement them; each is marked as a specification."""
    marked = {name for name, value in vars(hookspecs).items() if hasattr(value, "supporttiers_spec")}

    assert {*marked, "API", "hookimpl", "hookspec"} == set(hookspecs.__all__)


def test_page_lists_exactly_the_hooks():
    """Each has its row and its section, and no other has."""
    assert HOOKS == sorted(re.findall(r"^## (supporttiers_\w+)$", PAGE, re.MULTILINE))
    assert HOOKS == sorted(re.findall(r"^\| `(supporttiers_\w+)` \|", PAGE, re.MULTILINE))


@pytest.mark.parametrize("name", HOOKS)
def test_page_has_the_signature_of_a_hook(name):
    """The documented signature is the specified one, word for word, and every argument has its row."""
    hook = getattr(hookspecs, name)
    [specified] = re.findall(r"^def (.*):$", inspect.getsource(hook), re.MULTILINE)
    [documented] = re.findall(r"```text\n(.*?)\n```", section(name), re.DOTALL)

    assert specified == documented
    assert list(inspect.signature(hook).parameters) == re.findall(r"^\| `(\w+)` \|", section(name), re.MULTILINE)


@pytest.mark.parametrize("name", HOOKS)
def test_contract_says_what_each_argument_means(name):
    """A hook's docstring names its arguments and begins with what is wanted of it."""
    hook = getattr(hookspecs, name)

    assert all(f"{argument}: " in hook.__doc__ for argument in inspect.signature(hook).parameters)
    assert inspect.signature(hook).return_annotation is not inspect.Signature.empty


@pytest.mark.parametrize("name", HOOKS)
def test_hook_that_hands_over_an_object_is_answered_by_the_first(name):
    """Those that hand over one object stop at the first answer, all others ask everybody."""
    hands_over = name in {"supporttiers_store", "supporttiers_notifier", "supporttiers_vendor"}

    assert hands_over is getattr(hookspecs, name).supporttiers_spec["firstresult"]


@pytest.mark.parametrize("name", HOOKS)
def test_hook_has_a_test(name):
    """There is a test by the name of each hook."""
    tests = (ROOT / "tests/unit/test_hooks.py").read_text("utf-8")

    assert re.search(rf"^def test_hook_{name}_", tests, re.MULTILINE)


def test_page_gives_the_version():
    """What the page says of the version is what the contract says."""
    assert f"version {hookspecs.API} of it" in " ".join(PAGE.split())
    assert f"version {hookspecs.API}" in hookspecs.__doc__
