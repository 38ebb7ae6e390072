"""Wrong ways to do what a store does: each is handed what it replaces, the store (or its outbox), and the rest."""

import contextlib
from datetime import timedelta
from functools import partial

import attrs

from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.match import Match


def store(name, /, **overrides):
    """Make a store some of whose members are replaced; each is handed what it replaces, the store, and the rest."""

    def method(label, does):
        kept = getattr(MemoryStore, label)
        return lambda self, *args, **more: does(kept, self, *args, **more)

    members = {label: method(label, does) if callable(does) else does for label, does in overrides.items()}
    return type(name, (MemoryStore,), members)


def with_outbox(name, **overrides):
    """Make a store some of whose outbox is replaced."""

    def begin(kept, self):
        kept(self)
        for label, does in overrides.items():
            bound = getattr(self._outbox, label)
            setattr(self._outbox, label, partial(does, bound, self))

    return store(name, __init__=begin)


def loading(name, **changed):
    """Make a store that gives cases back with other values in some fields."""

    def change(case):
        return attrs.evolve(case, **{label: does(getattr(case, label)) for label, does in changed.items()})

    def load(kept, self, *args, **more):
        found = kept(self, *args, **more)
        return found if found.case is None else attrs.evolve(found, case=change(found.case))

    return store(name, load=load)


def last_wins(kept, self, commit):
    """Write without a look at what is there."""
    row = self._rows.get((commit.tenant, commit.case.id))
    return kept(self, attrs.evolve(commit, previous=0 if row is None else row.case.version))


def leaves_traces(kept, self, commit):
    """Write messages whatever becomes of the case."""
    self._outbox.add(commit.messages)
    return kept(self, commit)


def stops_at_a_loser(kept, self, commits):
    """Write no more once one has lost."""
    answers = []
    for commit in commits:
        answers.append(not (answers and not answers[-1]) and kept(self, [commit])[0])
    return answers


def loses_settlements(kept, self, commit):
    """Forget the message that caused it."""
    return kept(self, attrs.evolve(commit, settled=None))


def remembers_keys(kept, self, tenant, used):
    """Take a key that was ever used for taken."""
    return (tenant, used.key) not in self._used and kept(self, tenant, used)


def uses_keys_again(kept, self, tenant, used):
    """Take every key for free."""
    self._used[tenant, used.key] = used
    return True


def history_that(changes):
    """Make an override of the history."""
    return lambda kept, self, *args, **more: tuple(map(changes, kept(self, *args, **more)))


def finds_all(kept, self, tenant, match):
    """Give every case, whatever the condition."""
    return kept(self, tenant, Match())


def of_everybody(kept, self, tenant, match):
    """Give the cases of every tenant."""
    for each in sorted({owner for owner, _ in self._rows}):
        yield from kept(self, each, match)


def compares_priorities(kept, self, tenant, match):
    """Compare priorities in an order of its own."""
    return kept(self, tenant, match.resolved(("low", "medium", "high", "critical")))


def pages_by_number(kept, self, tenant, match, /, *, order="id", after=None, limit=50):
    """Count how many cases have been shown."""
    kept(self, tenant, match, order=order, after=after if after and not after.isdigit() else None, limit=limit)
    shown = int(after or 0)
    page, _ = kept(self, tenant, match, order=order, limit=shown + limit)
    more = kept(self, tenant, match, order=order, limit=shown + limit)[1]
    return page[shown:], str(shown + limit) if more else None


def shows_the_end_again(kept, self, tenant, match, /, *, order="id", after=None, limit=50):
    """Begin a page with the last case of the one before."""
    page, end = kept(self, tenant, match, order=order, after=after, limit=limit)
    last = self.__dict__.setdefault("last", {})
    if after in last:
        page = [last[after], *page]
    last[end] = page[-1] if page else None
    return page, end


def begins_anew(kept, self, tenant, match, /, *, order="id", after=None, limit=50):
    """Take what is no end of a page for none."""
    try:
        return kept(self, tenant, match, order=order, after=after, limit=limit)
    except ValueError:
        return kept(self, tenant, match, limit=max(limit, 1))


