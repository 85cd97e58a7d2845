"""The description of all routes."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.description import described_tag, description
from api.etag import unchanging

router = APIRouter()


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    """As it is published, with this server's version. There is no secret in it, and it changes with the version alone."""
    return unchanging(request, described_tag(request.app.version), lambda: description(request.app.version))
