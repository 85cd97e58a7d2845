"""What the last ten minutes came to, second by second: charts begin with it and go on with the event stream's `rates`."""

from __future__ import annotations

from dataclasses import fields

from fastapi import APIRouter

from api.bodies.event import RateHistoryBody
from api.caller import CallerOf
from api.doors import DoorsOf
from api.paging import TenantName
from engine.live_event import Figures

router = APIRouter(tags=["events"])


@router.get("/rates")
async def rates(doors: DoorsOf, caller: CallerOf, tenant: TenantName = None) -> RateHistoryBody:
    """Of all, or of one tenant. Where very many tenants are busy at once, those of a tenant reach back less far than those of all."""
    recent = doors.feed.recent_rates(caller.within(tenant))
    columns = {field.name: [getattr(figures, field.name) for _, figures in recent] for field in fields(Figures)}
    return RateHistoryBody(at=[at for at, _ in recent], **columns)
