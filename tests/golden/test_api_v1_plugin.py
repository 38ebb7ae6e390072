"""A plugin that was written for version 1 of the hooks goes on working, unmodified."""

import hashlib
import importlib.util
from pathlib import Path

import pytest

from supporttiers import AsyncSupportDesk, FakeClock, SupportDesk
from supporttiers.hookspecs import API

FILE = Path(__file__).with_name("api_v1_plugin.py")
DIGEST = "5f1fa6e863696978983927e1f3530f25ebef45be974a529db989903a8da3b2ca"
PROCESS = """
process = { name = "v1", entry = [2] }
tiers = [
    { level = 1, name = "First", escalates_to = [2] },
    { level = 2, name = "Second", escalates_to = [4] },
    { level = 4, name = "Vendor", kind = "vendor", vendor = "v1-vendor", hands_back_to = [2] },
]
policies = [{ use = "v1.route-gold", tier = 2 }]
"""


@pytest.fixture
def plugin():
    """Load the file anew."""
    spec = importlib.util.spec_from_file_location("api_v1_plugin", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def parts(tmp_path, plugin):
    """Give what a desk is handed."""
    path = tmp_path / "v1.toml"
    path.write_text(PROCESS, encoding="utf-8")
    clock = FakeClock("2026-03-23T09:00Z")
    named = {"store": "v1:", "notifiers": ["v1:pager"], "vendors": {"v1-vendor": {"first": "V-1"}}}
    return path, {**named, "plugins": [plugin], "clock": clock}


def test_file_is_what_it_was():
    """Whoever changes it hides that plugins of others would have to be changed."""
    assert DIGEST == hashlib.sha256(FILE.read_text("utf-8").encode()).hexdigest()
    assert API >= 1


def test_plugin_of_version_1_works(parts, plugin):
    """Every hook does what it did: a case is routed, told of, sent to a vendor, comes back, and is not closed."""
    path, ports = parts
    desk = SupportDesk(path, **ports)
    case = desk.open("Stuck", id="T-1", by="jane", customer="c-1", priority="critical")
    assert 2 == case.tier
    desk.inform_management(case, by="bob")
    desk.escalate(case, by="bob")
    desk.run_due()
    ports["clock"].advance("2m")
    desk.run_due()
    [ticket] = desk.get("T-1").vendor_tickets
    assert ("V-1", "resolved") == (ticket.remote_id, str(ticket.status))
    desk.run_due()

    assert ("manager", [], "T-1") in [sent[1:4] for sent in plugin.SENT]
    assert [("default", "T-1", event.version, type(event).__name__) for event in desk.history("T-1")] == plugin.TOLD
    [refused] = [each for each in desk.options(desk.resolve("T-1", by="bob"), by="bob") if each.trigger == "close"]
    assert ["v1.not_critical"] == [reason.code for reason in refused.refused]


def test_plugin_of_version_1_works_where_it_is_awaited(parts, plugin):
    """The desk for asyncio takes it as it is."""
    import asyncio

    path, ports = parts

    async def story():
        async with AsyncSupportDesk(path, **ports) as desk:
            case = await desk.open(id="T-1", by="jane", customer="c-1")
            await desk.run_due()
            return case

    case = asyncio.run(story())
    assert (2, case.version) == (case.tier, len(plugin.TOLD))
