"""Digits in INFO bodies, as phones write them."""

import pytest

from engine.call.dtmf_info import dtmf_info_body, parse_dtmf_info

RELAY, PLAIN = "application/dtmf-relay", "application/dtmf"

CASES = [
    ("usual", RELAY, b"Signal=5\r\nDuration=160\r\n", ("5", 160)),
    ("SIP.js: too long", RELAY, b"Signal=5\r\nDuration=2000\r\n", ("5", 500)),
    ("too short", RELAY, b"Signal=5\r\nDuration=1\r\n", ("5", 40)),
    ("blanks and case", RELAY, b"signal = a\nDURATION = 100", ("A", 100)),
    ("no duration", RELAY, b"Signal=*", ("*", 160)),
    ("duration that is none", RELAY, b"Signal=#\r\nDuration=\xd9\xa3", ("#", 160)),
    ("negative duration", RELAY, b"Signal=#\r\nDuration=-5", ("#", 160)),
    ("absurd duration", RELAY, b"Signal=#\r\nDuration=99999999999", ("#", 160)),
    ("star as a number", RELAY, b"Signal=10\r\n", ("*", 160)),
    ("hash as a number", PLAIN, b"11", ("#", 160)),
    ("D as a number", PLAIN, b"15", ("D", 160)),
    ("plain", PLAIN, b"7\r\n", ("7", 160)),
    ("no digit", RELAY, b"Signal=x\r\n", None),
    ("empty digit", RELAY, b"Signal=\r\n", None),
    ("flash", PLAIN, b"16", None),
    ("several", PLAIN, b"123", None),
    ("empty", PLAIN, b"", None),
    ("bytes", RELAY, b"\xff\x00=\xfe", None),
    ("another type", "text/plain", b"5", None),
]


@pytest.mark.parametrize(("kind", "body", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_bodies(kind: str, body: bytes, expected: tuple[str, int] | None) -> None:
    assert parse_dtmf_info(kind, body) == expected


@pytest.mark.parametrize("digit", "0123456789*#ABCD")
def test_what_is_passed_on_can_be_read(digit: str) -> None:
    assert parse_dtmf_info(RELAY, dtmf_info_body(digit, 200)) == (digit, 200)
