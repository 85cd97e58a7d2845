"""Values by masks of numbers, found in the order of precedence at a cost that follows the number asked for, not how many masks there are.

Exact masks lie in a dict; prefixes, suffixes and infixes in one dict for each length that occurs; ranges in buckets of about their own
breadth, so that each lies in two of them at most and a number is looked up once for each breadth (by powers of two) that occurs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeAlias, TypeVar

from dialing.pattern import LONGEST_MASK_CHARACTERS, NUMBER, Form, NumberPattern
from engine.config.steps import STEP, Steps, finished

V = TypeVar("V")

_Literals: TypeAlias = "tuple[tuple[int, dict[str, tuple[str, V]]], ...]"
_Bucket: TypeAlias = "list[tuple[NumberPattern, str, V]]"
_MASKS_AT_ONCE: Final = STEP // 5


@dataclass(frozen=True, slots=True)
class MaskIndex(Generic[V]):
    """Made by `of`. Literals by length, the longest first; `ranges`: by breadth, the narrowest first; `rest`: of the mask `*`."""

    exact: Mapping[str, V]
    ranges: tuple[tuple[int, Mapping[tuple[bool, int], _Bucket[V]]], ...]
    prefixes: _Literals[V]
    suffixes: _Literals[V]
    infixes: _Literals[V]
    rest: tuple[V, ...]

    @classmethod
    def of(cls, values: Mapping[str, V]) -> MaskIndex[V]:
        """`values` by mask. PatternError for what is none."""
        return finished(cls.making(values))

    @classmethod
    def making(cls, values: Mapping[str, V]) -> Steps[MaskIndex[V]]:
        """`of`, in steps."""
        exact: dict[str, V] = {}
        ranges: dict[int, dict[tuple[bool, int], _Bucket[V]]] = {}
        literals: dict[Form, dict[int, dict[str, tuple[str, V]]]] = {}
        rest: list[V] = []
        for count, (mask, value) in enumerate(values.items(), start=1):
            pattern = NumberPattern.parse(mask)
            match pattern.form:
                case Form.EXACT:
                    exact[pattern.literal] = value
                case Form.RANGE:
                    _lay(ranges, pattern, mask, value)
                case Form.ANY:
                    rest.append(value)
                case form:
                    by_length = literals.setdefault(form, {})
                    by_length.setdefault(len(pattern.literal), {})[pattern.literal] = (mask, value)
            if count % _MASKS_AT_ONCE == 0:
                yield
        for buckets in ranges.values():
            for bucket in buckets.values():
                bucket.sort(key=lambda entry: entry[0].precedence)
        return cls(
            exact,
            tuple(sorted(ranges.items())),
            _longest_first(literals.get(Form.PREFIX, {})),
            _longest_first(literals.get(Form.SUFFIX, {})),
            _longest_first(literals.get(Form.INFIX, {})),
            tuple(rest),
        )

    @property
    def is_any(self) -> bool:
        """Whether there is a mask in it."""
        return bool(self.exact or self.ranges or self.prefixes or self.suffixes or self.infixes or self.rest)

    def entries(self) -> Iterator[tuple[str, V]]:
        """All masks with their values, those of one form together."""
        yield from self.exact.items()
        for _, buckets in self.ranges:
            yield from {mask: value for bucket in buckets.values() for _, mask, value in bucket}.items()
        for _, literals in (*self.prefixes, *self.suffixes, *self.infixes):
            yield from literals.values()
        for value in self.rest:
            yield "*", value

    def matching(self, text: str) -> Iterator[tuple[str, V]]:
        """The masks that the number falls under, with their values, in the order of their precedence."""
        found = self.exact.get(text)
        if found is not None:
            yield text, found
        if self.ranges:
            yield from self._ranges(text)
        length = len(text)
        for size, literals in self.prefixes:
            if size <= length and (entry := literals.get(text[:size])) is not None:
                yield entry
        for size, literals in self.suffixes:
            if size <= length and (entry := literals.get(text[length - size :])) is not None:
                yield entry
        if self.infixes:
            yield from self._infixes(text)
        for value in self.rest:
            yield "*", value

    def _ranges(self, text: str) -> Iterator[tuple[str, V]]:
        if len(text) > LONGEST_MASK_CHARACTERS or NUMBER.fullmatch(text) is None:
            return
        number, has_plus = int(text), text[0] == "+"
        for breadth, buckets in self.ranges:
            for pattern, mask, value in buckets.get((has_plus, number >> breadth), ()):
                # Of one length, digits sort as the numbers that they are.
                if len(pattern.literal) == len(pattern.last):
                    if len(text) == len(pattern.literal) and pattern.literal <= text <= pattern.last:
                        yield mask, value
                elif pattern.matches(text):
                    yield mask, value

    def _infixes(self, text: str) -> Iterator[tuple[str, V]]:
        length = len(text)
        for size, literals in self.infixes:
            within = {text[at : at + size] for at in range(min(length, _LONGEST_SEARCHED) - size + 1)}
            for literal in sorted(within & literals.keys()):
                yield literals[literal]


_LONGEST_SEARCHED: Final = 256
"""What is dialled is no longer than this (`dialing.number`)."""


def _lay(ranges: dict[int, dict[tuple[bool, int], _Bucket[V]]], pattern: NumberPattern, mask: str, value: V) -> None:
    """Put a range into the buckets of its breadth that it touches: one or two."""
    first, last = int(pattern.literal), int(pattern.last)
    breadth = (last - first).bit_length()
    buckets = ranges.setdefault(breadth, {})
    for place in range(first >> breadth, (last >> breadth) + 1):
        buckets.setdefault((pattern.literal[0] == "+", place), []).append((pattern, mask, value))


def _longest_first(by_length: Mapping[int, dict[str, tuple[str, V]]]) -> _Literals[V]:
    return tuple(sorted(by_length.items(), reverse=True))
