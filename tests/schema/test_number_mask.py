"""Masks, full numbers, digits and prefixes in manifests."""

import pytest
from pydantic_core import PydanticCustomError

from schema.core_scalar import PlainNumber
from schema.number_mask import DigitsOrNone, FullNumber, NumberMask, NumberMasks, Prefix
from tests.support.field_types import reader_of

read_mask, read_masks = reader_of(NumberMask), reader_of(NumberMasks)


@pytest.mark.parametrize(
    "mask", ["2345", "*", "anonymous", "*345", "2*", "*23*", "1-2346", "0100-0199", "+44*", "ada.l"]
)
def test_masks_are_kept_as_they_are_written(mask: str) -> None:
    assert read_mask(mask) == mask
    assert read_masks(mask) == (mask,)


def test_an_unquoted_number_is_the_text_it_is() -> None:
    assert read_mask(PlainNumber("0101")) == "0101"


def test_a_list_keeps_its_order_and_loses_what_stands_twice() -> None:
    assert read_masks(["2*", PlainNumber("7"), "2*"]) == ("2*", "7")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not a mask"),
        (True, "not a mask"),
        ({"a": 1}, "not a mask"),
        ("", "the mask is empty"),
        ("4*6", "elsewhere than at an end"),
        ("9-1", 'write "1-9"'),
        ("x y", "holds ' '"),
        ("withheld", 'write "anonymous"'),
        ("Anonymous", 'write "anonymous"'),
        ("1" * 65, "65 characters"),
    ],
)
def test_what_is_no_mask_is_refused(value: object, words: str) -> None:
    for read in (read_mask, read_masks):
        with pytest.raises(PydanticCustomError) as raised:
            read(value)
        assert words in str(raised.value.context)
        assert raised.value.type in ("number-mask", "type")


@pytest.mark.parametrize("value", [[], ["1"] * 10_001])
def test_a_list_has_bounds(value: list[str]) -> None:
    with pytest.raises(PydanticCustomError):
        read_masks(value)


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        (
            FullNumber,
            ["+442079460100", "+1234567"],
            ["442079460100", "+0442079460", "+44 20", "+12", "+1234567890123456"],
        ),
        (DigitsOrNone, ["", "0086", "+", "*31#"], ["a", "0 0", "--"]),
        (Prefix, ["00", "+", "+49", "*1"], ["", "a", "++"]),
    ],
)
def test_numbers_of_other_forms(field: object, good: list[str], bad: list[str]) -> None:
    read = reader_of(field)
    assert [read(value) for value in good] == good
    for value in bad:
        with pytest.raises(PydanticCustomError):
            read(value)
