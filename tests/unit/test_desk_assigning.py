"""Assignment at work: at opening, in sweeps and batches, anew, and on an agent's own asking."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import ClassVar

import attrs
import pytest

from supporttiers import commands as wanted
from supporttiers.actors import Actor, Agent
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.decisions import Refusal
from supporttiers.errors import FactsError, InputError, MoveRefusedError, StaleCaseError
from supporttiers.events import CaseAssigned
from supporttiers.facts import FactSource
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.match import Match
from supporttiers.policies.approval import ApprovalRule, PermitByApproval
from supporttiers.policies.assignment import AssignLeastLoaded, AssignRoundRobin, SkillRule
from supporttiers.reasons import Reason

JANE = Actor.customer("jane")
VPN = SkillRule(Match(category="vpn"), skills=["vpn"])


@attrs.frozen
class ToBob:
    """A policy of the host's own that gives every case to Bob, whoever is excluded."""

    name: ClassVar[str] = "acme.to-bob"
    revision: ClassVar[int] = 1

    def assign(self, _situation, /):
        """Give it to Bob."""
        return "bob"


@pytest.fixture
def staffed(make_desk, calm):
    """Make desks with policies, whose people are kept beside the cases."""

    def make(*policies, agents=(), process=calm, **ports):
        with_policies = attrs.evolve(process, policies=policies)
        desk = make_desk(with_policies, **{"directory": "store", **ports})
        desk.people.put(*agents)
        return desk

    return make


def front(id, **fields):
    """Give an agent of team front."""
    return Agent(id=id, teams=["front"], **fields)


def test_new_case_is_given_to_somebody_of_its_team(staffed):
    """At once; the event says which policy chose, and what was known."""
    desk = staffed(AssignRoundRobin(), agents=[front("anna", capacity=2), Agent(id="nora", teams=["network"])])
    case = desk.open("Stuck", by="jane")

    assert ("anna", "anna", "anna", case.opened_at) == (
        case.assignee, case.last_assignee, case.owner, case.assigned_at
    )  # fmt: skip
    [event] = [event for event in desk.history(case) if isinstance(event, CaseAssigned)]
    assert Reason("assign.policy", {"policy": "supporttiers.assign-round-robin"}) == event.reason
    assert {
        "agents": [{"id": "anna", "capacity": {"*": 2}}], "workload": {"anna": {"open": 0}},
    } == event.facts  # fmt: skip


def test_case_that_moves_is_given_to_somebody_there(staffed):
    """A key that only the move has made known, the team, leads to a second look."""
    desk = staffed(AssignRoundRobin(), agents=[front("anna"), Agent(id="nora", teams=["network"])])
    case = desk.escalate(desk.open("Stuck", by="jane"), by="anna")

    assert ("network", "nora") == (case.team, case.assignee)
    assert "anna" == desk.hand_back(case, by="nora").assignee


def test_round_robin_goes_round(staffed, clock):
    """Who was given a case last comes last, also where they have long passed it on."""
    desk = staffed(AssignRoundRobin(), agents=[front(name) for name in ("anna", "bob", "cleo")])
    given = []
    for _ in range(6):
        case = desk.open("Stuck", by="jane")
        given.append(case.assignee)
        desk.escalate(case, by=case.assignee)
        clock.advance("1m")

    assert ["anna", "bob", "cleo"] * 2 == given


def test_capacity_counts_open_cases_by_channel(staffed):
    """Who is full gets no more, and the case waits in the queue; one that ends makes room."""
    desk = staffed(AssignLeastLoaded(), agents=[front("anna", capacity={"chat": 1, "*": 2})])
    first = desk.open("Chat", by="jane", channel="chat")
    others = [desk.open("Chat", by="jane", channel="chat"), *(desk.open("Mail", by="jane") for _ in range(3))]

    assert ["anna", None, "anna", "anna", None] == [case.assignee for case in (first, *others)]
    desk.resolve(first, by="anna")
    assert "anna" == desk.open("Chat", by="jane", channel="chat").assignee


