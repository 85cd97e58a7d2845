"""`${EXTEN:1}`, `${ARG1}`, `$["${X}" = "1"]`: what of Asterisk's variables and conditions can be told beforehand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from schema.foreign.asterisk.arguments import split_arguments
from schema.foreign.digits import Digits, Unclear
from schema.problem import shown

DEEPEST: Final = 8
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PART: Final = re.compile(r"(-?[0-9]{1,4})(?::(-?[0-9]{1,4}))?")
_COMPARED: Final = re.compile(r'\s*"?([^"<>=!]*?)"?\s*(=|==|!=|<=|>=|<|>)\s*"?([^"<>=!]*?)"?\s*')


def substituted(text: str, variables: Mapping[str, Digits], depth: int = 0) -> Digits:
    """The text with its variables. Unclear if one is not known beforehand."""
    if depth > DEEPEST:
        raise Unclear("variables name each other in circles")
    made = Digits()
    place = 0
    while place < len(text):
        begin = text.find("${", place)
        if begin < 0:
            return made + Digits.of(text[place:])
        end = _closing(text, begin + 1)
        made = made + Digits.of(text[place:begin]) + _value(text[begin + 2 : end], variables, depth)
        place = end + 1
    return made


def _closing(text: str, opened: int) -> int:
    depth = 0
    for place in range(opened, len(text)):
        if text[place] == "{":
            depth += 1
        elif text[place] == "}":
            depth -= 1
            if depth == 0:
                return place
    raise Unclear(f"{shown(text)} has a ${{ without its }}")


def _value(inner: str, variables: Mapping[str, Digits], depth: int) -> Digits:
    name = inner
    part: tuple[int, int | None] | None = None
    head, colon, tail = inner.rpartition(":")
    if colon and _PART.fullmatch(tail):
        further, more, first = head.rpartition(":")
        if more and re.fullmatch(r"-?[0-9]{1,4}", first):
            name, part = further, (int(first), int(tail))
        else:
            name, part = head, (int(tail), None)
    name = substituted(name, variables, depth + 1).known if "${" in name else name
    value = _named(name, variables, depth)
    return value if part is None else value.part(*part)


def _named(name: str, variables: Mapping[str, Digits], depth: int) -> Digits:
    if _NAME.fullmatch(name):
        found = variables.get(name)
        if found is None:
            raise Unclear(f"${{{name}}} is known only during a call")
        return found
    function, opened, inside = name.partition("(")
    arguments = split_arguments(inside.removesuffix(")")) if opened else []
    match function.upper(), arguments:
        case "GLOBAL", [one]:
            return _named(one, variables, depth)
        case "PJSIP_DIAL_CONTACTS", [one, *_]:
            return Digits.of("PJSIP/") + substituted(one, variables, depth + 1)
        case "FILTER", [_, one]:
            # Digits are what is dialled; to keep only them changes nothing.
            return substituted(one, variables, depth + 1)
    raise Unclear(f"${{{shown(name)[1:-1]}}} is known only during a call")


def is_met(condition: str, variables: Mapping[str, Digits]) -> bool | None:
    """Whether a condition holds; None if that can't be told beforehand."""
    try:
        text = substituted(condition, variables).known.strip()
    except Unclear:
        return None
    if not text.startswith("$["):
        return text not in ("", "0")
    return _holds(text[2:].removesuffix("]").strip())


def _holds(text: str) -> bool | None:
    for sign, decides in (("|", True), ("&", False)):
        parts = split_arguments(text, sign)
        if len(parts) > 1:
            found = [_holds(part) for part in parts if part]
            if decides in found:
                return decides
            return None if None in found else not decides
    if text.startswith("!") and not text.startswith("!="):
        inner = _holds(text[1:])
        return None if inner is None else not inner
    match = _COMPARED.fullmatch(text)
    if match is None:
        return None if re.search(r"[:~(]", text) else text.strip('" ') not in ("", "0")
    one, sign, other = match.groups()
    if all(re.fullmatch("-?[0-9]{1,18}", side) for side in (one, other)):
        low, high = int(one), int(other)
        return {
            "=": low == high,
            "==": low == high,
            "!=": low != high,
            "<": low < high,
            ">": low > high,
            "<=": low <= high,
        }.get(sign, low >= high)
    return {
        "=": one == other,
        "==": one == other,
        "!=": one != other,
        "<": one < other,
        ">": one > other,
        "<=": one <= other,
    }.get(sign, one >= other)
