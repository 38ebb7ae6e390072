"""Notifiers by their URLs."""

import re
from importlib import import_module
from typing import Any, Final

from supporttiers.errors import PluginError

_HOMES: Final = {
    "console": ("console", "ConsoleNotifier"),
    "smtp": ("smtp", "SmtpNotifier"),
    "smtps": ("smtp", "SmtpNotifier"),
    "webhook": ("webhook", "WebhookNotifier"),
    "apprise": ("apprise", "AppriseNotifier"),
}
"""Module and class by the first word of the URL: each is loaded when it is first named."""

_POSSIBLE: Final = "console:, smtp://host, smtps://host, webhook+https://host/path and apprise:URL"
_FIRST_WORD: Final = re.compile("([a-z]+)[+:]")


def named(url: str) -> Any:  # noqa: ANN401 - one of several classes
    """Give the notifier of ours that a URL names; None where it names none."""
    word = _FIRST_WORD.match(url)
    home = _HOMES.get(word[1]) if word else None
    if home is None:
        return None
    module, kind = home
    found: Any = getattr(import_module(f"supporttiers.backends.notification.{module}"), kind)
    return found.from_url(url)


def unknown(url: str, *, hint: str) -> PluginError:
    """Make the error for a URL that nobody knows, with a hint at who else might; it may hold a password."""
    scheme = url.partition(":")[0][:40] or "notifier"
    return PluginError(scheme, f"no notifier is known for this URL; possible are {_POSSIBLE}{hint}")
