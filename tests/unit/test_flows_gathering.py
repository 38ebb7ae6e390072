"""Telling one recipient: in which words, when, how much at once, and how much in a day."""

import contextlib
from datetime import datetime, timedelta

import attrs
import pytest

from supporttiers import Match, Not, Threshold, TimeLimit
from supporttiers._flows.gathering import quiet_until
from supporttiers.actors import Actor, Agent, Contact
from supporttiers.backends.directory import House
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.backends.storage.postgres import PostgresStore
from supporttiers.errors import NotifyError, StoreError
from supporttiers.protocols import Settled
from supporttiers.testing.suites._laws import at_once
from supporttiers.words import MessageTemplate, NotificationRules

_NEXT = timedelta(days=1)
ANNA = Agent(id="anna", name="Anna A.", teams=["front"], roles=["lead"], language="de")


class Mail:
    """Delivers to one recipient at a time, unless it is told to fail."""

    per_recipient = True

    def __init__(self, name="mail"):
        self.name = name
        self.sent = []
        self.failures = []

    def notify(self, notification, /, *, key):
        """Deliver, or raise the next failure."""
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((key, notification))

    @property
    def texts(self):
        """What was delivered, in order."""
        return [notification.text.replace("by='bob'", "") for _, notification in self.sent]


class Phone(Mail):
    """Must not be called twice about one message."""

    repeats = False


class Book(House):
    """A house that knows how customers are reached."""

    def contacts_of(self, ids, /):
        """Give what it knows."""
        jane = Contact(id="jane", name="Jane J.", language="pt-BR")
        return super().contacts_of(ids) | ({"jane": jane} if "jane" in ids else {})


@pytest.fixture
def mail():
    """Give a notifier that is called once for each recipient."""
    return Mail()


@pytest.fixture
def store():
    """Give a store that a test can look into."""
    return MemoryStore()


@pytest.fixture
def make(make_desk, calm, mail, store):
    """Make a desk of the rules and words of a test, with a case."""

    def made(*, messages=(), texts=None, notifier=mail, agents=(ANNA,), **rules):
        process = attrs.evolve(
            calm, messages=messages, texts=texts or {}, notifications=NotificationRules(**rules)
        )  # fmt: skip
        desk = make_desk(process, notifiers=[notifier], directory=Book(agents), store=store)
        if store.load("default", "T-1").case is None:
            desk.open("No VPN", id="T-1", by="jane", team="front")
        return desk

    return made


def tell(desk, *reasons, to="team"):
    """Have people told of one thing after the other."""
    for reason in reasons:
        desk.inform("T-1", by="bob", to=to, code=f"acme.{reason}")


def results(desk):
    """Give what was last remembered of the messages for one recipient."""
    return [one.result for one in desk.messages(case="T-1") if one.effect.recipient]


def notes(desk):
    """Give what the case says of itself."""
    return [event.text for event in desk.history("T-1") if type(event).__name__ == "CaseNoted"]


# -- in which words


def test_each_recipient_is_told_in_their_words(make, mail):
    """Those of the house of everything, customers of what is for them, each in the nearest language."""
    desk = make(
        messages=[
            MessageTemplate(text="$name: $what ($assignee)"),
            MessageTemplate(to="customers", language="pt", text="$name, $agent: $what"),
        ],
        texts={"pt": {"inform.news": "novidades"}, "de": {"acme.late": "zu spät"}},
    )
    desk.assign("T-1", by="bob", assignee="anna")
    desk.watch("T-1", by="bob", watchers=["jane", "anna"])
    tell(desk, "late", to="watchers")
    desk.run_due()

    assert ["Jane J., Anna A.: novidades", "Anna A.: zu spät (anna)"] == mail.texts
    assert ["pt-BR", "de"] == [one.language for _, one in mail.sent]
    assert ["inform.news", "acme.late"] == [one.reason.code for _, one in mail.sent]


@pytest.mark.parametrize(
    ("to", "agents", "inside"),
    [
        ("team", [ANNA], True), ("lead", [ANNA], True), ("anna", [ANNA], True), ("requester", [ANNA], False),
        ("jane", [ANNA], False), ("watchers", [ANNA], False), ("requester", [Agent(id="jane")], False),
        ("watchers", [Agent(id="max", manages=["x"])], True),
    ],
)  # fmt: skip
def test_only_people_of_the_house_are_told_everything(make, mail, to, agents, inside):
    """Whoever is not known as one of them is a customer, and so is the requester, whoever it is."""
    desk = make(agents=agents)
    desk.watch("T-1", by="bob", watchers=["max"])
    tell(desk, "late", to=to)
    desk.run_due()

    assert [inside] == [one.reason.code == "acme.late" for _, one in mail.sent]


