"""`status`, `parked`, `unpark`, `messages`, `retry` and `discard`."""

import pytest

from supporttiers import Reason, SupportDesk, SupportProcess
from supporttiers.errors import NotifyError
from supporttiers.protocols import Setback


class Deaf:
    """A notifier to which nothing will ever get through."""

    name = "deaf"

    def notify(self, _notification, /, *, key):
        """Refuse."""
        raise NotifyError("deaf", "the address is unknown", retryable=False)


@pytest.fixture
def desk(url, clock):
    """Give a desk whose messages do not arrive."""
    desk = SupportDesk(SupportProcess.default(), store=url, clock=clock, notifiers=[Deaf()])
    yield desk
    desk.shut_down()


@pytest.fixture
def later(url):
    """Give the same desk by the clock of the machine, by which the command line goes, too."""
    with SupportDesk(SupportProcess.default(), store=url, notifiers=[Deaf()]) as desk:
        yield desk


@pytest.fixture
def parked(desk, clock, at):
    """Set two cases aside."""

    def set_aside(found):
        return [
            Setback(tenant=one.case.tenant, case_id=one.case.id, version=one.case.version, failures=5,
                    reason=Reason("error", {"text": "ValueError"}), at=clock.now(), wakes_at=None)
            for one in found
        ]  # fmt: skip

    for case_id in ("T-1", "T-2"):
        desk.open("Dear all", by="jane", id=case_id)
    clock.advance("15m")
    desk._ports.store.claim(clock.now(), limit=9, decide=set_aside)


@pytest.fixture
def dead(desk):
    """Have a message given up; give its key."""
    desk.open("Dear all", by="jane", id="T-3")
    desk.inform_management("T-3", by="bob", reason="Jane shouts")
    desk.run_due()
    return desk.messages(state="dead")[0].key


@pytest.fixture
def at():
    """Give an instant of the day as JSON has it."""
    return lambda text: f"2026-03-23T{text}+00:00"


def test_status_says_what_waits(run, url, desk, parked, dead):
    """What is due since when, what stands aside, and what is next."""
    done = run("status", "--store", url)
    lines = dict(line.rsplit("  ", 1) for line in done.out.splitlines())
    said = {name.strip(): value.strip() for name, value in lines.items()}

    assert 0 == done.code
    assert ("2", "1", "0", "0") == tuple(
        said[name] for name in ("cases parked", "messages dead", "messages ambiguous", "messages due")
    )
    assert said["cases due"].startswith("1, late by ")
    assert "2026-03-23 09:30:00" == said["next wake-up"]


def test_status_as_json(run, url, desk, parked, at):
    """The keys are those of a backlog, and when something is next."""
    answer = run("status", "--store", url, "--json").json()

    assert ["due", "lag", "parked", "messages", "message_lag", "dead", "ambiguous", "next_wake"] == list(answer)
    assert (0, 2, None) == (answer["due"], answer["parked"], answer["next_wake"])


def test_status_of_a_tenant(run, url, desk, parked):
    """Without --tenant it is that of all of them."""
    assert 0 == run("status", "--store", url, "--tenant", "other", "--json").json()["parked"]
    assert "next wake-up        none" == run("status", "--store", url, "--tenant", "other").out.splitlines()[-1]


def test_parked_lists_cases_and_why(run, url, desk, parked):
    """Each with since when and after how many tries; nothing of what people wrote."""
    done = run("parked", "--store", url)

    assert [
        "id   tier  status  parked               tries  why",
        "T-1  1     queued  2026-03-23 09:15:00  5      ValueError",
        "T-2  1     queued  2026-03-23 09:15:00  5      ValueError",
    ] == done.out.splitlines()


def test_parked_goes_on_where_the_page_ended(run, url, desk, parked, at):
    """The mark at the end of a page gives the next one."""
    first = run("parked", "--store", url, "--limit", "1")
    again = run("parked", "--store", url, "--limit", "2", "--after", "T-1", "--json").json()

    assert "more: --after T-1" == first.out.splitlines()[-1]
    reason = {"code": "error", "params": {"text": "ValueError"}, "text": "ValueError"}
    listed = {"case_id": "T-2", "tenant": "default", "parked_at": at("09:15:00"), "failures": 5, "reason": reason}
    assert {"parked": [listed], "next": None} == again
    assert "no case is set aside\n" == run("parked", "--store", url, "--after", "T-2").out


def test_unpark_lets_a_case_be_tried_again(run, url, later, parked):
    """Once; one that is not set aside is a no."""
    first, second = run("unpark", "T-1", "--store", url), run("unpark", "T-1", "--store", url)

    assert (0, "case T-1 is tried again by the next pass\n") == (first.code, first.out)
    assert (1, "case T-1 was not set aside\n") == (second.code, second.out)
    assert {"case_id": "T-2", "unparked": True} == run("unpark", "T-2", "--store", url, "--json").json()
    assert 2 == later.run_due().fired


def test_unpark_of_an_unknown_case_is_told(run, url, desk, parked):
    """There must be one."""
    done = run("unpark", "T-9", "--store", url)

    assert 1 == done.code
    assert "case 'T-9' does not exist" in done.err


def test_messages_are_listed_without_what_people_wrote(run, url, dead):
    """What a message says stays out."""
    done = run("messages", "--store", url, "--state", "dead")
    answer = run("messages", "--store", url, "--case", "T-3", "--json").json()

    assert (dead, "T-3", "notify", "deaf", "dead") == tuple(done.out.splitlines()[1].split()[:5])
    assert (None, [dead]) == (answer["next"], [one["key"] for one in answer["messages"]])
    assert "shouts" not in str(answer)
    assert ("dead", 1, "NotifyError: the address is unknown") == tuple(
        answer["messages"][0][name] for name in ("state", "attempts", "result")
    )


def test_messages_go_on_where_the_page_ended(run, url, desk, dead, clock):
    """The mark at the end of a page gives the next one; what waits to be sent says when it is tried."""
    desk.inform_management("T-3", by="bob")
    first = run("messages", "--store", url, "--limit", "1")
    mark = first.out.splitlines()[-1].removeprefix("more: --after ")
    second = run("messages", "--store", url, "--after", mark).out

    assert dead == mark
    assert ("pending", "2026-03-23", "09:00:00", "2026-03-23", "09:00:00", "0", "-") == tuple(second.split()[-7:])
    assert "no message\n" == run("messages", "--store", url, "--state", "done").out


def test_retry_and_discard_of_a_dead_message(run, url, later, dead):
    """It is carried out anew, or let go of; nothing else is."""
    said = run("retry", dead, "--store", url)
    assert (0, f"message {dead} is carried out by the next pass\n") == (said.code, said.out)
    later.run_due()
    said = run("discard", dead, "--store", url, "--json")
    assert (0, {"key": dead, "discarded": True}) == (said.code, said.json())
    assert "done" == later.messages()[0].state
    for command in ("retry", "discard"):
        done = run(command, dead, "--store", url)
        assert (2, "") == (done.code, done.out)
        assert "supporttiers: key " in done.err


def test_state_that_does_not_exist_is_told(run, url, desk, dead):
    """A wrong value is a wrong command line."""
    done = run("messages", "--store", url, "--state", "asleep")

    assert 2 == done.code
    assert "state must be one of: pending, done, dead, ambiguous" in done.err