def forgives_groups(kept, self, tenant, match, /, *, by):
    """Count what is no field as nothing."""
    try:
        return kept(self, tenant, match, by=by)
    except ValueError:
        return {}


def claims_in_vain(kept, self, now, /, *, limit, decide, tenant=None):
    """Write nothing of what was decided."""
    decided = []

    def look(due):
        decided.extend(decide(due))
        return [None] * len(due)

    return kept(self, now, limit=limit, decide=look, tenant=tenant)


def claims_whatever_there_is(kept, self, now, /, *, limit, decide, tenant=None):
    """Write what was decided on another version, too."""

    def moved(due):
        answers = decide(due)
        return [
            answer
            and (
                attrs.evolve(answer, previous=one.case.version)
                if hasattr(answer, "previous")
                else attrs.evolve(answer, version=one.case.version)
            )
            for one, answer in zip(due, answers, strict=True)
        ]

    return kept(self, now, limit=limit, decide=moved, tenant=tenant)


def claims_step_by_step(kept, self, now, /, *, limit, decide, tenant=None):
    """Decide and write one case after the other; what was written before an error stays."""
    answers = []
    with self._lock:
        due = self._due(now, limit, tenant)
    for one in due:
        answers += [self._answered(answer) for answer in decide([one])]
    return answers


def swallows(kept, self, now, /, *, limit, decide, tenant=None):
    """Say nothing of an error."""
    with contextlib.suppress(ZeroDivisionError, RuntimeError, ValueError):
        return kept(self, now, limit=limit, decide=decide, tenant=tenant)
    return ()


def later(now):
    """Give the next instant."""
    return now + timedelta(microseconds=1)


def sooner(now):
    """Give the instant before."""
    return now - timedelta(microseconds=1)


def any_tenant(kept, self, *args, tenant=None, **more):
    """Ask for all tenants."""
    return kept(self, *args, **more)


def moved_in_time(label, moves):
    """Make a store that asks one question about another instant."""
    return {label: lambda kept, self, now, /, *args, **more: kept(self, moves(now), *args, **more)}


def reversed_order(kept, self, *args, **more):
    """Give the last first."""
    return list(kept(self, *args, **more))[::-1]


def unlimited(kept, self, *args, limit=None, **more):
    """Give all there is."""
    return kept(self, *args, limit=10_000, **more)


def from_the_start(kept, self, *args, after=None, **more):
    """Begin at the first, wherever the last page ended."""
    return kept(self, *args, **more)


def skips_one(kept, self, *args, after=None, **more):
    """Leave out the first of each page but the first."""
    return list(kept(self, *args, after=after, **more))[1 if after else 0 :]


def sets_back_for_good(kept, self, setback):
    """Forget how often it has failed."""
    return kept(self, attrs.evolve(setback, failures=0))


def sets_back_in_silence(kept, self, setback):
    """Tell nobody."""
    return kept(self, attrs.evolve(setback, messages=()))


def sets_back_nothing(kept, self, setback):
    """Leave it due."""
    return True


def stays_parked(kept, self, commit):
    """Keep a case aside whatever is done to it."""
    row = self._rows.get((commit.tenant, commit.case.id))
    done = kept(self, commit)
    if done and row is not None and row.parked is not None:
        self._rows[commit.tenant, commit.case.id] = self._rows[commit.tenant, commit.case.id]._replace(
            parked=row.parked, failures=row.failures
        )
    return done


def unparks_anybody(kept, self, tenant, case_id, at, /):
    """Say that it was set aside, and wake it."""
    kept(self, tenant, case_id, at)
    return True


def redacts_all(kept, self, who, version):
    """Delete what was private of every case there is."""
    for each in list(self._rows):
        kept(self, each, version)


def redacts_too_early(kept, self, commit):
    """Delete before it is known whether the commit counts."""
    if commit.redacts_before and (commit.tenant, commit.case.id) in self._rows:
        self._redact((commit.tenant, commit.case.id), commit.redacts_before)
    return kept(self, commit)


