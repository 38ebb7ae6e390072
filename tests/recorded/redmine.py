"""What is on record of Redmine: what we did, what the vendor's agent did meanwhile, and what came of it."""

from pathlib import Path

from tests.servers.redmine import MOST_BYTES, OPEN_PROJECT

from supporttiers.effects import VendorAnswer, VendorFile, VendorIdentity, VendorMessage, VendorRequest
from supporttiers.errors import VendorError
from supporttiers.links import VendorStatus, reference_of

HERE = Path(__file__).parent
FIELD, UNFILTERED, ABSENT, SUPPORT = 1, 2, 3, 3
"""The numbers of what there is at the server: three fields, and a tracker."""


class Story:
    """
    A story while it happens.

    Args:
        connect: Makes a gateway; it is handed whose key is used, and options of the gateway.
        agent: The server, as the vendor's agent has it; None where the story is played back.
    """

    def __init__(self, connect, agent=None):
        self.connect = connect
        self.agent = agent
        self.told = []

    def tell(self, what, call, *args, **options):
        """Do something, and tell what came of it."""
        try:
            value = call(*args, **options)
        except VendorError as error:
            unsure = ", or it was done" if error.ambiguous else ""
            self.told.append(f"{what}: {error.kind}{unsure}")
            return None
        self.told.append(f"{what}: {_said(value)}")
        return value


def _said(value):
    if isinstance(value, VendorAnswer):
        entries = [_entry(entry) for entry in value.entries]
        return " | ".join([f"{value.status} ({value.raw_status})", *entries])
    if isinstance(value, VendorIdentity):
        return f"{value.account}, without a meaning: {', '.join(value.unmapped) or 'none'}"
    return "a number" if isinstance(value, str) and value.isdigit() else str(value)


def _entry(entry):
    who = "we" if entry.ours else "they"
    files = "".join(f" +{file.name}" for file in entry.attachments)
    return f"{who}, {entry.visibility}: {entry.text.splitlines()[0] if entry.text else ''}{files}"


def request(key, **said):
    """Want a ticket."""
    told = {"subject": "Drucker klemmt: schön", "text": "Seit heute.\r\nImmer.", **said}
    return VendorRequest(tenant="default", case_id="T-1", reference=reference_of(key), **told)


def message(key, text):
    """Say something."""
    return VendorMessage(tenant="default", case_id="T-1", text=text, reference=reference_of(key))


def life(story):
    """A ticket from its opening until it is deleted."""
    vendor = story.connect("desk", field=FIELD, account="desk", notes_for_requester=True)
    story.tell("check", vendor.check)
    begin = vendor.changes(None, limit=50)
    ticket = vendor.open(request("life/1", follows="1"), key="life/1").remote_id
    story.told.append(f"changed: {ticket in vendor.changes(begin.cursor, limit=50).remote_ids}")
    found = vendor.find(reference_of("life/1"))
    story.told.append(f"found: {[answer.remote_id == ticket for answer in found]}, {vendor.find(reference_of('none'))}")
    if story.agent:
        story.agent.change(ticket, notes="Wir sehen nach.", status_id=story.agent.statuses["In Progress"])
        story.agent.change(ticket, notes="Die Trommel ist billig.", private_notes=True)
        theirs = story.agent.gateway("agent")
        theirs.attach(ticket, VendorFile(id="F-1", name="Anleitung.txt", content=b"Lesen."), key="life/agent")
        story.agent.change(ticket, notes=f"> [ref {reference_of('life/2')}]\n\nNein.", priority_id=4)
    story.tell("fetch", vendor.fetch, ticket)
    story.tell("comment", vendor.comment, ticket, message("life/2", "Gibt es etwas Neues?"), key="life/2")
    file = VendorFile(id="F-2", name="../bö\x00se/\r\nname?.log", media_type="text/plain", content=b"\x00\xff")
    once = vendor.attach(ticket, file, key="life/3")
    story.told.append(f"attached once: {once == vendor.attach(ticket, file, key='life/3')}")
    big = VendorFile(id="F-3", name="x" * 300 + ".bin", content=b"x" * (MOST_BYTES + 1))
    story.tell("attach what is too big", vendor.attach, ticket, big, key="life/4")
    for status in (VendorStatus.WAITING_FOR_US, VendorStatus.RESOLVED, VendorStatus.ANSWERED):
        story.tell(f"set {status}", vendor.set_status, ticket, status)
    if story.agent:
        story.agent.change(ticket, project_id=OPEN_PROJECT)
    story.tell("fetch, moved", vendor.fetch, ticket)
    for again in ("", " again"):
        story.tell(f"withdraw{again}", vendor.withdraw, ticket, message("life/5", "Es geht."), key="life/5")
    if story.agent:
        story.agent.ask("DELETE", f"issues/{ticket}")
    story.tell("fetch, deleted", vendor.fetch, ticket)
    story.tell("comment, deleted", vendor.comment, ticket, message("life/6", "Hallo?"), key="life/6")


