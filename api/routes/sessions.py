"""Sessions of the page that are open: listed, ended. For the control socket and tokens of scope admin."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.access import AccessOf
from api.bodies.body import Page
from api.bodies.token import OpenSessionBody
from api.caller import AdminOf
from api.paging import Cursor, Limit, cut
from api.tokens import Kind
from engine.errors import NotFound

router = APIRouter(tags=["session"])


@router.get("/sessions")
async def sessions(
    access: AccessOf, caller: AdminOf, cursor: Cursor = None, limit: Limit = 100
) -> Page[OpenSessionBody]:
    """Those that are good now, by name."""
    names = {token.id: token.name for token in access.tokens.all(Kind.TOKEN)}
    page, following = cut(access.tokens.valid(Kind.SESSION), lambda one: f"{one.name} {one.id}", cursor, limit)
    return Page(items=[OpenSessionBody.of(one, names) for one in page], next=following)


@router.delete("/sessions/{session_id}", status_code=204)
async def end(access: AccessOf, caller: AdminOf, session_id: str) -> Response:
    """End a session: its page says so at once, and shows nothing any more."""
    found = next((one for one in access.tokens.valid(Kind.SESSION) if one.id == session_id), None)
    async with access.audit.order(caller, "session end", session_id, tenant=None if found is None else found.tenant):
        if found is None:
            raise NotFound(f"no session {session_id} is open; `trunkline session list` lists all")
        await access.revoke(found)
    return Response(status_code=204)