@pytest.mark.parametrize(
    ("to", "inside"), [("assignee", True), ("watchers", False), ("lead", True), ("jane", False), ("requester", False)]
)
def test_without_a_directory_roles_say_who_is_of_the_house(make_desk, calm, pager, to, inside):
    """A word of the process's own stands for people of the house, unless it is the requester."""
    desk = make_desk(calm)
    desk.open("No VPN", id="T-1", by="jane")
    desk.assign("T-1", by="bob", assignee="anna")
    desk.watch("T-1", by="bob", watchers=["anna", "max"])
    tell(desk, "late", to=to)
    desk.run_due()

    assert [inside] == [one.reason.code == "acme.late" for one in pager.sent]


@pytest.mark.parametrize(
    ("watchers", "name"),
    [(["jane", "anna", "max"], "Jane J., max"), (["anna"], "Anna A."), (["anna", "otto"], "Anna A., otto")],
)
def test_customers_do_not_learn_the_names_of_the_house(make, pager, watchers, name):
    """One message for all of them names only those of the customers' side; among themselves the house is named."""
    words = [MessageTemplate(text="$name"), MessageTemplate(to="customers", text="$name")]
    desk = make(notifier=pager, messages=words, agents=[ANNA, Agent(id="otto")])
    desk.watch("T-1", by="bob", watchers=watchers)
    tell(desk, "late", to="watchers")
    desk.run_due()

    assert [name] == [one.text for one in pager.sent]
    assert [set(watchers)] == [{each.id for each in one.recipients} for one in pager.sent]


def test_one_customer_is_called_by_name(make, pager):
    """The requester too, though an agent; nobody else is told with them."""
    desk = make(notifier=pager, messages=[MessageTemplate(to="customers", text="$name")], agents=[Agent(id="jane")])
    tell(desk, "late", to="requester")
    desk.run_due()

    assert ["Jane J."] == [one.text for one in pager.sent]


class Names:
    """A directory that knows of each id only who it is."""

    blocks = False

    def actor(self, id, /):
        """Give a customer, but for one."""
        return Actor.agent(id) if id == "rita" else Actor.customer(id)


@pytest.mark.parametrize(
    ("to", "code", "inside"),
    [("rita", "held.refused", True), ("carl", "held.refused", False), ("purchasing", "acme.late", True)],
)
def test_whoever_asked_for_something_may_be_a_customer(make_desk, calm, pager, to, code, inside):
    """Told by id, they are whoever the directory says; any other word that it does not know is a group of the house."""
    desk = make_desk(calm, directory=Names())
    desk.open("No VPN", id="T-1", by="jane")
    desk.inform("T-1", by="rita", to=to, code=code)
    desk.run_due()

    assert [(code if inside else "inform.news", ())] == [(one.reason.code, one.recipients) for one in pager.sent]


def test_assignee_who_watches_is_of_the_house(make_desk, calm, pager):
    """Where there is no directory the case itself knows who works on it."""
    desk = make_desk(calm)
    desk.open("No VPN", id="T-1", by="jane")
    desk.assign("T-1", by="bob", assignee="anna")
    desk.watch("T-1", by="bob", watchers=["anna"])
    tell(desk, "late", to="watchers")
    desk.run_due()

    assert "acme.late" == pager.sent[0].reason.code


def test_words_of_a_case_are_those_of_the_process_at_hand(make, mail, store, make_desk, acme):
    """Not those with which it was opened; a desk without its process has the library's."""
    desk = make(messages=[MessageTemplate(text="old")])
    tell(desk, "one")
    newer = make(messages=[MessageTemplate(text="new")])
    newer.run_due()
    tell(newer, "two")
    make_desk(attrs.evolve(acme, name="other"), notifiers=[mail], store=store).run_due()
    assert ["new"] == mail.texts[:1]
    assert 1 == len(mail.texts)  # without a directory nobody is known for a team

    tell(newer, "three", to="anna")
    desk.assign("T-1", by="bob", assignee="anna")
    tell(newer, "four", to="assignee")
    make_desk(attrs.evolve(acme, name="other"), notifiers=[mail], store=store).run_due()
    assert "acme.four()" == mail.texts[-1]


# -- quiet hours


