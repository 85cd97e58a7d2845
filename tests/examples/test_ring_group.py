"""What examples/ring-group/README.md shows is what `trunkline simulate` says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "ring-group"
STORIES = re.findall(
    r"    \.venv/bin/trunkline (simulate .+)\n(?:\n|[^`])*?```\n((?:.+\n)+?)```",
    (FOLDER / "README.md").read_text("utf-8"),
)


@pytest.mark.parametrize(("command", "shown"), STORIES)
def test_a_story_is_what_is_said(command: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER.parents[1])
    said = CliRunner().invoke(app, command.split())
    assert said.exit_code == 0
    assert shown in said.stdout


def test_there_are_two_stories() -> None:
    assert len(STORIES) == 2
