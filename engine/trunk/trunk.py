"""One trunk at run time: its servers and how they stand, its registration, what is sent to it.

It lives as long as its configuration keeps what it is about: an apply that leaves it unchanged leaves it alone.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final, Protocol

from engine.config.trunk import TrunkConfig
from engine.sip.digest_client import Authenticator
from engine.sip.flow import Flow
from engine.sip.identifiers import Identifiers
from engine.sip.message import SipRequest
from engine.sip.transaction_host import ClientOwner
from engine.sip.transactions import ClientTransaction, TransactionLayer
from engine.sip.uri import make_uri
from engine.trunk.door import Door
from engine.trunk.probe import Probe, options_request
from engine.trunk.registration import Registration, State
from engine.trunk.resolution import Endpoint, Known, Question, in_order, resolve
from engine.trunk.server_watch import ServerWatch
from engine.wheel import Alarm, Wheel

DOWN_INTERVAL_S: Final = 10.0
SUSPECT_INTERVAL_S: Final = 5.0
_FIRST_PROBE_S: Final = 1.0
_JITTER: Final = 0.1

Place = tuple[str, int]
"""Host and port of a server."""


class TrunkHost(Protocol):
    """What trunks share."""

    layer: TransactionLayer
    wheel: Wheel
    identifiers: Identifiers
    user_agent: str

    def door(self, config: TrunkConfig, host: str) -> Door | None:
        """The socket that the trunk reaches that address by."""

    def owns(self, key: str, host: str) -> bool:
        """Whether the address is known to be that trunk's."""


