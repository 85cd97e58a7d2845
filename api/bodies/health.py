"""Whether all is well."""

from __future__ import annotations

from api.bodies.body import Body


class HealthBody(Body):
    ok: bool
    reasons: list[str]
