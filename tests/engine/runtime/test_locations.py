"""Bindings survive a restart; a missing, foreign or broken database only means that phones register again."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import astuple, replace
from pathlib import Path
from typing import Final

import pytest

from engine.config.snapshot import TenantSnapshot
from engine.config.tenant import TenantConfig
from engine.config.webhook import EVENT_TYPES, WebhookConfig, WebhooksConfig
from engine.errors import JournalError
from engine.ports import BindingKey, LocationStore, StoredBinding, WebhookMessage
from engine.registrar.registrar import Registrar
from engine.registrar.registration import Limits, Registration
from engine.runtime.identifiers import RandomIdentifiers
from engine.runtime.locations import BINDING_COLUMNS, LocationWriter, WarmBindings, warm_bindings
from engine.sip.flow import Flow
from engine.sip.headers import parse_name_addr
from engine.webhooks.announcer import Announcer

ONE: Final = StoredBinding(
    tenant="acme",
    number="101",
    contact="sip:101@192.0.2.7",
    call_id="a@phone",
    cseq=1,
    listener="main",
    transport="udp",
    host="192.0.2.7",
    port=5062,
    user_agent="P",
    registered_at=1000.0,
    refreshed_at=1000.0,
    expires_at=1600.0,
)


def write_table(path: Path, bindings: Iterable[StoredBinding]) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"CREATE TABLE binding ({', '.join(BINDING_COLUMNS)})")
        marks = ", ".join("?" * len(BINDING_COLUMNS))
        connection.executemany(f"INSERT INTO binding VALUES ({marks})", [astuple(binding) for binding in bindings])
        connection.commit()


def test_bindings_are_read_back(tmp_path: Path) -> None:
    write_table(tmp_path / "t.db", [ONE])
    assert warm_bindings(tmp_path / "t.db") == WarmBindings(bindings=(ONE,), problem=None)


def test_no_database_yet_is_no_problem_and_makes_none(tmp_path: Path) -> None:
    assert warm_bindings(tmp_path / "t.db") == WarmBindings(bindings=(), problem=None)
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_the_table_is_no_problem(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "t.db")) as connection:
        connection.execute("CREATE TABLE other (x)")
    assert warm_bindings(tmp_path / "t.db") == WarmBindings(bindings=(), problem=None)


def _garbage(path: Path) -> None:
    path.write_bytes(b"not a database, but long enough to look at" * 50)


def _cut(path: Path) -> None:
    write_table(path, [replace(ONE, contact=f"sip:{index}@192.0.2.7") for index in range(500)])
    path.write_bytes(path.read_bytes()[:9000])


def _other_columns(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE binding (tenant)")


@pytest.mark.parametrize("spoil", [_garbage, _cut, _other_columns, Path.mkdir])
def test_what_can_not_be_read_is_said_and_there_are_none(tmp_path: Path, spoil: object) -> None:
    path = tmp_path / "t.db"
    spoil(path)  # type: ignore[operator]  # one of the four above
    warm = warm_bindings(path)
    assert warm.bindings == ()
    assert warm.problem is not None
    assert "t.db can't be read: " in warm.problem
    assert "phones will have to register again" in warm.problem


def test_a_name_with_odd_characters_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "a b?c#d%e.db"
    write_table(path, [ONE])
    assert warm_bindings(path).bindings == (ONE,)


def test_10_000_are_read_in_less_than_200_ms(tmp_path: Path) -> None:
    write_table(tmp_path / "t.db", [replace(ONE, contact=f"sip:{index}@192.0.2.7") for index in range(10_000)])
    begun = time.process_time()
    assert len(warm_bindings(tmp_path / "t.db").bindings) == 10_000
    assert time.process_time() - begun < 0.2


class MemoryStore:
    def __init__(self) -> None:
        self.kept: dict[BindingKey, StoredBinding] = {}
        self.messages: list[WebhookMessage] = []
        self.saves = 0
        self.is_down = False
        self.while_saving: list[Registration] = []
        self.registrar: Registrar | None = None

    async def save(
        self,
        upserts: Iterable[StoredBinding],
        deletes: Iterable[BindingKey],
        messages: Sequence[WebhookMessage] = (),
    ) -> None:
        self.saves += 1
        for asked in self.while_saving:
            assert self.registrar is not None
            self.registrar.update(asked, Limits(), 0.0)
        self.while_saving = []
        if self.is_down:
            raise JournalError("store is down")
        self.messages += messages
        self.kept |= {(one.tenant, one.number, one.contact): one for one in upserts}
        for key in deletes:
            self.kept.pop(key, None)

    def load(self) -> Mapping[BindingKey, StoredBinding]:
        return self.kept


class World:
    """A registrar, a store and a writer between them; both clocks in hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.registrar = Registrar(lambda _: False)
        self.store = MemoryStore()
        self.store.registrar = self.registrar
        checked: LocationStore = self.store
        self.writer = LocationWriter(self.registrar, checked, now=lambda: self.now, wall=lambda: self.now + 5000.0)

    def register(self, number: int, cseq: int = 1, expires: int = 600) -> None:
        self.registrar.update(registration(number, cseq, expires), Limits(), self.now)


def registration(number: int, cseq: int = 1, expires: int = 600) -> Registration:
    return Registration(
        tenant="acme",
        number=str(number),
        flow=Flow("main", "udp", "192.0.2.7", 5062),
        call_id="a",
        cseq=cseq,
        contacts=[parse_name_addr(f"<sip:{number}@192.0.2.7>")],
        expires_s=expires,
    )


