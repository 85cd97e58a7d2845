"""A session of the page: opened by a one-time link, ended by logging out, with the token that asked for the link, or after twelve hours."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response

from api.access import AccessOf
from api.bodies.token import CodeBody, LinkAskedBody, LinkBody, SessionBody
from api.caller import TOKEN_KEY, AdminOf, CallerOf
from api.links import LIFE_S
from api.tokens import SESSION_LIFE, Kind, TokenRefused
from engine.ports import StoredToken

COOKIE: Final = "trunkline_session"

router = APIRouter(tags=["session"])


@router.post("/links", status_code=201)
async def link(request: Request, access: AccessOf, caller: AdminOf, asked: LinkAskedBody) -> LinkBody:
    """A link that opens the page once, within a minute: what `trunkline open` prints."""
    if access.url is None:
        raise HTTPException(409, "the page is not served: the server runs with --api off, or its port is taken")
    name = f"page of {asked.author or caller.name}"
    async with access.audit.order(caller, "open page", asked.scope.value, tenant=asked.tenant, author=asked.author):
        code = access.links.make(name, asked.scope, asked.tenant, _opener(request.scope.get(TOKEN_KEY)))
    # Behind `#`, so that it is in no request, no log and no Referer.
    return LinkBody(url=f"{access.public or access.url}open#{code}", seconds=LIFE_S)


@router.post("/session", status_code=201)
async def log_in(request: Request, response: Response, access: AccessOf, asked: CodeBody) -> SessionBody:
    """Open a session with the code of a link. No token is needed; the code is good once."""
    access.tokens.all(Kind.SESSION)  # TokensUnknown is said before the code is used up
    found = access.links.take(asked.code)
    if found is None:
        raise HTTPException(410, "this link was used, or is older than a minute; make a new one with: trunkline open")
    try:
        token, text = await access.tokens.make(
            Kind.SESSION, found.name, found.scope, found.tenant, SESSION_LIFE, opened_by=found.opened_by
        )
    except TokenRefused as error:
        raise HTTPException(410, str(error)) from None
    await access.audit.note(token.name, "session open", token.id, token.tenant, "done")
    response.set_cookie(
        COOKIE,
        text,
        max_age=int((token.expires_at - token.created_at).total_seconds()),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return _body(token)


@router.get("/session")
async def who_am_i(request: Request, caller: CallerOf) -> SessionBody:
    """Who asks, and what that may do."""
    token = request.scope.get(TOKEN_KEY)
    if isinstance(token, StoredToken):
        return _body(token)
    return SessionBody(name=caller.name, scope=caller.scope, tenant=caller.tenant, expires_at=None)


@router.delete("/session", status_code=204)
async def log_out(request: Request, access: AccessOf, caller: CallerOf) -> Response:
    """End the session of the cookie."""
    token = request.scope.get(TOKEN_KEY)
    if not isinstance(token, StoredToken) or token.kind != Kind.SESSION.value:
        raise HTTPException(409, "this request has no session; a token is ended with: trunkline token revoke")
    async with access.audit.order(caller, "session end", token.id, tenant=token.tenant):
        await access.revoke(token)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response


def _opener(token: object) -> str | None:
    """Whose end is that of what it opens, too."""
    return token.id if isinstance(token, StoredToken) else None


def _body(token: StoredToken) -> SessionBody:
    return SessionBody.model_validate(token)
