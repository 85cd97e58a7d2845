"""Whose a number is that somebody outside calls, and where that call goes."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.config.declared import DeclaredField
from engine.config.destination import DestinationConfig
from engine.config.ref import ConfigRef


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundRuleConfig:
    """`trunks`: names of those that it is for, () = all of the tenant's; `dids`, `cids`: masks (`dialing.pattern`), () = any number.

    `is_dialled`: masks are held against numbers as they came, not against their canonical form. `hours`: name of the OfficeHours, None =
    the tenant's. `out_of_hours`: None = as in hours.
    """

    tenant: str
    name: str
    in_hours: DestinationConfig
    trunks: tuple[str, ...] = ()
    dids: tuple[str, ...] = ()
    cids: tuple[str, ...] = ()
    is_dialled: bool = False
    hours: str | None = None
    out_of_hours: DestinationConfig | None = None
    enabled: bool = True
    declared: tuple[DeclaredField, ...] = ()

    ref: ConfigRef = field(init=False, repr=False, compare=False)
    """Kept: each call asks for it several times."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "ref", ConfigRef(self.tenant, "InboundRule", self.name))