@pytest.mark.parametrize(
    ("now", "until"),
    [("21:59", "21:59"), ("22:00", "07:00 next"), ("03:00", "07:00"), ("06:59", "07:00"), ("07:00", "07:00")],
)
def test_nobody_is_told_in_quiet_hours(make, mail, clock, at, now, until):
    """From their beginning on people are left alone, and from the very end of them on they are told."""
    desk = make(quiet_hours="22:00-07:00")
    clock.advance(at(now) + _NEXT - clock.now())
    tell(desk, "late")
    desk.run_due()
    wanted = at(until.removesuffix(" next")) + _NEXT * (2 if until.endswith("next") else 1)

    assert (now == until) == bool(mail.sent)
    clock.advance(wanted - clock.now())
    desk.run_due()
    assert ([0], 1) == ([one.attempts - 1 for one in desk.messages(case="T-1") if one.effect.recipient], len(mail.sent))


def test_quiet_hours_of_a_contact_go_before_those_of_the_process(make, mail, clock, at):
    """In their own time zone, too; those without any are told."""
    sleeper = attrs.evolve(ANNA, quiet_hours="09:00-17:00", zone="Asia/Tokyo")
    desk = make(agents=[sleeper, Agent(id="otto", teams=["front"])], quiet_hours="07:00-07:30")
    clock.advance(at("07:45") + _NEXT - clock.now())
    tell(desk, "late")
    desk.run_due()

    assert ["otto"] == [one.recipients[0].id for _, one in mail.sent]
    clock.advance("15m")
    desk.run_due()
    assert ["otto", "anna"] == [one.recipients[0].id for _, one in mail.sent]


@pytest.mark.parametrize(
    ("to", "priority", "told"), [("team", "high", 0), ("team", "critical", 1), ("on_call", "low", 1)]
)
def test_what_is_urgent_is_told_at_once(make, mail, clock, at, to, priority, told):
    """By the process's own condition, and whoever is on call always."""
    desk = make(
        agents=[attrs.evolve(ANNA, on_call=["front"])], quiet_hours="08:00-20:00", together_within="1h",
        urgent=Match(priority="critical"),
    )  # fmt: skip
    desk.amend("T-1", by="bob", priority=priority)
    tell(desk, "late", to=to)
    desk.run_due()

    assert told == len(mail.sent)


@pytest.mark.parametrize(
    ("hours", "asked", "awake"),
    [
        ("22:00-07:00", "2026-03-28T22:00Z", "2026-03-29T05:00Z"),  # the night is an hour shorter
        ("22:00-07:00", "2026-10-24T21:00Z", "2026-10-25T06:00Z"),  # and one longer
        ("22:00-02:30", "2026-03-28T22:00Z", "2026-03-29T01:30Z"),  # 02:30 is no time of that day
        ("22:00-02:30", "2026-10-24T21:00Z", "2026-10-25T00:30Z"),  # and comes twice on that one
        ("00:00-07:00", "2026-03-28T22:59Z", None),
        ("00:00-07:00", "2026-03-28T23:00Z", "2026-03-29T05:00Z"),
        ("20:00-00:00", "2026-03-28T22:59Z", "2026-03-28T23:00Z"),
        ("12:00-13:00", "2026-07-01T10:30Z", "2026-07-01T11:00Z"),
        ("", "2026-07-01T10:30Z", None),
    ],
)
def test_quiet_hours_are_right_when_clocks_change(hours, asked, awake):
    """They are hours of the clock on the wall of whoever is told."""
    until = quiet_until(hours, "Europe/Berlin", datetime.fromisoformat(asked))

    assert awake == (None if until is None else f"{until:%Y-%m-%dT%H:%MZ}")


# -- several at once


def test_what_comes_within_a_while_becomes_one_message(make, mail, clock):
    """In order, under the last thing that happened, with the key of the first; others are done with it."""
    desk = make(together_within="5m")
    tell(desk, "one")
    desk.run_due()
    clock.advance("4m")
    tell(desk, "two", "three")
    desk.run_due()
    assert [] == mail.sent

    clock.advance("1m")
    desk.run_due()
    ((key, told),) = mail.sent
    assert "acme.one()\nacme.two()\nacme.three()" == told.text.replace("by='bob'", "")
    assert ("acme.three", ["acme.one", "acme.two"]) == (told.reason.code, [each.code for each in told.earlier])
    assert ["sent", f"sent with {key}", f"sent with {key}"] == results(desk)
    clock.advance("1h")
    desk.run_due()
    assert 1 == len(mail.sent)


def test_several_things_are_told_in_one_template(make, mail, clock):
    """That of the last thing that happened: one greeting, with what there is to tell on a line each."""
    desk = make(
        together_within="5m", texts={"de": {"acme.one": "eins"}},
        messages=[
            MessageTemplate(subject="[$case_id] $what", text="Hello $name,\n\n$what\n\nYours"),
            MessageTemplate(reason="acme.one", text="never"),
        ],
    )  # fmt: skip
    tell(desk, "one", "two", "two", "one", "three")
    desk.run_due()
    clock.advance("5m")
    desk.run_due()

    ((_, told),) = mail.sent
    assert "Hello Anna A.,\n\neins\nacme.two(by='bob')\nacme.three(by='bob')\n\nYours" == told.text
    assert ("[T-1] acme.three(by='bob')", 4) == (told.subject, len(told.earlier))


