"""The items of a list of the API, page after page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import httpx

from cli.client import ClientError, ask

Json = Mapping[str, object]
PAGE: Final = 500


def items_of(
    client: httpx.Client, path: str, filters: Mapping[str, str], limit: int | None = None
) -> tuple[Sequence[Json], object]:
    """Up to `limit` items (None = all), and the cursor of the next one if there are more."""
    items: list[Json] = []
    query = dict(filters)
    while True:
        query["limit"] = str(PAGE if limit is None else min(PAGE, limit - len(items)))
        page = ask(client, path, query)
        found, following = page.get("items"), page.get("next")
        if not isinstance(found, list):
            raise ClientError("the server answered without items; is it of another version?")
        items += found
        if following is None or not found or (limit is not None and len(items) >= limit):
            return items[:limit], following if limit is None or len(items) <= limit else True
        query["cursor"] = str(following)
