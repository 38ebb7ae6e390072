"""
Explanations: why a mutant may survive.

Each stands in explained.toml, with the lines as they are and as the mutant has them. An explanation of a mutant that
nobody can make any more, and one of a mutant that is killed, is an error.
"""

import json
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import attrs
from tests.mutation.samples import Mutant

FILE: Final = Path(__file__).with_name("explained.toml")


@attrs.frozen
class Explanation:
    """
    Why a mutant survives.

    Attributes:
        in_: The file and the function.
        was: The lines as they are.
        becomes: The lines as the mutant has them.
        why: The reason.
        nth: Which of the same changes in one function.
    """

    in_: str
    was: str
    becomes: str
    why: str
    nth: int = 1

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """The key of the mutant that it explains."""
        file, _, function = self.in_.partition(" ")
        return file, function, self.was, self.becomes, self.nth


def explanations(path: Path = FILE) -> list[Explanation]:
    """Read them."""
    found = tomllib.loads(path.read_text(encoding="utf-8")).get("explained", [])
    return [Explanation(**{"in_" if key == "in" else key: value for key, value in one.items()}) for one in found]


def faults(known: Iterable[Explanation], possible: Iterable[Mutant], killed: Iterable[Mutant]) -> list[str]:
    """Say which explanations are wrong, a line each."""
    makeable, dead = {mutant.key for mutant in possible}, {mutant.key for mutant in killed}
    return [
        f"{each.in_}: {problem}: {each.becomes!r}"
        for each in known
        for wrong, problem in (
            (each.key not in makeable, "this mutant is explained, and cannot be made any more"),
            (each.key in dead, "this mutant is explained, and is killed"),
            (not each.why.strip(), "this mutant has an explanation that says nothing"),
        )
        if wrong
    ]


def as_text(mutant: Mutant) -> str:
    """Write a survivor as it would stand in explained.toml."""
    nth = f"nth = {mutant.nth}\n" if mutant.nth > 1 else ""
    return (
        f'[[explained]]\nin = "{mutant.file} {mutant.function}"\nwas = {_quoted(mutant.was)}\n'
        f'becomes = {_quoted(mutant.becomes)}\n{nth}why = ""\n'
    )


def _quoted(text: str) -> str:
    """Write a line as TOML does, as it stands where that can be."""
    if "'" not in text:
        return f"'{text}'"
    if "'''" not in text and not text.endswith("'"):
        return f"'''{text}'''"
    return json.dumps(text)