def test_empty_team_leaves_the_case_in_its_queue_and_says_so(staffed):
    """Nobody is made up; `explain` knows why, as far as was recorded."""
    desk = staffed(AssignRoundRobin())
    case = desk.open("Stuck", by="jane")

    assert (None, "queued") == (case.assignee, case.status)
    assert ["nobody is assigned", "asked now, the policies say:", "nobody is known to work in team front"] == [
        str(reason) for reason in desk.explain(case).here[-3:]
    ]


def test_unassigned_case_is_explained_by_what_is_known_now(staffed, caplog):
    """Read anew; as the case last knew it, where that cannot be."""
    broken = []

    def read(tenant, teams):
        if broken:
            raise broken[0]
        return {team: [{"id": "anna", "capacity": 0}] for team in teams}

    @attrs.frozen
    class Silent:
        name: ClassVar[str] = "acme.silent"
        revision: ClassVar[int] = 1

        def assign(self, situation, /):
            return None

    desk = staffed(Silent(), AssignRoundRobin(), facts=[FactSource("agents", read, keyed_by="team")])
    case = desk.open("Stuck", by="jane")

    told = [
        "nobody is assigned",
        "asked now, the policies say:",
        "policy 'supporttiers.assign-round-robin' finds nobody in team front who can take it",
        "anna has no room for another case; open cases: 0",
    ]
    assert told == [str(reason) for reason in desk.explain(case).here[-4:]]
    broken.append(OSError())
    assert [*told[:2], "who could be chosen from is not known, or was not recorded whole"] == [
        str(reason) for reason in desk.explain(case).here[-3:]
    ]


def test_assigned_case_is_explained_by_what_was_known_then(staffed, clock):
    """Whatever has become of people since: the rule taken, those that had no opinion, and who was passed over."""
    others = AssignLeastLoaded(when=Match(category="mail"))
    desk = staffed(others, AssignRoundRobin(), agents=[front("anna"), front("bob", availability="away")])
    case = desk.open("Stuck", by="jane")
    desk.people.remove("anna")
    clock.advance("1h")
    desk.start(case, by="anna")

    assert [
        "assigned to anna",
        "policy 'supporttiers.assign-round-robin' chose",
        "policy 'supporttiers.assign-least-loaded' does not speak of this case",
        "anna of team front comes first; open cases: 0, the last one given: never",
        "bob is away",
    ] == [str(reason) for reason in desk.explain(case).here[-5:]]


def test_policies_after_the_one_that_chose_explain_nothing(staffed):
    """They were not asked."""
    desk = staffed(AssignRoundRobin(), AssignLeastLoaded(), agents=[front("anna")])
    case = desk.open("Stuck", by="jane")

    assert ["case.assigned", "assign.policy", "assign.chosen"] == [
        reason.code for reason in desk.explain(case).here[-3:]
    ]


def test_assignment_in_a_large_team_is_explained_as_far_as_it_was_recorded(staffed):
    """What was too much for the event is not made up."""
    desk = staffed(AssignRoundRobin(), agents=[front(f"a-{number:03}", skills=["vpn"]) for number in range(200)])
    case = desk.open("Stuck", by="jane")

    assert "a-000" == case.assignee
    assert case.facts["agents"].startswith("sha256:")
    assert "assign.unrecorded" == desk.explain(case).here[-1].code


def test_reassigned_case_is_explained_with_whom_it_was_taken_from(staffed):
    """Who gave it up is named."""
    desk = staffed(AssignRoundRobin(), agents=[front("anna"), front("bob")])
    case = desk.assign(desk.open("Stuck", by="jane"), by="lead")

    assert ["assign.policy", "assign.chosen", "assign.excluded"] == [
        reason.code for reason in desk.explain(case).here[-3:]
    ]


