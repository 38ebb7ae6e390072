"""Opening tickets at vendors that can be asked for our reference: nothing is created twice, and nothing is lost."""

from datetime import timedelta

import attrs
import pytest

from supporttiers import commands as wanted
from supporttiers.actors import Actor
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.effects import VendorAnswer
from supporttiers.errors import VendorError
from supporttiers.links import VendorStatus, reference_of
from supporttiers.readings import Pass

LOST = VendorError("acme-print", "no answer in time", retryable=True, ambiguous=True)
OFF = VendorError("acme-print", "cut off", retryable=False, ambiguous=True)


class Plain:
    """A vendor whose every open is a new ticket, and that can be asked for a reference."""

    name = "acme-print"

    def __init__(self):
        self.tickets = []
        self.requests = []
        self.looks = 0
        self.before = []
        self.after = []
        self.looking = []
        self.hidden = False

    def open(self, request, /, *, key):
        """Create a ticket, unless it fails before; fail after it."""
        self.requests.append(request)
        _meet(self.before)
        answer = VendorAnswer(remote_id=f"A-{len(self.tickets) + 1}", reference=request.reference)
        self.tickets.append(answer)
        return _meet(self.after) or answer

    def find(self, reference, /):
        """Give every ticket there is, as vendors do that do not know the filter."""
        self.looks += 1
        return _meet(self.looking) or ([] if self.hidden else list(self.tickets))

    def fetch(self, remote_id, /):
        """Say how far a ticket is."""
        return next(ticket for ticket in self.tickets if ticket.remote_id == remote_id)


def _meet(outcomes):
    outcome = outcomes.pop(0) if outcomes else None
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


class Gone(BaseException):
    """The process is no more."""


@pytest.fixture
def vendor():
    """Give a vendor whose every open is a new ticket."""
    return Plain()


