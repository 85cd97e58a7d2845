"""The contract of `MediaBackend`, second part: whose packets are taken, before and after the source is learnt.

Bob's stream shows what was sent to Alice's party and what was let through. Mallory is on a host of her own; `stray` is on a
host of Alice's, but another port.
"""

from __future__ import annotations

import select
from collections.abc import Callable

import pytest

from engine.media.backend import Address, Learnt, MediaBackend, RemoteMedia
from tests.support.media_call import BIND_HOST, Call
from tests.support.rtp_party import Party, loopback_host, rtcp, rtp, until

MakeBackend = Callable[..., MediaBackend]
MakeParty = Callable[..., Party]

PRIVATE_HOST = loopback_host(99)
"""What a phone behind NAT announces; nobody is there in most tests."""


def learnt(call: Call) -> list[Address]:
    """The sources Alice's stream told to have learnt since last asked."""
    return [e.source for e in call.backend.take_events() if isinstance(e, Learnt) and e.handle == call.to_alice]


def strangers(call: Call) -> int:
    return call.backend.counters(call.to_alice).dropped.stranger


def wait_for_strangers(call: Call, count: int) -> None:
    until(lambda: strangers(call) == count)


def let_commands_apply(call: Call) -> None:
    """What was told before has been done when a packet sent after it comes out (and a connected socket drops no more)."""
    call.bob.send(call.bob_rtp, rtp(payload=b"barrier"))
    assert call.alice.receive()[0] == rtp(payload=b"barrier")


def announce(
    call: Call,
    rtp_address: Address | None,
    signalling_host: str,
    *,
    rtcp_address: Address | None = None,
    relearn: bool = False,
) -> None:
    call.backend.set_remote(
        call.to_alice,
        RemoteMedia(rtp=rtp_address, rtcp=rtcp_address, signalling_host=signalling_host),
        relearn=relearn,
    )


@pytest.fixture
def nat_call(make: MakeBackend, parties: MakeParty) -> Call:
    """Alice announces a private address, signals from her host."""
    call = Call(make(settle_s=0.2), parties)
    announce(call, (PRIVATE_HOST, 4000), call.alice.host)
    return call


# --- the announced address -----------------------------------------------------------------------------------------------


def test_nothing_is_accepted_before_an_announcement(make: MakeBackend, parties: MakeParty) -> None:
    backend, alice = make(), parties(loopback_host(2))
    stream = backend.allocate()
    alice.send((BIND_HOST, stream.rtp_port), rtp())
    alice.send_rtcp((BIND_HOST, stream.rtcp_port), rtcp())
    until(lambda: backend.counters(stream.handle).dropped.stranger == 2)


def test_the_announced_address_latches_at_its_first_packet(call: Call) -> None:
    call.alice.send(call.alice_rtp, rtp())
    call.bob.receive()
    assert select.select([call.backend.fileno()], [], [], 5)[0]
    assert learnt(call) == [call.alice.rtp]
    assert call.backend.counters(call.to_alice).source == call.alice.rtp


def test_garbage_and_rtcp_do_not_latch(call: Call) -> None:
    call.alice.send(call.alice_rtp, bytes(40))
    call.alice.send(call.alice_rtp, rtcp())
    call.bob.receive_rtcp()
    assert call.backend.counters(call.to_alice).source is None


def test_a_hijacker_elsewhere_never_latches_however_often_he_sends(call: Call, parties: MakeParty) -> None:
    mallory = parties(loopback_host(66))
    for sequence in range(100):
        mallory.send(call.alice_rtp, rtp(sequence, ssrc=6))
    wait_for_strangers(call, 100)
    call.bob.send(call.bob_rtp, rtp())
    assert call.alice.receive()[0] == rtp()
    assert mallory.has_nothing()
    assert call.bob.has_nothing()
    call.alice.send(call.alice_rtp, rtp())
    assert call.bob.receive()[0] == rtp()


def test_after_the_latch_a_hijacker_is_dropped(call: Call, parties: MakeParty) -> None:
    mallory, stray = parties(loopback_host(66)), parties(call.alice.host)
    call.alice.send(call.alice_rtp, rtp(1))
    call.bob.receive()
    for sequence in range(50):
        mallory.send(call.alice_rtp, rtp(sequence, ssrc=6))
        stray.send(call.alice_rtp, rtp(sequence, ssrc=7))
    call.alice.send(call.alice_rtp, rtp(2))
    assert call.bob.receive()[0] == rtp(2)
    call.bob.send(call.bob_rtp, rtp(3))
    assert call.alice.receive()[0] == rtp(3)
    assert call.bob.has_nothing()
    assert mallory.has_nothing()
    assert stray.has_nothing()


