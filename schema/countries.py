"""`Tenant.spec.countries`: where nobody of the tenant calls (feature C5)."""

import re
from typing import Annotated, Self

from pydantic import Field, model_validator

from schema.country import country_meant
from schema.dialling import known_countries
from schema.field_type import FieldType, refusal
from schema.problem import shown
from schema.resource import Part


class _CountryOrPrefix(FieldType[str]):
    """A country whose numbering plan is known, or the first digits of full numbers."""

    def read(self, value: object) -> str:
        """Return it as written."""
        if isinstance(value, str) and re.fullmatch(r"\+[1-9][0-9]{0,9}", value):
            return str(value)
        if isinstance(value, str) and re.fullmatch("[A-Z]{2}", value) and value in known_countries():
            return str(value)
        what = f"is {shown(value)}, neither a country whose numbers are known nor the first digits of full numbers"
        raise refusal("calling-country", what, f'{country_meant(value).rstrip("?")}; or write digits: "+881"')

    def write(self, value: str) -> str:
        """Return it as written."""
        return value

    def json_schema(self) -> dict[str, object]:
        """Two letters, or digits behind a plus."""
        return {
            "type": ["string", "number"],
            "pattern": r"^(?:[A-Z]{2}|\+[1-9][0-9]{0,9})$",
            "examples": ["GB", "+881"],
        }


CountryOrPrefix = Annotated[str, _CountryOrPrefix()]


class Countries(Part):
    """Countries, by their two letters or the first digits of their numbers, that may be called or not. Help may always be called."""

    allow: Annotated[
        tuple[CountryOrPrefix, ...],
        Field(description="Where one may call; default: everywhere.", strict=False, max_length=300),
    ] = ()
    deny: Annotated[
        tuple[CountryOrPrefix, ...],
        Field(
            description='Where one may not, for example [CU, "+881"]; of digits that begin alike the longest count.',
            strict=False,
            max_length=300,
        ),
    ] = ()

    @model_validator(mode="after")
    def _check_both(self) -> Self:
        both = sorted(set(self.allow) & set(self.deny))
        if both:
            raise refusal("country-both", f"allows and denies {', '.join(both)}", "remove it from one of the two")
        return self
