"""
Why something is so: a stable code with its parameters.

Every error, event, explanation and finding carries a `Reason`. Its text is English; hosts that speak other languages
translate by `code` and `params`. The codes in `CODES` are public and stable.
"""

from collections.abc import Mapping
from typing import Final

import attrs

CODES: Final[Mapping[str, str]] = {
    # why a case stands where it stands
    "case.opened": "opened at tier {tier} by {by}",
    "case.tier": "at tier {tier} ({name}) since {since}",
    "case.status": "{status} since {since}",
    "case.waiting": "waiting for {wait_reason}",
    "case.assigned": "assigned to {assignee}",
    "case.unassigned": "nobody is assigned",
    "case.request": "the request of {since} has not reached vendor {vendor!r} yet",
    "case.request_failed": "the request did not reach vendor {vendor!r}; it was given up at {since}",
    "case.request_heard": "the request to vendor {vendor!r}: {status}",
    "case.request_over": "the request to vendor {vendor!r}: {status} since {since}",
    "case.request_unknown": "the request to vendor {vendor!r}: unknown, for the vendor calls it {word!r}",
    "case.ticket": "ticket {id} at vendor {vendor!r}: {status}",
    "case.ticket_over": "ticket {id} at vendor {vendor!r}: {status} since {since}",
    "case.ticket_unknown": "ticket {id} at vendor {vendor!r}: unknown, for the vendor calls it {word!r}",
    "case.held": "{trigger} by {by} waits for the approval of {approvers}: {why}",
    "case.follow_up": "case {case_id} goes on with it",
    "case.ended": "{status}: nothing happens by itself",
    "case.idle": "nothing happens by itself; it waits for somebody to act",
    # why it was moved
    "move.manual": "moved by {by}",
    "move.limit": "limit {limit!r} reached {threshold} of {target} at {due_at}",
    "move.reply": "the requester replied",
    "move.vendor": "vendor {vendor!r} answered: {status}",
    "move.withdrawn": "the request to vendor {vendor!r} was withdrawn",
    "move.wait_over": "the agreed time of waiting is over",
    "management.asked": "{by} asks for attention",
    "inform.asked": "{by} asks for attention",
    "inform.step": "{title}: {after} have passed",
    "inform.cascade": "case {case} (its {link}): {on}; see: {reference}",
    "satisfaction.asked": "a word about how satisfied the requester is with the answer",
    "inform.news": "there is news about the case",
    "inform.enough": "this is enough about it for a day (limit: {limit}): for some hours no more is sent to you",
    "inform.silenced": "one of those told about it has had enough for a day (limit: {limit}), and gets no more for now",
    "inform.undelivered": "a message for {to} by {notifier} has not arrived: {problem}",
    "inform.unsure": "nobody knows whether a message for {to} by {notifier} has arrived: {problem}",
    "fix.asked": "{count} cases are affected: a fix is asked for",
    "dispatch.no_vendor": "no rule names a vendor for a case at tier {tier}",
    "dispatch.not_sent": "nothing was sent to vendor {vendor!r}: {why}",
    "vendor.reminder": "We are still waiting for news about this request. Please tell us how far it is.",
    "vendor.escalation": "This request is overdue by our agreement. Please see to it first, and tell us until when.",
    "vendor.withdrawal": "This request is withdrawn: nothing more is needed. Thank you.",
    "vendor.again": "The matter is not settled by this answer. Please look into it again.",
    "vendor.replied": "vendor {vendor!r} has written",
    "vendor.answered": "vendor {vendor!r} answered: {status}",
    "vendor.answered_with_words": "vendor {vendor!r} answered: {status}, and has written",
    "vendor.unreached": "the request did not reach vendor {vendor!r}",
    "vendor.not_told": "vendor {vendor!r} does not have the request of {since} yet, and was told nothing about being "
    "late",
    "vendor.asks": "vendor {vendor!r} waits for an answer",
    "vendor.after_end": "vendor {vendor!r} has said something on a ticket that was over; it is {status}",
    "vendor.moved": "vendor {vendor!r} has moved ticket {was} to {now}",
    "vendor.unmapped": "vendor {vendor!r} says {word!r}, which stands in no table of statuses; the ticket is unknown",
    "vendor.flood": "vendor {vendor!r} has {count} more entries than the {limit} that are taken of a ticket in a day; "
    "they are heard later",
    "vendor.ceiling": "vendor {vendor!r} has been told something about it {limit} times in 24 hours; nothing more is "
    "said for now",
    "vendor.unreachable": "vendor {vendor!r} cannot be asked since {since}",
    "move.missing": "should have been handed in first: {missing}",
    "move.approved": "approved",
    "move.scheduled": "it was to be done at this time: {name}",
    "move.follow_up": "resolved at {resolved_at}, it may be reopened for {within}; another case goes on with it",
    "move.no_way_back": "it is {status}, and is not reopened; another case goes on with it",
    "react.policy": "policy {policy!r} wants it",
    "react.refused": "policy {policy!r} wanted to {trigger}: {why}",
    "react.chain": "policy {policy!r} wants more than {limit} commands at one instant; the rest is dropped",
    "assign.policy": "policy {policy!r} chose",
    "assign.now": "asked now, the policies say:",
    "rule.policy": "policy {policy!r} says so",
    "move.adopted": "taken over from another system",
    "assign.chosen": "{agent} of team {team} comes first; open cases: {open}, the last one given: {since}",
    "assign.nobody": "policy {policy!r} finds nobody in team {team} who can take it",
    "assign.after": "{agent} comes after {chosen}; open cases: {open}, the last one given: {since}",
    "assign.unskilled": "{agent} lacks: {skills}",
    "assign.unavailable": "{agent} is {availability}",
    "assign.full": "{agent} has no room for another case; open cases: {open}",
    "assign.excluded": "it is taken from {agent}",
    "assign.no_agents": "nobody is known to work in team {team}",
    "assign.not_meant": "policy {policy!r} does not speak of this case",
    "assign.unrecorded": "who could be chosen from is not known, or was not recorded whole",
    "limits.renewed": "revision {revision} of process {process!r} is in force",
    "move.merged": "merged into case {into!r}",
    "move.bounced": "moved between {pair} {count} times; the limit is {limit}",
    # what comes next
    "next.threshold": "at {due_at} limit {limit!r} reaches {threshold}: {actions}",
    "next.overdue": "since {due_at} it is due that limit {limit!r} reaches {threshold}: {actions}",
    "next.wait_until": "at {due_at} it resumes by itself",
    "next.scheduled": "at {due_at}: {action} ({name})",
    "next.paused": "limit {limit!r} is paused with {remaining} left",
    # how due times came about
    "due.at": "limit {limit!r} allows {target} ({calendar}) from {started_at}, pauses: {pauses} ({paused}), "
    "due {due_at}",
    "due.paused": "limit {limit!r} allows {target} ({calendar}) from {started_at}, pauses: {pauses} ({paused}), paused",
    "due.over": "limit {limit!r} is overdue since {due_at}",
    "due.by_policy": "the target of limit {limit!r} was given by policy {policy!r}",
    "due.by_table": "the target of limit {limit!r} is its own for priority {priority}",
    "due.kept": "the target of limit {limit!r} is that of an earlier priority, rule or process",
    # why a command is refused
    "refused.move": "the process has no such move",
    "refused.direction": "tier {target} is not {direction} tier {tier}",
    "refused.no_target": "no tier to {trigger} to from tier {tier}",
    "refused.exists": "it exists already",
    "refused.no_ticket": "waiting for a vendor needs an open vendor ticket; dispatch first",
    "refused.not_covered": "the contract with vendor {vendor!r} does not cover it; it would need: {failing}",
    "refused.contract_not_begun": "the contract with vendor {vendor!r} begins on {starts}",
    "refused.contract_over": "the contract with vendor {vendor!r} has ended on {ends}",
    "refused.vendor_ceiling": "vendor {vendor!r} has been told something about it {count} times in 24 hours; "
    "the ceiling is {limit}",
    "refused.unheard": "it is {status}, and a reply does not reopen it; open a new case",
    "refused.window": "it was resolved at {resolved_at}, and may be reopened for {within}; open a new case",
    "refused.into_cancelled": "case {into!r} is cancelled; merge into an open one",
    "refused.ended": "it has ended as {status}",
    "refused.until_approved": "it waits for the approval of its {trigger}; approve or decline that first, or cancel it",
    "refused.nothing_held": "no approval is awaited",
    "refused.held": "an approval of {trigger} is awaited already",
    "refused.approver": "only {approvers} may {verb} it",
    "refused.own_request": "nobody may {verb} what they asked for themselves",
    "refused.reopen_tier": "from tier {tier} it does not move to tier {target}; leave the tier out, or reopen and move",
    "refused.not_requester": "only the requester may {verb}",
    "refused.team": "tier {tier} has no team {team!r}; it has: {teams}",
    "refused.link": "a case cannot be linked to itself",
    "refused.unresolved": "it is {status}; only a resolved or closed case can be rated",
    "refused.duplicate": "{what} {which!r} is there already",
    "refused.absent": "{what} {which!r} is not there",
    "refused.nobody_else": "no policy finds anybody else in team {team}",
    "refused.redact": "only agents and managers redact a case, and not one of their own",
    "refused.no_assignment": "the process has no policy that assigns; name somebody",
    "permit.text": "{text}",
    "permit.left_to": "{verb} is left to {who}",
    "permit.denied": "{who} may not {what}",
    "permit.missing": "missing for tier {tier}: {missing}",
    "permit.approval": "{what} needs the approval of {approvers}",
    # what stands against what
    "permit.rule_allow": "{what}: left to {who}",
    "permit.rule_deny": "{what}: not for {who}",
    "permit.rule_approval": "{what} by {who}: needs the approval of {approvers}",
    "permit.wants": "{what}: wants {wanted}",
    "permit.wants_missing": "{what}: wants {wanted}; missing: {missing}",
    # what became of a command that waited for approval
    "held.asked": "{trigger} waits for approval: {why}",
    "held.declined": "{trigger} was declined",
    "held.refused": "{trigger} was approved, but refused by then: {why}",
    "held.ended": "{trigger} is no longer wanted: the case has ended as {status}",
    "held.redacted": "{trigger} is no longer known: the case was redacted",
    # why the policies said what they said
    "route.policy": "routed by policy {policy!r}",
    "route.taken": "route {rule} holds: {to}",
    "route.rejected": "route {rule} does not hold: {failing}",
    "priority.cell": "impact {impact} and urgency {urgency} come to {priority}",
    "priority.no_cell": "the matrix has nothing for impact {impact} and urgency {urgency}",
    "priority.taken": "priority rule {rule} holds: {priority}",
    "priority.rejected": "priority rule {rule} does not hold: {failing}",
    "target.taken": "target rule {rule} holds for limit {limit!r}: {target}",
    "target.rejected": "target rule {rule} does not hold for limit {limit!r}: {failing}",
    # what was wrong with what was handed in
    "input.invalid": "{field}: {problem}",
    "input.stale": "version {expected} was expected, {found} found",
    "input.idempotency": "the key was used for another command",
    "input.not_found": "no such case",
    "input.not_permitted": "not permitted",
    # what is wrong with a worker
    "worker.stopped": "the worker does not run",
    "worker.stuck": "no whole pass since {since}; healthy is one within {within}",
    "worker.unread": "what waits cannot be read from the store",
    "worker.late": "{what} have been due for {lag}; healthy is at most {within}",
    # definitions and operators
    "error": "{text}",
    "process.faults": "{count} fault(s)",
    "mapping.faults": "{count} fault(s)",
    "monitors.faults": "{count} fault(s)",
    "scenario.faults": "{count} fault(s)",
    "directory.faults": "{count} fault(s)",
    "log.invalid": "row {row}, column {column}: {problem}",
    "calendar.invalid": "{problem}",
    "policy.invalid": "{problem}",
    "plugin.invalid": "{problem}",
    "transaction.unsupported": "on() cannot work on a {kind}: {problem}",
    "transaction.autocommit": "this {kind} is in autocommit mode, and no transaction is open on it; {how}",
    "backend.failed": "{backend}: {problem}",
    "webhook.refused": "a call for vendor {vendor!r} was refused: {problem}",
    # what became of a vendor's call
    "webhook.taken": "the case was given what vendor {vendor!r} says",
    "webhook.duplicate": "what vendor {vendor!r} says had been taken before",
    "webhook.hint": "vendor {vendor!r} is asked by the next pass",
    "webhook.unknown": "it concerns no ticket at vendor {vendor!r} that is known here",
    # why a case was set aside
    "park.undecided": "what is due on it could not be decided, {failures} times in a row: {problem}",
    # why a case of a person was not redacted
    "redact.undecided": "it cannot be decided: {problem}",
    # what a sweep met
    "limit.no_action": "the process refuses {action!r}: {why}",
    "limit.chain": "time gave {limit} commands at one instant, and more are due then; the process may run in a circle",
    # what a check finds about a process
    "check.tier_unreachable": "no case can come to tier {tier} ({name})",
    "check.tier_no_exit": "a case at tier {tier} ({name}) can neither be resolved nor go where it can be",
    "check.cycle_unlimited": "a case can go round for ever ({round}): no limit that does anything measures all of it",
    "check.endless_round": "time alone sends a case round for ever: {round}",
    "check.stuck": "a case that is {statuses} at tier {tier} ({name}) can stay so for ever: no clock runs that tells "
    "anybody or does anything",
    "check.stuck_some": "at tier {tier} ({name}) a case of {what} can be {statuses} for ever: no clock runs for it "
    "that tells anybody or does anything",
    "check.waits_forever": "a case that waits for {wait_reason} can wait for ever (at tier {tiers}): no clock runs "
    "that tells anybody or does anything",
    "check.pause_idle": "it never makes the stopwatch of limit {limit!r} stand still",
    "check.stop_idle": "it never holds, so that the stopwatch of limit {limit!r} never reaches its goal",
    "check.reset_always": "it holds while the stopwatch of limit {limit!r} lives, which always begins again",
    "check.threshold_never": "threshold {threshold} of limit {limit!r} lies before its start, and never fires",
    "check.threshold_after_end": "threshold {threshold} of limit {limit!r} lies behind one that ends it: {action}",
    "check.limit_never": "limit {limit!r} never fires: {by!r} always fires before, at {at}, and ends it: {action}",
    "check.targets_sum": "the tiers may take {sum} in all ({tiers}); limit {limit!r} allows {target} (priority "
    "{priority})",
    "check.contract_longer": "the vendor has {contract} by limit {limit!r}; limit {by!r}, which runs meanwhile, allows "
    "{target} (priority {priority})",
    "check.holidays_end": "the holidays of calendar {calendar!r} ({source}) end with {until}; later days count as "
    "usual",
    "check.closed_long": "calendar {calendar!r} is closed from {since} to {until}, {days} days; limit {limit!r}, which "
    "allows {target}, stands still meanwhile",
    "check.into_closed_hours": "limit {limit!r} can send a case to tier {tier} when that is closed for hours, such as "
    "on {day} at {time} UTC: its hours are {calendar!r}, those of the tier {hours!r}",
    "check.rule_never": "it can never be taken: {by} holds whenever it does",
    "check.policy_never": "it is never asked where cases go: {by} takes all that come so far",
    "check.nobody_may": "nobody may {what}, whatever their kind and roles",
    "check.requirement_never": "no case can ever have what is wanted for {what}: {problem}",
    "check.team_empty": "nobody works in team {team!r}",
    "check.role_empty": "nobody has the role {role!r}",
    "check.no_way_back": "no answer of its vendor brings a case back from tier {tier} ({name})",
    "check.vendor_name": "no tier, rule or action sends a case to vendor {vendor!r}; {near!r} may be meant",
    "check.vendor_unreached": "no tier, rule or action sends a case to vendor {vendor!r}; only people can",
    "check.vendor_dispatch": "nothing else speaks of vendor {vendor!r}; {near!r} may be meant",
    "check.contract_ends": "the contract with vendor {vendor!r} ends on {ends}; later nothing is sent there",
    "check.message_to": "{to!r} is a word of your own, and not a role that the library tells; {near!r} may be meant",
    "check.ignore_idle": "nothing is found there that {code!r} stands for",
    # what verification finds
    "verify.gap": "version {expected} was expected, {found} found",
    "verify.digest": "the digest of version {version} does not match its bytes",
    "verify.fold": "the stored case differs from the fold of its events in: {fields}",
    "verify.unreadable": "version {version} cannot be read: {problem}",
    "verify.head": "the stored head digest differs from that of the last event",
}


