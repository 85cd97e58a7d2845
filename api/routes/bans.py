"""Who is banned, and ending a ban. What the manifests deny is not here: they say it themselves."""

from __future__ import annotations

from fastapi import APIRouter

from api.bodies.ban import BanBody, UnbanBody
from api.bodies.body import Page
from api.doors import DoorsOf
from api.paging import Cursor, Limit, cut

router = APIRouter(tags=["bans"])


@router.get("/bans")
async def bans(doors: DoorsOf, cursor: Cursor = None, limit: Limit = 100) -> Page[BanBody]:
    """By source."""
    page, following = cut(doors.engine.bans(), lambda view: view.source, cursor, limit)
    return Page(items=[BanBody.model_validate(view) for view in page], next=following)


@router.post("/unban")
async def unban(doors: DoorsOf, asked: UnbanBody) -> BanBody:
    """End the ban of an address, or of the network that the list shows; what it was."""
    return BanBody.model_validate(doors.bans.lift_ban(asked.address, asked.author))
