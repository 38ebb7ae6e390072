"""The gateway to django-helpdesk, on a real one that a fixture has started, with the webhooks that it really sends."""

import asyncio
import importlib.util
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient
from tests.servers.mail import free_ports
from tests.servers.receivers import receiver

from supporttiers import Actor, AsyncSupportDesk, FakeClock, SupportDesk, VendorStatus
from supporttiers.backends.vendor._helpdesk import MAX_TITLE
from supporttiers.backends.vendor.django_helpdesk import DjangoHelpdeskVendor
from supporttiers.effects import VendorCall, VendorFile, VendorMessage, VendorRequest
from supporttiers.errors import VendorError, WebhookRefusedError
from supporttiers.events import VendorReplied
from supporttiers.links import reference_of
from supporttiers.testing.suites._awaiting import turning
from supporttiers.tiers import Visibility

ROOT = Path(__file__).parents[2]
SECRET = "correct-horse-battery"
NOW = datetime(2026, 3, 23, 9, 0, tzinfo=UTC)
KEYS = iter(f"default/T-{number}/1" for number in range(1, 10_000))


@pytest.fixture
def vendor(helpdesk):
    """Give a gateway to it."""
    return gateway(helpdesk)


def gateway(helpdesk, **more):
    """Make a gateway, with the token of our account unless it is said otherwise."""
    login = {} if "user" in more else {"token": helpdesk.desk["token"]}
    return DjangoHelpdeskVendor("acme", **{"url": helpdesk.url, "queue": helpdesk.queue, **login, **more})


def request(key, **said):
    """Make a request."""
    told = {"subject": "Drum is worn out", "text": "It squeaks.", **said}
    return VendorRequest(tenant="default", case_id="T-1", reference=reference_of(key), **told)


def message(key, text):
    """Make a message."""
    return VendorMessage(tenant="default", case_id="T-1", text=text, reference=reference_of(key))


def opened(vendor, **said):
    """Open a ticket, and give it with its key."""
    key = next(KEYS)
    return vendor.open(request(key, **said), key=key), key


def failure(call, *given, **named):
    """Call, and give the VendorError."""
    with pytest.raises(VendorError) as caught:
        call(*given, **named)
    return caught.value


def test_check_lists_the_statuses_and_says_whom_a_password_belongs_to(helpdesk, vendor):
    """With a token it cannot be said whose it is; with a password it is the user's."""
    by_password = gateway(helpdesk, user="desk", password=helpdesk.password)

    assert ("the owner of the token", ("1", "2", "3", "4", "5"), ()) == tuple(
        getattr(vendor.check(), name) for name in ("account", "statuses", "unmapped")
    )
    assert "desk" == by_password.check().account
    assert ("2", "5") == gateway(helpdesk, statuses={"1": "open", "3": "resolved", "4": "closed"}).check().unmapped


@pytest.mark.parametrize("login", ["token", "password", "not staff"])
def test_whom_it_does_not_know_as_staff_it_does_not_know(helpdesk, login):
    """A wrong token, a wrong password, and an account that may do nothing are all one: the account has to be mended."""
    wrong = {
        "token": {"token": "a-token-that-nobody-has-given"},
        "password": {"user": "desk", "password": "wrong"},
        "not staff": {"token": helpdesk.guest["token"]},
    }[login]
    vendor = gateway(helpdesk, **wrong)

    for call in (vendor.check, lambda: vendor.fetch("1"), lambda: opened(vendor), lambda: vendor.find("ST-A")):
        error = failure(call)
        assert ("auth", True, False) == (error.kind, error.retryable, error.ambiguous)


