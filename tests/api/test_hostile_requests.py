"""Whatever is put into paths, queries and bodies: an answer below 500, and nothing changes that was not asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.body_limit import MOST_BODY_BYTES
from api.caller import by_control_socket
from tests.support.doors import doors_of
from tests.support.following_server import Server, run
from tests.support.manifest_folder import LISTENER, extension, tenant

ODD = (
    "..%2F..%2Fetc%2Fpasswd",
    "%00",
    "a%00b",
    "%FF%FE",
    "%ED%A0%80",
    "%C3%BC",
    "%2F",
    "%0d%0aX-Evil:1",
    "-1",
    "0",
    "99999999999999999999",
    "9" * 5000,
    "1e9",
    "NaN",
    "%EF%BC%91",
    "x" * 60_000,
    "'%20OR%201=1--",
    "%E2%80%AE",
)
PATHS = (
    "/v1/revisions/{}/plan",
    "/v1/revisions/{}/manifests",
    "/v1/resources/{}/Extension/101",
    "/v1/resources/acme/{}/101",
    "/v1/resources/acme/Extension/{}",
    "/v1/resources?tenant={}",
    "/v1/resources?kind={}",
    "/v1/resources?cursor={}",
    "/v1/resources?limit={}",
    "/v1/{}",
    "/{}",
)
VALUES: tuple[object, ...] = (
    "../", "\x00", "x" * 201, "x" * 1_000_000, "é😀", "\n\x1b[31mforged", None, 1, 1.5, -1, 10**30, True, [], {}, ["a"], ""
)  # fmt: skip
BODIES = (
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"digest":' * 50_000,
    b'{"digest":"\\ud800","author":"\\ud800"}',
    b'{"digest":"a","digest":"b"}',
    b"NaN",
)
ORDERS = ("/v1/apply", "/v1/rollback", "/v1/suspend", "/v1/resume", "/v1/live")


class Client:
    """Asks a server with an extension that runs, and another that waits for approval."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._app = create_app(
            doors_of(server),
            "1.2.3",
        )

    def request(self, method: str, path: str, content: bytes | None = None) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=by_control_socket(self._app), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://trunkline") as client:
                url = httpx.URL(f"http://trunkline{path}")
                headers = {"Content-Type": "application/json"}
                return await client.request(method, url, content=content, headers=headers)

        return run(ask())


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    server = Server(tmp_path)
    approved = "apiVersion: trunkline/v1\nkind: System\nmetadata: {name: system}\nspec: {apply: approved}\n"
    server.folder.write("pbx.yaml", LISTENER, approved, tenant("acme"), extension("acme", "101"))
    server.round()
    server.approve()
    server.folder.write("more.yaml", extension("acme", "102"))
    server.round()
    yield Client(server)
    assert server.extensions("acme") == {"101": "101"}


def test_odd_paths_and_queries(client: Client) -> None:
    for path in PATHS:
        for odd in ODD:
            try:
                answer = client.request("GET", path.format(odd))
            except httpx.InvalidURL:
                continue  # too long for any client of ours
            assert answer.status_code < 500, (path, odd[:40], answer.text)
            assert "x-evil" not in answer.headers


@pytest.mark.parametrize("path", ORDERS)
def test_odd_values_in_orders(client: Client, path: str) -> None:
    for field in ("digest", "revision", "confirm", "author", "sequence", "reason", "changes", "extra"):
        for value in VALUES:
            body = {"digest": "0" * 64, "sequence": 1} if path == "/v1/rollback" else {"digest": "0" * 64}
            body = body if path in ("/v1/apply", "/v1/rollback") else {}
            answer = client.request("POST", path, json.dumps({**body, field: value}).encode())
            assert answer.status_code < 500, (field, str(value)[:40], answer.text)
            assert len(answer.text) < 10_000


def test_bodies_that_are_no_orders(client: Client) -> None:
    for path in ORDERS:
        for body in BODIES:
            assert client.request("POST", path, body).status_code < 500, (path, body[:40])


def test_a_body_beyond_the_limit_is_refused(client: Client) -> None:
    room = MOST_BODY_BYTES - len(b'{"author":""}')
    assert client.request("POST", "/v1/resume", b'{"author":""}' + b" " * room).status_code == 200
    answer = client.request("POST", "/v1/resume", b'{"author":""}' + b" " * (room + 1))
    assert answer.status_code == 413
    assert answer.json()["detail"] == "POST /v1/resume: a request's body has at most 1,048,576 bytes here"
