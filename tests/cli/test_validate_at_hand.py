"""`validate` looks at the clock and at the files beside the manifests: holidays that end, WAV files that are not there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from reconciler.holidays_ending import AHEAD
from tests.support.manifest_folder import LISTENER, Folder
from tests.support.manifests import office_hours, resource, tenant


def told(folder: Path) -> str:
    return CliRunner().invoke(app, ["validate", str(folder)]).stdout


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.write("pbx.yaml", LISTENER, tenant("acme", "acme.example"))
    return made


def test_holidays_of_a_year_that_ends_or_has_ended(folder: Folder) -> None:
    year = (datetime.now(tz=UTC).date() + AHEAD).year - 1
    dates = f"week: {{mon-fri: '09:00-17:00'}}\ndates: {{{year}-12-25: closed, {year}-12-28: closed}}\n"
    folder.write("hours.yaml", office_hours("acme", "office", dates))
    assert f"has holidays for {year}, the last on {year}-12-28, and none for {year + 1}" in told(folder.root)
    folder.write(
        "hours.yaml",
        office_hours("acme", "office", dates.replace("-28: closed", f"-28: closed, {year + 1}-01-01: closed")),
    )
    assert "[holidays-ending]" not in told(folder.root)


def test_files_are_looked_for_below_the_folder(folder: Folder) -> None:
    folder.write("prompt.yaml", resource("Prompt", "acme", "hello", "sound: {file: prompts/hello.wav}\n"))
    said = told(folder.root)
    assert f'{folder.root}/prompt.yaml:5:10: Prompt acme/hello plays "prompts/hello.wav", which is not there' in said
    (folder.root / "prompts").mkdir()
    (folder.root / "prompts" / "hello.wav").write_bytes(b"ID3")
    assert "[recording-format]" in told(folder.root)
