"""Why a call, or a leg of it, ended."""

from __future__ import annotations

from api.bodies.body import Body


class CauseBody(Body):
    outcome: str
    sip_status: int
    q850: int
    party: str
    reason: str
