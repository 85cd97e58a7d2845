"""Why following rests."""

from __future__ import annotations

from api.bodies.body import Body


class HoldBody(Body):
    """`source`: following rests until the manifests are others than these; null = until it is resumed."""

    by: str
    at: str
    reason: str
    source: str | None
