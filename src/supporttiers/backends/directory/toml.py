"""The people of a house in a TOML file: for houses whose people change with a deployment, and for tests."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike
from typing import Any, Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import each, optional, part, tuple_of
from supporttiers.actors import Agent
from supporttiers.backends.directory import House
from supporttiers.config.files import data_of, text_of
from supporttiers.config.reading import read_tables
from supporttiers.errors import DirectoryError, Fault, ProcessError

MAX_SHOWN: Final = 100
MAX_NAMED: Final = 20


@attrs.frozen(kw_only=True)
class Team:
    """
    What a file says of a team besides who is in it.

    Attributes:
        name: As tiers name it.
        on_call: The ids of those who take its calls, the first to be called first.
        manager: The id of its manager.
    """

    name: str = attrs.field(validator=part(fields.name))
    on_call: tuple[str, ...] = attrs.field(
        default=(), converter=tuple_of, validator=part(each(fields.name, at_most=1000, what="names"))
    )
    manager: str | None = attrs.field(default=None, validator=part(optional(fields.name)))


class TomlDirectory(House):
    """
    A directory in a file: `SupportDesk(..., directory="people.toml")`. It is read once, when it is made.

    Attributes:
        source: The file.

    .. versionadded:: 0.1.0
    """

    def __init__(self, path: "str | PathLike[str]") -> None:
        """
        Read the file.

        Args:
            path: Of a file in TOML, UTF-8, at most 1 MiB, with `[[agents]]` and `[[teams]]`.

        Raises:
            DirectoryError: It cannot be read, or is not valid; every fault is listed, with its place.
        """
        self.source: str = str(path)
        try:
            data = data_of(text_of(path), self.source)
        except ProcessError as error:
            raise DirectoryError(self.source, error.faults) from error.__cause__
        agents, self._teams = _people(data, self.source)
        super().__init__(agents)

    def on_call_of(self, teams: Iterable[str], /) -> dict[str, tuple[str, ...]]:
        """Give the ids of those who take the calls of each team, the team's own list first."""
        found = super().on_call_of(teams)
        return {team: tuple(dict.fromkeys((*self._called(team), *agents))) for team, agents in found.items()}

    def managers_of(self, teams: Iterable[str], /) -> dict[str, str | None]:
        """Give the id of each team's manager."""
        found = super().managers_of(teams)
        return {team: self._managed(team) or manager for team, manager in found.items()}

    def _called(self, team: str) -> tuple[str, ...]:
        return self._teams[team].on_call if team in self._teams else ()

    def _managed(self, team: str) -> str | None:
        return self._teams[team].manager if team in self._teams else None


def _people(data: Mapping[str, Any], source: str) -> tuple[list[Agent], dict[str, Team]]:
    """Read everybody, and judge the whole."""
    found, faults = read_tables(data, {"agents": Agent, "teams": Team})
    agents: Sequence[Agent | None] = found["agents"]
    teams: Sequence[Team | None] = found["teams"]
    faults = [*faults, *_doubled("agents", "id", agents), *_doubled("teams", "name", teams)]
    if None not in agents:
        faults += _strangers(agents, teams)
    if faults:
        shown = faults[:MAX_SHOWN]
        if len(faults) > MAX_SHOWN:
            shown.append(Fault("", f"and {len(faults) - MAX_SHOWN} more"))
        raise DirectoryError(source, tuple(shown))
    return [agent for agent in agents if agent], {team.name: team for team in teams if team}


def _doubled(section: str, field: str, members: Sequence[Any]) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for place, member in enumerate(members):
        if member is not None:
            value = getattr(member, field)
            if value in first:
                yield Fault(f"{section}[{place}].{field}", f"{value!r} is taken by {section}[{first[value]}]")
            first.setdefault(value, place)


def _strangers(agents: Sequence[Agent | None], teams: Sequence[Team | None]) -> Iterator[Fault]:
    """Find ids that nobody has: a mistyped one would be called for ever."""
    known = {agent.id: agent for agent in agents if agent}
    possible = (
        f"possible are: {', '.join(list(known)[:MAX_NAMED]) or 'none'}{', ...' if len(known) > MAX_NAMED else ''}"
    )
    told = [(f"agents[{place}].manager", agent.manager) for place, agent in enumerate(agents) if agent]
    for place, team in enumerate(teams):
        if team is not None:
            told.append((f"teams[{place}].manager", team.manager))
            told += [(f"teams[{place}].on_call[{number}]", one) for number, one in enumerate(team.on_call)]
    for where, id_ in told:
        if id_ is not None and id_ not in known:
            yield Fault(where, f"{id_!r} is no agent of this file; {possible}")
