"""Balances through commands, calls, crashes and restarts: each thing counts once, and the ledger adds up."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.call.balances import BalanceRow, Balances
from engine.cdr import Bill, CallDetailRecord
from engine.config.money import MILLION
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.config.steps import finished
from engine.config.system import SystemConfig
from engine.config.tenant import TollsConfig
from engine.errors import BalanceRefused, JournalError, NotFound
from engine.ports import BalanceOrder, LedgerFilter, LedgerLine
from engine.runtime.balance_book import BalanceBook
from engine.runtime.balances import charges_of, warm_balances
from engine.runtime.database.balance_store import SqlBalanceStore
from engine.runtime.database.database import Database
from engine.runtime.database.record_store import SqlRecordStore
from engine.runtime.journal import Journal
from engine.runtime.recovery import charged_call, scan
from tests.support.call_records import START, call_id, open_call, record
from tests.support.identifiers import CountingIdentifiers
from tests.support.routed import extension, tenant

BILL = Bill(is_incoming=False, prefix="44", rate=250_000, unit_s=60, currency="GBP", payer="101", account="101")

IDS = CountingIdentifiers()


def billed(number: int, units: int = 3) -> CallDetailRecord:
    return replace(record(number), bills=(replace(BILL, units=units, cost=units * BILL.rate),))


def office(balance: int | None, *, name: str = "101") -> TenantSnapshot:
    person = replace(extension("101", balance=balance), name=name)
    return tenant(person, extension("102"), tolls=TollsConfig(rates="carrier", currency="GBP"))


def snapshot(*tenants: TenantSnapshot) -> Snapshot:
    return Snapshot.build(system=SystemConfig(), listeners=(), tenants=tenants)


class Server:
    """What of a server keeps balances, on a database of its own; a new one on the same path is a restart."""

    def __init__(self, path: Path, calls: Sequence[CallDetailRecord] = ()) -> None:
        self.path = path
        self.balances = Balances()
        self.snapshot = snapshot()
        self.book = BalanceBook(self.balances, lambda: self.snapshot.tenants, lambda: START, IDS.uuid7)
        charged = [call for call in map(charged_call, calls) if call is not None]
        self.book.restore(warm_balances(path, charged))

    def apply(self, *tenants: TenantSnapshot) -> None:
        before, self.snapshot = self.snapshot, snapshot(*tenants)
        finished(self.book.heeding(before, self.snapshot))

    def ends(self, call: CallDetailRecord) -> None:
        """As a call does, its record to be stored later."""
        for bill in call.bills:
            self.balances.settle("acme", bill.account, 0, bill.cost)

    def stores(self, *calls: CallDetailRecord) -> None:
        with closing(Database.open(self.path)) as database:
            asyncio.run(SqlRecordStore(database).insert(calls))

    def writes(self) -> bool:
        async def writing(database: Database) -> bool:
            self.book._store = SqlBalanceStore(database)
            return await self.book.write()

        with closing(Database.open(self.path)) as database:
            return asyncio.run(writing(database))

    def orders(self, amount: int, *, is_set: bool = False) -> int:
        async def ordering(database: Database) -> int:
            self.book._store = SqlBalanceStore(database)
            order = BalanceOrder(amount, is_set, "ada", "why")
            return (await self.book.change_balance("acme", "101", order)).balance

        with closing(Database.open(self.path)) as database:
            return asyncio.run(ordering(database))

    def ledger(self) -> Sequence[LedgerLine]:
        with closing(Database.open(self.path)) as database:
            return asyncio.run(SqlBalanceStore(database).ledger(LedgerFilter("acme", "101")))

    @property
    def left(self) -> int:
        return self.book.balance("acme", "101").balance

    @property
    def stored(self) -> int:
        with closing(sqlite3.connect(self.path)) as connection:
            found = connection.execute("SELECT balance FROM balance WHERE name = '101'").fetchone()
            return int(found[0])


def test_the_first_amount_counts_before_it_is_stored_and_once(tmp_path: Path) -> None:
    server = Server(tmp_path / "t.db")
    server.apply(office(10 * MILLION))
    assert server.left == 10 * MILLION
    server.ends(billed(1))
    again = Server(tmp_path / "t.db", [billed(1)])  # killed before anything was stored, but for the journal
    again.apply(office(10 * MILLION))
    assert again.left == 9_250_000
    assert again.writes()
    again.stores(billed(1))
    assert (again.stored, again.left) == (9_250_000, 9_250_000)
    assert [(line.kind, line.amount, line.who) for line in again.ledger()] == [
        ("call", -750_000, call_id(1)),
        ("manifest", 10 * MILLION, "manifest"),
    ]


def test_a_call_is_charged_once_however_often_its_record_is_stored(tmp_path: Path) -> None:
    server = Server(tmp_path / "t.db")
    server.apply(office(10 * MILLION))
    server.writes()
    for _ in range(3):
        server.stores(billed(1), billed(2, 1))
    assert server.stored == 9 * MILLION
    # The server died between the commit and its note in the journal: the journal still has the records.
    again = Server(tmp_path / "t.db", [billed(1), billed(2, 1), billed(3, 2)])
    again.apply(office(10 * MILLION))
    assert again.left == 8_500_000


def test_the_same_amount_written_again_changes_nothing_and_another_one_sets_it_anew(tmp_path: Path) -> None:
    server = Server(tmp_path / "t.db")
    server.apply(office(10 * MILLION))
    server.writes()
    server.ends(billed(1))
    server.stores(billed(1))
    server.apply(office(None))
    server.apply(office(10 * MILLION))
    assert server.left == 9_250_000
    server.apply(office(20 * MILLION))
    assert server.left == 9_250_000  # until it is stored
    server.ends(billed(2))  # meanwhile
    server.writes()
    server.stores(billed(2))
    assert server.left == server.stored == 20 * MILLION
    assert sum(line.amount for line in server.ledger()) == 20 * MILLION
    again = Server(tmp_path / "t.db")
    again.apply(office(20 * MILLION))
    assert again.left == 20 * MILLION


def test_a_new_amount_that_a_crash_forgot_is_set_after_the_restart(tmp_path: Path) -> None:
    server = Server(tmp_path / "t.db")
    server.apply(office(10 * MILLION))
    server.writes()
    server.apply(office(5 * MILLION))
    again = Server(tmp_path / "t.db")
    again.apply(office(5 * MILLION))
    assert again.left == 10 * MILLION
    again.writes()
    assert again.left == again.stored == 5 * MILLION


def test_operators_add_and_set(tmp_path: Path) -> None:
    server = Server(tmp_path / "t.db")
    server.apply(office(MILLION))
    assert server.orders(2_500_000) == 3_500_000
    assert server.orders(-500_000) == 3 * MILLION
    server.ends(billed(1))
    assert server.orders(MILLION, is_set=True) == MILLION
    server.stores(billed(1))
    assert server.stored == MILLION
    assert [(line.kind, line.amount, line.who, line.note) for line in server.ledger()][1] == (
        "set",
        -1_250_000,
        "ada",
        "why",
    )
    again = Server(tmp_path / "t.db")
    again.apply(office(MILLION))
    assert again.left == MILLION


def test_who_has_none_is_said(tmp_path: Path) -> None:
    server = Server(tmp_path / "t.db")
    server.apply(office(MILLION, name="ada"))
    assert server.book.balance("acme", "ada").number == "101"
    with pytest.raises(
        BalanceRefused, match=r"extension acme/102 may spend as much as it wants.*write balance: 0 there"
    ):
        server.book.balance("acme", "102")
    with pytest.raises(NotFound, match='tenant "acme" has no extension "7"'):
        server.book.balance("acme", "7")
    with pytest.raises(NotFound, match='no tenant "beta"'):
        server.book.balance("beta", "101")
    with pytest.raises(JournalError, match="the database is not open"):
        asyncio.run(server.book.change_balance("acme", "101", BalanceOrder(1, False, "ada")))
    assert [view.name for view in server.book.balances(None)] == ["ada"]


def test_more_than_can_be_is_refused(tmp_path: Path) -> None:
    server = Server(tmp_path / "t.db")
    server.apply(office(999_999_999 * MILLION))
    with pytest.raises(BalanceRefused, match=r"1000000000\.00 is more than can be"):
        server.orders(MILLION)


def test_a_database_that_cant_be_read_leaves_nobody_anything(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "t.db"
    path.write_bytes(b"no database" * 1000)
    server = Server(path)
    server.apply(office(MILLION))
    assert server.left == 0
    assert "balances in" in caplog.text
    assert "makes no calls that are billed" in caplog.text


def test_a_store_that_fails_is_tried_again_with_the_very_same_lines(tmp_path: Path) -> None:
    class Failing:
        def __init__(self) -> None:
            self.seen: list[tuple[Sequence[LedgerLine], Mapping[tuple[str, str], int]]] = []

        async def write(self, lines: Sequence[LedgerLine], written: Mapping[tuple[str, str], int]) -> None:
            self.seen.append((lines, written))
            if len(self.seen) == 1:
                raise JournalError("disk full")

        async def ledger(self, wanted: LedgerFilter) -> Sequence[LedgerLine]:
            return ()

    server, store = Server(tmp_path / "t.db"), Failing()
    server.balances.restore([BalanceRow("acme", "101", 4 * MILLION, 10 * MILLION)])
    server.apply(office(20 * MILLION))
    server.book._store = store
    assert not asyncio.run(server.book.write())
    assert server.book.problem == "disk full"
    server.ends(billed(1))
    assert asyncio.run(server.book.write())
    assert not server.book.problem
    assert store.seen[0] == store.seen[1]
    assert server.left == 20 * MILLION - 750_000


def test_an_order_waits_for_what_the_manifest_says_so_that_neither_is_added_to_the_other(tmp_path: Path) -> None:
    class Failing:
        def __init__(self, store: SqlBalanceStore) -> None:
            self.store = store
            self.is_broken = True

        async def write(self, lines: Sequence[LedgerLine], written: Mapping[tuple[str, str], int]) -> None:
            if written and self.is_broken:
                raise JournalError("disk full")
            await self.store.write(lines, written)

        async def ledger(self, wanted: LedgerFilter) -> Sequence[LedgerLine]:
            return ()

    async def story(database: Database) -> int:
        server.book._store = store = Failing(SqlBalanceStore(database))
        with pytest.raises(JournalError, match="what manifests set them to can't be stored: disk full; try again"):
            await server.book.change_balance("acme", "101", BalanceOrder(10 * MILLION, True, "ada"))
        store.is_broken = False
        return (await server.book.change_balance("acme", "101", BalanceOrder(10 * MILLION, True, "ada"))).balance

    server = Server(tmp_path / "t.db")
    server.apply(office(20 * MILLION))
    server.writes()
    server.apply(office(50 * MILLION))
    with closing(Database.open(server.path)) as database:
        assert asyncio.run(story(database)) == 10 * MILLION
    server.writes()
    assert server.left == server.stored == 10 * MILLION


def test_a_call_that_a_crash_cut_off_costs_what_the_journal_knows(tmp_path: Path) -> None:
    wall = START.timestamp() + 1
    journal = Journal(tmp_path / "j", wall=lambda: wall)
    journal.append_open(open_call(1))
    journal.append_answered(call_id(1), START + timedelta(seconds=5), "+44", (BILL,))
    journal.append_open(open_call(2))
    journal.flush()
    wall += 100  # a note that it lives: 96 s of talk are two units
    journal.flush()
    shutil.copytree(tmp_path / "j", tmp_path / "crashed")  # the files are all that survives

    recovered = Journal(tmp_path / "crashed", wall=lambda: wall).recover()
    first = next(one for one in recovered.interrupted if one.call_id == call_id(1))
    assert (first.bills[0].units, first.cost) == (2, 500_000)
    assert [call.call_id for call in recovered.charged] == [call_id(1)]
    warm = warm_balances(tmp_path / "t.db", recovered.charged)
    assert warm.rows == (BalanceRow("acme", "101", -500_000, None),)


def test_charges_of_records_that_memory_has_no_room_for_are_known(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    for number in (1, 2, 3):
        journal.append_closed(billed(number) if number < 3 else record(number))
    journal.flush()
    found = scan(tmp_path / "j", [1], at_most=1)
    assert (len(found.closed), len(found.more)) == (1, 2)
    assert [call_id(1), call_id(2)] == list(found.charged)
    lines = [line for call in found.charged.values() for line in charges_of(call)]
    assert [(line.id, line.amount) for line in lines] == [
        (f"call-{call_id(1)}-out", -750_000),
        (f"call-{call_id(2)}-out", -750_000),
    ]
    journal.close()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("call"), st.integers(1, 9)),
        st.tuples(st.just("store"), st.just(0)),
        st.tuples(st.just("add"), st.integers(-3, 9)),
        st.tuples(st.just("set"), st.integers(0, 9)),
        st.tuples(st.just("manifest"), st.integers(0, 9)),
        st.tuples(st.just("write"), st.just(0)),
        st.tuples(st.just("kill"), st.just(0)),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_sum_of_the_ledger_is_the_balance_whatever_happens(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    path = tmp_path_factory.mktemp("ledger") / "t.db"
    journal: list[CallDetailRecord] = []  # what is closed and not stored
    written, count = 5, 0
    server = Server(path)
    server.apply(office(written * MILLION))
    server.writes()
    for what, number in steps:
        match what:
            case "call":
                count += 1
                call = billed(count, number)
                server.ends(call)
                journal.append(call)
            case "store":
                server.stores(*journal)
                journal.clear()
            case "add" | "set":
                server.orders(number * MILLION, is_set=what == "set")
            case "manifest":
                written = number
                server.apply(office(written * MILLION))
            case "write":
                server.writes()
            case _:
                before = server.left
                server = Server(path, journal)
                server.apply(office(written * MILLION))
                assert server.left == before
    server.writes()
    server.stores(*journal)
    assert server.left == server.stored == sum(line.amount for line in server.ledger())
