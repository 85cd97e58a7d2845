"""Whole numbers: within bounds, unquoted."""

import pytest
from pydantic import TypeAdapter, ValidationError

from schema.core_scalar import PlainNumber
from schema.whole import Port

PORT = TypeAdapter[int](Port)


@pytest.mark.parametrize(
    ("text", "number"), [("1", 1), ("65535", 65535), ("0x10", 16), ("0o17", 15), ("+5", 5), ("007", 7)]
)
def test_a_number_is_read(text: str, number: int) -> None:
    assert PORT.validate_python(PlainNumber(text)) == number


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (PlainNumber("0"), "is 0, out of range"),
        (PlainNumber("-1"), "is -1, out of range"),
        (PlainNumber("65536"), "is 65536, out of range"),
        (PlainNumber("1.0"), 'is "1.0", not a whole number'),
        (PlainNumber("1e3"), "not a whole number"),
        (PlainNumber(".inf"), "not a whole number"),
        ("5060", 'is the text "5060", not a number'),
        ("sip", "not a whole number"),
        (True, "is true, not a whole number"),
        (None, "is nothing, not a whole number"),
        ([], "is a list, not a whole number"),
    ],
)
def test_anything_else_is_refused(value: object, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        PORT.validate_python(value)
    assert said in str(caught.value.errors()[0]["msg"])
