"""The typed door to libyaml's events, as ruamel.yaml.clib carries them; nothing else imports that module.

Events and errors are seen through types of our own, so that the composer can be checked by types. Lines and columns
count from 0 here, as libyaml does.
"""

from collections.abc import Iterator
from enum import Enum, auto
from typing import Final, Protocol, cast

import _ruamel_yaml  # type: ignore[import-not-found,import-untyped,unused-ignore]  # ships no types
from ruamel.yaml.error import YAMLError


class Sort(Enum):
    """What an event is."""

    DOCUMENT = auto()
    DOCUMENT_END = auto()
    SCALAR = auto()
    SEQUENCE = auto()
    SEQUENCE_END = auto()
    MAPPING = auto()
    MAPPING_END = auto()
    ALIAS = auto()


class Position(Protocol):
    """libyaml's mark."""

    index: int
    line: int
    column: int


class Event(Protocol):
    """What all of libyaml's events have in common; the other attributes depend on the sort."""

    start_mark: Position
    end_mark: Position
    flow_style: bool
    anchor: str | None
    implicit: bool | tuple[bool, bool]
    value: str


class SyntaxFault(Exception):  # a fault in the text that is read, not in the program
    """The text is no YAML: what libyaml says, and where."""

    def __init__(self, message: str, line: int, column: int) -> None:
        """Take libyaml's words and the place, counted from 0."""
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


SORTS = {
    _ruamel_yaml.DocumentStartEvent: Sort.DOCUMENT,
    _ruamel_yaml.DocumentEndEvent: Sort.DOCUMENT_END,
    _ruamel_yaml.ScalarEvent: Sort.SCALAR,
    _ruamel_yaml.SequenceStartEvent: Sort.SEQUENCE,
    _ruamel_yaml.SequenceEndEvent: Sort.SEQUENCE_END,
    _ruamel_yaml.MappingStartEvent: Sort.MAPPING,
    _ruamel_yaml.MappingEndEvent: Sort.MAPPING_END,
    _ruamel_yaml.AliasEvent: Sort.ALIAS,
}


def events(utf8: bytes) -> Iterator[tuple[Sort, Event]]:
    """Yield the events of a stream of UTF-8 text without a byte order mark; raise SyntaxFault where it stops being YAML."""
    parser = _ruamel_yaml.CParser(utf8)
    sorts = SORTS
    get_event = parser.get_event
    try:
        while (event := get_event()) is not None:
            sort = sorts.get(type(event))
            if sort is not None:
                yield sort, event
    except YAMLError as error:
        raise _fault(error) from None


# In these, what matters is where it began, not where the text ended without it.
OPENED: Final = ("quoted scalar", "flow sequence", "flow mapping")


def _fault(error: YAMLError) -> SyntaxFault:
    context = str(getattr(error, "context", None) or "")
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "not readable")
    names = ("problem_mark", "context_mark")
    if any(words in context for words in OPENED):
        names = ("context_mark", "problem_mark")
    marks = [mark for name in names if (mark := getattr(error, name, None)) is not None]
    message = f"{context}: {problem}" if context else problem
    if not marks:
        return SyntaxFault(message, 0, 0)
    first = cast("Position", marks[0])
    return SyntaxFault(message, first.line, first.column)
