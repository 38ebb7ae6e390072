"""What can be done with a case where it stands: verbs with as little as they need, and what vendors may say."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from supporttiers import commands as wanted
from supporttiers._fields import nearest, type_name
from supporttiers._machine import possible_from, state_name
from supporttiers.actors import Actor, ActorKind
from supporttiers.cases import Case
from supporttiers.commands import COMMANDS, Command
from supporttiers.errors import InputError
from supporttiers.links import VENDOR_LIVE, VendorStatus
from supporttiers.process import SupportProcess
from supporttiers.testing.exploring.findings import VENDOR_UPDATE, Choice
from supporttiers.testing.situations import a_command

Offer = tuple[tuple[Choice, Command], ...]
"""One thing that can be done, by each of those who may try it; of several the first who is let counts."""

DEFAULT_VERBS: Final = (
    "start", "release", "assign", "reply", "escalate", "hand_back", "transfer", "wait", "resume", "resolve", "reopen",
    "close", "cancel", "dispatch", "tell_vendor", "withdraw", VENDOR_UPDATE, "approve", "decline",
)  # fmt: skip
"""The verbs that change the course of a case."""

_OF_CUSTOMERS: Final = frozenset({"reply", "reopen", "cancel", "rate", "note", "watch", "unwatch"})
_OF_MOVES: Final[Mapping[str, str]] = {
    "escalate": "tier", "hand_back": "tier", "reopen": "tier", "wait": "wait_reason"
}  # fmt: skip
_TIMELESS: Final = frozenset({"start", "release", "resume", "resolve", "close", "cancel"})
_KINDS: Final = {kind.trigger: kind for kind in COMMANDS}
_NEVER: Final = frozenset({"open", "count_affected"})
_SAID_BY_VENDORS: Final = tuple(status for status in VendorStatus if status is not VendorStatus.REQUESTED)


class Alphabet:
    """What can be done, for one process and one set of people."""

    def __init__(
        self, process: SupportProcess, case_id: str, *, requester: Actor, actors: Sequence[Actor] | None,
        commands: Iterable[str | Command] | None, notes: bool = False,
    ) -> None:  # fmt: skip
        """Learn who may do what; nobody named means a requester, an agent, and a manager with every role."""
        self._process = process
        self._case_id = case_id
        usual = (*DEFAULT_VERBS, "note") if notes else DEFAULT_VERBS
        given = usual if commands is None else tuple(commands)
        self._verbs = frozenset(each for each in given if isinstance(each, str))
        self._own = tuple(each for each in given if isinstance(each, Command))
        for each in given:
            _check(each)
        self._each = actors is not None
        people = actors if actors is not None else (requester, Actor.agent("anna"), manager_of(process))
        self._customers = tuple(actor for actor in people if actor.kind is ActorKind.CUSTOMER)
        self._house = tuple(actor for actor in people if actor.kind is not ActorKind.CUSTOMER)
        named = process.named_vendors
        self._vendors = (*sorted(named.by_tiers), *sorted(named.names - named.by_tiers))
        self._by_place: dict[tuple[object, ...], tuple[Offer, ...]] = {}
        self._by_ticket: dict[tuple[object, ...], tuple[Offer, ...]] = {}
        self._by_held: dict[tuple[object, ...], tuple[Offer, ...]] = {}

    def offers(self, case: Case) -> Iterator[Offer]:
        """Give what can be tried with a case; the same for the same state, in the same order."""
        place = case.tier, case.status, case.team, case.resume_to is None, case.assignee is None, case.vendors
        found = self._by_place.get(place)
        if found is None:
            found = self._by_place[place] = tuple(self._at_place(case))
        yield from found
        if case.vendor_tickets and VENDOR_UPDATE in self._verbs:
            for number, ticket in enumerate(case.vendor_tickets):
                if ticket.status in VENDOR_LIVE and ticket.remote_id is not None:
                    yield from self._from_vendor(number, ticket.vendor, ticket.key, ticket.remote_id, ticket.status)
        if case.held is not None:
            yield from self._answers(case.held.approvers)

    # -- where it stands

    def _at_place(self, case: Case) -> Iterator[Offer]:
        for verb, given in self._moves(case):
            if verb in self._verbs:
                yield from self._offers(verb, given)
        for verb in sorted(self._verbs - set(DEFAULT_VERBS)):
            command = a_command(verb, case)
            yield from self._offers(verb, own_fields(command))
        for own in self._own:
            yield ((Choice(verb=own.trigger, by=own.by, given=own_fields(own)), self._for_case(own)),)

    def _moves(self, case: Case) -> Iterator[tuple[str, dict[str, Any]]]:
        yield "reply", {"text": "A word."}
        if case.is_open and case.assignee is None:
            yield "assign", {}
        done: set[str] = set()
        for trigger, target in possible_from(self._process.table, state_name(case.tier, case.status)):
            if trigger == "transfer" and trigger not in done:
                teams = self._process.tier_at(case.tier).teams
                yield from (("transfer", {"team": team}) for team in teams if team != case.team)
            elif trigger in _OF_MOVES and _leads_on(trigger, target, case):
                name = _OF_MOVES[trigger]
                yield trigger, {name: target if name == "wait_reason" else int(target.removeprefix("tier"))}
            elif trigger in _TIMELESS and trigger not in done and (trigger != "resume" or case.resume_to is not None):
                yield trigger, {}
            done.add(trigger)
        if case.is_open:
            yield from (("dispatch", {"vendor": vendor}) for vendor in self._vendors if vendor not in case.vendors)
        for vendor in dict.fromkeys(case.vendors):
            yield "tell_vendor", {"vendor": vendor, "text": "A word."}
            yield "withdraw", {"vendor": vendor}

    def _offers(self, verb: str, given: dict[str, Any]) -> Iterator[Offer]:
        """Give one offer for each side; where people were named, one for each of them."""
        sides = [self._house] if verb != "rate" else []
        sides += [self._customers] if verb in _OF_CUSTOMERS and (self._each or verb in {"reply", "rate"}) else []
        for side in sides:
            tried = tuple(self._choice(verb, actor, given) for actor in side)
            yield from (((each,) for each in tried) if self._each else ((tried,) if tried else ()))

    def _choice(self, verb: str, actor: Actor, given: dict[str, Any]) -> tuple[Choice, Command]:
        fields = {"assignee": actor.id} if verb == "assign" and not given else given
        command = _KINDS[verb](case_id=self._case_id, by=actor, **fields)
        return Choice(verb=verb, by=actor, given=fields), command

    def _for_case(self, command: Command) -> Command:
        return attrs.evolve(command, case_id=self._case_id, at=None)

    # -- vendors and approvals

    def _from_vendor(
        self, number: int, vendor: str, key: str, remote_id: str, status: VendorStatus
    ) -> tuple[Offer, ...]:
        place = number, key, remote_id, status
        found = self._by_ticket.get(place)
        if found is None:
            found = self._by_ticket[place] = tuple(
                ((
                    Choice(
                        verb=VENDOR_UPDATE, by=Actor.vendor(vendor),
                        given={"vendor": vendor, "ticket": number, "status": said},
                    ),
                    wanted.VendorUpdate(
                        case_id=self._case_id, by=Actor.vendor(vendor), vendor=vendor, key=key, remote_id=remote_id,
                        status=said,
                    ),
                ),)
                for said in _SAID_BY_VENDORS if said is not status
            )  # fmt: skip
        return found

    def _answers(self, approvers: tuple[str, ...]) -> tuple[Offer, ...]:
        found = self._by_held.get(approvers)
        if found is None:
            asked = [*self._house]
            if not self._each:
                asked += [Actor.manager("max", roles=approvers), *map(Actor.manager, approvers)]
            tried = [[self._choice(verb, actor, {}) for actor in asked] for verb in ("approve", "decline")]
            offers = [((each,) for each in one) if self._each else (tuple(one),) for one in tried]
            found = self._by_held[approvers] = tuple(offer for several in offers for offer in several)
        return tuple(offer for offer in found if offer and offer[0][0].verb in self._verbs)


def _leads_on(trigger: str, target: str, case: Case) -> bool:
    """Whether a move of the table is one of this case: ended cases move between tiers by reopening."""
    if trigger in {"escalate", "hand_back"}:
        return case.is_open
    return trigger != "wait" or target != "vendor" or bool(case.vendors)


def _check(each: object) -> None:
    if isinstance(each, Command) and each.trigger not in _NEVER:
        return
    if isinstance(each, str) and each in _KINDS and each not in _NEVER:
        return
    if not isinstance(each, str | Command):
        problem = f"must be verbs, such as 'escalate', or commands, not {type_name(each)}"
        raise InputError("", "commands", problem)
    verb = each if isinstance(each, str) else each.trigger
    possible = sorted(set(_KINDS) - _NEVER)
    meant = nearest(verb, possible)
    advice = f"did you mean {meant!r}?" if meant and meant != verb else f"possible are: {', '.join(possible)}"
    raise InputError("", "commands", f"has {verb[:40]!r}, which cannot be explored; {advice}")


def own_fields(command: Command) -> dict[str, Any]:
    """Give what a command says beyond its defaults."""
    common = {"case_id", "by", "at"}
    return {
        field.name: value
        for field in attrs.fields(type(command))
        if field.name not in common and (value := getattr(command, field.name)) != _default_of(field)
    }


def _default_of(field: "attrs.Attribute[Any]") -> object:
    default: Any = field.default
    return default.factory() if isinstance(default, attrs.Factory) else default  # type: ignore[arg-type]


def manager_of(process: SupportProcess) -> Actor:
    """Make somebody who has every role of which the process speaks."""
    roles: dict[str, None] = {}
    for policy in process.policies:
        for rule in (policy, *getattr(policy, "rules", ())):
            for name in ("roles", "approvers"):
                roles |= dict.fromkeys(role for role in getattr(rule, name, None) or () if isinstance(role, str))
    return Actor.manager("max", roles=list(roles)[:50])