def test_customers_hear_once_that_there_is_news(make, mail, clock):
    """However much of it is not for them."""
    desk = make(together_within="5m")
    tell(desk, "one", "two", "three", to="requester")
    desk.run_due()
    clock.advance("5m")
    desk.run_due()

    ((_, told),) = mail.sent
    assert "there is news about the case" == told.text
    assert ["inform.news"] * 3 == [each.code for each in (*told.earlier, told.reason)]


@pytest.mark.parametrize(("late", "more"), [("0m", "5m"), ("3m", "2m"), ("5m", None), ("9m", None)])
def test_late_worker_keeps_nobody_waiting_longer(make, mail, clock, late, more):
    """The time begins when the first message was caused, and what is to come with it is there already."""
    desk = make(together_within="5m")
    tell(desk, "one", "two")
    clock.advance(late)
    desk.run_due()
    if more is not None:
        assert [] == mail.sent
        clock.advance(more)
        desk.run_due()

    assert ["acme.one()\nacme.two()"] == mail.texts


def test_time_of_what_was_held_begins_with_working_time(make, mail, clock, at, with_calendar, office):
    """Several things that were held until the doors open are told together, too."""
    desk = make(together_within="5m")
    limit = TimeLimit(name="own", target="2h", thresholds=[Threshold("100%", ["notify:team"], hold=True)])
    process = with_calendar(attrs.evolve(desk.process, limits=[limit]), office)
    desk = type(desk)(process, **_ports(desk))
    clock.advance(to=at("10:00"))
    desk.open("No VPN", id="T-2", by="jane", team="front")
    for now in ("12:00", "13:02"):
        clock.advance(to=at(now))
        desk.run_due()

    (row,) = desk.messages(case="T-2", state="pending")
    assert ([], at("13:05")) == (mail.sent, row.not_before)


def test_what_is_no_longer_needed_is_left_out(make, mail, clock, calm):
    """Asked just before sending, of each of them."""
    limit = TimeLimit(
        name="own", measures="time_to_own", target="10m",
        thresholds=[
            Threshold("50%", ["notify:team"], unless=Match(status=Not("queued"))), Threshold("60%", ["notify:team"]),
            Threshold("70%", ["notify:team"], unless=Match(status=Not("queued"))),
        ],
    )  # fmt: skip
    desk = make(together_within="5m")
    process = attrs.evolve(desk.process, limits=[limit])
    desk = type(desk)(process, **_ports(desk))
    desk.open("No VPN", id="T-2", by="jane", team="front")
    for _ in range(8):
        clock.advance("1m")
        desk.run_due()
    desk.start("T-2", by="anna")
    for _ in range(8):
        clock.advance("1m")
        desk.run_due()

    assert ["60%"] == [one.reason.params["threshold"] for _, one in mail.sent]
    assert [(), "cancelled", "cancelled", "sent"] == [
        (),
        *sorted(one.result for one in desk.messages(case="T-2") if one.effect.recipient),
    ]


def _ports(desk):
    ports = desk._ports
    return {
        "store": ports.store, "clock": desk.clock, "directory": ports.directory, "notifiers": ports.notifiers.values()
    }  # fmt: skip


def test_begun_message_that_is_no_longer_needed_is_not_sent_again(make, mail, clock):
    """Asked anew before each try; nothing is left to be told then."""
    limit = TimeLimit(
        name="own", measures="time_to_own", target="10m",
        thresholds=[Threshold("50%", ["notify:team"], unless=Match(status=Not("queued")))],
    )  # fmt: skip
    desk = make()
    desk = type(desk)(attrs.evolve(desk.process, limits=[limit]), **_ports(desk))
    desk.open("No VPN", id="T-2", by="jane", team="front")
    mail.failures = [OSError("down")]
    clock.advance("5m")
    desk.run_due()
    desk.start("T-2", by="anna")
    clock.advance("1m")
    desk.run_due()

    assert ([], ["recipients: 1", "cancelled"]) == (mail.sent, [one.result for one in desk.messages(case="T-2")])


def test_lane_is_read_to_its_end(make, mail, clock, monkeypatch):
    """However many messages a case has."""
    monkeypatch.setattr("supporttiers._flows.gathering._PAGE", 2)
    desk = make(together_within="5m", daily_limit=9)
    tell(desk, "one", "two", "three", "four", "five")
    desk.run_due()
    clock.advance("5m")
    desk.run_due()

    assert [5] == [1 + len(one.earlier) for _, one in mail.sent]


