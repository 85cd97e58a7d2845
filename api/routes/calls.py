"""Live calls, and hanging them up."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.bodies.body import Page
from api.bodies.call import CallBody
from api.doors import DoorsOf
from api.paging import Cursor, Limit, Number, TenantName, cut
from engine.identity import CallId

router = APIRouter(tags=["calls"])


@router.get("/calls")
async def calls(
    doors: DoorsOf, tenant: TenantName = None, number: Number = None, cursor: Cursor = None, limit: Limit = 100
) -> Page[CallBody]:
    """Live calls, oldest first."""
    found = [
        call
        for call in doors.engine.calls()
        if (tenant is None or call.tenant == tenant) and (number is None or number in {call.caller, call.callee})
    ]
    page, following = cut(found, lambda call: call.id, cursor, limit)
    return Page(items=[CallBody.model_validate(call) for call in page], next=following)


@router.get("/calls/{call_id}")
async def call(doors: DoorsOf, call_id: str) -> CallBody:
    return CallBody.model_validate(doors.engine.call(CallId(call_id)))


@router.delete("/calls/{call_id}", status_code=204)
async def hang_up(doors: DoorsOf, call_id: str) -> Response:
    """End the call on all its legs."""
    doors.calls.hang_up(CallId(call_id))
    return Response(status_code=204)
