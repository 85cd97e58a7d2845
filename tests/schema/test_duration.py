"""Durations and how they are refused."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from schema.core_scalar import PlainNumber
from schema.duration import Duration

FIELD = Duration(timedelta(seconds=5), timedelta(hours=48))

READ = [
    ("5s", 5),
    ("30s", 30),
    ("90s", 90),
    ("5m", 300),
    ("1h", 3600),
    ("1h30m", 5400),
    ("1h0m5s", 3605),
    ("005s", 5),
    ("48h", 172800),
]
REFUSED: list[tuple[object, str, str]] = [
    (PlainNumber("30"), 'is "30", a number without a unit', 'write "30s" for seconds, or "m" and "h"'),
    ("30", "a number without a unit", 'write "30s"'),
    ("4s", 'is "4s", too short', 'the shortest is "5s"'),
    ("0s", "too short", "5s"),
    ("2881m", "too long", 'the longest is "48h"'),
    ("99999999s", "too long", "48h"),
    ("", "not a duration", '"30s"'),
    ("s", "not a duration", '"30s"'),
    ("1.5h", "not a duration", '"30s"'),
    ("-5s", "not a duration", '"30s"'),
    ("5m1h", "not a duration", '"30s"'),
    ("5 s", "not a duration", '"30s"'),
    ("5S", "not a duration", '"30s"'),
    ("5s\n", "not a duration", '"30s"'),
    ("\u0665s", "not a duration", '"30s"'),
    ("9" * 5000 + "h", "not a duration", '"30s"'),
    (None, "is nothing, not a duration", '"30s"'),
    (True, "is true", '"30s"'),
    (["5s"], "is a list", '"30s"'),
]


@pytest.mark.parametrize(("text", "seconds"), READ)
def test_a_duration_is_read(text: str, seconds: int) -> None:
    assert FIELD.read(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(("value", "what", "hint"), REFUSED, ids=[ascii(row[0])[:12] for row in REFUSED])
def test_what_is_refused_says_what_to_write(value: object, what: str, hint: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        FIELD.read(value)
    context = caught.value.context or {}
    assert what in context["what"]
    assert hint in context["hint"]
    assert caught.value.type == "duration"


@given(st.integers(5, 172800))
def test_what_is_written_reads_as_the_same(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert FIELD.read(FIELD.write(duration)) == duration
