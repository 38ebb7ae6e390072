"""Scenario files as tests."""

from collections.abc import Iterator
from typing import Any

import pytest

from supporttiers.errors import SupportTiersError
from supporttiers.testing.pytest_plugin import INI
from supporttiers.testing.scenarios import Scenario, ScenarioFailedError


class ScenarioFile(pytest.File):
    """A file of scenarios."""

    def collect(self) -> Iterator[pytest.Item]:
        """Give a test for each scenario."""
        named = self.config.getini(INI)
        process = self.config.rootpath / named if named else None
        for scenario in Scenario.all_from_toml(self.path, process=process):
            yield ScenarioItem.from_parent(self, name=scenario.title, scenario=scenario)

    def repr_failure(  # type: ignore[override] # as pytest's own collectors have it
        self, excinfo: "pytest.ExceptionInfo[BaseException]"
    ) -> Any:  # noqa: ANN401 - as above
        """Say what is wrong with the file, in place of where it was read."""
        error = excinfo.value
        return str(error) if isinstance(error, SupportTiersError) else super().repr_failure(excinfo)


class ScenarioItem(pytest.Item):
    """One scenario."""

    def __init__(self, *, scenario: Scenario, **of_pytest: Any) -> None:  # noqa: ANN401 - as pytest has it
        """Be the test of a scenario."""
        super().__init__(**of_pytest)
        self._scenario = scenario

    def runtest(self) -> None:
        """Play it."""
        with self._scenario.play():
            pass

    def repr_failure(self, excinfo: "pytest.ExceptionInfo[BaseException]", style: Any = None) -> Any:  # noqa: ANN401
        """Tell what was not as it says; of anything that is no error of ours, where it was raised."""
        if isinstance(excinfo.value, ScenarioFailedError | SupportTiersError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> Any:  # noqa: ANN401 - as pytest has it
        """Say where it stands."""
        return self.path, None, self.name
