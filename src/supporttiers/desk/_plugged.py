"""What a desk names by a text, handed over by its plugins."""

from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any

from supporttiers import _fields as fields
from supporttiers._fields import type_name
from supporttiers._plugins import Plugins
from supporttiers.backends import notification, storage, vendor
from supporttiers.errors import PluginError


def store(plugins: Plugins, given: Any, *, awaits: bool) -> Any:  # noqa: ANN401 - of either kind
    """
    Give the store of a desk.

    Raises:
        StoreError: Nobody knows its URL.
        PluginError: It is no store.
    """
    if not isinstance(given, str):
        return storage.store_of(given, asynchronous=awaits)
    found = plugins.store(given)
    if found is None:
        raise storage.unknown(given, hint=plugins.hint("supporttiers_store"))
    return found


def notifiers(plugins: Plugins, given: Any) -> list[Any]:  # noqa: ANN401 - whatever was handed in
    """
    Give the notifiers of a desk, each text as what its plugin hands over.

    Raises:
        PluginError: They are no list, or nobody knows a URL.
    """
    return [_notifier(plugins, each) if isinstance(each, str) else each for each in _several("notifier", given)]


def _notifier(plugins: Plugins, url: str) -> object:
    found = plugins.notifier(url)
    if found is None:
        raise notification.unknown(url, hint=plugins.hint("supporttiers_notifier"))
    return found


def vendors(plugins: Plugins, given: Any) -> list[Any]:  # noqa: ANN401 - whatever was handed in
    """
    Give the gateways of a desk, each name as what its plugin hands over.

    Raises:
        PluginError: They are neither a list, a table of settings nor the path of a file, or nobody knows a vendor.
    """
    if isinstance(given, str | PathLike):
        given = vendor.tables_of(given)
    if isinstance(given, Mapping):
        return [_vendor(plugins, name, settings) for name, settings in given.items()]
    return [_vendor(plugins, each, {}) if isinstance(each, str) else each for each in _several("vendor", given)]


def _vendor(plugins: Plugins, name: object, settings: object) -> object:
    if not isinstance(name, str) or fields.name(name):
        raise PluginError("vendors", f"the name of a vendor {fields.name(name)}")
    if not isinstance(settings, Mapping):
        raise PluginError(name, f"the settings of a vendor are a table, not {type_name(settings)}")
    found = plugins.vendor(name, settings)
    if found is None:
        raise vendor.unknown(name, settings, hint=plugins.hint("supporttiers_vendor"))
    return found


def _several(what: str, given: Any) -> Iterable[Any]:  # noqa: ANN401 - whatever was handed in
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise PluginError(type_name(given), f"{what}s come as a list, even a single one")
    return given
