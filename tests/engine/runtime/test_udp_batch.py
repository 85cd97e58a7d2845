"""UDP batches, compiled and pure Python, over real loopback sockets: the same contract for both."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable, Iterator
from typing import cast

import pytest

from engine.native import COMPILED
from engine.runtime.udp_batch import BATCH, Datagram, PythonUdpBatch, UdpBatch, open_batch
from tests.support.rtp_party import loopback_host

OpenBatch = Callable[[socket.socket], UdpBatch]
MakeSocket = Callable[..., socket.socket]

HOST, OTHER = loopback_host(20), loopback_host(21)

needs_native = pytest.mark.skipif(not COMPILED, reason="the native part is not built: no compiler or no Python.h")


def native(sock: socket.socket) -> UdpBatch:
    from engine.native import _native

    return _native.UdpBatch(sock.fileno())


@pytest.fixture(params=[pytest.param(native, id="native", marks=needs_native), pytest.param(PythonUdpBatch, id="twin")])
def opened(request: pytest.FixtureRequest) -> OpenBatch:
    return cast("OpenBatch", request.param)


@pytest.fixture
def make_socket() -> Iterator[MakeSocket]:
    made: list[socket.socket] = []

    def make(host: str = HOST, *, dual: bool = False) -> socket.socket:
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        made.append(sock)
        sock.setblocking(False)
        if ":" in host:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if dual else 1)
        sock.bind((host, 0))
        return sock

    yield make
    for sock in made:
        sock.close()


def name(sock: socket.socket) -> tuple[str, int]:
    host, port = sock.getsockname()[:2]
    return (str(host), int(port))


def receive_all(batch: UdpBatch, sock: socket.socket, count: int) -> list[Datagram]:
    received: list[Datagram] = []
    while len(received) < count:
        assert select.select([sock], [], [], 5)[0], f"only {len(received)} came"
        received += batch.receive()
    return received


def test_nothing_waits(opened: OpenBatch, make_socket: MakeSocket) -> None:
    assert opened(make_socket()).receive() == []


@pytest.mark.parametrize("count", [1, 63, 64, 65, 130])
def test_datagrams_come_in_order_with_their_source(opened: OpenBatch, make_socket: MakeSocket, count: int) -> None:
    ours, theirs = make_socket(), make_socket(OTHER)
    batch, sender = opened(ours), opened(theirs)
    datagrams = [(b"%d" % n, name(ours)) for n in range(count)]
    assert sender.send(datagrams) == count
    assert receive_all(batch, ours, count) == [(b"%d" % n, name(theirs)) for n in range(count)]


def test_one_call_takes_a_batch_at_most(opened: OpenBatch, make_socket: MakeSocket) -> None:
    ours, theirs = make_socket(), make_socket(OTHER)
    opened(theirs).send([(b"x", name(ours))] * (BATCH + 5))
    batch = opened(ours)
    assert [len(batch.receive()) for _ in range(3)] == [BATCH, 5, 0]


@pytest.mark.parametrize("size", [0, 1, 1500, 9000, 65507])
def test_every_length_crosses_whole(opened: OpenBatch, make_socket: MakeSocket, size: int) -> None:
    ours, theirs = make_socket(), make_socket(OTHER)
    data = bytes(n % 251 for n in range(size))
    assert opened(theirs).send([(data, name(ours))]) == 1
    assert receive_all(opened(ours), ours, 1)[0][0] == data


def test_many_sources_keep_their_addresses(opened: OpenBatch, make_socket: MakeSocket) -> None:
    """More than once each, so that remembered addresses are used."""
    ours = make_socket()
    theirs = [make_socket(loopback_host(30 + n)) for n in range(40)]
    batch = opened(ours)
    for _ in range(3):
        for sock in theirs:
            sock.sendto(b"%d" % theirs.index(sock), name(ours))
        received = receive_all(batch, ours, len(theirs))
        assert received == [(b"%d" % n, name(sock)) for n, sock in enumerate(theirs)]


REFUSED = [
    pytest.param((b"x", ("phone.example.com", 5060)), id="a-name"),
    pytest.param((b"x", ("", 5060)), id="empty"),
    pytest.param((b"x", ("::1", 5060)), id="the-other-family"),
    pytest.param((b"x", ("127.0.0.1\0", 5060)), id="nul"),
    pytest.param((b"x", ("127.0.0.\udc80", 5060)), id="surrogate"),
    pytest.param((b"x", (OTHER, 0)), id="port-0"),
    pytest.param((b"x", (OTHER, 65536)), id="port-65536"),
    pytest.param((b"x", (OTHER, -1)), id="negative-port"),
    pytest.param((bytes(65508), (OTHER, 5060)), id="too-long"),
]


@pytest.mark.parametrize("bad", REFUSED)
def test_what_can_never_be_sent_is_counted_and_stops_nothing(
    opened: OpenBatch, make_socket: MakeSocket, bad: Datagram
) -> None:
    ours, theirs = make_socket(), make_socket(OTHER)
    sender = opened(theirs)
    assert sender.send([(b"before", name(ours)), bad, (b"after", name(ours))]) == 3
    assert [data for data, _ in receive_all(opened(ours), ours, 2)] == [b"before", b"after"]
    assert sender.refused == 1
    assert sender.last_refusal


def test_only_refused_ones_are_dealt_with_too(opened: OpenBatch, make_socket: MakeSocket) -> None:
    sender = opened(make_socket())
    assert sender.send([(b"x", ("nowhere", 1))] * 130) == 130
    assert sender.refused == 130
    assert "'nowhere':1" in sender.last_refusal


def test_nothing_to_send_is_fine(opened: OpenBatch, make_socket: MakeSocket) -> None:
    assert opened(make_socket()).send([]) == 0


@pytest.mark.parametrize("wrong", [[b"x"], [(b"x",)], [("text", (OTHER, 1))], [(b"x", OTHER)]])
def test_other_things_than_datagrams_are_our_bug(opened: OpenBatch, make_socket: MakeSocket, wrong: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        opened(make_socket()).send(wrong)  # type: ignore[arg-type]  # that is the point


def test_a_tiny_send_buffer_deals_with_all_in_the_end(opened: OpenBatch) -> None:
    """Fewer than given may be dealt with at once: the caller keeps the rest."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink,
    ):
        sink.bind((OTHER, 0))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        sock.setblocking(False)
        sock.bind((HOST, 0))
        datagrams = [(b"x" * 1400, name(sink))] * 300
        batch = opened(sock)
        done = 0
        while done < len(datagrams):
            sent = batch.send(datagrams[done:])
            assert 0 <= sent <= len(datagrams) - done
            done += sent
            assert select.select([], [sock], [], 5)[1]
        assert batch.refused == 0


