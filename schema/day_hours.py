"""The hours of a day: `09:00-17:30`, a list of such ranges, or `closed`.

A range ends before the minute that it names, so `09:00-12:00` and `12:00-17:00` touch; the day's last end is `24:00`. One whose end
is not after its start runs over midnight.
"""

import re
from typing import Annotated, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from dialing.time_range import DAY, TimeRange
from schema.field_type import FieldType, refusal
from schema.problem import shown

CLOSED: Final = "closed"
TIME: Final = "(?:[01]?[0-9]|2[0-3]):[0-5][0-9]"
FORM: Final = f"{TIME}-(?:{TIME}|24:00)"
ALMOST: Final = re.compile(
    r"([0-9]{1,2})(?:[:.h]?([0-9]{2}))?\s*(?:-|–|—|to)\s*([0-9]{1,2})(?:[:.h]?([0-9]{2}))?", re.ASCII
)
EXAMPLE: Final = 'write it like "09:00-17:30"'


class TimeRangeText(FieldType[TimeRange]):
    """A range of the clock's times."""

    def read(self, value: object) -> TimeRange:
        """Return the range that `value` writes."""
        if not isinstance(value, str):
            raise refusal("time-range", f"is {shown(value)}, not a range of times", EXAMPLE)
        if re.fullmatch(FORM, value, re.ASCII) is None:
            raise refusal("time-range", *_fault(value))
        start, end = (_minutes(time) for time in value.split("-"))
        if start == end:
            hint = 'write "00:00-24:00" for the whole day' if start == 0 else "let it end later than it begins"
            raise refusal("time-range", f"is {shown(value)}, which ends when it begins", hint)
        return TimeRange(start, end if end > start else end + DAY)

    def write(self, value: TimeRange) -> str:
        """Return the range with two digits for each hour."""
        return str(value)

    def json_schema(self) -> dict[str, object]:
        """Return the form; that the end is not the start, a pattern can't tell."""
        return {"type": "string", "pattern": f"^{FORM}$", "examples": ["09:00-17:30", "22:00-06:00"]}


class _DayHours:
    """Makes a tuple of what stands there: one range, a list of them, or `closed`, which is none."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(_as_tuple, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        one = TimeRangeText().json_schema()
        return {"anyOf": [{"const": CLOSED}, one, {"type": "array", "items": one, "minItems": 1}]}


def _as_tuple(value: object) -> tuple[object, ...]:
    if value == CLOSED:
        return ()
    if isinstance(value, list):
        if not value:
            raise refusal("time-range", "is an empty list", f'write "{CLOSED}", or ranges like "09:00-17:30"')
        return tuple(value)
    if value is None or isinstance(value, dict):
        raise refusal("time-range", f"is {shown(value)}, not hours", f'write "{CLOSED}", or ranges like "09:00-17:30"')
    # Read here, so that a message does not speak of a list where none is written.
    TimeRangeText().read(value)
    return (value,)


def _fault(value: str) -> tuple[str, str]:
    """Return what is wrong with a text that is no range, and the range that it was probably meant to be."""
    almost = ALMOST.fullmatch(value.strip())
    if almost is None:
        return f"is {shown(value)}, not a range of times", f'{EXAMPLE}, or "{CLOSED}"'
    times = [f"{int(hour):02}:{minute or '00'}" for hour, minute in (almost.group(1, 2), almost.group(3, 4))]
    for time, is_end in zip(times, (False, True), strict=True):
        if re.fullmatch(TIME, time) is None and not (is_end and time == "24:00"):
            what = f"is {shown(value)}, and {time} is no time of day to {'end' if is_end else 'begin'} at"
            return what, f"write a time from 00:00 to {'24:00' if is_end else '23:59'}"
    return f"is {shown(value)}, not a range of times", f'write it "{"-".join(times)}"'


def _minutes(time: str) -> int:
    hour, minute = time.split(":")
    return int(hour) * 60 + int(minute)


DayHours = Annotated[tuple[Annotated[TimeRange, TimeRangeText()], ...], _DayHours()]
