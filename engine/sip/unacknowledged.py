"""A 2xx to an INVITE that waits for its ACK.

RFC 3261 §13.3.1.4: the UAS core, not the transaction, sends it again: after T1, then doubling up to T2, for 64*T1.

Surprising: over reliable transports too, since a proxy may have an unreliable one behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.sip.server_invite import ServerInviteTransaction
from engine.sip.timers import Timers
from engine.wheel import Alarm, Wheel

SuccessKey = tuple[str, str, int]
"""Call-ID, our tag, CSeq number: what an ACK repeats of the 2xx, whatever its Request-URI and branch say."""


class UnacknowledgedSuccess:
    """Retransmits until `stop`; `give_up(self, now)` is called if no ACK came within 64*T1."""

    __slots__ = ("_alarm", "_give_up", "_interval_s", "_t2_s", "_until", "_wheel", "key", "transaction")

    def __init__(
        self,
        key: SuccessKey,
        transaction: ServerInviteTransaction,
        timers: Timers,
        wheel: Wheel,
        give_up: Callable[[UnacknowledgedSuccess, float], None],
        now: float,
    ) -> None:
        self.key: Final = key
        self.transaction: Final = transaction
        self._give_up = give_up
        self._wheel = wheel
        self._t2_s = timers.t2_s
        self._until = now + timers.giving_up_s
        self._interval_s = timers.t1_s
        self._alarm: Alarm = wheel.schedule(now + self._interval_s, self._ring)

    def stop(self) -> None:
        """The ACK came."""
        self._alarm.cancel()
        self.transaction.forget_success()

    def _ring(self, now: float) -> None:
        if now >= self._until:
            self._give_up(self, now)
            return
        self.transaction.resend_success(now)
        self._interval_s = min(2 * self._interval_s, self._t2_s)
        self._alarm = self._wheel.schedule(min(now + self._interval_s, self._until), self._ring)
