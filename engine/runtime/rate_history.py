"""The last ten minutes of what the feed tells each second, kept whether somebody watches or not: a chart that is opened is filled.

Read once a second off what adds up anyway (`CallFigures`), so the call path writes nothing for it. With many tenants only the sum of all is
kept: a thousand of them for ten minutes would be tens of megabytes.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from engine.call.figures import CallFigures
from engine.cause import Outcome
from engine.live_event import Figures

SECONDS: Final = 600
SECOND_S: Final = 1.0
MOST_TENANTS: Final = 100
_BROKEN: Final = frozenset({Outcome.FAILED.value, Outcome.INTERRUPTED.value})
_REFUSED: Final = Outcome.REFUSED.value

Sums = tuple[int, int, int, int, int]
"""Since the start: started, answered, ended, failed, refused."""
NOTHING: Final[Sums] = (0, 0, 0, 0, 0)


class Counted(Protocol):
    """What is read: the engine's own parts."""

    def call_counts(self) -> Mapping[str, int]: ...

    def phone_counts(self) -> Mapping[str, int]: ...

    def call_figures(self) -> CallFigures: ...


class RateHistory:
    """Use: `start`, then `stop`, on one loop."""

    def __init__(self, counted: Counted, utc_now: Callable[[], datetime]) -> None:
        self._counted = counted
        self._utc_now = utc_now
        self._kept: deque[tuple[datetime, Figures, Mapping[str, Figures] | None]] = deque(maxlen=SECONDS)
        self._before: Sums = NOTHING
        self._before_of: Mapping[str, Sums] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._due = loop.time() + SECOND_S
        self._timer = loop.call_at(self._due, self._on_timer)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def recent(self, tenant: str | None) -> Sequence[tuple[datetime, Figures]]:
        """Second by second, oldest first; of a tenant: as far as they were kept."""
        if tenant is None:
            return [(at, figures) for at, figures, _ in self._kept]
        return [(at, of.get(tenant, Figures())) for at, _, of in self._kept if of is not None]

    def _on_timer(self) -> None:
        loop = asyncio.get_running_loop()
        self._look(self._utc_now())
        # What was missed is not made up for.
        self._due = max(self._due, loop.time() - SECOND_S / 2) + SECOND_S
        self._timer = loop.call_at(self._due, self._on_timer)

    def _look(self, at: datetime) -> None:
        live, phones, figures = (
            self._counted.call_counts(),
            self._counted.phone_counts(),
            self._counted.call_figures(),
        )
        sums = _sums(figures)
        everything = _figures(sum(live.values()), sum(phones.values()), self._before, sums)
        self._before = sums
        names = {*live, *phones, *figures.started}
        if len(names) <= MOST_TENANTS:
            of: Mapping[str, Figures] | None = self._of_tenants(names, live, phones, figures)
        else:
            of = self._before_of = None
        self._kept.append((at, everything, of))

    def _of_tenants(
        self, names: Iterable[str], live: Mapping[str, int], phones: Mapping[str, int], figures: CallFigures
    ) -> Mapping[str, Figures]:
        sums = _sums_of(figures)
        before, self._before_of = sums if self._before_of is None else self._before_of, sums
        return {
            name: _figures(live.get(name, 0), phones.get(name, 0), before.get(name, NOTHING), sums.get(name, NOTHING))
            for name in names
        }


def _figures(calls: int, registrations: int, before: Sums, now: Sums) -> Figures:
    return Figures(calls, registrations, *[new - old for old, new in zip(before, now, strict=True)])


def _sums(figures: CallFigures) -> Sums:
    ended = figures.ended
    return (
        sum(figures.started.values()),
        sum(figures.answered.values()),
        sum(ended.values()),
        sum([count for (_, outcome, _), count in ended.items() if outcome in _BROKEN]),
        sum([count for (_, outcome, _), count in ended.items() if outcome == _REFUSED]),
    )


def _sums_of(figures: CallFigures) -> Mapping[str, Sums]:
    ended: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for (tenant, outcome, _), count in figures.ended.items():
        ended[tenant] += count
        if outcome in _BROKEN:
            failed[tenant] += count
        elif outcome == _REFUSED:
            refused[tenant] += count
    return {
        name: (begun, figures.answered.get(name, 0), ended[name], failed[name], refused[name])
        for name, begun in figures.started.items()
    }
