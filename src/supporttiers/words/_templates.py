"""Templates: what they name, whether they can be filled in, and filling them in; of the two kinds that there are."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from string import Template
from typing import Any, Final, Protocol

Rendered = Callable[[Mapping[str, str]], str]
"""A template that is ready: from the values of names to a text."""


class Engine(Protocol):
    """A kind of templates."""

    def named(self, template: str, /) -> tuple[set[str], str | None]:
        """Give what a template names, or what is wrong with it."""
        ...

    def tried(self, template: str, names: Iterable[str], /) -> str | None:
        """Fill it in for a trial, and say what went wrong."""
        ...

    def ready(self, template: str, /) -> Rendered:
        """Make it ready to be filled in."""
        ...


class _Strings:
    """Those of the standard library: `$name`, `${name}`, and `$$` for a dollar."""

    def named(self, template: str, /) -> tuple[set[str], str | None]:
        found = Template(template)
        if not found.is_valid():
            return set(), "has a '$' that begins no name; write '$$' for a dollar, and '${name}' before letters"
        return set(found.get_identifiers()), None

    def tried(self, _template: str, _names: Iterable[str], /) -> str | None:
        return None  # whatever it names is there, so that nothing can go wrong

    def ready(self, template: str, /) -> Rendered:
        return Template(template).substitute


class _Jinja:
    """Those of Jinja2, in a sandbox in which nothing can be changed, and nothing is silently empty."""

    def __init__(self) -> None:
        from jinja2 import StrictUndefined  # noqa: PLC0415 - an extra
        from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

        self._environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)

    def named(self, template: str, /) -> tuple[set[str], str | None]:
        from jinja2 import TemplateError, meta  # noqa: PLC0415

        try:
            parsed = self._environment.parse(template)
            named = meta.find_undeclared_variables(parsed)  # compiles it, and refuses filters that there are not
        except (TemplateError, RecursionError) as error:
            return set(), f"is no template of Jinja2: {_line_of(error)}"
        if next(meta.find_referenced_templates(parsed), _NONE) is not _NONE:
            return set(), "refers to another template; a process file has each template in one piece"
        return set(named), None

    def tried(self, template: str, names: Iterable[str], /) -> str | None:
        try:
            self.ready(template)({name: name for name in names})
        except Exception as error:  # noqa: BLE001 - whatever its author has it do
            return f"cannot be filled in: {_line_of(error)}"
        return None

    def ready(self, template: str, /) -> Rendered:
        rendered: Rendered = self._environment.from_string(template).render
        return rendered


_NONE: Final = object()


class _Absent:
    """Stands for Jinja2 where it is not installed."""

    def named(self, _template: str, /) -> tuple[set[str], str | None]:
        return set(), "needs Jinja2; install it with: pip install 'supporttiers[templates]'"

    tried: Any = None
    ready: Any = None


def _line_of(error: BaseException) -> str:
    text = " ".join(str(error).split())[:200]
    return f"line {line}: {text}" if (line := getattr(error, "lineno", None)) else text


def _jinja() -> Engine:
    try:
        return _Jinja()
    except ImportError:
        return _Absent()


_MAKERS: Final[Mapping[str, Callable[[], Engine]]] = {"string": _Strings, "jinja2": _jinja}
ENGINES: Final = tuple(_MAKERS)


@cache
def engine_of(name: str) -> Engine:
    """Give the engine of a name."""
    return _MAKERS[name]()
