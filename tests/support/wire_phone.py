"""The scripted phone of `tests.support.pbx` over a real socket, and the little configuration that a real engine needs for it.

For tests of `engine.runtime`: the engine runs on the test's own loop, so waiting for a datagram is an `await`.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from typing import Self

from engine.config.extension import ExtensionConfig
from engine.config.listener import ListenerConfig
from engine.config.secret import SecretRef, Secrets
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.config.system import MediaConfig, SystemConfig
from engine.config.tenant import TenantConfig
from engine.sip.flow import Flow
from engine.sip.message import SipRequest, SipResponse
from engine.sip.parser import parse_message
from tests.support.pbx import Phone, sdp

PATIENCE_S = 5.0
SECRETS = Secrets("1", {SecretRef("env:P"): "secret"})
LOOPBACK = "127.0.0.1"


def snapshot(
    listeners: Iterable[ListenerConfig],
    media: MediaConfig,
    numbers: Iterable[str] = ("101", "102"),
    *,
    disabled: Iterable[str] = (),
    password: str = "env:P",
    drain_s: float = 14400.0,
) -> Snapshot:
    """One tenant `acme` with these extensions."""
    items = [
        ExtensionConfig(
            tenant="acme",
            name=f"e{number}",
            number=number,
            auth_user=number,
            password=SecretRef(password),
            enabled=number not in disabled,
        )
        for number in numbers
    ]
    tenant = TenantSnapshot.build([TenantConfig(name="acme", domain="acme.example"), *items])
    return Snapshot.build(system=SystemConfig(media=media, drain_s=drain_s), listeners=listeners, tenants=[tenant])


def listener(
    name: str, port: int, *, tenant: str | None = "acme", address: str | None = None, transport: str = "udp"
) -> ListenerConfig:
    return ListenerConfig(name=name, transport=transport, port=port, tenant=tenant, address=address)


class WirePhone(Phone):
    """Scripted, over UDP. `server`: where it sends to; use as a context manager."""

    def __init__(self, number: str, server_port: int, host: str = LOOPBACK) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((host, 0))
        self.server: tuple[str, int] = (host, server_port)
        super().__init__(self, number, f"[{host}]" if ":" in host else host, self._socket.getsockname()[1])
        self.sources: list[tuple[str, int]] = []
        """Where each message came from, oldest first."""

    def deliver(self, data: bytes, flow: Flow) -> None:
        self._socket.sendto(data, self.server)

    async def hear(self) -> SipRequest | SipResponse:
        """The next message, whatever it is; passes over 100."""
        loop = asyncio.get_running_loop()
        while True:
            data, source = await asyncio.wait_for(loop.sock_recvfrom(self._socket, 65536), PATIENCE_S)
            message = parse_message(data)
            if isinstance(message, SipResponse) and message.status == 100:
                continue
            self.sources.append(source[:2])
            return message

    async def hears(self, status: int) -> SipResponse:
        message = await self.hear()
        assert isinstance(message, SipResponse), f"{self.number} got {message!r}, waits for {status}"
        assert message.status == status, f"{self.number} got {message!r}, waits for {status}"
        return message

    async def asked(self, method: str) -> SipRequest:
        message = await self.hear()
        assert isinstance(message, SipRequest), f"{self.number} got {message!r}, waits for {method}"
        assert message.method == method, f"{self.number} got {message!r}, waits for {method}"
        return message

    async def registers(self, status: int = 200) -> SipResponse:
        first = self.request("REGISTER", "sip:acme.example", to=f"<sip:{self.number}@acme.example>")
        first.headers.replace("Call-ID", f"r{self.branch()}")
        self.send(first)
        challenge = await self.hear()
        assert isinstance(challenge, SipResponse)
        if challenge.status != 401:
            assert challenge.status == status
            return challenge
        self.send(self.authorized(first, challenge))
        return await self.hears(status)

    async def calls(self, number: str) -> SipRequest:
        """Send an INVITE with credentials: what was sent."""
        first = self.request(
            "INVITE", f"sip:{number}@acme.example", call_id=f"i{self.branch()}", body=sdp(4000, LOOPBACK)
        )
        self.send(first)
        again = self.authorized(first, await self.hears(401))
        self.send(again)
        return again

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


async def connect(caller: WirePhone, callee: WirePhone) -> tuple[SipRequest, SipResponse, SipRequest]:
    """An answered call: the caller's INVITE, its 200, and the INVITE that the called phone got."""
    invite = await caller.calls(callee.number)
    incoming = await callee.asked("INVITE")
    callee.answer(incoming, 200, sdp(4002, LOOPBACK))
    await callee.asked("ACK")
    answer = await caller.hears(200)
    caller.send(caller.ack(invite, answer))
    return invite, answer, incoming
