"""A live binding."""

from __future__ import annotations

from datetime import datetime

from api.bodies.body import Body


class RegistrationBody(Body):
    tenant: str
    number: str
    contact: str
    source: str
    listener: str
    user_agent: str
    registered_at: datetime
    expires_at: datetime