@pytest.mark.parametrize(
    ("subject", "title"),
    [("Drum", "Drum"), ("Größe 漢字 🖨", "Größe 漢字 🖨"), ("a\r\nBcc: eve@x.test\x00", "a Bcc: eve@x.test"),
     ("", "No subject"), ("x" * 500, "x" * (MAX_TITLE - 1) + "…")],
)  # fmt: skip
def test_a_ticket_is_opened_and_read_as_it_was_written(helpdesk, vendor, subject, title):
    """Subjects of all kinds become titles of one line; texts of 64 KiB arrive whole, our reference at their end."""
    text = "Zeile 1\n漢字 🖨 <b>{{ ticket.secret_key }}</b>\n" + "é" * 32_000
    answer, key = opened(vendor, subject=subject, text=text, follows="7")
    ticket = helpdesk.ask("GET", f"tickets/{answer.remote_id}/")

    assert title == ticket["title"]
    assert f"{text}\n\nFollows #7.\n\n[ref {reference_of(key)}]" == ticket["description"]
    assert (VendorStatus.OPEN, "1", reference_of(key)) == (answer.status, answer.raw_status, answer.reference)
    assert [True] == [entry.ours for entry in answer.entries]
    assert answer == vendor.fetch(answer.remote_id)


def test_a_ticket_has_what_its_owner_wants_besides(helpdesk):
    """Priority by table, and an address for mail only where one is said."""
    vendor = gateway(helpdesk, priorities={"critical": 1}, email="desk@house.test")
    urgent, plain = (opened(vendor, priority=each)[0].remote_id for each in ("critical", "strange"))

    assert [(1, "desk@house.test"), (3, "desk@house.test")] == [
        tuple(helpdesk.ask("GET", f"tickets/{each}/")[name] for name in ("priority", "submitter_email"))
        for each in (urgent, plain)
    ]


def test_a_reference_finds_its_ticket_and_no_other(helpdesk, vendor):
    """The list ignores what it is asked for, and gives all; only those that show the reference are given on."""
    others = [opened(vendor) for _ in range(3)]
    answer, key = opened(vendor)
    helpdesk.ask("PATCH", f"tickets/{answer.remote_id}/", {"description": "changed by somebody"})

    assert [answer.remote_id] == [each.remote_id for each in vendor.find(reference_of(key))]
    assert [others[0][0].remote_id] == [each.remote_id for each in vendor.find(reference_of(others[0][1]))]
    assert [] == list(vendor.find(reference_of("never/sent/1")))


@pytest.mark.parametrize(
    "text",
    ["{{ ticket.title }}", "{{ }}", "{{{ x }}}", "{% if %}", "{% open", "close %}", "{# gone? #}", "{%%}", "{ % }",
     "a {plain} %}{{% brace }}"],
)  # fmt: skip
def test_a_comment_says_what_it_says_whatever_braces_it_has(vendor, text):
    """Comments are rendered there as templates: ours come out as they went in."""
    answer, _ = opened(vendor)
    key = next(KEYS)
    id = vendor.comment(answer.remote_id, message(key, text), key=key)
    entry = vendor.fetch(answer.remote_id).entries[-1]

    assert (id, f"{text}\n\n[ref {reference_of(key)}]") == (entry.id, entry.text)
    assert (reference_of(key), True) == (entry.reference, entry.ours)


def test_a_comment_is_private_unless_its_owner_wants_otherwise_and_renames_nothing(helpdesk, vendor):
    """What is for its staff is for its staff; the title of the ticket stays."""
    answer, _ = opened(vendor)
    vendor.comment(answer.remote_id, message("a", "For you alone."), key="a")
    gateway(helpdesk, public=True).comment(answer.remote_id, message("b", "For all."), key="b")
    ticket = helpdesk.ask("GET", f"tickets/{answer.remote_id}/")

    assert ("Drum is worn out", [True, False, True]) == (
        ticket["title"], [each["public"] for each in ticket["followup_set"]]
    )  # fmt: skip


