"""Permissions: moves that nobody may make, and hand-offs that want what no case can have."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, combinations
from typing import TYPE_CHECKING, Final

import attrs

from supporttiers.actors import Actor, ActorKind
from supporttiers.findings import Finding
from supporttiers.policies.handoff import PermitByHandOff, Requirement
from supporttiers.policies.permission import ALLOW, DENY, Permission, PermitByRules
from supporttiers.process._checks.ways import from_row, placed
from supporttiers.reasons import Reason

if TYPE_CHECKING:
    from supporttiers.process import SupportProcess

_PLACED: Final = ("open", "escalate", "hand_back", "transfer", "reopen")
"""The verbs that aim at a tier."""

_FEW: Final = 6


@attrs.frozen
class _Move:
    """A move of a process: what is done, at which level (None: at any), and to which level it leads."""

    verb: str
    level: int | None = None
    to: int | None = None

    def __str__(self) -> str:
        there = "" if self.to is None or self.to == self.level else f" to tier {self.to}"
        return f"{self.verb}{'' if self.level is None else f' at tier {self.level}'}{there}"


def of_permissions(process: "SupportProcess") -> Iterator[Finding]:
    """Find moves that nobody may make, and requirements that no case can meet."""
    rules = [(place, policy) for place, policy in placed(process) if isinstance(policy, PermitByRules)]
    actors = list(_actors([permission for _, policy in rules for permission in policy.rules]))
    for verb, moves in _moves(process).items() if rules else ():
        barred = [move for move in moves if not any(_may(actor, move, rules, process) for actor in actors)]
        if barred:
            yield from _of_barred(verb, moves, barred, rules, process)
    can_attach = any(_may(actor, _Move("attach"), rules, process) for actor in actors)
    for place, policy in placed(process):
        if isinstance(policy, PermitByHandOff):
            for number, requirement in enumerate(policy.requirements):
                problem = _never_met(requirement, can_attach=can_attach)
                if problem:
                    params = {"what": requirement.what, "problem": problem}
                    where = f"{place}.requirements[{number}]"
                    yield Finding(where, Reason("check.requirement_never", params))


# -- moves


_Rules = Sequence[tuple[str, PermitByRules]]


def _of_barred(
    verb: str, moves: Sequence[_Move], barred: Sequence[_Move], rules: _Rules, process: "SupportProcess"
) -> Iterator[Finding]:
    """Say it once of a verb that nobody may give at all, and else of each move, unless these are not listed."""
    if len(barred) < len(moves):
        found = [] if process.moves == "any" else [(str(move), move) for move in barred]
    else:
        found = [(verb, barred[0])]
    for what, move in found:
        place = next((place for place, policy in rules if _is_about(move, policy, process)), rules[0][0])
        yield Finding(place, Reason("check.nobody_may", {"what": what}))


def _is_about(move: _Move, policy: PermitByRules, process: "SupportProcess") -> bool:
    return any(_concerns(permission, move, process) for permission in policy.rules)


def _moves(process: "SupportProcess") -> Mapping[str, Sequence[_Move]]:
    """Give the moves of a process by their verbs, each once."""
    found: dict[str, dict[_Move, None]] = {}
    for row in process.rows:
        to = int(row.target.removeprefix("tier")) if row.trigger in _PLACED else None
        move = _Move(row.trigger, to if row.trigger == "open" else from_row(row), to)
        found.setdefault(row.trigger, {})[move] = None
    return {verb: list(moves) for verb, moves in found.items()}


def _actors(rules: Sequence[Permission]) -> Iterator[Actor]:
    """Give an actor of each kind with each choice of the roles that matter; with many roles, of one, two or all."""
    roles = sorted({role for permission in rules for role in permission.roles})
    sizes = range(len(roles) + 1) if len(roles) <= _FEW else (0, 1, 2, len(roles))
    choices = list(chain.from_iterable(combinations(roles, size) for size in sizes))
    for kind in ActorKind:
        yield from (Actor("anybody", kind, chosen) for chosen in choices)


def _may(actor: Actor, move: _Move, rules: _Rules, process: "SupportProcess") -> bool:
    """Whether some case lets an actor make a move: a rule with a condition may always hold to allow, never to deny."""
    return all(_passes(actor, move, policy, process) for _, policy in rules)


def _passes(actor: Actor, move: _Move, policy: PermitByRules, process: "SupportProcess") -> bool:
    about = [permission for permission in policy.rules if _concerns(permission, move, process)]
    if any(each.effect == DENY and each.names_actor(actor) and _always(each, move) for each in about):
        return False
    allowing = [each for each in about if each.effect == ALLOW]
    named = any(each.names_actor(actor) for each in allowing)
    return named or not any(_always(each, move) for each in allowing)


def _concerns(permission: Permission, move: _Move, process: "SupportProcess") -> bool:
    """Whether a rule can be about a move."""
    here = not permission.tiers or move.level is None or move.level in permission.tiers
    there = not permission.into or move.to in permission.into
    return move.verb in permission.verbs and here and there and (not permission.skipping or _skips(move, process))


def _skips(move: _Move, process: "SupportProcess") -> bool:
    if move.level is None or move.to is None:
        return False
    low, high = sorted((move.level, move.to))
    return any(low < level < high for level in process.tiers_by_level)


def _always(permission: Permission, move: _Move) -> bool:
    """Whether a rule that can be about a move always is."""
    return permission.when is None and (not permission.tiers or move.level is not None)


# -- requirements


def _never_met(requirement: Requirement, *, can_attach: bool) -> str | None:
    """Say why no case can have what is wanted; None where one can."""
    no_files = None if can_attach else "nobody may attach anything"
    parts: list[str | None] = [None] * len((*requirement.attributes, *requirement.facts, *requirement.tags))
    parts += [no_files] if requirement.attachments else []
    parts += [no_files or _no_type(name) for name in requirement.media_types]
    problems = [problem for problem in parts if problem]
    if not problems or (requirement.one_is_enough and len(problems) < len(parts)):
        return None
    return problems[0]


def _no_type(name: str) -> str | None:
    """Say what is wrong with a type that no file has."""
    if "/" in name or re.search(r"[*?\[]", name):
        return None
    return f"{name!r} is no type of files such as 'text/plain' or 'image/*'"
