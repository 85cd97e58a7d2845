"""A refusal (RFC 9457)."""

from __future__ import annotations

from api.bodies.body import Body


class ProblemBody(Body):
    """RFC 9457. `errors`: what is wrong with the request, one sentence each."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str | None = None
    errors: list[str] | None = None
