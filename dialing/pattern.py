"""Masks of numbers: `2345`, `*`, `*345`, `2*`, `*23*`, `1-2346`; parsing, matching, precedence.

A range counts by value and by length. Bounds of one length match numbers of just that length, leading zeros and all:
`0100-0199`. Bounds of different lengths must not begin with 0, nor may the numbers that they match: `1-2346` matches
7 and 2346, not 07. Either both bounds have a "+" or none; a "-" between anything but digits is an ordinary character.

A "*" that is dialled can't be written in a mask. Matching is exact about case, as SIP user parts are.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

LONGEST_MASK_CHARACTERS: Final = 64
RANGE: Final = re.compile(r"(\+?)([0-9]+)-(\+?)([0-9]+)", re.ASCII)
LITERAL: Final = re.compile(r"[A-Za-z0-9+#._-]+", re.ASCII)
NUMBER: Final = re.compile(r"(\+?)([0-9]+)", re.ASCII)


class PatternError(ValueError):
    """A mask that can't be read: says what is wrong with which mask, and what to write."""


class Form(IntEnum):
    """The forms of a mask, the most specific first."""

    EXACT = 0
    RANGE = 1
    PREFIX = 2
    SUFFIX = 3
    INFIX = 4
    ANY = 5


class Precedence(NamedTuple):
    """Sorts patterns, the one to try first first.

    Exact before range before prefix before suffix before infix before any; among ranges the one with fewer numbers,
    among the others the one with the longer literal; then by the mask's own text, so that the order is total.
    """

    form: Form
    breadth: int
    mask: str


@dataclass(frozen=True, slots=True)
class NumberPattern:
    """One mask, read. `literal` is what must stand there (for a range: its lower bound); `last` the upper bound."""

    form: Form
    literal: str
    last: str = ""

    @classmethod
    def parse(cls, mask: str) -> "NumberPattern":
        """Return the pattern that `mask` writes; raise PatternError."""
        if not mask:
            raise PatternError('the mask is empty; write a number, a range or "*"')
        if len(mask) > LONGEST_MASK_CHARACTERS:
            message = f"the mask has {len(mask)} characters; the most are {LONGEST_MASK_CHARACTERS}"
            raise PatternError(message)
        bounds = RANGE.fullmatch(mask)
        if bounds is not None:
            return cls._parse_range(mask, *bounds.groups())
        return cls._parse_literal(mask)

    @classmethod
    def _parse_range(cls, mask: str, plus: str, first: str, last_plus: str, last: str) -> "NumberPattern":
        if plus != last_plus:
            raise PatternError(f'range "{mask}" has a "+" at one end only; write it at both ends or at none')
        if len(first) != len(last) and "0" in (first[0], last[0]):
            message = f'range "{mask}" has ends of different lengths, one with a leading zero'
            raise PatternError(f"{message}; write ends of one length")
        if int(first) > int(last):
            raise PatternError(f'range "{mask}" ends below its beginning; write "{plus}{last}-{plus}{first}"')
        return cls(Form.RANGE, plus + first, plus + last)

    @classmethod
    def _parse_literal(cls, mask: str) -> "NumberPattern":
        if mask == "*":
            return cls(Form.ANY, "")
        starts, ends = mask.startswith("*"), mask.endswith("*")
        literal = mask[1 if starts else 0 : -1 if ends else None]
        if LITERAL.fullmatch(literal) is None:
            wrong = next((character for character in literal if LITERAL.fullmatch(character) is None), "*")
            what = '"*" elsewhere than at an end' if wrong == "*" else f"{wrong!r}"
            raise PatternError(f'mask {mask!r} holds {what}; write letters, digits, + # . _ -, and "*" at the ends')
        form = {
            (False, False): Form.EXACT,
            (False, True): Form.PREFIX,
            (True, False): Form.SUFFIX,
            (True, True): Form.INFIX,
        }[starts, ends]
        return cls(form, literal)

    def matches(self, text: str) -> bool:
        """Return whether the number `text` falls under the mask; any text may be asked."""
        match self.form:
            case Form.EXACT:
                return text == self.literal
            case Form.RANGE:
                return self._in_range(text)
            case Form.PREFIX:
                return text.startswith(self.literal)
            case Form.SUFFIX:
                return text.endswith(self.literal)
            case Form.INFIX:
                return self.literal in text
            case Form.ANY:
                return True

    def _in_range(self, text: str) -> bool:
        # Longer texts are out before they are made numbers of.
        if not len(self.literal) <= len(text) <= len(self.last):
            return False
        number = NUMBER.fullmatch(text)
        if number is None or (number[1] == "+") != self.literal.startswith("+"):
            return False
        if len(self.literal) != len(self.last) and number[2].startswith("0"):
            return False
        return int(self.literal) <= int(text) <= int(self.last)

    @property
    def precedence(self) -> Precedence:
        """The sort key: the pattern with the smallest one is tried first."""
        breadth = int(self.last) - int(self.literal) if self.form is Form.RANGE else -len(self.literal)
        return Precedence(self.form, breadth, str(self))

    def __str__(self) -> str:
        """Return the mask; parsing it gives this pattern again."""
        match self.form:
            case Form.EXACT:
                return self.literal
            case Form.RANGE:
                return f"{self.literal}-{self.last}"
            case Form.PREFIX:
                return f"{self.literal}*"
            case Form.SUFFIX:
                return f"*{self.literal}"
            case Form.INFIX:
                return f"*{self.literal}*"
            case Form.ANY:
                return "*"