def test_strangers_that_waited_in_the_queue_before_the_latch_are_dropped_too(call: Call, parties: MakeParty) -> None:
    """`connect()` does not empty a socket's queue."""
    mallory = parties(loopback_host(66))
    for sequence in range(60):
        call.alice.send(call.alice_rtp, rtp(sequence))
        mallory.send(call.alice_rtp, rtp(sequence, ssrc=6))
    for sequence in range(60):
        assert call.bob.receive()[0] == rtp(sequence)
    assert call.bob.has_nothing()


# --- another port of the announced host ----------------------------------------------------------------------------------


def test_another_port_of_the_host_latches_after_25_in_sequence(call: Call, parties: MakeParty) -> None:
    stray = parties(call.alice.host)
    for sequence in range(24):
        stray.send(call.alice_rtp, rtp(sequence))
    wait_for_strangers(call, 24)
    assert call.bob.has_nothing()
    stray.send(call.alice_rtp, rtp(24))
    assert call.bob.receive()[0] == rtp(24)
    assert learnt(call) == [stray.rtp]
    call.bob.send(call.bob_rtp, rtp(1))
    assert stray.receive()[0] == rtp(1)


def test_the_announced_address_ends_the_probation_of_another_port(call: Call, parties: MakeParty) -> None:
    stray = parties(call.alice.host)
    for sequence in range(20):
        stray.send(call.alice_rtp, rtp(sequence, ssrc=7))
    wait_for_strangers(call, 20)
    call.alice.send(call.alice_rtp, rtp(1))
    assert call.bob.receive()[0] == rtp(1)
    for sequence in range(20, 60):
        stray.send(call.alice_rtp, rtp(sequence, ssrc=7))
    call.alice.send(call.alice_rtp, rtp(2))
    assert call.bob.receive()[0] == rtp(2)
    assert learnt(call) == [call.alice.rtp]


PROBATIONS_THAT_FAIL = [
    pytest.param([(n, n % 2) for n in range(60)], id="two-ssrcs"),
    pytest.param([(7, 1)] * 60, id="the-same-packet"),
    pytest.param([(n * 200, 1) for n in range(60)], id="jumps"),
    pytest.param([(-n, 1) for n in range(60)], id="backwards"),
]


@pytest.mark.parametrize("packets", PROBATIONS_THAT_FAIL)
def test_a_probation_wants_one_stream_in_sequence(
    call: Call, parties: MakeParty, packets: list[tuple[int, int]]
) -> None:
    stray = parties(call.alice.host)
    for sequence, ssrc in packets:
        stray.send(call.alice_rtp, rtp(sequence, ssrc=ssrc))
    wait_for_strangers(call, len(packets))
    assert learnt(call) == []


def test_two_sources_in_turn_pass_no_probation(call: Call, parties: MakeParty) -> None:
    one, other = parties(call.alice.host), parties(call.alice.host)
    for sequence in range(40):
        one.send(call.alice_rtp, rtp(sequence))
        other.send(call.alice_rtp, rtp(sequence))
    wait_for_strangers(call, 80)
    assert learnt(call) == []


def test_a_probation_bears_some_loss(call: Call, parties: MakeParty) -> None:
    stray = parties(call.alice.host)
    for sequence in range(0, 25 * 3, 3):
        stray.send(call.alice_rtp, rtp(65500 + sequence))
    assert call.bob.receive()[0] == rtp(65500 + 72)


# --- NAT -----------------------------------------------------------------------------------------------------------------


def test_behind_nat_the_signalling_host_latches_at_once(nat_call: Call) -> None:
    call = nat_call
    call.alice.send(call.alice_rtp, rtp(1))
    assert call.bob.receive()[0] == rtp(1)
    assert learnt(call) == [call.alice.rtp]
    call.bob.send(call.bob_rtp, rtp(2))
    assert call.alice.receive()[0] == rtp(2)


