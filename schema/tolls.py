"""`Tenant.spec.tolls`: what calls of a tenant cost, and how much an hour of them may cost at most."""

from typing import Annotated

from pydantic import Field

from schema.money import Amount
from schema.resource import Part
from schema.text import ResourceName


class Tolls(Part):
    """What calls outside cost, and how much they may."""

    rates: Annotated[
        ResourceName | None,
        Field(description="The RateTable, its own or a shared one, that says what its calls outside cost."),
    ] = None
    budget: Annotated[
        Amount | None,
        Field(
            description="What calls outside may cost in the worst hour that rates, routes and limits allow (docs/rates.md), in the "
            "tenant's currency; default: no bound."
        ),
    ] = None
