"""Digests of config values: what is said counts, what is left at its default does not."""

from __future__ import annotations

from dataclasses import dataclass, field, make_dataclass, replace

from engine.config.digest import digest_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    depth: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    name: str
    count: int = 3
    inner: Inner = field(default_factory=Inner)
    many: tuple[Inner, ...] = ()


BASE = Value(name="a")


def test_equal_values_have_equal_digests() -> None:
    assert digest_of(BASE) == digest_of(Value(name="a", count=3, inner=Inner(depth=1), many=()))


def test_every_difference_shows() -> None:
    others = [
        replace(BASE, name="b"),
        replace(BASE, count=4),
        replace(BASE, inner=Inner(depth=2)),
        replace(BASE, many=(Inner(),)),
        replace(BASE, many=(Inner(), Inner())),
        replace(BASE, many=(Inner(depth=2),)),
        replace(BASE, name="a,count=4"),
    ]
    assert len({digest_of(value) for value in (BASE, *others)}) == len(others) + 1


def test_a_field_that_is_added_later_changes_nothing_that_is_written_already() -> None:
    before = make_dataclass("Value", [("name", str)], frozen=True)
    after = make_dataclass("Value", [("name", str), ("added", int, field(default=7))], frozen=True)
    assert digest_of(before("a")) == digest_of(after("a"))
    assert digest_of(after("a", 8)) != digest_of(after("a"))


def test_two_kinds_that_say_the_same_are_two() -> None:
    one = make_dataclass("One", [("name", str)], frozen=True)
    two = make_dataclass("Two", [("name", str)], frozen=True)
    assert digest_of(one("a")) != digest_of(two("a"))
