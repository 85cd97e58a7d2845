"""What is made of a receiver's answer, and when it is asked again.

Everything but 2xx is tried again: what is configured is changed in git, not by a receiver. The difference is whether the answer may
be about this very event: then it must not hold up those behind it for ever.
"""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Final

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 300.0
LONGEST_ASKED_PAUSE_S: Final = 3600.0
"""A receiver may ask for a longer pause than ours (Retry-After), up to this."""
REFUSED_FOR_S: Final = 3600.0
"""An event that is refused for so long lets others go first."""

# Of the receiver's own state, or of how it is reached: log in, time out, gone, wrong server, too early, too many, proxies.
_OF_THE_RECEIVER: Final = frozenset({401, 407, 408, 410, 421, 425, 429, 502, 503, 504})


class Verdict(Enum):
    DELIVERED = "delivered"
    REFUSED = "refused"
    """Perhaps this event and no other."""
    FAILED = "failed"
    """The receiver can take none now."""


def verdict(status: int) -> Verdict:
    """Of an HTTP status; a redirect is not followed and so a failure."""
    if 200 <= status < 300:
        return Verdict.DELIVERED
    return Verdict.REFUSED if status >= 400 and status not in _OF_THE_RECEIVER else Verdict.FAILED


def pause_s(failures: int, chance: float, asked_s: float | None) -> float:
    """How long to wait after so many failures in a row (from 1). `chance`: 0-1; `asked_s`: what the receiver asked for, if it did.

    Doubled each time, up to five minutes, of which between half and all: receivers that went down together do not come back to a
    storm.
    """
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures - 1, 30))
    own = longest * (0.5 + 0.5 * chance)
    return own if asked_s is None else max(own, min(asked_s, LONGEST_ASKED_PAUSE_S))


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """Of a Retry-After header (RFC 9110 §10.2.3): seconds or a date; None for none, and for what is neither."""
    if value is None:
        return None
    if value.isascii() and value.isdecimal():
        return float(value[:10])
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, (at - now).total_seconds()) if at.tzinfo is not None else None
