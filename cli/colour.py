"""Whether to print in colour: on a terminal that can, unless the user said otherwise.

`--colour` decides; with `auto`, colour goes to a terminal only, and not where NO_COLOR is set (no-color.org) or TERM is "dumb".
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TextIO


class Colour(StrEnum):
    """`--colour`."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


def is_coloured(wish: Colour, stream: TextIO, environ: Mapping[str, str]) -> bool:
    """True if escape sequences may go to that stream."""
    match wish:
        case Colour.ALWAYS:
            return True
        case Colour.NEVER:
            return False
        case Colour.AUTO:
            return not environ.get("NO_COLOR") and environ.get("TERM") != "dumb" and stream.isatty()
