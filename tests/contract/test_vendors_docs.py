"""The reference page of vendors names what there is."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from supporttiers.backends.vendor import USES
from supporttiers.errors import PluginError

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "vendors.md").read_text("utf-8")
GATEWAYS = {use: home for use, home in USES.items() if use != "memory"}


def section(heading):
    """Give what stands under a heading."""
    [found] = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return found


def words_of(use):
    """Give the settings of a gateway: those that it says are possible when it does not know one."""
    module, kind = USES[use]
    gateway = getattr(import_module(f"supporttiers.backends.vendor.{module}"), kind)
    with pytest.raises(PluginError) as caught:
        gateway.from_settings("acme", {"use": use, "qqqqqq": ""})
    return set(re.findall(r"[a-z_]+", caught.value.problem.partition("possible are: ")[2]))


def test_vendors_page_names_every_use():
    """With its class, and how it is tested."""
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)\.(\w+)` \|.*\| (.*) \|$", PAGE, re.MULTILINE)

    assert dict(USES) == {use: (module, kind) for use, module, kind, _ in rows}
    assert all("live-tested" in tested or "recorded" in tested for *_, tested in rows)


@pytest.mark.parametrize("use", GATEWAYS)
def test_vendors_page_lists_every_setting(use):
    """In the section of its class; those of all gateways stand above."""
    listed = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\|(.*?)\|", section(USES[use][1]), re.MULTILINE))))
    common = {"use", "timeout", "statuses"}

    assert common <= set(re.findall(r"^\| `(\w+)` \|", section("Settings"), re.MULTILINE))
    assert words_of(use) - common <= listed
