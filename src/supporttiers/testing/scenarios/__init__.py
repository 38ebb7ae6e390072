"""
Scenarios: stories of support as files, which those can read and write who run the support.

`Scenario.from_toml(path)` reads one, and `play()` plays it: each step at its own instant, on virtual time. pytest
collects files whose names end in `.scenario.toml`, and `supporttiers rehearse` plays them.
"""

from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any, Self

import attrs

from supporttiers.config.files import data_of, text_of
from supporttiers.errors import Fault, ProcessError
from supporttiers.process import SupportProcess
from supporttiers.protocols import CaseStore
from supporttiers.testing.rehearsal import Rehearsal
from supporttiers.testing.scenarios.faults import Difference, ScenarioError, ScenarioFailedError
from supporttiers.testing.scenarios.parts import Expected, Script, Setting, Step, Then
from supporttiers.testing.scenarios.playing import Play
from supporttiers.testing.scenarios.reading import Reader

__all__ = [
    "Difference",
    "Expected",
    "Scenario",
    "ScenarioError",
    "ScenarioFailedError",
    "Script",
    "Setting",
    "Step",
    "Then",
]


@attrs.frozen(kw_only=True)
class Scenario:
    r"""
    A story of support: what is done when, and what is so then.

    >>> scenario = Scenario.from_text(
    ...     '''
    ... scenario = { title = "Nobody looks at it", start = "2026-03-23 09:00" }
    ... steps = [
    ...     { do = "open", by = "jane", then = { tier = 1, assignee = "" } },
    ...     { at = "09:20", then = { tier = 2 } },
    ... ]
    ... ''',
    ...     process=SupportProcess.default(),
    ... )
    >>> scenario.play().story("T-1").path
    't1 09:00 -> t2 09:15 (tier 1)'

    Attributes:
        title: What it is called.
        setting: With what it is played.
        steps: In order of time.
        source: The file, or `text`.

    .. versionadded:: 0.1.0
    """

    title: str
    setting: Setting
    steps: tuple[Step, ...]
    source: str = "text"

    @classmethod
    def from_toml(
        cls,
        path: "str | PathLike[str]",
        *,
        title: str | None = None,
        process: "SupportProcess | str | PathLike[str] | None" = None,
        policies: Iterable[type[Any]] = (),
    ) -> Self:
        """
        Read a scenario.

        Args:
            path: Of a file in TOML, UTF-8, at most 1 MiB.
            title: Which, where the file has several.
            process: A process, or the path of its file, for scenarios that name none.
            policies: Classes of policies of your own, which process files may name.

        Raises:
            ScenarioError: The file cannot be read, or is not valid, or has no such scenario, or several and none is
                named; every fault is listed, with its place.
        """
        found = cls.all_from_toml(path, process=process, policies=policies)
        titles = [scenario.title for scenario in found]
        chosen = [scenario for scenario in found if title in {None, scenario.title}]
        if len(chosen) == 1:
            return chosen[0]
        problem = "has several scenarios; name one with title=" if title is None else f"has no scenario {title!r}"
        raise ScenarioError(str(path), (Fault("scenarios", f"{problem}: {', '.join(map(repr, titles))}"),))

    @classmethod
    def all_from_toml(
        cls,
        path: "str | PathLike[str]",
        *,
        process: "SupportProcess | str | PathLike[str] | None" = None,
        policies: Iterable[type[Any]] = (),
    ) -> tuple[Self, ...]:
        """
        Read all scenarios of a file; see `from_toml`.

        Raises:
            ScenarioError: The file cannot be read, or is not valid; every fault is listed, with its place.
        """
        try:
            text = text_of(path)
        except ProcessError as error:
            raise ScenarioError(str(path), error.faults) from error.__cause__
        return cls._read(text, str(path), Path(path).parent, process, policies)

    @classmethod
    def from_text(
        cls,
        text: str,
        *,
        process: "SupportProcess | str | PathLike[str] | None" = None,
        policies: Iterable[type[Any]] = (),
    ) -> Self:
        """
        Read a scenario from TOML; paths in it lead on from the current directory.

        Raises:
            ScenarioError: It is not valid, or has several.
        """
        found = cls._read(text, "text", Path(), process, policies)
        if len(found) > 1:
            raise ScenarioError("text", (Fault("scenarios", "are several; one is possible here"),))
        return found[0]

    @classmethod
    def _read(
        cls,
        text: str,
        source: str,
        folder: Path,
        process: "SupportProcess | str | PathLike[str] | None",
        policies: Iterable[type[Any]],
    ) -> tuple[Self, ...]:
        reader = Reader(
            folder, process=process if isinstance(process, SupportProcess | None) else Path(process), policies=policies
        )
        try:
            found = reader.read(data_of(text, source))
        except ProcessError as error:
            raise ScenarioError(source, error.faults) from None
        if reader.faults:
            raise ScenarioError(source, reader.faults)
        return tuple(
            cls(title=read.title, setting=read.setting, steps=read.steps, source=source) for read in found
        )  # fmt: skip

    def play(self, *, store: str | CaseStore | None = None) -> Rehearsal:
        """
        Play it to its end.

        Args:
            store: Where its cases are kept, as for `Rehearsal`; in memory when None.

        Returns:
            The rehearsal as it stands then, which can go on; used with `with`, it lets go of its store.

        Raises:
            ScenarioFailedError: A step is not as it says; the error tells what was asked, what is, the timeline of
                each case, and what would have come next.
            SupportTiersError: It cannot be played: its people, plugins or policies do not fit.
        """
        play = Play(self.setting, store=store)
        for step in self.steps:
            differences = play.take(step)
            if differences:
                with play.rehearsal:
                    raise ScenarioFailedError(
                        self.title, self.source, step.number, str(step), tuple(differences), play.account()
                    )
        return play.rehearsal
