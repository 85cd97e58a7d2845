"""Runs a service script: takes the effects it yields, starts them, and resumes it with their results.

No event loop: an effect is started by the `EffectHandler` and its result arrives by a callback, at once or later. A result that
arrives while the script is being stepped is kept for the next step, so no step ever runs inside another. `FirstOf` is taken apart here, so
handlers know only simple effects. Ending the call throws `CallEnded` into the script after withdrawing what was under way.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Protocol

from engine.cause import INTERNAL, Cause
from engine.services.call_port import CallEnded, Effect, FirstOf

Withdraw = Callable[[], None]
Done = Callable[[object], None]


class EffectHandler(Protocol):
    """Does one simple effect."""

    def start(self, effect: Effect, done: Done) -> Withdraw:
        """Begin; call `done(result)` once unless withdrawn first. Withdrawing what is done must be harmless. `FirstOf` never comes here."""


class Driver:
    """Drives one script to its `Cause`. `on_finished(cause, error)` is called once, `error` being what script or handler raised, if so."""

    __slots__ = ("_current", "_handler", "_on_finished", "_pending", "_script", "_stepping", "_withdraw", "ended")

    def __init__(
        self,
        script: Coroutine[Effect, object, Cause],
        handler: EffectHandler,
        on_finished: Callable[[Cause, Exception | None], None],
    ) -> None:
        self._script: Coroutine[Effect, object, Cause] | None = script
        self._handler: EffectHandler | None = handler
        self._on_finished: Callable[[Cause, Exception | None], None] | None = on_finished
        self._current = (
            0  # number of the effect under way: tells its result from one that comes late, of an earlier one
        )
        self._withdraw: Withdraw | None = None
        self._pending: list[object] = []
        self._stepping = False
        self.ended = False

    def start(self) -> None:
        """Run the script to its first effect."""
        self._run([None])

    def end(self, cause: Cause) -> None:
        """The call is over: withdraw what is under way and throw `CallEnded(cause)` into the script. Nothing once finished."""
        if self.ended:
            return
        self._drop_effect()
        self._pending.clear()
        self._run([CallEnded(cause)])

    def _done(self, number: int, result: object) -> None:
        if self.ended or self._current != number:
            return
        self._current += 1
        self._withdraw = None
        self._run([result])

    def _run(self, inputs: list[object]) -> None:
        self._pending.extend(inputs)
        if self._stepping:
            return
        self._stepping = True
        try:
            while self._pending and not self.ended:
                self._step(self._pending.pop(0))
        finally:
            self._stepping = False

    def _step(self, value: object) -> None:
        script = self._script
        if script is None:
            return
        try:
            effect = script.throw(value) if isinstance(value, CallEnded) else script.send(value)
        except StopIteration as stop:
            self._finish(stop.value, None)
        except CallEnded as ended:
            ended.__traceback__ = None  # it would hold this frame, and the frame holds it
            self._finish(ended.cause, None)
        except Exception as error:  # noqa: BLE001 - a script's bug ends its call and is reported; it must not take the switch along
            self._finish(INTERNAL, error)
        else:
            try:
                self._begin(effect)
            except Exception as error:  # noqa: BLE001 - likewise: a call that nobody drives would stay for ever
                self._finish(INTERNAL, error)

    def _begin(self, effect: Effect) -> None:
        self._current += 1
        number = self._current
        withdraw = self._start(effect, partial(self._done, number))
        if self._current == number:
            self._withdraw = withdraw
        else:
            withdraw()  # done at once, or the call was ended from within

    def _start(self, effect: Effect, done: Done) -> Withdraw:
        if isinstance(effect, FirstOf):
            return _Race(self._start, effect, done).withdraw
        handler = self._handler
        assert handler is not None  # noqa: S101 - a finished script starts no effect
        return handler.start(effect, done)

    def _drop_effect(self) -> None:
        self._current += 1
        if self._withdraw is not None:
            withdraw, self._withdraw = self._withdraw, None
            withdraw()

    def _finish(self, cause: Cause, error: Exception | None) -> None:
        self.ended = True
        self._drop_effect()
        self._script = None
        self._pending.clear()
        on_finished = self._on_finished
        self._handler = self._on_finished = None  # no reference cycle with the call outlives the script
        if on_finished is not None:
            on_finished(cause, error)


class _Race:
    """Several effects at once; the first result withdraws the others."""

    __slots__ = ("_done", "_over", "_withdraws")

    def __init__(self, start: Callable[[Effect, Done], Withdraw], race: FirstOf, done: Done) -> None:
        self._done = done
        self._over = False
        self._withdraws: list[Withdraw] = []
        for index, effect in enumerate(race.effects):
            try:
                withdraw = start(effect, partial(self._won, index))
            except Exception:
                self.withdraw()
                raise
            if self.is_over():
                break  # it finished at once, and withdrew those before it; the rest is not started
            self._withdraws.append(withdraw)

    def is_over(self) -> bool:
        return self._over

    def _won(self, index: int, result: object) -> None:
        if self._over:
            return
        self._over = True
        for i, withdraw in enumerate(self._withdraws):
            if i != index:
                withdraw()
        self._withdraws.clear()
        self._done((index, result))

    def withdraw(self) -> None:
        if not self._over:
            self._over = True
            for withdraw in self._withdraws:
                withdraw()
            self._withdraws.clear()