def test_urgent_message_takes_along_what_waits(make, mail, clock):
    """Nobody is told later what came before."""
    desk = make(together_within="1h", agents=[attrs.evolve(ANNA, on_call=["front"])])
    tell(desk, "one")
    tell(desk, "two", to="on_call")
    desk.run_due()

    assert ["acme.one()\nacme.two()"] == mail.texts


def test_no_more_than_twenty_become_one(make, mail, clock):
    """The others become the next one, and nothing is lost."""
    desk = make(together_within="5m")
    tell(desk, *map(str, range(45)))
    desk.run_due()
    clock.advance("5m")
    desk.run_due()

    assert [20, 20, 5] == [1 + len(one.earlier) for _, one in mail.sent]
    assert [f"acme.{place}()" for place in range(45)] == "\n".join(mail.texts).split("\n")


def test_what_was_begun_is_sent_again_as_it_was(make, mail, clock):
    """A receiver that knows the key drops a second message: nothing new may come with it."""
    desk = make(together_within="5m")
    tell(desk, "one", "two")
    desk.run_due()
    mail.failures = [NotifyError("mail", "no answer", retryable=True, ambiguous=True)]
    clock.advance("5m")
    desk.run_due()
    tell(desk, "three")
    desk.run_due()
    for _ in range(9):
        clock.advance("1m")
        desk.run_due()

    assert ["acme.one()\nacme.two()", "acme.three()"] == mail.texts
    assert 2 == len({key for key, _ in mail.sent})


def test_crash_after_sending_sends_the_same_again(make, mail, clock, store, monkeypatch):
    """What goes together is written down before: the same key has the same words."""
    desk = make(together_within="5m")
    tell(desk, "one", "two")
    desk.run_due()
    clock.advance("5m")
    settle = store.settle

    def lost(settled):
        if settled.result == "sent" or settled.result.startswith("StoreError"):
            raise StoreError("memory", "away", retryable=True)
        return settle(settled)

    monkeypatch.setattr(store, "settle", lost)
    with pytest.raises(StoreError):
        desk.run_due()
    monkeypatch.setattr(store, "settle", settle)
    clock.advance("4m")
    tell(desk, "three")
    desk.run_due()
    for _ in range(9):
        clock.advance("1m")
        desk.run_due()

    first, second, third = mail.sent
    assert (first[0], first[1].text) == (second[0], second[1].text)
    assert "acme.three(by='bob')" == third[1].text


class _KilledError(BaseException):
    """A worker is killed: nothing that it does comes after."""


@pytest.mark.parametrize("remembered", ["gathering", "sent with", "gathered"])
@pytest.mark.parametrize("moved", [True, False])
def test_crash_while_gathering_loses_nothing(make, mail, clock, store, monkeypatch, remembered, moved):
    """What goes with a message is told, though nobody would be told of the message alone any more."""
    desk = make(agents=[ANNA, Agent(id="otto", teams=["front"])], together_within="5m")
    desk.assign("T-1", by="bob", assignee="anna")
    tell(desk, "one", "two", "three", to="assignee")
    desk.run_due()
    clock.advance("5m")
    settle = store.settle

    def killed(settled):
        if settled.result.startswith(remembered):
            if remembered == "sent with":
                settle(settled)
            raise _KilledError
        return settle(settled)

    monkeypatch.setattr(store, "settle", killed)
    with pytest.raises(_KilledError):
        desk.run_due()
    monkeypatch.setattr(store, "settle", settle)
    if moved:
        desk.assign("T-1", by="bob", assignee="otto")
    for _ in range(2):
        clock.advance("6m")
        desk.run_due()

    told = [each.code for _, one in mail.sent for each in (*one.earlier, one.reason)]
    assert sorted(["acme.one", "acme.two", "acme.three"]) == sorted(told)


def test_message_whose_lease_was_lost_is_not_sent(make, mail, clock, store, monkeypatch):
    """Somebody else has it by then, and sends it."""
    desk = make(together_within="5m")
    tell(desk, "one")
    desk.run_due()
    clock.advance("5m")
    load = store.load

    def slow(*args, **how):
        clock.advance("6m")
        monkeypatch.setattr(store, "load", load)
        desk.run_due()
        return load(*args, **how)

    monkeypatch.setattr(store, "load", slow)
    desk.run_due()

    assert 1 == len(mail.sent)