def test_case_given_by_hand_or_at_its_end_is_not_explained_by_policies(staffed):
    """They did not choose."""
    desk = staffed(AssignRoundRobin(), agents=[front("anna")])
    case = desk.assign(desk.open("Stuck", by="jane"), by="lead", assignee="zoe")

    assert "assigned to zoe" == str(desk.explain(case).here[-1])
    ended = desk.resolve(case, by="zoe")
    assert "case.status" == desk.explain(ended).here[-1].code


def test_policy_without_reasons_is_named(staffed):
    """A policy of the host's own need not explain itself."""
    desk = staffed(ToBob(), agents=[front("anna")])
    case = desk.open("Stuck", by="jane")

    assert ["assigned to bob", "policy 'acme.to-bob' chose"] == [str(reason) for reason in desk.explain(case).here[-2:]]
    assert desk.next_for("anna") is None


def test_vendor_tier_is_not_explained_by_policies(staffed):
    """There nobody is assigned."""
    desk = staffed(AssignRoundRobin())
    case = desk.escalate(desk.escalate(desk.open("Printer", by="jane"), by="anna"), by="nora")

    assert "assign.unrecorded" not in {reason.code for reason in desk.explain(case).here}


# -- many cases


def test_due_cases_are_spread_over_agents(staffed, acme, clock):
    """One reading of the workload does not give all of a hundred due cases to one agent."""
    reads = []

    class Counting(MemoryStore):
        def workload(self, tenant, agents, /):
            reads.append(list(agents))
            return super().workload(tenant, agents)

    agents = [Agent(id=f"n-{number}", teams=["network"], capacity=30) for number in range(4)]
    desk = staffed(AssignLeastLoaded(), agents=agents, process=acme, store=Counting())
    desk.execute_all([wanted.Open(case_id=f"T-{number:03}", by=JANE) for number in range(100)])
    reads.clear()
    clock.advance("16m")
    assert 100 == desk.run_due().fired

    counts = dict(desk.counts(Match(team="network"), by="assignee"))
    assert {"n-0": 25, "n-1": 25, "n-2": 25, "n-3": 25} == counts
    assert [["n-0", "n-1", "n-2", "n-3"]] == reads


def test_batch_spreads_cases_and_stops_at_capacity(staffed):
    """Within one batch each assignment counts for the next, and each case that ends makes room."""
    desk = staffed(AssignRoundRobin(), agents=[front("anna", capacity=2), front("bob", capacity=2)])
    commands = [wanted.Open(case_id=f"T-{number}", by=JANE) for number in range(5)]
    by_hand = wanted.Assign(case_id="T-4", by=Actor.agent("x"), assignee="zoe")
    answers = desk.execute_all([*commands, by_hand])

    assert ["anna", "bob", "anna", "bob", None, "zoe"] == [answer.case.assignee for answer in answers]
    more = desk.execute_all([
        wanted.Resolve(case_id="T-0", by=Actor.agent("anna")), wanted.Open(case_id="T-9", by=JANE),
    ])  # fmt: skip
    assert "anna" == more[1].case.assignee


def test_batch_counts_what_was_given_before_somebody_was_looked_up(staffed):
    """Who works for two teams is looked up when the second team comes, with what the first has given them already."""
    both = Agent(id="both", teams=["front", "back"], capacity=2)
    desk = staffed(AssignLeastLoaded(), agents=[both, Agent(id="ben", teams=["back"], capacity=1)])
    commands = [wanted.Open(case_id=f"T-{number}", by=JANE, team=team) for number, team in
                enumerate(["front", "front", "front", "back", "back"])]  # fmt: skip
    answers = desk.execute_all(commands)

    assert ["both", "both", None, "ben", None] == [answer.case.assignee for answer in answers]


def test_workload_of_the_hosts_own_is_left_alone(staffed):
    """Its shape is the host's; nothing is counted into it."""
    own = FactSource("workload", lambda tenant, keys: {key: {"open": 1} for key in keys}, keyed_by="facts.agents.id")
    desk = staffed(AssignRoundRobin(), agents=[front("anna"), front("bob")], facts=[own])
    answers = desk.execute_all([wanted.Open(case_id=f"T-{number}", by=JANE) for number in range(3)])

    assert ["anna"] * 3 == [answer.case.assignee for answer in answers]


