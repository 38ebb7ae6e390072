"""
The plugin for pytest: two fixtures, failure reports with timelines, a page of all rehearsals, and scenario files.

pytest loads it by its entry point, in every run of everybody who has the library installed: so it imports nothing of
the library before a test uses it.
"""

import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from supporttiers.testing import stages

if TYPE_CHECKING:
    from supporttiers.process import SupportProcess
    from supporttiers.testing.rehearsal import Rehearsal

PATTERN: Final = ".scenario.toml"
"""How the names of scenario files end; no other TOML is collected."""

INI: Final = "supporttiers_process"
OPTION: Final = "--supporttiers-report"
ATTRIBUTE: Final = "supporttiers_accounts"
"""Under this name reports carry what became of a test's rehearsals, also from one process to another."""
WHY: Final = "supporttiers_why"
"""Under this name they carry why a test failed, in so far as that is free of texts."""
COMPARED: Final = pytest.StashKey[list[str]]()
"""Where the last comparison of two ways is remembered."""

_WIDTH: Final = 60
_LONGEST: Final = 240
_STAGE: Final = pytest.StashKey[stages.Stage]()
_MARKER: Final = (
    "support_process(process, *, start, monitors, store, ...): the process of the fixtures `support_process` "
    "and `rehearsal`, and with what it is rehearsed"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the setting."""
    group = parser.getgroup("supporttiers", "support processes")
    about = (
        "write a page (HTML) of all rehearsals: each test, what became of it, and the timelines of its cases; "
        "directories are made for it"
    )
    group.addoption(OPTION, metavar="FILE", default=None, help=about)
    about = "the process file (TOML) of the fixtures `support_process` and `rehearsal`, relative to the root directory"
    parser.addini(INI, about, default="")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, and set up the page where one is asked for."""
    config.addinivalue_line("markers", _MARKER)
    file = config.getoption(OPTION)
    if file is None or hasattr(config, "workerinput") or config.getoption("collectonly", default=False):
        return
    path = config.invocation_params.dir / file
    if path.is_dir():
        problem = f"{OPTION}={file}: that is a directory; name the file of the page"
        raise pytest.UsageError(problem)
    from supporttiers.testing.pytest_plugin._page import Page  # noqa: PLC0415 - only where a page is asked for

    config.pluginmanager.register(Page(path), "supporttiers-report")


# -- fixtures


@pytest.fixture
def support_process(request: pytest.FixtureRequest) -> "SupportProcess":
    """The support process under test: of the marker `support_process`, else of the setting `supporttiers_process`."""
    from supporttiers.testing.pytest_plugin._fixtures import process_of  # noqa: PLC0415 - only where a test uses it

    return process_of(request)


@pytest.fixture
def rehearsal(request: pytest.FixtureRequest, support_process: "SupportProcess") -> Iterator["Rehearsal"]:
    """The support process on virtual time, with doubles for whom it tells and where it sends cases."""
    from supporttiers.testing.pytest_plugin._fixtures import rehearsal_of  # noqa: PLC0415 - as above

    with rehearsal_of(request, support_process) as found:
        yield found


# -- what became of the rehearsals of a test


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Remember the rehearsals of a test, those that it makes itself, too."""
    with ExitStack() as stack:
        item.stash[_STAGE] = stack.enter_context(stages.Stage().set())
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Forget what an earlier attempt of the same test has left."""
    if _STAGE in item.stash:  # else something else runs the tests
        item.stash[_STAGE].clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell what became of the rehearsals of a test: where it fails, and for the page."""
    if "supporttiers.testing.rehearsal" not in sys.modules:  # nobody has rehearsed anything in this process
        return (yield)
    if call.excinfo is not None and not item.config.getoption("fulltrace", default=False):
        from supporttiers.testing.pytest_plugin._accounts import shorten  # noqa: PLC0415 - only where something failed

        shorten(call.excinfo)
    report = yield
    pages = item.config.getoption(OPTION) is not None
    for_page = pages and (report.when == "call" or (report.when == "setup" and not report.passed))
    if report.failed or for_page:
        from supporttiers.testing.pytest_plugin._accounts import tell  # noqa: PLC0415 - only where there is something

        tell(item, report, call.excinfo, stage=item.stash.get(_STAGE, None), for_page=for_page)
    return report


def pytest_assertrepr_compare(config: pytest.Config, op: str, left: object, right: object) -> list[str] | None:
    """Set two ways of a case beside each other, leg by leg; of two cases or events, tell which fields differ."""
    if op == "==" and type(left) is type(right) and _is_value_of_ours(left):
        return _compared(left, right)
    paths: Any = sys.modules.get("supporttiers.testing.paths")
    if op != "==" or paths is None:
        return None
    went, other = (left, right) if isinstance(left, paths.Path) else (right, left)
    if not isinstance(went, paths.Path) or not isinstance(other, str | paths.Path):
        return None
    told = [f"{_short(left)} == {_short(right)}", *went.beside(other)]
    config.stash[COMPARED] = told
    return told


def _is_value_of_ours(value: object) -> bool:
    return type(value).__module__.partition(".")[0] == "supporttiers" and hasattr(type(value), "__attrs_attrs__")


def _compared(left: Any, right: Any) -> list[str]:  # noqa: ANN401 - two values of one attrs class
    """Tell which fields differ; pytest itself would show what a repr leaves out, which is customer text."""
    found = [f"{_clipped(repr(left))} == {_clipped(repr(right))}"]
    for field in type(left).__attrs_attrs__:
        values = getattr(left, field.name), getattr(right, field.name)
        if field.eq and values[0] != values[1]:
            shown = (
                " != ".join(repr(value)[:_LONGEST] for value in values)
                if field.repr
                else "differs; what it is is not shown"
            )
            found.append(f"{field.name}: {shown}")
    return found


def _short(way: object) -> str:
    return repr(_clipped(str(way)))


def _clipped(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."


# -- scenario files


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect scenario files, by how their names end."""
    if not file_path.name.endswith(PATTERN):
        return None
    from supporttiers.testing.pytest_plugin._scenarios import ScenarioFile  # noqa: PLC0415 - only where there is one

    found: pytest.Collector = ScenarioFile.from_parent(parent, path=file_path)
    return found
