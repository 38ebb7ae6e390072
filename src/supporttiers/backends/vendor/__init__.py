"""Gateways to vendors: those that come with the library by their word, and the file that says with what."""

from collections.abc import Mapping
from importlib import import_module
from os import PathLike
from typing import Any, Final

from supporttiers._fields import nearest
from supporttiers.config.files import data_of, text_of
from supporttiers.errors import PluginError, ProcessError

USES: Final = {
    "memory": ("memory", "InProcessVendor"),
    "roundup": ("roundup", "RoundupVendor"),
    "django_helpdesk": ("django_helpdesk", "DjangoHelpdeskVendor"),
    "webhook": ("webhook", "WebhookVendor"),
    "redmine": ("redmine", "RedmineVendor"),
    "rt": ("rt", "RtVendor"),
    "email": ("email", "EmailVendor"),
}
"""Module and class by the word `use` of the settings: each is loaded when it is first named."""


def named(name: str, settings: Mapping[str, object]) -> Any:  # noqa: ANN401 - one of several classes
    """
    Give the gateway of ours that settings name with `use`; None where they name none.

    Raises:
        PluginError: They are not such as it needs.
    """
    use = settings.get("use")
    home = USES.get(use) if isinstance(use, str) else None
    if home is None:
        return None
    module, kind = home
    found: Any = getattr(import_module(f"supporttiers.backends.vendor.{module}"), kind)
    return found.from_settings(name, settings)


def unknown(name: str, settings: Mapping[str, object], *, hint: str) -> PluginError:
    """Make the error for a vendor that nobody knows, with a hint at who else might."""
    use = settings.get("use")
    if not isinstance(use, str):
        what = "no plugin hands over a gateway for this vendor; hand in an object, or settings with `use`"
        return PluginError(name, f"{what}, which is one of: {', '.join(USES)}{hint}")
    meant = nearest(use, USES)
    advice = f"did you mean {meant!r}?" if meant else f"possible are: {', '.join(USES)}"
    return PluginError(name, f"its `use` names no gateway that is known; {advice}{hint}")


def tables_of(path: "str | PathLike[str]") -> Mapping[str, object]:
    """
    Read a file of vendors: TOML, UTF-8, at most 1 MiB, with a table for each, whose name is the vendor's.

    Raises:
        PluginError: It cannot be read, or is no TOML; nothing of what stands in it is shown, for it may hold secrets.
    """
    try:
        return data_of(text_of(path), str(path))
    except ProcessError as error:
        problem = "; ".join(str(fault) for fault in error.faults)
        raise PluginError(str(path), f"as a file of vendors: {problem}") from error.__cause__
