"""What is gone and still used."""

from __future__ import annotations

from datetime import datetime

from api.bodies.body import Body
from engine.views import DrainView


class DrainBody(Body):
    """`ref`: what is gone, as `Extension acme/101`; `calls`: ids of those that use it and are hung up at `until`."""

    ref: str
    calls: list[str]
    until: datetime

    @classmethod
    def of(cls, view: DrainView) -> DrainBody:
        return cls(ref=str(view.ref), calls=list(view.calls), until=view.until)
