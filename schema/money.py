"""Amounts of money and the currency they are in: `12.50`, and a tenant's `EUR`.

An amount is exact: the digits that are written are the ones that count, whether in quotes or not.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final

from schema.field_type import FieldType, refusal
from schema.nearest import nearest
from schema.problem import shown

FORM: Final = "[0-9]{1,9}(?:\\.[0-9]{1,6})?"
# ISO 4217, table A.1, currencies in use (without funds, metals and test codes).
CURRENCIES: Final = tuple(
    re.findall(
        "...",
        "AEDAFNALLAMDANGAOAARSAUDAWGAZNBAMBBDBDTBGNBHDBIFBMDBNDBOBBRLBSDBTNBWPBYNBZDCADCDFCHFCLPCNYCOPCRCCUPCVECZKDJFDKKDOPDZDEGPERN"
        "ETBEURFJDFKPGBPGELGHSGIPGMDGNFGTQGYDHKDHNLHTGHUFIDRILSINRIQDIRRISKJMDJODJPYKESKGSKHRKMFKPWKRWKWDKYDKZTLAKLBPLKRLRDLSLLYDMADMDL"
        "MGAMKDMMKMNTMOPMRUMURMVRMWKMXNMYRMZNNADNGNNIONOKNPRNZDOMRPABPENPGKPHPPKRPLNPYGQARRONRSDRUBRWFSARSBDSCRSDGSEKSGDSHPSLESOSSRDSSP"
        "STNSVCSYPSZLTHBTJSTMTTNDTOPTRYTTDTWDTZSUAHUGXUSDUYUUZSVEDVESVNDVUVWSTXAFXCDXOFXPFYERZARZMWZWG",
    )
)


@dataclass(frozen=True, slots=True)
class Money(FieldType[Decimal]):
    """An amount that is not negative, with up to six digits behind the point. `what`: what it is of, for messages."""

    what: str = "an amount of money"

    def read(self, value: object) -> Decimal:
        """Return the amount, exactly as written."""
        if isinstance(value, Decimal):
            return value
        if not isinstance(value, str) or re.fullmatch(FORM, value, re.ASCII) is None:
            raise refusal(
                "money", f"is {shown(value)}, not {self.what}", "write it like 12.50, without a currency, at least 0"
            )
        return Decimal(str(value))

    def write(self, value: Decimal) -> str:
        """Return the digits."""
        return f"{value:f}"

    def json_schema(self) -> dict[str, object]:
        """A number, or its digits in quotes."""
        return {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": f"^{FORM}$"}]}


class _Currency(FieldType[str]):
    def read(self, value: object) -> str:
        """Return the currency's code."""
        if isinstance(value, str) and value in CURRENCIES:
            return str(value)
        near = nearest(value.upper(), list(CURRENCIES)) if isinstance(value, str) else None
        hint = f"did you mean {shown(near)}?" if near is not None else 'write its three letters, such as "EUR"'
        raise refusal("currency", f"is {shown(value)}, not a currency of ISO 4217", hint)

    def write(self, value: str) -> str:
        """Return the code."""
        return value

    def json_schema(self) -> dict[str, object]:
        """Return the list of codes."""
        return {"type": "string", "enum": list(CURRENCIES)}


Amount = Annotated[Decimal, Money()]
Currency = Annotated[str, _Currency()]
