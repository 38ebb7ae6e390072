"""
Mutants: small changes to one function each, made by mutmut, of which a sample is tried.

mutmut changes what stands in functions and methods without a decorator; it leaves alone what runs when a module is
imported: constants, fields of classes, decorated functions and, with them, properties.
"""

import ast
import hashlib
from collections.abc import Iterator, Mapping
from itertools import accumulate, islice
from pathlib import Path
from types import CodeType, FunctionType
from typing import Final

import attrs
from libcst import ClassDef, CSTNode, FunctionDef, MetadataWrapper, Module, parse_module
from libcst.metadata import CodeRange, PositionProvider
from mutmut.mutation.file_mutation import MutationVisitor
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode

ROOT: Final = Path(__file__).parents[2]
SOURCE: Final = ROOT / "src" / "supporttiers"
MODULES: Final = ("stopwatches", "calendars", "_machine", "policies", "_engine")
SAMPLE: Final = 200
_SEED: Final = "supporttiers"


@attrs.frozen(kw_only=True)
class Mutant:
    """
    One change.

    Attributes:
        file: Where, below src/supporttiers.
        function: In which function: `name`, or `Class.name`.
        was: The lines that are changed, each without the blanks around it, joined by blanks.
        becomes: What stands there instead, written likewise.
        nth: Which of the same changes in one function, from 1 on.
        lines: The numbers of the lines of the smallest statement that is changed.
        is_inner: Whether it stands in a function inside the function, which may have been made long ago.
        source: The whole file, changed.
    """

    file: str
    function: str
    was: str
    becomes: str
    nth: int = 1
    lines: range = attrs.field(eq=False)
    is_inner: bool = attrs.field(eq=False)
    source: str = attrs.field(eq=False, repr=False)

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """What stays the same when other functions change."""
        return self.file, self.function, self.was, self.becomes, self.nth

    @property
    def place(self) -> float:
        """Where it stands in the order from which samples are taken."""
        return int.from_bytes(hashlib.sha256("\0".join(map(str, (_SEED, *self.key))).encode()).digest()[:8])

    @property
    def module(self) -> str:
        """The module's full name."""
        return ".".join(("supporttiers", *Path(self.file).with_suffix("").parts)).removesuffix(".__init__")


def files_of(module: str) -> list[Path]:
    """List the files of a module; a package is one module."""
    found = SOURCE / f"{module}.py"
    return [found] if found.is_file() else sorted((SOURCE / module).glob("*.py"))


def mutants_of(module: str) -> list[Mutant]:
    """Make every mutant of a module, each once, in the order from which samples are taken."""
    found: dict[tuple[str, str, str, str, int], Mutant] = {}
    for path in files_of(module):
        for mutant in _mutants_in(path):
            same = mutant
            while same.key in found and found[same.key].source != same.source:
                same = attrs.evolve(same, nth=same.nth + 1)
            found[same.key] = same
    return sorted(found.values(), key=lambda mutant: mutant.place)


def sample_of(mutants: list[Mutant], size: int = SAMPLE) -> list[Mutant]:
    """Take the first ones that Python can read."""
    return list(islice(filter(_compiles, mutants), size))


