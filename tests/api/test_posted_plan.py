"""`POST /v1/plan`: the server's own plan, to the byte; refusals; limits."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.body_limit import MOST_POSTED_BYTES
from api.caller import by_control_socket
from tests.support.doors import doors_of
from tests.support.following_server import Server, run
from tests.support.manifest_folder import LISTENER, extension, tenant

JSON = "application/json"


class Site:
    def __init__(self, server: Server) -> None:
        self.server = server
        self.app = create_app(
            doors_of(server),
            "1.2.3",
        )

    def request(self, method: str, content: bytes = b"", media_type: str = JSON) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=by_control_socket(self.app), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://trunkline") as client:
                return await client.request(method, "/v1/plan", content=content, headers={"Content-Type": media_type})

        return run(ask())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    server = Server(tmp_path)
    approved = "apiVersion: trunkline/v1\nkind: System\nmetadata: {name: system}\nspec: {apply: approved}\n"
    server.folder.write("system.yaml", LISTENER, approved)
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "101"))
    server.round()
    server.approve()
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "101", display="Ada"), extension("acme", "102"))
    server.round()
    return Site(server)


def files(site: Site) -> dict[str, str]:
    return {path.name: path.read_text() for path in site.server.folder.root.iterdir()}


def test_it_is_the_servers_own_plan_and_nothing_is_applied(site: Site) -> None:
    before = site.server.reconciler.status()
    told = site.request("POST", json.dumps({"files": files(site)}).encode())
    own = site.request("GET")
    assert (told.status_code, own.status_code) == (200, 200)
    # The same bytes stand in both.
    assert told.content.partition(b'{"plan":')[2].startswith(
        own.content.partition(b'{"plan":')[2].partition(b',"live"')[0]
    )
    assert told.json()["plan"]["digest"] == own.json()["plan"]["digest"]
    without_commit = {name: value for name, value in own.json().items() if name not in ("commit", "more_commits")}
    assert told.json() | {"waiting": own.json()["waiting"]} == without_commit | {"warnings": [], "note": None}
    assert site.server.reconciler.status() == before
    assert site.server.extensions("acme") == {"101": "101"}


def test_a_tar_archive(site: Site) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        archive.add(site.server.folder.root, arcname=".")
    told = site.request("POST", made.getvalue(), "application/x-tar")
    assert told.json()["plan"]["digest"] == site.server.plan().digest


def test_problems_are_a_problem_body_with_all_of_them(site: Site) -> None:
    told = site.request("POST", json.dumps({"files": files(site) | {"b.yaml": extension("nobody", "101")}}).encode())
    assert (told.status_code, told.headers["content-type"]) == (422, "application/problem+json")
    body = told.json()
    assert body["type"] == "/v1/problems/invalid-manifests"
    (problem,) = body["problems"]
    assert (problem["file"], problem["severity"]) == ("b.yaml", "error")
    assert body["detail"].startswith("a problem in the manifests: b.yaml:")


REFUSED = {
    "no JSON": (b"{", JSON, 400),
    "no set": (b"{}", JSON, 422),
    "a path upwards": (b'{"files":{"../a.yaml":""}}', JSON, 422),
    "another type": (b"x", "text/plain", 415),
    "no type": (b"x", "", 415),
    "too much": (b" " * (MOST_POSTED_BYTES + 1), JSON, 413),
}


@pytest.mark.parametrize(("content", "media_type", "status"), REFUSED.values(), ids=REFUSED)
def test_refusals(site: Site, content: bytes, media_type: str, status: int) -> None:
    told = site.request("POST", content, media_type)
    assert (told.status_code, told.headers["content-type"]) == (status, "application/problem+json")
