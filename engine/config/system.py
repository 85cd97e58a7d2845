"""Settings of the whole machine. Defaults are those of the manifest kind `System`."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address

from engine.config.declared import DeclaredField
from engine.config.ref import ConfigRef
from engine.config.security import SecurityConfig
from engine.config.trunk import ServerConfig

SYSTEM_REF = ConfigRef("", "System", "system")


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaConfig:
    """`address`, `advertised_address`: None = the machine's own (`--host`). Ports inclusive. Times in seconds."""

    address: str | None = None
    advertised_address: str | None = None
    first_port: int = 33000
    last_port: int = 65000
    inactivity_timeout_s: float = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SipConfig:
    """Registration and authentication times, in seconds."""

    min_expires_s: int = 60
    max_expires_s: int = 3600
    default_expires_s: int = 600
    nonce_lifetime_s: float = 300.0
    user_agent: str = "Trunkline"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """What phones are told where a listener or media say nothing else; None = the address that is bound."""

    advertised_ipv4: str | None = None
    advertised_ipv6: str | None = None

    def told(self, bound: str) -> str:
        """Of a socket at that address; what is bound to this machine alone is told as it is."""
        try:
            address = ip_address(bound.partition("%")[0])
        except ValueError:
            return bound
        advertised = self.advertised_ipv4 if address.version == 4 else self.advertised_ipv6
        return bound if advertised is None or address.is_loopback else advertised


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemConfig:
    """`drain_s`: how long calls may go on with what a change has removed under them. `dns_servers`: what trunks' names are asked of, in
    order; () = the machine's own resolvers."""

    media: MediaConfig = field(default_factory=MediaConfig)
    sip: SipConfig = field(default_factory=SipConfig)
    security: SecurityConfig = field(default_factory=SecurityConfig)
    drain_s: float = 14400.0
    dns_servers: tuple[ServerConfig, ...] = ()
    network: NetworkConfig = field(default_factory=NetworkConfig)
    declared: tuple[DeclaredField, ...] = ()

    @property
    def ref(self) -> ConfigRef:
        return SYSTEM_REF
