"""A live call."""

from __future__ import annotations

from datetime import datetime

from api.bodies.body import Body


class LegBody(Body):
    id: str
    number: str
    contact: str
    state: str
    sip_call_id: str
    local_rtp: str | None
    packets_in: int
    packets_out: int
    lost: int
    jitter_ms: float
    group: str


class CallBody(Body):
    id: str
    tenant: str
    revision: str
    caller: str
    callee: str
    state: str
    started_at: datetime
    answered_at: datetime | None
    decided_by: str
    onward: list[str]
    legs: list[LegBody]
