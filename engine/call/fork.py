"""Phones that ring together: the first to answer gets the call, the others are cancelled (RFC 3261 §16.7 for the
choice among failures).

A fork answers exactly once, by `done`, unless withdrawn. A 6xx ends it at once (§16.7 step 5); otherwise every phone
may still answer until all have failed or the ring time is over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.call.callee_leg import CalleeLeg
from engine.call.events import Answered, CallEvent, Ended, Progressed, Refused
from engine.cause import ANSWERED_ELSEWHERE, NO_ANSWER, OFFLINE, Cause, Outcome
from engine.identity import LegId
from engine.services.call_port import RingOutcome, RungAnswered, RungFailed

# Which failure the caller hears of, when phones failed differently: the one that says most about the person called.
_TELLING: Final = (
    Outcome.DECLINED,
    Outcome.BUSY,
    Outcome.NO_ANSWER,
    Outcome.FAILED,
    Outcome.REFUSED,
    Outcome.OFFLINE,
)


class Fork:
    """`done` gets the outcome, `on_progress` what to pass on to the caller, `on_lost` each leg that is out of it, with its cause."""

    __slots__ = ("_causes", "_done", "_live", "_on_lost", "_on_progress", "_over")

    def __init__(
        self,
        done: Callable[[RingOutcome], None],
        on_progress: Callable[[CalleeLeg, Progressed, float], None],
        on_lost: Callable[[CalleeLeg, Cause, float], None],
    ) -> None:
        self._live: dict[LegId, CalleeLeg] = {}
        self._causes: list[Cause] = []
        self._done = done
        self._on_progress = on_progress
        self._on_lost = on_lost
        self._over = False

    def add(self, leg: CalleeLeg) -> None:
        self._live[leg.id] = leg

    def begin(self) -> None:
        """All legs that could be started are added: with none there is nobody to wait for."""
        if not self._live and not self._over:
            self._finish(RungFailed(self._worst()))

    def fail(self, leg: CalleeLeg, cause: Cause, now: float) -> None:
        """A leg could not even be started; the others are still to come."""
        del self._live[leg.id]
        self._causes.append(cause)
        self._on_lost(leg, cause, now)

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
            case Refused(cause) | Ended(cause):
                del self._live[leg.id]
                self._causes.append(cause)
                self._on_lost(leg, cause, now)
                if cause.sip_status >= 600:
                    self._drop_others(cause, now)
                    self._finish(RungFailed(cause))
                elif not self._live:
                    self._finish(RungFailed(self._worst()))
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

    def _drop_others(self, cause: Cause, now: float) -> None:
        live, self._live = list(self._live.values()), {}
        for leg in live:
            leg.end(cause, now)
            self._on_lost(leg, cause, now)

    def _worst(self) -> Cause:
        if not self._causes:
            return OFFLINE
        ranks = {outcome: rank for rank, outcome in enumerate(_TELLING)}
        return min(self._causes, key=lambda cause: ranks.get(cause.outcome, len(ranks)))

    def _finish(self, outcome: RingOutcome) -> None:
        self._over = True
        self._done(outcome)
