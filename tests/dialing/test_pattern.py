"""Masks: which numbers fall under them, which of two comes first, and which are refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialing.pattern import Form, NumberPattern, PatternError

MATCHES = [
    ("2345", ["2345"], ["12345", "23456", "", "+2345"]),
    ("+442079460460", ["+442079460460"], ["442079460460"]),
    ("john-doe", ["john-doe"], ["John-Doe"]),
    ("12-ab", ["12-ab"], ["12"]),
    ("*", ["", "1", "anything", "+44"], []),
    ("*345", ["345", "12345"], ["3456", "34"]),
    ("2*", ["2", "23"], ["12", "+2"]),
    ("+44*", ["+4420"], ["4420", "004420"]),
    ("*23*", ["23", "1234", "231"], ["213"]),
    ("1-2346", ["1", "7", "99", "2346"], ["0", "2347", "07", "0001", "+7", "1a", "12346", "", "-1", " 7", "\u0667"]),
    ("0100-0199", ["0100", "0150", "0199"], ["150", "0200", "00150"]),
    ("100-199", ["100", "199"], ["99", "200", "0100", "1e2"]),
    ("5-5", ["5"], ["4", "6", "05"]),
    ("+4420794600-+4420794699", ["+4420794600", "+4420794650"], ["4420794650", "+4420794700", "+44207946500"]),
]
REFUSED = [
    ("", "empty"),
    ("**", "elsewhere"),
    ("2*3", "elsewhere"),
    ("2**", "elsewhere"),
    ("12 34", "' '"),
    ("20-10", 'write "10-20"'),
    ("01-100", "leading zero"),
    ("1-+5", "one end only"),
    ("+1-5", "one end only"),
    ("\u0661-5", "holds"),
    ("a\nb", "holds"),
    ("1" * 65, "65 characters"),
]
IN_ORDER = ["2345", "5-5", "2300-2399", "2000-2999", "1-9999", "234*", "23*", "2*", "*345", "*5", "*234*", "*3*", "*"]

MASKS = st.one_of(
    st.sampled_from([mask for mask, _, _ in MATCHES]),
    st.from_regex(r"\*?[0-9a-z+#._]{1,8}\*?", fullmatch=True),
    st.tuples(st.integers(0, 99999), st.integers(0, 99999)).map(lambda ends: f"{min(ends)}-{max(ends)}"),
).filter(lambda mask: not re.match("0[0-9]*-", mask))
NUMBERS = st.from_regex(r"\+?[0-9]{0,8}", fullmatch=True) | st.text(max_size=10)


@pytest.mark.parametrize(("mask", "inside", "outside"), MATCHES, ids=[row[0] for row in MATCHES])
def test_a_mask_matches(mask: str, inside: list[str], outside: list[str]) -> None:
    pattern = NumberPattern.parse(mask)
    assert [text for text in inside if not pattern.matches(text)] == []
    assert [text for text in outside if pattern.matches(text)] == []


@pytest.mark.parametrize(("mask", "said"), REFUSED, ids=[ascii(row[0][:8]) for row in REFUSED])
def test_a_broken_mask_is_refused_with_the_reason(mask: str, said: str) -> None:
    with pytest.raises(PatternError, match=re.escape(said)):
        NumberPattern.parse(mask)


def test_the_more_specific_mask_comes_first() -> None:
    patterns = [NumberPattern.parse(mask) for mask in reversed(IN_ORDER)]
    assert [str(pattern) for pattern in sorted(patterns, key=lambda pattern: pattern.precedence)] == IN_ORDER


@given(MASKS)
def test_a_mask_survives_parsing(mask: str) -> None:
    assert str(NumberPattern.parse(mask)) == mask


@given(MASKS, MASKS)
def test_no_two_masks_have_the_same_precedence(one: str, other: str) -> None:
    first, second = NumberPattern.parse(one), NumberPattern.parse(other)
    assert (first.precedence == second.precedence) == (one == other)


@given(st.text(max_size=70))
def test_any_text_is_a_mask_or_refused(mask: str) -> None:
    try:
        pattern = NumberPattern.parse(mask)
    except PatternError:
        return
    assert NumberPattern.parse(str(pattern)) == pattern


@given(MASKS, NUMBERS)
def test_a_match_agrees_with_the_mask_as_a_regular_expression(mask: str, text: str) -> None:
    pattern = NumberPattern.parse(mask)
    if pattern.form is not Form.RANGE:
        regex = ".*".join(map(re.escape, mask.split("*")))
        assert pattern.matches(text) == (re.fullmatch(regex, text, re.DOTALL) is not None)


@given(st.integers(0, 3000), st.integers(0, 3000), st.integers(0, 3000))
def test_a_range_matches_what_lies_between_its_ends(one: int, other: int, number: int) -> None:
    first, last = sorted((one, other))
    if first == 0 and last > 9:
        return
    assert NumberPattern.parse(f"{first}-{last}").matches(str(number)) == (first <= number <= last)
