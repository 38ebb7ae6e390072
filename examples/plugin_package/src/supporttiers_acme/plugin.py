"""What Acme hands to a desk."""

import json
from collections.abc import Mapping

from supporttiers.cases import Case
from supporttiers.events import Event
from supporttiers.facts import FactSource
from supporttiers.hookspecs import hookimpl
from supporttiers_acme.facts import CONTRACTS
from supporttiers_acme.home import home
from supporttiers_acme.pager import Pager
from supporttiers_acme.policies import RouteByContract
from supporttiers_acme.printers import Printers
from supporttiers_acme.store import AcmeStore

supporttiers_api = 1


@hookimpl
def supporttiers_policies() -> list[type[RouteByContract]]:
    """Have one rule, in all its revisions."""
    return [RouteByContract]


@hookimpl
def supporttiers_facts() -> list[FactSource]:
    """Know the contracts of customers."""
    return [CONTRACTS]


@hookimpl
def supporttiers_notifier(url: str) -> Pager | None:
    """Know `acme://TEAM`, the pager of a team."""
    team = url.removeprefix("acme://")
    return Pager(home() / f"pager-{team}.jsonl", name=f"pager-{team}") if team != url else None


@hookimpl
def supporttiers_vendor(name: str, settings: Mapping[str, object]) -> Printers | None:
    """Know the vendors whose names begin with `acme-`."""
    return Printers(name, prefix=str(settings.get("prefix", "P"))) if name.startswith("acme-") else None


@hookimpl
def supporttiers_store(url: str) -> AcmeStore | None:
    """Know `acme:PROJECT`."""
    project = url.removeprefix("acme:")
    return AcmeStore.of_project(project) if project != url else None


@hookimpl
def supporttiers_event(event: Event, case: Case) -> None:
    """Keep a line of every event: ids and kinds, nothing that anybody wrote."""
    line = {"case": case.id, "version": event.version, "event": type(event).__name__}
    with (home() / "journal.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