def test_what_the_vendor_says_is_private_unless_it_is_for_the_submitter(helpdesk, vendor):
    """Its internal notes stay private; an entry without words says what was done."""
    answer, _ = opened(vendor)
    helpdesk.say(answer.remote_id, "Between us: it is the drum. {{ ticket.secret_key }}")
    helpdesk.say(answer.remote_id, "It is the drum.", public=True)
    helpdesk.say(answer.remote_id, "", status=3)
    now = vendor.fetch(answer.remote_id)

    private, public, done = now.entries[1:]
    assert (Visibility.PRIVATE, Visibility.PUBLIC) == (private.visibility, public.visibility)
    assert ("It is the drum.", "Drum is worn out and Resolved") == (public.text, done.text)
    assert (False, "", VendorStatus.RESOLVED) == (public.ours, public.reference, now.status)
    assert len({entry.id for entry in now.entries}) == 4
    assert all(entry.at.utcoffset() is not None for entry in now.entries)


def test_a_status_is_set_and_read_back(helpdesk, vendor):
    """The first number of the table that means it is set; what no number means is refused before anything is sent."""
    answer, _ = opened(vendor)

    assert ("3", VendorStatus.RESOLVED) == _status(vendor.set_status(answer.remote_id, VendorStatus.RESOLVED))
    assert ("1", VendorStatus.OPEN) == _status(vendor.set_status(answer.remote_id, VendorStatus.OPEN))
    error = failure(vendor.set_status, answer.remote_id, VendorStatus.ANSWERED)
    assert ("rejected", False) == (error.kind, error.retryable)
    strange = gateway(helpdesk, statuses={"1": "open", "77": "resolved"})
    assert "rejected" == failure(strange.set_status, answer.remote_id, VendorStatus.RESOLVED).kind


def _status(answer):
    return answer.raw_status, answer.status


def test_what_is_on_hold_or_in_hands_is_told_where_the_table_says_so(helpdesk, vendor):
    """Both stand beside the number, and count while that means open."""
    answer, _ = opened(vendor)
    table = {"1": "open", "3": "resolved", "on_hold": "waiting_for_us", "assigned": "acknowledged"}
    telling = gateway(helpdesk, statuses=table)
    helpdesk.ask("PATCH", f"tickets/{answer.remote_id}/", {"assigned_to": helpdesk.mary["id"]})
    assert ("assigned", VendorStatus.ACKNOWLEDGED) == _status(telling.fetch(answer.remote_id))
    helpdesk.ask("PATCH", f"tickets/{answer.remote_id}/", {"on_hold": True})
    assert ("on_hold", VendorStatus.WAITING_FOR_US) == _status(telling.fetch(answer.remote_id))
    assert ("1", VendorStatus.OPEN) == _status(vendor.fetch(answer.remote_id))
    helpdesk.ask("PATCH", f"tickets/{answer.remote_id}/", {"status": 3})
    assert ("3", VendorStatus.RESOLVED) == _status(telling.fetch(answer.remote_id))
    helpdesk.ask("PATCH", f"tickets/{answer.remote_id}/", {"status": 2})
    assert ("2", VendorStatus.UNKNOWN) == _status(telling.fetch(answer.remote_id))


@pytest.mark.parametrize(
    ("name", "shown"),
    [("drum.png", "drum.png"), ("../../etc/passwd", "../../etc/passwd"), ('a"; filename="b.png', 'a"; filename="b.png'),
     ("漢字 🖨.pdf", "漢字 🖨.pdf"), ("x\r\nContent-Type: text/html\r\n\r\n.txt", "x Content-Type: text/html .txt"),
     ("", "file"), (".", "."), ("n" * 300 + ".png", "n" * 254 + "…"), ("nul\x00.txt", "nul.txt")],
)  # fmt: skip
def test_a_file_is_put_there_once_under_its_name(vendor, name, shown):
    """Names of all kinds are kept as names; with the same key there is one file, however often it is sent."""
    answer, _ = opened(vendor)
    file = VendorFile(id="f-1", name=name, media_type="image/png\r\nX-Evil: yes", content=b"--\r\n\x00\xff" * 1000)
    key = next(KEYS)
    ids = {vendor.attach(answer.remote_id, file, key=key) for _ in range(2)}
    entries = vendor.fetch(answer.remote_id).entries
    there = [each for entry in entries for each in entry.attachments]

    assert (1, 2) == (len(ids), len(entries))
    assert [(shown, 6000, "application/octet-stream")] == [(each.name, each.size, each.media_type) for each in there]
    assert reference_of(key) == entries[-1].reference


