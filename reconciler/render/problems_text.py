"""Problems for people: a line each, as editors and terminals make clickable, then a summary; in colour if asked."""

from __future__ import annotations

from typing import Final

from reconciler.render.checked import Checked
from schema.problem import Problem, Severity, printable

BOLD: Final = "\x1b[1m"
RED: Final = "\x1b[31m"
GREEN: Final = "\x1b[32m"
YELLOW: Final = "\x1b[33m"
DIM: Final = "\x1b[2m"
PLAIN: Final = "\x1b[0m"


def problems_text(checked: Checked, *, coloured: bool) -> str:
    """The listing; each line ended by a newline."""
    if not coloured:
        return checked.report.as_text() + "".join(f"{line}\n" for line in (*checked.notes, checked.summary()))
    lines = [_coloured(problem) for problem in checked.report]
    lines += [f"{DIM}{note}{PLAIN}" for note in checked.notes]
    lines.append(f"{BOLD}{RED if checked.report.has_errors else GREEN}{checked.summary()}{PLAIN}")
    return "".join(f"{line}\n" for line in lines)


def _coloured(problem: Problem) -> str:
    """The same words as `str(problem)`."""
    is_warning = problem.severity is Severity.WARNING
    colour, told = (YELLOW, f"{YELLOW}warning:{PLAIN} ") if is_warning else (RED, "")
    place = printable(str(problem.mark))
    return f"{BOLD}{place}:{PLAIN} {told}{problem.message}; {problem.hint} {colour}[{problem.rule}]{PLAIN}"
