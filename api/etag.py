"""Answers that have not changed are not sent again (RFC 9110 §13): a strong ETag on what is read, 304 for who has it already.

Where what an answer is made of has a version (`versioned`, `unchanging`), the tag is made of that, and for who has it nothing is asked and
nothing made. Elsewhere it is a hash of the body, some 2 % of what the whole answer costs; what is larger, or streamed, has none.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import Annotated, Final

from fastapi import Header
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES: Final = 128 * 1024
"""A hash of so much takes about a tenth of a millisecond."""
REVALIDATED: Final = "private, no-cache"
NOT_KEPT: Final = "no-store"


class ETags:
    """Middleware for `/v1`: who shares a cache with others must not see what they saw, so nothing is kept in shared ones."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        held: list[Message] = []
        known = Headers(scope=scope).get("if-none-match", "")

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("Cache-Control", NOT_KEPT)
                if scope["method"] == "GET" and _is_tagged(message):
                    held.append(message)
                    return
            elif held:
                await _answer(held.pop(), message, known, send)
                return
            await send(message)

        await self._app(scope, receive, told)


def tag_of(content: bytes) -> str:
    return f'"{blake2b(content, digest_size=16).hexdigest()}"'


class ChangedMeanwhile(Exception):
    """What is to be changed is not what the client has seen (RFC 9110 §13.1.1)."""


IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=4096, description="The ETag of what was read: only that is changed."),
]


def check_match(wanted: str | None, content: Callable[[], bytes]) -> None:
    """ChangedMeanwhile if the request's `If-Match` is not the tag of what there is now."""
    if wanted is None or wanted.strip() == "*":
        return
    now = tag_of(content())
    if now not in [one.strip() for one in wanted.split(",")]:  # by strong comparison
        raise ChangedMeanwhile(f"it is not what If-Match names any more: its ETag is {now}; read it again")


def unchanging(request: Request, tag: str, content: Callable[[], bytes]) -> Response:
    """JSON whose tag is known beforehand, or that it is had already: then nothing is made."""
    headers = {"ETag": tag, "Cache-Control": REVALIDATED}
    if _names(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(content(), media_type="application/json", headers=headers)


async def versioned(
    request: Request, version: str | None, tenant: str | None, answer: Callable[[], Awaitable[Response]]
) -> Response:
    """What depends on the question, on the asker's tenant and on that version, which is looked at first; None: nobody knows one."""
    if version is None:
        return await answer()
    tag = tag_of(f"{version}\n{tenant}\n{request.url.path}\n{request.url.query}".encode())
    headers = {"ETag": tag, "Cache-Control": REVALIDATED}
    if _names(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    found = await answer()
    found.headers.update(headers)
    return found


def _is_tagged(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    length = headers.get("content-length", "")
    return (
        start["status"] == 200
        and headers.get("content-type") == "application/json"
        and headers["cache-control"] == NOT_KEPT
        and length.isdecimal()
        and int(length) <= MOST_BYTES
    )


async def _answer(start: Message, body: Message, known: str, send: Send) -> None:
    tag = tag_of(body.get("body", b""))
    headers = MutableHeaders(scope=start)
    headers["ETag"], headers["Cache-Control"] = tag, REVALIDATED
    if _names(known, tag):
        del headers["Content-Length"], headers["Content-Type"]
        start["status"], body["body"] = 304, b""
    await send(start)
    await send(body)


def _names(known: str, tag: str) -> bool:
    """RFC 9110 §13.1.2: by weak comparison; `*` is whatever there is."""
    return known.strip() == "*" or tag in (one.strip().removeprefix("W/") for one in known.split(","))
