"""
Sources of facts that each break one law.

`tests/conformance/test_faults.py` runs these suites in a process of their own, and looks whether the laws find it.
"""

import inspect
import threading
from typing import ClassVar

import pytest

from supporttiers.errors import FactsError, StoreError
from supporttiers.facts import FactSource
from supporttiers.testing.suites import FactSourceSuite

PLANS = {"c-1": {"level": "gold"}, "c-2": {"level": "silver"}}
TOKEN = "token-of-7-letters"


class Sound:
    """A source that keeps every law; the others are made of it."""

    known: ClassVar = PLANS

    def __init__(self, *, down=False):
        self.down = down

    def source(self):
        """Give the source."""
        return FactSource("plan", self.fails if self.down else self.read)

    def read(self, tenant, keys):
        """Give plans."""
        return {key: PLANS.get(key) for key in keys} if tenant == "default" else {}

    def fails(self, tenant, keys):
        """Be away."""
        raise TimeoutError(TOKEN)


class JustAFunction(Sound):
    def source(self):
        """Give no source."""
        return self.read


class AnswersTheFirst(Sound):
    def read(self, tenant, keys):
        """Forget all keys but one."""
        return super().read(tenant, keys[:1])


class AnswersInPairs(Sound):
    def read(self, tenant, keys):
        """Give a list of pairs."""
        return _Pairs(super().read(tenant, keys))


class _Pairs(list):
    def get(self, key):
        """Look a key up, as a mapping does."""
        return dict(self).get(key)

    def __init__(self, found):
        super().__init__(found.items())


class NeedsTwo(Sound):
    def read(self, tenant, keys):
        """Answer batches only."""
        return super().read(tenant, keys) if len(keys) != 1 else {}


class NeedsOrder(Sound):
    def read(self, tenant, keys):
        """Give the values in the order in which the database has them."""
        found = super().read(tenant, sorted(set(keys)))
        return dict(zip(dict.fromkeys(keys), found.values(), strict=True))


class RaisesOnTheUnknown(Sound):
    def read(self, tenant, keys):
        """Expect every key to be there."""
        return {key: PLANS[key] if len(key) < 10 or len(key) == 200 else PLANS["c-3"] for key in keys if key[0] in "cn"}


class InventsPlans(Sound):
    def read(self, tenant, keys):
        """Give everybody a plan."""
        found = super().read(tenant, keys)
        return {key: value or {"level": "none"} for key, value in found.items()}


class NeedsAKey(Sound):
    def read(self, tenant, keys):
        """Fail on an empty batch."""
        assert keys
        return super().read(tenant, keys)


class KnowsMore(Sound):
    def read(self, tenant, keys):
        """Answer what nobody has asked."""
        return {**super().read(tenant, keys), "c-9": {"level": "iron"}}


class BuildsSql(Sound):
    def read(self, tenant, keys):
        """Write keys into a statement."""
        if any("'" in key for key in keys):
            raise SyntaxError
        return super().read(tenant, keys)


class GivesObjects(Sound):
    known: ClassVar = {"c-1": PLANS}

    def read(self, tenant, keys):
        """Give what is no data."""
        return {"c-1": {1, 2}}


class GivesTooMuch(Sound):
    known: ClassVar = {"c-1": "x" * 5000}

    def read(self, tenant, keys):
        """Give a long text."""
        return {"c-1": "x" * 5000}


class ForgetsTheTenant(Sound):
    def read(self, tenant, keys):
        """Ask for anybody's."""
        return super().read("default", keys)


class CachesByKey(Sound):
    def __init__(self, **options):
        super().__init__(**options)
        self.cache = {}

    def read(self, tenant, keys):
        """Keep what was found, whoever asked."""
        self.cache |= {key: value for key, value in super().read(tenant, keys).items() if key not in self.cache}
        return {key: self.cache.get(key) for key in keys}


class SortsTheList(Sound):
    def read(self, tenant, keys):
        """Put the caller's list in order."""
        keys.sort()
        return super().read(tenant, keys)


class NotForThreads(Sound):
    def __init__(self, **options):
        super().__init__(**options)
        self.meeting = threading.Barrier(2)

    def read(self, tenant, keys):
        """Fail where two come at once."""
        if threading.current_thread() is not threading.main_thread():
            try:
                self.meeting.wait(timeout=0.3)
            except threading.BrokenBarrierError:
                self.meeting.reset()
            else:
                raise RuntimeError
        return super().read(tenant, keys)


class KnowsNothingOfDesks(Sound):
    def read(self, tenant, keys):
        """Answer as long as nobody decides by it."""
        found = super().read(tenant, keys)
        return found if len(keys) != 1 or not _is_asked_by_desk() else {}


def _is_asked_by_desk():
    return any("_flows" in frame.filename for frame in inspect.stack())


class TellsItsToken(Sound):
    def fails(self, tenant, keys):
        """Say too much."""
        raise FactsError("plan", f"cannot log in with {TOKEN}", retryable=True)


class TellsTheKey(Sound):
    def fails(self, tenant, keys):
        """Say of whom it was asked."""
        raise FactsError("plan", f"cannot read {keys}", retryable=True)


class FailsInSilence(Sound):
    def fails(self, tenant, keys):
        """Know nothing, as if there were nothing."""
        return {}


class FailsAsAStore(Sound):
    def fails(self, tenant, keys):
        """Blame the store of the desk."""
        raise StoreError("sqlite", "the file is full", retryable=False)


FAULTS = {
    "test_source_is_a_fact_source": [JustAFunction],
    "test_batch_is_answered": [AnswersTheFirst, AnswersInPairs],
    "test_key_alone_has_the_same_answer": [NeedsTwo],
    "test_keys_come_in_any_order_and_twice": [NeedsOrder],
    "test_unknown_key_takes_nothing_from_others": [RaisesOnTheUnknown, InventsPlans],
    "test_no_keys_have_no_values": [NeedsAKey, KnowsMore],
    "test_hostile_key_is_a_key": [BuildsSql],
    "test_values_are_plain": [GivesObjects],
    "test_values_stand_on_events_as_they_are": [GivesTooMuch],
    "test_tenants_are_kept_apart": [ForgetsTheTenant, CachesByKey],
    "test_keys_are_left_as_they_were": [SortsTheList],
    "test_threads_may_share_it": [NotForThreads],
    "test_desk_decides_by_it": [KnowsNothingOfDesks],
    "test_failure_refuses_the_command": [TellsItsToken, TellsTheKey, FailsInSilence],
    "test_failure_is_raised": [FailsInSilence, FailsAsAStore],
}
"""Of each law the sources that break it."""


class _Suite(FactSourceSuite):
    secrets: ClassVar = (TOKEN,)
    kind: ClassVar = Sound

    @pytest.fixture
    def source(self):
        """Give the source."""
        return self.kind().source()

    @pytest.fixture
    def known(self):
        """Give what it knows."""
        return self.kind.known

    @pytest.fixture
    def failing(self):
        """Give one that is away."""
        return self.kind(down=True).source()


class TestSound(_Suite):
    """Breaks nothing."""


for _kinds in FAULTS.values():
    for _kind in _kinds:
        _name = f"Test{_kind.__name__}"
        globals()[_name] = type(_name, (_Suite,), {"kind": _kind, "__module__": __name__})
