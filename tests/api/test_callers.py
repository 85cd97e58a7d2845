"""Every route with every sort of caller: what each gets, and that nothing of another tenant is in any answer.

A route that has no row here fails: so a new one says who may use it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Route
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from api.access import Access
from api.app import create_app
from api.bodies.status import ReconcileBody
from api.caller import CONTROL_SOCKET, KEY, Caller, Scope
from api.doors import Doors
from api.routes import health, metrics
from api.routes.registry import ROUTERS
from engine.cdr import OpenCall
from engine.config.ref import ConfigRef
from engine.identity import CallId
from engine.live_event import Figures
from engine.ports import AuditEntry, StoredToken
from engine.preferences import Preferences, Said
from engine.views import CallAccount
from reconciler.source.commit import GitCommit
from tests.api.test_routes import NOW, ban, binding, call, drain, record, trunk, webhook
from tests.support.access_store import MemoryAccess
from tests.support.doors import doors_of
from tests.support.fake_engine import FakeRecords, FakeWebhooks
from tests.support.following_server import Server, run
from tests.support.manifest_folder import LISTENER, extension, tenant

OURS: Final = "0199-0102"
THEIRS: Final = "0199-0977"
LIVE: Final = "0199-live"
ZEBRAS: Final = LISTENER.replace("phones", "zebras").replace("5070}", "5071, tenant: zebra}")
STRANGERS: Final = ("zebra", "977", "0977", "shared-carrier", "192.0.2.66")
"""Words that stand in what belongs to the other tenant, or to the system, and nowhere else."""

CALLERS: Final = {
    "nobody": None,
    "read": Caller(name="r", scope=Scope.READ),
    "operate": Caller(name="o", scope=Scope.OPERATE),
    "admin": CONTROL_SOCKET,
    "read acme": Caller(name="ra", scope=Scope.READ, tenant="acme"),
    "operate acme": Caller(name="oa", scope=Scope.OPERATE, tenant="acme"),
    "admin acme": Caller(name="aa", scope=Scope.ADMIN, tenant="acme"),
}
READ: Final = (401, 200, 200, 200, 200, 200, 200)
"""What is read by all, each of what it may see."""
THEIRS_READ: Final = (401, 200, 200, 200, 404, 404, 404)
SYSTEM_READ: Final = (401, 200, 200, 200, 403, 403, 403)
ADMIN: Final = (401, 403, 403, 200, 403, 403, 403)
OPERATE: Final = (401, 403, 204, 204, 403, 204, 204)
THEIRS_OPERATE: Final = (401, 403, 204, 204, 403, 404, 404)
SYSTEM_OPERATE: Final = (401, 403, 200, 200, 403, 403, 403)
SET: Final = (401, 403, 200, 200, 403, 200, 200)
THEIRS_SET: Final = (401, 403, 200, 200, 403, 404, 404)
PREFERENCES: Final = "/v1/preferences/{tenant}/{extension}"
OTHER_CHANGES: Final = {"changes": [{"tenant": "zebra", "kind": "Extension", "name": "977"}]}

THEIRS_BALANCE: Final = (401, 409, 409, 409, 404, 404, 404)
ADDED: Final = {"how": "add", "amount": "1.00"}
ROWS: Final[tuple[tuple[str, str, str, object, tuple[int, ...]], ...]] = (
    ("GET", "/v1/openapi.json", "/v1/openapi.json", None, (200, *[200] * 6)),  # no secret; the gate keeps it all the same
    ("GET", "/v1/status", "/v1/status", None, READ),
    ("GET", "/v1/calls", "/v1/calls", None, READ),
    ("GET", "/v1/calls", "/v1/calls?tenant=zebra", None, READ),
    ("GET", "/v1/calls/{call_id}", f"/v1/calls/{OURS}", None, READ),
    ("GET", "/v1/calls/{call_id}", f"/v1/calls/{THEIRS}", None, THEIRS_READ),
    ("DELETE", "/v1/calls/{call_id}", f"/v1/calls/{OURS}", None, OPERATE),
    ("DELETE", "/v1/calls/{call_id}", f"/v1/calls/{THEIRS}", None, THEIRS_OPERATE),
    ("GET", "/v1/registrations", "/v1/registrations", None, READ),
    ("GET", "/v1/registrations", "/v1/registrations?tenant=zebra", None, READ),
    ("GET", "/v1/listeners", "/v1/listeners", None, READ),
    ("GET", "/v1/trunks", "/v1/trunks", None, READ),
    ("GET", "/v1/trunks", "/v1/trunks?tenant=zebra", None, READ),
    ("GET", "/v1/trunks", "/v1/trunks?tenant=", None, READ),
    ("GET", "/v1/drains", "/v1/drains", None, READ),
    ("GET", "/v1/bans", "/v1/bans", None, READ),
    # Nobody here has a balance, which is told (409) to whom the extension is told.
    ("GET", "/v1/balances", "/v1/balances", None, READ),
    ("GET", "/v1/balances", "/v1/balances?tenant=zebra", None, READ),
    ("GET", "/v1/balances/{tenant}/{extension}", "/v1/balances/acme/101", None, (401, *[409] * 6)),
    ("GET", "/v1/balances/{tenant}/{extension}", "/v1/balances/zebra/977", None, THEIRS_BALANCE),
    ("GET", "/v1/balances/{tenant}/{extension}/ledger", "/v1/balances/acme/101/ledger", None, (401, *[409] * 6)),
    ("GET", "/v1/balances/{tenant}/{extension}/ledger", "/v1/balances/zebra/977/ledger", None, THEIRS_BALANCE),
    ("POST", "/v1/balances/{tenant}/{extension}", "/v1/balances/acme/101", ADDED, (401, 403, 409, 409, 403, 409, 409)),
    ("POST", "/v1/balances/{tenant}/{extension}", "/v1/balances/zebra/977", ADDED, (401, 403, 409, 409, 403, 404, 404)),
    ("GET", "/v1/log-levels", "/v1/log-levels", None, SYSTEM_READ),
    ("PUT", "/v1/log-levels", "/v1/log-levels", {"module": "serve", "level": "info"}, SYSTEM_OPERATE),
    ("POST", "/v1/unban", "/v1/unban", {"address": "192.0.2.66"}, SYSTEM_OPERATE),
    ("GET", "/v1/preferences", "/v1/preferences", None, READ),
    ("GET", "/v1/preferences", "/v1/preferences?tenant=zebra", None, READ),
    ("GET", PREFERENCES, "/v1/preferences/acme/102", None, READ),
    ("GET", PREFERENCES, "/v1/preferences/zebra/x", None, (401, *[404] * 6)),
    ("GET", PREFERENCES, "/v1/preferences/zebra/977", None, THEIRS_READ),
    ("PATCH", PREFERENCES, "/v1/preferences/acme/102", {"status": "available"}, SET),
    ("PATCH", PREFERENCES, "/v1/preferences/zebra/977", {"status": "available"}, THEIRS_SET),
    ("PUT", PREFERENCES, "/v1/preferences/acme/102", {"author": "zebra"}, SET),
    ("PUT", PREFERENCES, "/v1/preferences/acme/102", {"status": "away"}, (401, 403, 409, 409, 403, 409, 409)),
    ("PUT", PREFERENCES, "/v1/preferences/zebra/977", {}, THEIRS_SET),
    ("DELETE", PREFERENCES, "/v1/preferences/acme/102", None, OPERATE),
    ("DELETE", PREFERENCES, "/v1/preferences/zebra/977", None, THEIRS_OPERATE),
    ("GET", "/v1/cdrs", "/v1/cdrs", None, READ),
    ("GET", "/v1/cdrs", "/v1/cdrs?tenant=zebra", None, READ),
    ("GET", "/v1/cdrs/export", "/v1/cdrs/export", None, READ),
    ("GET", "/v1/cdrs/export", "/v1/cdrs/export?tenant=zebra", None, READ),
    ("GET", "/v1/cdrs/{call_id}", f"/v1/cdrs/{OURS}", None, READ),
    ("GET", "/v1/cdrs/{call_id}", f"/v1/cdrs/{THEIRS}", None, THEIRS_READ),
    ("GET", "/v1/explain/{call_id}", f"/v1/explain/{OURS}", None, READ),
    ("GET", "/v1/explain/{call_id}", f"/v1/explain/{THEIRS}", None, THEIRS_READ),
    ("GET", "/v1/explain/{call_id}", f"/v1/explain/{LIVE}", None, THEIRS_READ),
    ("GET", "/v1/explain/{call_id}", f"/v1/explain/{OURS[:-1]}", None, READ),
    ("GET", "/v1/explain/{call_id}", f"/v1/explain/{THEIRS[:-1]}", None, THEIRS_READ),
    ("GET", "/v1/resources", "/v1/resources", None, READ),
    ("GET", "/v1/resources", "/v1/resources?tenant=zebra", None, READ),
    ("GET", "/v1/resources", "/v1/resources?tenant=", None, READ),
    ("GET", "/v1/resources", "/v1/resources?cursor=b/Extension/0", None, READ),
    ("GET", "/v1/resources/{tenant}/{kind}/{name}", "/v1/resources/acme/Extension/102", None, READ),
    ("GET", "/v1/resources/{tenant}/{kind}/{name}", "/v1/resources/zebra/Extension/977", None, THEIRS_READ),
    ("GET", "/v1/resources/{tenant}/{kind}/{name}", "/v1/resources/-/Listener/phones", None, THEIRS_READ),
    ("GET", "/v1/plan", "/v1/plan", None, SYSTEM_READ),
    ("POST", "/v1/plan", "/v1/plan", {"files": {"z.yaml": "kind: ["}}, (401, *[422] * 6)),
    ("GET", "/v1/events", "/v1/events", None, READ),
    ("GET", "/v1/rates", "/v1/rates", None, READ),
    ("GET", "/v1/rates", "/v1/rates?tenant=zebra", None, READ),
    ("GET", "/v1/tokens", "/v1/tokens", None, ADMIN),
    ("POST", "/v1/tokens", "/v1/tokens", {"name": "zebra", "scope": "read"}, (401, 403, 403, 201, 403, 403, 403)),
    ("DELETE", "/v1/tokens/{name}", "/v1/tokens/zebra-page", None, (401, 403, 403, 204, 403, 403, 403)),
    ("GET", "/v1/sessions", "/v1/sessions", None, ADMIN),
    ("DELETE", "/v1/sessions/{session_id}", "/v1/sessions/none", None, (401, 403, 403, 404, 403, 403, 403)),
    ("POST", "/v1/links", "/v1/links", {}, (401, 403, 403, 409, 403, 403, 403)),
    ("POST", "/v1/source/hook", "/v1/source/hook", {}, (404, *[404] * 6)),  # this one follows a folder
    ("POST", "/v1/tenants/{tenant}/source/hook", "/v1/tenants/acme/source/hook", {}, (401, *[401] * 6)),
    ("POST", "/v1/session", "/v1/session", {"code": "none"}, (410, *[410] * 6)),
    ("GET", "/v1/session", "/v1/session", None, READ),
    ("DELETE", "/v1/session", "/v1/session", None, (401, *[409] * 6)),
    ("GET", "/v1/audit", "/v1/audit", None, READ),
    ("GET", "/v1/audit", "/v1/audit?tenant=zebra", None, READ),
    ("GET", "/", "/", None, (200, *[200] * 6)),
    ("GET", "/open", "/open", None, (200, *[200] * 6)),
    ("GET", "/web/{path:path}", "/web/main.js", None, (200, *[200] * 6)),
    ("GET", "/healthz", "/healthz", None, (200, *[200] * 6)),
    ("GET", "/readyz", "/readyz", None, (200, *[200] * 6)),
    ("GET", "/metrics", "/metrics", None, SYSTEM_READ),
    ("GET", "/v1/problems", "/v1/problems", None, READ),
    ("GET", "/v1/problems/{name}", "/v1/problems/gone", None, READ),
    ("POST", "/v1/live", "/v1/live", OTHER_CHANGES, READ),
    ("GET", "/v1/revisions", "/v1/revisions", None, SYSTEM_READ),
    ("GET", "/v1/revisions/{sequence}/plan", "/v1/revisions/1/plan", None, SYSTEM_READ),
    ("GET", "/v1/revisions/{sequence}/manifests", "/v1/revisions/1/manifests", None, SYSTEM_READ),
    ("GET", "/v1/manifests", "/v1/manifests", None, SYSTEM_READ),
    ("POST", "/v1/apply", "/v1/apply", {"digest": "0" * 64}, (401, 403, 409, 409, 403, 403, 403)),
    ("POST", "/v1/rollback", "/v1/rollback", {"digest": "0" * 64, "sequence": 1}, (401, 403, 409, 409, 403, 403, 403)),
    ("POST", "/v1/suspend", "/v1/suspend", {}, SYSTEM_OPERATE),
    ("POST", "/v1/resume", "/v1/resume", {}, SYSTEM_OPERATE),
    ("POST", "/v1/reconcile", "/v1/reconcile", None, SYSTEM_OPERATE),
    ("GET", "/v1/simulate", "/v1/simulate?from=101&to=102&tenant=acme", None, READ),
    ("GET", "/v1/simulate", "/v1/simulate?from=977&to=978&tenant=zebra", None, (401, *[200] * 3, *[422] * 3)),
    ("GET", "/v1/simulate", "/v1/simulate?from=101&to=sip:977@zebra.example&tenant=acme", None, READ),
    ("GET", "/v1/simulate", "/v1/simulate?from=101&to=1&tenant=acme&listener=zebras", None, (401, *[200] * 3, *[422] * 3)),
    ("GET", "/v1/webhooks", "/v1/webhooks", None, READ),
    ("GET", "/v1/webhooks", "/v1/webhooks?tenant=zebra", None, READ),
)  # fmt: skip
TOLD_BACK: Final = {
    "/v1/simulate?from=977&to=978&tenant=zebra",
    "/v1/simulate?from=101&to=sip:977@zebra.example&tenant=acme",
    "/v1/simulate?from=101&to=1&tenant=acme&listener=zebras",
}
"""Where the words of the question stand in its answer, and so prove nothing."""


class Site:
    """The app over two tenants, acme and zebra, each with everything."""

    def __init__(self, base: Path) -> None:
        server = self.server = Server(base)
        server.commit = GitCommit("4c1d9e2" + "0" * 33, "A zebra", NOW, "977 gets a phone")
        server.folder.write("system.yaml", LISTENER, ZEBRAS)
        server.folder.write("acme.yaml", tenant("acme"), extension("acme", "101"), extension("acme", "102"))
        server.folder.write("zebra.yaml", tenant("zebra"), extension("zebra", "977"), extension("zebra", "978"))
        assert server.round()
        server.folder.write(
            "zebra.yaml", tenant("zebra"), extension("zebra", "977"), extension("zebra", "978"), "kind: ["
        )
        server.round()
        server.folder.write("zebra.yaml", tenant("zebra"), extension("zebra", "977"), extension("zebra", "978"))
        self.app: FastAPI = create_app(self.doors(), "1.2.3", self.access())
        self.app.state.hub.close()  # so that streams end

    def doors(self) -> Doors:
        engine, records, webhooks = self.server.engine, FakeRecords(), FakeWebhooks()
        engine.live_calls = [call(102), replace(call(977, "zebra"), caller="978")]
        engine.bindings = [binding("101"), binding("977", "sip:zebra@192.0.2.77", "zebra")]
        away = Preferences(tenant="zebra", extension="977", status="away", said=(("doNotDisturb", Said(NOW, "zebra")),))
        engine.people.held[away.key] = away
        engine.draining = [drain(101), replace(drain(1), ref=ConfigRef("zebra", "Extension", "977"))]
        engine.banned = [ban("192.0.2.66")]
        engine.past_rates = [(NOW, None, Figures(977)), (NOW, "zebra", Figures(977)), (NOW, "acme", Figures(1))]
        for view in (trunk("acme", "ours"), trunk("zebra", "zebra-line"), trunk("", "shared-carrier")):
            engine.standing[view.ref] = view
        theirs = replace(record(977, "zebra"), caller="977", callee="978")
        records.records = [record(102), theirs]
        opened = OpenCall(
            call_id=CallId(LIVE), sip_call_id="z", started_at=NOW, revision="r", query=theirs.query, trace=theirs.trace
        )
        engine.accounts[CallId(LIVE)] = CallAccount(opened=opened, answered_at=None, targets=(), onward=())
        webhooks.views = [webhook("acme", "cdr"), webhook("zebra", "cdr")]
        return doors_of(self.server, records, webhooks)

    @staticmethod
    def access() -> Access:
        store = MemoryAccess()
        for name, tenant_name in (("zebra-page", "zebra"), ("ours", "acme")):
            token = StoredToken(
                id=name,
                kind="token",
                secret_sha256="0" * 64,
                name=name,
                scope="read",
                tenant=tenant_name,
                created_at=NOW,
                expires_at=NOW + timedelta(days=30_000),
            )
            store.kept[name] = token
            store.trail.append(
                AuditEntry(at=NOW, who="ada", what="hang up", target=name, tenant=tenant_name, result="done", seq=1)
            )
        access = Access(store)
        run(access.tokens.load())
        return access

    def request(self, caller: Caller | None, method: str, path: str, body: object = None) -> httpx.Response:
        return request(self.app, caller, method, path, body)


def request(app: FastAPI, caller: Caller | None, method: str, path: str, body: object = None) -> httpx.Response:
    async def as_caller(scope: AsgiScope, receive: Receive, send: Send) -> None:
        await app({**scope, KEY: caller}, receive, send)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=as_caller, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://trunkline") as client:
            return await client.request(method, path, json=body)

    return run(ask())


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("callers")


@pytest.fixture(scope="module")
def site(base: Path) -> Site:
    return Site(base)


def test_every_route_has_its_rows(site: Site) -> None:
    """Whatever it is mounted by: what can't be looked into is no route that was thought of."""
    named = {(method, path) for method, path, *_ in ROWS}
    found = {
        (method, route.path if router in (metrics.router, health.router) else f"/v1{route.path}")
        for router in (*ROUTERS, metrics.router, health.router)
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert all(isinstance(route, APIRoute) for router in ROUTERS for route in router.routes)
    beside = [route for route in site.app.routes if not hasattr(route, "original_router")]
    assert all(isinstance(route, Route) for route in beside)
    found |= {("GET", route.path) for route in beside if isinstance(route, Route)}
    assert len(site.app.routes) == len(beside) + len(ROUTERS) + 2
    assert found == named


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[2]}")
def test_each_caller_gets_what_it_may(site: Site, row: tuple[str, str, str, object, tuple[int, ...]]) -> None:
    method, _, path, body, expected = row
    found = []
    for name, caller in CALLERS.items():
        site.app.state.doors = site.doors()  # anew: some of it is gone after a command
        site.app.state.access = site.access()
        answer = site.request(caller, method, path, body)
        found.append(answer.status_code)
        if caller is None or caller.tenant is None or answer.status_code != 200 or path in TOLD_BACK:
            continue
        text = re.sub(r"\d\.\d{6}Z", "", answer.text)  # microseconds may be anybody's number
        assert not [word for word in STRANGERS if word in text], (name, answer.text)
    assert tuple(found) == expected


