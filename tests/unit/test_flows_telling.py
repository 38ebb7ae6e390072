"""Messages to people: one for each recipient, each by itself."""

import asyncio
import logging

import pytest

from supporttiers import AsyncSupportDesk, SupportDesk
from supporttiers._fields import duration_of
from supporttiers.actors import Actor, Agent, Contact
from supporttiers.backends.directory import House
from supporttiers.commands import Inform
from supporttiers.errors import NotifyError, PluginError
from supporttiers.protocols import RoleDirectory
from supporttiers.readings import Pass


class Mail:
    """Delivers to one recipient at a time, unless their mailbox is full."""

    per_recipient = True

    def __init__(self, name="mail"):
        self.name = name
        self.sent = []
        self.full = {}

    def notify(self, notification, /, *, key):
        """Deliver, or raise what the recipient's mailbox says."""
        (who,) = notification.recipients
        if who.id in self.full:
            raise self.full[who.id]
        self.sent.append((who.id, notification.reason.params.get("by"), key))


@pytest.fixture
def mail():
    """Give a notifier that is called once for each recipient."""
    return Mail()


@pytest.fixture
def people():
    """Give a house of three."""
    return House(
        [
            Agent(id="anna", teams=["front"], roles=["lead"]),
            Agent(id="bob", teams=["front"], manager="mia"),
            Agent(id="mia", roles=["lead"]),
        ]
    )


@pytest.fixture
def desk(make_desk, calm, mail, people):
    """Give a desk with mail and a directory."""
    return make_desk(calm, notifiers=[mail], directory=people)


def told(desk, case_id, to, *askers):
    """Have somebody told, once for each who asks."""
    for asker in askers:
        desk.execute(Inform(case_id=case_id, by=Actor.agent(asker), to=to))


def test_each_recipient_is_told_with_a_key_of_their_own(desk, mail, people):
    """One message becomes one for each; a second pass has nothing left to do."""
    desk.open("Stuck", id="T-1", by="jane", team="front")
    told(desk, "T-1", "team", "eve")

    assert [Pass(relayed=3), Pass()] == [desk.run_due(), desk.run_due()]
    assert ["anna", "bob"] == [who for who, _, _ in mail.sent]
    assert ["T-1:2:0:mail#1", "T-1:2:0:mail#2"] == [key for _, _, key in mail.sent]
    assert ["recipients: 2", "sent", "sent"] == [one.result for one in desk.messages(case="T-1")]


def test_notifier_whose_name_ends_like_a_key_takes_nobody_from_another(make_desk, calm, people):
    """The first recipient of `mail` and all those of `mail:1` are told under keys of their own."""
    both = Mail(), Mail("mail:1")
    desk = make_desk(calm, notifiers=both, directory=people)
    desk.open("Stuck", id="T-1", by="jane", team="front")
    told(desk, "T-1", "team", "eve")
    desk.run_due()

    assert [["anna", "bob"]] * 2 == [[who for who, _, _ in mail.sent] for mail in both]
    assert 4 == len({key for mail in both for _, _, key in mail.sent})


def test_mailbox_that_fails_holds_up_nobody_else(desk, mail, clock):
    """Neither other recipients nor other cases; for that recipient, what comes later waits for what failed."""
    for case_id in ("T-1", "T-2"):
        desk.open("Stuck", id=case_id, by="jane", team="front")
    mail.full = {"anna": OSError("full")}
    told(desk, "T-1", "team", "one", "two")
    desk.run_due()
    told(desk, "T-2", "team", "one")
    mail.full = {}
    desk.run_due()

    assert [("bob", "one"), ("bob", "two"), ("anna", "one"), ("bob", "one")] == [sent[:2] for sent in mail.sent]
    clock.advance("1m")
    desk.run_due()
    assert [("anna", "one"), ("anna", "two")] == [sent[:2] for sent in mail.sent[4:]]
    assert len(mail.sent) == len({key for _, _, key in mail.sent})


def test_nobody_to_be_told_is_on_record_and_in_the_log(desk, mail, caplog):
    """A message for which nobody is known is done; the log names roles, and no other words."""
    caplog.set_level(logging.INFO, "supporttiers.flows")
    desk.open("Stuck", id="T-1", by="jane", team="front")
    told(desk, "T-1", "manager", "eve")
    told(desk, "T-1", "jim", "eve")

    assert Pass(relayed=2) == desk.run_due()
    assert ["nobody", "nobody"] == [one.result for one in desk.messages(case="T-1")]
    assert ["nobody is known for manager", "nobody is known for somebody by name"] == [
        record.message.partition(": ")[2] for record in caplog.records
    ]


