"""Closed calls."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from api.bodies import CdrBody, CdrDetailBody, Page, cdr_body, cdr_detail_body
from api.doors import DoorsOf
from api.paging import Cursor, Limit, Number, TenantName
from engine.cause import Outcome
from engine.identity import CallId
from engine.ports import CdrFilter

router = APIRouter(tags=["cdrs"])


@router.get("/cdrs")
async def cdrs(
    doors: DoorsOf,
    tenant: TenantName = None,
    number: Number = None,
    outcome: Outcome | None = None,
    since: Annotated[AwareDatetime | None, Query(description="Started at or after.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Started before.")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[CdrBody]:
    """Closed calls, newest first."""
    wanted = CdrFilter(
        tenant=tenant,
        number=number,
        outcome=outcome,
        since=since,
        until=until,
        before=None if cursor is None else CallId(cursor),
        limit=limit,
    )
    found = await doors.records.cdrs(wanted)
    following = found[-1].call_id if len(found) == limit else None
    return Page(items=[cdr_body(record) for record in found], next=following)


@router.get("/cdrs/{call_id}")
async def cdr(doors: DoorsOf, call_id: str) -> CdrDetailBody:
    """One closed call with its trace and every phone that was tried."""
    return cdr_detail_body(await doors.records.cdr(CallId(call_id)))
