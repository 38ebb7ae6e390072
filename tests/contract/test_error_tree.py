"""The tree of errors that is drawn at the top of their module is the tree of the classes."""

import re

import attrs
import pytest

from supporttiers import errors
from supporttiers.errors import SupportTiersError

DRAWING = re.search(r"```\n(.*?)```", errors.__doc__, re.DOTALL)[1]
DRAWN = re.compile(r"(?:^|[├└]─ )(?P<name>\w+Error)(?: +\((?P<said>[^)]*)\))?")


def drawn():
    """Give each error of the drawing, with the one that it hangs on and what is said beside it."""
    parents = {}
    path = []
    for line in DRAWING.splitlines():
        depth = {"S": 0, "├": 1, "└": 1}.get(line[0], 2)
        for found in DRAWN.finditer(line):
            path[depth:] = [found["name"]]
            parents[found["name"]] = path[depth - 1] if depth else None, found["said"] or ""
    return parents


def classes(error=SupportTiersError):
    """Give an error class and all below it that live in the module."""
    children = [child for child in error.__subclasses__() if child.__module__ == errors.__name__]
    return {error}.union(*map(classes, children))


def test_drawing_hangs_every_class_where_it_belongs():
    """Whoever reads the drawing knows what to catch."""
    actual = {error.__name__: error.__base__.__name__ for error in classes() - {SupportTiersError}}

    assert actual | {"SupportTiersError": None} == {name: parent for name, (parent, _) in drawn().items()}


@pytest.mark.parametrize(("name", "said"), [(name, said) for name, (_, said) in drawn().items() if said])
def test_drawing_says_what_each_error_carries_and_also_is(name, said):
    """Names in brackets are fields of the error; after "also" stands what else catches it."""
    error = getattr(errors, name)
    said, _, also = said.partition("also ")
    fields = {word.strip(" ;") for word in said.split(",")}
    if all(field.isidentifier() for field in fields):  # otherwise it is said in words
        assert fields <= {field.name for field in attrs.fields(error)}
    assert not also or also in {base.__name__ for base in error.__mro__}
