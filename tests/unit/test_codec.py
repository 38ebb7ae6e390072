import hashlib
import json
from datetime import timedelta, timezone

import attrs
import pytest

from supporttiers import _codec as codec
from supporttiers.actors import SYSTEM, Actor, ActorKind
from supporttiers.cases import rebuild
from supporttiers.commands import Escalate, Note, Open, Resolve
from supporttiers.effects import Notify, Tell
from supporttiers.errors import StoreError
from supporttiers.events import EVENTS, CaseClosed, CaseNoted
from supporttiers.reasons import Reason
from supporttiers.testing.builders import AGENT, NOON, every_event, happens, opening
from supporttiers.tiers import Visibility

SECRET = "my password is hunter2"
ESCALATE = Escalate(case_id="T-1", by=AGENT, tier=2, reason=SECRET)
OPENED = opening().events[0]


def changed(text, **fields):
    """Give a text of JSON with other fields; None takes one away."""
    plain = {**json.loads(text), **fields}
    return json.dumps({name: value for name, value in plain.items() if value is not None})


# -- tagged values


def test_codec_writes_canonical_json():
    """Keys are sorted, nothing is between them, letters stand for themselves, and defaults are left out."""
    note = Note(case_id="T-1", by=Actor.customer("jürgen"), text="été", visibility=Visibility.PUBLIC)

    assert codec.dumps(note) == (
        '{"by":{"id":"jürgen","kind":"customer"},"case_id":"T-1","schema":1,"text":"été","type":"Note","visibility":"public"}'
    )


def test_codec_writes_instants_in_utc():
    """One instant is one text, whatever its zone; microseconds stand there only where there are any."""
    tokyo = timezone(timedelta(hours=9))
    texts = [codec.dumps(attrs.evolve(ESCALATE, at=at)) for at in (NOON, NOON.astimezone(tokyo))]
    late = codec.dumps(attrs.evolve(ESCALATE, at=NOON + timedelta(microseconds=1)))

    assert texts[0] == texts[1]
    assert '"at":"2026-03-23T12:00:00Z"' in texts[0]
    assert '"at":"2026-03-23T12:00:00.000001Z"' in late


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "a text cannot be read: it is no JSON object"),
        ("[]", "a text cannot be read: it is no JSON object"),
        ("{", "a text cannot be read: it is no JSON object"),
        (None, "a text cannot be read: it is no JSON object"),
        ("{}", "a value cannot be read: of the unknown type 'None'"),
        ('{"type":"Explode","schema":1}', "a value cannot be read: of the unknown type 'Explode'"),
        ('{"type":["Note"],"schema":1}', "a value cannot be read: of the unknown type (malformed)"),
        ('{"type":"my password is","schema":1}', "a value cannot be read: of the unknown type (malformed)"),
        ('{"type":"Note"}', "Note cannot be read: of schema 'None', and this release reads 1"),
        ('{"type":"Note","schema":[1]}', "Note cannot be read: of schema (malformed), and this release reads 1"),
        ('{"type":"Note","schema":2}', "Note cannot be read: of schema '2', and this release reads 1"),
    ],
)
def test_codec_refuses_what_it_does_not_know(text, problem):
    """No such class, or one of a newer release: the error names it, and trying again does not help."""
    with pytest.raises(StoreError) as caught:
        codec.loads(text)

    assert (caught.value.backend, caught.value.problem, caught.value.retryable) == ("codec", problem, False)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"by": None}, "a field is missing or malformed (KeyError)"),
        ({"by": {"id": SECRET}}, "a field is missing or malformed (KeyError)"),
        ({"by": {"kind": "customer"}}, "a field is missing or malformed (KeyError)"),
        ({"by": {"kind": "nobody", "id": "x"}}, "a field is missing or malformed (ValueError)"),
        ({"by": 7}, "a field is missing or malformed (TypeError)"),
        ({"at": SECRET}, "a field is missing or malformed (ValueError)"),
        ({"at": 7}, "a field is missing or malformed (TypeError)"),
        ({"tier": SECRET}, "case 'T-1': tier must be a whole number (0 to 99), not str"),
        ({"teir": 2, "a b": 1}, "it has no field 'teir', (malformed)"),
    ],
)
def test_codec_refuses_malformed_values_without_showing_them(fields, problem):
    """The error says what is wrong, and never what was written."""
    with pytest.raises(StoreError) as caught:
        codec.loads(changed(codec.dumps(ESCALATE), **fields))

    assert caught.value.problem == f"Escalate cannot be read: {problem}"
    assert SECRET not in str(caught.value)
    assert not caught.value.retryable


