"""When somebody is there: a schedule, and the clocks that it speaks of."""

from __future__ import annotations

from dataclasses import dataclass

from dialing.schedule import Schedule
from dialing.time_zone import TimeZone
from engine.config.declared import DeclaredField
from engine.config.ref import ConfigRef


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeHoursConfig:
    """`zone`: None = the tenant's."""

    tenant: str
    name: str
    schedule: Schedule
    zone: TimeZone | None = None
    declared: tuple[DeclaredField, ...] = ()

    @property
    def ref(self) -> ConfigRef:
        return ConfigRef(self.tenant, "OfficeHours", self.name)
