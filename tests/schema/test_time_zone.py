"""Time zones by name."""

import pytest
from pydantic_core import PydanticCustomError

from schema.time_zone import TimeZone, data_year, zone_names
from tests.support.field_types import reader_of

read = reader_of(TimeZone)

MEANT: list[tuple[object, str]] = [
    ("Europe/Londn", 'did you mean "Europe/London"?'),
    ("europe/london", 'did you mean "Europe/London"?'),
    ("London", 'did you mean "Europe/London"?'),
    ("new york", 'did you mean "America/New_York"?'),
    ("America/Newyork", 'did you mean "America/New_York"?'),
    ("qqq", 'write an IANA name, such as "Europe/London"'),
    ("../etc/passwd", 'write an IANA name, such as "Europe/London"'),
    ("", 'write an IANA name, such as "Europe/London"'),
    (5, 'write an IANA name, such as "Europe/London"'),
    (None, 'write an IANA name, such as "Europe/London"'),
    ("x" * 100000, 'write an IANA name, such as "Europe/London"'),
]


@pytest.mark.parametrize(
    "name", ["Europe/London", "UTC", "Asia/Kathmandu", "America/Argentina/Buenos_Aires", "Etc/GMT+5"]
)
def test_a_zone_is_read(name: str) -> None:
    assert read(name) == name


@pytest.mark.parametrize(("value", "hint"), MEANT, ids=[str(row[0])[:20] for row in MEANT])
def test_an_unknown_zone_is_refused_with_the_one_that_was_meant(value: object, hint: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        read(value)
    assert (caught.value.context or {})["hint"] == hint
    assert caught.value.type == "time-zone"


def test_the_data_is_there() -> None:
    assert len(zone_names()) > 400
    assert data_year() >= 2025
