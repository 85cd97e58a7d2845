"""Countries with public holidays, by their ISO 3166 codes, as the holidays package has them, and their subdivisions.

The package is imported late: it takes longer than all our own modules, and most manifests name no country.
"""

from difflib import get_close_matches
from functools import cache
from typing import Annotated, Final

from schema.field_type import FieldType, refusal
from schema.problem import shown
from schema.text import Text

_OF_BRITAIN: Final = dict.fromkeys(("en", "england", "scotland", "wales", "greatbritain", "britain"), "GB")
_ABBREVIATED: Final = 3
"""Of words of so many letters nearly each is like some country's: only those that are one's are meant for it."""


@cache
def _countries() -> dict[str, str]:
    """Return the codes of all countries, by their other names in small letters: `unitedkingdom`, `gbr`, `uk`, and `gb`."""
    from holidays.registry import COUNTRIES

    return {name.lower(): names[1] for names in COUNTRIES.values() for name in names} | _OF_BRITAIN


def subdivisions_of(country: str) -> list[str]:
    """Return the codes of the parts of a known country that have holidays of their own."""
    import holidays

    return list(getattr(holidays, country).subdivisions)


def country_meant(value: object) -> str:
    """Return what to do about a word that is no country's code."""
    known = _countries()
    word = "".join(value[:100].split()).lower() if isinstance(value, str) else ""
    close = get_close_matches(word, known, n=1, cutoff=0.8) if len(word) > _ABBREVIATED else []
    meant = known.get(word) or (known[close[0]] if close else None)
    return f"did you mean {shown(meant)}?" if meant is not None else 'write its two letters, such as "GB"'


class _Country(FieldType[str]):
    def read(self, value: object) -> str:
        """Return the country's code."""
        known = _countries()
        if isinstance(value, str) and value in known.values():
            return str(value)
        raise refusal("country", f"is {shown(value)}, not a country whose holidays are known", country_meant(value))

    def write(self, value: str) -> str:
        """Return the code."""
        return value

    def json_schema(self) -> dict[str, object]:
        """Two letters; which ones is the data's affair."""
        return {"type": "string", "pattern": "^[A-Z]{2}$", "examples": ["GB", "DE", "US"]}


Country = Annotated[str, _Country()]
Subdivision = Annotated[
    str,
    Text(
        pattern="[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]{1,64}",
        form="a part of a country: its code of up to 64 characters",
        example="ENG",
        rule="holiday-subdivision",
    ),
]
