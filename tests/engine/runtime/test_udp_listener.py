"""One listening socket on a real loop: turns, shares of a wake-up, what the kernel won't take, and the end."""

import asyncio
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import pytest

from engine.runtime.udp_batch import BATCH
from engine.runtime.udp_listener import UdpListener
from engine.sip.flow import Flow
from tests.support.ports import LOOPBACK


class Fixture:
    def __init__(self, host: str = LOOPBACK) -> None:
        self.received: list[tuple[bytes, Flow]] = []
        self.log: list[str] = []
        self.counters: Counter[str] = Counter()
        self.listener = UdpListener("main", ("udp", host, 0), self.receive, self.turn, self.note_load, self.counters)
        self.peer = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self.peer.bind((host, 0))
        self.peer.settimeout(2)
        self.peer_address: tuple[str, int] = self.peer.getsockname()[:2]

    def receive(self, data: bytes, flow: Flow) -> bool:
        self.received.append((data, flow))
        return not data.startswith(b"junk")

    def turn(self) -> None:
        self.log.append(f"turn after {len(self.received)}")

    def note_load(self, label: str, full: bool) -> None:
        self.log.append(f"{label} {'full' if full else 'empty'}")

    async def until(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.received) < count:
                await asyncio.sleep(0.005)


def run(story: Callable[[Fixture], Awaitable[None]], host: str = LOOPBACK) -> None:
    async def main() -> None:
        fixture = Fixture(host)
        try:
            await story(fixture)
        finally:
            fixture.listener.close()
            fixture.peer.close()

    asyncio.run(main())


@pytest.mark.parametrize("host", [LOOPBACK, "::1"])
def test_a_datagram_in_and_one_out(host: str) -> None:
    async def story(f: Fixture) -> None:
        f.listener.start(asyncio.get_running_loop())
        f.peer.sendto(b"hello", f.listener.bound)
        await f.until(1)
        assert f.received == [(b"hello", Flow("main", "udp", *f.peer_address))]
        f.listener.send([(b"one", f.peer_address), (b"two", f.peer_address)])
        assert [f.peer.recv(100), f.peer.recv(100)] == [b"one", b"two"]
        assert f.log == ["turn after 1", "main empty"]

    if host == "::1" and not socket.has_ipv6:
        pytest.skip("no IPv6")
    run(story, host)


def test_nothing_is_read_before_the_start_and_nothing_is_lost() -> None:
    async def story(f: Fixture) -> None:
        f.peer.sendto(b"early", f.listener.bound)
        await asyncio.sleep(0.02)
        assert f.received == []
        f.listener.start(asyncio.get_running_loop())
        await f.until(1)

    run(story)


def test_a_flood_is_taken_in_shares_with_a_turn_after_each_batch() -> None:
    async def story(f: Fixture) -> None:
        count = 5 * BATCH
        for number in range(count):
            f.peer.sendto(b"%d" % number, f.listener.bound)
        f.listener.start(asyncio.get_running_loop())
        await f.until(count)
        await asyncio.sleep(0.01)
        assert [int(data) for data, _ in f.received] == list(range(count))
        share = f.log.index("main full")
        assert f.log[:share] == [f"turn after {n * BATCH}" for n in range(1, share + 1)]
        assert 0 < share < 5
        assert f.log[-1] == "main empty"
        assert len({id(flow) for _, flow in f.received}) == 1

    run(story)


def test_what_is_dropped_unread_takes_no_share_from_others_and_is_no_load() -> None:
    async def story(f: Fixture) -> None:
        for number in range(12 * BATCH):
            f.peer.sendto(b"junk" if number % 12 else b"call", f.listener.bound)
        f.listener.start(asyncio.get_running_loop())
        await f.until(12 * BATCH)
        await asyncio.sleep(0.01)
        assert f.log[:12] == [f"turn after {n * BATCH}" for n in range(1, 13)]
        assert f.log[-1] == "main empty"
        assert "main full" not in f.log

    run(story)


