"""A YAML file of SOPS as a tree: mappings in their order, lists, and values as SOPS's own reader (Go's yaml.v3) types them.

Typing matters only for values that are not encrypted, whose bytes are in the MAC: `0x1F` counts as "31", `yes` as itself. Left out,
refused: aliases and tags, which SOPS never writes; timestamps that are not encrypted. Every value's place is kept, so that one can be
exchanged without touching the rest of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from reconciler.secrets.sops_value import Plain
from reconciler.secrets.unusable import Unusable
from schema.libyaml import Event, Sort, SyntaxFault, events

Node: TypeAlias = "dict[str, Node] | list[Node] | Plain"

MOST_DEPTH: Final = 50
MOST_VALUES: Final = 100_000
_INTEGER: Final = re.compile(
    r"[-+]?(?:0[0-7_]+|0o_*[0-7][0-7_]*|0x_*[0-9a-fA-F][0-9a-fA-F_]*|0b_*[01][01_]*|[1-9][0-9_]*|0)", re.ASCII
)
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_SPECIAL: Final = {".inf": "inf", "+.inf": "inf", "-.inf": "-inf", ".nan": "nan"}
_TIMESTAMP: Final = re.compile(r"\d{4}-\d\d?-\d\d?(?:[Tt ].*)?", re.ASCII)
_CONSTANTS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Of a value in the text, in characters from its beginning, a byte order mark not counted.

    `column`: of its own key, -1 in flow style and for list items; `is_scalar`: else a mapping or a list; `is_block`: it is a mapping
    in block style.
    """

    start: int
    end: int
    column: int
    is_scalar: bool
    is_block: bool


Places: TypeAlias = dict[tuple[str, ...], Place]
"""By the names of the keys, and the indexes of list items, on the way to each value of the first document."""


class _TooMuch(Exception):
    pass


def read_yaml(content: bytes, what: str) -> tuple[list[dict[str, Node]], Places]:
    """The documents. Unusable says what is wrong; the message shows nothing of the content."""
    reader = _Reader(what)
    try:
        content.decode("utf-8")
        return reader.read(events(content.removeprefix(b"\xef\xbb\xbf"))), reader.places
    except UnicodeDecodeError:
        raise Unusable(f"{what} is no UTF-8 text; encrypt it again", is_broken=True) from None
    except SyntaxFault as error:
        line = error.line + 1
        raise Unusable(
            f"{what} is no YAML from line {line} on; was it cut off? encrypt it again", is_broken=True
        ) from None
    except _TooMuch:
        raise Unusable(
            f"{what} has more than {MOST_VALUES:,} values, or nests them more than {MOST_DEPTH} deep; split it",
            is_broken=True,
        ) from None


class _Reader:
    def __init__(self, what: str) -> None:
        self._what = what
        self._count = 0
        self._is_first = True
        self.places: Places = {}

    def read(self, stream: Iterator[tuple[Sort, Event]]) -> list[dict[str, Node]]:
        documents: list[dict[str, Node]] = []
        for sort, _ in stream:
            if sort is not Sort.DOCUMENT:
                continue
            root = self._value(*next(stream), stream, (), -1)
            if root is None:
                root = {}
            if not isinstance(root, dict):
                raise Unusable(f"{self._what} holds no mapping; encrypt one with named values", is_broken=True)
            documents.append(root)
            self._is_first = False
        return documents

    def _value(
        self, sort: Sort, event: Event, stream: Iterator[tuple[Sort, Event]], path: tuple[str, ...], column: int
    ) -> Node:
        self._count += 1
        if self._count > MOST_VALUES or len(path) > MOST_DEPTH:
            raise _TooMuch
        if sort is Sort.ALIAS or event.anchor is not None:
            line = event.start_mark.line + 1
            raise Unusable(
                f"{self._what} has an alias or anchor in line {line}; write the value itself", is_broken=True
            )
        value: Node
        end = event
        match sort:
            case Sort.MAPPING:
                value, end = self._mapping(event, stream, path)
            case Sort.SEQUENCE:
                value, end = self._sequence(stream, path, event)
            case _:
                value = self._scalar(event)
        if self._is_first:
            is_block = sort is Sort.MAPPING and not event.flow_style
            self.places[path] = Place(
                event.start_mark.index, end.end_mark.index, column, is_scalar=sort is Sort.SCALAR, is_block=is_block
            )
        return value

    def _mapping(
        self, event: Event, stream: Iterator[tuple[Sort, Event]], path: tuple[str, ...]
    ) -> tuple[dict[str, Node], Event]:
        found: dict[str, Node] = {}
        is_block = not event.flow_style
        for sort, key in stream:
            if sort is Sort.MAPPING_END:
                return found, key
            if sort is not Sort.SCALAR:
                line = key.start_mark.line + 1
                raise Unusable(f"{self._what} has a key in line {line} that is no text; name it", is_broken=True)
            name = str(key.value)
            if name in found:
                line = key.start_mark.line + 1
                raise Unusable(f"{self._what} has a key twice, in line {line}; remove one", is_broken=True)
            column = key.start_mark.column if is_block else -1
            found[name] = self._value(*next(stream), stream, (*path, name), column)
        raise AssertionError  # libyaml closes what it opens, or raises

    def _sequence(
        self, stream: Iterator[tuple[Sort, Event]], path: tuple[str, ...], event: Event
    ) -> tuple[list[Node], Event]:
        items: list[Node] = []
        for sort, item in stream:
            if sort is Sort.SEQUENCE_END:
                return items, item
            items.append(self._value(sort, item, stream, (*path, str(len(items))), -1))
        raise AssertionError(event)  # as above

    def _scalar(self, event: Event) -> Plain:
        match event.implicit:
            case (True, _):
                return self._typed(event)
            case (False, False):
                line = event.start_mark.line + 1
                raise Unusable(f"{self._what} has a tag in line {line}; remove it", is_broken=True)
        return event.value

    def _typed(self, event: Event) -> Plain:
        text = event.value
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if text.lower() in _SPECIAL:
            return float(_SPECIAL[text.lower()])
        if len(text) > 64 or text[0] not in "0123456789+-.":
            return text
        if _INTEGER.fullmatch(text):
            return _integer(text.replace("_", ""))
        if _FLOAT.fullmatch(text):
            return float(text)
        if _TIMESTAMP.fullmatch(text):
            line = event.start_mark.line + 1
            raise Unusable(f"{self._what} has a date in line {line} that is no text; put it in quotes", is_broken=True)
        return text


def _integer(text: str) -> int:
    """As Go's ParseInt with base 0: a leading 0 means octal, as in YAML 1.1."""
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-").lower()
    for prefix, base in (("0x", 16), ("0b", 2), ("0o", 8)):
        if digits.startswith(prefix):
            return sign * int(digits[2:], base)
    return sign * (int(digits, 8) if digits.startswith("0") and len(digits) > 1 else int(digits))
