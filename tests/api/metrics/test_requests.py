"""Requests are counted by the route that answered, as it is declared: what a client writes into a path is no label."""

from __future__ import annotations

import asyncio
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, FastAPI, HTTPException, Path

from api.metrics.requests import CountRequests, Requests


def app(requests: Requests) -> FastAPI:
    made = FastAPI()
    router = APIRouter()

    @router.get("/calls/{call_id}")
    async def call(call_id: Annotated[str, Path()]) -> str:
        if call_id == "none":
            raise HTTPException(404)
        return call_id

    @made.get("/metrics")
    async def metrics() -> str:
        return ""

    made.add_middleware(CountRequests, requests=requests)
    made.include_router(router, prefix="/v1")
    return made


CASES = [
    ("GET", "/v1/calls/0199", ("GET", "/v1/calls/{call_id}", "200")),
    ("GET", "/v1/calls/none", ("GET", "/v1/calls/{call_id}", "404")),
    ("GET", "/metrics", ("GET", "/metrics", "200")),
    ("GET", "/v1/anything/44201", ("GET", "elsewhere", "404")),
    ("BREW", "/v1/anything", ("other", "elsewhere", "404")),
]


@pytest.mark.parametrize(("method", "path", "key"), CASES, ids=[f"{c[0]} {c[1]}" for c in CASES])
def test_an_answer_is_counted(method: str, path: str, key: tuple[str, str, str]) -> None:
    requests = Requests()

    async def ask() -> None:
        transport = httpx.ASGITransport(app(requests))
        async with httpx.AsyncClient(transport=transport, base_url="http://trunkline") as client:
            await client.request(method, path)

    asyncio.run(ask())
    assert dict(requests.answered) == {key: 1}
    assert [sum(taken.view().counts) for taken in requests.seconds.values()] == [1]
