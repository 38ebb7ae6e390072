"""Time on a desk: passes, what they did, and when the next one is due."""

from datetime import timedelta
from typing import ClassVar

import attrs
import pytest

from supporttiers._flows.due import FAILURES
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.errors import InputError
from supporttiers.links import VendorStatus
from supporttiers.protocols import DueCase
from supporttiers.readings import Pass


def test_next_wake_is_the_earliest_of_all_cases(desk, clock, at):
    """A worker may sleep until then; nothing is due on an empty desk."""
    assert desk.next_wake() is None
    desk.open("Stuck", by="jane")
    clock.advance("1m")
    desk.bind(tenant="globex").open("Stuck", by="jane")

    assert at("09:15") == desk.next_wake()
    clock.advance(to=at("09:15"))
    desk.run_due()
    assert at("09:16") == desk.next_wake()


def test_run_due_says_what_it_did(desk, clock, pager, vendor):
    """Cases, messages and tickets, what failed, and how late it was."""
    desk.open("Stuck", id="T-1", by="jane")
    clock.advance("2m")
    desk.open("Stuck", id="T-2", by="jane")
    desk.dispatch("T-2", by="bob", vendor="acme-print")
    desk.inform_management("T-2", by="bob")
    pager.failures = [OSError("down")]
    clock.advance("16m")

    assert Pass(fired=2, relayed=1, polled=1, failed=1, lag=timedelta(minutes=3)) == desk.run_due()
    clock.advance("2m")
    assert Pass(relayed=1) == desk.run_due()  # the vendor says that nothing has changed
    assert Pass() == desk.run_due()


def test_run_due_settles_the_earliest_first(desk, clock):
    """With a small limit the most overdue case comes first."""
    for case_id in ("T-2", "T-1"):
        desk.open("Stuck", id=case_id, by="jane")
        clock.advance("1m")
    clock.advance("1h")

    assert 1 == desk.run_due(limit=1).fired
    assert {"T-1": 1, "T-2": 2} == {case.id: case.tier for case in desk.find()}


@pytest.mark.parametrize("limit", [0, -1, True, "1"])
def test_run_due_refuses_a_limit_that_cannot_be(desk, limit):
    """A pass that does nothing is a mistake."""
    with pytest.raises(InputError, match=r"^limit "):
        desk.run_due(limit=limit)


def test_run_due_frees_old_keys(make_desk, calm, clock):
    """Keys older than 30 days are cleared away, so that a store does not grow with them."""
    store = MemoryStore()
    desk = make_desk(calm, store=store)
    desk.open("Stuck", id="T-1", by="jane", idempotency_key="k-1")
    clock.advance(timedelta(days=30))
    desk.run_due()
    assert 1 == len(store._used)
    clock.advance("1s")
    desk.run_due()

    assert {} == store._used


def test_unchanged_case_is_not_written_by_a_pass(make_desk, calm, clock):
    """A wake-up at which nothing turns out to be due writes nothing."""

    class Early(MemoryStore):
        def due(self, now, /, *, limit, tenant=None):
            case = self.load("default", "T-1").case
            return [DueCase(case=case, wakes_at=now)]

    desk = make_desk(calm, store=Early())
    case = desk.open("Stuck", id="T-1", by="jane")

    assert Pass() == desk.run_due()
    assert case == desk.get("T-1")


def test_ticket_statuses_reach_the_case_by_the_pass(calm_desk, vendor, clock):
    """From the outbox to the vendor, and back by asking: three passes, no code of the host's."""
    calm_desk.open("Stuck", id="T-1", by="jane")
    calm_desk.dispatch("T-1", by="bob", vendor="acme-print")
    calm_desk.wait("T-1", by="bob", wait_reason="vendor")
    calm_desk.run_due()
    vendor.update("ACME-PRINT-1", status=VendorStatus.RESOLVED, text="Done.")
    clock.advance("2m")
    calm_desk.run_due()

    assert ("queued", VendorStatus.RESOLVED) == (
        calm_desk.get("T-1").status, calm_desk.get("T-1").vendor_tickets[0].status
    )  # fmt: skip


class Broken:
    """A policy with a bug in it."""

    name, revision = "tests.broken", 1

    def permit(self, situation, /):
        """Fail for one of the cases, once it is moved."""
        if situation.case.id == "T-1" and situation.trigger == "escalate":
            raise ZeroDivisionError(SECRET)


SECRET = "my password is hunter2"


def test_case_that_cannot_be_decided_does_not_keep_the_deadlines_of_others(make_desk, acme, clock, caplog):
    """The pass goes on, counts it as failed and logs its id alone; it is tried again a minute later."""
    desk = make_desk(attrs.evolve(acme, policies=[Broken()]))
    for case_id in ("T-1", "T-2"):
        desk.open("Stuck", id=case_id, by="jane")
    clock.advance("15m")

    first, second = desk.run_due(), desk.run_due()
    clock.advance("1m")

    assert (1, 1, Pass()) == (first.fired, first.failed, second)
    assert Pass(failed=1) == desk.run_due()
    assert {"T-1": 1, "T-2": 2} == {case.id: case.tier for case in desk.find()}
    assert "case T-1 cannot be decided: ZeroDivisionError" in caplog.text
    assert SECRET not in caplog.text


