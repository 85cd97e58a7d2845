"""A carrier on real sockets: a registrar that challenges and checks, and a server that answers calls as it is told.

It runs in a thread of its own; what it got stands in `got`. Use as a context manager.
"""

from __future__ import annotations

import socket
import threading
import time
from hashlib import md5, sha256

from engine.sip.digest import Algorithm, parse_authorization, response_digest
from engine.sip.errors import RemoteProtocolError
from engine.sip.headers import Headers
from engine.sip.message import SipRequest, SipResponse
from engine.sip.parser import parse_message
from engine.sip.response import response_to
from tests.support.pbx import sdp

POLL_S = 0.05


class CarrierServer:
    """`answer`: status for INVITEs, 0 = nothing at all; `password`: None = nothing is challenged; `algorithm`: of challenges.

    `grants_s`: what registrations are granted; `refuse_register`: status for REGISTERs instead.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, port))
        self._socket.settimeout(POLL_S)
        self.host, self.port = self._socket.getsockname()
        self.answer = 486
        self.user = "acct"
        self.password: str | None = None
        self.algorithm = Algorithm.MD5
        self.challenge_status = 401
        self.grants_s = 600
        self.refuse_register = 0
        self.silent = False
        self.retry_after = ""
        self.got: list[SipRequest] = []
        self.heard_of: set[str] = set()
        """Call-IDs of calls of ours that were answered anything but 100."""
        self.contact: str | None = None
        self._nonce = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"

    def count(self, method: str) -> int:
        return sum(request.method == method for request in self.got)

    def wait_for(self, method: str, count: int = 1, timeout: float = 10.0) -> SipRequest:
        """The `count`-th request of that method."""
        deadline = time.monotonic() + timeout
        while self.count(method) < count:
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"carrier {self.place}: no {method} number {count} within {timeout} s; got "
                    f"{[request.method for request in self.got]}"
                )
            time.sleep(POLL_S)
        return [request for request in self.got if request.method == method][count - 1]

    def send(self, message: SipRequest, to: tuple[str, int]) -> None:
        self._socket.sendto(message.to_bytes(), to)

    def calls_many(self, number: str, port: int, *, count: int, per_second: float) -> list[str]:
        """INVITEs to a number of the PBX on this machine; their Call-IDs."""
        call_ids: list[str] = []
        for index in range(count):
            mark = f"{self.port}x{time.monotonic_ns():x}x{index}"
            headers = Headers(
                [
                    ("Via", f"SIP/2.0/UDP {self.place};branch=z9hG4bK{mark};rport"),
                    ("Max-Forwards", "70"),
                    ("From", f"<sip:+4930123456@{self.host}>;tag={mark}"),
                    ("To", f"<sip:{number}@127.0.0.1>"),
                    ("Call-ID", mark),
                    ("CSeq", "1 INVITE"),
                    ("Contact", f"<sip:carrier@{self.place}>"),
                    ("Content-Type", "application/sdp"),
                ]
            )
            self.send(
                SipRequest("INVITE", f"sip:{number}@127.0.0.1:{port}", headers, sdp(self.port + 1, self.host)),
                ("127.0.0.1", port),
            )
            call_ids.append(mark)
            time.sleep(1 / per_second)
        return call_ids

    def close(self) -> None:
        self._ended.set()
        self._thread.join(5)
        self._socket.close()

    def __enter__(self) -> CarrierServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                data, source = self._socket.recvfrom(65536)
            except TimeoutError:
                continue
            except OSError:
                return
            try:
                message = parse_message(data)
            except RemoteProtocolError:
                continue
            if isinstance(message, SipResponse):
                if message.status > 100:
                    self.heard_of.add(message.call_id)
            else:
                message.stamp_source(source[0], source[1])
                self.got.append(message)
                if not self.silent:
                    self._take(message, source)

    def _take(self, request: SipRequest, source: tuple[str, int]) -> None:
        match request.method:
            case "ACK":
                return
            case "REGISTER":
                self._register(request, source)
            case "INVITE":
                self._invite(request, source)
            case "CANCEL":
                self._reply(request, 200, source)
                for invite in reversed(self.got):
                    if invite.method == "INVITE" and invite.call_id == request.call_id:
                        self._reply(invite, 487, source)
                        break
            case _:
                self._reply(request, 200, source)

    def _invite(self, request: SipRequest, source: tuple[str, int]) -> None:
        if self.answer == 0:
            return
        if request.to.tag is None and not self._is_proved(request):
            self._challenge(request, source)
            return
        self._reply(request, 100, source)
        if self.answer == 200:
            response = self._response(request, 200)
            response.headers.add("Contact", f"<sip:carrier@{self.place}>")
            response.headers.add("Content-Type", "application/sdp")
            response.body = sdp(self.port + 1, self.host, formats="0 101")
            self._socket.sendto(response.to_bytes(), source)
        elif self.answer != 100:
            self._reply(request, self.answer, source)

    def _register(self, request: SipRequest, source: tuple[str, int]) -> None:
        if self.refuse_register:
            self._reply(request, self.refuse_register, source)
            return
        if not self._is_proved(request):
            self._challenge(request, source)
            return
        wanted = request.expires or 0
        response = self._response(request, 200)
        contact = request.contacts[0]
        granted = min(wanted, self.grants_s)
        self.contact = contact.uri_text if granted else None
        if granted:
            response.headers.add("Contact", f"<{contact.uri_text}>;expires={granted}")
        self._socket.sendto(response.to_bytes(), source)

    def _is_proved(self, request: SipRequest) -> bool:
        if self.password is None:
            return True
        value = request.headers.first("Authorization") or request.headers.first("Proxy-Authorization")
        if value is None:
            return False
        given = parse_authorization(value)
        text = f"{self.user}:carrier:{self.password}".encode()
        ha1 = md5(text).hexdigest() if self.algorithm is Algorithm.MD5 else sha256(text).hexdigest()
        return (
            given.algorithm is self.algorithm
            and given.nonce == f"nonce-{self._nonce}"
            and given.uri == request.uri_text
            and given.response == response_digest(given, request.method, ha1, self.algorithm)
        )

    def _challenge(self, request: SipRequest, source: tuple[str, int]) -> None:
        self._nonce += 1
        response = self._response(request, self.challenge_status)
        name = "WWW-Authenticate" if self.challenge_status == 401 else "Proxy-Authenticate"
        value = f'Digest realm="carrier", nonce="nonce-{self._nonce}", algorithm={self.algorithm.value}, qop="auth"'
        response.headers.add(name, value)
        self._socket.sendto(response.to_bytes(), source)

    def _response(self, request: SipRequest, status: int) -> SipResponse:
        response = response_to(request, status, to_tag=f"carrier{self.port}")
        if status == 503 and self.retry_after:
            response.headers.add("Retry-After", self.retry_after)
        return response

    def _reply(self, request: SipRequest, status: int, source: tuple[str, int]) -> None:
        self._socket.sendto(self._response(request, status).to_bytes(), source)
