"""Instants as lists show them: to the second, as the API has them otherwise."""

from __future__ import annotations

import re

_FRACTION = re.compile(r"(T\d\d:\d\d:\d\d)\.\d+")


def to_the_second(at: object) -> str:
    """ "" where there is none."""
    return _FRACTION.sub(r"\1", at) if isinstance(at, str) else ""
