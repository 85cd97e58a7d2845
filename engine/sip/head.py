"""The compiled cut of a regular head into its lines and pairs; None where the native part was not built.

What it answers None to, and everything where it is not there, goes the way of `engine.sip.parser`, with the same result. No IO: a function
of bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.native import COMPILED

Head = tuple[str, list[tuple[str, str]], int, str | None]
"""First line, headers by canonical name without Content-Length, where the body begins, Content-Length."""


def _compiled() -> Callable[[bytes, dict[str, str]], Head | None] | None:
    if not COMPILED:
        return None
    from engine.native import _native

    # One that was built from older sources and not anew has none.
    found: Callable[[bytes, dict[str, str]], Head | None] | None = getattr(_native, "split_head", None)
    return found


split_head: Final = _compiled()
