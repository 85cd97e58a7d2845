"""DTMF digits in INFO bodies: `application/dtmf-relay` (Signal=, Duration= in ms) and `application/dtmf` (the digit alone).

No RFC: a custom of Cisco's that many phones and SIP.js keep (interop: Duration 2000 is usual; the digit counts, the length is capped).
"""

from __future__ import annotations

from typing import Final

_DIGITS: Final = frozenset("0123456789*#ABCD")
_NUMBERED: Final = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}
_USUAL_MS: Final = 160
_SHORTEST_MS: Final = 40
_LONGEST_MS: Final = 500


def parse_dtmf_info(content_type: str, body: bytes) -> tuple[str, int] | None:
    """Digit and duration in ms, or None if this is no digit. `content_type` in lower case without parameters."""
    text = body.decode("ascii", "replace")
    if content_type == "application/dtmf":
        digit = _digit(text)
        return (digit, _USUAL_MS) if digit is not None else None
    if content_type != "application/dtmf-relay":
        return None
    fields: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition("=")
        fields[name.strip().lower()] = value.strip()
    digit = _digit(fields.get("signal", ""))
    if digit is None:
        return None
    duration = fields.get("duration", "")
    wanted = int(duration) if duration.isascii() and duration.isdigit() and len(duration) < 7 else _USUAL_MS
    return digit, min(max(wanted, _SHORTEST_MS), _LONGEST_MS)


def dtmf_info_body(digit: str, duration_ms: int) -> bytes:
    return f"Signal={digit}\r\nDuration={duration_ms}\r\n".encode()


def _digit(text: str) -> str | None:
    text = text.strip().upper()
    text = _NUMBERED.get(text, text)
    return text if text in _DIGITS else None
