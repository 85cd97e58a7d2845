"""The timer wheel: every alarm of the engine, hashed by tick.

No RFC; the timers it carries are those of RFC 3261 §17 and of the calls. Pure: it never reads a clock, `now` comes in.

Surprising: an alarm rings at the first tick not before its time, so up to `tick_s` late and never early. Cancelling takes
an alarm out at once (its tick is a dict, not a list), so cancelled alarms hold no memory: a transaction that ends early
would otherwise leave its 32 s timers behind.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from math import ceil
from typing import Final, Protocol

Callback = Callable[[float], None]
"""Called with `now`."""

# 0.3 / 0.05 is a little above 6: without this a rounding error would cost a whole tick.
_ROUNDING: Final = 1e-6


class Alarm:
    """One call to come. `at`: when it was asked for, in the seconds of the caller's clock."""

    __slots__ = ("_bucket", "_callback", "at")

    def __init__(self, at: float, callback: Callback, bucket: dict[Alarm, None]) -> None:
        self.at = at
        self._callback: Callback | None = callback
        self._bucket = bucket

    @property
    def is_armed(self) -> bool:
        """Whether it has neither rung nor been cancelled."""
        return self._callback is not None

    def cancel(self) -> None:
        """Never ring. Cancelling twice, or after ringing, is fine."""
        if self._callback is not None:
            self._callback = None
            self._bucket.pop(self, None)

    def ring(self, now: float) -> None:
        """Call back, once; for the wheel."""
        callback = self._callback
        if callback is not None:
            self._callback = None
            callback(now)


class Lingering(Protocol):
    """What only waits to be forgotten, as most transactions do most of their life."""

    def end_linger(self, now: float) -> None:
        """The time is over."""


class Wheel:
    """Schedule, then call `expire(now)` whenever `deadline()` has come."""

    __slots__ = ("_buckets", "_due", "_lingering", "_per_s", "_tick_s", "_ticks")

    def __init__(self, tick_s: float = 0.05) -> None:
        self._tick_s = tick_s
        self._per_s = 1 / tick_s
        self._buckets: dict[int, dict[Alarm, None]] = {}
        self._ticks: list[int] = []  # heap of the ticks that have a bucket
        self._due: deque[Alarm] = deque()
        self._lingering: dict[int, list[Lingering]] = {}

    def schedule(self, at: float, callback: Callback) -> Alarm:
        """Have `callback(now)` called once `now` reaches `at` (seconds); a time gone by rings at the next `expire`."""
        tick = ceil(at * self._per_s - _ROUNDING)
        bucket = self._buckets.get(tick)
        if bucket is None:
            bucket = self._buckets[tick] = {}
            heappush(self._ticks, tick)
        alarm = Alarm(at, callback, bucket)
        bucket[alarm] = None
        return alarm

    def linger(self, at: float, what: Lingering) -> None:
        """Have `what.end_linger(now)` called then. It can't be cancelled, and takes no more than its place in a list."""
        tick = ceil(at * self._per_s - _ROUNDING)
        waiting = self._lingering.get(tick)
        if waiting is None:
            waiting = self._lingering[tick] = []
            self.schedule(at, partial(self._end_linger, tick))
        waiting.append(what)

    def _end_linger(self, tick: int, now: float) -> None:
        waiting = self._lingering.pop(tick)
        for index, what in enumerate(waiting):
            try:
                what.end_linger(now)
            except Exception:
                for left in waiting[index + 1 :]:  # they come at the next `expire`, as alarms do
                    self.linger(now, left)
                raise

    def expire(self, now: float) -> None:
        """Ring what is due, earliest first.

        An alarm scheduled meanwhile waits for the next `expire`, however early its time: no callback can keep us here.
        If a callback raises, the others ring at the next `expire`.
        """
        ticks, due = self._ticks, self._due
        while ticks and ticks[0] * self._tick_s <= now:
            bucket = self._buckets.pop(heappop(ticks))
            due.extend(sorted(bucket, key=_time_of) if len(bucket) > 1 else bucket)
            bucket.clear()  # its alarms refer to it: no reference cycle may be left
        for _ in range(len(due)):
            due.popleft().ring(now)

    def deadline(self) -> float | None:
        """When `expire` is next worth calling; None if nothing is scheduled."""
        due, ticks = self._due, self._ticks
        while due:
            if due[0].is_armed:
                return due[0].at
            due.popleft()
        while ticks:
            if self._buckets[ticks[0]]:
                return ticks[0] * self._tick_s
            del self._buckets[heappop(ticks)]
        return None

    def __len__(self) -> int:
        """How many alarms are armed, and who lingers; walks all ticks, for views and tests."""
        waiting = sum(alarm.is_armed for alarm in self._due) - len(self._lingering)
        return waiting + sum(map(len, self._buckets.values())) + sum(map(len, self._lingering.values()))


def _time_of(alarm: Alarm) -> float:
    return alarm.at
