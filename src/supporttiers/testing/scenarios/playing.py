"""Playing a scenario: each step at its own instant, until one is not as it says."""

from typing import Any

from supporttiers.actors import Actor
from supporttiers.errors import CaseError
from supporttiers.facts import FactSource
from supporttiers.protocols import CaseStore
from supporttiers.reasons import Reason
from supporttiers.testing.accounts import Account, take
from supporttiers.testing.doubles import FlakyVendor
from supporttiers.testing.rehearsal import MonitorViolatedError, Rehearsal
from supporttiers.testing.scenarios.faults import Difference
from supporttiers.testing.scenarios.parts import Script, Setting, Step
from supporttiers.testing.stories import Story


class Play:
    """One performance of a scenario."""

    def __init__(self, setting: Setting, *, store: str | CaseStore | None) -> None:
        """Set the stage."""
        parts: dict[str, Any] = {} if setting.directory is None else {"directory": setting.directory}
        self.rehearsal: Rehearsal = Rehearsal(
            setting.process, start=setting.start, store=store, monitors=setting.monitors,
            vendors=[_vendor(script) for script in setting.vendors], policies=setting.policies, plugins=setting.plugins,
            facts=[_fact(name, value) for name, value in setting.facts.items()], **parts,
        )  # fmt: skip
        self._story: Story | None = None

    def take(self, step: Step) -> list[Difference]:
        """Take a step, and say what is not as it says."""
        try:
            self.rehearsal.advance(to=step.at)
            refused, story = self._do(step)
        except MonitorViolatedError as error:
            return [Difference(f"rule: {error.violation.monitor}", str(error.violation))]
        found = _refusal(step, refused)
        if story is not None:
            return [*found, *step.then.differences(story)]
        missing = (
            [] if step.then.is_of_refusal_only else [Difference("a case of which that is so", "there is no such case")]
        )
        return [*found, *missing]

    def account(self) -> Account:
        """Give what became of the cases so far."""
        return Account.of(take(self.rehearsal))

    def _do(self, step: Step) -> tuple[CaseError | None, Story | None]:
        """Do what a step says; give why it was refused, if it was, and the story that it is about, if there is one."""
        story: Story | None = None
        try:
            if step.do == "open":
                by: Actor | str = step.by or ""
                given = dict(step.given)
                own = {} if step.case is None else {"id": step.case}
                self._story = story = self.rehearsal.open(given.pop("subject", ""), by=by, **own, **given)
                return None, story
            if step.case is not None or self._story is None:
                self._story = self.rehearsal.story(step.case or "")
            story = self._story
            if step.do:
                by_whom = {} if step.by is None else {"by": step.by}
                getattr(story, step.do)(**by_whom, **step.given)
        except CaseError as error:
            return error, story
        return None, story


def _refusal(step: Step, refused: CaseError | None) -> list[Difference]:
    wanted = step.then.refused
    codes = [] if refused is None else _codes(refused)
    if refused is not None and set(codes).isdisjoint(wanted):
        asked = f"refused with {' or '.join(wanted)}" if wanted else f"{step.do or 'a case'}, which is not refused"
        return [Difference(asked, f"refused with {', '.join(codes)}: {refused}")]
    if refused is None and wanted:
        return [Difference(f"refused with {' or '.join(wanted)}", "not refused")]
    return []


def _codes(refused: CaseError) -> list[str]:
    reasons: list[Reason] = [refused.reason, *getattr(refused, "refusals", ())]
    return list(dict.fromkeys(reason.code for reason in reasons))


def _vendor(script: Script) -> FlakyVendor:
    return FlakyVendor(
        script.vendor, *script.says, failures=script.failures, lost=script.lost, silent=script.silent
    )  # fmt: skip


def _fact(name: str, value: object) -> FactSource:
    """Make a source of facts that knows the same of everybody."""
    return FactSource(name, lambda _tenant, keys: dict.fromkeys(keys, value))
