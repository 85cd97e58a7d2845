"""Settings of the whole machine. Defaults are those of the manifest kind `System`."""

from __future__ import annotations

from dataclasses import dataclass, field

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
class SystemConfig:
    """`drain_s`: how long calls may go on with what a change has removed under them. `dns_servers`: what trunks' names are asked of, in
    order; () = the machine's own resolvers."""

    media: MediaConfig = field(default_factory=MediaConfig)
    sip: SipConfig = field(default_factory=SipConfig)
    security: SecurityConfig = field(default_factory=SecurityConfig)
    drain_s: float = 14400.0
    dns_servers: tuple[ServerConfig, ...] = ()
    declared: tuple[DeclaredField, ...] = ()

    @property
    def ref(self) -> ConfigRef:
        return SYSTEM_REF
