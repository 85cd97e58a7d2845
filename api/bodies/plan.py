"""What is sent beside a plan."""

from __future__ import annotations

from api.bodies.body import Body
from api.bodies.hold import HoldBody
from api.bodies.live import LiveBody


class PlanBesidesBody(Body):
    """What is sent beside a plan. `waiting`: why it is not applied already; null where only the next round is missing."""

    live: LiveBody
    mode: str
    waiting: str | None
    suspended: HoldBody | None