def test_message_that_somebody_else_has_is_left_to_them(make, mail, clock, store):
    """It is told once: by whoever leased it."""
    desk = make(together_within="5m")
    tell(desk, "one", "two")
    desk.run_due()
    now = clock.now()
    rows = [one for one in desk.messages(case="T-1") if one.effect.recipient]
    store.settle(_again(rows[0], now + timedelta(minutes=9)))
    clock.advance("5m")
    (other,) = store.lease(clock.now(), until=clock.now() + timedelta(hours=1), token="theirs", limit=9)
    clock.advance("4m")
    desk.run_due()

    assert (rows[1].key, ["acme.one()"]) == (other.key, mail.texts)


def test_message_that_somebody_takes_meanwhile_is_left_to_them(make, mail, clock, store, monkeypatch):
    """Between looking and taking it along somebody may lease it: it is theirs then."""
    desk = make(together_within="5m")
    tell(desk, "one", "two")
    desk.run_due()
    first, second = [one for one in desk.messages(case="T-1") if one.effect.recipient]
    clock.advance("5m")
    look = store.messages

    def looked(*args, **how):
        found = look(*args, **how)
        monkeypatch.setattr(store, "messages", look)
        store.settle(_again(first, clock.now() + timedelta(hours=1), lease=first_lease()))
        store.lease(clock.now(), until=clock.now() + timedelta(hours=1), token="theirs", limit=9)
        store.settle(_again(first, clock.now()))
        return found

    def first_lease():
        return next(one.lease for one in look("default", case_id="T-1") if one.key == first.key)

    monkeypatch.setattr(store, "messages", looked)
    desk.run_due()

    row = next(one for one in look("default", case_id="T-1") if one.key == second.key)
    assert ("pending", "theirs") == (row.state, row.lease)
    assert "acme.two()" not in "".join(mail.texts)


def _again(row, at, lease=None):
    return Settled(tenant=row.tenant, key=row.key, state="pending", result="", attempts=0, not_before=at, lease=lease)


def test_phone_that_rang_about_several_things_does_not_ring_again(make, clock, store):
    """Set aside as one that may have arrived, it is repeated with all of them once a person says so."""
    phone = Phone()
    desk = make(notifier=phone, together_within="5m")
    tell(desk, "one", "two")
    desk.run_due()
    phone.failures = [OSError("cut off")]
    clock.advance("5m")
    desk.run_due()
    desk.run_due()
    (aside,) = desk.messages(state="ambiguous")
    desk.retry(aside.key)
    desk.run_due()

    assert ["acme.one()\nacme.two()"] == phone.texts
    (note,) = notes(desk)
    assert note.startswith("nobody knows whether a message for team by mail has arrived: OSError in notifier 'mail', ")


def test_message_that_waited_goes_to_whoever_has_taken_over(make, mail, clock):
    """Whoever has left the case is left alone; what goes along for somebody else is for them."""
    desk = make(together_within="5m", agents=[ANNA, Agent(id="otto")])
    desk.assign("T-1", by="bob", assignee="anna")
    tell(desk, "one")
    tell(desk, "two", to="assignee")
    desk.run_due()
    desk.assign("T-1", by="bob", assignee="otto")
    clock.advance("5m")
    desk.run_due()

    assert {("anna", "acme.one(by='bob')"), ("otto", "acme.two(by='bob')")} == {
        (one.recipients[0].id, one.text) for _, one in mail.sent
    }
    assert ["sent", "passed on", "sent"] == results(desk)


@pytest.mark.parametrize(("to", "verb"), [("assignee", "release"), ("watchers", "unwatch")])
def test_message_that_waited_for_whoever_has_left_is_told_to_nobody(make, mail, clock, to, verb):
    """Where nobody has taken over, and of what somebody only watched."""
    desk = make(together_within="5m")
    desk.start("T-1", by="anna")
    desk.watch("T-1", by="anna", watchers=["anna", "otto"])
    tell(desk, "one", to=to)
    desk.run_due()
    getattr(desk, verb)("T-1", by="anna", **({"watchers": ["anna"]} if verb == "unwatch" else {}))
    clock.advance("5m")
    desk.run_due()

    assert ["nobody", *(["sent"] if to == "watchers" else [])] == results(desk)
    assert {"otto"} >= {one.recipients[0].id for _, one in mail.sent}


@pytest.mark.parametrize("together", [None, "5m"])
def test_whoever_watches_no_more_is_not_told_by_another_try(make, mail, clock, together):
    """What failed is tried again for those who still watch; a redaction takes people off the cases that they follow."""
    desk = make(together_within=together)
    desk.watch("T-1", by="bob", watchers=["wanda", "otto"])
    mail.failures = [NotifyError("mail", "away", retryable=True) for _ in range(2)]
    tell(desk, "one", to="watchers")
    while mail.failures:
        desk.run_due()
        clock.advance("5m")
    desk.redact(person="wanda", by=Actor.manager("mona"))
    for _ in range(2):
        clock.advance("5m")
        desk.run_due()

    assert ["otto"] == [one.recipients[0].id for _, one in mail.sent]
    assert ["cancelled", "sent"] == results(desk)


