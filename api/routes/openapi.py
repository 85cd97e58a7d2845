"""The description of all routes."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.description import description

router = APIRouter()


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    """As it is published, with this server's version. There is no secret in it."""
    return Response(description(request.app.version), media_type="application/json")
