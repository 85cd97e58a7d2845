"""Where the server listens."""

from __future__ import annotations

from fastapi import APIRouter

from api.bodies.body import Page
from api.bodies.listener import ListenerBody
from api.caller import CallerOf
from api.doors import DoorsOf
from api.paging import Cursor, Limit, cut

router = APIRouter(tags=["listeners"])


@router.get("/listeners")
async def listeners(doors: DoorsOf, caller: CallerOf, cursor: Cursor = None, limit: Limit = 100) -> Page[ListenerBody]:
    """Where each is bound, what phones are told, and what is wrong with it; by name."""
    found = [view for view in doors.engine.listeners() if caller.sees(view.tenant or "")]
    page, following = cut(found, lambda view: f"{view.name} {view.transport} {view.bound}", cursor, limit)
    return Page(items=[ListenerBody.model_validate(view) for view in page], next=following)
