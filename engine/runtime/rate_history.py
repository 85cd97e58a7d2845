"""The last ten minutes of what the feed tells each second, kept whether somebody watches or not: a chart that is opened is filled.

Read once a second off what adds up anyway (`CallFigures`), so the call path writes nothing for it. Of a tenant only seconds are kept in
which something of it was otherwise than in the one before; what lies between is told from these. So a thousand tenants cost what their
calls come to, and where that is very much, the tenants' seconds reach back less far, all of them equally.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol, TypeAlias, TypeVar

from engine.call.figures import CallFigures
from engine.cause import Outcome
from engine.live_event import Figures

SECONDS: Final = 600
SECOND_S: Final = 1.0
MOST_ROWS: Final = 60_000
"""Of all tenants and seconds: some 15 MB."""
_BROKEN: Final = frozenset({Outcome.FAILED.value, Outcome.INTERRUPTED.value})
_REFUSED: Final = Outcome.REFUSED.value

Row: TypeAlias = tuple[int, int, int, int, int, int, int]
"""The fields of `Figures`. Plain tuples of numbers are nothing that Python's collector looks at."""
_CALLS, _REGISTRATIONS, _STARTED, _ANSWERED, _ENDED, _FAILED, _REFUSED_AT = range(7)
KeyT = TypeVar("KeyT")


class Counted(Protocol):
    """What is read: the engine's own parts."""

    def call_counts(self) -> Mapping[str, int]: ...

    def phone_counts(self) -> Mapping[str, int]: ...

    def call_figures(self) -> CallFigures: ...


class RateHistory:
    """Use: `start`, then `stop`, on one loop."""

    def __init__(self, counted: Counted, utc_now: Callable[[], datetime], most_rows: int = MOST_ROWS) -> None:
        self._counted = counted
        self._utc_now = utc_now
        self._most_rows = most_rows
        self._kept: deque[tuple[datetime, Figures]] = deque(maxlen=SECONDS)
        self._of_tenants: deque[tuple[datetime, Mapping[str, Row]]] = deque()
        self._rows = 0
        self._stood: dict[str, tuple[int, int]] = {}
        """Calls and registrations before the first of these seconds."""
        self._seen = _Seen()
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
        """Second by second, oldest first; of a tenant: as far as they reach back."""
        if tenant is None:
            return list(self._kept)
        stands = Figures(*self._stood.get(tenant, (0, 0)))
        found = []
        for at, rows in self._of_tenants:
            row = rows.get(tenant)
            if row is not None:
                stands = Figures(row[_CALLS], row[_REGISTRATIONS])
            found.append((at, stands if row is None else Figures(*row)))
        return found

    def _on_timer(self) -> None:
        loop = asyncio.get_running_loop()
        self._look(self._utc_now())
        # What was missed is not made up for.
        self._due = max(self._due, loop.time() - SECOND_S / 2) + SECOND_S
        self._timer = loop.call_at(self._due, self._on_timer)

    def _look(self, at: datetime) -> None:
        counted = self._counted
        live, phones = counted.call_counts(), counted.phone_counts()
        rows = self._seen.news(live, phones, counted.call_figures())
        happened = [sum(column) for column in zip(*rows.values(), strict=True)][_STARTED:] if rows else ()
        self._kept.append((at, Figures(sum(live.values()), sum(phones.values()), *happened)))
        self._of_tenants.append((at, rows))
        self._rows += len(rows)
        while len(self._of_tenants) > SECONDS or self._rows > self._most_rows:
            self._drop()

    def _drop(self) -> None:
        _, rows = self._of_tenants.popleft()
        self._rows -= len(rows)
        for tenant, row in rows.items():
            stood = (row[_CALLS], row[_REGISTRATIONS])
            if stood == (0, 0):
                self._stood.pop(tenant, None)
            else:
                self._stood[tenant] = stood


class _Seen:
    """All counts as they were a second ago."""

    def __init__(self) -> None:
        self._live: dict[str, int] = {}
        self._phones: dict[str, int] = {}
        self._started: dict[str, int] = {}
        self._answered: dict[str, int] = {}
        self._ended: dict[tuple[str, str, str], int] = {}

    def news(self, live: Mapping[str, int], phones: Mapping[str, int], figures: CallFigures) -> dict[str, Row]:
        """What this second came to for each tenant of which something is otherwise."""
        happened: dict[str, list[int]] = {}
        changed = _take(self._live, live).keys() | _take(self._phones, phones).keys()
        for tenant, more in _take(self._started, figures.started).items():
            _of(happened, tenant)[_STARTED] += more
        for tenant, more in _take(self._answered, figures.answered).items():
            _of(happened, tenant)[_ANSWERED] += more
        for (tenant, outcome, _), more in _take(self._ended, figures.ended).items():
            counts = _of(happened, tenant)
            counts[_ENDED] += more
            if outcome in _BROKEN:
                counts[_FAILED] += more
            elif outcome == _REFUSED:
                counts[_REFUSED_AT] += more
        rows: dict[str, Row] = {}
        for tenant in changed | happened.keys():
            _, _, started, answered, ended, failed, refused = happened.get(tenant, _NOTHING)
            rows[tenant] = (
                live.get(tenant, 0), phones.get(tenant, 0), started, answered, ended, failed, refused
            )  # fmt: skip
        return rows


_NOTHING: Final = [0] * 7


def _of(happened: dict[str, list[int]], tenant: str) -> list[int]:
    return happened.setdefault(tenant, [0] * 7)


def _take(seen: dict[KeyT, int], now: Mapping[KeyT, int]) -> dict[KeyT, int]:
    """By how much each differs that does, which from now on is seen."""
    more = {key: count - seen.get(key, 0) for key, count in now.items() if seen.get(key, 0) != count}
    if len(seen) + len(more) != len(now):  # some may be gone
        for key in seen.keys() - now.keys():
            more[key] = -seen.pop(key)
    for key in more:
        if key in now:
            seen[key] = now[key]
    return more
