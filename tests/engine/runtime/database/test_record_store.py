"""Records come back as they were, each once, by every filter, newest first, page by page."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from sqlalchemy import text

from engine.cause import CANCELLED, NO_ANSWER, NO_COMMON_MEDIA, Outcome
from engine.cdr_filter import CdrFilter, Place, microseconds
from engine.errors import NotFound
from engine.identity import CallId
from engine.ports import RecordStore
from engine.runtime.database.database import Database
from engine.runtime.database.record_store import SqlRecordStore
from tests.support.call_records import START, call_id, record

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "t.db")
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database) -> RecordStore:
    return SqlRecordStore(database)


def behind(number: int) -> Place:
    """The place of record `number`."""
    return Place(microseconds(START + timedelta(seconds=number)), call_id(number))


CALLS: Final = [
    record(1, caller="101", callee="102"),
    record(2, caller="102", callee="101", cause=NO_ANSWER, talk_s=None),
    record(3, caller="103", callee="104", cause=CANCELLED, talk_s=None),
    record(4, tenant="other", caller="101", callee="102"),
    replace(record(5, caller="103", callee="600"), answered_by="101"),
    record(6, caller="101", callee="101", cause=NO_COMMON_MEDIA, talk_s=None),
]

FILTERS: Final = [
    pytest.param(CdrFilter(), [6, 5, 4, 3, 2, 1], id="all"),
    pytest.param(CdrFilter(tenant="acme"), [6, 5, 3, 2, 1], id="tenant"),
    pytest.param(CdrFilter(number="101"), [6, 5, 4, 2, 1], id="number as caller, callee, answerer; once each"),
    pytest.param(CdrFilter(tenant="acme", number="101"), [6, 5, 2, 1], id="number of a tenant"),
    pytest.param(CdrFilter(number="600"), [5], id="number that was dialled"),
    pytest.param(CdrFilter(number="999"), [], id="number nobody has"),
    pytest.param(CdrFilter(outcome=Outcome.ANSWERED), [5, 4, 1], id="outcome"),
    pytest.param(CdrFilter(tenant="acme", number="101", outcome=Outcome.NO_ANSWER), [2], id="all three"),
    pytest.param(CdrFilter(since=START + timedelta(seconds=4)), [6, 5, 4], id="since, inclusive"),
    pytest.param(CdrFilter(until=START + timedelta(seconds=3)), [2, 1], id="until, exclusive"),
    pytest.param(
        CdrFilter(since=START + timedelta(seconds=2), until=START + timedelta(seconds=5), tenant="acme"),
        [3, 2],
        id="between",
    ),
    pytest.param(CdrFilter(limit=2), [6, 5], id="first page"),
    pytest.param(CdrFilter(limit=2, after=behind(5)), [4, 3], id="next page"),
    pytest.param(CdrFilter(limit=2, after=behind(1)), [], id="past the last page"),
    pytest.param(CdrFilter(number="101", limit=2, after=behind(5)), [4, 2], id="page of a number"),
    pytest.param(CdrFilter(limit=0), [6], id="limit below 1 is 1"),
    pytest.param(CdrFilter(limit=10**9), [6, 5, 4, 3, 2, 1], id="limit above 1000 is 1000"),
    pytest.param(CdrFilter(tenant="x' OR 1=1 --"), [], id="no SQL gets in"),
    pytest.param(CdrFilter(number="b\udce4r\0"), [], id="text that no database takes"),
]


@pytest.mark.parametrize(("wanted", "numbers"), FILTERS)
def test_filter(store: RecordStore, wanted: CdrFilter, numbers: list[int]) -> None:
    run(store.insert(CALLS))
    assert [one.call_id for one in run(store.cdrs(wanted))] == [call_id(number) for number in numbers]


def test_records_come_back_equal(store: RecordStore) -> None:
    odd = replace(record(7), caller="b\udce4r\0", caller_display="\udcff", answered_by="\udcff", callee="\0")
    run(store.insert([*CALLS, odd]))
    assert list(run(store.cdrs(CdrFilter()))) == [odd, *reversed(CALLS)]
    assert run(store.cdr(call_id(7))) == odd


def test_a_known_call_stays_as_it_was(store: RecordStore) -> None:
    run(store.insert(CALLS[:2]))
    run(store.insert([replace(CALLS[0], caller="changed"), CALLS[2], CALLS[2]]))
    assert list(run(store.cdrs(CdrFilter()))) == [CALLS[2], CALLS[1], CALLS[0]]


def test_nothing_to_insert_is_fine(store: RecordStore) -> None:
    run(store.insert([]))
    assert list(run(store.cdrs(CdrFilter()))) == []


def test_an_unknown_call_is_not_found(store: RecordStore) -> None:
    with pytest.raises(NotFound, match="no record of call nobody"):
        run(store.cdr(CallId("nobody")))


def test_records_survive_closing(tmp_path: Path) -> None:
    for expected in (1, 2, 3):
        opened = Database.open(tmp_path / "t.db")
        store = SqlRecordStore(opened)
        run(store.insert([record(expected)]))
        assert len(run(store.cdrs(CdrFilter()))) == expected
        opened.close()


def test_columns_say_what_reports_need(database: Database, store: RecordStore) -> None:
    run(store.insert([record(1, talk_s=60.5)]))
    query = text("SELECT tenant, caller, callee, answered_by, outcome, started_at, ended_at, talk_s FROM cdr")
    row = database.run_now(lambda connection: connection.execute(query).one())
    start_us = int(START.timestamp()) * 1_000_000 + 1_000_000
    assert tuple(row) == ("acme", "101", "102", "102", "ANSWERED", start_us, start_us + 65_500_000, 60.5)


def test_a_call_is_found_by_the_beginning_of_its_id(store: RecordStore) -> None:
    run(store.insert([record(0x12), record(0x1F, tenant="beta"), record(0x2)]))
    whole = str(call_id(0x12))
    assert run(store.call_ids(whole[:-1], None)) == [call_id(0x12), call_id(0x1F)]
    assert run(store.call_ids(whole[:-1], "acme")) == [call_id(0x12)]
    assert run(store.call_ids(whole, None)) == [call_id(0x12)]
    assert len(run(store.call_ids(whole[:8], None))) == 2
    assert run(store.call_ids("ffffffff", None)) == []
