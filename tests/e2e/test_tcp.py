"""Phones by TCP: with real audio to a phone by UDP, changes of the listener under calls, large requests, and hostile connections."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import struct
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.office import ADA, GRACE, RADIA, Office
from tests.support.hearing import assert_hears
from tests.support.phone import Phone, Stack
from tests.support.phone_bare import BarePhone
from tests.support.ports import LOOPBACK
from tests.support.sipp import SippRun

PAIRS = [(Stack.PJSIP, Stack.BARESIP), (Stack.BARESIP, Stack.PJSIP), (Stack.PJSIP, Stack.PJSIP)]
EACH_PAIR = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0].value}-and-{pair[1].value}")
ADA_HZ, GRACE_HZ = 440, 1000
LISTEN_S = 1.5


@pytest.fixture
def tcp_office(office: Office) -> Office:
    """The office with a TCP listener on the port of the UDP one."""
    office.site.add_tcp_listener()
    wait_for_listeners(office, 2)
    return office


def wait_for_listeners(office: Office, count: int) -> None:
    office.site.wait_for("listeners", lambda found: len(found) == count, f"{count} listeners")


def counter(office: Office, name: str) -> int:
    return int(json.loads(office.site.status())["engine"]["counters"].get(name, 0))


def assert_they_hear_each_other(office: Office, ada: Phone, grace: Phone, when: str) -> None:
    recordings = [phone.record(office.folder / f"{phone.name}-{when}.wav") for phone in (ada, grace)]
    time.sleep(LISTEN_S)
    for phone in (ada, grace):
        phone.stop_recording()
    for path, frequency_hz in zip(recordings, (GRACE_HZ, ADA_HZ), strict=True):
        assert_hears(path, frequency_hz, at_least_s=LISTEN_S - 0.5)


def play_tones(ada: Phone, grace: Phone, tone_file: Callable[[int], Path]) -> None:
    ada.play(tone_file(ADA_HZ))
    grace.play(tone_file(GRACE_HZ))


@EACH_PAIR
def test_a_phone_by_tcp_talks_with_one_by_udp(
    tcp_office: Office, pair: tuple[Stack, Stack], tone_file: Callable[[int], Path]
) -> None:
    ada = tcp_office.phone(pair[0], ADA, transport="tcp")
    grace = tcp_office.phone(pair[1], GRACE)
    by_listener = {item["number"]: item["listener"] for item in tcp_office.site.get("registrations")}
    assert by_listener == {ADA: "tcp-phones", GRACE: "phones"}
    play_tones(ada, grace, tone_file)
    tcp_office.connect(ada, grace, GRACE)
    assert_they_hear_each_other(tcp_office, ada, grace, "out")
    ada.forget_events()
    grace.forget_events()
    ada.hold()
    grace.wait_for("media", state="remote-hold")
    ada.wait_for("media", state="local-hold")
    # PJSIP settles on one codec by an UPDATE right after its hold; an INVITE that crosses it is refused (RFC 3311 §5.2).
    time.sleep(LISTEN_S / 2)
    ada.unhold()
    grace.wait_for("media", state="active")
    ada.wait_for("media", state="active")
    ada.hang_up()
    grace.wait_for_call("disconnected")
    ada.forget_events()
    grace.forget_events()
    tcp_office.connect(grace, ada, ADA)
    assert_they_hear_each_other(tcp_office, ada, grace, "in")
    grace.hang_up()
    ada.wait_for_call("disconnected")
    assert len(tcp_office.site.wait_for_cdrs(2)) == 2


def test_two_phones_by_tcp(tcp_office: Office, tone_file: Callable[[int], Path]) -> None:
    ada = tcp_office.phone(Stack.PJSIP, ADA, transport="tcp")
    grace = tcp_office.phone(Stack.BARESIP, GRACE, transport="tcp")
    play_tones(ada, grace, tone_file)
    tcp_office.connect(ada, grace, GRACE)
    assert_they_hear_each_other(tcp_office, ada, grace, "talk")
    grace.hang_up()
    ada.wait_for_call("disconnected")


def test_the_listener_comes_and_goes_under_calls(office: Office, tone_file: Callable[[int], Path]) -> None:
    """A call by UDP feels nothing of either; a call by TCP goes on over the listener that was removed, to its end."""
    grace, radia = office.phone(Stack.BARESIP, GRACE), office.phone(Stack.PJSIP, RADIA)
    office.connect(radia, grace, GRACE)
    office.site.add_tcp_listener()
    wait_for_listeners(office, 2)
    grace.hang_up()
    radia.wait_for_call("disconnected")
    grace.forget_events()
    ada = office.phone(Stack.PJSIP, ADA, transport="tcp")
    play_tones(ada, grace, tone_file)
    office.connect(ada, grace, GRACE)
    office.site.remove_tcp_listener()
    office.site.wait_for(
        "listeners", lambda found: any("draining" in str(item) for item in found), "a listener that drains"
    )
    assert_they_hear_each_other(office, ada, grace, "draining")
    grace.hang_up()
    ada.wait_for_call("disconnected")
    wait_for_listeners(office, 1)
    assert len(office.site.wait_for_cdrs(2)) == 2
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((LOOPBACK, office.site.sip_port), timeout=2)


def test_a_phone_that_is_killed_is_offline_at_once(tcp_office: Office) -> None:
    ada = tcp_office.phone(Stack.PJSIP, ADA, transport="tcp")
    grace = tcp_office.phone(Stack.PJSIP, GRACE)
    ada.kill()
    began = time.monotonic()
    grace.call(tcp_office.site.uri(ADA))
    assert grace.wait_for_call("disconnected").status == 480
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("transport", ["t1", "tn"])
def test_sipp_calls_over_one_connection_and_over_many(
    tcp_office: Office, sipp: str, tmp_path: Path, transport: str
) -> None:
    site = tcp_office.site
    calls = 3
    answers = SippRun(sipp, "uas_answers", tmp_path, remote=site.server, user=GRACE, calls=calls, transport=transport)
    with answers:
        answers.wait_until_listening()
        with BarePhone(site.account(GRACE, transport="tcp"), answers.port) as phone:
            assert phone.register().status == 200
        for _ in range(calls):
            with BarePhone(site.account(ADA, transport="tcp")) as phone:
                line = phone.credentials_for("INVITE", f"{site.uri(GRACE)}")
            keys = {"caller": ADA, "domain": site.account(ADA).domain, "credentials": line}
            caller = SippRun(sipp, "uac_talk", tmp_path, remote=site.server, user=GRACE, keys=keys, transport=transport)
            with caller:
                caller.finish().require(1)
        answers.finish().require(calls)
    assert len(site.wait_for_cdrs(calls)) == calls


@pytest.mark.parametrize("stack", [Stack.PJSIP, Stack.BARESIP])
def test_a_large_invite_reaches_a_phone_by_udp(tcp_office: Office, stack: Stack) -> None:
    """Its phone takes TCP on the port of UDP, or does not: it rings in either case."""
    grace = tcp_office.phone(stack, GRACE)
    for number, takes in enumerate((False, True)):
        if takes:
            grace.take_tcp()
        with BarePhone(tcp_office.site.account(ADA)) as ada:
            body = offer(ada, 1500)
            uri = f"sip:{GRACE}@{ada.account.domain}"
            line = ada.credentials_for("INVITE", uri)
            with ThreadPoolExecutor(1) as beside:
                answer = beside.submit(ada.request, "INVITE", uri, line, cseq=2, body=body)
                grace.wait_for_incoming()
                grace.answer(486)
                assert answer.result().status == 486
        assert counter(tcp_office, "large request tried by TCP") >= 1, number


def offer(phone: BarePhone, size: int) -> str:
    lines = [
        "v=0",
        f"o=- 1 1 IN IP4 {LOOPBACK}",
        "s=-",
        f"c=IN IP4 {LOOPBACK}",
        "t=0 0",
        f"m=audio {phone.port + 1} RTP/AVP 0",
        f"a=x-filler:{'x' * size}",
        "",
    ]
    return "\r\n".join(lines)


# Hostile connections, with a call beside them that goes on.


@pytest.fixture
def call_beside(tcp_office: Office, tone_file: Callable[[int], Path]) -> Callable[[], None]:
    """A call between a phone by TCP and one by UDP; the check that they still hear each other and can still hang up and call."""
    ada = tcp_office.phone(Stack.PJSIP, ADA, transport="tcp")
    grace = tcp_office.phone(Stack.PJSIP, GRACE)
    play_tones(ada, grace, tone_file)
    tcp_office.connect(ada, grace, GRACE)

    def check() -> None:
        assert_they_hear_each_other(tcp_office, ada, grace, "beside")
        ada.hang_up()
        grace.wait_for_call("disconnected")
        ada.forget_events()
        grace.forget_events()
        tcp_office.connect(grace, ada, ADA)
        grace.hang_up()
        ada.wait_for_call("disconnected")

    return check


def connect_to(office: Office, source: str = "127.0.0.9") -> socket.socket:
    return socket.create_connection((LOOPBACK, office.site.sip_port), timeout=2, source_address=(source, 0))


OPTIONS = (
    b"OPTIONS sip:office.example SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.9;branch=z9hG4bK%d;rport\r\nFrom: <sip:x@x>;tag=1\r\n"
    b"To: <sip:x@x>\r\nCall-ID: %d\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)


def test_a_flood_of_broken_segments(tcp_office: Office, call_beside: Callable[[], None]) -> None:
    chance = random.Random(5060)
    for number in range(300):
        data = bytearray(OPTIONS % (number, number))
        for _ in range(chance.randrange(8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        del data[chance.randrange(len(data)) :]
        with connect_to(tcp_office, f"127.0.1.{number % 200 + 1}") as peer:
            try:
                for at in range(0, len(data), 50):
                    peer.sendall(data[at : at + 50])
            except OSError:
                continue  # ended by the server, as it may
    call_beside()


def test_very_many_connections_of_one_source(tcp_office: Office, call_beside: Callable[[], None]) -> None:
    peers: list[socket.socket] = []
    try:
        for _ in range(1100):
            # One too many may be refused before it knows that it is connected.
            with contextlib.suppress(ConnectionResetError):
                peers.append(connect_to(tcp_office))
        deadline = time.monotonic() + 10
        while counter(tcp_office, "connection refused: too many from one source") < 76 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert counter(tcp_office, "connection refused: too many from one source") == 76
        call_beside()
    finally:
        for peer in peers:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()


def test_a_peer_that_never_reads(tcp_office: Office, call_beside: Callable[[], None]) -> None:
    with socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
        peer.settimeout(2)
        peer.connect((LOOPBACK, tcp_office.site.sip_port))
        deadline = time.monotonic() + 40
        number = 0
        while counter(tcp_office, "connection ended: the peer does not read") == 0:
            assert time.monotonic() < deadline
            try:
                for _ in range(100):
                    peer.sendall(OPTIONS % (number, number))
                    number += 1
                time.sleep(0.15)
            except OSError:
                time.sleep(0.1)
    call_beside()
