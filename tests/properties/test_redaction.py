"""Redaction deletes what is personal, and nothing else: what is left still makes the case (DESIGN section 9)."""

import attrs
from hypothesis import given
from hypothesis import strategies as st
from tests.properties.strategies import worlds

from supporttiers._codec import blank_event, encode_case, encode_event
from supporttiers._engine import decide
from supporttiers.actors import SYSTEM, Actor
from supporttiers.cases import rebuild
from supporttiers.commands import Amend, Attach, Open, Redact, Watch
from supporttiers.errors import CaseError
from supporttiers.events import REDACTED, CaseRedacted
from supporttiers.links import Attachment

SECRET = "s3cr3t"
"""Stands in everything that somebody says in these histories."""

DPO = Actor.manager("dora")

PEOPLE = ('"jane"', '"joe"', '"anna"', '"mona"')
"""Their ids, as JSON has them."""


def told(command):
    """Give a command that says something personal wherever it can."""
    said = {"reason": f"{SECRET} reason"}
    names = {field.name for field in attrs.fields(type(command))}
    if "text" in names:
        said["text"] = f"{SECRET} text"
    if isinstance(command, Open | Amend):
        said |= {"subject": f"{SECRET} subject", "customer": f"{SECRET} customer"}
        said["attributes"] = {**command.attributes, "name": f"{SECRET} name"}
    if isinstance(command, Attach):
        said["attachments"] = (*command.attachments, Attachment(id=f"{SECRET} file", name=f"{SECRET} file"))
    if isinstance(command, Watch):
        said["watchers"] = (*command.watchers, f"{SECRET} watcher")
    return attrs.evolve(command, **said)


class History:
    """A case in memory of which nothing but the history is kept, as a store would."""

    def __init__(self, process):
        self.process = process
        self.case, self.events = None, []

    def take(self, command, now):
        """Decide, and keep what came of it; a redaction deletes what came before it."""
        try:
            decision = decide(self.process, self.case, command, now)
        except CaseError:
            return
        if decision.case is None:
            return
        self.case = decision.case
        self.events += decision.events
        redacted = max((event.version for event in decision.events if isinstance(event, CaseRedacted)), default=0)
        self.events = [blank_event(event) if event.version < redacted else event for event in self.events]


@given(worlds(), st.sets(st.integers(0, 13), min_size=1, max_size=4))
def test_history_after_redaction_makes_the_case(world, places):
    """Wherever a case is redacted, and whatever happens afterwards, what is left of its history makes it."""
    history = History(world.process)
    for place, command in enumerate(world.script):
        history.take(told(command), command.at)
        if place in places and history.case is not None:
            history.take(Redact(case_id="C-1", by=DPO), command.at)
            assert history.case.redacted_at is not None
        assert rebuild(history.events) == history.case
    if history.case is not None:
        history.take(None, world.end)
        history.take(Redact(case_id="C-1", by=SYSTEM), world.end)
    assert rebuild(history.events) == history.case


@given(worlds())
def test_redaction_leaves_nothing_personal(world):
    """Neither the case nor any event before it says anything, and whoever asked for help is nobody."""
    history = History(world.process)
    for command in world.script:
        history.take(told(command), command.at)
    if history.case is None:
        return
    history.take(Redact(case_id="C-1", by=DPO), world.end)
    redacted = next(event.version for event in reversed(history.events) if isinstance(event, CaseRedacted))

    assert SECRET not in encode_case(history.case)
    assert history.case.requester == REDACTED
    for event in history.events[: redacted - 1]:
        encoded = encode_event(event)
        said = encoded.public + encoded.private
        assert not [word for word in (SECRET, *PEOPLE) if word in said]


@given(worlds())
def test_redaction_again_changes_nothing(world):
    """A case about which nobody has said anything since is left as it is; only time may go on."""
    history = History(world.process)
    for command in world.script:
        history.take(told(command), command.at)
    if history.case is None:
        return
    history.take(Redact(case_id="C-1", by=DPO), world.end)
    before = history.case
    history.take(Redact(case_id="C-1", by=Actor.agent("dan")), world.end)

    assert history.case == before
