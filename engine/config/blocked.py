"""Numbers outside that nobody of a tenant talks to (feature C6), and how the call path finds them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.config.mask_index import MaskIndex
from engine.config.steps import Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedConfig:
    """`numbers`: masks; `is_from`, `is_to`: calls from them, to them; `remark`: why, "" = not said."""

    numbers: tuple[str, ...]
    is_from: bool = True
    is_to: bool = True
    remark: str = ""


@dataclass(frozen=True, slots=True)
class BlockedIndex:
    """By mask, in both directions; of two entries with one mask the first speaks."""

    callers: MaskIndex[BlockedConfig]
    called: MaskIndex[BlockedConfig]

    @classmethod
    def making(cls, entries: Iterable[BlockedConfig]) -> Steps[BlockedIndex]:
        """Return the index, in steps."""
        callers: dict[str, BlockedConfig] = {}
        called: dict[str, BlockedConfig] = {}
        for entry in entries:
            for mask in entry.numbers:
                if entry.is_from:
                    callers.setdefault(mask, entry)
                if entry.is_to:
                    called.setdefault(mask, entry)
        return cls((yield from MaskIndex.making(callers)), (yield from MaskIndex.making(called)))
