"""What became of a test's rehearsals: for its failure report, and for the page."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import attrs
import pytest

import supporttiers
from supporttiers._fields import clipped, safe
from supporttiers.errors import CaseError, SupportTiersError
from supporttiers.testing.accounts import MAX_LINE, MAX_LINES, Account, take
from supporttiers.testing.pytest_plugin import ATTRIBUTE, COMPARED, WHY
from supporttiers.testing.rehearsal import MonitorViolatedError, Rehearsal
from supporttiers.testing.scenarios import ScenarioFailedError
from supporttiers.testing.stages import MOST, Stage
from supporttiers.testing.stories import Story

MAX_BYTES: Final = 2 * 1024 * 1024
"""So much of one test, about, is handed to the process that writes the page."""
_HEADING: Final = "rehearsal"
_HOME: Final = Path(supporttiers.__file__).parent
_MADE: Final = tuple(f"<attrs generated {what} supporttiers." for what in ("methods", "init", "eq", "hash", "repr"))


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
    accounts = [_account(rehearsal, stage, pictures=for_page) for rehearsal in _rehearsals(item, stage)]
    error = None if caught is None else caught.value
    if report.failed and not isinstance(error, ScenarioFailedError):  # which tells all of it
        already = str(error) if isinstance(error, MonitorViolatedError) else ""
        report.sections += [(_HEADING, "\n".join(account.lines(already))) for account in accounts]
    if for_page and accounts:
        setattr(report, ATTRIBUTE, list(_bounded(accounts)))
    if report.failed and error is not None:
        compared: list[str] = item.config.stash.get(COMPARED, [])
        why = (clipped(safe(line), MAX_LINE) for line in _why(error, compared))
        setattr(report, WHY, list(islice(why, MAX_LINES)))


def _why(error: BaseException, compared: Sequence[str]) -> Iterator[str]:
    """
    Say why a test failed, without values: pytest shows those, and they may be what customers wrote.

    Args:
        error: What was raised.
        compared: The last comparison of two ways of a case.
    """
    if isinstance(error, MonitorViolatedError):
        yield str(error.violation)
    elif isinstance(error, ScenarioFailedError):
        yield str(error).partition("\n")[0]
        for difference in error.differences:
            yield from str(difference).split("\n")
    elif isinstance(error, AssertionError) and compared and compared[0] in str(error):
        yield from compared
    else:
        code = f": {error.reason.code}" if isinstance(error, SupportTiersError) else ""
        yield f"{type(error).__name__}{code}"


def _bounded(accounts: Sequence[Account]) -> Iterator[dict[str, Any]]:
    """Give accounts as plain data: where it would be too much to be handed on without pictures, or shortened."""
    left = MAX_BYTES
    for account in accounts:
        plain = attrs.evolve(account, stories=tuple(attrs.evolve(story, picture="") for story in account.stories))
        bare = attrs.evolve(account, stories=(), more=True)
        sizes = ((len(json.dumps(data)), data) for data in (each.to_data() for each in (account, plain, bare)))
        size, data = next((found for found in sizes if found[0] <= left), (0, bare.to_data()))
        left -= size
        yield data


def shorten(caught: "pytest.ExceptionInfo[BaseException]") -> None:
    """
    Leave our own lines out of a trace: they say nothing of a process, and what they were handed is customer text.

    Of what lies behind an error of ours, such as that of a driver, only the error itself is left.
    """
    error = caught.value
    caught.traceback = type(caught.traceback)(_without_ours(caught.tb) or caught.tb)
    error.__suppress_context__ = error.__suppress_context__ or (
        isinstance(error, CaseError | MonitorViolatedError) and isinstance(error.__context__, CaseError)
    )
    behind, ours = _behind(error), isinstance(error, SupportTiersError)
    seen = {id(error)}
    while behind is not None and id(behind) not in seen:
        seen.add(id(behind))
        behind.__traceback__ = None if ours or behind.__traceback__ is None else _without_ours(behind.__traceback__)
        ours = ours or isinstance(behind, SupportTiersError)
        behind = _behind(behind)


def _behind(error: BaseException) -> BaseException | None:
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _without_ours(trace: TracebackType) -> TracebackType | None:
    """Give a trace without the frames of the library; its links are made anew, for pytest cuts it by them."""
    kept: list[TracebackType] = []
    each: TracebackType | None = trace
    while each is not None:
        if not _is_ours(each.tb_frame.f_code.co_filename):
            kept.append(each)
        each = each.tb_next
    shown: TracebackType | None = None
    for each in reversed(kept):
        shown = TracebackType(shown, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return shown


def _is_ours(file: str) -> bool:
    """Whether code is of the library, or was made by attrs for a class of it."""
    return Path(file).is_relative_to(_HOME) or file.startswith(_MADE)


def _rehearsals(item: pytest.Item, stage: Stage | None) -> list[Rehearsal]:
    """Give those that the test has made, and those that it was handed: fixtures may be older than the test."""
    found: list[Rehearsal] = [] if stage is None else list(stage.rehearsals)
    for rehearsal in _handed(item):
        if not any(each is rehearsal for each in found):
            found.append(rehearsal)
    return found[-MOST:]


def _handed(item: pytest.Item) -> Iterator[Rehearsal]:
    handed: dict[str, Any] = getattr(item, "funcargs", None) or {}
    for value in handed.values():
        if isinstance(value, Rehearsal):
            yield value
        elif isinstance(value, Story):
            yield value.rehearsal


def _account(rehearsal: Rehearsal, stage: Stage | None, *, pictures: bool) -> Account:
    ended = None if stage is None else stage.ended(rehearsal)
    return Account.of(take(rehearsal) if ended is None else ended, pictures=pictures)
