"""`trunkline export cdrs` against a real control socket: all that match, whole files or none."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from engine.cdr_filter import CdrFilter, Place
from engine.cdr_json import decode_record
from engine.errors import JournalError
from engine.identity import CallId
from engine.ports import Documents
from reconciler.render.records_csv import COLUMNS
from tests.api.test_routes import Site, record
from tests.support.served import answering

COUNT = 1203


def export(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["export", "cdrs", *arguments, "--data", str(data)])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site()
    made.records.records = [record(number) for number in range(1, COUNT + 1)]
    with answering(made.app, tmp_path):
        yield made


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_on_standard_output_oldest_first(site: Site, tmp_path: Path) -> None:
    done = export(tmp_path)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout_bytes.startswith(",".join(COLUMNS).encode() + b"\r\n")
    assert [row["call_id"] for row in rows(done.stdout)] == [one.call_id for one in site.records.records]


def test_lines_are_the_records_themselves(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    done = export(tmp_path, "-o", str(file), "--order", "newest")
    assert (done.exit_code, done.stdout) == (0, "")
    assert f"1,203 records written to {file}" in done.stderr
    assert [decode_record(line) for line in file.read_bytes().splitlines()] == site.records.records[::-1]
    assert file.stat().st_mode & 0o777 == 0o600


FORMATS = [
    (["-o", "a.jsonl"], "{"),
    (["-o", "a.csv"], "call_id,"),
    (["-o", "a.txt"], "call_id,"),
    (["-o", "a.csv", "--format", "jsonl"], "{"),
    (["-o", "a.jsonl", "--format", "csv"], "call_id,"),
]


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(("options", "start"), FORMATS)
def test_format_is_as_the_name_ends_if_not_said(tmp_path: Path, options: list[str], start: str) -> None:
    file = tmp_path / options[1]
    assert export(tmp_path, "-o", str(file), *options[2:]).exit_code == 0
    assert file.read_text().startswith(start)


@pytest.mark.usefixtures("site")
def test_filters_choose(tmp_path: Path) -> None:
    found = rows(export(tmp_path, "--outcome", "answered", "--min-talk", "1m", "--caller", "prefix:10").stdout)
    assert len(found) == COUNT // 2
    assert {row["outcome"] for row in found} == {"ANSWERED"}
    assert rows(export(tmp_path, "--tenant", "nobody").stdout) == []
    assert rows(export(tmp_path, "--direction", "inbound").stdout) == []
    assert len(rows(export(tmp_path, "--since", "2026-11-20T09:01", "--until", "2026-11-20T09:04").stdout)) == 3


WRONG = [
    (["--since", "yesterday"], '--since "yesterday" is no instant'),
    (["--min-talk", "30"], '--min-talk "30" is no duration; write it like 30s, 5m or 1h30m'),
    (["--outcome", "great"], '--outcome "great" is none; write all, or one of answered, busy'),
    (["--caller", "prefix:"], '--caller is "prefix:", which names no number'),
    (["--direction", "up"], "up"),
    (["--callee", "1" * 300], "--callee has 300 characters"),
]


@pytest.mark.parametrize(("options", "words"), WRONG)
def test_what_is_not_understood_is_wrong_usage(tmp_path: Path, options: list[str], words: str) -> None:
    done = export(tmp_path, *options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr


def test_without_a_server_no_file_appears(tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    done = export(tmp_path, "-o", str(file))
    assert done.exit_code == 1
    assert "no server runs on the data folder" in done.stderr
    assert list(tmp_path.glob("*calls*")) == []


@pytest.mark.parametrize("name", ["calls.csv", "calls.jsonl"])
def test_an_export_that_breaks_off_leaves_what_was_there(
    site: Site, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / name
    file.write_text("from yesterday")
    ask, asked = site.records.documents, list[CdrFilter]()

    async def breaks(wanted: CdrFilter) -> Documents:
        asked.append(wanted)
        if len(asked) == 5:
            raise JournalError("the disk is gone")
        return await ask(wanted)

    monkeypatch.setattr(site.records, "documents", breaks)
    done = export(tmp_path, "-o", str(file))
    assert done.exit_code == 1
    assert f"{file} is as it was before" in done.stderr
    assert file.read_text() == "from yesterday"
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []
    asked.clear()
    printed = export(tmp_path, "--format", "jsonl")
    assert printed.exit_code == 1
    assert "what was printed is not all" in printed.stderr
    assert all(json.loads(line) for line in printed.stdout.splitlines())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_export_that_is_stopped_leaves_nothing(
    site: Site, tmp_path: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, asked = site.records.documents, list[CdrFilter]()

    async def slow(wanted: CdrFilter) -> Documents:
        asked.append(wanted)
        await asyncio.sleep(0 if len(asked) < 3 else 20)
        return await ask(wanted)

    monkeypatch.setattr(site.records, "documents", slow)
    folder = tmp_path / "out"
    folder.mkdir()
    command = [sys.executable, "-m", "cli.main", "export", "cdrs", "--data", str(tmp_path), "-o", str(folder / "a.csv")]
    # Who starts the tests in the background ignores SIGINT, and children inherit that.
    command = ["env", "--default-signal=INT", *command]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        while not list(folder.iterdir()) and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(number)
        assert process.wait(20) != 0
    assert list(folder.iterdir()) == []


@pytest.mark.usefixtures("site")
def test_a_file_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    done = export(tmp_path, "-o", str(tmp_path / "nowhere" / "calls.csv"))
    assert done.exit_code == 1
    assert "can't be written: no such file or directory" in done.stderr


def test_a_record_of_a_newer_version_is_said(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def newer(wanted: CdrFilter) -> Documents:
        last = Place(1, CallId("1")) if wanted.after is None else None
        return Documents(b'{"version":99}\n' if last else b"", 1, last)

    monkeypatch.setattr(site.records, "documents", newer)
    done = export(tmp_path)
    assert done.exit_code == 1
    assert "the server's answer:1: call record has version 99" in done.stderr
