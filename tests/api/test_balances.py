"""Balances over HTTP: listed, looked at, changed, with their ledger and an audit entry."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.access import Access
from api.app import create_app
from api.caller import KEY, Caller, Scope
from engine.call.balances import Balances
from engine.config.snapshot import Snapshot
from engine.config.steps import finished
from engine.config.system import SystemConfig
from engine.config.tenant import TollsConfig
from engine.runtime.balance_book import BalanceBook
from engine.runtime.database.balance_store import SqlBalanceStore
from engine.runtime.database.database import Database
from tests.support.access_store import MemoryAccess
from tests.support.doors import doors_of
from tests.support.following_server import Server
from tests.support.identifiers import CountingIdentifiers
from tests.support.routed import extension, tenant

NOW = datetime(2026, 11, 20, 9, 14, tzinfo=UTC)
ADA = Caller(name="ada", scope=Scope.OPERATE, tenant="acme")


class Desk:
    """The app over a book of two tenants, on a database."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.balances = Balances()
        tolls = TollsConfig(rates="carrier", currency="GBP")
        acme = tenant(extension("101", balance=12_500_000), extension("102"), extension("103", balance=0), tolls=tolls)
        beta = tenant(extension("201", tenant="beta", balance=1), name="beta", tolls=tolls)
        snapshot = Snapshot.build(system=SystemConfig(), listeners=(), tenants=[acme, beta])
        server = Server(folder)
        server.engine.balances = BalanceBook(
            self.balances, lambda: snapshot.tenants, lambda: NOW, CountingIdentifiers().uuid7
        )
        finished(server.engine.balances.heeding(Snapshot.empty(), snapshot))
        server.engine.balances._store = SqlBalanceStore(database)
        self.trail = MemoryAccess()
        self.app = create_app(doors_of(server), "1.2.3", Access(self.trail))

    def ask(self, method: str, path: str, body: object = None, caller: Caller = ADA) -> httpx.Response:
        async def as_caller(scope: Any, receive: Any, send: Any) -> None:
            await self.app({**scope, KEY: caller}, receive, send)

        async def asking() -> httpx.Response:
            transport = httpx.ASGITransport(app=as_caller)
            async with httpx.AsyncClient(transport=transport, base_url="http://trunkline") as client:
                return await client.request(method, path, json=body)

        return asyncio.run(asking())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with closing(Database.open(tmp_path / "t.db")) as database:
        yield Desk(tmp_path / "server", database)


def test_who_has_one_is_listed_within_the_tenant(desk: Desk) -> None:
    assert desk.balances.hold("acme", "101", 0, 500_000)
    items = desk.ask("GET", "/v1/balances").json()["items"]
    assert items == [
        {
            "tenant": "acme",
            "name": "101",
            "number": "101",
            "currency": "GBP",
            "balance": "12.50",
            "held": "0.50",
            "available": "12.00",
            "written": "12.50",
        },
        {**items[1], "name": "103", "balance": "0.00"},
    ]
    everybody = Caller(name="root", scope=Scope.READ)
    assert len(desk.ask("GET", "/v1/balances", caller=everybody).json()["items"]) == 3


def test_a_change_is_answered_with_what_it_came_to_and_leaves_its_traces(desk: Desk) -> None:
    added = desk.ask("POST", "/v1/balances/acme/101", {"how": "add", "amount": "20", "note": "invoice 7"})
    assert (added.status_code, added.json()["balance"]) == (200, "32.50")
    assert (
        desk.ask("POST", "/v1/balances/acme/101", {"how": "set", "amount": "5.000001"}).json()["balance"] == "5.000001"
    )
    page = desk.ask("GET", "/v1/balances/acme/101/ledger?limit=2").json()
    assert [(line["kind"], line["amount"], line["who"], line["note"]) for line in page["items"]] == [
        ("set", "-27.499999", "ada", ""),
        ("add", "20.00", "ada", "invoice 7"),
    ]
    rest = desk.ask("GET", f"/v1/balances/acme/101/ledger?limit=2&cursor={page['next']}").json()
    assert [(line["kind"], line["amount"]) for line in rest["items"]] == [("manifest", "12.50")]
    assert [(entry.who, entry.what, entry.target, entry.tenant, entry.result) for entry in desk.trail.trail] == [
        ("ada", "balance", "acme/101 add 20", "acme", "done"),
        ("ada", "balance", "acme/101 set 5.000001", "acme", "done"),
    ]


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("acme/102", {"how": "add", "amount": "1"}, 409, "write balance: 0 there"),
        ("acme/900", {"how": "add", "amount": "1"}, 404, 'no extension \\"900\\"'),
        ("beta/201", {"how": "add", "amount": "1"}, 404, 'no tenant \\"beta\\"'),
        ("acme/101", {"how": "add", "amount": "1e3"}, 422, "body.amount"),
        ("acme/101", {"how": "take", "amount": "1"}, 422, "body.how"),
        ("acme/101", {"how": "set", "amount": "999999999.999999"}, 200, "999999999.999999"),
    ],
)
def test_what_can_not_be_is_said(desk: Desk, path: str, body: object, status: int, told: str) -> None:
    answer = desk.ask("POST", f"/v1/balances/{path}", body)
    assert answer.status_code == status
    assert told in answer.text


def test_who_may_only_read_changes_nothing(desk: Desk) -> None:
    reader = Caller(name="eve", scope=Scope.READ, tenant="acme")
    body = {"how": "add", "amount": "1"}
    assert desk.ask("POST", "/v1/balances/acme/101", body, reader).status_code == 403
    assert desk.ask("GET", "/v1/balances/acme/101", caller=reader).json()["balance"] == "12.50"
