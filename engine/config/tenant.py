"""One PBX of the many on a machine."""

from __future__ import annotations

from dataclasses import dataclass

from engine.config.ref import ConfigRef


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantConfig:
    """`domain`: the realm and the right-hand side of every address, lower case; `enabled`: False refuses every request of it."""

    name: str
    domain: str
    enabled: bool = True
    display_name: str = ""

    @property
    def ref(self) -> ConfigRef:
        return ConfigRef(self.name, "Tenant", self.name)