def keeps_part(part):
    """Make an override of redaction that leaves something: events, messages or keys."""

    def redact(kept, self, who, version):
        events, used = list(self._events[who]), dict(self._used)
        kept(self, who, version)
        if part == "events":
            self._events[who] = events
        if part == "keys":
            self._used.update(used)

    return redact


def redacts_everything(kept, self, who, version):
    """Delete what comes after the redaction, too."""
    kept(self, who, version + 100)


def indexes_requesters(kept, self, tenant, match):
    """Find by what cases said at first."""
    holds = match.compile()
    for (owner, _), row in list(self._rows.items()):
        first = next((event for event, _ in self.__dict__.get("first", {}).get((owner, row.case.id), ())), None)
        seen = row.case if first is None else attrs.evolve(row.case, requester=first.requester)
        if owner == tenant and holds(seen):
            yield row.case


def keeps_the_first(kept, self, commit):
    """Keep the first event for an index."""
    self.__dict__.setdefault("first", {}).setdefault(
        (commit.tenant, commit.case.id), [(event, None) for event in commit.events]
    )
    return kept(self, commit)


def settles_anything(kept, self, settled):
    """Take everybody's word."""
    row = self._outbox._rows.get((settled.tenant, settled.key))
    if row is not None:
        self._outbox._pending[settled.tenant, settled.key] = row
    return kept(attrs.evolve(settled, lease=None))


def adds_again(kept, self, messages):
    """Let the last message of a key count."""
    for message in messages:
        self._outbox._rows.pop((message.tenant, message.key), None)
    kept(messages)


def leases_everything(kept, self, now, until, token, limit, tenant):
    """Give messages without a look at those before them."""
    rows = [row for row in self._outbox._pending.values() if tenant in {None, row.message.tenant}]
    found = [row for row in rows if row.message.not_before <= now and not row.is_leased(now)][:limit]
    for row in found:
        row.message, row.until = attrs.evolve(row.message, lease=token), until
    return [row.message for row in found]


def leases_in_blocks(kept, self, now, until, token, limit, tenant):
    """Let whatever waits hold back what is behind it."""
    found = kept(now, until, token, limit, tenant)
    held = {
        (row.message.case_id, row.message.target): row.number
        for row in reversed(self._outbox._pending.values())
        if row.message.not_before > now
    }
    place = {row.message.key: row.number for row in self._outbox._pending.values()}
    return [one for one in found if held.get((one.case_id, one.target), 10**9) >= place[one.key]]


def leases_the_oldest(kept, self, now, until, token, limit, tenant):
    """Take those that were caused first."""
    return kept(now, until, token, 10_000, tenant)[:limit]


def lease_is_for_ever(kept, self, now, until, token, limit, tenant):
    """Never give a leased message to anybody else."""
    return kept(now, until + timedelta(days=999), token, limit, tenant)


def keeps_leases(kept, self, settled):
    """Keep the lease whatever is said."""
    return kept(attrs.evolve(settled, keep=True))


def drops_leases(kept, self, settled):
    """End the lease whatever is said."""
    return kept(attrs.evolve(settled, keep=False))


def changed_first(changes):
    """Make an override that changes messages as they are kept."""
    return lambda kept, self, messages: kept([changes(message) for message in messages])


def settled_as(**changed):
    """Make an override that writes something else than was said."""
    return lambda kept, self, settled: kept(attrs.evolve(settled, **changed))


def retries_anything(kept, self, tenant, key, at):
    """Let any message be tried anew."""
    row = self._outbox._rows.get((tenant, key))
    if row is not None:
        row.message = attrs.evolve(row.message, state="dead")
    return kept(tenant, key, at)


def retries_at_the_end(kept, self, tenant, key, at):
    """Put what is tried anew behind all others."""
    done = kept(tenant, key, at)
    if done:
        row = self._outbox._rows[tenant, key]
        row.number = 10**6
        self._outbox._pending.pop((tenant, key))
        self._outbox._pending[tenant, key] = row
    return done


def discards_nothing(kept, self, tenant, key):
    """Say that it was let go."""
    return self._outbox._for_people(tenant, key) is not None
