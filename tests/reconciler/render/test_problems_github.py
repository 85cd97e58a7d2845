"""Annotations, read back as GitHub's runner reads workflow commands."""

from __future__ import annotations

import re

from syrupy.assertion import SnapshotAssertion

from reconciler.render.problems_github import problems_github
from schema.problem import printable
from tests.support.checked import CLEAN, FAULTY, NASTY, NASTY_FILE, NASTY_TEXT

COMMAND = re.compile("::(error|warning) ([^:]*)::(.*)")


def read(line: str) -> tuple[str, dict[str, str], str]:
    """What the runner makes of a line: it ends the properties at the first `::`, parts them at commas, then undoes the escapes."""
    match = COMMAND.fullmatch(line)
    assert match is not None, line
    pairs = [pair.partition("=") for pair in match[2].split(",")]
    return match[1], {name: _unescaped(value) for name, _, value in pairs}, _unescaped(match[3])


def _unescaped(text: str) -> str:
    for escape, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escape, character)
    return text


def test_golden(snapshot: SnapshotAssertion) -> None:
    assert problems_github(CLEAN) == snapshot(name="clean")
    assert problems_github(FAULTY) == snapshot(name="faulty")


def test_each_problem_is_an_annotation_at_its_place() -> None:
    commands = [read(line) for line in problems_github(FAULTY).splitlines() if line.startswith("::")]
    assert [
        (command, p["file"], int(p["line"]), int(p["col"]), p["title"], message) for command, p, message in commands
    ] == [(p.severity.value, *p.mark, p.rule, f"{p.message}; {p.hint}") for p in FAULTY.report]


def test_nasty_characters_break_out_of_nothing() -> None:
    first, summary = problems_github(NASTY).split("\n")[:2]
    command, properties, message = read(first)
    assert (command, properties["file"], properties["title"]) == ("error", NASTY_FILE.replace("\x01", "\\x01"), "value")
    assert message == f"{printable(NASTY_TEXT)}; don't"
    assert summary == "1 error in 1 file"


def test_the_summary_is_no_command() -> None:
    assert problems_github(CLEAN).splitlines()[-1] == "valid: 2 files, 2 Extensions, 1 Listener, 1 Tenant"