@pytest.mark.parametrize("value", [NOON, float("nan"), {SECRET}])
def test_codec_refuses_to_write_what_json_cannot_keep(value):
    """A plugin's reason may hold anything; the error names the class and shows nothing."""
    effect = Notify(case_id="T-1", version=1, to="manager", reason=Reason("acme.odd", {"value": value}))

    with pytest.raises(StoreError, match=r"Notify holds what JSON cannot keep \((Type|Value)Error\); trying"):
        codec.dumps(effect)


# -- upcasters


def test_upcaster_lifts_what_an_older_release_wrote(monkeypatch):
    """Step by step, wherever it stands: by itself, inside a Tell, in both parts of an event, in a case."""

    def renamed(plain):
        return {**{key: value for key, value in plain.items() if key != "level"}, "tier": plain["level"], "schema": 0}

    def retagged(plain):
        return {**plain, "type": "Escalate", "schema": 1}

    monkeypatch.setitem(codec.UPCASTERS, ("Raise", -1), renamed)
    monkeypatch.setitem(codec.UPCASTERS, ("Raise", 0), retagged)
    old = changed(codec.dumps(ESCALATE), type="Raise", schema=-1, level=2, tier=None)
    tell = codec.dumps(Tell(case_id="T-0", version=1, command=ESCALATE))

    assert codec.loads(old) == ESCALATE
    assert codec.loads(changed(tell, command=json.loads(old))).command == ESCALATE


def test_upcaster_sees_both_parts_of_an_event(monkeypatch):
    """What it lifts is whole; what has been deleted is missing."""

    def louder(plain):
        return {**plain, "schema": 1, "text": plain.get("words", "") + "!"}

    monkeypatch.setitem(codec.UPCASTERS, ("CaseNoted", 0), louder)
    event = happens(CaseNoted, opening().case, text="hm!")
    name, _, public, private = codec.encode_event(event)
    old, hidden = changed(public, schema=0), changed(private, words="hm")

    assert codec.decode_event(name, 0, old, hidden) == event
    assert codec.decode_event(name, 0, old, None).text == "!"


def test_upcaster_lifts_a_case(monkeypatch):
    """Snapshots have a schema as well."""
    monkeypatch.setitem(codec.UPCASTERS, ("Case", 0), lambda plain: {**plain, "schema": 1, "tier": plain["tier"] + 1})
    case = opening().case

    assert codec.decode_case(changed(codec.encode_case(case), schema=0)) == attrs.evolve(case, tier=2)


def test_codec_refuses_an_old_schema_without_upcaster():
    """There is no guessing."""
    with pytest.raises(StoreError, match=r"Note cannot be read: of schema '0', and this release reads 1"):
        codec.loads('{"type":"Note","schema":0}')


# -- events in two parts


@pytest.mark.parametrize("event", every_event(), ids=lambda event: f"{event.version}-{type(event).__name__}")
def test_event_keeps_its_private_fields_apart(event):
    """What a class marks as private stands in the private part only, and so do names of people."""
    name, schema, public, private = codec.encode_event(event)
    marked = {field.name for field in attrs.fields(type(event)) if field.metadata.get("private")}

    assert (name, schema) == (type(event).__name__, event.schema)
    assert not marked & json.loads(public).keys()
    assert "id" not in json.loads(public)["by"]
    assert set(json.loads(private or "{}")) <= marked | {"by"}
    assert "recorded_at" not in public + private


@pytest.mark.parametrize("event", every_event(), ids=lambda event: f"{event.version}-{type(event).__name__}")
def test_event_is_readable_without_its_private_part(event):
    """After redaction everything else is as it was, and required names read so."""
    name, schema, public, _ = codec.encode_event(event)
    redacted = codec.decode_event(name, schema, public, None)

    marked = [field for field in attrs.fields(type(event)) if field.metadata.get("private")]
    blank = {field.name: "redacted" if field.default is attrs.NOTHING else field.default for field in marked}
    blank |= {"attributes": {}} if "attributes" in blank else {}
    who = SYSTEM if event.by is SYSTEM else attrs.evolve(event.by, id="redacted")
    assert redacted == attrs.evolve(event, by=who, **blank)


def test_private_fields_inside_other_values_are_only_those_of_the_actor():
    """The codec knows one nested private field; a new one would stay in the public part unseen."""
    nested = {
        (kind, inner.name)
        for event in EVENTS
        for field in attrs.fields(event)
        if attrs.has(field.type) and not field.metadata.get("private")
        for kind, inner in [(field.type, inner) for inner in attrs.fields(field.type)]
        if inner.metadata.get("private")
    }

    assert nested == {(Actor, "id")}