class Trunk:
    """`endpoints`: its servers' addresses, as far as they are known; `is_enabled`: it and its tenant."""

    __slots__ = (
        "_host",
        "_pings",
        "_probes",
        "config",
        "endpoints",
        "is_enabled",
        "key",
        "password",
        "questions",
        "registration",
        "since",
        "watches",
    )

    def __init__(self, config: TrunkConfig, password: str | None, host: TrunkHost, now: float) -> None:
        self.key = config.key
        self.config = config
        self.password = password
        self._host = host
        self.is_enabled = True
        self.endpoints: tuple[Endpoint, ...] = ()
        self.questions: tuple[Question, ...] = ()
        self.watches: dict[Place, ServerWatch] = {}
        self._pings: dict[Place, Alarm] = {}
        self._probes: dict[Place, Probe] = {}
        self.registration: Registration | None = None
        self.since = now

    @property
    def wheel(self) -> Wheel:
        return self._host.wheel

    @property
    def identifiers(self) -> Identifiers:
        return self._host.identifiers

    @property
    def contact_user(self) -> str:
        """The user part of our binding: unguessable, unique, and the same after a restart; "" where nothing is registered."""
        return self.registration.contact_user if self.registration is not None else ""

    # Life.

    def start(self, known: Known, now: float) -> None:
        """Look for its servers, ask whether they are there, register."""
        self.learn(known, now)
        if self.config.registration is not None and self.registration is None:
            self.register(now)

    def register(self, now: float) -> None:
        credentials = self.config.credentials
        if credentials is None or self.password is None:
            return
        authenticator = Authenticator(credentials.user, self.password, self._host.identifiers)
        user = contact_token(self.key, self.password)
        self.registration = Registration(self.config, self, authenticator, user, _forget, now)
        self.registration.start(now)

    def exchange(self, password: str | None, now: float) -> bool:
        """Go on with another password, and keep what the carrier has of us until it knows the new one. False where there is nothing to
        keep: then the trunk is to be brought up anew."""
        if password is None or self.password is None or self.config.credentials is None:
            return False
        if self.registration is not None:
            authenticator = Authenticator(self.config.credentials.user, password, self._host.identifiers)
            if not self.registration.exchange(authenticator, now):
                return False
        self.password = password
        return True

    def stop(self, now: float) -> Registration | None:
        """No more probes; the registration that is being removed, if there is one."""
        for alarm in self._pings.values():
            alarm.cancel()
        self._pings.clear()
        for probe in self._probes.values():
            probe.drop()
        self._probes.clear()
        registration, self.registration = self.registration, None
        if registration is None:
            return None
        registration.stop(now)
        return None if registration.state is State.ENDED else registration

    def learn(self, known: Known, now: float) -> None:
        """What DNS says now."""
        config = self.config
        servers = config.servers if config.outbound_proxy is None else (config.outbound_proxy,)
        found = resolve(servers, config.transport, known)
        self.questions = found.questions
        if found.endpoints == self.endpoints:
            return
        if found.pending and not found.endpoints and self.endpoints:
            return  # an answer of before is better than none
        self.endpoints = found.endpoints
        places = {(endpoint.host, endpoint.port) for endpoint in found.endpoints}
        for place in self.watches.keys() - places:
            del self.watches[place]
            self._stop_asking(place)
        for endpoint in found.endpoints:
            place = (endpoint.host, endpoint.port)
            if place not in self.watches:
                self.watches[place] = ServerWatch(now)
                if config.options_interval_s > 0:
                    self._ask_in(endpoint, self._jittered(_FIRST_PROBE_S), now)
        if self.registration is not None:
            self.registration.servers_known(now)

    def _stop_asking(self, place: Place) -> None:
        alarm = self._pings.pop(place, None)
        if alarm is not None:
            alarm.cancel()
        probe = self._probes.pop(place, None)
        if probe is not None:
            probe.drop()

    # How it stands.

    def servers(self, now: float) -> list[Endpoint]:
        """In the order in which they are to be tried: those that are not down, then, for want of others, those that are."""
        for watch in self.watches.values():
            watch.heed_rest(now, is_asked=self.config.options_interval_s > 0)
        if len(self.endpoints) < 2:
            return list(self.endpoints)
        ordered = in_order(self.endpoints, self._draw)
        live = [endpoint for endpoint in ordered if not self.watch(endpoint).is_down]
        return live + [endpoint for endpoint in ordered if endpoint not in live]

    def watch(self, endpoint: Endpoint) -> ServerWatch:
        found = self.watches.get((endpoint.host, endpoint.port))
        return found if found is not None else ServerWatch(0.0)

    def is_up(self, now: float) -> bool:
        """Whether calls can go over it, as far as is known."""
        if not self.is_enabled or not self.config.enabled or not self.endpoints:
            return False
        registration = self.registration
        if registration is not None and registration.failure is not None and not registration.is_registered(now):
            return False
        for watch in self.watches.values():
            watch.heed_rest(now, is_asked=self.config.options_interval_s > 0)
        return any(not watch.is_down for watch in self.watches.values())

    def server_answered(self, endpoint: Endpoint, now: float) -> None:
        self.watch(endpoint).answered(now)
        self._ask_again(endpoint, now)

    def server_missed(self, endpoint: Endpoint, now: float) -> None:
        self.watch(endpoint).missed(now)
        self._ask_again(endpoint, now)

    def server_silent(self, endpoint: Endpoint, why: str, now: float) -> None:
        self.watch(endpoint).silent(why, now)
        self._ask_again(endpoint, now)

    def server_unavailable(self, endpoint: Endpoint, retry_after_s: float | None, now: float) -> None:
        self.watch(endpoint).unavailable(retry_after_s, now)
        self._ask_again(endpoint, now)

    def registration_changed(self, now: float) -> None:
        """Whoever wants to know looks."""

    # What is sent.

    def owns(self, host: str) -> bool:
        """Whether the address is known to be its own."""
        return self._host.owns(self.key, host)

    def flow(self, endpoint: Endpoint) -> Flow | None:
        """The way to a server; None if no Listener leads there."""
        door = self._host.door(self.config, endpoint.host)
        return None if door is None else Flow(door.label, self.config.transport, endpoint.host, endpoint.port)

    def contact_place(self, host: str) -> Place:
        """Host and port that the peer at that address is told to reach us by."""
        door = self._host.door(self.config, host)
        if door is None:
            return ("invalid", 5060)
        return door.bound if self.config.is_same_network else door.advertised

    def contact(self, endpoint: Endpoint, user: str) -> str:
        params = (("transport", self.config.transport),) if self.config.transport != "udp" else ()
        return f"<{make_uri(user, *self.contact_place(endpoint.host), params)}>"

    def request(
        self, request: SipRequest, endpoint: Endpoint, owner: ClientOwner, now: float
    ) -> ClientTransaction | None:
        flow = self.flow(endpoint)
        if flow is None:
            return None
        request.headers.add("User-Agent", self._host.user_agent)
        return self._host.layer.request(request, flow, now, owner=owner)

    def authenticator(self) -> Authenticator | None:
        """For one dialog; None where there are no credentials."""
        credentials = self.config.credentials
        if credentials is None or self.password is None:
            return None
        return Authenticator(credentials.user, self.password, self._host.identifiers)

    # OPTIONS.

    def _ask_again(self, endpoint: Endpoint, now: float) -> None:
        """Set the next OPTIONS by how the server stands now."""
        interval_s = self.config.options_interval_s
        place = (endpoint.host, endpoint.port)
        watch = self.watches.get(place)
        if interval_s <= 0 or watch is None or place in self._probes:
            return
        if watch.is_down:
            interval_s = min(interval_s, DOWN_INTERVAL_S)
        elif watch.state.value == "suspect":
            interval_s = min(interval_s, SUSPECT_INTERVAL_S)
        self._ask_in(endpoint, self._jittered(interval_s), now)

    def _ask_in(self, endpoint: Endpoint, pause_s: float, now: float) -> None:
        place = (endpoint.host, endpoint.port)
        before = self._pings.get(place)
        if before is not None:
            before.cancel()
        self._pings[place] = self._host.wheel.schedule(now + pause_s, _Ring(self, endpoint).ring)

    def ask(self, endpoint: Endpoint, now: float) -> None:
        """Send OPTIONS to a server, if it still is one."""
        place = (endpoint.host, endpoint.port)
        self._pings.pop(place, None)
        if place not in self.watches or place in self._probes:
            return
        probe = Probe(_ProbeOwner(self, place), endpoint)
        request = options_request(endpoint, self.contact(endpoint, "trunkline"), self._host.identifiers)
        self._probes[place] = probe
        transaction = self.request(request, endpoint, probe, now)
        if transaction is None:
            del self._probes[place]
            self.server_missed(endpoint, now)
            return
        probe.expect(transaction, now)

    def probe_over(self, place: Place) -> None:
        self._probes.pop(place, None)

    def _draw(self, highest: int) -> int:
        return int.from_bytes(self._host.identifiers.nonce_bytes(4), "big") % (highest + 1)

    def _jittered(self, pause_s: float) -> float:
        return pause_s * (1 - _JITTER + 2 * _JITTER * self._draw(1000) / 1000)


