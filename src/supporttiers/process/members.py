"""The members of a process: what is none of them, and where each of them stands."""

from collections.abc import Iterator
from typing import Any, TypeVar

from supporttiers._fields import type_name
from supporttiers.calendars import ALWAYS_OPEN, WorkingHours
from supporttiers.config.calendars import BUILT_IN
from supporttiers.errors import Fault
from supporttiers.policies.routing import Route, RouteByRules

_T = TypeVar("_T")


def strangers(name: str, members: object, kind: type) -> list[Fault]:
    """Find what is no member of a kind at all."""
    if not isinstance(members, tuple):
        return [Fault(name, f"must be a collection of {kind.__name__}, not {type_name(members)}")]
    return [
        Fault(f"{name}[{place}]", f"must be a {kind.__name__}, not {type_name(member)}")
        for place, member in enumerate(members)
        if not isinstance(member, kind)
    ]


def doubled_calendars(calendars: tuple[WorkingHours | None, ...]) -> Iterator[Fault]:
    """Find calendars whose names are taken."""
    first: dict[str, int] = {}
    for place, calendar in enumerate(calendars):
        if calendar is None:
            continue
        where, name = f"calendars[{place}].name", calendar.name
        if name == ALWAYS_OPEN:
            yield Fault(where, BUILT_IN)
        elif name in first:
            yield Fault(where, f"'{name}' is taken by calendars[{first[name]}]")
        first.setdefault(name, place)


def only(kind: type[_T], members: object) -> tuple[_T | None, ...]:
    """Give the members of a kind, None in place of each other one."""
    if not isinstance(members, tuple):
        return (None,)
    return tuple(member if isinstance(member, kind) else None for member in members)


def placed_policies(policies: object) -> tuple[tuple[str, Any], ...]:
    """Give every policy besides the routes, with its place."""
    found = policies if isinstance(policies, tuple) else ()
    return tuple(
        (f"policies[{place}]", policy)
        for place, policy in enumerate(found)
        if policy is not None and not isinstance(policy, RouteByRules | type)
    )


def placed_routes(policies: object) -> tuple[tuple[str, Route], ...]:
    """Give every rule with its place: that of the file, where a file can say it."""
    if not isinstance(policies, tuple):
        return ()
    return tuple(
        (place.partition(".")[2] if len(policies) == 1 else place, route) for place, route in routes_in(policies)
    )


def routes_in(policies: tuple[Any, ...]) -> tuple[tuple[str, Route], ...]:
    """Give the rules of routing policies that stand among the others, with their places."""
    return tuple(
        (f"policies[{number}].routes[{place}]", route)
        for number, policy in enumerate(policies)
        if isinstance(policy, RouteByRules)
        for place, route in enumerate(policy.routes)
    )
