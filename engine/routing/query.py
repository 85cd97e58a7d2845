"""The question that routing answers, complete and versioned, so that a record can be decided again years later (law
4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dialing.number import DialContext, Number
from engine.config.extension import ExtensionConfig
from engine.config.snapshot import TenantSnapshot

QUERY_VERSION = 1

# Until a tenant can say how its people dial; no emergency number either, which could hide an extension.
_DIALLING: Final = DialContext(emergency=frozenset())


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


def query_of(
    tenant: TenantSnapshot, caller: ExtensionConfig, dialled: str, *, listener: str, source: str, at: datetime
) -> RouteQuery:
    """The question for a call of `caller`: here, at the edge, what was dialled becomes a number. For calls live and imagined."""
    return RouteQuery(
        tenant=tenant.config.name,
        caller=caller.number,
        caller_display=caller.display_name,
        callee=_DIALLING.number(dialled, tenant.extensions),
        listener=listener,
        source=source,
        at=at,
    )
