"""Every source of facts keeps the same laws: functions of one's own, and what a desk knows by itself."""

import asyncio
import contextlib
from typing import ClassVar

import pytest

from supporttiers import events as happened
from supporttiers._flows import drive, sources_of
from supporttiers._flows.people import read_source
from supporttiers.actors import Agent
from supporttiers.backends.directory.stored import StoredDirectory
from supporttiers.backends.directory.toml import TomlDirectory
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.backends.storage.sqlite import SqliteStore
from supporttiers.facts import FactSource
from supporttiers.testing.builders import going_on, minutes, opening
from supporttiers.testing.suites import FactSourceSuite

PLANS = {"c-1": {"name": "gold", "hours": 4}, "c-2": {"name": "silver", "hours": 8.5, "tags": ["old", None, True]}}


def read_plans(tenant, customers):
    """Read plans of one house."""
    return {key: PLANS[key] for key in customers if key in PLANS and tenant == "default"}


class TestFunction(FactSourceSuite):
    """A function that leaves out what it does not know."""

    @pytest.fixture
    def source(self):
        """Give the source."""
        return FactSource("plan", read_plans)

    @pytest.fixture
    def known(self):
        """Give what it knows."""
        return PLANS

    @pytest.fixture
    def failing(self):
        """Give one whose database is away."""

        def read(tenant, customers):
            raise TimeoutError(str(customers))

        return FactSource("plan", read)


class TestAwaited(TestFunction):
    """The same, as a coroutine function."""

    @pytest.fixture
    def source(self):
        """Give the source."""

        async def read(tenant, customers):
            await asyncio.sleep(0)
            return read_plans(tenant, customers)

        return FactSource("plan", read)

    @pytest.fixture
    def failing(self):
        """Give one whose database is away."""

        async def read(tenant, customers):
            raise TimeoutError(str(customers))

        return FactSource("plan", read)


class TestOneHouse(FactSourceSuite):
    """A source that knows no tenants says so; it has nothing that fails."""

    waived: ClassVar = {"test_tenants_are_kept_apart": "this house has no tenants"}

    @pytest.fixture
    def source(self):
        """Give the source."""
        return FactSource("plan", lambda _tenant, keys: {key: PLANS.get(key) for key in keys})

    @pytest.fixture
    def known(self):
        """Give what it knows."""
        return PLANS


PEOPLE = """
[[agents]]
id = "anna"
teams = ["front", "network"]
skills = ["vpn"]
capacity = { chat = 2, "*" = 5 }
on_call = ["network"]

[[agents]]
id = "bob"
teams = ["network"]
availability = "away"
manages = ["network"]
"""
AGENTS = [
    Agent(id="anna", teams=["front", "network"], skills=["vpn"], capacity={"chat": 2, "*": 5}, on_call=["network"]),
    Agent(id="bob", teams=["network"], availability="away", manages=["network"]),
]
ANNA = {"id": "anna", "skills": ["vpn"], "capacity": {"chat": 2, "*": 5}}
BY_TEAM = {
    "agents": {"front": [ANNA], "network": [ANNA, {"id": "bob", "availability": "away"}]},
    "on_call": {"network": ["anna"]},
    "manager": {"network": "bob"},
}


def called(source):
    """Let a source of the desk's own be read as any other."""
    return FactSource(source.name, lambda tenant, keys: drive(read_source(source, tenant, keys)))


class OfPeople(FactSourceSuite):
    """What a desk knows of the people of a file."""

    waived: ClassVar = {"test_tenants_are_kept_apart": "a people file is of one house"}
    fact: ClassVar[str]

    @pytest.fixture
    def source(self, tmp_path):
        """Give one of the sources that a directory makes."""
        path = tmp_path / "people.toml"
        path.write_text(PEOPLE, encoding="utf-8")
        return called(sources_of(TomlDirectory(path), MemoryStore(), {})[self.fact])

    @pytest.fixture
    def known(self):
        """Give what it knows."""
        return BY_TEAM[self.fact]


class TestAgents(OfPeople):
    fact = "agents"
    nothing: ClassVar = []


class TestOnCall(OfPeople):
    fact = "on_call"
    nothing: ClassVar = []


class TestManager(OfPeople):
    fact = "manager"


class TestWorkload(FactSourceSuite):
    """What a desk knows of the work of agents is counted by the store."""

    nothing: ClassVar = {"open": 0}

    @pytest.fixture
    def store(self):
        """Give an empty store."""
        return MemoryStore()

    @pytest.fixture
    def source(self, store):
        """Give the source, with some work."""
        for agent in AGENTS:
            store.put_agent("default", agent)
        for number, channel in enumerate(["chat", None]):
            first = opening(f"T-{number}", tenant="default", channel=channel, at=minutes(number))
            store.commit([first, going_on(first, happened.CaseAssigned, assignee="anna")])
        return called(sources_of(StoredDirectory(store), store, {})["workload"])

    @pytest.fixture
    def known(self):
        """Give what it knows."""
        assigned_at = minutes(2).isoformat(timespec="microseconds")
        return {"anna": {"open": 2, "channels": {"chat": 1, "": 1}, "assigned_at": assigned_at}, "bob": {"open": 0}}


class TestSqliteWorkload(TestWorkload):
    """The same, in SQL."""

    @pytest.fixture
    def store(self, tmp_path):
        """Give an empty store in a file."""
        with contextlib.closing(SqliteStore(tmp_path / "support.db")) as store:
            yield store


class TestStoredAgents(FactSourceSuite):
    """What a desk knows of the people who are kept beside the cases, of each tenant its own."""

    nothing: ClassVar = []

    @pytest.fixture
    def source(self):
        """Give the source."""
        store = MemoryStore()
        for agent in AGENTS:
            store.put_agent("default", agent)
        return called(sources_of(StoredDirectory(store), store, {})["agents"])

    @pytest.fixture
    def known(self):
        """Give what it knows."""
        return BY_TEAM["agents"]
