"""What the fixtures are made of: markers, the setting, and the files that they name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from supporttiers._fields import nearest, type_name
from supporttiers.errors import SupportTiersError
from supporttiers.process import SupportProcess
from supporttiers.testing.pytest_plugin import INI
from supporttiers.testing.rehearsal import Rehearsal

_MARK: Final = "support_process"
_PROCESS: Final = "process"
PARTS: Final = (
    "start", "monitors", "store", "vendors", "notifiers", "directory", "facts", "policies", "plugins", "entry_points",
    "blocked", "files",
)  # fmt: skip
"""What the marker takes besides the process: as `Rehearsal` does."""

_KEPT: Final = pytest.StashKey[dict[Any, SupportProcess]]()
_WAYS: Final = (
    f"name one with @pytest.mark.{_MARK}('FILE.toml'), with `{INI} = FILE.toml` in the settings of pytest, or by a "
    f"fixture {_MARK} of your own"
)


def process_of(request: pytest.FixtureRequest) -> SupportProcess:
    """Give the process that a marker or the setting names; fail the test, in one line, where that cannot be."""
    given = _named(request)
    if given is None:
        file = request.config.getini(INI)
        if not file:
            raise _failed(f"this test wants a support process, and none is named; {_WAYS}")
        return _read(request, request.config.rootpath / file, f"{INI} = {file}")
    if isinstance(given, SupportProcess):
        return given
    if not isinstance(given, str | Path):
        raise _failed(
            f"@pytest.mark.{_MARK} takes a SupportProcess, or the path of a process file, not {type_name(given)}"
        )
    return _read(request, _beside(request, given), f"@pytest.mark.{_MARK}({str(given)!r})")


def rehearsal_of(request: pytest.FixtureRequest, process: Any) -> Rehearsal:  # noqa: ANN401 - a fixture may be anybody's
    """Set the stage for a process, with what the markers say; fail the test, in one line, where that cannot be."""
    parts = dict(_parts(request))
    for name in ("directory", "vendors", "monitors"):
        if isinstance(parts.get(name), str) and parts[name] != "store":
            parts[name] = _beside(request, parts[name])
    if parts.get("store") == "sqlite":
        parts["store"] = f"sqlite:///{(request.getfixturevalue('tmp_path') / 'rehearsal.db').as_posix()}"
    try:
        return Rehearsal(process, **parts)
    except SupportTiersError as error:
        raise _failed(str(error)) from None


def _marks(request: pytest.FixtureRequest) -> list[pytest.Mark]:
    """Give the markers of the test, the nearest first."""
    return list(request.node.iter_markers(_MARK))


def _named(request: pytest.FixtureRequest) -> object:
    for mark in _marks(request):
        if len(mark.args) > 1:
            more = f"whatever else by name: {', '.join(PARTS)}"
            raise _failed(f"@pytest.mark.{_MARK} takes one process, not {len(mark.args)}; {more}")
        if mark.args and _PROCESS in mark.kwargs:
            raise _failed(f"@pytest.mark.{_MARK} takes one process, and has two: by place, and as process=")
        if mark.args or _PROCESS in mark.kwargs:
            found: object = mark.args[0] if mark.args else mark.kwargs[_PROCESS]
            return found
    return None


def _parts(request: pytest.FixtureRequest) -> Mapping[str, Any]:
    """Give what the markers say by name; of what several say, the nearest counts."""
    found: dict[str, Any] = {}
    for mark in reversed(_marks(request)):
        for name, value in mark.kwargs.items():
            if name == _PROCESS:
                continue
            if name not in PARTS:
                near = nearest(name, PARTS)
                hint = f"did you mean {near}? " if near else ""
                raise _failed(f"@pytest.mark.{_MARK} takes no {name!r}; {hint}possible are: {', '.join(PARTS)}")
            found[name] = value
    return found


def _beside(request: pytest.FixtureRequest, file: str | Path) -> Path:
    """Find a file beside the test, or else from the root directory."""
    beside, root = request.path.parent / file, request.config.rootpath / file
    return root if root.exists() and not beside.exists() else beside


def _read(request: pytest.FixtureRequest, path: Path, said: str) -> SupportProcess:
    """Read a process file once for all tests, as long as it is the same."""
    kept = request.config.stash.setdefault(_KEPT, {})
    policies = tuple(_parts(request).get("policies", ()))
    try:
        facts = path.stat()
        key = (path, facts.st_mtime_ns, facts.st_size, policies)
        if key not in kept:
            kept[key] = SupportProcess.from_toml(path, policies=policies)
        return kept[key]
    except OSError as error:
        raise _failed(f"{said}: the file cannot be read: {error.strerror} ({path})") from None
    except SupportTiersError as error:
        raise _failed(f"{said}: {error}") from None


def _failed(problem: str) -> BaseException:
    """Make what fails a test in one line."""
    return pytest.fail.Exception(problem, pytrace=False)
