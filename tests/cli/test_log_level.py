"""`trunkline log-level` on the API of a server: what it shows, changes, and takes back by itself."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.log_levels import MODULES, LogLevels
from cli.exit_code import Exit
from cli.log_level import log_level, seconds
from cli.output import Output
from tests.support.following_server import Server
from tests.support.served import served


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    loggers = [logging.getLogger(f"trunkline.{module}") for module in MODULES]
    before = [logger.level for logger in loggers]
    server = Server(tmp_path / "s")
    folder = tmp_path / "d"
    folder.mkdir()
    try:
        with served(server, folder):
            yield folder
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def ask(data: Path, *words: str, duration: str | None = None, output: Output = Output.JSON) -> Exit:
    first, second = (*words, None, None)[:2]
    return log_level(first, second, duration, data, "ada", output)


def test_all_modules_are_shown(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(data) is Exit.FINE
    assert [one["module"] for one in json.loads(capsys.readouterr().out)["items"]] == list(MODULES)


def test_a_level_is_set_for_a_module_and_seen(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(data, "calls", "debug", duration="10m") is Exit.FINE
    (told,) = json.loads(capsys.readouterr().out)["items"]
    assert (told["module"], told["level"]) == ("calls", "debug")
    assert told["until"] is not None
    assert logging.getLogger("trunkline.calls").isEnabledFor(logging.DEBUG)
    assert ask(data, "calls", output=Output.TEXT) is Exit.FINE
    line = capsys.readouterr().out.splitlines()[1]
    assert line.startswith("calls   debug  2")
    assert "." not in line.partition("calls ")[2].split()[1]  # microseconds tell nobody anything


def test_a_level_alone_is_for_all(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(data, "error") is Exit.FINE
    told = json.loads(capsys.readouterr().out)["items"]
    assert {one["level"] for one in told} == {"error"}
    assert len(told) == len(MODULES)


WRONG = [
    (("calls", "loud"), None, Exit.USAGE, "no log level; use one of"),
    (("nothing", "debug"), None, Exit.PROBLEMS, 'no module "nothing" logs; there are api, '),
    (("nothing",), None, Exit.PROBLEMS, 'no module "nothing" logs'),
    (("calls", "debug"), "10", Exit.USAGE, "write 30s, 10m or 2h"),
    (("calls",), "10m", Exit.USAGE, "name the level, too"),
]


@pytest.mark.parametrize(("words", "duration", "status", "said"), WRONG, ids=[case[3] for case in WRONG])
def test_what_can_not_be_done_is_said(
    data: Path,
    words: tuple[str, ...],
    duration: str | None,
    status: Exit,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ask(data, *words, duration=duration) is status
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(("text", "value"), [("30s", 30), ("10m", 600), ("24h", 86_400)])
def test_times(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["0s", "25h", "1d", "-1s", "", "10"])
def test_no_times(text: str) -> None:
    with pytest.raises(ValueError, match="30s, 10m or 2h"):
        seconds(text)


def test_a_level_for_a_while_ends_by_itself_and_goes_back_to_the_one_before_it() -> None:
    logger = logging.getLogger("trunkline.calls")
    before = logger.level

    async def story() -> None:
        levels = LogLevels()
        logger.setLevel("WARNING")
        levels.set("calls", "info", 60, "ada")
        levels.set("calls", "debug", 0.01, "ada")
        assert logger.level == logging.DEBUG
        await asyncio.sleep(0.05)
        assert logger.level == logging.WARNING
        assert levels.all()[1].until is None
        levels.set("calls", "debug", 0.01, "ada")
        levels.set("calls", "error", None, "ada")
        await asyncio.sleep(0.05)
        assert logger.level == logging.ERROR

    try:
        asyncio.run(story())
    finally:
        logger.setLevel(before)
