"""Connections on a real loop: messages in and out, who is refused, who takes too long, and what is told of those that end."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import pytest

from engine.runtime.connection_limits import ConnectionLimits, source_of
from engine.runtime.connection_set import ConnectionSet, ConnectionUser
from engine.runtime.tcp_listener import TcpListener
from engine.sip.flow import Flow, Loss, Outgoing
from engine.sip.stream import Fault
from tests.support.ports import LOOPBACK

MESSAGE = b"OPTIONS sip:pbx SIP/2.0\r\nContent-Length: 0\r\n\r\n"
LIMITS = ConnectionLimits(connect_s=0.2)


class Fixture:
    """A listener and its connections; `log` has what happened in order."""

    def __init__(self, limits: ConnectionLimits = LIMITS, host: str = LOOPBACK) -> None:
        self.host = host
        self.log: list[str] = []
        self.received: list[Flow] = []
        self.losses: list[Loss] = []
        self.needed: set[Flow] = set()
        self.banned: set[str] = set()
        self.turns: list[bool] = []
        """Of the loop, with messages; whether they were as many as may be."""
        self.reply = b""
        self.drops = False
        self.counters: Counter[str] = Counter()
        user = ConnectionUser(
            receive=self.receive,
            turn=self.turn,
            refuse=self.refuse,
            lose=self.lose,
            admits=lambda source: source not in self.banned,
            needs=self.needs,
            note_load=lambda _, full: self.turns.append(full),
        )
        self.set = ConnectionSet(user, limits, self.counters)
        self.listener = TcpListener("main", ("tcp", host, 0), self.set, self.counters)
        self.listener.start(asyncio.get_running_loop())
        self.peers: list[socket.socket] = []

    def receive(self, data: bytes, flow: Flow) -> bool:
        self.log.append(f"received {data.split(b' ')[0].decode()}")
        self.received.append(flow)
        if self.reply:
            self.listener.send([Outgoing(self.reply, flow)])
        return not self.drops

    def turn(self) -> None:
        self.log.append("turn")

    def refuse(self, head: bytes, flow: Flow, fault: Fault) -> None:
        self.log.append(f"refuse: {fault.value}")
        self.listener.send([Outgoing(b"refused", flow)])

    def lose(self, losses: Sequence[Loss]) -> None:
        self.log.append("lost")
        self.losses += losses

    def needs(self, flows: Sequence[Flow]) -> set[Flow]:
        return self.needed & set(flows)

    def connect(self, data: bytes = b"") -> socket.socket:
        peer = socket.create_connection(self.listener.bound)
        peer.settimeout(2)
        self.peers.append(peer)
        peer.sendall(data)
        return peer

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not true():
                self.set.check()
                await asyncio.sleep(0.005)

    async def ended(self, peer: socket.socket) -> bytes:
        """All that the peer still gets until its connection ends."""
        data = b""
        peer.setblocking(False)
        async with asyncio.timeout(5):
            while True:
                self.set.check()
                try:
                    piece = peer.recv(65536)
                except BlockingIOError:
                    await asyncio.sleep(0.005)
                    continue
                except ConnectionResetError:
                    return data
                if not piece:
                    return data
                data += piece

    def close(self) -> None:
        self.listener.close()
        self.set.close()
        for peer in self.peers:
            peer.close()


def run(story: Callable[[Fixture], Awaitable[None]], limits: ConnectionLimits = LIMITS, host: str = LOOPBACK) -> None:
    async def main() -> None:
        fixture = Fixture(limits, host)
        try:
            await story(fixture)
        finally:
            fixture.close()
            assert len(fixture.set) == 0

    asyncio.run(main())


@pytest.mark.parametrize("host", [LOOPBACK, "::1"])
def test_messages_in_then_the_turn(host: str) -> None:
    async def story(f: Fixture) -> None:
        peer = f.connect(MESSAGE + MESSAGE)
        await f.until(lambda: len(f.received) == 2)
        assert f.log == ["received OPTIONS", "received OPTIONS", "turn"]
        assert f.received == [Flow("main", "tcp", host, peer.getsockname()[1], 1)] * 2
        f.listener.send([Outgoing(b"one", f.received[0]), Outgoing(b"two", f.received[0])])
        assert peer.recv(3) + peer.recv(3) == b"onetwo"

    run(story, host=host)


def test_a_turn_is_full_by_the_messages_of_all_connections() -> None:
    async def story(f: Fixture) -> None:
        f.connect(MESSAGE + MESSAGE)
        f.connect(MESSAGE)
        await f.until(lambda: len(f.received) == 3)
        await f.until(lambda: f.turns == [True])
        f.connect(MESSAGE + MESSAGE)
        await f.until(lambda: f.turns == [True, False])
        f.drops = True
        f.connect(3 * MESSAGE)
        await f.until(lambda: f.turns == [True, False, False])  # what is dropped unread costs next to nothing

    run(story, replace(LIMITS, turn_messages=3))


def test_two_connections_of_one_peer_are_two_flows() -> None:
    async def story(f: Fixture) -> None:
        one, two = f.connect(MESSAGE), f.connect(MESSAGE)
        await f.until(lambda: len(f.received) == 2)
        assert {flow.connection for flow in f.received} == {1, 2}
        by_port = {flow.port: flow for flow in f.received}
        f.listener.send([Outgoing(b"1", by_port[one.getsockname()[1]]), Outgoing(b"2", by_port[two.getsockname()[1]])])
        assert (one.recv(9), two.recv(9)) == (b"1", b"2")

    run(story)


def test_a_connection_that_we_open_is_used_again_and_serves_the_peer() -> None:
    async def story(f: Fixture) -> None:
        with socket.create_server((LOOPBACK, 0)) as door:
            flow = Flow("main", "tcp", LOOPBACK, door.getsockname()[1])
            f.listener.send([Outgoing(b"one", flow), Outgoing(b"two", flow)])
            taken, source = door.accept()
            f.peers.append(taken)
            assert source[0] == LOOPBACK
            await asyncio.sleep(0.02)
            assert taken.recv(9) == b"onetwo"
            f.listener.send([Outgoing(b"three", flow)])
            assert taken.recv(9) == b"three"
            taken.sendall(MESSAGE)
            await f.until(lambda: f.received == [flow])
            assert len(f.set) == 1
            taken.close()
            await f.until(lambda: f.losses == [Loss(flow, (), served=True)])
            assert f.log[-2:] == ["lost", "turn"]

    run(story)


def test_nobody_there_is_told_at_once_with_what_was_not_sent() -> None:
    async def story(f: Fixture) -> None:
        with socket.create_server((LOOPBACK, 0)) as door:
            flow = Flow("main", "tcp", LOOPBACK, door.getsockname()[1])
        f.listener.send([Outgoing(b"one", flow), Outgoing(b"two", flow)])
        assert f.losses == []  # told in a turn of its own
        await f.until(lambda: f.losses == [Loss(flow, (b"one", b"two"), served=False)])
        assert f.counters["connection ended: can't be opened: ECONNREFUSED"] == 1

    run(story)


def test_no_answer_to_a_connect_is_told_when_the_time_is_up() -> None:
    async def story(f: Fixture) -> None:
        with socket.socket() as full:
            full.bind((LOOPBACK, 0))
            full.listen(0)
            filler = socket.create_connection(full.getsockname())
            f.peers.append(filler)
            flow = Flow("main", "tcp", LOOPBACK, full.getsockname()[1])
            f.listener.send([Outgoing(b"one", flow)])
            await f.until(lambda: f.losses == [Loss(flow, (b"one",), served=False)])
            assert f.counters["connection ended: can't be opened: no answer"] == 1

    run(story)


@pytest.mark.parametrize("host", ["pbx.example", "2001:db8::1", "", "999.1.1.1"])
def test_what_is_no_address_of_the_listeners_family_is_told(host: str) -> None:
    async def story(f: Fixture) -> None:
        flow = Flow("main", "tcp", host, 5060)
        f.listener.send([Outgoing(b"one", flow)])
        await f.until(lambda: f.losses == [Loss(flow, (b"one",), served=False)])

    run(story)


def test_a_connection_that_is_gone_is_not_opened_again() -> None:
    async def story(f: Fixture) -> None:
        f.connect(MESSAGE)
        await f.until(lambda: len(f.received) == 1)
        flow = f.received[0]
        f.peers[0].close()
        await f.until(lambda: len(f.set) == 0)
        assert f.losses == [Loss(flow, (), True), Loss(flow._replace(connection=0), (), True)]
        f.listener.send([Outgoing(b"late", flow)])
        await f.until(lambda: f.losses[2:] == [Loss(flow, (b"late",), served=False)])

    run(story)


# Bounds.


def test_one_source_has_so_many_and_others_still_come() -> None:
    async def story(f: Fixture) -> None:
        for _ in range(3):
            f.connect(MESSAGE)
        await f.until(lambda: len(f.received) == 3)
        assert await f.ended(f.connect()) == b""
        assert f.counters["connection refused: too many from one source"] == 1
        with socket.create_connection(f.listener.bound, source_address=("127.0.0.9", 0)) as other:
            other.sendall(MESSAGE)
            await f.until(lambda: len(f.received) == 4)
        f.peers[0].close()
        await f.until(lambda: len(f.set) == 2)
        f.connect(MESSAGE)
        await f.until(lambda: len(f.received) == 5)

    run(story, replace(LIMITS, per_source=3))


def test_all_together_have_so_many_our_own_included() -> None:
    async def story(f: Fixture) -> None:
        f.connect(MESSAGE)
        f.connect(MESSAGE)
        await f.until(lambda: len(f.received) == 2)
        assert await f.ended(f.connect()) == b""
        assert f.counters["connection refused: too many in all"] == 1
        flow = Flow("main", "tcp", LOOPBACK, 9)
        f.listener.send([Outgoing(b"one", flow)])
        await f.until(lambda: f.losses == [Loss(flow, (b"one",), served=False)])

    run(story, replace(LIMITS, in_all=2))


def test_a_source_that_is_not_admitted() -> None:
    async def story(f: Fixture) -> None:
        f.banned.add(LOOPBACK)
        assert await f.ended(f.connect(MESSAGE)) == b""
        assert f.received == []
        assert f.counters["connection refused: source not admitted"] == 1

    run(story)


def test_a_source_that_is_shut_out_later_loses_its_connections() -> None:
    async def story(f: Fixture) -> None:
        peer = f.connect(MESSAGE)
        await f.until(lambda: len(f.received) == 1)
        f.banned.add(LOOPBACK)
        assert await f.ended(peer) == b""
        assert f.counters["connection ended: source not admitted"] == 1

    run(story)


def test_the_network_of_an_ipv6_address_is_one_source() -> None:
    assert source_of("2001:db8::1") == source_of("2001:db8::ffff:1") != source_of("2001:db8:0:1::1")
    assert source_of("fe80::1%eth0") == source_of("fe80::2")
    assert source_of("192.0.2.1") != source_of("192.0.2.2")


TOO_LONG = [
    ("half a message", replace(LIMITS, message_s=0.1), MESSAGE + MESSAGE[:-1]),
    ("no message", replace(LIMITS, first_s=0.1), b""),
    ("no message", replace(LIMITS, first_s=0.1), b"\r\n"),
    ("idle", replace(LIMITS, idle_s=0.1), MESSAGE),
]


@pytest.mark.parametrize(("why", "limits", "data"), TOO_LONG)
def test_who_takes_too_long_is_ended(why: str, limits: ConnectionLimits, data: bytes) -> None:
    async def story(f: Fixture) -> None:
        await f.ended(f.connect(data))
        assert f.counters[f"connection ended: {why}"] == 1

    run(story, limits)


def test_a_byte_now_and_then_makes_no_message_last_longer() -> None:
    async def story(f: Fixture) -> None:
        peer = f.connect()
        loop = asyncio.get_running_loop()
        began = loop.time()
        for byte in MESSAGE:
            if len(f.set) == 0 and f.counters:
                break
            peer.sendall(bytes([byte]))
            await asyncio.sleep(0.02)
            f.set.check()
        assert loop.time() - began < 1.5
        assert f.counters["connection ended: half a message"] == 1

    run(story, replace(LIMITS, message_s=0.3))


def test_a_silent_connection_that_is_needed_stays() -> None:
    async def story(f: Fixture) -> None:
        f.connect(MESSAGE)
        await f.until(lambda: len(f.received) == 1)
        f.needed.add(f.received[0])
        for _ in range(20):
            await asyncio.sleep(0.01)
            f.set.check()
        assert len(f.set) == 1

    run(story, replace(LIMITS, idle_s=0.05))


def test_a_peer_that_never_reads_is_ended_and_costs_no_more_than_its_bound() -> None:
    async def story(f: Fixture) -> None:
        f.reply = b"x" * 20_000
        peer = f.connect()
        peer.setblocking(False)
        sent = 0
        while f.counters["connection ended: the peer does not read"] == 0:
            try:
                peer.sendall(MESSAGE)
                sent += 1
            except OSError:
                pass
            await asyncio.sleep(0)
            assert sent < 10_000
        assert len(f.set) == 0
        assert f.losses[0].unsent  # what waited is told

    run(story)


def test_a_peer_that_reads_nothing_for_long_is_ended_however_little_waits() -> None:
    async def story(f: Fixture) -> None:
        f.reply = b"x" * 20_000
        peer = f.connect()
        for _ in range(60):
            peer.sendall(MESSAGE)
        await f.until(lambda: f.counters["connection ended: the peer does not read"] == 1)

    run(story, replace(LIMITS, unsent_bytes=10_000_000, unread_s=0.2))


def test_a_peer_that_reads_late_gets_all() -> None:
    async def story(f: Fixture) -> None:
        f.reply = b"x" * 20_000
        peer = f.connect(MESSAGE * 60)
        await f.until(lambda: len(f.received) == 60)
        got = 0
        peer.setblocking(False)
        async with asyncio.timeout(5):
            while got < 60 * 20_000:
                try:
                    got += len(peer.recv(65536))
                except BlockingIOError:
                    await asyncio.sleep(0.001)
        assert len(f.set) == 1

    run(story, replace(LIMITS, unsent_bytes=10_000_000))


def test_halves_of_messages_are_bounded_for_all_together() -> None:
    async def story(f: Fixture) -> None:
        half = MESSAGE[:-2] + b"X: " + b"y" * 3000
        for _ in range(5):
            f.connect(half)
        await f.until(lambda: f.counters["connection ended: too much is held for all connections"] >= 1)
        assert len(f.set) == 3
        for peer in f.peers:
            peer.close()
        await f.until(lambda: len(f.set) == 0)
        f.connect(half + b"\r\n\r\n")
        await f.until(lambda: len(f.received) == 1)

    run(story, replace(LIMITS, held_bytes=10_000))


def test_what_cannot_be_framed_gets_its_answer_and_nothing_after_it_is_read() -> None:
    async def story(f: Fixture) -> None:
        peer = f.connect(MESSAGE + MESSAGE.replace(b"Content-Length: 0", b"X: y") + MESSAGE)
        assert await f.ended(peer) == b"refused"
        assert f.log[:3] == ["received OPTIONS", "refuse: no Content-Length", "turn"]
        assert f.counters["connection ended: no Content-Length"] == 1
        await f.until(lambda: len(f.set) == 0)
        assert len(f.received) == 1

    run(story)


def test_a_reset_is_an_end_like_any() -> None:
    async def story(f: Fixture) -> None:
        peer = f.connect(MESSAGE)
        await f.until(lambda: len(f.received) == 1)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        await f.until(lambda: len(f.set) == 0)
        assert f.counters["connection ended: broken by the peer"] == 1

    run(story)


def test_many_that_end_together_are_told_together() -> None:
    async def story(f: Fixture) -> None:
        for _ in range(50):
            f.connect(MESSAGE)
        await f.until(lambda: len(f.received) == 50)
        for peer in f.peers:
            peer.close()
        f.log.clear()
        await f.until(lambda: len(f.set) == 0)
        assert len(f.losses) == 100
        assert f.log.count("turn") < 50

    run(story)


def test_a_closed_listener_ends_its_connections_and_frees_its_port() -> None:
    async def story(f: Fixture) -> None:
        peer = f.connect(MESSAGE)
        await f.until(lambda: len(f.received) == 1)
        assert f.set.count_of("main") == 1
        f.listener.close()
        assert await f.ended(peer) == b""
        TcpListener("next", ("tcp", *f.listener.bound), f.set, f.counters).close()

    run(story)
