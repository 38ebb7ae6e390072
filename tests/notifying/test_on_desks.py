"""Notifiers on desks: from a case to a mailbox or receiver, past everything that goes wrong, and nothing is lost."""

import email
import email.policy
import json
from datetime import timedelta

import pytest
from tests.blocking import BlockingDesk
from tests.servers.mailboxes import mail_server

from supporttiers.backends.notification.apprise import AppriseNotifier
from supporttiers.backends.notification.smtp import SmtpNotifier
from supporttiers.backends.notification.webhook import WebhookNotifier
from supporttiers.backends.signatures import verify
from supporttiers.desk import SupportDesk
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.process import SupportProcess
from supporttiers.tiers import Tier

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PRIVATE = "my password is hunter2"

PROCESS = SupportProcess(
    name="acme",
    tiers=[Tier(level=1, name="Service desk", teams=["front"])],
    limits=[
        TimeLimit(
            name="resolve",
            target="8h",
            thresholds=[
                Threshold("25%", do=["notify:assignee"]),
                Threshold("50%", do=["notify:assignee"]),
                Threshold("100%", do=["notify:requester"]),
            ],
        )
    ],
)


@pytest.fixture(params=[SupportDesk, BlockingDesk], ids=["called", "awaited"])
def desk_class(request):
    """Give both desks in turn."""
    return request.param


@pytest.fixture(params=["memory:", "sqlite:///desk.db"], ids=["memory", "sqlite"])
def desk(request, desk_class, clock, tmp_path, monkeypatch):
    """Make desks with one case, which Anna works on."""
    monkeypatch.chdir(tmp_path)

    def make(*notifiers):
        desk = desk_class(PROCESS, store=request.param, clock=clock, notifiers=notifiers)
        desk.open(PRIVATE, id="T-1", by="jane", text=PRIVATE)
        desk.assign("T-1", by="bob", assignee="anna")
        return desk

    return make


def states(desk):
    """Give how the messages stand, in order."""
    return [message.state for message in desk.messages(case="T-1")]


def test_mail_reaches_people_past_a_server_that_puts_it_off(desk, clock):
    """451 at first, and then it is taken; the next mail of the case stands in the same thread."""
    with mail_server() as server:
        server.answers["anna@acme.example"] = ["451 4.7.1 greylisted"]
        mail = SmtpNotifier(
            "127.0.0.1", server.port, sender="support@acme.example", clock=clock,
            addresses={"anna": "anna@acme.example", "jane": "jane@home.example"},
        )  # fmt: skip
        desk = desk(mail)
        clock.advance("2h")
        assert 1 == desk.run_due().failed
        clock.advance("1m")
        desk.run_due()
        clock.advance("6h")
        desk.run_due()
        mails = [email.message_from_bytes(each.content, policy=email.policy.default) for each in server.mails]

        assert [["anna@acme.example"], ["anna@acme.example"], ["jane@home.example"]] == [
            each.rcpt_tos for each in server.mails
        ]
        assert 1 == len({each["References"] for each in mails})
        assert 3 == len({each["Message-ID"] for each in mails})
        assert all("limit 'resolve' reached" in each["Subject"] for each in mails)
        assert PRIVATE not in "".join(each.as_string() for each in mails)
    assert {"done"} == set(states(desk))


def test_mail_that_may_have_arrived_comes_again_with_its_id(desk, clock):
    """The server had it, and broke off: at least once, and a reader's program can tell."""
    with mail_server() as server:
        mail = SmtpNotifier(
            "127.0.0.1", server.port, sender="support@acme.example", clock=clock, addresses={"anna": "anna@x.example"}
        )
        desk = desk(mail)
        clock.advance("2h")
        server.at_data = "drop"
        desk.run_due()
        server.at_data = "250 taken"
        for _ in range(2):
            clock.advance("1m")
            desk.run_due()
        given = [email.message_from_bytes(each.content) for each in server.given]

        assert (2, 1) == (len(given), len({each["Message-ID"] for each in given}))
    assert "done" in states(desk)


def test_mail_to_nobody_that_exists_does_not_hold_up_others(desk, clock, caplog):
    """It is given up, and says why, without address or text."""
    with mail_server() as server:
        server.answers["anna@x.example"] = ["550 5.1.1 unknown"]
        mail = SmtpNotifier(
            "127.0.0.1", server.port, sender="support@acme.example", clock=clock, addresses={"anna": "anna@x.example"}
        )
        desk = desk(mail)
        clock.advance("2h")
        desk.run_due()
        clock.advance("2h")
        desk.run_due()

        assert 1 == len(server.mails)
    assert "dead" in states(desk)
    assert "the server refused recipient 'anna': 550 5.1.1; trying again will not help" in caplog.text
    assert "anna@x.example" not in caplog.text
    assert PRIVATE not in caplog.text


def test_webhook_reaches_its_receiver_by_the_standards_schedule(desk, clock, receiver):
    """It was down, then throttled, and then it takes it: always the same id, signed anew."""
    receiver.answers = [500, (429, {"Retry-After": "1800"}), 302, 200]
    desk = desk(WebhookNotifier(receiver.url, secrets=[SECRET], clock=clock))
    clock.advance("2h")
    waits = []
    for _ in range(4):
        desk.run_due()
        [message] = desk.messages(case="T-1")
        waits.append(message.not_before - clock.now())
        clock.advance(max(waits[-1], timedelta(0)))
    ids = {verify(headers, body, secrets=[SECRET], now=clock.now(), tolerance=timedelta(days=1))
           for _, _, headers, body in receiver.requests}  # fmt: skip

    assert (4, 1) == (len(receiver.requests), len(ids))
    assert timedelta(seconds=5) <= waits[0] <= timedelta(seconds=5.5)
    assert timedelta(minutes=30) == waits[1]
    assert timedelta(minutes=30) <= waits[2] <= timedelta(minutes=33)
    assert "done" == message.state
    event = json.loads(receiver.requests[-1][3])
    assert ("T-1", ["anna"]) == (event["subject"], event["data"]["recipients"])
    assert PRIVATE not in "".join(body.decode() for _, _, _, body in receiver.requests)


def test_webhook_that_nobody_ever_takes_is_given_up_after_three_days(desk, clock, receiver):
    """Ten attempts; what is given up stays, and can be sent again by people."""
    receiver.answers = [503]
    desk = desk(WebhookNotifier(receiver.url, secrets=[SECRET], clock=clock))
    clock.advance("2h")
    began = clock.now()
    for _ in range(10):
        desk.run_due()
        message = desk.messages(case="T-1")[0]
        clock.advance(max(message.not_before - clock.now(), timedelta(0)))

    [first, *_] = ids = [headers["webhook-id"] for _, _, headers, _ in receiver.requests]
    assert ("dead", 10, 10) == (message.state, message.attempts, ids.count(first))
    assert timedelta(hours=75) < clock.now() - began < timedelta(hours=84)


def test_apprise_reaches_its_place(desk, clock, receiver):
    """Whoever the recipients are."""
    receiver.answers = [500, 200]
    desk = desk(AppriseNotifier(receiver.url.replace("http://", "json://").partition("?")[0]))
    clock.advance("2h")
    desk.run_due()
    clock.advance("1m")
    desk.run_due()

    assert 2 == len(receiver.requests)
    assert "limit 'resolve' reached 25%" in json.loads(receiver.requests[1][3])["message"]
    assert "done" == desk.messages(case="T-1")[0].state
