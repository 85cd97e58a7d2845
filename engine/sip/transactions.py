"""The transaction layer: all transactions of an engine, and the way of a datagram to them.

RFC 3261 §17 (matching), §18.2 (where responses go), §9 (CANCEL), §8.2.2.2 (merged requests), §13.3.1.4 (2xx until
ACK), §18.1.1 (large requests), §18.4 (connections that fail); RFC 3581 (rport); RFC 6026 (2xx and strays). Plain
synchronous calls, no task and no clock: `receive` or `expire`, then `take_outgoing`. Left out: choosing a flow for a
request (RFC 3263), which is its sender's business.

Surprising: a 2xx given to `respond` is sent again until its ACK comes, or `on_unacknowledged` tells that none did. Users
and owners are called from `receive`, `expire`, `lost` and `transport_error` only, never from within a call of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from engine.sip.client_invite import ClientInviteTransaction, cancel_of
from engine.sip.client_non_invite import ClientNonInviteTransaction
from engine.sip.errors import LocalProtocolError, RemoteProtocolError
from engine.sip.flow import ANY_CONNECTION, Flow, Loss, Outgoing
from engine.sip.headers import Via
from engine.sip.identifiers import Identifiers
from engine.sip.large_request import MAX_DATAGRAM_REQUEST_BYTES, LargeRequests, Sibling
from engine.sip.message import SipRequest, SipResponse
from engine.sip.parser import parse_message
from engine.sip.reroute import request_way, response_way
from engine.sip.response import response_to
from engine.sip.server_invite import ServerInviteTransaction
from engine.sip.server_non_invite import ServerNonInviteTransaction
from engine.sip.timers import RFC_TIMERS, Timers
from engine.sip.transaction_host import ClientOwner, ServerOwner
from engine.sip.transaction_key import (
    ClientKey,
    MergeKey,
    TransactionKey,
    branch_of,
    client_key,
    merge_key,
    new_client_key,
    server_key,
)
from engine.sip.unacknowledged import SuccessKey, UnacknowledgedSuccess
from engine.wheel import Wheel

ClientTransaction = ClientInviteTransaction | ClientNonInviteTransaction
ServerTransaction = ServerInviteTransaction | ServerNonInviteTransaction

SentBy = Callable[[Flow], str]
"""The `host:port` (IPv6 in brackets) that our Via names for a flow: by it alone do peers that know no rport find us."""

DEFAULT_PORT = 5060
# A peer that ends each connection as soon as it has one must not keep us busy.
_MOST_MOVES: Final = 3


def no_sibling(flow: Flow, transport: str) -> Flow | None:
    """For a layer whose listeners speak one transport."""
    return None


class TransactionUser(Protocol):
    """What stands above the layer and takes what belongs to no client transaction of its own.

    A RemoteProtocolError that leaves `on_request` is answered with its status, if nothing was answered yet; any other
    exception with 500, and goes on to the shell.
    """

    def on_request(self, transaction: ServerTransaction, request: SipRequest, flow: Flow, now: float) -> None:
        """A new request, in a dialog or not; ACK and CANCEL never come here. Answer it with `respond`, now or later.

        `flow`: where it came from. Its topmost Via has `received` and `rport` filled in.
        """

    def on_ack(self, request: SipRequest, flow: Flow, now: float) -> None:
        """The ACK of a 2xx, once for each 2xx."""

    def on_cancel(self, transaction: ServerInviteTransaction, request: SipRequest, now: float) -> None:
        """The peer gives up an INVITE without final response. The CANCEL is answered; answer the INVITE with 487."""

    def on_unacknowledged(self, transaction: ServerInviteTransaction, now: float) -> None:
        """Our 2xx was not acknowledged within 64*T1: send BYE (RFC 3261 §13.3.1.4).

        The dialog is that of `transaction.call_id` and `transaction.to_tag`.
        """

    def on_stray_success(self, response: SipResponse, flow: Flow, now: float) -> None:
        """A 2xx to an INVITE that has no transaction any more: if the call is known, ACK and BYE (§13.2.2.4).

        It may be forged, and an answer may hit a third party (RFC 6026 §6): do nothing for unknown Call-ID and tag.
        """

    def on_server_error(self, transaction: ServerTransaction, now: float) -> None:
        """A response could not be sent. The INVITE goes on, others are over."""


class TransactionLayer:
    """`counters`: what was dropped or refused, and why; `sent_by`: see `SentBy`; `sibling`: see `Sibling`."""

    __slots__ = (
        "_clients",
        "_identifiers",
        "_large",
        "_merges",
        "_outgoing",
        "_sent_by",
        "_servers",
        "_sibling",
        "_unacknowledged",
        "_user",
        "counters",
        "timers",
        "wheel",
    )

    def __init__(
        self,
        *,
        identifiers: Identifiers,
        sent_by: SentBy,
        wheel: Wheel,
        timers: Timers = RFC_TIMERS,
        sibling: Sibling = no_sibling,
    ) -> None:
        self.timers = timers
        self.wheel = wheel
        self.counters: Counter[str] = Counter()
        self._identifiers = identifiers
        self._sent_by = sent_by
        self._sibling = sibling
        self._large = LargeRequests(sibling, wheel)
        self._user: TransactionUser | None = None
        self._servers: dict[TransactionKey, ServerTransaction] = {}
        self._clients: dict[ClientKey, ClientTransaction] = {}
        self._merges: dict[MergeKey, ServerTransaction] = {}
        self._unacknowledged: dict[SuccessKey, UnacknowledgedSuccess] = {}
        self._outgoing: list[Outgoing] = []

    def attach(self, user: TransactionUser) -> None:
        """Hand everything to `user` from now on. Before, new requests are answered 503."""
        self._user = user

    def __len__(self) -> int:
        """How many transactions there are, and 2xx that wait for an ACK."""
        return len(self._servers) + len(self._clients) + len(self._unacknowledged)

    # What the network and the clock bring.

    def receive(self, data: bytes, flow: Flow, now: float) -> None:
        """One message. Never raises for what the peer sent."""
        if len(data) <= 4 and not data.strip(b"\r\n\0"):
            self.counters["keep-alive"] += 1  # RFC 5626 §3.5.1; on UDP nothing is answered
            return
        try:
            message = parse_message(data)
        except RemoteProtocolError as error:
            self._refuse_unreadable(error, flow)
            return
        if isinstance(message, SipResponse):
            self._receive_response(message, flow, now)
        else:
            self._receive_request(message, flow, now)

    def expire(self, now: float) -> None:
        """Ring the timers that are due, those of others on the same wheel included."""
        self.wheel.expire(now)

    def deadline(self) -> float | None:
        """When `expire` is next worth calling."""
        return self.wheel.deadline()

    def take_outgoing(self) -> list[Outgoing]:
        """What is to be sent, in order; empties the list."""
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def refuse_unframed(self, head: bytes, flow: Flow, status: int, why: str) -> None:
        """Answer a request, if it is one, whose stream ends with it; `head`: its header, with its end."""
        try:
            message = parse_message(head)
        except RemoteProtocolError as error:
            request = error.request
        else:
            request = message if isinstance(message, SipRequest) and message.method != "ACK" else None
        if request is not None:
            self._refuse_request(request, status, flow, why)

    def lost(self, losses: Sequence[Loss], now: float) -> None:
        """Connections ended, or could not be opened. What was not sent goes another way where there is one, and so does what nobody
        answered; who waits for an answer that can't come any more is told (RFC 3261 §17.1.4, §18.4). Walks all client transactions.
        """
        served = {loss.flow: loss.served for loss in losses}
        unsent = {data for loss in losses for data in loss.unsent}
        waiting = [t for t in self._clients.values() if t.flow in served and t.sent not in unsent]
        for loss in losses:
            for data in loss.unsent:
                self._reroute(data, loss.flow, loss.served, now)
        for transaction in waiting:
            if transaction.is_unheard:
                self._reroute(transaction.sent, transaction.flow, served[transaction.flow], now)
            else:
                transaction.transport_error(now)

    def transport_error(self, flow: Flow, now: float) -> None:
        """What was sent last over `flow` did not go out. Walks all transactions."""
        hit: list[ServerTransaction | ClientTransaction] = [t for t in self._clients.values() if t.flow == flow]
        hit += [t for t in self._servers.values() if t.flow == flow]
        for transaction in hit:
            transaction.transport_error(now)

    # What the user asks.

    def request(
        self, request: SipRequest, flow: Flow, now: float, owner: ClientOwner | None = None
    ) -> ClientTransaction:
        """Send a request in a transaction of its own; adds its Via. `owner` is told what comes of it.

        Not for ACK. LocalProtocolError if the request can't be written; then nothing was sent.
        """
        if request.method == "ACK":
            raise LocalProtocolError("the ACK of a 2xx has no transaction; use send()")
        branch = self._identifiers.branch()
        request.headers.prepend("Via", self._via(flow, branch))
        transaction = self._new_client(new_client_key(branch, request.method), request, flow, owner)
        if flow.transport == "udp" and len(transaction.sent) > MAX_DATAGRAM_REQUEST_BYTES:
            self._try_stream(transaction, request, flow, now)
        transaction.start(now)
        return transaction

    def respond(self, transaction: ServerTransaction, response: SipResponse, now: float) -> None:
        """Answer a request. A response that comes too late is dropped and counted.

        A 2xx to INVITE is sent until its ACK comes. A 408 to another method is not sent (RFC 4320 §4.2). LocalProtocolError
        if the response can't be written, or is a provisional one other than 100 to another method (§4.1).
        """
        if not isinstance(transaction, ServerInviteTransaction):
            transaction.respond(response, now)
        elif response.is_success and transaction.is_unanswered:
            transaction.respond(response, now)
            self._await_ack(transaction, response, now)
        else:
            transaction.respond(response, now)
        if response.status in (401, 407):
            self._forget_merge(transaction)  # some phones come back with credentials under the same CSeq

    def respond_statelessly(self, transaction: ServerTransaction, response: SipResponse) -> None:
        """Answer and forget (RFC 3261 §8.2.7): no timer, no memory, nothing sent again by itself. For requests of strangers.

        A challenge of a stranger's INVITE is to be stateless (§26.3.2.4): with a transaction each forged datagram would make
        us send eleven to whom it names. LocalProtocolError if the response can't be written.
        """
        self.send(response.to_bytes(), transaction.flow)
        transaction.abandon()

    def cancel(self, transaction: ClientInviteTransaction, now: float, reason: str | None = None) -> None:
        """Give up an INVITE (RFC 3261 §9.1), as soon as a provisional response has come. A 2xx may still win the race.

        `reason`: value of a Reason header. Without effect after a final response.
        """
        transaction.cancel(reason, now)

    def new_via(self, flow: Flow) -> str:
        """A Via with a branch of its own: for an ACK of a 2xx."""
        return self._via(flow, self._identifiers.branch())

    def send(self, data: bytes, flow: Flow) -> None:
        """Send bytes without a transaction: the ACK of a 2xx, a keep-alive."""
        self._outgoing.append(Outgoing(data, flow))

    # What the transactions ask of their host.

    def send_cancel(self, invite: SipRequest, flow: Flow, reason: str | None, now: float) -> None:
        branch = invite.top_via.branch or ""
        self._new_client(new_client_key(branch, "CANCEL"), cancel_of(invite, reason), flow, None).start(now)

    def pass_ack(self, request: SipRequest, flow: Flow, now: float) -> None:
        key = (request.call_id, request.to.tag or "", request.cseq.number)
        waiting = self._unacknowledged.pop(key, None)
        if waiting is None:
            self.counters["ACK without a transaction, as after a challenge"] += 1
            return
        waiting.stop()
        if self._user is not None:
            self._user.on_ack(request, flow, now)

    def pass_server_error(self, transaction: ServerTransaction, now: float) -> None:
        self.counters["response not sent"] += 1
        if self._user is not None:
            self._user.on_server_error(transaction, now)

    def forget_server(self, transaction: ServerTransaction) -> None:
        self._servers.pop(transaction.key, None)
        self._forget_merge(transaction)

    def forget_client(self, transaction: ClientTransaction) -> None:
        self._clients.pop(transaction.key, None)

    # Requests.

    def _receive_request(self, request: SipRequest, flow: Flow, now: float) -> None:
        request.stamp_source(flow.host, flow.port)
        method = request.method
        if method == "ACK":
            self._receive_ack(request, flow, now)
            return
        key = server_key(request, method)
        known = self._servers.get(key)
        if known is not None:
            known.receive(request, flow, now)
            return
        user = self._user
        if user is None:
            self._refuse(request, 503, flow, "not ready yet")
            return
        if method == "CANCEL":
            self._receive_cancel(
                ServerNonInviteTransaction(key, None, request, _reply_flow(request, flow), self), request, user, now
            )
            return
        merge = merge_key(request)
        if merge is not None and merge in self._merges:
            self._refuse(request, 482, flow, "merged request")
            return
        transaction: ServerTransaction
        if method == "INVITE":
            transaction = ServerInviteTransaction(key, merge, request, _reply_flow(request, flow), self)
        else:
            transaction = ServerNonInviteTransaction(key, merge, request, _reply_flow(request, flow), self)
        self._servers[key] = transaction
        if merge is not None:
            self._merges[merge] = transaction
        try:
            user.on_request(transaction, request, flow, now)
        except RemoteProtocolError as error:
            self.counters[f"refused by the user with {error.status_hint}"] += 1
            if transaction.is_unanswered:
                self._answer(transaction, request, error.status_hint, now)
        except Exception:
            # A bug of the user's: the shell logs it, but the peer must not wait for ever, nor the transaction stay.
            if transaction.is_unanswered:
                self._answer(transaction, request, 500, now)
            raise
        transaction.await_answer(now)

    def _receive_ack(self, request: SipRequest, flow: Flow, now: float) -> None:
        known = self._servers.get(server_key(request, "INVITE"))
        if known is not None:
            known.receive(request, flow, now)
        else:
            self.pass_ack(request, flow, now)

    def _receive_cancel(
        self, transaction: ServerNonInviteTransaction, request: SipRequest, user: TransactionUser, now: float
    ) -> None:
        self._servers[transaction.key] = transaction
        invite = self._servers.get(server_key(request, "INVITE"))
        if not isinstance(invite, ServerInviteTransaction):
            self.counters["CANCEL of an unknown INVITE"] += 1
            self._answer(transaction, request, 481, now)
            return
        # §9.2: the tag of the INVITE's own responses.
        to_tag = invite.to_tag or self._identifiers.tag()
        self.respond(transaction, response_to(request, 200, to_tag=to_tag), now)
        if invite.is_unanswered:
            user.on_cancel(invite, request, now)

    def _answer(self, transaction: ServerTransaction, request: SipRequest, status: int, now: float) -> None:
        self.respond(transaction, response_to(request, status, to_tag=self._identifiers.tag()), now)

    def _refuse_unreadable(self, error: RemoteProtocolError, flow: Flow) -> None:
        request = error.request
        if request is None:
            self.counters["unreadable, not answered"] += 1
            return
        self._refuse_request(request, error.status_hint, flow, "unreadable")

    def _refuse_request(self, request: SipRequest, status: int, flow: Flow, why: str) -> None:
        try:
            request.stamp_source(flow.host, flow.port)
            self._refuse(request, status, flow, why)
        except (RemoteProtocolError, LocalProtocolError):
            # What could be read of it can't be copied into a response, a lone CR in its From for one.
            self.counters["unreadable, not answered"] += 1

    def _refuse(self, request: SipRequest, status: int, flow: Flow, why: str) -> None:
        """Answer without a transaction (RFC 3261 §8.2.7)."""
        response = response_to(request, status, to_tag=self._identifiers.tag())
        if status == 503:
            response.headers.add("Retry-After", "5")
        self.send(response.to_bytes(), _reply_flow(request, flow))
        self.counters[f"{why}, refused with {status}"] += 1

    def _await_ack(self, transaction: ServerInviteTransaction, response: SipResponse, now: float) -> None:
        key = (transaction.call_id, transaction.to_tag, response.cseq.number)
        self._unacknowledged[key] = UnacknowledgedSuccess(key, transaction, self.timers, self.wheel, self._give_up, now)

    def _give_up(self, waiting: UnacknowledgedSuccess, now: float) -> None:
        del self._unacknowledged[waiting.key]
        self.counters["2xx without ACK"] += 1
        if self._user is not None:
            self._user.on_unacknowledged(waiting.transaction, now)

    def _forget_merge(self, transaction: ServerTransaction) -> None:
        merge = transaction.merge_key
        if merge is not None and self._merges.get(merge) is transaction:
            del self._merges[merge]

    # Responses.

    def _receive_response(self, response: SipResponse, flow: Flow, now: float) -> None:
        vias = response.headers.all("Via")
        if len(vias) > 1 or "," in vias[0]:
            self.counters["response with several Vias"] += 1  # §8.1.3.3: it went astray
            return
        key = client_key(response)
        transaction = None if key is None else self._clients.get(key)
        try:
            if transaction is not None and not (
                response.is_success and isinstance(transaction, ClientInviteTransaction) and transaction.is_failed
            ):
                transaction.receive(response, flow, now)
            elif self._user is not None and response.is_success and response.cseq.method == "INVITE":
                self.counters["stray 2xx"] += 1
                self._user.on_stray_success(response, flow, now)
            else:
                self.counters["stray response"] += 1
        except RemoteProtocolError:
            self.counters["response that its owner can't read"] += 1

    # Our requests, and what becomes of messages whose connection is gone.

    def _new_client(
        self, key: ClientKey, request: SipRequest, flow: Flow, owner: ClientOwner | None
    ) -> ClientTransaction:
        transaction: ClientTransaction
        if request.method == "INVITE":
            transaction = ClientInviteTransaction(key, request, flow, owner, self)
        else:
            transaction = ClientNonInviteTransaction(key, request, flow, owner, self)
        self._clients[key] = transaction
        return transaction

    def _try_stream(self, transaction: ClientTransaction, request: SipRequest, flow: Flow, now: float) -> None:
        stream = self._large.stream_for(request, flow, now)
        if stream is not None:
            request.headers.replace_first("Via", self._via(stream, branch_of(transaction.key)))
            transaction.place(request, stream)
            self._large.begin(transaction, request, flow, now, self._on_silence)
            self.counters["large request tried by TCP"] += 1

    def _on_silence(self, key: ClientKey, now: float) -> None:
        self._leave_stream(key, now)

    def _leave_stream(self, key: ClientKey, now: float) -> bool:
        """Send a large request as it was to go at first, if the stream led nowhere. False if it did not go by one."""
        attempt = self._large.take(key, now)
        if attempt is None:
            return False
        transaction, request, flow, _ = attempt
        if transaction.is_unheard:
            request.headers.replace_first("Via", self._via(flow, branch_of(key)))
            transaction.move(request, flow, now)
            self.counters["large request sent by UDP after all"] += 1
        return True

    def _reroute(self, data: bytes, flow: Flow, served: bool, now: float) -> None:
        """Something of ours that a connection did not carry, or nobody answered."""
        try:
            message = parse_message(data)
        except RemoteProtocolError:
            return  # the answer to a ping
        if isinstance(message, SipResponse):
            way = response_way(message, flow)
            if way is None:
                self.counters["response not sent"] += 1
            else:
                self.counters["response sent over a new connection"] += 1
                self.send(data, way)
            return
        branch = message.top_via.branch or ""
        transaction = self._clients.get(new_client_key(branch, message.method))
        if transaction is not None and self._leave_stream(transaction.key, now):
            return
        way = flow if served and flow.connection == ANY_CONNECTION else self._request_way(message, flow)
        if way is None or (transaction is not None and transaction.moves >= _MOST_MOVES):
            self.counters["request not sent"] += 1
            if transaction is not None:
                transaction.transport_error(now)
            return
        self.counters["request sent another way"] += 1
        message.headers.replace_first("Via", self._via(way, branch))
        if transaction is None:
            self.send(message.to_bytes(), way)
        else:
            transaction.move(message, way, now)

    def _request_way(self, request: SipRequest, flow: Flow) -> Flow | None:
        way = request_way(request, flow)
        if way is None or way.transport == flow.transport:
            return way
        sibling = self._sibling(way._replace(transport=flow.transport), way.transport)
        if sibling is not None:
            return sibling
        return None if way.port == flow.port else way._replace(transport=flow.transport)

    def _via(self, flow: Flow, branch: str) -> str:
        return f"SIP/2.0/{flow.transport.upper()} {self._sent_by(flow)};branch={branch};rport"


def _reply_flow(request: SipRequest, flow: Flow) -> Flow:
    """Where the response goes (RFC 3261 §18.2.2, RFC 3581 §4): back to the source, at the Via's port without rport.

    Deviation: `maddr` is not followed: it would let anybody have us send to anybody.
    """
    if flow.transport != "udp":
        return flow
    via: Via = request.top_via
    if via.has_rport:
        return flow
    port = via.port or DEFAULT_PORT
    return flow if port == flow.port else flow._replace(port=port)


__all__ = [
    "ClientInviteTransaction",
    "ClientNonInviteTransaction",
    "ClientOwner",
    "ClientTransaction",
    "SentBy",
    "ServerInviteTransaction",
    "ServerNonInviteTransaction",
    "ServerOwner",
    "ServerTransaction",
    "TransactionLayer",
    "TransactionUser",
]
