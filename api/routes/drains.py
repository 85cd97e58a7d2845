"""What the configuration has given up while calls use it."""

from __future__ import annotations

from fastapi import APIRouter

from api.bodies.body import Page
from api.bodies.drain import DrainBody
from api.caller import CallerOf
from api.doors import DoorsOf
from api.paging import Cursor, Limit, cut

router = APIRouter(tags=["drains"])


@router.get("/drains")
async def drains(doors: DoorsOf, caller: CallerOf, cursor: Cursor = None, limit: Limit = 100) -> Page[DrainBody]:
    """Those whose calls are hung up first come first."""
    found = [DrainBody.of(view) for view in doors.engine.drains() if caller.sees(view.ref.tenant)]
    page, following = cut(found, lambda drain: f"{drain.until.isoformat()} {drain.ref}", cursor, limit)
    return Page(items=list(page), next=following)
