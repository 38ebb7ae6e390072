"""
Stores that each break some law: a store in memory, one of whose methods does it wrongly.

`tests/conformance/test_faults.py` runs these suites in a process of their own, and looks whether the laws find it.
"""

import contextlib
from datetime import timedelta
from functools import partial
from typing import ClassVar

import attrs
import pytest

from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.match import Match
from supporttiers.protocols import Loaded
from supporttiers.testing.suites import StoreSuite


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


KINDS = [
    store("Nameless", name=" "),
    store("SaysItIsDurable", capabilities=frozenset({"durable", "magic"})),
    loading("LosesSubjects", subject=lambda _: ""),
    loading("LosesMicroseconds", opened_at=lambda at: at.replace(microsecond=0)),
    loading("MovesHours", opened_at=lambda at: at + timedelta(hours=1)),
    loading("KnowsAscii", subject=lambda text: text.encode("ascii", "replace").decode()),
    loading("ForgetsStopwatches", stopwatches=lambda _: ()),
    store("RaisesOnTheUnknown", load=lambda kept, self, tenant, case_id, /, **more: Loaded(
        case=self._rows[tenant, case_id].case, used=kept(self, tenant, case_id, **more).used)),
    store("ForgetsKeys", load=lambda kept, self, *args, key=None: kept(self, *args)),
    store("LoadsTheFirst", load_many=lambda kept, self, tenant, ids, /: kept(self, tenant, ids[:1])),
    store("LoadsTheUnknown", load_many=lambda kept, self, tenant, ids, /: {
        **dict.fromkeys(ids), **kept(self, tenant, ids)}),
    store("LastWins", _commit=last_wins),
    store("LeavesTraces", _commit=leaves_traces),
    store("StopsAtALoser", commit=stops_at_a_loser),
    store("LosesSettlements", _commit=loses_settlements),
    store("RemembersKeys", _use_key=remembers_keys),
    store("UsesKeysAgain", _use_key=uses_keys_again),
    store("ForgetsNoKeys", forget_keys=lambda kept, self, before, /: 0),
    store("ForgetsTooMany", forget_keys=lambda kept, self, before, /: kept(self, later(before))),
    store("ListsAllKeys", key_uses=lambda kept, self, tenant, case_id, /: sorted(
        self._used.values(), key=lambda used: used.key)),
    store("ForgetsFacts", history=history_that(lambda event: attrs.evolve(event, facts=None))),
    store("ForgetsRecording", history=history_that(lambda event: attrs.evolve(event, recorded_at=None))),
    store("TellsAll", history=from_the_start),
    store("CountsAll", workload=lambda kept, self, tenant, agents, /: {
        agent: attrs.evolve(load, channels={name: count + 1 for name, count in load.channels.items()})
        for agent, load in kept(self, tenant, agents).items()}),
    store("NeverForgetsWork", _workload=lambda kept, self, tenant, agent: attrs.evolve(
        kept(self, tenant, agent), channels={"": len(self._given.get((tenant, agent), ()))})),
    store("ForgetsWhen", _workload=lambda kept, self, *args: attrs.evolve(kept(self, *args), assigned_at=None)),
    store("AgentsOutOfOrder", agents=reversed_order),
    store("NeverRemovesAgents", remove_agent=lambda kept, self, *args: True),
    store("KeepsTheFirstAgent", put_agent=lambda kept, self, tenant, agent, /:
        None if (tenant, agent.id) in self._agents else kept(self, tenant, agent)),
    store("FindsAll", _meeting=finds_all),
    store("OfEverybody", _meeting=of_everybody),
    store("ComparesPriorities", _meeting=compares_priorities),
    store("PagesByNumber", find=pages_by_number),
    store("ShowsTheEndAgain", find=shows_the_end_again),
    store("BeginsAnew", find=begins_anew),
    store("CountsNoNone", counts=lambda kept, self, *args, **more: {
        value: count for value, count in kept(self, *args, **more).items() if value is not None}),
    store("ForgivesGroups", counts=forgives_groups),
    store("ClaimsTooEarly", **moved_in_time("claim", later)),
    store("ClaimsTooLate", **moved_in_time("claim", sooner)),
    store("ClaimsWithoutLimit", claim=unlimited),
    store("ClaimsForAnybody", claim=any_tenant),
    store("ClaimsInVain", claim=claims_in_vain),
    store("ClaimsWhateverThereIs", claim=claims_whatever_there_is),
    store("ClaimsStepByStep", claim=claims_step_by_step),
    store("Swallows", claim=swallows),
    store("DueOutOfOrder", _due=reversed_order),
    store("SetsBackForGood", _set_back=sets_back_for_good),
    store("SetsBackInSilence", _set_back=sets_back_in_silence),
    store("SetsBackNothing", _set_back=sets_back_nothing),
    store("StaysParked", _commit=stays_parked),
    store("UnparksAnybody", unpark=unparks_anybody),
    store("ParkedOutOfOrder", parked=reversed_order),
    store("OverdueAtTheInstant", **moved_in_time("overdue", later)),
    store("NoBacklog", backlog=lambda kept, self, now, /, **more: kept(self, now - timedelta(days=999), **more)),
    store("BacklogOfAll", backlog=any_tenant),
    store("NextWakeOfAll", next_wake=any_tenant),
    store("TicketsWithoutTurns", asked=lambda kept, self, tickets, at, /: None),
    store("TicketsAskedAtOnce", **moved_in_time("open_tickets", later)),
    store("TicketsForEver", _follow_tickets=lambda kept, self, tenant, case: None if any(
        ticket.remote_id and (tenant, case.id, ticket.key) in self._tickets for ticket in case.vendor_tickets
    ) else kept(self, tenant, case)),
    store("NewsAreTurns", _follow_tickets=lambda kept, self, tenant, case: [
        kept(self, tenant, case), [self._asked.pop((tenant, case.id, one.key), None) for one in case.vendor_tickets]]),
    store("NoIncoming", incoming=lambda kept, self, *args, **more: []),
    store("IncomingForEver", _follow_links=lambda kept, self, tenant, case, before: kept(self, tenant, case, ())),
    store("IncomingSkips", incoming=skips_one),
    store("ReplacesProcesses", put_process=lambda kept, self, name, revision, body, at, /:
        self._processes.update({(name, revision): (body, at)})),
    store("WakesNobody", wake_followers=lambda kept, self, *args: 0),
    store("FindsEverythingSound", verify=lambda kept, self, *args: ()),
    store("FindsNothingSound", verify=lambda kept, self, *args: ("?",)),
    store("OneHouse", load=lambda kept, self, tenant, case_id, /, **more: next(
        (found for owner in ("acme", "other") if (found := kept(self, owner, case_id, **more)).case),
        Loaded(case=None))),
    store("ClosesForGood", close=lambda kept, self: self._rows.clear()),
    store("RedactsAll", _redact=redacts_all),
    store("RedactsTooEarly", _commit=redacts_too_early),
    store("RedactsEverything", _redact=redacts_everything),
    store("KeepsEvents", _redact=keeps_part("events")),
    store("KeepsHashes", _redact=keeps_part("keys")),
    store("IndexesRequesters", _meeting=indexes_requesters, _commit=keeps_the_first),
    with_outbox("KeepsMessages", redact=lambda kept, self, *args: None),
    with_outbox("SettlesAnything", settle=settles_anything),
    with_outbox("SettlesNothing", settle=lambda kept, self, settled: True),
    with_outbox("AddsAgain", add=adds_again),
    with_outbox("LosesReasons", add=changed_first(lambda one: attrs.evolve(one, target="mail"))),
    with_outbox("NeverWaits", add=changed_first(lambda one: attrs.evolve(one, not_before=one.at))),
    with_outbox("LeasesEverything", lease=leases_everything),
    with_outbox("LeasesInBlocks", lease=leases_in_blocks),
    with_outbox("LeasesTheOldest", lease=leases_the_oldest),
    with_outbox("LeaseIsForEver", lease=lease_is_for_ever),
    with_outbox("LeasesForNoTime", lease=lambda kept, self, now, until, token, limit, tenant: kept(
        now, now, token, limit, tenant)),
    with_outbox("LeasesForAnybody", lease=lambda kept, self, now, until, token, limit, tenant: kept(
        now, until, token, limit, None)),
    with_outbox("KeepsLeases", settle=keeps_leases),
    with_outbox("DropsLeases", settle=drops_leases),
    with_outbox("ForgetsAttempts", settle=settled_as(attempts=0)),
    with_outbox("ForgetsResults", settle=settled_as(result="")),
    with_outbox("ListsAll", listed=lambda kept, self, tenant, state, case_id, after, limit: kept(
        tenant, None, None, after, limit)),
    store("ListsSkip", messages=skips_one),
    with_outbox("RetriesAnything", retry=retries_anything),
    with_outbox("RetriesAtTheEnd", retry=retries_at_the_end),
    with_outbox("DiscardsNothing", discard=discards_nothing),
]  # fmt: skip
"""The stores."""

