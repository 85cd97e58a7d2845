"""Whole numbers between two others: counts and ports."""

from dataclasses import dataclass
from typing import Annotated

from schema.core_scalar import PlainNumber
from schema.field_type import FieldType, refusal
from schema.problem import shown


@dataclass(frozen=True, slots=True)
class Whole(FieldType[int]):
    """A whole number from `least` to `most`, written without quotes."""

    least: int
    most: int

    def read(self, value: object) -> int:
        """Return the number."""
        number = value.whole() if isinstance(value, PlainNumber) else None
        if number is None:
            bounds = f"from {self.least} to {self.most}"
            if isinstance(value, str) and value.isascii() and value.isdecimal():
                raise refusal("type", f"is the text {shown(value)}, not a number", "write it without quotes")
            raise refusal("type", f"is {shown(value)}, not a whole number", f"write a number {bounds}")
        if not self.least <= number <= self.most:
            raise refusal("range", f"is {number}, out of range", f"write a number from {self.least} to {self.most}")
        return number

    def write(self, value: int) -> int:
        """Return the number."""
        return value

    def json_schema(self) -> dict[str, object]:
        """Return integer with both bounds."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


Port = Annotated[int, Whole(1, 65535)]


@dataclass(frozen=True, slots=True)
class WholeOf(FieldType[int]):
    """One of a few whole numbers, written without quotes."""

    known: tuple[int, ...]

    def read(self, value: object) -> int:
        """Return the number."""
        number = value.whole() if isinstance(value, PlainNumber) else None
        listed = ", ".join(map(str, self.known))
        if number is None:
            raise refusal("type", f"is {shown(value)}, not a whole number", f"write one of {listed}, without quotes")
        if number not in self.known:
            raise refusal("range", f"is {number}, which is not known here", f"write one of {listed}")
        return number

    def write(self, value: int) -> int:
        """Return the number."""
        return value

    def json_schema(self) -> dict[str, object]:
        """Return the numbers."""
        return {"enum": [*self.known]}
