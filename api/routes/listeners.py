"""Where the server listens."""

from __future__ import annotations

from fastapi import APIRouter

from api.bodies.body import Page
from api.bodies.listener import ListenerBody
from api.doors import DoorsOf

router = APIRouter(tags=["listeners"])


@router.get("/listeners")
async def listeners(doors: DoorsOf) -> Page[ListenerBody]:
    found = [ListenerBody.model_validate(view) for view in doors.engine.listeners()]
    return Page(items=found, next=None)