def test_system_has_no_private_part():
    """The library is nobody, so that its events are whole without one; another system's name is kept apart."""
    case = opening().case
    ours, theirs = (happens(CaseClosed, case, by=by) for by in (SYSTEM, Actor("cron", ActorKind.SYSTEM)))

    assert codec.encode_event(ours).private == ""
    assert codec.encode_event(theirs).private == '{"by":{"id":"cron"}}'
    for event in (ours, theirs):
        assert codec.decode_event(*codec.encode_event(event)) == event


def test_event_is_given_its_recording_instant():
    """It belongs to the row, not to the text."""
    name, schema, public, private = codec.encode_event(attrs.evolve(OPENED, recorded_at=NOON))

    assert codec.decode_event(name, schema, public, private).recorded_at is None
    assert codec.decode_event(name, schema, public, private, recorded_at=NOON).recorded_at == NOON


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"type": "CaseClosed"}, "an event cannot be read: its row and its text differ in type or schema"),
        ({"schema": 2}, "an event cannot be read: its row and its text differ in type or schema"),
        ({"public": "x"}, "a text cannot be read: it is no JSON object"),
        ({"private": "x"}, "a text cannot be read: it is no JSON object"),
        ({"private": "{}"}, "CaseOpened cannot be read: a field is missing or malformed (KeyError)"),
        ({"private": '{"by": 7}'}, "CaseOpened cannot be read: a field is missing or malformed (KeyError)"),
    ],
)
def test_event_that_cannot_be_read_is_refused(row, problem):
    """Rows that were changed behind our back are an error of the store."""
    whole = {**codec.encode_event(OPENED)._asdict(), **row}

    with pytest.raises(StoreError) as caught:
        codec.decode_event(**whole)
    assert caught.value.problem == problem


@pytest.mark.parametrize("by", [None, 7])
def test_event_without_actor_is_refused(by):
    """An event that nobody did cannot be read."""
    name, schema, public, private = codec.encode_event(OPENED)

    with pytest.raises(StoreError, match=r"CaseOpened cannot be read: a field is missing or malformed"):
        codec.decode_event(name, schema, changed(public, by=by), private)
    with pytest.raises(StoreError, match=r"CaseOpened cannot be read: a field is missing or malformed"):
        codec.decode_event(name, schema, changed(public, by=by), None)


# -- cases


def test_case_of_a_newer_release_is_refused():
    """A snapshot is not guessed at."""
    text = codec.encode_case(opening().case)

    with pytest.raises(StoreError, match=r"Case cannot be read: of schema '2', and this release reads 1"):
        codec.decode_case(changed(text, schema=2))
    with pytest.raises(StoreError, match=r"a value cannot be read: of the unknown type 'Note'"):
        codec.decode_case(changed(text, type="Note"))
    with pytest.raises(StoreError, match=r"Case cannot be read: a field is missing or malformed \(KeyError\)"):
        codec.decode_case(changed(text, status="lost"))


# -- hashes


def test_body_hash_speaks_of_what_is_wanted_only():
    """Times, the key and the version that the caller had seen do not make another command; anything else does."""
    again = attrs.evolve(ESCALATE, at=NOON, occurred_at=NOON, idempotency_key="k", expected_version=3)
    others = [attrs.evolve(ESCALATE, tier=1), attrs.evolve(ESCALATE, by=SYSTEM), Resolve(case_id="T-1", by=AGENT)]

    assert codec.body_hash(ESCALATE) == codec.body_hash(again)
    assert len({codec.body_hash(command) for command in (ESCALATE, Open(by=AGENT), *others)}) == 5


def test_digest_binds_every_part_in_its_place():
    """A character that moves from one part to its neighbour makes another digest."""
    parts = [("ab", "c", b"d", "e"), ("a", "bc", b"d", "e"), ("ab", "", b"cd", "e"), ("ab", "c", b"", "de"),
             ("ab", "c", b"de", "")]  # fmt: skip

    assert len({codec.digest(*part) for part in parts}) == len(parts)
    assert codec.digest(*parts[0]) == codec.chained("ab", "c", codec.commitment(b"d", "e"))


def test_digest_is_that_of_the_documentation():
    """SHA-256 over parts, each with its length in eight bytes before it; the private part as a commitment."""

    def joined(*parts):
        return b"".join(len(part).to_bytes(8, "big") + part for part in parts)

    committed = hashlib.sha256(joined(b"salt", "é".encode())).hexdigest().encode()
    assert codec.digest("p", "{}", b"salt", "é") == hashlib.sha256(joined(b"p", b"{}", committed)).hexdigest()


