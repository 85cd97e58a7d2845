"""The wheel over virtual time."""

import gc
import time
import weakref
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.wheel import Alarm, Wheel
from tests.support.clock import Clock


def noting(log: list[tuple[float, str]], name: str) -> Callable[[float], None]:
    return lambda now: log.append((round(now, 6), name))


def test_rings_at_the_first_tick_not_before_the_time() -> None:
    wheel, log = Wheel(tick_s=0.05), list[tuple[float, str]]()
    wheel.schedule(10.01, noting(log, "a"))
    wheel.expire(10.01)
    assert log == []
    assert wheel.deadline() == pytest.approx(10.05)
    wheel.expire(10.05)
    assert log == [(10.05, "a")]


@pytest.mark.parametrize("at", [0.3, 0.1 + 0.2, 0.5, 1.5, 3.5, 7.5, 31.5, 1000.15, 123456.7, 4e7 + 0.35])
def test_a_time_on_a_tick_costs_no_further_tick(at: float) -> None:
    wheel = Wheel(tick_s=0.05)
    wheel.schedule(at, lambda now: None)
    assert wheel.deadline() == pytest.approx(at, abs=1e-6)


def test_rings_in_order_of_time_within_a_tick_and_across() -> None:
    wheel, log = Wheel(), list[tuple[float, str]]()
    for at, name in [(5.04, "c"), (5.01, "a"), (5.02, "b"), (4.0, "first"), (9.0, "last")]:
        wheel.schedule(at, noting(log, name))
    wheel.expire(10.0)
    assert [name for _, name in log] == ["first", "a", "b", "c", "last"]


def test_a_time_gone_by_rings_at_the_next_expire() -> None:
    wheel, log = Wheel(), list[tuple[float, str]]()
    wheel.expire(100.0)
    wheel.schedule(50.0, noting(log, "late"))
    assert wheel.deadline() == 50.0
    wheel.expire(100.0)
    assert log == [(100.0, "late")]


def test_a_cancelled_alarm_never_rings_nor_is_a_deadline() -> None:
    wheel, log = Wheel(), list[tuple[float, str]]()
    alarm = wheel.schedule(1.0, noting(log, "a"))
    wheel.schedule(2.0, noting(log, "b"))
    alarm.cancel()
    alarm.cancel()
    assert not alarm.is_armed
    assert wheel.deadline() == pytest.approx(2.0)
    wheel.expire(3.0)
    assert log == [(3.0, "b")]
    assert wheel.deadline() is None


def test_a_callback_cancels_another_of_the_same_tick() -> None:
    wheel, log = Wheel(), list[tuple[float, str]]()
    alarms: list[Alarm] = []
    wheel.schedule(1.0, lambda now: alarms[0].cancel())
    alarms.append(wheel.schedule(1.0, noting(log, "cancelled in time")))
    wheel.expire(1.0)
    assert log == []


def test_a_callback_that_schedules_for_now_does_not_keep_expire_busy() -> None:
    wheel, rung = Wheel(), [0]

    def again(now: float) -> None:
        rung[0] += 1
        wheel.schedule(now, again)

    wheel.schedule(1.0, again)
    wheel.expire(1.0)
    assert rung == [1]
    wheel.expire(1.0)
    assert rung == [2]


def test_when_a_callback_raises_the_others_ring_at_the_next_expire() -> None:
    wheel, log = Wheel(), list[tuple[float, str]]()

    def broken(now: float) -> None:
        raise ValueError("bug")

    wheel.schedule(1.0, noting(log, "a"))
    wheel.schedule(1.01, broken)
    wheel.schedule(1.02, noting(log, "b"))
    with pytest.raises(ValueError, match="bug"):
        wheel.expire(2.0)
    assert log == [(2.0, "a")]
    assert wheel.deadline() == 1.02
    assert len(wheel) == 1
    wheel.expire(2.5)
    assert log == [(2.0, "a"), (2.5, "b")]


def test_cancelled_alarms_hold_no_memory() -> None:
    class Owner:
        def ring(self, now: float) -> None: ...

    wheel, owner = Wheel(), Owner()
    kept = weakref.ref(owner)
    alarm = wheel.schedule(32.0, owner.ring)
    del owner
    gc.collect()
    assert kept() is not None
    alarm.cancel()
    assert kept() is None
    assert len(wheel) == 0


