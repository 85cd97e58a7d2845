"""A socket that SIP comes in by."""

from __future__ import annotations

from api.bodies.body import Body


class ListenerBody(Body):
    """`connections`: open now; None: UDP has none."""

    name: str
    transport: str
    bound: str
    advertised: str
    tenant: str | None
    problem: str | None
    connections: int | None
