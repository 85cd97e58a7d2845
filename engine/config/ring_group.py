"""Extensions that are rung for one number, together or one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.config.declared import DeclaredField
from engine.config.destination import DestinationConfig
from engine.config.ref import ConfigRef

SIMULTANEOUS: Final = "simultaneous"
SEQUENTIAL: Final = "sequential"
ROUND_ROBIN: Final = "roundRobin"
LEAST_TALK_TIME: Final = "leastTalkTime"


@dataclass(frozen=True, slots=True, kw_only=True)
class RingGroupConfig:
    """`members`: extensions' numbers, in order; `ring_time_s`: until nobody has answered; `member_ring_time_s`: of each, where one is rung
    after the other. `no_answer`: None = the caller is told so.
    """

    tenant: str
    name: str
    number: str
    members: tuple[str, ...]
    strategy: str = SIMULTANEOUS
    display_name: str = ""
    ring_time_s: float = 60.0
    member_ring_time_s: float = 20.0
    no_answer: DestinationConfig | None = None
    enabled: bool = True
    declared: tuple[DeclaredField, ...] = ()

    @property
    def ref(self) -> ConfigRef:
        return ConfigRef(self.tenant, "RingGroup", self.name)
