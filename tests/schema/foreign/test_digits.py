"""Sets of numbers: what matches, what two of them have in common, what was stripped and prepended."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.foreign.asterisk.dial_plan import read_pattern
from schema.foreign.digits import DIGITS, Digits, Rest, Spot, Unclear
from schema.foreign.masks import inbound, outbound

CHARS = st.sets(st.sampled_from("0123"), min_size=1).map(frozenset)
RESTS = st.none() | st.builds(Rest, CHARS, st.integers(0, 2), st.none() | st.integers(2, 4))
SETS = st.builds(lambda spots, rest: Digits(tuple(map(Spot, spots)), rest), st.lists(CHARS, max_size=4), RESTS)
NUMBERS = st.text("0123", max_size=7)


@settings(max_examples=100)
@given(SETS, SETS, NUMBERS)
def test_a_number_is_in_the_meeting_of_two_sets_if_it_is_in_both(one: Digits, other: Digits, number: str) -> None:
    met = one.meet(other)
    assert (met is not None and met.matches(number)) == (one.matches(number) and other.matches(number))


@settings(max_examples=100)
@given(SETS, SETS, NUMBERS)
def test_what_is_within_another_set_is_matched_by_it(one: Digits, other: Digits, number: str) -> None:
    if one.is_within(other) and one.matches(number):
        assert other.matches(number)


@settings(max_examples=100)
@given(SETS, NUMBERS, st.integers(0, 3), st.text("0123", max_size=3))
def test_what_is_stripped_and_prepended_makes_the_number_that_is_sent(
    pattern: Digits, number: str, strip: int, prepend: str
) -> None:
    dialled = pattern.dialled()
    sent = Digits.of(prepend) + dialled.part(strip)
    try:
        change = sent.change()
    except Unclear:
        return
    if pattern.matches(number) and len(number) > strip:
        assert change[1] + number[change[0] :] == prepend + number[strip:]


@settings(max_examples=100)
@given(SETS, NUMBERS)
def test_masks_and_prefixes_take_all_numbers_of_a_set_and_no_others_if_they_are_exact(
    pattern: Digits, number: str
) -> None:
    way = outbound(pattern)
    if way is not None and number:
        assert not pattern.matches(number) or way.fits(number)
        if way.is_exact and pattern.rest is None:
            assert way.fits(number) == pattern.matches(number)


@pytest.mark.parametrize(
    ("pattern", "masks", "is_exact"),
    [
        ("49891234100", ("49891234100",), True),
        ("_25655511XX", ("2565551100-2565551199",), True),
        ("_2[02]1X", ("2010-2019", "2210-2219"), True),
        ("_X.", ("*",), False),
        ("_+44.", ("+44*",), False),
        ("_44!", ("44*",), True),
    ],
)
def test_masks_of_a_pattern(pattern: str, masks: tuple[str, ...], is_exact: bool) -> None:
    assert inbound(read_pattern(pattern)) == (masks, is_exact)


@pytest.mark.parametrize(
    ("pattern", "prefixes", "least", "most", "is_exact"),
    [
        ("_9011.", ("9011",), 5, None, True),
        ("_0[12]X", ("01", "02"), 3, 3, True),
        ("_1NXXNXXXXXX", tuple(f"1{digit}" for digit in "23456789"), 11, 11, False),
        ("112", ("112",), 3, 3, True),
        ("_+X.", ("+",), 2, None, True),
    ],
)
def test_prefixes_and_lengths_of_a_pattern(
    pattern: str, prefixes: tuple[str, ...], least: int, most: int | None, is_exact: bool
) -> None:
    way = outbound(read_pattern(pattern))
    assert way is not None
    assert (way.least, way.most, way.is_exact) == (least, most, is_exact)
    if is_exact:
        assert way.prefixes == prefixes
    else:
        assert all(prefix.startswith(prefixes) for prefix in way.prefixes)


def test_a_later_pattern_cuts_out_of_what_was_dialled_what_it_takes_of_what_was_made_of_it() -> None:
    dialled = read_pattern("_NXXNXXXXXX").dialled()
    made = Digits.of("1") + dialled
    met = made.meet(read_pattern("_1900NXXXXXX"))
    assert met is not None
    assert str(dialled.narrowed(met)) == "900NXXXXXX"
    assert Digits(tuple(Spot(DIGITS) for _ in range(3))).count == 1000


def test_what_is_refused_is_said_by_many_prefixes_rather_than_by_too_few() -> None:
    pattern = read_pattern("_NXX976XXXX")
    wide, exact = outbound(pattern), outbound(pattern, 1000)
    assert wide is not None
    assert (wide.prefixes, wide.is_exact) == (tuple("23456789"), False)
    assert exact is not None
    assert (len(exact.prefixes), exact.is_exact) == (800, True)
