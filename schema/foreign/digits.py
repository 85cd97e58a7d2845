"""Sets of numbers as a dial plan speaks of them (`_NXX.`), and what it makes of the one that was dialled (`9${EXTEN:1}`).

A `Digits` is a row of `Spot`s, each a set of characters, and perhaps a `Rest` of any length behind them. A spot knows its place in what was
dialled, or that the plan wrote it itself; so it can be said how much is stripped and prepended, and a set that a later pattern cuts out of
what was made can be put in terms of what was dialled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from itertools import islice, product
from operator import mul
from typing import Final

DIGITS: Final = frozenset("0123456789")
ANY: Final = frozenset(map(chr, range(33, 127)))
"""What `.` stands for."""
LONGEST: Final = 64
MOST_CHARACTERS: Final = 1024


class Unclear(Exception):
    """What a dial plan does can't be told beforehand; the message says what of it."""


class NeedsNumber(Unclear):
    """It can be told for a number, not for a set of them."""


@dataclass(frozen=True, slots=True)
class Spot:
    """`source`: its place in what was dialled; None = the plan wrote it."""

    chars: frozenset[str]
    source: int | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """`most`: None = without bound; `source`: where in what was dialled it begins."""

    chars: frozenset[str]
    least: int
    most: int | None = None
    source: int | None = None


