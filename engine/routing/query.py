"""The question that routing answers, complete and versioned, so that a record can be decided again years later (law
4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dialing.number import Number

QUERY_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteQuery:
    """Who calls what, over which door, when.

    `caller`: number of the authenticated extension; `callee`: what was asked for, in both forms: as dialled (the user
    part of the Request-URI, unescaped); `listener`: name of ours; `source`: the peer's IP address; `at`: aware UTC.
    """

    version: int = QUERY_VERSION
    tenant: str
    caller: str
    caller_display: str
    callee: Number
    listener: str
    source: str
    at: datetime
