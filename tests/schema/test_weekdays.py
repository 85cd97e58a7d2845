"""Weekdays: which days a text names, and how others are refused."""

import pytest
from pydantic_core import PydanticCustomError

from schema.weekdays import Weekdays, days_of
from tests.support.field_types import reader_of

read = reader_of(Weekdays)

READ = [
    ("mon", (0,)),
    ("mon-fri", (0, 1, 2, 3, 4)),
    ("sat-sun", (5, 6)),
    ("sat-mon", (5, 6, 0)),
    ("tue-tue", (1,)),
]
REFUSED: list[tuple[object, str]] = [
    ("Mon", 'write "mon"'),
    ("Monday", 'write "mon"'),
    ("monday-friday", 'write "mon-fri"'),
    ("thurs", 'write "thu"'),
    ("mon - fri", 'write "mon-fri"'),
    ("mon-wed-fri", 'write it like "mon" or "mon-fri"'),
    ("mon,tue", 'write it like "mon" or "mon-fri"'),
    ("weekdays", 'write it like "mon" or "mon-fri"'),
    ("", 'write it like "mon" or "mon-fri"'),
    (1, 'write it like "mon" or "mon-fri"'),
]


@pytest.mark.parametrize(("text", "days"), READ)
def test_days_are_read(text: str, days: tuple[int, ...]) -> None:
    assert read(text) == text
    assert days_of(text) == days


@pytest.mark.parametrize(("value", "hint"), REFUSED, ids=[str(row[0]) for row in REFUSED])
def test_what_is_refused_says_what_to_write(value: object, hint: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        read(value)
    assert hint in (caught.value.context or {})["hint"]
    assert caught.value.type == "weekday"
