"""The event stream."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError

from api.caller import CallerOf
from api.events.entry import EventType, Wanted
from api.events.hub import Hub, TooManyReaders
from api.events.response import EventStream
from api.paging import TenantName

router = APIRouter(tags=["events"])

_EXAMPLE = 'id: 8c1f0d2e9a41-17\nevent: rates\ndata: {"at":"2026-11-20T09:00:01Z","calls":2,...}\n\n'


@router.get(
    "/events",
    response_class=EventStream,
    status_code=200,
    responses={
        200: {
            "description": "Server-sent events, `hello` first; docs/events.md has them all.",
            "content": {"text/event-stream": {"schema": {"type": "object", "title": "One event"}, "example": _EXAMPLE}},
        }
    },
)
async def events(
    request: Request,
    caller: CallerOf,
    types: Annotated[
        str | None, Query(max_length=300, description=f"Only these, with commas between: {', '.join(EventType)}.")
    ] = None,
    tenant: TenantName = None,
    last_event_id: Annotated[
        str | None, Query(max_length=64, description="As the header Last-Event-ID, where none can be set.")
    ] = None,
    resume: Annotated[
        str | None, Header(alias="Last-Event-ID", max_length=64, description="Go on behind this event, if it is kept.")
    ] = None,
) -> EventStream:
    """What happens, as it happens: calls, registrations, trunks, listeners, bans, following, and rates each second.

    `hello` says whether the stream goes on behind the event named (`resumed`); if not, take the lists anew and apply what follows.
    """
    hub: Hub = request.app.state.hub
    wanted = Wanted(_types(types), caller.within(tenant))
    try:
        return EventStream(hub.open(wanted, resume if resume is not None else last_event_id, caller.name))
    except TooManyReaders as error:
        raise HTTPException(503, str(error), headers={"Retry-After": "10"}) from None


def _types(asked: str | None) -> frozenset[EventType]:
    if asked is None:
        return frozenset(EventType)
    found: set[EventType] = set()
    for name in asked.split(","):
        try:
            found.add(EventType(name.strip()))
        except ValueError:
            told = f"{name.strip()[:40]!r} is no event type; there are: {', '.join(EventType)}"
            raise RequestValidationError([{"loc": ("query", "types"), "msg": told, "type": "value_error"}]) from None
    return frozenset(found)
