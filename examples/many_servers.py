"""
Cases over several servers: one desk for each, and a rule that says which one a tenant's cases are on.

Here the servers are three SQLite files; in earnest they are three `postgresql://` URLs. A fourth server takes over
about a quarter of the tenants, and nobody else moves.
"""

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

from supporttiers import SupportDesk, SupportProcess
from supporttiers.testing import FakeClock


def server_of(tenant: str, servers: Mapping[str, SupportDesk]) -> str:
    """Give the server of a tenant: the one whose name, hashed with the tenant's, gives the most."""
    return max(servers, key=lambda name: hashlib.sha256(f"{name}/{tenant}".encode()).digest())


def main() -> None:
    """Open cases of many tenants, let time pass on every server, and add one."""
    process, clock = SupportProcess.default(), FakeClock("2026-03-23T09:00Z")
    tenants = [f"shop-{number}" for number in range(300)]
    with tempfile.TemporaryDirectory() as folder:
        desks = {
            name: SupportDesk(process, store=f"sqlite:///{Path(folder) / name}.db", clock=clock)
            for name in ("north", "south", "west")
        }
        for tenant in tenants:
            desk = desks[server_of(tenant, desks)].bind(tenant=tenant)
            desk.open("The till is stuck", id="T-1", by="jane")  # an id has to be unique for its tenant only
        clock.advance("15m")
        fired = {name: desk.run_due().fired for name, desk in desks.items()}  # a worker for each server
        print("escalated on each server:", fired)
        assert sum(fired.values()) == len(tenants)

        found = desks[server_of("shop-7", desks)].bind(tenant="shop-7").get("T-1")
        print("shop-7's case is at tier", found.tier)
        assert found.came_from is not None

        more = {**desks, "east": desks["north"]}
        moved = [tenant for tenant in tenants if server_of(tenant, more) != server_of(tenant, desks)]
        print(f"a fourth server would take over {len(moved)} of {len(tenants)} tenants")
        assert {server_of(tenant, more) for tenant in moved} == {"east"}
        for desk in desks.values():
            desk.shut_down()


if __name__ == "__main__":
    main()
