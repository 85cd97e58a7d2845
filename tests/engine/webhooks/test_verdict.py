"""What is made of each answer, and how long is waited."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.webhooks.verdict import Verdict, pause_s, retry_after_s, verdict

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *((status, Verdict.DELIVERED) for status in (200, 201, 202, 204, 299)),
        *((status, Verdict.FAILED) for status in (100, 301, 302, 307, 308, 401, 407, 408, 410, 421, 425, 429)),
        *((status, Verdict.FAILED) for status in (502, 503, 504)),
        *((status, Verdict.REFUSED) for status in (400, 403, 404, 405, 409, 413, 415, 422, 451, 500, 501, 505, 599)),
    ],
)
def test_each_status(status: int, expected: Verdict) -> None:
    assert verdict(status) is expected


def test_pauses_double_up_to_five_minutes() -> None:
    assert [pause_s(n, 1.0, None) for n in range(1, 12)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert pause_s(1_000_000, 1.0, None) == 300
    assert [pause_s(n, 0.0, None) for n in (1, 2, 12)] == [0.5, 1, 150]


def test_a_receiver_may_ask_for_longer_but_not_for_ever() -> None:
    assert pause_s(1, 1.0, 60.0) == 60
    assert pause_s(9, 1.0, 1.0) == 256
    assert pause_s(1, 1.0, 1e9) == 3600


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("0", 0.0),
        ("120", 120.0),
        ("9" * 500, 9_999_999_999.0),
        ("Fri, 20 Nov 2026 09:02:00 GMT", 120.0),
        ("Fri, 20 Nov 2026 08:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("\u0661", None),
        ("Fri, 99 Nov 2026 09:02:00 GMT", None),
        ("Fri, 20 Nov 999999 09:02:00 GMT", None),
    ],
)
def test_what_a_receiver_asks_for(value: str | None, expected: float | None) -> None:
    assert retry_after_s(value, NOW) == expected
