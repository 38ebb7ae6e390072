"""
Suites: the laws that plugged-in parts must keep, for their authors to run.

```python
class TestMyStore(StoreSuite):
    @pytest.fixture
    def store(self, tmp_path):
        return MyStore(tmp_path / "support.db")
```

A store whose methods are awaited keeps the same laws: `AsyncStoreSuite` runs them on it, with a fixture `async_store`.
`NotifierSuite`, `AsyncNotifierSuite`, `VendorSuite`, `AsyncVendorSuite`, `PolicySuite` and `FactSourceSuite` are used
in the same way.

A law that cannot be kept is declared in `waived`, with the reason; it is then expected to fail. Laws cannot be
replaced. Only these modules know pytest.
"""

from collections.abc import Iterator

import pytest

from supporttiers.protocols import AsyncCaseStore, CaseStore
from supporttiers.testing.suites import _rewriting  # noqa: F401 - must come before the laws are loaded
from supporttiers.testing.suites._awaiting import awaiting
from supporttiers.testing.suites.cases import CaseLaws
from supporttiers.testing.suites.facts import FactSourceSuite
from supporttiers.testing.suites.finding import DIRECTIONS, MATCHES, FindingLaws, population
from supporttiers.testing.suites.linking import LinkingLaws
from supporttiers.testing.suites.notifying import AsyncNotifierSuite, NotifierSuite
from supporttiers.testing.suites.outbox import OutboxLaws
from supporttiers.testing.suites.people import PeopleLaws
from supporttiers.testing.suites.policies import PolicySuite
from supporttiers.testing.suites.redaction import RedactionLaws
from supporttiers.testing.suites.trust import TrustLaws
from supporttiers.testing.suites.vendors import AsyncVendorSuite, VendorSuite
from supporttiers.testing.suites.waking import WakingLaws

__all__ = [
    "DIRECTIONS",
    "MATCHES",
    "AsyncNotifierSuite",
    "AsyncStoreSuite",
    "AsyncVendorSuite",
    "FactSourceSuite",
    "NotifierSuite",
    "PolicySuite",
    "StoreSuite",
    "VendorSuite",
    "population",
]


class StoreSuite(
    CaseLaws, PeopleLaws, FindingLaws, WakingLaws, OutboxLaws, LinkingLaws, TrustLaws, RedactionLaws
):  # fmt: skip
    """
    What every `CaseStore` must do. Give a fixture `store` that is empty for each test.

    Attributes:
        waived: Laws that this store does not keep, by the name of the test, with the reason.
    """


class AsyncStoreSuite(StoreSuite):
    """What every `AsyncCaseStore` must do: the same. Give a fixture `async_store` that is empty for each test."""

    @pytest.fixture
    def store(self, async_store: AsyncCaseStore) -> Iterator[CaseStore]:
        """Give the store in such a way that each of its methods is awaited on a loop of its own, in a thread."""
        with awaiting(async_store) as store:
            yield store
