"""What comes with the library, as a plugin: it hands over what it has by the hooks that all plugins use, asked last."""

from collections.abc import Iterable, Mapping

import attrs

from supporttiers.backends import notification, storage, vendor
from supporttiers.hookspecs import API, hookimpl
from supporttiers.policies import BUILT_IN
from supporttiers.protocols import AsyncCaseStore, CaseStore, Notifier, Policy, VendorGateway


@attrs.frozen
class BuiltIn:
    """
    The plugin; each desk has its own.

    Attributes:
        awaits: Whether the desk awaits its store: then PostgreSQL's is one that is awaited.
    """

    awaits: bool = False
    supporttiers_api: int = attrs.field(default=API, init=False)

    @hookimpl(trylast=True)
    def supporttiers_store(self, url: str) -> CaseStore | AsyncCaseStore | None:
        """Hand over a store in memory, on SQLite, PostgreSQL, or on a database of Django's."""
        found: CaseStore | AsyncCaseStore | None = storage.named(url, asynchronous=self.awaits)
        return found

    @hookimpl(trylast=True)
    def supporttiers_notifier(self, url: str) -> Notifier | None:
        """Hand over a notifier that writes to the console, sends mail, or calls others."""
        found: Notifier | None = notification.named(url)
        return found

    @hookimpl(trylast=True)
    def supporttiers_vendor(self, name: str, settings: Mapping[str, object]) -> VendorGateway | None:
        """Hand over a gateway of ours, by the word `use` of the settings."""
        found: VendorGateway | None = vendor.named(name, settings)
        return found

    @hookimpl(trylast=True)
    def supporttiers_policies(self) -> Iterable[type[Policy]]:
        """Give the policies that come with the library, each loaded when it is come to."""
        return BUILT_IN.values()
