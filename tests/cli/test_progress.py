"""Progress: one line on a terminal's stderr, not at once, not too often, gone at the end; nothing anywhere else."""

from __future__ import annotations

import io

from cli.progress import ERASE, WIDTH, Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def shown(terminal: io.StringIO, steps: list[tuple[float, str]], **environ: str) -> list[str]:
    clock = Clock()
    with Progress(terminal, environ, clock) as progress:
        for at, what in steps:
            clock.now = 100.0 + at
            progress.says(what)
    return terminal.getvalue().split(ERASE)


def test_quick_work_is_silent() -> None:
    assert shown(Terminal(), [(0, "reading"), (0.4, "checking")]) == [""]


def test_long_work_shows_the_last_thing_said_and_cleans_up() -> None:
    steps = [(0, "reading"), (0.6, "file 1"), (0.65, "file 2"), (0.8, "file 3")]
    assert shown(Terminal(), steps) == ["", "file 1", "file 3", ""]


def test_nothing_goes_where_no_terminal_is() -> None:
    assert shown(io.StringIO(), [(5, "reading")]) == [""]
    assert shown(Terminal(), [(5, "reading")], TERM="dumb") == [""]


def test_a_line_stays_one_line() -> None:
    [_, line, _] = shown(Terminal(), [(5, "reading a\nb\x1b[31m" + "x" * 200)])
    assert (len(line), line.isprintable()) == (WIDTH, True)
