"""An address or network that is let pass or shut out, perhaps for a time."""

from __future__ import annotations

from dataclasses import dataclass

from engine.config.declared import DeclaredField
from engine.config.ref import ConfigRef


@dataclass(frozen=True, slots=True, kw_only=True)
class IpRuleConfig:
    """`network`: as `192.0.2.0/24`; `is_allowed`: False = denied; `expires_at`: UNIX seconds, None = it holds for good."""

    name: str
    network: str
    is_allowed: bool
    expires_at: float | None = None
    declared: tuple[DeclaredField, ...] = ()

    @property
    def ref(self) -> ConfigRef:
        return ConfigRef("", "IpRule", self.name)
