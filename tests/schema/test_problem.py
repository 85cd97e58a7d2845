"""How findings are shown: as lines, as JSON, in order, once."""

import json

from schema.mark import Mark
from schema.problem import Problem, Report, Severity, printable, shown

LATE = Problem(mark=Mark("b.yaml", 2, 1), message="x is 1", hint="write 2", rule="r")
EARLY = Problem(mark=Mark("a.yaml", 10, 5), message="y is 1", hint="write 2", rule="r")
FIRST = Problem(mark=Mark("a.yaml", 9, 30), message="z is 1", hint="write 2", rule="s", severity=Severity.WARNING)


def test_a_problem_is_one_line() -> None:
    assert str(LATE) == "b.yaml:2:1: x is 1; write 2 [r]"


def test_a_warning_says_so() -> None:
    assert str(FIRST) == "a.yaml:9:30: warning: z is 1; write 2 [s]"


def test_a_report_is_in_reading_order_and_says_everything_once() -> None:
    report = Report.of([LATE, EARLY, LATE, FIRST])
    assert list(report) == [FIRST, EARLY, LATE]
    assert report.as_text() == f"{FIRST}\n{EARLY}\n{LATE}\n"
    assert len(report) == 3


def test_only_errors_are_errors() -> None:
    assert Report.of([FIRST, LATE]).errors == (LATE,)
    assert Report.of([LATE]).has_errors
    assert not Report.of([FIRST]).has_errors
    assert Report().as_text() == ""


def test_json_carries_all_parts() -> None:
    assert json.loads(Report.of([FIRST]).as_json()) == {
        "problems": [
            {
                "file": "a.yaml",
                "line": 9,
                "column": 30,
                "severity": "warning",
                "rule": "s",
                "message": "z is 1",
                "hint": "write 2",
            }
        ]
    }


def test_values_are_shown_on_one_line_and_short() -> None:
    values = [None, True, False, 5, "a", "a\nb\x1b[31m", "x" * 100, {"a": 1}, [1], "é"]
    assert [shown(value) for value in values] == [
        "nothing",
        "true",
        "false",
        '"5"',
        '"a"',
        '"a\\nb\\x1b[31m"',
        '"' + "x" * 60 + '..."',
        "a mapping",
        "a list",
        '"é"',
    ]


def test_a_terminal_is_not_sent_commands_by_a_file_name() -> None:
    problem = Problem(mark=Mark("a\x1b[2J\n.yaml", 1, 1), message="m", hint="h", rule="r")
    assert str(problem) == "a\\x1b[2J\\n.yaml:1:1: m; h [r]"
    assert printable("\ud800") == "\\ud800"
