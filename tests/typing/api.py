"""How users write against the library; type-checked, never run."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import ClassVar, assert_type

from supporttiers import (
    Actor,
    AsyncSupportDesk,
    Case,
    Decision,
    Destination,
    Explanation,
    FactSource,
    Match,
    MoveRefusedError,
    Not,
    Option,
    Page,
    Pass,
    Reason,
    Route,
    RouteByRules,
    Situation,
    Status,
    SupportDesk,
    SupportProcess,
    Threshold,
    Tier,
    TimeLimit,
    WorkingHours,
    business_days,
    calendar_days,
    until_close,
)
from supporttiers.actors import Agent, Contact
from supporttiers.backends.directory import House
from supporttiers.backends.directory.toml import TomlDirectory
from supporttiers.calendars.targets import Target
from supporttiers.commands import Escalate
from supporttiers.diagrams import CaseTimeline, Ladder
from supporttiers.effects import Notification, VendorAnswer, VendorRequest
from supporttiers.events import Event
from supporttiers.hookspecs import hookimpl
from supporttiers.policies.approval import ApprovalRule, PermitByApproval
from supporttiers.policies.assignment import AssignLeastLoaded
from supporttiers.policies.handoff import PermitByHandOff, Requirement
from supporttiers.policies.permission import Permission, PermitByRules
from supporttiers.policies.priority import PrioritiseByRules, PriorityRule
from supporttiers.policies.targets import TargetByRules, TargetRule
from supporttiers.process import Finding
from supporttiers.protocols import (
    AgentDirectory,
    AssignPolicy,
    Backlog,
    ContactDirectory,
    Notifier,
    PermitPolicy,
    PriorityPolicy,
    RoleDirectory,
    RoutePolicy,
    TargetPolicy,
    VendorGateway,
)
from supporttiers.readings import HookReading
from supporttiers.testing import FakeClock, situation
from supporttiers.words import MessageTemplate, NotificationRules
from supporttiers.worker import AsyncWorker, Worker, WorkerStatus
from supporttiers.worker.otel import OpenTelemetry

NOON = datetime(2026, 3, 23, 12, tzinfo=UTC)


class Pager:
    """A notifier of one's own."""

    name = "pager"

    def notify(self, notification: Notification, /, *, key: str) -> None:
        """Send."""
        self.sent = (key, notification.reason)


class Supplier:
    """A vendor of one's own."""

    name = "supplier"

    def open(self, request: VendorRequest, /, *, key: str) -> VendorAnswer:
        """Open a ticket."""
        return VendorAnswer(remote_id=f"{key}/{request.case_id}")

    def fetch(self, remote_id: str, /) -> VendorAnswer:
        """Ask."""
        return VendorAnswer(remote_id=remote_id)


class RouteByPlan:
    """A policy of one's own."""

    name: ClassVar[str] = "acme.route-by-plan"
    revision: ClassVar[int] = 1

    def route(self, situation: Situation, /) -> Destination | None:
        """Send gold customers up."""
        return Destination(tier=2) if situation.case.customer == "gold" else None


class Mail(Pager):
    """A notifier that is called once for each recipient."""

    per_recipient = True


notifier: Notifier = Pager()
mail: Notifier = Mail()
reached: ContactDirectory = House(
    [Agent(id="anna", addresses={"email": "anna@example.org"}, quiet_hours="22:00-07:00")]
)
entitled: RoleDirectory = House([Agent(id="anna", roles=["lead"])])
assert_type(reached.contacts_of(["anna"]), Mapping[str, Contact])
spoken = SupportProcess(
    name="acme",
    tiers=[Tier(level=1, name="First")],
    messages=[
        MessageTemplate(to="requester", language="de", subject="Fall $case_id", text="{{ what }}", engine="jinja2")
    ],
    texts={"de": {"inform.news": "es gibt Neues"}},
    notifications=NotificationRules(quiet_hours="22:00-07:00", urgent=Match(priority="high"), daily_limit=20),
)
vendor: VendorGateway = Supplier()
policy: RoutePolicy = RouteByPlan()
assigning: AssignPolicy = AssignLeastLoaded(when_full="assign")
routing: RoutePolicy = RouteByRules([Route("otherwise", Destination(tier=1))])
permitting: PermitPolicy = PermitByRules([Permission(verbs=["close"], kinds=["manager"])])
handing_on: PermitPolicy = PermitByHandOff([Requirement(into=[2], attributes=["steps"])], bind_clock=True)
approving: PermitPolicy = PermitByApproval([ApprovalRule(verbs=["dispatch"], approvers=["purchasing"])])
prioritising: PriorityPolicy = PrioritiseByRules(
    {"high": {"now": "critical"}}, [PriorityRule(when=Match(customer="gold"), step=1)]
)
targeting: TargetPolicy = TargetByRules([TargetRule(limit="resolve", target={"critical": "1h", "*": "4h"})])

