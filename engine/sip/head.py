"""What of reading a message is compiled: the cut of a regular head into its lines and pairs, of plain parameters, URIs, addresses, Vias.

None where the native part was not built. What they answer None to, and everything where they are not there, goes the way of
`engine.sip.parser` and `engine.sip.grammar`, with the same result. No IO: functions of bytes and text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, TypeVar, cast

from engine.native import COMPILED

Head = tuple[str, list[tuple[str, str]], int, str | None]
"""First line, headers by canonical name without Content-Length, where the body begins, Content-Length."""

T = TypeVar("T", bound=tuple[object, ...])

SplitHead = Callable[[bytes, dict[str, str]], Head | None]
PlainParams = Callable[[str, int], tuple[tuple[str, str | None], ...] | None]


class SplitText(Protocol):
    """`made`: the class of named tuples that the parts go into, in their order."""

    def __call__(self, text: str, made: type[T], /) -> T | None: ...


def _compiled(name: str) -> object:
    if not COMPILED:
        return None
    from engine.native import _native

    return getattr(_native, name, None)  # one that was built from older sources and not anew has none


split_head: Final = cast("SplitHead | None", _compiled("split_head"))
split_params: Final = cast("PlainParams | None", _compiled("plain_params"))
split_uri: Final = cast("SplitText | None", _compiled("split_uri"))
split_address: Final = cast("SplitText | None", _compiled("split_address"))
split_via: Final = cast("SplitText | None", _compiled("split_via"))
