"""A step of a decision."""

from __future__ import annotations

from api.bodies.body import Body


class StepBody(Body):
    verdict: str
    rule: str | None
    origin: str | None
    why: str
