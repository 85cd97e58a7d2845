"""Plans, orders, revisions and resources over HTTP, with the real reconciler behind the routes and a fake engine behind that."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.caller import by_control_socket
from engine.config.ref import Revision
from engine.identity import CallId
from engine.views import CallView, RegistrationView
from reconciler.plan_json import plan_from_json
from tests.support.doors import doors_of
from tests.support.following_server import Server, run
from tests.support.manifest_folder import LISTENER, extension, tenant

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ACME = (tenant("acme"), extension("acme", "101"), extension("acme", "102"))
APPROVED = "apiVersion: trunkline/v1\nkind: System\nmetadata: {name: system}\nspec: {apply: approved}\n"


class Site:
    """The app over a server that follows `server.folder`."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def request(self, method: str, path: str, body: object = None) -> httpx.Response:
        doors = doors_of(self.server)
        app = create_app(doors, "1.2.3")

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=by_control_socket(app), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://trunkline") as client:
                return await client.request(method, path, json=body)

        return run(ask())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    server = Server(tmp_path)
    server.folder.write("system.yaml", LISTENER)
    server.folder.write("acme.yaml", *ACME)
    assert server.round()
    server.engine.bindings = [binding("101"), binding("102"), binding("102", "sip:b@192.0.2.1")]
    return Site(server)


def binding(number: str, contact: str = "sip:a@192.0.2.1") -> RegistrationView:
    return RegistrationView(
        tenant="acme",
        number=number,
        contact=contact,
        source="192.0.2.1:5060",
        listener="phones",
        user_agent="",
        registered_at=NOW,
        expires_at=NOW,
    )


def call(caller: str, callee: str) -> CallView:
    return CallView(
        id=CallId(f"0199-{caller}"),
        tenant="acme",
        revision=Revision("r"),
        caller=caller,
        callee=callee,
        state="answered",
        started_at=NOW,
        answered_at=NOW,
        decided_by="",
        legs=(),
    )


def test_a_plan_comes_with_what_is_live(site: Site) -> None:
    server = site.server
    server.folder.write("system.yaml", LISTENER, APPROVED)
    server.round()
    server.folder.write("acme.yaml", *ACME[:2])
    server.round()
    server.engine.live_calls = [call("102", "101"), call("101", "199")]
    answer = site.request("GET", "/v1/plan").json()
    plan = plan_from_json(answer["plan"])
    assert [str(change.ref) for change in plan.changes] == ["Extension acme/102"]
    assert answer["live"] == {
        "registrations": 2,
        "calls": 1,
        "drain_s": answer["live"]["drain_s"],
        "touched": [{"tenant": "acme", "kind": "Extension", "name": "102", "registrations": 2, "calls": 1}],
    }
    assert (answer["mode"], answer["suspended"]) == ("approved", None)
    assert answer["waiting"] == "its plan has to be approved"


def test_live_use_of_a_plan_that_was_made_elsewhere(site: Site) -> None:
    changes = [
        {"kind": "Tenant", "name": "acme"},
        {"tenant": "acme", "kind": "Extension", "name": "101"},
        {"kind": "Listener", "name": "phones"},
        {"kind": "Listener", "name": "nowhere"},
    ]
    answer = site.request("POST", "/v1/live", {"changes": changes}).json()
    assert (answer["registrations"], answer["calls"]) == (3, 0)
    assert [(one["kind"], one["registrations"]) for one in answer["touched"]] == [
        ("Tenant", 3),
        ("Extension", 1),
        ("Listener", 3),
    ]


def test_what_nobody_uses_while_it_is_live_counts_nobody(site: Site) -> None:
    """Office hours that go would else seem to drop all registrations of their tenant."""
    changes = [
        {"tenant": "acme", "kind": "OfficeHours", "name": "desk"},
        {"tenant": "acme", "kind": "Extension", "name": "199"},
        {"kind": "System", "name": "system"},
    ]
    answer = site.request("POST", "/v1/live", {"changes": changes}).json()
    assert (answer["registrations"], answer["calls"], answer["touched"]) == (0, 0, [])