def test_case_whose_process_cannot_be_loaded_is_left_to_others(make_desk, acme, clock, caplog):
    """Such as one with a policy that this desk was not given: not the case's fault, however often it is met."""
    store = MemoryStore()
    own = attrs.evolve(acme, name="own", policies=[Kept()])
    knowing = make_desk(own, store=store, policies=[Kept])
    for case_id in ("T-1", "T-3"):
        knowing.open("Stuck", id=case_id, by="jane")
    desk = make_desk(acme, store=store)
    desk.open("Stuck", id="T-2", by="jane")
    clock.advance("15m")
    passes = [desk.run_due() for _ in range(FAILURES + 1)]

    assert (1, 0, 2, 0) == (passes[0].fired, passes[0].failed, passes[0].left, passes[0].parked)
    assert {Pass(left=2)} == {attrs.evolve(done, lag=timedelta(0)) for done in passes[1:]}
    assert passes[0] == passes[0].plus(passes[1])
    assert ((), clock.now(), 2) == (desk.parked(), desk.next_wake(), desk.get("T-2").tier)
    (told,) = (record.getMessage() for record in caplog.records if record.levelname == "ERROR")
    assert told.startswith(
        f"cases of process 'own', revision {own.revision}, are left to other desks, because this one"
    )
    assert "has policies that this desk does not know: tests.kept" in told

    assert 2 == knowing.run_due().fired
    assert (2, Pass()) == (knowing.get("T-1").tier, desk.run_due())


def test_case_whose_process_is_lost_is_left_to_who_has_it(make_desk, acme, clock):
    """It is neither at hand nor in the store; a desk that has it at hand goes on with its cases."""
    store = MemoryStore()
    knowing = make_desk(attrs.evolve(acme, name="own"), store=store)
    knowing.open("Stuck", id="T-1", by="jane")
    store._processes.clear()
    clock.advance("15m")

    assert 1 == make_desk(acme, store=store).run_due().left
    assert 1 == knowing.run_due().fired


def test_sweep_passes_over_so_many_cases_of_others_and_no_more(make_desk, acme, clock, monkeypatch):
    """A store full of them must not make a pass endless; what they keep waiting is said by the lag."""
    monkeypatch.setattr("supporttiers._flows.due.STRANGERS", 4)
    store = MemoryStore()
    own = make_desk(attrs.evolve(acme, name="own", policies=[Kept()]), store=store, policies=[Kept])
    for number in range(7):
        own.open("Stuck", id=f"F-{number:02}", by="jane")
    clock.advance("1h")

    assert Pass(left=4) == attrs.evolve(make_desk(acme, store=store).run_due(limit=2), lag=timedelta(0))


@attrs.frozen
class Kept:
    """A policy of one's own, which files may name."""

    name: ClassVar[str] = "tests.kept"
    revision: ClassVar[int] = 1

    def permit(self, _situation, /):
        """Permit all."""


@pytest.mark.parametrize("failing", [3, 40])
def test_cases_of_others_do_not_fill_a_pass(make_desk, acme, clock, failing):
    """They are passed over, and the pass goes on with those that come after them."""
    store = MemoryStore()
    own = make_desk(attrs.evolve(acme, name="own", policies=[Kept()]), store=store, policies=[Kept])
    for number in range(failing):
        own.open("Stuck", id=f"F-{number:02}", by="jane")
    desk = make_desk(acme, store=store)
    clock.advance("1s")
    for case_id in ("T-1", "T-2", "T-3"):
        desk.open("Stuck", id=case_id, by="jane")
    clock.advance("1h")
    first, second = desk.run_due(limit=20), desk.run_due(limit=20)

    assert (3, failing, failing) == (first.fired, first.left, second.left)
    assert timedelta(minutes=45, seconds=1) == first.lag


def test_pass_of_one_tenant_touches_no_other(calm_desk, clock, at, pager):
    """With a tenant, a pass and the next wake-up are that tenant's alone, whatever tenant the view is bound to."""
    for tenant in ("acme", "other"):
        view = calm_desk.bind(tenant=tenant)
        view.open("Stuck", id="T-1", by="jane")
        view.wait("T-1", by="bob", wait_reason="customer", until=at("09:15" if tenant == "acme" else "09:20"))
        view.inform_management("T-1", by="bob")
    clock.advance("30m")

    assert (1, 1) == ((done := calm_desk.run_due(tenant="other")).fired, done.relayed)
    assert (at("09:15"), None) == (calm_desk.next_wake(), calm_desk.next_wake(tenant="other"))
    for ask in (calm_desk.run_due, calm_desk.next_wake):
        with pytest.raises(InputError, match=r"^tenant must not be empty"):
            ask(tenant=" ")
