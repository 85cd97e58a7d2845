"""Who is banned, and ending a ban. What the manifests deny is not here: they say it themselves."""

from __future__ import annotations

from fastapi import APIRouter

from api.access import AccessOf
from api.bodies.ban import BanBody, UnbanBody
from api.bodies.body import Page
from api.caller import CallerOf, SystemOperatorOf
from api.doors import DoorsOf
from api.paging import Cursor, Limit, cut

router = APIRouter(tags=["bans"])


@router.get("/bans")
async def bans(doors: DoorsOf, caller: CallerOf, cursor: Cursor = None, limit: Limit = 100) -> Page[BanBody]:
    """By source. They are of no tenant."""
    found = doors.engine.bans() if caller.tenant is None else ()
    page, following = cut(found, lambda view: view.source, cursor, limit)
    return Page(items=[BanBody.model_validate(view) for view in page], next=following)


@router.post("/unban")
async def unban(doors: DoorsOf, access: AccessOf, caller: SystemOperatorOf, asked: UnbanBody) -> BanBody:
    """End the ban of an address, or of the network that the list shows; what it was."""
    async with access.audit.order(caller, "unban", asked.address, author=asked.author):
        return BanBody.model_validate(doors.bans.lift_ban(asked.address, caller.author(asked.author)))
