"""`trunkline replay`: offline from files, and against a server; exit codes as elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from engine.cdr import CallDetailRecord
from engine.cdr_json import encode_record
from tests.reconciler.test_replay import ABROAD, AS_IT_WAS, FILES
from tests.support.following_server import Server
from tests.support.recorded_calls import recorded
from tests.support.served import served

NOW = datetime.now(UTC)


def replayed(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["replay", *arguments])


def records() -> list[CallDetailRecord]:
    """Of this week, but for the last."""
    made = [recorded(AS_IT_WAS, number, "101", "102") for number in range(1, 8)]
    made += [recorded(AS_IT_WAS, number, "102", ABROAD) for number in range(10, 13)]
    week = [replace(one, started_at=NOW - timedelta(hours=number)) for number, one in enumerate(made)]
    return [
        *week,
        replace(made[0], call_id=recorded(AS_IT_WAS, 99, "101", "102").call_id, started_at=NOW - timedelta(days=30)),
    ]


def write(folder: Path, *edits: tuple[str, str]) -> Path:
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        edited = text
        for old, new in edits:
            edited = edited.replace(old, new, 1)
        (folder / name).write_text(edited, encoding="utf-8")
    return folder


DISABLED = ("displayName: Grace\n", "displayName: Grace\n  enabled: false\n")


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    file = tmp_path / "calls.jsonl"
    file.write_text("".join(f"{encode_record(one)}\n" for one in records()), encoding="ascii")
    return file


def test_offline_none_differ(tmp_path: Path, lines: Path) -> None:
    same = write(tmp_path / "m")
    done = replayed(str(same), "--records", str(lines), "--detailed-exitcode")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == f"Calls of {lines}: all 11 would go where they went"


def test_offline_some_differ(tmp_path: Path, lines: Path) -> None:
    other = write(tmp_path / "m", DISABLED)
    done = replayed(str(other), "--records", str(lines))
    assert done.exit_code == 0
    assert "that would go elsewhere: 11 of 11 (11 min)" in done.stdout
    assert "     8  extensions -> 102   extension 102  ->  refused (disabled)" in done.stdout
    assert f"decided by {other}" in done.stdout
    detailed = replayed(str(other), "--records", str(lines), "--detailed-exitcode", "-o", "json")
    assert detailed.exit_code == 2
    assert json.loads(detailed.stdout)["elsewhere"] == 11


def test_filters_hold_for_files_too(tmp_path: Path, lines: Path) -> None:
    other = write(tmp_path / "m", DISABLED)
    done = replayed(str(other), "--records", str(lines), "--callee", "external", "-o", "json")
    assert json.loads(done.stdout)["calls"] == 3
    recent = (NOW - timedelta(days=2)).isoformat()
    done = replayed(str(other), "--records", str(lines), "--since", recent, "-o", "json")
    assert json.loads(done.stdout)["calls"] == 10


def test_records_from_standard_input(tmp_path: Path, lines: Path) -> None:
    same = write(tmp_path / "m")
    done = CliRunner().invoke(app, ["replay", str(same), "--records", "-"], input=lines.read_text())
    assert "all 11 would go where they went" in done.stdout


WRONG = [
    (["nowhere", "--records", "calls.jsonl"], 2, "nowhere"),
    (["m", "--records", "nowhere.jsonl"], 1, "nowhere.jsonl can't be read: no such file"),
    (["m", "--revision", "3", "--records", "calls.jsonl"], 2, "give SOURCE or --revision, not both"),
    (["--revision", "x", "--records", "calls.jsonl"], 2, '--revision "x" is no number'),
    (["m", "--records", "calls.jsonl", "--since", "yesterday"], 2, '--since "yesterday" is no instant'),
    (["m", "--records", "calls.jsonl", "--direction", "up"], 2, '--direction "up" is none; write one of internal'),
    (["m", "--records", "m/acme.yaml"], 1, "m/acme.yaml:1: call record"),
    (["broken", "--records", "calls.jsonl"], 1, "nothing is decided by broken until this is corrected"),
    (["m"], 1, "no data folder"),
]


@pytest.mark.usefixtures("lines")
@pytest.mark.parametrize(("arguments", "code", "words"), WRONG)
def test_what_can_not_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, words: str
) -> None:
    write(tmp_path / "m")
    write(tmp_path / "broken", ("domain: acme.example", "domian: acme.example"))
    monkeypatch.chdir(tmp_path)
    done = replayed(*arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert words in done.stderr
    assert replayed(*arguments, "--detailed-exitcode").exit_code == 1


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Path]:
    running = Server(tmp_path / "server")
    for name in ("acme-101", "acme-102", "carrier"):
        secret = tmp_path / "server" / "secrets" / name
        secret.parent.mkdir(parents=True, exist_ok=True)
        secret.write_text("s3cret-enough-for-tests")
    for name, text in FILES.items():
        running.folder.write(name, text)
    assert running.round()
    running.folder.write("acme.yaml", FILES["acme.yaml"].replace(*DISABLED))
    assert running.round()
    data = tmp_path / "data"
    data.mkdir()
    with served(running, data, records()):
        yield data


def test_of_a_server_by_what_runs_and_what_ran(server: Path, tmp_path: Path) -> None:
    runs = replayed("--data", str(server))
    assert runs.stdout.startswith("Calls of the last 7 days that would go elsewhere: 10 of 10")
    assert "decided by what runs, revision" in runs.stdout
    ran = replayed("--data", str(server), "--revision", "1", "--detailed-exitcode")
    assert (ran.exit_code, ran.stdout.splitlines()[0]) == (
        0,
        "Calls of the last 7 days: all 10 would go where they went",
    )
    folder = write(tmp_path / "m")
    assert "all 11 would go" in replayed(str(folder), "--data", str(server), "--since", "2020-01-01").stdout
    assert replayed("--data", str(server), "--revision", "77").exit_code == 1
