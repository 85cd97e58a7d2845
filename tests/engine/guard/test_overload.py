"""Overload over a sequence of turns: time, whether the turn was full, what is said after it."""

import pytest

from engine.guard.overload import Overload

CASES = [
    ("one full turn is no overload", [(0.0, True, False)]),
    ("full without a break", [(0.0, True, False), (0.3, True, False), (0.5, True, True), (0.9, True, True)]),
    ("a break begins anew", [(0.0, True, False), (0.4, False, False), (0.5, True, False), (0.9, True, False)]),
    ("calm for as long ends it", [(0.0, True, False), (0.5, True, True), (0.6, False, True), (1.1, False, False)]),
    (
        "calm interrupted goes on",
        [
            (0.0, True, False),
            (0.5, True, True),
            (0.6, False, True),
            (0.7, True, True),
            (1.2, False, True),
            (1.3, False, True),
        ],
    ),
]


@pytest.mark.parametrize("turns", [case[1] for case in CASES], ids=[case[0] for case in CASES])
def test_turns(turns: list[tuple[float, bool, bool]]) -> None:
    overload = Overload(patience_s=0.5)
    for now, full, expected in turns:
        overload.note_turn(now, full=full)
        assert overload.is_overloaded is expected, now
