"""Pages of lists that lie in memory: cut behind the item that the cursor names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Query

ViewT = TypeVar("ViewT")

Limit = Annotated[int, Query(ge=1, le=1000, description="How many items at most.")]
Cursor = Annotated[str | None, Query(max_length=2048, description="`next` of the page before.")]
TenantName = Annotated[str | None, Query(max_length=255, description="Only of this tenant.")]
Number = Annotated[str | None, Query(max_length=255, description="Only with this number.")]


class BadCursor(Exception):
    """A cursor that no page gave."""


def counted(cursor: str | None) -> int | None:
    """The number that is the cursor of lists that are newest first: what follows is below it. BadCursor."""
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= 18):
        raise BadCursor(f'cursor "{cursor[:40]}" is none of ours; use `next` of the page before')
    return int(cursor)


def cut(
    views: Sequence[ViewT], key: Callable[[ViewT], str], cursor: str | None, limit: int
) -> tuple[Sequence[ViewT], str | None]:
    """The items behind the cursor, and the next cursor. An item that has gone meanwhile leaves its place: order is by key."""
    ordered = sorted(((key(view), view) for view in views), key=lambda pair: pair[0])
    rest = [pair for pair in ordered if cursor is None or pair[0] > cursor]
    page = rest[:limit]
    return [view for _, view in page], page[-1][0] if len(rest) > limit else None
