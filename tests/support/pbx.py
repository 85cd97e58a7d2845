"""The pure engine with everything injected, and phones that are scripted message by message: no socket, no clock.

`Pbx` is the switch over a transaction layer with virtual time; `Phone` builds what a phone sends and keeps what it
got. What a phone sends is delivered at once, and what the PBX sends lands in the inbox of the phone whose port it
goes to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import md5
from typing import Protocol
from uuid import UUID

from engine.call.admission import Admission
from engine.call.drains import Drains, Ground
from engine.call.stack import Stack
from engine.call.switch import Switch
from engine.cdr import Bill, CallDetailRecord, OpenCall
from engine.config.extension import ExtensionConfig
from engine.config.listener import ListenerConfig
from engine.config.ref import Origin
from engine.config.secret import SecretRef, Secrets
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.config.system import SystemConfig
from engine.config.tenant import QuotaConfig, TenantConfig
from engine.guard.guard import Guard
from engine.identity import CallId
from engine.media.session import LocalMedia, MediaRouter, MediaSession
from engine.registrar.registrar import Registrar
from engine.sip.digest import Challenger
from engine.sip.flow import Flow
from engine.sip.headers import Headers
from engine.sip.message import SipRequest, SipResponse
from engine.sip.parser import parse_message
from engine.sip.response import response_to
from engine.sip.transactions import TransactionLayer
from engine.wheel import Wheel
from tests.support.identifiers import CountingIdentifiers
from tests.support.media_backend import MemoryBackend

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
PBX_HOST = "192.0.2.1"
NO_EXTRA: Mapping[str, str] = {}


def sdp(port: int = 4000, host: str = "198.51.100.1", direction: str = "sendrecv", formats: str = "0 8 101") -> bytes:
    lines = [
        "v=0",
        f"o=- 1 1 IN IP4 {host}",
        "s=-",
        f"c=IN IP4 {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {formats}",
        "a=rtpmap:101 telephone-event/8000",
        f"a={direction}",
        "",
    ]
    return "\r\n".join(lines).encode()


class MemoryJournal:
    def __init__(self) -> None:
        self.opened: list[OpenCall] = []
        self.answered: list[CallId] = []
        self.closed: list[CallDetailRecord] = []

    def append_open(self, opened: OpenCall) -> None:
        self.opened.append(opened)

    def append_answered(self, call_id: CallId, at: datetime, by: str, bills: tuple[Bill, ...]) -> None:
        self.answered.append(call_id)

    def append_closed(self, record: CallDetailRecord) -> None:
        self.closed.append(record)


class Pbx:
    """Tenant `acme` with the given extensions, all with the password `secret`; one listener `udp` with it as default."""

    def __init__(self, *numbers: str, default_tenant: str | None = "acme") -> None:
        self.now = 100.0
        self.wall_shift_s = 0.0
        self.bugs: list[Exception] = []
        self.journal = MemoryJournal()
        self.backend = MemoryBackend()
        self.router = MediaRouter()
        self.phones: dict[int, Phone] = {}
        identifiers = CountingIdentifiers()
        self.wheel = Wheel()
        layer = TransactionLayer(identifiers=identifiers, sent_by=lambda _: f"{PBX_HOST}:5060", wheel=self.wheel)
        self.counters = layer.counters
        local = LocalMedia(self.backend, self.router, PBX_HOST)
        self.stack = Stack(
            layer=layer,
            wheel=self.wheel,
            identifiers=identifiers,
            utc=lambda at: datetime.fromtimestamp(EPOCH.timestamp() + at + self.wall_shift_s, UTC),
            open_media=lambda flow: MediaSession(local, flow.host, 7),
            user_agent="Trunkline",
        )
        self.stack.contact_hosts["udp"] = (PBX_HOST, 5060)
        self.registrar = Registrar(lambda uri: uri.host == PBX_HOST)
        self.guard = Guard(self.counters)
        self.admission = Admission(
            self.snapshot_of(numbers, default_tenant),
            Secrets("1", {SecretRef("env:P"): "secret"}),
            Challenger(b"k" * 32, 300.0, identifiers),
            identifiers.tag,
            self.counters,
            self.guard,
        )
        self.switch = Switch(
            self.stack, self.admission, self.registrar, self.journal, lambda _, error: self.bugs.append(error)
        )
        self.drains = Drains(self.switch.calls)
        self.given_up: Callable[[MediaSession], str | None] = lambda _: None
        layer.attach(self.switch)
        self.layer = layer

    @staticmethod
    def snapshot_of(
        numbers: tuple[str, ...],
        default_tenant: str | None = "acme",
        *,
        enabled: bool = True,
        disabled: tuple[str, ...] = (),
        most_calls: int = 0,
    ) -> Snapshot:
        extensions = [
            ExtensionConfig(
                tenant="acme",
                name=number,
                number=number,
                auth_user=number,
                password=SecretRef("env:P"),
                display_name=f"Phone {number}",
                enabled=number not in disabled,
            )
            for number in numbers
        ]
        origins = {item.ref: Origin("people.yaml", i + 1) for i, item in enumerate(extensions)}
        quotas = QuotaConfig(max_concurrent_calls=most_calls)
        tenant = TenantConfig(name="acme", domain="acme.example", enabled=enabled, quotas=quotas)
        other = TenantSnapshot.build(
            [
                TenantConfig(name="other", domain="other.example"),
                ExtensionConfig(tenant="other", name="901", number="901", auth_user="901", password=SecretRef("env:P")),
            ]
        )
        return Snapshot.build(
            system=SystemConfig(),
            listeners=[ListenerConfig(name="udp", transport="udp", port=5060, tenant=default_tenant)],
            tenants=[TenantSnapshot.build([tenant, *extensions], origins=origins), other],
        )

    def apply(self, snapshot: Snapshot, draining_sockets: Mapping[str, str] = NO_EXTRA) -> None:
        """As the engine does, for what calls notice of it; `draining_sockets`: label to Listener name."""
        self.stack.at = self.now
        self.admission.snapshot = snapshot
        self.drains.heed(Ground(snapshot, draining_sockets, self.given_up), self.now + snapshot.system.drain_s)
        self.keep_house()

    def keep_house(self) -> None:
        """As the engine does each second."""
        self.stack.at = self.now
        for _, calls in self.drains.take_due(self.now):
            self.switch.end_removed(calls, self.now)
        self.flush()

    def hang_up(self, call_id: CallId) -> None:
        """As an operator."""
        self.stack.at = self.now
        self.switch.hang_up(call_id, self.now)
        self.flush()

    def end_all(self) -> None:
        """As a shutdown."""
        self.stack.at = self.now
        self.switch.end_all(self.now)
        self.flush()

    def phone(self, number: str, port: int, host: str = "198.51.100.1") -> Phone:
        phone = self.phones[port] = Phone(self, number, host, port)
        return phone

    def registered(self, number: str, port: int) -> Phone:
        """A phone that has just registered."""
        phone = self.phone(number, port)
        assert phone.register().status == 200
        return phone

    def deliver(self, data: bytes, flow: Flow) -> None:
        self.stack.at = self.now
        if self.guard.admits(flow.host, self.now):
            self.layer.receive(data, flow, self.now)
        self.flush()

    def advance(self, seconds: float, *, step: float = 0.05) -> None:
        """Let time pass, timer by timer."""
        end = self.now + seconds
        while self.now < end:
            deadline = self.wheel.deadline()
            self.now = min(end, max(self.now + 0.001, deadline)) if deadline is not None else end
            self.stack.at = self.now
            self.wheel.expire(self.now)
            self.flush()

    def flush(self) -> None:
        for data, flow in self.layer.take_outgoing():
            phone = self.phones.get(flow.port)
            if phone is not None:
                phone.inbox.append(parse_message(data))

    def silence(self, handle_index: int, seconds: float = 120.0) -> None:
        """The backend reports that a stream went silent."""
        self.stack.at = self.now
        self.router.on_silent(self.backend.silent(handle_index, seconds), self.now)
        self.flush()

    @property
    def record(self) -> CallDetailRecord:
        """The one closed call."""
        assert len(self.journal.closed) == 1, [r.cause for r in self.journal.closed]
        return self.journal.closed[0]

    def is_clean(self) -> bool:
        """No call, no dialog, no port is left."""
        return not self.switch.calls and not self.stack.dialogs and not self.backend.in_use and self.router.is_empty


class Wire(Protocol):
    """What takes the phone's datagrams to the PBX."""

    def deliver(self, data: bytes, flow: Flow) -> None: ...


