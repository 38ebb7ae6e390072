"""
The hooks: what a plugin can hand to a desk. This page is the contract, version 1, for the authors of plugins.

A plugin is a module, or an object (not a class), with functions that `@hookimpl` marks:

    from supporttiers.hookspecs import hookimpl

    supporttiers_api = 1


    @hookimpl
    def supporttiers_notifier(url):
        return PagerNotifier(url) if url.startswith("pager:") else None

A function is named after its hook, and takes any of the hook's arguments, by their names, in any order: a later release
may add arguments. It is a plain `def`; only `supporttiers_event` may be `async def`, on an `AsyncSupportDesk`. A desk
is handed plugins with `plugins=[...]`; installed packages name theirs under the entry-point group `supporttiers`, and
are loaded where a desk says `entry_points=True`. A plugin may say for which version of this page it is written, with
`supporttiers_api = 1`; a version that a release does not have is refused.

All plugins are verified when the desk is built. Of several, the one that was handed in last is asked first;
`@hookimpl(tryfirst=True)` and `trylast=True` change its place. What comes with the library is asked after all others.
Hooks that hand over an object are asked one plugin after another until one gives something else than None; hooks that
collect are all asked. All but `supporttiers_event` are called while the desk is built: be quick, and open nothing yet.

What they hand over fits a Protocol of `supporttiers.protocols`; the suites of `supporttiers.testing.suites` prove it.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import pluggy

from supporttiers.cases import Case
from supporttiers.events import Event
from supporttiers.facts import FactSource
from supporttiers.protocols import (
    AsyncCaseStore,
    AsyncNotifier,
    AsyncVendorGateway,
    CaseStore,
    Notifier,
    Policy,
    VendorGateway,
)

__all__ = [
    "API",
    "hookimpl",
    "hookspec",
    "supporttiers_event",
    "supporttiers_facts",
    "supporttiers_notifier",
    "supporttiers_policies",
    "supporttiers_store",
    "supporttiers_vendor",
]

API: Final = 1
"""The version of this page. A plugin written for it goes on working, unmodified, in every release that has it."""

hookspec: Final = pluggy.HookspecMarker("supporttiers")
"""Marks what is specified below."""

hookimpl: Final = pluggy.HookimplMarker("supporttiers")
"""Marks what a plugin implements."""


# -- hand over an object: the first answer counts


@hookspec(firstresult=True)
def supporttiers_store(url: str) -> CaseStore | AsyncCaseStore | None:
    """
    Hand over the store that *url* names, or None to let the next plugin answer.

    Called once per desk that names its store by a URL, when it is built. Open nothing before the first call. An
    `AsyncSupportDesk` awaits a store whose methods are coroutine functions, and calls any other in threads.

    Args:
        url: As the host has written it: `memory:`, `acme://host/path`. It may hold a password: never show it.
    """


@hookspec(firstresult=True)
def supporttiers_notifier(url: str) -> Notifier | AsyncNotifier | None:
    """
    Hand over the notifier that *url* names, or None to let the next plugin answer.

    Called once per desk for each text among its `notifiers`, when it is built. Give it a name that stays the same: the
    messages that wait in the outbox are for the notifier of that name.

    Args:
        url: As the host has written it: `console:`, `pager://host/team`. It may hold a password: never show it.
    """


@hookspec(firstresult=True)
def supporttiers_vendor(name: str, settings: Mapping[str, object]) -> VendorGateway | AsyncVendorGateway | None:
    """
    Hand over the gateway for the vendor *name*, or None to let the next plugin answer.

    Called once per desk for each vendor that it names without a gateway of its own, when it is built.

    Args:
        name: By which tiers refer to the vendor; the gateway's own `name` must be the same.
        settings: What the host says of it; empty where it says nothing but the name. May hold secrets: never show them.
    """


# -- collect: all are asked


@hookspec
def supporttiers_policies() -> Iterable[type[Policy]] | None:
    """
    Give classes of policies, which process files name with `use = "<name>"`, and processes in stores as well.

    Called once per desk, when it is built. Give every revision of a policy for as long as there are cases that follow
    a process with it. Names begin with the name of the plugin's package, by custom: `acme.route-by-plan`.
    """


@hookspec
def supporttiers_facts() -> Iterable[FactSource] | None:
    """
    Give sources of facts, which policies and conditions know as `facts.<name>`.

    Called once per desk, when it is built. Reading happens later, in batches, with no transaction of ours open.
    """


# -- observe: each is told


@hookspec
def supporttiers_event(event: Event, case: Case) -> None:
    """
    Observe what has happened; from the outbox, after the transaction that wrote it.

    Told at least once of every event, in the order in which a case's events happened; of different cases in any order.
    `(event.case_id, event.version)` within `case.tenant` says which event it is: whoever sees it again has seen it
    before. What raises is told of the same event again later, and until then of no later one of the same case; no
    other observer is told again, or waits. After ten times the event is given up, and listed among the desk's messages.

    Args:
        event: As `desk.history` gives it, private parts included: they are personal. Once the case has been redacted,
            they are gone also from what had not been told yet.
        case: As it stands when it is told, which may be later than the event: `case.version >= event.version`.
    """