@pytest.fixture
def desk(make_desk, calm):
    """Give a desk that has sent a case to the vendor."""
    desk = make_desk(calm)
    desk.open("Stuck", id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print", text="Help.")
    return desk


def ticket(desk):
    """Give the newest ticket of the case."""
    return desk.get("T-1").vendor_tickets[-1]


def message(desk):
    """Give the request as it stands in the outbox."""
    return next(each for each in desk.messages() if each.kind == "dispatch")


def test_request_carries_our_reference(desk, vendor):
    """It is the short form of the key, by which the vendor can be asked for the ticket."""
    desk.run_due()

    assert [reference_of(ticket(desk).key)] == [request.reference for request in vendor.requests]
    assert (0, "A-1") == (vendor.looks, ticket(desk).remote_id)


@pytest.mark.parametrize("error", [LOST, OFF, OSError("secret"), "nonsense"], ids=["lost", "final", "foreign", "odd"])
def test_lost_answer_is_looked_for_and_adopted(desk, vendor, clock, error):
    """Whatever it was that went wrong: the one ticket that shows our reference is ours, and no second is created."""
    vendor.after = [error]

    assert 1 == desk.run_due().failed
    assert message(desk).result.startswith("unsure since 2026-03-23T09:00:00+00:00: ")
    assert "secret" not in message(desk).result
    clock.advance("5s")
    assert 1 == desk.run_due().relayed
    assert (1, 1, "A-1") == (len(vendor.tickets), len(vendor.requests), ticket(desk).remote_id)
    assert ("done", "A-1") == (message(desk).state, message(desk).result)


def test_request_that_is_not_found_is_created_anew_once_it_must_have_been(desk, vendor, clock):
    """It is looked for after longer each time; only once nothing can be found any more, another is created."""
    vendor.before = [LOST]
    desk.run_due()
    passes = []
    for _ in range(13):
        clock.advance("5s")
        done = desk.run_due()
        passes.append((done.relayed, vendor.looks, len(vendor.tickets)))

    assert [(1, 1, 0), (1, 2, 0), (0, 2, 0), (1, 3, 0)] == passes[:4]
    assert (1, 5, 1) == passes[11]
    assert "A-1" == ticket(desk).remote_id


def test_vendor_says_how_long_its_index_takes(make_desk, calm, clock, vendor):
    """`settle_time` of a gateway is kept; that of one that finds at once is nothing."""
    vendor.settle_time = timedelta(0)
    vendor.before = [LOST]
    desk = make_desk(calm)
    desk.open("Stuck", id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print")
    desk.run_due()
    clock.advance("5s")
    desk.run_due()

    assert (1, 1) == (vendor.looks, len(vendor.tickets))


@pytest.mark.parametrize("kind", ["unavailable", "conflict", "not_applied", "protocol", "gone"])
def test_failure_that_does_not_say_whether_it_has_arrived_is_looked_for(desk, vendor, clock, kind):
    """Whoever writes a gateway and forgets `ambiguous` has no ticket created twice."""
    vendor.after = [VendorError("acme-print", "down", retryable=True, kind=kind)] * 3
    desk.run_due()
    clock.advance("5s")
    desk.run_due()

    assert (1, 1, "A-1") == (len(vendor.requests), len(vendor.tickets), ticket(desk).remote_id)


@pytest.mark.parametrize(
    "more", [{"kind": "rejected"}, {"kind": "permission"}, {"ambiguous": False}, {"retryable": False}], ids=str
)
def test_sure_failure_is_tried_again_without_looking(desk, vendor, clock, more):
    """Who is sure that nothing has arrived is believed, and so are kinds that say so by themselves."""
    vendor.before = [VendorError("acme-print", "down", **{"retryable": True, **more})]

    assert 1 == desk.run_due().failed
    assert "VendorError: down" == message(desk).result
    if more == {"retryable": False}:
        desk.retry(message(desk).key)
    clock.advance("1m")
    desk.run_due()
    assert (0, "A-1") == (vendor.looks, ticket(desk).remote_id)


@pytest.mark.parametrize("arrived", [True, False])
def test_request_during_which_the_worker_was_killed_is_looked_for(desk, vendor, clock, arrived):
    """That it was begun stands in the outbox; whoever takes it over looks, and waits as if it had just been sent."""
    (vendor.after if arrived else vendor.before).append(Gone())
    with pytest.raises(Gone):
        desk.run_due()
    assert ("pending", "begun") == (message(desk).state, message(desk).result)
    clock.advance("5m1s")
    desk.run_due()

    assert (1, 1) == (vendor.looks, len(vendor.requests))
    assert (ticket(desk).remote_id is not None) == arrived
    for _ in range(3):
        clock.advance("40s")
        desk.run_due()
    assert (1, "A-1") == (len(vendor.tickets), ticket(desk).remote_id)


def test_two_tickets_with_our_reference_are_left_to_people(desk, vendor, clock, pager):
    """Both stand on the record, and management is told; nobody guesses which one it is."""
    vendor.after = [LOST]
    desk.run_due()
    vendor.tickets.append(attrs.evolve(vendor.tickets[0], remote_id="A-2"))
    clock.advance("5s")
    desk.run_due()

    key = ticket(desk).key
    text = f"vendor acme-print has several tickets of request {key}: A-1 and A-2; people must choose"
    assert text == desk.history("T-1")[-1].said
    assert [("manager", "management.asked")] == pager.told
    assert ("ambiguous", 1) == (message(desk).state, len(vendor.requests))
    clock.advance("5h")
    assert Pass() == desk.run_due()


def test_people_choose_by_telling_the_case_which_ticket_it_is(desk, vendor, clock):
    """The request is then done as soon as it is tried once more."""
    vendor.after = [LOST]
    desk.run_due()
    vendor.tickets.append(attrs.evolve(vendor.tickets[0], remote_id="A-2"))
    clock.advance("5s")
    desk.run_due()
    by = Actor.vendor("acme-print")
    desk.execute(wanted.VendorUpdate(
        case_id="T-1", by=by, vendor="acme-print", key=ticket(desk).key, remote_id="A-2", status=VendorStatus.OPEN,
    ))  # fmt: skip
    desk.retry(message(desk).key)
    desk.run_due()

    assert ("done", "A-2", 1) == (message(desk).state, message(desk).result, len(vendor.requests))


def test_others_tickets_are_never_adopted(desk, vendor, clock):
    """Of what a vendor finds only what shows the very reference is believed; the same one twice is one."""
    vendor.after = [LOST]
    desk.run_due()
    mine = vendor.tickets[0]
    others = [attrs.evolve(mine, remote_id="B-1", reference=""), attrs.evolve(mine, remote_id="B-2", reference="ST-X")]
    vendor.tickets = [*others, mine, mine, "what?"]
    clock.advance("5s")
    desk.run_due()

    assert "A-1" == ticket(desk).remote_id


def test_requests_of_two_tenants_are_never_one(make_desk, calm, vendor):
    """Wherever the ids of tenants and cases have slashes."""
    keys = []
    vendor.open = lambda request, *, key: keys.append(key) or VendorAnswer(remote_id=f"A-{len(keys)}")
    desk = make_desk(calm)
    for tenant, case_id in (("a", "b/c"), ("a/b", "c"), ("a%2Fb", "c")):
        desk.bind(tenant=tenant).open("Stuck", id=case_id, by="jane")
        desk.bind(tenant=tenant).dispatch(case_id, by="bob", vendor="acme-print")
    desk.run_due()

    assert 3 == len(set(keys))


@pytest.mark.parametrize(
    "answer", [OSError("down"), 7, [{"id": 1}], {"A-1": 1}, "A-1"], ids=["down", "odd", "rows", "mapping", "text"]
)
def test_failing_look_up_is_repeated(desk, vendor, clock, answer):
    """As long as nobody can look, nothing is created; the doubt stands since when it stood."""
    vendor.after, vendor.looking = [LOST], [answer]
    desk.run_due()
    since = message(desk).result
    clock.advance("5s")

    assert 1 == desk.run_due().failed
    assert since == message(desk).result
    clock.advance("2m")
    desk.run_due()
    assert (1, "A-1") == (len(vendor.tickets), ticket(desk).remote_id)


def test_look_up_that_never_works_leaves_it_to_people(desk, vendor, clock, pager):
    """In the end it is set aside, and management knows why."""
    vendor.after, vendor.looking = [LOST], [OSError("down")] * 99
    for _ in range(40):
        desk.run_due()
        clock.advance("1h")

    assert "ambiguous" == message(desk).state
    assert [("manager", "vendor.unreachable"), ("manager", "management.asked")] == pager.told
    assert (1, VendorStatus.REQUESTED) == (len(vendor.requests), ticket(desk).status)


def test_request_whose_answers_are_all_lost_is_given_up_once_it_is_sure_that_it_is_not_there(desk, vendor, clock):
    """After ten tries, less and less often, that have surely not arrived, the case is told that none ever will."""
    vendor.before = [LOST] * 99
    for _ in range(240):
        desk.run_due()
        clock.advance("1m")
    assert ("pending", 9) == (message(desk).state, len(vendor.requests))
    for _ in range(80):
        desk.run_due()
        clock.advance("2m")

    assert ("dead", 10) == (message(desk).state, len(vendor.requests))
    assert VendorStatus.FAILED == ticket(desk).status


def test_answer_that_the_case_could_not_take_is_looked_up_and_not_asked_for_again(make_desk, calm, clock, vendor):
    """A store that is away just then loses nothing, and has nothing created twice."""

    class Away(MemoryStore):
        away = 0

        def commit(self, commits, /):
            if self.away:
                self.away -= 1
                raise OSError
            return super().commit(commits)

    store = Away()
    desk = make_desk(calm, store=store)
    desk.open("Stuck", id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print")
    store.away = 1
    desk.run_due()
    clock.advance("5s")
    desk.run_due()

    assert (1, 1, "A-1") == (len(vendor.requests), vendor.looks, ticket(desk).remote_id)


def test_doubt_about_a_vendor_that_can_no_longer_be_asked_goes_by_its_key(make_desk, calm, clock, vendor):
    """A gateway that has lost its look-up opens by key, if it can; else people decide."""
    store = MemoryStore()
    desk = make_desk(calm, store=store)
    for case_id in ("T-1", "T-2"):
        desk.open("Stuck", id=case_id, by="jane")
        desk.dispatch(case_id, by="bob", vendor="acme-print")
    vendor.after = [LOST, LOST]
    desk.run_due()
    clock.advance("5s")
    vendor.find, vendor.repeats = None, False
    make_desk(calm, store=store).run_due(limit=1)
    vendor.repeats = True
    make_desk(calm, store=store).run_due(limit=1)

    assert ["ambiguous", "done"] == [each.state for each in desk.messages() if each.kind == "dispatch"]
