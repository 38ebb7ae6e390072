"""Directories: in a file, on the store, and of the host's own."""

import asyncio

import pytest

from supporttiers.actors import Actor, Agent
from supporttiers.backends.directory import House
from supporttiers.backends.directory.stored import AsyncPeople
from supporttiers.backends.directory.toml import TomlDirectory
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.errors import DirectoryError, InputError, PluginError
from supporttiers.protocols import AgentDirectory, Directory, ManagerDirectory, OnCallDirectory, TenantDirectory

PEOPLE = """
[[agents]]
id = "anna"
name = "Anna"
teams = ["front"]
skills = ["vpn"]
capacity = { chat = 2, "*" = 5 }
manager = "mia"

[[agents]]
id = "bob"
teams = ["front", "network"]
capacity = 3
availability = "away"
on_call = ["network"]

[[agents]]
id = "mia"
roles = ["lead"]
manages = ["front", "network"]

[[teams]]
name = "front"
on_call = ["bob", "anna"]

[[teams]]
name = "network"
on_call = ["anna"]
manager = "anna"
"""


@pytest.fixture
def people(tmp_path):
    """Give the path of a file of people."""
    path = tmp_path / "people.toml"
    path.write_text(PEOPLE, "utf-8")
    return path


class Known:
    """A directory that knows names only."""

    def actor(self, id, /):
        """Everybody is an agent."""
        return Actor.agent(id)


def test_toml_directory_knows_the_house(people):
    """Agents by team, those on call with the team's own list first, and managers, the team's own word first."""
    directory = TomlDirectory(people)

    teams = ["front", "network", "nobody"]
    agents = {team: [agent.id for agent in found] for team, found in directory.agents_of(teams).items()}
    assert {"front": ["anna", "bob"], "network": ["bob"], "nobody": []} == agents
    assert {"front": ("bob", "anna"), "network": ("anna", "bob"), "nobody": ()} == directory.on_call_of(teams)
    assert {"front": "mia", "network": "anna", "nobody": None} == directory.managers_of(teams)
    assert ("mia", None, None) == tuple(directory.manager_of(who) for who in ("anna", "bob", "jane"))
    assert (5, None) == (directory.agent("anna").room({}, None), directory.agent("jane"))
    assert str(people) == directory.source


def test_toml_directory_says_who_acts(people):
    """Staff are who they are; everybody else is outside the house."""
    directory = TomlDirectory(people)

    assert Actor.agent("bob") == directory.actor("bob")
    assert Actor.manager("mia", roles=["lead"]) == directory.actor("mia")
    assert Actor.customer("jane") == directory.actor("jane")


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("[[agents]", ["line 1, column 9: is not valid TOML: Expected ']]' at the end of an array declaration"]),
        ("agents = 3", ["agents: must be a list of tables, not int"]),
        ("[[agnets]]", ["agnets: is not known here; did you mean 'agents'? possible are: agents, teams"]),
        ("[[agents]]", ["agents[0].id: is missing"]),
        ("[[agents]]\nid = 'a'\nload = 1", [
            ("agents[0].load: is not known here; possible are: id, name, teams, skills, roles, availability, capacity, "
            "manager, on_call, manages, addresses, language, quiet_hours, zone")]),
        ("[[agents]]\nid = ''\navailability = 'x'\ncapacity = { chat = -1 }", [
            "agents[0].id: must not be empty",
            "agents[0].availability: must be one of: active, away, offline, not 'x'",
            "agents[0].capacity: under 'chat' is -1; possible is 0 to 1000000"]),
        ("[[agents]]\nid = 'a'\n[[agents]]\nid = 'a'\n[[teams]]\nname = 't'\n[[teams]]\nname = 't'", [
            "agents[1].id: 'a' is taken by agents[0]",
            "teams[1].name: 't' is taken by teams[0]"]),
        ("[[agents]]\nid = 'a'\nmanager = 'b'\n[[teams]]\nname = 't'\nmanager = 'c'\non_call = ['a', 'd']", [
            "agents[0].manager: 'b' is no agent of this file; possible are: a",
            "teams[0].manager: 'c' is no agent of this file; possible are: a",
            "teams[0].on_call[1]: 'd' is no agent of this file; possible are: a"]),
        ("[[agents]]\nname = 'x'\n[[teams]]\nname = 't'\nmanager = 'c'", ["agents[0].id: is missing"]),
        ("[[teams]]\nname = 1\n[[teams]]\nname = 't'\nmanager = 'c'", [
            "teams[0].name: must be a text, not int",
            "teams[1].manager: 'c' is no agent of this file; possible are: none"]),
        ("[[agents]]\nid = 'a'\ncapacity = 1" + "0" * 30, ["agents[0].capacity: is a number beyond 64 bits"]),
    ],
)  # fmt: skip
def test_toml_directory_lists_every_fault(tmp_path, text, faults):
    """Each with its place."""
    path = tmp_path / "people.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(DirectoryError) as refused:
        TomlDirectory(path)

    assert faults == [str(fault) for fault in refused.value.faults]
    assert str(path) == refused.value.source


