"""The scripted phone of `tests.support.wire_phone` over TCP: it connects, and speaks of the port that it connected from.

One that `listens` names another port in its Contact and Via, and takes a connection there (`takes_connection`).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping

from engine.sip.flow import Flow
from engine.sip.message import SipRequest, SipResponse
from engine.sip.parser import parse_message
from engine.sip.stream import Stream
from tests.support.pbx import NO_EXTRA, Phone, sdp
from tests.support.wire_phone import LOOPBACK, PATIENCE_S, WirePhone


class StreamPhone(WirePhone):
    """Scripted, over TCP. Use as a context manager."""

    def __init__(self, number: str, server_port: int, host: str = LOOPBACK, *, listens: bool = False) -> None:
        self.server = (host, server_port)
        self.sources = []
        self._plain_host = host
        self._door: socket.socket | None = None
        if listens:
            self._door = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
            self._door.setblocking(False)
        self._socket = socket.create_connection(self.server, source_address=(host, 0))
        self._begin()
        port = (self._door or self._socket).getsockname()[1]
        Phone.__init__(self, self, number, f"[{host}]" if ":" in host else host, port)

    def _begin(self) -> None:
        self._socket.setblocking(False)
        self._stream = Stream()
        self._ready: list[bytes] = []

    def reconnect(self) -> None:
        """Another connection, the old one ended."""
        self._socket.close()
        self._socket = socket.create_connection(self.server, source_address=(self._plain_host, 0))
        self._begin()

    async def takes_connection(self) -> None:
        """Go on with a connection that the server opens to us."""
        assert self._door is not None
        accepted, _ = await asyncio.wait_for(asyncio.get_running_loop().sock_accept(self._door), PATIENCE_S)
        self._socket.close()
        self._socket = accepted
        self._begin()

    @property
    def local_port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    def request(
        self,
        method: str,
        uri: str,
        *,
        to: str | None = None,
        call_id: str | None = None,
        cseq: int = 1,
        body: bytes = b"",
        extra: Mapping[str, str] = NO_EXTRA,
    ) -> SipRequest:
        request = super().request(method, uri, to=to, call_id=call_id, cseq=cseq, body=body, extra=extra)
        request.headers.replace("Via", f"SIP/2.0/TCP {self.host}:{self.port};branch={self.branch()};rport")
        request.headers.replace("Contact", self.contact)
        return request

    @property
    def contact(self) -> str:
        return f"<sip:{self.number}@{self.host}:{self.port};transport=tcp>"

    def authorized(self, request: SipRequest, challenge: SipResponse, *, algorithm: str = "MD5") -> SipRequest:
        again = super().authorized(request, challenge, algorithm=algorithm)
        again.headers.replace("Via", f"SIP/2.0/TCP {self.host}:{self.port};branch={self.branch()};rport")
        return again

    def answered(self, request: SipRequest, body: bytes = b"", status: int = 200) -> SipResponse:
        response = super().answered(request, body, status)
        if status < 300:
            response.headers.replace("Contact", self.contact)
        return response

    def deliver(self, data: bytes, flow: Flow) -> None:
        self._socket.setblocking(True)
        self._socket.sendall(data)
        self._socket.setblocking(False)

    async def hear_bytes(self) -> bytes:
        """What comes next, whatever it is; empty at the end."""
        return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self._socket, 65536), PATIENCE_S)

    async def hear(self) -> SipRequest | SipResponse:
        while True:
            while not self._ready:
                data = await self.hear_bytes()
                assert data, f"{self.number}: the server has ended the connection"
                self._ready += self._stream.receive(data)
            message = parse_message(self._ready.pop(0))
            if isinstance(message, SipResponse) and message.status == 100:
                continue
            return message

    async def calls(self, number: str) -> SipRequest:
        first = self.request(
            "INVITE", f"sip:{number}@acme.example", call_id=f"i{self.branch()}", body=sdp(4000, LOOPBACK)
        )
        self.send(first)
        challenge = await self.hears(401)
        self.send(self.ack(first, challenge))
        again = self.authorized(first, challenge)
        self.send(again)
        return again

    def close(self) -> None:
        self._socket.close()
        if self._door is not None:
            self._door.close()
