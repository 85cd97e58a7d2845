"""What Prometheus scrapes."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.caller import SystemCallerOf
from api.doors import DoorsOf
from api.metrics.exposition import CONTENT_TYPE, exposition

router = APIRouter(tags=["metrics"])


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request, doors: DoorsOf, caller: SystemCallerOf) -> Response:
    """All figures of the whole server, in the text format of Prometheus."""
    state = request.app.state
    text = await exposition(doors, state.requests, state.hub.figures(), state.access.refusals, request.app.version)
    return Response(text, media_type=CONTENT_TYPE)