def stranger(story):
    """A wrong key, where strangers may read and write: nobody lets us in as one."""
    vendor = story.connect("desk", project=OPEN_PROJECT)
    ticket = vendor.open(request("stranger/1"), key="stranger/1").remote_id
    wrong = story.connect("stranger", project=OPEN_PROJECT)
    story.tell("check", wrong.check)
    story.tell("open", wrong.open, request("stranger/2"), key="stranger/2")
    story.tell("fetch", wrong.fetch, ticket)
    story.tell("find", wrong.find, reference_of("stranger/1"))
    story.tell("comment", wrong.comment, ticket, message("stranger/3", "Hm."), key="stranger/3")
    story.tell("changes", wrong.changes, None, limit=5)
    story.tell("check, as somebody else", story.connect("desk", account="agent").check)
    story.told.append(f"opened: {vendor.find(reference_of('stranger/2'))}")


def subject(story):
    """Without a field, the reference stands in the subject, whatever else does."""
    vendor = story.connect("desk", tracker=SUPPORT, priorities={"high": "4"})
    for key, said in (("subject/1", "ü" * 400), ("subject/2", "\r\nBcc: eve@example.org\x00"), ("subject/3", "")):
        ticket = vendor.open(request(key, subject=said, priority="high", text=""), key=key).remote_id
        [answer] = vendor.find(reference_of(key))
        story.told.append(f"found: {ticket == answer.remote_id}")


def place(story):
    """What a Redmine ignores is found out before anything is opened."""
    story.connect("desk", field=FIELD).open(request("place/0"), key="place/0")
    wrong = {
        "a field by which nobody can filter": {"field": UNFILTERED},
        "a field that is not there": {"field": ABSENT},
        "a project that is not there": {"project": "nowhere"},
        "a tracker that is not there": {"tracker": 99},
    }
    for what, options in wrong.items():
        vendor = story.connect("desk", **options)
        story.tell(what, vendor.open, request("place/1"), key="place/1")
    story.tell("searched", story.connect("desk", field=UNFILTERED).find, reference_of("place/1"))
    story.tell("a project of others", story.connect("guest").open, request("place/1"), key="place/1")
    story.told.append(f"opened: {story.connect('desk', field=FIELD).find(reference_of('place/1'))}")


_THEY = [
    "they, public: Wir sehen nach.", "they, private: Die Trommel ist billig.", "they, public:  +Anleitung.txt",
    f"they, public: > [ref {reference_of('life/2')}]",
]  # fmt: skip
_WE = [*_THEY, "we, public: Gibt es etwas Neues?", "we, public:  +.._bö se_ name_.log"]
_WITHDRAWN = " | ".join(["closed (Closed)", *_WE, "we, public: Es geht."])

STORIES = {
    life: [
        "check: desk, without a meaning: none",
        "changed: True",
        "found: [True], []",
        " | ".join(["fetch: in_progress (In Progress)", *_THEY]),
        "comment: a number",
        "attached once: True",
        "attach what is too big: rejected",
        " | ".join(["set waiting_for_us: waiting_for_us (Feedback)", *_WE]),
        "set resolved: not_applied",
        "set answered: rejected",
        " | ".join(["fetch, moved: waiting_for_us (Feedback)", *_WE]),
        f"withdraw: {_WITHDRAWN}",
        f"withdraw again: {_WITHDRAWN}",
        "fetch, deleted: gone ()",
        "comment, deleted: gone",
    ],
    stranger: [
        "check: auth", "open: auth", "fetch: auth", "find: auth", "comment: auth", "changes: auth",
        "check, as somebody else: auth", "opened: []",
    ],
    subject: ["found: True"] * 3,
    place: [
        "a field by which nobody can filter: rejected", "a field that is not there: rejected",
        "a project that is not there: rejected", "a tracker that is not there: rejected", "searched: rejected",
        "a project of others: permission", "opened: []",
    ],
}  # fmt: skip
"""By what happens: what is told of it."""


def path(story):
    """Say where a story is on record."""
    return HERE / f"redmine-{story.__name__}.json"
