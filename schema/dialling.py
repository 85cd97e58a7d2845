"""How numbers are dialled somewhere: the country's habits, and what departs from them."""

from typing import Annotated

from pydantic import Field

from schema.resource import Part
from schema.text import Text
from schema.whole import Whole

DiallingCountry = Annotated[
    str,
    Text(pattern="[A-Z]{2}", form="a country by its two letters (ISO 3166)", example="GB", rule="dialling-country"),
]
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
            description="Lengths of national numbers where these may be dialled without a prefix; default: none.",
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
