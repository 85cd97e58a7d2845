"""The way from journal to store: in batches, whatever the store does meanwhile, each call once, none lost."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

from engine.cdr import CallDetailRecord
from engine.cdr_filter import CdrFilter
from engine.config.snapshot import TenantSnapshot
from engine.config.tenant import TenantConfig
from engine.config.webhook import WebhookConfig, WebhooksConfig
from engine.errors import JournalError, NotFound
from engine.identity import CallId
from engine.ports import Documents, RecordStore, WebhookMessage
from engine.runtime.identifiers import RandomIdentifiers
from engine.runtime.journal import Journal, JournalLimits
from engine.runtime.records import RecordWriter
from engine.runtime.segment import segment_numbers
from engine.webhooks.announcer import Announcer
from tests.support.call_records import call_id, record

LIMITS: Final = JournalLimits(sync_s=0.0)


class MemoryStore:
    """A store that can be down, slow, or dislike a call."""

    def __init__(self) -> None:
        self.records: dict[CallId, CallDetailRecord] = {}
        self.batches: list[int] = []
        self.is_down = False
        self.disliked: set[CallId] = set()
        self.messages: list[WebhookMessage] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def insert(
        self,
        records: Sequence[CallDetailRecord],
        documents: Sequence[str | None] = (),
        messages: Sequence[WebhookMessage] = (),
    ) -> None:
        await self.gate.wait()
        self.batches.append(len(records))
        if self.is_down:
            raise JournalError("store is down")
        if self.disliked & {one.call_id for one in records}:
            raise JournalError("can't hold that")
        self.messages += messages
        for one in records:
            self.records.setdefault(one.call_id, one)

    async def cdrs(self, wanted: CdrFilter) -> Sequence[CallDetailRecord]:
        return sorted(self.records.values(), key=lambda one: one.call_id, reverse=True)

    async def documents(self, wanted: CdrFilter) -> Documents:
        raise NotImplementedError

    async def cdr(self, call_id: CallId) -> CallDetailRecord:
        raise NotFound(call_id)

    async def call_ids(self, beginning: str, tenant: str | None) -> Sequence[CallId]:
        raise NotImplementedError


def closed(journal: Journal, numbers: range) -> None:
    for number in numbers:
        journal.append_closed(record(number))


def ids(numbers: range) -> set[CallId]:
    return {call_id(number) for number in numbers}


async def steps(writer: RecordWriter, at_most: int = 200) -> None:
    for _ in range(at_most):
        if not await writer.step():
            return


def test_all_are_stored_in_batches_and_forgotten_by_the_journal(tmp_path: Path) -> None:
    async def story() -> None:
        journal, store = Journal(tmp_path / "j", LIMITS), MemoryStore()
        checked: RecordStore = store
        writer = RecordWriter(journal, checked)
        closed(journal, range(1200))
        await steps(writer)
        assert store.records.keys() == ids(range(1200))
        assert store.batches == [500, 500, 200]
        assert (journal.unconfirmed, writer.counters["stored"]) == (0, 1200)
        journal.close()

    asyncio.run(story())
    assert segment_numbers(tmp_path / "j") == []


def test_a_store_that_was_down_gets_everything_later(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        journal, store = Journal(tmp_path / "j", LIMITS), MemoryStore()
        writer = RecordWriter(journal, store)
        store.is_down = True
        closed(journal, range(100))
        await steps(writer, 7)
        assert str(writer.problem) == "store is down"
        assert (journal.unconfirmed, writer.counters["failures"]) == (100, 7)
        store.is_down = False
        closed(journal, range(100, 130))
        await steps(writer)
        assert store.records.keys() == ids(range(130))
        assert (str(writer.problem), journal.unconfirmed) == ("None", 0)
        journal.close()

    asyncio.run(story())
    assert [item.levelname for item in caplog.records] == ["ERROR", "WARNING"], "said once, and when it is over"


def test_one_record_that_can_not_be_stored_holds_up_no_other(tmp_path: Path) -> None:
    async def story() -> None:
        journal, store = Journal(tmp_path / "j", LIMITS), MemoryStore()
        writer = RecordWriter(journal, store)
        store.disliked = {call_id(40)}
        closed(journal, range(100))
        await steps(writer, 60)
        assert store.records.keys() == ids(range(100)) - {call_id(40)}
        assert journal.unconfirmed == 1
        store.disliked.clear()
        await steps(writer)
        assert (len(store.records), journal.unconfirmed) == (100, 0)
        journal.close()

    asyncio.run(story())


def test_what_memory_had_no_room_for_is_stored_too(tmp_path: Path) -> None:
    async def story() -> None:
        limits = JournalLimits(segment_bytes=20_000, waiting_records=10, sync_s=0.0)
        journal, store = Journal(tmp_path / "j", limits), MemoryStore()
        writer = RecordWriter(journal, store)
        closed(journal, range(300))
        journal.flush()
        await steps(writer)
        assert store.records.keys() == ids(range(300))
        journal.close()

    asyncio.run(story())
    assert segment_numbers(tmp_path / "j") == []


def test_cancelled_in_mid_batch_drain_finishes_it(tmp_path: Path) -> None:
    async def story() -> None:
        journal, store = Journal(tmp_path / "j", LIMITS), MemoryStore()
        writer = RecordWriter(journal, store)
        store.gate.clear()
        closed(journal, range(10))
        task = asyncio.ensure_future(writer.run())
        while not writer._waiting:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        store.gate.set()
        assert await writer.drain(5.0) == 0
        assert store.records.keys() == ids(range(10))
        journal.close()

    asyncio.run(story())


def test_drain_gives_up_in_time_and_the_next_start_has_the_rest(tmp_path: Path) -> None:
    async def story() -> None:
        journal, store = Journal(tmp_path / "j", LIMITS), MemoryStore()
        store.is_down = True
        closed(journal, range(10))
        assert await RecordWriter(journal, store).drain(0.01) == 10
        journal.close()
        again = Journal(tmp_path / "j", LIMITS)
        again.recover()
        store.is_down = False
        assert await RecordWriter(again, store).drain(5.0) == 0
        assert store.records.keys() == ids(range(10))
        again.close()

    asyncio.run(story())


def announcer(tenants: Mapping[str, TenantSnapshot] | None) -> Announcer:
    return Announcer(lambda: tenants, RandomIdentifiers().uuid7)


def with_webhook(tenant: str) -> dict[str, TenantSnapshot]:
    hooks = WebhooksConfig(cdr=WebhookConfig(url="https://crm.example/"))
    return {tenant: TenantSnapshot.build([TenantConfig(name=tenant, domain="a.example", webhooks=hooks)])}


def test_what_is_told_of_a_call_is_stored_with_it_and_handed_on_after(tmp_path: Path) -> None:
    async def story() -> None:
        journal, store = Journal(tmp_path / "j", LIMITS), MemoryStore()
        told: list[WebhookMessage] = []
        writer = RecordWriter(journal, store, announcer(with_webhook("acme")), told.extend)
        store.is_down = True
        journal.append_closed(record(1))
        journal.append_closed(record(2, tenant="other"))
        await writer.step()
        assert told == []
        store.is_down = False
        await steps(writer)
        assert store.records.keys() == {call_id(1), call_id(2)}
        assert [message.call_id for message in told] == [call_id(1)]
        assert store.messages == told
        journal.close()

    asyncio.run(story())


def test_nothing_is_stored_before_it_is_known_whom_to_tell(tmp_path: Path) -> None:
    """After a crash the journal is there at once and the configuration is not."""

    async def story() -> None:
        journal, store = Journal(tmp_path / "j", LIMITS), MemoryStore()
        tenants: dict[str, TenantSnapshot] = {}
        known: list[dict[str, TenantSnapshot] | None] = [None]
        subject = Announcer(lambda: known[0], RandomIdentifiers().uuid7)
        writer = RecordWriter(journal, store, subject)
        journal.append_closed(record(1))
        await steps(writer)
        assert (store.records, journal.unconfirmed) == ({}, 1)
        tenants |= with_webhook("acme")
        known[0] = tenants
        await steps(writer)
        assert (set(store.records), len(store.messages), journal.unconfirmed) == ({call_id(1)}, 1, 0)
        journal.close()

    asyncio.run(story())
