"""Laws of policies: values that answer by what they are asked about, and by nothing else."""

import copy
import dataclasses
import inspect
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar, Final

import attrs
import pytest

from supporttiers._fields import at_least, type_name
from supporttiers.config.files import data_of, foreign_faults
from supporttiers.config.reading import read
from supporttiers.config.writing import described
from supporttiers.decisions import Situation
from supporttiers.facts import FactSource, needs_of, plain_fact
from supporttiers.policies import kinds_of, resolved
from supporttiers.protocols import METHODS, methods_of
from supporttiers.reasons import Reason
from supporttiers.testing.suites._asking import Asked, asked_of, problem_of
from supporttiers.testing.suites._laws import Laws
from supporttiers.testing.suites._outside import clock_and_chance, input_and_output

_NUMBERS: Final = itertools.count(1)


class PolicySuite(Laws):
    """
    What every policy must do. Give a fixture `policy`.

    Each method that it has is asked about several hundred situations: cases in every status, each verb, each event.
    Add some of your own with a fixture `situations`.

    Attributes:
        waived: Laws that this policy does not keep, by the name of the test, with the reason.
        facts: An example of each fact that it needs, by name; every policy is also asked while nothing is known. What
            it does not need may stand there, too: one table may serve several policies.
        priorities: Those of the processes that it is for, from the lowest to the highest.

    .. versionadded:: 0.1.0
    """

    facts: ClassVar[Mapping[str, object]] = {}
    priorities: ClassVar[Sequence[str]] = ("low", "medium", "high", "critical")

    # -- what an author gives

    @pytest.fixture
    def situations(self) -> Sequence[Situation]:
        """Give situations besides those that the suite makes; each method is asked about them, too."""
        return ()

    @pytest.fixture
    def ready(self, policy: Any) -> Any:  # noqa: ANN401 - any policy
        """Give the policy as a process asks it: with the order of priorities worked in, where it compares them."""
        return resolved(policy, tuple(self.priorities))

    @pytest.fixture
    def asked(self, ready: Any, situations: Sequence[Situation]) -> Sequence[Asked]:  # noqa: ANN401
        """Give what it is asked."""
        own = [(method, each) for method in methods_of(ready) for each in situations]
        case_id = f"T-{next(_NUMBERS)}"
        return [
            (method, _named(_knowing(each, self._known(ready)), case_id)) for method, each in (*asked_of(ready), *own)
        ]

    def _known(self, policy: object) -> dict[str, object]:
        return {name: plain_fact(self.facts.get(name)) for name in needs_of(policy)}

    # -- what it is

    def test_name_and_revision_are_of_the_class(self, policy: Any) -> None:  # noqa: ANN401
        """Files and stored processes know the class by them: they are no fields, and no built-in policy has them."""
        kind = type(policy)
        assert kinds_of([kind]), "files could not name it"
        assert (kind.name, kind.revision) == (policy.name, policy.revision), "its name or revision is a field"
        assert at_least(0)(kind.revision) is None, f"its revision {at_least(0)(kind.revision)}"

    def test_policy_has_a_method_that_is_asked(self, policy: Any) -> None:  # noqa: ANN401
        """At least one, and none that would have to be awaited."""
        methods = methods_of(policy)
        assert methods, f"it has none of the methods {', '.join(METHODS)}"
        awaited = [name for name in methods if inspect.iscoroutinefunction(getattr(policy, name))]
        assert [] == awaited, f"nobody awaits {awaited}: a policy needs no I/O"

    def test_policy_is_frozen(self, policy: Any) -> None:  # noqa: ANN401
        """Nothing of it can be set: many cases and threads share it."""
        for name in (*_fields_of(policy), "anything_else"):
            with pytest.raises((AttributeError, TypeError)):
                setattr(policy, name, getattr(policy, name, None))

    def test_policy_is_a_value(self, policy: Any) -> None:  # noqa: ANN401
        """Another one of the same fields is equal to it, and has its hash."""
        twin = copy.deepcopy(policy)

        assert policy == twin, "a copy of it is not equal to it; make its class with @attrs.frozen, say"
        assert _hash_of(policy) == _hash_of(twin), "a copy of it, which is equal to it, has another hash"
        assert policy != object(), "it is equal to anything; compare it with policies of its class only"

    def test_policy_comes_back_from_a_process_file(self, policy: Any) -> None:  # noqa: ANN401
        """What a process writes of it, as TOML, makes an equal policy again."""
        table = {key: value for key, value in described(policy).items() if value is not None}
        assert [] == list(foreign_faults(table))
        text = "\n".join(["[[policies]]", *(f"{_key(key)} = {_toml(value)}" for key, value in table.items())])
        found = read(data_of(text, "policy"), policies=kinds_of([type(policy)]))

        faults = [str(fault) for fault in found.faults if fault.place.startswith("policies")]
        assert [] == faults, f"what a process writes of it cannot be read: {'; '.join(faults)}"
        assert (policy,) == found.policies, (
            "what a process writes of it makes another policy: a field is not written, or not read as it was"
        )

    def test_needs_are_names_of_facts(self, policy: Any) -> None:  # noqa: ANN401
        """A tuple of names, and always the same."""
        needs = getattr(policy, "needs", ())
        assert isinstance(needs, tuple), "a text or list would be read letter by letter, or could be changed"
        for name in needs:
            FactSource(name, lambda _tenant, _keys: {})
        assert needs == getattr(policy, "needs", ()), "what it needs is another thing each time"

    def test_every_need_has_an_example(self, policy: Any) -> None:  # noqa: ANN401
        """Without one in `facts` it would be asked only while nothing is known: the other laws would prove little."""
        needs = needs_of(policy)
        missing = [name for name in needs if self.facts.get(name) is None]
        others = sorted(set(map(str, self.facts)) - set(needs))
        beside = f"; {', '.join(map(repr, others))} in `facts` is nothing that it needs" if others else ""
        assert [] == missing, f"give an example of fact {', '.join(map(repr, missing))} in `facts`{beside}"

    # -- what it answers

    def test_answers_fit_their_questions(self, ready: Any, asked: Sequence[Asked]) -> None:  # noqa: ANN401
        """Of the type that is expected, or None; and it never raises."""
        for method, each in asked:
            problem = problem_of(method, getattr(ready, method)(each), self.priorities)
            assert problem is None, f"{problem}; {_told(each)}"

    def test_unknown_facts_are_borne(self, ready: Any, asked: Sequence[Asked]) -> None:  # noqa: ANN401
        """Each fact may be None: the case has no key for it, or the source no answer."""
        needs = needs_of(ready)
        for unknown in (*((name,) for name in needs), needs):
            for method, each in asked:
                facts = {**each.facts, **dict.fromkeys(unknown)}
                problem = problem_of(method, getattr(ready, method)(_knowing(each, facts)), self.priorities)
                assert problem is None, f"{problem}; without the facts {unknown}, {_told(each)}"

    def test_same_situation_has_the_same_answer(self, policy: Any, ready: Any, asked: Sequence[Asked]) -> None:  # noqa: ANN401
        """The second time, in another order, and from an equal policy that was asked nothing yet: it keeps no state."""
        first = [_answer(ready, method, each) for method, each in asked]
        again = [_answer(ready, method, each) for method, each in reversed(asked)]
        twin = resolved(copy.deepcopy(policy), tuple(self.priorities))

        changed = _others(asked, first, again[::-1])
        assert not changed, f"asked a second time, in another order, it has another answer: {changed}"
        changed = _others(asked, first, [_answer(twin, method, copy.deepcopy(each)) for method, each in asked])
        assert not changed, f"an equal policy that was asked nothing yet has another answer: {changed}"

    def test_situation_is_left_as_it_was(self, ready: Any, asked: Sequence[Asked]) -> None:  # noqa: ANN401
        """Other policies are asked about the same, down to the tables inside; and it stays itself what it was."""
        itself, before = copy.deepcopy((ready, asked))
        for method, each in asked:
            _answer(ready, method, each)

        changed = _others(asked, before, asked)
        assert not changed, f"it changes what it is asked about, which others are asked about, too: {changed}"
        assert itself == ready, "it is not what it was before it was asked; a policy keeps no state"

    def test_policy_asks_neither_clock_nor_chance(self, ready: Any, asked: Sequence[Asked]) -> None:  # noqa: ANN401
        """`situation.now` is the only time, and nothing is left to chance or to the environment."""
        with clock_and_chance() as found:
            for method, each in asked:
                _answer(ready, method, each)

        assert set() == set(found), "its answer would be another one each time"

    def test_policy_does_no_input_or_output(self, ready: Any, asked: Sequence[Asked]) -> None:  # noqa: ANN401
        """No file, socket, database or program: what it must know from outside it `needs`, and finds in `facts`."""
        with input_and_output() as found:
            for method, each in asked:
                with suppress(OSError):
                    _answer(ready, method, each)

        assert set() == set(found), "declare a fact that it needs, and hand in a FactSource"

    def test_policy_reads_only_facts_that_it_needs(self, ready: Any, asked: Sequence[Asked]) -> None:  # noqa: ANN401
        """What it does not declare is not there when a desk asks it."""
        read_of: set[str] = set()
        for method, each in asked:
            facts = _Noting(each.facts, read_of)
            with suppress(KeyError):
                _answer(ready, method, attrs.evolve(each, facts=facts, case=attrs.evolve(each.case, facts=facts)))

        assert set() == read_of - set(needs_of(ready)), "name them in its `needs`"

    def test_reasons_can_be_told(self, ready: Any, asked: Sequence[Asked]) -> None:  # noqa: ANN401
        """Where it has `because`, that gives Reasons, about every case."""
        because = getattr(ready, "because", None)
        if because is None:
            pytest.skip("it has no because(situation), which is for whoever wants to explain its answers")
        for _, each in asked:
            for reason in because(each):
                assert isinstance(reason, Reason), f"because gives {type_name(reason)}; it gives Reasons"
                assert str(reason), "a Reason has no text; hand its template in, or use the code 'error'"


