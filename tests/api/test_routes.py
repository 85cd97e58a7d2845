"""Every route over fake ports: what it shows, how it pages and filters, and that every refusal is a problem body."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.caller import by_control_socket
from api.doors import Doors
from dialing.number import ExtensionNumber, Number
from engine.cause import NORMAL_CALLER, WRONG_NUMBER
from engine.cdr import CallDetailRecord, MediaAccount, TargetAccount
from engine.cdr_filter import CdrFilter
from engine.config.ref import ConfigRef, Origin, Revision
from engine.errors import JournalError
from engine.identity import CallId, LegId
from engine.live_event import Figures
from engine.routing.decision import Trace, TraceStep, Verdict
from engine.routing.query import RouteQuery
from engine.views import (
    BanView,
    CallView,
    DrainView,
    LegView,
    RegistrationView,
    TrunkServerView,
    TrunkState,
    TrunkView,
    WebhookView,
)
from reconciler.errors import OrderRefused
from reconciler.ports import PlanView, ResourceFilter
from reconciler.source.commit import GitCommit
from reconciler.views import (
    AppliedView,
    Condition,
    ConditionType,
    HoldView,
    ProblemView,
    ProposalView,
    Reason,
    ReconcileView,
    ResourceView,
    UnitStatus,
)
from reconciler.worker.trial import PlanTrials
from tests.support.fake_engine import FakeEngine, FakeRecords, FakeWebhooks
from tests.support.imagined import ONE_TENANT

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
KEPT = 'kind: Extension\nmetadata: {tenant: acme, name: "102"}\n'
COMMIT = GitCommit("4c1d9e2" + "0" * 33, "Grace Hopper", NOW - timedelta(hours=1), "A desk for Radia")
RULE = ConfigRef("acme", "Extension", "102")


def call(number: int, tenant: str = "acme") -> CallView:
    call_id = CallId(f"0199-{number:04}")
    leg = LegView(
        id=LegId(f"{call_id}/0"),
        number="101",
        contact="sip:101@192.0.2.1",
        state="confirmed",
        sip_call_id="a",
        local_rtp="192.0.2.9:40000",
        packets_in=1,
        packets_out=2,
        lost=0,
        jitter_ms=0.5,
    )
    return CallView(
        id=call_id,
        tenant=tenant,
        revision=Revision("r"),
        caller="101",
        callee=str(number),
        state="answered",
        started_at=NOW,
        answered_at=None,
        decided_by="",
        legs=(leg,),
    )


def record(number: int, tenant: str = "acme") -> CallDetailRecord:
    answered = number % 2 == 0
    at = NOW + timedelta(minutes=number)
    target = TargetAccount(
        tenant=tenant,
        number="102",
        contact="sip:102@192.0.2.2",
        sip_call_id="b",
        added_at=at,
        ringing_at=at,
        answered_at=at if answered else None,
        ended_at=at,
        cause=NORMAL_CALLER,
        media=MediaAccount(),
    )
    steps = (
        TraceStep(Verdict.MATCHED, None, None, "the caller belongs to the tenant"),
        TraceStep(Verdict.MATCHED, RULE, Origin("a.yaml", 7), "the number is its own"),
        TraceStep(Verdict.MISSED, ConfigRef("acme", "Extension", "103"), None, "differs in one digit"),
    )
    return CallDetailRecord(
        call_id=CallId(f"0199-{number:04}"),
        sip_call_id="a",
        tenant=tenant,
        revision="r",
        caller="101",
        caller_display="Ada",
        callee="102",
        answered_by="102" if answered else None,
        started_at=at,
        answered_at=at + timedelta(seconds=5) if answered else None,
        ended_at=at + timedelta(seconds=65),
        cause=NORMAL_CALLER if answered else WRONG_NUMBER,
        query=RouteQuery(
            tenant=tenant,
            caller="101",
            caller_display="Ada",
            callee=Number("102", ExtensionNumber("102")),
            listener="phones",
            source="192.0.2.1",
            at=at,
        ),
        trace=Trace(steps, ()),
        targets=(target,),
        media=MediaAccount(packets_in=10),
    )


def binding(number: str, contact: str = "sip:a@192.0.2.1", tenant: str = "acme") -> RegistrationView:
    return RegistrationView(
        tenant=tenant,
        number=number,
        contact=contact,
        source="192.0.2.1:5060",
        listener="phones",
        user_agent="Phone 1.0",
        registered_at=NOW,
        expires_at=NOW + timedelta(minutes=5),
    )


class FakeReconcile:
    """A tenant that runs and one that waits."""

    def __init__(self) -> None:
        self.views = [
            ResourceView(
                ref=ConfigRef(tenant, "Extension", str(number)),
                origin=Origin("a.yaml", number),
                applied=tenant == "acme",
                revision=Revision("r") if tenant == "acme" else None,
                reason=Reason.IN_SYNC if tenant == "acme" else Reason.NEVER_ACCEPTED,
                message="",
            )
            for tenant in ("acme", "beta")
            for number in range(101, 104)
        ]

    def status(self) -> ReconcileView:
        problem = ProblemView(file="a.yaml", line=1, column=2, severity="error", rule="r", message="m", hint="h")
        unit = UnitStatus(
            unit="beta",
            attempted=None,
            applied=None,
            conditions=(Condition(ConditionType.APPLIED, False, Reason.NEVER_ACCEPTED, "does not run", NOW),),
            problems=(problem,),
            problem_count=1,
        )
        return ReconcileView(
            revision=Revision("r"),
            source=Revision("s"),
            source_problem=None,
            last_round_at=NOW,
            last_applied_at=None,
            state_problem=None,
            units=(unit,),
            warnings=(),
            history=(),
            proposal=ProposalView(
                digest="7f3a" * 16,
                revision=Revision("r2"),
                reason=Reason.AWAITING_APPROVAL,
                message="its plan has to be approved",
                breaches=(),
            ),
            hold=HoldView(by="ada", at="2026-11-20T09:00:00+00:00", reason="release day", source=None),
        )

    def conditions(self, ref: ConfigRef) -> Sequence[Condition]:
        return ()

    def resources(self, wanted: ResourceFilter) -> Sequence[ResourceView]:
        found = [
            view
            for view in self.views
            if (wanted.tenant is None or view.ref.tenant == wanted.tenant)
            and (wanted.kind is None or view.ref.kind == wanted.kind)
            and (wanted.after is None or view.ref > wanted.after)
        ]
        return found[: wanted.limit]


class NothingPlanned:
    """Plans and control of a server that is asked for neither; `tests/api/test_following_routes.py` has those."""

    async def plan(self, sequence: int | None = None) -> PlanView:
        raise OrderRefused("no plan here")

    async def revisions(self, before: int | None = None, limit: int = 1000) -> bytes:
        raise OrderRefused("no revisions here")

    async def manifests(self, sequence: int | None = None) -> bytes:
        raise OrderRefused("no manifests here")

    async def resource(self, ref: ConfigRef) -> bytes:
        raise OrderRefused("no resource here")

    async def declarations(self, tenant: str, revision: str, refs: Sequence[ConfigRef], at: str = "") -> bytes:
        if (tenant, revision) != ("acme", "r"):
            return b'{"sequence":null,"declarations":[],"commit":null}'
        document = {"tenant": "acme", "kind": "Extension", "name": "102", "file": "b.yaml", "line": 3, "manifest": KEPT}
        declarations = [document] if RULE in refs else []
        return json.dumps({"sequence": 4, "declarations": declarations, "commit": COMMIT.to_json()}).encode()

    async def approve(self, digest: str, confirmed: frozenset[str], author: str, revision: str = "") -> AppliedView:
        raise OrderRefused("nothing to approve here")

    async def go_back(self, sequence: int, digest: str, confirmed: frozenset[str], author: str) -> AppliedView:
        raise OrderRefused("nowhere to go back here")

    async def suspend(self, by: str, reason: str) -> None:
        raise OrderRefused("nothing to suspend here")

    async def resume(self, by: str) -> None:
        raise OrderRefused("nothing to resume here")

    async def reconcile(self) -> AppliedView:
        raise OrderRefused("nothing to reconcile here")


class Site:
    """The app over fakes, and a client."""

    def __init__(self, records: FakeRecords | None = None) -> None:
        self.engine = FakeEngine()
        self.records = records or FakeRecords()
        self.webhooks = FakeWebhooks()
        self.app: FastAPI = create_app(
            Doors(
                engine=self.engine,
                feed=self.engine,
                routing=self.engine,
                calls=self.engine,
                bans=self.engine,
                balances=self.engine.balances,
                preferences=self.engine,
                records=self.records,
                webhooks=self.webhooks,
                reconcile=FakeReconcile(),
                plans=NothingPlanned(),
                trials=PlanTrials(NothingPlanned()),
                control=NothingPlanned(),
            ),
            "1.2.3",
        )

    def request(self, method: str, path: str, **query: str | int) -> httpx.Response:
        return self.ask(method, path, query or None, None)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Names of headers with `_` for `-`."""
        return self.ask("GET", path, None, {name.replace("_", "-"): value for name, value in headers.items()})

    def ask(
        self, method: str, path: str, query: Mapping[str, str | int] | None, headers: Mapping[str, str] | None
    ) -> httpx.Response:
        async def answer() -> httpx.Response:
            transport = httpx.ASGITransport(app=by_control_socket(self.app), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://trunkline") as client:
                return await client.request(method, path, params=query, headers=headers)

        return asyncio.run(answer())

    def send(
        self, method: str, path: str, media_type: str, content: bytes, headers: Mapping[str, bytes] | None = None
    ) -> httpx.Response:
        """Bytes as they are; `media_type`: "" = not said."""
        said = {"Content-Type": media_type.encode()} if media_type else {}

        async def answer() -> httpx.Response:
            transport = httpx.ASGITransport(app=by_control_socket(self.app), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://trunkline") as client:
                return await client.request(
                    method,
                    path,
                    content=content,
                    headers=[(name.encode(), value) for name, value in {**said, **(headers or {})}.items()],
                )

        return asyncio.run(answer())

    def post(self, path: str, body: Mapping[str, object]) -> httpx.Response:
        async def tell() -> httpx.Response:
            transport = httpx.ASGITransport(app=by_control_socket(self.app), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://trunkline") as client:
                return await client.post(path, json=dict(body))

        return asyncio.run(tell())

    def items(self, path: str, key: str, **query: str | int) -> list[object]:
        response = self.request("GET", path, **query)
        assert response.status_code == 200, response.text
        return [item[key] for item in response.json()["items"]]

    def all_pages(self, path: str, key: str, limit: int) -> list[object]:
        found: list[object] = []
        cursor: dict[str, str] = {}
        for _ in range(100):
            page = self.request("GET", path, limit=limit, **cursor).json()
            assert len(page["items"]) <= limit
            found += [item[key] for item in page["items"]]
            if page["next"] is None:
                return found
            cursor = {"cursor": page["next"]}
        raise AssertionError("pages without an end")


@pytest.fixture
def site() -> Site:
    return Site()


def test_status(site: Site) -> None:
    found = site.request("GET", "/v1/status").json()
    assert found["version"] == "1.2.3"
    assert found["engine"]["counters"] == {"dropped: too short": 2}
    assert found["engine"]["started_at"] == "2026-11-20T09:00:00Z"
    assert found["reconcile"]["units"][0]["conditions"][0]["reason"] == "NeverAccepted"
    assert found["reconcile"]["units"][0]["problems"][0]["file"] == "a.yaml"


def drain(number: int) -> DrainView:
    calls = (CallId("0199-0001"), CallId("0199-0002"))
    return DrainView(ref=ConfigRef("acme", "Extension", str(number)), calls=calls, until=NOW + timedelta(hours=number))


def test_drains(site: Site) -> None:
    site.engine.draining = [drain(3), drain(4)]
    assert site.items("/v1/drains", "ref") == ["Extension acme/3", "Extension acme/4"]
    first = site.request("GET", "/v1/drains").json()["items"][0]
    assert first == {"ref": "Extension acme/3", "calls": ["0199-0001", "0199-0002"], "until": "2026-11-20T12:00:00Z"}
    assert site.all_pages("/v1/drains", "ref", 1) == ["Extension acme/3", "Extension acme/4"]


def trunk(tenant: str, name: str) -> TrunkView:
    server = TrunkServerView(address="192.0.2.1:5060", name="sip.example", state="up", reason="answers", since=NOW)
    return TrunkView(
        ref=ConfigRef(tenant, "Trunk", name),
        state=TrunkState.REGISTERED,
        reason="registered",
        since=NOW,
        registers=True,
        registered_until=NOW + timedelta(minutes=10),
        servers=(server,),
        channels=3,
        max_channels=30,
    )


def test_trunks(site: Site) -> None:
    for view in (trunk("beta", "x"), trunk("acme", "carrier"), trunk("", "shared")):
        site.engine.standing[view.ref] = view
    assert site.all_pages("/v1/trunks", "name", 2) == ["shared", "carrier", "x"]
    assert site.items("/v1/trunks?tenant=acme", "name") == ["carrier"]
    first = site.request("GET", "/v1/trunks").json()["items"][0]
    assert first == {
        "tenant": None,
        "name": "shared",
        "state": "registered",
        "reason": "registered",
        "since": "2026-11-20T09:00:00Z",
        "registers": True,
        "registered_until": "2026-11-20T09:10:00Z",
        "servers": [
            {
                "address": "192.0.2.1:5060",
                "name": "sip.example",
                "state": "up",
                "reason": "answers",
                "since": "2026-11-20T09:00:00Z",
            }
        ],
        "channels": 3,
        "max_channels": 30,
    }


def ban(source: str) -> BanView:
    until = NOW + timedelta(hours=1)
    return BanView(source=source, reason="failed authentications", since=NOW, until=until, count=10, dropped=7)


def test_bans(site: Site) -> None:
    site.engine.banned = [ban("192.0.2.8"), ban("192.0.2.7"), ban("2001:db8::/64")]
    assert site.all_pages("/v1/bans", "source", 2) == ["192.0.2.7", "192.0.2.8", "2001:db8::/64"]
    assert site.request("GET", "/v1/bans").json()["items"][0] == {
        "source": "192.0.2.7",
        "reason": "failed authentications",
        "since": "2026-11-20T09:00:00Z",
        "until": "2026-11-20T10:00:00Z",
        "count": 10,
        "dropped": 7,
    }


def test_lifting_a_ban(site: Site) -> None:
    site.engine.banned = [ban("2001:db8::/64")]
    asked = {"address": "2001:db8::/64", "author": "ada"}
    assert site.post("/v1/unban", asked).json()["dropped"] == 7
    assert site.engine.lifted == [("2001:db8::/64", "ada")]
    again = site.post("/v1/unban", asked)
    assert (again.status_code, again.json()["detail"]) == (404, "2001:db8::/64 is not banned")


@pytest.mark.parametrize("asked", [{}, {"address": ""}, {"address": "1" * 65}, {"address": 7}, {"address": ["a"]}])
def test_lifting_nothing(site: Site, asked: dict[str, object]) -> None:
    assert site.post("/v1/unban", asked).status_code == 422


def test_live_calls(site: Site) -> None:
    site.engine.live_calls = [call(102), call(103), call(104, "beta")]
    assert site.items("/v1/calls", "callee") == ["102", "103", "104"]
    assert site.items("/v1/calls", "callee", tenant="beta") == ["104"]
    assert site.items("/v1/calls", "callee", number="103") == ["103"]
    assert site.items("/v1/calls", "callee", number="101", limit=2) == ["102", "103"]


def test_one_call(site: Site) -> None:
    site.engine.live_calls = [call(102)]
    found = site.request("GET", "/v1/calls/0199-0102").json()
    assert found["legs"][0]["local_rtp"] == "192.0.2.9:40000"


def test_hanging_up(site: Site) -> None:
    site.engine.live_calls = [call(102)]
    assert site.request("DELETE", "/v1/calls/0199-0102").status_code == 204
    assert site.engine.hung_up == ["0199-0102"]
    assert site.request("DELETE", "/v1/calls/0199-0102").status_code == 404


def test_registrations(site: Site) -> None:
    site.engine.bindings = [
        binding("102"),
        binding("101"),
        binding("101", "sip:b@192.0.2.1"),
        binding("201", tenant="b"),
    ]
    assert site.items("/v1/registrations", "number") == ["101", "101", "102", "201"]
    assert site.items("/v1/registrations", "contact", number="101") == ["sip:a@192.0.2.1", "sip:b@192.0.2.1"]
    assert site.items("/v1/registrations", "number", tenant="b") == ["201"]


def test_what_a_phone_sent_that_is_no_utf8_is_shown_all_the_same(site: Site) -> None:
    garbled = b"Phone \xff\xfe \xc3\xa4".decode("utf-8", "surrogateescape")
    site.engine.bindings = [replace(binding("101"), user_agent=garbled), binding("102")]
    site.engine.live_calls = [replace(call(102), callee=garbled)]
    site.records.records = [replace(record(1), callee=garbled)]
    shown = "Phone \N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} ä"
    assert site.items("/v1/registrations", "user_agent") == [shown, "Phone 1.0"]
    assert site.items("/v1/calls", "callee") == [shown]
    assert site.items("/v1/cdrs", "callee") == [shown]


def test_records(site: Site) -> None:
    site.records.records = [record(number) for number in range(1, 6)] + [record(9, "beta")]
    assert site.items("/v1/cdrs", "call_id") == [f"0199-{number:04}" for number in (9, 5, 4, 3, 2, 1)]
    assert site.items("/v1/cdrs", "call_id", tenant="beta") == ["0199-0009"]
    assert site.items("/v1/cdrs", "call_id", outcome="ANSWERED") == ["0199-0004", "0199-0002"]
    assert site.items("/v1/cdrs", "call_id", since="2026-11-20T09:05:00Z") == ["0199-0009", "0199-0005"]
    assert site.items("/v1/cdrs", "call_id", until="2026-11-20T09:02:00Z") == ["0199-0001"]
    assert site.items("/v1/cdrs", "decided_by", limit=1) == ["Extension acme/102 (a.yaml:7)"]


def test_one_record_with_its_trace(site: Site) -> None:
    site.records.records = [record(2)]
    found = site.request("GET", "/v1/cdrs/0199-0002").json()
    assert (found["talk_s"], found["cause"]["outcome"], found["cause"]["party"]) == (60.0, "ANSWERED", "caller")
    assert [step["verdict"] for step in found["trace"]] == ["matched", "matched", "missed"]
    assert found["trace"][1]["origin"] == "a.yaml:7"
    assert found["targets"][0]["contact"] == "sip:102@192.0.2.2"
    assert found["media"]["packets_in"] == 10


def test_resources(site: Site) -> None:
    assert site.items("/v1/resources", "name", tenant="beta") == ["101", "102", "103"]
    assert site.items("/v1/resources", "name", kind="Trunk") == []
    first = site.request("GET", "/v1/resources", limit=1).json()["items"][0]
    assert first == {
        "tenant": "acme",
        "kind": "Extension",
        "name": "101",
        "origin": {"file": "a.yaml", "line": 101},
        "applied": True,
        "revision": "r",
        "reason": "InSync",
        "message": "",
    }


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 100])
def test_pages_lead_through_all_once(site: Site, limit: int) -> None:
    site.engine.live_calls = [call(number) for number in range(102, 108)]
    site.engine.bindings = [binding(str(number)) for number in range(101, 108)]
    site.records.records = [record(number) for number in range(1, 8)]
    assert site.all_pages("/v1/calls", "callee", limit) == [str(number) for number in range(102, 108)]
    assert site.all_pages("/v1/registrations", "number", limit) == [str(number) for number in range(101, 108)]
    assert site.all_pages("/v1/cdrs", "call_id", limit) == [f"0199-{number:04}" for number in range(7, 0, -1)]
    assert site.all_pages("/v1/resources", "name", limit) == ["101", "102", "103"] * 2


REFUSED = [
    ("GET", "/v1/calls/nobody", {}, 404, "nobody"),
    ("GET", "/v1/cdrs/nobody", {}, 404, "nobody"),
    ("GET", "/v1/nothing", {}, 404, "/v1/nothing"),
    ("POST", "/v1/calls", {}, 405, "POST /v1/calls"),
    ("GET", "/v1/calls", {"limit": "0"}, 422, "limit"),
    ("GET", "/v1/calls", {"limit": "1001"}, 422, "limit"),
    ("GET", "/v1/calls", {"limit": "many"}, 422, "limit"),
    ("GET", "/v1/cdrs", {"outcome": "LOST"}, 422, "outcome"),
    ("GET", "/v1/cdrs", {"since": "yesterday"}, 422, "since"),
    ("GET", "/v1/cdrs", {"since": "2026-11-20T09:00:00"}, 422, "timezone"),
    ("GET", "/v1/resources", {"cursor": "x"}, 422, 'cursor "x"'),
]


@pytest.mark.parametrize(("method", "path", "query", "status", "words"), REFUSED)
def test_refusals_are_problems(
    site: Site, method: str, path: str, query: dict[str, str], status: int, words: str
) -> None:
    response = site.request(method, path, **query)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert words in body["detail"]
    assert body["instance"] == path


def test_records_that_are_not_open_yet(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def closed(_: CdrFilter) -> Sequence[CallDetailRecord]:
        raise JournalError("call records can't be read now: the database is not open yet")

    monkeypatch.setattr(site.records, "cdrs", closed)
    response = site.request("GET", "/v1/cdrs")
    assert (response.status_code, response.headers["content-type"]) == (503, "application/problem+json")
    assert "not open yet" in response.json()["detail"]


def test_a_bug_shows_no_traceback(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Sequence[CallView]:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(site.engine, "calls", broken)
    response = site.request("GET", "/v1/calls")
    assert (response.status_code, response.headers["content-type"]) == (500, "application/problem+json")
    assert "secret detail" not in response.text


def test_a_simulated_call() -> None:
    site = Site()
    site.engine.snapshot = ONE_TENANT
    assert site.request("GET", "/v1/simulate?from=101&to=102").json()["cause"]["outcome"] == "OFFLINE"
    site.engine.bindings = [binding("102"), binding("102", "sip:b@192.0.2.1")]
    found = site.request("GET", "/v1/simulate?from=101&to=102").json()
    assert found["put_through"]
    assert found["source"] == "the running server"
    assert found["facts"][0] == {"name": "contacts", "subject": "acme/102", "value": 2, "known": "live", "text": ""}
    stated = site.request("GET", "/v1/simulate?from=101&to=102&registered=102=0&registered=103").json()
    assert stated["facts"][0] == {"name": "contacts", "subject": "acme/102", "value": 0, "known": "stated", "text": ""}
    away = site.request("GET", "/v1/simulate?from=101&to=102&status=102=away").json()
    assert (away["facts"][0]["name"], away["facts"][0]["known"]) == ("preferences", "stated")
    unknown = site.request("GET", "/v1/simulate?from=101&to=102&status=102=asleep")
    assert (unknown.status_code, "available, away, doNotDisturb" in unknown.text) == (422, True)
    full = site.request("GET", "/v1/simulate?from=101&to=102&calls=2").json()
    assert full["cause"]["reason"] == "quota of concurrent calls is used up"


MISASKED: list[tuple[dict[str, str | int], str]] = [
    (
        {"from": "011", "to": "102"},
        'from is "011", and tenant "acme" has no extension of that number; did you mean "101"?',
    ),
    ({"from": "101", "to": "102", "at": "noon"}, 'at is "noon"'),
    ({"from": "101", "to": "x" * 5000}, "to: String should have at most 4096"),
    ({"from": "101"}, "to: Field required"),
    ({"from": "101", "to": "102", "calls": "many"}, "calls: Input should be a valid integer"),
]


@pytest.mark.parametrize(("query", "words"), MISASKED)
def test_a_simulation_that_is_misasked(query: dict[str, str | int], words: str) -> None:
    site = Site()
    site.engine.snapshot = ONE_TENANT
    response = site.request("GET", "/v1/simulate", **query)
    assert response.status_code == 422
    assert words in response.json()["detail"]


def webhook(tenant: str, name: str = "cdr", *, pending: int = 0, error: str | None = None) -> WebhookView:
    return WebhookView(
        tenant=tenant,
        name=name,
        host="crm.example.com",
        pending=pending,
        oldest_at=NOW if pending else None,
        set_aside=0,
        error=error,
        failed_at=NOW if error else None,
        delivered_at=None,
        next_attempt_at=None,
        delivered=3,
        failures=0,
        dropped=0,
    )


def test_webhooks_by_tenant_and_page() -> None:
    site = Site()
    site.webhooks.views = [webhook("acme"), webhook("acme", "events"), webhook("beta", pending=2, error="answered 503")]
    assert site.items("/v1/webhooks", "name", tenant="acme") == ["cdr", "events"]
    assert site.items("/v1/webhooks", "error", tenant="beta") == ["answered 503"]
    first = site.request("GET", "/v1/webhooks", limit=2).json()
    rest = site.request("GET", "/v1/webhooks", limit=2, cursor=first["next"]).json()
    assert [(one["tenant"], one["name"]) for one in [*first["items"], *rest["items"]]] == [
        ("acme", "cdr"),
        ("acme", "events"),
        ("beta", "cdr"),
    ]
    assert rest["next"] is None
    assert rest["items"][0]["oldest_at"].startswith("2026-")


def test_rates_of_the_last_minutes_come_in_columns() -> None:
    site = Site()
    later = NOW + timedelta(seconds=1)
    site.engine.past_rates = [
        (NOW, None, Figures(1, 2, 3, 4, 5, 6, 7)),
        (later, None, Figures(2)),
        (later, "acme", Figures(1)),
    ]
    told = site.get("/v1/rates").json()
    assert (told["calls"], told["refused"], told["at"][1]) == ([1, 2], [7, 0], "2026-11-20T09:00:01Z")
    assert site.get("/v1/rates?tenant=acme").json()["calls"] == [1]