FOUND_BY = {
    "test_a_page_of_nothing_is_refused": ["BeginsAnew"],
    "test_a_process_is_known_by_when_it_was_kept": ["ReplacesProcesses"],
    "test_a_waiting_message_holds_back_those_behind_it": ["ForgetsAttempts", "LosesReasons"],
    "test_a_wake_up_moves_with_each_commit": ["ClaimsTooLate"],
    "test_agent_is_replaced_and_removed": ["KeepsTheFirstAgent", "NeverRemovesAgents"],
    "test_agents_come_back_equal_and_in_order": ["AgentsOutOfOrder"],
    "test_backlog_says_what_waits": ["BacklogOfAll", "NoBacklog"],
    "test_case_goes_on_after_redaction_and_is_redacted_again": ["KeepsEvents", "FindsNothingSound"],
    "test_case_that_has_nothing_to_do_may_be_woken_later": ["ClaimsInVain"],
    "test_case_that_its_events_do_not_make_is_found": ["FindsEverythingSound"],
    "test_cases_of_older_limits_are_woken": ["WakesNobody"],
    "test_claim_that_fails_writes_nothing": ["Swallows"],
    "test_claimed_case_that_has_moved_on_is_left": ["ClaimsWhateverThereIs", "SetsBackNothing"],
    "test_closed_store_opens_again": ["ClosesForGood"],
    "test_commit_on_a_version_that_never_was_is_refused": ["RaisesOnTheUnknown"],
    "test_commit_settles_nothing_by_a_lost_lease": ["SettlesAnything", "LeaseIsForEver"],
    "test_commit_settles_the_message_that_caused_it": ["LosesSettlements"],
    "test_commit_takes_a_case_out_of_parking": ["StaysParked"],
    "test_committed_case_comes_back_equal": ["MovesHours"],
    "test_counts_are_those_of_the_cases": ["CountsNoNone", "FindsAll"],
    "test_due_are_limited": ["ClaimsWithoutLimit"],
    "test_due_are_those_at_or_before_now": ["ClaimsTooEarly"],
    "test_end_of_a_page_belongs_to_its_order": ["PagesByNumber", "BeginsAnew"],
    "test_every_field_of_a_case_comes_back": ["ForgetsStopwatches", "LosesSubjects"],
    "test_every_kind_of_event_comes_back": ["ForgetsFacts"],
    "test_find_and_count_speak_of_one_tenant": ["OfEverybody", "ShowsTheEndAgain"],
    "test_find_answers_as_the_condition_does": ["FindsAll"],
    "test_history_begins_after_a_version": ["ForgetsFacts", "TellsAll"],
    "test_history_says_when_it_was_recorded": ["ForgetsRecording"],
    "test_incoming_links_are_known": ["NoIncoming"],
    "test_incoming_links_come_in_pages": ["IncomingSkips"],
    "test_instants_of_any_zone_come_back_as_the_same_instants": ["LosesMicroseconds"],
    "test_key_is_free_again_after_its_time": ["RemembersKeys", "UsesKeysAgain"],
    "test_key_is_remembered": ["OneHouse", "ForgetsKeys"],
    "test_key_is_used_once": ["UsesKeysAgain", "ForgetsKeys"],
    "test_lease_that_is_over_but_nobody_elses_still_counts": ["SettlesNothing"],
    "test_leased_message_is_given_to_nobody_else": ["LeasesForNoTime", "LeasesEverything"],
    "test_link_that_is_taken_back_is_not_known_any_more": ["IncomingForEver", "NoIncoming"],
    "test_lost_lease_changes_nothing": ["SettlesAnything", "LeaseIsForEver"],
    "test_many_wake_ups_moved_many_times_stay_in_order": ["DueOutOfOrder"],
    "test_merged_case_links_to_its_other": ["NoIncoming"],
    "test_message_that_goes_its_way_is_not_for_people_to_change": ["RetriesAnything"],
    "test_message_that_is_held_holds_back_only_itself": ["LeasesInBlocks", "NeverWaits"],
    "test_message_that_is_known_already_stays_as_it_is": ["AddsAgain"],
    "test_message_that_is_over_holds_back_nothing": ["SettlesAnything"],
    "test_message_that_went_wrong_may_be_let_go": ["DiscardsNothing", "RetriesAnything"],
    "test_message_that_went_wrong_may_be_tried_anew": ["RetriesAtTheEnd", "LeasesInBlocks"],
    "test_message_to_be_tried_again_is_leased_no_more": ["KeepsLeases"],
    "test_message_to_be_tried_again_remembers_its_attempts": ["ForgetsAttempts", "ForgetsResults"],
    "test_messages_are_listed_by_state_and_case": ["ListsAll"],
    "test_messages_come_back_in_the_order_in_which_they_were_caused": ["LosesReasons"],
    "test_messages_come_in_pages": ["ListsSkip"],
    "test_messages_may_be_asked_for_one_tenant_or_all": ["LeasesForAnybody", "LeaseIsForEver"],
    "test_messages_wait_until_their_time": ["NeverWaits"],
    "test_messages_whose_time_came_first_are_given_first": ["LeasesTheOldest", "NeverWaits"],
    "test_missing_event_is_found": ["FindsEverythingSound"],
    "test_next_commit_replaces_the_case": ["MovesHours"],
    "test_of_a_lane_only_the_first_is_given": ["LosesReasons", "LeaseIsForEver"],
    "test_of_two_threads_exactly_one_wins": ["LastWins"],
    "test_old_keys_are_forgotten": ["ForgetsNoKeys", "ForgetsTooMany"],
    "test_one_case_may_be_committed_several_timesat_once": ["StopsAtALoser"],
    "test_one_loser_does_not_hold_up_the_others": ["LoadsTheFirst", "StopsAtALoser"],
    "test_open_tickets_have_a_remote_id_and_no_end": ["TicketsForEver"],
    "test_opening_twice_is_refused": ["LosesSubjects"],
    "test_overdue_are_those_before_an_instant": ["OverdueAtTheInstant"],
    "test_pages_go_on_after_a_case_that_has_moved": ["PagesByNumber", "ShowsTheEndAgain"],
    "test_pages_show_every_case_once": ["ShowsTheEndAgain"],
    "test_parked_case_does_not_wake": ["SetsBackInSilence", "SetsBackForGood"],
    "test_parked_cases_come_in_pages": ["ParkedOutOfOrder", "SetsBackNothing"],
    "test_priorities_are_not_compared_by_a_store": ["ComparesPriorities", "ForgivesGroups"],
    "test_processes_are_kept_by_revision": ["ReplacesProcesses"],
    "test_redacted_case_is_found_by_nothing_personal": ["IndexesRequesters", "ShowsTheEndAgain"],
    "test_redaction_deletes_the_hashes_of_keys": ["KeepsHashes", "RedactsEverything"],
    "test_redaction_deletes_what_is_written_with_it": ["KeepsEvents", "KeepsMessages"],
    "test_redaction_deletes_what_was_private": ["ForgetsStopwatches", "KeepsEvents"],
    "test_redaction_finds_nothing_to_delete": ["FindsNothingSound"],
    "test_redaction_leaves_other_cases_alone": ["RedactsAll", "ListsAllKeys"],
    "test_redaction_takes_the_texts_out_of_messages": ["KeepsMessages", "LosesReasons"],
    "test_redaction_takes_the_texts_out_of_messages_that_are_done": ["KeepsMessages", "ForgetsResults"],
    "test_redaction_that_comes_too_late_deletes_nothing": ["RedactsTooEarly"],
    "test_setback_puts_a_case_off": ["SetsBackForGood", "SetsBackNothing"],
    "test_settled_message_may_keep_its_lease": ["DropsLeases", "LeasesForNoTime"],
    "test_several_cases_are_loadedat_once": ["LoadsTheFirst", "LoadsTheUnknown"],
    "test_sound_history_is_found_sound": ["FindsNothingSound"],
    "test_stale_commit_writes_nothing": ["LeavesTraces"],
    "test_store_has_a_name": ["Nameless", "SaysItIsDurable"],
    "test_tenants_do_not_see_each_other": ["LoadsTheUnknown", "OneHouse"],
    "test_texts_of_every_script_come_back": ["KnowsAscii", "LosesSubjects"],
    "test_ticket_that_was_asked_about_stays_asked_when_it_changes": ["NewsAreTurns", "TicketsAskedAtOnce"],
    "test_tickets_are_asked_about_in_turn": ["TicketsAskedAtOnce", "TicketsWithoutTurns"],
    "test_two_who_claim_at_once_get_different_cases": ["ClaimsInVain"],
    "test_two_who_lease_at_once_get_different_messages": ["LeasesTheOldest", "LeasesForNoTime"],
    "test_unknown_case_is_none": ["RaisesOnTheUnknown"],
    "test_unknown_group_is_refused": ["ForgivesGroups"],
    "test_unknown_order_is_refused": ["BeginsAnew"],
    "test_unparked_case_is_tried_again": ["UnparksAnybody", "SetsBackNothing"],
    "test_uses_of_keys_are_listed_by_case": ["ListsAllKeys"],
    "test_waking_may_be_asked_for_one_tenant_or_all": ["ClaimsForAnybody", "NextWakeOfAll"],
    "test_what_is_decided_of_a_claimed_case_is_written": ["ClaimsStepByStep", "TellsAll"],
    "test_what_is_no_end_of_a_page_is_refused": ["PagesByNumber", "BeginsAnew"],
    "test_workload_counts_open_cases_by_channel": ["CountsAll", "NeverForgetsWork"],
    "test_workload_forgets_what_has_ended_or_moved_on": ["CountsAll", "NeverForgetsWork"],
    "test_workload_says_when_somebody_was_last_given_a_case": ["ForgetsWhen"],
}
"""Of each law the names of stores that break it."""

BY_NAME = {kind.__name__: kind for kind in KINDS}
FAULTS = {law: [BY_NAME[name] for name in names] for law, names in FOUND_BY.items()}
"""Of each law the stores that break it."""


class _Suite(StoreSuite):
    kind: ClassVar = MemoryStore

    @pytest.fixture
    def store(self):
        """Give an empty store."""
        return self.kind()


class TestSound(_Suite):
    """Breaks nothing."""


for _kind in KINDS:
    _name = f"Test{_kind.__name__}"
    globals()[_name] = type(_name, (_Suite,), {"kind": _kind, "__module__": __name__})
