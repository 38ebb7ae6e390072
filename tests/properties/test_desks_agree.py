"""Both desks tell one story: the same calls on one that calls and on one that awaits give the same answers."""

from typing import Any, ClassVar

from hypothesis import settings
from tests.blocking import BlockingDesk
from tests.properties.test_stores_agree import StoresAgree

from supporttiers.desk import SupportDesk


class DesksAgree(StoresAgree):
    """The machine of the stores, with a desk in memory that calls, and one that awaits SQLite in a thread."""

    kinds: ClassVar[tuple[Any, Any]] = (SupportDesk, BlockingDesk)


class DesksInMemoryAgree(StoresAgree):
    """The other way round: what awaits is in memory, and never leaves the loop."""

    kinds: ClassVar[tuple[Any, Any]] = (BlockingDesk, SupportDesk)


TestDesksAgree = DesksAgree.TestCase
TestDesksAgree.settings = settings(max_examples=15, stateful_step_count=30)
TestDesksInMemoryAgree = DesksInMemoryAgree.TestCase
TestDesksInMemoryAgree.settings = settings(max_examples=15, stateful_step_count=30)