class _Noting(Mapping[str, object]):
    """Facts that note which of them were asked for."""

    def __init__(self, facts: Mapping[str, object], asked_for: set[str]) -> None:
        self.facts = facts
        self.asked_for = asked_for

    def __getitem__(self, name: str) -> object:
        self.asked_for.add(name)
        return self.facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.facts)

    def __len__(self) -> int:
        return len(self.facts)


def _knowing(asked: Situation, facts: Mapping[str, object]) -> Situation:
    """Let facts be known, to the policy and to the conditions that look at the case."""
    return attrs.evolve(asked, facts=dict(facts), case=attrs.evolve(asked.case, facts=dict(facts)))


def _named(asked: Situation, case_id: str) -> Situation:
    """Give the case an id that the policy has not seen before, so that it is found out if it remembers cases."""
    command = asked.command and attrs.evolve(asked.command, case_id=case_id)
    event = asked.event and attrs.evolve(asked.event, case_id=case_id)
    return attrs.evolve(asked, case=attrs.evolve(asked.case, id=case_id), command=command, event=event)


def _answer(policy: Any, method: str, asked: Situation) -> Any:  # noqa: ANN401 - whatever it answers
    """Ask, and give the answer in a form that can be compared."""
    answer = getattr(policy, method)(asked)
    return list(answer) if method == "react" and answer is not None else answer


