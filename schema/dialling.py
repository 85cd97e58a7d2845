"""How numbers are dialled somewhere: the country's habits, and what departs from them."""

import re
from collections.abc import Set as AbstractSet
from typing import Annotated

from pydantic import Field

from schema.country import country_meant
from schema.field_type import FieldType, refusal
from schema.problem import shown
from schema.resource import Part
from schema.text import Text
from schema.whole import Whole


class _DiallingCountry(FieldType[str]):
    """A country whose numbering plan is known. The data is imported late: most manifests name no country."""

    def read(self, value: object) -> str:
        """Return the country's code."""
        if isinstance(value, str) and re.fullmatch("[A-Z]{2}", value) and value in known_countries():
            return str(value)
        what = f"is {shown(value)}, not a country whose numbers are known"
        raise refusal("dialling-country", what, country_meant(value))

    def write(self, value: str) -> str:
        """Return the code."""
        return value

    def json_schema(self) -> dict[str, object]:
        """Two letters; which ones is the data's affair."""
        return {"type": "string", "pattern": "^[A-Z]{2}$", "examples": ["GB", "DE", "US"]}


def known_countries() -> AbstractSet[str]:
    """Return the codes of the countries whose numbering plans are known."""
    from phonenumbers import SUPPORTED_REGIONS

    return SUPPORTED_REGIONS


DiallingCountry = Annotated[str, _DiallingCountry()]
CountryCode = Annotated[
    str, Text(pattern="[1-9][0-9]{0,2}", form="a country code of 1 to 3 digits", example="44", rule="country-code")
]
ShortDigits = Annotated[
    str, Text(pattern="[0-9*#]{1,8}", form="1 to 8 digits, * or #", example="112", rule="short-number")
]
NoOrShortDigits = Annotated[
    str, Text(pattern="[0-9*#]{0,8}", form="up to 8 digits, * or #", example="0", rule="short-number")
]


class Dialling(Part):
    """How numbers are dialled."""

    country: Annotated[
        DiallingCountry | None,
        Field(description="The country whose habits are followed: its code, prefixes and emergency numbers."),
    ] = None
    country_code: Annotated[CountryCode | None, Field(description="Default: the country's.")] = None
    national_prefix: Annotated[
        NoOrShortDigits | None,
        Field(description="What stands before a number of the same country; default: the country's, or none."),
    ] = None
    international_prefixes: Annotated[
        tuple[ShortDigits, ...] | None,
        Field(
            description="What stands before a country code; default: the country's, or 00.", strict=False, max_length=8
        ),
    ] = None
    bare_national_lengths: Annotated[
        tuple[Annotated[int, Whole(4, 15)], ...] | None,
        Field(
            description="Lengths of national numbers where these may be dialled without a prefix; default: the country's, or none.",
            strict=False,
            max_length=12,
        ),
    ] = None
    emergency_numbers: Annotated[
        tuple[ShortDigits, ...] | None,
        Field(
            description="Numbers that reach help: exempt from permissions, quotas and blocks; default: the country's, or 112.",
            strict=False,
            max_length=32,
        ),
    ] = None
    short_codes: Annotated[
        tuple[ShortDigits, ...],
        Field(
            description="Short numbers of the country that have no longer form, such as 118.",
            strict=False,
            max_length=256,
        ),
    ] = ()
