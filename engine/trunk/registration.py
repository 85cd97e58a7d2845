"""Registering a trunk with its carrier: the client side of RFC 3261 §10.2.

RFC 3261 §10.2.1-§10.2.7 (REGISTER, refreshing, removing), §10.2.8 (423); RFC 5626 §4.5 (backing off, with jitter); digest by
`Authenticator`. Left out: Path, Service-Route, GRUU, outbound's flow tokens. No RFC draws the machine; this is ours.

A server that does not answer, or that answers 408, 480 or 5xx, hands on to the next one at once; after the last one the pause doubles each
round. A refusal (403, 404, wrong credentials) is not repeated soon: it needs a person, and carriers lock accounts.

Surprising: a binding lives on at the carrier while its refresh fails, so `is_registered` is about the binding, not about the state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from engine.config.trunk import TrunkConfig
from engine.sip.digest_client import CHALLENGE_STATUSES, Authenticator
from engine.sip.errors import RemoteProtocolError
from engine.sip.flow import Flow
from engine.sip.grammar import shown
from engine.sip.headers import Headers, parse_name_addr
from engine.sip.identifiers import Identifiers
from engine.sip.message import SipRequest, SipResponse
from engine.sip.row import Row, Word
from engine.sip.transaction_host import ClientOwner
from engine.sip.transactions import ClientNonInviteTransaction, ClientTransaction
from engine.sip.uri import make_uri
from engine.trunk.outgoing import route_of, uri_port
from engine.trunk.resolution import Endpoint
from engine.trunk.retry_after import retry_after_s
from engine.wheel import Alarm, Wheel


class State(Word):
    IDLE = "Idle"
    REGISTERING = "Registering"
    REGISTERED = "Registered"
    REFRESHING = "Refreshing"
    WAITING = "Waiting"
    REFUSED = "Refused"
    LEAVING = "Leaving"
    ENDED = "Ended"


class Input(Word):
    START = "start"
    OK = "2xx"
    CHALLENGED = "401, 407"
    TOO_BRIEF = "423"
    UNAVAILABLE = "no answer, 408, 480, 5xx"
    REFUSED = "other 3xx-6xx"
    TIMER = "timer fires"
    SERVERS = "servers become known"
    STOP = "stop"


class Action(Word):
    SEND = "send REGISTER"
    SEND_CREDENTIALS = "send it with credentials"
    LENGTHEN = "ask for Min-Expires"
    NEXT_SERVER = "next server"
    WAIT_TO_REFRESH = "wait to refresh"
    BACK_OFF = "back off"
    BACK_OFF_LONG = "back off long"
    SEND_REMOVAL = "send REGISTER with Expires: 0"
    END = "end"


_PENDING: Final[Mapping[Input, Row[State, Action]]] = {
    Input.OK: Row(State.REGISTERED, (Action.WAIT_TO_REFRESH,), "3261/10.2.4"),
    Input.UNAVAILABLE: Row(State.WAITING, (Action.NEXT_SERVER, Action.BACK_OFF), "3263/4.3, 5626/4.5"),
    Input.REFUSED: Row(State.REFUSED, (Action.BACK_OFF_LONG,), "house"),
    Input.STOP: Row(State.LEAVING, (Action.SEND_REMOVAL,), "3261/10.2.2"),
}

TABLE: Final[Mapping[tuple[State, Input], Row[State, Action]]] = {
    (State.IDLE, Input.START): Row(State.REGISTERING, (Action.SEND,), "3261/10.2"),
    (State.IDLE, Input.STOP): Row(State.ENDED, (Action.END,), "house"),
    **{(state, what): row for state in (State.REGISTERING, State.REFRESHING) for what, row in _PENDING.items()},
    (State.REGISTERING, Input.CHALLENGED): Row(State.REGISTERING, (Action.SEND_CREDENTIALS,), "3261/22.2"),
    (State.REGISTERING, Input.TOO_BRIEF): Row(State.REGISTERING, (Action.LENGTHEN, Action.SEND), "3261/10.2.8"),
    (State.REFRESHING, Input.CHALLENGED): Row(State.REFRESHING, (Action.SEND_CREDENTIALS,), "3261/22.2"),
    (State.REFRESHING, Input.TOO_BRIEF): Row(State.REFRESHING, (Action.LENGTHEN, Action.SEND), "3261/10.2.8"),
    (State.REGISTERED, Input.TIMER): Row(State.REFRESHING, (Action.SEND,), "3261/10.2.4"),
    (State.REGISTERED, Input.STOP): Row(State.LEAVING, (Action.SEND_REMOVAL,), "3261/10.2.2"),
    (State.WAITING, Input.TIMER): Row(State.REGISTERING, (Action.SEND,), "5626/4.5"),
    (State.WAITING, Input.SERVERS): Row(State.REGISTERING, (Action.SEND,), "house"),
    (State.WAITING, Input.STOP): Row(State.ENDED, (Action.END,), "house"),
    (State.REFUSED, Input.TIMER): Row(State.REGISTERING, (Action.SEND,), "house"),
    (State.REFUSED, Input.STOP): Row(State.ENDED, (Action.END,), "house"),
    (State.LEAVING, Input.OK): Row(State.ENDED, (Action.END,), "3261/10.2.2"),
    (State.LEAVING, Input.CHALLENGED): Row(State.LEAVING, (Action.SEND_CREDENTIALS,), "3261/22.2"),
    (State.LEAVING, Input.TOO_BRIEF): Row(State.ENDED, (Action.END,), "house"),
    (State.LEAVING, Input.UNAVAILABLE): Row(State.ENDED, (Action.END,), "house"),
    (State.LEAVING, Input.REFUSED): Row(State.ENDED, (Action.END,), "house"),
}

ENTRY: Final[Row[State, Action]] = Row(State.IDLE, (), "house")

ANSWER_S: Final = 8.0
"""How long a server may take to answer a REGISTER; timer F (32 s) is too long where there is another one."""
REFRESH_SHARE: Final = 0.75
SHORTEST_S: Final = 10.0
LONGEST_S: Final = 86_400.0
FIRST_PAUSE_S: Final = 5.0
LONGEST_PAUSE_S: Final = 300.0
REFUSED_PAUSE_S: Final = 600.0
LONGEST_MIN_EXPIRES_S: Final = 86_400
_JITTER: Final = 0.2
_CHALLENGES_IN_A_ROW: Final = 5
_LENGTHENED_IN_A_ROW: Final = 3
_PASSING_STATUSES: Final = frozenset({408, 480, 491})


class RegistrationHost(Protocol):
    """What stands below a registration: the trunk."""

    @property
    def wheel(self) -> Wheel: ...

    @property
    def identifiers(self) -> Identifiers: ...

    def servers(self, now: float) -> list[Endpoint]:
        """In the order in which they are to be tried; [] while none is known."""

    def request(
        self, request: SipRequest, endpoint: Endpoint, owner: ClientOwner, now: float
    ) -> ClientTransaction | None:
        """Send it there; None if there is no listener to send it by."""

    def contact(self, endpoint: Endpoint, user: str) -> str:
        """Where we are reached, as seen by that server: a Contact value without parameters."""

    def registration_changed(self, now: float) -> None:
        """`state` or `reason` are others now."""

    def server_answered(self, endpoint: Endpoint, now: float) -> None: ...

    def server_silent(self, endpoint: Endpoint, why: str, now: float) -> None: ...

    def server_unavailable(self, endpoint: Endpoint, retry_after_s: float | None, now: float) -> None: ...


class Registration:
    """One binding of ours. `contact_user`: the user part of its Contact, unguessable, so that only who has seen it can call it.

    `start` once, `stop` to remove the binding; `on_ended` is called when nothing more is to come.
    """

    __slots__ = (
        "_alarm",
        "_asked_s",
        "_authenticator",
        "_call_id",
        "_challenges",
        "_config",
        "_contact",
        "_cseq",
        "_failure",
        "_host",
        "_lengthened",
        "_on_ended",
        "_request",
        "_retry_after_s",
        "_rounds",
        "_tag",
        "_transaction",
        "_tried",
        "bound_until",
        "contact_user",
        "reason",
        "server",
        "since",
        "state",
    )

    def __init__(
        self,
        config: TrunkConfig,
        host: RegistrationHost,
        authenticator: Authenticator,
        contact_user: str,
        on_ended: Callable[[Registration], None],
        now: float,
    ) -> None:
        assert config.registration is not None  # noqa: S101 - only such a trunk gets one
        self._config = config
        self._host: RegistrationHost = host
        self._authenticator = authenticator
        self._on_ended = on_ended
        self.contact_user = contact_user
        self._asked_s = config.registration.expires_s
        self._call_id = host.identifiers.call_id()
        self._tag = host.identifiers.tag()
        self._cseq = 0
        self._contact = ""
        self._alarm: Alarm | None = None
        self._request: SipRequest | None = None
        self._transaction: ClientTransaction | None = None
        self._challenges = 0
        self._lengthened = 0
        self._rounds = 0
        self._retry_after_s = 0.0
        self._tried: set[tuple[str, int]] = set()
        self.server: Endpoint | None = None
        self.state = ENTRY.state
        self.reason = "not registered yet"
        self.since = now
        self.bound_until = 0.0
        self._failure: State | None = None

    def is_registered(self, now: float) -> bool:
        """Whether the carrier has a binding of ours."""
        return now < self.bound_until

    @property
    def failure(self) -> State | None:
        """Waiting or Refused: how the last attempt at all servers ended, also while the next one is under way; None after success."""
        return self.state if self.state in (State.WAITING, State.REFUSED) else self._failure

    def start(self, now: float) -> None:
        self._run(Input.START, now)

    def stop(self, now: float) -> None:
        """Remove the binding, as far as there is one."""
        self._run(Input.STOP, now)

    def exchange(self, authenticator: Authenticator, now: float) -> bool:
        """Refresh the binding with another password; False if there is none that stands."""
        if self.state is not State.REGISTERED or self.server is None:
            return False
        self._authenticator = authenticator
        self._run(Input.TIMER, now)
        return True

    def heed_contact(self, now: float) -> None:
        """Where we are reached may be elsewhere now: then the carrier is told at once."""
        if (
            self.state is State.REGISTERED
            and self.server is not None
            and self._contact != self._contact_there(self.server)
        ):
            self._run(Input.TIMER, now)

    def _contact_there(self, server: Endpoint) -> str:
        return self._host.contact(server, self.contact_user)

    def servers_known(self, now: float) -> None:
        """There are servers now; only one that waits for them takes heed."""
        if self.state is State.WAITING and self.server is None:
            self._run(Input.SERVERS, now)

    # What the network brings.

    def on_response(self, transaction: ClientTransaction, response: SipResponse, flow: Flow, now: float) -> None:
        if transaction is not self._transaction or response.is_provisional:
            return
        self._transaction = None
        server = self.server
        if response.status == 503:
            self._retry_after_s = retry_after_s(response) or 0.0
            if server is not None:
                self._host.server_unavailable(server, retry_after_s(response), now)
        elif server is not None:
            self._host.server_answered(server, now)
        self._run(self._heard(response, now), now)

    def on_timeout(self, transaction: ClientTransaction, now: float) -> None:
        if transaction is self._transaction:
            self._unanswered("REGISTER is not answered", now)

    def on_transport_error(self, transaction: ClientTransaction, now: float) -> None:
        if transaction is self._transaction:
            self._unanswered("REGISTER can't be sent", now)

    def _heard(self, response: SipResponse, now: float) -> Input:
        status = response.status
        if response.is_success:
            if self.state is State.LEAVING:
                self._note("removed", now)
                return Input.OK
            granted_s = granted(response, self.contact_user, self._asked_s)
            if granted_s <= 0:
                self._note("the carrier registers us for 0 seconds", now)
                return Input.UNAVAILABLE
            self.bound_until = now + min(granted_s, LONGEST_S)
            self._note("registered", now)
            return Input.OK
        if status in CHALLENGE_STATUSES:
            self._challenges += 1
            if self._challenges <= _CHALLENGES_IN_A_ROW and self._authenticator.learn(response):
                return Input.CHALLENGED
            self._note(f"{status}: the carrier does not accept the credentials", now)
            return self._refused()
        if status == 423:
            least = _min_expires(response)
            if self._asked_s < least <= LONGEST_MIN_EXPIRES_S and self._lengthened < _LENGTHENED_IN_A_ROW:
                self._asked_s = least
                self._lengthened += 1
                return Input.TOO_BRIEF
        self._note(f"{status} {shown(response.reason)[1:-1]}", now)
        return Input.UNAVAILABLE if status in _PASSING_STATUSES or 500 <= status < 600 else self._refused()

    def _refused(self) -> Input:
        if self.state is not State.LEAVING:
            self.bound_until = 0.0
        return Input.REFUSED

    def _unanswered(self, why: str, now: float) -> None:
        transaction, self._transaction = self._transaction, None
        if isinstance(transaction, ClientNonInviteTransaction):
            transaction.abandon()
        if self.server is not None:
            self._host.server_silent(self.server, why, now)
        self._note(why if self.server is None else f"{self.server}: {why}", now)
        self._run(Input.UNAVAILABLE, now)

    def _note(self, reason: str, now: float) -> None:
        if reason != self.reason:
            self.reason, self.since = reason, now

    # The machine.

    def _run(self, what: Input, now: float) -> None:
        row = TABLE.get((self.state, what))
        if row is None:
            return
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        self.state = row.state
        for action in row.actions:
            self._act(action, now)
        self._host.registration_changed(now)

    def _act(self, action: Action, now: float) -> None:
        match action:
            case Action.SEND:
                self._challenges = 0
                self._send(self._asked_s, now)
            case Action.SEND_CREDENTIALS:
                self._send_again(now)
            case Action.LENGTHEN:
                """`_heard` has taken the new time."""
            case Action.NEXT_SERVER:
                if self.server is not None:
                    self._tried.add((self.server.host, self.server.port))
            case Action.WAIT_TO_REFRESH:
                self._lengthened = 0
                self._tried.clear()
                self._failure = None
                self._rounds = 0
                self._ring_in(max(self.bound_until - now, SHORTEST_S) * REFRESH_SHARE, now)
            case Action.BACK_OFF:
                self._back_off(now)
            case Action.BACK_OFF_LONG:
                self._lengthened = 0
                self._failure = State.REFUSED
                self._ring_in(self._jittered(REFUSED_PAUSE_S), now)
            case Action.SEND_REMOVAL:
                self._challenges = 0
                self._abandon()
                self._send(0, now)
            case Action.END:
                self._end()

    def _send(self, expires_s: int, now: float) -> None:
        server = self._choose(now)
        if server is None:
            self.server = None
            self._note("no address of its servers is known yet", now)
            self._run(Input.UNAVAILABLE, now)
            return
        self.server = server
        self._contact = self._contact_there(server)
        domain = self._config.domain
        registration = self._config.registration
        assert registration is not None  # noqa: S101 - see __init__
        port = uri_port(self._config)
        address = f"<{make_uri(registration.user, domain)}>"
        headers = Headers(
            [
                ("Max-Forwards", "70"),
                ("From", f"{address};tag={self._tag}"),
                ("To", address),
                ("Call-ID", self._call_id),
                ("CSeq", ""),
                ("Contact", f"{self._contact};expires={expires_s}"),
                ("Expires", str(expires_s)),
            ]
        )
        route = route_of(self._config)
        if route is not None:
            headers.add("Route", route)
        self._request = SipRequest("REGISTER", str(make_uri(None, domain, port)), headers)
        self._send_again(now)

    def _send_again(self, now: float) -> None:
        assert self._request is not None  # noqa: S101 - a challenge comes after a request
        assert self.server is not None  # noqa: S101 - the same
        request = self._request.copy()
        self._cseq += 1
        request.headers.replace("CSeq", f"{self._cseq} REGISTER")
        self._authenticator.sign(request)
        self._transaction = self._host.request(request, self.server, self, now)
        if self._transaction is None:
            self._note("no Listener to send by", now)
            self._run(Input.UNAVAILABLE, now)
            return
        self._alarm = self._host.wheel.schedule(now + ANSWER_S, self._ring)

    def _choose(self, now: float) -> Endpoint | None:
        """The server that has us, else the first that was not tried in this round."""
        known = self._host.servers(now)
        own = self.server
        if self.is_registered(now) and own is not None and own in known and (own.host, own.port) not in self._tried:
            return own
        return next((server for server in known if (server.host, server.port) not in self._tried), None)

    def _back_off(self, now: float) -> None:
        """At once if another server is left to try."""
        known = self._host.servers(now)
        if any((server.host, server.port) not in self._tried for server in known):
            self._ring_in(0.0, now)
            return
        self._tried.clear()
        pause_s = min(FIRST_PAUSE_S * 2**self._rounds, LONGEST_PAUSE_S)
        if known:
            self._failure = State.WAITING
            self._rounds = min(self._rounds + 1, 10)
        pause_s = max(self._jittered(pause_s), min(self._retry_after_s, LONGEST_PAUSE_S))
        self._retry_after_s = 0.0
        self._ring_in(pause_s, now)

    def _jittered(self, pause_s: float) -> float:
        draw = int.from_bytes(self._host.identifiers.nonce_bytes(2), "big") / 65535
        return pause_s * (1 - _JITTER + 2 * _JITTER * draw)

    def _ring_in(self, pause_s: float, now: float) -> None:
        self._alarm = self._host.wheel.schedule(now + pause_s, self._ring)

    def _ring(self, now: float) -> None:
        self._alarm = None
        if self._transaction is not None:
            self._unanswered("REGISTER is not answered", now)
        else:
            self._run(Input.TIMER, now)

    def _abandon(self) -> None:
        transaction, self._transaction = self._transaction, None
        if isinstance(transaction, ClientNonInviteTransaction):
            transaction.abandon()

    def _end(self) -> None:
        self._abandon()
        self.bound_until = 0.0
        self._on_ended(self)


def granted(response: SipResponse, contact_user: str, asked_s: int) -> int:
    """For how long a 200 registers us (§10.2.4): as our Contact in it says, else its Expires, else as asked.

    Behind NAT a carrier may show our Contact with another host, so it is known by its user part; one that names no Contact at all is taken
    to have registered us. What can't be read, of other phones of the account for one, is passed over: we are registered all the same.
    """
    for value in response.headers.values("Contact"):
        try:
            contact = parse_name_addr(value)
            is_ours = contact.uri.is_sip and contact.uri.user_unescaped == contact_user
        except RemoteProtocolError:
            continue
        if is_ours:
            text = contact.param("expires")
            if text is not None and text.isascii() and text.isdigit() and len(text) <= 10:
                return int(text)
            break
    try:
        expires = response.expires
    except RemoteProtocolError:
        expires = None
    return asked_s if expires is None else expires


def _min_expires(response: SipResponse) -> int:
    text = (response.headers.first("Min-Expires") or "").strip(" \t")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else 0
