"""What is on its way to tenants' own servers."""

from __future__ import annotations

from fastapi import APIRouter

from api.bodies.body import Page
from api.bodies.webhook import WebhookBody
from api.caller import CallerOf
from api.doors import DoorsOf
from api.paging import Cursor, Limit, TenantName, cut

router = APIRouter(tags=["webhooks"])


@router.get("/webhooks")
async def webhooks(
    doors: DoorsOf, caller: CallerOf, tenant: TenantName = None, cursor: Cursor = None, limit: Limit = 100
) -> Page[WebhookBody]:
    """By tenant and name."""
    tenant = caller.within(tenant)
    views = [view for view in await doors.webhooks.webhooks() if tenant is None or view.tenant == tenant]
    page, following = cut(views, lambda view: f"{view.tenant} {view.name}", cursor, limit)
    return Page(items=[WebhookBody.model_validate(view) for view in page], next=following)