def _told(asked: Situation) -> str:
    """Say about what it was asked, in ids and words of the process only."""
    event = "" if asked.event is None else f" after {type(asked.event).__name__}"
    return f"asked about a {asked.case.status} case in tier {asked.case.tier}, {asked.trigger or 'no verb'}{event}"


def _others(asked: Sequence[Asked], before: Sequence[object], after: Sequence[object]) -> str:
    """Name the first question of which something is not what it was; an empty text where all is."""
    for (method, each), one, other in zip(asked, before, after, strict=True):
        if one != other:
            return f"{method}(), {_told(each)}"
    return ""


def _hash_of(policy: object) -> int:
    try:
        return hash(policy)
    except TypeError as error:
        pytest.fail(f"it has no hash ({error}); keep lists and tables in tuples")


def _fields_of(policy: Any) -> list[str]:  # noqa: ANN401
    if attrs.has(type(policy)):
        return [field.name for field in attrs.fields(type(policy))]
    if dataclasses.is_dataclass(policy):
        return [field.name for field in dataclasses.fields(policy)]
    return list(getattr(policy, "__dict__", ()))


def _toml(value: Any) -> str:  # noqa: ANN401 - plain data
    """Write plain data as a value of TOML."""
    if isinstance(value, Mapping):
        inner = (f"{_key(key)} = {_toml(item)}" for key, item in value.items())
        return f"{{ {', '.join(inner)} }}" if value else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    assert value is not None, "TOML has no word for None inside a list or table"
    return json.dumps(value)


def _key(key: object) -> str:
    return json.dumps(str(key))
