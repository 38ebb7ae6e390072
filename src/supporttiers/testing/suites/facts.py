"""Laws of sources of facts: answers by key, in batches, of one tenant."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Final, cast

import attrs
import pytest

from supporttiers._flows import is_asynchronous
from supporttiers.decisions import Destination
from supporttiers.desk import AsyncSupportDesk, SupportDesk
from supporttiers.errors import FactsError, SupportTiersError
from supporttiers.facts import FactSource, plain_fact, recorded
from supporttiers.match import Match
from supporttiers.policies.routing import Route, RouteByRules
from supporttiers.process import SupportProcess
from supporttiers.testing.suites._awaiting import called_of, turning, waited
from supporttiers.testing.suites._laws import Laws, at_once

_CALLERS: Final = 8
_NOT_FAILING: Final = "give a fixture `failing`: a source that cannot be read"


class FactSourceSuite(Laws):
    """
    What every `FactSource` must do, called or awaited.

    Give a fixture `source`, and a fixture `known`: some keys, each with the value that the source has for it.

    Attributes:
        waived: Laws that this source does not keep, by the name of the test, with the reason.
        tenant: Whose `known` are.
        other_tenant: Somebody of whom the source knows none of `known`.
        unknown: A key of which it knows nothing.
        nothing: What it gives for such a key, besides None and leaving it out: an empty list, say.
        secrets: Passwords, tokens and the like that it was given: they are never told.

    .. versionadded:: 0.1.0
    """

    tenant: ClassVar[str] = "default"
    other_tenant: ClassVar[str] = "another-tenant"
    unknown: ClassVar[str] = "nobody-knows-this-key"
    nothing: ClassVar[object] = None
    secrets: ClassVar[Sequence[str]] = ()

    # -- what an author gives

    @pytest.fixture
    def failing(self) -> FactSource | None:
        """Give a source of the same kind that cannot be read."""
        return None

    @pytest.fixture
    def reader(self) -> Iterator["Reader"]:
        """Give what reads sources, and makes desks, whether they have to be awaited or not."""
        with turning() as loop:
            yield Reader(loop)

    # -- what it answers

    def test_source_is_a_fact_source(self, source: FactSource) -> None:
        """With a name for conditions and policies, something to read, and where its key stands."""
        assert isinstance(source, FactSource), "hand in a FactSource(name, read, keyed_by=...)"

    def test_batch_is_answered(self, source: FactSource, known: Mapping[str, object], reader: "Reader") -> None:
        """Every key of a batch has its value."""
        assert known, "give at least one key with its value; two show more"
        found = reader.read(source, self.tenant, list(known))

        assert isinstance(found, Mapping), "a source gives a mapping from key to value"
        assert dict(known) == {key: found.get(key) for key in known}

    def test_key_alone_has_the_same_answer(
        self, source: FactSource, known: Mapping[str, object], reader: "Reader"
    ) -> None:  # fmt: skip
        """What a key is asked with makes no difference."""
        assert dict(known) == {key: reader.read(source, self.tenant, [key]).get(key) for key in known}

    def test_keys_come_in_any_order_and_twice(
        self, source: FactSource, known: Mapping[str, object], reader: "Reader"
    ) -> None:  # fmt: skip
        """The order says nothing, and neither does a key that is there twice."""
        keys = [*reversed(list(known)), *known]
        found = reader.read(source, self.tenant, keys)

        assert dict(known) == {key: found.get(key) for key in known}

    def test_unknown_key_takes_nothing_from_others(
        self, source: FactSource, known: Mapping[str, object], reader: "Reader"
    ) -> None:  # fmt: skip
        """It is None or left out, or has the value that is declared for it; those beside it have theirs."""
        for keys in ([self.unknown], [*known, self.unknown], [self.unknown, *known]):
            found = reader.read(source, self.tenant, keys)

            assert found.get(self.unknown) in (None, self.nothing)
            assert {key: known[key] for key in keys if key in known} == {
                key: found[key] for key in keys if key in known
            }

    def test_no_keys_have_no_values(self, source: FactSource, reader: "Reader") -> None:
        """An empty batch is answered by an empty mapping."""
        assert {} == dict(reader.read(source, self.tenant, []))

    @pytest.mark.parametrize(
        "key", [pytest.param(key, id=name) for name, key in {
            "quotes": "'; DROP TABLE customers; --", "wildcards": "%_*?", "path": "../../etc/passwd",
            "unicode": "Ünïcode-ключ", "long": "k" * 200, "number": "0",
        }.items()]
    )  # fmt: skip
    def test_hostile_key_is_a_key(
        self, source: FactSource, known: Mapping[str, object], reader: "Reader", key: str
    ) -> None:  # fmt: skip
        """Customers may have any name: a key that means something elsewhere is only unknown here."""
        found = reader.read(source, self.tenant, [key, *known])

        assert key in known or found.get(key) in (None, self.nothing)
        assert dict(known) == {each: found.get(each) for each in known}

    def test_values_are_plain(self, source: FactSource, known: Mapping[str, object], reader: "Reader") -> None:
        """Texts, numbers, flags, lists and tables, at most 64 KiB as JSON: anything else counts as unreadable."""
        found = reader.read(source, self.tenant, list(known))
        for key in known:
            plain_fact(found.get(key))

    def test_values_stand_on_events_as_they_are(
        self, source: FactSource, known: Mapping[str, object], reader: "Reader"
    ) -> None:  # fmt: skip
        """A history shows what was decided upon: more than 4 KiB would stand there as a digest only."""
        found = reader.read(source, self.tenant, list(known))
        for key in known:
            value = {source.name: found.get(key)}
            assert value == recorded(value), "a value has more than 4 KiB; give what policies need, and no more"

    def test_tenants_are_kept_apart(
        self, source: FactSource, known: Mapping[str, object], reader: "Reader"
    ) -> None:  # fmt: skip
        """What is known for one tenant is not told to another, before or after."""
        for tenant in (self.tenant, self.other_tenant, self.tenant):
            found = reader.read(source, tenant, list(known))
            told = {key: found.get(key) for key in known}
            if tenant == self.tenant:
                assert dict(known) == told
            else:
                assert [] == [key for key, value in told.items() if value not in (None, self.nothing)]

    def test_keys_are_left_as_they_were(
        self, source: FactSource, known: Mapping[str, object], reader: "Reader"
    ) -> None:  # fmt: skip
        """The list belongs to whoever asks."""
        keys = [self.unknown, *known]
        before = copy.copy(keys)
        reader.read(source, self.tenant, keys)

        assert before == keys

    def test_threads_may_share_it(
        self, source: FactSource, known: Mapping[str, object], reader: "Reader"
    ) -> None:  # fmt: skip
        """Several workers of one application ask at once."""
        found = at_once(*[partial(reader.read, source, self.tenant, list(known))] * _CALLERS)

        assert [dict(known)] * _CALLERS == [{key: one.get(key) for key in known} for one in found]

    # -- on a desk

    def test_desk_decides_by_it(
        self, source: FactSource, known: Mapping[str, object], reader: "Reader"
    ) -> None:  # fmt: skip
        """A rule of a process that needs it sees the value, and the event keeps it."""
        desk = reader.desk(source)
        for number, (key, value) in enumerate(known.items()):
            case = desk.bind(tenant=self.tenant).open(id=f"T-{number}", by="jane", customer=key)
            opened = desk.bind(tenant=self.tenant).history(case)[0]

            assert {source.name: plain_fact(value)} == opened.facts

    def test_failure_refuses_the_command(
        self, failing: FactSource | None, known: Mapping[str, object], reader: "Reader"
    ) -> None:  # fmt: skip
        """Whatever it raises: the command is refused, may be tried again, and nothing private is told."""
        if failing is None:
            pytest.skip(_NOT_FAILING)
        with pytest.raises(FactsError) as caught:
            reader.desk(failing).bind(tenant=self.tenant).open(id="T-1", by="jane", customer=next(iter(known)))

        error = caught.value
        assert (failing.name, True) == (error.backend, error.retryable)
        told = [kind for kind, word in self._private(known) if word in f"{error} {error!r}"]
        assert [] == told, f"its error tells what is private: {', '.join(told)}"

    def test_failure_is_raised(
        self, failing: FactSource | None, known: Mapping[str, object], reader: "Reader"
    ) -> None:  # fmt: skip
        """A source that cannot be read says so: an empty answer would mean that nothing is known."""
        if failing is None:
            pytest.skip(_NOT_FAILING)
        with pytest.raises(Exception) as caught:  # noqa: PT011 - a source may raise anything
            reader.read(failing, self.tenant, list(known))

        assert not isinstance(caught.value, SupportTiersError) or isinstance(caught.value, FactsError)

    def _private(self, known: Mapping[str, object]) -> Sequence[tuple[str, str]]:
        """Give the words that are never told, each with what it is."""
        secrets = [(f"secret {place} of {len(self.secrets)}", word) for place, word in enumerate(self.secrets, 1)]
        return [*secrets, *((f"key {place} of {len(known)}", key) for place, key in enumerate(known, 1))]


class Reader:
    """Reads sources, and makes desks, whether they have to be awaited or not."""

    def __init__(self, loop: Any) -> None:  # noqa: ANN401 - a loop
        """Await on a loop that turns in another thread."""
        self._loop = loop

    def read(self, source: FactSource, tenant: str, keys: Sequence[str]) -> Mapping[str, object]:
        """Ask a source."""
        return waited(source.read(tenant, keys), self._loop)

    def desk(self, source: FactSource) -> SupportDesk:
        """Give a desk with a rule that needs the fact; its key stands under `customer`."""
        route = Route(when=Match({f"facts.{source.name}": "no such value"}), to=Destination(tier=1))
        process = attrs.evolve(SupportProcess.default(), policies=[RouteByRules([route])])
        facts = [attrs.evolve(source, keyed_by="customer")]
        if not is_asynchronous(source.read):
            return SupportDesk(process, facts=facts)
        return cast("SupportDesk", _Desk(AsyncSupportDesk(process, facts=facts), self._loop))


class _Desk:
    """The desk for asyncio, each of whose methods is awaited on a loop; and so are those of its views."""

    def __init__(self, desk: AsyncSupportDesk, loop: Any) -> None:  # noqa: ANN401
        self._desk = desk
        self._loop = loop

    def bind(self, *, tenant: str) -> Any:  # noqa: ANN401 - a view, awaited
        return called_of(self._desk.bind(tenant=tenant), self._loop)