def test_changes_reach_the_store_with_wall_time() -> None:
    async def story() -> None:
        world = World()
        world.register(101)
        assert await world.writer.step() is False
        (kept,) = world.store.kept.values()
        assert (kept.number, kept.registered_at, kept.expires_at) == ("101", 5100.0, 5700.0)
        world.register(101, cseq=2, expires=0)
        await world.writer.step()
        assert world.store.kept == {}

    asyncio.run(story())


def test_many_refreshes_are_one_write_and_no_change_is_none() -> None:
    async def story() -> None:
        world = World()
        for cseq in range(1, 50):
            world.register(101, cseq)
        await world.writer.step()
        await world.writer.step()
        assert (world.store.saves, world.writer.counters["saved"]) == (1, 1)
        assert [one.cseq for one in world.store.kept.values()] == [49]

    asyncio.run(story())


def test_a_store_that_was_down_gets_the_latest_state(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        world = World()
        world.store.is_down = True
        world.register(101)
        world.register(102)
        assert await world.writer.step() is True
        world.register(101, cseq=2, expires=0)
        assert await world.writer.step() is True
        assert world.writer.problem == "store is down"
        world.store.is_down = False
        await world.writer.step()
        assert [one.number for one in world.store.kept.values()] == ["102"]
        assert world.writer.problem is None

    asyncio.run(story())
    assert [item.levelname for item in caplog.records] == ["ERROR", "WARNING"]


def test_a_change_during_the_write_is_written_after_it() -> None:
    async def story() -> None:
        world = World()
        world.register(101)
        world.store.while_saving = [registration(101, cseq=2, expires=300)]
        await world.writer.step()
        await world.writer.step()
        assert [one.cseq for one in world.store.kept.values()] == [2]

    asyncio.run(story())


def test_drain_saves_all_in_batches() -> None:
    async def story() -> None:
        world = World()
        for number in range(12_000):
            world.register(number)
        assert await world.writer.drain(30.0) == 0
        assert (len(world.store.kept), world.store.saves) == (12_000, 3)

    asyncio.run(story())


def test_drain_gives_up_in_time() -> None:
    async def story() -> None:
        world = World()
        world.store.is_down = True
        world.register(101)
        assert await world.writer.drain(0.01) == 1

    asyncio.run(story())


def test_a_restart_brings_the_bindings_back(tmp_path: Path) -> None:
    async def story() -> None:
        world = World()
        world.register(101)
        world.register(102, expires=60)
        await world.writer.drain(5.0)
        write_table(tmp_path / "t.db", world.store.kept.values())
        again = Registrar(lambda _: False)
        again.restore(warm_bindings(tmp_path / "t.db").bindings, 3.0, 5200.0, 3600.0)
        (binding,) = again.contacts("acme", "101", 3.0)
        assert binding.expires_at == 503.0
        assert again.contacts("acme", "102", 3.0) == ()

    asyncio.run(story())


class Told:
    """A world whose tenant acme is told of its phones. `told`: what was handed on after it was stored."""

    def __init__(self) -> None:
        self.world = World()
        self.told: list[WebhookMessage] = []
        hook = WebhookConfig(url="https://crm.example/", types=EVENT_TYPES)
        config = TenantConfig(name="acme", domain="acme.example", webhooks=WebhooksConfig(events=hook))
        tenants = {"acme": TenantSnapshot.build([config])}
        self.world.writer = LocationWriter(
            self.world.registrar,
            self.world.store,
            Announcer(lambda: tenants, RandomIdentifiers().uuid7),
            self.told.extend,
            now=lambda: self.world.now,
            wall=lambda: self.world.now + 5000.0,
        )


def kinds(messages: Sequence[WebhookMessage]) -> list[tuple[object, object, object]]:
    bodies = [json.loads(message.body) for message in messages]
    return [(body["event_type"], body["extension_number"], body["time"]) for body in bodies]


def test_who_comes_and_goes_is_told_in_the_write_that_stores_it() -> None:
    async def story() -> None:
        subject = Told()
        world = subject.world
        world.register(101)
        world.now += 1
        world.register(101, cseq=2, expires=0)
        world.register(102)
        await world.writer.step()
        assert kinds(world.store.messages) == [
            ("extension_registered", "101", 5100),
            ("extension_unregistered", "101", 5101),
            ("extension_registered", "102", 5101),
        ]
        assert (world.store.saves, subject.told) == (1, world.store.messages)
        world.register(102, cseq=2)
        await world.writer.step()
        assert len(world.store.messages) == 3

    asyncio.run(story())


def test_what_could_not_be_stored_is_told_later_once_and_with_the_same_ids() -> None:
    async def story() -> None:
        subject = Told()
        world = subject.world
        world.store.is_down = True
        world.register(101)
        await world.writer.step()
        assert subject.told == []
        world.register(102)
        world.store.is_down = False
        await world.writer.step()
        assert kinds(subject.told) == [("extension_registered", "101", 5100), ("extension_registered", "102", 5100)]
        await world.writer.step()
        assert len(world.store.messages) == 2

    asyncio.run(story())


def test_who_comes_while_a_batch_is_stored_is_told_with_the_next() -> None:
    async def story() -> None:
        subject = Told()
        world = subject.world
        world.register(101)
        world.store.while_saving = [registration(102)]
        await world.writer.step()
        assert [number for _, number, _ in kinds(subject.told)] == ["101"]
        await world.writer.step()
        assert [number for _, number, _ in kinds(subject.told)] == ["101", "102"]

    asyncio.run(story())