@pytest.mark.parametrize(
    ("method", "path", "theirs", "none"),
    [
        ("GET", "/v1/calls/{}", THEIRS, "0199-0000"),
        ("DELETE", "/v1/calls/{}", THEIRS, "0199-0000"),
        ("GET", "/v1/cdrs/{}", THEIRS, "0199-0000"),
        ("GET", "/v1/explain/{}", THEIRS, "0199-0000"),
        ("GET", "/v1/explain/{}", LIVE, "0199-none"),
        ("GET", "/v1/resources/zebra/Extension/{}", "977", "000"),
    ],
)
def test_what_is_theirs_is_told_like_what_is_not_there(
    site: Site, method: str, path: str, theirs: str, none: str
) -> None:
    site.app.state.doors = site.doors()
    found, missing = (
        request(site.app, CALLERS["operate acme"], method, path.format(one)).json() for one in (theirs, none)
    )
    assert {
        key: text.replace(theirs, none) if isinstance(text, str) else text for key, text in found.items()
    } == missing


def test_a_command_that_is_not_allowed_does_nothing(site: Site) -> None:
    site.app.state.doors = site.doors()
    for name in ("nobody", "read", "read acme", "operate acme"):
        site.request(CALLERS[name], "DELETE", f"/v1/calls/{THEIRS}")
        site.request(CALLERS[name], "POST", "/v1/unban", {"address": "192.0.2.66"})
        site.request(CALLERS[name], "POST", "/v1/suspend", {})
    engine = site.server.engine
    assert (len(engine.live_calls), len(engine.banned), site.server.reconciler.status().hold) == (2, 1, None)


