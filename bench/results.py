"""`RESULTS.md`, written by the benches: each replaces its own section and leaves the others as they were.

What is known of each bench is kept in `results.json` beside it, from which the page is drawn anew; so a bench that ran alone changes
its own lines and nothing else. The text of a section is the docstring of the bench's own module.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.row import HEAD, Row

FOLDER = Path(__file__).parent
_DATA, _PAGE = "results.json", "RESULTS.md"
_INTRODUCTION = """\
# Results

Written by `make bench` (`python -m bench`); each bench replaces its own section. *Measured* is the form that serves: the protocol
modules compiled by mypyc where the conditions of the section say so. *From source* is the same run by turns without that, *peer*
the program named, in the same run, by turns, with the same generator; where a cell is empty, that was not measured (a peer that is not
installed is named in the conditions). *Ours/peer* below 1 is better for what has a ceiling, above 1 for a rate. A figure that is
doubtful says why.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a bench came to: when, of which commit, under which conditions. `problem`: why it could not run, "" if it could."""

    at: str
    commit: str
    conditions: Sequence[str]
    rows: Sequence[Row]
    problem: str = ""


def read(folder: Path) -> dict[str, Result]:
    """By the bench's name; what a bench came to last."""
    try:
        known = json.loads((folder / _DATA).read_text())
    except FileNotFoundError:
        return {}
    return {name: Result(**{**shape, "rows": [Row(**row) for row in shape["rows"]]}) for name, shape in known.items()}


def write(folder: Path, name: str, result: Result, texts: Mapping[str, str]) -> None:
    """Note what bench `name` came to. `texts`: of all benches, in the order of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {**read(folder), name: result}
    ordered = {each: known[each] for each in texts if each in known}
    shapes = {each: asdict(of) for each, of in ordered.items()}
    _save(folder / _DATA, json.dumps(shapes, indent=1) + "\n")
    _save(folder / _PAGE, page(ordered, texts))


def page(results: Mapping[str, Result], texts: Mapping[str, str]) -> str:
    """The whole page."""
    parts = [_INTRODUCTION]
    every = [row for result in results.values() for row in result.rows]
    parts.append(f"{sum(row.is_met for row in every)} of {len(every)} targets are met.\n")
    parts += [_section(name, result, texts[name]) for name, result in results.items()]
    return "\n".join(parts)


def _section(name: str, result: Result, text: str) -> str:
    lines = [f"## {name}", ""]
    if result.problem:
        lines += [f"Could not run: {result.problem}", ""]
    if result.rows:
        lines += ["| " + " | ".join(HEAD[1:]) + " |", "|" + " --- |" * len(HEAD[1:])]
        lines += ["| " + " | ".join(_escaped(cell) for cell in row.cells[1:]) + " |" for row in result.rows]
        lines.append("")
    notes = list(dict.fromkeys(note for row in result.rows for note in row.notes))
    lines += [f"- {_escaped(note)}" for note in notes]
    lines += [""] if notes else []
    lines += [
        _prose(text),
        "",
        "Taken " + result.at + (f" of commit {result.commit}" if result.commit else "") + ":",
        "",
    ]
    lines += ["```", *result.conditions, "```", ""]
    return "\n".join(lines)


def _prose(docstring: str) -> str:
    """Without what is indented: how it is called is no part of what it found."""
    return "\n".join(line for line in docstring.strip().splitlines() if not line.startswith("    "))


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


def _save(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text)
    draft.rename(path)
