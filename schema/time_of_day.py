"""Fields that hold a time of day: `03:00`."""

import re
from datetime import time
from typing import Annotated

from schema.field_type import FieldType, refusal
from schema.problem import shown


class _TimeOfDay(FieldType[time]):
    def read(self, value: object) -> time:
        """Return the time, to the minute."""
        if not isinstance(value, str) or re.fullmatch("(?:[01][0-9]|2[0-3]):[0-5][0-9]", value, re.ASCII) is None:
            raise refusal(
                "time-of-day", f"is {shown(value)}, not a time of day", 'write it from 00:00 to 23:59: "03:00"'
            )
        return time.fromisoformat(value)

    def write(self, value: time) -> str:
        """Return it as it is written."""
        return value.strftime("%H:%M")

    def json_schema(self) -> dict[str, object]:
        """Return the form."""
        return {"type": "string", "pattern": "^(?:[01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["03:00"]}


TimeOfDay = Annotated[time, _TimeOfDay()]
