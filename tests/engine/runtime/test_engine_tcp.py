"""The whole engine with phones that come by TCP: registration, calls, lost connections, large requests, and changes of listeners."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from engine.config.snapshot import Snapshot
from engine.errors import PrepareRefused
from engine.sip.message import SipRequest
from engine.sip.parser import parse_message
from tests.engine.runtime.test_engine import Place, eventually, running
from tests.support.pbx import sdp
from tests.support.stream_phone import StreamPhone
from tests.support.wire_phone import LOOPBACK, SECRETS, WirePhone, connect, listener


def run(story: Callable[[Place], Awaitable[None]], folder: Path, host: str = LOOPBACK) -> None:
    async def main() -> None:
        async with running(folder, host) as place:
            await place.engine.apply(both(place), SECRETS)
            await story(place)

    asyncio.run(main())


def both(place: Place) -> Snapshot:
    return place.config(listener("main", place.port), listener("stream", place.port, transport="tcp"))


@pytest.mark.parametrize("host", [LOOPBACK, "::1"])
def test_a_call_between_tcp_and_udp(tmp_path: Path, host: str) -> None:
    async def story(place: Place) -> None:
        with StreamPhone("101", place.port, host) as ada, WirePhone("102", place.port, host) as grace:
            await ada.registers()
            await grace.registers()
            invite, answer, incoming = await connect(ada, grace)
            assert "transport" not in incoming.contacts[0].uri_text
            assert answer.contacts[0].uri.transport == "tcp"
            assert (answer.headers.first("Via") or "").startswith("SIP/2.0/TCP")
            ada.send(ada.in_dialog("BYE", invite, answer))
            await ada.hears(200)
            grace.answer(await grace.asked("BYE"), 200)
            _, _, incoming = await connect(grace, ada)
            assert incoming.top_via.transport == "TCP"
            assert incoming.contacts[0].uri.transport == "tcp"
            ada.send(ada.in_callee_dialog("BYE", incoming))
            await ada.hears(200)
            grace.answer(await grace.asked("BYE"), 200)
            await eventually(lambda: not place.engine.calls())

    run(story, tmp_path, host)


def counter(place: Place, name: str) -> int:
    return dict(place.engine.engine().counters).get(name, 0)


async def talk(caller: WirePhone, callee: WirePhone) -> None:
    """A call that the caller ends."""
    invite, answer, _ = await connect(caller, callee)
    caller.send(caller.in_dialog("BYE", invite, answer))
    callee.answer(await callee.asked("BYE"), 200)
    await caller.hears(200)


def test_both_listeners_are_shown(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        assert [(view.name, view.transport, view.bound) for view in place.engine.listeners()] == [
            ("main", "udp", f"{LOOPBACK}:{place.port}"),
            ("stream", "tcp", f"{LOOPBACK}:{place.port}"),
        ]
        with StreamPhone("101", place.port) as ada:
            await ada.registers()
            (view,) = place.engine.registrations()
            assert [view.connections for view in place.engine.listeners()] == [None, 1]
            assert (view.listener, view.source) == ("stream", f"{LOOPBACK}:{ada.local_port}")

    run(story, tmp_path)


def test_bytes_one_by_one_and_messages_glued(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        with StreamPhone("101", place.port) as ada:
            options = [ada.request("OPTIONS", "sip:acme.example", call_id=f"o{i}") for i in range(5)]
            glued = b"\r\n".join([one.to_bytes() for one in options])
            ada.deliver(glued, ada.flow)
            assert [(await ada.hears(200)).call_id for _ in options] == [f"o{i}" for i in range(5)]
            for at in range(len(glued)):
                ada.deliver(glued[at : at + 1], ada.flow)
                await asyncio.sleep(0)
            assert [(await ada.hears(200)).call_id for _ in options] == [f"o{i}" for i in range(5)]

    run(story, tmp_path)


def test_a_ping_is_answered_and_a_pong_is_not(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        with StreamPhone("101", place.port) as ada:
            ada.deliver(b"\r\n\r\n", ada.flow)
            assert await ada.hear_bytes() == b"\r\n"
            ada.deliver(b"\r\n", ada.flow)
            await ada.registers()

    run(story, tmp_path)


@pytest.mark.parametrize(
    ("header", "status", "reason"),
    [
        ("", 400, "no Content-Length"),
        ("Content-Length: -1\r\n", 400, "unusable Content-Length"),
        ("Content-Length: 99999999999\r\n", 513, "message too long"),
    ],
)
def test_what_cannot_be_framed_is_answered_and_ends_the_connection(
    tmp_path: Path, header: str, status: int, reason: str
) -> None:
    async def story(place: Place) -> None:
        with StreamPhone("101", place.port) as ada:
            head = (
                ada.request("OPTIONS", "sip:acme.example").to_bytes().decode().replace("Content-Length: 0\r\n", header)
            )
            ada.deliver(head.encode(), ada.flow)
            await ada.hears(status)
            assert await ada.hear_bytes() == b""
            assert counter(place, f"connection ended: {reason}") == 1

    run(story, tmp_path)


def test_what_is_not_sip_ends_the_connection(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        with StreamPhone("101", place.port) as ada:
            ada.deliver(b"GET / HTTP/1.1\r\nHost: pbx\r\n\r\n", ada.flow)
            assert await ada.hear_bytes() == b""
            assert counter(place, "connection ended: not SIP") == 1

    run(story, tmp_path)


def test_a_phone_behind_nat_is_offline_when_its_connection_ends(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        with StreamPhone("101", place.port) as ada, WirePhone("102", place.port) as grace:
            ada.host = "192.168.7.7"
            await ada.registers()
            await grace.registers()
            ada.reconnect()
            await eventually(lambda: len(place.engine.registrations()) == 1)
            assert counter(place, "registrations disconnected") == 1
            await grace.calls("101")
            await grace.hears(480)
            await ada.registers()
            await talk(grace, ada)

    run(story, tmp_path)


def test_a_phone_that_listens_is_called_at_its_contact_when_its_connection_ends(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        with StreamPhone("101", place.port, listens=True) as ada, WirePhone("102", place.port) as grace:
            await ada.registers()
            await grace.registers()
            ada.reconnect()
            await asyncio.sleep(0.05)
            assert len(place.engine.registrations()) == 2
            invite = await grace.calls("101")
            await ada.takes_connection()
            incoming = await ada.asked("INVITE")
            ada.answer(incoming, 200, sdp(4002, LOOPBACK))
            await ada.asked("ACK")
            answer = await grace.hears(200)
            grace.send(grace.ack(invite, answer))
            # The connection that the server opened serves the phone's own requests too.
            ada.send(ada.in_callee_dialog("BYE", incoming))
            await ada.hears(200)
            grace.answer(await grace.asked("BYE"), 200)
            # And the next call goes by it again.
            await talk(grace, ada)

    run(story, tmp_path)


def test_a_call_fails_at_once_when_nobody_listens_at_the_contact(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        with StreamPhone("101", place.port, listens=True) as ada, WirePhone("102", place.port) as grace:
            await ada.registers()
            await grace.registers()
        with WirePhone("102", place.port) as grace:
            await grace.calls("101")
            async with asyncio.timeout(2):
                await grace.hears(480)
            assert counter(place, "request not sent") == 1

    run(story, tmp_path)


def test_a_call_fails_at_once_when_the_phone_ends_its_connection_instead_of_answering(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        with StreamPhone("101", place.port) as ada, WirePhone("102", place.port) as grace:
            await ada.registers()
            await grace.registers()
            await grace.calls("101")
            await ada.asked("INVITE")
            ada.close()
            async with asyncio.timeout(2):
                await grace.hears(480)

    run(story, tmp_path)


def test_a_response_goes_to_the_via_when_the_connection_of_its_request_has_ended(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        with StreamPhone("101", place.port, listens=True) as ada, WirePhone("102", place.port) as grace:
            await ada.registers()
            await grace.registers()
            await ada.calls("102")
            incoming = await grace.asked("INVITE")
            ada.reconnect()
            await asyncio.sleep(0.05)
            grace.answer(incoming, 486)
            await ada.takes_connection()
            await ada.hears(486)
            assert counter(place, "response sent over a new connection") >= 1

    run(story, tmp_path)


def test_a_bye_finds_the_phone_over_the_connection_that_it_spoke_by_last(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        with StreamPhone("101", place.port) as ada, WirePhone("102", place.port) as grace:
            await ada.registers()
            await grace.registers()
            invite, answer, incoming = await connect(ada, grace)
            ada.reconnect()
            ada.send(ada.in_dialog("INFO", invite, answer, cseq=20))
            await ada.hears(200)
            grace.send(grace.in_callee_dialog("BYE", incoming))
            await grace.hears(200)
            ada.answer(await ada.asked("BYE"), 200)

    run(story, tmp_path)


# Large requests (RFC 3261 §18.1.1).

LONG = "x" * 1400


async def calls_at_length(caller: WirePhone, number: str) -> SipRequest:
    """An INVITE whose offer makes the one to the phone larger than a datagram should be."""
    body = sdp(4000, LOOPBACK) + f"a=x:{LONG}\r\n".encode()
    first = caller.request("INVITE", f"sip:{number}@acme.example", call_id=f"i{caller.branch()}", body=body)
    caller.send(first)
    again = caller.authorized(first, await caller.hears(401))
    caller.send(again)
    return again


def test_a_large_request_goes_by_tcp_to_a_phone_that_takes_it(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        with WirePhone("101", place.port) as ada, WirePhone("102", place.port) as grace:
            await ada.registers()
            await grace.registers()
            with socket.create_server((LOOPBACK, grace.port)) as door:
                door.setblocking(False)
                invite = await calls_at_length(ada, "102")
                loop = asyncio.get_running_loop()
                taken, _ = await asyncio.wait_for(loop.sock_accept(door), 5)
                with taken:
                    data = await asyncio.wait_for(loop.sock_recv(taken, 65536), 5)
                    assert data.startswith(b"INVITE sip:102@")
                    assert f"Via: SIP/2.0/TCP {LOOPBACK}:{place.port};".encode() in data
                    incoming = parse_message(data)
                    assert isinstance(incoming, SipRequest)
                    await loop.sock_sendall(taken, grace.answered(incoming, status=180).to_bytes())
                    await ada.hears(180)
                    # In the dialog it is a phone by UDP as before.
                    await loop.sock_sendall(taken, grace.answered(incoming, sdp(4000, LOOPBACK)).to_bytes())
                    await grace.asked("ACK")
                    answer = await ada.hears(200)
                    ada.send(ada.ack(invite, answer))
            ada.send(ada.in_dialog("BYE", invite, answer))
            grace.answer(await grace.asked("BYE"), 200)
            await ada.hears(200)
            assert counter(place, "large request tried by TCP") == 1
            assert counter(place, "large request sent by UDP after all") == 0

    run(story, tmp_path)


def test_a_large_request_goes_by_udp_at_once_where_tcp_is_refused(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        with WirePhone("101", place.port) as ada, WirePhone("102", place.port) as grace:
            await ada.registers()
            await grace.registers()
            for tried in (1, 1):  # the second time it is known
                await calls_at_length(ada, "102")
                async with asyncio.timeout(0.8):
                    incoming = await grace.asked("INVITE")
                assert incoming.top_via.transport == "UDP"
                grace.answer(incoming, 486)
                await grace.asked("ACK")
                await ada.hears(486)
                assert counter(place, "large request tried by TCP") == tried

    run(story, tmp_path)


def test_a_large_request_goes_by_udp_after_a_second_where_tcp_is_silent(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        with WirePhone("101", place.port) as ada, WirePhone("102", place.port) as grace:
            await ada.registers()
            await grace.registers()
            with socket.create_server((LOOPBACK, grace.port)):
                await calls_at_length(ada, "102")
                incoming = await grace.asked("INVITE")
                grace.answer(incoming, 486)
                await grace.asked("ACK")
                await ada.hears(486)

    run(story, tmp_path)


# Changes of the configuration.


def test_what_no_listener_can_send_fails_at_once(tmp_path: Path) -> None:
    """The only listener of a phone's transport is gone: no 32 s of waiting."""

    async def story(place: Place) -> None:
        with WirePhone("101", place.port) as ada, StreamPhone("102", place.port) as grace:
            await ada.registers()
            await grace.registers()
            invite, answer, _ = await connect(ada, grace)
            await place.engine.apply(place.config(listener("stream", place.port, transport="tcp")), SECRETS)
            ada.send(ada.in_dialog("BYE", invite, answer))
            grace.answer(await grace.asked("BYE"), 200)
            await ada.hears(200)
            await grace.calls("101")
            async with asyncio.timeout(2):
                await grace.hears(480)

    run(story, tmp_path)


