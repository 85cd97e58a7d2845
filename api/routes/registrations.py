"""Phones that are registered."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.bodies.body import Page
from api.bodies.registration import RegistrationBody
from api.caller import CallerOf
from api.doors import DoorsOf
from api.page_answer import page_answer
from api.paging import Cursor, Limit, Number, TenantName, cut

router = APIRouter(tags=["registrations"])


@router.get("/registrations", response_model=Page[RegistrationBody])
async def registrations(
    doors: DoorsOf,
    caller: CallerOf,
    tenant: TenantName = None,
    number: Number = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """Live bindings, by tenant, number, contact."""
    tenant = caller.within(tenant)
    found = [
        view
        for view in doors.engine.registrations()
        if (tenant is None or view.tenant == tenant) and (number is None or view.number == number)
    ]
    page, following = cut(found, lambda view: f"{view.tenant}/{view.number}/{view.contact}", cursor, limit)
    return await page_answer(page, RegistrationBody.model_validate, following)