def test_workload_knows_what_earlier_rounds_of_a_sweep_gave(staffed, acme, clock):
    """A team that comes up only in a second round finds its people with what they were given in the first."""
    first = TimeLimit(name="own", target="5m", thresholds=[Threshold("100%", do=["escalate"])])
    process = attrs.evolve(acme, limits=[first], tiers=[attrs.evolve(tier, time_limit=None) for tier in acme.tiers])
    agents = [Agent(id="nora", teams=["network"], capacity=3)]
    desk = staffed(AssignRoundRobin(), agents=agents, process=process)
    desk.execute_all([wanted.Open(case_id=f"T-{number}", by=JANE) for number in range(4)])
    clock.advance("6m")
    desk.run_due()

    assert {"nora": 3, None: 1} == dict(desk.counts(by="assignee"))


# -- anew


def test_assign_without_a_name_gives_the_case_to_somebody_else(staffed):
    """As the policies say; whoever has it now is not asked."""
    desk = staffed(AssignRoundRobin(), agents=[front("anna"), front("bob")])
    case = desk.open("Stuck", by="jane")
    desk.start(case, by="anna")
    moved = desk.assign(case, by="lead")

    assert ("bob", "in_progress", "anna") == (moved.assignee, moved.status, moved.owner)
    assert "anna" == desk.assign(case, by="lead").assignee
    assert desk.assign(case, by="lead", assignee=None).assignee is None
    assert "bob" == desk.assign(case, by="lead").assignee  # the last one on record here was given to anna


@pytest.mark.parametrize(
    ("policies", "problem"),
    [
        ([], "the process has no policy that assigns; name somebody"),
        ([AssignRoundRobin()], "no policy finds anybody else in team front"),
    ],
)
def test_assign_without_a_name_is_refused_where_nobody_else_is_found(staffed, policies, problem):
    """It stays with whoever has it."""
    desk = staffed(*policies, agents=[front("anna")])
    case = desk.assign(desk.open("Stuck", by="jane"), by="lead", assignee="anna")

    with pytest.raises(MoveRefusedError) as refused:
        desk.assign(case, by="lead")
    assert problem == str(refused.value.why)
    assert "anna" == desk.get(case.id).assignee


def test_assign_without_a_name_is_refused_where_the_policy_insists(staffed):
    """A policy that does not look at who is excluded changes nothing."""
    desk = staffed(ToBob())
    case = desk.open("Stuck", by="jane")

    with pytest.raises(MoveRefusedError, match="no policy finds anybody else in team front"):
        desk.assign(case, by="lead")


def test_ended_case_is_assigned_to_nobody(staffed):
    """Nobody owes anything on it."""
    desk = staffed(AssignRoundRobin(), agents=[front("anna")])
    case = desk.resolve(desk.open("Stuck", by="jane"), by="anna")

    with pytest.raises(MoveRefusedError, match="it has ended as resolved"):
        desk.assign(case, by="lead")


def test_assignee_cannot_be_named_and_left_to_policies(staffed):
    """One or the other."""
    desk = staffed(AssignRoundRobin())
    case = desk.open("Stuck", by="jane")
    command = wanted.Assign(case_id=case.id, by=JANE, assignee="anna", automatic=True)

    with pytest.raises(InputError, match="assignee is named, and left to the policies as well; name somebody, or say"):
        desk.execute(command)


# -- on an agent's own asking


