"""
Runs: which tests reach which line is recorded once, then each mutant meets the tests that reach it.

pytest collects the tests once. Every run is a fork of that process, which is left as soon as a test fails, so that a
mutant costs little more than the tests that it takes to kill it.
"""

import faulthandler
import json
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import attrs
import coverage
import pytest
from tests.mutation.alone import FewExamples, survives_alone
from tests.mutation.samples import MODULES, ROOT, SOURCE, Mutant, files_of, take_effect

TESTS: Final = (
    "tests/unit",
    "tests/rehearsing/test_rehearsal.py",
    "tests/conformance/test_policies.py",
    "tests/properties/test_machine_agrees.py",
    "tests/properties/test_stopwatch_arithmetic.py",
    "tests/properties/test_working_hours.py",
    *(str(path) for module in MODULES for path in files_of(module)),
)
"""Where what is quick, and needs no server, is found."""

PASSED_OVER: Final = (
    "cli", "worker", "test_async*", "test_flows*", "test_greenlet*", "test_hooks*", "test_in_process*", "test_outside*",
    "test_plugins*", "test_postgres*", "test_receiving*", "test_schema*", "test_sq*", "test_storage*",
    "test_timelines*",
    "test_diagrams*", "test_vendor_fe*", "test_vendor_rest*", "test_words*",
)  # fmt: skip
"""What is about other parts, below tests/unit."""

SURVIVED, KILLED, TOO_LONG, UNREACHED = "survived", "killed", "killed by time", "not reached"
_SERVERS: Final = frozenset({"_databases", "postgres_server", "postgres_url"})
_KILLED: Final = 3
_PATIENCE: Final = 120
_ALONE: Final = 100
_TURNS: Final = 20
_MEMORY: Final = 4 << 30


