"""
Tries whether the tests find mistakes: changes a function a little, and runs the tests that reach what is changed.

    python -m tests.mutation [MODULE ...] [--sample 200] [--jobs 2] [--seconds 30] [--kept] [--left] [--only TEXT]

Prints each survivor that nobody has explained, as it would stand in explained.toml, then a table: mutants, killed,
survived and explained, module by module. Ends with 1 where a survivor is not explained, or an explanation is wrong.
"""

import argparse
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.mutation.explanations import as_text, explanations, faults
from tests.mutation.runs import KILLED, TOO_LONG, Record, Runner, run
from tests.mutation.samples import MODULES, SAMPLE, Mutant, mutants_of, sample_of


def main(arguments: list[str]) -> int:
    """Try every module that is named, or all."""
    options = _options(arguments)
    possible = {module: mutants_of(module) for module in options.modules or MODULES}
    known = [each for each in explanations() if _module_of(each.in_) in possible]
    explained = {each.key for each in known}
    samples = {module: sample_of(mutants, options.sample) for module, mutants in possible.items()}
    modules = {
        mutant.key: module
        for module, mutants in samples.items()
        for mutant in mutants
        if options.only in f"{mutant.file} {mutant.function}"
    }
    tried = [mutant for mutants in samples.values() for mutant in mutants if mutant.key in modules]
    counts: Counter[tuple[str, str]] = Counter()
    killed: list[Mutant] = []

    if options.left:
        dead, tried = _by_record(options.record, tried)
        counts.update((modules[mutant.key], "killed") for mutant in dead)

    def done(mutant: Mutant, how: str, killer: str) -> None:
        if how == KILLED or (how == TOO_LONG and mutant.key not in explained):  # slow may be all that is wrong with it
            killed.append(mutant)
            kind = "killed"
        else:
            kind = "explained" if mutant.key in explained else "survived"
        counts[modules[mutant.key], kind] += 1
        if kind == "survived":
            print(f"# {how}\n{as_text(mutant)}", flush=True)
        elif options.verbose:
            print(f"# {how}: {mutant.file} {mutant.function}: {mutant.becomes} ({killer})", flush=True)

    runner = Runner(
        mutants=tried,
        kept=options.record,
        again=not (options.kept or options.left),
        jobs=options.jobs,
        budget=options.seconds,
        done=done,
    )
    if code := run(runner):
        return code
    for module in samples:
        _print_row(module, counts, len(possible[module]))
    wrong = faults(known, (mutant for mutants in possible.values() for mutant in mutants), killed)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return bool(wrong or any(counts[module, "survived"] for module in samples))


def _by_record(record: Path, mutants: list[Mutant]) -> tuple[list[Mutant], list[Mutant]]:
    """Part those that a test is known to kill from the others."""
    killers = Record.read(record).killers
    dead = [mutant for mutant in mutants if repr(mutant.key) in killers]
    return dead, [mutant for mutant in mutants if mutant not in dead]


def _print_row(module: str, counts: Counter[tuple[str, str]], possible: int) -> None:
    killed, survived, explained = (counts[module, kind] for kind in ("killed", "survived", "explained"))
    tried = killed + survived + explained
    ends = f"{killed:4} killed, {survived:3} survived, {explained:3} explained"
    print(f"{module:12} {tried:4} mutants of {possible:5}: {ends}")


def _module_of(place: str) -> str:
    return place.partition(" ")[0].partition("/")[0].removesuffix(".py")


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"which ones; without any: {', '.join(MODULES)}")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="mutants of each module, at most")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once")
    parser.add_argument("--seconds", type=float, default=30, help="of tests, at most, for one mutant")
    parser.add_argument("--only", default="", help="mutants whose file and function hold this text")
    parser.add_argument("--kept", action="store_true", help="use the record of the last run: the tests are the same")
    parser.add_argument("--left", action="store_true", help="as --kept, only for what no test is known to kill")
    parser.add_argument("--record", type=Path, default=Path(tempfile.gettempdir()) / "supporttiers-mutation.json")
    parser.add_argument("--verbose", action="store_true", help="print what killed each")
    options = parser.parse_args(arguments)
    if unknown := set(options.modules) - set(MODULES):
        parser.error(f"no module {', '.join(sorted(unknown))} is tried; possible are {', '.join(MODULES)}")
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
