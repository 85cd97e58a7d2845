"""The contract of `MediaBackend`, black box, over real loopback sockets, for the C thread and its Python twin alike.

Nothing sleeps: what must happen is waited for with a deadline; what must not happen is followed by something that must,
on the same path, so that its absence is proven by order. Learning has its own suite beside this one.
"""

from __future__ import annotations

import select
import socket
import struct
import subprocess
import sys
from collections.abc import Callable

import pytest

from engine.media.backend import MediaBackend, RemoteMedia, Silent, StreamHandle
from engine.media.errors import AddressRefused, BackendClosed, PortsExhausted, StaleHandle
from tests.support.media_call import BIND_HOST, Call
from tests.support.rtp_party import Party, loopback_host, rtcp, rtp, until

# --- ports ---------------------------------------------------------------------------------------------------------------


def test_ports_are_an_even_one_and_its_neighbour(make: Callable[..., MediaBackend]) -> None:
    backend = make(first_port=40001, last_port=40009)
    given = [backend.allocate() for _ in range(4)]
    assert {allocation.rtp_port for allocation in given} == {40002, 40004, 40006, 40008}
    assert all(allocation.rtcp_port == allocation.rtp_port + 1 for allocation in given)


def test_exhaustion_says_which_limit_and_ends_with_a_release(make: Callable[..., MediaBackend]) -> None:
    backend = make(first_port=40000, last_port=40003)
    first = backend.allocate()
    backend.allocate()
    with pytest.raises(PortsExhausted, match=r"40000-40003.*2 pairs in use, 0 in quarantine"):
        backend.allocate()
    backend.release(first.handle)
    until(lambda: backend.usage().ready == 1)
    assert backend.allocate().rtp_port == first.rtp_port


