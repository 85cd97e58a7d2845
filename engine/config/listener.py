"""One address, port and transport on which SIP is received and sent."""

from __future__ import annotations

from dataclasses import dataclass

from engine.config.declared import DeclaredField
from engine.config.ref import ConfigRef


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerConfig:
    """`address`, `advertised_address`: None = the machine's own (`--host`); `tenant`: of requests that name no tenant's domain."""

    name: str
    transport: str
    port: int
    address: str | None = None
    advertised_address: str | None = None
    tenant: str | None = None
    declared: tuple[DeclaredField, ...] = ()

    @property
    def ref(self) -> ConfigRef:
        return ConfigRef("", "Listener", self.name)