@pytest.mark.parametrize(("name", "content"), [("setup.exe", b"MZ"), ("empty.png", b"")])
def test_a_file_that_it_does_not_take_is_rejected(vendor, name, content):
    """It takes no empty files, and by their endings not all others."""
    answer, _ = opened(vendor)
    error = failure(vendor.attach, answer.remote_id, VendorFile(id="f", name=name, content=content), key=next(KEYS))

    assert ("rejected", False, False) == (error.kind, error.retryable, error.ambiguous)


def test_a_ticket_is_withdrawn_with_a_word_and_once(vendor):
    """It is closed with one follow-up, however often that is asked for."""
    answer, _ = opened(vendor)
    key = next(KEYS)
    answers = [vendor.withdraw(answer.remote_id, message(key, "Solved elsewhere."), key=key) for _ in range(2)]

    assert [("4", VendorStatus.CLOSED)] * 2 == [_status(each) for each in answers]
    assert 2 == len(answers[-1].entries)


def test_deleted_tickets_are_gone_and_merged_ones_are_known_by_the_other(helpdesk, vendor):
    """What is said on a ticket that is gone is refused as such."""
    (first, _), (second, _), (third, _) = (opened(vendor) for _ in range(3))
    helpdesk.ask("PATCH", f"tickets/{first.remote_id}/", {"merged_to": int(second.remote_id), "status": 5})
    helpdesk.ask("DELETE", f"tickets/{third.remote_id}/")

    assert second.remote_id == vendor.fetch(first.remote_id).remote_id
    assert (third.remote_id, VendorStatus.GONE) == (
        vendor.fetch(third.remote_id).remote_id, vendor.fetch(third.remote_id).status
    )  # fmt: skip
    assert "gone" == failure(vendor.comment, third.remote_id, message("c", "Hello?"), key="c").kind
    assert "gone" == failure(vendor.set_status, third.remote_id, VendorStatus.OPEN).kind
    helpdesk.ask("PATCH", f"tickets/{second.remote_id}/", {"merged_to": int(first.remote_id)})
    assert vendor.fetch(first.remote_id).remote_id in {first.remote_id, second.remote_id}


def test_a_wrong_address_is_no_ticket_that_is_gone(helpdesk):
    """A page that says 404 is not believed."""
    vendor = gateway(helpdesk, url=f"{helpdesk.url}nowhere/")

    assert "protocol" == failure(vendor.fetch, "1").kind


# -- webhooks, as it really sends them


@pytest.fixture
def called(helpdesk):
    """Give a receiver of its webhooks: the secret is the password in their address."""
    with receiver() as found:
        host = found.url.removeprefix("http://").partition("/")[0]
        helpdesk.call(f"http://hook:{SECRET}@{host}/vendors/acme")
        yield found
        helpdesk.call()


def call_of(received):
    """Make of a request that was received what the desk hands to the gateway."""
    _, _, headers, body = received
    return VendorCall(headers={name.lower(): value for name, value in headers.items()}, body=body, now=NOW)


def test_webhooks_say_which_ticket_to_fetch(helpdesk, called):
    """Opening and follow-ups are told with the secret of the address; what else stands in them is not believed."""
    vendor = gateway(helpdesk, secrets=["an-older-secret-of-ours", SECRET])
    answer, _ = opened(vendor)
    helpdesk.say(answer.remote_id, "Between us: no.")
    news = [vendor.receive(call_of(each)) for each in called.requests]

    assert [(answer.remote_id,)] * 2 == [each.hints for each in news]
    assert [("", ())] * 2 == [(each.delivery, each.answers) for each in news]
    assert b"Between us" in called.requests[-1][3]