# -- enough


def test_recipient_is_told_once_that_it_is_enough(make, mail, clock):
    """Nothing more for a day; the case says so once, and not who it was."""
    desk = make(daily_limit=2)
    for number in range(5):
        tell(desk, str(number))
        desk.run_due()
        clock.advance("1m")

    enough = "this is enough about it for a day (limit: 2): for some hours no more is sent to you"
    assert ["acme.0()", f"acme.1()\n\n{enough}"] == mail.texts
    assert ["sent", "last", "ceiling", "ceiling", "ceiling"] == results(desk)
    assert ["one of those told about it has had enough for a day (limit: 2), and gets no more for now"] == notes(desk)

    clock.advance("24h")
    tell(desk, "next")
    desk.run_due()
    assert "acme.next()" == mail.texts[-1]


def test_limit_is_for_each_recipient_and_case(make, mail):
    """Others are told."""
    desk = make(daily_limit=1, agents=[ANNA, Agent(id="otto", teams=["front"])])
    tell(desk, "one", "two", "three")
    tell(desk, "four", to="requester")
    desk.open("Fire", id="T-2", by="jane", team="front")
    desk.inform("T-2", by="bob", to="team")
    desk.run_due()

    assert {"anna": 2, "otto": 2, "jane": 1} == {
        who: sum(one.recipients[0].id == who for _, one in mail.sent) for who in ("anna", "otto", "jane")
    }


def test_limit_of_one_is_one_message(make, mail):
    """Which says so in proper English."""
    desk = make(daily_limit=1)
    tell(desk, "one", "two")
    desk.run_due()

    enough = "this is enough about it for a day (limit: 1): for some hours no more is sent to you"
    assert ([f"acme.one()\n\n{enough}"], ["last", "ceiling"]) == (mail.texts, results(desk))


def test_lowered_limit_counts_what_was_sent_before(make, mail):
    """Whoever has had more than it allows already is told nothing more."""
    desk = make(daily_limit=9)
    tell(desk, "one", "two")
    desk.run_due()
    lower = make(daily_limit=1)
    tell(lower, "three")
    lower.run_due()

    assert (2, ["sent", "sent", "ceiling"]) == (len(mail.sent), results(lower))


def test_enough_is_said_behind_the_text_in_no_template(make, mail):
    """Once, in the language of the message; the reason is what it would have been."""
    words = [MessageTemplate(text="Hello $name, $what.")]
    desk = make(daily_limit=1, messages=words, texts={"de": {"inform.enough": "Das war es ({limit})."}}, language="de")
    tell(desk, "one")
    desk.run_due()

    ((_, told),) = mail.sent
    assert ("Hello Anna A., acme.one(by='bob').\n\nDas war es (1).", "acme.one") == (told.text, told.reason.code)
    assert () == told.earlier


def test_last_message_that_fails_is_sent_with_its_notice(make, mail, clock):
    """What was begun is brought to its end."""
    desk = make(daily_limit=2)
    tell(desk, "one")
    desk.run_due()
    mail.failures = [OSError("down")]
    tell(desk, "two")
    desk.run_due()
    clock.advance("1m")
    desk.run_due()

    assert ["sent", "last"] == results(desk)
    assert "this is enough" in mail.texts[-1]


# -- what went wrong


@pytest.mark.parametrize(
    ("failure", "state", "note"),
    [
        (
            NotifyError("mail", "no mailbox jane@example.com", retryable=False),
            "dead",
            "a message for requester by mail has not arrived: no mailbox jane@example.com",
        ),
        (
            NotifyError("mail", "cut off", retryable=False, ambiguous=True),
            "ambiguous",
            "nobody knows whether a message for requester by mail has arrived: cut off",
        ),
    ],
)
def test_case_says_that_somebody_was_not_told(make, mail, failure, state, note):
    """And why; that may name people, so that a redaction takes it away, from the message too."""
    desk = make()
    mail.failures = [failure]
    tell(desk, "late", to="requester")
    desk.run_due()
    row = desk.messages(case="T-1")[-1]

    assert (state, [note], f"NotifyError: {failure.problem}") == (row.state, notes(desk), row.result)
    assert () == desk.verify("T-1")
    desk.redact("T-1", by=Actor.manager("dora"))
    assert failure.problem not in f"{desk.history('T-1')} {desk.messages(case='T-1')}"