def _compiles(mutant: Mutant) -> bool:
    try:
        compile(mutant.source, mutant.file, "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def _mutants_in(path: Path) -> Iterator[Mutant]:
    code = path.read_text(encoding="utf-8")
    starts = [0, *accumulate(map(len, code.splitlines(keepends=True)))]
    wrapper = MetadataWrapper(parse_module(code))
    visitor = MutationVisitor(mutation_operators, IgnoredCode(set(), set(), set()))
    module = wrapper.visit(visitor)
    positions = wrapper.resolve(PositionProvider)
    names = dict(_named(module))
    statements, inner = _statements(code), _inner_functions(code)
    for mutation in visitor.mutations:
        function = mutation.contained_by_top_level_function
        if not isinstance(function, FunctionDef):
            continue  # mutmut leaves these alone too
        where = positions[mutation.original_node]
        start, end = (starts[at.line - 1] + at.column for at in (where.start, where.end))
        source = code[:start] + _written(mutation.mutated_node, module, code[start:end]) + code[end:]
        if texts := _difference(code, source):
            yield Mutant(
                file=path.relative_to(SOURCE).as_posix(),
                function=names[function],
                was=texts[0],
                becomes=texts[1],
                lines=_around(where, statements),
                is_inner=any(where.start.line in lines for lines in inner),
                source=source,
            )


def _written(node: CSTNode, module: Module, was: str) -> str:
    """Write a changed node as it fits where the old one stands: within its parentheses, and the blanks before it."""
    if getattr(node, "lpar", ()):
        node = node.with_changes(lpar=(), rpar=())
    return was[: len(was) - len(was.lstrip())] + module.code_for_node(node).strip()


def _named(module: Module) -> Iterator[tuple[CSTNode, str]]:
    for node in module.body:
        if isinstance(node, FunctionDef):
            yield node, node.name.value
        elif isinstance(node, ClassDef):
            yield from ((inner, f"{node.name.value}.{inner.name.value}") for inner in node.body.body
                        if isinstance(inner, FunctionDef))  # fmt: skip


def _difference(before: str, after: str) -> tuple[str, str] | None:
    """Give the lines in which two texts differ, as they stand in either."""
    old, new = before.splitlines(), after.splitlines()
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    was, becomes = (" ".join(line.strip() for line in lines[first : len(lines) - last]) for lines in (old, new))
    return None if was == becomes else (was, becomes)


def _statements(code: str) -> list[range]:
    """List the lines of every statement, those of a compound one up to its first inner one."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.stmt):
            inner = getattr(node, "body", None) or getattr(node, "cases", None)
            first = inner[0].lineno if inner and isinstance(inner[0], ast.stmt) else None
            found.append(range(node.lineno, max(first or (node.end_lineno or 0) + 1, node.lineno + 1)))
    return found


def _inner_functions(code: str) -> list[range]:
    """List the lines of every function inside another one."""
    functions = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.FunctionDef)]
    inner = [node for outer in functions for node in ast.walk(outer) if node is not outer]
    return [range(node.lineno, (node.end_lineno or 0) + 1) for node in inner if isinstance(node, ast.FunctionDef)]


def _around(where: CodeRange, statements: list[range]) -> range:
    holding = [lines for lines in statements if where.start.line in lines]
    return min(holding, key=len) if holding else range(where.start.line, where.end.line + 1)


# -- a mutant takes effect


def take_effect(mutant: Mutant, modules: Mapping[str, object]) -> None:
    """Give the function in memory the mutant's code, wherever it has been imported."""
    function = modules[mutant.module]
    for name in mutant.function.split("."):
        function = vars(function)[name]
    function = getattr(function, "__func__", function)  # of a class or static method
    assert isinstance(function, FunctionType)
    module_code = compile(mutant.source, function.__code__.co_filename, "exec", dont_inherit=True)
    function.__code__ = _code_of(module_code, mutant.function)
    definition = _definition(ast.parse(mutant.source), mutant.function)
    if definition.args.defaults:
        function.__defaults__ = tuple(_valued(node, function) for node in definition.args.defaults)
    for argument, node in zip(definition.args.kwonlyargs, definition.args.kw_defaults, strict=True):
        if node is not None:
            assert function.__kwdefaults__ is not None
            function.__kwdefaults__[argument.arg] = _valued(node, function)


def _code_of(code: CodeType, function: str) -> CodeType:
    for name in function.split("."):
        [code] = [each for each in code.co_consts if isinstance(each, CodeType) and each.co_name == name]
    return code


def _definition(tree: ast.AST, function: str) -> ast.FunctionDef:
    for name in function.split("."):
        [tree] = [each for each in getattr(tree, "body", ()) if getattr(each, "name", None) == name]
    assert isinstance(tree, ast.FunctionDef)
    return tree


def _valued(node: ast.expr, function: FunctionType) -> object:
    return eval(compile(ast.Expression(node), "default", "eval"), function.__globals__)
