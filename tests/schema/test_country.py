"""Countries and their subdivisions."""

import pytest
from pydantic_core import PydanticCustomError

from schema.country import Country, subdivisions_of
from tests.support.field_types import reader_of

read = reader_of(Country)

MEANT: list[tuple[object, str]] = [
    ("UK", 'did you mean "GB"?'),
    ("gb", 'did you mean "GB"?'),
    ("GBR", 'did you mean "GB"?'),
    ("United Kingdom", 'did you mean "GB"?'),
    ("England", 'did you mean "GB"?'),
    ("EN", 'did you mean "GB"?'),
    ("XN", 'write its two letters, such as "GB"'),
    ("Germny", 'did you mean "DE"?'),
    ("Atlantis", 'write its two letters, such as "GB"'),
    ("XX", 'write its two letters, such as "GB"'),
    ("", 'write its two letters, such as "GB"'),
    (5, 'write its two letters, such as "GB"'),
    ("x" * 100000, 'write its two letters, such as "GB"'),
]


def test_a_country_is_read() -> None:
    assert [read(code) for code in ("GB", "DE", "US", "NP")] == ["GB", "DE", "US", "NP"]


@pytest.mark.parametrize(("value", "hint"), MEANT, ids=[str(row[0])[:20] for row in MEANT])
def test_an_unknown_country_is_refused_with_the_one_that_was_meant(value: object, hint: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        read(value)
    assert (caught.value.context or {})["hint"] == hint
    assert caught.value.type == "country"


def test_subdivisions() -> None:
    assert {"ENG", "SCT"} <= set(subdivisions_of("GB"))
    assert subdivisions_of("AQ") == []
