"""YAML text becomes `Document`s: plain data in which every key and value knows its place.

Composes libyaml's events by the core schema of YAML 1.2. Refused, each as a Problem with its place: duplicate keys,
merge keys, tags other than `!!str`, keys that are no scalars, unknown and recursive aliases; and whatever could exhaust
us: files over 5 MiB, 50,000 documents or 100 %TAG directives, documents over 100,000 values, scalars over 1 MB, nesting over 50, aliases
that expand to more than 100,000 values in a file.

The surprising thing: places are kept apart from the data, as two numbers for each key and value in the order in which
a walk over the data meets them. 10,000 extensions keep 200 bytes each for it, and a place is looked up only for a problem.
"""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, TypeAlias

from schema.core_scalar import PlainNumber, resolve
from schema.libyaml import Event, Sort, SyntaxFault, events
from schema.mark import Mark
from schema.problem import Problem, shown

MOST_FILE_BYTES: Final = 5 * 1024 * 1024
MOST_SCALAR_CHARACTERS: Final = 1_000_000
MOST_DEPTH: Final = 50
MOST_DOCUMENTS: Final = 50_000
MOST_VALUES: Final = 100_000
MOST_EXPANDED_VALUES: Final = 100_000
MOST_TAG_DIRECTIVES: Final = 100
MOST_PROBLEMS: Final = 50
MERGE_KEY: Final = "<<"

DUPLICATE_KEY: Final = "duplicate-key"

# All but the printable characters of YAML 1.2 §5.1.
UNPRINTABLE: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
BYTE_ORDER_MARK: Final = "\ufeff"
# libyaml compares each with all before it.
TAG_DIRECTIVE: Final = re.compile("^%TAG", re.MULTILINE)

YamlValue: TypeAlias = "str | bool | list[YamlValue] | dict[str, YamlValue] | None"
JsonValue: TypeAlias = "str | bool | int | float | list[JsonValue] | dict[str, JsonValue] | None"
Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One YAML document of a file: its data, the places in it, and what was wrong with its YAML."""

    file: str
    data: YamlValue
    problems: tuple[Problem, ...] = ()
    _places: "array[int]" = field(default_factory=lambda: array("I", (0, 0)), repr=False)

    @property
    def origin(self) -> Mark:
        """Where the document's first value begins."""
        return self._mark(0)

    def mark(self, path: Path = ()) -> Mark:
        """Return where the value at `path` begins; if there is none, where the nearest one around it does."""
        return self._mark(self._find(path)[0])

    def key_mark(self, path: Path) -> Mark:
        """Return where the key of the value at `path` stands; in a list, where the item begins."""
        return self._mark(self._find(path)[1])

    def has(self, path: Path) -> bool:
        """Return whether there is a value at `path`."""
        value = self.data
        for step in path:
            match value, step:
                case dict(), str() if step in value:
                    value = value[step]
                case list(), int() if 0 <= step < len(value):
                    value = value[step]
                case _:
                    return False
        return True

    def as_json(self) -> JsonValue:
        """Return the data with numbers as numbers: what any other reader of YAML 1.2 would hand to a JSON Schema."""
        return _json(self.data)

    def _mark(self, index: int) -> Mark:
        return Mark(self.file, self._places[2 * index] + 1, self._places[2 * index + 1] + 1)

    def _find(self, path: Path) -> tuple[int, int]:
        """Return the places' indexes of the value at `path`, or of the nearest one around it, and of its key."""
        value, at, key_at = self.data, 0, 0
        for step in path:
            for child_step, child, child_key_at, child_at in _children(value, at):
                if child_step == step:
                    value, at, key_at = child, child_at, child_key_at
                    break
            else:
                break
        return at, key_at


@dataclass(frozen=True, slots=True)
class Text:
    """What a file's text held: its documents, and the problem that ended the reading early, if one did."""

    documents: tuple[Document, ...]
    fault: Problem | None = None


def read_documents(file: str, content: str | bytes) -> Text:
    """Return the documents of a manifest file; empty ones are left out. Never raises, whatever the content."""
    decoded = _decode(file, content)
    if isinstance(decoded, Problem):
        return Text((), decoded)
    composer = _Composer(file, decoded)
    fault = None
    try:
        composer.read()
    except SyntaxFault as error:
        message, hint = _plain_words(error.message)
        fault = _problem(_within(file, decoded, error), message, hint, "yaml-syntax")
        composer.finish_early()
    except _TooMuch as error:
        fault = error.problem
        composer.finish_early()
    return Text(tuple(composer.finished), fault)