def test_behind_nat_any_other_host_stays_a_stranger(nat_call: Call, parties: MakeParty) -> None:
    call, mallory = nat_call, parties(loopback_host(66))
    for sequence in range(60):
        mallory.send(call.alice_rtp, rtp(sequence))
    wait_for_strangers(call, 60)
    assert learnt(call) == []


def test_the_announced_address_takes_over_from_a_provisional_latch(make: MakeBackend, parties: MakeParty) -> None:
    call = Call(make(settle_s=60.0), parties)
    real = parties(PRIVATE_HOST)
    announce(call, real.rtp, call.alice.host)
    call.alice.send(call.alice_rtp, rtp(1))
    call.bob.receive()
    real.send(call.alice_rtp, rtp(2))
    assert call.bob.receive()[0] == rtp(2)
    assert learnt(call) == [call.alice.rtp, real.rtp]
    call.alice.send(call.alice_rtp, rtp(3))
    real.send(call.alice_rtp, rtp(4))
    assert call.bob.receive()[0] == rtp(4)
    call.bob.send(call.bob_rtp, rtp(5))
    assert real.receive()[0] == rtp(5)


def test_a_provisional_latch_becomes_final(make: MakeBackend, parties: MakeParty) -> None:
    call = Call(make(settle_s=0.0), parties)
    real = parties(PRIVATE_HOST)
    announce(call, real.rtp, call.alice.host)
    call.alice.send(call.alice_rtp, rtp(1))
    call.bob.receive()
    for sequence in range(30):
        real.send(call.alice_rtp, rtp(sequence, ssrc=9))
    call.alice.send(call.alice_rtp, rtp(2))
    assert call.bob.receive()[0] == rtp(2)
    assert learnt(call) == [call.alice.rtp]


def test_a_quiet_provisional_latch_becomes_final_by_time(nat_call: Call, parties: MakeParty) -> None:
    """No packet of Alice's is needed: the kernel drops the others once the socket is connected, which nobody counts."""
    call, other = nat_call, parties(nat_call.alice.host)
    call.alice.send(call.alice_rtp, rtp(1))
    call.bob.receive()
    seen = 0

    def others_are_not_counted_any_more() -> bool:
        nonlocal seen
        before = strangers(call)
        other.send(call.alice_rtp, rtp())
        select.select([], [], [], 0.02)
        seen += 1
        return strangers(call) == before

    until(others_are_not_counted_any_more)
    assert seen > 1


def test_a_second_source_on_the_nat_host_is_a_stranger(make: MakeBackend, parties: MakeParty) -> None:
    call = Call(make(settle_s=60.0), parties)
    neighbour = parties(call.alice.host)
    announce(call, (PRIVATE_HOST, 4000), call.alice.host)
    call.alice.send(call.alice_rtp, rtp(1))
    call.bob.receive()
    neighbour.send(call.alice_rtp, rtp(2))
    wait_for_strangers(call, 1)


@pytest.mark.parametrize("signalling_host", ["", "phone.example.com", "2001:db8::1"])
def test_without_a_known_signalling_host_only_the_announced_address_latches(call: Call, signalling_host: str) -> None:
    announce(call, (PRIVATE_HOST, 4000), signalling_host)
    for sequence in range(30):
        call.alice.send(call.alice_rtp, rtp(sequence))
    wait_for_strangers(call, 30)


# --- hold and refusal ----------------------------------------------------------------------------------------------------


def test_nothing_is_sent_to_an_unspecified_address(call: Call) -> None:
    """RFC 3264 §8.4: the old form of hold. What Alice sends (music) is taken all the same."""
    announce(call, ("0.0.0.0", 4000), call.alice.host)
    call.alice.send(call.alice_rtp, rtp(1))
    assert call.bob.receive()[0] == rtp(1)
    call.bob.send(call.bob_rtp, rtp(2))
    call.bob.send_rtcp(call.bob_rtcp, rtcp())
    until(lambda: call.backend.counters(call.to_bob).dropped.no_peer == 2)
    assert call.alice.has_nothing()