def test_next_case_is_the_most_urgent_then_the_first_due(staffed, acme, clock):
    """By priority from above, then by due date, then by id; it is theirs then, and still queued."""
    desk = staffed(agents=[front("anna")], process=acme)
    for name, priority in (("T-1", "low"), ("T-2", "critical"), ("T-3", "medium"), ("T-4", "critical")):
        desk.open("Stuck", id=name, by="jane", priority=priority)
        clock.advance("1s")
    taken = [desk.next_for("anna") for _ in range(5)]

    assert ["T-2", "T-4", "T-3", "T-1"] == [case.id for case in taken[:4]]
    assert taken[4] is None
    assert {("anna", "queued")} == {(case.assignee, case.status) for case in taken[:4]}
    assert Actor.agent("anna") == desk.history("T-2")[-1].by


def test_next_case_is_one_of_the_agents_teams_that_nobody_has(staffed):
    """Not somebody else's, not one that waits, not another team's; who is in no team gets none."""
    desk = staffed(agents=[front("anna"), Agent(id="mia")])
    desk.assign(desk.open("Taken", by="jane"), by="x", assignee="bob")
    desk.wait(desk.open("Waiting", by="jane"), by="x")
    desk.open("Elsewhere", by="jane", team="back")

    assert desk.next_for("anna") is None
    mine = desk.open("Mine", by="jane")
    assert desk.next_for("mia") is None
    assert mine.id == desk.next_for("anna").id


def test_next_case_fits_the_agents_room(staffed):
    """By channel, as the capacity says."""
    desk = staffed(agents=[front("anna", capacity={"chat": 1, "*": 1})])
    for number, channel in enumerate(["chat", "chat", "mail", "mail"]):
        desk.open("Stuck", id=f"T-{number}", by="jane", channel=channel)

    taken = [desk.next_for("anna") for _ in range(3)]
    assert ["T-0", "T-2", None] == [case and case.id for case in taken]


def test_next_case_is_left_to_specialists_who_are_there(staffed):
    """Who lacks the skill passes over it, as long as somebody better is there."""
    others = AssignRoundRobin(when=Match(category="mail"))
    policies = others, AssignRoundRobin(skills=[VPN], reach="active")
    desk = staffed(*policies, agents=[front("anna"), front("vera", skills=["vpn"])])
    for name in ("anna", "vera"):
        desk.people.put(attrs.evolve(desk.people.agent(name), availability="offline"))
    desk.open("VPN", id="T-1", by="jane", category="vpn", priority="critical")
    desk.open("Mail", id="T-2", by="jane")
    desk.people.put(front("vera", skills=["vpn"]))

    assert "T-2" == desk.next_for("anna").id
    assert desk.next_for("anna") is None
    assert "T-1" == desk.next_for("vera").id


def test_next_case_passes_over_what_is_refused(staffed):
    """A rule of permission counts; the next case is looked for."""

    @attrs.frozen
    class NobodyTakes:
        name: ClassVar[str] = "acme.nobody-takes"
        revision: ClassVar[int] = 1

        def permit(self, situation, /):
            no = situation.trigger == "assign" and situation.case.category == "vip"
            return Refusal(Reason("acme.no")) if no else None

    desk = staffed(NobodyTakes(), agents=[front("anna")])
    desk.open("VIP", id="T-1", by="jane", category="vip", priority="critical")
    desk.open("Stuck", id="T-2", by="jane")

    assert "T-2" == desk.next_for("anna").id
    assert desk.next_for("anna") is None


class Contended(MemoryStore):
    """A store in which somebody else is faster, as often as it is told."""

    def __init__(self):
        super().__init__()
        self.faster = []

    def find(self, tenant, match, /, **how):
        """Let somebody in after looking."""
        found = super().find(tenant, match, **how)
        if found[0] and self.faster:
            self.faster.pop(0)(found[0][0])
        return found


def test_next_case_is_another_where_somebody_was_faster(staffed):
    """Two who ask at once get a case each."""
    store = Contended()
    desk = staffed(agents=[front("anna"), front("bob")], store=store)
    for name in ("T-1", "T-2"):
        desk.open("Stuck", id=name, by="jane")
    store.faster.append(lambda case: desk.assign(case, by="bob", assignee="bob"))

    assert "T-2" == desk.next_for("anna").id
    assert "bob" == desk.get("T-1").assignee


