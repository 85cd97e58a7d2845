"""Asterisk's files as text: sections, templates, comments, what may be included; and what is refused."""

from __future__ import annotations

import pytest

from schema.foreign.asterisk.config_file import read_sections
from schema.foreign.pbx import NotRead


def read(text: str, **others: str) -> list[tuple[str, dict[str, str]]]:
    files = {"a.conf": text, **{name.replace("__", "."): content for name, content in others.items()}}
    return [
        (section.name, {entry.key: entry.value for entry in section.entries})
        for section in read_sections(files, "a.conf")
        if not section.is_template
    ]


CASES = {
    "plain": ("[a]\nx = 1\ny=>2 ; said\n", [("a", {"x": "1", "y": "2"})]),
    "escaped": ("[a]\nx = p\\;q ; comment\n", [("a", {"x": "p;q"})]),
    "lines": ("[a]\nx = 1 ;-- no\n[b]\ny = 2\n--; \nz = 3\n", [("a", {"x": "1", "z": "3"})]),
    "within": ("[a]\nx = ;-- no --; 1\n", [("a", {"x": "1"})]),
    "ruler": (";=====\n;--- no comment over lines\n[a]\nx = 1\n", [("a", {"x": "1"})]),
    "template": ("[t](!)\nx = 1\ny = 1\n[a](t)\ny = 2\n", [("a", {"x": "1", "y": "2"})]),
    "templates": (
        "[t](!)\nx = 1\n[u](!,t)\ny = 1\n[a](u)\n[b](t,u)\n",
        [("a", {"x": "1", "y": "1"}), ("b", {"x": "1", "y": "1"})],
    ),
    "goes on": ("[a]\nx = 1\n[b]\n[a](+)\ny = 2\n", [("a", {"x": "1", "y": "2"}), ("b", {})]),
    "more of it": ("[a]\nx += 1\n", [("a", {"x": "1"})]),
    "windows": ("[a]\r\nx = 1\r\n", [("a", {"x": "1"})]),
}


@pytest.mark.parametrize("name", CASES)
def test_the_text_form(name: str) -> None:
    text, expected = CASES[name]
    assert read(text) == expected


def test_files_of_the_folder_are_included_where_it_says_so() -> None:
    text = '[a]\n#include "more.d/*.conf"\nz = 3\n#tryinclude none.conf\n#include </etc/asterisk/b.conf>\n'
    files = {
        "a.conf": text,
        "more.d/1.conf": "x = 1\n",
        "more.d/2.conf": "y = 2\n",
        "more.d/deep/3.conf": "q = 1",
        "b.conf": "[b]\n",
    }
    sections = read_sections(files, "a.conf")
    assert [(one.name, [entry.key for entry in one.entries]) for one in sections] == [("a", ["x", "y", "z"]), ("b", [])]
    assert str(sections[0].entries[0].mark) == "more.d/1.conf:1:1"


REFUSED = {
    "climbs": ("[a]\n#include ../../etc/passwd\n", "a.conf:2:1", "leads out of the folder"),
    "climbs within": ("#include x/../../y\n", "a.conf:1:1", "leads out of the folder"),
    "absolute": ("#include /etc/passwd\n", "a.conf:1:1", "leads out of the folder"),
    "home": ("#include ~/x\n", "a.conf:1:1", "leads out of the folder"),
    "runs": ("[a]\n\n#exec /bin/rm -rf /\n", "a.conf:3:1", "runs a program"),
    "missing": ("#include other.conf\n", "a.conf:1:1", "not in the folder"),
    "itself": ("#include a.conf\n", "a.conf:1:1", "include each other"),
    "directive": ("#define x\n", "a.conf:1:1", "no directive"),
    "no end": ("[a\n", "a.conf:1:1", "has no end"),
    "no section": ("x = 1\n", "a.conf:1:1", "in no section"),
    "no sign": ("[a]\nhello\n", "a.conf:2:1", "has no '='"),
    "no template": ("[a](t)\n", "a.conf:1:1", "no section above it"),
    "nothing to go on with": ("[a](+)\n", "a.conf:1:1", "there is not"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_told_with_its_place(name: str) -> None:
    text, place, told = REFUSED[name]
    with pytest.raises(NotRead) as caught:
        read(text)
    assert str(caught.value.problem).startswith(f"{place}: ")
    assert told in caught.value.problem.message


def test_templates_that_double_each_other_are_bounded() -> None:
    text = "[t0](!)\nx = 1\n" + "".join(f"[t{n}](!,t{n - 1},t{n - 1})\n" for n in range(1, 60))
    with pytest.raises(NotRead, match="more than 400,000 entries"):
        read(text)
