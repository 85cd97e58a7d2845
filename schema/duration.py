"""Durations: `30s`, `5m`, `1h`, `1h30m`. A bare number is refused, because nobody can see what it counts."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from schema.core_scalar import PlainNumber
from schema.field_type import FieldType, refusal
from schema.problem import shown

FORM: Final = "(?:([0-9]{1,5})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,8})s)?"


@dataclass(frozen=True, slots=True)
class Duration(FieldType[timedelta]):
    """A duration in whole seconds, between two others. `too_long`: what to do instead of writing a longer one."""

    least: timedelta
    most: timedelta
    too_long: str = ""

    def read(self, value: object) -> timedelta:
        """Return the duration that `value` writes."""
        if isinstance(value, PlainNumber) or (isinstance(value, str) and value.isascii() and value.isdecimal()):
            what = f"is {shown(value)}, a number without a unit"
            raise refusal("duration", what, f'write "{value[:10]}s" for seconds, or "m" and "h" for minutes and hours')
        match = re.fullmatch(FORM, value, re.ASCII) if isinstance(value, str) and value else None
        if match is None:
            raise refusal("duration", f"is {shown(value)}, not a duration", 'write it like "30s", "5m" or "1h30m"')
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        duration = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        if duration < self.least:
            raise refusal("duration", f"is {shown(value)}, too short", f'the shortest is "{self.write(self.least)}"')
        if duration > self.most:
            hint = f'the longest is "{self.write(self.most)}"'
            instead = f"; {self.too_long}" if self.too_long else ""
            raise refusal("duration", f"is {shown(value)}, too long", f"{hint}{instead}")
        return duration

    def write(self, value: timedelta) -> str:
        """Return the shortest text that reads as this duration."""
        seconds = int(value.total_seconds())
        hours, minutes = seconds // 3600, seconds // 60 % 60
        parts = ((hours, "h"), (minutes, "m"), (seconds % 60, "s"))
        return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"

    def json_schema(self) -> dict[str, object]:
        """At least one part has to be there; the bounds are told in words, a pattern can't tell them."""
        return {
            "type": "string",
            "pattern": f"^(?=[0-9]){FORM}$",
            "examples": ["30s", "5m", "1h30m"],
            "$comment": f"from {self.write(self.least)} to {self.write(self.most)}",
        }
