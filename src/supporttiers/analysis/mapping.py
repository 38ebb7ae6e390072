"""
How to read an event log: which column is what, what its statuses mean, and how a team's name gives its tier.

A `LogMapping` is data; `LogMapping.from_toml` reads it from a file. Its format: docs/reference/replay.md.
"""

from collections import Counter
from collections.abc import Iterator
from os import PathLike
from typing import Any, Self

import attrs

from supporttiers._fields import instance_of, part
from supporttiers.analysis._reading import file_text, read_part, table_of
from supporttiers.analysis.faults import MappingError
from supporttiers.analysis.parts import PART, Columns, LogFormat, StatusRules, TeamRules
from supporttiers.errors import Fault
from supporttiers.process import SupportProcess
from supporttiers.tiers import WAIT_REASONS, Status, Tier


def _section(kind: type, default: Any = attrs.NOTHING) -> Any:  # noqa: ANN401 - attrs' own fields are typed so
    check = instance_of(kind, f"of the class {kind.__name__}")
    return attrs.field(default=default, validator=part(check), metadata={PART: kind})


@attrs.frozen(kw_only=True)
class LogMapping:
    """
    How an event log is read.

    >>> from supporttiers.analysis import StatusRule
    >>> mapping = LogMapping(
    ...     columns=Columns(case="ticket", time="at", status="state"),
    ...     statuses=StatusRules(rules=[StatusRule(log="new", status="queued"), StatusRule(log="ok", status="closed")]),
    ... )
    >>> mapping.process().name
    'log'

    Attributes:
        columns: Which column is what.
        statuses: What its statuses mean.
        tiers: How teams' names give their tiers; needs a team column.
        log: How the file is written.

    Raises:
        MappingError: The parts contradict each other.

    .. versionadded:: 0.1.0
    """

    columns: Columns = _section(Columns)
    statuses: StatusRules = _section(StatusRules)
    tiers: TeamRules = _section(TeamRules, TeamRules())
    log: LogFormat = _section(LogFormat, LogFormat())

    def __attrs_post_init__(self) -> None:
        """Judge the whole."""
        faults = tuple(_contradictions(self))
        if faults:
            raise MappingError("mapping", faults)

    @classmethod
    def from_toml(cls, path: "str | PathLike[str]") -> Self:
        """
        Read a mapping file.

        Args:
            path: Of a file in TOML, UTF-8, at most 1 MiB.

        Raises:
            MappingError: It cannot be read, or is not valid; every fault is listed, with its place.
        """
        return cls.from_text(file_text(path), source=str(path))

    @classmethod
    def from_text(cls, text: str, *, source: str = "text") -> Self:
        """
        Read a mapping from TOML.

        Args:
            text: The TOML.
            source: What errors call it.

        Raises:
            MappingError: It is not valid; every fault is listed, with its place.
        """
        faults: list[Fault] = []
        try:
            mapping = read_part(cls, table_of(text, source), "", faults)
        except MappingError as error:
            raise MappingError(source, error.faults) from None
        if mapping is None:
            raise MappingError(source, tuple(faults))
        return mapping

    def process(self) -> SupportProcess:
        """
        Give a process that takes whatever such a log says.

        Returns:
            The tiers that the mapping names; entry at any, every move between them; reopening, transfer and resolving
            from every status; the wait reasons that the mapping names; no time limits.
        """
        named = {*self.tiers.levels, *(rule.tier for rule in self.statuses.rules if rule.tier is not None)}
        reasons = dict.fromkeys(rule.wait_reason for rule in self.statuses.rules if rule.wait_reason is not None)
        return SupportProcess(
            name="log",
            tiers=[Tier(level=level, name=f"Tier {level}") for level in sorted(named or {1})],
            entry="any",
            moves="any",
            reopen_from=[Status.RESOLVED, Status.CLOSED, Status.CANCELLED],
            transfer_when=list(Status),
            resolve_when=list(Status),
            wait_reasons=[reason for reason in reasons if reason not in WAIT_REASONS],
            bounce_limit=1000,
        )


def _contradictions(mapping: LogMapping) -> Iterator[Fault]:
    width = len(mapping.columns.status)
    seen: Counter[tuple[str, ...]] = Counter()
    for place, rule in enumerate(mapping.statuses.rules):
        seen[rule.log] += 1
        if len(rule.log) != width:
            yield Fault(f"statuses.rules[{place}].log", f"has {len(rule.log)} text(s) for {width} status column(s)")
        elif seen[rule.log] > 1:
            yield Fault(f"statuses.rules[{place}].log", "is said by an earlier rule already")
    if mapping.columns.team is None and mapping.tiers.levels:
        yield Fault("tiers", "speaks of teams, and no column has them; name it under columns.team")
