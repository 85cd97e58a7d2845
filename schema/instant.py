"""Fields that hold a point in time: `2026-12-31T18:00:00Z`, or a day, which ends with the day in UTC."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final

from schema.field_type import FieldType, refusal
from schema.problem import shown

_FORM: Final = re.compile(
    r"(20[0-9]{2}-[0-9]{2}-[0-9]{2})(?:T([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(Z|[+-][0-9]{2}:[0-9]{2}))?", re.ASCII
)
_HINT: Final = 'write a day, such as "2026-12-31", or a time with its offset, such as "2026-12-31T18:00:00Z"'


class _Instant(FieldType[datetime]):
    def read(self, value: object) -> datetime:
        """Return the time in UTC; without an offset nobody could say which it is."""
        found = _FORM.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise refusal("instant", f"is {shown(value)}, not a point in time", _HINT)
        try:
            if found[2] is None:
                return datetime.combine(date.fromisoformat(found[1]) + timedelta(days=1), time(), UTC)
            return datetime.fromisoformat(str(value).replace("Z", "+00:00")).astimezone(UTC)
        except ValueError:
            raise refusal("instant", f"is {shown(value)}, which no calendar has", _HINT) from None

    def write(self, value: datetime) -> str:
        """Return it in UTC."""
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")

    def json_schema(self) -> dict[str, object]:
        """Return both forms."""
        return {"type": "string", "pattern": f"^{_FORM.pattern}$", "examples": ["2026-12-31", "2026-12-31T18:00:00Z"]}


Instant = Annotated[datetime, _Instant()]
