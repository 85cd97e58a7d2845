"""Tokens: made, listed, revoked. For the control socket and tokens of scope admin."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, HTTPException, Response

from api.access import AccessOf
from api.bodies.body import Page
from api.bodies.token import NewTokenBody, TokenAskedBody, TokenBody
from api.caller import AdminOf
from api.paging import Cursor, Limit, cut
from api.tokens import Kind, TokenRefused
from engine.errors import NotFound

router = APIRouter(tags=["tokens"])


@router.post("/tokens", status_code=201)
async def create(access: AccessOf, caller: AdminOf, asked: TokenAskedBody) -> NewTokenBody:
    """A new token. Its text is in this answer and nowhere else."""
    access.tokens.all(Kind.TOKEN)  # TokensUnknown is no command that failed: it is said again
    target = f"{asked.name} ({asked.scope.value})"
    async with access.audit.order(caller, "token create", target, tenant=asked.tenant):
        try:
            life = timedelta(days=asked.expires_days)
            token, text = await access.tokens.make(Kind.TOKEN, asked.name, asked.scope, asked.tenant, life)
        except TokenRefused as error:
            raise HTTPException(409, str(error)) from None
    return NewTokenBody(**TokenBody.of(token).model_dump(), token=text)


@router.get("/tokens")
async def tokens(access: AccessOf, caller: AdminOf, cursor: Cursor = None, limit: Limit = 100) -> Page[TokenBody]:
    """Those that are good, and for a month those that were."""
    page, following = cut(access.tokens.all(Kind.TOKEN), lambda one: f"{one.name} {one.id}", cursor, limit)
    return Page(items=[TokenBody.of(token) for token in page], next=following)


@router.delete("/tokens/{name}", status_code=204)
async def revoke(access: AccessOf, caller: AdminOf, name: str) -> Response:
    """End a token, by its name or id. It is refused from now on; its streams end, and links and sessions of the page that it opened."""
    async with access.audit.order(caller, "token revoke", name):
        for token in access.tokens.valid(Kind.TOKEN):
            if name in (token.name, token.id):
                await access.revoke(token)
                return Response(status_code=204)
        raise NotFound(f'no token named "{name}" is good now; `trunkline token list` lists all')
