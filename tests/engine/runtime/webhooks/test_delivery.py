"""The real thread, the real outbox, the real poster: from a committed row to a receiver on loopback, and what is left when it stops."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.ports import WebhookMessage
from engine.runtime.database.database import Database
from engine.runtime.database.location_store import SqlLocationStore
from engine.runtime.database.outbox_store import OutboxStore
from engine.runtime.webhooks.delivery import Delivery, Pace
from engine.runtime.webhooks.http_post import Receiver as To
from engine.runtime.webhooks.outbox import Hook, Line
from tests.support.receiver import Behaviour, Receiver, answer
from tests.support.virtual_loop import VirtualLoop

ACME = Line("acme", "cdr")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database.open(tmp_path / "t.db")
    yield opened
    opened.close()


def put(database: Database, first: int, count: int) -> None:
    messages = [
        WebhookMessage(id=f"cdr-{n}", tenant="acme", hook="cdr", at=time.time(), body=f'{{"n":{n}}}')
        for n in range(first, first + count)
    ]
    asyncio.run(SqlLocationStore(database).save([], [], messages))


def to(receiver: Receiver) -> Callable[[Line], Hook | None]:
    target = To(url=receiver.url, auth="none", user="", password=None, timeout_s=5.0)
    return lambda line: Hook(receiver=target, signing_secret=None) if line == ACME else None


def left(database: Database) -> list[str]:
    return [one.id for one in asyncio.run(OutboxStore(database).first(ACME, 1000))]


def test_from_the_outbox_to_the_receiver(database: Database) -> None:
    put(database, 0, 20)
    with Receiver() as receiver:
        delivery = Delivery(OutboxStore(database), to(receiver))
        delivery.start()
        receiver.wait(20)
        put(database, 20, 5)
        delivery.grown([ACME])
        posted = receiver.wait(25)
        delivery.stop()
        assert [one.id for one in posted] == [f"cdr-{n}" for n in range(25)]
        assert left(database) == []
        assert delivery.counters()["delivered"] == 25
        assert delivery.states()[ACME].delivered == 25


def test_what_is_delivered_when_it_stops_does_not_come_again(database: Database) -> None:
    put(database, 0, 200)
    with Receiver() as receiver:
        first = Delivery(OutboxStore(database), to(receiver))
        first.start()
        receiver.wait(30)
        first.stop()
        assert len(left(database)) == 200 - len(receiver.posted)
        again = Delivery(OutboxStore(database), to(receiver))
        again.start()
        receiver.wait_for(lambda: receiver.posted[-1].id == "cdr-199", 30)
        again.stop()
        assert [one.id for one in receiver.posted] == [f"cdr-{n}" for n in range(200)]


def test_a_hanging_receiver_does_not_delay_the_stop(database: Database) -> None:
    put(database, 0, 1)
    with Receiver() as receiver:
        receiver.default = Behaviour(hangs=True)
        delivery = Delivery(OutboxStore(database), to(receiver))
        delivery.start()
        receiver.wait(1)
        began = time.monotonic()
        delivery.stop()
        assert time.monotonic() - began < 2
    assert left(database) == ["cdr-0"]


def test_another_configuration_is_heeded_from_any_thread(database: Database) -> None:
    put(database, 0, 1)
    with Receiver() as broken, Receiver() as good:
        broken.default = Behaviour(answer(404))
        current = [to(broken)]
        delivery = Delivery(OutboxStore(database), lambda line: current[-1](line))  # noqa: PLW0108 - the one of that moment
        delivery.start()
        broken.wait(3)  # the next attempt is two seconds away
        current.append(to(good))
        delivery.changed()
        good.wait(1, within_s=1)
        delivery.stop()


def test_it_rests_three_times_as_long_as_it_works() -> None:
    worked = [0.0]

    async def story() -> float:
        pace = Pace(lambda: worked[0])
        loop = asyncio.get_running_loop()
        await pace.turn()
        assert loop.time() == 0.0
        for _ in range(10):
            worked[0] += 0.002
            await pace.turn()
        return loop.time()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(story()) == pytest.approx(10 * 0.006)