def test_a_change_without_a_follow_up_is_not_told(helpdesk, called, vendor):
    """So that tickets have to be asked about all the same."""
    answer, _ = opened(vendor)
    called.requests.clear()
    helpdesk.ask("PATCH", f"tickets/{answer.remote_id}/", {"status": 3})

    assert [] == called.requests
    assert VendorStatus.RESOLVED is vendor.fetch(answer.remote_id).status


def test_webhooks_without_the_secret_are_refused(helpdesk, called):
    """One secret is as good as the other, while one is changed for the other; none is none."""
    vendor = gateway(helpdesk, secrets=["another-secret-of-ours"])
    opened(vendor)
    with pytest.raises(WebhookRefusedError) as caught:
        vendor.receive(call_of(called.requests[0]))

    assert (401, "acme") == (caught.value.http_status, caught.value.vendor)
    assert SECRET not in str(caught.value)


def test_a_ticket_that_is_there_after_an_error_of_the_server_is_found(helpdesk):
    """
    A ticket is opened and a comment written, and then its webhook reaches nobody: it answers 500, and nobody knows.

    That is how it is: it forgives receivers that are slow, and not those that are down.
    """
    vendor, key = gateway(helpdesk), next(KEYS)
    helpdesk.call(f"http://127.0.0.1:{free_ports(1)[0]}/")
    try:
        opening = failure(vendor.open, request(key), key=key)
        (found,) = vendor.find(reference_of(key))
        saying = failure(vendor.comment, found.remote_id, message("m", "Well?"), key="m")
    finally:
        helpdesk.call()

    assert ("unavailable", True) * 2 == (opening.kind, opening.ambiguous, saying.kind, saying.ambiguous)
    assert [reference_of(key), reference_of("m")] == [each.reference for each in vendor.fetch(found.remote_id).entries]


PROCESS = """
[process]
name = "p"

[[tiers]]
level = 1
name = "Desk"
kind = "team"
escalates_to = [4]

[[tiers]]
level = 4
name = "Vendor"
kind = "vendor"
vendor = "acme"
hands_back_to = [1]
"""


@pytest.fixture
def process(tmp_path):
    """Give a process whose second tier is the vendor."""
    path = tmp_path / "p.toml"
    path.write_text(PROCESS)
    return path


def sent(desk):
    """Send a case to the vendor; give both."""
    case = desk.open("Drum is worn out", by="jane")
    desk.escalate(case, by="bob", reason="needs a technician")
    desk.run_due()
    (ticket,) = desk.get(case.id).vendor_tickets
    return case.id, ticket


def test_a_desk_sends_a_case_by_settings_alone(helpdesk, process, monkeypatch):
    """A process file and settings are enough: the token stands in the environment."""
    monkeypatch.setenv("ACME_TOKEN", helpdesk.desk["token"])
    settings = {"use": "django_helpdesk", "url": helpdesk.url, "queue": helpdesk.queue, "token_env": "ACME_TOKEN"}
    _, ticket = sent(SupportDesk(process, vendors={"acme": settings}))

    assert (VendorStatus.OPEN, "Drum is worn out") == (
        ticket.status, helpdesk.ask("GET", f"tickets/{ticket.remote_id}/")["title"]
    )  # fmt: skip