class Phone:
    """One scripted phone. `inbox`: what it got and has not taken yet."""

    def __init__(self, wire: Wire, number: str, host: str, port: int) -> None:
        self.wire = wire
        self.number = number
        self.host = host
        self.port = port
        self.flow = Flow("udp", "udp", host, port)
        self.inbox: list[SipRequest | SipResponse] = []
        self.tag = f"t{port}"
        self._count = 0
        self.domain = "acme.example"
        self.password = "secret"

    # Sending.

    def send(self, message: SipRequest | SipResponse) -> None:
        self.wire.deliver(message.to_bytes(), self.flow)

    def branch(self) -> str:
        self._count += 1
        return f"z9hG4bK{self.port}x{self._count}"

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
        headers = Headers(
            [
                ("Via", f"SIP/2.0/UDP {self.host}:{self.port};branch={self.branch()};rport"),
                ("Max-Forwards", "70"),
                ("From", f"<sip:{self.number}@{self.domain}>;tag={self.tag}"),
                ("To", to or f"<{uri}>"),
                ("Call-ID", call_id or f"c{self.port}"),
                ("CSeq", f"{cseq} {method}"),
                ("Contact", f"<sip:{self.number}@{self.host}:{self.port}>"),
            ]
        )
        for name, value in extra.items():
            headers.replace(name, value)
        if body:
            headers.replace("Content-Type", "application/sdp")
        return SipRequest(method, uri, headers, body)

    def authorized(self, request: SipRequest, challenge: SipResponse, *, algorithm: str = "MD5") -> SipRequest:
        """The request again, answering the challenge, with the next CSeq."""
        value = next(v for v in challenge.headers.all("WWW-Authenticate") if f"algorithm={algorithm}" in v)
        realm, nonce = _quoted(value, "realm"), _quoted(value, "nonce")
        ha1 = md5(f"{self.number}:{realm}:{self.password}".encode()).hexdigest()
        ha2 = md5(f"{request.method}:{request.uri_text}".encode()).hexdigest()
        answer = md5(f"{ha1}:{nonce}:00000001:cn:auth:{ha2}".encode()).hexdigest()
        again = request.copy()
        again.headers.replace("Via", f"SIP/2.0/UDP {self.host}:{self.port};branch={self.branch()};rport")
        again.headers.replace("CSeq", f"{request.cseq.number + 1} {request.method}")
        again.headers.replace(
            "Authorization",
            f'Digest username="{self.number}", realm="{realm}", nonce="{nonce}", uri="{request.uri_text}", '
            f'response="{answer}", algorithm=MD5, qop=auth, nc=00000001, cnonce="cn"',
        )
        return again

    def register(self, expires: int = 600, extra: Mapping[str, str] = NO_EXTRA) -> SipResponse:
        """The answer to a REGISTER with credentials."""
        first = self.request(
            "REGISTER",
            f"sip:{self.domain}",
            to=f"<sip:{self.number}@{self.domain}>",
            extra={"Expires": str(expires), **extra},
        )
        first.headers.replace("Call-ID", f"r{self.port}-{self._count}")
        self.send(first)
        challenge = self.response()
        if challenge.status != 401:
            return challenge
        self.send(self.authorized(first, challenge))
        return self.response()

    def invite(
        self,
        callee: str,
        body: bytes | None = None,
        *,
        domain: str = "acme.example",
        extra: Mapping[str, str] = NO_EXTRA,
    ) -> SipRequest:
        """Send an INVITE with credentials; returns the one that was authorised, its 401 and ACK behind us."""
        return self.invite_at(f"sip:{callee}@{domain}", body, extra=extra)

    def invite_at(self, uri: str, body: bytes | None = None, *, extra: Mapping[str, str] = NO_EXTRA) -> SipRequest:
        """As `invite`, to an address of any kind."""
        call_id = f"i{self.port}-{self._count}"
        first = self.request(
            "INVITE",
            uri,
            call_id=call_id,
            body=sdp(self.port + 1000, self.host) if body is None else body,
            extra=extra,
        )
        self.send(first)
        challenge = self.response(401)
        self.send(self.ack(first, challenge))
        again = self.authorized(first, challenge)
        self.send(again)
        return again

    def ack(self, invite: SipRequest, response: SipResponse, body: bytes = b"") -> SipRequest:
        """The ACK of a final response: a transaction of its own for a 2xx (RFC 3261 §13.2.2.4)."""
        ack = self.request("ACK", invite.uri_text, call_id=invite.call_id, cseq=invite.cseq.number, body=body)
        if response.status >= 300:
            ack.headers.replace("Via", invite.headers.first("Via") or "")
        ack.headers.replace("To", response.headers.first("To") or "")
        ack.headers.replace("From", invite.headers.first("From") or "")
        return ack

    def in_dialog(
        self, method: str, invite: SipRequest, answer: SipResponse, body: bytes = b"", cseq: int = 10
    ) -> SipRequest:
        """A request of the caller's dialog."""
        request = self.request(method, f"sip:pbx@{PBX_HOST}", call_id=invite.call_id, cseq=cseq, body=body)
        request.headers.replace("From", invite.headers.first("From") or "")
        request.headers.replace("To", answer.headers.first("To") or "")
        return request

    def in_callee_dialog(self, method: str, invite: SipRequest, body: bytes = b"", cseq: int = 10) -> SipRequest:
        """A request of the called phone's dialog: From and To the other way round."""
        request = self.request(method, invite.contacts[0].uri_text, call_id=invite.call_id, cseq=cseq, body=body)
        request.headers.replace("From", f"{invite.headers.first('To')};tag={self.tag}")
        request.headers.replace("To", invite.headers.first("From") or "")
        return request

    def answer(self, request: SipRequest, status: int, body: bytes = b"") -> SipResponse:
        """Send a response to a request that we got."""
        response = self.answered(request, body, status)
        self.send(response)
        return response

    def answered(self, request: SipRequest, body: bytes = b"", status: int = 200) -> SipResponse:
        """The response that `answer` sends, for tests that spoil it first."""
        response = response_to(request, status, to_tag=self.tag)
        if status < 300:
            response.headers.replace("Contact", f"<sip:{self.number}@{self.host}:{self.port}>")
        if body:
            response.headers.replace("Content-Type", "application/sdp")
            response.body = body
        return response

    # Receiving.

    def response(self, status: int | None = None) -> SipResponse:
        """Take the oldest message, which must be a response (with that status); 100s are passed over."""
        while True:
            assert self.inbox, f"{self.number} got nothing" + (f", waits for {status}" if status else "")
            message = self.inbox.pop(0)
            assert isinstance(message, SipResponse), f"{self.number} got {message!r}, waits for {status}"
            if message.status != 100 or status == 100:
                break
        assert status is None or message.status == status, f"{self.number} got {message!r}, waits for {status}"
        return message

    def incoming(self, method: str) -> SipRequest:
        """Take the oldest message, which must be a request of that method."""
        assert self.inbox, f"{self.number} got nothing, waits for {method}"
        message = self.inbox.pop(0)
        assert isinstance(message, SipRequest), f"{self.number} got {message!r}, waits for {method}"
        assert message.method == method, f"{self.number} got {message!r}, waits for {method}"
        return message

    def got(self) -> list[str]:
        """What is in the inbox, in a word each, for assertions on everything at once."""
        return [str(m.status) if isinstance(m, SipResponse) else m.method for m in self.inbox]


def _quoted(value: str, name: str) -> str:
    return value.split(f'{name}="', 1)[1].split('"', 1)[0]


def call_up(pbx: Pbx, caller: Phone, callee: Phone) -> tuple[SipRequest, SipResponse, SipRequest]:
    """An answered call: the caller's INVITE, its 200, and the INVITE that the called phone got."""
    invite = caller.invite(callee.number)
    incoming = callee.incoming("INVITE")
    callee.answer(incoming, 180)
    caller.response(180)
    callee.answer(incoming, 200, sdp(callee.port + 1000, callee.host))
    callee.incoming("ACK")
    answer = caller.response(200)
    caller.send(caller.ack(invite, answer))
    return invite, answer, incoming


def cancel_of(invite: SipRequest) -> SipRequest:
    """The CANCEL of an INVITE that was sent (RFC 3261 §9.1)."""
    cancel = invite.copy()
    cancel.method = "CANCEL"
    cancel.body = b""
    for name in ("Content-Type", "Authorization", "Contact"):
        cancel.headers.remove(name)
    cancel.headers.replace("CSeq", f"{invite.cseq.number} CANCEL")
    return cancel


def uuid_of(text: str) -> UUID:
    return UUID(text)
