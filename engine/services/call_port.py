"""`CallPort`: all that a service script may do with a call, as awaitable effects.

A script is an `async` function that awaits these and nothing else. Awaiting yields the `Effect` to whoever drives the script
(`engine.call.driver`): on live calls the runtime, in a simulation virtual time. A call that ends underneath raises `CallEnded` at the
`await`, so `try/finally` in a script works as anywhere; an effect under way is then withdrawn by the driver, not by the script.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol, cast

from engine.cause import Cause
from engine.config.ref import ConfigRef
from engine.identity import LegId
from engine.routing.decision import Onward, RouteDecision, Target


class CallEnded(BaseException):
    """The call ended while the script waited; `cause` says why. Like CancelledError no Exception, so that none swallows it."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause.reason)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class RungAnswered:
    """`leg` answered; it is the script's to bridge."""

    leg: LegId


@dataclass(frozen=True, slots=True)
class RungFailed:
    """Nobody answered; `cause` is the best of what the phones said (RFC 3261 §16.7 step 6); `status`: as it said it, 0 = nothing came.

    `after_s`: how long it took.
    """

    cause: Cause
    status: int = 0
    after_s: float = 0.0


RingOutcome = RungAnswered | RungFailed


@dataclass(frozen=True, slots=True)
class Ring:
    """`group`: the ring group whose members are rung, None for a person. `patience_s`: as in `CallPort.ring`."""

    targets: tuple[Target, ...]
    timeout_s: float
    group: ConfigRef | None = None
    patience_s: float | None = None

    def __await__(self) -> Generator[Effect, object, RingOutcome]:
        return cast("RingOutcome", (yield self))


@dataclass(frozen=True, slots=True)
class Bridge:
    leg: LegId

    def __await__(self) -> Generator[Effect, object, Cause]:
        return cast("Cause", (yield self))


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float

    def __await__(self) -> Generator[Effect, object, None]:
        yield self


@dataclass(frozen=True, slots=True)
class FirstOf:
    effects: tuple[Effect, ...]

    def __await__(self) -> Generator[Effect, object, tuple[int, object]]:
        return cast("tuple[int, object]", (yield self))


@dataclass(frozen=True, slots=True)
class Decide:
    """`ended`: how it had ended where the call was."""

    onward: Onward
    ended: Cause

    def __await__(self) -> Generator[Effect, object, RouteDecision]:
        return cast("RouteDecision", (yield self))


Effect = Ring | Bridge | Wait | FirstOf | Decide


class CallPort(Protocol):
    """The one call that the script serves."""

    def ring(
        self,
        targets: tuple[Target, ...],
        timeout_s: float,
        group: ConfigRef | None = None,
        patience_s: float | None = None,
    ) -> Ring:
        """Ring all contacts of all targets together until one answers, all fail, or `timeout_s` passes. Early media passes.

        Who declines ends the ringing of all phones of that target, and of no other. `group`: whose members the targets are.
        `patience_s`: a phone that says nothing at all for so long, not even 100, is given up; None = it has all the time.
        """

    def bridge(self, leg: LegId) -> Bridge:
        """Answer the caller with `leg`'s answer and join their media until one side ends; returns why."""

    def wait(self, seconds: float) -> Wait: ...

    def decide(self, onward: Onward, ended: Cause) -> Decide:
        """Where the call goes now that it `ended` where it was, under the revision that it began with and the facts of this moment."""

    def first_of(self, *effects: Effect) -> FirstOf:
        """Run several at once; index and result of the first to finish, the others withdrawn."""