@pytest.mark.parametrize("nothing", [None, (loopback_host(2), 0)])
def test_without_media_nothing_is_taken_and_nothing_sent(call: Call, nothing: Address | None) -> None:
    call.alice.send(call.alice_rtp, rtp(1))
    call.bob.receive()
    announce(call, nothing, call.alice.host)
    call.alice.send(call.alice_rtp, rtp(2))
    wait_for_strangers(call, 1)
    call.bob.send(call.bob_rtp, rtp(2))
    until(lambda: call.backend.counters(call.to_bob).dropped.no_peer == 1)
    assert call.alice.has_nothing()
    assert call.backend.counters(call.to_alice).source is None


# --- learning again ------------------------------------------------------------------------------------------------------


def test_the_same_announcement_again_changes_nothing(call: Call, parties: MakeParty) -> None:
    stray = parties(call.alice.host)
    call.alice.send(call.alice_rtp, rtp(1))
    call.bob.receive()
    announce(call, call.alice.rtp, call.alice.host)
    for sequence in range(30):
        stray.send(call.alice_rtp, rtp(sequence))
    call.alice.send(call.alice_rtp, rtp(2))
    assert call.bob.receive()[0] == rtp(2)
    assert learnt(call) == [call.alice.rtp]


def test_a_changed_address_makes_the_old_source_a_stranger_at_once(call: Call, parties: MakeParty) -> None:
    moved = parties(loopback_host(5))
    call.alice.send(call.alice_rtp, rtp(1))
    call.bob.receive()
    announce(call, moved.rtp, moved.host)
    call.alice.send(call.alice_rtp, rtp(2))
    wait_for_strangers(call, 1)
    call.bob.send(call.bob_rtp, rtp(3))
    assert moved.receive()[0] == rtp(3)
    moved.send(call.alice_rtp, rtp(4))
    assert call.bob.receive()[0] == rtp(4)
    assert call.alice.has_nothing()
    assert learnt(call) == [call.alice.rtp, moved.rtp]


def test_relearning_keeps_the_old_source_flowing_until_another_latches(call: Call, parties: MakeParty) -> None:
    stray, second = parties(call.alice.host), parties(call.alice.host)
    for sequence in range(25):
        stray.send(call.alice_rtp, rtp(sequence))
    call.bob.receive()
    announce(call, call.alice.rtp, call.alice.host, relearn=True)
    stray.send(call.alice_rtp, rtp(25))
    assert call.bob.receive()[0] == rtp(25)
    call.bob.send(call.bob_rtp, rtp(1))
    assert stray.receive()[0] == rtp(1)
    for sequence in range(25):
        second.send(call.alice_rtp, rtp(sequence, ssrc=8))
    assert call.bob.receive()[0] == rtp(24, ssrc=8)
    assert learnt(call) == [stray.rtp, second.rtp]


def test_relearning_lets_a_moved_nat_binding_in(nat_call: Call, parties: MakeParty) -> None:
    call, rebound = nat_call, parties(nat_call.alice.host)
    call.alice.send(call.alice_rtp, rtp(1))
    call.bob.receive()
    announce(call, (PRIVATE_HOST, 4000), call.alice.host, relearn=True)
    let_commands_apply(call)
    rebound.send(call.alice_rtp, rtp(2))
    assert call.bob.receive()[0] == rtp(2)
    assert learnt(call) == [call.alice.rtp, rebound.rtp]


def test_a_changed_signalling_host_learns_again_and_keeps_the_source(call: Call) -> None:
    call.alice.send(call.alice_rtp, rtp(1))
    call.bob.receive()
    announce(call, call.alice.rtp, loopback_host(9))
    call.bob.send(call.bob_rtp, rtp(2))
    assert call.alice.receive()[0] == rtp(2)
    call.alice.send(call.alice_rtp, rtp(3))
    assert call.bob.receive()[0] == rtp(3)
    assert learnt(call) == [call.alice.rtp, call.alice.rtp]


def test_learning_again_after_hold_works(call: Call) -> None:
    for turn in range(3):
        call.alice.send(call.alice_rtp, rtp(turn))
        assert call.bob.receive()[0] == rtp(turn)
        announce(call, ("0.0.0.0", 4000), call.alice.host)
        announce(call, call.alice.rtp, call.alice.host)
        call.bob.send(call.bob_rtp, rtp(turn))
        assert call.alice.receive()[0] == rtp(turn)


# --- RTCP ----------------------------------------------------------------------------------------------------------------