class _TooMuch(Exception):  # ends the reading of a file; it never leaves this module
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


class _Composer:
    """Turns one stream of events into documents, by recursive descent that the depth limit bounds."""

    def __init__(self, file: str, utf8: bytes) -> None:
        self._file = file
        self._events: Iterator[tuple[Sort, Event]] = events(utf8)
        self._start_document()
        self._expanded = 0
        self.finished: list[Document] = []

    def _start_document(self) -> None:
        self._places = array("I")
        self._problems: list[Problem] = []
        # The value of each anchor and the places in it; None while the value is still being read.
        self._anchors: dict[str, tuple[YamlValue, array[int]] | None] = {}

    def read(self) -> None:
        """Put all documents into `finished`; if the stream breaks off, those before the break."""
        count = 0
        for sort, event in self._events:
            if sort is Sort.DOCUMENT:
                self._start_document()
                count += 1
                if count > MOST_DOCUMENTS:
                    message = f"this file has more than {MOST_DOCUMENTS:,} documents"
                    raise _TooMuch(self._found(event, message, "split it into several files", "yaml-size"))
                data = self._value(*next(self._events), 1)
                if data is not None or self._problems:
                    self.finished.append(Document(self._file, data, tuple(self._problems), self._places))
                self._problems = []

    def finish_early(self) -> None:
        """Keep the problems of the document that was broken off, though not its data."""
        if self._problems:
            self.finished.append(Document(self._file, None, tuple(self._problems)))

    def _value(self, sort: Sort, event: Event, depth: int) -> YamlValue:
        places = self._places
        if sort is Sort.ALIAS:
            return self._alias(event, depth)
        start = len(places)
        if start >= 2 * MOST_VALUES:
            message = f"this document has more than {MOST_VALUES:,} keys and values"
            raise _TooMuch(self._found(event, message, "split it", "yaml-size"))
        mark = event.start_mark
        places.append(mark.line)
        places.append(mark.column)
        anchor = event.anchor
        if anchor is not None:
            self._anchors[anchor] = None
        value: YamlValue
        if sort is Sort.SCALAR:
            value = self._scalar(event)
        else:
            if event.implicit is not True:
                self._refuse_tag(event)
            if depth > MOST_DEPTH:
                raise _TooMuch(self._too_deep(event))
            value = self._mapping(depth) if sort is Sort.MAPPING else self._sequence(depth)
        if anchor is not None:
            self._anchors[anchor] = (value, places[start:])
        return value

    def _scalar(self, event: Event) -> YamlValue:
        text = event.value
        if len(text) > MOST_SCALAR_CHARACTERS:
            message = f"a value has {len(text):,} characters, the most are {MOST_SCALAR_CHARACTERS:,}"
            raise _TooMuch(self._found(event, message, "shorten it", "yaml-size"))
        match event.implicit:
            case (True, _):
                return resolve(text)
            case (False, False):
                self._refuse_tag(event)
        return text

    def _sequence(self, depth: int) -> YamlValue:
        items: list[YamlValue] = []
        for sort, event in self._events:
            if sort is Sort.SEQUENCE_END:
                break
            items.append(self._value(sort, event, depth + 1))
        return items

    def _mapping(self, depth: int) -> YamlValue:
        entries: dict[str, YamlValue] = {}
        key_lines: dict[str, int] = {}
        places = self._places
        stream = self._events
        for sort, event in stream:
            if sort is Sort.MAPPING_END:
                break
            start = len(places)
            mark = event.start_mark
            places.append(mark.line)
            places.append(mark.column)
            key = self._key(sort, event, depth)
            value = self._value(*next(stream), depth + 1)
            if key is None:
                del places[start:]
            elif key in entries:
                del places[start:]
                message = f"key {shown(key)} stands twice in one mapping, first in line {key_lines[key] + 1}"
                self._note(event, message, "keep one of them", DUPLICATE_KEY)
            else:
                entries[key] = value
                key_lines[key] = mark.line
        return entries

    def _key(self, sort: Sort, event: Event, depth: int) -> str | None:
        """Return the key's text as written, or None if the entry can't be kept (its problem is noted)."""
        if sort is not Sort.SCALAR:
            kept = len(self._places)
            self._value(sort, event, depth + 1)
            del self._places[kept:]
            self._note(event, "a key is a list, a mapping or an alias", "write a plain word as the key", "yaml-key")
            return None
        key = event.value
        if len(key) > MOST_SCALAR_CHARACTERS:
            raise _TooMuch(self._found(event, f"a key has {len(key):,} characters", "shorten it", "yaml-size"))
        if event.implicit == (False, False):
            self._refuse_tag(event)
        if key == MERGE_KEY and event.implicit == (True, False):
            hint = "write the entries out, or refer to a whole value with an alias"
            self._note(event, 'merge key "<<" is not part of YAML 1.2 and not read here', hint, "yaml-merge-key")
            return None
        if event.anchor is not None:
            self._anchors[event.anchor] = (key, self._places[-2:])
        return key

    def _alias(self, event: Event, depth: int) -> YamlValue:
        name = event.anchor or ""
        known = self._anchors.get(name)
        mark = event.start_mark
        # The value itself stands where the alias does; what is inside it, where it was written.
        self._places.extend((mark.line, mark.column))
        if known is None:
            if name in self._anchors:
                message, hint = (
                    f"alias {shown('*' + name)} stands inside the value that it names",
                    "write the value out",
                )
            else:
                message = f"alias {shown('*' + name)} names no anchor above it"
                hint = f"write {shown('&' + name)} before the value meant"
            self._note(event, message, hint, "yaml-alias")
            return None
        value, places = known
        self._expanded += len(places) // 2
        if self._expanded > MOST_EXPANDED_VALUES:
            message = f"aliases make this file longer than {MOST_EXPANDED_VALUES:,} values"
            raise _TooMuch(self._found(event, message, "write fewer aliases of long values", "yaml-alias"))
        if depth + _height(value) > MOST_DEPTH + 1:
            raise _TooMuch(self._too_deep(event))
        self._places.extend(places[2:])
        return value

    def _refuse_tag(self, event: Event) -> None:
        tag = str(getattr(event, "tag", None) or getattr(event, "ctag", None) or "!")
        if tag == "tag:yaml.org,2002:str":
            return
        hint = "remove it; quote a value that must stay text"
        self._note(event, f"tag {shown(tag)} is not read here", hint, "yaml-tag")

    def _note(self, event: Event, message: str, hint: str, rule: str) -> None:
        self._problems.append(self._found(event, message, hint, rule))
        if len(self._problems) >= MOST_PROBLEMS:
            message = f"this document has {MOST_PROBLEMS} problems or more"
            raise _TooMuch(self._found(event, message, "mend those listed first", "too-many-problems"))

    def _too_deep(self, event: Event) -> Problem:
        return self._found(event, f"values are nested deeper than {MOST_DEPTH}", "flatten them", "yaml-depth")

    def _found(self, event: Event, message: str, hint: str, rule: str) -> Problem:
        mark = event.start_mark
        return _problem(Mark(self._file, mark.line + 1, mark.column + 1), message, hint, rule)


