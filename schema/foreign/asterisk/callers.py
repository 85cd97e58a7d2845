"""Conditions on who calls, which InboundRules have, too (`match.cid`): `"${CALLERID(num)}" = "6175550123"`, and its first digits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from schema.foreign.asterisk.arguments import split_arguments
from schema.foreign.asterisk.variables import substituted
from schema.foreign.digits import Digits, Unclear

_ASKED: Final = re.compile(
    r'\s*"?\$\{CALLERID\(num(?:ber)?\)(?::0)?(?::([0-9]{1,2}))?\}"?\s*(==?|!=)\s*"?([^"=!<>]*?)"?\s*', re.IGNORECASE
)
_LENGTH: Final = re.compile(r"\s*\$\{LEN\(\$\{CALLERID\(num(?:ber)?\)\}\)\}\s*(==?|!=)\s*0\s*", re.IGNORECASE)
ANONYMOUS: Final = "anonymous"
_NUMBER: Final = re.compile(r"\+?[0-9]{1,30}")


class Callers(NamedTuple):
    """`masks`: of their numbers; `is_met`: the condition holds for them, and for nobody else, or the other way round."""

    masks: tuple[str, ...]
    is_met: bool


def callers(condition: str, variables: Mapping[str, Digits]) -> Callers | None:
    """None for a condition that is none on the number of the caller alone."""
    text = condition.strip()
    if not (text.startswith("$[") and text.endswith("]")):
        return None
    parts = [part for part in split_arguments(text[2:-1], "|") if part]
    found = [_one(part, variables) for part in parts]
    known = [one for one in found if one is not None]
    if not known or len(known) < len(found) or (len(known) > 1 and not all(one.is_met for one in known)):
        return None
    return Callers(tuple(dict.fromkeys(mask for one in known for mask in one.masks)), known[0].is_met)


def _one(text: str, variables: Mapping[str, Digits]) -> Callers | None:
    if (match := _LENGTH.fullmatch(text)) is not None:
        return Callers((ANONYMOUS,), match[1] != "!=")
    match = _ASKED.fullmatch(text)
    if match is None:
        return None
    try:
        number = substituted(match[3], variables).text or ""
    except Unclear:
        return None
    is_whole = match[1] is None
    if is_whole and not number:
        return Callers((ANONYMOUS,), match[2] != "!=")
    if _NUMBER.fullmatch(number) is None or (not is_whole and len(number) != int(match[1])):
        return None
    return Callers((number if is_whole else f"{number}*",), match[2] != "!=")
