"""Whatever can be said comes back as it was said."""

import json
from datetime import UTC, datetime, timedelta

import attrs
from hypothesis import given
from hypothesis import strategies as st

from supporttiers import _codec as codec
from supporttiers.actors import Actor, ActorKind
from supporttiers.cases import Place, fold_all
from supporttiers.commands import COMMANDS
from supporttiers.effects import EFFECTS
from supporttiers.events import EVENTS, CaseOpened
from supporttiers.links import Attachment, Link
from supporttiers.reasons import Reason
from supporttiers.stopwatches import Segment, Stopwatch

ZONES = st.timezones() | st.just(UTC)
INSTANTS = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=ZONES, allow_imaginary=False)
DURATIONS = st.timedeltas(timedelta(0), timedelta(days=4000))
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXTS = st.text(LETTERS, max_size=20)
NAMES = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=12)
NUMBERS = st.integers(0, 99)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
ATTRIBUTES = st.dictionaries(NAMES, PLAIN, max_size=4)
REASONS = st.builds(Reason, NAMES, st.dictionaries(NAMES, PLAIN, max_size=3))

st.register_type_strategy(datetime, INSTANTS)
st.register_type_strategy(timedelta, DURATIONS)
st.register_type_strategy(str, NAMES)
st.register_type_strategy(int, NUMBERS)
st.register_type_strategy(Actor, st.builds(Actor, NAMES, st.sampled_from(ActorKind), st.lists(NAMES, max_size=2)))
st.register_type_strategy(Reason, REASONS)
st.register_type_strategy(Segment, st.builds(Segment, INSTANTS, INSTANTS, DURATIONS, DURATIONS))
