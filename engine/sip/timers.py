"""The timer values of the transactions: T1, T2, T4 and what follows from them.

RFC 3261 §17.1.1.1 and its table 4, RFC 6026 §8 (L, M), RFC 4320 §4.1. All in seconds. Where a value differs between
transports, `reliable` says which is meant (True for all but UDP).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.sip.flow import Flow


def is_reliable(flow: Flow) -> bool:
    """Whether the transport itself retransmits (RFC 3261 §17: no retransmission timers then)."""
    return flow.transport != "udp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timers:
    """`t1_s`: estimated round trip; `t2_s`: longest interval between retransmissions of all but INVITE; `t4_s`: longest
    life of a message in the network; `trying_s`: how long a user may think before INVITE is answered 100 for it.
    """

    t1_s: float = 0.5
    t2_s: float = 4.0
    t4_s: float = 5.0
    trying_s: float = 0.2

    @property
    def giving_up_s(self) -> float:
        """64*T1: timers B, F, H, J, L and M, and the wait for the ACK of a 2xx (RFC 3261 §13.3.1.4)."""
        return 64 * self.t1_s

    def wait_d_s(self, *, reliable: bool) -> float:
        """Timer D: responses to INVITE may still come again; at least 32 s (RFC 3261 §17.1.1.2)."""
        return 0.0 if reliable else max(32.0, 64 * self.t1_s)

    def wait_i_s(self, *, reliable: bool) -> float:
        """Timer I: ACKs may still come again."""
        return 0.0 if reliable else self.t4_s

    def wait_j_s(self, *, reliable: bool) -> float:
        """Timer J: the request may still come again."""
        return 0.0 if reliable else 64 * self.t1_s

    def wait_k_s(self, *, reliable: bool) -> float:
        """Timer K: responses to other requests may still come again."""
        return 0.0 if reliable else self.t4_s

    @property
    def slow_answer_s(self) -> float:
        """When the client's timer E is set to T2: from then on 100 is due to a request other than INVITE (RFC 4320 §4.1)."""
        waited, interval = 0.0, self.t1_s
        while interval < self.t2_s:
            waited += interval
            interval *= 2
        return waited


RFC_TIMERS: Final = Timers()