def test_toml_directory_does_not_list_for_ever(tmp_path):
    """Of very many faults, and of very many people, only some are named."""
    path = tmp_path / "people.toml"
    path.write_text("".join(f"[[agents]]\nid = 'a{number}'\nmanager = 'x'\n" for number in range(150)), "utf-8")

    with pytest.raises(DirectoryError) as refused:
        TomlDirectory(path)
    first, *_, last = refused.value.faults
    assert (101, "and 50 more") == (len(refused.value.faults), str(last))
    named = ", ".join(f"a{number}" for number in range(20))
    assert f"agents[0].manager: 'x' is no agent of this file; possible are: {named}, ..." == str(first)


def test_directory_error_says_all_faults(tmp_path):
    """One in the same line, several one a line; its reason lists them too."""
    path = tmp_path / "people.toml"
    path.write_text("[[agents]]", "utf-8")
    with pytest.raises(DirectoryError) as one:
        TomlDirectory(path)
    path.write_text("[[agents]]\n[[agents]]", "utf-8")
    with pytest.raises(DirectoryError) as two:
        TomlDirectory(path)

    assert f"directory {str(path)!r} is not valid: agents[0].id: is missing" == str(one.value)
    expected = (
        f"directory {str(path)!r} is not valid, 2 faults:\n  - agents[0].id: is missing\n  - agents[1].id: is missing"
    )
    assert expected == str(two.value)
    assert ("directory.faults", 2) == (two.value.reason.code, two.value.reason.params["count"])


def test_toml_directory_is_bounded_and_must_be_there(tmp_path):
    """A file of more than a mebibyte is refused, and so is none."""
    path = tmp_path / "people.toml"
    path.write_bytes(b"#" * (1024 * 1024 + 1))

    with pytest.raises(DirectoryError, match="is larger than 1048576 bytes"):
        TomlDirectory(path)
    with pytest.raises(DirectoryError, match="the file cannot be read: No such file or directory"):
        TomlDirectory(tmp_path / "none.toml")


def test_directories_say_what_they_can(make_desk, calm, people):
    """Those that come with the library can everything; the Protocols tell."""
    desk = make_desk(calm, directory="store")

    for directory in (TomlDirectory(people), House([]), desk.people):
        assert isinstance(directory, Directory)
        assert isinstance(directory, AgentDirectory)
        assert isinstance(directory, OnCallDirectory)
        assert isinstance(directory, ManagerDirectory)
    assert not isinstance(Known(), AgentDirectory)
    assert not isinstance(TomlDirectory(people), TenantDirectory)


