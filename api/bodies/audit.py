"""Who commanded what."""

from __future__ import annotations

from datetime import datetime

from api.bodies.body import Body


class AuditBody(Body):
    """`who`: the token's name, or the control socket and who used it; `tenant`: whom it concerned, null = the whole system."""

    at: datetime
    who: str
    what: str
    target: str
    tenant: str | None
    result: str
