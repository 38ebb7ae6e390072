"""
Runs tests in a process that never had the code as it is: for what is done already while something is imported.

    python -m tests.mutation.alone MODULE FILE

FILE has the module's changed source; the tests come by the standard input, as a list in JSON. Ends as pytest does.
"""

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.machinery import ModuleSpec

import attrs
import pytest
from tests.mutation.samples import ROOT, SOURCE, Mutant


class FewExamples:
    """A plugin of pytest: property tests try few examples, and what fails is not made smaller."""

    def pytest_collection(self) -> None:
        """Begin where the tests' own settings are known."""
        from hypothesis import Phase, settings  # not before: pytest has its own say when it is imported

        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutants", settings.get_profile("ci"), max_examples=20, phases=phases)
        settings.load_profile("mutants")


@attrs.frozen
class _Finder:
    """Finds one module in another file."""

    module: str
    file: str

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """Find the module, and no other."""
        if name != self.module:
            return None
        package = SOURCE.parent.joinpath(*name.split("."))
        inside = [str(package)] if package.is_dir() else None
        return importlib.util.spec_from_file_location(name, self.file, submodule_search_locations=inside)


def survives_alone(mutant: Mutant, tests: Sequence[str], seconds: float) -> bool:
    """Run tests on a mutant in a Python of its own."""
    with tempfile.NamedTemporaryFile("w", suffix=".py", encoding="utf-8") as file:
        file.write(mutant.source)
        file.flush()
        command = [sys.executable, "-m", "tests.mutation.alone", mutant.module, file.name]
        try:
            ran = subprocess.run(
                command, cwd=ROOT, input=json.dumps(tests).encode(), timeout=seconds, capture_output=True, check=False
            )
        except subprocess.TimeoutExpired:
            return False
    return ran.returncode == 0


def main(module: str, file: str) -> int:
    """Run the tests with the module's source from the file."""
    sys.meta_path.insert(0, _Finder(module, file))
    tests = json.load(sys.stdin)
    return int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", *tests], plugins=[FewExamples()]))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