def test_threads_that_ask_at_once_get_a_case_each(staffed, tmp_path):
    """On a store that several use."""
    people = [front(f"a-{number}") for number in range(4)]
    desk = staffed(agents=people, store=f"sqlite:///{tmp_path / 'support.db'}")
    desk.execute_all([wanted.Open(case_id=f"T-{number:02}", by=JANE) for number in range(20)])

    def take(agent):
        return [case.id for case in iter(lambda: desk.next_for(agent.id), None)]

    with ThreadPoolExecutor(4) as pool:
        taken = [case_id for found in pool.map(take, people) for case_id in found]
    assert [f"T-{number:02}" for number in range(20)] == sorted(taken)
    desk.shut_down()


def test_next_case_is_given_up_after_too_many_losses(staffed):
    """Somebody who changes the first case again and again does not hold up a thread for ever."""
    store = Contended()
    desk = staffed(agents=[front("anna")], store=store)
    desk.open("Stuck", id="T-1", by="jane")
    store.faster += [lambda case: desk.note(case, by="bob")] * 100

    with pytest.raises(StaleCaseError):
        desk.next_for("anna")
    assert desk.get("T-1").assignee is None
    assert "T-1" == desk.next_for("anna").id


def test_next_case_looks_through_all_pages_and_processes(staffed, calm, make_desk, monkeypatch):
    """Of several processes, and of priorities that are no more."""
    from supporttiers._flows import assigning

    monkeypatch.setattr(assigning, "PAGE", 1)
    other = attrs.evolve(calm, name="other", priorities=["p1"])
    desk = make_desk([calm, other], directory="store")
    desk.people.put(front("anna", capacity={"chat": 0}))
    desk.open("Low", id="T-1", by="jane", priority="low")
    for number in range(3):
        desk.open("Chat", id=f"C-{number}", by="jane", channel="chat", process="other")
    desk.open("Other", id="T-2", by="jane", process="other")
    desk.open("Medium", id="T-3", by="jane", priority="medium")
    newer = make_desk(attrs.evolve(calm, priorities=["p1"]), directory="store", store=desk._ports.store)

    assert ["T-2", "T-3"] == [desk.next_for("anna").id for _ in range(2)]
    assert "T-1" == newer.next_for("anna").id
    assert newer.next_for("anna") is None


def test_next_case_needs_the_facts(staffed):
    """While they cannot be read nothing is taken, and it may be tried again."""
    broken = []

    def read(tenant, teams):
        if broken:
            raise broken[0]
        return {team: [] for team in teams}

    source = FactSource("agents", read, keyed_by="team")
    desk = staffed(AssignRoundRobin(), agents=[front("anna")], facts=[source])
    desk.open("Stuck", id="T-1", by="jane")
    broken.append(OSError())

    with pytest.raises(FactsError) as refused:
        desk.next_for("anna")
    assert (True, None) == (refused.value.retryable, desk.get("T-1").assignee)
    broken.clear()
    assert "anna" == desk.next_for("anna").assignee


@pytest.mark.parametrize(
    ("directory", "agent", "problem"),
    [
        (None, "anna", "agent cannot be looked up; build the desk with a directory that knows agents"),
        ("store", "jane", "agent is nobody whom the directory knows as an agent"),
        ("store", "", "agent must not be empty"),
        ("store", None, "agent must be a text, not NoneType"),
    ],
)
def test_next_case_is_for_agents_only(make_desk, calm, directory, agent, problem):
    """The error says what is possible."""
    desk = make_desk(calm, directory=directory)

    with pytest.raises(InputError) as refused:
        desk.next_for(agent)
    assert problem == str(refused.value)


# -- who is told


