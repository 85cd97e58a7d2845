"""Old rows get their columns, and records go when their tenant keeps them no longer: in steps, and never sooner."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from dialing.number import E164, Number
from engine.cdr_filter import CdrFilter, stored_text
from engine.cdr_json import encode_record
from engine.runtime.database.database import Database
from engine.runtime.database.record_store import SqlRecordStore
from engine.runtime.upkeep import Upkeep
from tests.support.call_records import START, record

DAY_S = 86_400.0


class House:
    """A database, and upkeep with a clock in hand."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.store = SqlRecordStore(database)
        self.said: dict[str, int] = {}
        self.now_s = START.timestamp()
        self.upkeep = Upkeep(database, lambda: dict(self.said), lambda: self.now_s)

    def clear(self, *, after_days: float = 0) -> None:
        self.now_s += after_days * DAY_S
        asyncio.run(self.upkeep.clear())

    def kept(self, tenant: str) -> int:
        return len(asyncio.run(self.store.cdrs(CdrFilter(tenant=tenant, limit=1000))))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    opened = Database.open(tmp_path / "t.db")
    yield House(opened)
    opened.close()


def _days(house: House) -> None:
    """A record of each of ten days, for two tenants, the oldest at START."""
    made = [
        replace(one, started_at=one.started_at + day * timedelta(days=1))
        for day in range(10)
        for one in (record(day), record(100 + day, tenant="beta"))
    ]
    asyncio.run(house.store.insert(made))


def test_records_go_when_their_tenant_keeps_them_no_longer(house: House) -> None:
    _days(house)
    house.said = {"acme": 5, "beta": 0}
    house.clear(after_days=10)
    assert house.kept("acme") == 10  # said for the first time: nothing goes before a day has passed
    house.clear(after_days=1.01)
    assert (house.kept("acme"), house.kept("beta")) == (3, 10)
    assert house.upkeep.counters == {"acme": 7}
    house.clear(after_days=100)
    assert (house.kept("acme"), house.kept("beta")) == (0, 10)


def test_a_retention_that_was_lowered_by_mistake_takes_nothing_for_a_day(house: House) -> None:
    _days(house)
    house.said = {"acme": 365}
    house.clear(after_days=10)
    house.clear(after_days=2)
    house.said = {"acme": 1}
    house.clear()
    house.clear(after_days=0.9)
    assert house.kept("acme") == 10
    house.said = {"acme": 365}
    house.clear(after_days=0.05)
    house.clear(after_days=2)
    assert house.kept("acme") == 10


def test_a_tenant_that_is_gone_is_taken_at_its_last_word(house: House) -> None:
    _days(house)
    house.said = {"acme": 5, "beta": 0}
    house.clear(after_days=1)
    house.said = {}
    house.clear(after_days=30)
    assert (house.kept("acme"), house.kept("beta")) == (0, 10)


def test_more_than_a_step_goes(house: House) -> None:
    asyncio.run(house.store.insert([record(number) for number in range(450)]))
    house.said = {"acme": 1}
    house.clear()
    house.clear(after_days=3)
    assert house.kept("acme") == 0
    assert house.upkeep.counters == {"acme": 450}


def test_records_get_in_while_others_go(house: House) -> None:
    async def both() -> None:
        clearing = asyncio.create_task(house.upkeep.clear())
        for number in range(1000, 1010):
            one = record(number)
            await house.store.insert([replace(one, started_at=one.started_at + timedelta(days=3))])
        await clearing

    asyncio.run(house.store.insert([record(number) for number in range(900)]))
    house.said = {"acme": 1}
    house.clear()
    house.now_s += 3 * DAY_S
    asyncio.run(both())
    assert house.kept("acme") == 10


def test_old_rows_get_direction_and_trunk_from_their_documents(house: House) -> None:
    """As a database of before version 0002 has them once its tables are migrated."""
    asyncio.run(house.store.insert([record(number) for number in range(2500)]))
    outbound = replace(
        record(1200), query=replace(record(1200).query, callee=Number("+442079460100", E164("+442079460100")))
    )
    inbound = replace(record(2400), query=replace(record(2400).query, trunk="carrier"))
    odd = replace(record(7), caller_display='"trunk":"x"')

    def age(connection: object) -> None:
        run = connection.execute  # type: ignore[attr-defined]  # a Connection
        for one in (outbound, inbound, odd):
            run(
                text("UPDATE cdr SET document = :document WHERE call_id = :call_id"),
                {"document": encode_record(one), "call_id": one.call_id},
            )
        run(text('UPDATE cdr SET document = \'{"trunk":"\' WHERE call_id = :call_id'), {"call_id": record(9).call_id})
        run(text("INSERT INTO upkeep VALUES ('directions', '')"))

    house.database.run_now(age)
    asyncio.run(house.upkeep.correct())
    query = text(
        "SELECT call_id, direction, trunk FROM cdr WHERE direction <> 'internal' OR trunk <> '' ORDER BY call_id"
    )
    found = house.database.run_now(lambda connection: [tuple(row) for row in connection.execute(query)])
    assert found == [(outbound.call_id, "outbound", ""), (inbound.call_id, "inbound", stored_text("carrier"))]
    left = house.database.run_now(
        lambda connection: connection.execute(text("SELECT count(*) FROM upkeep")).scalar_one()
    )
    assert left == 0
    asyncio.run(house.upkeep.correct())  # nothing left is fine
