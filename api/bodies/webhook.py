"""How a webhook stands."""

from __future__ import annotations

from datetime import datetime

from api.bodies.body import Body


class WebhookBody(Body):
    """`host`: null = no longer configured; `pending`: what waits, of which `set_aside` lets others go first; counts since the start."""

    tenant: str
    name: str
    host: str | None
    pending: int
    oldest_at: datetime | None
    set_aside: int
    error: str | None
    failed_at: datetime | None
    delivered_at: datetime | None
    next_attempt_at: datetime | None
    delivered: int
    failures: int
    dropped: int
