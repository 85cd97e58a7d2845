"""Every filter, and every mix of them, finds in SQL what its plain meaning finds record by record; pages neither lose nor repeat any."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from dialing.number import E164, ExtensionNumber, Number
from engine.cause import CANCELLED, NO_ANSWER, NORMAL_CALLER, OFFLINE, Outcome
from engine.cdr import CallDetailRecord, Direction
from engine.cdr_filter import CdrFilter, How, Order, PartyFilter, matches, place_of
from engine.runtime.database import record_search
from engine.runtime.database.database import Database
from engine.runtime.database.record_search import page
from engine.runtime.database.record_store import SqlRecordStore
from tests.support.call_records import START, TWO_BILLS, record

NUMBERS: Final = [
    "101",
    "102",
    "1010",
    "+442079460100",
    "+4930123456",
    "ada",
    "Ada",
    "b\udce4r",
    "\U0010ffff1",
    "\ud7ff",
    "a_b%",
    "",
]
TENANTS: Final = ["acme", "beta"]
TRUNKS: Final = ["", "", "carrier", "backup"]


def _records() -> list[CallDetailRecord]:
    """300 of all sorts, in bursts that begin in the same microsecond."""
    chance = random.Random(4)
    made: list[CallDetailRecord] = []
    for number in range(300):
        talk_s = chance.choice([None, 0.0, 1.0, 30.0, 60.5, 3600.0])
        cause = NORMAL_CALLER if talk_s is not None else chance.choice([NO_ANSWER, CANCELLED, OFFLINE])
        caller, callee, tenant = chance.choice(NUMBERS), chance.choice(NUMBERS), chance.choice(TENANTS)
        one = record(number, tenant=tenant, caller=caller, callee=callee, cause=cause, talk_s=talk_s)
        canonical = E164(callee) if callee.startswith("+") else ExtensionNumber(callee)
        query = replace(one.query, callee=Number(callee, canonical), trunk=chance.choice(TRUNKS))
        started_at = START + timedelta(seconds=number // 5)
        shift = started_at - one.started_at
        made.append(
            replace(
                one,
                query=query,
                bills=chance.choice([(), (), TWO_BILLS, TWO_BILLS[:1]]),
                started_at=started_at,
                answered_at=None if one.answered_at is None else one.answered_at + shift,
                ended_at=one.ended_at + shift,
            )
        )
    return made


RECORDS: Final = _records()
parties = st.one_of(
    st.builds(PartyFilter, st.sampled_from([How.INTERNAL, How.EXTERNAL])),
    st.builds(
        PartyFilter,
        st.sampled_from([How.PREFIX, How.CONTAINS, How.EXACT]),
        st.sampled_from([*NUMBERS[:-1], "1", "+", "+44", "0", "\U0010ffff", "d", "_", "%"])
        | st.text(min_size=1, max_size=2),
    ),
)
instants = st.integers(-1, 61).map(lambda seconds: START + timedelta(seconds=seconds))
seconds = st.sampled_from([0, 1, 29.5, 30, 60.5, 3600, 10_000])
filters = st.builds(
    CdrFilter,
    tenant=st.none() | st.sampled_from([*TENANTS, "nobody"]),
    number=st.none() | st.none() | st.sampled_from(NUMBERS),
    caller=st.none() | parties,
    callee=st.none() | parties,
    outcome=st.none() | st.none() | st.sampled_from(Outcome),
    direction=st.none() | st.none() | st.sampled_from(Direction),
    trunk=st.none() | st.none() | st.sampled_from(["", "carrier", "backup", "none"]),
    since=st.none() | instants,
    until=st.none() | instants,
    min_talk_s=st.none() | st.none() | seconds,
    max_talk_s=st.none() | st.none() | seconds,
    min_cost=st.none() | st.none() | st.sampled_from([0, 1, 40_000, 205_000, 10**15]),
    max_cost=st.none() | st.none() | st.sampled_from([0, 39_999, 205_000]),
    order=st.sampled_from(Order),
    limit=st.sampled_from([1, 7, 100, 1000]),
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = Database.open(tmp_path_factory.mktemp("search") / "t.db")
    asyncio.run(SqlRecordStore(opened).insert(RECORDS))
    yield opened
    opened.close()


def _naive(wanted: CdrFilter) -> list[str]:
    found = sorted((one for one in RECORDS if matches(one, wanted)), key=place_of, reverse=wanted.order is Order.NEWEST)
    return [one.call_id for one in found]


def _paged(database: Database, wanted: CdrFilter) -> list[str]:
    ids: list[str] = []
    while True:
        found = database.run_now(lambda connection, wanted=wanted: page(connection, wanted))  # type: ignore[misc]  # a default binds it
        ids += [one.place.call_id for one in found]
        if len(found) < wanted.limit:
            return ids
        wanted = replace(wanted, after=found[-1].place)


@pytest.mark.parametrize("few", [record_search.FEW, 20, 0], ids=["by index", "by either", "by walk"])
def test_every_mix_of_filters_finds_what_it_means(database: Database, few: int) -> None:
    before = record_search.FEW

    @settings(max_examples=150, deadline=None)
    @given(filters)
    def check(wanted: CdrFilter) -> None:
        assert _paged(database, wanted) == _naive(wanted)

    record_search.FEW = few  # type: ignore[misc]  # how many are few decides only which way they are found
    try:
        check()
    finally:
        record_search.FEW = before  # type: ignore[misc]


ALONE: Final = [
    CdrFilter(),
    CdrFilter(tenant="acme"),
    CdrFilter(number="101"),
    CdrFilter(caller=PartyFilter(How.EXACT, "101")),
    CdrFilter(callee=PartyFilter(How.PREFIX, "+44")),
    CdrFilter(callee=PartyFilter(How.CONTAINS, "946")),
    CdrFilter(caller=PartyFilter(How.EXTERNAL)),
    CdrFilter(callee=PartyFilter(How.INTERNAL)),
    CdrFilter(outcome=Outcome.NO_ANSWER),
    CdrFilter(direction=Direction.INBOUND),
    CdrFilter(trunk="carrier"),
    CdrFilter(min_talk_s=60),
    CdrFilter(since=START + timedelta(seconds=10), until=START + timedelta(seconds=20)),
]


@pytest.mark.parametrize("tenant", [None, "acme"])
@pytest.mark.parametrize("wanted", ALONE, ids=str)
def test_each_filter_is_answered_from_an_index(database: Database, wanted: CdrFilter, tenant: str | None) -> None:
    asked: list[tuple[str, object]] = []

    def note(*given: object) -> None:
        asked.append((str(given[2]), given[3]))

    event.listen(database._engine, "before_cursor_execute", note)
    try:
        database.run_now(lambda connection: page(connection, replace(wanted, tenant=tenant)))
    finally:
        event.remove(database._engine, "before_cursor_execute", note)
    for statement, values in [one for one in asked if one[0].startswith("SELECT")]:
        plan = database.run_now(
            lambda connection, statement=statement, values=values: [  # type: ignore[misc]  # as they were asked
                row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            ]
        )
        assert not [step for step in plan if step in {"SCAN cdr"}], plan


def test_records_that_get_in_meanwhile_neither_hide_nor_double_any(tmp_path: Path) -> None:
    opened = Database.open(tmp_path / "t.db")
    try:
        store = SqlRecordStore(opened)
        for order in Order:
            there, late = RECORDS[:200], RECORDS[200:]
            asyncio.run(store.insert(there))
            wanted, seen = CdrFilter(limit=9, order=order), list[str]()
            while found := opened.run_now(lambda connection, wanted=wanted: page(connection, wanted)):  # type: ignore[misc]  # a default
                seen += [one.place.call_id for one in found]
                asyncio.run(store.insert(late[:5]))
                late = late[5:]
                wanted = replace(wanted, after=found[-1].place)
            assert len(seen) == len(set(seen))
            assert {one.call_id for one in there} <= set(seen)
            opened.run_now(lambda connection: connection.exec_driver_sql("DELETE FROM cdr").rowcount)
    finally:
        opened.close()


def test_order_is_by_start_then_by_id(database: Database) -> None:
    for order, sign in ((Order.NEWEST, -1), (Order.OLDEST, 1)):
        found = database.run_now(lambda connection, order=order: page(connection, CdrFilter(order=order, limit=1000)))  # type: ignore[misc]  # a default
        assert all((a.place < b.place) if sign > 0 else (a.place > b.place) for a, b in pairwise(found))
