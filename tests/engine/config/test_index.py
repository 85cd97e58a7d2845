"""Indexes: what they find, what they share with their predecessors, and what no two values may share."""

from dataclasses import dataclass

import pytest

from engine.config.index import Index


@dataclass(frozen=True)
class Desk:
    name: str
    number: str


@dataclass(frozen=True)
class Lamp:
    name: str


DESKS = Index(Desk, lambda desk: desk.number, "number")
ONE, TWO, THREE = Desk("a", "1"), Desk("b", "2"), Desk("c", "3")
BEFORE = DESKS.built([ONE, Lamp("x"), TWO])


def test_an_index_holds_its_own_kind_by_key() -> None:
    assert BEFORE == {"1": ONE, "2": TWO}


def test_values_come_and_go() -> None:
    assert DESKS.evolved(BEFORE, [ONE], [THREE]) == {"2": TWO, "3": THREE}
    assert BEFORE == {"1": ONE, "2": TWO}


def test_two_values_swap_their_keys() -> None:
    new = [Desk("a", "2"), Desk("b", "1")]
    assert DESKS.evolved(BEFORE, [ONE, TWO], new) == {"2": new[0], "1": new[1]}


def test_a_change_of_another_kind_leaves_the_index_itself() -> None:
    assert DESKS.evolved(BEFORE, [Lamp("x")], [Lamp("y")]) is BEFORE


def test_a_key_that_another_has() -> None:
    with pytest.raises(ValueError, match="two values of Desk with the number '1'"):
        DESKS.built([ONE, Desk("twin", "1")])
    with pytest.raises(ValueError, match="two values of Desk with the number '2'"):
        DESKS.evolved(BEFORE, [ONE], [Desk("a", "2")])
