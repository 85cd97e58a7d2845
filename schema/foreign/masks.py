"""Sets of numbers in the two ways that rules name them: masks of InboundRules, prefixes and lengths of OutboundRules."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final

from schema.foreign.digits import DIGITS, Digits

MOST_MASKS: Final = 200
LONGEST: Final = 32
_DIALLED: Final = frozenset("0123456789*#+")


@dataclass(frozen=True, slots=True)
class Outbound:
    """`prefixes`: () = any; `is_exact`: False if it takes more numbers than the pattern did."""

    prefixes: tuple[str, ...]
    least: int
    most: int | None
    is_exact: bool

    def in_words(self) -> str:
        """The numbers that it takes."""
        shown = [*self.prefixes[:3], *(["..."] if len(self.prefixes) > 4 else []), *self.prefixes[3:][-1:]]
        begins = f", beginning with {', '.join(shown)}" if shown else ""
        most = "or more" if self.most is None else f"to {self.most}" if self.most != self.least else ""
        return f"{self.least} {most} digits{begins}".replace("  ", " ")

    def fits(self, number: str) -> bool:
        """Whether the engine would say that a dialled number falls under it."""
        length = len(number.removeprefix("+"))
        if length < self.least or (self.most is not None and length > self.most):
            return False
        return not self.prefixes or number.startswith(self.prefixes)

    def match(self) -> dict[str, object]:
        """`OutboundRule.spec.match`."""
        found: dict[str, object] = {"prefixes": list(self.prefixes)} if self.prefixes else {}
        length = {"min": self.least} if self.least > 1 else {}
        if self.most is not None and self.most < LONGEST:
            length["max"] = self.most
        return found | ({"length": length} if length else {})


def outbound(pattern: Digits, most_prefixes: int = MOST_MASKS) -> Outbound | None:
    """None if no phone can dial it."""
    spots = [spot.chars & _DIALLED for spot in pattern.spots]
    if not all(spots):
        return None
    least, most = pattern.lengths
    # As far as a place takes less than all digits, its digits belong to the prefix; the first always does, for + is none.
    last = max((place for place, chars in enumerate(spots) if chars != DIGITS), default=0 if spots else -1)
    count, end = 1, 0
    while end <= last and count * len(spots[end]) <= most_prefixes:
        count *= len(spots[end])
        end += 1
    is_exact = end > last
    while not is_exact and end > 1 and spots[end - 1] == DIGITS:
        end -= 1  # any digit says nothing
    prefixes = tuple("".join(each) for each in product(*(sorted(chars) for chars in spots[:end]))) if end else ()
    prefixes = tuple(prefix for prefix in prefixes if "+" not in prefix[1:])
    plus = 1 if prefixes and all(prefix.startswith("+") for prefix in prefixes) else 0
    most = None if most is None else most - plus
    if least - plus > LONGEST:
        return None
    return Outbound(prefixes, max(least - plus, 1), most if most is None or most <= LONGEST else None, is_exact)


def inbound(pattern: Digits) -> tuple[tuple[str, ...], bool] | None:
    """Masks, and whether they are exact; None if there are too many."""
    text = pattern.text
    if text is not None:
        return ((text,), True) if text else None
    spots = [spot.chars for spot in pattern.spots]
    if pattern.rest is None:
        full = len(spots)
        while full and spots[full - 1] == DIGITS:
            full -= 1
        heads = _heads(spots[:full])
        if heads is None:
            return None
        tail = len(spots) - full
        if not tail:
            return tuple(heads), True
        if any(head and not head.isdecimal() for head in heads):
            return tuple(f"{head}*" for head in heads), False
        return tuple(f"{head}{'0' * tail}-{head}{'9' * tail}" for head in heads), True
    while spots and spots[-1] == DIGITS:
        spots.pop()
    heads = _heads(spots)
    if heads is None:
        return None
    return tuple(f"{head}*" for head in heads), pattern.rest.least == 0 and len(spots) == len(pattern.spots)


def _heads(spots: list[frozenset[str]]) -> list[str] | None:
    count = 1
    for chars in spots:
        count *= len(chars)
        if count > MOST_MASKS:
            return None
    return ["".join(each) for each in product(*(sorted(chars) for chars in spots))]
