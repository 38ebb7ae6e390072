"""Laws of people and their work."""

from typing import Any

from supporttiers import events as happened
from supporttiers.actors import Agent
from supporttiers.events import Event
from supporttiers.protocols import CaseStore
from supporttiers.testing.builders import committing, going_on, happens, minutes, opening
from supporttiers.testing.suites._laws import Laws


class PeopleLaws(Laws):
    """Agents that are kept, and what they have to do."""

    def test_workload_counts_open_cases_by_channel(self, store: CaseStore) -> None:
        """What is assigned and open counts, queued, in progress or waiting; nobody else's, and no other tenant's."""
        for number, channel in enumerate(["chat", "chat", None, "mail"]):
            first = opening(f"T-{number}", channel=channel)
            store.commit([first, going_on(first, happened.CaseAssigned, assignee="bob")])
        elsewhere = opening("T-0", tenant="umbrella")
        store.commit([elsewhere, going_on(elsewhere, happened.CaseAssigned, assignee="bob")])
        store.commit([opening("T-9")])

        load = store.workload("acme", ["bob", "anna"])
        assert {"chat": 2, "": 1, "mail": 1} == dict(load["bob"].channels)
        assert (4, 0) == (load["bob"].open, load["anna"].open)
        assert {} == dict(store.workload("acme", []))

    def test_workload_forgets_what_has_ended_or_moved_on(self, store: CaseStore) -> None:
        """A resolved case, one given to somebody else and one that was moved do not count."""
        ends: list[tuple[type[Event], dict[str, Any]]] = [
            (happened.CaseResolved, {}),
            (happened.CaseAssigned, {"assignee": "anna"}),
            (happened.CaseEscalated, {"tier": 2}),
            (happened.CaseReleased, {}),
        ]
        for number, (kind, fields) in enumerate(ends):
            first = opening(f"T-{number}")
            second = going_on(first, happened.CaseAssigned, assignee="bob")
            store.commit([first, second, going_on(second, kind, **fields)])

        load = store.workload("acme", ["bob", "anna"])
        assert (0, 1) == (load["bob"].open, load["anna"].open)

    def test_workload_says_when_somebody_was_last_given_a_case(self, store: CaseStore) -> None:
        """Whatever has become of it; a case that was then given to somebody else is theirs."""
        for number, kind in enumerate([happened.CaseNoted, happened.CaseEscalated]):
            first = opening(f"T-{number}", at=minutes(10 * number))
            second = going_on(first, happened.CaseAssigned, assignee="bob")
            fields = {"tier": 2} if kind is happened.CaseEscalated else {}
            store.commit([first, second, going_on(second, kind, **fields)])

        assert minutes(11) == store.workload("acme", ["bob"])["bob"].assigned_at
        moved = store.load("acme", "T-1").case
        assert moved is not None
        store.commit([committing(moved, [happens(happened.CaseAssigned, moved, assignee="anna", at=minutes(20))])])
        load = store.workload("acme", ["anna", "bob", "eve"])
        assert [minutes(20), minutes(1), None] == [load[name].assigned_at for name in ("anna", "bob", "eve")]

    def test_agents_come_back_equal_and_in_order(self, store: CaseStore) -> None:
        """Every field is kept; ids order them; each tenant has its own."""
        anna = Agent(
            addresses={"email": "anna@example.org"},
            language="pt-BR",
            quiet_hours="22:00-07:00",
            zone="Europe/Berlin",
            id="anna", name="Anna Ö.", teams=["front", "net"], skills=["vpn"], roles=["lead"], availability="away",
            capacity={"chat": 2, "*": 5}, manager="mia", on_call=["net"], manages=["front"],
        )  # fmt: skip
        store.put_agent("acme", Agent(id="bob"))
        store.put_agent("acme", anna)
        store.put_agent("umbrella", Agent(id="carl", capacity=0))

        assert [anna, Agent(id="bob")] == list(store.agents("acme"))
        assert [Agent(id="carl", capacity=0)] == list(store.agents("umbrella"))
        assert [] == list(store.agents("nobody"))
        assert [anna, Agent(id="bob")] == list(store.agents("acme", ids=["bob", "carl", "anna", "bob"]))
        assert [] == list(store.agents("acme", ids=[]))

    def test_agent_is_replaced_and_removed(self, store: CaseStore) -> None:
        """The last word on an agent counts; removing says whether there was one."""
        store.put_agent("acme", Agent(id="anna"))
        store.put_agent("umbrella", Agent(id="anna"))
        away = Agent(id="anna", availability="away")
        store.put_agent("acme", away)

        assert [away] == list(store.agents("acme"))
        assert (True, False) == (store.remove_agent("acme", "anna"), store.remove_agent("acme", "anna"))
        assert ([], [Agent(id="anna")]) == (list(store.agents("acme")), list(store.agents("umbrella")))
