"""XML with FreeSWITCH's preprocessor: `<X-PRE-PROCESS cmd="include|set"/>` and `$${name}`; each element knows its line.

Parsed by expat without a document type: no entity is ever declared, so none can grow or name a file. What is included comes from the
folder that was handed in, relative to the file that says so; `exec` is refused. Comments are no directives here (`<!--#set ...-->` is an
old form).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from posixpath import dirname, normpath
from typing import Final, NoReturn
from xml.parsers import expat  # document types and entities are refused below

from schema.foreign.pbx import Leftovers, NotRead
from schema.mark import Mark
from schema.problem import shown

MOST_NODES: Final = 300_000
MOST_INCLUDES: Final = 5_000
DEEPEST: Final = 64
DEEPEST_INCLUDE: Final = 20
LONGEST_VALUE: Final = 65_536
CONF: Final = "/etc/freeswitch"
_VARIABLE: Final = re.compile(r"\$\$\{([^}]*)\}")


@dataclass(slots=True)
class Node:
    """An element. Attributes have their `$${...}` filled in; they may hold passwords."""

    tag: str
    attributes: dict[str, str] = field(repr=False)
    mark: Mark
    children: list[Node] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        """An attribute."""
        return self.attributes.get(name, default)

    def all(self, tag: str) -> Iterator[Node]:
        """Elements below it, however deep, that are in none of the same tag."""
        for child in self.children:
            if child.tag == tag:
                yield child
            else:
                yield from child.all(tag)

    def named(self, tag: str) -> dict[str, tuple[str, Mark]]:
        """`<param name="" value=""/>` right below it, or one list below (`<params>`, `<settings>`, `<variables>`)."""
        found: dict[str, tuple[str, Mark]] = {}
        for child in self.children:
            below = (
                [child]
                if child.tag == tag
                else [one for one in child.children if one.tag == tag and child.tag in _LISTS]
            )
            for one in below:
                found[one.get("name")] = (one.get("value"), one.mark)
        return found


_LISTS: Final = frozenset({"params", "settings", "variables", "queues", "agents", "tiers"})


def read_documents(files: Mapping[str, str], leftovers: Leftovers) -> tuple[Node, dict[str, str]]:
    """All of the configuration as one tree, and the variables. NotRead."""
    reading = _Reading(files, leftovers)
    root = Node("document", {}, Mark("freeswitch.xml", 1, 1))
    if "freeswitch.xml" in files:
        reading.take("freeswitch.xml", root, 0, root.mark)
    else:
        for pattern in (
            "vars.xml",
            "autoload_configs/*.xml",
            "directory/*.xml",
            "dialplan/*.xml",
            "sip_profiles/*.xml",
            "ivr_menus/*.xml",
        ):
            for name in sorted(files):
                if name not in reading.taken and pattern.count("/") == name.count("/") and fnmatchcase(name, pattern):
                    reading.take(name, root, 0, Mark(name, 1, 1))
    # directory, profiles and menus are included by files that some folders lack.
    for pattern in (
        "directory/*.xml",
        "dialplan/*.xml",
        "sip_profiles/*.xml",
        "ivr_menus/*.xml",
        "autoload_configs/callcenter.conf.xml",
    ):
        for name in sorted(files):
            if name not in reading.taken and pattern.count("/") == name.count("/") and fnmatchcase(name, pattern):
                reading.take(name, root, 0, Mark(name, 1, 1))
    return root, reading.variables


class _Reading:
    def __init__(self, files: Mapping[str, str], leftovers: Leftovers) -> None:
        self._files = files
        self._leftovers = leftovers
        self.variables: dict[str, str] = {"conf_dir": CONF}
        self.taken: set[str] = set()
        self._nodes = 0
        self._included = 0

    def take(self, name: str, into: Node, depth: int, at: Mark) -> None:
        """The file's elements as children of `into`."""
        if depth > DEEPEST_INCLUDE:
            raise NotRead(at, f"files include each other {DEEPEST_INCLUDE} deep", "include each once, in one direction")
        self.taken.add(name)
        for node in self._parsed(name):
            # <include> is a wrapper that says nothing.
            for one in node.children if node.tag == "include" else [node]:
                self._place(one, into, name, depth)

    def _place(self, node: Node, into: Node, name: str, depth: int) -> None:
        if node.tag.lower() == "x-pre-process":
            self._direct(node, into, name, depth)
            return
        if node.tag.lower() == "x-no-pre-process":
            return
        filled = Node(
            node.tag, {key: self._filled(value, node.mark) for key, value in node.attributes.items()}, node.mark
        )
        into.children.append(filled)
        for child in node.children:
            self._place(child, filled, name, depth)

    def _filled(self, text: str, mark: Mark) -> str:
        for _ in range(8):
            if "$${" not in text:
                break
            longest = sum(
                len(self.variables.get(match[1], "")) for match in _VARIABLE.finditer(text)
            )  # before it is made
            if longest > LONGEST_VALUE or len(text) > LONGEST_VALUE:
                raise NotRead(mark, "variables make the value too long", "write it shorter")
            text = _VARIABLE.sub(lambda match: self.variables.get(match[1], ""), text)
        return text

    def _direct(self, node: Node, into: Node, name: str, depth: int) -> None:
        command, data = node.get("cmd").lower(), node.get("data")
        match command:
            case "set":
                key, _, value = self._filled(data, node.mark).partition("=")
                self.variables[key.strip()] = value.strip().strip("'\"")
            case "include":
                self._include(node.mark, self._filled(data, node.mark), into, name, depth)
            case "exec" | "exec-set":
                raise NotRead(
                    node.mark, f"{command} runs a program ({shown(data)}), which is not done", "write what it prints"
                )
            case "stun-set" | "env-set":
                self._leftovers.add(node.mark, f"{command} {shown(data)}", "the variable is empty")
            case _:
                self._leftovers.add(node.mark, f"X-PRE-PROCESS {shown(command)}", "it is left out")

    def _include(self, mark: Mark, data: str, into: Node, name: str, depth: int) -> None:
        inside = data.removeprefix(f"{CONF}/")
        path = normpath(inside if inside != data else f"{dirname(name)}/{data}".lstrip("/"))
        if data != inside:
            path = normpath(inside)
        if (data.startswith(("/", "~")) and inside == data) or path.startswith("..") or "\\" in data:
            raise NotRead(
                mark,
                f"include leads out of the folder: {shown(data)}",
                "copy that file into the folder, and correct the line",
            )
        found = [one for one in sorted(self._files) if one.count("/") == path.count("/") and fnmatchcase(one, path)]
        for one in found:
            self._included += 1
            if self._included > MOST_INCLUDES:
                raise NotRead(mark, f"more than {MOST_INCLUDES:,} files are included", "include each once")
            self.take(one, into, depth + 1, mark)

    def _parsed(self, name: str) -> list[Node]:
        top = Node("", {}, Mark(name, 1, 1))
        stack = [top]
        parser = expat.ParserCreate()
        parser.buffer_text = True

        def begin(tag: str, attributes: dict[str, str]) -> None:
            self._nodes += 1
            mark = Mark(name, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)
            if self._nodes > MOST_NODES or len(stack) > DEEPEST:
                raise NotRead(
                    mark,
                    f"there are more than {MOST_NODES:,} elements, or {DEEPEST} within each other",
                    "split the PBX",
                )
            node = Node(tag, attributes, mark)
            stack[-1].children.append(node)
            stack.append(node)

        def refuse(*_: object) -> NoReturn:
            mark = Mark(name, parser.CurrentLineNumber, 1)
            raise NotRead(
                mark, "the file declares a document type or entity", "remove <!DOCTYPE ...> and what it declares"
            )

        parser.StartElementHandler = begin
        parser.EndElementHandler = lambda _: stack.pop()
        parser.StartDoctypeDeclHandler = refuse
        parser.EntityDeclHandler = refuse
        try:
            parser.Parse(self._files[name].encode("utf-8", "replace"), True)
        except expat.ExpatError as error:
            why = expat.errors.messages.get(error.code, "it is no XML")
            raise NotRead(Mark(name, error.lineno, error.offset + 1), f"it is no XML: {why}", "correct it") from None
        return top.children