def test_a_port_of_somebody_else_is_skipped(make: Callable[..., MediaBackend]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((BIND_HOST, 40003))
        backend = make(first_port=40000, last_port=40007)
        ports = {backend.allocate().rtp_port for _ in range(3)}
        assert ports == {40000, 40004, 40006}
        with pytest.raises(PortsExhausted, match="1 held by other programs"):
            backend.allocate()


def test_a_range_wholly_held_by_others_does_not_open(make: Callable[..., MediaBackend]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((BIND_HOST, 40000))
        with pytest.raises(PortsExhausted, match="1 held by other programs"):
            make(first_port=40000, last_port=40001)


def test_an_address_of_another_machine_does_not_open(make: Callable[..., MediaBackend]) -> None:
    with pytest.raises(AddressRefused, match=r"192\.0\.2\.7 is not one of this machine's"):
        make(bind_host="192.0.2.7")


FEW_DESCRIPTORS = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (32, 64))
from engine.media.backend import MediaSettings
from engine.media.errors import PortsExhausted
from {module} import {name} as Backend
backend = Backend(MediaSettings(bind_host="{host}", first_port=43000, last_port=43999))
backend.open()
given = 0
try:
    while True:
        backend.allocate()
        given += 1
except PortsExhausted as error:
    print(given, error)
sys.stdin.close(); open("/dev/null").close()
backend.close()
"""


def test_running_out_of_descriptors_is_told_and_leaves_some(make: Callable[..., MediaBackend]) -> None:
    backend = type(make())
    program = FEW_DESCRIPTORS.format(module=backend.__module__, name=backend.__name__, host=BIND_HOST)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("24 "), "of 64 descriptors a quarter is left for the rest"
    assert "the limit is 64 open files: raise it (ulimit -n" in done.stdout


def test_ports_are_bound_before_they_are_asked_for(make: Callable[..., MediaBackend]) -> None:
    backend = make(ahead=3)
    assert backend.usage().ready == 3
    backend.allocate()
    until(lambda: backend.usage().ready == 3)


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((BIND_HOST, port))
        except OSError:
            return False
    return True


def test_idle_ports_can_be_left_to_another_backend_and_are_taken_up_again(make: Callable[..., MediaBackend]) -> None:
    first = make(first_port=40000, last_port=40007, ahead=8)
    used = first.allocate()
    first.keep_ready(False)
    assert first.usage().ready == 0
    second = make(first_port=40000, last_port=40007, ahead=8)
    assert {second.allocate().rtp_port for _ in range(3)} == {40000, 40002, 40004, 40006} - {used.rtp_port}
    second.close()
    first.keep_ready(True)
    until(lambda: first.usage().ready == 3)


def test_a_backend_that_keeps_nothing_ready_binds_what_it_is_asked_for(make: Callable[..., MediaBackend]) -> None:
    backend = make(first_port=40000, last_port=40003)
    backend.keep_ready(False)
    allocation = backend.allocate()
    assert backend.usage().ready == 0
    backend.release(allocation.handle)
    until(lambda: is_free(allocation.rtp_port) and is_free(allocation.rtcp_port))


def test_a_released_port_rests_while_its_old_party_still_sends(
    make: Callable[..., MediaBackend], parties: Callable[..., Party]
) -> None:
    call = Call(make(first_port=40000, last_port=40003, quarantine_s=0.3), parties)
    backend = call.backend
    call.alice.send(call.alice_rtp, rtp())
    call.bob.receive()
    backend.release(call.to_alice)
    backend.release(call.to_bob)
    until(lambda: backend.usage().quarantined == 2)
    sent = 0

    def bob_rested_while_alice_goes_on() -> bool:
        nonlocal sent
        sent += 1
        call.alice.send(call.alice_rtp, rtp(sent))
        return backend.usage().ready == 1

    until(bob_rested_while_alice_goes_on)
    assert backend.usage().quarantined == 1
    assert backend.allocate().rtp_port == call.bob_rtp[1]
    until(lambda: backend.usage().ready == 1)
    assert backend.allocate().rtp_port == call.alice_rtp[1]


def test_a_port_that_nobody_sent_to_serves_again_soon(
    make: Callable[..., MediaBackend], parties: Callable[..., Party]
) -> None:
    call = Call(make(first_port=40000, last_port=40003, quarantine_s=60), parties)
    call.alice.send(call.alice_rtp, rtp())
    call.bob.receive()
    call.backend.release(call.to_alice)
    call.backend.release(call.to_bob)
    until(lambda: call.backend.usage().ready == 1)
    assert call.backend.allocate().rtp_port == call.bob_rtp[1]
    assert call.backend.usage().quarantined == 1


def test_a_strangers_flood_does_not_keep_a_port_in_quarantine(
    make: Callable[..., MediaBackend], parties: Callable[..., Party]
) -> None:
    backend = make(first_port=40000, last_port=40001, quarantine_s=0.1)
    mallory = parties(loopback_host(66))
    stream = backend.allocate()
    backend.release(stream.handle)

    def ready_in_spite_of_mallory() -> bool:
        mallory.send((BIND_HOST, stream.rtp_port), rtp())
        return backend.usage().ready == 1

    until(ready_in_spite_of_mallory)


def test_late_packets_never_reach_the_next_call(
    make: Callable[..., MediaBackend], parties: Callable[..., Party]
) -> None:
    call = Call(make(first_port=40000, last_port=40003), parties)
    backend = call.backend
    call.alice.send(call.alice_rtp, rtp(1))
    call.bob.receive()
    backend.release(call.to_alice)
    backend.release(call.to_bob)
    until(lambda: backend.usage().ready == 2)
    call.alice.send(call.alice_rtp, rtp(2))
    again = Call(backend, parties)
    call.alice.send(call.alice_rtp, rtp(3))
    again.alice.send(again.alice_rtp, rtp(4, ssrc=4))
    assert again.bob.receive()[0] == rtp(4, ssrc=4)
    assert again.bob.has_nothing()
    assert call.bob.has_nothing()


def test_a_reused_stream_starts_with_empty_counters(
    make: Callable[..., MediaBackend], parties: Callable[..., Party]
) -> None:
    call = Call(make(first_port=40000, last_port=40003), parties)
    call.alice.send(call.alice_rtp, rtp())
    call.bob.receive()
    call.backend.release(call.to_alice)
    call.backend.release(call.to_bob)
    until(lambda: call.backend.usage().ready == 2)
    counters = call.backend.counters(call.backend.allocate().handle)
    assert (counters.packets_in, counters.ssrc, counters.source, counters.last_received_at) == (0, None, None, None)


def test_totals_are_of_all_streams_released_ones_too(call: Call) -> None:
    for sequence in (1, 2, 5):
        call.alice.send(call.alice_rtp, rtp(sequence))
        call.bob.receive()
    call.alice.send(call.alice_rtp, b"no media")
    until(lambda: call.backend.totals().dropped.malformed == 1)
    until(lambda: call.backend.totals().packets_out == 3)
    live = call.backend.totals()
    assert (live.packets_in, live.lost, live.bytes_in, live.bytes_out, live.receiving) == (
        3,
        2,
        3 * len(rtp()),
        3 * len(rtp()),
        1,
    )
    assert live.jitter_max_ms == live.jitter_sum_ms == call.backend.counters(call.to_alice).jitter_ms
    call.backend.release(call.to_alice)
    call.backend.release(call.to_bob)
    ended = call.backend.totals()
    assert ended == live._replace(receiving=0, jitter_sum_ms=0.0, jitter_max_ms=0.0)


# --- handles -------------------------------------------------------------------------------------------------------------


def test_a_stale_handle_is_refused_everywhere(call: Call) -> None:
    backend, stale = call.backend, call.to_alice
    backend.release(stale)
    uses: list[Callable[[], object]] = [
        lambda: backend.release(stale),
        lambda: backend.counters(stale),
        lambda: backend.unpair(stale),
        lambda: backend.pair(stale, call.to_bob),
        lambda: backend.pair(call.to_bob, stale),
        lambda: backend.watch(stale, 1.0),
        lambda: backend.set_remote(stale, RemoteMedia(rtp=call.alice.rtp)),
    ]
    for use in uses:
        with pytest.raises(StaleHandle, match="was released"):
            use()


@pytest.mark.parametrize(
    "handle", [StreamHandle(0, 77), StreamHandle(199, 0), StreamHandle(5000, 0), StreamHandle(1 << 31, 0)]
)
def test_a_handle_that_never_was_is_refused(call: Call, handle: StreamHandle) -> None:
    with pytest.raises(StaleHandle):
        call.backend.counters(handle)


def test_a_stale_handle_does_not_act_on_the_next_stream(
    make: Callable[..., MediaBackend], parties: Callable[..., Party]
) -> None:
    call = Call(make(first_port=40000, last_port=40003), parties)
    old = call.to_alice
    call.backend.release(old)
    until(lambda: call.backend.usage().ready == 1)
    again = call.backend.allocate()
    assert again.handle.index == old.index
    with pytest.raises(StaleHandle):
        call.backend.release(old)
    assert call.backend.counters(again.handle).packets_in == 0


def test_a_closed_backend_refuses(make: Callable[..., MediaBackend]) -> None:
    backend = make()
    handle = backend.allocate().handle
    backend.close()
    backend.close()
    for use in (backend.allocate, backend.fileno, backend.take_events, lambda: backend.counters(handle)):
        with pytest.raises(BackendClosed):
            use()


@pytest.mark.parametrize(
    ("remote", "complaint"),
    [
        (RemoteMedia(rtp=("phone.example.com", 4000)), r"'phone\.example\.com' is not a numeric IPv4"),
        (RemoteMedia(rtp=("2001:db8::1", 4000)), "not a numeric IPv4"),
        (RemoteMedia(rtp=("127.0.0.1", 65536)), "65536 of .* out of the range"),
        (RemoteMedia(rtp=("127.0.0.1", -1)), "-1 of"),
        (RemoteMedia(rtp=("127.0.0.1", 4000), rtcp=("localhost", 1)), "RTCP address 'localhost'"),
        (RemoteMedia(rtp=("127.0.0.1\0", 4000)), "not a numeric IPv4"),
        (RemoteMedia(rtp=("127.0.0.1", 4000), clock_hz=0), "clock 0 Hz"),
    ],
)
def test_a_bad_address_is_refused_and_changes_nothing(call: Call, remote: RemoteMedia, complaint: str) -> None:
    with pytest.raises(AddressRefused, match=complaint):
        call.backend.set_remote(call.to_bob, remote)
    call.alice.send(call.alice_rtp, rtp())
    assert call.bob.receive()[0] == rtp()


def test_a_stream_is_not_its_own_peer(call: Call) -> None:
    with pytest.raises(ValueError, match="itself"):
        call.backend.pair(call.to_alice, call.to_alice)


@pytest.mark.parametrize("timeout_s", [0.0, -1.0, float("nan"), float("inf")])
def test_a_silence_timeout_must_be_a_time(call: Call, timeout_s: float) -> None:
    with pytest.raises(ValueError, match="silence time-out"):
        call.backend.watch(call.to_alice, timeout_s)


# --- relay ---------------------------------------------------------------------------------------------------------------

EVENT = struct.pack("!BBH", 5, 0x80 | 10, 800)  # RFC 4733 §2.3: digit 5, end, volume 10

PACKETS = [
    pytest.param(rtp(), id="g711"),
    pytest.param(rtp(payload_type=0x80 | 101, payload=EVENT), id="telephone-event"),
    pytest.param(rtp(payload=b""), id="header-only"),
    pytest.param(b"\xbf" + rtp()[1:], id="padding-extension-csrc-bits"),
    pytest.param(rtp(payload=bytes(range(256)) * 7), id="1804-bytes"),
    pytest.param(rtp(payload=bytes(2048 - 12)), id="largest"),
    pytest.param(rtp(payload_type=0x80 | 95), id="highest-marked-rtp-type-below-rtcp"),
]


@pytest.mark.parametrize("packet", PACKETS)
def test_rtp_crosses_byte_for_byte_from_our_port(call: Call, packet: bytes) -> None:
    call.alice.send(call.alice_rtp, packet)
    # 95 with the marker is 223: RTCP by RFC 5761, so that one leaves from the RTCP port.
    is_rtcp = 192 <= packet[1] <= 223
    assert (call.bob.receive_rtcp() if is_rtcp else call.bob.receive()) == (
        packet,
        (call.bob_rtcp if is_rtcp else call.bob_rtp)[1],
    )


def test_rtp_flows_both_ways_for_long(call: Call) -> None:
    for sequence in range(100):
        call.alice.send(call.alice_rtp, rtp(sequence))
        call.bob.send(call.bob_rtp, rtp(sequence, ssrc=2))
        assert call.bob.receive() == (rtp(sequence), call.bob_rtp[1])
        assert call.alice.receive() == (rtp(sequence, ssrc=2), call.alice_rtp[1])


def test_rtp_is_sent_to_the_announced_address_before_anything_is_learnt(call: Call) -> None:
    call.alice.send(call.alice_rtp, rtp())
    assert call.bob.receive()[0] == rtp()
    assert call.backend.counters(call.to_bob).source is None


def test_rtcp_crosses_between_the_rtcp_ports(call: Call) -> None:
    call.alice.send_rtcp(call.alice_rtcp, rtcp())
    assert call.bob.receive_rtcp() == (rtcp(), call.bob_rtcp[1])
    call.bob.send_rtcp(call.bob_rtcp, rtcp(packet_type=200))
    assert call.alice.receive_rtcp() == (rtcp(packet_type=200), call.alice_rtcp[1])


def test_rtcp_goes_to_the_announced_rtcp_port(call: Call, parties: Callable[..., Party]) -> None:
    elsewhere = parties(call.bob.host)
    call.backend.set_remote(
        call.to_bob, RemoteMedia(rtp=call.bob.rtp, rtcp=elsewhere.rtcp, signalling_host=call.bob.host)
    )
    call.alice.send_rtcp(call.alice_rtcp, rtcp())
    assert elsewhere.receive_rtcp()[0] == rtcp()


def test_muxed_rtcp_is_relayed_as_rtcp(call: Call) -> None:
    call.alice.send(call.alice_rtp, rtcp())
    assert call.bob.receive_rtcp() == (rtcp(), call.bob_rtcp[1])
    assert call.backend.counters(call.to_alice).rtcp_in == 1


def test_who_muxes_gets_rtcp_muxed(call: Call) -> None:
    call.alice.send(call.alice_rtp, rtcp())
    call.bob.receive_rtcp()
    call.bob.send_rtcp(call.bob_rtcp, rtcp(packet_type=200))
    assert call.alice.receive() == (rtcp(packet_type=200), call.alice_rtp[1])


def test_announced_mux_gets_rtcp_muxed(call: Call) -> None:
    call.backend.set_remote(
        call.to_bob, RemoteMedia(rtp=call.bob.rtp, rtcp=call.bob.rtp, signalling_host=call.bob.host)
    )
    call.alice.send_rtcp(call.alice_rtcp, rtcp())
    assert call.bob.receive() == (rtcp(), call.bob_rtp[1])


GARBAGE = [
    pytest.param(b"", id="empty"),
    pytest.param(b"\x80", id="one-byte"),
    pytest.param(rtp()[:11], id="eleven-bytes"),
    pytest.param(b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12), id="stun"),
    pytest.param(b"\x16\xfe\xfd" + bytes(50), id="dtls"),
    pytest.param(b"\x40" + rtp()[1:], id="version-1"),
    pytest.param(b"\xc0" + rtp()[1:], id="version-3"),
    pytest.param(b"INVITE sip:a@b SIP/2.0\r\n\r\n", id="sip"),
    pytest.param(bytes(40), id="zeros"),
]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_what_is_not_media_is_counted_and_not_relayed(call: Call, garbage: bytes) -> None:
    call.alice.send(call.alice_rtp, garbage)
    call.alice.send(call.alice_rtp, rtp())
    assert call.bob.receive()[0] == rtp()
    assert call.bob.has_nothing()
    assert call.backend.counters(call.to_alice).dropped.malformed == 1


def test_rtp_on_the_rtcp_port_is_malformed(call: Call) -> None:
    call.alice.send_rtcp(call.alice_rtcp, rtp())
    until(lambda: call.backend.counters(call.to_alice).dropped.malformed == 1)
    assert call.bob.has_nothing()


def test_an_oversize_packet_is_counted_and_not_relayed(call: Call) -> None:
    for size in (2049, 9000, 65000):
        call.alice.send(call.alice_rtp, rtp(payload=bytes(size - 12)))
    call.alice.send(call.alice_rtp, rtp())
    assert call.bob.receive()[0] == rtp()
    assert call.backend.counters(call.to_alice).dropped.oversize == 3


def test_a_flood_of_garbage_harms_no_other_call(
    make: Callable[..., MediaBackend], parties: Callable[..., Party]
) -> None:
    backend = make()
    one, other = Call(backend, parties), Call(backend, parties)
    mallory = parties(loopback_host(66))
    for sequence in range(200):
        mallory.send(one.alice_rtp, bytes([sequence]) * sequence)
        mallory.send_rtcp(one.alice_rtcp, rtp(sequence))
        mallory.send(one.alice_rtp, rtp(sequence))
        other.alice.send(other.alice_rtp, rtp(sequence))
        assert other.bob.receive()[0] == rtp(sequence)
    until(lambda: backend.counters(one.to_alice).dropped.stranger >= 100)
    assert one.bob.has_nothing()


def test_streams_without_a_peer_count_and_keep_quiet(
    make: Callable[..., MediaBackend], parties: Callable[..., Party]
) -> None:
    backend = make()
    alice, stream = parties(loopback_host(2)), backend.allocate()
    backend.set_remote(stream.handle, RemoteMedia(rtp=alice.rtp))
    alice.send((BIND_HOST, stream.rtp_port), rtp())
    alice.send_rtcp((BIND_HOST, stream.rtcp_port), rtcp())
    until(lambda: backend.counters(stream.handle).dropped.no_peer == 2)
    counters = backend.counters(stream.handle)
    assert (counters.packets_in, counters.rtcp_in, counters.source) == (1, 1, alice.rtp)


def test_unpair_stops_both_ways_and_pair_resumes(call: Call) -> None:
    call.backend.unpair(call.to_bob)
    call.alice.send(call.alice_rtp, rtp(1))
    call.bob.send(call.bob_rtp, rtp(1, ssrc=2))
    until(lambda: call.backend.counters(call.to_alice).dropped.no_peer == 1)
    until(lambda: call.backend.counters(call.to_bob).dropped.no_peer == 1)
    call.backend.pair(call.to_bob, call.to_alice)
    call.alice.send(call.alice_rtp, rtp(2))
    assert call.bob.receive()[0] == rtp(2)
    assert call.alice.has_nothing()


def test_pairing_anew_leaves_the_old_peer(call: Call, parties: Callable[..., Party]) -> None:
    carol, stream = parties(loopback_host(4)), call.backend.allocate()
    call.backend.set_remote(stream.handle, RemoteMedia(rtp=carol.rtp))
    call.backend.pair(call.to_alice, stream.handle)
    call.alice.send(call.alice_rtp, rtp())
    assert carol.receive()[0] == rtp()
    call.bob.send(call.bob_rtp, rtp())
    until(lambda: call.backend.counters(call.to_bob).dropped.no_peer == 1)
    assert call.bob.has_nothing()
    assert call.alice.has_nothing()


def test_release_under_traffic_leaves_the_peer_alone(call: Call) -> None:
    for sequence in range(25):
        call.alice.send(call.alice_rtp, rtp(sequence))
        call.bob.send(call.bob_rtp, rtp(sequence))
        call.alice.receive()
    call.backend.release(call.to_alice)
    for sequence in range(25, 50):
        call.alice.send(call.alice_rtp, rtp(sequence))
        call.bob.send(call.bob_rtp, rtp(sequence))
    until(lambda: call.backend.counters(call.to_bob).packets_in == 50)
    assert call.backend.counters(call.to_bob).dropped.no_peer == 25
    assert call.alice.has_nothing()


def test_a_thousand_short_calls_leave_nothing_behind(
    make: Callable[..., MediaBackend], parties: Callable[..., Party]
) -> None:
    backend = make(ahead=16)
    alice, bob = parties(loopback_host(2)), parties(loopback_host(3))
    for _ in range(1000):
        if backend.usage().ready < 2:
            until(lambda: backend.usage().ready >= 2)
        one, other = backend.allocate(), backend.allocate()
        backend.set_remote(one.handle, RemoteMedia(rtp=alice.rtp))
        backend.set_remote(other.handle, RemoteMedia(rtp=bob.rtp))
        backend.pair(one.handle, other.handle)
        backend.watch(one.handle, 100.0)
        alice.send((BIND_HOST, one.rtp_port), rtp())
        backend.release(one.handle)
        backend.release(other.handle)
    until(lambda: backend.usage().quarantined == 0)
    assert backend.usage().in_use == 0


def test_ipv6_relays_and_refuses_ipv4(make: Callable[..., MediaBackend], parties: Callable[..., Party]) -> None:
    call = Call(make(bind_host="::1", first_port=41000, last_port=41099), parties, host="::1", our_host="::1")
    call.alice.send(call.alice_rtp, rtp())
    assert call.bob.receive() == (rtp(), call.bob_rtp[1])
    assert call.backend.counters(call.to_alice).source == call.alice.rtp
    with pytest.raises(AddressRefused, match="not a numeric IPv6"):
        call.backend.set_remote(call.to_bob, RemoteMedia(rtp=("127.0.0.1", 4000)))


@pytest.mark.parametrize(("bind_host", "host"), [("0.0.0.0", loopback_host(2)), ("::", "::1")], ids=["IPv4", "IPv6"])
def test_a_wildcard_bind_survives_connecting_and_learning_again(
    make: Callable[..., MediaBackend], parties: Callable[..., Party], bind_host: str, host: str
) -> None:
    our_host = "::1" if ":" in host else BIND_HOST
    call = Call(make(bind_host=bind_host, first_port=42000, last_port=42399), parties, host=host, our_host=our_host)
    for turn in range(3):
        call.alice.send(call.alice_rtp, rtp(turn))
        assert call.bob.receive()[0] == rtp(turn)
        call.backend.set_remote(call.to_alice, RemoteMedia(rtp=call.alice.rtp, signalling_host=host), relearn=True)
        call.bob.send(call.bob_rtp, rtp(turn))
        assert call.alice.receive()[0] == rtp(turn)


# --- counters ------------------------------------------------------------------------------------------------------------


def test_counters_tell_in_from_out(call: Call) -> None:
    for sequence in range(10):
        call.alice.send(call.alice_rtp, rtp(sequence, ssrc=0xA11CE))
        call.bob.receive()
    call.alice.send_rtcp(call.alice_rtcp, rtcp())
    call.bob.receive_rtcp()
    backend = call.backend
    until(lambda: backend.counters(call.to_bob).rtcp_out == 1)
    ours, theirs = backend.counters(call.to_alice), backend.counters(call.to_bob)
    assert (ours.packets_in, ours.bytes_in, ours.packets_out, ours.rtcp_in, ours.ssrc) == (10, 1720, 0, 1, 0xA11CE)
    assert (theirs.packets_out, theirs.bytes_out, theirs.packets_in, theirs.rtcp_out, theirs.ssrc) == (
        10,
        1720,
        0,
        1,
        None,
    )
    assert ours.source == call.alice.rtp
    assert ours.last_received_at is not None
    assert theirs.last_received_at is None


LOSSES = [
    pytest.param([1, 2, 3, 4], 0, id="none"),
    pytest.param([1, 2, 5, 6], 2, id="gap"),
    pytest.param([65534, 65535, 1, 2], 1, id="across-the-wrap"),
    pytest.param([1, 3, 2, 4], 0, id="reordered"),
    pytest.param([1, 2, 2, 3], -1, id="duplicate"),
    pytest.param([1, 2, 30000, 3], 0, id="one-far-off"),
    pytest.param([1, 2, 4, 30000, 30001, 30002], 1, id="restart-keeps-earlier-loss"),
]


@pytest.mark.parametrize(("sequences", "lost"), LOSSES)
def test_loss_is_counted_by_sequence(call: Call, sequences: list[int], lost: int) -> None:
    for sequence in sequences:
        call.alice.send(call.alice_rtp, rtp(sequence))
    until(lambda: call.backend.counters(call.to_alice).packets_in == len(sequences))
    assert call.backend.counters(call.to_alice).lost == lost


def test_loss_is_kept_over_a_change_of_ssrc(call: Call) -> None:
    for sequence, ssrc in ((1, 1), (4, 1), (900, 2), (902, 2)):
        call.alice.send(call.alice_rtp, rtp(sequence, ssrc=ssrc))
    until(lambda: call.backend.counters(call.to_alice).packets_in == 4)
    counters = call.backend.counters(call.to_alice)
    assert (counters.lost, counters.ssrc) == (3, 2)


def jitter_of(call: Call, timestamps: list[int], clock_hz: int = 8000) -> float:
    """Sent at once, so the transit differs by the timestamps alone, but for the milliseconds the test takes."""
    call.backend.set_remote(
        call.to_alice, RemoteMedia(rtp=call.alice.rtp, signalling_host=call.alice.host, clock_hz=clock_hz)
    )
    for sequence, timestamp in enumerate(timestamps):
        call.alice.send(call.alice_rtp, rtp(sequence, timestamp))
    until(lambda: call.backend.counters(call.to_alice).packets_in == len(timestamps))
    return call.backend.counters(call.to_alice).jitter_ms


def test_jitter_is_the_mean_deviation_over_sixteen(call: Call) -> None:
    # One step of 8000 units = 1 s early: 1000 ms / 16.
    assert jitter_of(call, [0, 8000]) == pytest.approx(62.5, abs=3)


def test_jitter_uses_the_clock_it_is_told(call: Call) -> None:
    assert jitter_of(call, [0, 48000], clock_hz=48000) == pytest.approx(62.5, abs=3)


def test_jitter_survives_the_wrap_of_timestamps(call: Call) -> None:
    assert jitter_of(call, [0xFFFFFFFF - 79, 80, 240, 400]) < 10


def test_updates_of_a_telephone_event_are_no_jitter(call: Call) -> None:
    assert jitter_of(call, [8000] * 20) == 0


# --- silence -------------------------------------------------------------------------------------------------------------


def events_of(backend: MediaBackend, kind: type) -> list[object]:
    return [event for event in backend.take_events() if isinstance(event, kind)]


def wait_for_silence(backend: MediaBackend) -> Silent:
    found: list[object] = []

    def silent() -> bool:
        select.select([backend.fileno()], [], [], 0.1)
        found.extend(events_of(backend, Silent))
        return bool(found)

    until(silent)
    assert len(found) == 1
    event = found[0]
    assert isinstance(event, Silent)
    return event


def test_silence_is_reported_once_for_the_silent_stream(call: Call) -> None:
    call.alice.send(call.alice_rtp, rtp())
    call.bob.receive()
    call.backend.watch(call.to_alice, 0.15)
    event = wait_for_silence(call.backend)
    assert event.handle == call.to_alice
    assert 0.15 <= event.silent_s < 5
    call.backend.watch(call.to_bob, 0.15)
    assert wait_for_silence(call.backend).handle == call.to_bob


def test_a_stream_that_never_received_falls_silent_too(call: Call) -> None:
    call.backend.watch(call.to_alice, 0.1)
    assert wait_for_silence(call.backend).handle == call.to_alice


@pytest.mark.parametrize("kind", ["rtp", "rtcp"])
def test_traffic_keeps_a_stream_from_falling_silent(call: Call, kind: str) -> None:
    """RTCP alone too: phones with silence suppression send nothing else while nobody speaks."""
    backend = call.backend
    call.alice.send(call.alice_rtp, rtp())
    call.bob.receive()
    backend.watch(call.to_alice, 0.3)
    backend.watch(call.to_bob, 0.6)  # the clock of this test: Bob never sends
    silent: list[object] = []
    while not silent:
        if kind == "rtp":
            call.alice.send(call.alice_rtp, rtp())
        else:
            call.alice.send_rtcp(call.alice_rtcp, rtcp())
        select.select([backend.fileno()], [], [], 0.05)
        silent.extend(events_of(backend, Silent))
    assert [event.handle for event in silent if isinstance(event, Silent)] == [call.to_bob]


def test_a_strangers_packets_do_not_keep_a_stream_alive(call: Call, parties: Callable[..., Party]) -> None:
    mallory = parties(loopback_host(66))
    call.backend.watch(call.to_alice, 0.2)
    silent: list[object] = []

    def falls_silent() -> bool:
        mallory.send(call.alice_rtp, rtp())
        select.select([call.backend.fileno()], [], [], 0.02)
        silent.extend(events_of(call.backend, Silent))
        return bool(silent)

    until(falls_silent)


def test_watching_can_be_switched_off_and_counts_from_the_call_of_watch(call: Call) -> None:
    call.backend.watch(call.to_alice, 0.1)
    call.backend.watch(call.to_alice, None)
    call.backend.watch(call.to_bob, 0.3)
    assert wait_for_silence(call.backend).handle == call.to_bob


def test_events_of_a_released_stream_are_not_told(call: Call) -> None:
    call.alice.send(call.alice_rtp, rtp())
    call.bob.receive()
    call.backend.release(call.to_alice)
    assert call.backend.take_events() == []


def test_the_descriptor_is_readable_only_while_there_are_events(call: Call) -> None:
    assert not select.select([call.backend.fileno()], [], [], 0)[0]
    call.alice.send(call.alice_rtp, rtp())
    assert select.select([call.backend.fileno()], [], [], 5)[0]
    assert len(call.backend.take_events()) == 1
    assert not select.select([call.backend.fileno()], [], [], 0)[0]
