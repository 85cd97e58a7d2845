"""DNS in the background: what is kept, what is asked again, what a failure does. Time is virtual; DNS is a table, then a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

import pytest

from engine.config.trunk import ServerConfig
from engine.runtime.resolver import FAILED_S, SHORTEST_TTL_S, Answer, DnsFailure, Resolver
from engine.trunk.resolution import Address, Naptr, Question, Srv
from tests.support.dns_zone import Zone
from tests.support.virtual_loop import VirtualLoop

A = Question("A", "carrier.example")
ONE, TWO = (Address("192.0.2.1"),), (Address("192.0.2.2"),)


def run_virtual(story: Coroutine[None, None, None]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(story)


class Table:
    """`answer`: what is answered, None = nothing comes."""

    def __init__(self, answer: Answer | None) -> None:
        self.answer = answer
        self.asked_at: list[float] = []

    async def __call__(self, question: Question) -> Answer:
        self.asked_at.append(asyncio.get_running_loop().time())
        if self.answer is None:
            raise DnsFailure("nobody there")
        return self.answer


def test_asked_again_when_the_answer_is_old() -> None:
    async def story() -> None:
        table, changes = Table((ONE, 60.0)), 0

        def count() -> None:
            nonlocal changes
            changes += 1

        resolver = Resolver(count, table)
        resolver.want([A])
        await asyncio.sleep(1)
        assert resolver.known() == {A: ONE}
        await asyncio.sleep(60)
        assert len(table.asked_at) == 2
        assert changes == 1
        table.answer = (TWO, 60.0)
        await asyncio.sleep(60)
        assert resolver.known() == {A: TWO}
        assert changes == 2
        resolver.close()

    run_virtual(story())


@pytest.mark.parametrize(("ttl_s", "kept_s"), [(0.0, SHORTEST_TTL_S), (1e9, 3600.0)])
def test_times_to_live_are_bounded(ttl_s: float, kept_s: float) -> None:
    async def story() -> None:
        table = Table((ONE, ttl_s))
        resolver = Resolver(lambda: None, table)
        resolver.want([A])
        await asyncio.sleep(kept_s - 1)
        assert len(table.asked_at) == 1
        await asyncio.sleep(2)
        assert len(table.asked_at) == 2
        resolver.close()

    run_virtual(story())


def test_an_old_answer_stands_while_dns_is_down() -> None:
    async def story() -> None:
        table = Table((ONE, 20.0))
        resolver = Resolver(lambda: None, table)
        resolver.want([A])
        await asyncio.sleep(1)
        table.answer = None
        await asyncio.sleep(3_000)
        assert resolver.known() == {A: ONE}
        assert len(table.asked_at) > 100
        table.answer = (TWO, 20.0)
        await asyncio.sleep(FAILED_S + 1)
        assert resolver.known() == {A: TWO}
        resolver.close()

    run_virtual(story())


def test_what_was_never_answered_holds_nothing_up() -> None:
    async def story() -> None:
        table = Table(None)
        resolver = Resolver(lambda: None, table)
        resolver.want([A])
        await asyncio.sleep(1)
        assert resolver.known() == {A: ()}
        table.answer = (ONE, 60.0)
        await asyncio.sleep(FAILED_S)
        assert resolver.known() == {A: ONE}
        resolver.close()

    run_virtual(story())


def test_what_is_not_wanted_any_more_is_not_asked() -> None:
    async def story() -> None:
        table = Table((ONE, 20.0))
        resolver = Resolver(lambda: None, table)
        resolver.want([A])
        await asyncio.sleep(1)
        resolver.want([])
        await asyncio.sleep(100)
        assert len(table.asked_at) == 1
        assert resolver.known() == {}

    run_virtual(story())


ZONE = """
carrier.example. 30 IN NAPTR 10 20 "s" "SIP+D2U" "" _sip._udp.carrier.example.
_sip._udp.carrier.example. 30 IN SRV 10 60 5061 one.carrier.example.
_sip._udp.none.example. 30 IN SRV 0 0 0 .
one.carrier.example. 30 IN A 192.0.2.1
one.carrier.example. 30 IN A 192.0.2.2
one.carrier.example. 30 IN AAAA 2001:db8::1
"""
ANSWERS = [
    (Question("NAPTR", "carrier.example"), (Naptr(10, 20, "s", "SIP+D2U", "_sip._udp.carrier.example"),)),
    (Question("SRV", "_sip._udp.carrier.example"), (Srv(10, 60, 5061, "one.carrier.example"),)),
    (Question("SRV", "_sip._udp.none.example"), (Srv(0, 0, 0, ""),)),
    (Question("A", "one.carrier.example"), (Address("192.0.2.1"), Address("192.0.2.2"))),
    (Question("AAAA", "one.carrier.example"), (Address("2001:db8::1"),)),
    (Question("A", "nowhere.example"), ()),
    (Question("SRV", "one.carrier.example"), ()),
]


def test_a_real_server_is_asked_and_understood() -> None:
    async def story() -> None:
        with Zone(ZONE) as zone:
            resolver = Resolver(lambda: None)
            resolver.use((ServerConfig(host="127.0.0.1", port=zone.port),))
            resolver.want(question for question, _ in ANSWERS)
            for _ in range(100):
                if len(resolver.known()) == len(ANSWERS):
                    break
                await asyncio.sleep(0.05)
            assert resolver.known() == dict(ANSWERS)
            resolver.close()

    asyncio.run(story())