@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgres"])
def test_problem_of_a_message_to_a_role_goes_with_a_redaction(make_desk, calm, pager, tmp_path, request, kind):
    """The message itself stays: nothing else of it says who it was for."""
    urls = {"sqlite": f"sqlite:///{tmp_path}/support.db"}
    if kind == "postgres":
        urls[kind] = request.getfixturevalue("postgres_url")
        with contextlib.closing(PostgresStore(urls[kind])) as empty:
            empty.upgrade()
    desk = make_desk(calm, store=urls.get(kind))
    desk.open("No VPN", id="T-1", by="jane")
    pager.failures = [NotifyError("pager", "no mailbox jane@example.com", retryable=False), OSError("jane")]
    tell(desk, "one", "two", to="manager")
    desk.run_due()
    assert ["NotifyError: no mailbox jane@example.com", "OSError"] == [one.result for one in desk.messages()]

    desk.redact("T-1", by=Actor.manager("dora"))
    assert [("dead", "NotifyError"), ("pending", "OSError")] == [(one.state, one.result) for one in desk.messages()]
    assert "jane" not in f"{desk.history('T-1')} {desk.messages()}"
    desk.shut_down()


@pytest.mark.parametrize(
    ("problem", "said"),
    [("no\r\nmailbox\x1b[31m", "no mailbox [31m"), ("x" * 201, "x" * 199 + "…"), ("x" * 200, "x" * 200)],
)
def test_problem_stands_on_the_record_in_one_short_line(make, mail, problem, said):
    """Whatever a notifier says, it is bounded, and moves no cursor of a terminal."""
    desk = make()
    mail.failures = [NotifyError("mail", problem, retryable=False)]
    tell(desk, "late", to="requester")
    desk.run_due()

    assert [f"a message for requester by mail has not arrived: {said}"] == notes(desk)
    assert f"NotifyError: {said}" == desk.messages(state="dead")[0].result


def test_problem_that_says_nothing_is_told_by_its_kind(make, mail):
    """There is always something to go by."""
    desk = make()
    mail.failures = [NotifyError("mail", "", retryable=False)]
    tell(desk, "late", to="requester")
    desk.run_due()

    assert ["a message for requester by mail has not arrived: NotifyError"] == notes(desk)


def test_trouble_of_one_kind_stands_on_the_case_once_a_day(make, mail, clock):
    """However often it comes: a rule that tells people of such a note must not go on for ever."""
    desk = make()
    for _ in range(3):
        mail.failures = [NotifyError("mail", "no mailbox", retryable=False)]
        tell(desk, "late", to="jane")
        desk.run_due()
    assert ["a message for somebody by name by mail has not arrived: no mailbox"] == notes(desk)
    assert 3 == len(desk.messages(case="T-1", state="dead"))

    clock.advance("24h")
    mail.failures = [NotifyError("mail", "no mailbox", retryable=False)]
    tell(desk, "late", to="jane")
    desk.run_due()
    assert 2 == len(notes(desk))


def test_message_is_given_up_even_where_the_case_may_not_say_so(make, mail, store, monkeypatch, caplog):
    """A rule may forbid the note, or the case be set aside; the message must not come for ever."""
    desk = make()
    mail.failures = [NotifyError("mail", "no mailbox", retryable=False)]
    tell(desk, "late", to="requester")
    commit = store.commit

    def refused(commits):
        if any(type(event).__name__ == "CaseNoted" for one in commits for event in one.events):
            raise ValueError("jane")
        return commit(commits)

    monkeypatch.setattr(store, "commit", refused)
    desk.run_due()

    assert ["dead"] == [one.state for one in desk.messages(case="T-1")][1:]
    assert "case T-1: inform.undelivered; its record does not say so: ValueError" in caplog.text


# -- several workers


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_workers_at_once_tell_everybody_once(make_desk, calm, clock, tmp_path, kind):
    """Whoever takes a message along takes it from all others; none is told twice, and none is lost."""
    mail = Mail()
    process = attrs.evolve(calm, notifications=NotificationRules(together_within=timedelta(minutes=5)))
    url = None if kind == "memory" else f"sqlite:///{tmp_path}/support.db"
    house = Book([attrs.evolve(ANNA, on_call=["front"])])
    desk = make_desk(process, notifiers=[mail], directory=house, store=url)
    desk.open("No VPN", id="T-1", by="jane", team="front")
    for turn in range(6):
        tell(desk, *(f"{turn}.{place}" for place in range(4)))
        desk.run_due()
        clock.advance("2m" if turn % 2 else "5m")
        tell(desk, f"{turn}.now", to="on_call")
        at_once(*[desk.run_due] * 3)
    clock.advance("1h")
    desk.run_due()

    said = [line for text in mail.texts for line in text.split("\n")]
    assert len(said) == len(set(said)) == 30
    desk.shut_down()