def test_the_author_of_a_command_is_who_the_token_says(site: Site) -> None:
    site.app.state.doors = site.doors()
    for caller in ("operate", "admin"):
        site.server.engine.banned = [ban("192.0.2.66")]
        site.request(CALLERS[caller], "POST", "/v1/unban", {"address": "192.0.2.66", "author": "ada"})
    assert [author for _, author in site.server.engine.lifted[-2:]] == ["o", "ada"]


def test_words_of_others_stand_in_what_all_may_see(site: Site) -> None:
    """Else the table would prove nothing."""
    site.app.state.doors = site.doors()
    for path in ("calls", "registrations", "trunks", "drains", "cdrs", "resources", "webhooks", "status", "listeners"):
        assert "zebra" in site.request(CONTROL_SOCKET, "GET", f"/v1/{path}").text, path


class Conflicts:
    """Acme's part stands badly, each time for something of zebra's."""

    def __init__(self, base: Path) -> None:
        self.server = Server(base)
        self.acme = (tenant("acme"), extension("acme", "101"))
        self.zebra = (tenant("zebra", "secret-plans.example"), extension("zebra", "977"))
        self.server.folder.write("system.yaml", LISTENER)
        self.server.folder.write("acme.yaml", *self.acme)
        self.server.folder.write("zebra.yaml", *self.zebra)
        assert self.server.round()

    def same_domain(self) -> None:
        self.server.folder.write("acme.yaml", tenant("acme", "secret-plans.example"), extension("acme", "101"))

    def fault_in_a_shared_file(self) -> None:
        self.server.folder.write("shared.yaml", *self.acme, *self.zebra)
        self.server.folder.remove("acme.yaml")
        self.server.folder.remove("zebra.yaml")
        assert self.server.round()
        faulty = extension("zebra", "977").replace("tenant: zebra, ", "tenannt: zebra, ").replace("977", "0977 zebra")
        self.server.folder.write("shared.yaml", *self.acme, *self.zebra, faulty)

    def machine_refuses(self) -> None:
        self.server.engine.refuse = ("the listener zebras of tenant zebra can't be opened: 192.0.2.66 is not ours",)
        self.server.folder.write("acme.yaml", *self.acme, extension("acme", "102"))

    def suspended_for_them(self) -> None:
        run(self.server.reconciler.suspend("ada of zebra", "the move of zebra to 192.0.2.66"))
        self.server.folder.write("acme.yaml", *self.acme, extension("acme", "102"))


