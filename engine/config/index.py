"""An index over a tenant's values: how those of one kind are found by what the call path knows of them.

An index shares itself with its predecessor unless a value of its own kind came, changed or went.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Index(Generic[T]):
    """`of`: the type of its values; `key`: under what each is found; `called`: what no two of them may share, for messages."""

    of: type[T]
    key: Callable[[T], str]
    called: str

    def built(self, items: Iterable[object]) -> Mapping[str, T]:
        """Those of `items` that are of its kind, by key. ValueError if two share one."""
        return self._with({}, items)

    def evolved(self, before: Mapping[str, T], gone: Iterable[object], new: Iterable[object]) -> Mapping[str, T]:
        """`before` without `gone`, with `new`: a value that changes is in both. ValueError as `built`."""
        old = [item for item in gone if isinstance(item, self.of)]
        come = [item for item in new if isinstance(item, self.of)]
        if not old and not come:
            return before
        after = dict(before)
        # All that goes or changes leaves first: two values may have swapped their keys.
        for item in old:
            after.pop(self.key(item), None)
        return self._with(after, come)

    def _with(self, found: dict[str, T], items: Iterable[object]) -> dict[str, T]:
        for item in items:
            if not isinstance(item, self.of):
                continue
            key = self.key(item)
            if key in found:
                raise ValueError(f"two values of {self.of.__name__} with the {self.called} {key!r}")
            found[key] = item
        return found