def test_what_the_vendor_says_is_on_the_case_after_the_next_pass(helpdesk, process, called):
    """Its webhook goes to the desk, which asks the vendor, and believes that: time has not gone on."""
    desk = SupportDesk(process, vendors=[gateway(helpdesk, secrets=[SECRET])], clock=FakeClock("2026-03-23T09:00Z"))
    case_id, ticket = sent(desk)
    receipts = []

    def take(handler):
        _, _, headers, body = called.requests[-1]
        receipts.append(desk.receive("acme", headers, body))
        called.give(handler, receipts[-1].http_status)

    called.answers = [take]
    assert 0 == desk.run_due().polled
    helpdesk.say(ticket.remote_id, "Between us: it is always the drum.")
    helpdesk.say(ticket.remote_id, "It is the drum. We have replaced it.", public=True, status=3)
    done = desk.run_due()
    case = desk.get(case_id)

    assert [(202, case_id)] * 2 == [(each.http_status, each.case_id) for each in receipts]
    assert (1, VendorStatus.RESOLVED, "3") == (
        done.polled, case.vendor_tickets[0].status, case.vendor_tickets[0].raw_status
    )  # fmt: skip
    assert 1 == case.tier
    said = {
        who.id: _said(desk.history(case_id, visible_to=who)) for who in (Actor.customer("jane"), Actor.agent("bob"))
    }
    assert {
        "jane": ["It is the drum. We have replaced it."],
        "bob": ["Between us: it is always the drum.", "It is the drum. We have replaced it."],
    } == said
    assert 0 == desk.run_due().polled


def _said(history):
    return [event.text for event in history if isinstance(event, VendorReplied)]


def test_whoever_does_not_know_the_secret_wakes_nobody(helpdesk, process):
    """A call of a stranger is refused, and the vendor is not asked about anything."""
    desk = SupportDesk(process, vendors=[gateway(helpdesk, secrets=[SECRET])], clock=FakeClock("2026-03-23T09:00Z"))
    _, ticket = sent(desk)
    body = json.dumps({"ticket": {"id": int(ticket.remote_id)}}).encode()
    with pytest.raises(WebhookRefusedError) as caught:
        desk.receive("acme", {"x-supporttiers-secret": "something-like-a-secret"}, body)

    assert (401, 0) == (caught.value.http_status, desk.run_due().polled)
    assert 202 == desk.receive("acme", {"X-SupportTiers-Secret": SECRET}, body).http_status
    assert 1 == desk.run_due().polled


@pytest.fixture
def mount():
    """Give the example that takes calls with FastAPI, as a module of the test's own."""
    spec = importlib.util.spec_from_file_location("mount", ROOT / "examples" / "webhooks_fastapi.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("address", "answered"),
    [("hook:{secret}@{host}/vendors/acme", 202), ("{host}/vendors/acme/{secret}", 202),
     ("{host}/vendors/acme/a-secret-of-somebody", 401), ("{host}/vendors/acme", 401),
     ("{host}/vendors/nobody/{secret}", 404)],
)  # fmt: skip
def test_what_it_calls_arrives_by_the_mount_of_the_example(helpdesk, process, called, mount, address, answered):
    """The secret stands before the host, or at the end of the path."""
    mount.desk = AsyncSupportDesk(
        process, vendors=[gateway(helpdesk, secrets=[SECRET])], clock=FakeClock("2026-03-23T09:00Z")
    )  # fmt: skip

    async def send():
        case = await mount.desk.open("Drum is worn out", by="jane")
        await mount.desk.escalate(case, by="bob", reason="needs a technician")
        await mount.desk.run_due()
        return (await mount.desk.get(case.id)).vendor_tickets[0].remote_id

    async def post(path, headers, body):
        async with AsyncClient(transport=ASGITransport(mount.app), base_url="http://support") as client:
            return (await client.post(path, content=body, headers=headers)).status_code

    with turning() as loop:
        ticket = awaited(loop, send())
        answers = []

        def take(handler):
            answers.append(awaited(loop, post(*called.requests[-1][1:])))
            called.give(handler, answers[-1])

        called.answers = [take]
        helpdesk.call(f"http://{address.format(secret=SECRET, host=called.url.split('/')[2])}")
        helpdesk.say(ticket, "It is the drum.", public=True)

        assert [answered] == answers
        assert int(answered == 202) == awaited(loop, mount.desk.run_due()).polled


def awaited(loop, coroutine):
    """Have something done on a loop in another thread."""
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)
