"""What became of a test's rehearsals: for its failure report, and for the page."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from supporttiers.testing.accounts import Account, take
from supporttiers.testing.pytest_plugin import ATTRIBUTE
from supporttiers.testing.rehearsal import Rehearsal, Story
from supporttiers.testing.scenarios import ScenarioFailedError
from supporttiers.testing.stages import Stage

MAX_REHEARSALS: Final = 20
_HEADING: Final = "rehearsal"


def tell(
    item: pytest.Item, report: pytest.TestReport, caught: "pytest.ExceptionInfo[BaseException] | None", *,
    stage: Stage | None, for_page: bool,
) -> None:  # fmt: skip
    """
    Tell what became of the rehearsals of a test.

    Args:
        item: The test.
        report: Gets a section where it failed, and the accounts as plain data where the page wants them.
        caught: What was raised.
        stage: Where the rehearsals that the test has made are remembered.
        for_page: Whether the page wants them.
    """
    accounts = [_account(rehearsal, stage) for rehearsal in _rehearsals(item, stage)]
    error = None if caught is None else caught.value
    if report.failed and not isinstance(error, ScenarioFailedError):  # which tells all of it
        report.sections += [(_HEADING, "\n".join(account.lines(str(error)))) for account in accounts]
    if for_page and accounts:
        setattr(report, ATTRIBUTE, [account.to_data() for account in accounts])


def _rehearsals(item: pytest.Item, stage: Stage | None) -> list[Rehearsal]:
    """Give those that the test has made, and those that it was handed: fixtures may be older than the test."""
    found: list[Rehearsal] = [] if stage is None else list(stage.rehearsals)
    for rehearsal in _handed(item):
        if not any(each is rehearsal for each in found):
            found.append(rehearsal)
    return found[:MAX_REHEARSALS]


def _handed(item: pytest.Item) -> Iterator[Rehearsal]:
    handed: dict[str, Any] = getattr(item, "funcargs", {})
    for value in handed.values():
        if isinstance(value, Rehearsal):
            yield value
        elif isinstance(value, Story):
            yield value.rehearsal


def _account(rehearsal: Rehearsal, stage: Stage | None) -> Account:
    ended = None if stage is None else stage.ended(rehearsal)
    return Account.of(take(rehearsal) if ended is None else ended)