@pytest.mark.parametrize(
    ("to", "whom"),
    [("lead", ["anna", "mia"]), ("bob", ["bob"]), ("jane", ["jane"]), ("max", ["max"]), ("nobody", [])],
)
def test_words_of_a_house_are_resolved(desk, mail, to, whom):
    """A role of its own stands for those who have it; an id for somebody of the house, or of the case."""
    desk.open("Stuck", id="T-1", by="jane")
    desk.watch("T-1", by="jane", watchers=["max"])
    told(desk, "T-1", to, "eve")
    desk.run_due()

    assert whom == [who for who, _, _ in mail.sent]


def test_target_and_key_say_nothing_of_the_recipient(desk, mail):
    """A redaction finds nothing to take out of them, and takes the mark out as well."""
    desk.open("Stuck", id="T-1", by="jane")
    told(desk, "T-1", "requester", "eve")
    desk.run_due()
    before = desk.messages(case="T-1")[1]
    desk.redact("T-1", by="bob", reason="asked to")
    after = desk.messages(case="T-1")[1]

    assert (True, "mail") == (before.target.startswith("mail#"), after.target)
    assert "jane" not in before.target + before.key + repr(after)


def test_each_case_has_marks_of_its_own(desk):
    """By its mark a recipient cannot be followed from one case to another."""
    for case_id in ("T-1", "T-2"):
        desk.open("Stuck", id=case_id, by="jane")
        told(desk, case_id, "requester", "eve")
    desk.run_due()

    assert 2 == len({desk.messages(case=case_id)[1].target for case_id in ("T-1", "T-2")})


def test_what_is_no_longer_needed_is_told_to_nobody(make_desk, calm, mail, pager):
    """Whether it is still needed is asked for each recipient just before they are told."""
    desk = make_desk(calm, notifiers=[mail, pager])
    desk.open("Stuck", id="T-1", by="jane")
    desk.watch("T-1", by="jane", watchers=["max"])
    told(desk, "T-1", "watchers", "eve")
    desk.run_due(limit=1)
    rows = desk.messages(case="T-1")

    assert ["mail", "pager"] == [one.target for one in rows[:2]]
    assert "watchers" == rows[2].effect.to
    assert "max" == rows[2].effect.recipient


@pytest.mark.parametrize(("asked", "wait"), [("10s", "10s"), ("3h", "3h"), ("72h", "24h"), ("0s", "1m"), (None, "1m")])
def test_receiver_that_asks_for_time_gets_it(calm_desk, clock, pager, asked, wait):
    """What a notifier says goes before the desk's own waits, up to a day."""
    wanted, waits = (None if text is None else duration_of(text) for text in (asked, wait))
    calm_desk.open("Stuck", id="T-1", by="jane")
    calm_desk.inform_management("T-1", by="bob")
    pager.failures = [NotifyError("pager", "busy", retryable=True, retry_after=wanted)]
    calm_desk.run_due()

    assert clock.now() + waits == calm_desk.messages(case="T-1")[0].not_before


@pytest.mark.parametrize("kind", [SupportDesk, AsyncSupportDesk])
@pytest.mark.parametrize(
    ("broken", "said"),
    [({"name": "mail#1"}, "'mail#1' .*has no '#' in it"), ({"per_recipient": 1}, "'mail' .*must be True or False")],
)
def test_desk_refuses_notifiers_that_cannot_tell_recipients_apart(calm, mail, kind, broken, said):
    """When it is built: in the middle of a case nobody could do anything about it."""
    vars(mail).update(broken)

    with pytest.raises(PluginError, match=said):
        kind(calm, notifiers=[mail])


class Book(House):
    """A house that knows where customers live, too."""

    def contacts_of(self, ids, /):
        """Give what it knows."""
        return super().contacts_of(ids) | {"jane": Contact(id="jane", addresses={"email": "jane@example.com"})}


class WrongBook(House):
    """A house that gives addresses instead of contacts."""

    def contacts_of(self, ids, /):
        """Give what nobody expects."""
        return dict.fromkeys(ids, "jane@example.com")


