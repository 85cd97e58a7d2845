"""A source that is shut out for a time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why; the values are what people read."""

    FAILED = "failed authentications"
    UNANSWERED = "unanswered challenges"
    LEVEL2 = "packets per second, level 2"
    LEVEL1 = "packets per second, level 1"


@dataclass(slots=True, kw_only=True)
class Ban:
    """`since`, `until`: seconds, monotonic; `count`: what was counted when it began; `dropped`: datagrams since then.

    `was_proved`: somebody at that source had proved a password not long before: it may be an office.
    """

    source: str
    reason: Reason
    since: float
    until: float
    count: int
    dropped: int = 0
    was_proved: bool = False
