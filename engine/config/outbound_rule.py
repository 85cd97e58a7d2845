"""Which calls go outside, over which trunks, and with which digits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from engine.config.declared import DeclaredField
from engine.config.ref import ConfigRef

FAILOVER_ON: Final = (408, 500, 502, 503, 504)
"""Responses of a carrier after which the next route is tried, where a rule names none. No response at all always is a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundRouteConfig:
    """`strip`: so many digits go from the front of what was dialled, then `prepend` comes before it. With neither, the number is sent in
    the trunk's own format. `caller_id`: in place of the trunk's policy, "" = none.
    """

    trunk: str
    strip: int = 0
    prepend: str = ""
    caller_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundRuleConfig:
    """Conditions are ANDed, alternatives of one are ORed, () = any. `order`: lower is asked first, then the longer prefix, then the name.

    `prefixes`: of the digits as dialled; `extensions`: masks of calling extensions; `groups`: of calling extensions; `min_length`,
    `max_length`: of the dialled digits, 0 = any. `routes`: one to three, in order. `failover_on`: SIP statuses.
    """

    tenant: str
    name: str
    routes: tuple[OutboundRouteConfig, ...]
    order: int = 100
    prefixes: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    min_length: int = 0
    max_length: int = 0
    failover_on: tuple[int, ...] = FAILOVER_ON
    ring_time_s: float = 120.0
    enabled: bool = True
    declared: tuple[DeclaredField, ...] = ()

    ref: ConfigRef = field(init=False, repr=False, compare=False)
    """Kept: each call asks for it several times."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "ref", ConfigRef(self.tenant, "OutboundRule", self.name))
