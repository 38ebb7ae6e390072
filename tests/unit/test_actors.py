"""Actors: who acts."""

import pytest

from supporttiers.actors import PROVIDERS, SYSTEM, Actor, ActorKind, Contact
from supporttiers.errors import InputError


@pytest.mark.parametrize(
    ("actor", "kind", "roles"),
    [
        (Actor("x"), "agent", ()),
        (Actor.customer("x"), "customer", ()),
        (Actor.agent("x", roles=["lead", "vip"]), "agent", ("lead", "vip")),
        (Actor.manager("x", roles=("duty",)), "manager", ("duty",)),
        (Actor.vendor("x"), "vendor", ()),
        (Actor.assistant("x"), "assistant", ()),
        (Actor("x", "manager"), "manager", ()),
    ],
)
def test_actor_constructors_say_the_kind(actor, kind, roles):
    """Each constructor gives an actor of its kind; a plain word is taken for the kind too."""
    assert ("x", kind, roles) == (actor.id, actor.kind, actor.roles)
    assert isinstance(actor.kind, ActorKind)


def test_actor_text_is_its_id():
    """An actor reads as an id."""
    assert str(Actor.manager("mia")) == "mia"


def test_system_is_no_provider():
    """What the library or a bot says is no answer of the house."""
    assert SYSTEM.kind not in PROVIDERS
    assert ActorKind.ASSISTANT not in PROVIDERS
    assert {"agent", "manager", "vendor"} == PROVIDERS


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (("",), "id must not be empty"),
        ((5,), "id must be a text, not int"),
        (("x", "boss"), "kind must be one of: customer, agent, manager, vendor, system, assistant, not str"),
        (("x", "agent", "lead"), "roles must be a collection of roles, not str"),
        (("x", "agent", [1]), "roles must be a text, not int"),
        (("x", "agent", ["r"] * 51), "roles has 51 roles; at most 50 are possible"),
    ],
)
def test_actor_refuses_what_is_no_actor(fields, text):
    """The error names the field and what is possible."""
    with pytest.raises(InputError) as caught:
        Actor(*fields)

    assert text == str(caught.value)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"id": ""}, "id must not be empty"),
        ({"id": "anna", "language": "not a language"}, "language "),
        ({"id": "anna", "addresses": ["anna@example.org"]}, "addresses must be a table of an address for each way"),
        ({"id": "anna", "quiet_hours": "night"}, "quiet_hours "),
    ],
)
def test_contact_refuses_what_cannot_be_reached(fields, text):
    """It comes from a directory of the host's, as actors do, and is no part of a process."""
    with pytest.raises(InputError) as caught:
        Contact(**fields)

    assert str(caught.value).startswith(text)