FOR_CUSTOMERS: Final = frozenset({
    "inform.news", "inform.enough", "inform.cascade", "satisfaction.asked", "held.declined", "held.ended",
})  # fmt: skip
"""Of which customers may be told; all others are for the house, and a message of them says that there is news."""


def _copied(params: Mapping[str, object]) -> dict[str, object]:
    return dict(params)


@attrs.frozen
class Reason:
    """
    One why, as data.

    `str()` gives English; a code that this release does not know is shown with its parameters.

    >>> str(Reason("case.waiting", {"wait_reason": "customer"}))
    'waiting for customer'

    Attributes:
        code: One of `CODES`, or a plugin's own dotted code.
        params: What the code's text speaks about; plain strings, numbers and None.

    .. versionadded:: 0.1.0
    """

    code: str
    params: Mapping[str, object] = attrs.field(factory=dict, converter=_copied, hash=False)

    def __str__(self) -> str:
        """Say it in English."""
        text = CODES.get(self.code)
        if text is None:
            listed = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
            return f"{self.code}({listed})"
        return text.format_map(_Shown(self.params))


class _Shown(dict[str, object]):
    """
    Parameters for a text; a missing one is shown as `?` instead of raising while an error is being told.

    Who it was stands on an event apart from its reason, where a redaction finds it: the reason says "somebody".
    """

    def __missing__(self, key: str) -> str:
        return "somebody" if key == "by" else "?"