@pytest.mark.parametrize(
    "conflict",
    ["same_domain", "fault_in_a_shared_file", "machine_refuses", "suspended_for_them"],
)
def test_what_keeps_a_tenant_back_names_no_other(tmp_path: Path, conflict: str) -> None:
    site = Conflicts(tmp_path)
    getattr(site, conflict)()
    site.server.round()
    view = site.server.reconciler.status()
    raw = repr([[unit for unit in view.units if unit.unit == "acme"], view.hold])
    assert any(word in raw for word in STRANGERS)
    app = create_app(doors_of(site.server), "1.2.3")
    caller = CALLERS["read acme"]
    assert caller is not None
    told = [
        request(app, caller, "GET", path).text
        for path in (
            "/v1/status",
            "/v1/resources",
            "/v1/resources/acme/Extension/101",
            "/v1/resources/acme/Tenant/acme",
        )
    ]
    told.append(ReconcileBody.of_tenant(view, "acme").model_dump_json())  # what the event stream has
    for text in told:
        assert not [word for word in (*STRANGERS, "ada of") if word in text], text
    assert "acme" in told[0]


def test_who_sees_one_tenant_only_is_told_of_a_commit_that_there_is_one(site: Site) -> None:
    path = "/v1/resources/acme/Extension/102"
    for caller, author, subject in (("read", "A zebra", "977 gets a phone"), ("read acme", "", "")):
        commit = site.request(CALLERS[caller], "GET", path).json()["commit"]
        assert (commit["id"][:7], commit["author"], commit["subject"]) == ("4c1d9e2", author, subject)
