"""Ranges of times: how they are read, and how they are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from dialing.time_range import DAY, TimeRange
from schema.core_scalar import PlainNumber
from schema.day_hours import DayHours, TimeRangeText

FIELD = TimeRangeText()
DAY_HOURS: TypeAdapter[tuple[TimeRange, ...]] = TypeAdapter(DayHours)

READ = [
    ("09:00-17:30", 540, 1050),
    ("9:00-17:30", 540, 1050),
    ("00:00-24:00", 0, DAY),
    ("22:00-06:00", 1320, DAY + 360),
    ("22:00-00:00", 1320, DAY),
    ("17:00-16:59", 1020, DAY + 1019),
    ("00:00-00:01", 0, 1),
]
REFUSED: list[tuple[object, str, str]] = [
    ("09:00-25:00", "25:00 is no time of day to end at", "from 00:00 to 24:00"),
    ("24:00-06:00", "24:00 is no time of day to begin at", "from 00:00 to 23:59"),
    ("09:60-10:00", "09:60 is no time of day to begin at", "from 00:00 to 23:59"),
    ("09:00-24:01", "24:01 is no time of day to end at", "from 00:00 to 24:00"),
    ("09:00-09:00", "ends when it begins", "later"),
    ("00:00-00:00", "ends when it begins", '"00:00-24:00" for the whole day'),
    ("9-17", "not a range of times", 'write it "09:00-17:00"'),
    ("0900-1730", "not a range of times", 'write it "09:00-17:30"'),
    ("09.00-17.30", "not a range of times", 'write it "09:00-17:30"'),
    ("09:00 - 17:30", "not a range of times", 'write it "09:00-17:30"'),
    ("09:00–17:30", "not a range of times", 'write it "09:00-17:30"'),
    ("9 to 17", "not a range of times", 'write it "09:00-17:00"'),
    ("9am-5pm", "not a range of times", '"09:00-17:30", or "closed"'),
    ("09:00", "not a range of times", '"09:00-17:30"'),
    ("Closed", "not a range of times", '"closed"'),
    ("", "not a range of times", '"09:00-17:30"'),
    ("09:00-17:30\n", "not a range of times", 'write it "09:00-17:30"'),
    (PlainNumber("9"), 'is "9", not a range', '"09:00-17:30"'),
    (True, "is true", '"09:00-17:30"'),
    (None, "is nothing", '"09:00-17:30"'),
    (["09:00-17:30"], "is a list", '"09:00-17:30"'),
    ("9" * 10000, "not a range of times", '"09:00-17:30"'),
]


@pytest.mark.parametrize(("text", "start", "end"), READ)
def test_a_range_is_read(text: str, start: int, end: int) -> None:
    assert FIELD.read(text) == TimeRange(start, end)


@pytest.mark.parametrize(("value", "what", "hint"), REFUSED, ids=[ascii(row[0])[:20] for row in REFUSED])
def test_what_is_refused_says_what_to_write(value: object, what: str, hint: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        FIELD.read(value)
    context = caught.value.context or {}
    assert what in context["what"]
    assert hint in context["hint"]
    assert caught.value.type == "time-range"


@given(st.integers(0, DAY - 1), st.integers(1, DAY - 1))
def test_what_is_written_reads_as_the_same(start: int, length: int) -> None:
    hours = TimeRange(start, start + length)
    assert FIELD.read(FIELD.write(hours)) == hours


def test_the_hours_of_a_day_are_one_range_a_list_or_closed() -> None:
    assert DAY_HOURS.validate_python("09:00-17:00") == (TimeRange(540, 1020),)
    assert DAY_HOURS.validate_python(["09:00-12:00", "13:00-17:00"]) == (TimeRange(540, 720), TimeRange(780, 1020))
    assert DAY_HOURS.validate_python("closed") == ()
    assert DAY_HOURS.dump_python((TimeRange(540, 1020),), mode="json") == ["09:00-17:00"]


@pytest.mark.parametrize(
    ("value", "place"),
    [([], ()), (None, ()), ({}, ()), ("9-17", ()), (["09:00-17:00", "x"], (1,)), (["closed"], (0,))],
    ids=str,
)
def test_a_fault_is_told_at_its_place(value: object, place: tuple[int, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        DAY_HOURS.validate_python(value)
    [error] = caught.value.errors()
    assert (error["type"], error["loc"]) == ("time-range", place)
