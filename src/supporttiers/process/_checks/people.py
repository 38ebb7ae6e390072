"""People: teams in which nobody works, and roles that nobody has, given a directory."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from supporttiers.errors import PluginError
from supporttiers.findings import Finding
from supporttiers.policies.approval import PermitByApproval
from supporttiers.policies.permission import ALLOW, PermitByRules
from supporttiers.process._checks.ways import placed
from supporttiers.protocols import AgentDirectory
from supporttiers.reasons import Reason

if TYPE_CHECKING:
    from supporttiers.process import SupportProcess


def of_people(process: "SupportProcess", directory: AgentDirectory) -> Iterator[Finding]:
    """
    Find teams of tiers without anybody; and, of a directory that knows roles, such as nobody has.

    Raises:
        PluginError: The directory does not know who works where, or has to be awaited.
    """
    given: Any = directory
    if not isinstance(given, AgentDirectory) or getattr(given, "asynchronous", False):
        problem = (
            "a check asks at once who works in which team: possible are directories with agents_of that are called"
        )
        raise PluginError(type(directory).__name__, problem)
    agents = directory.agents_of(list(dict.fromkeys(team for tier in process.tiers for team in tier.teams)))
    for number, tier in enumerate(process.tiers):
        for index, team in enumerate(tier.teams):
            if not agents.get(team):
                yield Finding(f"tiers[{number}].teams[{index}]", Reason("check.team_empty", {"team": team}))
    if hasattr(directory, "holders_of"):
        yield from _of_roles(process, directory)


def _of_roles(process: "SupportProcess", directory: Any) -> Iterator[Finding]:  # noqa: ANN401 - with more than the Protocol
    named = list(_roles(process))
    holders = directory.holders_of(list(dict.fromkeys(role for _, role, _ in named)))
    for place, role, may_be_id in named:
        known = holders.get(role) or (may_be_id and directory.agent(role) is not None)
        if not known:
            yield Finding(place, Reason("check.role_empty", {"role": role}))


def _roles(process: "SupportProcess") -> Iterator[tuple[str, str, bool]]:
    """Give the roles to which something is left, with their places, and whether the id of a person may stand there."""
    for place, policy in placed(process):
        if isinstance(policy, PermitByApproval):
            for number, rule in enumerate(policy.rules):
                for index, role in enumerate(rule.approvers):
                    yield f"{place}.rules[{number}].approvers[{index}]", role, True
        elif isinstance(policy, PermitByRules):
            for number, permission in enumerate(policy.rules):
                roles = permission.roles if permission.effect == ALLOW else ()
                for index, role in enumerate(roles):
                    yield f"{place}.rules[{number}].roles[{index}]", role, False
