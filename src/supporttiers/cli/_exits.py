"""The exit codes, as docs/reference/cli.md lists them."""

from typing import Final

FINE: Final = 0
"""Done; the answer is yes."""

NO: Final = 1
"""The answer is no: faults in a process file, a history that is not sound, an unknown case."""

USAGE: Final = 2
"""The command line is wrong; as argparse has it."""

WORLD: Final = 3
"""A file or store cannot be opened, read or written: the operator must act."""

INTERRUPTED: Final = 130
"""Ctrl-C: 128 and the number of SIGINT, as shells have it."""

BROKEN_PIPE: Final = 141
"""Whoever read our output has gone: 128 and the number of SIGPIPE."""
