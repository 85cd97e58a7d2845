"""A condition of a resource or unit."""

from __future__ import annotations

from datetime import datetime

from api.bodies.body import Body


class ConditionBody(Body):
    type: str
    is_true: bool
    reason: str
    message: str
    since: datetime