def test_recipients_come_from_the_directory_when_it_is_sent(staffed, calm, pager):
    """Managers, teams and those on call are looked up at the time of sending."""
    limit = TimeLimit(
        name="own", target="1h",
        thresholds=[Threshold("100%", do=["notify:manager", "notify:team", "notify:on_call", "notify:nobody"])],
    )  # fmt: skip
    desk = staffed(process=attrs.evolve(calm, limits=[limit]))
    desk.assign(desk.open("Stuck", by="jane"), by="x", assignee="anna")
    desk._clock.advance(timedelta(hours=1))
    desk.people.put(front("anna", manager="max"), front("bob", on_call=["front"]), Agent(id="mia", manages=["front"]))
    desk.run_due()

    assert {"manager": ("max",), "team": ("anna", "bob"), "on_call": ("bob",), "nobody": ()} == {
        sent.to: tuple(map(str, sent.recipients)) for sent in pager.sent
    }


def test_manager_of_the_team_stands_in_for_ones_own(staffed, pager):
    """Where an assignee has none, or there is no assignee."""
    desk = staffed(agents=[front("anna"), Agent(id="mia", manages=["front"])])
    case = desk.open("Stuck", by="jane")
    desk.inform_management(case, by="jane")
    desk.assign(case, by="x", assignee="anna")
    desk.inform_management(case, by="jane")
    desk.run_due()

    assert [("mia",), ("mia",)] == [tuple(map(str, sent.recipients)) for sent in pager.sent]


def test_directory_that_knows_no_teams_resolves_none(calm):
    """Such a role means nobody, and so does any on a case without a team."""
    from supporttiers._flows.driving import drive
    from supporttiers._flows.people import recipients
    from supporttiers.backends.directory import House
    from supporttiers.testing.builders import opening

    class Names:
        def actor(self, id, /):
            return Actor.agent(id)

    house = House([Agent(id="mia", manages=["front"], manager="max")])
    with_team, without = opening(team="front").case, opening().case
    roles = ("manager", "team", "on_call")
    assert [()] * 3 == [drive(recipients(Names(), with_team, to)) for to in roles]
    assert [()] * 3 == [drive(recipients(house, without, to)) for to in roles]
    assert ("max",) == drive(recipients(house, attrs.evolve(without, assignee="mia"), "manager"))


def test_facts_of_the_directory_are_there_by_themselves(staffed, calm):
    """On call and managers too, each where the directory knows them."""
    seen = []

    @attrs.frozen
    class Look:
        name: ClassVar[str] = "acme.look"
        revision: ClassVar[int] = 1
        needs: ClassVar[tuple[str, ...]] = ("on_call", "manager", "agents", "workload")

        def assign(self, situation, /):
            seen.append(dict(situation.facts))

    people = [front("anna", on_call=["front"]), Agent(id="mia", manages=["front"])]
    staffed(Look(), agents=people).open("Stuck", by="jane")

    assert {
        "on_call": ["anna"], "manager": "mia", "agents": [{"id": "anna"}], "workload": {"anna": {"open": 0}},
    } == seen[-1]  # fmt: skip


def test_next_for_passes_over_what_somebody_has_to_approve_first(staffed):
    """A case that would only be held is not theirs; nothing is done with it."""
    rule = ApprovalRule(verbs=["assign"], when=Match(kind="request"))
    desk = staffed(PermitByApproval([rule]), agents=[front("anna")])
    asked, free = (desk.open("x", by="jane", kind=kind) for kind in ("request", "incident"))

    assert free.id == desk.next_for("anna").id
    assert desk.next_for("anna") is None
    assert asked == desk.get(asked.id)


def test_next_for_gives_a_case_for_which_something_is_due(staffed, acme, clock):
    """What no pass has settled yet is settled first; that is nobody's being faster."""
    calm = attrs.evolve(acme, tiers=[attrs.evolve(tier, time_limit=None) for tier in acme.tiers])
    desk = staffed(agents=[front("anna")], process=calm)
    case = desk.open("x", by="jane")
    clock.advance("5h")

    assert (case.id, "anna") == ((found := desk.next_for("anna")).id, found.assignee)
    assert (0,) == found.stopwatch("resolve").fired
