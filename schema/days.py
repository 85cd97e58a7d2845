"""For how many days something is kept: `90d`; `0d` or 0 is for ever. Other bare numbers are refused: nobody can see what they count."""

import re
from dataclasses import dataclass
from typing import Final

from schema.core_scalar import PlainNumber
from schema.field_type import FieldType, refusal
from schema.problem import shown

FORM: Final = "([0-9]{1,6})d"


@dataclass(frozen=True, slots=True)
class Days(FieldType[int]):
    """Whole days, at most so many."""

    most: int

    def read(self, value: object) -> int:
        """Return the number of days that `value` writes."""
        number = value.whole() if isinstance(value, PlainNumber) else None
        if number == 0:
            return 0
        if number is not None or (isinstance(value, str) and value.isascii() and value.isdecimal()):
            days = str(value if number is None else number)[:10]
            raise refusal("duration", f"is {shown(value)}, a number without a unit", f'write "{days}d" for days')
        match = re.fullmatch(FORM, value, re.ASCII) if isinstance(value, str) else None
        if match is None:
            raise refusal(
                "duration", f"is {shown(value)}, not a number of days", 'write it like "90d"; 0 keeps for ever'
            )
        count = int(match[1])
        if count > self.most:
            hint = f'the longest is "{self.write(self.most)}"; 0 keeps for ever'
            raise refusal("duration", f"is {shown(value)}, too long", hint)
        return count

    def write(self, value: int) -> str:
        """Return the text that reads as so many days."""
        return f"{value}d"

    def json_schema(self) -> dict[str, object]:
        """The bound is told in words."""
        return {
            "anyOf": [{"type": "string", "pattern": f"^{FORM}$"}, {"const": 0}],
            "examples": ["90d"],
            "$comment": f"at most {self.write(self.most)}; 0 is for ever",
        }
