"""A problem of a manifest."""

from __future__ import annotations

from api.bodies.body import Body


class ManifestProblemBody(Body):
    file: str
    line: int
    column: int
    severity: str
    rule: str
    message: str
    hint: str
