"""Amounts of money: exact both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.money import MILLION, MOST, amount_text, millionths, sum_millionths

CASES = [
    ("0", 0, "0.00"),
    ("12.50", 12_500_000, "12.50"),
    ("12.5", 12_500_000, "12.50"),
    ("0.008", 8_000, "0.008"),
    ("0.000001", 1, "0.000001"),
    ("999999999.999999", MOST, "999999999.999999"),
    ("-0.05", -50_000, "-0.05"),
    ("0012", 12 * MILLION, "12.00"),
]


@pytest.mark.parametrize(("written", "amount", "shown"), CASES)
def test_amounts(written: str, amount: int, shown: str) -> None:
    assert millionths(written) == amount
    assert amount_text(amount) == shown
    assert millionths(shown) == amount


@given(st.integers(-MOST, MOST))
def test_what_is_shown_is_exact(amount: int) -> None:
    assert millionths(amount_text(amount)) == amount


@given(st.integers(-MOST * 10**6, MOST * 10**6))
def test_what_amounts_come_to_may_be_more_than_people_can_write(amount: int) -> None:
    assert sum_millionths(amount_text(amount)) == amount


@pytest.mark.parametrize("text", ["", "1,5", "1.", ".5", "1e3", "0.0000001", "1234567890", "+1", "1.5 GBP", "١"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no amount of money"):
        millionths(text)
