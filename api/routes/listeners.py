"""Where the server listens."""

from __future__ import annotations

from fastapi import APIRouter

from api.bodies.body import Page
from api.bodies.listener import ListenerBody
from api.caller import CallerOf
from api.doors import DoorsOf

router = APIRouter(tags=["listeners"])


@router.get("/listeners")
async def listeners(doors: DoorsOf, caller: CallerOf) -> Page[ListenerBody]:
    """Where each is bound, what phones are told, and what is wrong with it."""
    found = [ListenerBody.model_validate(view) for view in doors.engine.listeners() if caller.sees(view.tenant or "")]
    return Page(items=found, next=None)
