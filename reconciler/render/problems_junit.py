"""Problems as a JUnit report, as GitLab and Jenkins read it: one suite, a test case for each file.

GitLab takes one case of a name and one failure of a case, and shows the failure's text; so a file's errors are one failure with a
line for each. Warnings fail nothing: they are the case's output. What XML 1.0 can't hold is written as an escape.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from reconciler.render.checked import Checked, counted
from schema.problem import Problem, Severity, printable

SUITE = "trunkline validate"


def problems_junit(checked: Checked) -> str:
    """The report, ended by a newline."""
    by_file: dict[str, list[Problem]] = {file: [] for file in sorted(checked.files)}
    for problem in checked.report:
        by_file.setdefault(problem.mark.file, []).append(problem)
    faulty = sum(any(problem.severity is Severity.ERROR for problem in found) for found in by_file.values())
    counts = {"tests": str(len(by_file)), "failures": str(faulty), "errors": "0", "skipped": "0"}
    root = Element("testsuites", {"name": SUITE, **counts})
    suite = SubElement(root, "testsuite", {"name": SUITE, **counts})
    for file, problems in by_file.items():
        _case(suite, file, problems)
    if checked.notes:
        SubElement(suite, "system-out").text = "\n".join(checked.notes)
    indent(root)
    # All beyond ASCII as references: what a terminal's locale makes of the text can't break it.
    body: bytes = tostring(root, encoding="us-ascii")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + body.decode("ascii") + "\n"


def _case(suite: Element, file: str, problems: list[Problem]) -> None:
    name = printable(file)
    case = SubElement(suite, "testcase", {"classname": SUITE, "name": name, "file": name})
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    warnings = [problem for problem in problems if problem.severity is Severity.WARNING]
    if errors:
        first = errors[0]
        case.set("line", str(first.mark.line))
        more = f" (and {counted(len(errors) - 1, 'error')} more)" if len(errors) > 1 else ""
        failure = SubElement(case, "failure", {"type": first.rule, "message": printable(first.message) + more})
        failure.text = _lines(errors)
    if warnings:
        SubElement(case, "system-out").text = _lines(warnings)


def _lines(problems: list[Problem]) -> str:
    return "\n".join(printable(str(problem)) for problem in problems)
