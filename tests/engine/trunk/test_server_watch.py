"""The memory for dead servers: its table typed again, all pairs, the way to and from each state, and its times."""

from __future__ import annotations

from itertools import product

import pytest

from engine.trunk.server_watch import ENTRY, REST_S, TABLE, Input, ServerWatch, State

FIGURE = """
unknown | answered | up
unknown | OPTIONS not answered | suspect
unknown | request not answered | down
unknown | 503 | down
up | answered | up
up | OPTIONS not answered | suspect
up | request not answered | down
up | 503 | down
suspect | answered | up
suspect | OPTIONS not answered | down
suspect | request not answered | down
suspect | 503 | down
down | answered | up
down | OPTIONS not answered | down
down | request not answered | down
down | 503 | down
down | rested | unknown
"""


def test_the_table_is_the_figure() -> None:
    rows = {f"{state.value} | {what.value} | {row.state.value}" for (state, what), row in TABLE.items()}
    assert rows == set(FIGURE.strip().splitlines())


@pytest.mark.parametrize(("state", "what"), list(product(State, Input)), ids=lambda word: word.value)
def test_every_pair_leads_to_a_state_or_is_none(state: State, what: Input) -> None:
    row = TABLE.get((state, what))
    assert row is None or isinstance(row.state, State)
    assert row is not None or (what is Input.RESTED and state is not State.DOWN)


@pytest.mark.parametrize("goal", [State.UP, State.DOWN])
def test_every_state_can_come_up_and_go_down(goal: State) -> None:
    assert ENTRY.state is State.UNKNOWN
    reach = {goal}
    for _ in State:
        reach |= {state for (state, _), row in TABLE.items() if row.state in reach}
    assert reach == set(State)


def test_a_dead_server_that_nobody_asks_is_tried_again_when_it_has_rested() -> None:
    watch = ServerWatch(0.0)
    watch.silent("INVITE is not answered", 100.0)
    assert watch.is_down
    assert (watch.since, watch.reason) == (100.0, "INVITE is not answered")
    watch.heed_rest(100.0 + REST_S - 1, is_asked=False)
    assert watch.is_down
    watch.heed_rest(100.0 + REST_S, is_asked=True)
    assert watch.is_down
    watch.heed_rest(100.0 + REST_S, is_asked=False)
    assert watch.state is State.UNKNOWN


def test_one_lost_options_changes_nothing_two_do() -> None:
    watch = ServerWatch(0.0)
    watch.answered(1.0)
    watch.missed(31.0)
    assert not watch.is_down
    assert watch.since == 1.0
    watch.missed(36.0)
    assert (watch.state, watch.is_up) == (State.DOWN, False)
    watch.answered(46.0)
    assert (watch.state, watch.is_up, watch.since) == (State.UP, True, 46.0)


@pytest.mark.parametrize(("asked_s", "heeded_s"), [(30.0, 30.0), (10_000.0, 600.0)])
def test_retry_after_is_heeded_within_reason(asked_s: float, heeded_s: float) -> None:
    watch = ServerWatch(0.0)
    watch.unavailable(asked_s, 100.0)
    watch.answered(100.0 + heeded_s - 1)
    assert watch.is_down
    watch.answered(100.0 + heeded_s)
    assert watch.state is State.UP


def test_503_without_a_time_ends_with_the_next_answer() -> None:
    watch = ServerWatch(0.0)
    watch.unavailable(None, 100.0)
    assert watch.is_down
    watch.answered(101.0)
    assert watch.state is State.UP