def _children(value: YamlValue, at: int) -> Iterator[tuple[str | int, YamlValue, int, int]]:
    """Yield step, value, place of the key and place of the value, for each child of the value at place `at`."""
    place = at + 1
    if isinstance(value, dict):
        for key, child in value.items():
            yield key, child, place, place + 1
            place += 1 + _size(child)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield index, child, place, place
            place += _size(child)


def _size(value: YamlValue) -> int:
    """Return how many places a value and all within it take: one each, and one for each key."""
    if isinstance(value, dict):
        return 1 + sum(1 + _size(child) for child in value.values())
    if isinstance(value, list):
        return 1 + sum(_size(child) for child in value)
    return 1


def _height(value: YamlValue) -> int:
    """Return how deep a value is nested: 1 for a scalar."""
    if isinstance(value, dict):
        return 1 + max(map(_height, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_height, value), default=0)
    return 1


def _json(value: YamlValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _json(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_json(child) for child in value]
    return value.number() if isinstance(value, PlainNumber) else value


def _decode(file: str, content: str | bytes) -> bytes | Problem:
    """Return the text as UTF-8 without byte order mark, or the problem with its encoding or its length."""
    start = Mark(file, 1, 1)
    if len(content) > MOST_FILE_BYTES:
        message = f"the file has {len(content):,} bytes, the most are {MOST_FILE_BYTES:,}"
        return _problem(start, message, "split it into several files", "yaml-size")
    if isinstance(content, bytes):
        if content[:2] in (b"\xff\xfe", b"\xfe\xff") or _is_wide(content[:64]):
            return _problem(start, "the file is UTF-16 or UTF-32, not UTF-8", "save it as UTF-8", "yaml-encoding")
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            mark = _mark_after(file, content[: error.start].decode("utf-8"))
            message = f"byte 0x{content[error.start]:02x} is not UTF-8"
            return _problem(mark, message, "save the file as UTF-8", "yaml-encoding")
    else:
        text = content
    text = text.removeprefix(BYTE_ORDER_MARK)
    if BYTE_ORDER_MARK in text:
        mark = _mark_after(file, text[: text.index(BYTE_ORDER_MARK)])
        hint = "remove it; perhaps two files were joined"
        return _problem(mark, "a byte order mark stands within the text", hint, "yaml-encoding")
    directives = [found.start() for found in islice(TAG_DIRECTIVE.finditer(text), MOST_TAG_DIRECTIVES + 1)]
    if len(directives) > MOST_TAG_DIRECTIVES:
        message = f"this file has more than {MOST_TAG_DIRECTIVES} %TAG directives"
        return _problem(_mark_after(file, text[: directives[-1]]), message, "remove them: no tag is read", "yaml-size")
    bad = UNPRINTABLE.search(text)
    if bad is not None:
        message = f"character U+{ord(bad[0]):04X} is not allowed in YAML text"
        hint = 'remove it, or write it as an escape in a "quoted" value'
        return _problem(_mark_after(file, text[: bad.start()]), message, hint, "yaml-encoding")
    return text.encode("utf-8")


def _is_wide(start: bytes) -> bool:
    """True for text of two or four bytes a character without a byte order mark: every other byte is zero."""
    return len(start) >= 4 and (not any(start[0::2]) or not any(start[1::2]))


def _mark_after(file: str, before: str) -> Mark:
    lines = re.split("\r\n|\r|\n", before)
    return Mark(file, len(lines), len(lines[-1]) + 1)


def _within(file: str, utf8: bytes, fault: SyntaxFault) -> Mark:
    """Return the place of a fault; one at the end of the text stands after the last thing written there."""
    text = utf8.decode("utf-8").rstrip()
    end = _mark_after(file, text)
    return min(Mark(file, fault.line + 1, fault.column + 1), end)


# What libyaml says, what we say, and what to do; the first row whose words occur is used.
PLAIN_WORDS: Final = (
    (
        "found a tab character",
        "a tab stands where only spaces may indent",
        "indent with spaces",
    ),
    (
        "found character that cannot start any token",
        "a value begins with a tab, %, @ or `, which YAML reserves",
        "indent with spaces and quote such a value",
    ),
    (
        "mapping values are not allowed",
        'a second ": " stands on one line, or the indentation does not fit',
        'quote a value that holds ": ", and align keys of one mapping',
    ),
    (
        "could not find expected ':'",
        'a key has no ":" after it',
        'write "key: value", and quote text over several lines',
    ),
    (
        "quoted scalar: found unexpected end of stream",
        "a quote is opened here and never closed",
        "close the quote",
    ),
    (
        "quoted scalar",
        "a quoted text is broken",
        "close the quote and check its backslashes",
    ),
    (
        "did not find expected ',' or",
        "a [list] or {mapping} is opened here and not closed",
        "close it, with a comma between the entries",
    ),
    (
        "did not find expected key",
        "the indentation does not fit the lines above, or text follows a closed value",
        "align the keys of one mapping and the items of one list",
    ),
    (
        "did not find expected '-' indicator",
        "the indentation does not fit the list above",
        "align the items of one list",
    ),
    (
        "did not find expected <document start>",
        "text follows where the document has ended",
        'put "---" between documents, and align the keys of one mapping',
    ),
    (
        "did not find expected node content",
        "a value is missing here",
        "write one, or close the [list] or {mapping}",
    ),
    (
        "found unexpected ':'",
        "a text with ':' in it stands in a [list] or {mapping} without quotes",
        'put it in quotes, as in "09:00-17:30"',
    ),
    (
        "found incompatible YAML document",
        "the %YAML directive asks for a version that is not read here",
        "remove the directive",
    ),
    (
        "found undefined tag handle",
        "a tag with an unknown handle stands here",
        "remove the tag",
    ),
)


def _plain_words(message: str) -> tuple[str, str]:
    for words, ours, hint in PLAIN_WORDS:
        if words in message:
            return ours, hint
    return f"the text is no YAML ({message})", "check the line and the one above it"


def _problem(mark: Mark, message: str, hint: str, rule: str) -> Problem:
    return Problem(mark=mark, message=message, hint=hint, rule=rule)