def test_a_closed_remote_port_is_counted_and_harms_nobody(opened: OpenBatch, make_socket: MakeSocket) -> None:
    """Only a connected socket hears of it, so this one is."""
    gone, ours = make_socket(OTHER), make_socket()
    ours.connect(name(gone))
    target = name(gone)
    gone.close()
    batch = opened(ours)
    assert batch.send([(b"x", target)]) == 1
    assert select.select([ours], [], [], 5)[0]
    assert batch.receive() == []
    assert batch.icmp_errors == 1
    assert batch.send([(b"x", target)]) == 1
    assert batch.refused == 0


def test_ipv6_carries_numeric_hosts(opened: OpenBatch, make_socket: MakeSocket) -> None:
    ours, theirs = make_socket("::1"), make_socket("::1")
    assert opened(theirs).send([(b"six", name(ours))]) == 1
    assert receive_all(opened(ours), ours, 1) == [(b"six", ("::1", name(theirs)[1]))]


def test_a_dual_stack_socket_speaks_plain_ipv4_text(opened: OpenBatch, make_socket: MakeSocket) -> None:
    ours, phone = make_socket("::", dual=True), make_socket(OTHER)
    batch = opened(ours)
    phone.sendto(b"hello", (HOST, name(ours)[1]))
    assert receive_all(batch, ours, 1) == [(b"hello", name(phone))]
    assert batch.send([(b"answer", name(phone))]) == 1
    assert receive_all(opened(phone), phone, 1)[0][0] == b"answer"


def test_a_closed_socket_says_so(opened: OpenBatch, make_socket: MakeSocket) -> None:
    sock = make_socket()
    batch = opened(sock)
    sock.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        batch.receive()
    with pytest.raises(OSError, match="Bad file descriptor"):
        batch.send([(b"x", (OTHER, 5060))])


def test_open_batch_takes_the_compiled_one_where_it_is_built(make_socket: MakeSocket) -> None:
    assert isinstance(open_batch(make_socket()), PythonUdpBatch) is not COMPILED


def test_open_batch_refuses_other_sockets(make_socket: MakeSocket) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream,
        pytest.raises(ValueError, match="not a UDP socket"),
    ):
        open_batch(stream)
    blocking = make_socket()
    blocking.setblocking(True)
    with pytest.raises(ValueError, match="blocks"):
        open_batch(blocking)
