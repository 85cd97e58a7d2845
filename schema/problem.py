"""Findings about manifests: a `Problem` is one of them, a `Report` is all of them, sorted by place.

The text form is one line a problem: `file:line:col: what is wrong, with the value; what to do [rule-id]`.
The surprising thing: a problem never carries the value of a field that should have held a secret's reference,
because what stands there by mistake is the secret itself.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from schema.mark import Mark

LONGEST_SHOWN_CHARACTERS: Final = 60


class Severity(StrEnum):
    """How much a problem weighs: an error holds its tenant (or the system) back, a warning is only told."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding: where, what is wrong (with the value), what to do, and the kebab-case id of the rule that says so."""

    mark: Mark
    message: str
    hint: str
    rule: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        """Return the one line that people read; a warning says that it is one."""
        told = "warning: " if self.severity is Severity.WARNING else ""
        return f"{printable(str(self.mark))}: {told}{self.message}; {self.hint} [{self.rule}]"

    def as_json(self) -> dict[str, str | int]:
        """Return the flat JSON form: file, line, column, severity, rule, message, hint."""
        return {
            "file": self.mark.file,
            "line": self.mark.line,
            "column": self.mark.column,
            "severity": self.severity.value,
            "rule": self.rule,
            "message": self.message,
            "hint": self.hint,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of one look at the manifests, in reading order and each once."""

    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, problems: Iterable[Problem]) -> Self:
        """Return the report of these problems, whatever their order."""
        return cls(tuple(sorted(set(problems), key=lambda problem: (problem.mark, problem.rule, problem.message))))

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that hold something back."""
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)

    @property
    def has_errors(self) -> bool:
        """True if anything is held back."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.problems)

    def __len__(self) -> int:
        return len(self.problems)

    def as_text(self) -> str:
        """Return a line for each problem, each ended by a newline; empty if there is none."""
        return "".join(f"{problem}\n" for problem in self.problems)

    def as_json(self) -> str:
        """Return `{"problems": [...]}` as indented JSON, ended by a newline."""
        return json.dumps({"problems": [problem.as_json() for problem in self.problems]}, indent=2) + "\n"


def shown(value: object) -> str:
    """Return a value as a message shows it: on one line, in quotes if it is text, cut when long."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    cut = text if len(text) <= LONGEST_SHOWN_CHARACTERS else text[:LONGEST_SHOWN_CHARACTERS] + "..."
    return f'"{printable(cut)}"'


def printable(text: str) -> str:
    """Return text with everything that a terminal would act on written as an escape."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
