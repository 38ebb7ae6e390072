"""Agents as values."""

import pytest

from supporttiers.actors import Actor, Agent, Availability
from supporttiers.errors import PolicyConfigError


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"id": ""}, "Agent.id: must not be empty"),
        ({"name": "a\nb"}, "Agent.name: contains a line break; it is one line"),
        ({"teams": "front"}, "Agent.teams: must be a collection of names, not str"),
        ({"skills": [7]}, "Agent.skills: must be a text, not int"),
        ({"roles": ["r"] * 51}, "Agent.roles: has 51 roles; at most 50 are possible"),
        ({"availability": "busy"}, "Agent.availability: must be one of: active, away, offline, not 'busy'"),
        ({"availability": 1}, "Agent.availability: must be one of: active, away, offline"),
        ({"capacity": -1}, "Agent.capacity: under '*' is -1; possible is 0 to 1000000"),
        ({"capacity": True}, "Agent.capacity: must be a whole number, or a table of one for each channel, not bool"),
        ({"capacity": {"": 1}}, "Agent.capacity: has a channel that must not be empty"),
        (
            {"capacity": {"chat": "2"}},
            "Agent.capacity: under 'chat' must be a whole number (0 to 1000000), not str",
        ),
        ({"manager": ""}, "Agent.manager: must not be empty"),
        ({"on_call": [""]}, "Agent.on_call: must not be empty"),
        (
            {"addresses": ["a@b"]},
            "Agent.addresses: must be a table of an address for each way, such as email, not list",
        ),
        (
            {"addresses": {"email": "a@b\nBcc: c@d"}},
            "Agent.addresses: has an entry that contains a line break; it is one line",
        ),
        ({"addresses": {"": "a@b"}}, "Agent.addresses: has an entry that must not be empty"),
        ({"addresses": {f"{n}": "x" for n in range(51)}}, "Agent.addresses: has 51 entries; at most 50 are possible"),
        ({"language": "deutsch, bitte"}, "Agent.language: must be the tag of a language, such as 'de' or 'pt-BR'"),
        ({"language": 7}, "Agent.language: must be a text, not int"),
        ({"quiet_hours": 22}, "Agent.quiet_hours: must be a text, not int"),
        ({"zone": 1}, "Agent.zone: must be a text, not int"),
        ({"zone": "Berlin"}, "Agent.zone: must be the IANA name of a time zone, such as 'Europe/Berlin'"),
        ({"zone": "../etc/passwd"}, "Agent.zone: must be the IANA name of a time zone, such as 'Europe/Berlin'"),
        *(
            (
                {"quiet_hours": hours},
                (
                    "Agent.quiet_hours: must be the hours of every day from and to a time of the clock, "
                    "such as '22:00-07:00'"
                ),
            )
            for hours in ("22:00", "22-7", "24:00-07:00", "07:00-07:00", "22:00-07:60", " 22:00-07:00")
        ),
        ({"manages": None}, "Agent.manages: must be a collection of names, not NoneType"),
    ],
)
def test_agent_refuses_what_it_cannot_be(fields, problem):
    """A wrong field is named, with what is possible."""
    with pytest.raises(PolicyConfigError) as refused:
        Agent(**{"id": "anna", **fields})

    assert problem == str(refused.value)


@pytest.mark.parametrize(
    ("capacity", "held", "channel", "room"),
    [
        (None, {"chat": 99}, "chat", None),
        (3, {}, "chat", 3),
        (3, {"chat": 1, "mail": 1}, None, 1),
        (3, {"chat": 4}, "chat", 0),
        (0, {}, "chat", 0),
        ({"chat": 2}, {"chat": 1, "mail": 9}, "chat", 1),
        ({"chat": 2}, {"chat": 1, "mail": 9}, "mail", None),
        ({"chat": 2, "*": 5}, {"chat": 2, "mail": 1, "": 1}, "phone", 3),
        ({"chat": 2, "*": 5}, {"chat": 2, "mail": 1}, "chat", 0),
        ({"chat": 2, "*": 5}, {"*": 5}, None, 0),
    ],
)
def test_agent_has_room_by_channel(capacity, held, channel, room):
    """A channel with a number of its own counts for itself, all the others count together."""
    assert room == Agent(id="anna", capacity=capacity).room(held, channel)


@pytest.mark.parametrize(
    ("fields", "actor"),
    [
        ({"roles": ["lead"]}, Actor.agent("anna", roles=["lead"])),
        ({"roles": ["manager"]}, Actor.manager("anna", roles=["manager"])),
        ({"manages": ["front"]}, Actor.manager("anna")),
    ],
)
def test_agent_acts_as_an_agent_or_as_a_manager(fields, actor):
    """Who manages a team, or has the role, is a manager."""
    assert actor == Agent(id="anna", **fields).actor


def test_agent_is_kept_as_given():
    """Collections are copied, words become members, an agent can be a key."""
    capacity = {"chat": 1}
    anna = Agent(id="anna", availability="away", capacity=capacity)
    capacity["chat"] = 9

    assert (Availability.AWAY, {"chat": 1}) == (anna.availability, anna.capacity)
    assert 1 == len({anna, Agent(id="anna", availability="away", capacity={"chat": 1})})
