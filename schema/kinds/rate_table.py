"""`RateTable`: what calls over trunks cost, by the first digits of the number outside (feature C7).

Amounts are in the currency of the tenant that uses it. The longest prefix counts; one that stands there twice is an error.
"""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schema.duration import Duration
from schema.field_type import refusal
from schema.money import Amount, Currency
from schema.resource import Manifest, Part, SharedMetadata, Spec
from schema.text import DisplayName, Text

RatePrefix = Annotated[
    str,
    Text(
        pattern=r"\+[1-9][0-9]{0,14}",
        form="the first digits of full numbers: + and 1 to 15 digits",
        example="+44",
        rule="rate-prefix",
    ),
]


class Rate(Part):
    """What calls to and from numbers that begin alike cost."""

    prefix: Annotated[RatePrefix, Field(description="How the full number outside begins: + and digits.")]
    name: Annotated[DisplayName | None, Field(description="What people call it: a country, its mobile phones.")] = None
    outgoing: Annotated[Amount, Field(description="The price of each unit begun of a call to there.")]
    incoming: Annotated[Amount, Field(description="The price of each unit begun of a call from there.")] = Decimal(0)
    unit: Annotated[
        timedelta,
        Duration(timedelta(seconds=1), timedelta(hours=1)),
        Field(description="How long a unit is. A unit that is begun is paid for whole."),
    ] = timedelta(minutes=1)


class RateTableSpec(Spec):
    """What calls cost."""

    currency: Annotated[
        Currency | None, Field(description="What its amounts are in; default: the currency of whoever uses it.")
    ] = None
    rates: Annotated[
        tuple[Rate, ...],
        Field(
            description="One for each prefix; of those that fit a number, the longest counts.",
            strict=False,
            min_length=1,
            max_length=20_000,
        ),
    ]

    @model_validator(mode="after")
    def _check_prefixes(self) -> Self:
        counts = Counter(rate.prefix for rate in self.rates)
        twice = sorted(prefix for prefix, count in counts.items() if count > 1)
        if twice:
            told = ", ".join(twice[:5]) + (f" and {len(twice) - 5} more" if len(twice) > 5 else "")
            second = [index for index, rate in enumerate(self.rates) if rate.prefix == twice[0]][1]
            at = ("rates", second, "prefix")
            raise refusal("rate-twice", f"has rates for {told} twice", "leave one of them out", at)
        return self


class RateTable(Manifest):
    """What calls over trunks cost, by the first digits of the number outside."""

    kind: Annotated[Literal["RateTable"], Field(description="What sort of resource it is.")]
    metadata: SharedMetadata
    spec: RateTableSpec
