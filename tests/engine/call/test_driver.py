"""The driver over a handler that the test resolves by hand."""

from collections.abc import Coroutine

import pytest

from engine.call.driver import Done, Driver, Withdraw
from engine.cause import CANCELLED, INTERNAL, NO_ANSWER, NORMAL_CALLEE, NORMAL_CALLER, Cause
from engine.config.destination import DestinationConfig
from engine.config.ref import ConfigRef
from engine.routing.decision import Onward
from engine.services.call_port import CallEnded, Decide, Effect, FirstOf, Wait

ONWARD = Onward(
    frozenset(), DestinationConfig(kind="extension", value="102"), ConfigRef("acme", "Extension", "101"), None
)


class HandHandler:
    """Keeps what was started; the test finishes it."""

    def __init__(self, at_once: object | None = None) -> None:
        self.started: list[tuple[Effect, Done]] = []
        self.withdrawn: list[Effect] = []
        self._at_once = at_once

    def start(self, effect: Effect, done: Done) -> Withdraw:
        self.started.append((effect, done))
        if self._at_once is not None:
            done(self._at_once)
        return lambda: self.withdrawn.append(effect)


class Finish:
    def __init__(self) -> None:
        self.results: list[tuple[Cause, Exception | None]] = []

    def __call__(self, cause: Cause, error: Exception | None) -> None:
        self.results.append((cause, error))


def drive(script: Coroutine[Effect, object, Cause], handler: HandHandler) -> tuple[Driver, Finish]:
    finish = Finish()
    driver = Driver(script, handler, finish)
    driver.start()
    return driver, finish


async def wait_twice() -> Cause:
    await Wait(1)
    await Wait(2)
    return NORMAL_CALLER


def test_results_arriving_at_once_do_not_nest() -> None:
    handler = HandHandler(at_once="now")
    _, finish = drive(wait_twice(), handler)
    assert [effect for effect, _ in handler.started] == [Wait(1), Wait(2)]
    assert finish.results == [(NORMAL_CALLER, None)]


def test_results_resume_the_script_in_order() -> None:
    handler = HandHandler()
    _, finish = drive(wait_twice(), handler)
    handler.started[0][1](None)
    assert finish.results == []
    handler.started[1][1](None)
    assert finish.results == [(NORMAL_CALLER, None)]


def test_a_late_result_of_an_effect_already_done_changes_nothing() -> None:
    handler = HandHandler()
    _, finish = drive(wait_twice(), handler)
    handler.started[0][1](None)
    handler.started[0][1](None)
    assert len(handler.started) == 2
    assert finish.results == []


def test_ending_the_call_withdraws_the_effect_and_runs_finally() -> None:
    cleaned: list[Cause] = []

    async def script() -> Cause:
        try:
            await Wait(1)
        except CallEnded as ended:
            cleaned.append(ended.cause)
            raise
        return NORMAL_CALLER

    handler = HandHandler()
    driver, finish = drive(script(), handler)
    driver.end(CANCELLED)
    assert handler.withdrawn == [Wait(1)]
    assert cleaned == [CANCELLED]
    assert finish.results == [(CANCELLED, None)]


def test_except_exception_in_a_script_does_not_swallow_the_end() -> None:
    async def script() -> Cause:
        try:
            await Wait(1)
        except Exception:  # noqa: BLE001 - the point of the test
            return NORMAL_CALLER
        return NORMAL_CALLER

    driver, finish = drive(script(), HandHandler())
    driver.end(CANCELLED)
    assert finish.results == [(CANCELLED, None)]


def test_a_bug_in_a_script_ends_its_call_as_internal() -> None:
    async def script() -> Cause:
        await Wait(1)
        raise ZeroDivisionError

    handler = HandHandler()
    _, finish = drive(script(), handler)
    handler.started[0][1](None)
    assert finish.results[0][0] is INTERNAL
    assert isinstance(finish.results[0][1], ZeroDivisionError)


@pytest.mark.parametrize("winner", [0, 1])
def test_first_of_withdraws_the_others(winner: int) -> None:
    seen: list[tuple[int, object]] = []

    async def script() -> Cause:
        seen.append(await FirstOf((Wait(1), Wait(2))))
        return NORMAL_CALLER

    handler = HandHandler()
    _, finish = drive(script(), handler)
    handler.started[winner][1]("won")
    handler.started[1 - winner][1]("late")
    assert seen == [(winner, "won")]
    assert handler.withdrawn == [Wait(2 - winner)]
    assert finish.results == [(NORMAL_CALLER, None)]


def test_first_of_won_at_once_starts_no_more() -> None:
    seen: list[tuple[int, object]] = []

    async def script() -> Cause:
        seen.append(await FirstOf((Wait(1), Wait(2))))
        return NORMAL_CALLER

    handler = HandHandler(at_once="now")
    drive(script(), handler)
    assert seen == [(0, "now")]
    assert len(handler.started) == 1


def test_ending_twice_finishes_once() -> None:
    driver, finish = drive(wait_twice(), HandHandler())
    driver.end(CANCELLED)
    driver.end(NORMAL_CALLER)
    assert finish.results == [(CANCELLED, None)]


def test_an_effect_that_cannot_be_started_ends_the_call_and_is_reported() -> None:
    class Broken(HandHandler):
        def start(self, effect: Effect, done: Done) -> Withdraw:
            raise ValueError("a bug")

    driver, finish = drive(wait_twice(), Broken())
    assert driver.ended
    assert [(cause, str(error)) for cause, error in finish.results] == [(INTERNAL, "a bug")]


def test_a_call_ended_while_an_effect_starts_withdraws_it() -> None:
    """The handler's own step may end the call: whatever it started must not go on."""
    withdrawn: list[str] = []

    class Ends:
        driver: Driver

        def start(self, effect: Effect, done: Done) -> Withdraw:
            self.driver.end(NORMAL_CALLER)
            return lambda: withdrawn.append("effect")

    async def script() -> Cause:
        await Wait(1)
        return NORMAL_CALLEE

    finished: list[Cause] = []
    handler = Ends()
    handler.driver = Driver(script(), handler, lambda cause, _: finished.append(cause))
    handler.driver.start()
    assert withdrawn == ["effect"]
    assert finished == [NORMAL_CALLER]


def test_a_race_that_cannot_be_started_withdraws_what_was() -> None:
    class Half(HandHandler):
        def start(self, effect: Effect, done: Done) -> Withdraw:
            if self.started:
                raise ZeroDivisionError
            return super().start(effect, done)

    async def script() -> Cause:
        await FirstOf((Wait(1), Wait(2)))
        return NORMAL_CALLEE

    handler = Half()
    driver, finish = drive(script(), handler)
    assert driver.ended
    assert handler.withdrawn == [Wait(1)]
    ((cause, error),) = finish.results
    assert cause is INTERNAL
    assert isinstance(error, ZeroDivisionError)


async def decide_or_wait() -> Cause:
    ended = Decide(ONWARD, NO_ANSWER)
    first, decision = await FirstOf((Wait(1), ended))
    assert (first, decision) == (1, "where it goes")
    return NORMAL_CALLER


class DecidingHandler(HandHandler):
    """Decides at once, as calls do."""

    def start(self, effect: Effect, done: Done) -> Withdraw:
        withdraw = super().start(effect, done)
        if isinstance(effect, Decide):
            done("where it goes")
        return withdraw


def test_a_decision_among_several_effects_is_there_at_once() -> None:
    handler = DecidingHandler()
    _, finish = drive(decide_or_wait(), handler)
    assert finish.results == [(NORMAL_CALLER, None)]
    assert handler.withdrawn == [Wait(1)]
