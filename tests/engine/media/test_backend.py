"""The settings of a media backend."""

from __future__ import annotations

import pytest

from engine.media.backend import MediaSettings


@pytest.mark.parametrize(
    ("first", "last", "first_even", "pairs"),
    [
        (33000, 65000, 33000, 16000),
        (40000, 40001, 40000, 1),
        (40001, 40003, 40002, 1),
        (40000, 40002, 40000, 1),
        (65534, 65535, 65534, 1),
    ],
)
def test_a_range_holds_whole_pairs(first: int, last: int, first_even: int, pairs: int) -> None:
    settings = MediaSettings(first_port=first, last_port=last)
    assert (settings.first_even_port, settings.pairs) == (first_even, pairs)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"first_port": 0}, "port range 0-65000"),
        ({"last_port": 65536}, "port range 33000-65536"),
        ({"first_port": 40001, "last_port": 40000}, "the lower first"),
        ({"first_port": 40001, "last_port": 40002}, "holds no even port"),
        ({"ahead": 0}, "ahead 0"),
        ({"batch": 1025}, "batch 1025"),
        ({"quarantine_s": -1.0}, r"quarantine_s -1\.0"),
        ({"settle_s": float("nan")}, "settle_s nan"),
    ],
)
def test_bad_settings_are_refused(changes: dict[str, int], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        MediaSettings(**changes)  # type: ignore[arg-type]  # numbers by field name
