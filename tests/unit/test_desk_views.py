"""Views of a desk for tenants and actors, and who acts when only an id is known."""

import pytest

from supporttiers.actors import Actor, ActorKind
from supporttiers.errors import CaseNotFoundError, InputError, NotPermittedError


class People:
    """A directory of three."""

    def actor(self, id, /):
        """Look somebody up."""
        return {"jane": Actor.customer("jane"), "bob": Actor.agent("bob"), "max": Actor.manager("max")}.get(id)


# -- views


def test_view_of_a_tenant_sees_its_own_cases_only(desk):
    """Two tenants may use one id, and never see each other's case."""
    globex = desk.bind(tenant="globex")
    desk.open("Ours", id="T-1", by="jane")
    theirs = globex.open("Theirs", id="T-1", by="joe")
    globex.open("Theirs", id="T-2", by="joe")

    assert ("default", "globex") == (desk.tenant, globex.tenant)
    assert ("Ours", "Theirs") == (desk.get("T-1").subject, globex.get("T-1").subject)
    assert (1, 2) == (len(desk.find()), len(globex.find()))
    assert ({"queued": 1}, {"queued": 2}) == (desk.counts(), globex.counts())
    for ask in (desk.get, desk.history, desk.clocks, desk.explain, desk.verify):
        with pytest.raises(CaseNotFoundError, match=r"^case 'T-2' does not exist for tenant 'default'"):
            ask("T-2")
    with pytest.raises(CaseNotFoundError, match="'T-1' does not exist for tenant 'default'"):
        desk.note(theirs, by="bob")


def test_view_of_a_tenant_links_to_its_own_cases_only(desk):
    """The other case of a link is looked for at the same tenant."""
    globex = desk.bind(tenant="globex")
    desk.open("Ours", id="T-1", by="jane")
    globex.open("Theirs", id="T-2", by="joe")

    with pytest.raises(CaseNotFoundError):
        desk.link("T-1", by="bob", to="T-2")


def test_pass_looks_after_all_tenants(desk, clock):
    """One worker is enough, whatever view it holds."""
    for tenant in ("default", "globex"):
        desk.bind(tenant=tenant).open("Stuck", id="T-1", by="jane")
    clock.advance("15m")

    assert 2 == desk.bind(tenant="acme").run_due().fired


def test_view_of_an_actor_acts_for_them(desk):
    """Where an actor is bound, `by` may be left out, and may still be given; binding again changes what it says."""
    janes = desk.bind(by="jane")
    case = janes.open("Stuck", id="T-1")
    bobs = janes.bind(tenant="default").bind(by=Actor.agent("bob"))

    assert "jane" == case.requester
    assert ["jane", "bob", "eve"] == [
        view.watch("T-1", **by).watchers[-1] for view, by in ((janes, {}), (bobs, {}), (bobs, {"by": "eve"}))
    ]
    with pytest.raises(
        InputError, match=r"^by is missing; name who acts, or bind an actor with desk\.bind\(by=\.\.\.\)"
    ):
        desk.note("T-1")


@pytest.mark.parametrize("tenant", ["", " ", 7, "a\nb"])
def test_view_of_no_tenant_is_refused(desk, tenant):
    """A tenant is a name."""
    with pytest.raises(InputError, match=r"^tenant "):
        desk.bind(tenant=tenant)


# -- people


def test_requesters_id_acts_as_the_customer(calm_desk):
    """Without a directory the requester of a case is its customer, everybody else an agent."""
    calm_desk.open("Stuck", id="T-1", by="jane")
    calm_desk.open("For somebody", id="T-2", by="bob", requester="jane")
    calm_desk.open("By myself", id="T-3", by="jane", requester="jane")
    for by in ("jane", "bob"):
        calm_desk.reply("T-1", by=by)

    kinds = {case_id: [event.by.kind for event in calm_desk.history(case_id)] for case_id in ("T-1", "T-2", "T-3")}
    assert {"T-1": ["customer", "customer", "agent"], "T-2": ["agent"], "T-3": ["customer"]} == kinds


def test_directory_says_who_acts(make_desk, calm):
    """With a directory an id is whoever it resolves to, also for reading."""
    desk = make_desk(calm, directory=People())
    desk.open("Stuck", id="T-1", by="bob", requester="jane")
    desk.inform_management("T-1", by="max")
    desk.note("T-1", by="bob")

    assert [ActorKind.AGENT, ActorKind.MANAGER, ActorKind.AGENT] == [event.by.kind for event in desk.history("T-1")]
    assert ["CaseOpened"] == [type(event).__name__ for event in desk.history("T-1", visible_to="jane")]
    with pytest.raises(NotPermittedError):
        desk.rate("T-1", by="bob", score=5)


def test_directory_that_knows_nobody_refuses(make_desk, calm):
    """An id that nobody has is refused, without showing it; an Actor is taken as it is."""
    desk = make_desk(calm, directory=People())

    with pytest.raises(
        InputError, match=r"^by is nobody whom the directory knows; use an id that it resolves, or an Actor"
    ):
        desk.open("Stuck", by="mallory")
    assert "mallory" == desk.open("Stuck", by=Actor.customer("mallory")).requester