class _Ring:
    """When a server is to be asked."""

    __slots__ = ("_endpoint", "_trunk")

    def __init__(self, trunk: Trunk, endpoint: Endpoint) -> None:
        self._trunk = trunk
        self._endpoint = endpoint

    def ring(self, now: float) -> None:
        self._trunk.ask(self._endpoint, now)


class _ProbeOwner:
    """Takes the probe off its trunk before the trunk hears of what came."""

    __slots__ = ("_place", "_trunk", "wheel")

    def __init__(self, trunk: Trunk, place: Place) -> None:
        self._trunk = trunk
        self._place = place
        self.wheel = trunk.wheel

    def server_answered(self, endpoint: Endpoint, now: float) -> None:
        self._trunk.probe_over(self._place)
        self._trunk.server_answered(endpoint, now)

    def server_missed(self, endpoint: Endpoint, now: float) -> None:
        self._trunk.probe_over(self._place)
        self._trunk.server_missed(endpoint, now)

    def server_unavailable(self, endpoint: Endpoint, retry_after_s: float | None, now: float) -> None:
        self._trunk.probe_over(self._place)
        self._trunk.server_unavailable(endpoint, retry_after_s, now)


def contact_token(key: str, password: str) -> str:
    """Made of what only we and the carrier know, so that nobody guesses it and a restart does not change it."""
    digest = blake2b(f"contact of {key}".encode(), key=password.encode("utf-8", "surrogateescape")[:64], digest_size=12)
    return f"t{digest.hexdigest()}"


def _forget(_: Registration) -> None:
    """Whoever stops a registration looks at its state."""
