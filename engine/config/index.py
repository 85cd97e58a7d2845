"""An index over a tenant's values: how those of one kind are found by what the call path knows of them.

An index shares itself with its predecessor unless a value of its own kind came, changed or went, and then all that did not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from engine.config.shared_map import SharedMap
from engine.config.steps import STEP, Steps, finished

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Index(Generic[T]):
    """`of`: the type of its values; `key`: under what each is found; `called`: what no two of them may share, for messages."""

    of: type[T]
    key: Callable[[T], str]
    called: str

    def built(self, items: Iterable[object]) -> SharedMap[str, T]:
        """Those of `items` that are of its kind, by key. ValueError if two share one."""
        return finished(self.building(items))

    def building(self, items: Iterable[object]) -> Steps[SharedMap[str, T]]:
        """`built`, in steps."""
        return self.evolving(SharedMap.of({}), (), items)

    def evolved(self, before: SharedMap[str, T], gone: Iterable[object], new: Iterable[object]) -> SharedMap[str, T]:
        """`before` without `gone`, with `new`: a value that changes is in both. ValueError as `built`."""
        return finished(self.evolving(before, gone, new))

    def evolving(
        self, before: SharedMap[str, T], gone: Iterable[object], new: Iterable[object]
    ) -> Steps[SharedMap[str, T]]:
        """`evolved`, in steps."""
        # All that goes or changes leaves first: two values may have swapped their keys.
        left: set[str] = set()
        for count, item in enumerate(gone, start=1):
            if isinstance(item, self.of):
                left.add(self.key(item))
            if count % STEP == 0:
                yield
        come: dict[str, T] = {}
        for count, item in enumerate(new, start=1):
            if isinstance(item, self.of):
                key = self.key(item)
                if key in come or (key not in left and key in before):
                    raise ValueError(f"two values of {self.of.__name__} with the {self.called} {key!r}")
                come[key] = item
            if count % STEP == 0:
                yield
        return (yield from before.evolving(left, come))
