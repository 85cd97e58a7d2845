"""Lists are asked for page by page, and nothing is left off without a word."""

from __future__ import annotations

import httpx
import pytest

from cli.client import ClientError
from cli.pages import PAGE, items_of

HELD = 2 * PAGE + 3


def client(held: int = HELD) -> httpx.Client:
    """Of a server that holds so many numbers."""

    def answer(request: httpx.Request) -> httpx.Response:
        first = int(request.url.params.get("cursor", "0"))
        end = min(held, first + int(request.url.params["limit"]))
        return httpx.Response(
            200, json={"items": [{"n": n} for n in range(first, end)], "next": str(end) if end < held else None}
        )

    return httpx.Client(transport=httpx.MockTransport(answer), base_url="http://trunkline")


@pytest.mark.parametrize(
    ("limit", "count", "following"),
    [(None, HELD, None), (HELD, HELD, None), (PAGE + 1, PAGE + 1, str(PAGE + 1)), (1, 1, "1")],
)
def test_all_pages_up_to_the_limit(limit: int | None, count: int, following: str | None) -> None:
    items, left = items_of(client(), "/v1/tokens", {}, limit)
    assert ([item["n"] for item in items], left) == (list(range(count)), following)


def test_an_empty_list_is_one() -> None:
    assert items_of(client(0), "/v1/tokens", {}) == ([], None)


def test_an_answer_without_items_is_said() -> None:
    odd = httpx.Client(
        transport=httpx.MockTransport(lambda request: httpx.Response(200, json={})), base_url="http://trunkline"
    )
    with pytest.raises(ClientError, match="without items"):
        items_of(odd, "/v1/tokens", {})
