"""SharedMap against a dict, over random changes; what it shares; that its steps are small."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from engine.config.shared_map import CHUNK, SharedMap
from engine.config.steps import STEP, finished

KEYS = st.text(alphabet="01ab", max_size=4)
CHANGES = st.lists(st.tuples(st.sets(KEYS), st.dictionaries(KEYS, st.integers())), max_size=6)


def numbers(count: int) -> dict[str, int]:
    return {f"{number:06}": number for number in range(count)}


@given(start=st.dictionaries(KEYS, st.integers()), changes=CHANGES)
def test_it_is_what_a_dict_would_be(start: dict[str, int], changes: list[tuple[set[str], dict[str, int]]]) -> None:
    found, model = SharedMap.of(start), dict(start)
    for gone, come in changes:
        before = dict(found.items())
        after = found.evolved(gone, come)
        assert dict(found.items()) == before, "a change leaves its predecessor alone"
        model = {key: value for key, value in model.items() if key not in gone} | come
        found = after
    assert list(found.items()) == sorted(model.items())
    assert len(found) == len(model)
    assert found == model


def test_it_is_what_a_dict_would_be_with_many_chunks() -> None:
    chance = random.Random(7)
    model = numbers(20 * CHUNK)
    found = SharedMap.of(model)
    for _ in range(200):
        gone = set(chance.sample(sorted(model), chance.choice([0, 1, 5, 300])))
        come = {f"{chance.randrange(100 * CHUNK):06}": chance.randrange(9) for _ in range(chance.choice([0, 1, 400]))}
        model = {key: value for key, value in model.items() if key not in gone} | come
        found = found.evolved(gone, come)
        assert list(found) == sorted(model)
    assert all(found[key] == found.get(key) == value for key, value in model.items())


def test_what_is_not_there() -> None:
    found = SharedMap.of({"b": 1})
    for key in ("", "a", "c"):
        assert found.get(key) is None
        assert found.get(key, 7) == 7
        assert key not in found
    assert "b" in found


def test_an_empty_one() -> None:
    found: SharedMap[str, int] = SharedMap.of({})
    assert list(found) == []
    assert found.get("a") is None
    assert found.evolved({"a"}, {}) == {}


def test_no_change_makes_no_other() -> None:
    found = SharedMap.of(numbers(3))
    assert found.evolved((), {}) is found


def test_steps_are_small() -> None:
    found = SharedMap.of(numbers(10_000))
    steps = found.evolving(set(found), dict.fromkeys(found, -1))
    assert sum(1 for _ in steps) >= 3 * 10_000 / STEP - 2
    assert set(finished(found.evolving(set(found), dict.fromkeys(found, -1))).values()) == {-1}


@given(st.sets(st.text("012", max_size=4), max_size=400), st.sets(st.text("012", max_size=4), max_size=60))
def test_among_is_what_asking_for_each_finds(held: set[str], asked: set[str]) -> None:
    assert SharedMap.of(dict.fromkeys(held, 1)).among(asked) == sorted(held & asked)