def test_what_is_counted_beside_the_loop_is_the_same(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = [{"kind": "Tenant", "name": "acme"}, {"tenant": "acme", "kind": "Extension", "name": "101"}]
    at_once = site.request("POST", "/v1/live", {"changes": changes}).json()
    monkeypatch.setattr("api.routes.live.MUCH", 0)
    assert site.request("POST", "/v1/live", {"changes": changes}).json() == at_once


def test_a_plan_that_deletes_very_much_counts_all_who_lose_their_registration(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.worker.answers.MOST_REFS", 1)
    site.server.folder.write("beta.yaml", tenant("beta"), extension("beta", "301"))
    site.server.round()
    site.server.folder.remove("acme.yaml")
    answer = site.request("GET", "/v1/plan").json()
    assert answer["plan"]["counts"]["delete"] == 3
    assert answer["live"]["registrations"] == 3


@pytest.mark.parametrize(
    "body", [{}, {"changes": 1}, {"changes": [{}]}, {"changes": [{"kind": "x", "name": "y"}] * 1001}]
)
def test_a_wrong_question_is_refused(site: Site, body: object) -> None:
    assert site.request("POST", "/v1/live", body).status_code == 422


def test_a_plan_is_approved_over_http(site: Site) -> None:
    site.server.folder.write("system.yaml", LISTENER, APPROVED)
    site.server.round()
    site.server.folder.write("acme.yaml", *ACME, extension("acme", "103"))
    site.server.round()
    digest = site.request("GET", "/v1/plan").json()["plan"]["digest"]
    wrong = site.request("POST", "/v1/apply", {"digest": "0" * 64})
    assert (wrong.status_code, wrong.headers["content-type"]) == (409, "application/problem+json")
    assert "the plan is another by now" in wrong.json()["detail"]
    done = site.request("POST", "/v1/apply", {"digest": digest, "author": "ada"}).json()
    assert done == {
        "applied": True,
        "revision": site.server.engine.snapshot.revision,
        "sequence": 3,
        "message": "applied, and serving",
    }


def test_going_back_over_http(site: Site) -> None:
    site.server.folder.write("acme.yaml", *ACME, extension("acme", "103"))
    site.server.round()
    digest = site.request("GET", "/v1/revisions/1/plan").json()["plan"]["digest"]
    done = site.request("POST", "/v1/rollback", {"sequence": 1, "digest": digest, "author": "ada"})
    assert done.status_code == 200
    status = site.request("GET", "/v1/status").json()["reconcile"]
    assert status["hold"]["reason"] == "back to revision 1: rolled back by ada"
    assert status["sequence"] == 3
    assert [one["trigger"] for one in site.request("GET", "/v1/revisions").json()["items"]] == [
        "rollback",
        "auto",
        "auto",
    ]


def test_revisions_come_in_pages(site: Site) -> None:
    site.server.folder.write("acme.yaml", *ACME, extension("acme", "103"))
    site.server.round()
    first = site.request("GET", "/v1/revisions?limit=1").json()
    assert ([one["sequence"] for one in first["items"]], first["next"]) == ([2], "2")
    second = site.request("GET", f"/v1/revisions?limit=1&cursor={first['next']}").json()
    assert ([one["sequence"] for one in second["items"]], second["next"]) == ([1], None)
    assert site.request("GET", "/v1/revisions?cursor=1").json() == {"items": [], "next": None}
    assert site.request("GET", "/v1/revisions?cursor=x").json()["type"] == "/v1/problems/invalid"


@pytest.mark.parametrize(
    "path", ["/v1/revisions/9/plan", "/v1/revisions/9/manifests", "/v1/resources/acme/Extension/9"]
)
def test_what_is_not_there_is_not_found(site: Site, path: str) -> None:
    answer = site.request("GET", path)
    assert answer.status_code == 404
    assert "trunkline get" in answer.json()["detail"]


def test_following_rests_and_goes_on(site: Site) -> None:
    rests = site.request("POST", "/v1/suspend", {"author": "ada", "reason": "release day"}).json()
    assert (rests["suspended"]["by"], rests["suspended"]["reason"]) == ("ada", "release day")
    site.server.folder.write("acme.yaml", *ACME, extension("acme", "103"))
    waits = site.request("POST", "/v1/reconcile").json()
    assert waits["result"] == "Suspended"
    assert "release day" in waits["message"]
    assert site.request("POST", "/v1/resume", {"author": "ada"}).json() == {"suspended": None}
    assert site.request("POST", "/v1/reconcile").json()["result"] == "InSync"
    assert "103" in (site.server.extensions("acme") or {})


def test_following_rests_and_goes_on_by_commands_without_a_body(site: Site) -> None:
    rests = site.request("POST", "/v1/suspend")
    assert (rests.status_code, rests.json()["suspended"]["reason"]) == (200, "no reason given")
    assert site.request("POST", "/v1/resume").json() == {"suspended": None}


def test_a_round_that_fails_says_why(site: Site) -> None:
    site.server.folder.write("acme.yaml", *ACME, extension("acme", "103"))
    site.server.engine.refuse = ("Listener phones: port 5070 is in use",)
    answer = site.request("POST", "/v1/reconcile")
    assert answer.status_code == 409
    assert "port 5070 is in use" in answer.json()["detail"]


def test_manifests_are_those_that_run(site: Site) -> None:
    site.server.folder.write("acme.yaml", tenant("acme"), "kind: [")
    site.server.round()
    answer = site.request("GET", "/v1/manifests").json()
    assert (answer["format"], answer["revision"]) == (1, site.server.engine.snapshot.revision)
    assert sorted(answer["files"]) == ["acme.yaml", "system.yaml"]
    assert "102" in answer["files"]["acme.yaml"]
    assert site.request("GET", "/v1/revisions/1/manifests").json() == answer


def test_a_resource_as_it_is_written_and_meant(site: Site) -> None:
    answer = site.request("GET", "/v1/resources/acme/Extension/102").json()
    assert answer["manifest"] == extension("acme", "102")
    assert answer["origin"] == {"file": "acme.yaml", "line": 11}
    assert answer["effective"]["spec"]["ringTime"] == "30s"
    assert answer["sources"]["spec.ringTime"] == "default"
    assert "spec.password" not in answer["sources"]
    assert (answer["applied"], answer["live"]["registrations"]) == (True, 2)
    assert [(one["type"], one["is_true"]) for one in answer["conditions"]] == [
        ("Accepted", True),
        ("Applied", True),
        ("Ready", True),
        ("Stalled", False),
    ]
    assert site.request("GET", "/v1/resources/-/Listener/phones").json()["effective"]["spec"]["port"] == 5070
