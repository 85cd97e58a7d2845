"""Days, and how they are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from schema.core_scalar import PlainNumber
from schema.days import Days

FIELD = Days(36_500)
READ: list[tuple[object, int]] = [("90d", 90), ("1d", 1), ("0d", 0), (PlainNumber("0"), 0), ("036500d", 36_500)]
REFUSED: list[tuple[object, str, str]] = [
    (PlainNumber("90"), 'is "90", a number without a unit', 'write "90d" for days'),
    ("90", "a number without a unit", 'write "90d"'),
    (PlainNumber("-1"), "a number without a unit", ""),
    ("36501d", 'is "36501d", too long', 'the longest is "36500d"; 0 keeps for ever'),
    ("3m", "not a number of days", 'write it like "90d"'),
    ("1.5d", "not a number of days", ""),
    ("90 d", "not a number of days", ""),
    ("", "not a number of days", ""),
    ("\u0661d", "not a number of days", ""),
    (None, "not a number of days", ""),
    (["90d"], "not a number of days", ""),
]


@pytest.mark.parametrize(("value", "days"), READ)
def test_what_is_read(value: object, days: int) -> None:
    assert FIELD.read(value) == days


@pytest.mark.parametrize(("value", "what", "hint"), REFUSED)
def test_what_is_refused(value: object, what: str, hint: str) -> None:
    with pytest.raises(PydanticCustomError) as refused:
        FIELD.read(value)
    assert what in str(refused.value)
    assert hint in str((refused.value.context or {})["hint"])


@given(st.integers(0, 36_500))
def test_what_is_written_reads_as_itself(days: int) -> None:
    assert FIELD.read(FIELD.write(days)) == days
