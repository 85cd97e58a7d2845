"""Numbers of one length as intervals of integers: what a range mask holds, and where other masks cut it.

A number is its sign ("+" or none), how many digits it has, and their value. All numbers of an interval that no mask begins or ends within
fall under the same masks, so one of them speaks for all.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from dialing.pattern import LONGEST_MASK_CHARACTERS, Form, NumberPattern

MOST_PIECES: Final = 10_000
"""A range in more pieces is looked at no further."""


class Interval(NamedTuple):
    """`first` to `last`, both included, written with so many digits."""

    sign: str
    digits: int
    first: int
    last: int

    def text(self, number: int) -> str:
        return f"{self.sign}{number:0{self.digits}}"


def intervals_of(pattern: NumberPattern) -> Iterator[Interval]:
    """What an exact mask or a range holds, by length; none for an exact one that is no number.

    The numbers of a range of several lengths have no leading zeros.
    """
    last = pattern.last or pattern.literal
    sign, from_digits = _signed(pattern.literal)
    _, to_digits = _signed(last)
    if not (from_digits.isascii() and from_digits.isdigit()):
        return
    shortest, longest = len(from_digits), len(to_digits)
    for digits in range(shortest, longest + 1):
        yield Interval(
            sign,
            digits,
            int(from_digits) if digits == shortest else 10 ** (digits - 1),
            int(to_digits) if digits == longest else 10**digits - 1,
        )


def beginning_with(prefix: str) -> Iterator[Interval]:
    """The numbers that begin so, of each length; none if it is no beginning of a number, or is of all of a sign."""
    sign, begin = _signed(prefix)
    if begin.isascii() and begin.isdigit():
        for digits in range(len(begin), LONGEST_MASK_CHARACTERS + 1):
            rest = 10 ** (digits - len(begin))
            yield Interval(sign, digits, int(begin) * rest, (int(begin) + 1) * rest - 1)


class Cuts:
    """Where `intervals` begin and end."""

    __slots__ = ("_places",)

    def __init__(self, intervals: Iterable[Interval]) -> None:
        places: dict[tuple[str, int], set[int]] = {}
        for interval in intervals:
            places.setdefault((interval.sign, interval.digits), set()).update((interval.first, interval.last + 1))
        self._places = {key: sorted(found) for key, found in places.items()}

    def pieces(self, pattern: NumberPattern) -> list[str] | None:
        """A number of each piece that the mask, a range, is cut into; None if there are too many."""
        found: list[str] = []
        for interval in intervals_of(pattern):
            places = self._places.get((interval.sign, interval.digits), [])
            begin, end = bisect_right(places, interval.first), bisect_left(places, interval.last + 1)
            if len(found) + end - begin >= MOST_PIECES:
                return None
            found += map(interval.text, (interval.first, *places[begin:end]))
        return found


def holds_one(interval: Interval, pattern: NumberPattern) -> bool:
    """Whether some number of the interval falls under the mask, whichever it is."""
    match pattern.form:
        case Form.ANY:
            return True
        case Form.EXACT | Form.RANGE:
            return any(
                (other.sign, other.digits) == (interval.sign, interval.digits)
                and other.first <= interval.last
                and interval.first <= other.last
                for other in intervals_of(pattern)
            )
        case form:
            return _holds_literal(interval, form, pattern.literal)


def _holds_literal(interval: Interval, form: Form, literal: str) -> bool:
    """Whether a number of the interval has the literal at one of the places where the mask allows it."""
    sign, figures = _signed(literal)
    free = interval.digits - len(figures)
    is_at_start = form is Form.PREFIX or sign == "+"
    is_at_end = form is Form.SUFFIX
    if free < 0 or (sign or (interval.sign if form is not Form.PREFIX else "")) != interval.sign:
        return False
    if not figures:
        return not is_at_end  # "+" alone
    if not (figures.isascii() and figures.isdigit()) or (is_at_start and is_at_end and free):
        return False
    places = range(free, free + 1) if is_at_start else range(1) if is_at_end else range(free + 1)
    return any(
        _first_with(int(figures), 10**place, 10 ** (place + len(figures)), interval.first) <= interval.last
        for place in places
    )


def _first_with(figures: int, unit: int, beyond: int, least: int) -> int:
    """The first number from `least` on that has the figures where their last one counts `unit`, and the one left of them `beyond`."""
    begin = least // beyond * beyond + figures * unit
    return begin + beyond if begin + unit <= least else max(begin, least)


def _signed(text: str) -> tuple[str, str]:
    return ("+", text[1:]) if text[:1] == "+" else ("", text)