def test_desk_takes_a_directory_by_path(make_desk, calm, people):
    """As a text or as a Path; ids are then whoever the file says."""
    for given in (people, str(people)):
        desk = make_desk(calm, directory=given)
        case = desk.open("Stuck", by="jane")
        desk.inform_management(case, by="mia")

        assert ["customer", "manager"] == [event.by.kind for event in desk.history(case)]


@pytest.mark.parametrize(
    ("directory", "problem"),
    [
        (Known, "'Known' does not fit: it is a class; hand in an object of it"),
        (
            7,
            (
                "'int' does not fit: it lacks the methods of Directory; possible are also the path of a TOML file, "
                "and 'store'"
            ),
        ),
    ],
)
def test_desk_refuses_what_is_no_directory(make_desk, calm, directory, problem):
    """When it is built, by name."""
    with pytest.raises(PluginError) as refused:
        make_desk(calm, directory=directory)

    assert problem == str(refused.value)


@pytest.mark.parametrize("store", ["memory:", "sqlite:///{}/people.db"])
def test_people_are_kept_beside_the_cases(make_desk, calm, store, tmp_path):
    """Put, replaced and removed while the desk runs; every tenant has its own."""
    desk = make_desk(calm, directory="store", store=store.format(tmp_path))
    desk.people.put(Agent(id="bob", teams=["front"], on_call=["front"]), Agent(id="mia", manages=["front"]))
    desk.bind(tenant="north").people.put(Agent(id="nora"))
    desk.people.put(Agent(id="bob", teams=["front"], availability="away", on_call=["front"], manager="mia"))

    people = desk.people
    assert ["bob", "mia"] == [agent.id for agent in people.all()]
    assert ["away"] == [agent.availability for agent in people.agents_of(["front"])["front"]]
    assert ({"front": ("bob",)}, {"front": "mia"}) == (people.on_call_of(["front"]), people.managers_of(["front"]))
    assert ("mia", "bob") == (people.manager_of("bob"), people.agent("bob").id)
    assert [True, False] == [people.remove("bob"), people.remove("bob")]
    desk.open("Stuck", id="T-1", by="jane")
    desk.note("T-1", by="mia")
    assert ["customer", "manager"] == [event.by.kind for event in desk.history("T-1")]
    assert ["nora"] == [agent.id for agent in desk.bind(tenant="north").people.all()]
    desk.shut_down()


def test_people_of_a_view_are_its_tenants(make_desk, calm):
    """Who is staff of one tenant is a customer of another, and of a directory that is asked of no tenant."""
    desk = make_desk(calm, directory="store")
    desk.bind(tenant="north").people.put(Agent(id="nora"))

    assert "agent" == desk.bind(tenant="north").people.actor("nora").kind
    assert "customer" == desk.people.actor("nora").kind
    assert Actor.customer("nora") == desk._directory.actor("nora")


def test_people_refuse_what_is_no_agent(make_desk, calm):
    """Then nobody is kept, not even who came before."""
    desk = make_desk(calm, directory="store")

    with pytest.raises(InputError, match=r"^agents must be Agents, not str$"):
        desk.people.put(Agent(id="anna"), "bob")
    assert () == desk.people.all()


def test_people_that_are_kept_elsewhere_cannot_be_put(make_desk, calm, people):
    """Whoever were put here, nobody would ask for them."""
    for directory in (None, people):
        desk = make_desk(calm, directory=directory)
        with pytest.raises(InputError, match=r"^people are not kept by this desk; build it with directory='store'$"):
            _ = desk.people


def test_people_who_are_awaited_say_roles_and_contacts():
    """What an asynchronous desk asks of them is what the others say."""
    people = AsyncPeople(MemoryStore(), "default")
    anna = Agent(id="anna", roles=["lead"], addresses={"email": "anna@example.org"})

    async def asked():
        await people.put(anna, Agent(id="bob"))
        return await people.holders_of(["lead"]), await people.contacts_of(["anna", "jane"])

    assert ({"lead": ("anna",)}, {"anna": anna.contact}) == asyncio.run(asked())
