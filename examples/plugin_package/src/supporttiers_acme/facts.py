"""What Acme knows about its customers."""

from collections.abc import Mapping, Sequence

from supporttiers import FactSource
from supporttiers_acme.home import table


def read_contracts(tenant: str, customers: Sequence[str]) -> Mapping[str, object]:
    """Look up the contracts of many customers of one tenant at once."""
    known = table("contracts").get(tenant, {})
    return {customer: known.get(customer) for customer in customers}


CONTRACTS = FactSource("contract", read_contracts, keyed_by="customer")
