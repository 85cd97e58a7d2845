"""An immutable mapping that shares all but what changes with the one it came from, so that a hundred revisions cost little more than one.

Its entries lie sorted in chunks of about a hundred; a change makes the touched chunks anew, and a list of chunks. Looking a key up costs
a search among the chunks' first keys and a look into one dict. Walks are in the order of the keys.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping
from typing import Final, TypeVar, overload

from engine.config.steps import STEP, Steps, finished

K = TypeVar("K", bound="str | tuple[str, ...]")
V = TypeVar("V")
D = TypeVar("D")

CHUNK: Final = 64
"""Entries of a new chunk; one of more than twice as many is cut up."""
_CHUNKS_AT_ONCE: Final = STEP // CHUNK


class SharedMap(Mapping[K, V]):
    """Made by `of` and `evolved`. `firsts`: the first key of each chunk."""

    __slots__ = ("_chunks", "_firsts", "_length")

    def __init__(self, firsts: list[K], chunks: list[dict[K, V]]) -> None:
        self._firsts = firsts
        self._chunks = chunks
        self._length = sum(map(len, chunks))

    @classmethod
    def of(cls, entries: Mapping[K, V]) -> SharedMap[K, V]:
        """The same entries."""
        return finished(cls.making(entries))

    @classmethod
    def making(cls, entries: Mapping[K, V]) -> Steps[SharedMap[K, V]]:
        """`of`, in steps."""
        empty: SharedMap[K, V] = cls([], [])
        return empty.evolving((), entries)

    def evolved(self, gone: Collection[K], come: Mapping[K, V]) -> SharedMap[K, V]:
        """The entries without the keys that are `gone`, then with those that `come`; a key may be in both."""
        return finished(self.evolving(gone, come))

    def evolving(self, gone: Collection[K], come: Mapping[K, V]) -> Steps[SharedMap[K, V]]:
        """`evolved`, in steps."""
        if not gone and not come:
            return self
        leaving: dict[int, set[K]] = {}
        for count, key in enumerate(gone, start=1):
            leaving.setdefault(self._place(key), set()).add(key)
            if count % STEP == 0:
                yield
        coming: dict[int, dict[K, V]] = {}
        for count, (key, value) in enumerate(come.items(), start=1):
            coming.setdefault(self._place(key), {})[key] = value
            if count % STEP == 0:
                yield
        firsts: list[K] = []
        chunks: list[dict[K, V]] = []
        touched = 0
        for place, chunk in enumerate(self._chunks or [{}]):
            if place in leaving or place in coming:
                pieces = _cut(_changed(chunk, leaving.get(place, set()), coming.get(place, {})))
                touched += 1
                if touched % _CHUNKS_AT_ONCE == 0:
                    yield
            else:
                pieces = [chunk]
            chunks += pieces
            firsts += [next(iter(piece)) for piece in pieces]
        return SharedMap(firsts, chunks)

    def __getitem__(self, key: K) -> V:
        at = bisect_right(self._firsts, key) - 1
        if at < 0:
            raise KeyError(key)
        return self._chunks[at][key]

    @overload
    def get(self, key: K, /) -> V | None: ...
    @overload
    def get(self, key: K, /, default: V | D) -> V | D: ...
    def get(self, key: K, /, default: V | D | None = None) -> V | D | None:
        """The value, or the default. A miss costs no exception: most numbers that are asked for are somebody else's."""
        at = bisect_right(self._firsts, key) - 1
        return self._chunks[at].get(key, default) if at >= 0 else default

    def among(self, keys: Collection[K]) -> list[K]:
        """Those of `keys` that it has, in order: cheaper than asking for each where many are asked for and few are there."""
        found: list[K] = []
        ordered = sorted(keys)
        at = 0
        while at < len(ordered):
            place = self._place(ordered[at])
            if place >= len(self._chunks):
                break
            last = place + 1 == len(self._firsts)
            until = len(ordered) if last else max(at + 1, bisect_left(ordered, self._firsts[place + 1]))
            chunk = self._chunks[place]
            found += [key for key in ordered[at:until] if key in chunk]
            at = until
        return found

    def __contains__(self, key: object) -> bool:
        if not isinstance(key, (str, tuple)):
            return False
        at = bisect_right(self._firsts, key) - 1
        return at >= 0 and key in self._chunks[at]

    def __iter__(self) -> Iterator[K]:
        for chunk in self._chunks:
            yield from chunk

    def __len__(self) -> int:
        return self._length

    def __repr__(self) -> str:
        return f"SharedMap({len(self)} entries)"

    def _place(self, key: K) -> int:
        return max(0, bisect_right(self._firsts, key) - 1)


def _changed(chunk: dict[K, V], gone: set[K], come: dict[K, V]) -> dict[K, V]:
    """The chunk after the change, sorted."""
    changed = {key: value for key, value in chunk.items() if key not in gone or key in come}
    kept = len(changed)
    changed.update(come)
    return changed if len(changed) == kept else {key: changed[key] for key in sorted(changed)}


def _cut(chunk: dict[K, V]) -> list[dict[K, V]]:
    """The chunk in pieces that are not too long; none of an empty one."""
    if len(chunk) <= 2 * CHUNK:
        return [chunk] if chunk else []
    entries = list(chunk.items())
    return [dict(entries[start : start + CHUNK]) for start in range(0, len(entries), CHUNK)]
