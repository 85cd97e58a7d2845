"""Which known word an unknown one is said to be meant for."""

import pytest

from schema.nearest import nearest, one_of

NUMBERS = [str(number) for number in range(200, 240)]


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("sale", ["sales", "office"], "sales"),
        ("Sales", ["sales"], "sales"),
        ("240", NUMBERS, None),
        ("2019", ["201", "205"], "201"),
        ("419", ["318", "319"], "319"),
        ("102", ["120", "205"], "120"),
        ("12", ["120", "205"], "120"),
        ("102", ["210"], None),
        ("107", ["101", "102"], None),
        ("101", ["101"], None),
        ("", ["101"], None),
    ],
)
def test_the_nearest(word: str, known: list[str], meant: str | None) -> None:
    assert nearest(word, known) == meant


def test_without_one_that_is_meant_the_known_ones_are_listed() -> None:
    assert one_of("240", ["200", "210"]) == 'known are "200", "210"'