def test_notifier_is_handed_how_people_are_reached(make_desk, calm, pager):
    """As the directory says it; whoever it does not know is reached by their id alone."""
    anna = Agent(id="anna", name="Anna", addresses={"email": "anna@example.org"}, language="de", zone="Europe/Berlin")
    desk = make_desk(calm, directory=Book([anna]))
    desk.open("Stuck", id="T-1", by="jane")
    desk.watch("T-1", by="jane", watchers=["anna", "max"])
    for to in ("watchers", "requester"):
        told(desk, "T-1", to, "eve")
    desk.run_due()

    assert [(anna.contact, Contact(id="max")), (Contact(id="jane", addresses={"email": "jane@example.com"}),)] == [
        sent.recipients for sent in pager.sent
    ]
    assert "example.com" not in repr(pager.sent)


def test_directory_that_gives_no_contacts_is_named(make_desk, calm, pager, caplog):
    """The message is kept, and the log says which directory gives what."""
    desk = make_desk(calm, directory=WrongBook([]))
    desk.open("Stuck", id="T-1", by="jane")
    told(desk, "T-1", "requester", "eve")

    assert Pass(failed=1) == desk.run_due()
    assert "WrongBook" in caplog.text
    assert "its contacts_of must give Contacts, not str" in caplog.text
    assert "jane" not in caplog.text


@pytest.mark.parametrize(("to", "method"), [("on_call", "on_call_of"), ("lead", "holders_of")])
@pytest.mark.parametrize("given", ["anna", [Agent(id="anna")]])
def test_directory_that_gives_no_ids_is_named(make_desk, calm, mail, people, monkeypatch, caplog, to, method, given):
    """Of a single text each letter would be told, and nobody would miss the message."""
    monkeypatch.setattr(people, method, lambda asked: dict.fromkeys(asked, given), raising=False)
    desk = make_desk(calm, notifiers=[mail], directory=people)
    desk.open("Stuck", id="T-1", by="jane", team="front")
    told(desk, "T-1", to, "eve")

    assert Pass(failed=1) == desk.run_due()
    assert [] == mail.sent
    assert f"its {method} must give lists of ids, not {type(given).__name__}" in caplog.text


def test_people_on_the_store_have_addresses(make_desk, calm, pager, tmp_path):
    """What is kept of an agent is handed on as it was put."""
    desk = make_desk(calm, directory="store", store=f"sqlite:///{tmp_path}/people.db")
    anna = Agent(id="anna", addresses={"email": "a@example.org"}, quiet_hours="22:00-07:00", roles=["lead"])
    desk.people.put(anna, Agent(id="bob"))
    desk.open("Stuck", id="T-1", by="jane")
    told(desk, "T-1", "lead", "eve")
    desk.run_due()

    assert (anna.contact,) == pager.sent[0].recipients
    assert [anna] == [each for each in desk.people.all() if each.id == "anna"]
    desk.shut_down()


def test_house_is_a_directory_of_roles(people):
    """Nobody has a role that nobody is given."""
    assert isinstance(people, RoleDirectory)
    assert {"lead": ("anna", "mia"), "boss": ()} == people.holders_of(["lead", "boss"])


class AwaitedBook:
    """A directory that is asked and awaited."""

    async def actor(self, id, /):
        """Give a customer."""
        return Actor.customer(id)

    async def contacts_of(self, ids, /):
        """Give how people are reached."""
        return {id: Contact(id=id, name=id.title()) for id in ids}

    async def holders_of(self, roles, /):
        """Give the same two for every role."""
        return dict.fromkeys(roles, ("rita", "rolf"))


class AwaitedMail(Mail):
    """Delivers to one recipient at a time, and is awaited."""

    async def notify(self, notification, /, *, key):
        """Deliver."""
        (who,) = notification.recipients
        self.sent.append((who.name, notification.text, key))


def test_desk_that_awaits_asks_asynchronous_directories(calm, clock):
    """Roles, contacts and who is of the house; a desk that only calls refuses them when it is built."""

    async def sent():
        mail = AwaitedMail()
        desk = AsyncSupportDesk(calm, clock=clock, notifiers=[mail], directory=AwaitedBook())
        await desk.open("Stuck", id="T-1", by=Actor.customer("jane"))
        await desk.inform("T-1", by=Actor.agent("bob"), to="lead")
        await desk.run_due()
        return mail.sent

    assert [("Rita", "there is news about the case"), ("Rolf", "there is news about the case")] == [
        one[:2] for one in asyncio.run(sent())
    ]
    with pytest.raises(PluginError, match="it is asynchronous, and SupportDesk does not await"):
        SupportDesk(calm, directory=AwaitedBook())
