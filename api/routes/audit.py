"""Who commanded what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import AccessOf
from api.bodies.audit import AuditBody
from api.bodies.body import Page
from api.caller import CallerOf
from api.cdr_filters import Instant
from api.paging import Cursor, Limit, TenantName, counted
from engine.ports import AuditFilter

router = APIRouter(tags=["audit"])


@router.get("/audit")
async def audit(
    access: AccessOf,
    caller: CallerOf,
    tenant: TenantName = None,
    since: Annotated[Instant | None, Query(description="At or after.")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[AuditBody]:
    """Newest first, of a year."""
    wanted = AuditFilter(tenant=caller.within(tenant), since=since, before=counted(cursor), limit=limit)
    found = await access.store.audit(wanted)
    following = str(found[-1].seq) if len(found) == limit else None
    return Page(items=[AuditBody.model_validate(entry) for entry in found], next=following)
