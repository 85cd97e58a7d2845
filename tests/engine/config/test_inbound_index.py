"""Where a number may differ from an exact one by one character, against trying all of it."""

from hypothesis import given
from hypothesis import strategies as st

from engine.config.inbound_index import InboundIndex
from engine.routing.misses import one_digit_away
from tests.support.routed import inbound

numbers = st.text("012", min_size=1, max_size=6)


@given(st.lists(numbers, min_size=1, max_size=8, unique=True), numbers)
def test_no_number_that_differs_by_one_character_is_passed_over(dids: list[str], asked: str) -> None:
    index = InboundIndex.of([inbound("main", dids=tuple(dids))])
    first, end = index.where_near(asked)
    near = [number for number in one_digit_away(asked, first, end) if number in dids and number != asked]
    assert list(dict.fromkeys(near)) == list(
        dict.fromkeys(number for number in one_digit_away(asked) if number in dids and number != asked)
    )


def test_a_number_that_has_no_half_in_common_is_looked_up_by_its_middle_alone() -> None:
    index = InboundIndex.of([inbound("main", dids=("+442079460100",))])
    assert index.where_near("+331234567890") == (5, 7)
    assert index.where_near("+442071234567") == (5, 13)
    assert index.where_near("+442079460199") == (5, 13)
    assert index.where_near("+332079460100") == (0, 7)