@attrs.define
class Record:
    """
    What is known from running the tests on what is not changed.

    Attributes:
        reach: By file and line, the tests that run it.
        imported: By file, the lines that run when something is imported.
        seconds: How long each test takes.
        killers: The test that killed a mutant the last time.
    """

    reach: dict[str, dict[int, list[str]]] = attrs.field(factory=dict)
    imported: dict[str, list[int]] = attrs.field(factory=dict)
    seconds: dict[str, float] = attrs.field(factory=dict)
    killers: dict[str, str] = attrs.field(factory=dict)

    def write(self, path: Path) -> None:
        """Keep it."""
        places = {test: place for place, test in enumerate(self.seconds)}
        short = {
            file: {line: [places[test] for test in tests] for line, tests in lines.items()}
            for file, lines in self.reach.items()
        }
        path.write_text(json.dumps({**attrs.asdict(self), "reach": short}), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Record":
        """Take up what was kept."""
        kept = json.loads(path.read_text(encoding="utf-8"))
        short = kept.pop("reach")
        found = cls(**kept)
        tests = list(found.seconds)
        found.reach = {
            file: {int(line): [tests[place] for place in places] for line, places in lines.items()}
            for file, lines in short.items()
        }
        return found

    def add(self, other: "Record") -> None:
        """Add what another part of the tests has shown."""
        self.seconds |= other.seconds
        for file, lines in other.reach.items():
            mine = self.reach.setdefault(file, {})
            for line, tests in lines.items():
                mine.setdefault(line, []).extend(tests)

    def imported_in(self, mutant: Mutant) -> bool:
        """Whether what is changed has run, or may have been made, when something was imported."""
        return mutant.is_inner or not {*mutant.lines}.isdisjoint(self.imported.get(mutant.file, ()))

    def tests_for(self, mutant: Mutant, budget: float) -> list[str]:
        """
        Choose the tests for a mutant: those that run a line of the statement, as many as *budget* seconds allow.

        What killed it the last time comes first. The others take turns by file, the quickest of each file first, for
        tests of every kind to come early; files that are named for what is changed have many turns at once.
        """
        lines = self.reach.get(mutant.file, {})
        reached = {test for line in mutant.lines for test in lines.get(line, ())}
        if not reached:  # it runs only when something is imported: any test that needs the file may tell
            reached = {test for tests in lines.values() for test in tests}
        named = [part.strip("_").removesuffix("s") for part in Path(mutant.file).with_suffix("").parts]
        ranks: Counter[str] = Counter()
        ranked = []
        for test in sorted(reached, key=lambda test: (self.seconds.get(test, 0), test)):
            file = test.partition("::")[0]
            fits = any(part in file.rpartition("/")[2] for part in named if part != "init")
            ranks[file] += 1
            ranked.append((ranks[file] // (_TURNS if fits else 1), self.seconds.get(test, 0), test))
        ranked.sort()
        killer = self.killers.get(repr(mutant.key))
        chosen, spent = [killer] if killer in reached else [], 0.0
        for _, seconds, test in ranked:
            if spent + seconds > budget and chosen:
                break
            if test != killer:
                chosen.append(test)
                spent += seconds
        return chosen


@attrs.define(eq=False)
class Runner:
    """
    A plugin of pytest that runs mutants in place of tests.

    Attributes:
        mutants: Which ones.
        kept: The file of the record.
        again: Whether the tests are recorded anew.
        jobs: How many processes run at once.
        budget: Seconds of tests, at most, for one mutant.
        done: Is told how each mutant ended.
    """

    mutants: Sequence[Mutant]
    kept: Path
    again: bool
    jobs: int
    budget: float
    done: Callable[[Mutant, str, str], None]
    _record: Record = attrs.field(factory=Record)
    _imports: coverage.Coverage | None = None
    _pipe: int | None = None

    def begin(self) -> None:
        """Watch what is imported from now on."""
        self._imports = _watching()
        self._imports.start()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what needs a server."""
        items[:] = [item for item in items if not _SERVERS.intersection(getattr(item, "fixturenames", ()))]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Record, then run every mutant."""
        assert self._imports is not None
        self._imports.stop()
        session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        if self.again or not self.kept.exists():
            self._record = self._recorded(session)
            self._record.imported = {name: sorted(lines) for name, lines in _lines(self._imports).items()}
            self._record.write(self.kept)
        else:
            self._record = Record.read(self.kept)
        items = {item.nodeid: item for item in session.items}
        self._run_all(items)
        self._control(items)
        self._record.write(self.kept)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Leave at once where a test fails."""
        if report.failed:
            if self._pipe is not None:
                os.write(self._pipe, report.nodeid.encode())
            else:
                print(report.nodeid, report.longreprtext, file=sys.stderr, flush=True)
            os._exit(_KILLED)

    # -- what reaches what

    def _recorded(self, session: pytest.Session) -> Record:
        files = sorted({item.path for item in session.items})
        shares = [set(files[job :: self.jobs]) for job in range(self.jobs)]
        parts = [[item for item in session.items if item.path in share] for share in shares]
        places = [self.kept.with_suffix(f".{part}") for part in range(self.jobs)]
        children = []
        for part, place in zip(parts, places, strict=True):
            if not (child := os.fork()):
                self._record_part(part, place)
            children.append(child)
        failed = [child for child in children if os.waitpid(child, 0)[1]]
        if failed:
            pytest.exit("a test fails on the code as it is: mend that first", returncode=1)
        whole = Record()
        for place in places:
            whole.add(Record.read(place))
            place.unlink()
        return whole

    def _record_part(self, items: Sequence[pytest.Item], place: Path) -> None:
        code = 1
        try:
            watching, seconds = _watching(), {}
            watching.start()
            for item, following in zip(items, [*items, None][1:], strict=True):
                faulthandler.dump_traceback_later(_PATIENCE, exit=True)
                watching.switch_context(item.nodeid)
                began = time.process_time()
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                seconds[item.nodeid] = time.process_time() - began
            watching.stop()
            Record(reach=_lines(watching), seconds=seconds).write(place)
            code = 0
        finally:
            os._exit(code)

    # -- mutants

    def _control(self, items: Mapping[str, pytest.Item]) -> None:
        """Run what has killed on the code as it is: in the same surroundings, all of it passes."""
        killers = sorted({self._record.killers.get(repr(mutant.key), "") for mutant in self.mutants})
        reading, writing = os.pipe()
        if not (child := os.fork()):
            self._pipe = writing
            self._meet(None, [items[killer] for killer in killers if killer in items])
        os.close(writing)
        _, status = os.waitpid(child, 0)
        with os.fdopen(reading) as pipe:
            if status:
                pytest.exit(f"{pipe.read() or 'a test'} fails without any mutant", returncode=1)

    def _run_all(self, items: Mapping[str, pytest.Item]) -> None:
        running: dict[int, tuple[Mutant, int]] = {}
        for mutant in self.mutants:
            chosen = [items[test] for test in self._record.tests_for(mutant, self.budget) if test in items]
            if not chosen:
                self.done(mutant, UNREACHED, "")
                continue
            while len(running) >= self.jobs:
                self._await_one(running)
            reading, writing = os.pipe()
            if not (child := os.fork()):
                self._pipe = writing
                self._meet(mutant, chosen)
            os.close(writing)
            running[child] = mutant, reading
        while running:
            self._await_one(running)

    def _await_one(self, running: dict[int, tuple[Mutant, int]]) -> None:
        child, status = os.wait()
        mutant, reading = running.pop(child)
        with os.fdopen(reading) as pipe:
            killer = pipe.read()
        if killer:
            self._record.killers[repr(mutant.key)] = killer
        how = KILLED
        if os.WIFSIGNALED(status):
            how = TOO_LONG if os.WTERMSIG(status) in {signal.SIGALRM, signal.SIGPROF} else KILLED
        elif os.WEXITSTATUS(status) == 0:
            how = SURVIVED if self._survives_alone(mutant) else KILLED
        self.done(mutant, how, killer)

    def _survives_alone(self, mutant: Mutant) -> bool:
        """Try a survivor again, where something may have kept what its function did when it was imported."""
        if not self._record.imported_in(mutant):
            return True
        tests, seconds = self._record.tests_for(mutant, self.budget)[:_ALONE], 60 + 5 * self.budget
        if survives_alone(mutant, tests, seconds):
            return True
        as_it_is = attrs.evolve(mutant, source=(SOURCE / mutant.file).read_text(encoding="utf-8"))
        if not survives_alone(as_it_is, tests, seconds):
            pytest.exit(f"tests of {mutant.file} fail without any mutant, in a Python of their own", returncode=1)
        return False

    def _meet(self, mutant: Mutant | None, items: Sequence[pytest.Item]) -> None:
        """Run tests on a mutant, in a process of its own that ends here."""
        expected = sum(self._record.seconds.get(item.nodeid, 0) for item in items)
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, 10 + 5 * expected)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(10 * (10 + int(5 * expected)))  # for what waits; other work on the machine is not to count
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (1, 2):
            os.dup2(nowhere, stream)
        code = _KILLED
        try:
            if mutant:
                take_effect(mutant, sys.modules)
            for item, following in zip(items, [*items, None][1:], strict=True):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            code = 0
        finally:
            os._exit(code)


def _watching() -> coverage.Coverage:
    return coverage.Coverage(
        data_file=None,
        include=[f"{SOURCE}/{module}{end}" for module in MODULES for end in (".py", "/*")],
        config_file=False,
    )


def _lines(watched: coverage.Coverage) -> dict[str, dict[int, list[str]]]:
    found = watched.get_data()
    return {
        Path(file).relative_to(SOURCE).as_posix(): {
            line: [context for context in contexts if context]
            for line, contexts in found.contexts_by_lineno(file).items()
        }
        for file in found.measured_files()
    }


def run(runner: Runner, tests: Iterable[str] = TESTS) -> int:
    """Run the mutants in this process, which must not have imported the package yet."""
    os.chdir(ROOT)
    began = time.monotonic()
    runner.begin()
    code = pytest.main(
        [
            "-q",
            "-s",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:django",
            *(f"--ignore-glob={ROOT / 'tests' / 'unit' / each}" for each in PASSED_OVER),
            *tests,
        ],
        plugins=[runner, FewExamples()],
    )
    print(f"{time.monotonic() - began:.0f} s")
    return int(code)
