"""Draws docs/commands.md: every command with its arguments and options, from the command line itself.

With --check: says whether it is up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from ci.drawn import ROOT, cell, settle
from cli.main import app

PAGE = ROOT / "docs" / "commands.md"
HEAD = """\
# Commands

Drawn from the command line itself; `trunkline COMMAND --help` says the same. Results go to standard output, everything else to
standard error. Exit status: 0 fine, 1 problems were found or it was refused, 2 wrong usage; `plan --detailed-exitcode` has 2 for
changes. An option with `env var` may be given by that variable. `trunkline completion` completes them
[in your shell](running.md#completion-and-man-page).
"""


def commands(group: TyperGroup, path: str) -> Iterator[tuple[str, TyperCommand]]:
    """Yield every command below, by its whole name."""
    for name in sorted(group.commands):
        command = group.commands[name]
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{path} {name}")
        elif isinstance(command, TyperCommand) and not command.hidden:
            yield f"{path} {name}", command


def escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "\\<").replace("[", "\\[")


def rows(name: str, command: TyperCommand) -> Iterator[str]:
    context = command.make_context(name, [], resilient_parsing=True)
    for parameter in command.get_params(context):
        if "--help" in parameter.opts:
            continue
        record = parameter.get_help_record(context)
        if record is None:
            continue
        yield f"| `{cell(record[0])}` | {escaped(record[1])} |"


def section(name: str, command: TyperCommand) -> Iterator[str]:
    yield f"\n## {name}\n"
    yield from ((command.help or "").split("\f")[0].strip(), "")
    found = list(rows(name, command))
    if found:
        yield from ("| | |", "|---|---|", *found)


def page() -> str:
    root = get_command(app)
    assert isinstance(root, TyperGroup)  # it has commands
    lines = [line for name, command in commands(root, "trunkline") for line in section(name, command)]
    return HEAD + "\n".join(lines) + "\n"


def pages() -> dict[Path, str]:
    return {PAGE: page()}


def main(arguments: list[str]) -> int:
    return settle("ci.draw_commands", pages(), arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
