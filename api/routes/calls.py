"""Live calls, and hanging them up."""

from __future__ import annotations

from contextlib import suppress

from fastapi import APIRouter, Response

from api.access import AccessOf
from api.bodies.body import Page
from api.bodies.call import CallBody
from api.caller import Caller, CallerOf, OperatorOf
from api.doors import Doors, DoorsOf
from api.page_answer import page_answer
from api.paging import Cursor, Limit, Number, TenantName, cut
from engine.errors import NotFound
from engine.identity import CallId
from engine.views import CallView

router = APIRouter(tags=["calls"])


@router.get("/calls", response_model=Page[CallBody])
async def calls(
    doors: DoorsOf,
    caller: CallerOf,
    tenant: TenantName = None,
    number: Number = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """Live calls, oldest first."""
    tenant = caller.within(tenant)
    found = [
        call
        for call in doors.engine.calls()
        if (tenant is None or call.tenant == tenant) and (number is None or number in {call.caller, call.callee})
    ]
    page, following = cut(found, lambda call: call.id, cursor, limit)
    return await page_answer(page, CallBody.model_validate, following)


@router.get("/calls/{call_id}")
async def call(doors: DoorsOf, caller: CallerOf, call_id: str) -> CallBody:
    """One live call."""
    return CallBody.model_validate(_seen(doors, caller, call_id))


@router.delete("/calls/{call_id}", status_code=204)
async def hang_up(doors: DoorsOf, access: AccessOf, caller: OperatorOf, call_id: str) -> Response:
    """End the call on all its legs."""
    found = _seen(doors, caller, call_id)
    async with access.audit.order(caller, "hang up", call_id, tenant=found.tenant):
        doors.calls.hang_up(found.id)
    return Response(status_code=204)


def _seen(doors: Doors, caller: Caller, call_id: str) -> CallView:
    """One that is of another tenant is told of like one that is nowhere."""
    with suppress(NotFound):
        found = doors.engine.call(CallId(call_id))
        if caller.sees(found.tenant):
            return found
    raise NotFound(f"no live call {call_id}; `trunkline get calls` lists them")
