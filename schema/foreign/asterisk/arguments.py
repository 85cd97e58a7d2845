"""Arguments of an application: `PJSIP/101,20,tT`, split where commas stand by themselves."""

from __future__ import annotations

from typing import Final

_OPEN: Final = {"(": ")", "[": "]", "{": "}"}


def split_arguments(text: str, at: str = ",") -> list[str]:
    """The parts between commas (or `at`) that stand in no quotes and no brackets."""
    parts: list[str] = []
    closing: list[str] = []
    quoted = False
    begun = 0
    for place, c in enumerate(text):
        if c == '"' and text[place - 1 : place] != "\\":
            quoted = not quoted
        elif quoted:
            continue
        elif c in _OPEN:
            closing.append(_OPEN[c])
        elif closing and c == closing[-1]:
            closing.pop()
        elif c == at and not closing:
            parts.append(text[begun:place].strip())
            begun = place + 1
    parts.append(text[begun:].strip())
    return parts
