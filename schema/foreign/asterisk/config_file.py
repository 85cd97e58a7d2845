"""The syntax that all of Asterisk's files share: sections with templates, `key = value`, comments, `#include`.

As main/config.c of Asterisk reads it: `;` begins a comment unless `\\` stands before it, `;--` ... `--;` is one over lines; `[name](!)`
is a template, `[name](one,two)` takes over their entries first, `[name](+)` goes on with a section. What it includes comes from the folder
that was handed in, and from nowhere else; `#exec` is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

from schema.foreign.pbx import NotRead
from schema.mark import Mark
from schema.problem import shown

MOST_LINES: Final = 200_000
MOST_ENTRIES: Final = 400_000
MOST_INCLUDES: Final = 500
DEEPEST_INCLUDE: Final = 10
ETC: Final = "/etc/asterisk/"
_SECTION: Final = re.compile(r"\[([^\]]*)\]\s*(?:\(([^)]*)\))?\s*")
_DIRECTIVE: Final = re.compile(r"#\s*(include|tryinclude|exec)\b\s*(.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """`key = value`; `key` in small letters, `written` as it stands there."""

    key: str
    value: str = field(repr=False)  # it may be a password
    mark: Mark
    written: str


@dataclass(slots=True)
class Section:
    """`entries`: those of its templates first."""

    name: str
    mark: Mark
    is_template: bool = False
    entries: list[Entry] = field(default_factory=list)

    def last(self, key: str) -> Entry | None:
        """The entry of a key that counts: the last one."""
        return next((entry for entry in reversed(self.entries) if entry.key == key), None)

    def value(self, key: str, default: str = "") -> str:
        """Its value."""
        found = self.last(key)
        return default if found is None else found.value

    def all(self, *keys: str) -> list[Entry]:
        """All entries of these keys, in order."""
        return [entry for entry in self.entries if entry.key in keys]


def read_sections(files: Mapping[str, str], name: str) -> list[Section]:
    """The sections of one file and of all that it includes, templates too. NotRead. `files`: texts by path within the folder."""
    reading = _Reading(files)
    if name in files:
        reading.take(name, 0, Mark(name, 1, 1))
    return reading.sections


class _Reading:
    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files
        self.sections: list[Section] = []
        self._by_name: dict[str, Section] = {}
        self._section: Section | None = None
        self._lines = 0
        self._entries = 0
        self._included = 0

    def take(self, name: str, depth: int, at: Mark) -> None:
        if depth > DEEPEST_INCLUDE:
            raise NotRead(at, f"files include each other {DEEPEST_INCLUDE} deep", "include each once, in one direction")
        for number, line in enumerate(_uncommented(self._files[name]), start=1):
            self._lines += 1
            if self._lines > MOST_LINES:
                raise NotRead(Mark(name, number, 1), f"there are more than {MOST_LINES:,} lines", "split the PBX")
            if line:
                self._line(Mark(name, number, 1), line, depth)

    def _line(self, mark: Mark, line: str, depth: int) -> None:
        if line.startswith("["):
            self._begin(mark, line)
        elif line.startswith("#"):
            self._direct(mark, line, depth)
        else:
            self._entry(mark, line)

    def _begin(self, mark: Mark, line: str) -> None:
        match = _SECTION.fullmatch(line)
        if match is None:
            raise NotRead(
                mark, f"the section {shown(line)} has no end", "write [name], perhaps with (templates) behind it"
            )
        name = match[1].strip()
        options = [option.strip() for option in (match[2] or "").split(",") if option.strip()]
        if "+" in options and name in self._by_name:
            section = self._by_name[name]
        elif "+" in options:
            raise NotRead(
                mark, f"[{name}](+) goes on with a section that there is not", "remove (+), or write it further up"
            )
        else:
            section = Section(name, mark, "!" in options)
            self.sections.append(section)
            # Of several with one name the first is the template that others mean (ast_category_get).
            self._by_name.setdefault(name, section)
        for option in options:
            if option in ("!", "+"):
                continue
            template = self._by_name.get(option)
            if template is None or template is section:
                raise NotRead(
                    mark, f"[{name}] takes over {shown(option)}, which is no section above it", "correct the name"
                )
            self._grow(mark, len(template.entries))
            section.entries += template.entries
        self._section = section

    def _grow(self, mark: Mark, count: int) -> None:
        self._entries += count
        if self._entries > MOST_ENTRIES:
            raise NotRead(mark, f"there are more than {MOST_ENTRIES:,} entries", "split the PBX")

    def _entry(self, mark: Mark, line: str) -> None:
        if self._section is None:
            raise NotRead(
                mark, f"{shown(line.partition('=')[0].strip())} stands in no section", "write a [section] above it"
            )
        key, equals, value = line.partition("=")
        if not equals:
            raise NotRead(
                mark, f"the line in [{self._section.name}] has no '='", "write key = value, or ; before a comment"
            )
        value = value.removeprefix(">").strip()
        self._grow(mark, 1)
        key = key.rstrip("+ \t").strip()
        self._section.entries.append(Entry(key.lower(), value, mark, key))

    def _direct(self, mark: Mark, line: str, depth: int) -> None:
        match = _DIRECTIVE.fullmatch(line)
        if match is None:
            raise NotRead(mark, f"{shown(line)} is no directive that is known", "write #include, or ; before a comment")
        what, argument = match[1].lower(), match[2].strip().strip("\"'<>").strip()
        if what == "exec":
            raise NotRead(
                mark,
                f"#exec runs a program ({shown(argument)}), which is not done",
                "put what it prints into a file, and #include that",
            )
        path = argument.removeprefix(ETC)
        if path.startswith(("/", "~")) or ".." in path.split("/") or "\\" in path:
            raise NotRead(
                mark,
                f"#include leads out of the folder: {shown(argument)}",
                "copy that file into the folder, and correct the line",
            )
        found = sorted(name for name in self._files if name == path or _is_meant(path, name))
        if not found and what == "include" and not _is_glob(path):
            raise NotRead(
                mark,
                f"#include names {shown(argument)}, which is not in the folder",
                "copy it there, or write #tryinclude",
            )
        for name in found:
            self._included += 1
            if self._included > MOST_INCLUDES:
                raise NotRead(mark, f"more than {MOST_INCLUDES} files are included", "include each once")
            self.take(name, depth + 1, mark)


def _is_glob(path: str) -> bool:
    return any(c in path for c in "*?[")


def _is_meant(path: str, name: str) -> bool:
    """A `*` stands for no `/`."""
    return _is_glob(path) and path.count("/") == name.count("/") and fnmatchcase(name, path)


def _uncommented(text: str) -> Iterator[str]:
    """Each line without its comments and the white space around it."""
    depth = 0
    for line in text.replace("\r\n", "\n").split("\n"):
        kept = ""
        place = 0
        while place < len(line):
            if depth:
                end = line.find("--;", place)
                begin = line.find(";--", place)
                if begin >= 0 and (end < 0 or begin < end) and line[begin + 3 : begin + 4] != "-":
                    depth, place = depth + 1, begin + 3
                elif end >= 0:
                    depth, place = depth - 1, end + 3
                else:
                    break
                continue
            begin = line.find(";", place)
            if begin < 0:
                kept += line[place:]
                break
            if begin and line[begin - 1] == "\\":
                kept += line[place : begin - 1] + ";"
                place = begin + 1
                continue
            kept += line[place:begin]
            if line[begin + 1 : begin + 3] == "--" and line[begin + 3 : begin + 4] != "-":
                depth, place = 1, begin + 3
                continue
            break
        yield kept.strip()
