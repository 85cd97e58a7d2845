"""A refusal (RFC 9457)."""

from __future__ import annotations

from api.bodies.body import Body
from api.bodies.manifest_problem import ManifestProblemBody


class ProblemBody(Body):
    """RFC 9457. `errors`: what is wrong with the request, one sentence each; `problems`: of manifests that were posted."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    errors: list[str] | None = None
    problems: list[ManifestProblemBody] | None = None
