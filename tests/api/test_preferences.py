"""Setting what people set, by HTTP: what is asked, what is refused and how, and what is left of it in the audit trail."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from api.access import Access
from api.app import create_app
from api.caller import KEY, Caller, Scope
from engine.live_event import LiveEvent, PreferencesChanged
from engine.preferences import Preferences
from tests.support.access_store import MemoryAccess
from tests.support.doors import doors_of
from tests.support.following_server import Server, run
from tests.support.manifest_folder import LISTENER, tenant

DESK = Caller(name="front-desk", scope=Scope.OPERATE, tenant="acme")
PATH = "/v1/preferences/acme/101"
MINE = """\
apiVersion: trunkline/v1
kind: Extension
metadata: {{tenant: acme, name: "{number}"}}
spec: {{password: {{env: PW}}, mayChange: [{may}]}}
"""


class Site:
    """The app over tenant acme, of which 101 may set its status and forwarding, and 102 nothing."""

    def __init__(self, base: Path) -> None:
        self.server = Server(base)
        self.write("doNotDisturb, forwarding")
        assert self.server.round()
        self.store = MemoryAccess()
        self.app: FastAPI = create_app(doors_of(self.server), "1.2.3", Access(self.store))
        self.events: list[LiveEvent] = []
        self.server.engine.watch(self.events.extend)

    def write(self, may: str) -> None:
        people = (MINE.format(number="101", may=may), MINE.format(number="102", may=""))
        self.server.folder.write("acme.yaml", LISTENER, tenant("acme"), *people)

    def ask(
        self, method: str, body: object = None, path: str = PATH, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        async def as_desk(scope: AsgiScope, receive: Receive, send: Send) -> None:
            await self.app({**scope, KEY: DESK}, receive, send)

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(app=as_desk, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://trunkline") as client:
                return await client.request(method, path, json=body, headers=headers)

        return run(asked())

    @property
    def trail(self) -> list[tuple[str, str, str, str | None, str]]:
        return [(one.who, one.what, one.target, one.tenant, one.result.partition(":")[0]) for one in self.store.trail]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_what_is_set_is_told_with_who_and_when(site: Site) -> None:
    done = site.ask("PATCH", {"status": "doNotDisturb", "author": "somebody else"})
    assert done.status_code == 200, done.text
    body = done.json()
    assert (body["status"], body["may_change"], body["forwarding"]) == (
        "doNotDisturb",
        ["doNotDisturb", "forwarding"],
        None,
    )
    [one] = body["set"]
    assert (one["preference"], one["by"], one["counts"], one["note"]) == ("doNotDisturb", "front-desk", True, "")
    assert site.ask("GET").json() == body
    assert site.ask("GET", path="/v1/preferences").json() == {"items": [body], "next": None}
    assert site.trail == [("front-desk", "set preferences", "acme/101 status doNotDisturb", "acme", "done")]
    [event] = site.events
    assert isinstance(event, PreferencesChanged)
    assert event.preferences.status == "doNotDisturb"


def test_patch_leaves_the_rest_put_does_not_and_delete_leaves_nothing(site: Site) -> None:
    entries = [{"when": "busy", "to": {"extension": "102"}}]
    site.ask("PATCH", {"forwarding": entries})
    kept = site.ask("PATCH", {"status": "away"}).json()
    assert kept["forwarding"] == [{"when": "busy", "hours": "any", "to": {"extension": "102"}}]
    assert site.ask("PATCH", {}).json() == kept
    assert site.ask("PUT", {"status": "away"}).json()["forwarding"] is None
    assert site.ask("DELETE").status_code == 204
    assert site.ask("GET").json()["set"] == []
    assert "acme/101 forwarding busy any -> extension 102" in [target for _, _, target, *_ in site.trail]


def test_two_do_not_undo_each_others(site: Site) -> None:
    seen = site.ask("GET").headers["ETag"]
    first = site.ask("PUT", {"status": "away"}, headers={"If-Match": seen})
    assert first.status_code == 200
    late = site.ask("PUT", {"status": "doNotDisturb"}, headers={"If-Match": seen})
    assert (late.status_code, late.json()["type"]) == (412, "/v1/problems/changed-meanwhile")
    assert late.headers["content-type"] == "application/problem+json"
    assert site.ask("PUT", {}, headers={"If-Match": first.headers["ETag"]}).status_code == 200
    assert site.ask("PUT", {}, headers={"If-Match": "*"}).status_code == 200


def test_two_that_come_at_once_do_not_undo_each_others(site: Site) -> None:
    seen = site.ask("GET").headers["ETag"]

    async def as_desk(scope: AsgiScope, receive: Receive, send: Send) -> None:
        await site.app({**scope, KEY: DESK}, receive, send)

    async def both() -> list[int]:
        transport = httpx.ASGITransport(app=as_desk, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://trunkline") as client:
            asked = [
                client.put(PATH, json={"status": status}, headers={"If-Match": seen})
                for status in ("away", "doNotDisturb")
            ]
            return [answer.status_code for answer in await asyncio.gather(*asked)]

    store = site.server.engine.preference_store
    put = store.put_preferences

    async def slow(preferences: Preferences) -> None:
        for _ in range(50):
            await asyncio.sleep(0)
        await put(preferences)

    store.put_preferences = slow  # type: ignore[method-assign]  # as a disk is
    assert sorted(run(both())) == [200, 412]


def test_what_the_manifests_do_not_let_be_set_is_refused_with_the_field(site: Site) -> None:
    refused = site.ask("PATCH", {"status": "away"}, "/v1/preferences/acme/102")
    assert (refused.status_code, refused.json()["type"]) == (409, "/v1/problems/refused")
    assert "mayChange of Extension acme/102 does not have doNotDisturb (it has nothing)" in refused.json()["detail"]
    assert site.trail[-1][-1] == "refused"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"status": "asleep"}, 'status: "asleep" is none'),
        ({"statuss": "away"}, "statuss"),
        ({"status": 7}, "status"),
        ({"status": "x" * 65}, "status"),
        ({"forwarding": "102"}, "forwarding"),
        ({"forwarding": [{"when": "busy"}]}, "to"),
        ({"forwarding": [{"when": "busy", "to": {}}]}, "to"),
        ({"forwarding": [{"when": "busy", "to": {"extension": "102", "hangUp": "busy"}}]}, "to"),
        (
            {"forwarding": [{"when": "busy", "to": {"extension": "109"}}]},
            "forwarding[0].to: tenant acme has no extension",
        ),
        ({"forwarding": [{"when": "busy", "to": {"external": "112"}}]}, "does not call for help"),
        ({"forwarding": [{"when": "busy", "to": {"hangUp": "busy"}}] * 33}, "forwarding"),
        ({"queues": {"help": "maybe"}}, "queues"),
    ],
)
def test_what_cannot_be_is_422(site: Site, body: object, told: str) -> None:
    refused = site.ask("PATCH", body)
    assert refused.status_code == 422
    assert told in refused.json()["detail"]
    assert site.ask("GET").json()["set"] == []


def test_a_round_leaves_it_alone_and_a_plan_does_not_count_it(site: Site) -> None:
    site.ask("PATCH", {"status": "away"})
    before = site.server.engine.snapshot
    site.server.round()
    assert site.server.engine.snapshot is before
    site.write("greeting")
    assert site.server.round()
    shown = site.ask("GET").json()
    assert (shown["status"], shown["set"][0]["counts"]) == ("away", False)
    assert "mayChange of Extension acme/101 does not have doNotDisturb" in shown["set"][0]["note"]
    told = site.ask("GET", path="/v1/resources/acme/Extension/101").json()
    assert told["preferences"] == shown
    site.write("doNotDisturb")
    assert site.server.round()
    assert site.ask("GET").json()["set"][0]["counts"]


def test_without_a_database_it_is_refused_and_does_not_count(site: Site) -> None:
    site.server.engine.preference_store.failure = "database x: the disk is full"
    refused = site.ask("PATCH", {"status": "away"})
    assert (refused.status_code, refused.json()["detail"]) == (503, "database x: the disk is full")
    assert site.ask("GET").json()["status"] == "available"
