"""Messages enter the outbox with what they tell of, or not at all; they leave it in their order."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import text

from engine.errors import JournalError
from engine.ports import LocationStore, RecordStore, StoredBinding, WebhookMessage
from engine.runtime.database.database import Database
from engine.runtime.database.location_store import SqlLocationStore
from engine.runtime.database.outbox_store import OutboxStore
from engine.runtime.database.record_store import SqlRecordStore
from engine.runtime.webhooks.outbox import Backlog, Dropped, Line, Outbox
from tests.engine.runtime.test_locations import ONE
from tests.support.call_records import call_id, record

T = TypeVar("T")
ACME = Line("acme", "cdr")
BETA = Line("beta", "events")
START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "t.db")
    yield opened
    opened.close()


@pytest.fixture
def outbox(database: Database) -> Outbox:
    return OutboxStore(database)


def message(number: int, line: Line = ACME, *, of_call: bool = True) -> WebhookMessage:
    return WebhookMessage(
        id=f"{line.hook}-{number}",
        tenant=line.tenant,
        hook=line.hook,
        at=START.timestamp() + number,
        body=f'{{"n":{number}}}',
        call_id=call_id(number) if of_call else None,
    )


def put(database: Database, *messages: WebhookMessage) -> None:
    run(SqlLocationStore(database).save([], [], messages))


def ids(outbox: Outbox, line: Line = ACME) -> list[str]:
    return [one.id for one in run(outbox.first(line, 1000))]


def test_a_message_comes_with_its_record(database: Database, outbox: Outbox) -> None:
    store: RecordStore = SqlRecordStore(database)
    run(store.insert([record(1), record(2), record(3)], messages=[message(1), message(3)]))
    assert ids(outbox) == ["cdr-1", "cdr-3"]
    [first, _] = run(outbox.first(ACME, 10))
    assert (first.body, first.at, first.is_aside) == ('{"n":1}', START + timedelta(seconds=1), False)


def test_of_a_known_record_nobody_is_told_again_even_if_the_message_is_long_gone(
    database: Database, outbox: Outbox
) -> None:
    store = SqlRecordStore(database)
    run(store.insert([record(1)], messages=[message(1)]))
    [waiting] = run(outbox.first(ACME, 10))
    run(outbox.remove([waiting.seq]))
    run(store.insert([record(1), record(2)], messages=[message(1), message(2)]))
    assert ids(outbox) == ["cdr-2"]


def test_a_known_message_stays_as_it_is(database: Database, outbox: Outbox) -> None:
    put(database, message(1, BETA, of_call=False))
    put(database, message(1, BETA, of_call=False), message(2, BETA, of_call=False))
    assert ids(outbox, BETA) == ["events-1", "events-2"]


def test_neither_record_nor_message_without_the_other(database: Database, outbox: Outbox) -> None:
    run(database.run(lambda connection: connection.execute(text("DROP TABLE outbox"))))
    store = SqlRecordStore(database)
    with pytest.raises(JournalError):
        run(store.insert([record(1)], messages=[message(1)]))
    assert run(database.run(lambda connection: connection.execute(text("SELECT count(*) FROM cdr")).scalar())) == 0


def test_neither_binding_nor_message_without_the_other(database: Database) -> None:
    run(database.run(lambda connection: connection.execute(text("DROP TABLE outbox"))))
    store: LocationStore = SqlLocationStore(database)
    bindings: list[StoredBinding] = [ONE]
    with pytest.raises(JournalError):
        run(store.save(bindings, [], [message(1, BETA, of_call=False)]))
    assert store.load() == {}


def test_lines_are_apart(database: Database, outbox: Outbox) -> None:
    put(database, message(1), message(2, BETA), message(3))
    assert (ids(outbox), ids(outbox, BETA), ids(outbox, Line("acme", "events"))) == (
        ["cdr-1", "cdr-3"],
        ["events-2"],
        [],
    )
    assert run(outbox.backlogs()) == {
        ACME: Backlog(2, 0, START + timedelta(seconds=1)),
        BETA: Backlog(1, 0, START + timedelta(seconds=2)),
    }


def test_what_is_set_aside_comes_last_and_in_turn(database: Database, outbox: Outbox) -> None:
    put(database, message(1), message(2), message(3))
    first, second, _ = run(outbox.first(ACME, 10))
    run(outbox.set_aside(first.seq, START))
    run(outbox.set_aside(second.seq, START + timedelta(seconds=1)))
    assert ids(outbox) == ["cdr-3", "cdr-1", "cdr-2"]
    run(outbox.set_aside(first.seq, START + timedelta(seconds=2)))
    put(database, message(4))
    assert ids(outbox) == ["cdr-3", "cdr-4", "cdr-2", "cdr-1"]
    assert [one.is_aside for one in run(outbox.first(ACME, 10))] == [False, False, True, True]
    assert run(outbox.backlogs())[ACME].set_aside == 2


def test_what_is_old_is_dropped_and_counted_by_line(database: Database, outbox: Outbox) -> None:
    put(database, message(1), message(2), message(3, BETA), message(9))
    assert run(outbox.drop(START + timedelta(seconds=5), 100)) == {ACME: Dropped(2, 0), BETA: Dropped(1, 0)}
    assert (ids(outbox), ids(outbox, BETA)) == (["cdr-9"], [])
    assert run(outbox.drop(START + timedelta(seconds=5), 100)) == {}


def test_of_a_line_that_is_too_long_the_oldest_are_dropped(database: Database, outbox: Outbox) -> None:
    put(database, *[message(number) for number in range(1, 8)], message(8, BETA))
    assert run(outbox.drop(START + timedelta(seconds=3), 3)) == {ACME: Dropped(2, 2)}
    assert (ids(outbox), ids(outbox, BETA)) == (["cdr-5", "cdr-6", "cdr-7"], ["events-8"])
    assert run(outbox.drop(START, 3)) == {}


def test_bytes_of_any_kind_survive(database: Database, outbox: Outbox) -> None:
    put(database, WebhookMessage(id="x", tenant="acme", hook="cdr", at=0.0, body='{"a":"\\u0000é"}'))
    [waiting] = run(outbox.first(ACME, 1))
    assert waiting.body == '{"a":"\\u0000é"}'
