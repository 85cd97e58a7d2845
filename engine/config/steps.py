"""Work that is done in small steps, so that phones are answered in between: generators that yield about once a millisecond.

Pure: who drives them decides what happens between two steps; `finished` goes through all at once.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Final, TypeAlias, TypeVar

T = TypeVar("T")

Steps: TypeAlias = Generator[None, None, T]

STEP: Final = 500
"""So many small things (a look into a mapping, a comparison of two values) are done at once."""


def finished(steps: Steps[T]) -> T:
    """The result, without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