def test_rtcp_of_a_third_party_is_dropped(call: Call, parties: MakeParty) -> None:
    mallory = parties(loopback_host(66))
    mallory.send_rtcp(call.alice_rtcp, rtcp(ssrc=6))
    mallory.send(call.alice_rtp, rtcp(ssrc=6))
    wait_for_strangers(call, 2)
    call.alice.send_rtcp(call.alice_rtcp, rtcp())
    assert call.bob.receive_rtcp()[0] == rtcp()
    mallory.send_rtcp(call.alice_rtcp, rtcp(ssrc=6))
    call.alice.send_rtcp(call.alice_rtcp, rtcp(packet_type=203))
    assert call.bob.receive_rtcp()[0] == rtcp(packet_type=203)
    call.bob.send_rtcp(call.bob_rtcp, rtcp())
    assert call.alice.receive_rtcp()[0] == rtcp()


def test_rtcp_from_another_port_of_the_learnt_host_latches_and_stays(nat_call: Call, parties: MakeParty) -> None:
    call, second = nat_call, parties(nat_call.alice.host)
    call.alice.send_rtcp(call.alice_rtcp, rtcp())
    wait_for_strangers(call, 1)  # RTP is not learnt yet
    call.alice.send(call.alice_rtp, rtp())
    call.bob.receive()
    call.alice.send_rtcp(call.alice_rtcp, rtcp())
    call.bob.receive_rtcp()
    second.send_rtcp(call.alice_rtcp, rtcp(ssrc=9))
    call.alice.send_rtcp(call.alice_rtcp, rtcp(packet_type=203))
    assert call.bob.receive_rtcp()[0] == rtcp(packet_type=203)
    call.bob.send_rtcp(call.bob_rtcp, rtcp())
    assert call.alice.receive_rtcp()[0] == rtcp()
    assert second.has_nothing()


def test_without_nat_a_neighbour_on_the_phones_host_gets_no_rtcp(call: Call, parties: MakeParty) -> None:
    neighbour = parties(call.alice.host)
    call.alice.send(call.alice_rtp, rtp())
    call.bob.receive()
    neighbour.send_rtcp(call.alice_rtcp, rtcp(ssrc=6))
    wait_for_strangers(call, 1)
    call.alice.send_rtcp(call.alice_rtcp, rtcp())
    assert call.bob.receive_rtcp()[0] == rtcp()
    call.bob.send_rtcp(call.bob_rtcp, rtcp())
    assert call.alice.receive_rtcp()[0] == rtcp()
    assert neighbour.has_nothing()


def test_behind_nat_rtcp_goes_to_the_neighbour_of_the_learnt_port(nat_call: Call) -> None:
    call = nat_call
    call.alice.send(call.alice_rtp, rtp())
    call.bob.receive()
    call.bob.send_rtcp(call.bob_rtcp, rtcp())
    assert call.alice.receive_rtcp()[0] == rtcp()


def test_rtcp_is_forgotten_when_its_host_is_overruled(make: MakeBackend, parties: MakeParty) -> None:
    call = Call(make(settle_s=60.0), parties)
    real = parties(PRIVATE_HOST)
    announce(call, real.rtp, call.alice.host)
    call.alice.send(call.alice_rtp, rtp(1))
    call.bob.receive()
    call.alice.send_rtcp(call.alice_rtcp, rtcp())
    call.bob.receive_rtcp()
    real.send(call.alice_rtp, rtp(2))
    call.bob.receive()
    call.bob.send_rtcp(call.bob_rtcp, rtcp())
    assert real.receive_rtcp()[0] == rtcp()
    call.alice.send_rtcp(call.alice_rtcp, rtcp())
    wait_for_strangers(call, 1)


def test_a_changed_rtcp_address_alone_leaves_rtp_as_it_is(call: Call, parties: MakeParty) -> None:
    elsewhere = parties(loopback_host(7))
    call.alice.send(call.alice_rtp, rtp(1))
    call.bob.receive()
    call.alice.send_rtcp(call.alice_rtcp, rtcp())
    call.bob.receive_rtcp()
    announce(call, call.alice.rtp, call.alice.host, rtcp_address=elsewhere.rtcp)
    let_commands_apply(call)
    elsewhere.send_rtcp(call.alice_rtcp, rtcp(ssrc=9))
    assert call.bob.receive_rtcp()[0] == rtcp(ssrc=9)
    assert learnt(call) == [call.alice.rtp]