@dataclass(frozen=True, slots=True)
class Digits:
    """All texts that take one character of each spot, and some more of the rest. `after`: what the plan wrote behind that."""

    spots: tuple[Spot, ...] = ()
    rest: Rest | None = None
    after: tuple[Spot, ...] = ()

    @classmethod
    def of(cls, text: str) -> Digits:
        """Just this text."""
        return cls(tuple(Spot(frozenset((c,))) for c in text))

    def dialled(self) -> Digits:
        """The same, as what somebody dials: each spot knows its place."""
        spots = tuple(Spot(spot.chars, place) for place, spot in enumerate(self.spots))
        return Digits(spots, None if self.rest is None else replace(self.rest, source=len(spots)))

    @property
    def text(self) -> str | None:
        """The one text that it is; None = several."""
        if self.rest is not None or any(len(spot.chars) != 1 for spot in self.spots):
            return None
        return "".join(next(iter(spot.chars)) for spot in self.spots)

    @property
    def known(self) -> str:
        """The text; Unclear if there are several."""
        text = self.text
        if text is None:
            raise NeedsNumber(f"it depends on the number that is dialled ({self})")
        return text

    @property
    def is_dialled(self) -> bool:
        """Whether anything of it was dialled."""
        return self.rest is not None or any(spot.source is not None for spot in self.spots)

    @property
    def lengths(self) -> tuple[int, int | None]:
        """How long it is at least, and at most (None = without bound)."""
        count = len(self.spots)
        if self.rest is None:
            return count, count
        return count + self.rest.least, None if self.rest.most is None else count + self.rest.most

    @property
    def count(self) -> int | None:
        """How many texts it is; None = without bound."""
        if self.rest is not None:
            return None
        return reduce(mul, (len(spot.chars) for spot in self.spots), 1)

    def texts(self, most: int) -> Iterator[str]:
        """The texts of one without rest, the first so many."""
        found = product(*(sorted(spot.chars) for spot in self.spots))
        return ("".join(text) for text in islice(found, most))

    def __add__(self, other: Digits) -> Digits:
        if len(self.spots) + len(other.spots) + len(self.after) > MOST_CHARACTERS:
            raise Unclear("the text grows too long")
        if self.rest is None:
            return Digits(self.spots + other.spots, other.rest, other.after)
        if other.rest is not None:
            raise Unclear("a number of any length stands there twice")
        return Digits(self.spots, self.rest, self.after + other.spots)

    def _plain(self) -> None:
        if self.after:
            raise Unclear("something stands behind a number of any length")

    def part(self, start: int, length: int | None = None) -> Digits:
        """`${NAME:start:length}`; negative numbers count from the end."""
        self._plain()
        if start < 0 and self.rest is None:
            start = max(len(self.spots) + start, 0)
        if start < 0 or (length is not None and length < 0 and self.rest is not None):
            raise Unclear("it is counted from the end of a number of any length")
        if length is not None and length < 0:
            length = max(len(self.spots) - start + length, 0)
        spots, rest = self.spots[start:], self.rest
        if rest is not None and start > len(self.spots):
            gone = start - len(self.spots)
            source = None if rest.source is None else rest.source + gone
            rest = Rest(
                rest.chars, max(rest.least - gone, 0), None if rest.most is None else max(rest.most - gone, 0), source
            )
        if length is None:
            return Digits(spots, rest)
        if len(spots) >= length:
            return Digits(spots[:length])
        if rest is None:
            return Digits(spots)
        if len(spots) + rest.least < length:
            raise Unclear("it is the beginning of a number that may be shorter")
        first = 0 if rest.source is None else rest.source
        more = (Spot(rest.chars, first + ahead) for ahead in range(length - len(spots)))
        return Digits((*spots, *more))

    def split(self, at: str) -> list[Digits]:
        """Its parts between this character, where the plan wrote it."""
        parts: list[Digits] = [Digits()]
        for spot in self.spots:
            parts = _with(parts, spot, at)
        if self.rest is not None:
            parts[-1] = Digits(parts[-1].spots, self.rest)
            for spot in self.after:
                parts = _with(parts, spot, at)
        return parts

    def matches(self, text: str) -> bool:
        """Whether it is one of its texts."""
        least, most = self.lengths
        if len(text) < least or (most is not None and len(text) > most):
            return False
        if any(c not in spot.chars for c, spot in zip(text, self.spots, strict=False)):
            return False
        return self.rest is None or all(c in self.rest.chars for c in text[len(self.spots) :])

    def meet(self, pattern: Digits) -> Digits | None:
        """What of it falls under a pattern, with our own places; None if nothing."""
        self._plain()
        least = max(self.lengths[0], pattern.lengths[0])
        bounds = [bound for bound in (self.lengths[1], pattern.lengths[1]) if bound is not None]
        most = min(bounds) if bounds else None
        count = max(len(self.spots), len(pattern.spots))
        if most is not None and (least > most or count > most):
            return None
        if most is not None and most == least:
            count = most
        spots: list[Spot] = []
        for place in range(count):
            ours, theirs = self._at(place), pattern._at(place)
            if ours is None or theirs is None or not (chars := ours.chars & theirs.chars):
                return None
            spots.append(Spot(chars, ours.source))
        if most == count:
            return Digits(tuple(spots))
        if self.rest is None or pattern.rest is None or not (chars := self.rest.chars & pattern.rest.chars):
            return Digits(tuple(spots)) if least <= count else None
        more = None if most is None else most - count
        source = None if self.rest.source is None else self.rest.source + count - len(self.spots)
        return Digits(tuple(spots), Rest(chars, max(least - count, 0), more, source))

    def _at(self, place: int) -> Spot | None:
        if place < len(self.spots):
            return self.spots[place]
        if self.rest is None:
            return None
        source = None if self.rest.source is None else self.rest.source + place - len(self.spots)
        return Spot(self.rest.chars, source)

    def is_within(self, pattern: Digits) -> bool:
        """Whether all of it falls under a pattern."""
        least, most = self.lengths
        low, high = pattern.lengths
        if least < low or (high is not None and (most is None or most > high)):
            return False
        for place, spot in enumerate(self.spots):
            theirs = pattern._at(place)
            if theirs is None or not spot.chars <= theirs.chars:
                return False
        if self.rest is None:
            return True
        ahead = list(pattern.spots[len(self.spots) :])
        if any(not self.rest.chars <= spot.chars for spot in ahead):
            return False
        return pattern.rest is None or self.rest.chars <= pattern.rest.chars

    def narrowed(self, made: Digits) -> Digits:
        """What must have been dialled (of `self`) for this part of what was made of it."""
        spots = list(self.spots)
        rest = self.rest
        for spot in made.spots:
            if spot.source is None:
                continue
            while len(spots) <= spot.source and rest is not None and len(spots) < LONGEST:
                spots.append(Spot(rest.chars, len(spots)))
            if spot.source < len(spots):
                spots[spot.source] = Spot(spots[spot.source].chars & spot.chars, spot.source)
        if rest is None:
            return Digits(tuple(spots))
        if made.rest is None and any(spot.source is not None for spot in made.spots):
            last = max(spot.source for spot in made.spots if spot.source is not None)
            return Digits(tuple(spots[: last + 1]))
        if made.rest is not None and made.rest.source is not None:
            rest = Rest(made.rest.chars, made.rest.least, made.rest.most, made.rest.source)
            return Digits(tuple(spots[: made.rest.source]), rest)
        return Digits(tuple(spots), rest)

    def change(self) -> tuple[int, str]:
        """How much is stripped of what was dialled, and what is prepended. Unclear if it is another change than that."""
        self._plain()
        prepend, place = "", 0
        while place < len(self.spots) and self.spots[place].source is None:
            prepend += Digits((self.spots[place],)).known
            place += 1
        left = self.spots[place:]
        if not left and (self.rest is None or self.rest.source is None):
            raise Unclear("nothing of what was dialled is sent")
        strip = left[0].source if left else (self.rest.source if self.rest is not None else 0)
        assert strip is not None  # noqa: S101  # it is no written one
        if any(spot.source != strip + index for index, spot in enumerate(left)):
            raise Unclear("digits within the number are changed")
        if self.rest is not None and self.rest.source != strip + len(left):
            raise Unclear("digits within the number are changed")
        return strip, prepend

    def __str__(self) -> str:
        """As Asterisk would write it."""
        shown = "".join(_shown(spot.chars) for spot in self.spots)
        if self.rest is None:
            return shown
        return shown + (
            ("!" if self.rest.least == 0 else ".") if self.rest.most is None else f"({_shown(self.rest.chars)}...)"
        )


def _with(parts: list[Digits], spot: Spot, at: str) -> list[Digits]:
    """The parts with one more character of the last one, or with a new one."""
    if spot.source is None and spot.chars == {at}:
        return [*parts, Digits()]
    last = parts[-1]
    if last.rest is None:
        return [*parts[:-1], Digits((*last.spots, spot))]
    return [*parts[:-1], Digits(last.spots, last.rest, (*last.after, spot))]


_NAMES: Final = {DIGITS: "X", DIGITS - {"0"}: "Z", DIGITS - {"0", "1"}: "N", ANY: "?"}


def _shown(chars: frozenset[str]) -> str:
    if len(chars) == 1:
        return next(iter(chars))
    return _NAMES.get(chars) or f"[{''.join(sorted(chars))}]"
