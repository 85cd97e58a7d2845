"""All trunks of the running configuration: brought up, changed and taken down by an apply, and found by address.

An apply leaves an unchanged trunk alone. One that changed in what its servers know of it (servers, credentials, registration...) is taken
down and brought up anew; any other change is taken over as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from engine.config.secret import Secrets
from engine.config.snapshot import Snapshot
from engine.config.trunk import TrunkConfig
from engine.sip.identifiers import Identifiers
from engine.sip.transactions import TransactionLayer
from engine.trunk.door import Door
from engine.trunk.registration import Registration, State
from engine.trunk.resolution import Known, Question, is_address
from engine.trunk.sources import SourceMap
from engine.trunk.trunk import Trunk
from engine.trunk.usage import Usage
from engine.trunk.view import trunk_view
from engine.views import TrunkView
from engine.wheel import Wheel

_NOTHING_KNOWN: Final[Known] = {}


class Trunks:
    """`usage`: what goes over them; `doors`: our sockets."""

    def __init__(self, layer: TransactionLayer, wheel: Wheel, identifiers: Identifiers) -> None:
        self.layer = layer
        self.wheel = wheel
        self.identifiers = identifiers
        self.user_agent = "Trunkline"
        self.usage = Usage()
        self.doors: tuple[Door, ...] = ()
        self._trunks: dict[str, Trunk] = {}
        self._known: Known = _NOTHING_KNOWN
        self._leaving: list[Registration] = []
        self._sources: SourceMap[str] = SourceMap()
        self._near: frozenset[str] = frozenset()

    # The configuration.

    def apply(self, snapshot: Snapshot, secrets: Secrets, doors: Iterable[Door], now: float) -> None:
        """What runs is to be like this."""
        self.doors = tuple(doors)
        self.user_agent = snapshot.system.sip.user_agent
        wanted = {config.key: (config, enabled) for config, enabled in _configs(snapshot)}
        for key in self._trunks.keys() - wanted.keys():
            self._take_down(self._trunks.pop(key), now)
        for key, (config, enabled) in wanted.items():
            self._bring(key, config, enabled, secrets, now)
        self._map_sources()

    def _bring(self, key: str, config: TrunkConfig, enabled: bool, secrets: Secrets, now: float) -> None:
        password = None if config.credentials is None else secrets.get(config.credentials.password)
        running = self._trunks.get(key)
        if running is not None:
            same = _what_servers_know(config) == _what_servers_know(running.config) and enabled == running.is_enabled
            if same and (password == running.password or running.exchange(password, now)):
                running.config = config
                if running.registration is not None:
                    running.registration.heed_contact(now)
                return
            self._take_down(running, now)
        trunk = self._trunks[key] = Trunk(config, password, self, now)
        trunk.is_enabled = enabled
        if enabled:
            trunk.start(self._known, now)

    def _take_down(self, trunk: Trunk, now: float) -> None:
        leaving = trunk.stop(now)
        if leaving is not None:
            self._leaving.append(leaving)

    def stop(self, now: float) -> None:
        """The end: remove our bindings. `is_idle` says when that is done."""
        for trunk in self._trunks.values():
            self._take_down(trunk, now)

    @property
    def is_idle(self) -> bool:
        """Whether no binding is being removed any more."""
        self._leaving = [leaving for leaving in self._leaving if leaving.state is not State.ENDED]
        return not self._leaving

    # DNS.

    def learn(self, known: Known, now: float) -> None:
        """These are the answers of DNS now."""
        self._known = known
        for trunk in self._trunks.values():
            if trunk.is_enabled:
                trunk.learn(known, now)
        self._map_sources()

    def questions(self) -> tuple[Question, ...]:
        """What DNS is to be asked, and kept fresh."""
        return tuple(dict.fromkeys(question for trunk in self._trunks.values() for question in trunk.questions))

    # Who is who.

    def get(self, key: str) -> Trunk | None:
        """By `TrunkConfig.key`."""
        return self._trunks.get(key)

    def is_up(self, key: str, now: float) -> int:
        """1 if calls can go over that trunk, as far as is known; else 0, as for one that does not run."""
        trunk = self._trunks.get(key)
        return int(trunk is not None and trunk.is_up(now))

    def at(self, host: str) -> tuple[Trunk, ...]:
        """Those that the address is of; () for a stranger."""
        return tuple(self._trunks[key] for key in self._sources.owners(host) if key in self._trunks)

    def around(self, host: str) -> list[Trunk]:
        """Others than those of `at`, in whose wider networks the address is; the narrowest first."""
        holders = self._sources.holders(host)
        if len(holders) < 2:
            return []
        keys = dict.fromkeys(key for wider in holders[1:] for key in wider if key not in holders[0])
        return [self._trunks[key] for key in keys if key in self._trunks]

    def hosts(self) -> set[str]:
        """The addresses of all servers, as far as they are known."""
        return {endpoint.host for trunk in self._trunks.values() for endpoint in trunk.endpoints}

    def owns(self, key: str, host: str) -> bool:
        return key in self._sources.owners(host)

    def is_near(self, host: str) -> bool:
        """Whether the address is one of a trunk in our own network, which is told our bound address."""
        return host in self._near

    def door(self, config: TrunkConfig, host: str) -> Door | None:
        for door in self.doors:
            if door.transport == config.transport and door.reaches(host) and config.listener in (None, door.name):
                return door
        return None

    def _map_sources(self) -> None:
        networks: list[tuple[str, str]] = []
        near: set[str] = set()
        for key, trunk in self._trunks.items():
            config = trunk.config
            hosts = {endpoint.host for endpoint in trunk.endpoints}
            if config.outbound_proxy is not None or not trunk.is_enabled:
                hosts |= {server.host for server in config.servers if is_address(server.host)}
            networks += [(network, key) for network in (*hosts, *config.addresses)]
            if config.is_same_network:
                near |= hosts
        self._sources = SourceMap(networks)
        self._near = frozenset(near)

    # What is shown.

    def views(self, utc: Callable[[float], datetime], now: float) -> tuple[TrunkView, ...]:
        return tuple(
            trunk_view(trunk, self.usage.channels(key), utc, now) for key, trunk in sorted(self._trunks.items())
        )

    def keys(self) -> tuple[str, ...]:
        return tuple(self._trunks)

    def view(self, key: str, utc: Callable[[float], datetime], now: float) -> TrunkView | None:
        trunk = self._trunks.get(key)
        return None if trunk is None else trunk_view(trunk, self.usage.channels(key), utc, now)

    def __iter__(self) -> Iterator[Trunk]:
        return iter(self._trunks.values())


def _configs(snapshot: Snapshot) -> Iterator[tuple[TrunkConfig, bool]]:
    """All trunks, and whether they are to work."""
    for config in snapshot.trunks.values():
        yield config, config.enabled
    for tenant in snapshot.tenants.values():
        for config in tenant.trunks.values():
            yield config, config.enabled and tenant.config.enabled


def _what_servers_know(config: TrunkConfig) -> TrunkConfig:
    """The config without what can change under its servers."""
    return replace(
        config,
        tenants=None,
        addresses=(),
        max_channels=0,
        number_format="",
        dialling=_PLAIN.dialling,
        is_dialling_own=False,
        caller_id="",
        number="",
        outgoing=(),
        incoming=(),
    )


_PLAIN: Final = TrunkConfig(tenant="", name="", servers=())
