"""Trunks, and how they stand."""

from __future__ import annotations

from fastapi import APIRouter

from api.bodies.body import Page
from api.bodies.trunk import TrunkBody
from api.caller import CallerOf
from api.doors import DoorsOf
from api.paging import Cursor, Limit, TenantName, cut

router = APIRouter(tags=["trunks"])


@router.get("/trunks")
async def trunks(
    doors: DoorsOf,
    caller: CallerOf,
    tenant: TenantName = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[TrunkBody]:
    """All trunks, the shared ones first, by tenant and name."""
    tenant = caller.within(tenant)
    found = [view for view in doors.engine.trunks() if tenant is None or view.ref.tenant == tenant]
    page, following = cut(found, lambda view: f"{view.ref.tenant}/{view.ref.name}", cursor, limit)
    return Page(items=[TrunkBody.of(view) for view in page], next=following)
