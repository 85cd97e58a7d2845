"""Amounts are exact, and currencies are known ones."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from schema.core_scalar import PlainNumber
from schema.money import CURRENCIES, Amount, Currency, Money
from tests.support.field_types import reader_of


@pytest.mark.parametrize(
    ("value", "amount"),
    [(PlainNumber("12.50"), "12.50"), ("0", "0"), ("0.000001", "0.000001"), (PlainNumber("999999999"), "999999999")],
)
def test_amounts(value: object, amount: str) -> None:
    read = Money().read(value)
    assert (read, Money().write(read)) == (Decimal(amount), amount)
    assert reader_of(Amount)(read) == read


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "",
        "-1",
        PlainNumber("-0.5"),
        "1,5",
        "1.",
        ".5",
        "1e3",
        "0.1234567",
        "1" * 10,
        "5 EUR",
        "\u0661",
        [],
        {},
    ],
)
def test_what_is_no_amount(value: object) -> None:
    with pytest.raises(PydanticCustomError) as refused:
        Money().read(value)
    assert refused.value.type == "money"


@given(st.decimals(0, 999_999, places=6))
def test_what_is_written_reads_as_itself(amount: Decimal) -> None:
    assert Money().read(Money().write(amount)) == amount


def test_currencies() -> None:
    assert [reader_of(Currency)(code) for code in ("EUR", "GBP", "CNY")] == ["EUR", "GBP", "CNY"]
    assert len(set(CURRENCIES)) == len(CURRENCIES)


@pytest.mark.parametrize(
    ("value", "hint"), [("eur", 'mean "EUR"'), ("EURO", 'mean "EUR"'), (None, "three letters"), (7, "three letters")]
)
def test_what_is_no_currency(value: object, hint: str) -> None:
    with pytest.raises(PydanticCustomError) as refused:
        reader_of(Currency)(value)
    assert hint in (refused.value.context or {})["hint"]
