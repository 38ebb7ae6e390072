"""Mail on a real mail system: Postfix takes it, Dovecot shows it. Needs root and two packages: `make acceptance`."""

import email
import email.policy
import os

import pytest
from tests.recorded.scenarios import HERE, SCENARIOS, outcome
from tests.servers import mail, tape

from supporttiers.backends.notification.smtp import SmtpNotifier
from supporttiers.clock import FakeClock
from supporttiers.desk import SupportDesk
from supporttiers.errors import NotifyError
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.process import SupportProcess
from supporttiers.tiers import Tier

SENDER = "Support <desk@acme.test>"
PRIVATE = "my password is hunter2"
PROCESS = SupportProcess(
    name="acme",
    tiers=[Tier(level=1, name="Service desk", teams=["front"])],
    limits=[
        TimeLimit(
            name="resolve", target="8h",
            thresholds=[Threshold("25%", do=["notify:assignee"]), Threshold("50%", do=["notify:assignee"])],
        )
    ],
)  # fmt: skip


def read(raw):
    """Read a mail as a reader does."""
    return email.message_from_bytes(raw, policy=email.policy.default)


def desk_of(notifier, clock, store, *ids):
    """Make a desk with cases that Anna works on."""
    desk = SupportDesk(PROCESS, store=store, clock=clock, notifiers=[notifier])
    for id in ids:
        desk.open(PRIVATE, id=id, by="jane", text=PRIVATE)
        desk.assign(id, by="bob", assignee="anna")
    return desk


def test_mails_of_a_case_arrive_in_one_thread(system, tmp_path):
    """Two cases, two mails of each: the server that shows the mailbox finds two threads, by their headers alone."""
    clock = FakeClock("2026-03-23T09:00Z")
    addresses = {"anna": "anna@acme.test"}
    notifier = SmtpNotifier("127.0.0.1", system.smtp, sender=SENDER, clock=clock, addresses=addresses)
    desk = desk_of(notifier, clock, f"sqlite:///{tmp_path}/desk.db", "T-1", "T-2")
    system.put_off.add("anna@acme.test")
    clock.advance("2h")
    assert 1 == desk.run_due().failed
    clock.advance("2h")
    desk.run_due()
    desk.run_due()
    mails = [read(raw) for raw in system.mails("anna", at_least=4)]
    with system.mailbox("anna") as connection:
        connection.select("INBOX", readonly=True)
        threads = connection.thread("REFS", "UTF-8", "ALL")[1][0].decode()

    assert 4 == len({each["Message-ID"] for each in mails})
    assert {"Support <desk@acme.test>"} == {each["From"] for each in mails}
    assert {"<desk@acme.test>"} == {each["Return-Path"] for each in mails}
    assert {"auto-generated"} == {each["Auto-Submitted"] for each in mails}
    assert 2 == len({each["References"] for each in mails})
    assert 2 == threads.count("((")
    assert PRIVATE not in "".join(each.as_string() for each in mails)


def test_mail_goes_by_tls_with_a_login(system, trusting):
    """Postfix asks Dovecot about the password; a wrong one may be mended while the mail waits."""
    common = {"sender": SENDER, "security": "starttls", "username": "desk@acme.test", "context": trusting}
    addresses = {"bob": "bob@acme.test"}
    right = SmtpNotifier("localhost", system.smtp, password=mail.PASSWORD, addresses=addresses, **common)
    wrong = SmtpNotifier("localhost", system.smtp, password="wrong", addresses=addresses, **common)
    told = SupportDesk(PROCESS, clock=FakeClock("2026-03-23T09:00Z"))
    case = told.open("Stuck", id="T-9", by="jane")
    notification = notification_for(case, "bob")
    with pytest.raises(NotifyError, match="the server refused the login: 535; it may be tried again"):
        wrong.notify(notification, key="k")
    right.notify(notification, key="k")

    [got] = map(read, system.mails("bob"))
    assert "with ESMTPSA" in got["Received"]


def notification_for(case, person):
    """Make a notification about a case."""
    from supporttiers.actors import Contact
    from supporttiers.effects import Notification
    from supporttiers.reasons import Reason

    return Notification(
        tenant="default", case_id=case.id, to="assignee", recipients=(Contact(id=person),), reason=Reason("case.idle"),
        tier=case.tier, status=case.status, at=case.opened_at,
    )  # fmt: skip


def test_mail_that_cannot_be_delivered_comes_back_to_the_sender(system):
    """It was taken, and then it led elsewhere; a mail without a sender comes back to nobody."""
    case = SupportDesk(PROCESS, clock=FakeClock("2026-03-23T09:00Z")).open("Stuck", id="T-8", by="jane")
    addresses = {"gone": "moved@acme.test"}
    for bounces, key in (("", "silent"), (None, "heard")):
        SmtpNotifier("127.0.0.1", system.smtp, sender=SENDER, bounces=bounces, addresses=addresses).notify(
            notification_for(case, "gone"), key=key
        )
    [bounce] = map(read, system.mails("desk"))

    assert "<>" == bounce["Return-Path"]
    assert "auto-replied" == bounce["Auto-Submitted"]
    assert "5.7.1" in bounce.as_string()
    [original] = [part for part in bounce.walk() if part["References"]]
    assert original["Message-ID"].endswith("@acme.test>")


@pytest.mark.parametrize("name", SCENARIOS)
def test_exchanges_are_those_on_record(system, name):
    """Whatever is played back in the tests is what a server of today says; SUPPORTTIERS_RECORD=1 records it anew."""
    address, expected = SCENARIOS[name]
    if name == "put-off":
        system.put_off.add(address)
    with tape.recorded(system.smtp) as (port, lines):
        found = outcome(port, address)
    path, live = HERE / f"postfix-{name}.txt", tape.kept(lines)
    if os.environ.get("SUPPORTTIERS_RECORD"):
        tape.write(path, "Postfix as Debian has it, recorded by `SUPPORTTIERS_RECORD=1 make acceptance`", live)

    assert expected == found
    assert [_shortly(*each) for each in tape.read(path)] == [_shortly(*each) for each in live]


def _shortly(who, line):
    """Of the server's lines only the number counts: the rest is its version and its queue."""
    return who, line[:4] if who == "S" else line.rstrip()
