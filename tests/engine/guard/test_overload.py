"""Overload over a sequence of turns: time, socket, whether the turn was full (None: no turn, time passes), what is said after it."""

import pytest

from engine.guard.overload import Overload

Turn = tuple[float, str, bool | None, bool]

CASES: list[tuple[str, list[Turn]]] = [
    ("one full turn is no overload", [(0.0, "a", True, False)]),
    ("full without a break", [(0.0, "a", True, False), (0.3, "a", True, False), (0.5, "a", True, True)]),
    (
        "a break begins anew",
        [(0.0, "a", True, False), (0.4, "a", False, False), (0.5, "a", True, False), (0.9, "a", True, False)],
    ),
    (
        "calm for as long ends it",
        [(0.0, "a", True, False), (0.5, "a", True, True), (0.6, "a", False, True), (1.0, "a", False, False)],
    ),
    (
        "calm interrupted goes on",
        [
            (0.0, "a", True, False),
            (0.5, "a", True, True),
            (0.6, "a", False, True),
            (0.7, "a", True, True),
            (1.1, "a", False, True),
            (1.2, "a", False, False),
        ],
    ),
    (
        "one socket's calm is no break of another's flood",
        [(0.0, "a", True, False), (0.2, "b", False, False), (0.5, "a", True, True), (0.6, "b", False, True)],
    ),
    (
        "full turns of two sockets are not one flood",
        [(0.0, "a", True, False), (0.4, "a", False, False), (0.4, "b", True, False), (0.5, "b", True, False)],
    ),
    (
        "a flood that stops at once is over without another datagram",
        [(0.0, "a", True, False), (0.5, "a", True, True), (0.9, "", None, True), (1.0, "", None, False)],
    ),
    (
        "after it one full turn is none again",
        [(0.0, "a", True, False), (0.5, "a", True, True), (9.0, "", None, False), (9.1, "a", True, False)],
    ),
]


@pytest.mark.parametrize("turns", [case[1] for case in CASES], ids=[case[0] for case in CASES])
def test_turns(turns: list[Turn]) -> None:
    overload = Overload(patience_s=0.5)
    for now, source, full, expected in turns:
        if full is None:
            overload.rest(now)
        else:
            overload.note_turn(source, now, full=full)
        assert overload.is_overloaded is expected, now
