"""Time zones by their IANA names, as the tzdata package has them: `Europe/London`."""

from functools import cache
from importlib.resources import files
from typing import Annotated

import tzdata

from schema.field_type import FieldType, refusal
from schema.nearest import nearest
from schema.problem import shown


@cache
def zone_names() -> frozenset[str]:
    """The names of all zones."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


def data_year() -> int:
    """The year of the time-zone data: no earlier than this can it be now, and that is all that we know without a clock."""
    return int(tzdata.IANA_VERSION[:4])


class _TimeZone(FieldType[str]):
    def read(self, value: object) -> str:
        """Return the zone's name."""
        if isinstance(value, str) and value in zone_names():
            return str(value)
        near = _meant(value) if isinstance(value, str) else None
        hint = f"did you mean {shown(near)}?" if near is not None else 'write an IANA name, such as "Europe/London"'
        raise refusal("time-zone", f"is {shown(value)}, not a time zone", hint)

    def write(self, value: str) -> str:
        """Return the name."""
        return value

    def json_schema(self) -> dict[str, object]:
        """The names themselves change with the data, so only their form is told."""
        return {
            "type": "string",
            "pattern": "^[A-Za-z][A-Za-z0-9_+/-]*$",
            "examples": ["Europe/London", "America/New_York", "UTC"],
        }


def _meant(word: str) -> str | None:
    """Return the zone of a city that is named without its continent, or the zone with the nearest name."""
    plain = word[:100].strip().replace(" ", "_").title()
    names = sorted(zone_names())
    for name in names:
        if plain.lower() in (name.lower(), name.rpartition("/")[2].lower()):
            return name
    return nearest(plain, names)


TimeZone = Annotated[str, _TimeZone()]
