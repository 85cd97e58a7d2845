"""Who asks, and what of it all they may see and do. Every route takes the caller in one of the forms at the end.

What a caller may not see is as if it were not there (404, or missing in a list); an action above its scope is 403, whatever it names.
Who it is stands in the ASGI scope, put there by what the request came through: `by_control_socket` here, or the gate of the TCP API.
Where neither did, nobody asks (401): a server that forgets both shows nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

KEY: Final = "trunkline.caller"
TOKEN_KEY: Final = "trunkline.token"  # noqa: S105  # a key of the scope
"""In the scope beside the caller, where a token or a session says who asks."""
NO_TENANT: Final = "-"
"""What no tenant is called: a list that is filtered by it is empty."""


class Scope(Enum):
    """What a caller may do. Each may do what those before it may."""

    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"

    def covers(self, needed: Scope) -> bool:
        return _ORDER.index(self) >= _ORDER.index(needed)


_ORDER: Final = tuple(Scope)


class NotAllowed(Exception):
    """An action above the caller's scope; the message says which scope it needs."""


class NotKnown(Exception):
    """Nobody has said who asks."""

    def __str__(self) -> str:
        return "nobody has said who asks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """`name`: of the token, or what came instead of one; `tenant`: None = all tenants and the system."""

    name: str
    scope: Scope
    tenant: str | None = None

    def sees(self, tenant: str) -> bool:
        """Whether what belongs to that tenant is there for this caller. "" is the system."""
        return self.tenant is None or self.tenant == tenant

    def within(self, asked: str | None) -> str | None:
        """The tenant that a list is filtered by, when that one is asked for: None = all, `NO_TENANT` = there is nothing."""
        if self.tenant is None or asked == self.tenant:
            return asked
        return self.tenant if asked is None else NO_TENANT

    def author(self, said: str) -> str:
        """Who is behind a command: who may open the control socket says it; everybody else is who the token says."""
        return said if self is CONTROL_SOCKET else self.name


CONTROL_SOCKET: Final = Caller(name="control socket", scope=Scope.ADMIN)


def by_control_socket(app: ASGIApp) -> ASGIApp:
    """The app for whoever may open the control socket."""

    async def asked(scope: AsgiScope, receive: Receive, send: Send) -> None:
        await app({**scope, KEY: CONTROL_SOCKET}, receive, send)

    return asked


def _caller(request: Request) -> Caller:
    caller = request.scope.get(KEY)
    if not isinstance(caller, Caller):
        raise NotKnown
    return caller


CallerOf = Annotated[Caller, Depends(_caller)]
"""Whoever may read."""


def _with(needed: Scope, *, of_all: bool = False) -> Callable[[Caller], Caller]:
    def checked(caller: CallerOf) -> Caller:
        if not caller.scope.covers(needed):
            raise NotAllowed(f"this needs a token of scope {needed.value}; {caller.name} has {caller.scope.value}")
        if of_all and caller.tenant is not None:
            raise NotAllowed(f"this is about the whole system; {caller.name} is for tenant {caller.tenant} only")
        return caller

    return checked


SystemCallerOf = Annotated[Caller, Depends(_with(Scope.READ, of_all=True))]
"""Who may read, and of all tenants."""
OperatorOf = Annotated[Caller, Depends(_with(Scope.OPERATE))]
"""Who may command live things, of its tenant if it has one."""
SystemOperatorOf = Annotated[Caller, Depends(_with(Scope.OPERATE, of_all=True))]
"""Who may command what concerns all tenants."""
AdminOf = Annotated[Caller, Depends(_with(Scope.ADMIN, of_all=True))]
"""Who may make tokens."""
