"""Closed calls: pages of them, one of them.

Surprising: bodies are made a few at a time, with turns of the loop in between; a page of a thousand at once would keep phones waiting.
"""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response

from api.bodies.body import Page
from api.bodies.cdr import CdrBody, CdrDetailBody, cdr_body, cdr_detail_body
from api.caller import CallerOf
from api.cdr_filters import Wanted
from api.doors import DoorsOf
from api.etag import versioned
from api.page_answer import page_answer
from api.paging import BadCursor, Cursor, Limit
from engine.cdr_filter import Place, place_of, read_place
from engine.errors import NotFound
from engine.identity import CallId

router = APIRouter(tags=["cdrs"])


@router.get("/cdrs", response_model=Page[CdrBody])
async def cdrs(
    request: Request, doors: DoorsOf, caller: CallerOf, wanted: Wanted, cursor: Cursor = None, limit: Limit = 100
) -> Response:
    """Closed calls, newest first if not said otherwise."""
    page = replace(wanted, after=_place(cursor), limit=limit)

    async def answer() -> Response:
        found = await doors.records.cdrs(page)
        return await page_answer(found, cdr_body, str(place_of(found[-1])) if len(found) == limit else None)

    return await versioned(request, doors.records.version(), caller.tenant, answer)


@router.get("/cdrs/{call_id}")
async def cdr(doors: DoorsOf, caller: CallerOf, call_id: str) -> CdrDetailBody:
    """One closed call with its trace and every phone that was tried."""
    record = await doors.records.cdr(CallId(call_id))
    if not caller.sees(record.tenant):
        raise NotFound(f"no record of call {call_id}")
    return cdr_detail_body(record)


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    try:
        return read_place(cursor)
    except ValueError as error:
        raise BadCursor(f"{error}; use `next` of the page before") from None
