"""What commands are told of stores and classes: a store must exist, and is left as it is."""

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from supporttiers._plugins import Plugins
    from supporttiers.errors import StoreError


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the option that every command takes."""
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def add_policies(parser: argparse.ArgumentParser) -> None:
    """Add what a command needs to know of policies of one's own."""
    about = "a class of policies of your own, which process files may name; may be given several times"
    parser.add_argument("--policies", action="append", default=[], metavar="MODULE:CLASS", help=about)


def add_plugins(parser: argparse.ArgumentParser) -> None:
    """Add what a command needs to know of plugins."""
    about = "a module, or an object in it, that is a plugin; may be given several times"
    parser.add_argument("--plugins", action="append", default=[], metavar="MODULE[:NAME]", help=about)
    parser.add_argument("--entry-points", action="store_true", help="load the plugins of installed packages, too")
    about = "a package or entry point that is not loaded; may be given several times"
    parser.add_argument("--blocked", action="append", default=[], metavar="NAME", help=about)


def plugins_of(args: argparse.Namespace) -> "dict[str, Any]":
    """Give what a desk is handed of plugins; modules of the current directory are found."""
    if args.plugins:
        _find_here()
    return {"plugins": args.plugins, "entry_points": args.entry_points, "blocked": args.blocked}


def asked_plugins(args: argparse.Namespace) -> "Plugins":
    """
    Give the plugins themselves, for commands without a desk.

    Raises:
        PluginError: One of them cannot be found, or does not fit.
    """
    from supporttiers._plugins import Plugins  # noqa: PLC0415 - only commands that run load it
    from supporttiers.backends._built_in import BuiltIn  # noqa: PLC0415

    named = plugins_of(args)
    return Plugins(named.pop("plugins"), built_in=BuiltIn(), **named)


def store_of(args: argparse.Namespace) -> Any:  # noqa: ANN401 - a store that is called
    """
    Give the store that was named, for commands without a desk; nothing is opened.

    Raises:
        StoreError: Nobody knows its URL.
        PluginError: A plugin cannot be found, or does not fit.
    """
    from supporttiers.desk._plugged import store  # noqa: PLC0415 - only commands that run load it

    return store(asked_plugins(args), args.store, awaits=False)


def all_policies_of(args: argparse.Namespace) -> "list[type[Any]]":
    """
    Give the classes of policies that were named, and those of plugins, for commands without a desk.

    Raises:
        InputError: A class cannot be imported.
        PluginError: A plugin cannot be found, or does not fit.
    """
    return [*policies_of(args), *asked_plugins(args).policies()]


def policies_of(args: argparse.Namespace) -> "list[type[Any]]":
    """
    Import the classes of policies that were named; modules of the current directory are found.

    Raises:
        InputError: One of them cannot be imported.
    """
    named: list[str] = args.policies
    return [imported(name, "--policies", "a module and a class of it, such as 'mypkg.rules:ByPlan'") for name in named]


def imported(name: str, option: str, meant: str) -> Any:  # noqa: ANN401 - whoever asks says what it must be
    """
    Import what an option names; modules of the current directory are found.

    Raises:
        InputError: It cannot be imported.
    """
    from importlib import import_module  # noqa: PLC0415 - only commands that run load it

    from supporttiers.errors import InputError  # noqa: PLC0415

    _find_here()
    module, _, member = name.partition(":")
    try:
        return getattr(import_module(module), member)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError("", option, f"{name!r} cannot be imported ({error}); name {meant}") from error


def _find_here() -> None:
    """Let modules of the current directory be found, as `python -m` does."""
    if "" not in sys.path:
        sys.path.insert(0, "")


def set_up(url: str) -> None:
    """
    Set Django up where a URL names one of its databases; other stores need nothing.

    Raises:
        StoreError: Its settings or apps cannot be loaded.
    """
    if not url.startswith("django:"):
        return
    _find_here()
    try:
        import django  # noqa: PLC0415 - the host's

        django.setup()
    except Exception as error:  # settings and apps are the host's own code: they may raise anything
        why = f"Django cannot be set up ({type(error).__name__}: {error})"
        how = "name the settings with DJANGO_SETTINGS_MODULE, and run this where manage.py lies"
        raise _no_store("django", f"{why}; {how}") from error


def must_exist(url: str) -> None:
    """
    Make sure that reading will make nothing: neither a new store, nor tables in a file of somebody else's.

    Raises:
        StoreError: The URL names memory, a file that is not there, or one that is no store; or Django is not set up.
    """
    set_up(url)
    if url.partition(":")[0] == "memory":
        raise _no_store(url, "what is in memory is gone with the process that put it there; name a file")
    path = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:///") and path.is_dir():
        raise _no_store(url, "that is a directory; name a file")
    if url.startswith("sqlite:///") and not path.is_file():
        raise _no_store(url, "there is no such file, and none is made; mind that a relative path has three slashes")
    if url.startswith("sqlite:///") and not _has_cases(url, path):
        raise _no_store(url, "the file is no store of supporttiers, and was left as it is")


def _no_store(url: str, problem: str) -> "StoreError":
    from supporttiers.errors import StoreError  # noqa: PLC0415

    return StoreError(url, problem, retryable=False)


def _has_cases(url: str, path: Path) -> bool:
    """Look into a file without changing it."""
    import sqlite3  # noqa: PLC0415

    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'supporttiers_version'").fetchone()
    except sqlite3.OperationalError as error:
        problem = f"it cannot be read: {error}; mind that SQLite needs to write beside the file, in its directory"
        raise _no_store(url, problem) from error
    except (sqlite3.DatabaseError, UnicodeError):
        return False
    return found is not None