def test_a_rung_alarm_lets_go_of_its_owner() -> None:
    class Owner:
        def __init__(self, wheel: Wheel) -> None:
            self.alarm = wheel.schedule(1.0, self.ring)

        def ring(self, now: float) -> None: ...

    wheel = Wheel()
    owner = Owner(wheel)
    kept = weakref.ref(owner)
    wheel.expire(1.0)
    gc.disable()
    try:
        del owner
        assert kept() is None
    finally:
        gc.enable()


def test_a_hundred_thousand_alarms_are_cheap() -> None:
    wheel, rung = Wheel(), [0]

    def count(now: float) -> None:
        rung[0] += 1

    begin = time.process_time()
    alarms = [wheel.schedule(n % 640 * 0.05 + 0.5, count) for n in range(100_000)]
    for alarm in alarms[::2]:
        alarm.cancel()
    while (deadline := wheel.deadline()) is not None:
        wheel.expire(deadline)
    spent = time.process_time() - begin
    assert rung == [50_000]
    assert spent < 2.0  # about 0.15 s; the bound only catches what is quadratic


@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.floats(0, 40), st.booleans()),
        max_size=60,
    )
)
def test_every_armed_alarm_rings_once_never_early_and_at_most_a_tick_late(
    plan: list[tuple[float, float, bool]],
) -> None:
    wheel, clock = Wheel(tick_s=0.05), Clock(0.0)
    rung: list[tuple[float, float]] = []
    expected = 0
    for start, delay, cancelled in sorted(plan):
        clock.run(start, wheel)
        at = start + delay

        def ring(now: float, at: float = at) -> None:
            rung.append((at, now))

        alarm = wheel.schedule(at, ring)
        if cancelled:
            alarm.cancel()
        else:
            expected += 1
    clock.run(1000.0, wheel)
    assert len(rung) == expected
    assert all(-1e-6 <= now - at <= 0.05 + 1e-6 for at, now in rung)
    assert len(wheel) == 0


class Waiting:
    """Lingers, and notes its end; `fault`: what it raises then."""

    def __init__(self, name: str, log: list[tuple[float, str]], fault: Exception | None = None) -> None:
        self._name = name
        self._log = log
        self._fault = fault

    def end_linger(self, now: float) -> None:
        self._log.append((now, self._name))
        if self._fault is not None:
            raise self._fault


def test_who_lingers_ends_at_the_first_tick_not_before_the_time_and_counts_until_then() -> None:
    wheel, log = Wheel(tick_s=0.05), list[tuple[float, str]]()
    for at, name in [(32.01, "a"), (32.02, "b"), (32.2, "c")]:
        wheel.linger(at, Waiting(name, log))
    wheel.schedule(50.0, lambda now: None)

    assert len(wheel) == 4
    assert wheel.deadline() == pytest.approx(32.05)
    wheel.expire(32.04)
    assert log == []
    wheel.expire(32.06)
    assert log == [(32.06, "a"), (32.06, "b")]
    assert len(wheel) == 2
    wheel.expire(32.2)
    assert log[2:] == [(32.2, "c")]
    assert len(wheel) == 1


def test_one_that_raises_keeps_no_other_lingering() -> None:
    wheel, log = Wheel(), list[tuple[float, str]]()
    wheel.linger(1.0, Waiting("a", log, ValueError("a bug")))
    wheel.linger(1.0, Waiting("b", log))

    with pytest.raises(ValueError, match="a bug"):
        wheel.expire(1.0)
    wheel.expire(1.1)

    assert log == [(1.0, "a"), (1.1, "b")]
    assert len(wheel) == 0


def test_who_lingers_is_let_go_of_at_its_end() -> None:
    wheel = Wheel()
    waiting = Waiting("a", [])
    kept = weakref.ref(waiting)
    wheel.linger(1.0, waiting)
    wheel.expire(1.0)
    gc.disable()
    try:
        del waiting
        assert kept() is None
    finally:
        gc.enable()
