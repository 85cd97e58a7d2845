"""The small pieces of SIP's grammar that several headers share: tokens, quoted strings, parameters, comma lists.

RFC 3261 §25.1. Left out: comments in parentheses (only User-Agent, Server and Date-like headers have them; nobody here
looks inside those). Every pattern runs in time linear in its input, on hostile input too: quantifiers are possessive
or their alternatives disjoint.

Surprising: parameter values keep their quotes, so that writing them again gives the same bytes; `unquote` takes them off.
"""

from __future__ import annotations

import re
from typing import Final

from engine.sip.errors import RemoteProtocolError
from engine.sip.head import split_params

Params = tuple[tuple[str, str | None], ...]
"""Parameters in order: name in lower case, value as on the wire or None where there is no `=`."""

TOKEN_CHARS: Final = r"A-Za-z0-9\-.!%*_+`'~"  # noqa: S105 - a character class, not a password
# Liberal: a generic value may hold what is neither blank nor a separator, as IPv6 in `received` or `=` in a tag.
_PLAIN_VALUE: Final = r"[^\x00-\x20\x7f;,\"<>]*"

_PLAIN_PARAMS: Final = rf"(?:;[{TOKEN_CHARS}]+(?:={_PLAIN_VALUE})?)*"

_TOKEN: Final = re.compile(rf"[{TOKEN_CHARS}]+")
_ALL_PLAIN: Final = re.compile(_PLAIN_PARAMS)
_PARAM: Final = re.compile(
    rf'[ \t]*;[ \t]*([{TOKEN_CHARS}]+)[ \t]*(?:=[ \t]*("(?:[^"\\]++|\\.)*+"|{_PLAIN_VALUE})[ \t]*)?', re.DOTALL
)
# An open quote or bracket runs to the end, so that no text is scanned twice.
_LIST_PIECE: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?|<[^>]*+>?|,', re.DOTALL)
_QUOTED_PAIR: Final = re.compile(r"\\(.)", re.DOTALL)


def shown(text: str) -> str:
    """The text as a literal for error messages and logs, cut where it is long (it is the peer's, and may be hostile)."""
    return ascii(text if len(text) <= 80 else text[:77] + "...")


def is_token(text: str) -> bool:
    """Whether the text is a `token`: what methods, header names and parameter names are made of."""
    return _TOKEN.fullmatch(text) is not None


def quote(text: str) -> str:
    """The text as a quoted-string."""
    if '"' in text or "\\" in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def unquote(text: str) -> str:
    """The text inside a quoted-string; a text without quotes as it is."""
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    inner = text[1:-1]
    return _QUOTED_PAIR.sub(r"\1", inner) if "\\" in inner else inner


def split_list(text: str) -> list[str]:
    """The elements of a comma list, blanks around them removed; commas in quotes and `<>` do not split."""
    if "," not in text:
        return [text.strip(" \t")]
    if '"' not in text and "<" not in text:
        return [element.strip(" \t") for element in text.split(",")]
    elements: list[str] = []
    start = 0
    for piece in _LIST_PIECE.finditer(text):
        if piece.group() == ",":
            elements.append(text[start : piece.start()].strip(" \t"))
            start = piece.end()
    elements.append(text[start:].strip(" \t"))
    return elements


def parse_params(text: str) -> Params:
    """`;name=value;flag` to pairs.

    Liberal: blanks around `;` and `=`, an empty value. Raises RemoteProtocolError for all else that is not a parameter.
    """
    if not text:
        return ()
    plain = plain_params(text, 0)
    if plain is not None:
        return plain
    pairs: list[tuple[str, str | None]] = []
    at, end = 0, len(text)
    while at < end:
        found = _PARAM.match(text, at)
        if found is None:
            if not text[at:].strip(" \t"):
                break
            raise RemoteProtocolError(f"parameters {shown(text)} are malformed at {shown(text[at:])}")
        pairs.append((found.group(1).lower(), found.group(2)))
        at = found.end()
    return tuple(pairs)


def plain_params(text: str, begin: int) -> Params | None:
    """The same for what begins there, as nearly all write it; None for what has to be looked at closer."""
    if split_params is not None:
        compiled = split_params(text, begin)
        if compiled is not None:
            return compiled
    return _read_plain_params(text, begin)


def _read_plain_params(text: str, begin: int) -> Params | None:
    if _ALL_PLAIN.fullmatch(text, begin) is None:
        return None
    pairs: list[tuple[str, str | None]] = []
    for piece in text[begin:].split(";")[1:]:
        name, equals, value = piece.partition("=")
        pairs.append((name.lower(), value if equals else None))
    return tuple(pairs)


def find_param(params: Params, name: str) -> str | None:
    """The unquoted value of a parameter; None if it is not there, "" if it has no value."""
    for key, value in params:
        if key == name:
            if value is None:
                return ""
            return unquote(value) if value[:1] == '"' else value
    return None


def format_params(params: Params) -> str:
    """The pairs as on the wire, with the leading `;`."""
    return "".join([f";{name}" if value is None else f";{name}={value}" for name, value in params])


def parse_number(text: str, what: str, highest: int) -> int:
    """A decimal number of a header; RemoteProtocolError if it is not one or above `highest`."""
    digits = text.strip(" \t")
    if not digits.isascii() or not digits.isdigit():
        raise RemoteProtocolError(f"{what} {shown(text)} is not a decimal number")
    if len(digits) > 20:  # int() refuses thousands of digits with an error of its own
        digits = digits.lstrip("0") or "0"
    if len(digits) > 20 or int(digits) > highest:
        raise RemoteProtocolError(f"{what} {shown(text)} is above {highest}")
    return int(digits)