process = SupportProcess(
    name="typed",
    tiers=(
        Tier(level=1, name="One", escalates_to=(2,), time_limit=timedelta(minutes=15)),
        Tier(level=2, name="Two", hands_back_to=(1,)),
    ),
    limits=(
        TimeLimit(
            name="resolve",
            target={"*": timedelta(hours=8)},
            when=Match(category=Not("wishlist")),
            thresholds=(Threshold("75%", do=("notify:assignee",)),),
        ),
    ),
    entry=(1, 2),
    policies=(RouteByRules((Route(Match(category="printing"), Destination(tier=2)),)), RouteByPlan()),
)
people: AgentDirectory = TomlDirectory("people.toml")
desk = SupportDesk(process, clock=FakeClock(NOON), directory=people, notifiers=[Pager()], vendors=[Supplier()])
case = desk.open("A printer", by=Actor.customer("jane"), at=NOON, idempotency_key="k-1")

assert_type(case, Case)
assert_type(case.status, Status)
assert_type(desk.escalate(case, by="anna", reason="too hard", expected_version=case.version), Case)
assert_type(desk.execute(Escalate(case_id=case.id, by=Actor.agent("anna"))), Decision)
assert_type(desk.options(case, by="anna"), tuple[Option, ...])
assert_type(desk.assign(case, by="anna"), Case)
assert_type(desk.assign(case, by="anna", assignee=None), Case)
assert_type(desk.next_for("anna"), Case | None)
assert_type(SupportDesk(process, directory="store").people.all(), tuple[Agent, ...])
assert_type(desk.find(Match(status="queued"), order="due_at"), Page)
assert_type(desk.find()[0], Case)
assert_type(desk.history(case, visible_to="jane"), tuple[Event, ...])
assert_type(desk.explain(case), Explanation)
assert_type(desk.verify(case), tuple[Reason, ...])
assert_type(desk.run_due(), Pass)
assert_type(desk.counts(by="tier"), Mapping[str | int | None, int])

try:
    desk.close(case, by="anna")
except MoveRefusedError as error:
    assert_type(error.possible, tuple[str, ...])


def ask_for_working_time() -> None:
    """Calendars take aware instants, and targets of every kind."""
    office = WorkingHours(name="office", zone="Europe/London", week={"mon-fri": ["09:00-12:30", "13:30-17:00"]})
    assert_type(office.add(NOON, timedelta(hours=8)), datetime)
    assert_type(office.between(NOON, NOON), timedelta)
    targets: list[Target] = [timedelta(hours=8), business_days(2), calendar_days(2), until_close()]
    for target in targets:
        assert_type(office.after(NOON, target), datetime)
    SupportProcess(name="x", calendars=[office], calendar="office", tiers=[Tier(level=1, name="First")])


assert_type(process.check(now=NOON), tuple[Finding, ...])
assert_type(desk.approve(case, by="mia"), Case)


class AsyncPager:
    """A notifier of one's own that is awaited."""

    name = "pager"

    async def notify(self, notification: Notification, /, *, key: str) -> None:
        """Send."""


class AsyncPeopleOfOnesOwn:
    """A directory of one's own that is awaited."""

    async def actor(self, id: str, /) -> Actor | None:
        """Look up."""
        return Actor.agent(id)


async def read_plans(tenant: str, keys: Sequence[str]) -> Mapping[str, object]:
    """Read a fact of many keys."""
    return dict.fromkeys(keys, tenant)