# -- verifying


def records_of(events, *, salt=b"0123456789abcdef"):
    """Encode a history as a store does."""
    records, previous = [], ""
    for event in events:
        name, schema, public, private = codec.encode_event(event)
        previous = codec.digest(previous, public, salt, private)
        records.append(
            codec.EventRecord(
                version=event.version,
                type=name,
                schema=schema,
                public=public,
                private=private,
                salt=salt,
                digest=previous,
            )
        )
    return records


EVERYTHING = records_of(every_event())
CASE = rebuild(every_event())
HEAD = EVERYTHING[-1].digest


def found_in(records, head=HEAD, case=CASE):
    """Verify, and give findings as plain data."""
    return [(reason.code, dict(reason.params)) for reason in codec.verify_chain(records, head, case)]


def test_chain_that_nobody_touched_is_sound():
    """There is nothing to say about it, nor about nothing."""
    assert found_in(EVERYTHING) == []
    assert found_in([], None, None) == []


def test_chain_without_private_parts_is_sound():
    """The commitment stays, and the case is folded again."""
    records = [
        attrs.evolve(record, private=None, salt=None, committed=codec.commitment(record.salt, record.private))
        for record in EVERYTHING
    ]
    events = [codec.decode_event(record.type, 1, record.public, None) for record in records]

    assert found_in(records, case=rebuild(events)) == []


@pytest.mark.parametrize("part", ["public", "private", "salt", "digest"])
def test_chain_shows_every_edit(part):
    """One edit is one finding, at its own version; an edited digest also breaks the link of the next."""
    old = getattr(EVERYTHING[4], part)
    new = {"public": f"{old} ", "private": f"{old} ", "salt": b"x", "digest": "0" * 64}[part]
    records = [*EVERYTHING[:4], attrs.evolve(EVERYTHING[4], **{part: new}), *EVERYTHING[5:]]

    edited = [("verify.digest", {"version": 5})]
    assert found_in(records) == (edited if part != "digest" else [*edited, ("verify.digest", {"version": 6})])


def test_chain_shows_a_deleted_private_part():
    """Deleted without its commitment, it is an edit like any other."""
    records = [attrs.evolve(EVERYTHING[0], private=None, salt=None), *EVERYTHING[1:]]

    assert found_in(records)[0] == ("verify.digest", {"version": 1})


def test_chain_shows_gaps():
    """A missing event is found in the middle and at the end."""
    middle, end = [*EVERYTHING[:4], *EVERYTHING[5:]], EVERYTHING[:-1]
    last = len(EVERYTHING)

    assert found_in(middle) == [("verify.gap", {"expected": 5, "found": 6}), ("verify.digest", {"version": 6})]
    assert found_in(end) == [("verify.gap", {"expected": last, "found": last - 1}), ("verify.head", {})]
    assert found_in([]) == [("verify.gap", {"expected": last, "found": 0}), ("verify.head", {})]


def test_chain_shows_another_order():
    """Events that have changed places are found."""
    records = [EVERYTHING[0], EVERYTHING[2], EVERYTHING[1], *EVERYTHING[3:]]

    assert {code for code, _ in found_in(records)} == {"verify.gap", "verify.digest"}


def test_chain_shows_what_cannot_be_read():
    """An event of a newer release is no edit, but nothing can be said about the case."""
    public = EVERYTHING[1].public.replace('"schema":1', '"schema":2')
    record = attrs.evolve(EVERYTHING[1], public=public, schema=2)
    digests = ("verify.digest", {"version": 2})
    problem = "AttemptRecorded cannot be read: of schema '2', and this release reads 1"

    assert found_in([EVERYTHING[0], record, *EVERYTHING[2:]]) == [
        digests, ("verify.unreadable", {"version": 2, "problem": problem})
    ]  # fmt: skip


def test_chain_compares_the_case_with_its_events():
    """The fields that differ are named, or that one of the two is not there."""
    other = attrs.evolve(CASE, tier=1, tags=("odd",))

    assert found_in(EVERYTHING, case=other) == [("verify.fold", {"fields": "tags, tier"})]
    missing = ("verify.fold", {"fields": "everything: one of the two is missing"})
    assert found_in(EVERYTHING, None, None) == [("verify.head", {}), missing]


def test_chain_of_events_that_make_no_case_is_shown():
    """A history that begins in the middle folds to nothing."""
    (event,) = every_event()[1:2]
    records = records_of([attrs.evolve(event, version=1)])
    case = attrs.evolve(CASE, version=1)

    found = found_in(records, records[0].digest, case)
    assert found == [("verify.fold", {"fields": "everything: the history makes no case"})]