def test_a_tcp_listener_comes_and_goes_under_calls(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        udp_only = place.config(listener("main", place.port))
        with StreamPhone("101", place.port) as ada, WirePhone("102", place.port) as grace:
            await ada.registers()
            await grace.registers()
            invite, answer, _ = await connect(ada, grace)
            assert [one.done for one in await place.engine.apply(udp_only, SECRETS)] == [False]
            (draining,) = [view for view in place.engine.listeners() if view.is_draining]
            assert draining.name == "stream"
            # No new work by it, but the call goes on to its end.
            ada.send(ada.request("REGISTER", "sip:acme.example", call_id="again"))
            await ada.hears(503)
            ada.send(ada.in_dialog("BYE", invite, answer))
            grace.answer(await grace.asked("BYE"), 200)
            await ada.hears(200)
            assert await ada.hear_bytes() == b""
            assert len(place.engine.listeners()) == 1
            await eventually(lambda: len(place.engine.registrations()) == 1)
            await place.engine.apply(both(place), SECRETS)
            ada.reconnect()
            await ada.registers()
            await talk(grace, ada)

    run(story, tmp_path)


def test_a_tcp_listener_that_stays_keeps_its_connections(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        with StreamPhone("101", place.port) as ada, WirePhone("102", place.port) as grace:
            await ada.registers()
            await grace.registers()
            renamed = place.config(listener("main", place.port), listener("flow", place.port, transport="tcp"))
            assert await place.engine.apply(renamed, SECRETS) == []
            await talk(grace, ada)
            assert {view.listener for view in place.engine.registrations()} == {"main", "flow"}

    run(story, tmp_path)


def test_a_port_that_is_taken_refuses_the_change(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        with socket.create_server((LOOPBACK, 0)) as other:
            taken = place.config(listener("x", other.getsockname()[1], transport="tcp"))
            with pytest.raises(PrepareRefused, match="can't listen on tcp"):
                await place.engine.apply(taken, SECRETS)
            assert len(place.engine.listeners()) == 2

    run(story, tmp_path)


def test_after_a_restart_a_phone_that_listens_is_called_at_its_contact(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as place:
            await place.engine.apply(both(place), SECRETS)
            place.engine.open_records()
            ada = StreamPhone("101", place.port, listens=True)
            nat = StreamPhone("102", place.port)
            await ada.registers()
            await nat.registers()
        nat.close()
        with ada:
            async with running(tmp_path) as place:
                await place.engine.apply(both(place), SECRETS)
                assert [view.number for view in place.engine.registrations()] == ["101"]
                with WirePhone("102", place.port) as grace:
                    await grace.registers()
                    await grace.calls("101")
                    await ada.takes_connection()
                    ada.answer(await ada.asked("INVITE"), 486)
                    await ada.asked("ACK")
                    await grace.hears(486)

    asyncio.run(main())