async def await_everything() -> None:
    """The desk that is awaited gives what the other one gives."""
    plans = FactSource("plan", read_plans)
    async with AsyncSupportDesk(
        process, notifiers=[AsyncPager(), Pager()], directory=AsyncPeopleOfOnesOwn(), facts=[plans]
    ) as awaited:
        case = await awaited.bind(tenant="north").open("A printer", by="jane", at=NOON)
        assert_type(case, Case)
        assert_type(await awaited.escalate(case, by="anna", reason="too hard", expected_version=case.version), Case)
        assert_type(await awaited.assign(case, by="anna", assignee=None), Case)
        assert_type(await awaited.execute(Escalate(case_id=case.id, by=Actor.agent("anna"))), Decision)
        assert_type(await awaited.options(case, by="anna"), tuple[Option, ...])
        assert_type(await awaited.next_for("anna"), Case | None)
        assert_type((await awaited.find(Match(status="queued")))[0], Case)
        assert_type(await awaited.history(case, visible_to="jane"), tuple[Event, ...])
        assert_type(await awaited.explain(case), Explanation)
        assert_type(await awaited.run_due(), Pass)
        assert_type(await awaited.people.all(), tuple[Agent, ...])
        assert_type(awaited.process, SupportProcess)


class Counter:
    """Hears what workers do, without deriving from anything of ours."""

    def around_pass(self) -> AbstractContextManager[None]:
        """Enclose it in nothing."""
        return nullcontext()

    def passed(self, done: Pass, /) -> None:
        """Count."""
        assert_type(done.idle, bool)

    def waiting(self, backlog: Backlog, /) -> None:
        """Look at what is left."""
        assert_type(backlog.lag, timedelta)


async def work(blocking: SupportDesk, awaited: AsyncSupportDesk) -> None:
    """Both workers take the same, and tell the same."""
    worker = Worker(blocking, poll_every=timedelta(seconds=10), tenant="north", telemetry=Counter(), on_pass=print)
    worker.run(signals=False)
    assert_type(worker.status(), WorkerStatus)
    assert_type(worker.status().backlog, Backlog | None)
    other = AsyncWorker(awaited, telemetry=OpenTelemetry())
    await other.run()
    assert_type((await other.status()).findings, tuple[Reason, ...])


class Watching:
    """A plugin."""

    @hookimpl
    def supporttiers_event(self, event: Event, case: Case) -> None:
        """Observe."""

    @hookimpl(tryfirst=True)
    def supporttiers_notifier(self, url: str) -> Pager | None:
        """Hand over a notifier."""
        return Pager() if url == "pager:" else None


plugged = SupportDesk(
    process,
    store="acme:here",
    notifiers=["console:", Pager()],
    vendors={"acme-print": {"use": "memory"}},
    plugins=[Watching(), "acme.plugin"],
    entry_points=True,
    blocked={"noisy"},
)
SupportDesk(process, vendors=["acme-print", Supplier()])
assert_type(plugged.hooks, tuple[HookReading, ...])
assert_type(plugged.hooks[0].plugins[0].version, str | None)
assert_type(AsyncSupportDesk(process, plugins=[Watching()]).hooks, tuple[HookReading, ...])


assert_type(process.diagram(format="svg"), str)
assert_type(process.ladder(), Ladder)
assert_type(process.ladder().rows[0].tells, tuple[str, ...])
assert_type(plugged.timeline("T-1", zone=UTC), CaseTimeline)
assert_type(plugged.timeline("T-1").to_svg(), str)


async def draw(desk: AsyncSupportDesk) -> None:
    """Pictures have the same types on a desk that is awaited."""
    assert_type(await desk.timeline("T-1", until=datetime(2026, 3, 23, tzinfo=UTC)), CaseTimeline)


def ask() -> None:
    """Fields of a case have their types in a test of a policy, too."""
    assert_type(situation(category="printing", tags=["vip"], status="waiting"), Situation)
    situation(command="escalate", by="bob", now="2026-03-23T09:00Z", facts={"plan": {"hours": 4}}, to=2)
    situation(categry="printing")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
