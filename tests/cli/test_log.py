"""Log lines: one an event, whatever is in the message."""

from __future__ import annotations

import logging
import sys

import pytest

from cli.log import LineFormatter, set_up


def line(message: str, *arguments: object, error: BaseException | None = None) -> str:
    info = None if error is None else (type(error), error, error.__traceback__)
    record = logging.LogRecord("trunkline.engine", logging.INFO, "x.py", 1, message, arguments, info)
    record.created = 1795165200.25
    return LineFormatter().format(record)


def test_an_event_is_a_line() -> None:
    assert line("applied: revision=%s", "abc") == "2026-11-20T09:00:00.250Z INFO engine: applied: revision=abc"


def test_nobody_forges_a_line() -> None:
    assert line("from %s", "x\n2026 ERROR \x1b[2J").endswith("from x\\n2026 ERROR \\x1b[2J")


def test_a_bug_has_its_traceback_indented() -> None:
    try:
        raise ZeroDivisionError("no")
    except ZeroDivisionError as error:
        lines = line("round failed", error=error).splitlines()
    assert lines[0].endswith("round failed")
    assert all(following.startswith("    ") for following in lines[1:])
    assert lines[-1].strip() == "ZeroDivisionError: no"


def test_a_level_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match="use one of debug, info, warning, error"):
        set_up("loud")
    assert sys.stderr is not None
