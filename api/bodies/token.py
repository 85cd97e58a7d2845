"""Tokens, and sessions of the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import Field

from api.bodies.body import Body
from api.caller import Scope
from engine.ports import StoredToken

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._@:-]*$")]
TenantAsked = Annotated[str | None, Field(min_length=1, max_length=200)]


class TokenAskedBody(Body):
    """`tenant`: null = all tenants and the system."""

    name: Name
    scope: Scope
    tenant: TenantAsked = None
    expires_days: Annotated[float, Field(gt=0, le=3660, allow_inf_nan=False)] = 90


class TokenBody(Body):
    """A token, without its secret. `last_used_at`: to the minute."""

    id: str
    name: str
    scope: Scope
    tenant: str | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, token: StoredToken) -> TokenBody:
        return cls.model_validate(token)


class OpenSessionBody(Body):
    """A session of the page. `opened_by`: the token (by name) or session (by id) that asked for its link and whose end is its own, too;
    null = the control socket."""

    id: str
    name: str
    scope: Scope
    tenant: str | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    opened_by: str | None

    @classmethod
    def of(cls, session: StoredToken, names: Mapping[str, str]) -> OpenSessionBody:
        """`names`: of tokens, by id."""
        return cls.model_validate(replace(session, opened_by=names.get(session.opened_by or "", session.opened_by)))


class NewTokenBody(TokenBody):
    """`token`: what is to be sent; told this once and kept nowhere."""

    token: str


class LinkAskedBody(Body):
    """What the page may do that is opened by the link."""

    scope: Scope = Scope.OPERATE
    tenant: TenantAsked = None
    author: Annotated[str, Field(max_length=100)] = ""


class LinkBody(Body):
    """`url`: for a browser on this machine, once, within `seconds`."""

    url: str
    seconds: float


class CodeBody(Body):
    code: Annotated[str, Field(min_length=1, max_length=200)]


class SessionBody(Body):
    """Who asks. `expires_at`: null for the control socket."""

    name: str
    scope: Scope
    tenant: str | None
    expires_at: datetime | None
