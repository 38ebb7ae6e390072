"""Rules that process files can name."""

from collections.abc import Iterable
from typing import ClassVar

import attrs

from supporttiers import Destination, Situation
from supporttiers.errors import PolicyConfigError


def _names(value: Iterable[str]) -> tuple[str, ...]:
    """Turn a list of TOML's into a tuple; a text alone would become its letters."""
    if isinstance(value, str):
        raise PolicyConfigError("RouteByContract.contracts", 'must be a list, such as ["gold"]')
    return tuple(value)


def _tier(_policy: object, field: "attrs.Attribute[int]", value: object) -> None:
    """Allow the number of a tier."""
    if type(value) is not int or value < 0:
        raise PolicyConfigError(f"RouteByContract.{field.name}", "must be the number of a tier, such as 2")


@attrs.frozen(kw_only=True)
class RouteByContract:
    """Whoever has one of some contracts does not queue at the front desk."""

    name: ClassVar[str] = "acme.route-by-contract"
    revision: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]] = ("contract",)

    contracts: tuple[str, ...] = attrs.field(converter=_names)
    tier: int = attrs.field(validator=_tier)

    def route(self, situation: Situation) -> Destination | None:
        """Answer for the contracts that are named; have no opinion on all others."""
        return Destination(tier=self.tier) if situation.facts["contract"] in self.contracts else None