def test_other_work_has_its_turn_however_much_is_dropped_unread() -> None:
    async def story(f: Fixture) -> None:
        for _ in range(20 * BATCH):
            f.peer.sendto(b"junk", f.listener.bound)
        f.listener.start(asyncio.get_running_loop())
        await f.until(20 * BATCH)
        await asyncio.sleep(0.01)
        assert f.log.index("main empty") == 16, "the first wake-up ends after so many turns"
        assert "main full" not in f.log

    run(story)


def test_what_can_never_be_sent_is_counted() -> None:
    async def story(f: Fixture) -> None:
        f.listener.start(asyncio.get_running_loop())
        f.listener.send([(b"x", ("not.numeric", 5060)), (b"y", f.peer_address), (b"z", ("::1", 5060))])
        assert f.peer.recv(100) == b"y"
        assert f.counters["dropped: datagram that can't be sent"] == 2
        f.listener.send([(b"y", f.peer_address)])
        assert f.counters["dropped: datagram that can't be sent"] == 2

    run(story)


class Clogged:
    """A batch whose kernel takes `room` datagrams."""

    def __init__(self) -> None:
        self.room = 0
        self.refused = 0
        self.sent: list[bytes] = []

    def send(self, datagrams: Sequence[tuple[bytes, tuple[str, int]]]) -> int:
        taken = datagrams[: self.room]
        self.room -= len(taken)
        self.sent += [data for data, _ in taken]
        return len(taken)


def test_what_the_kernel_does_not_take_waits_in_order_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.runtime.udp_listener._BACKLOG", 5)

    async def story(f: Fixture) -> None:
        f.listener.start(asyncio.get_running_loop())
        clogged = Clogged()
        monkeypatch.setattr(f.listener, "_batch", clogged)
        clogged.room = 1
        f.listener.send([(b"%d" % n, f.peer_address) for n in range(4)])
        f.listener.send([(b"%d" % n, f.peer_address) for n in range(4, 8)])
        assert f.counters["dropped: kernel takes no more datagrams"] == 2
        clogged.room = 100
        async with asyncio.timeout(5):
            while len(clogged.sent) < 6:
                await asyncio.sleep(0.005)
        assert clogged.sent == [b"0", b"3", b"4", b"5", b"6", b"7"]

    run(story)


def test_closed_with_datagrams_waiting() -> None:
    async def story(f: Fixture) -> None:
        f.listener.start(asyncio.get_running_loop())
        f.listener._batch = Clogged()  # type: ignore[assignment]  # only sends
        f.listener.send([(b"x", f.peer_address)])
        f.listener.close()
        f.listener.close()

    run(story)


def test_a_taken_port_and_a_strange_address() -> None:
    async def story(f: Fixture) -> None:
        taken, elsewhere = ("udp", LOOPBACK, f.listener.bound[1]), ("udp", "192.0.2.7", 0)
        for key, why in ((taken, "in use"), (elsewhere, "assign")):
            with pytest.raises(OSError, match=why):
                UdpListener("b", key, f.receive, f.turn, f.note_load, f.counters)

    run(story)


def test_thick_datagrams_gather_and_none_is_lost_or_late() -> None:
    async def story(f: Fixture) -> None:
        f.listener.start(asyncio.get_running_loop())
        for number in range(200):
            f.peer.sendto(str(number).encode(), f.listener.bound)
            await asyncio.sleep(0)
        await f.until(200)
        assert [data for data, _ in f.received] == [str(number).encode() for number in range(200)]
        assert len([line for line in f.log if line.startswith("turn")]) < 100
        f.peer.sendto(b"after a pause", f.listener.bound)
        await f.until(201)

    run(story)


def test_closed_while_datagrams_gather() -> None:
    async def story(f: Fixture) -> None:
        f.listener.start(asyncio.get_running_loop())
        for number in range(20):
            f.peer.sendto(str(number).encode(), f.listener.bound)
            await asyncio.sleep(0)
        f.listener.close()
        taken = len(f.received)
        await asyncio.sleep(0.02)
        assert len(f.received) == taken

    run(story)
