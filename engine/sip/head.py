"""What of reading a message is compiled: the cut of a regular head into its lines and pairs, and of plain parameters.

None where the native part was not built. What they answer None to, and everything where they are not there, goes the way of
`engine.sip.parser` and `engine.sip.grammar`, with the same result. No IO: functions of bytes and text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.native import COMPILED

Head = tuple[str, list[tuple[str, str]], int, str | None]
"""First line, headers by canonical name without Content-Length, where the body begins, Content-Length."""

SplitHead = Callable[[bytes, dict[str, str]], Head | None]
PlainParams = Callable[[str, int], tuple[tuple[str, str | None], ...] | None]


def _compiled() -> tuple[SplitHead | None, PlainParams | None]:
    if not COMPILED:
        return None, None
    from engine.native import _native

    # One that was built from older sources and not anew has none.
    head: SplitHead | None = getattr(_native, "split_head", None)
    params: PlainParams | None = getattr(_native, "plain_params", None)
    return head, params


_parts: Final = _compiled()
split_head: Final = _parts[0]
split_params: Final = _parts[1]
