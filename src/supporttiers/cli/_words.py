"""
What the library says to those who call it, said to those who type commands.

Errors name the parameters and methods of Python, for that is where nearly all of them are met. Whatever of that a
command can meet stands in this table, beside the option or command that does the same. A test makes sure that the
library still speaks so.
"""

import argparse
import re
from typing import Final

_DESK: Final = "run it on your application's desk, with --desk MODULE:NAME"

_OR: Final = ", or plugins that have them with --plugins MODULE or --entry-points"

EVERYWHERE: Final = (
    ("open it first, or look it up with find()", "'supporttiers list' shows which there are"),
    ("see messages(state=...)", "'supporttiers messages' lists them"),
)
"""What every command may meet, and what it says instead."""

ON_A_STORE: Final = (
    ("hand in classes of your own with policies=", f"name classes of your own with --policies MODULE:CLASS{_OR}"),
    ("hand their classes in with policies=, or --policies", f"name their classes with --policies MODULE:CLASS{_OR}"),
    ("entry_points=True", "--entry-points"),
    ("hand one in with facts=[FactSource(...)]", _DESK),
    ("give the desk a directory that knows agents, such as directory='people.toml'", _DESK),
)
"""What is to be done in the host's code where a command has its desk from there, and by an option elsewhere."""

UNPARK: Final = "call unpark("
UPGRADE: Final = "supporttiers db upgrade --store URL"
BLOCK: Final = "blocked=["

_UNPARK: Final = re.compile(re.escape(UNPARK) + r"'([^']*)'\)")
_BLOCK: Final = re.compile(re.escape(BLOCK) + r"'([^']*)'\]")
_PASSWORDS: Final = re.compile(r"(?<=://)([^/@:]*):.*@|(?<=[?&])(password)=[^&]*")


def spoken(error: object, args: argparse.Namespace) -> str:
    """Give the text of an error for who has typed a command."""
    desk, store = getattr(args, "desk", None), getattr(args, "store", None)
    said = str(error)
    for library, shell in EVERYWHERE if desk is not None else (*EVERYWHERE, *ON_A_STORE):
        said = said.replace(library, shell)
    said = said if desk is not None else _BLOCK.sub(r"--blocked \1", said)
    said = _UNPARK.sub(r"run 'supporttiers unpark \1'", said)
    return said if store is None else said.replace(UPGRADE, f"supporttiers db upgrade --store {hidden(store)}")


def hidden(url: str) -> str:
    """
    Give a URL as it may be shown.

    >>> hidden("postgresql://jane:secret@host/shop"), hidden("postgresql:///shop?user=jane&password=secret")
    ('postgresql://jane:***@host/shop', 'postgresql:///shop?user=jane&password=***')
    """
    return _PASSWORDS.sub(lambda found: f"{found[1]}:***@" if found[2] is None else f"{found[2]}=***", url)
