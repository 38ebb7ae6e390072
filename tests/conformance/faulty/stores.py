"""
Stores that each break some law: a store in memory, one of whose methods does it wrongly.

`tests/conformance/test_faults.py` runs these suites in a process of their own, and looks whether the laws find it.
"""

from datetime import timedelta
from typing import ClassVar

import attrs
import pytest
from tests.conformance.faulty.store_methods import (
    adds_again,
    any_tenant,
    begins_anew,
    changed_first,
    claims_in_vain,
    claims_step_by_step,
    claims_whatever_there_is,
    compares_priorities,
    discards_nothing,
    drops_leases,
    finds_all,
    forgives_groups,
    from_the_start,
    history_that,
    indexes_requesters,
    keeps_leases,
    keeps_part,
    keeps_the_first,
    last_wins,
    later,
    lease_is_for_ever,
    leases_everything,
    leases_in_blocks,
    leases_the_oldest,
    leaves_traces,
    loading,
    loses_settlements,
    moved_in_time,
    of_everybody,
    pages_by_number,
    redacts_all,
    redacts_everything,
    redacts_too_early,
    remembers_keys,
    retries_anything,
    retries_at_the_end,
    reversed_order,
    sets_back_for_good,
    sets_back_in_silence,
    sets_back_nothing,
    settled_as,
    settles_anything,
    shows_the_end_again,
    skips_one,
    sooner,
    stays_parked,
    stops_at_a_loser,
    store,
    swallows,
    unlimited,
    unparks_anybody,
    uses_keys_again,
    with_outbox,
)

from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.protocols import Loaded
from supporttiers.testing.suites import StoreSuite

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
    store("IncomingFromTheStart", incoming=from_the_start),
    store("ParkedFromTheStart", parked=from_the_start),
    store("MessagesFromTheStart", messages=from_the_start),
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
    "test_incoming_links_come_in_pages": ["IncomingFromTheStart", "IncomingSkips"],
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
    "test_messages_come_in_pages": ["MessagesFromTheStart", "ListsSkip"],
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
    "test_parked_cases_come_in_pages": ["ParkedFromTheStart", "ParkedOutOfOrder", "SetsBackNothing"],
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
