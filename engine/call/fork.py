"""Phones that ring together: the first to answer gets the call, the others are cancelled (RFC 3261 §16.7 for the
choice among failures).

A fork answers exactly once, by `done`, unless withdrawn. A 6xx ends at once the ringing of all phones of whoever declined (§16.7 step 5);
otherwise every phone may still answer until all have failed or the ring time is over.

Surprising: a fork may ring several people, the members of a ring group. One of them who declines speaks for himself only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.call.callee_leg import CalleeLeg
from engine.call.events import Answered, CallEvent, Ended, Progressed, Refused
from engine.cause import ANSWERED_ELSEWHERE, NO_ANSWER, OFFLINE, Cause, Outcome
from engine.identity import LegId
from engine.services.call_port import RingOutcome, RungAnswered, RungFailed
from engine.services.hunt import of_group

# Which failure the caller hears of, when the phones of one person failed differently: the one that says most about the person.
_TELLING: Final = (
    Outcome.DECLINED,
    Outcome.BUSY,
    Outcome.UNAVAILABLE,
    Outcome.NO_ANSWER,
    Outcome.FAILED,
    Outcome.REFUSED,
    Outcome.OFFLINE,
)


class Fork:
    """`done` gets the outcome, `on_progress` what to pass on to the caller, `on_lost` each leg that is out of it, with its cause."""

    __slots__ = ("_done", "_failed", "_live", "_on_lost", "_on_progress", "_over")

    def __init__(
        self,
        done: Callable[[RingOutcome], None],
        on_progress: Callable[[CalleeLeg, Progressed, float], None],
        on_lost: Callable[[CalleeLeg, Cause, float], None],
    ) -> None:
        self._live: dict[LegId, tuple[CalleeLeg, int]] = {}
        self._failed: dict[int, list[Refused]] = {}
        self._done = done
        self._on_progress = on_progress
        self._on_lost = on_lost
        self._over = False

    def add(self, leg: CalleeLeg, person: int = 0) -> None:
        """`person`: whose phone it is, where several people ring."""
        self._live[leg.id] = (leg, person)

    def begin(self) -> None:
        """All legs that could be started are added: with none there is nobody to wait for."""
        if not self._live and not self._over:
            self._fail()

    def fail(self, leg: CalleeLeg, cause: Cause, now: float) -> None:
        """A leg could not even be started; the others are still to come."""
        _, person = self._live.pop(leg.id)
        self._failed.setdefault(person, []).append(Refused(cause))
        self._on_lost(leg, cause, now)

    def replaced(self, leg: CalleeLeg, cause: Cause, now: float) -> None:
        """Another leg has taken its place, and what that one says is what counts."""
        del self._live[leg.id]
        self._on_lost(leg, cause, now)
        self.begin()

    def lack(self, cause: Cause, person: int) -> None:
        """There is nothing of that person's that could be called."""
        self._failed.setdefault(person, []).append(Refused(cause))

    def person_of(self, leg: CalleeLeg) -> int | None:
        """Whose phone it is; None if it is out of it."""
        found = None if self._over else self._live.get(leg.id)
        return None if found is None else found[1]

    def on_event(self, leg: CalleeLeg, event: CallEvent, now: float) -> None:
        if self._over or leg.id not in self._live:
            return
        match event:
            case Progressed():
                self._on_progress(leg, event, now)
            case Answered():
                del self._live[leg.id]
                self._drop_others(ANSWERED_ELSEWHERE, now)
                self._finish(RungAnswered(leg.id))
            case Refused():
                self._lose(leg, event, now)
            case Ended(cause):
                self._lose(leg, Refused(cause), now)
            case _:
                pass

    def time_out(self, now: float) -> None:
        if not self._over:
            self._drop_others(NO_ANSWER, now)
            self._finish(RungFailed(NO_ANSWER))

    def withdraw(self, cause: Cause, now: float) -> None:
        """The caller is gone: cancel everybody, tell nobody."""
        if not self._over:
            self._over = True
            self._drop_others(cause, now)

    def _lose(self, leg: CalleeLeg, refused: Refused, now: float) -> None:
        cause = refused.cause
        _, person = self._live.pop(leg.id)
        self._failed.setdefault(person, []).append(refused)
        self._on_lost(leg, cause, now)
        if cause.sip_status >= 600:
            self._failed[person] = [refused]
            self._drop_others(cause, now, person)
        if not self._live:
            self._fail()

    def _drop_others(self, cause: Cause, now: float, person: int | None = None) -> None:
        """Of that person, None = all."""
        dropped = [leg for leg, of in self._live.values() if person is None or of == person]
        for leg in dropped:
            del self._live[leg.id]
            leg.end(cause, now)
            self._on_lost(leg, cause, now)

    def _fail(self) -> None:
        worst = [min(failures, key=_rank) for failures in self._failed.values()]
        if not worst:
            self._finish(RungFailed(OFFLINE))
            return
        told = worst[0].cause if len(worst) == 1 else of_group([refused.cause for refused in worst])
        status = next(refused.status for refused in worst if refused.cause is told)
        self._finish(RungFailed(told, status))

    def _finish(self, outcome: RingOutcome) -> None:
        self._over = True
        self._done(outcome)


def _rank(refused: Refused) -> int:
    outcome = refused.cause.outcome
    return _TELLING.index(outcome) if outcome in _TELLING else len(_TELLING)
