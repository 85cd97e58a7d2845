"""Problems as GitHub's annotations: workflow commands, a line each, which the runner puts beside the lines of a pull request.

`::error file=F,line=L,col=C,title=T::MESSAGE`. GitHub shows ten errors and ten warnings of a step; all are in its log. The
surprising thing: in a property `%`, CR, LF, `:` and `,` are written as escapes, in the message only the first three.
"""

from __future__ import annotations

from typing import Final

from reconciler.render.checked import Checked
from schema.problem import Problem, printable

DATA: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
PROPERTY: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def problems_github(checked: Checked) -> str:
    """The annotations, then the summary as plain lines of the log."""
    lines = [_command(problem) for problem in checked.report]
    return "".join(f"{line}\n" for line in (*lines, *checked.notes, checked.summary()))


def _command(problem: Problem) -> str:
    properties = {
        "file": problem.mark.file,
        "line": str(problem.mark.line),
        "col": str(problem.mark.column),
        "title": problem.rule,
    }
    told = ",".join(f"{name}={_visible(value).translate(PROPERTY)}" for name, value in properties.items())
    message = printable(f"{problem.message}; {problem.hint}").translate(DATA)
    return f"::{problem.severity.value} {told}::{message}"


def _visible(text: str) -> str:
    """What a terminal would act on as an escape; line ends stay, for they have one of GitHub's own."""
    return "".join(character if character in "\r\n" else printable(character) for character in text)
